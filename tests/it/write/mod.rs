//! OGC API Features part 4 through the front door: who may write what and where, what stays, and what is refused.

mod rights;
mod systems;
mod versions;

use dothi::access::Role;
use dothi::layers::Value;
use dothi::space::crs::to_crs84;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::front::{Server, square};

/// South-west corner of the test's commune 24611, EPSG:9218.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);
const TREES: &str = "/ogc/collections/tree/items";

fn degrees(x: f64, y: f64) -> [f64; 2] {
    let (lon, lat) = to_crs84(AT.0 + x, AT.1 + y);
    [lon, lat].map(|v| (v * 1e9).round() / 1e9)
}

#[allow(clippy::needless_pass_by_value, reason = "callers write the JSON in place")]
fn tree(x: f64, y: f64, properties: Json) -> Json {
    json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": degrees(x, y)}, "properties": properties})
}

/// A server with the communes 24611 (1 km square at `AT`) and 24664 (east of it).
async fn server() -> Server {
    let server = Server::start().await;
    for (code, x) in [("24611", 0.0), ("24664", 1000.0)] {
        let values = [
            ("code", Value::Text(code.to_owned())),
            ("valid_from", Value::Date("2025-07-01".parse().unwrap())),
        ];
        server.insert("admin_commune", square(AT.0 + x, AT.1, 1000.0), &values).await;
    }
    server
}

/// A request of somebody (no token: the public), with headers.
async fn ask(
    server: &Server,
    token: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Json>,
) -> Response {
    let path = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", server.base) };
    let mut request = server.client.request(method.clone(), path).header("accept-language", "en");
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        let kind =
            if method == Method::PATCH { "application/merge-patch+json" } else { "application/geo+json" };
        request = request.header(header::CONTENT_TYPE, kind).body(body.to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn created(server: &Server, token: &str, path: &str, body: &Json) -> String {
    let answer = ask(server, token, Method::POST, path, &[], Some(body)).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "{:?}", answer.text().await);
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

async fn read(server: &Server, token: &str, place: &str) -> (Json, String) {
    let answer = ask(server, token, Method::GET, place, &[], None).await;
    assert_eq!(answer.status(), StatusCode::OK, "{place}");
    let tag = answer.headers()[header::ETAG].to_str().unwrap().to_owned();
    (answer.json().await.unwrap(), tag)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_made_replaced_changed_and_removed() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let body = tree(10.0, 10.0, json!({"code": "T1", "species": "sao_den"}));
    let answer = ask(&server, &officer, Method::POST, TREES, &[], Some(&body)).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let place = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let made: i64 = answer.headers()["dothi-revision"].to_str().unwrap().parse().unwrap();
    // This node serves it before it answers.
    let (item, tag) = read(&server, "", &place).await;
    assert_eq!(
        (&item["properties"]["code"], &item["properties"]["species"]),
        (&json!("T1"), &json!("sao_den"))
    );
    assert_eq!(answer.headers()[header::ETAG], tag.as_str());
    assert_eq!(tag, format!("\"{made}\""));
    // What was read and is written back makes no new version.
    let back = ask(&server, &officer, Method::PUT, &place, &[("if-match", &tag)], Some(&item)).await;
    assert_eq!(
        (back.status(), &back.headers()[header::ETAG]),
        (StatusCode::NO_CONTENT, &tag.parse().unwrap())
    );
    // A replacement empties what it leaves out, a patch does not.
    let replaced = tree(10.0, 10.0, json!({"code": "T1"}));
    let answer = ask(&server, &officer, Method::PUT, &place, &[("if-match", &tag)], Some(&replaced)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(read(&server, "", &place).await.0["properties"]["species"], Json::Null);
    let patch = json!({"properties": {"species": "dau_rai"}});
    let answer = ask(&server, &officer, Method::PATCH, &place, &[], Some(&patch)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let moved = json!({"geometry": {"coordinates": degrees(20.0, 20.0)}});
    assert!(ask(&server, &officer, Method::PATCH, &place, &[], Some(&moved)).await.status().is_success());
    let (item, tag) = read(&server, "", &place).await;
    assert_eq!(
        (&item["properties"]["code"], &item["properties"]["species"]),
        (&json!("T1"), &json!("dau_rai"))
    );
    assert_eq!(item["geometry"]["coordinates"], json!(degrees(20.0, 20.0)));
    let gone = ask(&server, &officer, Method::DELETE, &place, &[("if-match", &tag)], None).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(&server, "", Method::GET, &place, &[], None).await.status(), StatusCode::NOT_FOUND);
    let again = ask(&server, &officer, Method::DELETE, &place, &[], None).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn former_communes_are_read_as_todays_in_writes() {
    let server = Server::start().await;
    let admin = server.sign_in("chief", Role::Admin).await;
    let place = "/ogc/collections/market/items";
    let market = |unit: &str| {
        json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": degrees(10.0, 10.0)},
            "properties": {"code": "M1", "name": "Chợ", "commune_code": unit}})
    };
    let answer = ask(&server, &admin, Method::POST, place, &[], Some(&market("24612"))).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()["dothi-resolved-units"], "commune_code=24611");
    let item = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let unit = async || read(&server, &admin, &item).await.0["properties"]["commune_code"].clone();
    assert_eq!(unit().await, "24611");
    for (method, body) in [
        (Method::PUT, market("TT. Đắk Mil")),
        (Method::PATCH, json!({"properties": {"commune_code": "TT. Đắk Mil"}})),
    ] {
        let answer = ask(&server, &admin, method, &item, &[], Some(&body)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()["dothi-resolved-units"], "commune_code=24664");
        assert_eq!(unit().await, "24664");
    }
    let today = ask(&server, &admin, Method::PUT, &item, &[], Some(&market("24611"))).await;
    assert_eq!(today.headers().get("dothi-resolved-units"), None);
    for unclear in ["Đắk Mil", "huyện Đắk Mil", "xã Không Có"] {
        let answer = ask(&server, &admin, Method::PUT, &item, &[], Some(&market(unclear))).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{unclear}");
        assert!(answer.text().await.unwrap().contains("commune_code"), "{unclear}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bodies_are_named() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let mut twice = tree(10.0, 10.0, json!({"code": "T1"}));
    created(&server, &officer, TREES, &twice).await;
    twice["properties"]["species"] = "thong".into();
    let answer = ask(&server, &officer, Method::POST, TREES, &[], Some(&twice)).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "another item has the key");
    let far = json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [411_600.0, 1_327_195.0]},
        "properties": {"code": "T2"}});
    for (body, parameter) in [
        (tree(10.0, 10.0, json!({"code": "T2", "nix": 1})), "nix"),
        (tree(10.0, 10.0, json!({})), "code"),
        (tree(10.0, 10.0, json!({"code": 5})), "code"),
        (far, "geometry"),
        (json!({"type": "Feature", "properties": {"code": "T2"}}), "geometry"),
        (json!({"type": "FeatureCollection", "features": []}), "type"),
    ] {
        let answer = ask(&server, &officer, Method::POST, TREES, &[], Some(&body)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let problem: Json = answer.json().await.unwrap();
        assert_eq!(problem["parameter"], parameter, "{problem}");
    }
    let request = |kind: &str, body: String| {
        let url = format!("{}{TREES}", server.base);
        server.client.post(url).bearer_auth(&officer).header(header::CONTENT_TYPE, kind).body(body).send()
    };
    let status = request("text/plain", "{}".into()).await.unwrap().status();
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(request("application/json", deep).await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(announced(&server, &officer, 50 << 20).await, "HTTP/1.1 413 Payload Too Large");
}

/// The first line of the answer to a POST that only announces a body of so many bytes: a body too large is refused
/// before any of it is read, so that a client who sends on may find the connection closed.
async fn announced(server: &Server, token: &str, bytes: usize) -> String {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {TREES} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {bytes}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(stream);
    let answered = reader.read_line(&mut line);
    tokio::time::timeout(std::time::Duration::from_secs(10), answered).await.unwrap().unwrap();
    line.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn history_keeps_who_wrote_and_why() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let mut body = tree(10.0, 10.0, json!({"code": "T1"}));
    let headers = [("dothi-reason", "theo bi%C3%AAn b%E1%BA%A3n 12"), ("user-agent", "QGIS/3.40")];
    let answer = ask(&server, &officer, Method::POST, TREES, &headers, Some(&body)).await;
    let revision =
        |answer: &Response| -> i64 { answer.headers()["dothi-revision"].to_str().unwrap().parse().unwrap() };
    let first = revision(&answer);
    let place = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    body["properties"]["species"] = "thong".into();
    body["reason"] = "bổ sung loài".into();
    let tag = read(&server, "", &place).await.1;
    let headers = [("dothi-client", "portal"), ("if-match", tag.as_str())];
    let second = revision(&ask(&server, &officer, Method::PUT, &place, &headers, Some(&body)).await);
    for (number, reason, client) in
        [(first, "theo biên bản 12", "ogc QGIS/3.40"), (second, "bổ sung loài", "portal")]
    {
        let kept = server.author_of(number).await;
        assert_eq!(kept, ("officer".to_owned(), reason.to_owned(), client.to_owned()));
    }
}
