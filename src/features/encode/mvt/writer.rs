//! Writes the features of a tile's layer: their tags, the tables of keys and values, the frames.

use super::EXTENT;
use super::values::Values;
use crate::features::reader::Item;
use crate::layers::{GeometryKind, LayerDef};
use crate::pbf;

/// Items that room is made for; a tile of more grows as it goes.
const ITEMS_MOST: usize = 4096;

/// The layer of a tile while it is written.
pub(super) struct Writer<'a> {
    kind: u64,
    /// Attributes that features carry, as positions in the definition; their places here are the tile's keys.
    attributes: Vec<usize>,
    values: Values<'a>,
    features: Vec<u8>,
    tags: Vec<u8>,
    feature: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// For about so many items.
    pub(super) fn new(kind: GeometryKind, attributes: Vec<usize>, items: usize) -> Self {
        let kind = match kind {
            GeometryKind::Point | GeometryKind::MultiPoint => 1,
            GeometryKind::LineString | GeometryKind::MultiLineString => 2,
            GeometryKind::Polygon | GeometryKind::MultiPolygon => 3,
        };
        Self {
            kind,
            values: Values::of(if attributes.is_empty() { 0 } else { items.min(ITEMS_MOST) }),
            attributes,
            features: Vec::new(),
            tags: Vec::new(),
            feature: Vec::new(),
        }
    }

    /// Bytes written so far, nearly.
    pub(super) fn len(&self) -> usize {
        self.features.len() + self.values.bytes().len()
    }

    /// What was written so far, to come back to.
    pub(super) fn mark(&self) -> usize {
        self.features.len()
    }

    /// Takes back the features that were written since. Values that only they had stay.
    pub(super) fn back_to(&mut self, mark: usize) {
        self.features.truncate(mark);
    }

    /// The tags, key and number of the value, of an item for those keys that `which` takes.
    pub(super) fn tags(&mut self, item: &Item<'a>, which: impl Fn(usize) -> bool) -> Vec<[u32; 2]> {
        let Self { attributes, values, .. } = self;
        let keys = attributes.iter().enumerate().filter(|(_, index)| which(**index));
        keys.filter_map(|(key, index)| {
            let value = values.find_or_add(item.cell(*index), *index, item.in_overlay())?;
            Some([key as u32, value])
        })
        .collect()
    }

    /// An item with what was drawn of it, if that is anything.
    pub(super) fn item(&mut self, item: &Item<'a>, commands: &[u8]) {
        if commands.is_empty() {
            return;
        }
        self.tags.clear();
        for (key, index) in self.attributes.iter().enumerate() {
            let known =
                item.text_code(*index).and_then(|c| self.values.find_text(c, *index, item.in_overlay()));
            let value =
                known.or_else(|| self.values.find_or_add(item.cell(*index), *index, item.in_overlay()));
            if let Some(value) = value {
                pbf::varint(&mut self.tags, key as u64);
                pbf::varint(&mut self.tags, u64::from(value));
            }
        }
        self.feature(Some(item.fid as u64), commands);
    }

    /// What many items were merged into: it has no identifier.
    pub(super) fn merged(&mut self, tags: &[[u32; 2]], commands: &[u8]) {
        if commands.is_empty() {
            return;
        }
        self.tags.clear();
        tags.iter().flatten().for_each(|n| pbf::varint(&mut self.tags, u64::from(*n)));
        self.feature(None, commands);
    }

    fn feature(&mut self, id: Option<u64>, commands: &[u8]) {
        self.feature.clear();
        if let Some(id) = id {
            pbf::uint(&mut self.feature, 1, id);
        }
        if !self.tags.is_empty() {
            pbf::bytes(&mut self.feature, 2, &self.tags);
        }
        pbf::uint(&mut self.feature, 3, self.kind);
        pbf::bytes(&mut self.feature, 4, commands);
        pbf::bytes(&mut self.features, 2, &self.feature);
    }

    /// The tile; empty where no feature was written.
    pub(super) fn finish(self, def: &LayerDef) -> Vec<u8> {
        if self.features.is_empty() {
            return Vec::new();
        }
        let mut layer = Vec::with_capacity(self.len() + 512);
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
