//! Analysis through the front door: answers, progress, downloads, and nothing of what the asker may not see.

use dothi::access::Role;
use dothi::layers::Value;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value as Json, json};

use crate::front::{Server, point, square};

/// South-west corner of the test's land, EPSG:9218: Gia Nghĩa.
const E: f64 = 411_600.0;
const N: f64 = 1_327_195.0;

fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

/// Two parcels side by side, and a camera that the public may not see on the first.
async fn land(server: &Server) {
    for (n, holder) in [(1_i64, "Trần Thị Kín"), (2, "Lê Văn Kín")] {
        let values = [
            ("code", text(&format!("24611-12-{n}"))),
            ("commune_code", text("24611")),
            ("parcel_number", Value::Int(n)),
            ("land_use", text("ODT")),
            ("area_m2", Value::Real(400.0)),
            ("holder", text(holder)),
        ];
        server.insert("parcel", square(E + 20.0 * (n as f64 - 1.0), N, 20.0), &values).await;
    }
    server.insert("camera_security", point(E + 5.0, N + 5.0), &[("code", text("CAM-KIN"))]).await;
}

async fn ask(server: &Server, form: &str, body: &Json, token: Option<&str>) -> Response {
    let mut request = server.client.post(format!("{}/api/v1/analysis{form}", server.base)).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_with_geometry_in_degrees_and_figures_with_units() {
    let server = Server::start().await;
    land(&server).await;
    let (lon, lat) = dothi::space::crs::to_crs84(E + 5.0, N + 5.0);
    let here = json!({"geometry": {"type": "Point", "coordinates": [lon, lat]}});
    let near = json!({"operation": "select", "target": {"layer": "parcel"},
        "relation": {"kind": "within_distance", "distance_m": 14.0, "of": here}});
    let answer = ask(&server, "", &near, None).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/geo+json");
    let answer: Json = answer.json().await.unwrap();
    assert_eq!((&answer["numberMatched"], &answer["numberReturned"]), (&json!(1), &json!(1)), "{answer}");
    let feature = &answer["features"][0];
    assert_eq!(feature["properties"]["code"], "24611-12-1");
    let first = feature["geometry"]["coordinates"][0][0].as_array().unwrap();
    assert!(
        (first[0].as_f64().unwrap() - lon).abs() < 1e-3 && (first[1].as_f64().unwrap() - lat).abs() < 1e-3
    );

    let where_2 = json!([{"attribute": "parcel_number", "op": "ge", "value": 2}]);
    let sums = json!({"operation": "aggregate", "source": {"layer": "parcel"},
        "zones": {"layer": "parcel", "where": where_2}, "attribute": "area_m2"});
    let answer: Json = ask(&server, "", &sums, None).await.json().await.unwrap();
    let row = &answer["features"][0]["properties"];
    assert_eq!(row["count"], 1, "{answer}");
    assert!((row["area_m2"].as_f64().unwrap() - 400.0).abs() < 0.01, "the neighbour shares only a border");
    assert_eq!(row["sum_area_m2"], 400.0);
    let unit = answer["columns"].as_array().unwrap().iter().find(|c| c["name"] == "sum_area_m2").unwrap();
    assert_eq!(unit["unit"], "m2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_is_no_junction_with_the_street_below() {
    let server = Server::start().await;
    // ISO WKB of a line of two points.
    let road = |points: [(f64, f64); 2]| {
        let places = points.into_iter().flat_map(|(x, y)| [(E + x).to_le_bytes(), (N + y).to_le_bytes()]);
        [1, 2, 0, 0, 0, 2, 0, 0, 0].into_iter().chain(places.flatten()).collect::<Vec<u8>>()
    };
    server.insert("road_centreline", road([(0.0, 0.0), (600.0, 0.0)]), &[("code", text("DUONG"))]).await;
    for (code, x, level) in [("CAU", 300.0, Value::Int(1)), ("NGANG", 500.0, Value::Null)] {
        let values = [("code", text(code)), ("level", level)];
        server.insert("road_centreline", road([(x, -300.0), (x, 300.0)]), &values).await;
        server.insert("hydrant", point(E + x, N + 250.0), &[("code", text(code))]).await;
    }
    let (lon, lat) = dothi::space::crs::to_crs84(E, N);
    let body = json!({"operation": "reach", "minutes": [30], "mode": "walk", "access_m": 50,
        "places": {"geometry": {"type": "Point", "coordinates": [lon, lat]}}, "targets": {"layer": "hydrant"}});
    let answer: Json = ask(&server, "", &body, None).await.json().await.unwrap();
    assert_eq!(answer["numberMatched"], 1, "{answer}");
    let reached = &answer["features"][0]["properties"];
    assert_eq!((&reached["code"], &reached["minutes"]), (&json!("NGANG"), &json!(10.0)), "750 m at 4.5 km/h");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_comes_as_lines_and_a_table_as_csv() {
    let server = Server::start().await;
    land(&server).await;
    let body =
        json!({"operation": "buffer", "source": {"layer": "parcel"}, "distance_m": 10.0, "dissolve": true});
    let request = server.client.post(format!("{}/api/v1/analysis", server.base)).json(&body);
    let answer = request.header(header::ACCEPT, "application/x-ndjson").send().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/x-ndjson");
    let lines = answer.text().await.unwrap();
    let last: Json = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "FeatureCollection", "{lines}");
    // 40 m × 20 m with 10 m around it: 800 + 2·(40+20)·10 + π·100.
    let m2 = last["figures"].as_array().unwrap().iter().find(|f| f["name"] == "area_m2").unwrap();
    assert!((m2["value"].as_f64().unwrap() - 2314.0).abs() < 5.0, "{m2}");

    let body = json!({"operation": "select", "target": {"layer": "parcel"}});
    let answer = ask(&server, "?f=csv", &body, None).await;
    assert!(answer.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().contains("attachment"));
    let csv = answer.text().await.unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.lines().count() == 3, "{csv}");
    assert!(csv.contains("24611-12-2") && !csv.contains("Kín"), "the holder is restricted: {csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_is_not_there_to_be_asked() {
    let server = Server::start().await;
    land(&server).await;
    let camera = json!({"operation": "select", "target": {"layer": "camera_security"}});
    assert_eq!(ask(&server, "", &camera, None).await.status(), StatusCode::NOT_FOUND);
    let near =
        json!({"operation": "nearest", "from": {"layer": "parcel"}, "to": {"layer": "camera_security"}});
    assert_eq!(ask(&server, "", &near, None).await.status(), StatusCode::NOT_FOUND);
    let condition = json!([{"attribute": "holder", "op": "eq", "value": "Trần Thị Kín"}]);
    for body in [
        json!({"operation": "select", "target": {"layer": "parcel", "where": condition}}),
        json!({"operation": "aggregate", "source": {"layer": "parcel"}, "zones": {"layer": "parcel"}, "group_by": "holder"}),
    ] {
        let refused = ask(&server, "", &body, None).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert!(!refused.text().await.unwrap().contains("Kín"));
    }
    let admin = server.sign_in("quan-tri", Role::Admin).await;
    let seen: Json = ask(&server, "", &camera, Some(&admin)).await.json().await.unwrap();
    assert_eq!(seen["numberMatched"], 1, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_questions_name_what_is_wrong() {
    let server = Server::start().await;
    for (body, place) in [
        (json!({"operation": "buffer", "source": {"layer": "parcel"}, "distance_m": 1e9}), "distance_m"),
        (json!({"operation": "buffer", "source": {}, "distance_m": 1}), "source"),
        (json!({"operation": "reach", "places": {"layer": "school"}, "minutes": []}), "minutes"),
        (
            json!({"operation": "select", "target": {"layer": "parcel"}, "relation": {"kind": "within_distance", "of": {"layer": "school"}}}),
            "distance_m",
        ),
        (
            json!({"operation": "buffer", "source": {"geometry": {"type": "Point", "coordinates": [12, 107]}}, "distance_m": 5}),
            "source.geometry",
        ),
        (json!({"operation": "fly"}), "operation"),
    ] {
        let refused = ask(&server, "", &body, None).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
        let told = refused.text().await.unwrap();
        assert!(told.contains(place) || told.contains("variant"), "{body}: {told}");
    }
}
