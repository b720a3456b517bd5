//! Draws the items of a tile at one detail.

use std::collections::{HashMap, HashSet};

use super::clip::Vertex;
use super::detail::Detail;
use super::geometry::Pen;
use super::mosaic::Mosaic;
use super::writer::Writer;
use super::{EXTENT, LIMIT_BYTES};
use crate::access::View;
use crate::features::reader::Item;
use crate::space::Bbox;
use crate::space::tile_matrix::Tile;

/// What is kept free for the names of a full tile, and for its mosaic.
const FRAME_BYTES: usize = 16_384;

/// The items that meet a tile, with their envelopes (EPSG:9218).
pub(super) type Items<'a> = [(Item<'a>, Bbox)];

/// A tile being drawn.
pub(super) struct Drawing<'a, 'v> {
    view: &'v View,
    detail: Detail,
    /// Metres of a unit.
    unit_m: f64,
    pen: Pen,
    writer: Writer<'a>,
    small: Small,
    /// Squares that show a point already.
    taken: HashSet<Vertex>,
}

/// What was too small to be drawn.
struct Small {
    mosaic: Mosaic,
    /// Attributes that a merged area keeps, by position in the definition.
    kept: Vec<bool>,
    /// Classes, and their tags, by number.
    known: HashMap<Vec<[u32; 2]>, u32>,
}

impl<'a, 'v> Drawing<'a, 'v> {
    pub(super) fn new(
        view: &'v View,
        tile: Tile,
        detail: Detail,
        attributes: Vec<usize>,
        items: usize,
    ) -> Self {
        let def = &view.layer;
        let kept = (0..def.attributes.len()).map(|i| def.merges_by(i)).collect();
        Self {
            view,
            detail,
            unit_m: tile.unit_m(EXTENT),
            pen: Pen::new(tile, detail.step_bits()),
            writer: Writer::new(def.geometry, attributes, items),
            small: Small { mosaic: Mosaic::new(detail.cell()), kept, known: HashMap::new() },
            taken: HashSet::new(),
        }
    }

    /// The tile with these items, none if it grows too large at this detail. At the coarsest detail it ends where it is
    /// full.
    pub(super) fn draw(mut self, items: &Items<'a>) -> Option<Vec<u8>> {
        let last = self.detail.is_last();
        let most = if last { LIMIT_BYTES - FRAME_BYTES } else { LIMIT_BYTES };
        for (item, envelope) in items {
            let before = self.writer.mark();
            self.item(item, envelope);
            if self.writer.len() > most {
                if !last {
                    return None;
                }
                self.writer.back_to(before);
                break;
            }
        }
        self.merged();
        let tile = self.writer.finish(&self.view.layer);
        (tile.len() <= LIMIT_BYTES || self.detail.is_last()).then_some(tile)
    }

    fn item(&mut self, item: &Item<'a>, envelope: &Bbox) {
        let kind = self.view.layer.geometry;
        let shape = item.shape();
        if self.detail.is_small(kind, envelope, self.unit_m) {
            if kind.is_area() {
                self.give(item);
            }
            return;
        }
        self.pen.clear();
        if kind.is_point() {
            let (square, taken) = (self.detail.point_square(), &mut self.taken);
            self.pen
                .points(&shape, |v| square.is_none_or(|side| taken.insert(v.map(|c| c.div_euclid(side)))));
        } else if kind.is_area() {
            self.pen.polygons(&shape);
            // Rounded to nothing, though it is no smaller than a cell: a strip.
            if self.pen.is_empty() && self.pen.holds(&shape) {
                self.give(item);
            }
        } else {
            self.pen.lines(&shape);
        }
        self.writer.item(item, self.pen.commands());
    }

    /// Gives an area to the mosaic.
    fn give(&mut self, item: &Item<'a>) {
        let Small { mosaic, kept, known } = &mut self.small;
        let tags = self.writer.tags(item, |index| kept[index]);
        let next = known.len() as u32;
        let class = *known.entry(tags).or_insert(next);
        let (middle, area) = self.pen.measure(&item.shape());
        mosaic.give(middle, class, area);
    }

    /// Writes the mosaic.
    fn merged(&mut self) {
        let Small { mosaic, known, .. } = &mut self.small;
        let mut tags: Vec<(&Vec<[u32; 2]>, u32)> = known.iter().map(|(tags, class)| (tags, *class)).collect();
        tags.sort_unstable_by_key(|(_, class)| *class);
        for (class, polygons) in mosaic.paint() {
            self.pen.clear();
            polygons.iter().flatten().for_each(|ring| self.pen.ring(ring));
            self.writer.merged(tags[class as usize].0, self.pen.commands());
        }
    }
}
