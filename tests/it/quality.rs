//! Quality rules: pair by pair the answers of PostGIS, kept as a layer of problems, asked for through the front door.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use dothi::access::Role;
use dothi::jobs::quality as runs;
use dothi::layers::{Catalog, QualityKind, QualityRule, Value};
use dothi::quality::{self, Control, Report, Request};
use dothi::store::Author;
use dothi::store::bulk::{Incoming, Mode};
use dothi::text::Text;
use rand::{Rng, SeedableRng};
use reqwest::StatusCode;
use serde_json::json;

use crate::front::{Server, point, square};
use crate::support::{TestDb, database};

/// Gia Nghĩa, EPSG:9218.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);

fn ring(vertices: &[(f64, f64)]) -> Vec<u8> {
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0];
    wkb.extend_from_slice(&(vertices.len() as u32 + 1).to_le_bytes());
    for (x, y) in vertices.iter().chain(vertices.first()) {
        let grid = |v: f64| (v * 10_000.0).round() / 10_000.0;
        wkb.extend_from_slice(&grid(*x).to_le_bytes());
        wkb.extend_from_slice(&grid(*y).to_le_bytes());
    }
    wkb
}

/// The catalog with these rules, and no others, for `layer`.
fn with_rules(catalog: &Catalog, layer: &str, rules: Vec<QualityRule>) -> Catalog {
    let mut catalog = catalog.clone();
    let mut def = catalog.layer(layer).unwrap().as_ref().clone();
    def.quality = rules;
    catalog.layers.insert(layer.to_owned(), Arc::new(def));
    catalog
}

fn rule(id: &str, kind: QualityKind) -> QualityRule {
    QualityRule::new(id, kind, Text::new(id, id))
}

async fn ask(db: &TestDb, layer: &str, rules: Vec<QualityRule>) -> Report {
    let (snapshot, catalog) =
        runs::load(&db.store, &[layer.to_owned(), "admin_commune".to_owned()]).await.unwrap();
    let catalog = with_rules(&catalog, layer, rules);
    let today = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
    let request = Request { snapshot: &snapshot, catalog: &catalog, layer, today, list_limit: usize::MAX };
    quality::run(&request, &Control::default()).unwrap()
}

/// What PostGIS says of every pair: the plain self-join.
async fn overlaps_by_postgis(db: &TestDb) -> BTreeMap<(i64, i64), f64> {
    let pairs: Vec<(i64, i64, f64)> = sqlx::query_as(
        "select a.fid, b.fid, ST_Area(ST_Intersection(a.geom, b.geom)) from layer.parcel a
         join layer.parcel b on a.fid < b.fid and ST_Relate(a.geom, b.geom, 'T********')",
    )
    .fetch_all(&mut db.sql().await)
    .await
    .unwrap();
    pairs.into_iter().map(|(a, b, area)| ((a, b), area)).collect()
}

/// The overlaps of the layer `parcel` without tolerance, pair by pair and square metre by square metre.
async fn agrees_with_postgis(db: &TestDb) -> usize {
    let report = ask(db, "parcel", vec![rule("no_overlap", QualityKind::NoOverlap)]).await;
    let found = &report.rules[0];
    assert_eq!(found.count, found.problems.len() as u64);
    let ours: BTreeMap<(i64, i64), f64> = found
        .problems
        .iter()
        .map(|p| ((p.item.unwrap(), p.other.as_ref().unwrap().1), p.measured.unwrap()))
        .collect();
    let theirs = overlaps_by_postgis(db).await;
    // Interiors that meet in less than a square millimetre: either overlay may round that to nothing.
    let worth = |pairs: &BTreeMap<(i64, i64), f64>| -> Vec<(i64, i64)> {
        pairs.iter().filter(|(_, area)| **area > 1e-6).map(|(pair, _)| *pair).collect()
    };
    assert_eq!(worth(&ours), worth(&theirs));
    for (pair, area) in &ours {
        let other = theirs.get(pair).copied().unwrap_or(0.0);
        assert!((area - other).abs() < 1e-4 + 1e-7 * other, "{pair:?}: {area} and {other}");
    }
    worth(&theirs).len()
}

/// Parcels on a jittered grid: neighbours share borders, corners or parts of borders; some overlap, some lie inside
/// others, some have holes in which others lie.
fn random_parcels(seed: u64) -> Vec<Vec<u8>> {
    let mut dice = rand::rngs::StdRng::seed_from_u64(seed);
    let corner = |i: i32, j: i32| {
        let mix = (i * 7919 + j * 104_729 + seed as i32).rem_euclid(997);
        let off = |m: i32| f64::from((mix * m).rem_euclid(401)) / 100.0 - 2.0;
        (AT.0 + f64::from(i) * 20.0 + off(13), AT.1 + f64::from(j) * 20.0 + off(29))
    };
    let mut all = Vec::new();
    for i in 0..14 {
        for j in 0..14 {
            let mut quad = vec![corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)];
            if dice.random_bool(0.3) {
                // A vertex of one side only: the other has a straight edge there.
                let (p, q) = (quad[0], quad[1]);
                quad.insert(1, (f64::midpoint(p.0, q.0), f64::midpoint(p.1, q.1)));
            }
            if dice.random_bool(0.15) {
                let k = dice.random_range(0..quad.len());
                quad[k].0 += dice.random_range(-3.0..3.0);
                quad[k].1 += dice.random_range(-3.0..3.0);
            }
            all.push(ring(&quad));
            if dice.random_bool(0.05) {
                all.push(ring(&quad));
            }
            if dice.random_bool(0.1) {
                let (x, y) =
                    (quad[0].0 + dice.random_range(2.0..8.0), quad[0].1 + dice.random_range(2.0..8.0));
                all.push(square(x, y, dice.random_range(0.05..15.0)));
            }
        }
    }
    all
}

async fn load(db: &TestDb, layer: &str, shapes: Vec<Vec<u8>>) {
    let catalog = db.store.catalog().await.unwrap();
    let def = catalog.layer(layer).unwrap().clone();
    let rows: Vec<Incoming> = shapes
        .into_iter()
        .enumerate()
        .map(|(n, wkb)| {
            let value = |name: &str| match name {
                "code" | "lot_code" => Value::Text(format!("c{n}")),
                "name" => Value::Text(format!("n{n}")),
                "valid_from" => Value::Date(NaiveDate::from_ymd_opt(2025, 7, 1).unwrap()),
                _ => Value::Null,
            };
            let values = def.attributes.iter().map(|a| value(&a.name)).collect();
            Incoming { place: n.to_string(), wkb, values }
        })
        .collect();
    let report = db
        .store
        .load_rows(&catalog, layer, rows, Mode::Append, &Author::program("test", "rows"))
        .await
        .unwrap();
    assert_eq!(report.rejected, 0, "{:?}", report.rejections);
}

#[tokio::test(flavor = "multi_thread")]
async fn overlaps_of_random_parcels_are_those_of_postgis() {
    let db = database().await;
    let mut shapes = Vec::new();
    for (n, seed) in (1..=6_u64).enumerate() {
        let moved = random_parcels(seed);
        // Each seed in a place of its own.
        shapes.extend(moved.into_iter().map(|wkb| shift(wkb, 400.0 * n as f64)));
    }
    load(&db, "parcel", shapes).await;
    assert!(agrees_with_postgis(&db).await > 300);
}

/// The polygon further east.
fn shift(mut wkb: Vec<u8>, by: f64) -> Vec<u8> {
    for at in (13..wkb.len()).step_by(16) {
        let x = f64::from_le_bytes(wkb[at..at + 8].try_into().unwrap());
        wkb[at..at + 8].copy_from_slice(&(x + by).to_le_bytes());
    }
    wkb
}

#[tokio::test(flavor = "multi_thread")]
async fn cover_gaps_and_snapping_find_what_is_there() {
    let db = database().await;
    let (x, y) = AT;
    load(
        &db,
        "parcel",
        vec![
            // Around a hole of 10 by 10; the eighth parcel stands 1 cm off its neighbour.
            square(x, y, 10.0),
            square(x + 10.0, y, 10.0),
            square(x + 20.0, y, 10.0),
            square(x, y + 10.0, 10.0),
            square(x + 20.0, y + 10.0, 10.0),
            square(x, y + 20.0, 10.0),
            square(x + 10.0, y + 20.0, 10.0),
            square(x + 20.0, y + 20.0, 10.0),
            square(x + 30.01, y, 10.0),
            // Half outside of the commune, and wholly.
            square(x + 95.0, y + 50.0, 10.0),
            square(x + 300.0, y, 10.0),
        ],
    )
    .await;
    load(&db, "admin_commune", vec![square(x - 50.0, y - 50.0, 150.0)]).await;
    let rules = vec![
        QualityRule { gap_max_m2: Some(500.0), ..rule("gaps", QualityKind::NoGaps) },
        QualityRule { gap_max_m2: Some(50.0), ..rule("small_gaps", QualityKind::NoGaps) },
        QualityRule {
            layer: Some("admin_commune".into()),
            tolerance_m2: Some(1.0),
            ..rule("within", QualityKind::CoveredBy)
        },
        QualityRule { tolerance_m: Some(0.02), ..rule("snap", QualityKind::Snap) },
        QualityRule { attributes: vec!["commune_code".into()], ..rule("unique", QualityKind::Unique) },
        QualityRule { attributes: vec!["land_use".into()], ..rule("needed", QualityKind::Required) },
    ];
    let report = ask(&db, "parcel", rules).await;
    let of = |id: &str| report.rules.iter().find(|r| r.rule.id == id).unwrap();
    let gap = &of("gaps").problems[0];
    assert_eq!((of("gaps").count, of("small_gaps").count), (1, 0));
    assert!(
        (gap.measured.unwrap() - 100.0).abs() < 1e-6 && gap.message.vi.starts_with("Khoảng hở"),
        "{gap:?}"
    );
    assert!((gap.point.unwrap().x() - x - 15.0).abs() < 5.0);
    let outside: Vec<f64> = of("within").problems.iter().map(|p| p.measured.unwrap()).collect();
    assert_eq!(outside.len(), 2);
    assert!((outside[0] - 100.0).abs() < 1e-6 && (outside[1] - 50.0).abs() < 1e-6, "{outside:?}");
    let snap = of("snap");
    // The side of one neighbour and the corner of another.
    let apart: Vec<(i64, f64)> =
        snap.problems.iter().map(|p| (p.item.unwrap(), p.measured.unwrap())).collect();
    assert_eq!(apart.iter().map(|(fid, _)| *fid).collect::<Vec<_>>(), [3, 5], "{snap:?}");
    assert!(apart.iter().all(|(_, m)| (m - 0.01).abs() < 1e-9));
    assert_eq!(of("unique").count, 0, "nothing is not twice the same");
    assert_eq!(of("needed").count, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_points_and_an_empty_cover() {
    let db = database().await;
    let (x, y) = AT;
    load(&db, "hospital_clinic", vec![point(x, y), point(x + 500.0, y), point(x + 100.5, y)]).await;
    let within = || {
        vec![QualityRule {
            layer: Some("admin_commune".into()),
            tolerance_m: Some(1.0),
            ..rule("within", QualityKind::CoveredBy)
        }]
    };
    let report = ask(&db, "hospital_clinic", within()).await;
    assert!(report.rules[0].not_run.as_ref().unwrap().en.contains("no items yet"));
    load(&db, "admin_commune", vec![square(x - 50.0, y - 50.0, 150.0)]).await;
    let report = ask(&db, "hospital_clinic", within()).await;
    assert_eq!(report.rules[0].count, 1, "one is outside, one within the tolerance: {report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_what_stays_and_closes_what_is_gone() {
    let server = Server::start().await;
    let (x, y) = AT;
    let parcel =
        |code: &str| [("code", Value::Text(code.to_owned())), ("holder", Value::Text("Trần Thị Kín".into()))];
    server.insert("parcel", square(x, y, 10.0), &parcel("a")).await;
    server.insert("parcel", square(x + 9.0, y, 10.0), &parcel("b")).await;
    server.insert("parcel", square(x + 18.0, y, 10.0), &parcel("c")).await;

    let public = server.get("/api/v1/layers/parcel/quality").await;
    assert_eq!(public.status(), StatusCode::OK);
    assert!(public.json::<serde_json::Value>().await.unwrap()["finished_at"].is_null());
    let run = async || {
        let state = &server.state;
        let (snapshot, catalog) = (state.features.snapshot(), state.catalog.load_full());
        let done = runs::run(&state.store, snapshot, catalog, "parcel", None, Arc::new(Control::default()))
            .await
            .unwrap();
        if let Some(position) = done.position {
            state.feed.catch_up(position).await.unwrap();
        }
        done
    };
    let problems = async || -> Vec<(i64, String)> {
        let def = server.layer("quality_problem");
        let rows = server.state.store.load_layer(&def).await.unwrap().1;
        let at = |name: &str| def.attributes.iter().position(|a| a.name == name).unwrap();
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|r| r.values[at("kind")] == Value::Text("no_overlap".into()))
            .map(|r| match &r.values[at("message_en")] {
                Value::Text(t) => (r.fid, t.clone()),
                _ => unreachable!(),
            })
            .collect();
        rows.sort();
        rows
    };
    let first = run().await;
    assert_eq!(first.errors, 2, "{first:?}");
    let listed = problems().await;
    assert_eq!(listed.len(), 2);
    assert!(
        listed.iter().all(|(_, t)| t.contains("overlaps") && t.contains("10.00 m²") && !t.contains("Kín")),
        "{listed:?}"
    );
    assert_eq!(run().await.position, None, "the same as before leaves the feed alone");
    assert_eq!(problems().await, listed);

    // Another overlap: the old ones stay what they are.
    server.insert("parcel", square(x + 27.0, y, 10.0), &parcel("d")).await;
    let third = run().await;
    assert_eq!(third.errors, 3);
    let now = problems().await;
    assert!(listed.iter().all(|p| now.contains(p)) && now.len() == 3, "{listed:?} {now:?}");
    let told = server.json("/api/v1/layers/parcel/quality").await;
    assert_eq!((told["errors"].as_i64(), told["stale"].as_bool()), (Some(3), Some(false)));
    server.insert("parcel", square(x + 90.0, y, 10.0), &parcel("e")).await;
    assert_eq!(server.json("/api/v1/layers/parcel/quality").await["stale"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_start_runs_and_read_problems() {
    let server = Server::start().await;
    let (x, y) = AT;
    for (code, dx) in [("a", 0.0), ("b", 9.0)] {
        server.insert("parcel", square(x + dx, y, 10.0), &[("code", Value::Text(code.to_owned()))]).await;
    }
    let post = async |token: Option<&str>, layer: &str| {
        let request = server.client.post(format!("{}/api/v1/layers/{layer}/quality", server.base));
        token.map_or(request.try_clone().unwrap(), |t| request.bearer_auth(t)).send().await.unwrap()
    };
    assert_eq!(post(None, "parcel").await.status(), StatusCode::UNAUTHORIZED);
    let citizen = server.sign_in("citizen", Role::Applicant).await;
    assert_eq!(post(Some(&citizen), "parcel").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(post(Some(&citizen), "drain").await.status(), StatusCode::NOT_FOUND, "an internal layer");
    let admin = server.sign_in("chief", Role::Admin).await;
    let accepted = post(Some(&admin), "parcel").await;
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    let job = accepted.json::<serde_json::Value>().await.unwrap()["job"].clone();
    // Asked again while it waits: the same job, or the next one where it is at work already.
    assert_eq!(post(Some(&admin), "parcel").await.status(), StatusCode::ACCEPTED);
    let lease = server.state.store.lease_job(&[runs::QUALITY_JOB], 60.0).await.unwrap();
    if let Some(lease) = lease {
        let result = runs::run_job(&server.state, &lease).await.unwrap();
        server.state.store.finish_job(&lease, &result).await.unwrap();
    }
    let get = async |token: Option<&str>, path: &str| {
        let request = server
            .client
            .get(format!("{}{path}", server.base))
            .header("accept", "text/html,application/json;q=0.9")
            .header("cookie", "dothi_lang=en");
        let request = token.map_or(request.try_clone().unwrap(), |t| request.bearer_auth(t));
        let response = request.send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    for _ in 0..100 {
        let answer = server.json("/api/v1/layers/parcel/quality").await;
        if !answer["finished_at"].is_null() && answer["running"].is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = server.json("/api/v1/layers/parcel/quality").await;
    assert_eq!(told["errors"], json!(1), "{told} {job}");
    let (status, page) = get(Some(&admin), "/quality/parcel?rule=no_overlap").await;
    assert!(status == StatusCode::OK && page.contains("overlaps") && page.contains("10.00 m²"), "{page}");
    let (_, page) = get(None, "/quality/parcel").await;
    assert!(!page.contains("overlaps b") && page.contains("for officers who are signed in"), "{page}");
    let (status, page) = get(None, "/quality").await;
    assert!(
        status == StatusCode::OK && page.contains("/quality/parcel") && !page.contains("/quality/drain"),
        "{page}"
    );
    assert!(!page.contains("Unknown localization"));
    // The public does not see the layer of problems.
    assert_eq!(server.get("/ogc/collections/quality_problem").await.status(), StatusCode::NOT_FOUND);
}

mod with_test_data {
    use super::*;
    use dothi::formats::mapping;
    use dothi::jobs::import::{Request, import};
    use dothi::jobs::worker;

    async fn cadastre(db: &TestDb, file: &str, source_layer: Option<&str>, map: &str) -> u64 {
        worker::use_executable(env!("CARGO_BIN_EXE_dothi").into());
        let catalog = db.store.catalog().await.unwrap();
        let request = Request {
            file: crate::import_support::test_data(file),
            layer: "parcel".to_owned(),
            source_layer: source_layer.map(str::to_owned),
            map: mapping::parse(map).unwrap(),
            crs: None,
            encoding: None,
            swap_axes: false,
            drawing: dothi::formats::Drawing::default(),
            units_as_of: None,
            mode: None,
            dry_run: false,
        };
        import(&db.store, &catalog, &request, &Author::program("test", "cadastre"), |_, _| {})
            .await
            .unwrap()
            .imported
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn overlaps_of_the_french_cadastre_are_those_of_postgis() {
        let db = database().await;
        let imported = cadastre(&db, "cadastre/fr_cadastre_75118_parcelles.geojson", None, "code=id").await;
        assert!(imported > 6_800, "{imported}");
        let overlaps = agrees_with_postgis(&db).await;
        eprintln!("{imported} parcels of Paris, {overlaps} overlaps");
        assert!(overlaps > 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn overlaps_of_the_edigeo_sheet_are_those_of_postgis() {
        let db = database().await;
        let map = "code=IDU,area_m2=SUPF";
        assert_eq!(cadastre(&db, "cadastre/fr_edigeo_25354_13029.gpkg", Some("parcel"), map).await, 900);
        agrees_with_postgis(&db).await;
    }
}
