//! The private cluster: start, join, leave, survive a kill, refuse another version.

use std::os::unix::fs::MetadataExt;

use dothi::cluster::{Cluster, Durability, SUPERUSER};
use sqlx::{Connection, PgConnection};

async fn ask(cluster: &Cluster, sql: &str) -> String {
    let mut db = PgConnection::connect(&cluster.url(SUPERUSER, "postgres")).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_starts_is_joined_and_stops_with_the_last() {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let first = Cluster::open(home.path(), Durability::None).unwrap();
    assert_eq!(ask(&first, "show listen_addresses").await, "");
    assert_eq!(ask(&first, "show data_checksums").await, "on");
    assert_eq!(ask(&first, "show server_encoding").await, "UTF8");
    let socket = std::fs::metadata(first.socket_dir()).unwrap();
    assert_eq!(socket.mode() & 0o777, 0o700);
    assert!(first.socket_dir().as_os_str().len() <= 100);

    let second = Cluster::open(home.path(), Durability::None).unwrap();
    first.close().unwrap();
    assert_eq!(ask(&second, "select 'still here'").await, "still here");
    let (data, url) = (second.data_dir().to_owned(), second.url(SUPERUSER, "postgres"));
    second.close().unwrap();
    assert!(PgConnection::connect(&url).await.is_err(), "the last one out stops the server");
    assert!(!data.join("postmaster.pid").exists());

    std::fs::write(data.join("PG_VERSION"), "14\n").unwrap();
    let refused = Cluster::open(home.path(), Durability::None).unwrap_err().to_string();
    assert!(refused.contains("PostgreSQL 14") && refused.contains("pg_dump"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_started_again() {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let cluster = Cluster::open(home.path(), Durability::Full).unwrap();
    let pid = std::fs::read_to_string(cluster.data_dir().join("postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap();
    assert!(std::process::Command::new("kill").args(["-KILL", pid]).status().unwrap().success());
    std::thread::sleep(std::time::Duration::from_millis(300));
    // The other process of the same program that finds it dead.
    let again = Cluster::open(home.path(), Durability::Full).unwrap();
    assert_eq!(ask(&again, "select 'back'").await, "back");
    drop(cluster);
    again.close().unwrap();
}
