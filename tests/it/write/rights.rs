//! Who may write what and where, and what those who may not see it learn.

use dothi::access::Role;
use dothi::layers::Value;
use dothi::space::crs::to_crs84;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value as Json, json};

use super::{AT, TREES, ask, created, degrees, read, server, tree};
use crate::front::{Server, point};

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_writes_in_his_commune_only() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let neighbour = server.sign_in_as("neighbour", Role::Clerk, Some("24664"), Some("XA")).await;
    let admin = server.sign_in_as("admin", Role::Admin, None, None).await;
    let at = |x: f64| tree(x, 50.0, json!({"code": format!("T{x}")}));
    let place = created(&server, &officer, TREES, &at(500.0)).await;
    // Within the tolerance of a shared border, and beyond it.
    created(&server, &officer, TREES, &at(1000.5)).await;
    let refused = ask(&server, &officer, Method::POST, TREES, &[], Some(&at(1003.0))).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let problem: Json = refused.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("24611"), "{problem}");
    created(&server, &admin, TREES, &at(5000.0)).await;
    // Neither out of his commune nor into it from another's.
    let out = json!({"geometry": {"type": "Point", "coordinates": degrees(1500.0, 50.0)}});
    let inside = json!({"properties": {"species": "thong"}});
    for (who, method, body, status) in [
        (&officer, Method::PATCH, Some(&out), 403),
        (&neighbour, Method::PATCH, Some(&inside), 403),
        (&neighbour, Method::PATCH, Some(&out), 403),
        (&neighbour, Method::DELETE, None, 403),
        (&officer, Method::PATCH, Some(&inside), 204),
    ] {
        let answer = ask(&server, who, method.clone(), &place, &[], body).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {body:?}");
    }
    let allow = async |token: &str, path: &str| {
        let answer = ask(&server, token, Method::OPTIONS, path, &[], None).await;
        answer.headers()[header::ALLOW].to_str().unwrap().to_owned()
    };
    assert_eq!(allow(&officer, TREES).await, "GET, HEAD, OPTIONS, POST");
    assert_eq!(allow("", TREES).await, "GET, HEAD, OPTIONS");
    assert_eq!(allow(&officer, &place).await, "GET, HEAD, OPTIONS, PUT, PATCH, DELETE");
    assert_eq!(allow(&neighbour, &place).await, "GET, HEAD, OPTIONS");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_write_is_told_so_and_no_more() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let editor = server.sign_in_as("editor", Role::Editor, Some("SXD"), Some("XD")).await;
    let nobody = server.sign_in_as("nobody", Role::Editor, None, None).await;
    let applicant = server.sign_in_as("applicant", Role::Applicant, None, None).await;
    let body = tree(10.0, 10.0, json!({"code": "T1"}));
    for (who, layer, status) in [
        ("", "tree", 401),
        (applicant.as_str(), "tree", 403),
        (&nobody, "tree", 403),
        (&editor, "tree", 403),
        (&officer, "hydrant", 403),
        // A layer that shows other records is read-only for everybody, a hidden one unknown.
        (&officer, "permit", 405),
        ("", "permit", 405),
        (&applicant, "camera_security", 404),
        ("", "camera_security", 404),
        ("", "no_such_layer", 404),
    ] {
        let path = format!("/ogc/collections/{layer}/items");
        let answer = ask(&server, who, Method::POST, &path, &[], Some(&body)).await;
        assert_eq!(answer.status().as_u16(), status, "{layer}");
        if status == 405 {
            assert_eq!(answer.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
        }
    }
    // A browser's session counts from our own pages only.
    let cookie = format!("dothi_session={officer}");
    for (site, status) in [("cross-site", 403), ("same-origin", 201)] {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        let answer = ask(&server, "", Method::POST, TREES, &headers, Some(&body)).await;
        assert_eq!(answer.status().as_u16(), status, "{site}");
    }
}

/// A layer of trees that the commune edits; whose `donor` is for its owner, the police.
async fn with_secrets(server: &Server) {
    let attribute = |name: &str, more: Json| {
        let mut whole = json!({"name": name, "type": "text", "title": {"vi": name, "en": name}});
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    };
    let layer = json!({
        "id": "old_tree", "title": {"vi": "Cây cổ thụ", "en": "Old trees"}, "theme": "nature", "geometry": "Point",
        "owner": ["CA"], "editors": ["CA", "XA"], "access": "O", "licence": "CC-BY-4.0", "key": ["code", "donor"],
        "attribute": [
            attribute("code", json!({"required": true})),
            attribute("donor", json!({"required": true, "access": "R"})),
            attribute("species", json!({})),
        ],
    });
    server.apply(serde_json::from_value(layer).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_stays_as_it_is_stored() {
    let server = server().await;
    with_secrets(&server).await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let police = server.sign_in_as("police", Role::Editor, Some("PCCC"), Some("CA")).await;
    let items = "/ogc/collections/old_tree/items";
    let body = tree(10.0, 10.0, json!({"code": "T1", "donor": "BIMAT-7f3a", "species": "Sao"}));
    let place = created(&server, &police, items, &body).await;
    // The officer cannot add one: the attribute that he does not know of must have a value.
    let new = tree(10.0, 10.0, json!({"code": "T2"}));
    let answer = ask(&server, &officer, Method::POST, items, &[], Some(&new)).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!text.contains("donor"), "{text}");
    let allow = ask(&server, &officer, Method::OPTIONS, items, &[], None).await;
    assert_eq!(allow.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
    // He replaces the item: what he does not see stays.
    let (_, tag) = read(&server, &officer, &place).await;
    let replaced = tree(20.0, 10.0, json!({"code": "T1", "species": "Dầu"}));
    let answer = ask(&server, &officer, Method::PUT, &place, &[("if-match", &tag)], Some(&replaced)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let (seen, _) = read(&server, &police, &place).await;
    assert_eq!(seen["properties"], json!({"code": "T1", "donor": "BIMAT-7f3a", "species": "Dầu"}));
    assert_eq!(
        read(&server, &officer, &place).await.0["properties"],
        json!({"code": "T1", "species": "Dầu"})
    );
    // He may not name it, whether it is set or not, any more than an attribute that is not there.
    for name in ["donor", "nix"] {
        let patch = json!({"properties": {name: "x"}});
        let answer = ask(&server, &officer, Method::PATCH, &place, &[], Some(&patch)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let detail = answer.json::<Json>().await.unwrap()["detail"].as_str().unwrap().replace(name, "…");
        assert_eq!(detail, "…: there is no such attribute");
    }
}

/// Two reports anywhere in one square of a blurred layer look the same to the public, whatever it asks.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_learns_no_more_than_the_square_of_a_blurred_place() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let side = f64::from(server.layer("field_report").blur_m);
    // The middle of a square, and two places in it near opposite corners.
    let middle = [AT.0, AT.1].map(|v| ((v / side).round() + 2.0) * side);
    let code = Value::Text("PA1".into());
    let values = [("code", code), ("kind", Value::Null)];
    let [a, b] = [[-0.45, 0.4], [0.3, -0.48]].map(|[x, y]| [middle[0] + x * side, middle[1] + y * side]);
    let written = server.insert("field_report", point(a[0], a[1]), &values).await;
    let lonlat = |p: [f64; 2]| -> [f64; 2] { to_crs84(p[0], p[1]).into() };
    let around = |p: [f64; 2], m: f64| {
        let ([w, s], [e, n]) = (lonlat([p[0] - m, p[1] - m]), lonlat([p[0] + m, p[1] + m]));
        format!("bbox={w},{s},{e},{n}")
    };
    let items = "/ogc/collections/field_report/items";
    let asked = |at: [f64; 2]| {
        vec![
            items.to_owned(),
            format!("{items}/{}", written.fid),
            format!("{items}?{}", around(at, 5.0)),
            format!("{items}?{}", around(middle, 5.0)),
            "/ogc/collections/field_report".to_owned(),
            "/tiles/field_report.json".to_owned(),
            "/ogc/collections/field_report/items?f=html".to_owned(),
            format!("{items}/{}?f=html", written.fid),
            "/api/v1/search?q=PA1".to_owned(),
            format!("/api/v1/search?item=field_report/{}", written.fid),
            "/api/v1/layers".to_owned(),
        ]
    };
    let answers = async |token: &str, at: [f64; 2]| {
        let mut all = Vec::new();
        for path in asked(at) {
            let answer = ask(&server, token, Method::GET, &path, &[], None).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            all.push((path, stable(&answer.text().await.unwrap())));
        }
        for zoom in [12_u8, 16, 18, 20] {
            for place in [at, middle] {
                let path = tile_at(lonlat(place), zoom);
                let answer = ask(&server, token, Method::GET, &path, &[], None).await;
                all.push((path, format!("{:?}", answer.bytes().await.unwrap())));
            }
        }
        all
    };
    let before = answers("", a).await;
    // In the box around the exact place is nothing, in that around the square's middle the report.
    assert!(before[2].1.contains("\"numberMatched\":0"), "{}", before[2].1);
    assert!(before[3].1.contains("\"numberMatched\":1"), "{}", before[3].1);
    let exact = answers(&officer, a).await;
    assert!(exact[2].1.contains("\"numberMatched\":1") && exact[3].1.contains("\"numberMatched\":0"));
    // The report moves inside of its square: the public sees the same.
    let moved = json!({"geometry": {"type": "Point", "coordinates": lonlat(b)}});
    let path = format!("{items}/{}", written.fid);
    let answer = ask(&server, &officer, Method::PATCH, &path, &[], Some(&moved)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{:?}", answer.text().await);
    let after = answers("", a).await;
    for (old, new) in before.iter().zip(&after) {
        assert_eq!(old, new);
    }
    assert_ne!(exact, answers(&officer, a).await);
}

/// An answer without what any change of the layer changes: times, revisions.
fn stable(text: &str) -> String {
    fn strip(json: &mut Json) {
        match json {
            Json::Object(members) => {
                ["timeStamp", "revision", "last_change"].iter().for_each(|name| drop(members.remove(*name)));
                members.values_mut().for_each(strip);
            }
            Json::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let Ok(mut json) = serde_json::from_str::<Json>(text) else { return page_without_revision(text) };
    strip(&mut json);
    json.to_string()
}

/// A page without the position of the whole database, which the script of its map is told.
fn page_without_revision(text: &str) -> String {
    const MARK: &str = "\"revision\":\"";
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| out += part.split_once('"').map_or(part, |(_, rest)| rest));
    out
}

fn tile_at([lon, lat]: [f64; 2], zoom: u8) -> String {
    let [x, y] = dothi::space::crs::world_from_crs84(lon, lat).map(|v| v >> (32 - u32::from(zoom)));
    format!("/tiles/field_report/{zoom}/{x}/{y}.mvt")
}
