//! An immutable run of items sorted by fid: columns, packed geometry and an index of envelopes.

use std::sync::Arc;

use rayon::prelude::*;

use super::column::{Cell, Column, ColumnBuilder};
use super::footprint::Footprint;
use super::index::Index;
use super::narrow::Ints;
use super::shapes::{Shape, Shapes, ShapesBuilder};
use crate::layers::{ItemRef, ItemRow, LayerDef, Value};
use crate::space::Bbox;
use crate::{Error, Result};

/// Largest identifier: every JSON reader holds it exactly.
const MAX_FID: i64 = (1 << 53) - 1;

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) fids: Vec<i64>,
    versions: Ints,
    pub(super) columns: Vec<Column>,
    pub(super) shapes: Shapes,
    index: Index,
}

impl Segment {
    pub(super) fn len(&self) -> usize {
        self.fids.len()
    }

    pub(super) fn find(&self, fid: i64) -> Option<u32> {
        self.fids.binary_search(&fid).ok().map(|i| i as u32)
    }

    /// The revision in which an item's state became current.
    #[inline]
    pub(super) fn version(&self, position: u32) -> i64 {
        // None is ever missing.
        self.versions.get(position as usize).unwrap_or_default()
    }

    #[inline]
    pub(super) fn shape(&self, position: u32) -> Shape<'_> {
        self.shapes.shape(position as usize)
    }

    #[inline]
    pub(super) fn cell(&self, column: usize, position: u32) -> Cell<'_> {
        self.columns[column].cell(position as usize)
    }

    #[inline]
    pub(super) fn text_code(&self, column: usize, position: u32) -> Option<u32> {
        self.columns[column].text_code(position as usize)
    }

    /// Box around all items, EPSG:9218; none without geometry.
    pub(super) fn extent(&self) -> Option<Bbox> {
        self.index.extent()
    }

    /// Positions whose envelope meets the box.
    pub(super) fn in_box(&self, b: &Bbox) -> impl Iterator<Item = u32> + use<'_> {
        self.index.in_box(b).map(|(position, _)| position)
    }

    /// Positions and envelopes that meet the box.
    pub(super) fn envelopes_in_box(&self, b: &Bbox) -> impl Iterator<Item = (u32, Bbox)> + use<'_> {
        self.index.in_box(b)
    }

    /// What it takes of memory.
    pub(super) fn footprint(&self) -> Footprint {
        Footprint {
            identifiers: 8 * self.fids.len() + self.versions.bytes(),
            attributes: self.columns.iter().map(Column::bytes).sum(),
            index: self.index.bytes(),
            ..self.shapes.footprint()
        }
    }
}

/// Collects the items of a segment.
#[derive(Debug)]
pub(super) struct SegmentBuilder {
    def: Arc<LayerDef>,
    fids: Vec<i64>,
    versions: Vec<i64>,
    columns: Vec<ColumnBuilder>,
    shapes: ShapesBuilder,
}

impl SegmentBuilder {
    pub(super) fn new(def: Arc<LayerDef>) -> Self {
        Self {
            fids: Vec::new(),
            versions: Vec::new(),
            columns: def.attributes.iter().map(|a| ColumnBuilder::new(a.kind)).collect(),
            shapes: ShapesBuilder::new(def.geometry),
            def,
        }
    }

    /// Items of a blurred layer at their blurred places.
    pub(super) fn blurred(def: Arc<LayerDef>) -> Self {
        Self { shapes: ShapesBuilder::blurred(def.geometry, def.blur_m), ..Self::new(def) }
    }

    /// Adds a row. After an error the builder is of no use any more.
    pub(super) fn push_row(&mut self, row: &ItemRow) -> Result<()> {
        let values: Vec<_> = row.values.iter().map(Value::borrowed).collect();
        self.push(&ItemRef { fid: row.fid, version: row.version, wkb: &row.wkb, values: &values })
    }

    /// The same for a borrowed one.
    pub(super) fn push(&mut self, row: &ItemRef<'_>) -> Result<()> {
        let wrong =
            |why: String| Error::internal(format!("loading item {} of layer {}", row.fid, self.def.id), why);
        if !(1..=MAX_FID).contains(&row.fid) {
            return Err(wrong("the identifier is not within 1 … 2^53 − 1".to_owned()));
        }
        if row.values.len() != self.columns.len() {
            let (got, want) = (row.values.len(), self.columns.len());
            return Err(wrong(format!("{got} values for {want} attributes")));
        }
        for (i, value) in row.values.iter().enumerate() {
            self.columns[i]
                .push((*value).into())
                .map_err(|why| wrong(format!("{}: {why}", self.def.attributes[i].name)))?;
        }
        self.shapes.push_wkb(row.wkb).map_err(|why| wrong(format!("geometry: {why}")))?;
        self.fids.push(row.fid);
        self.versions.push(row.version);
        Ok(())
    }

    /// Takes over an item of another segment of the same definition.
    pub(super) fn push_item(&mut self, from: &Segment, position: u32) {
        for (to, column) in self.columns.iter_mut().zip(&from.columns) {
            to.push(column.cell(position as usize)).expect("columns of one definition have one type");
        }
        self.shapes.push_shape(&from.shape(position));
        self.fids.push(from.fids[position as usize]);
        self.versions.push(from.version(position));
    }

    pub(super) fn build(self) -> Segment {
        let sorted = self.fids.is_sorted_by(|a, b| a < b);
        let def = self.def.clone();
        let (columns, items, shapes) = (self.columns, self.fids.len(), self.shapes);
        let ((shapes, index), columns) = rayon::join(
            || {
                let shapes = shapes.build();
                let index = if sorted { Index::build(&shapes, items) } else { Index::default() };
                (shapes, index)
            },
            || columns.into_par_iter().map(ColumnBuilder::build).collect(),
        );
        let segment =
            Segment { fids: self.fids, versions: Ints::pack(self.versions), columns, shapes, index };
        if sorted { segment } else { in_order(&def, &segment) }
    }
}

/// The same items sorted by fid; of several with one fid the last.
fn in_order(def: &Arc<LayerDef>, segment: &Segment) -> Segment {
    let mut order: Vec<u32> = (0..segment.len() as u32).collect();
    order.sort_by_key(|i| segment.fids[*i as usize]);
    let mut sorted = SegmentBuilder::new(def.clone());
    for (n, i) in order.iter().enumerate() {
        let next = order.get(n + 1).map(|j| segment.fids[*j as usize]);
        if next != Some(segment.fids[*i as usize]) {
            sorted.push_item(segment, *i);
        }
    }
    sorted.build()
}
