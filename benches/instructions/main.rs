//! What the fast path costs, to be counted in instructions (`run` beside this file): a part's name, then how often it
//! is done. Counts do not depend on what else the machine does, so that they can be held in CI.

use std::hint::black_box;
use std::sync::Arc;

use dothi::access::View;
use dothi::features::encode::geojson::FeatureWriter;
use dothi::features::encode::mvt;
use dothi::features::{LayerBuilder, LayerReader, Query, Snapshot, TileEncoding};
use dothi::filter::{CompareOp, Expr, Term};
use dothi::layers::{ItemRow, LayerDef, Value};
use dothi::space::Bbox;
use dothi::space::crs::{to_crs84, world_from_crs84};
use dothi::space::tile_matrix::Tile;
use geo::{Geometry, Polygon};
use geozero::{CoordDimensions, ToWkb};

/// South-west corner of the parcels, EPSG:9218: Gia Nghĩa.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);
/// Parcels along a side of the town.
const SIDE: i32 = 120;

fn def() -> LayerDef {
    let attribute = |name: &str, kind: &str| serde_json::json!({"name": name, "type": kind, "tile_min_zoom": 0, "title": {"vi": name, "en": name}});
    serde_json::from_value(serde_json::json!({
        "id": "parcel", "title": {"vi": "Thửa đất", "en": "Parcels"}, "theme": "land", "geometry": "Polygon",
        "owner": ["NNMT"], "access": "O", "merge_by": ["land_use"],
        "attribute": [attribute("code", "text"), attribute("land_use", "text"), attribute("area_m2", "real"),
            attribute("sheet", "integer")],
    }))
    .expect("a definition")
}

/// A town of parcels without gaps.
fn town() -> LayerReader {
    let def = Arc::new(def());
    let mut layer = LayerBuilder::new(def.clone());
    let corner = |i: i32, j: i32| {
        let jitter = |seed: i32| f64::from((i * 7919 + j * 10_473 + seed).rem_euclid(1000)) / 200.0 - 2.5;
        (AT.0 + f64::from(i) * 14.0 + jitter(1), AT.1 + f64::from(j) * 13.0 + jitter(2))
    };
    for n in 0..SIDE * SIDE {
        let (i, j) = (n % SIDE, n / SIDE);
        let ring = vec![corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1), corner(i, j)];
        let parcel: Geometry<f64> = Polygon::new(ring.into(), vec![]).into();
        let row = ItemRow {
            fid: i64::from(n) + 1,
            version: 1,
            wkb: parcel.to_wkb(CoordDimensions::xy()).expect("WKB"),
            values: vec![
                Value::Text(format!("24611-12-{n}")),
                Value::Text(["ODT", "CLN", "LUC", "DGT"][(n % 7 * (n % 7) % 7 % 4) as usize].to_owned()),
                Value::Real(f64::from(n % 400) + 0.5),
                Value::Int(i64::from(n / 100)),
            ],
        };
        layer.push(&row).expect("a parcel");
    }
    let mut memory = Snapshot::default();
    memory.insert(layer.build());
    memory.layer(&View::system(&def)).expect("the layer")
}

/// What is counted: the work of a part, and nothing that comes before it.
#[inline(never)]
fn measured_part<T>(work: impl Fn() -> T, times: usize) {
    for _ in 0..times {
        black_box(work());
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let part = arguments.next().unwrap_or_default();
    let times = arguments.next().map_or(1, |n| n.parse().expect("how often"));
    let reader = town();
    let tile = |zoom: u8| {
        let (lon, lat) = to_crs84(AT.0 + 400.0, AT.1 + 400.0);
        let [x, y] = world_from_crs84(lon, lat).map(|v| v >> (32 - u32::from(zoom)));
        Tile::new(zoom, y, x).expect("a tile")
    };
    match part.as_str() {
        "tile-z16" => measured_part(|| mvt::encode(&reader, tile(16)), times),
        "tile-z14" => measured_part(|| mvt::encode(&reader, tile(14)), times),
        "tile-z11" => measured_part(|| mvt::encode(&reader, tile(11)), times),
        "gzip-z16" => {
            let raw = mvt::encode(&reader, tile(16));
            measured_part(|| TileEncoding::Gzip.of(raw.clone()), times);
        }
        "items" => {
            let writer = FeatureWriter::new(reader.view());
            let bbox =
                Bbox { min_x: AT.0 + 400.0, min_y: AT.1 + 400.0, max_x: AT.0 + 530.0, max_y: AT.1 + 530.0 };
            let query = Query { bbox: Some(bbox), limit: 100, ..Query::default() };
            let page = || {
                let mut out = Vec::new();
                reader.query(&query).expect("a query").for_each(|item| writer.feature(&item, &mut out));
                out
            };
            measured_part(page, times);
        }
        "filter" => {
            let large = Expr::CompareTerms {
                left: Term::property("area_m2"),
                op: CompareOp::Gt,
                right: Term::literal(390.0),
            };
            let query = Query { filter: Some(large), ..Query::default() };
            measured_part(|| reader.query(&query).expect("a query").count(), times);
        }
        other => {
            eprintln!("there is no part “{other}”: tile-z16, tile-z14, tile-z11, gzip-z16, items, filter");
            std::process::exit(2);
        }
    }
}
