//! The change log: gapless in commit order, not held up by long transactions, kept from the serving role's hands.

use std::time::{Duration, Instant};

use dothi::layers::{Catalog, Value};
use dothi::store::feed::Changed;
use dothi::store::items::{NewItem, Patch};
use dothi::store::{Author, Store};
use dothi::{Error, store};

use crate::support::{TestDb, database, empty_database};

/// A point of ISO WKB in little endian.
pub fn point(x: f64, y: f64) -> Vec<u8> {
    [&[1u8, 1, 0, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat()
}

/// Values of an item of `layer` with this code and nothing else that is not required.
pub fn coded(catalog: &Catalog, layer: &str, code: &str) -> Vec<Value> {
    let def = catalog.layer(layer).unwrap();
    def.attributes
        .iter()
        .map(|a| match (a.name.as_str(), a.required, a.kind) {
            ("code", ..) => Value::Text(code.to_owned()),
            (_, true, dothi::layers::AttributeType::Text) => {
                let list = a.codes.as_deref().and_then(|l| catalog.code_list(l));
                Value::Text(list.map_or_else(|| "x".to_owned(), |l| l.codes[0].code.clone()))
            }
            (_, true, dothi::layers::AttributeType::Boolean) => Value::Bool(true),
            (_, true, dothi::layers::AttributeType::Integer) => Value::Int(1),
            (_, true, dothi::layers::AttributeType::Real) => Value::Real(1.0),
            _ => Value::Null,
        })
        .collect()
}

fn hydrant(catalog: &Catalog, n: i64) -> NewItem {
    NewItem {
        wkb: point(411_600.0 + n as f64, 1_327_195.0),
        values: coded(catalog, "hydrant", &format!("T{n}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_leave_no_gap_and_commit_in_order() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let before = db.store.position().await.unwrap().revision;
    let tasks: Vec<_> = (0..16)
        .map(|writer| {
            let (store, catalog) = (db.store.clone(), catalog.clone());
            tokio::spawn(async move {
                let author = Author::program("test", "16 writers");
                let def = catalog.layer("hydrant").unwrap();
                let mut seen = Vec::new();
                for n in 0..12 {
                    let written =
                        store.items(&catalog, def, &author).insert(hydrant(&catalog, writer * 100 + n)).await;
                    seen.push(written.unwrap().position.revision);
                    // What was numbered before is visible now: nothing lower comes later.
                    let known = store.feed_after(0, 10_000).await.unwrap();
                    let numbers: Vec<i64> = known.iter().map(|c| c.revision).collect();
                    assert!(seen.iter().all(|s| numbers.contains(s)));
                    let last = *numbers.last().unwrap();
                    let first = numbers[0];
                    let distinct: std::collections::BTreeSet<i64> = numbers.into_iter().collect();
                    assert_eq!(distinct.len() as i64, last - first + 1, "a number is missing below {last}");
                }
                seen
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (before + 1..=before + 192).collect::<Vec<_>>());
    let mut sql = db.sql().await;
    let ordered: bool = sqlx::query_scalar(
        "select bool_and(committed_at >= coalesce(before, committed_at)) from \
         (select committed_at, lag(committed_at) over (order by number) as before from dothi.revision) r",
    )
    .fetch_one(&mut sql)
    .await
    .unwrap();
    assert!(ordered, "later numbers have later times");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_visible_within_a_second_while_an_import_is_held_open() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    // An import in its long part: rows are on their way into another layer, no number is taken.
    let mut import = db.sql().await;
    sqlx::raw_sql(
        "begin; create table staging.held (x int); insert into staging.held select generate_series(1, 10000);
         select pg_advisory_xact_lock(7206, hashtext('air_sensor'))",
    )
    .execute(&mut import)
    .await
    .unwrap();
    let began = Instant::now();
    let author = Author::program("test", "edit");
    let def = catalog.layer("hydrant").unwrap();
    let written = db.store.items(&catalog, def, &author).insert(hydrant(&catalog, 1)).await.unwrap();
    let other = Store::connect(&db.serve_url).await.unwrap();
    let changes = other.feed_after(written.position.revision - 1, 10).await.unwrap();
    assert_eq!(changes.last().unwrap().what, Changed::Items(vec![written.fid]));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    sqlx::raw_sql("rollback").execute(&mut import).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_serving_role_cannot_rewrite_the_past() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let author = Author::program("test", "x");
    let def = catalog.layer("hydrant").unwrap();
    let items = db.store.items(&catalog, def, &author);
    let made = items.insert(hydrant(&catalog, 1)).await.unwrap();
    let moved = Patch { wkb: Some(point(411_700.0, 1_327_195.0)), ..Patch::default() };
    items.patch(made.fid, moved, Some(made.version)).await.unwrap();
    db.store
        .audit(&store::audit::Entry { action: "test".into(), subject: "x".into(), ..Default::default() })
        .await
        .unwrap();

    let mut serve = db.serve().await;
    for forbidden in [
        "update dothi.audit set action = ''",
        "delete from dothi.audit",
        "truncate dothi.audit",
        "update history.hydrant set fid = 0",
        "delete from history.hydrant",
        "truncate history.hydrant",
        "update dothi.feed_change set layer = ''",
        "delete from dothi.feed_change",
        "update dothi.revision set reason = ''",
        "delete from dothi.revision",
        "update dothi.feed set epoch = gen_random_uuid()",
        "delete from dothi.feed",
        "insert into dothi.layer_definition values ('x', 1, 1, null)",
        "create table layer.mine (x int)",
        "drop table layer.hydrant",
    ] {
        let error = sqlx::raw_sql(forbidden).execute(&mut serve).await.unwrap_err();
        let code = error.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {error}");
    }
    let superuser: bool = sqlx::query_scalar("select usesuper from pg_user where usename = current_user")
        .fetch_one(&mut serve)
        .await
        .unwrap();
    assert!(!superuser);
    // Even the owner does not change the audit by accident.
    let mut owner = db.sql().await;
    assert!(
        sqlx::raw_sql("set role dothi_owner; update dothi.audit set action = ''")
            .execute(&mut owner)
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_told_as_such() {
    let nobody = Store::connect("postgres:///x?host=/nonexistent&user=x").await;
    assert!(matches!(nobody, Err(Error::Unavailable(_))), "{nobody:?}");

    let db = database().await;
    let mut sql = db.sql().await;
    db.store.position().await.unwrap();
    sqlx::raw_sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
        .execute(&mut sql)
        .await
        .unwrap();
    // The first answer may tell of the loss; it is never something else, and the pool recovers.
    match db.store.position().await {
        Ok(_) | Err(Error::Unavailable(_)) => {}
        Err(other) => panic!("{other:?}"),
    }
    db.store.position().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_datum_shift_of_the_database_is_epsg_6960() {
    let db = empty_database().await;
    let mut sql = sql(&db).await;
    for (srid, x, y) in [(9218, 411_600.265, 1_327_195.238), (5899, 493_271.497, 1_327_065.771)] {
        let (e, n): (f64, f64) = sqlx::query_as(
            "select ST_X(g), ST_Y(g) from ST_Transform('srid=4326;point(107.69 12.0)'::geometry, $1) g",
        )
        .bind(srid)
        .fetch_one(&mut sql)
        .await
        .unwrap();
        assert!((e - x).abs() < 0.001 && (n - y).abs() < 0.001, "EPSG:{srid}: {e} {n}");
    }
    for srid in [4756, 3405, 3406, 5899, 9218] {
        let known: bool = sqlx::query_scalar("select exists (select from spatial_ref_sys where srid = $1)")
            .bind(srid)
            .fetch_one(&mut sql)
            .await
            .unwrap();
        assert!(known, "EPSG:{srid}");
    }
}

async fn sql(db: &TestDb) -> sqlx::PgConnection {
    db.serve().await
}
