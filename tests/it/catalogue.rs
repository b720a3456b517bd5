//! The catalogue through the front door: pages and their JSON twin, with the reader's rights.

use dothi::access::Role;
use dothi::layers::Value;
use reqwest::{StatusCode, header};
use serde_json::Value as Json;

use crate::front::{Server, point, square};

/// South-west corner of the test's parcels, EPSG:9218: Gia Nghĩa.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);

async fn filled() -> Server {
    let server = Server::start().await;
    for (i, code) in ["24611-12-87", "24611-12-88"].into_iter().enumerate() {
        let values = [
            ("code", Value::Text(code.to_owned())),
            ("area_m2", Value::Real(100.5)),
            ("holder", Value::Text("Trần Thị Kín".to_owned())),
        ];
        server.insert("parcel", square(AT.0 + 5000.0 * i as f64, AT.1, 10.0), &values).await;
    }
    server.insert("camera_security", point(AT.0, AT.1), &[]).await;
    server
}

async fn page(server: &Server, path: &str, token: Option<&str>) -> (StatusCode, String) {
    let request = server.client.get(format!("{}{path}", server.base)).header(header::ACCEPT, "text/html");
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

fn ids(catalogue: &Json) -> Vec<&str> {
    let layers = catalogue["themes"].as_array().unwrap().iter().flat_map(|t| t["layers"].as_array().unwrap());
    layers.map(|l| l["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_tells_what_it_is_to_people_and_programs() {
    let server = filled().await;
    let json = server.json("/api/v1/layers/parcel").await;
    assert_eq!((json["count"].as_i64(), json["access"].as_str()), (Some(2), Some("O")));
    assert_eq!(json["owners"][0], "Sở Nông nghiệp và Môi trường");
    assert_eq!(json["licence"], "CC-BY-4.0");
    let extent: Vec<f64> = json["extent"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(extent[0] < extent[2] && (107.0..108.5).contains(&extent[0]), "{extent:?}");
    // Who changed it and why is not for the public.
    assert!(json["last_change"]["at"].is_string() && json["last_change"]["reason"].is_null(), "{json}");
    let months = json["changes_by_month"].as_array().unwrap();
    assert_eq!(
        (months.len(), months[11]["revisions"].as_i64(), months[11]["items"].as_i64()),
        (12, Some(2), Some(2))
    );
    // Each address that is told answers.
    for rel in [
        "page",
        "ogc",
        "collection",
        "items",
        "download",
        "schema",
        "queryables",
        "tilejson",
        "style",
        "coverage",
    ] {
        let href = json["links"][rel].as_str().unwrap();
        let answer = server.client.get(href).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{rel}: {href}");
    }

    let (status, html) = page(&server, "/layers/parcel", None).await;
    assert_eq!(status, StatusCode::OK);
    for text in [
        "Thửa đất",
        "Sở Nông nghiệp và Môi trường",
        "CC-BY-4.0",
        "Chưa kiểm tra",
        "Mã thửa",
        "/ogc/collections/parcel/items",
    ] {
        assert!(html.contains(text), "{text}");
    }
    let (_, list) = page(&server, "/layers?q=thua+dat", None).await;
    assert!(list.contains("/layers/parcel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_stands_nowhere_in_the_catalogue() {
    let server = filled().await;
    let all = server.json("/api/v1/layers").await;
    assert!(ids(&all).contains(&"parcel") && !ids(&all).contains(&"camera_security"));
    let unknown = server.get("/api/v1/layers/no_such_layer").await.status();
    for path in [
        "/api/v1/layers/camera_security",
        "/api/v1/layers/camera_security/coverage",
        "/layers/camera_security",
    ] {
        assert_eq!(server.get(path).await.status(), unknown, "{path}");
    }
    let (_, list) = page(&server, "/layers", None).await;
    assert!(!list.contains("camera_security"));
    // A hidden attribute stands neither in the facts nor on the page, nor in what the page gives its script.
    let json = server.json("/api/v1/layers/parcel").await;
    assert!(!json["attributes"].to_string().contains("holder"), "{json}");
    let (_, html) = page(&server, "/layers/parcel", None).await;
    assert!(!html.contains("holder") && !html.contains("Người sử dụng đất"));

    // An administrator sees both, and who changed a layer and why.
    let token = server.sign_in("quan-tri", Role::Admin).await;
    let request = server.client.get(format!("{}/api/v1/layers/camera_security", server.base));
    let seen: Json = request.bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!((seen["count"].as_i64(), seen["last_change"]["reason"].as_str()), (Some(1), Some("an item")));
    let (_, html) = page(&server, "/layers/parcel", Some(&token)).await;
    assert!(html.contains("Người sử dụng đất") && html.contains("an item"));
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_counts_each_item_once_where_it_lies() {
    let server = filled().await;
    let grid = server.json("/api/v1/layers/parcel/coverage").await;
    let cells = grid["features"].as_array().unwrap();
    let counts: Vec<i64> = cells.iter().map(|c| c["properties"]["count"].as_i64().unwrap()).collect();
    assert_eq!((counts, grid["max"].as_i64()), (vec![1, 1], Some(1)));
    // A cell holds the place that it counts.
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0 + 5.0, AT.1 + 5.0);
    let ring: Vec<(f64, f64)> = cells[0]["geometry"]["coordinates"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
        .collect();
    let polygon = geo::Polygon::new(ring.into(), Vec::new());
    assert!(geo::Contains::contains(&polygon, &geo::Point::new(lon, lat)), "{polygon:?} {lon} {lat}");
    let none = server.json("/api/v1/layers/building/coverage").await;
    assert_eq!((none["features"].as_array().map(Vec::len), none["max"].as_i64()), (Some(0), Some(0)));
}
