//! What tiles of layers hold, in the words of TileJSON 3.0 and of PMTiles.

use serde_json::{Map, Value, json};

use super::attributes_at;
use crate::access::View;
use crate::features::LayerReader;
use crate::layers::AttributeType;
use crate::space::tile_matrix::MAX_ZOOM;
use crate::text::Lang;

/// Zoom that is announced as the highest: one unit of a tile is 15 cm there, clients magnify beyond it. Deeper
/// tiles are made for those who ask for them.
pub const TILE_MAX_ZOOM: u8 = 16;

/// The announced zooms of these layers together: the first that holds something, and the last.
pub fn zooms(readers: &[LayerReader]) -> (u8, u8) {
    let zooms = readers.iter().map(|r| r.view().layer.min_zoom);
    (zooms.clone().min().unwrap_or(0), max_zoom(zooms.max().unwrap_or(0)))
}

/// A member of `vector_layers`.
pub fn vector_layer(view: &View, lang: Lang) -> Value {
    let def = &view.layer;
    json!({
        "id": def.id,
        "description": def.title.get(lang),
        "minzoom": def.min_zoom,
        "maxzoom": max_zoom(def.min_zoom),
        "fields": fields(view, Value::from),
    })
}

fn max_zoom(min_zoom: u8) -> u8 {
    TILE_MAX_ZOOM.max(min_zoom).min(MAX_ZOOM)
}

/// Attributes of the highest zoom by name, with the type that a tile's reader sees.
pub fn fields(view: &View, value: impl Fn(&'static str) -> Value) -> Map<String, Value> {
    let shown = attributes_at(&view.layer, &view.attributes, MAX_ZOOM);
    let attributes = shown.into_iter().map(|i| &view.layer.attributes[i]);
    let kind = |k| match k {
        AttributeType::Text | AttributeType::Date | AttributeType::Timestamp => "string",
        AttributeType::Integer | AttributeType::Real => "number",
        AttributeType::Boolean => "boolean",
    };
    attributes.map(|a| (a.name.clone(), value(kind(a.kind)))).collect()
}
