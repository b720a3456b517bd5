//! The portal through the front door: pages for people, problems for programs, layers and search with the reader's
//! rights.

use dothi::access::Role;
use dothi::layers::Value;
use reqwest::{StatusCode, header};

use crate::front::{Server, square};

/// South-west corner of the test's parcel, EPSG:9218: Gia Nghĩa.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);

fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

async fn parcel(server: &Server) {
    let values = [
        ("code", text("24611-12-87")),
        ("commune_code", text("24611")),
        ("sheet_number", Value::Int(12)),
        ("parcel_number", Value::Int(87)),
        ("land_use", text("ODT")),
        ("area_m2", Value::Real(100.5)),
        ("address", text("Đường Hoà Bình, phường Bắc Gia Nghĩa")),
        ("holder", text("Trần Thị Kín")),
    ];
    server.insert("parcel", square(AT.0, AT.1, 10.0), &values).await;
}

/// A page as a browser asks for it.
async fn page(server: &Server, path: &str, lang: &str) -> (StatusCode, String) {
    let request = server.client.get(format!("{}{path}", server.base));
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    let request = request.header(header::ACCEPT, accept).header(header::COOKIE, format!("dothi_lang={lang}"));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
    (response.status(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_in_the_readers_language() {
    let server = Server::start().await;
    parcel(&server).await;
    for (path, vi, en) in [
        ("/", "Bản đồ đô thị", "City map"),
        ("/sign-in", "Tên đăng nhập", "Account name"),
        ("/search?q=hoa+binh", "Thửa 87, tờ bản đồ 12", "Parcel 87, sheet 12"),
        ("/apply?parcel=24611-12-87", "100,5\u{a0}m²", "100.5\u{a0}m²"),
        ("/permits", "Chưa có giấy phép nào", "No permit has been issued"),
    ] {
        for (lang, expected) in [("vi", vi), ("en", en)] {
            let (status, html) = page(&server, path, lang).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(html.contains(expected), "{path} in {lang}: {html}");
            assert!(html.contains(&format!("<html lang=\"{lang}\">")), "{path}");
            assert!(!html.contains("Unknown localization"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_pages_of_errors_and_programs_problems() {
    let server = Server::start().await;
    let (status, html) = page(&server, "/khong-co-trang-nay", "vi").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(html.contains("Không tìm thấy trang"), "{html}");
    let (status, html) = page(&server, "/applications", "vi").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(html.contains("/sign-in?next=%2Fapplications"), "{html}");
    let problem = server.get("/khong-co-trang-nay").await;
    assert_eq!(problem.headers()[header::CONTENT_TYPE], "application/problem+json");

    // Who is signed in stays so on the page of an error, with the ways that are open to him.
    let token = server.sign_in("can-bo", Role::Reviewer).await;
    let lost = server.client.get(format!("{}/khong-co-trang-nay", server.base)).bearer_auth(token);
    let html = lost.header(header::ACCEPT, "text/html").send().await.unwrap().text().await.unwrap();
    assert!(html.contains("href=\"/officer\"") && !html.contains("/sign-in"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_keeps_the_language_and_never_leads_away() {
    let server = Server::start().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (path, expected) in [
        ("/lang/en?next=%2Fpermits%3Fq%3D1", "/permits?q=1"),
        ("/lang/en?next=%2F%2Fevil.example", "/"),
        ("/lang/en?next=https%3A%2F%2Fevil.example", "/"),
    ] {
        let answer = client.get(format!("{}{path}", server.base)).send().await.unwrap();
        assert_eq!(answer.headers()[header::LOCATION], expected);
        assert!(answer.headers()[header::SET_COOKIE].to_str().unwrap().starts_with("dothi_lang=en;"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_and_search_show_what_the_reader_may_see() {
    let server = Server::start().await;
    parcel(&server).await;
    let public = server.json("/api/v1/layers").await;
    let names = public.to_string();
    assert!(
        names.contains("\"parcel\"") && !names.contains("camera_security") && !names.contains("\"holder\"")
    );
    let token = server.sign_in("reviewer-of-test", Role::Reviewer).await;
    let request = server.client.get(format!("{}/api/v1/layers", server.base)).bearer_auth(token);
    let officer = request.send().await.unwrap().text().await.unwrap();
    assert!(officer.contains("\"holder\"") && officer.contains("camera_traffic"), "{officer}");
    for q in ["24611-12-87", "thua 87 to 12", "Thửa 87", "hoa binh", "HÒA BÌNH", "Hoà bình"] {
        let q = percent_encoding::utf8_percent_encode(q, percent_encoding::NON_ALPHANUMERIC);
        let found = server.json(&format!("/api/v1/search?q={q}")).await;
        assert_eq!(found["results"][0]["title"], "Thửa 87, tờ bản đồ 12", "{q}: {found}");
    }
    let hidden = server.json("/api/v1/search?q=tran+thi+kin").await;
    assert_eq!(hidden["results"], serde_json::json!([]), "a holder's name is no public text");
    assert_eq!(server.get("/api/v1/search").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(server.get("/api/v1/layers/camera_security/labels").await.status(), StatusCode::NOT_FOUND);
}
