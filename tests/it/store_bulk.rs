//! Many items at once: replace, append, upsert; what survives, what is told, what a crash leaves.

use dothi::layers::{Catalog, Value};
use dothi::store::bulk::{BulkReport, Incoming, Mode};
use dothi::store::feed::Changed;
use dothi::store::{Author, Position};
use geozero::{CoordDimensions, ToWkb};

use crate::store_feed::coded;
use crate::support::{TestDb, database};

/// A square parcel of 10 m, its south-west corner at `x`.
pub fn parcel(catalog: &Catalog, code: &str, x: f64) -> Incoming {
    let ring: geo::LineString<f64> = [(0., 0.), (10., 0.), (10., 10.), (0., 10.), (0., 0.)]
        .map(|(dx, dy)| (411_600.0 + x + dx, 1_327_195.0 + dy))
        .to_vec()
        .into();
    let wkb = geo::Geometry::Polygon(geo::Polygon::new(ring, vec![])).to_wkb(CoordDimensions::xy()).unwrap();
    Incoming { place: format!("row {code}"), wkb, values: coded(catalog, "parcel", code) }
}

async fn load(db: &TestDb, catalog: &Catalog, rows: Vec<Incoming>, mode: Mode) -> BulkReport {
    db.store.load_rows(catalog, "parcel", rows, mode, &Author::program("test", "bulk")).await.unwrap()
}

pub async fn fids(db: &TestDb, catalog: &Catalog) -> Vec<(String, i64, i64)> {
    let def = catalog.layer("parcel").unwrap();
    let mut rows: Vec<_> = db
        .store
        .load_layer(def)
        .await
        .unwrap()
        .1
        .into_iter()
        .map(|r| match &r.values[0] {
            Value::Text(code) => (code.clone(), r.fid, r.version),
            other => panic!("{other:?}"),
        })
        .collect();
    rows.sort();
    rows
}

fn counts(r: &BulkReport) -> [u64; 6] {
    [r.read, r.inserted, r.updated, r.unchanged, r.closed, r.rejected]
}

#[tokio::test(flavor = "multi_thread")]
async fn replace_keeps_ids_and_touches_only_what_changed() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let first =
        load(&db, &catalog, ["A", "B", "C"].map(|c| parcel(&catalog, c, 0.0)).to_vec(), Mode::Replace).await;
    assert_eq!(counts(&first), [3, 3, 0, 0, 0, 0]);
    let before = fids(&db, &catalog).await;

    // A as it was, B moved, C gone, D new.
    let rows = vec![parcel(&catalog, "A", 0.0), parcel(&catalog, "B", 5.0), parcel(&catalog, "D", 0.0)];
    let dry = {
        let mut bulk = db.store.bulk(&catalog, "parcel").await.unwrap();
        for row in rows.clone() {
            bulk.push(row).await.unwrap();
        }
        bulk.merge(Mode::Replace, &Author::default(), true).await.unwrap()
    };
    assert_eq!(counts(&dry), [3, 1, 1, 1, 1, 0]);
    assert_eq!(dry.position, None);
    assert_eq!(fids(&db, &catalog).await, before);

    let second = load(&db, &catalog, rows.clone(), Mode::Replace).await;
    assert_eq!(counts(&second), [3, 1, 1, 1, 1, 0]);
    let Position { revision, .. } = second.position.unwrap();
    let after = fids(&db, &catalog).await;
    assert_eq!(after[0], before[0], "A is untouched");
    assert_eq!(after[1], ("B".to_owned(), before[1].1, revision));
    assert_eq!(after[2].0, "D");
    assert!(after[2].1 > before[2].1, "an id is never given twice");
    let change = db.store.feed_after(revision - 1, 10).await.unwrap().pop().unwrap();
    let mut changed = vec![before[1].1, before[2].1, after[2].1];
    changed.sort_unstable();
    assert_eq!(change.what, Changed::Items(changed));

    let again = load(&db, &catalog, rows, Mode::Replace).await;
    assert_eq!(counts(&again), [3, 0, 0, 3, 0, 0]);
    assert_eq!(again.position, None, "nothing changed, so no revision");
    let mut sql = db.sql().await;
    let history: Vec<(String, i64)> = sqlx::query_as("select code, rev_to from history.parcel order by code")
        .fetch_all(&mut sql)
        .await
        .unwrap();
    assert_eq!(history, [("B".to_owned(), revision), ("C".to_owned(), revision)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn append_and_upsert_meet_known_keys() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    load(&db, &catalog, vec![parcel(&catalog, "A", 0.0)], Mode::Append).await;
    let rows = vec![parcel(&catalog, "A", 5.0), parcel(&catalog, "B", 0.0), parcel(&catalog, "B", 1.0)];
    let appended = load(&db, &catalog, rows.clone(), Mode::Append).await;
    assert_eq!(counts(&appended), [3, 1, 0, 0, 0, 2]);
    let reasons: Vec<(&str, &str)> =
        appended.rejections.iter().map(|r| (r.place.as_str(), r.reason.en.as_str())).collect();
    assert_eq!(
        reasons,
        [
            ("row B", "the key (code) stands in an earlier row of the file"),
            ("row A", "the layer has an item with this key (code)")
        ]
    );
    let upserted = load(&db, &catalog, rows, Mode::Upsert).await;
    assert_eq!(counts(&upserted), [3, 0, 1, 1, 0, 1]);
    assert_eq!(fids(&db, &catalog).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_geometries_are_mended_or_named() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let shape = |code: &str, points: &[(f64, f64)]| {
        let ring: geo::LineString<f64> =
            points.iter().map(|(x, y)| (411_600.0 + x, 1_327_195.0 + y)).collect();
        let wkb =
            geo::Geometry::Polygon(geo::Polygon::new(ring, vec![])).to_wkb(CoordDimensions::xy()).unwrap();
        Incoming { place: format!("row {code}"), wkb, values: coded(&catalog, "parcel", code) }
    };
    let rows = vec![
        // A spike out and back: mended.
        shape("spike", &[(0., 0.), (10., 0.), (10., 10.), (10., 20.), (10., 10.), (0., 10.), (0., 0.)]),
        // A bow tie falls into two parts: no polygon.
        shape("bow", &[(0., 0.), (10., 10.), (10., 0.), (0., 10.), (0., 0.)]),
        shape("speck", &[(0., 0.), (0.000_01, 0.), (0., 0.000_01), (0., 0.)]),
        shape("good", &[(0., 0.), (10., 0.), (10., 10.), (0., 0.)]),
    ];
    let report = load(&db, &catalog, rows, Mode::Append).await;
    assert_eq!(counts(&report), [4, 2, 0, 0, 0, 2]);
    assert_eq!(report.repaired, 1);
    assert_eq!(report.repairs[0].place, "row spike");
    let mut rejected: Vec<&str> = report.rejections.iter().map(|r| r.place.as_str()).collect();
    rejected.sort_unstable();
    assert_eq!(rejected, ["row bow", "row speck"]);
    let bow = report.rejections.iter().find(|r| r.place == "row bow").unwrap();
    assert!(bow.reason.en.contains("E 411605.000, N 1327200.000"), "{}", bow.reason.en);
    let mut sql = db.sql().await;
    let valid: bool = sqlx::query_scalar("select bool_and(ST_IsValid(geom)) from layer.parcel")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    assert!(valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_leaves_the_old_layer() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    load(&db, &catalog, vec![parcel(&catalog, "A", 0.0)], Mode::Append).await;
    let before = (db.store.position().await.unwrap(), fids(&db, &catalog).await);
    // Dies before the merge, with rows on their way: nobody ever sees them.
    let mut bulk = db.store.bulk(&catalog, "parcel").await.unwrap();
    for n in 0..5_000 {
        bulk.push(parcel(&catalog, &format!("N{n}"), f64::from(n))).await.unwrap();
    }
    drop(bulk);
    assert_eq!((db.store.position().await.unwrap(), fids(&db, &catalog).await), before);

    // Dies in the merge: the server ends its connection while it waits for the layer.
    let mut holder = db.sql().await;
    sqlx::raw_sql("begin; select pg_advisory_xact_lock(7206, hashtext('parcel'))")
        .execute(&mut holder)
        .await
        .unwrap();
    let (store, catalog_) = (db.store.clone(), catalog.clone());
    let merging = tokio::spawn(async move {
        let rows = vec![parcel(&catalog_, "A", 7.0), parcel(&catalog_, "Z", 0.0)];
        store.load_rows(&catalog_, "parcel", rows, Mode::Replace, &Author::default()).await
    });
    let mut sql = db.sql().await;
    loop {
        let ended: i64 = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where datname = current_database() and wait_event_type = 'Lock' and query like '%7206%'",
        )
        .fetch_one(&mut sql)
        .await
        .unwrap();
        if ended > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let error = merging.await.unwrap().unwrap_err();
    assert!(matches!(error, dothi::Error::Unavailable(_)), "{error:?}");
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    assert_eq!((db.store.position().await.unwrap(), fids(&db, &catalog).await), before);

    // Neither left a table; those of earlier versions are cleared away a day later.
    sqlx::raw_sql("set role dothi_serve; create table staging.b0190000000007000800000000000000a (x int)")
        .execute(&mut sql)
        .await
        .unwrap();
    db.store.clear_staging().await.unwrap();
    assert_eq!(staging(&mut sql).await, Vec::<String>::new());
}

/// Tables in staging; those of a connection that just ended may need a moment to go.
async fn staging(sql: &mut sqlx::PgConnection) -> Vec<String> {
    for _ in 0..100 {
        let left: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relnamespace = 'staging'::regnamespace and relkind = 'r'",
        )
        .fetch_all(&mut *sql)
        .await
        .unwrap();
        if left.is_empty() {
            return left;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("staging tables are left")
}

/// Indexes, constraints, rights and the sequence of the table of parcels, as text.
async fn outfit(sql: &mut sqlx::PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'layer.parcel'::regclass
         union all select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
                   where conrelid = 'layer.parcel'::regclass
         union all select privilege_type || ' ' || grantee::regrole from pg_class, aclexplode(relacl)
                   where oid = 'layer.parcel'::regclass and grantee <> relowner
         union all select relowner::regrole::text from pg_class where oid = 'layer.parcel'::regclass
         union all select attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || attidentity::text
                     || ' ' || attcollation::regcollation::text || atthasdef
                   from pg_attribute where attrelid = 'layer.parcel'::regclass and attnum > 0 and not attisdropped
         union all select pg_get_serial_sequence('layer.parcel', 'fid') order by 1",
    )
    .fetch_all(sql)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_layer_takes_a_large_import_whole() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let mut sql = db.sql().await;
    let before = outfit(&mut sql).await;
    // An identifier was given and its item is gone again: no later one gets it.
    load(&db, &catalog, vec![parcel(&catalog, "first", 0.0)], Mode::Append).await;
    load(&db, &catalog, Vec::new(), Mode::Replace).await;
    assert!(fids(&db, &catalog).await.is_empty());

    let row = |n: i32| parcel(&catalog, &format!("N{n:05}"), f64::from(n) * 10.0);
    let mut rows: Vec<Incoming> = (0..5_000).map(row).collect();
    rows.push(row(7));
    let loaded = load(&db, &catalog, rows, Mode::Upsert).await;
    assert_eq!(counts(&loaded), [5_001, 5_000, 0, 0, 0, 1]);
    assert_eq!(loaded.rejections[0].place, "row N00007");
    let revision = loaded.position.unwrap().revision;
    let there = fids(&db, &catalog).await;
    assert_eq!(there.len(), 5_000);
    assert!(there.iter().all(|(_, fid, version)| *fid > 1 && *version == revision));
    assert!(there.is_sorted_by_key(|(_, fid, _)| *fid), "in the order of the file");
    let change = db.store.feed_after(revision - 1, 10).await.unwrap().pop().unwrap();
    assert_eq!(change.what, Changed::Items(there.iter().map(|(_, fid, _)| *fid).collect()));
    assert_eq!(outfit(&mut sql).await, before);
    assert!(staging(&mut sql).await.is_empty());

    // From here on it is a layer as any other: edits, history, new identifiers.
    let next = load(&db, &catalog, vec![row(0), parcel(&catalog, "new", 1.0)], Mode::Replace).await;
    assert_eq!(counts(&next), [2, 1, 0, 1, 4_999, 0]);
    let now = fids(&db, &catalog).await;
    assert_eq!(now[0], there[0], "an unchanged item keeps its version");
    assert!(now[1].1 > there[4_999].1);
    let past: i64 = sqlx::query_scalar("select count(*) from history.parcel where rev_from = $1")
        .bind(revision)
        .fetch_one(&mut sql)
        .await
        .unwrap();
    assert_eq!(past, 4_999);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spatial_index_that_an_import_could_not_build_is_built_later() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let mut sql = db.sql().await;
    let before = outfit(&mut sql).await;
    let index = before.iter().find(|line| line.contains("USING gist")).unwrap().clone();
    let many = || (0..5_000).map(|n| parcel(&catalog, &format!("N{n:05}"), f64::from(n) * 10.0)).collect();

    // What is left where the import is killed between its commit and the index.
    let renamed = "alter function dothi.build_due_indexes(text) rename to build_held";
    sqlx::query(renamed).execute(&mut sql).await.unwrap();
    let loaded = load(&db, &catalog, many(), Mode::Append).await;
    assert_eq!(counts(&loaded), [5_000, 5_000, 0, 0, 0, 0], "the rows are in all the same");
    assert!(!outfit(&mut sql).await.contains(&index));

    // The layer is emptied and taken again meanwhile: the index still is due.
    load(&db, &catalog, Vec::new(), Mode::Replace).await;
    load(&db, &catalog, many(), Mode::Append).await;
    let back = "alter function dothi.build_held(text) rename to build_due_indexes";
    sqlx::query(back).execute(&mut sql).await.unwrap();
    let (one, two) = tokio::join!(db.store.build_due_indexes(), db.store.build_due_indexes());
    one.unwrap();
    two.unwrap();
    assert_eq!(outfit(&mut sql).await, before);
    let due: i64 =
        sqlx::query_scalar("select count(*) from dothi.index_due").fetch_one(&mut sql).await.unwrap();
    assert_eq!(due, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_got_items_meanwhile_is_merged_into() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let mut bulk = db.store.bulk(&catalog, "parcel").await.unwrap();
    for n in 0..5_000 {
        bulk.push(parcel(&catalog, &format!("N{n:05}"), f64::from(n) * 10.0)).await.unwrap();
    }
    // Other layers, and this one, are written to while the import is open; the feed does not wait for it.
    load(&db, &catalog, vec![parcel(&catalog, "N00003", 1.0), parcel(&catalog, "A", 2.0)], Mode::Append)
        .await;
    let merged = bulk.merge(Mode::Upsert, &Author::default(), false).await.unwrap();
    assert_eq!(counts(&merged), [5_000, 4_999, 1, 0, 0, 0]);
    assert_eq!(fids(&db, &catalog).await.len(), 5_001);
    assert!(staging(&mut db.sql().await).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_cut_off_and_counts_are_not() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let spike = |n: i32| {
        let points = [(0., 0.), (10., 0.), (10., 10.), (10., 20.), (10., 10.), (0., 10.), (0., 0.)];
        let ring: geo::LineString<f64> =
            points.iter().map(|(x, y)| (411_600.0 + 30.0 * f64::from(n) + x, 1_327_195.0 + y)).collect();
        let shape = geo::Geometry::Polygon(geo::Polygon::new(ring, vec![]));
        Incoming {
            place: format!("row {n}"),
            wkb: shape.to_wkb(CoordDimensions::xy()).unwrap(),
            values: coded(&catalog, "parcel", &format!("S{n}")),
        }
    };
    let report = load(&db, &catalog, (0..1_500).map(spike).collect(), Mode::Append).await;
    assert_eq!((report.repaired, report.repairs.len()), (1_500, 1_000));
    let area = report.repairs[0].area.unwrap();
    assert_eq!((area.before_m2.round(), area.after_m2), (100.0, 100.0));
    let again = load(&db, &catalog, (0..1_500).map(spike).collect(), Mode::Append).await;
    assert_eq!((again.rejected, again.rejections.len()), (1_500, 1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_are_recorded_as_the_whole_layer() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let rows = (0..10_001).map(|n| parcel(&catalog, &format!("N{n}"), f64::from(n) * 10.0)).collect();
    let report = load(&db, &catalog, rows, Mode::Append).await;
    assert_eq!(counts(&report), [10_001, 10_001, 0, 0, 0, 0]);
    let change = db.store.feed_after(report.position.unwrap().revision - 1, 10).await.unwrap();
    assert_eq!(change[0].what, Changed::Layer);
}
