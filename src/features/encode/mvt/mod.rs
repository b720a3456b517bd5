//! Mapbox Vector Tile 2.1, encoded straight from columns and packed geometry.
//!
//! Vertices are rounded to the tile's grid of 4096 units, so that parcels that share an edge share it in the tile
//! too; then clipped to the tile and a margin of 64 units, freed of repeated and collinear vertices, mended where
//! rounding made a ring cross itself, and wound as the format wants it.
//!
//! What is smaller than half a pixel on the screen is not drawn one by one: small areas are merged by class into a
//! mosaic that covers as much as they do ([`mosaic`]), so that a town seen from afar keeps its picture. A tile that
//! would still be too large is drawn again with less detail: a coarser grid for all vertices alike, which simplifies
//! a shared edge as one, larger cells, fewer points and short lines ([`detail`]). From zoom 14 on, where parcels are
//! read, nothing of a cadastre is that small. A tile depends on nothing but the items that meet it and its margin.

mod clip;
pub mod describe;
mod detail;
mod draw;
mod geometry;
mod grid;
mod mosaic;
mod simple;
mod values;
mod writer;

use super::super::reader::{Item, LayerReader};
use crate::layers::{LayerDef, Value};
use crate::space::Bbox;
use crate::space::tile_matrix::Tile;

use detail::Detail;
use draw::Drawing;

/// Units of a tile's side.
pub const EXTENT: u32 = 4096;
/// Units around the tile that are kept, so that outlines do not show its edge.
pub const BUFFER: u32 = 64;
/// The buffer as a share of the tile's side.
pub const MARGIN: f64 = BUFFER as f64 / EXTENT as f64;
/// Zoom from which attributes without `tile_min_zoom` are in tiles.
const DEFAULT_ATTRIBUTE_ZOOM: u8 = 14;

/// Bytes of a layer's tile, not compressed, that are never exceeded: what a phone draws without a pause.
pub const LIMIT_BYTES: usize = 500_000;

/// Indices of the attributes that tiles of a zoom hold, of those that `visible` names.
pub fn attributes_at(def: &LayerDef, visible: &[bool], zoom: u8) -> Vec<usize> {
    let at =
        |i: &usize| visible[*i] && def.attributes[*i].tile_min_zoom.unwrap_or(DEFAULT_ATTRIBUTE_ZOOM) <= zoom;
    (0..def.attributes.len()).filter(at).collect()
}

/// The tile of a layer as the reader's principal sees it; empty where it holds nothing.
pub fn encode(reader: &LayerReader, tile: Tile) -> Vec<u8> {
    let view = reader.view();
    let around = tile.bbox_9218(MARGIN).filter(|_| tile.zoom() >= view.layer.min_zoom);
    let Some(around) = around else { return Vec::new() };
    let mut items = reader.in_tile(&around);
    let attributes = attributes_at(&view.layer, &view.attributes, tile.zoom());
    let envelopes = items.iter().map(|(_, e)| *e);
    let mut detail = Detail::first(view.layer.geometry, envelopes, tile.unit_m(EXTENT), attributes.len());
    if !detail.is_finest() {
        by_importance(&mut items);
    }
    loop {
        if let Some(tile) = Drawing::new(view, tile, detail, attributes.clone(), items.len()).draw(&items) {
            return tile;
        }
        if detail.is_finest() {
            by_importance(&mut items);
        }
        detail = detail.coarser();
    }
}

/// Puts first what is to be seen where there is no room for all: by the attribute that the layer file names, the larger
/// first; else the larger ones on the ground; of equals the older one.
fn by_importance(items: &mut Vec<(Item<'_>, Bbox)>) {
    let Some((first, _)) = items.first() else { return };
    let attribute = first.view().layer.importance.clone();
    let attribute = attribute.as_deref();
    let rank = |(item, e): &(Item<'_>, Bbox)| {
        let size = (e.max_x - e.min_x).max(e.max_y - e.min_y);
        let named = attribute.and_then(|name| match item.value_of(name)? {
            Value::Int(v) => Some(v as f64),
            Value::Real(v) => Some(v),
            _ => None,
        });
        (named.unwrap_or(f64::NEG_INFINITY), size)
    };
    let mut ranked: Vec<_> = items.drain(..).map(|item| (rank(&item), item)).collect();
    ranked.sort_by(|((a, x), _), ((b, y), _)| b.total_cmp(a).then(y.total_cmp(x)));
    items.extend(ranked.into_iter().map(|(_, item)| item));
}
