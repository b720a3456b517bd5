//! Changes told as server-sent events: at once, only to who may see them, and what was missed.

use std::time::{Duration, Instant};

use dothi::access::Role;
use dothi::layers::{Access, GeometryKind, Value};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value as Json, json};

use crate::formats::layer;
use crate::front::{Server, square};
use crate::wfs::AT;

/// What a client hears.
struct Listener {
    answer: Response,
    text: String,
}

/// Name, id and data of an event.
#[derive(Debug, PartialEq)]
struct Heard(String, String, Json);

impl Listener {
    async fn at(server: &Server, path: &str, last: Option<&str>, token: Option<&str>) -> Self {
        let mut request = server.client.get(format!("{}{path}", server.base));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "private, no-store");
        Self { answer, text: String::new() }
    }

    /// The next event; none where the stream has ended, or nothing is told for a while.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
                    line.unwrap_or_default().trim().to_owned()
                };
                let heard = Heard(
                    field("event"),
                    field("id"),
                    serde_json::from_str(&field("data")).unwrap_or_default(),
                );
                self.text = self.text.split_off(self.text.len() - rest.len());
                return Some(heard);
            }
            let more = tokio::time::timeout(Duration::from_millis(1500), self.answer.chunk()).await.ok()?;
            self.text += std::str::from_utf8(&more.unwrap()?).unwrap();
        }
    }
}

async fn edit(server: &Server, layer: &str, n: f64) -> (i64, i64) {
    let made = server
        .insert(layer, square(AT.0 + 50.0 * n, AT.1, 10.0), &[("name", Value::Text(format!("số {n}")))])
        .await;
    (made.fid, made.position.revision)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_heard_within_a_second_and_what_was_missed_when_one_comes_back() {
    let server = Server::start().await;
    for id in ["thu", "khac"] {
        server.apply(layer(id, GeometryKind::Polygon)).await;
    }
    let mut one = Listener::at(&server, "/ogc/collections/thu/events", None, None).await;
    let mut both = Listener::at(&server, "/ogc/events?collections=thu,khac", None, None).await;
    let hello = one.next().await.unwrap();
    let epoch = server.state.feed.position().epoch;
    let stands = server.state.feed.position().revision;
    assert_eq!(
        hello,
        Heard("at".into(), format!("{epoch}:{stands}"), json!({"epoch": epoch, "revision": stands}))
    );
    both.next().await.unwrap();

    let began = Instant::now();
    let (fid, revision) = edit(&server, "thu", 1.0).await;
    let expected = || {
        let data = json!({"collection": "thu", "epoch": epoch, "revision": revision, "items": [fid]});
        Heard("change".into(), format!("{epoch}:{revision}"), data)
    };
    assert_eq!((one.next().await, both.next().await), (Some(expected()), Some(expected())));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    // What was told is what is served.
    let items = server.json(&format!("/ogc/collections/thu/items/{fid}")).await;
    assert_eq!(items["id"], fid);

    let (other, later) = edit(&server, "khac", 2.0).await;
    assert_eq!(both.next().await.unwrap().2["items"], json!([other]));
    assert_eq!(one.next().await, None, "another layer's changes are none of this one's");

    // Back with what was heard last: both, joined by layer; with all that is known: nothing; with another life: all.
    let mut back = Listener::at(&server, "/ogc/events?collections=thu,khac", Some(&hello.1), None).await;
    assert_eq!(back.next().await.unwrap().1, format!("{epoch}:{later}"));
    // Told as one step, whose end alone has its id: who is cut off before it hears of both again.
    let step = [back.next().await.unwrap(), back.next().await.unwrap()];
    assert_eq!((step[0].1.as_str(), &step[1].1), ("", &format!("{epoch}:{later}")));
    let mut told = step.map(|event| event.2);
    told.sort_by_key(|t| t["collection"].to_string());
    assert_eq!((&told[0]["items"], &told[1]["items"]), (&json!([other]), &json!([fid])));
    let now = format!("{epoch}:{later}");
    let mut quiet = Listener::at(&server, "/ogc/collections/thu/events", Some(&now), None).await;
    quiet.next().await.unwrap();
    assert_eq!(quiet.next().await, None);
    let stranger = format!("{}:{later}", uuid::Uuid::nil());
    let mut anew = Listener::at(&server, "/ogc/collections/thu/events", Some(&stranger), None).await;
    anew.next().await.unwrap();
    assert_eq!(anew.next().await.unwrap().2["items"], Json::Null);

    // The end of the program is the end of the streams, at once.
    server.state.feed.dismiss();
    let began = Instant::now();
    assert!(one.answer.chunk().await.unwrap().is_none());
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_a_layer_hears_nothing_of_it() {
    let server = Server::start().await;
    let mut restricted = layer("kin", GeometryKind::Polygon);
    restricted.access = Access::I;
    server.apply(restricted).await;
    for path in ["/ogc/collections/kin/events", "/ogc/collections/none/events"] {
        assert_eq!(server.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let named = server.get("/ogc/events?collections=kin").await;
    assert_eq!(named.status(), StatusCode::BAD_REQUEST);

    let mut public = Listener::at(&server, "/ogc/events", None, None).await;
    public.next().await.unwrap();
    let token = server.sign_in("reader", Role::Reviewer).await;
    let mut officer = Listener::at(&server, "/ogc/collections/kin/events", None, Some(&token)).await;
    officer.next().await.unwrap();
    let (fid, _) = edit(&server, "kin", 1.0).await;
    assert_eq!(officer.next().await.unwrap().2["items"], json!([fid]));
    assert_eq!(public.next().await, None);

    // Who has signed out hears no more.
    let out = server.client.post(format!("{}/api/v1/logout", server.base)).bearer_auth(&token).send().await;
    assert!(out.unwrap().status().is_success());
    tokio::time::sleep(Duration::from_secs(1)).await;
    edit(&server, "kin", 2.0).await;
    assert!(officer.answer.chunk().await.unwrap().is_none(), "the stream has ended");
}
