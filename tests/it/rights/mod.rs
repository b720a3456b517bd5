//! Every route, asked by everybody: what one may not see shows nowhere.
//!
//! The routes are read from the sources, so that a new one is walked too; one with a parameter that is not known here
//! fails until `routes` says what to put there. Three things are secret, each with a mark in its name and its
//! values: a restricted layer, a restricted attribute of an open layer, and rows about layers that are not seen whole.

mod routes;
mod wfs;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use dothi::access::Role;
use dothi::layers::{LayerDef, Value};
use futures::StreamExt;
use geozero::mvt::{Message, Tile};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

use crate::front::{Server, point};

use routes::{filled, routes};

/// Marks of the secret layer, its attributes, its items, and of rows about it.
const LAYER_MARKS: [&str; 2] = ["bimat_lop", "bimat-7f3a-lop"];
/// Marks of the secret attribute, its values, and of rows about its layer.
const COLUMN_MARKS: [&str; 2] = ["bimat_cot", "bimat-7f3a-cot"];
/// Names that are not there, as long as the secret ones.
const TWINS: [(&str, &str); 2] = [("bimat_lop", "khong_lop"), ("bimat_cot", "khong_cot")];
/// Where the secret items lie, EPSG:9218.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);
/// Zoom of the tiles that are asked for.
const ZOOM: u8 = 15;

/// Routes that would end the session of who asks, or count wrong passwords.
const LEFT_OUT: [&str; 4] = ["/api/v1/logout", "/api/v1/login", "/api/v1/password", "/sign-in"];

/// Who asks.
struct Person {
    name: String,
    token: Option<String>,
    sees_layer: bool,
    sees_column: bool,
}

impl Person {
    fn forbidden(&self) -> Vec<&'static str> {
        let layer = LAYER_MARKS.iter().filter(|_| !self.sees_layer);
        layer.chain(COLUMN_MARKS.iter().filter(|_| !self.sees_column)).copied().collect()
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    method: String,
    path: String,
    accept: &'static str,
    body: String,
}

impl Asked {
    fn get(path: impl Into<String>, accept: &'static str) -> Self {
        Self { method: "GET".to_owned(), path: path.into(), accept, body: String::new() }
    }

    fn names_a_secret(&self) -> bool {
        TWINS.iter().any(|(secret, _)| self.path.contains(secret) || self.body.contains(secret))
    }

    /// The same request for what is not there.
    fn twin(&self) -> Self {
        let other =
            |text: &str| TWINS.iter().fold(text.to_owned(), |t, (secret, not)| t.replace(secret, not));
        Self { path: other(&self.path), body: other(&self.body), ..self.clone() }
    }
}

fn layers() -> Vec<LayerDef> {
    let text = |vi: &str| json!({"vi": vi, "en": vi});
    let attribute = |name: &str, title: &str, more: Json| {
        let mut whole = json!({"name": name, "type": "text", "title": text(title), "tile_min_zoom": 0});
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    };
    let layer = |id: &str, title: &str, more: Json| -> LayerDef {
        let mut whole = json!({
            "id": id, "title": text(title), "description": text(title), "theme": "security", "geometry": "Point",
            "owner": ["BCHQS"], "access": "O", "licence": "CC-BY-4.0", "visible": true,
        });
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    };
    let searched = json!({"search": true});
    let restricted = |more: Json| {
        let mut whole = json!({"access": "R", "readers": ["CA"]});
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    };
    let shown = |name: &str| {
        json!([{"type": "symbol", "layout": {"text-field": ["get", name]}, "paint": {}},
            {"type": "circle", "paint": {"circle-radius": 3}}])
    };
    vec![
        layer(
            "bimat_lop",
            "Lớp BIMAT-7f3a-lop",
            json!({"access": "R", "label": "ten", "style": shown("ten"),
                "attribute": [attribute("ten", "Tên BIMAT-7f3a-lop", searched.clone())]}),
        ),
        layer(
            "lop_mo",
            "Lớp mở",
            json!({"label": "bimat_cot", "temporal": ["bimat_cot_ngay"], "style": shown("bimat_cot"), "attribute": [
                attribute("ma", "Mã", searched.clone()),
                attribute("bimat_cot", "Cột BIMAT-7f3a-cot", restricted(searched.clone())),
                attribute("bimat_cot_ngay", "Ngày BIMAT-7f3a-cot", restricted(json!({"type": "date"}))),
            ]}),
        ),
        layer(
            "canh_bao",
            "Cảnh báo",
            json!({"rows_of": "lop", "label": "noi_dung", "attribute": [
                attribute("lop", "Lớp", searched.clone()), attribute("noi_dung", "Nội dung", searched),
            ]}),
        ),
    ]
}

/// A server with the secrets in it, and the fids of an item of each layer.
async fn server() -> (Server, BTreeMap<&'static str, i64>) {
    let server = Server::start().await;
    for layer in layers() {
        server.apply(layer).await;
    }
    let text = |t: &str| Value::Text(t.to_owned());
    let mut fids = BTreeMap::new();
    let items: [(&str, Vec<(&str, Value)>); 5] = [
        ("bimat_lop", vec![("ten", text("BIMAT-7f3a-lop trạm"))]),
        (
            "lop_mo",
            vec![
                ("ma", text("M1 trạm")),
                ("bimat_cot", text("BIMAT-7f3a-cot trạm")),
                ("bimat_cot_ngay", Value::Date("2020-02-02".parse().unwrap())),
            ],
        ),
        ("canh_bao", vec![("lop", text("bimat_lop")), ("noi_dung", text("BIMAT-7f3a-lop trạm"))]),
        ("canh_bao", vec![("lop", text("lop_mo")), ("noi_dung", text("BIMAT-7f3a-cot trạm"))]),
        ("canh_bao", vec![("lop", text("tree")), ("noi_dung", text("Cây trùng trạm"))]),
    ];
    for (n, (layer, values)) in items.into_iter().enumerate() {
        let written = server.insert(layer, point(AT.0 + n as f64, AT.1), &values).await;
        fids.insert(layer, written.fid);
        let revision = match layer {
            "bimat_lop" => "revision of bimat_lop",
            "lop_mo" => "revision of lop_mo",
            _ => "revision of canh_bao",
        };
        fids.insert(revision, written.version);
    }
    (server, fids)
}

/// The public, every sample account, and two of the owner of the secrets.
async fn people(server: &Server) -> Vec<Person> {
    let catalog = server.state.catalog.load_full();
    dothi::store::permits::sample::accounts(&server.state.store, &catalog).await.unwrap();
    server.sign_in_as("army", Role::Agency, Some("BCHQS"), Some("BCHQS")).await;
    server.sign_in_as("no-agency", Role::Editor, None, None).await;
    let mut people =
        vec![Person { name: "public".into(), token: None, sees_layer: false, sees_column: false }];
    for listed in server.state.store.list_accounts().await.unwrap() {
        let token = server.state.store.open_session(listed.account.id, "test", "").await.unwrap();
        let name = listed.account.name;
        let all = matches!(name.as_str(), "admin" | "army");
        let column = all || name == "agency";
        people.push(Person { token: Some(token), sees_layer: all, sees_column: column, name });
    }
    assert!(people.len() >= 20, "the sample accounts are there");
    people
}

/// Status, headers and body as one text, in lower case, without what is new in each answer.
async fn answer(server: &Server, person: &Person, asked: &Asked) -> (StatusCode, Vec<u8>, String) {
    let method = Method::from_bytes(asked.method.as_bytes()).unwrap();
    let mut request = server.client.request(method, format!("{}{}", server.base, asked.path));
    request = request.header("accept", asked.accept).header("if-match", "\"0\"");
    if let Some(token) = &person.token {
        request = request.bearer_auth(token);
    }
    if !asked.body.is_empty() {
        request = request.header("content-type", "application/json").body(asked.body.clone());
    }
    if asked.path.contains("/events") {
        // From another life: then all layers that one may see are named at once.
        request = request.header("last-event-id", format!("{}:0", uuid::Uuid::nil()));
    }
    let mut response = request.send().await.unwrap_or_else(|e| panic!("{asked:?}: {e}"));
    let status = response.status();
    let id = response.headers().get("x-request-id").map(|v| v.to_str().unwrap().to_owned());
    let mut text = String::new();
    for (name, value) in response.headers() {
        if !matches!(name.as_str(), "x-request-id" | "date" | "content-length") {
            writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes())).unwrap();
        }
    }
    let streams = response.headers().get("content-type").is_some_and(|t| t == "text/event-stream");
    let mut bytes = Vec::new();
    // A stream of events does not end by itself: what it tells at first.
    let patience = if streams { Duration::from_millis(100) } else { Duration::from_mins(1) };
    while let Ok(chunk) = tokio::time::timeout(patience, response.chunk()).await {
        let Some(chunk) = chunk.unwrap_or_else(|e| panic!("{asked:?}: {e}")) else { break };
        bytes.extend_from_slice(&chunk);
    }
    text += &String::from_utf8_lossy(&bytes);
    if let Some(id) = id {
        text = text.replace(&id, "");
    }
    (status, bytes, text.to_lowercase())
}

/// Everything that is asked.
/// Items in each of their forms, and whole layers as files.
fn forms(fids: &BTreeMap<&str, i64>) -> Vec<String> {
    let (past, fid) = (fids["revision of canh_bao"], fids["lop_mo"]);
    let forms = ["json", "jsonfg", "gml", "csv", "fgb", "gpkg", "parquet"];
    let mut all = vec![
        "/ogc/collections/lop_mo/items?f=csv&properties=bimat_cot".to_owned(),
        format!("/ogc/collections/lop_mo/items?f=gpkg&at={past}"),
        format!("/ogc/collections/lop_mo/items/{fid}?f=gml"),
        format!("/ogc/collections/lop_mo/items/{fid}?f=jsonfg"),
    ];
    for layer in ["lop_mo", "bimat_lop", "canh_bao"] {
        all.extend(forms.map(|form| format!("/ogc/collections/{layer}/items?f={form}")));
        let files = forms.map(|form| if form == "json" { "geojson" } else { form });
        all.extend(files.map(|file| format!("/ogc/collections/{layer}/download/{layer}.{file}")));
    }
    all
}

fn requests(fids: &BTreeMap<&str, i64>) -> BTreeSet<Asked> {
    let mut all = BTreeSet::new();
    for route in routes().iter().filter(|r| !LEFT_OUT.contains(&r.as_str())) {
        for layer in ["bimat_lop", "lop_mo", "canh_bao"] {
            let path = filled(route, layer, fids);
            all.insert(Asked::get(&*path, "application/json"));
            all.insert(Asked::get(&*path, "text/html"));
            for (method, body) in
                [("OPTIONS", ""), ("POST", "{}"), ("PUT", "{}"), ("PATCH", "{}"), ("DELETE", "")]
            {
                let body = body.to_owned();
                all.insert(Asked {
                    method: method.to_owned(),
                    path: path.clone(),
                    accept: "application/json",
                    body,
                });
            }
        }
    }
    // Questions that could betray what is hidden by what they find, count or refuse.
    let fid = |layer: &str| fids[layer];
    let past = fids["revision of canh_bao"];
    for path in [
        "/ogc/collections/lop_mo/items?bimat_cot=x".to_owned(),
        "/ogc/collections/lop_mo/items?bimat_cot=BIM".to_owned(),
        "/ogc/collections/lop_mo/items?datetime=2020-02-02".to_owned(),
        "/ogc/collections/lop_mo/items?datetime=1999-01-01".to_owned(),
        "/ogc/collections/lop_mo/items?sortby=bimat_cot".to_owned(),
        "/ogc/collections/lop_mo/items?properties=bimat_cot".to_owned(),
        "/ogc/collections/lop_mo/items?filter=bimat_cot%20IS%20NULL".to_owned(),
        format!("/ogc/collections/lop_mo/items?at={past}"),
        format!("/ogc/collections/lop_mo/items?at={past}&bimat_cot=x"),
        format!("/ogc/collections/lop_mo/items/{}?at={past}", fid("lop_mo")),
        format!("/ogc/collections/canh_bao/items?at={past}"),
        format!("/ogc/collections/bimat_lop/items?at={past}"),
        format!("{}?at={past}", filled("/tiles/{id}/{z}/{x}/{file}", "lop_mo", fids)),
        format!("{}?at={past}", filled("/tiles/{id}/{z}/{x}/{file}", "bimat_lop", fids)),
        "/api/v1/revisions?layer=bimat_lop".to_owned(),
        "/api/v1/revisions?layer=lop_mo".to_owned(),
        "/changes?layer=bimat_lop".to_owned(),
        "/ogc/collections/bimat_lop/items?limit=1&f=html".to_owned(),
        "/ogc/collections/canh_bao/items?lop=lop_mo".to_owned(),
        "/ogc/collections/canh_bao/items?limit=1".to_owned(),
        "/ogc/styles/default".to_owned(),
        "/ogc/api?f=html".to_owned(),
        "/api/v1/search?q=trạm".to_owned(),
        "/api/v1/search?q=bimat".to_owned(),
        "/api/v1/search?q=7f3a".to_owned(),
        format!("/api/v1/search?item=bimat_lop/{}", fid("bimat_lop")),
        format!("/api/v1/search?item=lop_mo/{}", fid("lop_mo")),
        "/search?q=trạm".to_owned(),
        "/?item=lop_mo/1".to_owned(),
        "/api/v1/imports?layer=bimat_lop".to_owned(),
        "/import?layer=bimat_lop".to_owned(),
        "/api/v1/units?q=bimat".to_owned(),
        "/units/24611?date=2024-12-31".to_owned(),
        "/units/bimat_lop".to_owned(),
        "/ogc/collections/bimat_lop/items?f=geojson".to_owned(),
        "/ogc/collections/lop_mo/items?f=geojson".to_owned(),
        "/ogc/styles/bimat_lop?f=mapbox".to_owned(),
        "/ogc/styles/lop_mo?f=mapbox".to_owned(),
        "/ogc/styles/default?f=mapbox".to_owned(),
        "/api/openapi.json".to_owned(),
    ]
    .into_iter()
    .chain(forms(fids))
    {
        all.insert(Asked::get(&*path, "application/json"));
        all.insert(Asked::get(&*path, "text/html"));
    }
    let features = |layer: &str| json!({"layer": layer});
    let where_secret =
        |op: &str| json!({"layer": "lop_mo", "where": [{"attribute": "bimat_cot", "op": op, "value": "x"}]});
    for body in [
        json!({"operation": "select", "target": features("bimat_lop")}),
        json!({"operation": "select", "target": features("lop_mo")}),
        json!({"operation": "select", "target": features("canh_bao")}),
        json!({"operation": "select", "target": where_secret("ne")}),
        json!({"operation": "select", "target": where_secret("is_null")}),
        json!({"operation": "nearest", "from": features("lop_mo"), "to": features("bimat_lop")}),
        json!({"operation": "nearest", "from": features("canh_bao"), "to": features("lop_mo")}),
        json!({"operation": "aggregate", "source": features("lop_mo"), "zones": features("admin_commune"), "group_by": "bimat_cot"}),
        json!({"operation": "aggregate", "source": features("bimat_lop"), "zones": features("admin_commune")}),
    ] {
        let (method, path) = ("POST".to_owned(), "/api/v1/analysis".to_owned());
        all.insert(Asked { method, path, accept: "application/json", body: body.to_string() });
    }
    all.extend(writes(fids).into_iter().chain(wfs::requests(fids)));
    all
}

/// Writes whose bodies name what is secret.
fn writes(fids: &BTreeMap<&str, i64>) -> Vec<Asked> {
    let item = |layer: &str| format!("/api/v1/layers/{layer}/items/{}", fids[layer]);
    let asked = |method: &str, path: String, body: Json| Asked {
        method: method.to_owned(),
        path,
        accept: "application/json",
        body: body.to_string(),
    };
    vec![
        asked("POST", "/api/v1/imports".to_owned(), json!({"layer": "bimat_lop"})),
        asked("PATCH", item("bimat_lop"), json!({"version": 1, "properties": {"ten": "x"}})),
        asked("PATCH", item("lop_mo"), json!({"version": 1, "properties": {"bimat_cot": "x"}})),
        asked("PATCH", item("lop_mo"), json!({"version": 1, "properties": {"ma": "x"}})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_shows_nowhere() {
    let (server, fids) = server().await;
    let people = people(&server).await;
    let requests = requests(&fids);
    let mut asked = 0;
    let mut wrong = Vec::new();
    for person in &people {
        let forbidden = person.forbidden();
        if forbidden.is_empty() {
            continue;
        }
        let checks = requests.iter().map(|a| check(&server, person, &forbidden, a));
        let found: Vec<Option<String>> = futures::stream::iter(checks).buffer_unordered(8).collect().await;
        asked += found.len();
        wrong.extend(found.into_iter().flatten().map(|w| format!("{}: {w}", person.name)));
        assert!(wrong.len() < 40, "{}", wrong.join("\n"));
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 5000, "{asked}");
}

/// What is wrong with the answer, if anything: a server error, a mark, or another answer than for what is not there.
async fn check(server: &Server, person: &Person, forbidden: &[&str], asked: &Asked) -> Option<String> {
    let (status, _, text) = answer(server, person, asked).await;
    let what = format!("{} {} ({}) {}", asked.method, asked.path, asked.accept, asked.body);
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        return Some(format!("{what}: {status}"));
    }
    let hidden = TWINS.iter().any(|(secret, _)| {
        forbidden.contains(secret) && (asked.path.contains(secret) || asked.body.contains(secret))
    });
    if hidden && asked.names_a_secret() {
        // The answer may repeat the name that it was asked for, and says no more than of one that is not there.
        let (twin_status, _, twin) = answer(server, person, &asked.twin()).await;
        // An address inside an address is percent-encoded.
        let plain = |text: &str| {
            let text = text.replace("%5f", "_");
            TWINS.iter().fold(text, |t, (secret, not)| t.replace(secret, not))
        };
        if status != twin_status || plain(&text) != plain(&twin) {
            return Some(format!("{what}: {status}, of what is not there {twin_status}\n{text}\n{twin}"));
        }
    }
    let echoed = |mark: &str| hidden && TWINS.iter().any(|(secret, _)| *secret == mark);
    let mark = forbidden.iter().find(|mark| !echoed(mark) && text.contains(**mark))?;
    let at = text.find(*mark)?;
    let from = (0..=at.saturating_sub(80)).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    Some(format!("{what}: {mark} in …{}", text[from..].chars().take(200).collect::<String>()))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_see_it_sees_it() {
    let (server, fids) = server().await;
    let people = people(&server).await;
    let layer = [
        "/ogc/collections",
        "/ogc/collections/bimat_lop",
        "/ogc/collections/bimat_lop/items",
        "/ogc/collections/bimat_lop/schema",
        "/ogc/collections/canh_bao/items",
        "/ogc/api",
        "/ogc/styles",
        "/ogc/styles/default",
        "/tiles/bimat_lop.json",
        "/api/v1/layers",
        "/api/v1/search?q=trạm",
    ];
    let column = [
        "/ogc/collections/lop_mo/items",
        "/ogc/collections/lop_mo/queryables",
        "/ogc/collections/lop_mo/schema",
        "/ogc/collections/canh_bao/items",
        "/ogc/api",
        "/ogc/styles/lop_mo",
        "/tiles/lop_mo.json",
        "/api/v1/layers",
        "/api/v1/search?q=trạm",
    ];
    for person in &people {
        let has = async |path: &str, marks: &[&str]| {
            let (_, _, text) = answer(&server, person, &Asked::get(path, "application/json")).await;
            marks.iter().any(|m| text.contains(m))
        };
        for path in layer.into_iter().chain(wfs::OF_LAYER) {
            // An error may repeat the name that it was asked for.
            let marks = if path.contains(LAYER_MARKS[0]) { &LAYER_MARKS[1..] } else { &LAYER_MARKS };
            assert_eq!(has(path, marks).await, person.sees_layer, "{} {path}", person.name);
        }
        for path in column.into_iter().chain(wfs::OF_COLUMN) {
            assert_eq!(has(path, &COLUMN_MARKS).await, person.sees_column, "{} {path}", person.name);
        }
        // Rows about layers: those about a layer that is seen whole, in the count too.
        let path = "/ogc/collections/canh_bao/items";
        let (_, bytes, _) = answer(&server, person, &Asked::get(path, "application/json")).await;
        let json: Json = serde_json::from_slice(&bytes).unwrap();
        let seen = 1 + usize::from(person.sees_layer) + usize::from(person.sees_column);
        assert_eq!(json["numberMatched"], seen, "{}", person.name);
        assert_eq!(json["features"].as_array().unwrap().len(), seen);
        tiles(&server, person, &fids, seen).await;
    }
}

/// Decoded: layers, keys, values and features of the tiles.
async fn tiles(server: &Server, person: &Person, fids: &BTreeMap<&str, i64>, rows: usize) {
    for (layer, features) in
        [("bimat_lop", usize::from(person.sees_layer)), ("lop_mo", 1), ("canh_bao", rows)]
    {
        let path = filled("/tiles/{id}/{z}/{x}/{file}", layer, fids);
        let (status, bytes, _) = answer(server, person, &Asked::get(path, "*/*")).await;
        if features == 0 {
            assert_eq!(status, StatusCode::NOT_FOUND, "{} {layer}", person.name);
            continue;
        }
        let tile = Tile::decode(bytes.as_slice()).unwrap();
        assert_eq!(tile.layers[0].features.len(), features, "{} {layer}", person.name);
        let keys = &tile.layers[0].keys;
        let values: Vec<&str> =
            tile.layers[0].values.iter().filter_map(|v| v.string_value.as_deref()).collect();
        let secret = |mark: &str| {
            keys.iter().any(|k| k.contains(mark)) || values.iter().any(|v| v.to_lowercase().contains(mark))
        };
        if layer == "lop_mo" {
            assert_eq!(keys.contains(&"bimat_cot".to_owned()), person.sees_column, "{}", person.name);
        }
        for mark in person.forbidden() {
            assert!(!secret(mark), "{} {layer}: {keys:?} {values:?}", person.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_rights_shows_within_a_second() {
    let (server, _) = server().await;
    let token = server.sign_in_as("guard", Role::Agency, Some("BCHQS"), Some("BCHQS")).await;
    let sees = async || {
        let url = format!("{}/ogc/collections/bimat_lop", server.base);
        server.client.get(url).bearer_auth(&token).send().await.unwrap().status()
    };
    assert_eq!(sees().await, StatusCode::OK);
    // Another program (the command line) moves the account to another agency.
    let other =
        dothi::store::Store::connect(&server.state.config.database_url.clone().unwrap()).await.unwrap();
    let account = dothi::store::accounts::NewAccount {
        name: "guard".into(),
        display_name: "guard".into(),
        password: "dothi-sample".into(),
        roles: [Role::Agency].into(),
        authority: Some("PCCC".into()),
        agency: Some("CA".into()),
        sample: true,
        must_change_password: false,
    };
    other.put_account(account).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(sees().await, StatusCode::NOT_FOUND);
    // What this node itself does shows at once.
    server.state.store.disable_account("guard", true).await.unwrap();
    assert_eq!(sees().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_that_becomes_restricted_is_gone_from_tiles_at_once() {
    let (server, fids) = server().await;
    let people = people(&server).await;
    let public = &people[0];
    let mut layer = LayerDef::clone(&server.layer("lop_mo"));
    layer.attributes[1].access = None;
    layer.attributes[1].readers = None;
    let open = layer.clone();
    server.apply(open).await;
    let path = filled("/tiles/{id}/{z}/{x}/{file}", "lop_mo", &fids);
    let keys = async || {
        let (_, bytes, _) = answer(&server, public, &Asked::get(&*path, "*/*")).await;
        Tile::decode(bytes.as_slice()).unwrap().layers[0].keys.clone()
    };
    assert!(keys().await.contains(&"bimat_cot".to_owned()));
    layer.attributes[1].access = Some(dothi::layers::Access::R);
    server.apply(layer).await;
    assert!(!keys().await.contains(&"bimat_cot".to_owned()));
}
