//! The pages of the OGC API, and the files that QGIS opens, through the front door.

use dothi::access::Role;
use dothi::layers::Value;
use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::{StatusCode, header};

use crate::front::{Server, point, square};

/// South-west corner of the test's parcels, EPSG:9218: Gia Nghĩa.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);
const ITEMS: &str = "/ogc/collections/parcel/items";

async fn filled(parcels: i64) -> Server {
    let server = Server::start().await;
    for i in 0..parcels {
        let values = [
            ("code", Value::Text(format!("24611-12-{i}"))),
            ("land_use", Value::Text("ODT".to_owned())),
            ("holder", Value::Text("Trần Thị Kín".to_owned())),
        ];
        server.insert("parcel", square(AT.0 + 10.0 * i as f64, AT.1, 10.0), &values).await;
    }
    server.insert("camera_security", point(AT.0, AT.1), &[]).await;
    server
}

async fn page(server: &Server, path: &str, token: Option<&str>, lang: &str) -> (StatusCode, String) {
    let request = server.client.get(format!("{}{path}", server.base)).header(header::ACCEPT, "text/html");
    let request = request.header(header::COOKIE, format!("dothi_lang={lang}"));
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let response = request.send().await.unwrap();
    assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{path}");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-store", "{path}");
    (response.status(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stand_in_the_portals_frame_in_the_readers_language() {
    let server = filled(1).await;
    for (path, vi, en) in [
        ("/ogc/", "Địa chỉ kết nối", "Addresses to connect to"),
        ("/ogc/conformance", "Nhiều hệ tọa độ", "Several reference systems"),
        ("/ogc/api", "Tham số chung", "Shared parameters"),
        ("/ogc/collections", "Thửa đất", "Parcels"),
        ("/ogc/collections/parcel", "Phạm vi dữ liệu", "Coverage"),
        ("/ogc/collections/parcel/items", "Bộ lọc (CQL2)", "Filter (CQL2)"),
        ("/ogc/collections/parcel/queryables", "Thuộc tính lọc được", "Queryables"),
        ("/ogc/collections/parcel/tiles", "Ô vectơ", "Vector tiles"),
        ("/ogc/styles/parcel", "Kiểu bản đồ", "Map style"),
        ("/layers/parcel/qgis", "Khóa truy cập", "Access key"),
        ("/qgis", "Tệp dự án", "Project file"),
    ] {
        for (lang, expected) in [("vi", vi), ("en", en)] {
            let (status, html) = page(&server, path, None, lang).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            for part in [expected, "<header class=\"site-header\">", "aria-current=\"page\"", "<h1>"] {
                assert!(html.contains(part), "{path} in {lang} has no {part}: {html}");
            }
            // The word stands in a description; the attribute nowhere.
            let named = ["\"holder\"", ">holder<", "Trần Thị Kín"].into_iter().find(|n| html.contains(n));
            assert_eq!(named, None, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_items_is_short_and_leads_on() {
    let server = filled(53).await;
    let (_, first) = page(&server, ITEMS, None, "en").await;
    assert_eq!(first.matches("<tr data-item=").count(), 50);
    assert!(first.contains("50 of 53 matching items"), "{first}");
    let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = next.replace("&amp;", "&").replace(&server.base, "");
    let (_, second) = page(&server, &next, None, "en").await;
    assert_eq!(second.matches("<tr data-item=").count(), 3);
    // Without script a form sends its empty fields; programs are told of them.
    let empty = format!("{ITEMS}?bbox=&filter=&sortby=&limit=20");
    assert_eq!(page(&server, &empty, None, "en").await.1.matches("<tr data-item=").count(), 20);
    assert_eq!(server.get(&empty).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_question_is_said_at_its_field() {
    let server = filled(1).await;
    for (field, value) in [
        ("filter", "holder%20%3D%20'x'"),
        ("filter", "code%20%3D"),
        ("bbox", "1,2,3"),
        ("sortby", "nix"),
        ("limit", "0"),
    ] {
        let (status, html) = page(&server, &format!("{ITEMS}?{field}={value}"), None, "en").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{field}");
        assert!(html.contains(&format!("id=\"{field}-error\"")), "{field}: {html}");
        assert!(html.contains("role=\"alert\""), "{field}");
    }
    // What is no field of the form is an error's page, of the same frame.
    for path in [format!("{ITEMS}?nix=1"), "/ogc/collections/camera_security/items".to_owned()] {
        let (status, html) = page(&server, &path, None, "vi").await;
        assert!(
            status.is_client_error() && html.contains("<header class=\"site-header\">"),
            "{path}: {html}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_are_led_to_the_history_and_editors_to_the_editor() {
    let server = filled(1).await;
    let fid = server.json(ITEMS).await["features"][0]["id"].as_i64().unwrap();
    let item = format!("{ITEMS}/{fid}");
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    let (_, own) = page(&server, &item, Some(&admin), "vi").await;
    let (_, public) = page(&server, &item, None, "vi").await;
    for way in [format!("/changes/items/parcel/{fid}"), format!("/edit?layer=parcel&amp;item={fid}")] {
        assert!(own.contains(&way) && !public.contains(&way), "{way}");
    }
    assert!(own.contains("Trần Thị Kín") && public.contains("ODT – "), "{public}");
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_are_found_by_words() {
    let server = filled(1).await;
    for (q, expected) in [("thua%20dat", "parcel"), ("hospital", "hospital_clinic")] {
        let found = server.json(&format!("/ogc/collections?q={q}")).await;
        let ids: Vec<&str> =
            found["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&expected) && ids.len() < 6, "{ids:?}");
    }
    let none = server.json("/ogc/collections?q=camera_security").await;
    assert_eq!(none["numberMatched"], 0, "a hidden layer is not found");
}

/// The texts of the elements of this name.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut inside) = (Vec::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(e) => inside = e.name().as_ref() == name,
            Event::Text(t) if inside => found.push(t.xml10_content().into_owned()),
            Event::End(_) => inside = false,
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_file_of_qgis_says_where_the_layer_is_and_how_it_looks() {
    let server = filled(1).await;
    let answer = server.get("/layers/parcel/layer.qlr").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/x-qgis-layer-definition");
    assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"parcel.qlr\"");
    let text = answer.text().await.unwrap();
    let source = &texts(&text, "datasource")[0];
    for part in [format!("{}/wfs", server.base), "dothi:parcel".to_owned(), "EPSG:9218".to_owned()] {
        assert!(source.contains(&part), "{source}");
    }
    assert!(text.contains("<renderer-v2 type=\"categorizedSymbol\"") && text.contains("attr=\"land_use\""));
    assert!(text.contains("name=\"Mục đích sử dụng đất\"") && !text.contains("holder"), "{text}");
    let oapif = server.get("/layers/parcel/layer.qlr?service=oapif").await.text().await.unwrap();
    assert_eq!(texts(&oapif, "provider"), ["OAPIF"]);
    assert_eq!(server.get("/layers/parcel/layer.qlr?service=wms").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(server.get("/layers/camera_security/layer.qlr").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_holds_what_its_reader_may_see_and_no_secret() {
    let server = filled(1).await;
    let public = server.get("/qgis/dothi.qgs").await.text().await.unwrap();
    assert!(public.contains("dothi_layer_parcel") && public.contains("name=\"Quy hoạch"), "{public}");
    for closed in ["camera_security", "holder", "authcfg"] {
        assert!(!public.contains(closed), "{closed}");
    }
    let admin = server.sign_in("admin-of-test", Role::Admin).await;
    let own = server.client.get(format!("{}/qgis/dothi.qgs", server.base)).bearer_auth(&admin);
    let own = own.header(header::COOKIE, "dothi_lang=en").send().await.unwrap().text().await.unwrap();
    assert!(own.contains("dothi_layer_camera_security") && own.contains("authcfg=dothi01"), "{own}");
    assert!(!own.contains(&admin) && own.contains("name=\"Planning"), "no secret, in English");
    // Each address leads to this service.
    assert!(texts(&own, "datasource").iter().all(|s| s.contains(&format!("url='{}/wfs'", server.base))));
}
