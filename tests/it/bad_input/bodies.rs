//! Bodies: what announces too much is not read, what announces nothing is cut off.

use dothi::access::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::at_once;
use crate::front::{Server, point};

const MIB: usize = 1 << 20;
const ANNOUNCED: usize = 50_000_000;

/// Method, path, media type and limit of each kind of body.
fn kinds(fid: i64) -> Vec<(&'static str, String, &'static str, usize)> {
    let (json, geojson) = ("application/json", "application/geo+json");
    vec![
        ("POST", "/ogc/collections/tree/items".to_owned(), geojson, 2 * MIB),
        ("PUT", format!("/ogc/collections/tree/items/{fid}"), geojson, 2 * MIB),
        ("PATCH", format!("/ogc/collections/tree/items/{fid}"), "application/merge-patch+json", 2 * MIB),
        ("POST", "/wfs".to_owned(), "text/xml", 8 * MIB),
        ("POST", "/wfs".to_owned(), "application/x-www-form-urlencoded", 8 * MIB),
        ("POST", "/api/v1/login".to_owned(), json, 2 * MIB),
        ("POST", "/api/v1/analysis".to_owned(), json, 2 * MIB),
        ("POST", "/api/v1/applications".to_owned(), json, 2 * MIB),
        ("POST", "/api/v1/access-keys".to_owned(), json, 2 * MIB),
        ("POST", "/api/v1/layers/parcel/merge".to_owned(), json, 2 * MIB),
    ]
}

async fn signed_in() -> (Server, String, i64) {
    let server = Server::start().await;
    let token = server.sign_in("officer", Role::Reviewer).await;
    let fid = server.insert("tree", point(411_600.0, 1_327_195.0), &[]).await.fid;
    (server, token, fid)
}

pub(super) async fn opened(server: &Server, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The first line of the answer.
pub(super) async fn status(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while !read.contains(&b'\n') {
        let n = stream.read(&mut buffer).await.unwrap();
        assert!(n > 0, "closed without an answer: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&buffer[..n]);
    }
    String::from_utf8_lossy(&read).lines().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_announces_too_much_is_refused_before_it_comes() {
    let (server, token, fid) = signed_in().await;
    for (method, path, kind, _) in kinds(fid) {
        for more in ["", "Idempotency-Key: k-1\r\n", "Expect: 100-continue\r\n"] {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
                 Content-Length: {ANNOUNCED}\r\n{more}\r\n"
            );
            // Not a byte of it is sent.
            let mut stream = opened(&server, &head).await;
            let what = format!("{method} {path} {kind} {more}");
            let said = at_once(&what, status(&mut stream)).await;
            assert!(said.starts_with("HTTP/1.1 413 "), "{what}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_cut_off_at_the_limit() {
    let (server, token, fid) = signed_in().await;
    let chunk = [format!("{:x}\r\n", 64 << 10).into_bytes(), vec![b' '; 64 << 10], b"\r\n".to_vec()].concat();
    for (method, path, kind, limit) in kinds(fid) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
             Transfer-Encoding: chunked\r\n\r\n"
        );
        let mut stream = opened(&server, &head).await;
        let what = format!("{method} {path} {kind}");
        let said = at_once(&what, async {
            // Just above the limit, and the end never comes.
            for _ in 0..=limit / (64 << 10) {
                stream.write_all(&chunk).await.unwrap();
            }
            status(&mut stream).await
        })
        .await;
        assert!(said.starts_with("HTTP/1.1 413 "), "{what}: {said}");
    }
}
