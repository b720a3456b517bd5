//! The log of imports, and what an import leaves that is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dothi::store::Author;
use dothi::store::bulk::Mode;
use dothi::store::import_log::ImportState;
use dothi::store::layers::ApplyOptions;
use sqlx::PgConnection;

use crate::store_bulk::{fids, parcel};
use crate::support::{TestDb, database};

/// A GeoJSON file of `n` squares with codes K0, K1 …
fn squares(folder: &Path, n: u32) -> PathBuf {
    let features: Vec<serde_json::Value> = (0..n)
        .map(|i| {
            let (x, y) = (107.6 + f64::from(i % 200) * 1e-4, 12.0 + f64::from(i / 200) * 1e-4);
            let ring = [[0.0, 0.0], [5e-5, 0.0], [5e-5, 5e-5], [0.0, 5e-5], [0.0, 0.0]]
                .map(|[dx, dy]| [x + dx, y + dy]);
            serde_json::json!({"type": "Feature", "properties": {"code": format!("K{i}")},
                "geometry": {"type": "Polygon", "coordinates": [ring]}})
        })
        .collect();
    let path = folder.join("squares.geojson");
    let file = serde_json::json!({"type": "FeatureCollection", "features": features});
    std::fs::write(&path, file.to_string()).unwrap();
    path
}

fn importing(db: &TestDb, home: &Path, file: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_dothi"))
        .args(["import", "--layer", "parcel", "--mode", "replace", "--no-quality"])
        .arg(file)
        .env("DATABASE_URL", &db.serve_url)
        .env("DOTHI_HOME", home)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn until(sql: &mut PgConnection, what: &str, condition: &str) {
    for _ in 0..1500 {
        let there: bool =
            sqlx::query_scalar(&format!("select exists ({condition})")).fetch_one(&mut *sql).await.unwrap();
        if there {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within 30 s: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_leaves_no_trace_but_its_log() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = squares(folder.path(), 5_000);
    let mut sql = db.sql().await;
    // Into a layer without items, then into one that has some: each is killed when all rows are in the database and
    // the last step waits for the layer.
    for known in [false, true] {
        if known {
            let rows = vec![parcel(&catalog, "A", 0.0)];
            let author = Author::program("test", "");
            db.store.load_rows(&catalog, "parcel", rows, Mode::Append, &author).await.unwrap();
        }
        let before = (db.store.position().await.unwrap(), fids(&db, &catalog).await);
        let mut holder = db.sql().await;
        sqlx::raw_sql("begin; select pg_advisory_xact_lock(7206, hashtext('parcel'))")
            .execute(&mut holder)
            .await
            .unwrap();
        let mut process = importing(&db, folder.path(), &file);
        until(
            &mut sql,
            "the import waits for the layer",
            "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and query like '%7206%'",
        )
        .await;
        let running = db.store.imports(None, Some("parcel")).await.unwrap();
        assert_eq!(running[0].state, ImportState::Running);
        // While it is open, others write elsewhere and are not kept waiting.
        let rows = vec![dothi::store::bulk::Incoming {
            place: String::new(),
            values: crate::store_feed::coded(&catalog, "building", &format!("B{known}")),
            ..parcel(&catalog, "x", 0.0)
        }];
        let author = Author::default();
        let elsewhere = db.store.load_rows(&catalog, "building", rows, Mode::Append, &author);
        let elsewhere = tokio::time::timeout(Duration::from_secs(5), elsewhere).await.unwrap().unwrap();
        assert!(elsewhere.position.is_some());

        process.kill().unwrap();
        process.wait().unwrap();
        // The server sees that its client is gone when it next speaks to it.
        sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
        until(
            &mut sql,
            "no staging table",
            "select where not exists (select from pg_class where relnamespace = 'staging'::regnamespace)",
        )
        .await;
        assert_eq!(fids(&db, &catalog).await, before.1);
        assert_eq!(Some(db.store.position().await.unwrap()), elsewhere.position);
        let log = db.store.imports(None, Some("parcel")).await.unwrap();
        assert_eq!(
            (log[0].state, log[0].revision, log[0].file_name.as_str(), log[0].mode.as_str()),
            (ImportState::Died, None, "squares.geojson", "replace")
        );
    }

    // Left alone it comes to its end, and the log has the revision.
    let status = importing(&db, folder.path(), &file).wait().unwrap();
    assert!(status.success());
    let log = db.store.imports(None, Some("parcel")).await.unwrap();
    assert_eq!(log.len(), 3);
    assert_eq!(log[0].state, ImportState::Done);
    assert_eq!(log[0].revision, Some(db.store.position().await.unwrap().revision));
    let report = log[0].report.as_ref().unwrap();
    assert_eq!((&report["inserted"], &report["closed"]), (&5_000.into(), &1.into()));
    let earlier = db.store.imports(Some(log[0].id), Some("parcel")).await.unwrap();
    assert_eq!(earlier.len(), 2);
    assert!(db.store.imports(None, Some("road")).await.unwrap().is_empty());

    // A refused file is in the log with the reason.
    let broken = folder.path().join("broken.geojson");
    std::fs::write(&broken, "{").unwrap();
    assert!(!importing(&db, folder.path(), &broken).wait().unwrap().success());
    let log = db.store.imports(None, None).await.unwrap();
    assert_eq!((log[0].state, log[0].file_name.as_str()), (ImportState::Refused, "broken.geojson"));
    assert!(log[0].error.as_ref().unwrap()["vi"].is_string());
}

/// A definition that changes while an import is open: the staged table does not take the layer's place.
#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_changed_its_form_is_merged_into() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let mut bulk = db.store.bulk(&catalog, "parcel").await.unwrap();
    for n in 0..5_000 {
        bulk.push(parcel(&catalog, &format!("N{n:05}"), f64::from(n) * 10.0)).await.unwrap();
    }
    let mut wanted = catalog.clone();
    let mut def = catalog.layer("parcel").unwrap().as_ref().clone();
    let mut more = def.attributes[0].clone();
    (more.name, more.required) = ("remark".to_owned(), false);
    def.attributes.push(more);
    wanted.layers.insert(def.id.clone(), def.into());
    let owner = dothi::store::Store::connect(&db.owner_url).await.unwrap();
    owner.apply(&wanted, ApplyOptions::default(), &Author::default()).await.unwrap();
    let merged = bulk.merge(Mode::Append, &Author::default(), false).await.unwrap();
    assert_eq!(merged.inserted, 5_000);
    assert_eq!(fids(&db, &catalog).await.len(), 5_000);
}
