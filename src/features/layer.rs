//! A layer in memory: an immutable base and a small overlay of what changed since it was built.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::footprint::Footprint;
use super::segment::{Segment, SegmentBuilder};
use crate::Result;
use crate::layers::{ItemRef, ItemRow, LayerDef, Value};
use crate::space::Bbox;
use crate::space::crs::bbox_to_crs84;

/// Changed items that are kept beside the base before it is worth building anew.
const OVERLAY_LIMIT: usize = 2048;

/// Steps of a layer's past that are remembered so that a cache can drop what they touched and no more.
const TRAIL_LIMIT: usize = 256;

/// A layer: items sorted by fid, with an index. It never changes; a change makes another one that shares the base.
#[derive(Debug, Clone)]
pub struct Layer {
    def: Arc<LayerDef>,
    pub(super) base: Arc<Segment>,
    pub(super) overlay: Arc<Segment>,
    /// Positions of the base that were removed or stand in the overlay, sorted.
    pub(super) hidden: Arc<[u32]>,
    stamp: u64,
    trail: Vec<Step>,
    /// The same items at their blurred places, all that is read by who may not know the exact ones.
    blurred: Option<Arc<Layer>>,
    /// Set for a layer that is too large for memory: it has no items here.
    outside: Option<Outside>,
    /// The extent in degrees once it was asked for: catalogues ask for that of every layer at each request.
    extent_crs84: OnceLock<Option<Bbox>>,
}

/// About how much a layer holds that stays in the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outside {
    /// Number of items.
    pub count: usize,
    /// Box around them in EPSG:9218; none where nothing has a geometry.
    pub extent: Option<Bbox>,
}

/// From which state a layer was made, and where they differ.
#[derive(Debug, Clone)]
struct Step {
    from: u64,
    touched: Vec<Bbox>,
}

/// Where two states of a layer differ.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Difference {
    /// In these boxes (EPSG:9218), and nowhere else.
    Boxes(Vec<Bbox>),
    /// Perhaps everywhere.
    Everywhere,
}

fn next_stamp() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Builds a layer from its rows.
///
/// Rows come best in the order of their fids, as the table is read; others are sorted, and of several with one
/// fid the last one counts.
#[derive(Debug)]
pub struct LayerBuilder {
    def: Arc<LayerDef>,
    segment: SegmentBuilder,
    blurred: Option<SegmentBuilder>,
}

impl LayerBuilder {
    /// An empty layer of this definition.
    pub fn new(def: Arc<LayerDef>) -> Self {
        let blurred = def.blurred.then(|| SegmentBuilder::blurred(def.clone()));
        Self { segment: SegmentBuilder::new(def.clone()), blurred, def }
    }

    /// Adds an item. The error names the item and what is wrong with it; the builder is then of no use any more.
    pub fn push(&mut self, row: &ItemRow) -> Result<()> {
        let values: Vec<_> = row.values.iter().map(Value::borrowed).collect();
        self.push_ref(&ItemRef { fid: row.fid, version: row.version, wkb: &row.wkb, values: &values })
    }

    /// The same for an item that is only borrowed.
    pub fn push_ref(&mut self, row: &ItemRef<'_>) -> Result<()> {
        if let Some(blurred) = &mut self.blurred {
            blurred.push(row)?;
        }
        self.segment.push(row)
    }

    /// The layer. Takes some seconds for millions of vertices, on all processors.
    pub fn build(self) -> Layer {
        let stamp = next_stamp();
        let whole = |def: &Arc<LayerDef>, segment: SegmentBuilder, blurred| Layer {
            overlay: Arc::new(SegmentBuilder::new(def.clone()).build()),
            base: Arc::new(segment.build()),
            def: def.clone(),
            hidden: Arc::new([]),
            stamp,
            trail: Vec::new(),
            blurred,
            outside: None,
            extent_crs84: OnceLock::new(),
        };
        let blurred = self.blurred.map(|segment| Arc::new(whole(&self.def, segment, None)));
        whole(&self.def, self.segment, blurred)
    }
}

impl Layer {
    /// A layer that is too large for memory.
    pub fn outside(def: Arc<LayerDef>, about: Outside) -> Self {
        Self { outside: Some(about), ..LayerBuilder::new(def).build() }
    }

    /// The same layer in another state.
    #[must_use]
    pub fn changed_outside(&self) -> Self {
        Self { stamp: next_stamp(), trail: Vec::new(), ..self.clone() }
    }

    /// Whether it is too large for memory.
    pub fn is_outside(&self) -> bool {
        self.outside.is_some()
    }

    /// The definition it was built with.
    pub fn def(&self) -> &Arc<LayerDef> {
        &self.def
    }

    /// The items at their blurred places; none where the layer is not blurred.
    pub(super) fn blurred(&self) -> Option<&Arc<Self>> {
        self.blurred.as_ref()
    }

    /// Number of items.
    pub fn count(&self) -> usize {
        let here = self.base.len() - self.hidden.len() + self.overlay.len();
        self.outside.map_or(here, |o| o.count)
    }

    /// Box around all items in EPSG:9218 (that of removed ones included until the next merge); none where no item
    /// has a geometry.
    pub fn extent(&self) -> Option<Bbox> {
        if let Some(outside) = self.outside {
            return outside.extent;
        }
        match (self.base.extent(), self.overlay.extent()) {
            (Some(a), Some(b)) => Some(a.union(&b)),
            (a, b) => a.or(b),
        }
    }

    /// The same as a box in CRS84 that holds it.
    pub fn extent_crs84(&self) -> Option<Bbox> {
        *self.extent_crs84.get_or_init(|| self.extent().map(|b| bbox_to_crs84(&b)))
    }

    /// What it takes of memory.
    pub fn footprint(&self) -> Footprint {
        let blurred = self.blurred.as_ref().map(|b| b.footprint()).unwrap_or_default();
        let hidden = Footprint { identifiers: 4 * self.hidden.len(), ..Footprint::default() };
        self.base.footprint() + self.overlay.footprint() + hidden + blurred
    }

    /// Where the item stands now: in the overlay or the base.
    pub(super) fn find(&self, fid: i64) -> Option<(&Segment, u32)> {
        if let Some(position) = self.overlay.find(fid) {
            return Some((&self.overlay, position));
        }
        let position = self.base.find(fid)?;
        self.hidden.binary_search(&position).is_err().then_some((&self.base, position))
    }

    /// The layer after a change: `upserts` are new items and new states of old ones, `removed` the fids of items
    /// that are gone. The base is shared; the cost is that of the overlay.
    pub fn with_changes(&self, upserts: Vec<ItemRow>, removed: &[i64]) -> Result<Self> {
        let upserts: BTreeMap<i64, ItemRow> = upserts.into_iter().map(|r| (r.fid, r)).collect();
        let gone: BTreeSet<i64> = removed.iter().copied().filter(|fid| !upserts.contains_key(fid)).collect();
        let mut changed = self.changed(&upserts, &gone, SegmentBuilder::new)?;
        if let Some(before) = &self.blurred {
            let blurred = before.changed(&upserts, &gone, SegmentBuilder::blurred)?;
            // One stamp and one trail for both: what drops the tiles of one drops those of the other.
            if let (Some(step), Some(other)) = (changed.trail.last_mut(), blurred.trail.last()) {
                step.touched.extend(other.touched.iter().copied());
            }
            changed.blurred = Some(Arc::new(Self { stamp: changed.stamp, ..blurred }));
        }
        Ok(changed)
    }

    fn changed(
        &self,
        upserts: &BTreeMap<i64, ItemRow>,
        gone: &BTreeSet<i64>,
        builder: fn(Arc<LayerDef>) -> SegmentBuilder,
    ) -> Result<Self> {
        let mut touched = Vec::new();
        for fid in upserts.keys().chain(gone) {
            touched.extend(self.find(*fid).and_then(|(s, i)| s.shape(i).envelope()));
        }
        let mut overlay = builder(self.def.clone());
        let mut new = upserts.iter().peekable();
        for (i, fid) in self.overlay.fids.iter().enumerate() {
            while let Some((_, row)) = new.next_if(|(f, _)| *f <= fid) {
                overlay.push_row(row)?;
            }
            if !gone.contains(fid) && !upserts.contains_key(fid) {
                overlay.push_item(&self.overlay, i as u32);
            }
        }
        new.try_for_each(|(_, row)| overlay.push_row(row))?;
        let overlay = overlay.build();
        for fid in upserts.keys() {
            touched.extend(overlay.find(*fid).and_then(|i| overlay.shape(i).envelope()));
        }
        let mut hidden: BTreeSet<u32> = self.hidden.iter().copied().collect();
        hidden.extend(upserts.keys().chain(gone).filter_map(|fid| self.base.find(*fid)));
        Ok(self.successor(self.base.clone(), overlay, hidden.into_iter().collect(), touched))
    }

    /// Whether the overlay is so large that it should be [`merged`](Self::merged).
    pub fn needs_merge(&self) -> bool {
        self.overlay.len() + self.hidden.len() > OVERLAY_LIMIT.max(self.base.len() / 64)
    }

    /// The same items with an empty overlay. Takes as long as building the layer, less the projection: off the
    /// request path, then [`rebased`](Self::rebased) takes over what changed in the meantime.
    #[must_use]
    pub fn merged(&self) -> Self {
        let mut merged = self.merged_alone();
        let twin = |b: &Arc<Self>| Arc::new(Self { stamp: merged.stamp, ..b.merged_alone() });
        let blurred = self.blurred.as_ref().map(twin);
        merged.blurred = blurred;
        merged
    }

    fn merged_alone(&self) -> Self {
        let mut all = SegmentBuilder::new(self.def.clone());
        let mut hidden = self.hidden.iter().peekable();
        let mut changed = 0;
        for position in 0..self.base.len() as u32 {
            if hidden.next_if(|h| **h == position).is_some() {
                continue;
            }
            while self.overlay.fids.get(changed).is_some_and(|f| *f < self.base.fids[position as usize]) {
                all.push_item(&self.overlay, changed as u32);
                changed += 1;
            }
            all.push_item(&self.base, position);
        }
        for rest in changed..self.overlay.len() {
            all.push_item(&self.overlay, rest as u32);
        }
        let empty = SegmentBuilder::new(self.def.clone()).build();
        self.successor(Arc::new(all.build()), empty, Arc::new([]), Vec::new())
    }

    /// This state on the base of `merged`, which was made from `before`, an earlier state of this layer.
    #[must_use]
    pub fn rebased(&self, before: &Self, merged: &Self) -> Self {
        let mut rebased = self.rebased_alone(before, merged);
        if let (Some(now), Some(before), Some(merged)) = (&self.blurred, &before.blurred, &merged.blurred) {
            let twin = now.rebased_alone(before, merged);
            rebased.blurred = Some(Arc::new(Self { stamp: rebased.stamp, ..twin }));
        }
        rebased
    }

    fn rebased_alone(&self, before: &Self, merged: &Self) -> Self {
        let mut overlay = SegmentBuilder::new(self.def.clone());
        let mut hidden = BTreeSet::new();
        let candidates = |l: &Self| {
            let hidden = l.hidden.iter().map(|i| l.base.fids[*i as usize]).collect::<Vec<_>>();
            l.overlay.fids.iter().copied().chain(hidden).collect::<Vec<_>>()
        };
        let fids: BTreeSet<i64> = candidates(before).into_iter().chain(candidates(self)).collect();
        for fid in fids {
            let (then, now) = (before.find(fid), self.find(fid));
            let version = |at: Option<(&Segment, u32)>| at.map(|(s, i)| s.version(i));
            if version(then) == version(now) {
                continue;
            }
            hidden.extend(merged.base.find(fid));
            if let Some((segment, position)) = now {
                overlay.push_item(segment, position);
            }
        }
        self.successor(merged.base.clone(), overlay.build(), hidden.into_iter().collect(), Vec::new())
    }

    fn successor(
        &self,
        base: Arc<Segment>,
        overlay: Segment,
        hidden: Arc<[u32]>,
        touched: Vec<Bbox>,
    ) -> Self {
        let mut trail = self.trail.clone();
        trail.push(Step { from: self.stamp, touched });
        let surplus = trail.len().saturating_sub(TRAIL_LIMIT);
        trail.drain(..surplus);
        let (def, overlay) = (self.def.clone(), Arc::new(overlay));
        Self {
            def,
            base,
            overlay,
            hidden,
            stamp: next_stamp(),
            trail,
            blurred: None,
            outside: None,
            extent_crs84: OnceLock::new(),
        }
    }

    /// Whether both states stand on the same base: the later one came from the earlier by changes alone.
    pub fn shares_base(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.base, &other.base)
    }

    /// Names this state among all that the program ever had.
    pub(super) fn stamp(&self) -> u64 {
        self.stamp
    }

    /// Where this state differs from an earlier one.
    pub(super) fn difference(&self, earlier: &Self) -> Difference {
        if self.stamp == earlier.stamp {
            return Difference::Boxes(Vec::new());
        }
        match self.trail.iter().position(|step| step.from == earlier.stamp) {
            Some(first) => {
                let boxes = self.trail[first..].iter().flat_map(|s| s.touched.iter().copied()).collect();
                Difference::Boxes(boxes)
            }
            None => Difference::Everywhere,
        }
    }
}
