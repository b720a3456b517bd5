//! `at=` through the front door.

use chrono::{DateTime, TimeDelta, Utc};
use dothi::access::Role;
use dothi::layers::Value;
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::items::Patch;
use dothi::store::{Author, Position};
use geozero::mvt::{Message, Tile};
use reqwest::StatusCode;
use serde_json::Value as Json;

use crate::front::{Server, square};

const AT: (f64, f64) = (411_600.0, 1_327_195.0);

fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

async fn parcel(server: &Server, code: &str, x: f64) -> (i64, i64) {
    let values = [("code", text(code)), ("holder", text("Nguyễn Văn A")), ("area_m2", Value::Real(100.0))];
    let written = server.insert("parcel", square(AT.0 + x, AT.1, 10.0), &values).await;
    (written.fid, written.version)
}

/// The parcels of a state: code and western edge.
async fn state(server: &Server, at: impl std::fmt::Display) -> Vec<(String, String)> {
    let json = server.json(&format!("/ogc/collections/parcel/items?at={at}")).await;
    let features = json["features"].as_array().unwrap();
    assert_eq!(json["numberMatched"], features.len());
    features
        .iter()
        .map(|f| {
            (
                f["properties"]["code"].as_str().unwrap().to_owned(),
                f["geometry"]["coordinates"][0][0].to_string(),
            )
        })
        .collect()
}

fn codes(state: &[(String, String)]) -> Vec<&str> {
    state.iter().map(|(code, _)| code.as_str()).collect()
}

/// Two answers are the same but for when and where they were given.
fn same(a: &Json, b: &Json) {
    for member in ["features", "numberMatched", "numberReturned"] {
        assert_eq!(a[member], b[member], "{member}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_edit_leaves_the_old_state_readable() {
    let server = Server::start().await;
    let start = server.state.store.position().await.unwrap().revision;
    let (a, first) = parcel(&server, "A", 0.0).await;
    let (b, second) = parcel(&server, "B", 20.0).await;
    let catalog = server.state.catalog.load_full();
    let def = server.layer("parcel");
    let author = Author::program("test", "x");
    let items = server.state.store.items(&catalog, &def, &author);
    let code = def.attributes.iter().position(|x| x.name == "code").unwrap();

    let mut states = vec![(start, state(&server, start).await), (first, state(&server, first).await)];
    states.push((second, state(&server, second).await));
    assert_eq!(codes(&states[0].1), Vec::<&str>::new());
    assert_eq!(codes(&states[1].1), ["A"]);
    assert_eq!(codes(&states[2].1), ["A", "B"]);
    let patch = Patch { wkb: None, values: vec![(code, text("A2"))] };
    states.push(note(&server, items.patch(a, patch, None).await.unwrap().position).await);
    let stored = server.state.store.item(&def, b).await.unwrap().unwrap();
    let moved =
        dothi::store::items::NewItem { wkb: square(AT.0 + 40.0, AT.1, 10.0), values: stored.values.clone() };
    states.push(note(&server, items.replace(b, moved, None).await.unwrap().position).await);
    states.push(note(&server, items.delete(a, None).await.unwrap().position).await);
    for (mode, code_, x) in
        [(Mode::Append, "C", 60.0), (Mode::Upsert, "B", 80.0), (Mode::Replace, "D", 100.0)]
    {
        let mut values = stored.values.clone();
        values[code] = text(code_);
        let row = Incoming { place: "1".to_owned(), wkb: square(AT.0 + x, AT.1, 10.0), values };
        let report =
            server.state.store.load_rows(&catalog, "parcel", vec![row], mode, &author).await.unwrap();
        states.push(note(&server, report.position.unwrap()).await);
    }
    let last = states.last().unwrap().0;
    let entry = dothi::store::audit::Entry::default();
    let undone = server.state.store.undo(&catalog, last, &author, entry, false).await.unwrap();
    states.push(note(&server, undone.position.unwrap()).await);
    assert_eq!(codes(&states.last().unwrap().1), ["B", "C"]);

    for (revision, held) in &states {
        assert_eq!(&state(&server, revision).await, held, "revision {revision}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_named_by_revision_or_time() {
    let server = Server::start().await;
    let (a, first) = parcel(&server, "A", 0.0).await;
    parcel(&server, "B", 20.0).await;
    let when: Vec<DateTime<Utc>> =
        sqlx::query_scalar("select committed_at from dothi.revision order by number")
            .fetch_all(&mut server.sql().await)
            .await
            .unwrap();
    let stamp = |t: DateTime<Utc>| t.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let of_first = when[usize::try_from(first - 1).unwrap()];
    assert_eq!(codes(&state(&server, stamp(of_first)).await), ["A"]);
    assert!(state(&server, stamp(of_first - TimeDelta::microseconds(1))).await.is_empty());
    assert!(state(&server, "1999-01-01T00:00:00%2B07:00").await.is_empty());
    assert!(state(&server, 0).await.is_empty());

    let answer = server.get(&format!("/ogc/collections/parcel/items/{a}?at={first}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["dothi-revision"], first.to_string());
    assert_eq!(answer.headers()["cache-control"], "private, max-age=3600");
    let tag = answer.headers()["etag"].clone();
    let today = server.get(&format!("/ogc/collections/parcel/items/{a}")).await;
    assert_eq!(today.headers()["etag"], tag, "the item has not changed since");
    let by_time = server.get(&format!("/ogc/collections/parcel/items?at={}", stamp(of_first))).await;
    assert_eq!(by_time.headers()["dothi-revision"], first.to_string());
    assert_eq!(by_time.headers()["cache-control"], "private, no-cache");

    let later = stamp(Utc::now() + TimeDelta::hours(1));
    for (path, named) in [
        ("parcel/items?at=999999".to_owned(), "at"),
        (format!("parcel/items?at={later}"), "at"),
        ("parcel/items?at=yesterday".to_owned(), "at"),
        ("parcel/items?at=-1".to_owned(), "at"),
        ("permit/items?at=1".to_owned(), "at"),
        // A collection's count and extent are today's, so it is not described at another time.
        ("parcel?at=1".to_owned(), "at"),
        ("parcel/items?at=1&holder=A".to_owned(), "holder"),
    ] {
        let answer = server.get(&format!("/ogc/collections/{path}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let problem: Json = answer.json().await.unwrap();
        assert!(problem.to_string().contains(&format!("\"{named}\"")), "{path}: {problem}");
    }
    let missing = server.get(&format!("/ogc/collections/parcel/items/{a}?at={}", first - 1)).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_filters_and_boxes_are_as_today() {
    let server = Server::start().await;
    for i in 0..30 {
        parcel(&server, &format!("P{i}"), 12.0 * f64::from(i)).await;
    }
    let revision = server.state.store.position().await.unwrap().revision;
    let now = server.json("/ogc/collections/parcel/items?limit=1000").await;
    let [lon, lat] = [0, 1].map(|i| now["features"][4]["geometry"]["coordinates"][0][0][i].as_f64().unwrap());
    let mut asked: Vec<String> = vec![
        "limit=7".into(),
        "limit=7&after=12".into(),
        "code=P3".into(),
        "limit=3&area_m2=100".into(),
        "bbox=107,11,109,13".into(),
        "bbox=-180,-90,180,90&limit=5".into(),
        "bbox=170,-5,-170,5".into(),
        "bbox=5,47,6,48".into(),
    ];
    // Boxes whose edges touch a corner of a parcel, lie a billionth of a degree beside it, or cut through several.
    for nudge in [-1e-9, 0.0, 1e-9] {
        asked.push(format!("bbox={:.9},{:.9},{:.9},{:.9}", lon + nudge, lat, lon + 0.0003, lat + 0.0001));
        asked.push(format!(
            "bbox={:.9},{:.9},{:.9},{:.9}&limit=2",
            lon - 0.0005,
            lat - 0.001,
            lon + nudge,
            lat + 0.001
        ));
        asked.push(format!(
            "bbox={:.9},{:.9},{:.9},{:.9}",
            lon - 0.05,
            lat - 0.05,
            lon + 0.001 + nudge,
            lat + 0.05
        ));
    }
    // Edits since then must not be seen.
    let before: Vec<Json> = {
        let mut all = Vec::new();
        for query in &asked {
            all.push(server.json(&format!("/ogc/collections/parcel/items?{query}")).await);
        }
        all
    };
    let catalog = server.state.catalog.load_full();
    let def = server.layer("parcel");
    let author = Author::program("test", "x");
    let items = server.state.store.items(&catalog, &def, &author);
    for feature in now["features"].as_array().unwrap().iter().step_by(2) {
        items.delete(feature["id"].as_i64().unwrap(), None).await.unwrap();
    }
    for (query, before) in asked.iter().zip(&before) {
        let past = server.json(&format!("/ogc/collections/parcel/items?{query}&at={revision}")).await;
        for member in ["features", "numberReturned"] {
            assert_eq!(past[member], before[member], "{query}: {member}");
        }
        // Where the page is not all there is, the past is not counted through.
        let whole = before["numberMatched"] == before["numberReturned"] && !query.contains("after");
        let expected = if whole { before["numberMatched"].clone() } else { Json::Null };
        assert_eq!(past["numberMatched"], expected, "{query}");
    }
    assert!(
        before.iter().any(|j| j["numberMatched"] == 0) && before.iter().any(|j| j["numberMatched"] == 30)
    );

    // A walk that begins with a time stays in that state.
    let time = Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let mut next = Some(format!("{}/ogc/collections/parcel/items?limit=4&at={time}", server.base));
    let mut seen = Vec::new();
    while let Some(href) = next {
        let page: Json = server.client.get(&href).send().await.unwrap().json().await.unwrap();
        seen.extend(page["features"].as_array().unwrap().iter().map(|f| f["id"].as_i64().unwrap()));
        if seen.len() == 4 {
            parcel(&server, "late", 600.0).await;
        }
        next = page["links"]
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["rel"] == "next")
            .map(|l| l["href"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen.len(), 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_shows_what_may_be_seen_today() {
    let server = Server::start().await;
    let (fid, revision) = parcel(&server, "A", 0.0).await;
    let body = server.json(&format!("/ogc/collections/parcel/items/{fid}?at={revision}")).await;
    assert_eq!(body["properties"]["code"], "A");
    assert!(body["properties"].get("holder").is_none(), "{body}");
    let token = server.sign_in("admin1", Role::Admin).await;
    let answer =
        server.client.get(format!("{}/ogc/collections/parcel/items/{fid}?at={revision}", server.base));
    let body: Json = answer.bearer_auth(token).send().await.unwrap().json().await.unwrap();
    assert_eq!(body["properties"]["holder"], "Nguyễn Văn A");
    // A layer that is hidden has no past either, and says nothing else than that it is unknown.
    for path in ["items?at=1", "items/1?at=1", "items?at=nonsense"] {
        let hidden = server.get(&format!("/ogc/collections/camera_security/{path}")).await;
        let unknown = server.get(&format!("/ogc/collections/nothing/{path}")).await;
        assert_eq!(hidden.status(), unknown.status(), "{path}");
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_of_the_past_are_as_they_were() {
    let server = Server::start().await;
    let (a, revision) = parcel(&server, "A", 0.0).await;
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0 + 5.0, AT.1 + 5.0);
    let (z, n) = (16, f64::from(1 << 16));
    let x = ((lon + 180.0) / 360.0 * n).floor();
    let y = ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * n).floor();
    let then = server.get(&format!("/tiles/parcel/{z}/{x}/{y}.mvt")).await.bytes().await.unwrap();
    let catalog = server.state.catalog.load_full();
    let def = server.layer("parcel");
    let author = Author::program("test", "x");
    let gone = server.state.store.items(&catalog, &def, &author).delete(a, None).await.unwrap();
    server.state.feed.catch_up(gone.position).await.unwrap();
    assert_eq!(server.get(&format!("/tiles/parcel/{z}/{x}/{y}.mvt")).await.status(), StatusCode::NO_CONTENT);
    let past = server.get(&format!("/tiles/parcel/{z}/{x}/{y}.mvt?at={revision}")).await;
    assert_eq!(past.headers()["dothi-revision"], revision.to_string());
    let past = past.bytes().await.unwrap();
    assert_eq!(past, then);
    assert_eq!(Tile::decode(past).unwrap().layers[0].features.len(), 1);
    let before = server.get(&format!("/tiles/parcel/{z}/{x}/{y}.mvt?at={}", revision - 1)).await;
    assert_eq!(before.status(), StatusCode::NO_CONTENT);
}

/// What is read of the past is compared with what was read when it was the present.
async fn note(server: &Server, position: Position) -> (i64, Vec<(String, String)>) {
    server.state.feed.catch_up(position).await.unwrap();
    let now = server.json("/ogc/collections/parcel/items").await;
    let past = server.json(&format!("/ogc/collections/parcel/items?at={}", position.revision)).await;
    same(&now, &past);
    (position.revision, state(server, position.revision).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn datetime_asks_by_the_layers_own_time() {
    let server = Server::start().await;
    let day = |d: &str| Value::Date(d.parse().unwrap());
    for (name, x, from, to) in [
        ("old", 0.0, day("2019-01-01"), day("2025-06-30")),
        ("new", 20.0, day("2025-07-01"), Value::Null),
        ("always", 40.0, day("1900-01-01"), Value::Null),
    ] {
        let wkb = square(AT.0 + x, AT.1, 10.0);
        let mut multi = vec![1, 6, 0, 0, 0, 1, 0, 0, 0];
        multi.extend_from_slice(&wkb);
        let values = [("name", text(name)), ("valid_from", from), ("valid_to", to)];
        server.insert("admin_commune", multi, &values).await;
    }
    let named = async |query: &str| {
        let json = server.json(&format!("/ogc/collections/admin_commune/items?{query}")).await;
        let features = json["features"].as_array().unwrap().clone();
        features.iter().map(|f| f["properties"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (datetime, names) in [
        // Late on the last of June in Greenwich it is the first of July in Gia Nghĩa.
        ("2025-06-30T20:00:00Z", &["new", "always"][..]),
        ("2025-06-30T12:00:00Z", &["old", "always"]),
        ("2025-06-30", &["old", "always"]),
        ("2025-07-01", &["new", "always"]),
        ("2025-06-30/2025-07-01", &["old", "new", "always"]),
        ("2025-07-01/..", &["new", "always"]),
        ("../2018-12-31", &["always"]),
        ("/2019-01-01", &["old", "always"]),
    ] {
        let mut expected: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let revision = server.state.store.position().await.unwrap().revision;
        for query in [format!("datetime={datetime}"), format!("datetime={datetime}&at={revision}")] {
            let mut found = named(&query).await;
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{query}");
        }
    }
    // A layer without time of its own is whole in every answer.
    parcel(&server, "A", 0.0).await;
    assert_eq!(server.json("/ogc/collections/parcel/items?datetime=1900-01-01").await["numberMatched"], 1);
    let temporal = &server.json("/ogc/collections/admin_commune").await["extent"]["temporal"]["interval"];
    assert_eq!(*temporal, serde_json::json!([["1900-01-01T00:00:00+07:00", null]]));
    server.insert("landslide", square(AT.0, AT.1, 10.0), &[("observed_on", day("2026-03-01"))]).await;
    let temporal = &server.json("/ogc/collections/landslide").await["extent"]["temporal"]["interval"];
    assert_eq!(*temporal, serde_json::json!([["2026-03-01T00:00:00+07:00", "2026-03-01T23:59:59+07:00"]]));
    assert!(server.json("/ogc/collections/parcel").await["extent"].get("temporal").is_none());
}
