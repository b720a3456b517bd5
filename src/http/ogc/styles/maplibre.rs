//! Styles as MapLibre and QGIS read them: with sources, glyphs and icons, so that they open anywhere unchanged.

use serde_json::{Map, Value, json};

use super::{Style, seen};
use crate::features::LayerReader;
use crate::http::ogc::ask::Ask;
use crate::http::tiles::DATASET;

/// Name of the source that has all layers in its tiles. QGIS 3.22 takes one source, whose layers it tells apart.
const SOURCE: &str = "dothi";
/// The ground under all layers, as on the portal's map.
const GROUND: &str = "#f3f2ec";

pub(super) fn document(ask: &Ask, style: &Style) -> Value {
    let whole = style.id == DATASET;
    let source = if whole { SOURCE } else { &style.id };
    let url = ask.keyed(format!("{}/tiles/{}.json", ask.base, style.id));
    let mut sources = Map::new();
    sources.insert(source.to_owned(), json!({"type": "vector", "url": url}));
    let mut drawn: Vec<Value> =
        style.readers.iter().flat_map(|reader| style_layers(reader, source, whole)).collect();
    // Areas under lines under points under texts; the layers' own order within.
    drawn.sort_by_key(rank);
    if whole {
        let ground = json!({"id": "ground", "type": "background", "paint": {"background-color": GROUND}});
        drawn.insert(0, ground);
    }
    let mut json = json!({
        "version": 8,
        "name": style.title,
        "glyphs": format!("{}/fonts/{{fontstack}}/{{range}}.pbf", ask.base),
        "sprite": format!("{}/ogc/sprites/default", ask.base),
        "sources": sources,
        "layers": drawn,
    });
    if let Some([west, south, east, north]) = style.bounds() {
        json["center"] = json!([f64::midpoint(west, east), f64::midpoint(south, north)]);
        json["zoom"] = zoom_of(east - west).into();
    }
    json
}

/// The zoom at which a width in degrees fits a screen of two tiles.
fn zoom_of(degrees: f64) -> f64 {
    (720.0 / degrees.max(1e-4)).log2().clamp(0.0, 16.0).floor()
}

/// The style layers of a layer file with what is left out there filled in. In the style of all layers those stay
/// switched off that a map does not open with.
fn style_layers(reader: &LayerReader, source: &str, whole: bool) -> Vec<Value> {
    let layer = &reader.view().layer;
    let fill = |(n, style): (usize, &Value)| {
        let mut style = style.clone();
        style["id"] = format!("{}-{n}", layer.id).into();
        style["source"] = source.into();
        style["source-layer"] = layer.id.as_str().into();
        let least = style["minzoom"].as_f64().unwrap_or(0.0).max(f64::from(layer.min_zoom));
        if least > 0.0 {
            style["minzoom"] = least.into();
        }
        if whole && !layer.visible {
            if style.get("layout").is_none() {
                style["layout"] = json!({});
            }
            style["layout"]["visibility"] = "none".into();
        }
        style
    };
    seen(reader).into_iter().map(fill).collect()
}

fn rank(style: &Value) -> u8 {
    match style["type"].as_str() {
        Some("fill") => 0,
        Some("line") => 1,
        Some("fill-extrusion") => 2,
        Some("circle") => 3,
        _ if style["layout"].get("text-field").is_none() => 4,
        _ => 5,
    }
}
