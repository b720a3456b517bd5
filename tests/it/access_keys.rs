//! Access keys through the front door: who may do what with one, and where it may stand.

use dothi::access::Role;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::front::Server;

async fn call(server: &Server, method: Method, path: &str, token: &str, body: &Value) -> Response {
    let request = server.client.request(method, format!("{}{path}", server.base)).bearer_auth(token);
    request.json(body).send().await.unwrap()
}

async fn key(server: &Server, token: &str, body: Value) -> (String, String) {
    let made = call(server, Method::POST, "/api/v1/access-keys", token, &body).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.headers()[header::CACHE_CONTROL], "no-store");
    let made: Value = made.json().await.unwrap();
    (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
}

/// Status of a layer's items for who shows this name and key.
async fn reads(server: &Server, layer: &str, name: &str, key: &str) -> StatusCode {
    let url = format!("{}/ogc/collections/{layer}/items?limit=1", server.base);
    server.client.get(url).basic_auth(name, Some(key)).send().await.unwrap().status()
}

#[tokio::test]
async fn a_key_stands_for_its_account_towards_layers_and_nothing_else() {
    let server = Server::start().await;
    let token = server.sign_in_as("can-bo", Role::Editor, Some("CA"), Some("CA")).await;
    let (id, key) = key(&server, &token, json!({"name": "QGIS", "days": 7})).await;
    let hidden = "camera_traffic";
    assert_eq!(server.get(&format!("/ogc/collections/{hidden}/items")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(reads(&server, hidden, "can-bo", &key).await, StatusCode::OK);
    assert_eq!(
        reads(&server, hidden, "Can-Bo", &key).await,
        StatusCode::OK,
        "names are not of letters' size"
    );

    // Another's name, a wrong key, the token of a session as a key: refused, and Basic is asked for again.
    for (name, wrong) in [("admin", key.as_str()), ("can-bo", "dk_wrong"), ("can-bo", token.as_str())] {
        let url = format!("{}/ogc/collections", server.base);
        let answer = server.client.get(url).basic_auth(name, Some(wrong)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{name}");
        let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Basic "), "{challenge}");
    }

    // As a bearer token too; and in the address, since it only reads.
    let url = format!("{}/ogc/collections/{hidden}/items", server.base);
    let bearer = server.client.get(&url).bearer_auth(&key).send().await.unwrap();
    assert_eq!(bearer.status(), StatusCode::OK);
    let answer = server.client.get(format!("{url}?token={key}&limit=1")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "private, no-cache");
    let body: Value = answer.json().await.unwrap();
    for link in body["links"].as_array().unwrap().iter().filter(|l| l["type"] != "text/html") {
        assert!(link["href"].as_str().unwrap().contains(&key), "a program follows it with its key: {link}");
    }
    let page = server.client.get(format!("{url}?f=html&token={key}")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(!page.text().await.unwrap().contains(&key), "a page is sent on");
    let gone = server.client.get(format!("{}/ogc/collections/khong?f=html&token={key}", server.base));
    let gone = gone.header(header::ACCEPT, "text/html").send().await.unwrap();
    assert!(!gone.text().await.unwrap().contains(&key), "nor stands it on an error's page");

    // Not towards applications, accounts and the keys themselves.
    for path in ["/api/v1/me", "/api/v1/access-keys", "/api/v1/applications"] {
        let url = format!("{}{path}", server.base);
        let answer = server.client.get(url).basic_auth("can-bo", Some(&key)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let answer =
            server.client.get(format!("{}{path}", server.base)).bearer_auth(&key).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }

    // Revoked, it opens nothing any more.
    let stranger = server.sign_in_as("nguoi-khac", Role::Editor, Some("XD"), Some("XD")).await;
    let path = format!("/api/v1/access-keys/{id}");
    assert_eq!(
        call(&server, Method::DELETE, &path, &stranger, &Value::Null).await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(reads(&server, hidden, "can-bo", &key).await, StatusCode::OK);
    assert_eq!(
        call(&server, Method::DELETE, &path, &token, &Value::Null).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(reads(&server, hidden, "can-bo", &key).await, StatusCode::UNAUTHORIZED);

    // A program that goes on with a wrong key has to wait; a right one, and who signs in, does not.
    let (_, other) = self::key(&server, &token, json!({"name": "khác"})).await;
    let mut last = StatusCode::OK;
    for _ in 0..25 {
        last = reads(&server, hidden, "can-bo", "dk_wrong").await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reads(&server, hidden, "can-bo", &other).await, StatusCode::OK);
    server.sign_in_as("nguoi-moi", Role::Editor, Some("XD"), Some("XD")).await;
}

#[tokio::test]
async fn a_narrow_key_is_the_public_towards_other_layers_and_edits_only_where_it_may() {
    let server = Server::start().await;
    let token = server.sign_in_as("can-bo", Role::Editor, Some("CA"), Some("CA")).await;
    let body = json!({"name": "một lớp", "layers": ["camera_traffic"], "edit": true});
    let (_, edits) = key(&server, &token, body).await;
    let (_, looks) = key(&server, &token, json!({"name": "chỉ xem"})).await;
    assert_eq!(reads(&server, "camera_traffic", "can-bo", &edits).await, StatusCode::OK);
    assert_eq!(reads(&server, "camera_security", "can-bo", &looks).await, StatusCode::OK);
    assert_eq!(reads(&server, "camera_security", "can-bo", &edits).await, StatusCode::NOT_FOUND);
    assert_eq!(reads(&server, "road", "can-bo", &edits).await, StatusCode::OK, "open data stays open");

    let allowed = |key: String| {
        let url = format!("{}/ogc/collections/camera_traffic/items", server.base);
        let request = server.client.request(Method::OPTIONS, url).basic_auth("can-bo", Some(key));
        async move { request.send().await.unwrap().headers()[header::ALLOW].to_str().unwrap().to_owned() }
    };
    assert!(allowed(edits.clone()).await.contains("POST"));
    assert!(!allowed(looks).await.contains("POST"));
    // What can change something does not stand in an address.
    let url = format!("{}/ogc/collections?token={edits}", server.base);
    assert_eq!(server.client.get(url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    for (wrong, name) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "x", "days": 0}), "days"),
        (json!({"name": "x", "days": 367}), "days"),
        (json!({"name": "x", "layers": ["khong_co"]}), "layers"),
    ] {
        let answer = call(&server, Method::POST, "/api/v1/access-keys", &token, &wrong).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
        assert_eq!(answer.json::<Value>().await.unwrap()["parameter"], name);
    }
}
