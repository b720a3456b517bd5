//! What an import on the portal offers beside the first steps: drawings, the place of the shapes, communes of a day,
//! the mapping that is remembered, and the list of all imports.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::imports::{begin, step};
use crate::permits_support::{Person, Service, service};

const AT: (f64, f64) = (411_600.0, 1_327_195.0);

/// A drawing of closed lines (around a square of `size` metres) and texts, each in a layer, by offset from [`AT`].
fn dxf(squares: &[(&str, (f64, f64), f64)], texts: &[(&str, (f64, f64), &str)]) -> Vec<u8> {
    let mut out = String::from("0\nSECTION\n2\nENTITIES\n");
    for (layer, (dx, dy), size) in squares {
        write!(out, "0\nLWPOLYLINE\n8\n{layer}\n90\n4\n70\n1\n").unwrap();
        for (x, y) in [(0.0, 0.0), (*size, 0.0), (*size, *size), (0.0, *size)] {
            write!(out, "10\n{}\n20\n{}\n", AT.0 + dx + x, AT.1 + dy + y).unwrap();
        }
    }
    for (layer, (dx, dy), text) in texts {
        write!(out, "0\nTEXT\n8\n{layer}\n10\n{}\n20\n{}\n40\n1\n1\n{text}\n", AT.0 + dx, AT.1 + dy).unwrap();
    }
    out.push_str("0\nENDSEC\n0\nEOF\n");
    out.into_bytes()
}

/// Two plots in a frame, each with its number.
fn sheet() -> Vec<u8> {
    dxf(
        &[("RANH", (0.0, 0.0), 10.0), ("RANH", (20.0, 0.0), 10.0), ("KHUNG", (-50.0, -50.0), 200.0)],
        &[
            ("SO_THUA", (5.0, 5.0), "N-1"),
            ("SO_THUA", (25.0, 5.0), "N-2"),
            ("GHI_CHU", (60.0, 60.0), "To 12"),
        ],
    )
}

fn names(found: &Value) -> Vec<&str> {
    found["layers"][0]["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_is_chosen_from_and_the_choice_is_remembered() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let id = begin(&admin, "flood_zone", &[("to12.dxf".to_owned(), sheet())]).await;
    let seen = step(&admin, &id, "inspect", &json!({})).await;
    let found = &seen["inspection"];
    assert_eq!(found["drawing"]["areas"], 3, "{seen}");
    let layers: Vec<(&str, u64, u64)> = found["drawing"]["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["name"].as_str().unwrap(), l["lines"].as_u64().unwrap(), l["texts"].as_u64().unwrap()))
        .collect();
    assert_eq!(layers, [("GHI_CHU", 0, 1), ("KHUNG", 1, 0), ("RANH", 2, 0), ("SO_THUA", 0, 2)]);
    // A drawing does not tell its system: it is asked for, and shown where it would lie in the province.
    assert_eq!(found["layers"][0]["crs"], Value::Null);
    assert!(found["likely"].as_array().unwrap().contains(&json!({"crs": "EPSG:9218", "swapped": false})));
    let placed = admin.get(&format!("/api/v1/imports/{id}/shapes")).await.expect(200).body;
    assert_eq!((&placed["guessed"], &placed["inside"]), (&json!(true), &json!(true)), "{placed}");
    assert_eq!(placed["features"].as_array().map(Vec::len), Some(3));
    let elsewhere = admin.get(&format!("/api/v1/imports/{id}/shapes?crs=EPSG:5899")).await.expect(200).body;
    assert!(elsewhere["bbox"][0].as_f64().unwrap() < placed["bbox"][0].as_f64().unwrap() - 0.5);
    admin.get(&format!("/api/v1/imports/{id}/shapes?crs=EPSG:0")).await.expect(400);

    let drawing = json!({"boundary_layers": ["RANH"], "text_layers": ["SO_THUA"], "snap_m": 0.1});
    let seen = step(&admin, &id, "inspect", &json!({"drawing": drawing})).await;
    let found = &seen["inspection"];
    assert_eq!((&found["drawing"]["areas"], &found["rows"][1]["text:SO_THUA"]), (&json!(2), &json!("N-2")));
    assert!(names(found).ends_with(&["text", "texts", "text:SO_THUA"]), "{:?}", names(found));
    let settings = json!({"crs": "EPSG:9218", "drawing": drawing, "mode": "append",
        "map": {"code": "text:SO_THUA", "flood_level_m": "'2.5'"}});
    let done = step(&admin, &id, "run", &settings).await;
    assert_eq!(done["report"]["imported"], 2, "{done}");
    let position = service.state.store.position().await.unwrap();
    service.state.feed.catch_up(position).await.unwrap();
    let items = service.public().get("/ogc/collections/flood_zone/items?code=N-2").await.expect(200).body;
    assert_eq!(
        (&items["numberMatched"], &items["features"][0]["properties"]["flood_level_m"]),
        (&json!(1), &json!(2.5))
    );

    // The next sheet, by another editor: it has other layers of texts, and is taken the same way.
    let editor = service.sign_in("editor-nnmt").await;
    let next = dxf(
        &[("RANH", (100.0, 0.0), 10.0), ("KHUNG", (-50.0, -50.0), 200.0)],
        &[("SO_THUA", (105.0, 5.0), "N-3"), ("KHAC", (60.0, 60.0), "x")],
    );
    let id = begin(&editor, "flood_zone", &[("to13.dxf".to_owned(), next)]).await;
    let seen = step(&editor, &id, "inspect", &json!({})).await;
    assert_eq!(
        (&seen["remembered"], &seen["inspection"]["drawing"]["areas"]),
        (&json!(true), &json!(1)),
        "{seen}"
    );
    assert_eq!(seen["proposed"]["drawing"], drawing);
    assert_eq!(seen["proposed"]["map"]["code"], "text:SO_THUA");
    assert_eq!(
        (&seen["proposed"]["crs"], &seen["proposed"]["mode"]),
        (&json!("EPSG:9218"), &json!("append"))
    );

    // A drawing without the lines that were chosen is one of another kind.
    let other = dxf(&[("TIM_DUONG", (0.0, 0.0), 10.0)], &[]);
    let id = begin(&editor, "flood_zone", &[("duong.dxf".to_owned(), other)]).await;
    let seen = step(&editor, &id, "inspect", &json!({})).await;
    assert_eq!((&seen["remembered"], &seen["proposed"]["crs"]), (&json!(false), &Value::Null), "{seen}");
    service.stop().await;
}

fn zones(rows: &[Value]) -> Vec<u8> {
    let features: Vec<Value> = (0..)
        .zip(rows)
        .map(|(i, row)| {
            let (x, y) = (107.69 + f64::from(i) * 0.001, 12.0);
            let ring = [[x, y], [x + 5e-4, y], [x + 5e-4, y + 5e-4], [x, y + 5e-4], [x, y]];
            json!({"type": "Feature", "properties": row, "geometry": {"type": "Polygon", "coordinates": [ring]}})
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features}).to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_proposed_to_every_editor_of_the_layer() {
    let service = service().await;
    let (admin, editor) = (service.sign_in("admin").await, service.sign_in("editor-nnmt").await);
    let rows = [json!({"MA_VUNG": "Z1", "MUC": 3.5, "XA": "Đắk Mil"})];
    let map = json!({"code": "MA_VUNG", "flood_level_m": "MUC", "commune_code": "XA"});
    let id = begin(&editor, "flood_zone", &[("a.geojson".to_owned(), zones(&rows))]).await;
    step(&editor, &id, "inspect", &json!({})).await;

    // The name meant one commune on that day, and may mean several today.
    let tried = step(&editor, &id, "trial", &json!({"map": map, "mode": "replace"})).await;
    assert_eq!(tried["trial"]["rejected_count"], 1, "{tried}");
    let settings = json!({"map": map, "mode": "replace", "units_as_of": "2020-01-01"});
    let done = step(&editor, &id, "run", &settings).await;
    assert_eq!(
        (&done["report"]["imported"], &done["report"]["units"]["from_names"]),
        (&json!(1), &json!(1)),
        "{done}"
    );

    // Another editor, the same columns in another order.
    let next = [json!({"XA": "Đắk Mil", "MA_VUNG": "Z2", "MUC": 1})];
    let id = begin(&admin, "flood_zone", &[("b.geojson".to_owned(), zones(&next))]).await;
    let seen = step(&admin, &id, "inspect", &json!({})).await;
    assert_eq!((&seen["remembered"], &seen["proposed"]["map"]), (&json!(true), &map), "{seen}");
    // A day holds for one file, and no layer is replaced unasked.
    assert_eq!(
        (&seen["proposed"]["units_as_of"], &seen["proposed"]["mode"]),
        (&Value::Null, &json!("upsert"))
    );
    // Another choice is kept while it is tried, and is not the remembered one.
    let own = json!({"code": "MA_VUNG", "flood_level_m": "MUC"});
    let tried = step(&admin, &id, "trial", &json!({"map": own})).await;
    assert_eq!((&tried["remembered"], &tried["proposed"]["map"]), (&json!(false), &own));

    // One column more makes another kind of file.
    let other = [json!({"XA": "Đắk Mil", "MA_VUNG": "Z3", "MUC": 1, "GHI_CHU": "x"})];
    let id = begin(&admin, "flood_zone", &[("c.geojson".to_owned(), zones(&other))]).await;
    assert_eq!(step(&admin, &id, "inspect", &json!({})).await["remembered"], false);
    service.stop().await;
}

async fn shapes(who: &Person, id: &str) -> Value {
    who.get(&format!("/api/v1/imports/{id}/shapes")).await.expect(200).body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_shapes_of_every_format_are_placed() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let table = "ma,ten,kinh_do,vi_do\nT1,Trường A,107.69,12.0\nT2,Trường B,107.70,12.01\nT3,Trường C,,\n";
    let points = |x: f64| {
        json!({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"ma": "A"},
            "geometry": {"type": "Point", "coordinates": [x, 12.0]}}]})
    };
    let folder = tempfile::tempdir().unwrap();
    let zipped = zipped_shapefile(folder.path(), &points(107.69));
    for (name, bytes, shapes_expected, guessed) in [
        ("truong.csv", table.as_bytes().to_vec(), 2, true),
        ("truong.geojson", points(107.69).to_string().into_bytes(), 1, false),
        ("truong.zip", zipped, 1, false),
    ] {
        let id = begin(&admin, "school", &[(name.to_owned(), bytes)]).await;
        step(&admin, &id, "inspect", &json!({})).await;
        let placed = shapes(&admin, &id).await;
        let features = placed["features"].as_array().unwrap();
        assert_eq!(
            (features.len(), placed["guessed"].as_bool()),
            (shapes_expected, Some(guessed)),
            "{name}: {placed}"
        );
        let at = &features[0]["geometry"]["coordinates"];
        let (x, y) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        assert!((x - 107.69).abs() < 1e-6 && (y - 12.0).abs() < 1e-6, "{name}: {placed}");
        assert_eq!(placed["inside"], true, "{name}");
        // What is drawn is asked for by itself, and not each time that somebody looks how far it is.
        let told = admin.get(&format!("/api/v1/imports/{id}")).await.expect(200).body;
        assert_eq!(told["inspection"]["shapes"], Value::Null);
    }
    service.stop().await;
}

/// A zipped shapefile whose .prj names the system without a code, as ESRI writes it.
fn zipped_shapefile(folder: &Path, points: &Value) -> Vec<u8> {
    let source = folder.join("truong.geojson");
    std::fs::write(&source, points.to_string()).unwrap();
    let target = folder.join("truong.shz");
    let made = Command::new("ogr2ogr")
        .args([
            "-f",
            "ESRI Shapefile",
            "-t_srs",
            "+proj=tmerc +lon_0=108.4 +k=0.9999 +x_0=500000 +datum=WGS84",
        ])
        .args([&target, &source])
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::read(target).unwrap()
}

async fn by_command(service: &Service, file: &Path, extra: &[&str]) -> std::process::Output {
    let home = tempfile::tempdir().unwrap();
    tokio::process::Command::new(env!("CARGO_BIN_EXE_dothi"))
        .env("DATABASE_URL", &service.db.serve_url)
        .env("DOTHI_HOME", home.path())
        .env("USER", "lan")
        .args(["import", "--layer", "school", "--no-quality", "--json"])
        .args(extra)
        .arg(file)
        .output()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_list_holds_the_imports_of_the_portal_and_of_the_command_line() {
    let service = service().await;
    let admin = service.sign_in("admin").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lenh.csv");
    std::fs::write(&file, "code,name,lon,lat\nC1,Trường A,107.69,12.0\n,Trường B,107.70,12.0\n").unwrap();
    let done = by_command(&service, &file, &["--crs", "EPSG:4326"]).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let refused = by_command(&service, &file, &["--crs", "EPSG:4326", "--map", "code=nothing"]).await;
    assert!(!refused.status.success());

    let id = begin(&admin, "school", &[("p.csv".to_owned(), std::fs::read(&file).unwrap())]).await;
    let settings = json!({"crs": "EPSG:4326", "map": {"code": "code", "name": "'Trường'"}, "mode": "upsert"});
    step(&admin, &id, "trial", &settings).await;
    step(&admin, &id, "run", &settings).await;

    let list = admin.get("/api/v1/imports?layer=school").await.expect(200).body;
    let lines = list["imports"].as_array().unwrap();
    // The portal's trial and run are in the log, too, and are one line here.
    let told: Vec<_> = lines.iter().map(|l| (l["portal"].as_bool(), l["state"].as_str())).collect();
    let expected = [(true, "done"), (false, "failed"), (false, "done")];
    assert_eq!(told, expected.map(|(portal, state)| (Some(portal), Some(state))), "{list}");
    assert_eq!(lines[1]["error"]["en"].as_str().map(|e| e.contains("nothing")), Some(true));
    let command = &lines[2];
    assert_eq!(
        (&command["files"], &command["imported"], &command["rejected"]),
        (&json!(["lenh.csv"]), &json!(1), &json!(1))
    );
    assert_eq!(command["created_by"], "cli import lan");
    let earlier = format!("/api/v1/imports?before={}", lines[0]["created_at"].as_str().unwrap());
    assert_eq!(admin.get(&earlier).await.expect(200).body["imports"].as_array().map(Vec::len), Some(2));

    // Its report and its page, for those who may import into the layer.
    let id = command["id"].as_str().unwrap();
    let one = admin.get(&format!("/api/v1/imports/{id}")).await.expect(200).body;
    assert_eq!(
        (&one["report"]["inserted"], &one["settings"]["crs"]),
        (&json!(1), &json!("EPSG:4326")),
        "{one}"
    );
    admin.get(&format!("/api/v1/imports/{id}/report?f=csv")).await.expect(200);
    admin.post(&format!("/api/v1/imports/{id}/run"), &json!({})).await.expect(404);
    let stranger = service.sign_in("editor").await;
    stranger.get(&format!("/api/v1/imports/{id}")).await.expect(404);
    stranger.get(&format!("/api/v1/imports/{id}/report")).await.expect(404);
    assert_eq!(stranger.get("/api/v1/imports?layer=school").await.expect(200).body["imports"], json!([]));

    // Taken back: the line says by which revision.
    let revision = lines[0]["revision"].as_i64().unwrap();
    admin.post(&format!("/api/v1/revisions/{revision}/undo"), &json!({})).await.expect(200);
    let list = admin.get("/api/v1/imports?layer=school").await.expect(200).body;
    assert!(list["imports"][0]["undone_by"].as_i64().is_some_and(|by| by > revision), "{list}");
    service.stop().await;
}
