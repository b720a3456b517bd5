//! The list of changes, the life of an item and undo, through the front door, by right.

use dothi::access::Role;
use dothi::layers::Value;
use dothi::store::Author;
use dothi::store::accounts::NewAccount;
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::items::Patch;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

use crate::front::{Server, square};
use crate::store_feed::coded;

pub(super) async fn ask(
    server: &Server,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<Json>,
) -> (StatusCode, Json) {
    let mut request = server.client.request(method, format!("{}{path}", server.base));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// An officer of an agency that has no part in the cadastre; gives his token.
pub(super) async fn of_agency(server: &Server, agency: &str) -> String {
    let account = NewAccount {
        name: "stranger".to_owned(),
        display_name: "stranger".to_owned(),
        password: "dothi-sample".to_owned(),
        roles: [Role::Planner].into(),
        authority: None,
        agency: Some(agency.to_owned()),
        sample: true,
        must_change_password: false,
    };
    server.state.store.put_account(account).await.unwrap();
    let body = json!({"name": "stranger", "password": "dothi-sample"});
    let (status, answer) = ask(server, Method::POST, "/api/v1/login", None, Some(body)).await;
    assert_eq!(status, StatusCode::OK);
    answer["token"].as_str().unwrap().to_owned()
}

pub(super) async fn get(server: &Server, path: &str, token: &str) -> Json {
    let (status, json) = ask(server, Method::GET, path, Some(token), None).await;
    assert_eq!(status, StatusCode::OK, "{path}: {json}");
    json
}

/// A parcel that is imported and then corrected: its fid, the import, the correction.
pub(super) async fn corrected(server: &Server) -> (i64, i64, i64) {
    let catalog = server.state.catalog.load_full();
    let def = server.layer("parcel");
    let mut values = coded(&catalog, "parcel", "A");
    let at = |name: &str| def.attributes.iter().position(|a| a.name == name).unwrap();
    values[at("holder")] = Value::from("Nguyễn Văn A");
    let row = Incoming { place: "1".to_owned(), wkb: square(411_600.0, 1_327_195.0, 10.0), values };
    let author = Author::program("cli import by nam", "import of land.gpkg");
    let report =
        server.state.store.load_rows(&catalog, "parcel", vec![row], Mode::Append, &author).await.unwrap();
    let import = report.position.unwrap().revision;
    let fid = server.state.store.load_layer(&def).await.unwrap().1[0].fid;
    let author = Author::program("test", "by hand");
    let patch = Patch {
        wkb: Some(square(411_605.0, 1_327_195.0, 10.0)),
        values: vec![(at("holder"), Value::from("Trần Thị B")), (at("area_m2"), Value::Real(99.5))],
    };
    let written = server.state.store.items(&catalog, &def, &author).patch(fid, patch, None).await.unwrap();
    server.state.feed.catch_up(written.position).await.unwrap();
    (fid, import, written.version)
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_read_who_changed_what() {
    let server = Server::start().await;
    let (fid, import, correction) = corrected(&server).await;
    let life = format!("/api/v1/layers/parcel/items/{fid}/history");
    for path in ["/api/v1/revisions", &life] {
        assert_eq!(ask(&server, Method::GET, path, None, None).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    let applicant = server.sign_in("applicant1", Role::Applicant).await;
    for path in ["/api/v1/revisions", &life] {
        assert_eq!(
            ask(&server, Method::GET, path, Some(&applicant), None).await.0,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    let admin = server.sign_in("admin1", Role::Admin).await;
    let list = get(&server, "/api/v1/revisions?layer=parcel&limit=2", &admin).await;
    let numbers: Vec<i64> =
        list["revisions"].as_array().unwrap().iter().map(|r| r["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [correction, import]);
    assert_eq!(list["revisions"][1]["reason"], "import of land.gpkg");
    assert_eq!(list["revisions"][1]["layers"][0]["inserted"], 1);
    assert_eq!(list["revisions"][0]["layers"][0]["updated"], 1);
    let next =
        get(&server, &format!("/api/v1/revisions?layer=parcel&cursor={}", list["cursor"]), &admin).await;
    assert_eq!(next["revisions"][0]["layers"][0]["definition"], true);
    assert_eq!(next["cursor"], Json::Null);
    let none = get(&server, "/api/v1/revisions?layer=parcel&before=2020-01-01T00:00:00Z", &admin).await;
    assert_eq!(none["revisions"], json!([]));

    let told = get(&server, &life, &admin).await;
    let steps = told["versions"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!((&steps[0]["change"], &steps[1]["change"]), (&json!("updated"), &json!("inserted")));
    assert_eq!(steps[0]["geometry_changed"], true);
    let holder = json!({"name": "holder", "old": "Nguyễn Văn A", "new": "Trần Thị B"});
    assert!(steps[0]["attributes"].as_array().unwrap().contains(&holder), "{told}");
    let old: Json =
        server.client.get(steps[1]["href"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    assert_eq!(old["type"], "Feature");

    // Who may not see an attribute today does not see that it changed.
    let stranger = of_agency(&server, "GDDT").await;
    let told = get(&server, &life, &stranger).await;
    assert!(!told.to_string().contains("holder") && !told.to_string().contains("Trần"), "{told}");
    // Changes of a layer that is hidden from him are no changes at all.
    let hidden =
        ask(&server, Method::GET, "/api/v1/revisions?layer=camera_security", Some(&stranger), None).await;
    let unknown = ask(&server, Method::GET, "/api/v1/revisions?layer=nothing", Some(&stranger), None).await;
    assert_eq!((hidden.0, unknown.0), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_undone_by_who_may() {
    let server = Server::start().await;
    let (fid, import, correction) = corrected(&server).await;
    let admin = server.sign_in("admin1", Role::Admin).await;
    let intake = server.sign_in("intake1", Role::Intake).await;
    let undo = |n: i64| format!("/api/v1/revisions/{n}/undo");
    assert_eq!(ask(&server, Method::POST, &undo(import), None, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&server, Method::POST, &undo(import), Some(&intake), None).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&server, Method::POST, &undo(99_999), Some(&admin), None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(&server, Method::POST, &undo(1), Some(&admin), None).await.0, StatusCode::CONFLICT);

    let (status, report) =
        ask(&server, Method::POST, &undo(import), Some(&admin), Some(json!({"dry_run": true}))).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!(report["conflicting"], 1);
    let conflict = &report["conflicts"][0];
    assert_eq!(conflict["revision"], correction);
    assert_eq!((&conflict["reason"], &conflict["client"]), (&json!("by hand"), &json!("test")));
    assert!(conflict["actor"].is_null() && conflict["committed_at"].is_string(), "{conflict}");
    assert_eq!(report["revision"], Json::Null);

    let body = json!({"reason": "sai số đo"});
    let (status, report) = ask(&server, Method::POST, &undo(correction), Some(&admin), Some(body)).await;
    assert_eq!((status, &report["restored"]), (StatusCode::OK, &json!(1)), "{report}");
    // The writer reads his own undo at once.
    let now = server.json(&format!("/ogc/collections/parcel/items/{fid}")).await;
    assert_ne!(now["properties"]["area_m2"], 99.5);
    let line = get(&server, &format!("/api/v1/revisions/{}", report["revision"]), &admin).await;
    assert_eq!(line["undoes"], correction);
    assert_eq!(line["actor"]["display_name"], "admin1");
    assert!(line["reason"].as_str().unwrap().contains("sai số đo"));
    assert_eq!(
        get(&server, &format!("/api/v1/revisions/{correction}"), &admin).await["undone_by"],
        report["revision"]
    );
    let audit = server.state.store.list_audit("revision", &correction.to_string()).await.unwrap();
    assert_eq!((audit.len(), audit[0].action.as_str(), audit[0].actor_name.as_str()), (1, "undo", "admin1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_tell_changes_lives_and_undos() {
    let server = Server::start().await;
    let (fid, import, correction) = corrected(&server).await;
    let admin = server.sign_in("admin1", Role::Admin).await;
    let page = async |path: &str, token: Option<&str>| super::pages::page(&server, path, token).await;
    let undo = format!("/changes/{correction}/undo");
    let item = format!("/changes/items/parcel/{fid}");
    for path in ["/changes", &undo, &item] {
        assert_eq!(page(path, None).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    let (status, list) = page("/changes?layer=parcel", Some(&admin)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        list.contains("Nhập tệp land.gpkg") && list.contains(&format!("/changes/{import}/undo")),
        "{list}"
    );
    let (status, preview) = page(&undo, Some(&admin)).await;
    assert_eq!(status, StatusCode::OK, "{preview}");
    assert!(preview.contains(&format!("POST /api/v1/revisions/{correction}/undo")), "{preview}");
    let (status, life) = page(&item, Some(&admin)).await;
    assert_eq!(status, StatusCode::OK, "{life}");
    assert!(life.contains("Trần Thị B") && life.contains("\"state\":\"old\""), "{life}");
    let (_, first) = page(&format!("{item}?revision={import}"), Some(&admin)).await;
    assert!(first.contains("\"state\":\"new\"") && !first.contains("\"state\":\"old\""), "{first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_undo_is_a_job_that_tells_how_far_it_is() {
    let server = Server::start().await;
    let runner = dothi::jobs::Runner::start(&server.state);
    let catalog = server.state.catalog.load_full();
    let rows = (0..=dothi::store::feed::MAX_FIDS).map(|i| Incoming {
        place: i.to_string(),
        wkb: crate::front::point(411_600.0 + i as f64 * 0.5, 1_327_195.0),
        values: coded(&catalog, "hydrant", &format!("H{i}")),
    });
    let author = Author::program("test", "import of hydrants");
    let report =
        server.state.store.load_rows(&catalog, "hydrant", rows, Mode::Append, &author).await.unwrap();
    let import = report.position.unwrap().revision;
    let admin = server.sign_in("admin1", Role::Admin).await;
    let path = format!("/api/v1/revisions/{import}/undo");
    let (status, dry) = ask(&server, Method::POST, &path, Some(&admin), Some(json!({"dry_run": true}))).await;
    assert_eq!((status, &dry["removed"]), (StatusCode::OK, &json!(report.inserted)));
    let body = json!({"reason": "nhập nhầm tệp"});
    let (status, answer) = ask(&server, Method::POST, &path, Some(&admin), Some(body)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let job = format!("/api/v1/jobs/{}", answer["job"].as_str().unwrap());
    let done = loop {
        let now = get(&server, &job, &admin).await;
        match now["state"].as_str().unwrap() {
            "done" => break now,
            "failed" => panic!("{now}"),
            _ => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    };
    assert_eq!(
        (&done["result"]["removed"], &done["result"]["conflicting"]),
        (&json!(report.inserted), &json!(0))
    );
    let undo = done["result"]["revision"].as_i64().unwrap();
    let told = get(&server, &format!("/api/v1/revisions/{undo}"), &admin).await;
    assert_eq!(
        (&told["undoes"], &told["actor"]["display_name"]),
        (&json!(import), &json!("admin1")),
        "{told}"
    );
    assert!(server.state.store.load_layer(&server.layer("hydrant")).await.unwrap().1.is_empty());
    // A stranger does not see the job.
    let stranger = of_agency(&server, "YT").await;
    assert_eq!(ask(&server, Method::GET, &job, Some(&stranger), None).await.0, StatusCode::NOT_FOUND);
    runner.stop().await;
}
