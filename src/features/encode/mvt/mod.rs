//! Mapbox Vector Tile 2.1, encoded straight from columns and packed geometry.
//!
//! Vertices are rounded to the tile's grid of 4096 units, so that parcels that share an edge share it in the tile
//! too; then clipped to the tile and a margin of 64 units, freed of repeated and collinear vertices, and wound as
//! the format wants it. What is smaller than half a pixel on the screen is not drawn one by one: small polygons
//! add up until they are worth a square of that size, so that a town seen from afar keeps its density and the
//! tile its size. From zoom 14 on, where parcels are read, nothing of a cadastre is that small.

mod clip;
mod geometry;
mod grid;
mod values;

use super::super::reader::{Item, LayerReader};
use crate::layers::{GeometryKind, LayerDef};
use crate::pbf;
use crate::space::Bbox;
use crate::space::tile_matrix::Tile;

use geometry::Pen;
use values::Values;

/// Units of a tile's side.
pub const EXTENT: u32 = 4096;
/// Units around the tile that are kept, so that outlines do not show its edge.
pub const BUFFER: u32 = 64;
/// The buffer as a share of the tile's side.
pub const MARGIN: f64 = BUFFER as f64 / EXTENT as f64;
/// Zoom from which attributes without `tile_min_zoom` are in tiles.
const DEFAULT_ATTRIBUTE_ZOOM: u8 = 14;

/// Side in units below which a polygon is not drawn by itself: half a pixel where a tile is shown on 512 pixels.
const SMALL: f64 = 4.0;

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
    let mut writer = Writer {
        pen: Pen::new(tile),
        attributes: attributes_at(&view.layer, &view.attributes, tile.zoom()),
        values: Values::default(),
        features: Vec::new(),
        tags: Vec::new(),
        feature: Vec::new(),
    };
    let mut small = Small::new(tile.unit_m(EXTENT));
    for (item, envelope) in reader.in_tile(&around) {
        match small.judge(view.layer.geometry, &envelope) {
            Size::Drawn => writer.draw(&item),
            Size::Square => writer.square(&item),
            Size::Dropped => {}
        }
    }
    writer.finish(&view.layer)
}

/// Adds up what is too small to be drawn.
struct Small {
    unit_m: f64,
    area: f64,
}

enum Size {
    Drawn,
    Square,
    Dropped,
}

impl Small {
    fn new(unit_m: f64) -> Self {
        Self { unit_m, area: 0.0 }
    }

    fn judge(&mut self, kind: GeometryKind, e: &Bbox) -> Size {
        let (w, h) = ((e.max_x - e.min_x) / self.unit_m, (e.max_y - e.min_y) / self.unit_m);
        match kind {
            GeometryKind::Point | GeometryKind::MultiPoint => Size::Drawn,
            GeometryKind::LineString | GeometryKind::MultiLineString if w.max(h) >= 1.0 => Size::Drawn,
            GeometryKind::LineString | GeometryKind::MultiLineString => Size::Dropped,
            _ if w.max(h) >= SMALL => Size::Drawn,
            _ => {
                // Of an envelope about two thirds are covered by what it surrounds.
                self.area += w * h * 0.66;
                if self.area < SMALL * SMALL {
                    return Size::Dropped;
                }
                self.area -= SMALL * SMALL;
                Size::Square
            }
        }
    }
}

struct Writer<'a> {
    pen: Pen,
    attributes: Vec<usize>,
    values: Values<'a>,
    features: Vec<u8>,
    tags: Vec<u8>,
    feature: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn draw(&mut self, item: &Item<'a>) {
        let shape = item.shape();
        self.pen.clear();
        match shape.kind() {
            GeometryKind::Point | GeometryKind::MultiPoint => self.pen.points(&shape),
            GeometryKind::LineString | GeometryKind::MultiLineString => self.pen.lines(&shape),
            GeometryKind::Polygon | GeometryKind::MultiPolygon => self.pen.polygons(&shape),
        }
        self.write(item);
    }

    fn square(&mut self, item: &Item<'a>) {
        self.pen.clear();
        self.pen.square(&item.shape(), SMALL as i64);
        self.write(item);
    }

    /// Writes the item with what the pen has drawn, if that is anything.
    fn write(&mut self, item: &Item<'a>) {
        if self.pen.is_empty() {
            return;
        }
        self.tags.clear();
        for (key, index) in self.attributes.iter().enumerate() {
            if let Some(value) = self.values.find_or_add(item.cell(*index), *index, item.in_overlay()) {
                pbf::varint(&mut self.tags, key as u64);
                pbf::varint(&mut self.tags, u64::from(value));
            }
        }
        let kind = match item.shape().kind() {
            GeometryKind::Point | GeometryKind::MultiPoint => 1,
            GeometryKind::LineString | GeometryKind::MultiLineString => 2,
            GeometryKind::Polygon | GeometryKind::MultiPolygon => 3,
        };
        self.feature.clear();
        pbf::uint(&mut self.feature, 1, item.fid as u64);
        if !self.tags.is_empty() {
            pbf::bytes(&mut self.feature, 2, &self.tags);
        }
        pbf::uint(&mut self.feature, 3, kind);
        pbf::bytes(&mut self.feature, 4, self.pen.commands());
        pbf::bytes(&mut self.features, 2, &self.feature);
    }

    fn finish(self, def: &LayerDef) -> Vec<u8> {
        if self.features.is_empty() {
            return Vec::new();
        }
        let mut layer = Vec::with_capacity(self.features.len() + self.values.bytes().len() + 512);
        pbf::uint(&mut layer, 15, 2);
        pbf::bytes(&mut layer, 1, def.id.as_bytes());
        layer.extend_from_slice(&self.features);
        for index in &self.attributes {
            pbf::bytes(&mut layer, 3, def.attributes[*index].name.as_bytes());
        }
        layer.extend_from_slice(self.values.bytes());
        pbf::uint(&mut layer, 5, u64::from(EXTENT));
        let mut tile = Vec::with_capacity(layer.len() + 8);
        pbf::bytes(&mut tile, 3, &layer);
        tile
    }
}
