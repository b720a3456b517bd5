//! OGC API through the front door: what a client reads is what was written, in the form that the standards want,
//! and no more than it may see. With the real GDAL.

use std::collections::BTreeSet;

use dothi::access::Role;
use dothi::layers::Value;
use dothi::space::crs::{from_crs84, world_from_crs84};
use geozero::mvt::{Message, Tile};
use reqwest::{StatusCode, header};
use serde_json::{Value as Json, json};

use crate::front::{Server, point, square};

/// South-west corner of the test's parcels, EPSG:9218: Gia Nghĩa.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);

fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

/// Parcels side by side to the east, each 10 m.
async fn parcels(server: &Server, n: i64) {
    for i in 0..n {
        let wkb = square(AT.0 + 10.0 * i as f64, AT.1, 10.0);
        let values = [
            ("code", text(&format!("24611-12-{i}"))),
            ("parcel_number", Value::Int(i + 1)),
            ("land_use", text(if i % 2 == 0 { "ODT" } else { "CLN" })),
            ("holder", text("Nguyễn Văn A")),
            ("area_m2", Value::Real(100.5)),
        ];
        server.insert("parcel", wkb, &values).await;
    }
}

fn link<'a>(json: &'a Json, rel: &str) -> Option<&'a str> {
    json["links"].as_array().unwrap().iter().find(|l| l["rel"] == rel)?["href"].as_str()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_resource_is_there_with_its_type() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    let fid = server.json("/ogc/collections/parcel/items").await["features"][0]["id"].clone();
    let openapi = "application/vnd.oai.openapi+json;version=3.0";
    for (path, kind) in [
        ("/ogc/", "application/json"),
        ("/ogc/conformance", "application/json"),
        ("/ogc/api", openapi),
        ("/ogc/collections", "application/json"),
        ("/ogc/collections/parcel", "application/json"),
        ("/ogc/collections/parcel/items", "application/geo+json"),
        (&format!("/ogc/collections/parcel/items/{fid}"), "application/geo+json"),
        ("/ogc/collections/parcel/queryables", "application/schema+json"),
        ("/ogc/collections/parcel/schema", "application/schema+json"),
        ("/ogc/collections/parcel/tiles", "application/json"),
        ("/ogc/collections/parcel/tiles/WebMercatorQuad", "application/json"),
        ("/ogc/tileMatrixSets", "application/json"),
        ("/ogc/tileMatrixSets/WebMercatorQuad", "application/json"),
        ("/ogc/functions", "application/json"),
        ("/ogc/styles", "application/json"),
        ("/ogc/styles/parcel", "application/vnd.mapbox.style+json"),
        ("/ogc/styles/default", "application/vnd.mapbox.style+json"),
        ("/tiles/parcel.json", "application/json"),
        ("/health/live", "application/json"),
        ("/health/ready", "application/json"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], kind, "{path}");
        let _: Json = answer.json().await.unwrap();
        if path.starts_with("/ogc") && !path.contains("/styles/") {
            let page =
                server.client.get(format!("{}{path}", server.base)).header("accept", "text/html").send();
            let page = page.await.unwrap();
            assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
            assert!(page.text().await.unwrap().contains("<h1>"), "{path}");
        }
    }
    let metrics = server.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("dothi_http_requests_total{status=\"2xx\"}"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_where_they_say() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    let mut todo = vec![format!("{}/ogc/", server.base)];
    let mut seen = BTreeSet::new();
    while let Some(href) = todo.pop() {
        if !href.starts_with(&server.base)
            || href.contains('{')
            || !seen.insert(href.clone())
            || seen.len() > 150
        {
            continue;
        }
        let answer = server.client.get(&href).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{href}");
        let is_json = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().contains("json");
        if is_json && !href.contains("/styles/") {
            let json: Json = answer.json().await.unwrap();
            let links = json["links"].as_array().cloned().unwrap_or_default();
            todo.extend(links.iter().map(|l| l["href"].as_str().unwrap().to_owned()));
            if href.ends_with("/collections/parcel") || href.contains("/collections/parcel?") {
                let tiles = link(&json, "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector").unwrap();
                todo.push(tiles.to_owned());
            }
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_query_make_the_whole_and_keep_its_parameters() {
    let server = Server::start().await;
    parcels(&server, 23).await;
    let mut next = Some("/ogc/collections/parcel/items?limit=4&land_use=ODT".to_owned());
    let mut codes = Vec::new();
    while let Some(path) = next {
        let page = server.json(&path).await;
        assert_eq!(page["numberMatched"], 12);
        let features = page["features"].as_array().unwrap();
        assert_eq!(page["numberReturned"], features.len());
        assert!(page["timeStamp"].as_str().unwrap().ends_with('Z'));
        for feature in features {
            assert_eq!(feature["properties"]["land_use"], "ODT");
            codes.push(feature["properties"]["code"].as_str().unwrap().to_owned());
        }
        next = link(&page, "next").map(|href| {
            assert!(href.contains("limit=4") && href.contains("land_use=ODT"), "{href}");
            href.strip_prefix(&server.base).unwrap().to_owned()
        });
    }
    let expected: Vec<String> = (0..23).step_by(2).map(|i| format!("24611-12-{i}")).collect();
    assert_eq!(codes, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_is_streamed_whole() {
    let server = Server::start().await;
    let catalog = server.state.catalog.load_full();
    let def = server.layer("hydrant");
    let rows = (0..1700).map(|n| {
        let value = |a: &dothi::layers::Attribute| match a.kind {
            dothi::layers::AttributeType::Text if a.required && a.codes.is_none() => text(&format!("T{n}")),
            _ => Value::Null,
        };
        let values = def.attributes.iter().map(value).collect();
        dothi::store::bulk::Incoming { place: format!("{n}"), wkb: point(AT.0 + f64::from(n), AT.1), values }
    });
    let author = dothi::store::Author::program("test", "many");
    let mode = dothi::store::bulk::Mode::Append;
    let report = server.state.store.load_rows(&catalog, "hydrant", rows, mode, &author).await.unwrap();
    assert_eq!(report.inserted, 1700, "{:?}", report.rejections);
    server.state.feed.catch_up(report.position.unwrap()).await.unwrap();
    let all = server.json("/ogc/collections/hydrant/items?limit=5000").await;
    assert_eq!(all["features"].as_array().unwrap().len(), 1700);
    assert_eq!((&all["numberMatched"], &all["numberReturned"]), (&json!(1700), &json!(1700)));
    assert!(link(&all, "next").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_finds_what_is_in_it() {
    let server = Server::start().await;
    parcels(&server, 5).await;
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0 + 25.0, AT.1 + 5.0);
    let found = server
        .json(&format!(
            "/ogc/collections/parcel/items?bbox={},{},{},{}",
            lon - 1e-6,
            lat - 1e-6,
            lon + 1e-6,
            lat + 1e-6
        ))
        .await;
    assert_eq!(found["numberMatched"], 1);
    assert_eq!(found["features"][0]["properties"]["code"], "24611-12-2");
    let ring = found["features"][0]["geometry"]["coordinates"][0].as_array().unwrap();
    let (e, n) = from_crs84(ring[0][0].as_f64().unwrap(), ring[0][1].as_f64().unwrap());
    assert!((e - (AT.0 + 20.0)).abs() < 2e-3 && (n - AT.1).abs() < 2e-3, "{e} {n}");
    let world = server.json("/ogc/collections/parcel/items?bbox=-180,-90,180,90").await;
    assert_eq!(world["numberMatched"], 5);
    let elsewhere = server.json("/ogc/collections/parcel/items?bbox=2,48,3,49").await;
    assert_eq!(elsewhere["numberMatched"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_a_problem_that_names_it() {
    let server = Server::start().await;
    for (path, status, word) in [
        ("/ogc/collections/parcel/items?bbox=1,2,3", 400, "bbox"),
        ("/ogc/collections/parcel/items?colour=red", 400, "colour"),
        ("/ogc/collections/parcel/items?holder=A", 400, "holder"),
        ("/ogc/collections/parcel/items?parcel_number=five", 400, "parcel_number"),
        ("/ogc/collections/parcel/items?datetime=now", 400, "datetime"),
        ("/ogc/collections/parcel/items?limit=0", 400, "limit"),
        ("/ogc/collections?colour=red", 400, "colour"),
        ("/ogc/?f=xml", 400, "xml"),
        ("/ogc/collections/nothing", 404, "nothing"),
        ("/ogc/collections/camera_security", 404, "camera_security"),
        ("/ogc/collections/camera_security/items", 404, "camera_security"),
        ("/tiles/camera_security.json", 404, "camera_security"),
        ("/tiles/camera_security/14/1/1.mvt", 404, "camera_security"),
        ("/ogc/styles/camera_security", 404, "camera_security"),
        ("/ogc/collections/parcel/items/99999", 404, "99999"),
        ("/ogc/collections/parcel/items/x", 404, "x"),
        ("/ogc/collections/parcel/tiles/WebMercatorQuad/2/4/0", 404, "2/4/0"),
        ("/tiles/parcel/2/0/4.mvt", 404, "2/0/4"),
    ] {
        let answer = server.client.get(format!("{}{path}", server.base)).header("accept-language", "en");
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
        let problem: Json = answer.json().await.unwrap();
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().contains(word), "{path}: {problem}");
    }
    let hidden: Json = server.get("/ogc/collections/camera_security").await.json().await.unwrap();
    let unknown: Json = server.get("/ogc/collections/camera_unknownly").await.json().await.unwrap();
    let same = |p: &Json| {
        p["detail"].as_str().unwrap().replace("camera_security", "x").replace("camera_unknownly", "x")
    };
    assert_eq!(same(&hidden), same(&unknown), "a hidden layer is as an unknown one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_attribute_is_nowhere() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    for path in [
        "/ogc/collections/parcel/items",
        "/ogc/collections/parcel/queryables",
        "/ogc/collections/parcel/schema",
        "/ogc/api",
        "/tiles/parcel.json",
        "/ogc/collections/parcel/items?f=html",
        "/ogc/collections/parcel/tiles/WebMercatorQuad",
    ] {
        let body = server.get(path).await.text().await.unwrap();
        assert!(!body.contains("holder") && !body.contains("Nguyễn"), "{path}");
    }
}

/// Each of the two interfaces is described in one document, which says where the other one is.
#[tokio::test(flavor = "multi_thread")]
async fn what_ogc_has_no_words_for_is_described_with_the_api_of_its_own() {
    let server = Server::start().await;
    let (ogc, own) = (server.json("/ogc/api").await, server.json("/api/openapi.json").await);
    let paths = |document: &Json| document["paths"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let items = "/api/v1/layers/{id}/items/{fid}";
    for (path, method) in [
        (format!("{items}/split"), "post"),
        ("/api/v1/layers/{id}/merge".to_owned(), "post"),
        (format!("{items}/lineage"), "get"),
        (format!("{items}/history"), "get"),
        ("/api/v1/revisions/{number}/undo".to_owned(), "post"),
    ] {
        assert!(own["paths"][&path][method].is_object(), "{path}");
    }
    assert!(paths(&own).iter().all(|p| p.starts_with("/api/v1/")), "{:?}", paths(&own));
    let foreign = ["split", "merge", "lineage", "undo", "history"];
    assert!(
        paths(&ogc).iter().all(|p| p.split('/').all(|part| !foreign.contains(&part))),
        "{:?}",
        paths(&ogc)
    );
    assert_eq!(ogc["externalDocs"]["url"], format!("{}/api/openapi.json", server.base));
    assert_eq!(own["externalDocs"]["url"], "/ogc/api");
    let page = server.client.get(format!("{}/ogc/api?f=html", server.base)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("/api/openapi.json\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_items_tag_is_its_version() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    let fid = server.json("/ogc/collections/parcel/items").await["features"][0]["id"].as_i64().unwrap();
    let path = format!("/ogc/collections/parcel/items/{fid}");
    let first = server.get(&path).await;
    let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    let revision = first.headers()["dothi-revision"].to_str().unwrap().to_owned();
    // Behind the version stands what the reader sees of the item: the public sees no holder.
    assert!(etag.starts_with(&format!("\"{revision}-")), "the only write made this version: {etag}");
    assert_eq!(first.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let again = server.client.get(format!("{}{path}", server.base)).header("if-none-match", &etag);
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.bytes().await.unwrap().is_empty());
}

/// Column and row of the tile over the first parcel.
fn tile_at(zoom: u8) -> (u32, u32) {
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0 + 5.0, AT.1 + 5.0);
    let [x, y] = world_from_crs84(lon, lat);
    (x >> (32 - zoom), y >> (32 - zoom))
}

#[tokio::test(flavor = "multi_thread")]
async fn both_tile_paths_give_the_same_tile_and_a_write_makes_a_new_one() {
    let server = Server::start().await;
    parcels(&server, 3).await;
    let (x, y) = tile_at(16);
    let ogc = server.get(&format!("/ogc/collections/parcel/tiles/WebMercatorQuad/16/{y}/{x}")).await;
    let xyz = server.get(&format!("/tiles/parcel/16/{x}/{y}.mvt")).await;
    assert_eq!(ogc.headers()[header::CONTENT_TYPE], "application/vnd.mapbox-vector-tile");
    let etag = xyz.headers()[header::ETAG].clone();
    assert_eq!(ogc.headers()[header::ETAG], etag);
    let bytes = xyz.bytes().await.unwrap();
    assert_eq!(ogc.bytes().await.unwrap(), bytes);
    let tile = Tile::decode(bytes).unwrap();
    assert_eq!(tile.layers[0].features.len(), 3);
    assert!(!tile.layers[0].keys.contains(&"holder".to_owned()));
    let url = format!("{}/tiles/parcel/16/{x}/{y}.mvt", server.base);
    let known = || server.client.get(&url).header("if-none-match", &etag).send();
    assert_eq!(known().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    server.insert("parcel", square(AT.0, AT.1 + 20.0, 10.0), &[]).await;
    let fresh = known().await.unwrap();
    assert_eq!(fresh.status(), StatusCode::OK, "its writer sees it at once");
    assert_eq!(Tile::decode(fresh.bytes().await.unwrap()).unwrap().layers[0].features.len(), 4);
    let empty = server.get(&format!("/tiles/parcel/16/{}/{y}.mvt", x + 100)).await;
    assert_eq!(empty.status(), StatusCode::NO_CONTENT);
    let plain = server.client.get(&url).header("accept-encoding", "identity").send().await.unwrap();
    assert!(plain.headers().get(header::CONTENT_ENCODING).is_none());
    assert_ne!(plain.headers()[header::ETAG], etag, "another encoding is another representation");
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_a_collection() {
    let server = Server::start().await;
    parcels(&server, 30).await;
    let base = server.base.clone();
    let (out, converted) = tokio::task::spawn_blocking(move || {
        let source = format!("OAPIF:{base}/ogc/");
        let run = |program: &str, args: &[&str]| {
            let out =
                std::process::Command::new(program).args(args).output().expect("GDAL's tools are installed");
            assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
            String::from_utf8(out.stdout).unwrap()
        };
        let info = run("ogrinfo", &["-ro", "-so", "-oo", "PAGE_SIZE=7", &source, "parcel"]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.geojson");
        run("ogr2ogr", &["-f", "GeoJSON", file.to_str().unwrap(), "-oo", "PAGE_SIZE=7", &source, "parcel"]);
        let json: Json = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        (info, json)
    })
    .await
    .unwrap();
    assert!(out.contains("Feature Count: 30"), "{out}");
    assert!(out.contains("Geometry: Polygon") && out.contains("parcel_number: Integer"), "{out}");
    let codes: BTreeSet<&str> = converted["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["properties"]["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_see_internal_layers_and_no_shared_cache_keeps_them() {
    let server = Server::start().await;
    server.insert("camera_traffic", point(AT.0, AT.1), &[]).await;
    assert_eq!(server.get("/ogc/collections/camera_traffic/items").await.status(), StatusCode::NOT_FOUND);
    let token = server.sign_in("reviewer", dothi::access::Role::Reviewer).await;
    let ask = |path: &str| server.client.get(format!("{}{path}", server.base)).bearer_auth(&token).send();
    let items = ask("/ogc/collections/camera_traffic/items").await.unwrap();
    assert_eq!(items.status(), StatusCode::OK);
    assert_eq!(items.headers()[header::CACHE_CONTROL], "private, no-cache");
    assert_eq!(items.json::<Json>().await.unwrap()["numberMatched"], 1);
    let (x, y) = tile_at(16);
    let tile = ask(&format!("/tiles/camera_traffic/16/{x}/{y}.mvt")).await.unwrap();
    assert_eq!(tile.status(), StatusCode::OK);
    assert_eq!(tile.headers()[header::CACHE_CONTROL], "private, no-cache");
    // The officer's tile is in the cache now, and still not there for the public.
    assert_eq!(
        server.get(&format!("/tiles/camera_traffic/16/{x}/{y}.mvt")).await.status(),
        StatusCode::NOT_FOUND
    );
    let open = server.get("/ogc/collections/parcel/items").await;
    assert_eq!(open.headers()[header::CACHE_CONTROL], "no-cache");
}

/// QGIS looks for `Location` to the letter, and keeps for a day what comes with a `Cache-Control` of capitals.
#[tokio::test(flavor = "multi_thread")]
async fn a_location_has_a_capital_and_no_other_header_has() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = Server::start().await;
    let token = server.sign_in_as("land", Role::Editor, Some("SNNMT"), Some("NNMT")).await;
    let host = server.base.strip_prefix("http://").unwrap();
    let body = r#"{"type":"Feature","properties":{"code":"L-1"},"geometry":{"type":"Polygon","coordinates":
        [[[107.69,12.0],[107.691,12.0],[107.691,12.001],[107.69,12.0]]]}}"#;
    let ask = async |head: String, body: &str| {
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let request = format!(
            "{head} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
            Content-Type: application/geo+json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let request = request.replacen("Host:", &format!("Authorization: Bearer {token}\r\nHost:"), 1);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split_once("\r\n\r\n").unwrap().0.to_owned()
    };
    let capitals = |head: &str| {
        let names =
            head.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_owned());
        // `Connection` is the writing of a library, and no client looks for it to the letter.
        let names = names.filter(|name| name != "Connection");
        names.filter(|name| name.chars().any(char::is_uppercase)).collect::<Vec<_>>()
    };
    let made = ask("POST /ogc/collections/parcel/items".to_owned(), body).await;
    assert!(made.starts_with("HTTP/1.1 201"), "{made}");
    assert_eq!(capitals(&made), ["Location"], "{made}");
    let read = ask("GET /ogc/collections/parcel".to_owned(), "").await;
    assert!(read.contains("\r\ncache-control: "), "{read}");
    assert_eq!(capitals(&read), [""; 0], "{read}");
}
