//! Splitting and merging parcels through the front door: one revision, areas that add up, who came from whom, and
//! no lost update.

use dothi::access::Role;
use dothi::features::Query;
use dothi::layers::Value;
use dothi::space::crs::{from_crs84, to_crs84};
use geo::{Area, Coord, CoordsIter, Geometry};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use crate::front::{Server, square};

/// South-west corner of the test's parcels, EPSG:9218: Gia Nghĩa.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);

fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

/// A polygon of ISO WKB in EPSG:9218 from corners beside [`AT`].
fn polygon(corners: &[(f64, f64)]) -> Vec<u8> {
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0];
    wkb.extend_from_slice(&(corners.len() as u32 + 1).to_le_bytes());
    for (x, y) in corners.iter().chain(corners.first()) {
        wkb.extend_from_slice(&(AT.0 + x).to_le_bytes());
        wkb.extend_from_slice(&(AT.1 + y).to_le_bytes());
    }
    wkb
}

async fn parcel(server: &Server, number: i64, corners: &[(f64, f64)]) -> (i64, i64) {
    let values = [
        ("code", text(&format!("24611-12-{number}"))),
        ("commune_code", text("24611")),
        ("sheet_number", Value::Int(12)),
        ("parcel_number", Value::Int(number)),
        ("land_use", text("ODT")),
        ("holder", text("Trần Thị Kín")),
    ];
    let made = server.insert("parcel", polygon(corners), &values).await;
    (made.fid, made.version)
}

/// A GeoJSON line through places beside [`AT`].
fn line(places: &[(f64, f64)]) -> Json {
    let at = |(x, y): &(f64, f64)| {
        let (lon, lat) = to_crs84(AT.0 + x, AT.1 + y);
        json!([lon, lat])
    };
    json!({"type": "LineString", "coordinates": places.iter().map(at).collect::<Vec<_>>()})
}

async fn post(server: &Server, token: &str, path: &str, body: &Json) -> (StatusCode, Json) {
    let request = server.client.post(format!("{}{path}", server.base)).bearer_auth(token).json(body);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// The geometry as it is stored.
fn stored(server: &Server, fid: i64) -> Geometry<f64> {
    let def = server.layer("parcel");
    let view = dothi::access::View::system(&def);
    let reader = server.state.features.snapshot().layer(&view).unwrap();
    reader.get(fid).unwrap().geometry()
}

/// Twice the area in cells of the stored grid: exact.
fn cells(geometry: &Geometry<f64>) -> i128 {
    let Geometry::Polygon(p) = geometry else { panic!("{geometry:?}") };
    let cell = |c: &Coord<f64>| ((c.x * 1e4).round() as i128, (c.y * 1e4).round() as i128);
    let ring = &p.exterior().0;
    let twice: i128 = ring
        .windows(2)
        .map(|w| {
            let ((ax, ay), (bx, by)) = (cell(&w[0]), cell(&w[1]));
            ax * by - bx * ay
        })
        .sum();
    twice.abs()
}

fn fids(list: &Json) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|f| f["id"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_is_split_and_merged_back_with_its_lineage() {
    let server = Server::start().await;
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    // Slanting borders, so that the cut's ends do not fall on the grid by themselves; a neighbour to the south.
    let (fid, version) = parcel(&server, 87, &[(0.0, 0.0), (31.7, 4.3), (28.1, 40.9), (-3.3, 36.2)]).await;
    let (south, _) = parcel(&server, 88, &[(0.0, 0.0), (5.0, -30.0), (36.0, -28.0), (31.7, 4.3)]).await;
    let whole = stored(&server, fid);
    let cut = line(&[(13.0, -1.0), (12.0, 20.0), (12.5, 45.0)]);
    let path = format!("/api/v1/layers/parcel/items/{fid}/split");

    let ask = json!({"version": version, "line": cut, "dry_run": true});
    let (status, shown) = post(&server, &admin, &path, &ask).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    assert_eq!(shown["successors"].as_array().unwrap().len(), 2);
    assert!(shown["revision"].is_null() && shown["successors"][0]["id"].is_null());
    assert_eq!(stored(&server, fid), whole, "a dry run writes nothing");

    let before = server.state.store.position().await.unwrap().revision;
    let body = json!({
        "version": version,
        "line": cut,
        "reason": "Tách thửa theo trích đo 12-2026",
        "pieces": [{"parcel_number": 90, "code": "24611-12-90"}, {"parcel_number": 91, "code": "24611-12-91"}],
    });
    let (status, made) = post(&server, &admin, &path, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["revision"], json!(before + 1), "one revision");
    assert_eq!((&made["predecessors"], &made["adjusted"]), (&json!([fid]), &json!([south])));
    let list = format!("{}/api/v1/revisions?layer=parcel&limit=1", server.base);
    let listed: Json =
        server.client.get(list).bearer_auth(&admin).send().await.unwrap().json().await.unwrap();
    let change = &listed["revisions"][0]["layers"][0];
    assert_eq!(
        (&change["inserted"], &change["updated"], &change["removed"]),
        (&json!(2), &json!(1), &json!(1)),
        "two pieces, a neighbour with a new corner, the parcel: {listed}"
    );
    let pieces = fids(&made["successors"]);
    assert_eq!(
        server.get(&format!("/ogc/collections/parcel/items/{fid}")).await.status(),
        StatusCode::NOT_FOUND
    );

    // The pieces share the vertices of the cut and add up, to the cell, to the parcel with the cut's two ends on it.
    let shapes = [stored(&server, pieces[0]), stored(&server, pieces[1])];
    let shared: Vec<Coord<f64>> =
        shapes[0].coords_iter().filter(|c| shapes[1].coords_iter().any(|d| d == *c)).collect();
    assert!(shared.len() >= 3, "two ends and the bend: {shared:?}");
    let bordered =
        shared.iter().fold(whole.clone(), |g, c| dothi::space::weld::with_vertex(&g, *c).unwrap_or(g));
    assert_eq!(cells(&shapes[0]) + cells(&shapes[1]), cells(&bordered));
    assert!((shapes[0].unsigned_area() + shapes[1].unsigned_area() - whole.unsigned_area()).abs() < 0.01);
    // The neighbour has the vertex too: the three meet in one place.
    let neighbour = stored(&server, south);
    assert!(neighbour.coords_iter().any(|c| shared.contains(&c)), "{neighbour:?}");

    let item = server.json(&format!("/ogc/collections/parcel/items/{}", pieces[0])).await;
    assert_eq!(item["properties"]["code"], "24611-12-90");
    let area = (shapes[0].unsigned_area() * 100.0).round() / 100.0;
    assert_eq!(item["properties"]["area_m2"], json!(area), "the area follows the geometry");

    // Merged back, with the number of old.
    let versions = json!([
        {"fid": pieces[0], "version": made["revision"]}, {"fid": pieces[1], "version": made["revision"]},
    ]);
    let body = json!({"items": versions, "properties": {"parcel_number": 92, "code": "24611-12-92"}});
    let (status, merged) = post(&server, &admin, "/api/v1/layers/parcel/merge", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{merged}");
    let last = fids(&merged["successors"])[0];
    assert_eq!(cells(&stored(&server, last)), cells(&bordered));
    let holder = holder_of(&server, last);
    assert_eq!(holder, Some(text("Trần Thị Kín")), "what is not named goes on");

    // Officers see who and why; the public sees what came from what.
    let url = format!("/api/v1/layers/parcel/items/{last}/lineage");
    let public = server.json(&url).await;
    let steps = public["before"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    let named = |fid: i64, number: i64, current: bool| {
        json!([{"fid": fid, "label": format!("24611-12-{number}"), "title": format!("Thửa đất {number} tờ 12"),
            "current": current, "history": null}])
    };
    assert_eq!(steps[0]["predecessors"], named(fid, 87, false));
    assert_eq!(steps[1]["successors"], named(last, 92, true));
    assert!(steps[0]["by"].is_null() && steps[0]["reason"].is_null(), "{public}");
    let request = server.client.get(format!("{}{url}", server.base)).bearer_auth(&admin);
    let officer: Json = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(officer["before"][0]["reason"], "Tách thửa theo trích đo 12-2026");
    assert_eq!(officer["before"][0]["by"], "admin-of-test");
    assert_eq!(officer["before"][0]["predecessors"][0]["history"], format!("/changes/items/parcel/{fid}"));
    let first = server.json(&format!("/api/v1/layers/parcel/items/{fid}/lineage")).await;
    assert_eq!(
        first["after"].as_array().unwrap().len(),
        2,
        "a parcel that is gone still tells what became of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_kept_with_who_made_it_and_through_what() {
    let server = Server::start().await;
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    let (fid, mut version) = parcel(&server, 1, &[(0.0, 0.0), (20.0, 0.0), (20.0, 20.0)]).await;
    let path = format!("{}/api/v1/layers/parcel/items/{fid}", server.base);
    for (n, (says, client)) in
        [(Some("portal"), "portal"), (Some("other"), "api"), (None, "api")].into_iter().enumerate()
    {
        let body = json!({"version": version, "properties": {"sheet_number": n + 20}, "reason": " lý do "});
        let mut request = server.client.patch(&path).bearer_auth(&admin).json(&body);
        if let Some(says) = says {
            request = request.header("dothi-client", says);
        }
        let written: Json = request.send().await.unwrap().json().await.unwrap();
        version = written["version"].as_i64().unwrap_or_else(|| panic!("{written}"));
        let (who, why, through) = server.author_of(version).await;
        assert_eq!((&*who, &*why, &*through), ("admin-of-test", "lý do", client));
    }
    let long = json!({"version": version, "properties": {}, "reason": "ă".repeat(501)});
    let refused = server.client.patch(&path).bearer_auth(&admin).json(&long).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

/// Parcel 87 split into 90 and 91: the fids of the three.
async fn divided(server: &Server, token: &str) -> [i64; 3] {
    let (fid, version) = parcel(server, 87, &[(0.0, 0.0), (30.0, 0.0), (30.0, 30.0), (0.0, 30.0)]).await;
    let pieces =
        json!([{"parcel_number": 90, "code": "24611-12-90"}, {"parcel_number": 91, "code": "24611-12-91"}]);
    let body = json!({"version": version, "line": line(&[(15.0, -5.0), (15.0, 35.0)]), "pieces": pieces});
    let (status, made) =
        post(server, token, &format!("/api/v1/layers/parcel/items/{fid}/split"), &body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let made = fids(&made["successors"]);
    [fid, made[0], made[1]]
}

async fn page(server: &Server, path: &str, token: Option<&str>) -> String {
    let mut request = server.client.get(format!("{}{path}", server.base)).header("accept", "text/html");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_predecessor_and_successor_is_linked_by_its_own_title() {
    let server = Server::start().await;
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    let [old, west, east] = divided(&server, &admin).await;
    let link = |href: String, title: &str| format!("<a href=\"{href}\">{title}</a>");
    let history = |fid: i64| format!("/changes/items/parcel/{fid}");
    // The history of the old one leads to each of the new, and back.
    let told = page(&server, &history(old), Some(&admin)).await;
    for (fid, title) in [(west, "Thửa đất 90 tờ 12"), (east, "Thửa đất 91 tờ 12")] {
        assert!(told.contains(&link(history(fid), title)), "{told}");
        assert!(
            page(&server, &history(fid), Some(&admin))
                .await
                .contains(&link(history(old), "Thửa đất 87 tờ 12"))
        );
    }
    // So does the page of the item; the public has no page of what is gone.
    let item = format!("/ogc/collections/parcel/items/{west}?f=html");
    let old_one = format!("{}{}", server.base, history(old));
    let (officer, public) = (page(&server, &item, Some(&admin)).await, page(&server, &item, None).await);
    assert!(officer.contains(&link(old_one, "Thửa đất 87 tờ 12")), "{officer}");
    assert!(public.contains("Thửa đất 87 tờ 12") && !public.contains("/changes/"), "{public}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_applies_for_a_parcel_that_was_split_is_led_to_its_successors() {
    let server = Server::start().await;
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    divided(&server, &admin).await;
    let applicant = server.sign_in("applicant-of-test", Role::Applicant).await;
    for (token, field) in [(Some(&*applicant), true), (None, false)] {
        let told = page(&server, "/apply?parcel=24611-12-87&kind=repair", token).await;
        assert_eq!(told.matches("Thửa đất mã 24611-12-87").count(), 1, "{told}");
        assert_eq!(told.matches("role=\"alert\"").count(), 1, "{told}");
        assert_eq!(told.contains("id=\"parcel-error\""), field, "{told}");
        for code in ["90", "91"] {
            let href = format!("/apply?parcel=24611%2D12%2D{code}&amp;kind=repair");
            assert!(
                told.contains(&format!("<a href=\"{href}\">Thửa đất {code} tờ 12 (24611-12-{code})</a>")),
                "{told}"
            );
        }
    }
    let unknown = page(&server, "/apply?parcel=24611-12-999", Some(&applicant)).await;
    assert_eq!(unknown.matches("role=\"alert\"").count(), 1, "{unknown}");
    assert!(!unknown.contains("/apply?parcel=24611%2D"), "{unknown}");
    let body = json!({"kind": "new_house", "parcel": "24611-12-87", "form": {}});
    let (status, refused) = post(&server, &applicant, "/api/v1/applications", &body).await;
    assert_eq!((status, &refused["parameter"]), (StatusCode::BAD_REQUEST, &json!("parcel")), "{refused}");
    assert!(
        refused["detail"].as_str().unwrap_or_default().ends_with("nay là 24611-12-90, 24611-12-91"),
        "{refused}"
    );
}

fn holder_of(server: &Server, fid: i64) -> Option<Value> {
    let view = dothi::access::View::system(&server.layer("parcel"));
    let reader = server.state.features.snapshot().layer(&view).unwrap();
    reader.get(fid).and_then(|i| i.value_of("holder"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_is_a_conflict_that_names_who_and_when() {
    let server = Server::start().await;
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    let square = [(0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0)];
    let (fid, version) = parcel(&server, 1, &square).await;
    let (east, east_version) =
        parcel(&server, 2, &[(20.0, 0.0), (40.0, 0.0), (40.0, 20.0), (20.0, 20.0)]).await;
    let cut = line(&[(10.0, -5.0), (10.0, 25.0)]);
    let pieces = json!([{"code": "24611-12-3"}, {"code": "24611-12-4"}]);
    let body = json!({"version": version - 1, "line": cut, "pieces": pieces});
    let path = format!("/api/v1/layers/parcel/items/{fid}/split");
    let (status, problem) = post(&server, &admin, &path, &body).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let named = &problem["conflicts"][0];
    assert_eq!((&named["expected_version"], &named["version"]), (&json!(version - 1), &json!(version)));
    assert!(named["changed_at"].is_string() && named["reason"] == "an item", "{problem}");

    let (status, _) =
        post(&server, &admin, &path, &json!({"version": version, "line": cut, "pieces": pieces})).await;
    assert_eq!(status, StatusCode::CREATED);
    // The first is gone now: a merge that still counts on it is told who closed it.
    let items = json!([{"fid": fid, "version": version}, {"fid": east, "version": east_version}]);
    let (status, problem) =
        post(&server, &admin, "/api/v1/layers/parcel/merge", &json!({"items": items})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    // The neighbour's border got a vertex? No: the cut ends on the north and south sides.
    let named = problem["conflicts"].as_array().unwrap();
    assert_eq!(named.len(), 1, "{problem}");
    assert_eq!((&named[0]["version"], &named[0]["changed_by"]), (&Json::Null, &json!("admin-of-test")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_split_or_merged_says_why() {
    let server = Server::start().await;
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    let (fid, version) = parcel(&server, 1, &[(0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0)]).await;
    let (far, far_version) =
        parcel(&server, 2, &[(20.0, 20.0), (40.0, 20.0), (40.0, 40.0), (20.0, 40.0)]).await;
    let path = format!("/api/v1/layers/parcel/items/{fid}/split");
    let through = line(&[(10.0, -5.0), (10.0, 25.0)]);
    let cases = [
        (json!({"version": version, "line": line(&[(10.0, -5.0), (10.0, 15.0)])}), "line"),
        (json!({"version": version, "line": {"type": "Point", "coordinates": [107.69, 12.0]}}), "line"),
        (json!({"version": version, "line": through, "pieces": [{}]}), "pieces"),
        (json!({"version": version, "line": through, "pieces": [{}, {}]}), "pieces/1/code"),
        (
            json!({"version": version, "line": through, "pieces": [{"land_use": "XYZ"}, {"code": "a"}]}),
            "pieces/0/land_use",
        ),
        (json!({"version": version, "line": through, "pieces": [{"nothing": 1}, {}]}), "pieces/0/nothing"),
    ];
    for (body, place) in cases {
        let (status, problem) = post(&server, &admin, &path, &body).await;
        assert_eq!(
            (status, &problem["parameter"]),
            (StatusCode::BAD_REQUEST, &json!(place)),
            "{body}: {problem}"
        );
    }
    // A code that another parcel has.
    let taken = json!({"version": version, "line": through, "pieces": [{"code": "24611-12-2"}, {"code": "24611-12-9"}]});
    let (status, problem) = post(&server, &admin, &path, &taken).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(problem["key"].as_str().unwrap().contains("(24611-12-2)"), "{problem}");
    // Two that meet in a corner only.
    let items = json!([{"fid": fid, "version": version}, {"fid": far, "version": far_version}]);
    let (status, problem) =
        post(&server, &admin, "/api/v1/layers/parcel/merge", &json!({"items": items})).await;
    assert_eq!((status, &problem["parameter"]), (StatusCode::BAD_REQUEST, &json!("items")), "{problem}");
    // Nobody signed in, and an officer of a commune: the cadastre is not his.
    let anybody = server.client.post(format!("{}{path}", server.base)).json(&taken).send().await.unwrap();
    assert_eq!(anybody.status(), StatusCode::UNAUTHORIZED);
    let officer = server.sign_in("editor-of-commune", Role::Editor).await;
    let (status, _) = post(&server, &officer, &path, &taken).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(server.state.store.position().await.unwrap().revision, far_version, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_splits_and_merges_within_his_commune_only() {
    let server = Server::start().await;
    let officer = server.sign_in("editor-of-commune", Role::Editor).await;
    let commune = [("code", text("24611")), ("name", text("Bắc Gia Nghĩa"))];
    server.insert("admin_commune", square(AT.0 - 500.0, AT.1 - 500.0, 1000.0), &commune).await;
    let inside =
        server.insert("park", polygon(&[(0.0, 0.0), (90.0, 0.0), (90.0, 50.0), (0.0, 50.0)]), &[]).await;
    let outside = server
        .insert("park", polygon(&[(480.0, 0.0), (560.0, 0.0), (560.0, 50.0), (480.0, 50.0)]), &[])
        .await;
    for (item, x, expected) in [(inside, 40.0, StatusCode::CREATED), (outside, 490.0, StatusCode::FORBIDDEN)]
    {
        let pieces = json!([{"code": "CV-01"}, {"code": "CV-02"}]);
        let body = json!({"version": item.version, "line": line(&[(x, -5.0), (x, 55.0)]), "pieces": pieces});
        let path = format!("/api/v1/layers/park/items/{}/split", item.fid);
        let (status, answer) = post(&server, &officer, &path, &body).await;
        assert_eq!(status, expected, "{answer}");
    }
    let listed = server.client.get(format!("{}/api/v1/edit/layers", server.base)).bearer_auth(&officer);
    let listed: Json = listed.send().await.unwrap().json().await.unwrap();
    let layers = listed["layers"].as_array().unwrap();
    let park = layers.iter().find(|l| l["id"] == "park").unwrap();
    assert_eq!(park["units"][0]["code"], "24611");
    assert!(layers.iter().all(|l| l["id"] != "parcel"), "the cadastre is not his");
    let area = park["attributes"].as_array().unwrap().iter().find(|a| a["name"] == "area_m2").unwrap();
    assert_eq!((&area["computed"], &area["writable"]), (&json!("area"), &json!(false)));
    assert_eq!(server.json("/api/v1/edit/layers").await["layers"], json!([]));
}

/// A border that a client draws along a neighbour's by the served positions is that neighbour's to the last digit.
#[tokio::test(flavor = "multi_thread")]
async fn a_border_drawn_along_a_neighbours_does_not_tear() {
    let server = Server::start().await;
    parcel(&server, 1, &[(0.0123, 0.0456), (20.0789, 3.0123), (17.3456, 20.6789), (0.1234, 19.9876)]).await;
    let served = server.json("/ogc/collections/parcel/items").await;
    let ring = served["features"][0]["geometry"]["coordinates"][0].as_array().unwrap();
    let corner = |i: usize| {
        let (x, y) = from_crs84(ring[i][0].as_f64().unwrap(), ring[i][1].as_f64().unwrap());
        (x - AT.0, y - AT.1)
    };
    let (second, _) = parcel(&server, 2, &[corner(1), (45.0, 5.0), (44.0, 25.0), corner(2)]).await;
    let second = stored(&server, second);
    let view = dothi::access::View::system(&server.layer("parcel"));
    let reader = server.state.features.snapshot().layer(&view).unwrap();
    let first = reader.query(&Query::default()).unwrap().next().unwrap().geometry();
    let shared = second.coords_iter().filter(|c| first.coords_iter().any(|d| d == *c)).count();
    assert!(shared >= 2, "{first:?} {second:?}");
}
