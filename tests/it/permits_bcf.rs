//! The failures of a check run as BCF, through the front door.

use dothi::bim::bcf::{self, Version};
use reqwest::{Method, header};
use serde_json::json;

use crate::permits_support::{Person, appraised, draft, service};

fn address(id: &str, query: &str) -> String {
    format!("/api/v1/applications/{id}/checks.bcfzip{query}")
}

async fn bytes(person: &Person, id: &str, query: &str) -> (header::HeaderMap, Vec<u8>) {
    let answer = person.request(Method::GET, &address(id, query)).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{}", answer.text().await.unwrap());
    (answer.headers().clone(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_too_high_is_a_topic() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house_too_high.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    let case = format!("/api/v1/applications/{id}");
    let code = reviewer.get(&case).await.expect(200).body["code"].as_str().unwrap().to_owned();
    let checks = reviewer.get(&format!("{case}/checks")).await.expect(200).body;
    let rows = checks["checks"].as_array().unwrap();
    let failed: Vec<_> = rows.iter().filter(|c| c["verdict"] == "FAIL").collect();
    let height = failed.iter().find(|c| c["rule"] == "P09").expect("P09 fails");
    let clause = height["clause"].as_str().unwrap();
    let elements: Vec<&str> =
        height["elements"].as_array().unwrap().iter().filter_map(|e| e.as_str()).collect();
    assert!(!elements.is_empty(), "{height}");

    for (query, version) in
        [("", Version::V3_0), ("?version=2.1", Version::V2_1), ("?version=3.0", Version::V3_0)]
    {
        let (headers, file) = bytes(&reviewer, &id, query).await;
        assert_eq!(headers[header::CONTENT_DISPOSITION], format!("attachment; filename=\"{code}.bcfzip\""));
        assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
        assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream");
        let (found, project) = bcf::read(&file, &bcf::Limits::default()).unwrap();
        assert_eq!((found, project.topics.len()), (version, failed.len()));
        let topic =
            project.topics.iter().find(|t| t.labels.iter().any(|l| l == "P09")).expect("a topic of P09");
        assert!(topic.labels.iter().any(|l| l == clause), "{:?}", topic.labels);
        assert!(topic.description.as_ref().is_some_and(|d| d.contains(clause)), "{:?}", topic.description);
        let view = &topic.viewpoints[0];
        let selected = &view.components.as_ref().unwrap().selection;
        let selected: Vec<&str> = selected.iter().filter_map(|c| c.ifc_guid.as_deref()).collect();
        assert_eq!(selected, elements);
        assert!(view.snapshot.as_ref().is_some_and(|png| png.starts_with(b"\x89PNG")));
        assert_eq!(topic.files[0].ifc_project.as_ref().map(String::len), Some(22));
        // Made once: the same bytes, and none where the client has them.
        let (again, same) = bytes(&reviewer, &id, query).await;
        assert_eq!((&again[header::ETAG], same), (&headers[header::ETAG], file));
        let known = reviewer.request(Method::GET, &address(&id, query));
        let known = known.header(header::IF_NONE_MATCH, &headers[header::ETAG]).send().await.unwrap();
        assert_eq!(known.status().as_u16(), 304);
    }

    for query in ["?version=1.0", "?version=x", "?other=1"] {
        reviewer.get(&address(&id, query)).await.expect(400);
    }
    s.sign_in("applicant2").await.get(&address(&id, "")).await.expect(404);
    s.public().get(&address(&id, "")).await.expect(401);
    let page = reviewer.request(Method::GET, &format!("/applications/{id}")).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("checks.bcfzip?version=2.1") && page.contains("Tải các lỗi dạng BCF"), "{page}");
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_sees_as_manual_is_no_topic() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = appraised(&s, &applicant, "tube_house_too_high.ifc").await;
    let reviewer = s.sign_in("reviewer").await;
    for person in [&applicant, &reviewer] {
        let checks = person.get(&format!("/api/v1/applications/{id}/checks")).await.expect(200).body;
        let mut failed: Vec<String> = checks["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["verdict"] == "FAIL")
            .map(|c| c["rule"].as_str().unwrap().to_owned())
            .collect();
        let (_, file) = bytes(person, &id, "").await;
        let (_, project) = bcf::read(&file, &bcf::Limits::default()).unwrap();
        let mut topics: Vec<String> = project.topics.iter().map(|t| t.labels[0].clone()).collect();
        failed.sort();
        topics.sort();
        assert_eq!(topics, failed);
    }
    s.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_run_there_is_no_file_and_a_pre_check_gives_the_applicant_his() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "tube_house_too_high.ifc").await;
    applicant.get(&address(&id, "")).await.expect(404);
    let precheck =
        applicant.post(&format!("/api/v1/applications/{id}/precheck"), &json!({})).await.expect(202);
    let job = applicant.job(&precheck).await;
    assert_eq!(job["state"], "done", "{job}");
    let (_, file) = bytes(&applicant, &id, "").await;
    let (_, project) = bcf::read(&file, &bcf::Limits::default()).unwrap();
    let topic = project.topics.iter().find(|t| t.labels[0] == "P09").expect("a topic of P09");
    assert!(topic.viewpoints[0].snapshot.is_some());
    s.stop().await;
}
