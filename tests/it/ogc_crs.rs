//! OGC API Features part 2: what is read and found in each reference system. The abstract tests of its annex A are
//! named where they are held.

use dothi::layers::Value;
use dothi::space::crs::{AxisOrder, Offered, Transform};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use crate::front::{Server, point, square};

/// EPSG:9218, Gia Nghĩa.
const AT: (f64, f64) = (411_600.265_4, 1_327_195.237_6);
const ITEMS: &str = "/ogc/collections/parcel/items";
const CLASS: &str = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs";

/// Parcels side by side to the east, each 10 m.
async fn parcels(server: &Server, n: i32) {
    for i in 0..n {
        let values = [("code", Value::Text(format!("24611-12-{i}")))];
        server.insert("parcel", square(AT.0 + 10.0 * f64::from(i), AT.1, 10.0), &values).await;
    }
}

fn first_position(feature: &Json) -> (f64, f64) {
    let at = &feature["geometry"]["coordinates"][0][0];
    (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
}

/// The stored position by PROJ, in the order of the system's authority.
fn expected(crs: Offered, at: (f64, f64)) -> (f64, f64) {
    let (x, y) = match crs {
        Offered::Epsg9218 => at,
        other => Transform::new("EPSG:9218", other.code()).unwrap().convert(at.0, at.1).unwrap(),
    };
    crs.axis_order().turn((x, y))
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_list_their_systems() {
    let server = Server::start().await;
    let all: Vec<&str> = Offered::ALL.map(Offered::uri).to_vec();
    // /conf/crs/crs-uri, /conf/crs/fc-md-crs-list, -storageCrs, -storageCrs-valid-value, -crs-list-global
    let list = server.json("/ogc/collections").await;
    assert_eq!(list["crs"], json!(all));
    let one = server.json("/ogc/collections/parcel").await;
    for collection in list["collections"].as_array().unwrap().iter().chain([&one]) {
        assert_eq!(collection["crs"], json!(all));
        assert_eq!(collection["crs"][0], "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
        assert_eq!(collection["storageCrs"], "http://www.opengis.net/def/crs/EPSG/0/9218");
    }
    assert!(server.json("/ogc/conformance").await["conformsTo"].as_array().unwrap().contains(&json!(CLASS)));
    // /conf/crs/crs-parameter, bbox-crs-parameter: both are described.
    let api = server.json("/ogc/api").await;
    let parameters = &api["paths"]["/collections/parcel/items"]["get"]["parameters"];
    for name in ["crs", "bbox-crs"] {
        let reference = json!({"$ref": format!("#/components/parameters/{name}")});
        assert!(parameters.as_array().unwrap().contains(&reference), "{name}");
        let parameter = &api["components"]["parameters"][name];
        assert_eq!((&parameter["in"], &parameter["required"]), (&json!("query"), &json!(false)));
        assert_eq!((&parameter["style"], &parameter["explode"]), (&json!("form"), &json!(false)));
        assert_eq!(parameter["schema"]["format"], "uri");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_and_an_item_come_in_each_system() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    let plain = server.json(ITEMS).await;
    let fid = plain["features"][0]["id"].as_i64().unwrap();
    let mut tags = Vec::new();
    for crs in Offered::ALL {
        let (a, b) = expected(crs, AT);
        let near = if crs.is_geographic() { 1.1e-9 } else { 1.1e-4 };
        for path in [ITEMS.to_owned(), format!("{ITEMS}/{fid}")] {
            // /conf/crs/crs-parameter, crs-action: positions in the asked system.
            let answer = server.get(&format!("{path}?crs={}", crs.uri())).await;
            assert_eq!(answer.status(), StatusCode::OK);
            // /conf/crs/ogc-crs-header, ogc-crs-header-value
            assert_eq!(answer.headers()["content-crs"], format!("<{}>", crs.uri()));
            assert!(
                answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("content-crs")
            );
            tags.extend(answer.headers().get("etag").cloned());
            let json: Json = answer.json().await.unwrap();
            let feature = if path == ITEMS { &json["features"][0] } else { &json };
            let (u, v) = first_position(feature);
            assert!((u - a).abs() < near && (v - b).abs() < near, "{crs:?}: {u} {v}, not {a} {b}");
            // Latitudes first where the authority says so.
            if crs.is_geographic() {
                assert_eq!(u < 20.0, crs.axis_order() == AxisOrder::NorthEast);
            }
            let decimals = feature["geometry"]["coordinates"][0][0][0].to_string();
            let decimals = decimals.split_once('.').map_or(0, |(_, d)| d.len());
            assert!(decimals <= usize::from(crs.decimals()), "{crs:?}: {feature}");
        }
        // Curies and URNs name the same.
        for name in [format!("[{}]", crs.code()), crs.urn().to_owned()] {
            let same = server.get(&format!("{ITEMS}?crs={name}")).await;
            assert_eq!(same.headers()["content-crs"], format!("<{}>", crs.uri()), "{name}");
        }
    }
    // EPSG:9218 is what is stored, to the last digit.
    let stored = server.json(&format!("{ITEMS}/{fid}?crs={}", Offered::Epsg9218.uri())).await;
    assert_eq!(first_position(&stored), AT);
    // /conf/crs/crs-default-value: without crs it is CRS84.
    let default = server.get(ITEMS).await;
    assert_eq!(default.headers()["content-crs"], format!("<{}>", Offered::Crs84.uri()));
    // Each representation of the item has a tag of its own; all begin with the version.
    let distinct: std::collections::BTreeSet<_> = tags.iter().map(|t| t.to_str().unwrap()).collect();
    assert_eq!(distinct.len(), Offered::ALL.len(), "{distinct:?}");
    // The state of the past is told in the same way.
    let revision = server.get(ITEMS).await.headers()["dothi-revision"].to_str().unwrap().to_owned();
    let past = server.get(&format!("{ITEMS}/{fid}?crs={}&at={revision}", Offered::Epsg9218.uri())).await;
    assert_eq!(past.headers()["content-crs"], format!("<{}>", Offered::Epsg9218.uri()));
    assert_eq!(first_position(&past.json::<Json>().await.unwrap()), AT);
    let page = server.get(&format!("{ITEMS}?f=html&crs={}", Offered::Epsg9218.uri())).await;
    assert_eq!(page.headers()["content-crs"], format!("<{}>", Offered::Epsg9218.uri()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_system_is_refused_by_the_parameters_name() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    let fid = server.json(ITEMS).await["features"][0]["id"].as_i64().unwrap();
    // /conf/crs/crs-parameter-invalid, /conf/crs/bbox-crs-parameter-invalid
    let lambert = "http://www.opengis.net/def/crs/EPSG/0/2154";
    for (path, name) in [
        (format!("{ITEMS}?crs={lambert}"), "crs"),
        (format!("{ITEMS}?crs="), "crs"),
        (format!("{ITEMS}/{fid}?crs={lambert}"), "crs"),
        (format!("{ITEMS}?bbox=1,2,3,4&bbox-crs={lambert}"), "bbox-crs"),
        (format!("{ITEMS}?bbox=107,12,108,13&bbox-crs={}", Offered::Epsg4326.uri()), "bbox"),
        (format!("{ITEMS}?bbox=2,2,1,3&bbox-crs={}", Offered::Epsg9218.uri()), "bbox"),
        (format!("{ITEMS}/{fid}?bbox-crs={lambert}"), "bbox-crs"),
        (format!("/ogc/collections/parcel?crs={lambert}"), "crs"),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let problem: Json = answer.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(name), "{path}: {problem}");
    }
}

/// /conf/crs/bbox-crs-parameter, bbox-crs-action, bbox-crs-parameter-default: one box in every system and order finds
/// the same, now and in the past.
#[tokio::test(flavor = "multi_thread")]
async fn one_box_finds_the_same_in_every_system() {
    let server = Server::start().await;
    parcels(&server, 6).await;
    let revision = server.get(ITEMS).await.headers()["dothi-revision"].to_str().unwrap().to_owned();
    // Inside of parcels 2 and 3, 5 mm from the neighbours 1 and 4.
    let (low, high) = ((AT.0 + 20.005, AT.1 + 2.0), (AT.0 + 39.995, AT.1 + 3.0));
    for crs in Offered::ALL {
        let ((a, b), (c, d)) = (expected(crs, low), expected(crs, high));
        for at in [String::new(), format!("&at={revision}")] {
            let path = format!("{ITEMS}?bbox={a},{b},{c},{d}&bbox-crs={}&crs={}{at}", crs.uri(), crs.uri());
            let found = server.json(&path).await;
            let codes: Vec<&str> = found["features"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| f["properties"]["code"].as_str().unwrap())
                .collect();
            assert_eq!(codes, ["24611-12-2", "24611-12-3"], "{path}");
            assert_eq!(found["numberMatched"], 2);
        }
    }
    let (a, b) = expected(Offered::Crs84, low);
    let found = server.json(&format!("{ITEMS}?bbox={a},{b},{a},{b}")).await;
    assert_eq!(found["numberMatched"], 1, "without bbox-crs the box is in CRS84");
    let world = [
        (Offered::Epsg4326, "-90,-180,90,180"),
        (Offered::Epsg4756, "-90,-180,90,180"),
        (Offered::Epsg3857, "-20037508.34,-20037508.34,20037508.34,20037508.34"),
        (Offered::Epsg9218, "-20037508.34,-20037508.34,20037508.34,20037508.34"),
        (Offered::Epsg5899, "-20037508.34,-20037508.34,20037508.34,20037508.34"),
    ];
    for (crs, bbox) in world {
        let found = server.json(&format!("{ITEMS}?bbox={bbox}&bbox-crs={}", crs.uri())).await;
        assert_eq!(found["numberMatched"], 6, "{crs:?}");
    }
    for (crs, bbox) in [
        (Offered::Epsg4756, "48,2,49,3"),
        (Offered::Epsg3857, "222638,6106854,333958,6274861"),
        (Offered::Epsg9218, "0,0,1,1"),
        (Offered::Epsg5899, "90000000,0,90000001,1"),
    ] {
        let found = server.json(&format!("{ITEMS}?bbox={bbox}&bbox-crs={}", crs.uri())).await;
        assert_eq!(found["numberMatched"], 0, "{crs:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_page_keeps_the_systems() {
    let server = Server::start().await;
    for i in 0..5 {
        server.insert("hydrant", point(AT.0 + f64::from(i), AT.1), &[]).await;
    }
    let (a, b) = (AT.0 - 1.0, AT.1 - 1.0);
    let uri = Offered::Epsg9218.uri();
    let mut next = Some(format!(
        "/ogc/collections/hydrant/items?limit=2&crs={uri}&bbox-crs={uri}&bbox={a},{b},{},{}",
        a + 100.0,
        b + 100.0
    ));
    let mut eastings = Vec::new();
    while let Some(path) = next {
        let page = server.json(&path).await;
        assert_eq!(page["numberMatched"], 5);
        let features = page["features"].as_array().unwrap();
        eastings.extend(features.iter().map(|f| f["geometry"]["coordinates"][0].as_f64().unwrap()));
        let links = page["links"].as_array().unwrap();
        let href = links.iter().find(|l| l["rel"] == "next").map(|l| l["href"].as_str().unwrap());
        next = href.map(|h| h.strip_prefix(&server.base).unwrap().to_owned());
    }
    let expected: Vec<f64> = (0..5).map(|i| AT.0 + f64::from(i)).collect();
    assert!(eastings.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "{eastings:?}");
    assert_eq!(eastings.len(), 5);
}
