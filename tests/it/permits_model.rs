//! What shows the model of a case: its mesh and the sheets of its elements, through the front door.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::permits_support::{Person, draft, service};

/// The JSON of a glTF 2.0 binary (glTF 2.0, 4.4), which must be whole.
fn gltf(bytes: &[u8]) -> Value {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((&bytes[..4], number(4), number(8)), (&b"glTF"[..], 2, bytes.len()));
    let json = number(12);
    assert_eq!((&bytes[16..20], &bytes[24 + json..28 + json]), (&b"JSON"[..], &b"BIN\0"[..]));
    assert_eq!(28 + json + number(20 + json), bytes.len());
    serde_json::from_slice(&bytes[20..20 + json]).unwrap()
}

/// GlobalIds of the elements of one class that the mesh shows.
fn of_class<'a>(gltf: &'a Value, class: &str) -> Vec<&'a str> {
    let extras = &gltf["scenes"][0]["extras"];
    let entities = extras["entities"].as_array().unwrap();
    let rows = extras["elements"].as_array().unwrap().iter();
    let named = rows.filter(|row| entities[row[1].as_u64().unwrap() as usize] == class);
    named.map(|row| row[0].as_str().unwrap()).collect()
}

async fn again(person: &Person, path: &str, etag: &str) -> StatusCode {
    Person::send(person.request(Method::GET, path).header(header::IF_NONE_MATCH, etag)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_drawn_and_its_elements_speak() {
    let s = service().await;
    let applicant = s.sign_in("applicant").await;
    let id = draft(&applicant, "tube_house.ifc").await;
    let model = format!("/api/v1/applications/{id}/works/1/model");
    let mesh = format!("{model}.glb");

    let response = applicant.request(Method::GET, &mesh).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(headers[header::CONTENT_TYPE], "model/gltf-binary");
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
    let gltf = gltf(&response.bytes().await.unwrap());
    assert!(gltf["scenes"][0]["extras"]["placement"].is_object(), "the house has a place on the map");
    let walls = of_class(&gltf, "IfcWall");
    assert!(!walls.is_empty());
    assert!(of_class(&gltf, "IfcSpace").is_empty(), "what cannot be seen is not drawn");
    let etag = headers[header::ETAG].to_str().unwrap();
    assert_eq!(again(&applicant, &mesh, etag).await, 304);
    assert_eq!(again(&applicant, &mesh, "\"other\"").await, 200);

    // Smaller on the way, where the reader takes it; what the test's client would unpack itself does not show.
    let packed =
        applicant.request(Method::GET, &mesh).header(header::ACCEPT_ENCODING, "zstd").send().await.unwrap();
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "zstd");

    for wall in &walls {
        let sheet = applicant.get(&format!("{model}/elements/{wall}")).await.expect(200).body;
        assert_eq!((&sheet["entity"], &sheet["global_id"]), (&json!("IfcWall"), &json!(wall)));
        assert!(sheet["name"].as_str().is_some_and(|n| !n.is_empty()), "{sheet}");
        assert!(!sheet["sets"][0]["properties"].as_object().unwrap().is_empty(), "{sheet}");
    }
    let wall = format!("{model}/elements/{}", walls[0]);
    let known = applicant.get(&wall).await.expect(200).etag();
    assert_eq!(again(&applicant, &wall, &known).await, 304);
    applicant.get(&format!("{model}/elements/0000000000000000000000")).await.expect(404);
    applicant.get(&format!("/api/v1/applications/{id}/works/2/model.glb")).await.expect(404);

    // Whoever does not get the model gets nothing that is made of it.
    for (who, status) in
        [(s.public(), 401), (s.sign_in("applicant2").await, 404), (s.sign_in("reviewer").await, 404)]
    {
        for path in [&model, &mesh, &wall] {
            who.get(path).await.expect(status);
        }
    }
    applicant.event(&id, "submit", json!({})).await.expect(200);
    let reviewer = s.sign_in("reviewer").await;
    reviewer.get(&wall).await.expect(200);
    assert_eq!(again(&reviewer, &mesh, etag).await, 304);

    // The page tells the viewer where all this is.
    let page = reviewer.request(Method::GET, &format!("/officer/{id}")).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains(&mesh) && page.contains(&format!("{model}/elements")), "{page}");
    s.stop().await;
}
