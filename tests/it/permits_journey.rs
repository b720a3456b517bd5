//! The ways of a case from the draft to its end, through the front door.

use serde_json::json;

use crate::permits_support::{Person, appraised, draft, service, settle, upload};

/// The rule's row of the latest checks.
async fn row(person: &Person, id: &str, rule: &str) -> serde_json::Value {
    let checks = person.get(&format!("/api/v1/applications/{id}/checks")).await.expect(200).body;
    let found = checks["checks"].as_array().unwrap().iter().find(|c| c["rule"] == rule);
    found.unwrap_or_else(|| panic!("no row {rule}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_draft_to_the_permit_on_the_map() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "tube_house.ifc").await;

    // The authority's own checks, before anything is filed.
    let precheck =
        applicant.post(&format!("/api/v1/applications/{id}/precheck"), &json!({})).await.expect(202);
    let job = applicant.job(&precheck).await;
    assert_eq!(job["state"], "done", "{job}");
    let checks = applicant.get(&format!("/api/v1/applications/{id}/checks")).await.expect(200).body;
    assert_eq!((&checks["kind"], &checks["stale"]), (&json!("precheck"), &json!(false)));
    assert!(checks["checks"].as_array().unwrap().len() >= 40, "every row of the catalogue is listed");
    assert_eq!(row(&applicant, &id, "P09").await["verdict"], "PASS");

    // Filed: the officers of the ward see it now.
    let reviewer = s.sign_in("reviewer").await;
    reviewer.get(&format!("/api/v1/applications/{id}")).await.expect(404);
    let filed = applicant.event(&id, "submit", json!({"expected_state": "DRAFT"})).await.expect(200);
    assert_eq!(filed.body["state"], "SUBMITTED");
    let case = reviewer.get(&format!("/api/v1/applications/{id}")).await.expect(200).body;
    assert_eq!(case["authority"], "24611");
    assert_eq!(case["submissions"][0]["number"], 1);

    // Accepted: the clock starts, the official run goes off.
    let intake = s.sign_in("intake").await;
    let queue = intake.get("/api/v1/applications?waiting_for=me").await.expect(200).body;
    assert!(queue["applications"].as_array().unwrap().iter().any(|a| a["id"] == json!(id)));
    let accepted = intake.event(&id, "accept", json!({"expected_state": "SUBMITTED"})).await.expect(200);
    assert_eq!(accepted.body["state"], "APPRAISAL");
    assert_eq!(intake.job(&accepted).await["state"], "done");
    let case = applicant.get(&format!("/api/v1/applications/{id}")).await.expect(200).body;
    assert_eq!(case["clock"]["working_days_left"], 7);
    assert!(case["clock"]["due"].is_string());

    // Not before every blocking row is settled.
    let early = reviewer.event(&id, "propose", json!({})).await.expect(409);
    assert!(!early.body["rows"].as_array().unwrap().is_empty());
    settle(&reviewer, &id, &[]).await;
    let proposed = reviewer.event(&id, "propose", json!({"note": "Đủ điều kiện."})).await.expect(200);
    assert_eq!(proposed.body["state"], "DECISION");

    // The run was repeated before the proposal; both are kept.
    let runs = reviewer.get(&format!("/api/v1/applications/{id}/runs")).await.expect(200).body;
    let reasons: Vec<_> = runs["runs"].as_array().unwrap().iter().map(|r| r["reason"].clone()).collect();
    assert!(reasons.contains(&json!("accept")) && reasons.contains(&json!("repeat")), "{reasons:?}");
    assert_eq!(
        runs["runs"][0]["input_sha256"], runs["runs"][1]["input_sha256"],
        "nothing changed in between"
    );

    let approver = s.sign_in("approver").await;
    let decided = approver.event(&id, "approve", json!({"expected_state": "DECISION"})).await.expect(200);
    assert_eq!(decided.body["state"], "ISSUED");
    let code = decided.body["permit"].as_str().unwrap().to_owned();

    // The permit is an item in memory before the answer goes out.
    let catalog = s.state.catalog.load();
    let layer = catalog.layer("permit").unwrap();
    let view = dothi::access::view(&dothi::access::Principal::public(), layer, &catalog).unwrap();
    let snapshot = s.state.features.snapshot();
    let reader = snapshot.layer(&view).unwrap();
    let found =
        reader.query(&dothi::features::Query::default()).unwrap().next().expect("the permit is an item");
    assert_eq!(found.value_of("code").unwrap().to_json(), json!(code));
    assert_eq!(found.value_of("state").unwrap().to_json(), json!("VALID"));

    // The register shows the public an extract without personal data, the holder everything.
    let extract = s.public().get(&format!("/api/v1/permits/{code}")).await.expect(200).body;
    assert_eq!(extract["mark"], "bản trích công khai");
    assert!(!extract.to_string().contains("Nguyễn"), "{extract}");
    let full = applicant.get(&format!("/api/v1/permits/{code}")).await.expect(200).body;
    assert!(full["holder"]["name"].is_string());

    // A closed case is no longer in progress.
    let open = catalog.layer("permit_application").unwrap();
    let reader = snapshot.layer(&dothi::access::View::system(open)).unwrap();
    assert_eq!(reader.count(), 0);
    let events = applicant.get(&format!("/api/v1/applications/{id}/events")).await.expect(200).body;
    let names: Vec<_> =
        events["events"].as_array().unwrap().iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["create", "submit", "accept", "begin_appraisal", "approve", "issue"]);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplement_is_asked_for_once() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house_too_high.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    let failed = row(&reviewer, &id, "P09").await;
    assert_eq!(failed["verdict"], "FAIL", "{failed}");
    assert!(failed["measured"].as_f64() > failed["limit"].as_f64());
    assert!(!failed["clause"].as_str().unwrap().is_empty());

    let finding = json!({"rule": "P09", "work": failed["work"], "finding": "not_accepted", "reason": "Vượt chiều cao."});
    reviewer.post(&format!("/api/v1/applications/{id}/findings"), &finding).await.expect(201);
    let asked =
        reviewer.event(&id, "request_supplement", json!({"note": "Giảm chiều cao."})).await.expect(200);
    assert_eq!(asked.body["state"], "SUPPLEMENT_REQUESTED");
    let letters = applicant.get(&format!("/api/v1/applications/{id}/letters")).await.expect(200).body;
    let letter = letters["letters"].as_array().unwrap().last().unwrap();
    assert_eq!(letter["kind"], "supplement");
    assert_eq!(letter["body"]["points"][0]["rule"], "P09");
    let case = applicant.get(&format!("/api/v1/applications/{id}")).await.expect(200).body;
    assert_eq!(case["clock"]["paused"], true);

    upload(&applicant, &id, "tube_house.ifc").await;
    let filed = applicant.event(&id, "supplement", json!({})).await.expect(200);
    assert_eq!(filed.body["state"], "APPRAISAL");
    assert_eq!(applicant.job(&filed).await["state"], "done");
    assert_eq!(row(&reviewer, &id, "P09").await["verdict"], "PASS");
    let diff =
        reviewer.get(&format!("/api/v1/applications/{id}/submissions/2/diff?from=1")).await.expect(200).body;
    assert_eq!(diff["files"][0]["slot"], "model");
    assert!(
        diff["facts"]["1/0/height_m"]["before"].as_f64() > diff["facts"]["1/0/height_m"]["after"].as_f64()
    );

    let again = reviewer.event(&id, "request_supplement", json!({"note": "Lần nữa."})).await.expect(409);
    assert!(again.body["allowed_events"].is_array());
    settle(&reviewer, &id, &[]).await;
    reviewer.event(&id, "propose", json!({})).await.expect(200);
    let decided = s.sign_in("approver").await.event(&id, "approve", json!({})).await.expect(200);
    assert_eq!(decided.body["state"], "ISSUED");
    s.stop().await;
}

/// Makes the times of a case pass.
async fn let_time_pass(s: &crate::permits_support::Service, statement: &str) {
    use sqlx::Executor;
    s.db.sql().await.execute(statement).await.unwrap();
    dothi::jobs::pass_deadlines(&s.state).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplement_that_does_not_come_ends_the_case() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house_too_high.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    reviewer.event(&id, "request_supplement", json!({"note": "Giảm chiều cao."})).await.expect(200);
    dothi::jobs::pass_deadlines(&s.state).await.unwrap();
    assert_eq!(applicant.state_of(&id).await, "SUPPLEMENT_REQUESTED");
    let_time_pass(&s, "update permit.application set supplement_due_at = now() - interval '1 minute'").await;
    assert_eq!(applicant.state_of(&id).await, "REFUSED");
    let events = applicant.get(&format!("/api/v1/applications/{id}/events")).await.expect(200).body;
    let last = events["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["event"], &last["role"]), (&json!("supplement_lapsed"), &json!("system")));
    let letters = applicant.get(&format!("/api/v1/applications/{id}/letters")).await.expect(200).body;
    let letter = letters["letters"].as_array().unwrap().last().unwrap();
    assert!(letter["body"]["grounds"][0]["clause"].as_str().unwrap().contains("54"), "{letter}");
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_an_agency_is_deemed_and_never_a_pass() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    for agency in ["PCCC", "BCHQS"] {
        let question = json!({"agency": agency, "question": "Đề nghị cho ý kiến."});
        reviewer.post(&format!("/api/v1/applications/{id}/consultations"), &question).await.expect(201);
    }
    let_time_pass(&s, "update permit.consultation set due_at = now() - interval '1 minute'").await;
    let list = reviewer.get(&format!("/api/v1/applications/{id}/consultations")).await.expect(200).body;
    let state = |agency: &str| {
        let list = list["consultations"].as_array().unwrap();
        list.iter().find(|c| c["authority"] == agency).unwrap()["state"].clone()
    };
    // Another law rules over defence: its silence is no consent.
    assert_eq!((state("PCCC"), state("BCHQS")), (json!("deemed"), json!("open")));
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_checks_without_filing() {
    let db = crate::support::sample_database().await;
    let home = tempfile::tempdir().unwrap();
    let check = |model: &str| {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ifc-samples").join(model);
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dothi"));
        command
            .env("DATABASE_URL", &db.serve_url)
            .env("DOTHI_HOME", home.path())
            .arg("precheck")
            .arg("--ifc");
        command.arg(file).args(["--parcel", "24611-12-87", "--json"]);
        command
    };
    let good = check("tube_house.ifc").output().await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&good.stdout).unwrap();
    assert!(good.status.success(), "{said}");
    let bad = check("tube_house_too_high.ifc").output().await.unwrap();
    assert_eq!(bad.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&bad.stdout).unwrap();
    let failed: Vec<_> = said["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["verdict"] == "FAIL")
        .map(|c| &c["rule"])
        .collect();
    assert_eq!(failed, ["P09"]);
    let unknown = check("tube_house.ifc").args(["--parcel", "1-1-1"]).output().await.unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_takes_the_place_of_its_permit() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let (reviewer, approver, intake) =
        (s.sign_in("reviewer").await, s.sign_in("approver").await, s.sign_in("intake").await);
    let id = appraised(&s, &applicant, "tube_house.ifc").await;
    settle(&reviewer, &id, &[]).await;
    reviewer.event(&id, "propose", json!({})).await.expect(200);
    let first = approver.event(&id, "approve", json!({})).await.expect(200).body["permit"].clone();
    let first = first.as_str().unwrap();

    let form = json!({"reason": "Chưa đủ kinh phí.",
        "investor": {"type": "household_individual", "name": "Nguyễn Văn Mẫu"}});
    let body = json!({"kind": "extend", "parent_permit": first, "form": form});
    s.sign_in("applicant2").await.post("/api/v1/applications", &body).await.expect(400);
    let made = applicant.post("/api/v1/applications", &body).await.expect(201);
    let id = made.body["id"].as_str().unwrap();
    applicant.event(id, "submit", json!({})).await.expect(200);
    intake.event(id, "accept", json!({})).await.expect(200);
    let case = applicant.get(&format!("/api/v1/applications/{id}")).await.expect(200).body;
    assert_eq!((&case["authority"], &case["clock"]["working_days_left"]), (&json!("24611"), &json!(5)));
    reviewer.event(id, "propose", json!({})).await.expect(200);
    let second = approver.event(id, "approve", json!({})).await.expect(200).body["permit"].clone();
    let old = s.public().get(&format!("/api/v1/permits/{first}")).await.expect(200).body;
    let new = s.public().get(&format!("/api/v1/permits/{}", second.as_str().unwrap())).await.expect(200).body;
    assert_eq!((&old["state"], &new["state"]), (&json!("REPLACED"), &json!("VALID")));
    assert_eq!((&old["geometry"], &old["parcels"]), (&new["geometry"], &new["parcels"]));
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_notice_is_answered() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let form = json!({"start_on": "2026-12-01", "investor": {"type": "organisation", "name": "Công ty Mẫu"}});
    let body = json!({"kind": "start_notice", "parcel": "24611-12-87", "form": form});
    let made = applicant.post("/api/v1/applications", &body).await.expect(201);
    let id = made.body["id"].as_str().unwrap();
    let sent = applicant.event(id, "submit", json!({})).await.expect(200);
    assert_eq!(sent.body["state"], "NOTIFIED");
    let reviewer = s.sign_in("reviewer").await;
    let answered = reviewer.event(id, "approve_data", json!({})).await.expect(200);
    assert_eq!(answered.body["state"], "DATA_APPROVED");
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_its_grounds() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house_too_high.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    let clause = row(&reviewer, &id, "P09").await["clause"].clone();
    let finding = json!({"rule": "P09", "finding": "not_accepted", "reason": "Vượt chiều cao."});
    reviewer.post(&format!("/api/v1/applications/{id}/findings"), &finding).await.expect(201);
    settle(&reviewer, &id, &["P09"]).await;
    reviewer.event(&id, "propose", json!({"decision": "refuse"})).await.expect(200);

    let approver = s.sign_in("approver").await;
    let blocked = approver.event(&id, "approve", json!({})).await.expect(409);
    assert!(blocked.body["rows"].as_array().unwrap().iter().any(|r| r["rule"] == "P09"));
    approver.event(&id, "refuse", json!({})).await.expect(400);
    let refused = approver.event(&id, "refuse", json!({"grounds": [{"rule": "P09"}]})).await.expect(200);
    assert_eq!(refused.body["state"], "REFUSED");
    let letters = applicant.get(&format!("/api/v1/applications/{id}/letters")).await.expect(200).body;
    let letter = letters["letters"].as_array().unwrap().last().unwrap();
    assert_eq!((&letter["kind"], &letter["body"]["grounds"][0]["clause"]), (&json!("refusal"), &clause));
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_and_a_withdrawal() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "tube_house.ifc").await;
    applicant.event(&id, "submit", json!({})).await.expect(200);
    let intake = s.sign_in("intake").await;
    intake.event(&id, "return", json!({})).await.expect(400);
    let returned = intake.event(&id, "return", json!({"note": "Thiếu giấy tờ đất."})).await.expect(200);
    assert_eq!(returned.body["state"], "RETURNED");
    let again = applicant.event(&id, "submit", json!({"expected_state": "RETURNED"})).await.expect(200);
    assert_eq!(again.body["state"], "SUBMITTED");
    let case = applicant.get(&format!("/api/v1/applications/{id}")).await.expect(200).body;
    assert_eq!(case["submissions"].as_array().unwrap().len(), 2);
    let gone = applicant.event(&id, "withdraw", json!({})).await.expect(200);
    assert_eq!(gone.body["state"], "WITHDRAWN");
    applicant.event(&id, "submit", json!({})).await.expect(409);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_big_house_goes_to_the_department() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "apartment.ifc").await;
    applicant.event(&id, "submit", json!({})).await.expect(200);
    let case = applicant.get(&format!("/api/v1/applications/{id}")).await.expect(200).body;
    assert_eq!(case["authority"], "SXD");
    s.sign_in("intake").await.get(&format!("/api/v1/applications/{id}")).await.expect(404);
    s.sign_in("intake-sxd").await.get(&format!("/api/v1/applications/{id}")).await.expect(200);
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_is_consulted() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house.ifc").await;
    let (reviewer, agency) = (s.sign_in("reviewer").await, s.sign_in("agency").await);
    agency.get(&format!("/api/v1/applications/{id}")).await.expect(404);
    let question = json!({"agency": "PCCC", "question": "Đề nghị cho ý kiến về phòng cháy."});
    let asked = reviewer.post(&format!("/api/v1/applications/{id}/consultations"), &question).await;
    asked.expect(201);
    agency.get(&format!("/api/v1/applications/{id}")).await.expect(200);
    settle(&reviewer, &id, &[]).await;
    reviewer.event(&id, "propose", json!({})).await.expect(409);
    agency.event(&id, "opinion", json!({"opinion": "maybe"})).await.expect(400);
    agency.event(&id, "opinion", json!({"opinion": "agree", "note": "Thống nhất."})).await.expect(200);
    agency.event(&id, "opinion", json!({"opinion": "agree"})).await.expect(403);
    reviewer.event(&id, "propose", json!({})).await.expect(200);
    s.stop().await;
}
