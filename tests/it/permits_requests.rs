//! Rights, repeated and stale requests, bad input: what must be harmless.

use std::collections::BTreeSet;

use dothi::access::Role;
use dothi::store::accounts::NewAccount;
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::permits_support::{Person, appraised, draft, expected, service, settle};

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "tube_house.ifc").await;
    let stranger = s.sign_in("applicant2").await;
    for path in
        ["", "/checks", "/runs", "/documents", "/letters", "/messages", "/events", "/comments", "/findings"]
    {
        stranger.get(&format!("/api/v1/applications/{id}{path}")).await.expect(404);
        s.public().get(&format!("/api/v1/applications/{id}{path}")).await.expect(401);
    }
    stranger.event(&id, "submit", json!({})).await.expect(404);
    let upload =
        stranger.put_bytes(&format!("/api/v1/applications/{id}/model"), b"ISO-10303-21;".to_vec()).await;
    upload.expect(404);
    applicant.event(&id, "submit", json!({})).await.expect(200);
    s.sign_in("reviewer-duclap").await.get(&format!("/api/v1/applications/{id}")).await.expect(404);
    s.sign_in("intake-kcn").await.get(&format!("/api/v1/applications/{id}")).await.expect(404);
    let list =
        stranger.get("/api/v1/applications?state=&waiting_for=&due_before=&cursor=").await.expect(200).body;
    assert_eq!(list["applications"], json!([]));
    // Filed, but not this officer's to accept.
    s.sign_in("reviewer").await.event(&id, "accept", json!({})).await.expect(403);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proposer_never_approves() {
    let s = service().await;
    let mut db = s.db.sql().await;
    sqlx::query("update dothi.account set roles = '{reviewer,approver}' where name = 'reviewer'")
        .execute(&mut db)
        .await
        .unwrap();
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    settle(&reviewer, &id, &[]).await;
    reviewer.event(&id, "propose", json!({})).await.expect(200);
    reviewer.event(&id, "approve", json!({})).await.expect(409);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_wins() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    settle(&reviewer, &id, &[]).await;
    reviewer.event(&id, "propose", json!({})).await.expect(200);
    let approver = s.sign_in("approver").await;
    let (a, b) = tokio::join!(
        approver.event(&id, "approve", json!({"expected_state": "DECISION"})),
        approver.event(&id, "send_back", json!({"expected_state": "DECISION", "note": "Xem lại."})),
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{} {}", a.body, b.body);
    assert!([409, 412].contains(&statuses[1]), "{} {}", a.body, b.body);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_submits_once() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "tube_house.ifc").await;
    let submit = || applicant.event(&id, "submit", json!({"expected_state": "DRAFT"}));
    let (a, b) = tokio::join!(submit(), submit());
    let ok = [&a, &b].iter().filter(|r| r.status == 200).count();
    assert_eq!(ok, 1, "{} {}", a.body, b.body);
    let case = applicant.get(&format!("/api/v1/applications/{id}")).await.expect(200).body;
    assert_eq!(case["submissions"].as_array().unwrap().len(), 1);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gives_the_first_answer_again() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let e = expected("tube_house.ifc");
    let body = json!({"kind": "new_house", "parcel": e["parcel"], "form": e["form"]});
    let send = |body: &Value| {
        let request = applicant.request(Method::POST, "/api/v1/applications");
        Person::send(request.header("Idempotency-Key", "k-1").json(body))
    };
    let first = send(&body).await.expect(201);
    let replay = send(&body).await.expect(201);
    assert_eq!(first.body, replay.body);
    assert_eq!(first.headers[header::LOCATION], replay.headers[header::LOCATION]);
    let mut other = body.clone();
    other["title"] = json!("Khác");
    send(&other).await.expect(422);
    let list = applicant.get("/api/v1/applications").await.expect(200).body;
    assert_eq!(list["applications"].as_array().unwrap().len(), 1);

    // The same for an upload: one version, one answer.
    let id = first.body["id"].as_str().unwrap();
    let put = || {
        let request =
            applicant.request(Method::PUT, &format!("/api/v1/applications/{id}/documents/land_paper"));
        Person::send(request.header("Idempotency-Key", "k-2").body("%PDF-1.4 giấy tờ"))
    };
    assert_eq!(put().await.expect(201).body, put().await.expect(201).body);
    let documents = applicant.get(&format!("/api/v1/applications/{id}/documents")).await.expect(200).body;
    assert_eq!(documents["documents"].as_array().unwrap().len(), 1);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_requests_are_told_so() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "tube_house.ifc").await;
    let seen = applicant.get(&format!("/api/v1/applications/{id}")).await.expect(200);
    let path = format!("/api/v1/applications/{id}/events");
    let submit = |tag: String| {
        let request = applicant.request(Method::POST, &path).header(header::IF_MATCH, tag);
        Person::send(request.json(&json!({"event": "submit"})))
    };
    submit("\"0\"".to_owned()).await.expect(412);
    applicant.event(&id, "submit", json!({"expected_state": "RETURNED"})).await.expect(412);
    submit(seen.etag()).await.expect(200);
    let wrong = applicant.event(&id, "submit", json!({})).await.expect(409);
    assert_eq!(wrong.body["allowed_events"], json!(["withdraw"]));
    let late =
        applicant.put_bytes(&format!("/api/v1/applications/{id}/model"), b"ISO-10303-21;".to_vec()).await;
    late.expect(409);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_files_are_refused_with_the_reason() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let e = expected("tube_house.ifc");
    let body = json!({"kind": "new_house", "parcel": e["parcel"]});
    let id = applicant.post("/api/v1/applications", &body).await.expect(201).body["id"].clone();
    let id = id.as_str().unwrap();
    let path = format!("/api/v1/applications/{id}/model");
    for bytes in [b"".to_vec(), b"PK\x03\x04zip".to_vec(), b"%PDF-1.7".to_vec(), vec![0xA5; 100_000]] {
        let refused = applicant.put_bytes(&path, bytes).await.expect(422);
        assert!(refused.body["detail"].as_str().unwrap().contains("IFC"), "{}", refused.body);
    }
    // It begins like a model and is none: the job says so, and nothing falls over.
    let sent = applicant.put_bytes(&path, b"ISO-10303-21;\nHEADER;\nnoise".to_vec()).await.expect(202);
    let job = applicant.job(&sent).await;
    assert_eq!(job["state"], "failed", "{job}");
    assert!(job["error"]["vi"].is_string());

    let slot = format!("/api/v1/applications/{id}/documents");
    applicant.put_bytes(&format!("{slot}/no_such_slot"), b"%PDF-1.4".to_vec()).await.expect(404);
    applicant.put_bytes(&format!("{slot}/land_paper"), b"<html><script>".to_vec()).await.expect(422);
    let made = applicant
        .put_bytes(&format!("{slot}/land_paper?name=%3Cscript%3Es%E1%BB%95.pdf"), b"%PDF-1.4 x".to_vec())
        .await
        .expect(201);
    assert_eq!(made.body["version"], 1);
    let served = applicant.get(&format!("{slot}/land_paper/1")).await.expect(200);
    assert!(served.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    assert_eq!(served.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_drafts_name_the_field() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    for (body, place) in [
        (json!({"kind": "castle", "parcel": "24611-12-87"}), "kind"),
        (json!({"kind": "new_house"}), "parcel"),
        (json!({"kind": "new_house", "parcel": "1-1-1"}), "parcel"),
        (json!({"kind": "new_house", "parcel": "24611-12-87", "external_code": "x"}), "channel"),
        (json!({"kind": "new_house", "parcel": "24611-12-87", "colour": "red"}), "body"),
        (json!({"kind": "adjust", "parcel": "24611-12-87"}), "parent_permit"),
    ] {
        let refused = applicant.post("/api/v1/applications", &body).await.expect(400);
        assert_eq!(refused.body["parameter"], place, "{body}: {}", refused.body);
        assert_eq!(refused.headers[header::CONTENT_TYPE], "application/problem+json");
    }
    s.sign_in("reviewer").await.post("/api/v1/applications", &json!({"kind": "new_house"})).await.expect(403);
    // Not complete: the gate lists what is missing.
    let body = json!({"kind": "new_house", "parcel": "24611-12-87"});
    let made = applicant.post("/api/v1/applications", &body).await.expect(201);
    let id = made.body["id"].as_str().unwrap();
    let refused = applicant.event(id, "submit", json!({})).await.expect(409);
    let missing = refused.body["missing"].as_array().unwrap();
    assert!(missing.iter().any(|m| m["place"] == "documents/model"), "{}", refused.body);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_and_out() {
    let s = service().await;
    let public = s.public();
    public.post("/api/v1/login", &json!({"name": "applicant", "password": "wrong-one"})).await.expect(401);
    public.post("/api/v1/login", &json!({"name": "nobody", "password": "wrong-one"})).await.expect(401);
    public.get("/api/v1/me").await.expect(401);
    let request = public.request(Method::POST, "/api/v1/login").header("Origin", "https://evil.example");
    let foreign = Person::send(request.json(&json!({"name": "applicant", "password": "dothi-sample"}))).await;
    foreign.expect(403);
    let good = json!({"name": "applicant", "password": "dothi-sample"});
    let answer = public.post("/api/v1/login", &good).await.expect(200);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"));
    let pair = cookie.split(';').next().unwrap();
    let with_cookie = |method: Method, path: &str| public.request(method, path).header(header::COOKIE, pair);
    let me = Person::send(with_cookie(Method::GET, "/api/v1/me")).await.expect(200);
    assert_eq!(me.body["name"], "applicant");
    // A page of another site cannot use the cookie.
    let forged = with_cookie(Method::POST, "/api/v1/logout").header("Sec-Fetch-Site", "cross-site");
    Person::send(forged).await.expect(403);
    Person::send(with_cookie(Method::POST, "/api/v1/logout")).await.expect(204);
    Person::send(with_cookie(Method::GET, "/api/v1/me")).await.expect(401);
    Person::send(public.request(Method::GET, "/api/v1/me").bearer_auth("forged")).await.expect(401);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_numbered_without_a_gap() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let body = json!({"kind": "new_house", "parcel": "24611-12-87", "channel": "dvcqg", "external_code": "G01.99-1"});
    let made = applicant.post("/api/v1/applications", &body).await.expect(201);
    applicant.post("/api/v1/applications", &body).await.expect(409);
    let found = applicant.get("/api/v1/applications/by-external/dvcqg/G01.99-1").await.expect(200);
    assert_eq!(found.body["id"], made.body["id"]);
    let drafts = (0..6).map(|_| {
        let applicant = applicant.clone();
        tokio::spawn(async move {
            let body = json!({"kind": "new_house", "parcel": "24611-12-87"});
            applicant.post("/api/v1/applications", &body).await.expect(201);
        })
    });
    for one in drafts.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    let admin = s.sign_in("admin").await;
    let events = admin.get("/api/v1/events?after=0").await.expect(200).body;
    let numbers: Vec<i64> =
        events["events"].as_array().unwrap().iter().map(|e| e["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=7).collect::<Vec<_>>());
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_described_operation_is_served() {
    let s = service().await;
    let described = s.public().get("/api/openapi.json").await.expect(200).body;
    for (path, operations) in described["paths"].as_object().unwrap() {
        let address = path
            .replace("{id}", "HS-0000-000000")
            .replace("{job}", "00000000-0000-0000-0000-000000000000")
            .replace("{run}", "00000000-0000-0000-0000-000000000000")
            .replace("{number}", "1")
            .replace("{version}", "1")
            .replace(['{', '}'], "");
        for method in operations.as_object().unwrap().keys().filter(|k| *k != "parameters") {
            let request = s.public().request(method.to_uppercase().parse().unwrap(), &address);
            let answer = Person::send(request).await;
            // Unknown addresses answer 404 with the place `page`, wrong methods 405.
            assert_ne!(answer.status, 405, "{method} {path}");
            let unknown = answer.body["detail"].as_str().is_some_and(|d| d.contains("page"));
            assert!(!unknown, "{method} {path}: {}", answer.body);
        }
    }
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_password_opens_nothing_until_it_is_changed() {
    let s = service().await;
    let account = NewAccount {
        name: "first".to_owned(),
        display_name: "Quản trị".to_owned(),
        password: "one-time-secret".to_owned(),
        roles: BTreeSet::from([Role::Admin]),
        authority: None,
        agency: None,
        sample: false,
        must_change_password: true,
    };
    s.db.store.add_account(account).await.unwrap();
    let public = s.public();
    let login = async |password: &str| {
        public.post("/api/v1/login", &json!({"name": "first", "password": password})).await
    };
    let refused = login("one-time-secret").await.expect(403);
    assert!(refused.body["detail"].as_str().unwrap().contains("/password"), "{:#}", refused.body);
    let change = async |old: &str, new: &str| {
        let body = json!({"name": "first", "password": old, "new_password": new});
        public.post("/api/v1/password", &body).await
    };
    change("wrong-one", "another-secret").await.expect(401);
    change("one-time-secret", "short").await.expect(400);
    change("one-time-secret", "one-time-secret").await.expect(400);
    let changed = change("one-time-secret", "another-secret").await.expect(204);
    assert!(changed.headers.contains_key(header::SET_COOKIE));
    login("one-time-secret").await.expect(401);
    login("another-secret").await.expect(200);
}
