//! OGC API Features part 4 through the front door: who may write what and where, what stays, and what is refused.

use dothi::access::Role;
use dothi::layers::Value;
use dothi::space::crs::to_crs84;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value as Json, json};

use crate::front::{Server, point, square};

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
async fn a_stale_save_names_who_came_in_between() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let other = server.sign_in("colleague", Role::Editor).await;
    let place = created(&server, &officer, TREES, &tree(10.0, 10.0, json!({"code": "T1"}))).await;
    let (item, tag) = read(&server, &officer, &place).await;
    let version: i64 = tag.trim_matches('"').parse().unwrap();
    let own = format!("{}/api/v1/layers/tree/items/{}", server.base, item["id"]);
    let send = async |token: &str, method: Method, path: &str, body: Json| {
        let request = server.client.request(method, path).bearer_auth(token).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json::<Json>().await.unwrap())
    };
    let change = |version: i64, species: &str| json!({"version": version, "properties": {"species": species}, "reason": "xem lại"});
    let (status, done) = send(&other, Method::PATCH, &own, change(version, "thong")).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let now = done["version"].as_i64().unwrap();
    // The editor's own write: 409. OGC's: 412. Both say who, when, why, and what stands there.
    let (status, refused) = send(&officer, Method::PATCH, &own, change(version, "sao_den")).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    let patch = json!({"properties": {"species": "sao_den"}});
    let ogc = ask(&server, &officer, Method::PATCH, &place, &[("if-match", &tag)], Some(&patch)).await;
    assert_eq!(ogc.status(), StatusCode::PRECONDITION_FAILED);
    for told in [refused, ogc.json().await.unwrap()] {
        let entry = &told["conflicts"][0];
        assert_eq!((&entry["expected_version"], &entry["version"]), (&json!(version), &json!(now)), "{told}");
        assert_eq!((&entry["changed_by"], &entry["reason"]), (&json!("colleague"), &json!("xem lại")));
        assert!(entry["changed_at"].is_string());
        assert_eq!(told["present"]["properties"]["species"], "thong");
    }
    assert_eq!(read(&server, "", &place).await.0["properties"]["species"], "thong", "nothing was lost");
    // Of one that is gone it is told who removed it.
    let (status, _) = send(&other, Method::DELETE, &format!("{own}?version={now}"), Json::Null).await;
    assert_eq!(status, StatusCode::OK);
    let (status, gone) = send(&officer, Method::PATCH, &own, change(now, "sao_den")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!((&gone["conflicts"][0]["version"], &gone["present"]), (&Json::Null, &Json::Null));
    assert_eq!(gone["conflicts"][0]["changed_by"], "colleague");
    let (status, _) =
        send(&officer, Method::PATCH, &own.replace("/items/", "/items/99"), change(1, "x")).await;
    assert!(status.is_client_error());
    // What lies outside of his commune is not his to change here either.
    let outside =
        json!({"version": now, "geometry": {"type": "Point", "coordinates": degrees(1500.0, 10.0)}});
    let place = created(&server, &officer, TREES, &tree(20.0, 10.0, json!({"code": "T2"}))).await;
    let (item, tag) = read(&server, &officer, &place).await;
    let own = format!("{}/api/v1/layers/tree/items/{}", server.base, item["id"]);
    let mut outside = outside;
    outside["version"] = json!(tag.trim_matches('"').parse::<i64>().unwrap());
    assert_eq!(send(&officer, Method::PATCH, &own, outside).await.0, StatusCode::FORBIDDEN);
    assert_eq!(send("none", Method::PATCH, &own, change(1, "x")).await.0, StatusCode::UNAUTHORIZED);
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
async fn a_version_that_is_stale_or_missing_is_refused() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let place = created(&server, &officer, TREES, &tree(10.0, 10.0, json!({"code": "T1"}))).await;
    let (_, first) = read(&server, &officer, &place).await;
    let patch = |species: &str| json!({"properties": {"species": species}});
    let write = async |headers: &[(&str, &str)], species: &str| {
        ask(&server, &officer, Method::PATCH, &place, headers, Some(&patch(species))).await.status()
    };
    let portal = ("dothi-client", "portal");
    assert_eq!(write(&[portal], "thong").await, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(write(&[portal, ("if-match", &first)], "thong").await, StatusCode::NO_CONTENT);
    assert_eq!(write(&[("if-match", &first)], "sao_den").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(write(&[("if-match", "\"other\"")], "sao_den").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(read(&server, "", &place).await.0["properties"]["species"], "thong", "nothing was lost");
    assert_eq!(write(&[], "phuong_vi").await, StatusCode::NO_CONTENT);
    assert_eq!(write(&[portal, ("if-match", "*")], "bang_lang").await, StatusCode::NO_CONTENT);
    // Two at once under one version: one of them wins.
    let (_, tag) = read(&server, &officer, &place).await;
    let headers = [("if-match", tag.as_str())];
    let (a, b) = tokio::join!(write(&headers, "dau_rai"), write(&headers, "sao_den"));
    let mut both = [a.as_u16(), b.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [204, 412]);
    let mut strict = dothi::layers::LayerDef::clone(&server.layer("tree"));
    strict.strict = true;
    server.apply(strict).await;
    assert_eq!(write(&[], "thong").await, StatusCode::PRECONDITION_REQUIRED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_writes_in_his_commune_only() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let neighbour = server.sign_in_as("neighbour", Role::Clerk, Some("24664"), Some("XA")).await;
    let admin = server.sign_in_as("admin", Role::Admin, None, None).await;
    let at = |x: f64| tree(x, 50.0, json!({"code": format!("T{x}")}));
    let place = created(&server, &officer, TREES, &at(500.0)).await;
    // Within the tolerance of a shared border, and beyond it.
    created(&server, &officer, TREES, &at(1000.5)).await;
    let refused = ask(&server, &officer, Method::POST, TREES, &[], Some(&at(1003.0))).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let problem: Json = refused.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("24611"), "{problem}");
    created(&server, &admin, TREES, &at(5000.0)).await;
    // Neither out of his commune nor into it from another's.
    let out = json!({"geometry": {"type": "Point", "coordinates": degrees(1500.0, 50.0)}});
    let inside = json!({"properties": {"species": "thong"}});
    for (who, method, body, status) in [
        (&officer, Method::PATCH, Some(&out), 403),
        (&neighbour, Method::PATCH, Some(&inside), 403),
        (&neighbour, Method::PATCH, Some(&out), 403),
        (&neighbour, Method::DELETE, None, 403),
        (&officer, Method::PATCH, Some(&inside), 204),
    ] {
        let answer = ask(&server, who, method.clone(), &place, &[], body).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {body:?}");
    }
    let allow = async |token: &str, path: &str| {
        let answer = ask(&server, token, Method::OPTIONS, path, &[], None).await;
        answer.headers()[header::ALLOW].to_str().unwrap().to_owned()
    };
    assert_eq!(allow(&officer, TREES).await, "GET, HEAD, OPTIONS, POST");
    assert_eq!(allow("", TREES).await, "GET, HEAD, OPTIONS");
    assert_eq!(allow(&officer, &place).await, "GET, HEAD, OPTIONS, PUT, PATCH, DELETE");
    assert_eq!(allow(&neighbour, &place).await, "GET, HEAD, OPTIONS");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_write_is_told_so_and_no_more() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let editor = server.sign_in_as("editor", Role::Editor, Some("SXD"), Some("XD")).await;
    let nobody = server.sign_in_as("nobody", Role::Editor, None, None).await;
    let applicant = server.sign_in_as("applicant", Role::Applicant, None, None).await;
    let body = tree(10.0, 10.0, json!({"code": "T1"}));
    for (who, layer, status) in [
        ("", "tree", 401),
        (applicant.as_str(), "tree", 403),
        (&nobody, "tree", 403),
        (&editor, "tree", 403),
        (&officer, "hydrant", 403),
        // A layer that shows other records is read-only for everybody, a hidden one unknown.
        (&officer, "permit", 405),
        ("", "permit", 405),
        (&applicant, "camera_security", 404),
        ("", "camera_security", 404),
        ("", "no_such_layer", 404),
    ] {
        let path = format!("/ogc/collections/{layer}/items");
        let answer = ask(&server, who, Method::POST, &path, &[], Some(&body)).await;
        assert_eq!(answer.status().as_u16(), status, "{layer}");
        if status == 405 {
            assert_eq!(answer.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
        }
    }
    // A browser's session counts from our own pages only.
    let cookie = format!("dothi_session={officer}");
    for (site, status) in [("cross-site", 403), ("same-origin", 201)] {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        let answer = ask(&server, "", Method::POST, TREES, &headers, Some(&body)).await;
        assert_eq!(answer.status().as_u16(), status, "{site}");
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
    let large = " ".repeat(3 << 20);
    assert_eq!(request("application/json", large).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_one_key_is_done_once() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let send = async |code: &str| {
        let body = tree(10.0, 10.0, json!({"code": code}));
        ask(&server, &officer, Method::POST, TREES, &[("idempotency-key", "k1")], Some(&body)).await
    };
    let (first, again) = (send("T1").await, send("T1").await);
    assert_eq!((first.status(), again.status()), (StatusCode::CREATED, StatusCode::CREATED));
    for name in ["location", "etag", "dothi-revision"] {
        assert_eq!(first.headers()[name], again.headers()[name], "{name}");
    }
    assert_eq!(send("T2").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.json(TREES).await["numberMatched"], 1);
}

/// A layer of trees that the commune edits; whose `donor` is for its owner, the police.
async fn with_secrets(server: &Server) {
    let attribute = |name: &str, more: Json| {
        let mut whole = json!({"name": name, "type": "text", "title": {"vi": name, "en": name}});
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    };
    let layer = json!({
        "id": "old_tree", "title": {"vi": "Cây cổ thụ", "en": "Old trees"}, "theme": "nature", "geometry": "Point",
        "owner": ["CA"], "editors": ["CA", "XA"], "access": "O", "licence": "CC-BY-4.0", "key": ["code", "donor"],
        "attribute": [
            attribute("code", json!({"required": true})),
            attribute("donor", json!({"required": true, "access": "R"})),
            attribute("species", json!({})),
        ],
    });
    server.apply(serde_json::from_value(layer).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_stays_as_it_is_stored() {
    let server = server().await;
    with_secrets(&server).await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let police = server.sign_in_as("police", Role::Editor, Some("PCCC"), Some("CA")).await;
    let items = "/ogc/collections/old_tree/items";
    let body = tree(10.0, 10.0, json!({"code": "T1", "donor": "BIMAT-7f3a", "species": "Sao"}));
    let place = created(&server, &police, items, &body).await;
    // The officer cannot add one: the attribute that he does not know of must have a value.
    let new = tree(10.0, 10.0, json!({"code": "T2"}));
    let answer = ask(&server, &officer, Method::POST, items, &[], Some(&new)).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!text.contains("donor"), "{text}");
    let allow = ask(&server, &officer, Method::OPTIONS, items, &[], None).await;
    assert_eq!(allow.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
    // He replaces the item: what he does not see stays.
    let (_, tag) = read(&server, &officer, &place).await;
    let replaced = tree(20.0, 10.0, json!({"code": "T1", "species": "Dầu"}));
    let answer = ask(&server, &officer, Method::PUT, &place, &[("if-match", &tag)], Some(&replaced)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let (seen, _) = read(&server, &police, &place).await;
    assert_eq!(seen["properties"], json!({"code": "T1", "donor": "BIMAT-7f3a", "species": "Dầu"}));
    assert_eq!(
        read(&server, &officer, &place).await.0["properties"],
        json!({"code": "T1", "species": "Dầu"})
    );
    // He may not name it, whether it is set or not, any more than an attribute that is not there.
    for name in ["donor", "nix"] {
        let patch = json!({"properties": {name: "x"}});
        let answer = ask(&server, &officer, Method::PATCH, &place, &[], Some(&patch)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let detail = answer.json::<Json>().await.unwrap()["detail"].as_str().unwrap().replace(name, "…");
        assert_eq!(detail, "…: there is no such attribute");
    }
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

/// Two reports anywhere in one square of a blurred layer look the same to the public, whatever it asks.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_learns_no_more_than_the_square_of_a_blurred_place() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let side = f64::from(server.layer("field_report").blur_m);
    // The middle of a square, and two places in it near opposite corners.
    let middle = [AT.0, AT.1].map(|v| ((v / side).round() + 2.0) * side);
    let code = Value::Text("PA1".into());
    let values = [("code", code), ("kind", Value::Null)];
    let [a, b] = [[-0.45, 0.4], [0.3, -0.48]].map(|[x, y]| [middle[0] + x * side, middle[1] + y * side]);
    let written = server.insert("field_report", point(a[0], a[1]), &values).await;
    let lonlat = |p: [f64; 2]| -> [f64; 2] { to_crs84(p[0], p[1]).into() };
    let around = |p: [f64; 2], m: f64| {
        let ([w, s], [e, n]) = (lonlat([p[0] - m, p[1] - m]), lonlat([p[0] + m, p[1] + m]));
        format!("bbox={w},{s},{e},{n}")
    };
    let items = "/ogc/collections/field_report/items";
    let asked = |at: [f64; 2]| {
        vec![
            items.to_owned(),
            format!("{items}/{}", written.fid),
            format!("{items}?{}", around(at, 5.0)),
            format!("{items}?{}", around(middle, 5.0)),
            "/ogc/collections/field_report".to_owned(),
            "/tiles/field_report.json".to_owned(),
            "/ogc/collections/field_report/items?f=html".to_owned(),
            format!("{items}/{}?f=html", written.fid),
            "/api/v1/search?q=PA1".to_owned(),
            format!("/api/v1/search?item=field_report/{}", written.fid),
            "/api/v1/layers".to_owned(),
        ]
    };
    let answers = async |token: &str, at: [f64; 2]| {
        let mut all = Vec::new();
        for path in asked(at) {
            let answer = ask(&server, token, Method::GET, &path, &[], None).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            all.push((path, stable(&answer.text().await.unwrap())));
        }
        for zoom in [12_u8, 16, 18, 20] {
            for place in [at, middle] {
                let path = tile_at(lonlat(place), zoom);
                let answer = ask(&server, token, Method::GET, &path, &[], None).await;
                all.push((path, format!("{:?}", answer.bytes().await.unwrap())));
            }
        }
        all
    };
    let before = answers("", a).await;
    // In the box around the exact place is nothing, in that around the square's middle the report.
    assert!(before[2].1.contains("\"numberMatched\":0"), "{}", before[2].1);
    assert!(before[3].1.contains("\"numberMatched\":1"), "{}", before[3].1);
    let exact = answers(&officer, a).await;
    assert!(exact[2].1.contains("\"numberMatched\":1") && exact[3].1.contains("\"numberMatched\":0"));
    // The report moves inside of its square: the public sees the same.
    let moved = json!({"geometry": {"type": "Point", "coordinates": lonlat(b)}});
    let path = format!("{items}/{}", written.fid);
    let answer = ask(&server, &officer, Method::PATCH, &path, &[], Some(&moved)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{:?}", answer.text().await);
    let after = answers("", a).await;
    for (old, new) in before.iter().zip(&after) {
        assert_eq!(old, new);
    }
    assert_ne!(exact, answers(&officer, a).await);
}

/// An answer without what any change of the layer changes: times, revisions.
fn stable(text: &str) -> String {
    fn strip(json: &mut Json) {
        match json {
            Json::Object(members) => {
                ["timeStamp", "revision", "last_change"].iter().for_each(|name| drop(members.remove(*name)));
                members.values_mut().for_each(strip);
            }
            Json::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let Ok(mut json) = serde_json::from_str::<Json>(text) else { return text.to_owned() };
    strip(&mut json);
    json.to_string()
}

fn tile_at([lon, lat]: [f64; 2], zoom: u8) -> String {
    let [x, y] = dothi::space::crs::world_from_crs84(lon, lat).map(|v| v >> (32 - u32::from(zoom)));
    format!("/tiles/field_report/{zoom}/{x}/{y}.mvt")
}
