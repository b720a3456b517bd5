//! Versions of an item: what is stale or missing is refused, and says who came in between.

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::{TREES, ask, created, degrees, read, server, tree};
use dothi::access::Role;

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_save_names_who_came_in_between() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let other = server.sign_in("colleague", Role::Editor).await;
    let place = created(&server, &officer, TREES, &tree(10.0, 10.0, json!({"code": "T1"}))).await;
    let (item, tag) = read(&server, &officer, &place).await;
    let version: i64 = tag.trim_matches('"').parse().unwrap();
    let own = format!("{}/api/v1/layers/tree/items/{}", server.base, item["id"]);
    let send = async |token: &str, method: Method, path: &str, body: Json| {
        let request = server.client.request(method, path).bearer_auth(token).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json::<Json>().await.unwrap())
    };
    let change = |version: i64, species: &str| json!({"version": version, "properties": {"species": species}, "reason": "xem lại"});
    let (status, done) = send(&other, Method::PATCH, &own, change(version, "thong")).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let now = done["version"].as_i64().unwrap();
    // The editor's own write: 409. OGC's: 412. Both say who, when, why, and what stands there.
    let (status, refused) = send(&officer, Method::PATCH, &own, change(version, "sao_den")).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    let patch = json!({"properties": {"species": "sao_den"}});
    let ogc = ask(&server, &officer, Method::PATCH, &place, &[("if-match", &tag)], Some(&patch)).await;
    assert_eq!(ogc.status(), StatusCode::PRECONDITION_FAILED);
    for told in [refused, ogc.json().await.unwrap()] {
        let entry = &told["conflicts"][0];
        assert_eq!((&entry["expected_version"], &entry["version"]), (&json!(version), &json!(now)), "{told}");
        assert_eq!((&entry["changed_by"], &entry["reason"]), (&json!("colleague"), &json!("xem lại")));
        assert!(entry["changed_at"].is_string());
        assert_eq!(told["present"]["properties"]["species"], "thong");
    }
    assert_eq!(read(&server, "", &place).await.0["properties"]["species"], "thong", "nothing was lost");
    // Of one that is gone it is told who removed it.
    let (status, _) = send(&other, Method::DELETE, &format!("{own}?version={now}"), Json::Null).await;
    assert_eq!(status, StatusCode::OK);
    let (status, gone) = send(&officer, Method::PATCH, &own, change(now, "sao_den")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!((&gone["conflicts"][0]["version"], &gone["present"]), (&Json::Null, &Json::Null));
    assert_eq!(gone["conflicts"][0]["changed_by"], "colleague");
    let (status, _) =
        send(&officer, Method::PATCH, &own.replace("/items/", "/items/99"), change(1, "x")).await;
    assert!(status.is_client_error());
    // What lies outside of his commune is not his to change here either.
    let outside =
        json!({"version": now, "geometry": {"type": "Point", "coordinates": degrees(1500.0, 10.0)}});
    let place = created(&server, &officer, TREES, &tree(20.0, 10.0, json!({"code": "T2"}))).await;
    let (item, tag) = read(&server, &officer, &place).await;
    let own = format!("{}/api/v1/layers/tree/items/{}", server.base, item["id"]);
    let mut outside = outside;
    outside["version"] = json!(tag.trim_matches('"').parse::<i64>().unwrap());
    assert_eq!(send(&officer, Method::PATCH, &own, outside).await.0, StatusCode::FORBIDDEN);
    assert_eq!(send("none", Method::PATCH, &own, change(1, "x")).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_stale_or_missing_is_refused() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let place = created(&server, &officer, TREES, &tree(10.0, 10.0, json!({"code": "T1"}))).await;
    let (_, first) = read(&server, &officer, &place).await;
    let patch = |species: &str| json!({"properties": {"species": species}});
    let write = async |headers: &[(&str, &str)], species: &str| {
        ask(&server, &officer, Method::PATCH, &place, headers, Some(&patch(species))).await.status()
    };
    let portal = ("dothi-client", "portal");
    assert_eq!(write(&[portal], "thong").await, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(write(&[portal, ("if-match", &first)], "thong").await, StatusCode::NO_CONTENT);
    assert_eq!(write(&[("if-match", &first)], "sao_den").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(write(&[("if-match", "\"other\"")], "sao_den").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(read(&server, "", &place).await.0["properties"]["species"], "thong", "nothing was lost");
    assert_eq!(write(&[], "phuong_vi").await, StatusCode::NO_CONTENT);
    assert_eq!(write(&[portal, ("if-match", "*")], "bang_lang").await, StatusCode::NO_CONTENT);
    // Two at once under one version: one of them wins.
    let (_, tag) = read(&server, &officer, &place).await;
    let headers = [("if-match", tag.as_str())];
    let (a, b) = tokio::join!(write(&headers, "dau_rai"), write(&headers, "sao_den"));
    let mut both = [a.as_u16(), b.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [204, 412]);
    let mut strict = dothi::layers::LayerDef::clone(&server.layer("tree"));
    strict.strict = true;
    server.apply(strict).await;
    assert_eq!(write(&[], "thong").await, StatusCode::PRECONDITION_REQUIRED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_one_key_is_done_once() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let send = async |code: &str| {
        let body = tree(10.0, 10.0, json!({"code": code}));
        ask(&server, &officer, Method::POST, TREES, &[("idempotency-key", "k1")], Some(&body)).await
    };
    let (first, again) = (send("T1").await, send("T1").await);
    assert_eq!((first.status(), again.status()), (StatusCode::CREATED, StatusCode::CREATED));
    for name in ["location", "etag", "dothi-revision"] {
        assert_eq!(first.headers()[name], again.headers()[name], "{name}");
    }
    assert_eq!(send("T2").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.json(TREES).await["numberMatched"], 1);
}

/// /conf/optimistic-locking-timestamps: the time that was served is obeyed, by whole seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_after_the_time_that_was_read_is_refused() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let place = created(&server, &officer, TREES, &tree(10.0, 10.0, json!({"code": "T1"}))).await;
    let served = async || {
        let item = ask(&server, &officer, Method::GET, &place, &[], None).await;
        item.headers()["last-modified"].to_str().unwrap().to_owned()
    };
    let write = async |since: &str, species: &str| {
        let patch = json!({"properties": {"species": species}});
        ask(&server, &officer, Method::PATCH, &place, &[("if-unmodified-since", since)], Some(&patch)).await
    };
    let first = served().await;
    assert!(first.ends_with(" GMT") && chrono::DateTime::parse_from_rfc2822(&first).is_ok(), "{first}");
    assert_eq!(write(&first, "thong").await.status(), StatusCode::NO_CONTENT);
    let mut sql = server.sql().await;
    let later = "update dothi.revision set committed_at = committed_at + interval '5 s'
                 where number = (select revision from dothi.feed)";
    // Five seconds pass; the node has not told this revision's time to anybody yet.
    sqlx::query(later).execute(&mut sql).await.unwrap();
    let refused = write(&first, "sao_den").await;
    assert_eq!(refused.status(), StatusCode::PRECONDITION_FAILED);
    let told: Json = refused.json().await.unwrap();
    assert_eq!(
        (&told["conflicts"][0]["changed_by"], &told["present"]["properties"]["species"]),
        (&json!("officer"), &json!("thong"))
    );
    assert_ne!(served().await, first);
    let delete =
        ask(&server, &officer, Method::DELETE, &place, &[("if-unmodified-since", &first)], None).await;
    assert_eq!(delete.status(), StatusCode::PRECONDITION_FAILED);
    // What is no date is ignored (RFC 9110 13.1.4), and a tag counts before a time.
    assert_eq!(write("yesterday", "dau_rai").await.status(), StatusCode::NO_CONTENT);
    let tag = read(&server, "", &place).await.1;
    let both = [("if-unmodified-since", first.as_str()), ("if-match", tag.as_str())];
    let patch = json!({"properties": {"species": "thong"}});
    assert_eq!(
        ask(&server, &officer, Method::PATCH, &place, &both, Some(&patch)).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(write(&served().await, "sao_den").await.status(), StatusCode::NO_CONTENT);
}

/// A client that names no version is let in, and both sides learn that it wrote on a fresh change of somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_a_version_on_a_fresh_change_is_told_to_both() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let other = server.sign_in("colleague", Role::Editor).await;
    let place = created(&server, &officer, TREES, &tree(10.0, 10.0, json!({"code": "T1"}))).await;
    let write = async |token: &str, headers: &[(&str, &str)], species: &str| {
        let patch = json!({"properties": {"species": species}});
        let answer = ask(&server, token, Method::PATCH, &place, headers, Some(&patch)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{species}");
        let text = |name: &str| answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        (text("dothi-overwrote"), text("dothi-revision").unwrap())
    };
    // On his own change, and with a version: nothing to tell.
    assert_eq!(write(&officer, &[], "thong").await.0, None);
    let tag = read(&server, "", &place).await.1;
    let (told, named) = write(&other, &[("if-match", &tag)], "sao_den").await;
    assert_eq!(told, None);
    let (told, number) = write(&officer, &[("user-agent", "QGIS/3.40")], "dau_rai").await;
    let told = told.unwrap();
    assert!(
        told.starts_with(&format!("revision={named}; at=\"20")) && told.ends_with("by=\"colleague\""),
        "{told}"
    );
    let client = server.author_of(number.parse().unwrap()).await.2;
    assert_eq!(client, "ogc QGIS/3.40");
    let list = ask(&server, &other, Method::GET, "/api/v1/revisions?layer=tree", &[], None).await;
    let list: Json = list.json().await.unwrap();
    let line = |n: &str| {
        let n = json!(n.parse::<i64>().unwrap());
        let lines = list["revisions"].as_array().unwrap();
        lines.iter().find(|l| l["number"] == n).unwrap_or_else(|| panic!("{list}")).clone()
    };
    assert_eq!(line(&number)["overwrote"].to_string(), named);
    assert_eq!(line(&named)["overwritten_by"].to_string(), number);
    assert_eq!(line(&named)["overwrote"], Json::Null);
    // The earlier author reads it in the list of changes.
    let page = ask(&server, &other, Method::GET, "/changes", &[("accept", "text/html")], None).await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains(&format!("thay đổi {number}")) && page.contains(&format!("/changes/{number}")),
        "{page}"
    );
    // Eleven minutes later it is no longer fresh.
    let old = "update dothi.revision set committed_at = committed_at - interval '11 minutes'";
    sqlx::query(old).execute(&mut server.sql().await).await.unwrap();
    assert_eq!(write(&other, &[], "thong").await.0, None);
}
