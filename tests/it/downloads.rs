//! Whole layers as files: made once, read by ranges, never stale, and no more in them than one may see.

use dothi::access::Role;
use dothi::layers::Value;
use reqwest::{Response, StatusCode, header};
use serde_json::json;

use crate::formats::three;
use crate::front::{Server, square};
use crate::wfs::AT;

const PATH: &str = "/ogc/collections/thu/download/thu.csv";

async fn ask(server: &Server, headers: &[(&str, &str)]) -> Response {
    let mut request = server.client.get(format!("{}{PATH}", server.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn text(answer: &Response, name: header::HeaderName) -> String {
    answer.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_whole_or_by_ranges() {
    let server = Server::start().await;
    three(&server, "thu").await;
    let whole = ask(&server, &[]).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(text(&whole, header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert_eq!(text(&whole, header::CONTENT_DISPOSITION), "attachment; filename=\"thu.csv\"");
    assert_eq!(text(&whole, header::ACCEPT_RANGES), "bytes");
    assert_eq!(text(&whole, header::CACHE_CONTROL), "no-cache");
    let (tag, day) = (text(&whole, header::ETAG), text(&whole, header::LAST_MODIFIED));
    let bytes = whole.bytes().await.unwrap();
    let body = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(body.starts_with("fid,name,storeys,") && body.contains("\"POLYGON ((411600 1327195,"), "{body}");
    // A part, the end, a part of this very file.
    for (range, from, to) in
        [("bytes=0-9", 0, 10), ("bytes=-7", bytes.len() - 7, bytes.len()), ("bytes=5-", 5, bytes.len())]
    {
        for more in [None, Some(("if-range", tag.as_str()))] {
            let headers: Vec<(&str, &str)> = [("range", range)].into_iter().chain(more).collect();
            let part = ask(&server, &headers).await;
            assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{headers:?}");
            let told = format!("bytes {from}-{}/{}", to - 1, bytes.len());
            assert_eq!(text(&part, header::CONTENT_RANGE), told);
            assert_eq!(part.bytes().await.unwrap(), bytes[from..to], "{headers:?}");
        }
    }
    // By a day and time, within whose second the layer may change again, no part is given (RFC 9110, 13.1.5).
    for another in ["\"another\"", &day] {
        let other = ask(&server, &[("range", "bytes=0-9"), ("if-range", another)]).await;
        assert_eq!((other.status(), other.bytes().await.unwrap()), (StatusCode::OK, bytes.clone()));
    }
    let beyond = ask(&server, &[("range", "bytes=99999999-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(text(&beyond, header::CONTENT_RANGE), format!("bytes */{}", bytes.len()));
    assert_eq!(text(&beyond, header::CONTENT_TYPE), "application/problem+json");
    let told: serde_json::Value = beyond.json().await.unwrap();
    assert_eq!((&told["status"], &told["bytes"]), (&json!(416), &json!(bytes.len())));
    let known = ask(&server, &[("if-none-match", &tag)]).await;
    assert_eq!((known.status(), text(&known, header::ETAG)), (StatusCode::NOT_MODIFIED, tag.clone()));
    let other = ask(&server, &[("if-match", "\"another\"")]).await;
    assert_eq!((other.status(), text(&other, header::ETAG)), (StatusCode::PRECONDITION_FAILED, tag.clone()));
    assert_eq!(other.json::<serde_json::Value>().await.unwrap()["status"], 412);
    let head = server.client.head(format!("{}{PATH}", server.base)).send().await.unwrap();
    assert_eq!((head.status(), text(&head, header::ETAG)), (StatusCode::OK, tag.clone()));
    assert_eq!(text(&head, header::CONTENT_LENGTH), bytes.len().to_string());
    // Gone with an edit; what was made of the old state is not served any more.
    server.insert("thu", square(AT.0 + 100.0, AT.1, 10.0), &[("name", Value::Text("mới".to_owned()))]).await;
    let new = ask(&server, &[("range", "bytes=0-9"), ("if-range", &tag)]).await;
    assert_eq!(new.status(), StatusCode::OK, "a part of another file is of no use");
    assert_ne!(text(&new, header::ETAG), tag);
    assert!(new.text().await.unwrap().contains(",mới,"));
    for wrong in ["thu.shp", "thu", "other.csv", "thu.", ".csv", "thu.csv.csv"] {
        let answer = server.get(&format!("/ogc/collections/thu/download/{wrong}")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{wrong}");
    }
    let answer = server.get(&format!("{PATH}?limit=1")).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_holds_what_its_reader_may_see() {
    let server = Server::start().await;
    three(&server, "thu").await;
    let officer = server.sign_in_as("xd", Role::Planner, None, Some("XD")).await;
    let bearer = format!("Bearer {officer}");
    for _ in 0..2 {
        let own = ask(&server, &[("authorization", &bearer)]).await;
        assert_eq!(text(&own, header::CACHE_CONTROL), "private, no-cache");
        let (own, tag) = (text(&own, header::ETAG), own.text().await.unwrap());
        let public = ask(&server, &[]).await;
        assert_ne!(text(&public, header::ETAG), own);
        assert!(tag.contains("bi mat") && tag.contains(",holder,"), "{tag}");
        let public = public.text().await.unwrap();
        assert!(!public.contains("bi mat") && !public.contains("holder"), "{public}");
    }
    let mut hidden = crate::formats::layer("kin", dothi::layers::GeometryKind::Point);
    hidden.access = dothi::layers::Access::R;
    server.apply(hidden).await;
    let address = "/ogc/collections/kin/download/kin.csv";
    assert_eq!(server.get(address).await.status(), StatusCode::NOT_FOUND);
    let seen =
        server.client.get(format!("{}{address}", server.base)).bearer_auth(&officer).send().await.unwrap();
    assert_eq!(seen.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collection_leads_to_its_files() {
    let server = Server::start().await;
    three(&server, "thu").await;
    let collection = server.json("/ogc/collections/thu").await;
    let links = collection["links"].as_array().unwrap();
    let files: Vec<_> = links.iter().filter(|l| l["rel"] == "enclosure").collect();
    assert_eq!(files.len(), 8, "{links:?}");
    for file in files {
        let href = file["href"].as_str().unwrap().strip_prefix(&server.base).unwrap();
        let answer = server.get(href).await;
        assert_eq!(answer.status(), StatusCode::OK, "{href}");
        assert_eq!(json!(text(&answer, header::CONTENT_TYPE)), file["type"], "{href}");
    }
    let page = server.get("/ogc/collections/thu?f=html").await.text().await.unwrap();
    assert!(page.contains("/ogc/collections/thu/download/thu.gpkg\""), "{page}");
    let page = server.get("/layers/thu").await.text().await.unwrap();
    assert!(page.contains("/ogc/collections/thu/download/thu.parquet\""), "{page}");
    let api = server.json("/ogc/api").await;
    let download = &api["paths"]["/collections/thu/download/{file}"]["get"];
    assert!(download["responses"]["206"].is_object(), "{download}");
    let names = download["parameters"][0]["schema"]["enum"].as_array().unwrap();
    assert!(names.contains(&json!("thu.fgb")), "{names:?}");
}
