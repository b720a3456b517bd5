//! Undo: what was not changed since is restored, the rest is listed; nothing is destroyed.

use std::collections::BTreeMap;

use dothi::Error;
use dothi::access::View;
use dothi::layers::{Catalog, Value};
use dothi::store::Author;
use dothi::store::audit::Entry;
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::history::undo::{UndoReport, Why};
use dothi::store::history::{At, PastQuery};
use dothi::store::items::Patch;
use dothi::store::lineage::{Merge, Split};

use crate::front::square;
use crate::store_feed::coded;
use crate::support::{TestDb, database};

fn incoming(catalog: &Catalog, code: &str, x: f64) -> Incoming {
    Incoming {
        place: code.to_owned(),
        wkb: square(411_600.0 + x, 1_327_195.0, 10.0),
        values: coded(catalog, "parcel", code),
    }
}

async fn load(db: &TestDb, catalog: &Catalog, rows: &[(&str, f64)], mode: Mode) -> i64 {
    let rows: Vec<_> = rows.iter().map(|(code, x)| incoming(catalog, code, *x)).collect();
    let author = Author::program("test", "import");
    db.store.load_rows(catalog, "parcel", rows, mode, &author).await.unwrap().position.unwrap().revision
}

/// Fid and geometry by code.
async fn now(db: &TestDb, catalog: &Catalog) -> BTreeMap<String, (i64, Vec<u8>)> {
    let rows = db.store.load_layer(catalog.layer("parcel").unwrap()).await.unwrap().1;
    rows.into_iter()
        .map(|r| match &r.values[0] {
            Value::Text(code) => (code.clone(), (r.fid, r.wkb)),
            other => panic!("{other:?}"),
        })
        .collect()
}

async fn undo(db: &TestDb, catalog: &Catalog, revision: i64) -> UndoReport {
    let author = Author::program("test", "undo");
    db.store.undo(catalog, revision, &author, Entry::default(), false).await.unwrap()
}

fn counts(r: &UndoReport) -> [u64; 4] {
    [r.restored, r.removed, r.reinserted, r.conflicting]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_undone_and_the_undo_too() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    load(&db, &catalog, &[("A", 0.0), ("B", 20.0), ("C", 40.0)], Mode::Append).await;
    let before = now(&db, &catalog).await;
    // A stays, B moves, C goes, D comes.
    let import = load(&db, &catalog, &[("A", 0.0), ("B", 25.0), ("D", 60.0)], Mode::Replace).await;
    let after = now(&db, &catalog).await;

    let author = Author::program("test", "undo");
    let dry = db.store.undo(&catalog, import, &author, Entry::default(), true).await.unwrap();
    assert_eq!((counts(&dry), dry.position), ([1, 1, 1, 0], None));
    assert_eq!(now(&db, &catalog).await, after, "a dry run changes nothing");

    let undone = undo(&db, &catalog, import).await;
    assert_eq!(counts(&undone), [1, 1, 1, 0]);
    assert_eq!(now(&db, &catalog).await, before, "the same items under the same fids");
    let again = undo(&db, &catalog, undone.position.unwrap().revision).await;
    assert_eq!(counts(&again), [1, 1, 1, 0]);
    assert_eq!(now(&db, &catalog).await, after);

    // What stands there is again what the import made, so the import itself can be undone once more.
    let third = undo(&db, &catalog, import).await;
    assert_eq!(counts(&third), [1, 1, 1, 0]);
    assert_eq!(now(&db, &catalog).await, before);
    // Now everything is as it was before: nothing of the import is left to be taken back.
    let fourth = undo(&db, &catalog, import).await;
    assert_eq!((counts(&fourth), fourth.position), ([0, 0, 0, 2], None));
    let by: Vec<_> = fourth.conflicts.iter().map(|c| (c.why, c.by.as_ref().unwrap().number)).collect();
    assert_eq!(by, vec![(Why::ChangedSince, third.position.unwrap().revision); 2]);
    let leftovers: i64 = sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'staging'")
        .fetch_one(&mut db.sql().await)
        .await
        .unwrap();
    assert_eq!(leftovers, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_since_is_left_alone_and_listed() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    load(&db, &catalog, &[("A", 0.0), ("B", 20.0), ("C", 40.0), ("E", 80.0)], Mode::Append).await;
    let import = load(
        &db,
        &catalog,
        &[("A", 5.0), ("B", 25.0), ("D", 60.0), ("F", 90.0), ("G", 120.0)],
        Mode::Replace,
    )
    .await;
    let state = now(&db, &catalog).await;
    let def = catalog.layer("parcel").unwrap();
    let author = Author::program("test", "by hand");
    let items = db.store.items(&catalog, def, &author);
    // Since then: A is corrected, the new D too, the new F is removed, and C's key goes to another parcel.
    let patch = |wkb| Patch { wkb: Some(wkb), values: Vec::new() };
    items.patch(state["A"].0, patch(square(411_606.0, 1_327_195.0, 10.0)), None).await.unwrap();
    let d = items.patch(state["D"].0, patch(square(411_666.0, 1_327_195.0, 10.0)), None).await.unwrap();
    items.delete(state["F"].0, None).await.unwrap();
    load(&db, &catalog, &[("C", 200.0)], Mode::Append).await;

    let report = undo(&db, &catalog, import).await;
    assert_eq!(counts(&report), [1, 1, 1, 3], "B back, G away, E there again");
    let mut why: Vec<_> = report.conflicts.iter().map(|c| (c.fid, c.why)).collect();
    why.sort_by_key(|(fid, _)| *fid);
    assert_eq!(why.len(), 3);
    assert!(
        why.contains(&(state["A"].0, Why::ChangedSince)) && why.contains(&(state["D"].0, Why::ChangedSince))
    );
    assert!(why.iter().any(|(_, w)| *w == Why::KeyTaken));
    let of_d = report.conflicts.iter().find(|c| c.fid == d.fid).unwrap().by.as_ref().unwrap();
    assert_eq!((of_d.number, of_d.reason.as_str()), (d.version, "by hand"));
    let after: Vec<String> = now(&db, &catalog).await.into_keys().collect();
    assert_eq!(after, ["A", "B", "C", "D", "E"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_of_a_large_undo_says_what_a_dry_run_says() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let many = dothi::store::feed::MAX_FIDS + 10;
    let rows = |moved: f64, range: std::ops::Range<usize>| {
        // The area is what an edit computes: one that changes nothing else leaves the item as it was.
        let area =
            catalog.layer("parcel").unwrap().attributes.iter().position(|a| a.name == "area_m2").unwrap();
        let row = |i: usize| {
            let mut row = incoming(&catalog, &format!("P{i}"), i as f64 * 12.0 + moved);
            row.values[area] = Value::Real(100.0);
            row
        };
        range.map(row).collect::<Vec<_>>()
    };
    let author = Author::program("test", "import");
    let load = async |rows: Vec<Incoming>, mode| {
        db.store.load_rows(&catalog, "parcel", rows, mode, &author).await.unwrap().position.unwrap().revision
    };
    load(rows(0.0, 0..many), Mode::Append).await;
    // Nearly all move, ten go, ten come.
    let import = load(rows(1.0, 10..many + 10), Mode::Replace).await;
    assert!(db.store.is_large_revision(import).await.unwrap());
    let state = now(&db, &catalog).await;
    let def = catalog.layer("parcel").unwrap();
    let items = db.store.items(&catalog, def, &author);
    let patch = |wkb| Patch { wkb: Some(wkb), values: Vec::new() };
    // Since then: one is changed, one changed and changed back, one of the new is removed, and the key of one that
    // went is taken.
    let (changed, back) = (state["P20"].0, state["P21"].0);
    items.patch(changed, patch(square(411_000.0, 1_327_195.0, 10.0)), None).await.unwrap();
    let sheet = def.attributes.iter().position(|a| a.name == "sheet_number").unwrap();
    for number in [Value::Int(5), Value::Null] {
        items.patch(back, Patch { wkb: None, values: vec![(sheet, number)] }, None).await.unwrap();
    }
    items.delete(state[&format!("P{many}")].0, None).await.unwrap();
    load(vec![incoming(&catalog, "P3", 200_000.0)], Mode::Append).await;

    let dry = db.store.undo(&catalog, import, &author, Entry::default(), true).await.unwrap();
    let told = db.store.preview_undo(&catalog, import).await.unwrap();
    assert_eq!(counts(&told), counts(&dry));
    assert_eq!(counts(&told), [many as u64 - 11, 9, 9, 2]);
    let named = |r: &UndoReport| {
        let mut named: Vec<_> = r.conflicts.iter().map(|c| (c.fid, c.why, c.by.clone())).collect();
        named.sort_by_key(|c| c.0);
        named
    };
    assert_eq!(named(&told), named(&dry));
    assert!(told.position.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_changed_hands_come_back() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    load(&db, &catalog, &[("A", 0.0), ("B", 20.0)], Mode::Append).await;
    let before = now(&db, &catalog).await;
    // One revision in which A and B swap their codes.
    let mut sql = db.sql().await;
    sqlx::raw_sql(
        "begin;
         with f as (update dothi.feed set revision = revision + 1 returning revision)
         insert into dothi.revision (number, reason, client) select revision, 'swap', 'test' from f;
         create temp table r as select number, committed_at from dothi.revision order by number desc limit 1;
         insert into history.parcel select l.fid, l.version, r.number, r.committed_at, l.geom from layer.parcel l, r;
         create temp table old as select * from layer.parcel;
         delete from layer.parcel;
         update old set code = case code when 'A' then 'B' else 'A' end, version = (select number from r);
         insert into layer.parcel select * from old;
         insert into dothi.feed_change (revision, layer, fids, kind)
             select number, 'parcel', (select array_agg(fid) from old), 'items' from r;
         commit;",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    // The statement above wrote no attributes into history; put them there as a closing edit does.
    for (code, (fid, _)) in &before {
        let sql_text = "update history.parcel h set code = $1, land_use = l.land_use, commune_code = l.commune_code,
            sheet_number = l.sheet_number, parcel_number = l.parcel_number, area_m2 = l.area_m2, made_up = l.made_up
            from layer.parcel l where h.fid = $2 and l.fid = $2";
        sqlx::query(sql_text).bind(code).bind(fid).execute(&mut sql).await.unwrap();
    }
    let swap = db.store.position().await.unwrap().revision;
    let report = undo(&db, &catalog, swap).await;
    assert_eq!(counts(&report), [2, 0, 0, 0]);
    assert_eq!(now(&db, &catalog).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_undone_says_so() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let author = Author::program("test", "undo");
    let undo = async |n| db.store.undo(&catalog, n, &author, Entry::default(), false).await.unwrap_err();
    assert!(matches!(undo(9999).await, Error::NotFound { .. }));
    let definitions = undo(1).await;
    assert!(
        matches!(&definitions, Error::Conflict { reason, .. } if reason.en.contains("definition")),
        "{definitions:?}"
    );
    let mut tx = db.store.begin().await.unwrap();
    let position = dothi::store::feed::record(&mut tx, "permit", &[1], &author).await.unwrap();
    dothi::store::Store::commit(tx).await.unwrap();
    let view = undo(position.revision).await;
    assert!(matches!(&view, Error::Conflict { reason, .. } if reason.en.contains("register")), "{view:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_cannot_be_rewritten_by_the_serving_role() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    load(&db, &catalog, &[("A", 0.0)], Mode::Append).await;
    load(&db, &catalog, &[("A", 5.0)], Mode::Upsert).await;
    let mut serve = db.serve().await;
    let year: String = sqlx::query_scalar("select 'parcel_y' || extract(year from now() at time zone 'UTC')")
        .fetch_one(&mut serve)
        .await
        .unwrap();
    for table in ["parcel", &year] {
        for statement in [
            format!("update history.{table} set code = 'X'"),
            format!("delete from history.{table}"),
            format!("truncate history.{table}"),
            format!("drop table history.{table}"),
        ] {
            let error = sqlx::raw_sql(&statement).execute(&mut serve).await.unwrap_err();
            let code = error.as_database_error().unwrap().code().unwrap().into_owned();
            assert_eq!(code, "42501", "{statement}: {error}");
        }
    }
    for statement in [
        "update dothi.revision set reason = ''",
        "delete from dothi.feed_change",
        "delete from dothi.revision_undo",
    ] {
        assert!(sqlx::raw_sql(statement).execute(&mut serve).await.is_err(), "{statement}");
    }
    let kept: i64 =
        sqlx::query_scalar("select count(*) from history.parcel").fetch_one(&mut serve).await.unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn split_and_merge_are_undone_and_leave_the_old_state() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    load(&db, &catalog, &[("A", 0.0), ("B", 10.0)], Mode::Append).await;
    let first = now(&db, &catalog).await;
    let def = catalog.layer("parcel").unwrap();
    let author = Author::program("test", "by hand");
    let items = db.store.items(&catalog, def, &author);
    let version = async |fid| db.store.item(def, fid).await.unwrap().unwrap().version;
    let code = |c: &str| vec![(0, Value::from(c))];

    let (a, b) = (first["A"].0, first["B"].0);
    let both =
        Merge { items: vec![(a, version(a).await), (b, version(b).await)], keep: a, patch: code("AB") };
    let merged = items.merge(both, false).await.unwrap();
    let second = now(&db, &catalog).await;
    assert_eq!(second.keys().collect::<Vec<_>>(), ["AB"]);
    let ab = second["AB"].0;
    let line = geo::LineString::from(vec![(411_595.0, 1_327_200.0), (411_625.0, 1_327_200.0)]);
    let cut = Split {
        fid: ab,
        version: version(ab).await,
        line: line.into(),
        pieces: vec![code("N"), code("S")],
        neighbours: Vec::new(),
    };
    let split = items.split(cut, false).await.unwrap();
    let third = now(&db, &catalog).await;
    assert_eq!(third.keys().collect::<Vec<_>>(), ["N", "S"]);

    let view = View::system(def);
    let codes = async |revision| {
        let state = db.store.state_at(At::Revision(revision)).await.unwrap();
        let rows = db.store.past_rows(&view, state, &PastQuery::default()).await.unwrap();
        rows.into_iter().map(|r| (r.values[0].clone(), r.wkb)).collect::<Vec<_>>()
    };
    let held = |state: &BTreeMap<String, (i64, Vec<u8>)>| {
        let mut rows: Vec<_> = state.iter().collect();
        rows.sort_by_key(|(_, (fid, _))| *fid);
        rows.into_iter().map(|(code, (_, wkb))| (Value::from(code.as_str()), wkb.clone())).collect::<Vec<_>>()
    };
    let (merged, split) = (merged.position.unwrap().revision, split.position.unwrap().revision);
    for (revision, state) in [(merged - 1, &first), (merged, &second), (split, &third)] {
        assert_eq!(codes(revision).await, held(state), "revision {revision}");
    }
    let report = undo(&db, &catalog, split).await;
    assert_eq!(counts(&report), [0, 2, 1, 0]);
    assert_eq!(now(&db, &catalog).await, second);
    // The merged parcel was made again by that undo and says what it said: the merge can be undone as well, but
    // not half of it while it says something else.
    items.patch(ab, Patch { wkb: None, values: code("X") }, None).await.unwrap();
    let half = db.store.undo(&catalog, merged, &author, Entry::default(), false).await.unwrap_err();
    assert!(matches!(half, Error::Conflict { .. }), "{half:?}");
    assert_eq!(now(&db, &catalog).await.len(), 1);
    items.patch(ab, Patch { wkb: None, values: code("AB") }, None).await.unwrap();
    let report = undo(&db, &catalog, merged).await;
    assert_eq!(counts(&report), [0, 1, 2, 0]);
    assert_eq!(now(&db, &catalog).await, first);
}
