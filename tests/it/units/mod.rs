//! Administrative units: items follow the communes that they lie in; former codes and names are understood.

mod queries;

use dothi::jobs::units::finish_waiting;
use dothi::layers::{Catalog, Value};
use dothi::store::Author;
use dothi::store::audit::Entry;
use dothi::store::bulk::{BulkReport, Incoming, Mode};
use dothi::store::items::{NewItem, Patch};
use geozero::{CoordDimensions, ToWkb};

use crate::front::point;
use crate::support::{TestDb, database};

/// South-west corner of the first commune of these tests, EPSG:9218.
const AT: (f64, f64) = (411_000.0, 1_327_000.0);

fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

/// A row of `layer`, the other attributes as small as they may be.
fn row(catalog: &Catalog, layer: &str, wkb: Vec<u8>, values: &[(&str, Value)]) -> Incoming {
    let def = catalog.layer(layer).unwrap();
    let value = |a: &dothi::layers::Attribute| {
        values.iter().find(|(n, _)| *n == a.name).map_or(Value::Null, |(_, v)| v.clone())
    };
    Incoming { place: "row".into(), wkb, values: def.attributes.iter().map(value).collect() }
}

fn author() -> Author {
    Author::program("test", "units")
}

async fn load(db: &TestDb, layer: &str, rows: Vec<Incoming>, mode: Mode) -> BulkReport {
    let catalog = db.store.catalog().await.unwrap();
    let report = db.store.load_rows(&catalog, layer, rows, mode, &author()).await.unwrap();
    assert_eq!(report.rejected, 0, "{layer}: {:?}", report.rejections);
    report
}

/// A rectangle from `AT`.
fn rectangle(x: f64, y: f64, width: f64, height: f64) -> geo::Polygon<f64> {
    geo::Rect::new((AT.0 + x, AT.1 + y), (AT.0 + x + width, AT.1 + y + height)).to_polygon()
}

fn wkb(geometry: impl Into<geo::Geometry<f64>>) -> Vec<u8> {
    geometry.into().to_wkb(CoordDimensions::xy()).unwrap()
}

/// Two communes side by side, 2 km wide together, with their border `border_m` from the west.
async fn communes(db: &TestDb, border_m: f64, approximate: bool) {
    let catalog = db.store.catalog().await.unwrap();
    let outline = |code: &str, x: f64, width: f64| {
        let values = [
            ("code", text(code)),
            ("valid_from", Value::Date("2025-07-01".parse().unwrap())),
            ("approximate", Value::Bool(approximate)),
        ];
        row(&catalog, "admin_commune", wkb(rectangle(x, 0.0, width, 1000.0)), &values)
    };
    let rows = vec![outline("24611", 0.0, border_m), outline("24615", border_m, 2000.0 - border_m)];
    load(db, "admin_commune", rows, Mode::Replace).await;
}

/// Codes of a layer's items with their communes.
async fn carried(db: &TestDb, layer: &str) -> Vec<(String, Option<String>)> {
    let mut sql = db.sql().await;
    sqlx::query_as(&format!("select code, commune_code from layer.{layer} order by code"))
        .fetch_all(&mut sql)
        .await
        .unwrap()
}

fn pairs(list: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    list.iter().map(|(code, unit)| ((*code).to_owned(), unit.map(str::to_owned))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn items_follow_the_communes_that_they_lie_in() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    communes(&db, 1000.0, false).await;
    let hydrant = |code: &str, x: f64, unit: Option<&str>| {
        let unit = unit.map_or(Value::Null, text);
        let values = [("code", text(code)), ("commune_code", unit)];
        row(&catalog, "hydrant", point(AT.0 + x, AT.1 + 500.0), &values)
    };
    let rows = vec![
        hydrant("a west", 100.0, None),
        hydrant("b middle", 700.0, None),
        hydrant("c east", 1500.0, None),
        hydrant("d nowhere", 9000.0, None),
        hydrant("e says east", 200.0, Some("24615")),
    ];
    let report = load(&db, "hydrant", rows, Mode::Upsert).await;
    assert_eq!((report.units.filled, report.units.contradicted), (3, 1));
    let filled = pairs(&[
        ("a west", Some("24611")),
        ("b middle", Some("24611")),
        ("c east", Some("24615")),
        ("d nowhere", None),
        ("e says east", Some("24615")),
    ]);
    assert_eq!(carried(&db, "hydrant").await, filled);

    // The larger share of a line and of an area decides.
    let line = |code: &str, from: f64, to: f64| {
        let line = geo::LineString::from(vec![(AT.0 + from, AT.1 + 10.0), (AT.0 + to, AT.1 + 10.0)]);
        row(&catalog, "drain", wkb(line), &[("code", text(code))])
    };
    load(&db, "drain", vec![line("l", 600.0, 1200.0), line("m", 900.0, 1500.0)], Mode::Upsert).await;
    assert_eq!(carried(&db, "drain").await, pairs(&[("l", Some("24611")), ("m", Some("24615"))]));
    let parcel = |code: &str, x: f64, width: f64| {
        row(&catalog, "parcel", wkb(rectangle(x, 10.0, width, 50.0)), &[("code", text(code))])
    };
    load(&db, "parcel", vec![parcel("p", 990.0, 100.0), parcel("q", 400.0, 20.0)], Mode::Upsert).await;
    assert_eq!(carried(&db, "parcel").await, pairs(&[("p", Some("24615")), ("q", Some("24611"))]));

    // An edit is followed in its own transaction.
    let def = catalog.layer("hydrant").unwrap();
    let mut sql = db.sql().await;
    let fid: i64 = sqlx::query_scalar("select fid from layer.hydrant where code = 'a west'")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    let author = author();
    let items = db.store.items(&catalog, def, &author);
    let there = Patch { wkb: Some(point(AT.0 + 1900.0, AT.1 + 10.0)), ..Patch::default() };
    items.patch(fid, there, None).await.unwrap();
    assert_eq!(carried(&db, "hydrant").await[0].1.as_deref(), Some("24615"));
    let back = Patch { wkb: Some(point(AT.0 + 100.0, AT.1 + 500.0)), ..Patch::default() };
    items.patch(fid, back, None).await.unwrap();

    // The border moves: everything finds its new commune, and only what changes is written.
    finish_waiting(&db.store).await.unwrap();
    assert_eq!(
        carried(&db, "hydrant").await[4].1.as_deref(),
        Some("24611"),
        "what the file said is corrected now"
    );
    communes(&db, 450.0, false).await;
    let waits = db.store.find_units_job().await.unwrap().expect("a job is asked for with the change");
    assert_eq!(waits.state, dothi::store::jobs::State::Queued);
    let before = db.store.position().await.unwrap();
    let done = finish_waiting(&db.store).await.unwrap().unwrap();
    assert_eq!(done, serde_json::json!({"items": 2, "layers": [["drain", 1], ["hydrant", 1]]}));
    assert_eq!(
        carried(&db, "hydrant").await,
        pairs(&[
            ("a west", Some("24611")),
            ("b middle", Some("24615")),
            ("c east", Some("24615")),
            ("d nowhere", None),
            ("e says east", Some("24611")),
        ])
    );
    assert_eq!(db.store.position().await.unwrap().revision, before.revision + 2);
    let old: Vec<(String, i64)> = sqlx::query_as(
        "select h.commune_code, h.rev_to - l.version from history.hydrant h join layer.hydrant l using (fid)
         where l.code = 'b middle'",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    assert_eq!(old, [("24611".to_owned(), 0)]);
    let changes = db.store.feed_after(before.revision, 10).await.unwrap();
    assert!(changes.iter().all(|c| c.layer == "hydrant" || c.layer == "drain"), "{changes:?}");
    assert_eq!(finish_waiting(&db.store).await.unwrap(), None, "nothing is left to do");
    let again = dothi::jobs::units::recompute(&db.store).await.unwrap();
    assert_eq!((again.items(), again.position), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sketch_fills_in_and_overrules_nothing() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let hydrant = |code: &str, unit: Value| {
        let values = [("code", text(code)), ("commune_code", unit)];
        row(&catalog, "hydrant", point(AT.0 + 100.0, AT.1 + 100.0), &values)
    };
    load(&db, "hydrant", vec![hydrant("a", text("24664")), hydrant("b", Value::Null)], Mode::Upsert).await;
    communes(&db, 1000.0, true).await;
    finish_waiting(&db.store).await.unwrap();
    assert_eq!(carried(&db, "hydrant").await, pairs(&[("a", Some("24664")), ("b", Some("24611"))]));
    let def = catalog.layer("hydrant").unwrap();
    let author = author();
    let new = hydrant("c", text("24664"));
    let new = NewItem { wkb: new.wkb, values: new.values };
    db.store.items(&catalog, def, &author).insert(new).await.unwrap();
    assert_eq!(carried(&db, "hydrant").await[2].1.as_deref(), Some("24664"));
    // Surveyed outlines do.
    communes(&db, 1000.0, false).await;
    finish_waiting(&db.store).await.unwrap();
    assert!(carried(&db, "hydrant").await.iter().all(|(_, unit)| unit.as_deref() == Some("24611")));
    // Without outlines items keep what they have.
    load(&db, "admin_commune", Vec::new(), Mode::Replace).await;
    finish_waiting(&db.store).await.unwrap();
    assert!(carried(&db, "hydrant").await.iter().all(|(_, unit)| unit.as_deref() == Some("24611")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_row_is_not_counted_among_those_that_got_their_commune() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    communes(&db, 1000.0, false).await;
    let hydrant =
        |code: &str, x: f64| row(&catalog, "hydrant", point(AT.0 + x, AT.1 + 100.0), &[("code", text(code))]);
    let rows = vec![hydrant("a", 100.0), hydrant("a", 200.0), hydrant("b", 300.0)];
    let report = db.store.load_rows(&catalog, "hydrant", rows, Mode::Upsert, &author()).await.unwrap();
    assert_eq!((report.inserted, report.rejected, report.units.filled), (2, 1, 2));
    let known = vec![hydrant("b", 400.0), hydrant("c", 500.0)];
    let report = db.store.load_rows(&catalog, "hydrant", known, Mode::Append, &author()).await.unwrap();
    assert_eq!((report.inserted, report.rejected, report.units.filled), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_began_is_followed() {
    let db = database().await;
    communes(&db, 1000.0, false).await;
    finish_waiting(&db.store).await.unwrap();
    db.store.follow_units().await.unwrap();
    assert_eq!(db.store.find_units_job().await.unwrap(), None, "the same units are in force");
    // As if the outlines had been cut on a day before one of them began.
    let mut sql = db.sql().await;
    sqlx::query("delete from dothi.unit_piece where unit_code = '24615'").execute(&mut sql).await.unwrap();
    db.store.follow_units().await.unwrap();
    assert!(db.store.find_units_job().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_import_of_communes_moves_the_items_back() {
    // Sketches overrule nothing, yet what was there before comes back with them too.
    for approximate in [false, true] {
        let db = database().await;
        let catalog = db.store.catalog().await.unwrap();
        communes(&db, 1000.0, approximate).await;
        let hydrant = |code: &str, x: f64| {
            row(&catalog, "hydrant", point(AT.0 + x, AT.1 + 500.0), &[("code", text(code))])
        };
        load(&db, "hydrant", vec![hydrant("a", 100.0), hydrant("b", 700.0)], Mode::Upsert).await;
        finish_waiting(&db.store).await.unwrap();
        let before = pairs(&[("a", Some("24611")), ("b", Some("24611"))]);
        assert_eq!(carried(&db, "hydrant").await, before);
        // The border moves west: b now lies in the other commune.
        communes(&db, 500.0, false).await;
        let import = db.store.position().await.unwrap().revision;
        finish_waiting(&db.store).await.unwrap();
        let moved = pairs(&[("a", Some("24611")), ("b", Some("24615"))]);
        assert_eq!(carried(&db, "hydrant").await, moved);
        let report = db.store.undo(&catalog, import, &author(), Entry::default(), false).await.unwrap();
        assert_eq!((report.restored, report.conflicting), (2, 0));
        finish_waiting(&db.store).await.unwrap();
        assert_eq!(carried(&db, "hydrant").await, before, "approximate: {approximate}");
        // And the undo of the undo brings the new border and its items.
        let undo = report.position.unwrap().revision;
        db.store.undo(&catalog, undo, &author(), Entry::default(), false).await.unwrap();
        finish_waiting(&db.store).await.unwrap();
        assert_eq!(carried(&db, "hydrant").await, moved, "approximate: {approximate}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_an_undo_brings_back_carry_the_unit_of_today() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    communes(&db, 1000.0, false).await;
    let values = [("code", text("b"))];
    load(
        &db,
        "hydrant",
        vec![row(&catalog, "hydrant", point(AT.0 + 700.0, AT.1 + 500.0), &values)],
        Mode::Upsert,
    )
    .await;
    finish_waiting(&db.store).await.unwrap();
    let def = catalog.layer("hydrant").unwrap();
    let fid = db.store.load_layer(def).await.unwrap().1[0].fid;
    let by = author();
    let removed = db.store.items(&catalog, def, &by).delete(fid, None).await.unwrap();
    communes(&db, 500.0, false).await;
    finish_waiting(&db.store).await.unwrap();
    let report = db.store.undo(&catalog, removed.version, &by, Entry::default(), false).await.unwrap();
    assert_eq!(report.reinserted, 1);
    assert_eq!(
        carried(&db, "hydrant").await,
        pairs(&[("b", Some("24611"))]),
        "as it was when it was removed"
    );
    finish_waiting(&db.store).await.unwrap();
    assert_eq!(carried(&db, "hydrant").await, pairs(&[("b", Some("24615"))]));
}

/// On the real outlines.
mod with_test_data {
    use std::path::PathBuf;

    use dothi::formats::{Encoding, mapping};
    use dothi::jobs::import::{Report, Request, import};
    use dothi::jobs::worker;
    use dothi::layers::GeometryKind;

    use super::*;
    use crate::support::sample_database;

    fn request(path: &str, layer: &str, map: &str, encoding: Option<Encoding>) -> Request {
        let folder =
            std::env::var_os("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the folder of the test data");
        let file = PathBuf::from(folder).join("data").join(path);
        assert!(file.exists(), "{} is missing", file.display());
        Request {
            file,
            layer: layer.to_owned(),
            source_layer: None,
            crs: None,
            encoding,
            swap_axes: false,
            drawing: dothi::formats::Drawing::default(),
            map: mapping::parse(map).unwrap(),
            units_as_of: None,
            mode: Some(Mode::Replace),
            dry_run: false,
        }
    }

    async fn run(db: &TestDb, request: &Request) -> Report {
        worker::use_executable(PathBuf::from(env!("CARGO_BIN_EXE_dothi")));
        let catalog = db.store.catalog().await.unwrap();
        import(&db.store, &catalog, request, &author(), |_, _| {}).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_28_real_communes_replace_the_approximate_ones_and_every_item_finds_its_unit() {
        let db = sample_database().await;
        let catalog = db.store.catalog().await.unwrap();
        for (layer, items) in dothi::sample::province::generate(dothi::sample::province::SEED).into_layers() {
            if ["hospital_clinic", "landuse_current", "irrigation", "lake"].contains(&layer) {
                let def = catalog.layer(layer).unwrap();
                let rows = items.iter().map(|i| i.to_row(def).unwrap());
                let rows = rows.map(|r| Incoming { place: "sample".into(), wkb: r.wkb, values: r.values });
                load(&db, layer, rows.collect(), Mode::Upsert).await;
            }
        }
        finish_waiting(&db.store).await.unwrap();
        let before = db.store.position().await.unwrap();
        let file = "admin/lamdong_2025_communes_daknong28_full.geojson";
        // Nothing is to be mapped: the layer file knows the usual names.
        let report = run(&db, &request(file, "admin_commune", "", None)).await;
        assert_eq!(
            (report.read, report.imported, report.updated, report.inserted, report.closed),
            (28, 28, 28, 0, 0),
            "{report:?}"
        );
        let mut sql = db.sql().await;
        let (names, sketches): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where name in ('Phường Bắc Gia Nghĩa', 'Xã Đức Lập') and kind in ('phuong', 'xa')
                 and valid_from = '2025-07-01' and area_km2 > 0),
             count(*) filter (where approximate) from layer.admin_commune",
        )
        .fetch_one(&mut sql)
        .await
        .unwrap();
        assert_eq!((names, sketches), (2, 0));
        let done = finish_waiting(&db.store).await.unwrap().unwrap();
        assert!(done["items"].as_u64().unwrap() > 0, "sketched borders were not the real ones: {done}");
        let mut items = 0;
        for def in catalog.layers.values().filter(|d| d.unit_attribute.is_some()) {
            let measure = match def.geometry {
                GeometryKind::Point | GeometryKind::MultiPoint => "ST_NumGeometries(l.geom)",
                GeometryKind::LineString | GeometryKind::MultiLineString => {
                    "ST_Length(ST_Intersection(c.geom, l.geom))"
                }
                GeometryKind::Polygon | GeometryKind::MultiPolygon => {
                    "ST_Area(ST_Intersection(c.geom, l.geom))"
                }
            };
            let (inside, wrong): (i64, i64) = sqlx::query_as(&format!(
                "select count(*), count(*) filter (where l.commune_code is distinct from best.code)
                 from layer.{} l cross join lateral (select c.code from layer.admin_commune c
                     where ST_Intersects(c.geom, l.geom) order by {measure} desc, c.code limit 1) best",
                def.id
            ))
            .fetch_one(&mut sql)
            .await
            .unwrap();
            assert_eq!(wrong, 0, "{}: of {inside}", def.id);
            items += inside;
        }
        assert!(items > 1000, "{items}");
        let kept: i64 = sqlx::query_scalar("select count(*) from history.admin_commune where rev_to > $1")
            .bind(before.revision)
            .fetch_one(&mut sql)
            .await
            .unwrap();
        assert_eq!(kept, 28, "the sketches are in history");
        // Every commune that an item carries is an authority that permits can go to.
        let strangers: i64 = sqlx::query_scalar(
            "select count(*) from layer.parcel p where not exists (select from permit.authority a where a.code = p.commune_code)",
        )
        .fetch_one(&mut sql)
        .await
        .unwrap();
        assert_eq!(strangers, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_71_former_communes_come_in_as_todays() {
        let db = database().await;
        // Their codes, from a file of before the reform.
        let file = "encodings/daknong71_utf8_cpg.shp";
        let codes = Request {
            units_as_of: "2024-12-31".parse().ok(),
            ..request(file, "market", "code=CODE,name=TEN,commune_code=CODE", None)
        };
        let report = run(&db, &codes).await;
        assert_eq!((report.read, report.rejected_count), (71, 0), "{report:?}");
        assert!(report.units.from_codes >= 43, "{:?}", report.units);
        let by_code = carried(&db, "market").await;
        let folder = std::env::var("DOTHI_TEST_DATA").unwrap();
        let merges =
            std::fs::read_to_string(format!("{folder}/data/admin/daknong_commune_merges_2025.csv")).unwrap();
        for line in merges.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let found = by_code.iter().find(|(code, _)| code == cells[0]).unwrap();
            assert_eq!(found.1.as_deref(), Some(cells[4]), "{line}");
        }
        // Their names, in an old encoding.
        let file = "encodings/daknong71_tcvn3_nocpg.shp";
        let names = Request {
            units_as_of: "2024-12-31".parse().ok(),
            ..request(file, "market", "code=CODE,name=TEN,commune_code=TEN", Some(Encoding::Tcvn3))
        };
        let report = run(&db, &names).await;
        // There were four communes of the name Tân Thành in what is now one province: not chosen silently.
        assert_eq!((report.imported, report.units.from_names), (70, 70), "{:?}", report.rejected);
        assert!(
            report.rejected[0].reason.vi.contains("có nhiều cách hiểu: xã Tân Thành"),
            "{:?}",
            report.rejected
        );
        let but_one: Vec<_> = by_code.into_iter().filter(|(code, _)| code != "24699").collect();
        assert_eq!(carried(&db, "market").await, but_one);
    }
}
