//! The page of one change and what it must not tell.

use dothi::access::Role;
use dothi::layers::Value;
use dothi::store::Author;
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::items::Patch;
use dothi::store::quality::{NewProblem, QualityRun};
use dothi::store::reasons::Reason;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::told::{ask, corrected, get, of_agency};
use crate::front::{Server, point};
use crate::store_feed::coded;

/// A page as this account reads it, in Vietnamese.
pub(super) async fn page(server: &Server, path: &str, token: Option<&str>) -> (StatusCode, String) {
    let mut request = server.client.get(format!("{}{path}", server.base)).header("accept", "text/html");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// Changes attributes of a parcel by hand.
async fn patch(server: &Server, fid: i64, reason: &str, values: &[(&str, Value)]) -> i64 {
    let (catalog, def) = (server.state.catalog.load_full(), server.layer("parcel"));
    let at = |name: &str| def.attributes.iter().position(|a| a.name == name).unwrap();
    let values = values.iter().map(|(name, value)| (at(name), value.clone())).collect();
    let author = Author { actor: None, reason: reason.to_owned(), client: "portal".to_owned() };
    let items = server.state.store.items(&catalog, &def, &author);
    let written = items.patch(fid, Patch { wkb: None, values }, None).await.unwrap();
    server.state.feed.catch_up(written.position).await.unwrap();
    written.version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_has_a_page_with_what_became_of_each_item() {
    let server = Server::start().await;
    let (fid, import, correction) = corrected(&server).await;
    let admin = server.sign_in("admin1", Role::Admin).await;
    let path = format!("/changes/{correction}");
    assert_eq!(page(&server, &path, None).await.0, StatusCode::UNAUTHORIZED);
    let applicant = server.sign_in("applicant1", Role::Applicant).await;
    assert_eq!(page(&server, &path, Some(&applicant)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(page(&server, "/changes/99999", Some(&admin)).await.0, StatusCode::NOT_FOUND);

    let (status, told) = page(&server, &path, Some(&admin)).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    for part in ["Nguyễn Văn A", "Trần Thị B", "100\u{a0}m²", "by hand", "Thửa đất A", "\"state\":\"old\""]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains(&format!("href=\"/changes/{correction}/undo\"")), "{told}");
    assert!(told.contains(&format!("/changes/items/parcel/{fid}?revision={correction}")), "{told}");
    // The list and the item's history lead here.
    for from in ["/changes".to_owned(), format!("/changes/items/parcel/{fid}")] {
        let (_, list) = page(&server, &from, Some(&admin)).await;
        assert!(list.contains(&format!("href=\"/changes/{correction}")), "{from}: {list}");
    }
    // The program's own reason is told in the reader's language, through what it came too.
    let (_, told) = page(&server, &format!("/changes/{import}"), Some(&admin)).await;
    assert!(told.contains("Nhập tệp land.gpkg") && told.contains("dòng lệnh (nam)"), "{told}");
    assert!(!told.contains("import of") && told.contains("\"state\":\"new\""), "{told}");

    // As JSON, as the page tells it.
    let listed = get(&server, &format!("/api/v1/revisions/{correction}/items"), &admin).await;
    let item = &listed["items"][0];
    assert_eq!(
        (&listed["layer"], &item["fid"], &item["change"]),
        (&json!("parcel"), &json!(fid), &json!("updated"))
    );
    assert_eq!(
        (&item["before"]["holder"], &item["after"]["holder"]),
        (&json!("Nguyễn Văn A"), &json!("Trần Thị B"))
    );

    // An undone change offers no second undo, and each names the other.
    let body = Some(json!({"reason": "sai số đo"}));
    let (_, done) =
        ask(&server, Method::POST, &format!("/api/v1/revisions/{correction}/undo"), Some(&admin), body).await;
    let (_, told) = page(&server, &path, Some(&admin)).await;
    assert!(told.contains(&format!("href=\"/changes/{}\"", done["revision"])), "{told}");
    assert!(!told.contains(&format!("/changes/{correction}/undo")), "{told}");
    let (_, undo) = page(&server, &format!("/changes/{}", done["revision"]), Some(&admin)).await;
    assert!(undo.contains(&format!("Hoàn tác lần thay đổi {correction}: sai số đo")), "{undo}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_one_may_not_see_is_none() {
    let server = Server::start().await;
    let (fid, import, correction) = corrected(&server).await;
    let secret = patch(&server, fid, "đổi chủ", &[("holder", "Lê Văn Kín".into())]).await;
    let (admin, stranger) = (server.sign_in("admin1", Role::Admin).await, of_agency(&server, "GDDT").await);

    let (_, told) = page(&server, &format!("/changes/{correction}"), Some(&stranger)).await;
    assert!(told.contains("100\u{a0}m²"), "{told}");
    let (_, first) = page(&server, &format!("/changes/{import}"), Some(&stranger)).await;
    for (hidden, told) in [("Trần Thị B", &told), ("holder", &told), ("Nguyễn Văn A", &first)] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
    // Nothing but a hidden attribute changed: no page, no line, no count.
    for path in [format!("/changes/{secret}"), format!("/api/v1/revisions/{secret}/items")] {
        assert_eq!(page(&server, &path, Some(&stranger)).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(page(&server, &path, Some(&admin)).await.0, StatusCode::OK, "{path}");
    }
    let numbers = async |token: &str| {
        let list = get(&server, "/api/v1/revisions?layer=parcel&limit=3", token).await;
        let all = list["revisions"].as_array().unwrap();
        all.iter()
            .map(|r| (r["number"].as_i64().unwrap(), r["layers"][0]["updated"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&admin).await, [(secret, json!(1)), (correction, json!(1)), (import, json!(0))]);
    assert_eq!(numbers(&stranger).await, [(correction, json!(1)), (import, json!(0))]);
    // A layer that he does not see has no change at all.
    let point = point(411_600.0, 1_327_195.0);
    let camera = server
        .insert("camera_security", point, &[("code", "C1".into()), ("name", "Camera kín".into())])
        .await;
    let path = format!("/changes/{}", camera.version);
    assert_eq!(page(&server, &path, Some(&stranger)).await.0, StatusCode::NOT_FOUND);
    let (status, told) = page(&server, &path, Some(&admin)).await;
    assert!(status == StatusCode::OK && told.contains("Camera kín"), "{told}");
}

/// The rows of a quality run are seen by who sees the layer that was checked; so is the run.
#[tokio::test(flavor = "multi_thread")]
async fn a_quality_run_of_a_hidden_layer_is_no_change() {
    let server = Server::start().await;
    let mut revisions = Vec::new();
    for layer in ["camera_security", "park"] {
        let now = chrono::Utc::now();
        let run = QualityRun {
            id: uuid::Uuid::new_v4(),
            layer: layer.to_owned(),
            revision: 1,
            rules: json!([]),
            errors: 1,
            warnings: 0,
            items: 1,
            started_at: now,
            finished_at: now,
            requested_by: None,
        };
        let problem = NewProblem {
            rule: "inside".to_owned(),
            key: "1".to_owned(),
            kind: "within".to_owned(),
            severity: "error".to_owned(),
            item_fid: Some(1),
            item_label: None,
            other_layer: None,
            other_fid: None,
            message_vi: "nằm ngoài".to_owned(),
            message_en: "outside".to_owned(),
            measured: None,
            unit: None,
            point: Some(hex::encode(point(411_600.0, 1_327_195.0))),
            geom: None,
        };
        let reason = Reason::Quality(layer).text();
        let author = Author { actor: None, reason, client: "quality".to_owned() };
        let position = server.state.store.keep_quality_run(&run, &[problem], &author).await.unwrap().unwrap();
        server.state.feed.catch_up(position).await.unwrap();
        revisions.push(position.revision);
    }
    let (admin, stranger) = (server.sign_in("admin1", Role::Admin).await, of_agency(&server, "GDDT").await);
    let (_, all) = page(&server, "/changes?layer=quality_problem", Some(&admin)).await;
    assert!(all.contains("Kiểm tra chất lượng: Camera an ninh"), "{all}");
    let (_, some) = page(&server, "/changes?layer=quality_problem", Some(&stranger)).await;
    assert!(!some.contains("Camera an ninh") && some.contains("Kiểm tra chất lượng: Công viên"), "{some}");
    assert_eq!(
        page(&server, &format!("/changes/{}", revisions[0]), Some(&stranger)).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(page(&server, &format!("/changes/{}", revisions[1]), Some(&stranger)).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_change_is_read_page_by_page() {
    let server = Server::start().await;
    let catalog = server.state.catalog.load_full();
    let most = dothi::store::feed::MAX_FIDS + 1;
    let rows = (0..most).map(|i| Incoming {
        place: i.to_string(),
        wkb: point(411_600.0 + i as f64 * 0.5, 1_327_195.0),
        values: coded(&catalog, "hydrant", &format!("H{i}")),
    });
    let author = Author::program("cli import", "import of hydrants.csv");
    let report =
        server.state.store.load_rows(&catalog, "hydrant", rows, Mode::Append, &author).await.unwrap();
    let import = report.position.unwrap().revision;
    server.state.feed.catch_up(report.position.unwrap()).await.unwrap();
    let admin = server.sign_in("admin1", Role::Admin).await;
    let (status, first) = page(&server, &format!("/changes/{import}"), Some(&admin)).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert!(first.contains("10.001"), "the count: {first}");
    assert_eq!(first.matches("<li id=\"item-").count(), 50);
    let next =
        first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let (_, second) = page(&server, &next, Some(&admin)).await;
    assert_eq!(second.matches("<li id=\"item-").count(), 50);
    // Every item once.
    let (mut seen, mut cursor) = (Vec::new(), Json::from(0));
    while !cursor.is_null() {
        let path = format!("/api/v1/revisions/{import}/items?limit=500&cursor={cursor}");
        let part = get(&server, &path, &admin).await;
        seen.extend(part["items"].as_array().unwrap().iter().map(|i| i["fid"].as_i64().unwrap()));
        cursor = part["cursor"].clone();
    }
    assert_eq!(seen.len(), most);
    assert!(seen.windows(2).all(|w| w[0] < w[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_items_history_is_headed_as_people_call_it() {
    let server = Server::start().await;
    let (fid, import, correction) = corrected(&server).await;
    let numbered =
        patch(&server, fid, "số thửa", &[("parcel_number", Value::Int(12)), ("sheet_number", Value::Int(3))])
            .await;
    let admin = server.sign_in("admin1", Role::Admin).await;
    let item = format!("/changes/items/parcel/{fid}");
    let (_, told) = page(&server, &item, Some(&admin)).await;
    assert!(told.contains("<h1>Lịch sử thửa đất 12 tờ 3</h1>"), "{told}");
    let request = server.client.get(format!("{}{item}", server.base)).header("accept", "text/html");
    let english = request.header("cookie", "dothi_lang=en").bearer_auth(&admin).send().await.unwrap();
    let english = english.text().await.unwrap();
    assert!(english.contains("<h1>History of parcel 12, sheet 3</h1>"), "{english}");
    // What solid and dashed lines mean is told only where both are drawn.
    let legend = "trước khi sửa";
    for (revision, moved) in [(numbered, false), (correction, true), (import, false)] {
        let (_, told) = page(&server, &format!("{item}?revision={revision}"), Some(&admin)).await;
        assert_eq!(told.contains(legend), moved, "{revision}: {told}");
    }
}
