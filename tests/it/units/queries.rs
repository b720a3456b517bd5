//! Former codes and names of units in queries, in the search and on the pages.

use dothi::layers::Value;
use reqwest::StatusCode;

use super::{AT, text};
use crate::front::{Server, point, square};

#[tokio::test(flavor = "multi_thread")]
async fn former_codes_and_names_are_understood_in_queries() {
    let server = Server::start().await;
    for (i, unit) in ["24611", "24664", "24670", "24616"].into_iter().enumerate() {
        let values = [("code", text(&format!("M{i}"))), ("commune_code", text(unit))];
        server.insert("market", point(AT.0 + 100.0 * i as f64, AT.1), &values).await;
    }
    let path = "/ogc/collections/market/items?commune_code=";
    for (asked, read_as, expected) in [
        ("24611", None, &["24611"][..]),
        ("24612", Some("commune_code=24611"), &["24611"]),
        ("TT. Đắk Mil", Some("commune_code=24664"), &["24664"]),
        ("xã Đắk Mil", Some("commune_code=24670"), &["24670"]),
        ("huyện Đắk Mil", Some("commune_code=24664,24670,24678,24682"), &["24664", "24670"]),
        ("99999", None, &[]),
    ] {
        let answer = server.get(&format!("{path}{asked}")).await;
        assert_eq!(answer.status(), StatusCode::OK, "{asked}");
        let header = answer.headers().get("dothi-resolved-units").map(|h| h.to_str().unwrap().to_owned());
        assert_eq!(header.as_deref(), read_as, "{asked}");
        let json: serde_json::Value = answer.json().await.unwrap();
        let mut units: Vec<&str> = json["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["properties"]["commune_code"].as_str().unwrap())
            .collect();
        units.sort_unstable();
        assert_eq!(units, expected, "{asked}");
        assert_eq!(json["resolvedUnits"].is_array(), read_as.is_some(), "{asked}: {json}");
    }
    let refused = server.get(&format!("{path}Đắk Mil")).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let problem = refused.text().await.unwrap();
    assert!(problem.contains("thị trấn Đắk Mil (đến 30/6/2025) nay là xã Đức Lập"), "{problem}");
    // Of an attribute that holds no commune a number is a number.
    let answer = server.get("/ogc/collections/market/items?code=24612").await;
    assert_eq!(answer.headers().get("dothi-resolved-units"), None);
    let api = server.json("/ogc/api").await.to_string();
    assert!(api.contains("Dothi-Resolved-Units"), "the document tells of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_listed_and_resolved() {
    let server = Server::start().await;
    let all = server.json("/api/v1/units?level=commune").await;
    assert_eq!(all["units"].as_array().unwrap().len(), 124);
    assert_eq!(all["resolution"], serde_json::Value::Null);
    assert!(all["sources"].to_string().contains("1671/NQ-UBTVQH15"));
    let then = server.json("/api/v1/units?level=district&date=2020-01-01").await;
    assert_eq!(then["units"].as_array().unwrap().len(), 30);

    let found = server.json("/api/v1/units?code=24612").await;
    assert_eq!(
        (&found["resolution"]["outcome"], &found["resolution"]["by"]),
        (&"former".into(), &"code".into())
    );
    assert_eq!(found["units"][0]["code"], "24611");
    assert_eq!(found["units"][0]["predecessors"].as_array().unwrap().len(), 4);
    assert!(found["resolution"]["note"].as_str().unwrap().contains("nay là phường Bắc Gia Nghĩa"), "{found}");
    let reused = server.json("/api/v1/units?code=24611").await;
    assert_eq!(
        (&reused["resolution"]["outcome"], &reused["units"][0]["name"]),
        (&"current".into(), &"Bắc Gia Nghĩa".into())
    );
    assert!(reused["resolution"]["note"].as_str().unwrap().contains("phường Nghĩa Đức"));
    let dated = server.json("/api/v1/units?code=24611&date=2024-01-01").await;
    assert_eq!(dated["resolution"]["readings"][0]["unit"]["name"], "Nghĩa Đức");
    let several = server.json("/api/v1/units?q=Đắk Mil").await;
    assert_eq!(several["resolution"]["outcome"], "ambiguous");
    let begun = server.json("/api/v1/units?q=quang kh").await;
    assert_eq!(
        (&begun["resolution"]["outcome"], &begun["units"][0]["name"]),
        (&"unknown".into(), &"Quảng Khê".into())
    );
    for wrong in ["?code=1&q=x", "?date=today", "?level=village", "?colour=red"] {
        let status = server.get(&format!("/api/v1/units{wrong}")).await.status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_knows_what_former_units_are_now() {
    let server = Server::start().await;
    for (i, (code, name)) in
        [("24664", "Xã Đức Lập"), ("24670", "Xã Đắk Mil"), ("24682", "Xã Thuận An")].into_iter().enumerate()
    {
        let values = [
            ("code", text(code)),
            ("name", text(name)),
            ("valid_from", Value::Date("2025-07-01".parse().unwrap())),
        ];
        // One polygon as a MultiPolygon of one.
        let mut wkb = vec![1, 6, 0, 0, 0, 1, 0, 0, 0];
        wkb.extend(square(AT.0 + 2000.0 * i as f64, AT.1, 1000.0));
        server.insert("admin_commune", wkb, &values).await;
    }
    let hits = async |q: &str| -> Vec<(String, String)> {
        let answer = server.json(&format!("/api/v1/search?q={q}&kind=commune")).await;
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|h| (text(&h["title"]), text(&h["subtitle"])))
            .collect()
    };
    let found = hits("dak mil").await;
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains(&("Thị trấn Đắk Mil".into(), "nay là xã Đức Lập".into())), "{found:?}");
    assert!(found.contains(&("Xã Thuận An".into(), "thuộc huyện Đắk Mil cũ".into())), "{found:?}");
    assert!(found.iter().any(|(title, _)| title == "Xã Đắk Mil"), "{found:?}");
    assert_eq!(hits("TT. Đăk Mil").await[0].1, "nay là xã Đức Lập");
    assert_eq!(hits("đức mạnh").await, [("Xã Đức Mạnh".to_owned(), "nay là xã Đức Lập".to_owned())]);
    assert_eq!(hits("24667").await[0], ("Xã Đắk Lao".to_owned(), "nay là xã Thuận An".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_unit_tells_where_it_comes_from() {
    let server = Server::start().await;
    let mut wkb = vec![1, 6, 0, 0, 0, 1, 0, 0, 0];
    wkb.extend(square(AT.0, AT.1, 1000.0));
    let values = [
        ("code", text("24611")),
        ("name", text("Phường Bắc Gia Nghĩa")),
        ("valid_from", Value::Date("2025-07-01".parse().unwrap())),
    ];
    let item = server.insert("admin_commune", wkb, &values).await;
    let page = async |path: &str| {
        let request = server.client.get(format!("{}{path}", server.base));
        let answer =
            request.header("accept", "text/html").header("cookie", "dothi_lang=vi").send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (status, html) = page("/units/24611").await;
    assert_eq!(status, StatusCode::OK, "{html}");
    for expected in [
        "Sáp nhập từ",
        "phường Nghĩa Đức",
        "xã Đắk Ha",
        "khoản 116",
        "<svg",
        &format!("/?item=admin_commune/{}", item.fid),
    ] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
    let (_, html) = page("/units/24611?date=2024-12-31").await;
    assert!(html.contains("Phường Nghĩa Đức") && html.contains("phường Bắc Gia Nghĩa"), "{html}");
    let (_, html) = page("/units/24612").await;
    assert!(html.contains("Phường Nghĩa Thành") && html.contains("Hiện nay"), "{html}");
    assert_eq!(page("/units/99999").await.0, StatusCode::NOT_FOUND);
}
