//! OGC API Tiles (OGC 20-057): each abstract test of Annex A that applies, by its name, and what this service promises
//! beyond it. Tiles are decoded: what they hold, where it lies, how it is wound.

mod conformance;
mod dataset;

use std::collections::BTreeMap;

use dothi::layers::Value;
use dothi::space::crs::to_crs84;
use dothi::space::tile_matrix::{MatrixSet, Tile};
use geozero::mvt::{Message, Tile as Decoded, tile};
use reqwest::{Response, StatusCode};
use serde_json::Value as Json;

use crate::front::{Server, point, square};

/// South-west corner of the test's parcels, EPSG:9218: Gia Nghĩa.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);
const MVT: &str = "application/vnd.mapbox-vector-tile";
const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

/// Three parcels side by side, a hospital on the first, and a traffic camera, which is for officers only.
async fn server() -> Server {
    let server = Server::start().await;
    for i in 0..3 {
        let values = [("code", Value::Text(format!("24611-12-{i}"))), ("parcel_number", Value::Int(i + 1))];
        server.insert("parcel", square(AT.0 + 30.0 * i as f64, AT.1, 30.0), &values).await;
    }
    let name = [("name", Value::Text("Bệnh viện đa khoa".to_owned()))];
    server.insert("hospital_clinic", point(AT.0 + 15.0, AT.1 + 15.0), &name).await;
    server.insert("camera_traffic", point(AT.0 + 20.0, AT.1 + 20.0), &[]).await;
    server
}

/// The tile of a set at this zoom of a web map over the first parcel.
fn over(set: MatrixSet, zoom: u8) -> Tile {
    let (lon, lat) = to_crs84(AT.0 + 15.0, AT.1 + 15.0);
    let matrix = set.at_zoom(zoom);
    let (width, height) = set.size(matrix);
    (0..height)
        .map(|row| Tile::of(set, matrix, row, 0).unwrap())
        .find(|t| (t.bbox_crs84(0.0).min_y..t.bbox_crs84(0.0).max_y).contains(&lat))
        .and_then(|t| Tile::of(set, matrix, t.tile_row, ((lon + 180.0) / 360.0 * f64::from(width)) as u32))
        .unwrap()
}

fn path(tile: Tile) -> String {
    format!("{}/{}/{}/{}", tile.set.id(), tile.tile_matrix, tile.tile_row, tile.tile_col)
}

async fn decoded(response: Response) -> BTreeMap<String, tile::Layer> {
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], MVT);
    let tile = Decoded::decode(response.bytes().await.unwrap()).unwrap();
    let count = tile.layers.len();
    let layers: BTreeMap<String, tile::Layer> =
        tile.layers.into_iter().map(|l| (l.name.clone(), l)).collect();
    assert_eq!(layers.len(), count, "names of layers are unique");
    for layer in layers.values() {
        assert_eq!((layer.version, layer.extent()), (2, 4096));
        for feature in &layer.features {
            assert!(feature.id.is_some() && !feature.geometry.is_empty());
            assert_ne!(feature.r#type(), tile::GeomType::Unknown);
        }
    }
    layers
}

/// Rings, lines or points of a feature in units of the tile.
fn parts(feature: &tile::Feature) -> Vec<Vec<(i64, i64)>> {
    let (mut parts, mut at, mut i) = (Vec::<Vec<(i64, i64)>>::new(), (0_i64, 0_i64), 0);
    let number = |v: u32| i64::from(v >> 1) ^ -i64::from(v & 1);
    while i < feature.geometry.len() {
        let (id, count) = (feature.geometry[i] & 7, feature.geometry[i] >> 3);
        i += 1;
        if id == 7 {
            continue;
        }
        for _ in 0..count {
            at = (at.0 + number(feature.geometry[i]), at.1 + number(feature.geometry[i + 1]));
            i += 2;
            if id == 1 { parts.push(vec![at]) } else { parts.last_mut().unwrap().push(at) }
        }
    }
    parts
}

/// Surveyor's formula of an open ring, y to the south: positive for an outer one.
fn doubled_area(ring: &[(i64, i64)]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

/// Longitude and latitude of a place in a tile, as a client computes it from the set's definition alone.
fn place(set: &Json, matrix: u8, row: u32, col: u32, at: (i64, i64)) -> (f64, f64) {
    let m = &set["tileMatrices"][usize::from(matrix)];
    assert_eq!(m["id"], matrix.to_string());
    assert_eq!(m["cornerOfOrigin"], "topLeft");
    let number = |v: &Json| v.as_f64().unwrap();
    let side = number(&m["cellSize"]) * number(&m["tileWidth"]);
    let along = |corner: &Json, tiles: u32, unit: i64, sign: f64| {
        number(corner) + sign * side * (f64::from(tiles) + unit as f64 / 4096.0)
    };
    let x = along(&m["pointOfOrigin"][0], col, at.0, 1.0);
    let y = along(&m["pointOfOrigin"][1], row, at.1, -1.0);
    match set["crs"].as_str().unwrap() {
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84" => (x, y),
        "http://www.opengis.net/def/crs/EPSG/0/3857" => {
            let radius = 6_378_137.0;
            ((x / radius).to_degrees(), (y / radius).sinh().atan().to_degrees())
        }
        other => panic!("{other}"),
    }
}

fn links<'a>(json: &'a Json, rel: &str) -> Vec<&'a Json> {
    json["links"].as_array().unwrap().iter().filter(|l| l["rel"] == rel).collect()
}

/// The address of the only link of this relation.
fn link<'a>(json: &'a Json, rel: &str) -> &'a str {
    let found = links(json, rel);
    assert_eq!(found.len(), 1, "{rel}: {json}");
    found[0]["href"].as_str().unwrap()
}

/// An address of the service, asked for.
async fn at(server: &Server, href: &str) -> Json {
    let path = href.strip_prefix(&server.base).unwrap_or_else(|| panic!("{href} is elsewhere"));
    server.json(path).await
}
