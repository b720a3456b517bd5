//! `dothi import` through its worker: real files of every format, what is told of bad ones.

use std::path::{Path, PathBuf};

use dothi::formats::{Drawing, Encoding, ReadOptions, Source, mapping};
use dothi::jobs::import::{Report, Request, import, inspect};
use dothi::jobs::worker;
use dothi::layers::{Catalog, GeometryKind, Value};
use dothi::store::Author;
use dothi::store::bulk::Mode;
use dothi::{Error, Result};

use crate::support::{TestDb, database};

/// What is asked of an import, everything else by default.
pub fn request(file: impl AsRef<Path>, layer: &str, map: &str) -> Request {
    Request {
        file: file.as_ref().to_owned(),
        layer: layer.to_owned(),
        source_layer: None,
        crs: None,
        encoding: None,
        swap_axes: false,
        drawing: Drawing::default(),
        map: mapping::parse(map).unwrap(),
        units_as_of: None,
        mode: None,
        dry_run: false,
    }
}

/// Imports it by the program that is tested.
pub async fn run(db: &TestDb, request: &Request) -> Result<Report> {
    worker::use_executable(PathBuf::from(env!("CARGO_BIN_EXE_dothi")));
    let catalog = db.store.catalog().await?;
    import(&db.store, &catalog, request, &Author::program("test", "import"), |_, _| {}).await
}

/// The texts of one attribute, sorted.
async fn texts(db: &TestDb, catalog: &Catalog, layer: &str, attribute: &str) -> Vec<String> {
    let def = catalog.layer(layer).unwrap();
    let at = def.attributes.iter().position(|a| a.name == attribute).unwrap();
    let mut texts: Vec<String> = db
        .store
        .load_layer(def)
        .await
        .unwrap()
        .1
        .into_iter()
        .filter_map(|r| match &r.values[at] {
            Value::Text(t) => Some(t.clone()),
            _ => None,
        })
        .collect();
    texts.sort();
    texts
}

/// A GeoJSON file of its own making.
fn geojson(folder: &Path, features: &serde_json::Value) -> PathBuf {
    let path = folder.join("things.geojson");
    let file = serde_json::json!({"type": "FeatureCollection", "features": features});
    std::fs::write(&path, file.to_string()).unwrap();
    path
}

fn feature(code: &str, geometry: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({"type": "Feature", "properties": {"CODE": code}, "geometry": geometry})
}

#[tokio::test(flavor = "multi_thread")]
async fn each_feature_is_taken_mended_or_named() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let square = serde_json::json!({"type": "Polygon", "coordinates":
        [[[107.69, 12.0], [107.70, 12.0], [107.70, 12.01], [107.69, 12.0]]]});
    let line = serde_json::json!({"type": "LineString", "coordinates": [[107.69, 12.0], [107.70, 12.0]]});
    let closed = serde_json::json!({"type": "LineString", "coordinates":
        [[107.69, 12.0], [107.70, 12.0], [107.70, 12.01], [107.69, 12.0]]});
    let high = serde_json::json!({"type": "Polygon", "coordinates":
        [[[107.69, 12.0, 600], [107.70, 12.0, 600], [107.70, 12.01, 600], [107.69, 12.0, 600]]]});
    let file = geojson(
        folder.path(),
        &serde_json::json!([
            feature("a", &square),
            feature("b", &line),
            feature("c", &closed),
            feature("d", &high),
            feature("e", &serde_json::Value::Null),
            feature("", &square),
            feature("a", &square),
        ]),
    );
    let report = run(&db, &request(&file, "parcel", "")).await.unwrap();
    assert_eq!(
        (report.read, report.imported, report.repaired, report.rejected_count),
        (7, 3, 1, 4),
        "{report:?}"
    );
    assert!(
        report.repairs[0].place.ends_with("fid 2") && report.repairs[0].reason.en.contains("closed line")
    );
    let mut reasons: Vec<String> =
        report.rejected.iter().map(|r| format!("{}: {}", r.place, r.reason.en)).collect();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "things fid 1: the geometry is a LineString, the layer needs a Polygon",
            "things fid 4: there is no geometry",
            "things fid 5: code: a value is required",
            "things fid 6: the key (code) stands in an earlier row of the file",
        ]
    );
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);

    // The same once more: nothing to do.
    let again = run(&db, &request(&file, "parcel", "")).await.unwrap();
    assert_eq!((again.unchanged, again.inserted, again.updated, again.position), (3, 0, 0, None));
    let dry = Request { mode: Some(Mode::Append), dry_run: true, ..request(&file, "parcel", "") };
    assert_eq!(run(&db, &dry).await.unwrap().position, None);
}

/// A file with fewer columns, as the public downloads it, takes nothing away from what it does not name.
#[tokio::test(flavor = "multi_thread")]
async fn an_upsert_leaves_what_the_file_says_nothing_of_and_rings_that_are_turned() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (a, b, c, d) = ([107.69, 12.0], [107.70, 12.0], [107.70, 12.01], [107.69, 12.01]);
    let ring = |corners: [[f64; 2]; 5]| serde_json::json!({"type": "Polygon", "coordinates": [corners]});
    let (drawn, turned) = (ring([a, d, c, b, a]), ring([a, b, c, d, a]));
    let mut whole = feature("p1", &drawn);
    whole["properties"]["holder"] = serde_json::json!("Nguyễn Văn Ấ");
    whole["properties"]["address"] = serde_json::json!("12 đường Hùng Vương");
    run(&db, &request(geojson(folder.path(), &serde_json::json!([whole])), "parcel", "")).await.unwrap();
    let def = catalog.layer("parcel").unwrap();
    let at = |name: &str| def.attributes.iter().position(|a| a.name == name).unwrap();

    let file = geojson(folder.path(), &serde_json::json!([feature("p1", &turned)]));
    let same = run(&db, &request(&file, "parcel", "")).await.unwrap();
    assert_eq!((same.unchanged, same.updated, same.position), (1, 0, None), "{same:?}");
    assert!(same.notes.iter().any(|n| n.en.contains("holder") && !n.en.contains("code")), "{same:?}");

    let mut moved = feature("p1", &turned);
    moved["properties"]["address"] = serde_json::json!("14 đường Hùng Vương");
    let file = geojson(folder.path(), &serde_json::json!([moved]));
    let changed = run(&db, &request(&file, "parcel", "")).await.unwrap();
    assert_eq!((changed.unchanged, changed.updated), (0, 1), "{changed:?}");
    let row = db.store.load_layer(def).await.unwrap().1.remove(0);
    assert_eq!(row.values[at("holder")], Value::Text("Nguyễn Văn Ấ".to_owned()));
    assert_eq!(row.values[at("address")], Value::Text("14 đường Hùng Vương".to_owned()));

    // The file is the whole layer: what it does not say is not known any more.
    let whole = Request { mode: Some(Mode::Replace), ..request(&file, "parcel", "") };
    let replaced = run(&db, &whole).await.unwrap();
    assert_eq!((replaced.updated, replaced.notes.len()), (1, 0), "{replaced:?}");
    let row = db.store.load_layer(def).await.unwrap().1.remove(0);
    assert_eq!(row.values[at("holder")], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_comes_back_unchanged() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let points: Vec<_> = (0..50)
        .map(|n| {
            // Places that no number of decimals tells exactly.
            let shift = f64::from(n) * 1e-3 * std::f64::consts::SQRT_2;
            let at =
                serde_json::json!({"type": "Point", "coordinates": [107.69 + shift, 12.0 + shift / 3.0]});
            feature(&format!("h{n}"), &at)
        })
        .collect();
    let file = geojson(folder.path(), &serde_json::Value::Array(points));
    assert_eq!(run(&db, &request(&file, "hydrant", "")).await.unwrap().inserted, 50);
    for (name, crs) in [
        ("h.gpkg", None),
        ("h.fgb", None),
        ("h.geojson", None),
        ("h.csv", Some("EPSG:4326")),
        ("utm.gpkg", Some("EPSG:3405")),
        ("web.fgb", Some("EPSG:3857")),
    ] {
        let path = folder.path().join(name);
        assert_eq!(
            export(&db, &path, &["--crs", crs.unwrap_or_default()][..2 * usize::from(crs.is_some())]).await,
            Ok(50)
        );
        // A table of texts does not say its system.
        let told = crs.filter(|_| name == "h.csv").map(str::to_owned);
        let again = Request { mode: Some(Mode::Replace), crs: told, ..request(&path, "hydrant", "") };
        let report = run(&db, &again).await.unwrap();
        assert_eq!((report.read, report.unchanged, report.closed), (50, 50, 0), "{name}: {report:?}");
    }
    let unknown = export(&db, &folder.path().join("h.xyz"), &[]).await.unwrap_err();
    assert!(unknown.contains("gpkg, fgb, geojson, csv, parquet"), "{unknown}");
    let wrong = export(&db, &folder.path().join("w.gpkg"), &["--filter", "nix = 1"]).await.unwrap_err();
    assert!(wrong.contains("nix"), "{wrong}");
    let left = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .filter(|f| f.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(left.count(), 0, "nothing half-written stays");
}

/// `dothi export` of the hydrants: how many were written, or what it says.
async fn export(db: &TestDb, path: &Path, more: &[&str]) -> Result<usize, String> {
    let home = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dothi"));
    command.args(["--database-url", &db.serve_url, "--home"]).arg(home.path());
    let done =
        command.args(["export", "hydrant"]).arg(path).args(more).env("LC_ALL", "C.UTF-8").output().await;
    let done = done.unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    if done.status.code() != Some(0) {
        return Err(said);
    }
    let told = said.lines().find_map(|l| l.strip_suffix(" items")?.rsplit(' ').next()?.parse().ok());
    told.ok_or(said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_layer_is_exported_by_box_and_filter() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let points: Vec<_> = (0..20)
        .map(|n| {
            let at =
                serde_json::json!({"type": "Point", "coordinates": [107.69 + f64::from(n) * 1e-3, 12.0]});
            feature(&format!("h{n}"), &at)
        })
        .collect();
    let file = geojson(folder.path(), &serde_json::Value::Array(points));
    assert_eq!(run(&db, &request(&file, "hydrant", "")).await.unwrap().inserted, 20);
    for (name, more, found) in [
        ("all.parquet", &[][..], 20),
        ("box.csv", &["--bbox", "107.6895,11.9,107.6925,12.1"], 3),
        ("few.gpkg", &["--filter", "code IN ('h1', 'h7', 'x')"], 2),
        ("both.fgb", &["--bbox", "107.6895,11.9,107.6925,12.1", "--filter", "code <> 'h1'"], 2),
        ("near.geojson", &["--filter", "S_INTERSECTS(geometry, BBOX(107.6895,11.9,107.6905,12.1))"], 1),
        ("none.parquet", &["--filter", "code = 'x'"], 0),
    ] {
        let path = folder.path().join(name);
        assert_eq!(export(&db, &path, more).await, Ok(found), "{name}");
        assert!(path.is_file(), "{name}");
    }
    let csv = std::fs::read_to_string(folder.path().join("box.csv")).unwrap();
    assert!(csv.starts_with("fid,code,") && csv.lines().count() == 4, "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_not_there_is_not_zero() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = serde_json::json!({"type": "Point", "coordinates": [107.69, 12.0]});
    let mut with = feature("a", &at);
    with["properties"]["diameter_mm"] = serde_json::json!(100);
    let file = geojson(folder.path(), &serde_json::json!([with, feature("b", &at)]));
    let report = run(&db, &request(&file, "hydrant", "")).await.unwrap();
    assert_eq!((report.imported, report.rejected_count), (2, 0), "{report:?}");
    let def = catalog.layer("hydrant").unwrap();
    let i = def.attributes.iter().position(|a| a.name == "diameter_mm").unwrap();
    let mut rows = db.store.load_layer(def).await.unwrap().1;
    rows.sort_by_key(|r| r.fid);
    assert_eq!(rows[1].values[i], Value::Null, "not there in the file, so not known");
    assert!(matches!(rows[0].values[i], Value::Int(100) | Value::Real(100.0)), "{:?}", rows[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_axes_are_told_and_not_moved() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    // A surveyor's X (north) first.
    let swapped = serde_json::json!({"type": "Point", "coordinates": [1_327_195.0, 411_600.0]});
    let file = geojson(folder.path(), &serde_json::json!([feature("h1", &swapped)]));
    let report =
        run(&db, &Request { crs: Some("EPSG:9218".into()), ..request(&file, "hydrant", "") }).await.unwrap();
    assert_eq!(report.imported, 1);
    assert!(report.warnings[0].en.contains("axes swapped"), "{:?}", report.warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_files_and_options_name_what_is_wrong() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let point = serde_json::json!({"type": "Point", "coordinates": [107.69, 12.0]});
    let good = geojson(folder.path(), &serde_json::json!([feature("h1", &point)]));
    let noise = folder.path().join("noise.gpkg");
    std::fs::write(&noise, [7u8; 4096]).unwrap();
    let table = folder.path().join("table.csv");
    std::fs::write(&table, "code,WKT\nx,POINT (1 2)\n").unwrap();
    let base = request(&good, "hydrant", "");
    let cases = [
        (Request { file: noise, ..base.clone() }, "noise.gpkg"),
        (Request { file: folder.path().join("none.shp"), ..base.clone() }, "no such file"),
        (Request { file: table, ..base.clone() }, "--crs"),
        (Request { layer: "nothing".into(), ..base.clone() }, "layer not found: nothing"),
        (Request { source_layer: Some("x".into()), ..base.clone() }, "it has: things"),
        (Request { crs: Some("EPSG:1".into()), ..base.clone() }, "unknown reference system"),
        (Request { crs: Some("/etc/passwd".into()), ..base.clone() }, "unknown reference system"),
        (Request { map: vec![("code".into(), "kode".into())], ..base.clone() }, "it has: CODE"),
        (Request { map: vec![("kode".into(), "CODE".into())], ..base.clone() }, "no attribute kode"),
        (Request { encoding: Some(Encoding::Tcvn3), ..base.clone() }, "--encoding"),
    ];
    for (request, message) in cases {
        let error = run(&db, &request).await.unwrap_err();
        assert!(!matches!(error, Error::Internal { .. } | Error::Database(_)), "{error:?}");
        assert!(error.to_string().contains(message), "{message}: {error}");
    }
    let catalog = db.store.catalog().await.unwrap();
    assert!(db.store.load_layer(catalog.layer("hydrant").unwrap()).await.unwrap().1.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_in_file_by_file_and_what_fails_stops_nothing() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let point = |x: f64| serde_json::json!({"type": "Point", "coordinates": [x, 12.0]});
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let good = geojson(folder.path(), &serde_json::json!([feature("h1", &point(107.69))]));
    std::fs::rename(&good, folder.path().join("a.geojson")).unwrap();
    std::fs::write(folder.path().join("b.gpkg"), [7u8; 4096]).unwrap();
    std::fs::write(folder.path().join("c.dwg"), b"AC1032").unwrap();
    std::fs::write(folder.path().join("notes.docx"), b"no data").unwrap();
    let last = geojson(&folder.path().join("sub"), &serde_json::json!([feature("h2", &point(107.7))]));
    let run = |extra: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dothi"));
        command.env("DATABASE_URL", &db.serve_url).env("DOTHI_HOME", home.path());
        command.arg("import").arg(folder.path()).args(["--layer", "hydrant", "--json"]).args(extra);
        command
    };
    let done = run(&[]).output().await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&done.stderr)));
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said} {told}");
    assert_eq!((&said["imported"], &said["failed"]), (&2.into(), &2.into()), "{said} {told}");
    let files = said["files"].as_array().unwrap();
    assert_eq!(files.len(), 4, "what is no data is not tried: {said}");
    assert!(files[2]["error"]["en"].as_str().unwrap().contains("save the drawing as DXF"), "{said}");
    assert_eq!(files[3]["file"], last.display().to_string());
    // Each file as the whole layer would leave the last one only.
    assert_eq!(run(&["--mode", "replace"]).output().await.unwrap().status.code(), Some(2));
}

/// Files of the test data (`DOTHI_TEST_DATA`).
mod with_test_data {
    use super::*;
    use crate::import_support::test_data as data;

    #[tokio::test]
    async fn a_file_is_looked_at_before_it_is_imported() {
        worker::use_executable(PathBuf::from(env!("CARGO_BIN_EXE_dothi")));
        let options = ReadOptions::for_layer(GeometryKind::Point);
        let seen = inspect(&data("encodings/daknong71_tcvn3_nocpg.shp"), &options).await.unwrap();
        assert_eq!((seen.driver.as_str(), seen.layers.len(), seen.rows.len()), ("ESRI Shapefile", 1, 10));
        assert_eq!((seen.encoding.name.as_str(), seen.encoding.source), ("tcvn3", Source::Detected));
        assert_eq!(seen.rows[0]["TEN"], "Phường Nghĩa Đức");
        let layer = &seen.layers[0];
        assert_eq!((layer.features, layer.crs.as_deref()), (Some(71), Some("EPSG:4326")));
        assert_eq!((layer.geometry.as_str(), layer.fields[1].kind.as_str()), ("Point", "String"));
        // Several layers: all are listed, and the rows are those of the one that was named.
        let edigeo = data("cadastre/fr_edigeo_25354_13029.gpkg");
        let named = ReadOptions { source_layer: Some("parcel".into()), ..options.clone() };
        let seen = inspect(&edigeo, &named).await.unwrap();
        assert!(seen.layers.len() > 1 && seen.layer.as_deref() == Some("parcel"), "{seen:?}");
        assert!(seen.rows[0].contains_key("IDU"));
        let drawing = inspect(&data("formats/daknong28_vn2000_lines.dxf"), &options).await.unwrap();
        assert_eq!(drawing.layers[0].crs, None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_28_communes_come_from_every_format_alike() {
        let db = database().await;
        let catalog = db.store.catalog().await.unwrap();
        let formats = [
            ("formats/daknong28_vn2000.shp", None),
            // These say WGS 84, by their maker's fault: the user states the system.
            ("formats/daknong28_vn2000_utf8.tab", Some("EPSG:9218")),
            ("formats/daknong28_vn2000_neutralcharset.tab", Some("EPSG:9218")),
        ];
        let mut before: Option<Report> = None;
        for (file, crs) in formats {
            let request = Request {
                crs: crs.map(str::to_owned),
                mode: Some(Mode::Replace),
                ..request(data(file), "plan_boundary", "name=TEN,code=CODE")
            };
            let report = run(&db, &request).await.unwrap();
            assert_eq!(
                (report.read, report.imported, report.rejected_count),
                (28, 28, 0),
                "{file}: {report:?}"
            );
            let names = texts(&db, &catalog, "plan_boundary", "name").await;
            assert!(names.contains(&"Phường Bắc Gia Nghĩa".to_owned()), "{file}: {names:?}");
            let mut sql = db.sql().await;
            let (area, x, y): (f64, f64, f64) = sqlx::query_as(
                "select ST_Area(geom), ST_X(ST_Centroid(geom)), ST_Y(ST_Centroid(geom)) from layer.plan_boundary
                 where code = '24611'",
            )
            .fetch_one(&mut sql)
            .await
            .unwrap();
            // 250.55 km² by the file's own attribute (true area on the ground; the zone's scale is 0.9999).
            assert!((area / 1e6 - 250.55).abs() < 2.0, "{file}: {area} m²");
            assert!(
                (390_000.0..430_000.0).contains(&x) && (1_310_000.0..1_350_000.0).contains(&y),
                "{file}: {x} {y}"
            );
            if let Some(before) = before {
                // The same items, known again by their codes.
                assert_eq!(
                    (before.imported, report.inserted, report.closed),
                    (28, 0, 0),
                    "{file}: {report:?}"
                );
            }
            before = Some(report);
        }

        let tab = request(data("formats/daknong28_vn2000_utf8.tab"), "plan_boundary", "name=TEN,code=CODE");
        let report = run(&db, &tab).await.unwrap();
        assert!(report.warnings[0].en.contains("225 m off"), "{:?}", report.warnings);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_drawing_needs_its_reference_system() {
        let db = database().await;
        let dxf = request(
            data("formats/daknong28_vn2000_lines.dxf"),
            "plan_boundary",
            "name=Layer,code=EntityHandle",
        );
        let error = run(&db, &dxf).await.unwrap_err();
        assert!(error.to_string().contains("--crs"), "{error}");
        let report = run(&db, &Request { crs: Some("EPSG:9218".into()), ..dxf }).await.unwrap();
        assert_eq!((report.read, report.imported), (28, 28), "{report:?}");
        assert_eq!(report.repairs.iter().filter(|r| r.reason.en.contains("closed line")).count(), 28);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn old_encodings_give_the_same_names() {
        let db = database().await;
        let catalog = db.store.catalog().await.unwrap();
        let cases = [
            ("encodings/daknong71_utf8_cpg.shp", None),
            ("encodings/daknong71_utf8_nocpg.shp", None),
            ("encodings/daknong71_tcvn3_nocpg.shp", Some(Encoding::Tcvn3)),
            ("encodings/daknong71_cp1258_cpg.shp", Some(Encoding::Cp1258)),
        ];
        let mut first: Option<Vec<String>> = None;
        for (file, encoding) in cases {
            let fields = super::fields(&data(file));
            let name =
                fields.iter().find(|f| f.to_uppercase().contains("TEN") || f.to_uppercase().contains("NAME"));
            let code =
                fields.iter().find(|f| f.to_uppercase().contains("CODE") || f.to_uppercase().contains("MA"));
            let map = format!("name={},code={}", name.expect("a name"), code.expect("a code"));
            let request =
                Request { encoding, mode: Some(Mode::Replace), ..request(data(file), "market", &map) };
            let report = run(&db, &request).await.unwrap();
            assert_eq!((report.read, report.rejected_count), (71, 0), "{file}: {report:?}");
            let names = texts(&db, &catalog, "market", "name").await;
            assert_eq!(names.len(), 71);
            assert!(names.iter().any(|n| n.contains("Đắk")), "{file}: {names:?}");
            match &first {
                None => first = Some(names),
                Some(first) => assert_eq!(&names, first, "{file}"),
            }
        }
        // Without a word on its encoding it is found.
        let silent = Request {
            mode: Some(Mode::Replace),
            ..request(data("encodings/daknong71_tcvn3_nocpg.shp"), "market", "name=TEN,code=CODE")
        };
        let report = run(&db, &silent).await.unwrap();
        assert_eq!((report.unchanged, report.source.encoding.name.as_str()), (71, "tcvn3"), "{report:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn french_parcels_come_from_lambert_93() {
        let db = database().await;
        let file = data("cadastre/fr_edigeo_25354_13029.gpkg");
        let map = "code=IDU,area_m2=SUPF";
        let several = run(&db, &request(&file, "parcel", map)).await.unwrap_err();
        assert!(several.to_string().contains("--source-layer") && several.to_string().contains("building"));
        let request = Request { source_layer: Some("parcel".into()), ..request(&file, "parcel", map) };
        let report = run(&db, &request).await.unwrap();
        assert_eq!(report.read, 900);
        assert_eq!(report.source.crs, "EPSG:2154");
        assert_eq!((report.imported, report.rejected_count), (900, 0), "{:?}", report.rejected);
        assert!(report.warnings[0].en.contains("outside the province"), "{:?}", report.warnings);
        let mut sql = db.sql().await;
        let (x, y, area): (f64, f64, f64) = sqlx::query_as(
            "select ST_X(ST_Centroid(geom)), ST_Y(ST_Centroid(geom)), area_m2 from layer.parcel
             where code = '0290000A0215'",
        )
        .fetch_one(&mut sql)
        .await
        .unwrap();
        assert!((area - 21_947.0).abs() < 1e-6);
        // Where ST_Transform puts the centre of the file's own geometry, over the pole and back.
        let (lon, lat) = dothi::space::crs::to_crs84(x, y);
        assert!((lon - 5.056_776_9).abs() < 1e-5 && (lat - 43.572_863_9).abs() < 1e-5, "{lon} {lat}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn roads_and_addresses_of_openstreetmap() {
        let db = database().await;
        let roads =
            request(data("osm/dalat_lamdong_osm_roads_2026.geojson"), "road_centreline", "code=osm_id");
        let report = run(&db, &roads).await.unwrap();
        assert_eq!((report.read, report.imported, report.rejected_count), (2844, 2843, 1), "{report:?}");
        // One road runs against its line; the layer knows only yes and no.
        assert_eq!(report.rejected[0].reason.en, "oneway: -1: not a boolean");
        assert_eq!(levels(&db).await, [(-1, 2), (0, 2775), (1, 66)], "tunnels, streets, bridges");
        let file = data("osm/osm_montevideo_12-1409-2471.gpkg");
        let places = Request {
            source_layer: Some("address_point".into()),
            ..request(&file, "street_light", "code=osm_id")
        };
        let report = run(&db, &places).await.unwrap();
        assert_eq!(report.read, 52_470);
        assert_eq!(report.source.crs, "EPSG:3857");
        assert_eq!(report.imported + report.rejected_count, 52_470);
        assert!(report.imported > 50_000, "{} {:?}", report.imported, report.rejected.first());
        let monaco = Request {
            source_layer: Some("lines".into()),
            ..request(data("osm/monaco-latest.osm.pbf"), "road_centreline", "code=osm_id")
        };
        let report = run(&db, &monaco).await.unwrap();
        assert!(report.imported > 1000 && report.rejected_count == 0, "{report:?}");
        // Tags that this file has in one field.
        let levels = levels(&db).await;
        assert!(levels.contains(&(-4, 2)) && levels.contains(&(2, 7)), "{levels:?}");
    }

    /// How many roads lie at each level.
    async fn levels(db: &TestDb) -> Vec<(i64, usize)> {
        let catalog = db.store.catalog().await.unwrap();
        let def = catalog.layer("road_centreline").unwrap();
        let at = def.attributes.iter().position(|a| a.name == "level").unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for row in db.store.load_layer(def).await.unwrap().1 {
            let Value::Int(level) = row.values[at] else { panic!("{row:?}") };
            *counts.entry(level).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn odd_geometries_of_other_projects() {
        let db = database().await;
        let files = [
            "formats_peers/null-empty-geoms.gpkg",
            "formats_peers/3d-geoms.gpkg",
            "formats_peers/heterogeneous.fgb",
        ];
        for file in files {
            let request = Request { dry_run: true, ..request(data(file), "heritage", "code='x'") };
            // Whatever comes of it is a report or a reason, never a fault.
            match run(&db, &request).await {
                Ok(report) => {
                    assert_eq!(report.read, report.imported + report.rejected_count, "{file}: {report:?}");
                }
                Err(Error::InvalidParameter { .. } | Error::BadFile { .. }) => {}
                Err(other) => panic!("{file}: {other:?}"),
            }
        }
    }
}

/// Field names of a .dbf beside a shapefile.
fn fields(shp: &Path) -> Vec<String> {
    let dbf = std::fs::read(shp.with_extension("dbf")).unwrap();
    dbf[32..]
        .chunks(32)
        .take_while(|c| c[0] != 0x0d)
        .map(|c| String::from_utf8_lossy(&c[..11]).trim_end_matches('\0').to_owned())
        .collect()
}
