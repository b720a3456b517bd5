//! Imports as an editor does them: files sent, looked at, tried, brought in; by right, once, and cleared away.

use std::path::Path;
use std::process::Command;

use dothi::formats::Encoding;
use serde_json::{Value, json};

use crate::permits_support::{Answer, Person, Service, service};

/// The bytes of a text in TCVN3, by asking the decoder for every byte.
pub fn tcvn3(text: &str) -> Vec<u8> {
    let letter = |b: u8| Encoding::Tcvn3.decode(&[b]).ok();
    let byte = |c: char| (0..=255).find(|b| letter(*b).as_deref() == Some(&c.to_string()));
    text.chars().map(|c| byte(c).unwrap_or_else(|| panic!("TCVN3 has no {c}"))).collect()
}

/// A shapefile of schools whose names are TCVN3 and that says nothing of it; gives its parts.
fn schools(folder: &Path, rows: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    // Each byte as the character of its number, so that GDAL writes the bytes that are wanted.
    let raw = |text: &str| tcvn3(text).into_iter().map(char::from).collect::<String>();
    let feature = |(i, (code, name)): (usize, &(&str, &str))| {
        json!({"type": "Feature", "properties": {"MA": code, "TEN": raw(name)},
            "geometry": {"type": "Point", "coordinates": [107.69 + i as f64 * 0.01, 12.0]}})
    };
    let features: Vec<Value> = rows.iter().enumerate().map(feature).collect();
    let source = folder.join("s.geojson");
    std::fs::write(&source, json!({"type": "FeatureCollection", "features": features}).to_string()).unwrap();
    let target = folder.join("truong.shp");
    let made = Command::new("ogr2ogr")
        .args(["-overwrite", "-lco", "ENCODING=ISO-8859-1", "-t_srs", "EPSG:9218"])
        .args([&target, &source])
        .status()
        .unwrap();
    assert!(made.success());
    let part = |ending: &str| {
        (format!("Trường học.{ending}"), std::fs::read(target.with_extension(ending)).unwrap())
    };
    ["shp", "shx", "dbf", "prj"].map(part).to_vec()
}

const ROWS: [(&str, &str); 2] =
    [("TH-01", "Trường Tiểu học Nguyễn Bá Ngọc"), ("TH-02", "Trường Mầm non Đắk Nia")];

/// Begins an import and sends its files.
pub async fn begin(who: &Person, layer: &str, files: &[(String, Vec<u8>)]) -> String {
    let made = who.post("/api/v1/imports", &json!({"layer": layer})).await.expect(201);
    let id = made.body["id"].as_str().unwrap().to_owned();
    for (name, bytes) in files {
        let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        who.put_bytes(&format!("/api/v1/imports/{id}/files/{name}"), bytes.clone()).await.expect(201);
    }
    id
}

/// Does a step and waits for it; gives the import.
pub async fn step(who: &Person, id: &str, task: &str, settings: &Value) -> Value {
    let queued: Answer = who.post(&format!("/api/v1/imports/{id}/{task}"), settings).await.expect(202);
    who.job(&queued).await;
    who.get(&format!("/api/v1/imports/{id}")).await.expect(200).body
}

async fn count(service: &Service, layer: &str) -> u64 {
    let position = service.state.store.position().await.unwrap();
    service.state.feed.catch_up(position).await.unwrap();
    let path = format!("/ogc/collections/{layer}/items?limit=1");
    service.public().get(&path).await.expect(200).body["numberMatched"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_looked_at_tried_and_brought_in() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let folder = tempfile::tempdir().unwrap();
    let files = schools(folder.path(), &ROWS);
    let id = begin(&admin, "school", &files).await;

    let seen = step(&admin, &id, "inspect", &json!({})).await;
    assert_eq!(
        (seen["state"].as_str(), seen["files"][1]["name"].as_str()),
        (Some("done"), Some("truong_hoc.prj"))
    );
    let found = &seen["inspection"];
    assert_eq!(
        (found["encoding"]["name"].as_str(), found["rows"][0]["TEN"].as_str()),
        (Some("tcvn3"), Some(ROWS[0].1))
    );
    let placed = admin.get(&format!("/api/v1/imports/{id}/shapes")).await.expect(200).body;
    let at = placed["features"][0]["geometry"]["coordinates"].as_array().unwrap().clone();
    let at: Vec<f64> = at.iter().map(|v| v.as_f64().unwrap()).collect();
    assert!((at[0] - 107.69).abs() < 1e-6 && (at[1] - 12.0).abs() < 1e-6, "{placed}");
    assert_eq!((&placed["inside"], &placed["guessed"]), (&json!(true), &json!(false)));
    // The title "Mã" says which attribute the field MA is; nothing says it of TEN.
    assert_eq!(
        (seen["proposed"]["map"]["code"].as_str(), seen["remembered"].as_bool()),
        (Some("MA"), Some(false))
    );

    let settings = json!({"map": {"code": "MA", "name": "TEN"}, "mode": "upsert"});
    let tried = step(&admin, &id, "trial", &settings).await;
    assert_eq!((tried["trial"]["inserted"].as_u64(), tried["report"].is_null()), (Some(2), true), "{tried}");
    assert_eq!(count(&service, "school").await, 0);

    let done = step(&admin, &id, "run", &settings).await;
    assert_eq!((done["report"]["imported"].as_u64(), done["revision"].is_i64()), (Some(2), true), "{done}");
    assert_eq!(count(&service, "school").await, 2);
    let items = service.public().get("/ogc/collections/school/items").await.expect(200).body;
    assert!(items.to_string().contains(ROWS[1].1));
    admin.post(&format!("/api/v1/imports/{id}/run"), &settings).await.expect(409);

    // The next file with these fields is mapped as the last one.
    let next = begin(&admin, "school", &files).await;
    let seen = step(&admin, &next, "inspect", &json!({})).await;
    assert_eq!(
        (seen["remembered"].as_bool(), seen["proposed"]["map"]["name"].as_str()),
        (Some(true), Some("TEN"))
    );
    let list = admin.get("/api/v1/imports").await.expect(200).body;
    assert_eq!(
        (list["imports"][0]["id"].as_str(), list["imports"][1]["imported"].as_i64()),
        (Some(next.as_str()), Some(2))
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_seen_and_begun_by_right_alone() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let id = begin(&admin, "school", &[]).await;
    let path = format!("/api/v1/imports/{id}");
    service.public().get(&path).await.expect(401);
    let unknown = admin.get("/api/v1/imports/00000000-0000-0000-0000-000000000000").await.expect(404);
    // Editors of another agency, commune officers and applicants do not learn that it exists.
    for name in ["editor", "reviewer", "applicant"] {
        let person = service.sign_in(name).await;
        let answer = person.get(&path).await.expect(404);
        assert_eq!(answer.body["title"], unknown.body["title"]);
        person.put_bytes(&format!("{path}/files/a.geojson"), b"{}".to_vec()).await.expect(404);
        person.post(&format!("{path}/run"), &json!({})).await.expect(404);
        person.get(&format!("{path}/shapes")).await.expect(404);
        let list = person.get("/api/v1/imports").await.expect(200).body;
        assert_eq!(list["imports"], json!([]), "{name}");
        person.post("/api/v1/imports", &json!({"layer": "school"})).await.expect(403);
        person.post("/api/v1/imports", &json!({"layer": "no_such_layer"})).await.expect(404);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_says_so_and_may_be_tried_again() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let id = begin(&admin, "school", &[]).await;
    let path = format!("/api/v1/imports/{id}");
    admin.post(&format!("{path}/inspect"), &json!({})).await.expect(409);
    admin.put_bytes(&format!("{path}/files/a.vrt"), b"<OGRVRTDataSource/>".to_vec()).await.expect(422);
    admin.put_bytes(&format!("{path}/files/a.gpkg"), b"this is no database".to_vec()).await.expect(201);
    let seen = step(&admin, &id, "inspect", &json!({})).await;
    assert_eq!(seen["state"], "failed");
    assert!(seen["error"]["vi"].as_str().is_some_and(|e| !e.is_empty()), "{seen}");
    admin.post(&format!("{path}/inspect"), &json!({"crs": "EPSG:0"})).await.expect(400);
    admin.post(&format!("{path}/inspect"), &json!({"map": {"no_such": "X"}})).await.expect(400);
    let again = step(&admin, &id, "inspect", &json!({})).await;
    assert_eq!(again["state"], "failed");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_after_the_commit_brings_nothing_in_twice() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let file = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "A"},
        "geometry": {"type": "Point", "coordinates": [107.69, 12.0]}}]});
    let id = begin(&admin, "school", &[("s.geojson".to_owned(), file.to_string().into_bytes())]).await;
    let settings = json!({"map": {"code": "code", "name": "'Trường A'"}, "mode": "append"});
    let done = step(&admin, &id, "run", &settings).await;
    assert_eq!(count(&service, "school").await, 1, "{done}");
    // As if the node had died between the commit and the report.
    let mut db = service.db.sql().await;
    sqlx::query("update dothi.import set report = null, revision = null").execute(&mut db).await.unwrap();
    let again = step(&admin, &id, "run", &settings).await;
    assert_eq!(
        (&again["revision"], again["report"]["interrupted"].as_bool()),
        (&done["revision"], Some(true)),
        "{again}"
    );
    assert_eq!(count(&service, "school").await, 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_removed_when_nobody_has_used_them_for_days() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let id = begin(&admin, "school", &[("s.geojson".to_owned(), b"{}".to_vec())]).await;
    let path = service.state.files.import_path(id.parse().unwrap(), "s.geojson").unwrap();
    dothi::jobs::imports::clear(&service.state).await.unwrap();
    assert!(path.exists());
    let mut db = service.db.sql().await;
    sqlx::query("update dothi.import set used_at = now() - interval '4 days'")
        .execute(&mut db)
        .await
        .unwrap();
    dothi::jobs::imports::clear(&service.state).await.unwrap();
    assert!(!path.exists());
    let seen = admin.get(&format!("/api/v1/imports/{id}")).await.expect(200).body;
    assert!(seen["files_removed_at"].is_string());
    admin.post(&format!("/api/v1/imports/{id}/inspect"), &json!({})).await.expect(409);
    service.stop().await;
}
