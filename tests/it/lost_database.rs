//! The database goes away and comes back: open layers stay, everything else says so, nothing is a 404 or empty.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::Executor;

use crate::permits_support::service;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_never_an_empty_answer() {
    let s = service().await;
    let (public, applicant) = (s.public(), s.sign_in("applicant").await);
    let items = "/ogc/collections/parcel/items?limit=5";
    let before = public.get(items).await.expect(200);
    assert!(before.headers.get("dothi-as-of").is_none());

    let mut elsewhere = s.db.maintenance().await;
    let name = s.db.name();
    elsewhere.execute(format!("alter database {name} allow_connections false").as_str()).await.unwrap();
    let cut = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    elsewhere.execute(cut.as_str()).await.unwrap();

    let began = Instant::now();
    let during = loop {
        let answer = public.get(items).await.expect(200);
        if answer.headers.contains_key("dothi-as-of") {
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "the answer does not say of when it is");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(during.body["features"], before.body["features"]);
    for path in ["/api/v1/applications", "/api/v1/me", items] {
        let answer = applicant.get(path).await.expect(503);
        assert!(answer.headers.contains_key("retry-after"), "{path}");
    }
    public.get("/api/v1/permits/1-2026-abc").await.expect(503);
    let login = json!({"name": "applicant", "password": "dothi-sample"});
    public.post("/api/v1/login", &login).await.expect(503);

    elsewhere.execute(format!("alter database {name} allow_connections true").as_str()).await.unwrap();
    let began = Instant::now();
    while public.get(items).await.expect(200).headers.contains_key("dothi-as-of") {
        assert!(began.elapsed() < Duration::from_secs(20), "memory does not follow again");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    applicant.get("/api/v1/applications").await.expect(200);
}
