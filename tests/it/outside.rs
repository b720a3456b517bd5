//! A layer that is too large for memory is read in the database, with the answers that memory would give.

use dothi::layers::{GeometryKind, Value};
use reqwest::{StatusCode, header};
use serde_json::Value as Json;

use crate::formats::layer;
use crate::front::{Server, square};
use crate::wfs::AT;

/// Items of each layer.
const COUNT: i64 = 60;

/// Two layers of the same items: `here` is in memory, `there` is not.
async fn servers() -> (Server, Server) {
    let here = Server::start().await;
    here.apply(layer("thu", GeometryKind::Polygon)).await;
    for n in 0..COUNT {
        let at = (AT.0 + 40.0 * (n % 8) as f64, AT.1 + 40.0 * (n / 8) as f64);
        let name = if n % 7 == 0 { Value::Null } else { Value::Text(format!("số {}", n % 5)) };
        here.insert("thu", square(at.0, at.1, 30.0), &[("name", name)]).await;
    }
    // An empty table takes a page already.
    let there = here.beside(Some(8192)).await;
    (here, there)
}

/// An answer without what names the server that gave it.
async fn told(server: &Server, path: &str) -> (StatusCode, Json) {
    let answer = server.get(path).await;
    let status = answer.status();
    let text = answer.text().await.unwrap().replace(&server.base, "");
    let mut json: Json = serde_json::from_str(&text).unwrap_or(Json::String(text));
    if let Some(map) = json.as_object_mut() {
        map.remove("timeStamp");
        map.remove("request_id");
        map.remove("links");
        // A page of the database that is not the whole says no total.
        map.remove("numberMatched");
    }
    (status, json)
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_those_that_memory_would_give() {
    let (here, there) = servers().await;
    let ready = there.json("/health/ready").await;
    assert_eq!((&ready["layers_in_database"][0], &ready["status"]), (&"thu".into(), &"ready".into()));
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0 + 100.0, AT.1 + 100.0);
    let bbox = format!("{},{},{},{}", lon - 0.0006, lat - 0.0006, lon + 0.0006, lat + 0.0006);
    let items = "/ogc/collections/thu/items";
    for path in [
        items.to_owned(),
        format!("{items}?limit=7"),
        format!("{items}?limit=7&after=9"),
        format!("{items}?bbox={bbox}"),
        format!("{items}?bbox={bbox}&limit=3&sortby=-name"),
        format!(
            "{items}?bbox=411600,1327195,411700,1327295&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/9218"
        ),
        format!("{items}?filter=name%20=%20'số%203'"),
        format!("{items}?filter=name%20IS%20NULL&sortby=name"),
        format!("{items}?sortby=name&limit=11"),
        format!("{items}?sortby=-name&properties=name&crs=http://www.opengis.net/def/crs/EPSG/0/9218"),
        format!("{items}?f=csv"),
        format!("{items}?name=số%202"),
        format!("{items}/5"),
        format!("{items}/5?crs=http://www.opengis.net/def/crs/EPSG/0/3857"),
        format!("{items}/999"),
        format!("{items}?filter=nothing%20=%201"),
        "/ogc/collections/thu/download/thu.geojson".to_owned(),
        "/ogc/collections/thu/download/thu.csv".to_owned(),
        "/ogc/collections/thu/queryables".to_owned(),
    ] {
        assert_eq!(told(&there, &path).await, told(&here, &path).await, "{path}");
    }
    // From page to page, all of them once, and of one state while others write.
    let mut next = Some(format!("{items}?limit=9&sortby=name"));
    let mut seen = Vec::new();
    while let Some(path) = next {
        let page = there.json(&path).await;
        seen.extend(page["features"].as_array().unwrap().iter().map(|f| f["id"].as_i64().unwrap()));
        let links = page["links"].as_array().unwrap();
        let href = links.iter().find(|l| l["rel"] == "next").map(|l| l["href"].as_str().unwrap().to_owned());
        next = href.map(|h| h.strip_prefix(&there.base).unwrap().to_owned());
        here.insert("thu", square(AT.0 + 900.0, AT.1, 30.0), &[]).await;
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=COUNT).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_and_features_of_wfs_are_those_of_memory_and_follow_edits() {
    let (here, there) = servers().await;
    let wfs =
        "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=thu&OUTPUTFORMAT=application/geo%2Bjson";
    for query in [
        "",
        "&COUNT=5",
        "&COUNT=5&STARTINDEX=57",
        "&COUNT=4&SORTBY=name%20DESC",
        "&BBOX=411600,1327195,411700,1327295,EPSG:9218",
        "&BBOX=411600,1327195,411700,1327295,EPSG:9218&COUNT=2",
        "&RESOURCEID=thu.3,thu.4",
        "&RESULTTYPE=hits",
    ] {
        let path = format!("{wfs}{query}");
        let of = async |server: &Server| {
            let mut json: Json =
                serde_json::from_str(&server.get(&path).await.text().await.unwrap()).unwrap();
            json["timeStamp"].take();
            json
        };
        assert_eq!(of(&there).await, of(&here).await, "{query}");
    }
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0 + 100.0, AT.1 + 100.0);
    let tile = |zoom: u32| {
        let [x, y] = dothi::space::crs::world_from_crs84(lon, lat);
        format!("{zoom}/{}/{}.mvt", x >> (32 - zoom), y >> (32 - zoom))
    };
    let bytes = async |server: &Server, path: &str| {
        let answer = server.client.get(format!("{}{path}", server.base)).send().await.unwrap();
        let tag = answer.headers().get(header::ETAG).cloned();
        (answer.status(), tag, answer.bytes().await.unwrap())
    };
    for round in 0..2 {
        for zoom in [12, 15, 17] {
            for layer in ["thu", "default"] {
                let path = format!("/tiles/{layer}/{}", tile(zoom));
                assert_eq!(bytes(&there, &path).await, bytes(&here, &path).await, "{path}, round {round}");
            }
        }
        let made = here.insert("thu", square(AT.0 + 95.0, AT.1 + 95.0, 4.0), &[]).await;
        there.state.feed.catch_up(made.position).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_memory_says_so_and_what_describes_a_layer_goes_on() {
    let (_, there) = servers().await;
    for path in [
        "/ogc/collections",
        "/ogc/collections/thu",
        "/ogc/collections/thu/schema",
        "/ogc/collections/thu/tiles",
        "/ogc/tiles",
        "/tiles/thu.json",
        "/tiles/default.json",
        "/ogc/styles/thu?f=mapbox",
        "/api/v1/layers",
        "/api/v1/layers/thu",
        "/layers/thu",
        "/layers",
        "/ogc/collections/thu/items?f=html",
        "/ogc/collections/thu/items/3?f=html",
        "/wfs?SERVICE=WFS&REQUEST=GetCapabilities",
        "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeFeatureType&TYPENAMES=thu",
        "/api/v1/search?q=gia",
    ] {
        let answer = there.get(path).await;
        let status = answer.status();
        assert_eq!(status, StatusCode::OK, "{path}: {}", answer.text().await.unwrap());
    }
    let tiles = there.get("/ogc/collections/thu/download/thu.pmtiles").await;
    assert_eq!(tiles.status(), StatusCode::NOT_IMPLEMENTED);
    assert!(tiles.text().await.unwrap().contains("thu"));
    // All layers: those that memory holds; by name it is refused.
    assert_eq!(there.get("/ogc/download/tiles.pmtiles").await.status(), StatusCode::OK);
    let named = there.get("/ogc/download/tiles.pmtiles?collections=thu").await;
    assert_eq!(named.status(), StatusCode::NOT_IMPLEMENTED);
    let coverage = there.get("/api/v1/layers/thu/coverage").await;
    assert_eq!(coverage.status(), StatusCode::NOT_IMPLEMENTED);
}
