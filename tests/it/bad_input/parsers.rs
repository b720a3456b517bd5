//! Each parser through the front door: depth, size, numbers that are none, entities, patterns that would go back and
//! forth. (What a reader takes for itself stands beside it, and in `fuzz/`.)

use std::fmt::Write as _;

use dothi::access::Role;
use dothi::layers::Value;
use reqwest::{Response, StatusCode};
use serde_json::json;

use super::at_once;
use super::bodies::{opened, status};
use crate::front::{Server, square};

const AT: (f64, f64) = (411_600.0, 1_327_195.0);
const DEEP: usize = 10_000;
/// Bytes of a request line that are sent where an address never ends: above what the connection buffers for a head.
const ADDRESS: usize = 500_000;
const ITEMS: &str = "/ogc/collections/parcel/items";

async fn filtered(server: &Server, pairs: &[(&str, &str)]) -> Response {
    server.client.get(format!("{}{ITEMS}", server.base)).query(pairs).send().await.unwrap()
}

async fn wfs(server: &Server, inner: &str) -> Response {
    let body = format!(
        "<wfs:GetFeature service='WFS' version='2.0.0' resultType='hits' xmlns:wfs='http://www.opengis.net/wfs/2.0' \
         xmlns:fes='http://www.opengis.net/fes/2.0' xmlns:gml='http://www.opengis.net/gml/3.2'><wfs:Query \
         typeNames='parcel'><fes:Filter>{inner}</fes:Filter></wfs:Query></wfs:GetFeature>"
    );
    posted(server, body).await
}

async fn posted(server: &Server, body: String) -> Response {
    let request = server.client.post(format!("{}/wfs", server.base)).header("content-type", "text/xml");
    request.body(body).send().await.unwrap()
}

/// Refused for what it says, soon.
async fn refused(what: &str, answer: impl Future<Output = Response>) -> String {
    let answer = at_once(what, answer).await;
    let status = answer.status();
    let body = at_once(what, answer.text()).await.unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST, "{what}: {body:.500}");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nested_ten_thousand_deep_is_refused_at_once() {
    let server = Server::start().await;
    let nest = |open: &str, inner: &str, close: &str| open.repeat(DEEP) + inner + &close.repeat(DEEP);
    for text in
        [nest("(", "true", ")"), nest("not ", "true", ""), nest("-", "1", "") + "=1", "casei(".repeat(5_000)]
    {
        // An address cannot be longer than 64 KiB.
        let said = refused("CQL2 text", filtered(&server, &[("filter", &text)])).await;
        assert!(said.contains("\"parameter\":\"filter\"") && said.contains("64"), "{said}");
    }
    let json = r#"{"op":"not","args":["#.repeat(600) + "true" + &"]}".repeat(600);
    for text in ["[".repeat(DEEP), json] {
        let pairs = [("filter-lang", "cql2-json"), ("filter", text.as_str())];
        assert!(refused("CQL2 JSON", filtered(&server, &pairs)).await.contains("\"parameter\":\"filter\""));
    }
    for (inner, what) in [
        (nest("<fes:Not>", "<fes:ResourceId rid='parcel.1'/>", "</fes:Not>"), "FES"),
        (nest("<fes:And>", "", "</fes:And>"), "FES"),
        (
            format!(
                "<fes:PropertyIsEqualTo>{}<fes:Literal>1</fes:Literal></fes:PropertyIsEqualTo>",
                nest("<fes:Function name='casei'>", "<fes:Literal>a</fes:Literal>", "</fes:Function>")
            ),
            "a function",
        ),
        (
            format!(
                "<fes:Intersects><fes:ValueReference>geometry</fes:ValueReference>{}</fes:Intersects>",
                nest(
                    "<gml:MultiGeometry><gml:geometryMember>",
                    "",
                    "</gml:geometryMember></gml:MultiGeometry>"
                )
            ),
            "GML",
        ),
    ] {
        let said = refused(what, wfs(&server, &inner)).await;
        assert!(said.contains("64"), "{what}: {said}");
    }
    // Bodies of items, and of the API of its own.
    let token = server.sign_in("officer", Role::Reviewer).await;
    let body = format!(
        r#"{{"type":"Feature","properties":{{"code":"T"}},"geometry":{{"type":"Point","coordinates":{}1{}}}}}"#,
        "[".repeat(DEEP),
        "]".repeat(DEEP)
    );
    for (path, kind) in
        [("/ogc/collections/tree/items", "application/geo+json"), ("/api/v1/analysis", "application/json")]
    {
        let request = server.client.post(format!("{}{path}", server.base)).bearer_auth(&token);
        let sent = request.header("content-type", kind).body(body.clone()).send();
        refused(path, async { sent.await.unwrap() }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_knows_no_entities_and_no_document_type() {
    let server = Server::start().await;
    let mut laughs = String::from("<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a0 'ha'>");
    for i in 1..30 {
        let _ = write!(laughs, "<!ENTITY a{i} '{}'>", format!("&a{};", i - 1).repeat(10));
    }
    let request = |value: &str| {
        format!(
            "<wfs:GetFeature xmlns:wfs='http://www.opengis.net/wfs/2.0' service='WFS' version='2.0.0'><wfs:Query \
             typeNames='parcel'><wfs:PropertyName>{value}</wfs:PropertyName></wfs:Query></wfs:GetFeature>"
        )
    };
    for (body, what) in [
        (format!("{laughs}]>{}", request("&a29;")), "billion laughs"),
        (
            format!("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{}", request("&x;")),
            "external entity",
        ),
        (
            format!("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'>{}", request("code")),
            "external document type",
        ),
        (
            format!("<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>{}", request("code")),
            "parameter entity",
        ),
        (request("&x;"), "unknown entity"),
        (request("<a b='&x;'/>"), "unknown entity in an attribute"),
    ] {
        let said = refused(what, posted(&server, body.clone())).await;
        assert!(said.contains("OperationParsingFailed") && !said.contains("root:"), "{what}: {said}");
        let by_get = [
            ("service", "WFS"),
            ("version", "2.0.0"),
            ("request", "GetFeature"),
            ("typenames", "parcel"),
            ("filter", &body),
        ];
        let asked = server.client.get(format!("{}/wfs", server.base)).query(&by_get).send();
        refused(what, async { asked.await.unwrap() }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_are_none_are_refused() {
    let server = Server::start().await;
    let token = server.sign_in("officer", Role::Reviewer).await;
    for filter in [
        "area_m2 > 1e999",
        "area_m2 = NaN",
        "S_INTERSECTS(geometry, POINT(NaN 1))",
        "S_INTERSECTS(geometry, POINT(1e999 1))",
        "S_INTERSECTS(geometry, POINT(inf 1))",
        "S_INTERSECTS(geometry, BBOX(1,2,1e400,4))",
        "dwithin(geometry, POINT(1 1), -1)",
        "dwithin(geometry, POINT(1 1), area_m2)",
    ] {
        assert!(
            refused(filter, filtered(&server, &[("filter", filter)])).await.contains("filter"),
            "{filter}"
        );
    }
    for filter in [
        r#"{"op":">","args":[{"property":"area_m2"},1e999]}"#,
        r#"{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":[1e999,1]}]}"#,
        r#"{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":["NaN",1]}]}"#,
        r#"{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[1,2,null,4]}]}"#,
    ] {
        refused(filter, filtered(&server, &[("filter-lang", "cql2-json"), ("filter", filter)])).await;
    }
    for at in ["NaN 1", "1 inf", "1e999 1", "1", "1 2 3 4", "0x10 1", ""] {
        let inner = format!(
            "<fes:Intersects><fes:ValueReference>geometry</fes:ValueReference><gml:Point srsName='EPSG:9218'><gml:pos>{at}\
             </gml:pos></gml:Point></fes:Intersects>"
        );
        refused(at, wfs(&server, &inner)).await;
    }
    for coordinates in
        ["[1e999,12]", "[null,12]", "[\"NaN\",12]", "[]", "[107.6]", "[1e300,1e300]", "[-1e15,12]"]
    {
        let body = format!(
            r#"{{"type":"Feature","properties":{{"code":"T"}},"geometry":{{"type":"Point","coordinates":{coordinates}}}}}"#
        );
        let request =
            server.client.post(format!("{}/ogc/collections/tree/items", server.base)).bearer_auth(&token);
        let sent = request.header("content-type", "application/geo+json").body(body).send();
        refused(coordinates, async { sent.await.unwrap() }).await;
    }
    // Huge numbers that are numbers are compared.
    for filter in ["area_m2 < 1e300", "area_m2 < 99999999999999999999999999", "fid < 9223372036854775807"] {
        let answer = at_once(filter, filtered(&server, &[("filter", filter)])).await;
        assert_eq!(answer.status(), StatusCode::OK, "{filter}");
    }
    for fid in ["99999999999999999999999", "-1", "1.5", "0x1", "NaN"] {
        let answer = server.get(&format!("{ITEMS}/{fid}")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{fid}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_refused_at_once() {
    let server = Server::start().await;
    let mut wkt = String::from("S_INTERSECTS(geometry, LINESTRING(0 0");
    let mut gml = String::new();
    for i in 0..100_000 {
        let _ = write!(wkt, ",{i} {}", i % 2);
        let _ = write!(gml, "{i} {} ", i % 2);
    }
    wkt += "))";
    // Longer than an address can be: the connection says so before the service sees it.
    let long: String = url::form_urlencoded::byte_serialize(wkt.as_bytes()).collect();
    let head = format!("GET {ITEMS}?filter={long} HTTP/1.1\r\nHost: x\r\n\r\n");
    let said = at_once("WKT of 100,000 vertices", async {
        let mut stream = opened(&server, &head[..ADDRESS]).await;
        status(&mut stream).await
    })
    .await;
    assert!(said.contains(" 414 ") || said.contains(" 431 "), "{said}");
    // As much of it as an address holds.
    let cut = &wkt[..20_000];
    assert!(refused("WKT", filtered(&server, &[("filter", cut)])).await.contains("filter"));
    let line = format!(
        "<fes:Intersects><fes:ValueReference>geometry</fes:ValueReference><gml:LineString srsName='EPSG:9218'><gml:posList>{gml}\
         </gml:posList></gml:LineString></fes:Intersects>"
    );
    assert!(refused("GML of 100,000 vertices", wfs(&server, &line)).await.contains("10000"));
    let boxes = vec!["1"; 10_000].join(",");
    assert!(refused("bbox", filtered(&server, &[("bbox", &boxes)])).await.contains("\"parameter\":\"bbox\""));
    let by_get = [
        ("service", "WFS"),
        ("version", "2.0.0"),
        ("request", "GetFeature"),
        ("typenames", "parcel"),
        ("bbox", &boxes),
    ];
    let asked = server.client.get(format!("{}/wfs", server.base)).query(&by_get).send();
    let said = refused("bbox of WFS", async { asked.await.unwrap() }).await;
    // What stands behind the fourth number would be the name of a reference system.
    assert!(said.contains("locator=\"srsName\"") && said.len() < 30_000, "{said:.300}");
    let names = vec!["nix"; 5_000].join(",");
    for name in ["properties", "sortby", "crs", "datetime", "filter-crs"] {
        let said = refused(name, filtered(&server, &[(name, &names)])).await;
        assert!(
            said.contains(&format!("\"parameter\":\"{name}\"")) && said.len() < 70_000,
            "{name}: {said:.300}"
        );
    }
}

/// A ring of a hundred thousand vertices can be read; it is answered, not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_very_long_ring_is_answered_soon() {
    let server = Server::start().await;
    let token = server.sign_in("chief", Role::Admin).await;
    let mut ring = String::new();
    for i in 0..=100_000 {
        let turn = f64::from(i % 100_000) * std::f64::consts::TAU / 100_000.0;
        let _ = write!(ring, "{:.3} {:.3} ", AT.0 + 2000.0 * turn.cos(), AT.1 + 2000.0 * turn.sin());
    }
    let body = format!(
        "<wfs:Transaction service='WFS' version='2.0.0' xmlns:wfs='http://www.opengis.net/wfs/2.0' \
         xmlns:gml='http://www.opengis.net/gml/3.2' xmlns:d='urn:x-dothi:layers'><wfs:Insert><d:landslide><d:code>L1</d:code>\
         <d:geometry><gml:Polygon srsName='EPSG:9218'><gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList>\
         </gml:LinearRing></gml:exterior></gml:Polygon></d:geometry></d:landslide></wfs:Insert></wfs:Transaction>"
    );
    let request = server.client.post(format!("{}/wfs", server.base)).bearer_auth(&token);
    let began = std::time::Instant::now();
    let answer = request.header("content-type", "text/xml").body(body).send().await.unwrap();
    let (status, said) = (answer.status(), answer.text().await.unwrap());
    assert!(matches!(status, StatusCode::OK | StatusCode::BAD_REQUEST), "{status}: {said:.500}");
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_that_would_go_back_and_forth_do_not() {
    let server = Server::start().await;
    let long = "a".repeat(5_000);
    for i in 0..20 {
        let values = [("code", Value::Text(format!("C{i}"))), ("address", Value::Text(format!("{long}{i}")))];
        server.insert("parcel", square(AT.0 + 20.0 * f64::from(i), AT.1, 10.0), &values).await;
    }
    let revision = server.state.store.position().await.unwrap().revision.to_string();
    let pattern = "%a".repeat(2_000) + "b";
    for text in [
        format!("address LIKE '{pattern}'"),
        format!("casei(address) LIKE casei('{pattern}')"),
        format!("address LIKE '{}b'", "%_".repeat(2_000)),
        format!("address LIKE '{}%b'", "%".repeat(20_000)),
    ] {
        let what: String = text.chars().take(60).collect();
        for at in [None, Some(("at", revision.as_str()))] {
            let pairs: Vec<(&str, &str)> = [("filter", text.as_str())].into_iter().chain(at).collect();
            let answer = at_once(&what, filtered(&server, &pairs)).await;
            assert_eq!(answer.status(), StatusCode::OK, "{what} {at:?}: {}", answer.text().await.unwrap());
            assert_eq!(
                answer.json::<serde_json::Value>().await.unwrap()["features"],
                json!([]),
                "{what} {at:?}"
            );
        }
    }
    let like = format!(
        "<fes:PropertyIsLike wildCard='*' singleChar='?' escapeChar='!'><fes:ValueReference>address</fes:ValueReference>\
         <fes:Literal>{}b</fes:Literal></fes:PropertyIsLike>",
        "*a".repeat(5_000)
    );
    let answer = at_once("PropertyIsLike", wfs(&server, &like)).await.text().await.unwrap();
    assert!(answer.contains("numberMatched=\"0\""), "{answer}");
}
