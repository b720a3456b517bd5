//! A server that is killed while it brings a file in.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::imports::{begin, step, tcvn3};
use crate::permits_support::Person;
use crate::support::{TestDb, sample_database};

/// Starts a server and waits until it is ready; gives its address.
async fn serve(db: &TestDb, home: &Path, scratch: &Path) -> (Child, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dothi"))
        .arg("serve")
        .env("DATABASE_URL", &db.serve_url)
        .env("DOTHI_HOME", home)
        .env("DOTHI_LISTEN", &listen)
        .env("TMPDIR", scratch)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let base = format!("http://{listen}");
    let began = Instant::now();
    loop {
        assert_eq!(child.try_wait().unwrap(), None, "the server ended");
        if reqwest::get(format!("{base}/health/ready")).await.is_ok_and(|r| r.status().is_success()) {
            return (child, base);
        }
        assert!(began.elapsed() < Duration::from_mins(1), "the server does not get ready");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Asks for the import until it is so.
async fn until(who: &Person, id: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let now = who.get(&format!("/api/v1/imports/{id}")).await.expect(200).body;
        if is(&now) {
            return now;
        }
        assert!(began.elapsed() < Duration::from_secs(40), "not {what}: {now}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn scratch_folders(scratch: &Path) -> usize {
    let entries = std::fs::read_dir(scratch).unwrap().map(|e| e.unwrap().file_name());
    entries.filter(|name| name.to_string_lossy().starts_with("dothi-")).count()
}

async fn schools(who: &Person) -> Value {
    who.get("/ogc/collections/school/items?limit=1").await.expect(200).body["numberMatched"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_server_was_killed_is_told_and_may_be_run_again() {
    let db = sample_database().await;
    let (home, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut server, base) = serve(&db, home.path(), scratch.path()).await;
    let admin = Person::at(&base, "admin").await;
    // In an old encoding, so that a copy is made of it.
    let table =
        tcvn3("ma,ten,lon,lat\nK1,Trường Tiểu học Đắk Nia,107.69,12.0\nK2,Trường Mầm non,107.70,12.0\n");
    let id = begin(&admin, "school", &[("truong.csv".to_owned(), table)]).await;
    let settings = json!({"crs": "EPSG:4326", "map": {"code": "ma", "name": "ten"}, "mode": "upsert"});
    let tried = step(&admin, &id, "trial", &settings).await;
    assert_eq!(tried["trial"]["inserted"], 2, "{tried}");

    // All rows are in the database, and the last step waits for the layer.
    let mut holder = db.sql().await;
    let hold = "begin; select pg_advisory_xact_lock(7206, hashtext('school'))";
    sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();
    admin.post(&format!("/api/v1/imports/{id}/run"), &settings).await.expect(202);
    let mut sql = db.sql().await;
    let waits = "select exists (select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock' and query like '%7206%')";
    let began = Instant::now();
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut sql).await.unwrap() {
        assert!(began.elapsed() < Duration::from_secs(30), "the import does not come to its last step");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(scratch_folders(scratch.path()), 1);
    server.kill().unwrap();
    server.wait().unwrap();
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();

    let (mut server, base) = serve(&db, home.path(), scratch.path()).await;
    let admin = Person::at(&base, "admin").await;
    let told = until(&admin, &id, "told to have failed", |now| now["state"] == "failed").await;
    assert_eq!(
        (&told["task"], &told["report"], &told["revision"]),
        (&json!("run"), &Value::Null, &Value::Null)
    );
    assert!(told["error"]["vi"].as_str().unwrap().contains("Máy chủ đã dừng giữa chừng"), "{told}");
    assert_eq!(schools(&admin).await, 0);
    assert_eq!(scratch_folders(scratch.path()), 0);
    let list = admin.get("/api/v1/imports?layer=school").await.expect(200).body;
    assert_eq!(
        (&list["imports"][0]["state"], &list["imports"][0]["error"]),
        (&json!("failed"), &told["error"])
    );
    assert_eq!(list["imports"].as_array().map(Vec::len), Some(1));

    // The file is still there: it is run again, and comes in once.
    let done = step(&admin, &id, "run", &settings).await;
    assert_eq!((&done["state"], &done["report"]["inserted"]), (&json!("done"), &json!(2)), "{done}");
    assert_eq!(schools(&admin).await, 2);
    server.kill().unwrap();
    server.wait().unwrap();
}
