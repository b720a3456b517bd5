//! Reading one layer of a snapshot with the rights of a view.

use std::iter::Peekable;
use std::sync::Arc;

use geo::Geometry;

use super::column::Cell;
use super::layer::Layer;
use super::meets::{GridBox, meets};
use super::met::{Met, MetBox};
use super::predicate::{Bound, Predicate};
use super::segment::Segment;
use super::shapes::{STEPS_PER_DEGREE, Shape};
use crate::access::View;
use crate::filter::Expr;
use crate::layers::{Attribute, Value};
use crate::space::Bbox;
use crate::space::crs::{self, Offered};
use crate::{Error, Result};

/// Which items are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Items whose envelope meets this box, EPSG:9218.
    pub bbox: Option<Bbox>,
    /// Items whose geometry meets one of these boxes, CRS84; empty: wherever they are. A client's box across the
    /// date line is two boxes.
    pub within_crs84: Vec<Bbox>,
    /// Items whose geometry meets this box of a system, on the grid in which that is served; east before north.
    pub within: Option<(Offered, Bbox)>,
    /// Items for which this is true; unknown is not true.
    pub filter: Option<Expr>,
    /// Items with a greater fid.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            bbox: None,
            within_crs84: Vec::new(),
            within: None,
            filter: None,
            after: None,
            limit: usize::MAX,
        }
    }
}

impl Query {
    /// Whether every item matches.
    fn takes_all(&self) -> bool {
        self.bbox.is_none() && self.within_crs84.is_empty() && self.within.is_none() && self.filter.is_none()
    }
}

/// One layer as one principal sees it, in one state. Owns what it reads: it may be kept to the end of a stream.
#[derive(Debug, Clone)]
pub struct LayerReader {
    pub(super) layer: Arc<Layer>,
    view: Arc<View>,
    /// For each attribute of the view's definition its column; none where it is hidden or not loaded.
    columns: Arc<[Option<usize>]>,
    rows: Option<Arc<Predicate>>,
}

/// An item, read in place.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// Identifier, stable for life.
    pub fid: i64,
    /// Revision in which this state became current.
    pub version: i64,
    reader: &'a LayerReader,
    segment: &'a Segment,
    position: u32,
}

impl LayerReader {
    pub(super) fn new(layer: Arc<Layer>, view: &View) -> Option<Self> {
        // Who may not know the exact places reads a layer that does not hold them.
        let layer = if view.exact { layer } else { layer.blurred()?.clone() };
        let loaded = layer.def();
        let same = Arc::ptr_eq(loaded, &view.layer);
        let columns = view
            .layer
            .attributes
            .iter()
            .enumerate()
            .map(|(i, a)| {
                if !view.attributes[i] {
                    return None;
                }
                if same {
                    return Some(i);
                }
                loaded.attributes.iter().position(|l| l.name == a.name && l.kind == a.kind)
            })
            .collect();
        let rows = match &view.rows {
            None => None,
            // The decider's own condition may look at attributes that the reader does not see. One that cannot be
            // evaluated hides the layer: rights fail closed.
            Some(rows) => {
                let column = |name: &str| loaded.attributes.iter().position(|a| a.name == name).map(Some);
                Some(Arc::new(Predicate::new(rows, loaded, &column).ok()?))
            }
        };
        Some(Self { view: Arc::new(view.clone()), columns, rows, layer })
    }

    /// The view it reads with.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Names the state of the layer within this process: what was read in the same state by the same view is the same.
    pub fn state(&self) -> u64 {
        self.layer.stamp()
    }

    /// Whether the layer is too large for memory: nothing of it can be read here.
    pub fn is_outside(&self) -> bool {
        self.layer.is_outside()
    }

    /// Number of items that may be seen; about, where the layer is too large for memory.
    pub fn count(&self) -> usize {
        if self.rows.is_none() { self.layer.count() } else { self.all().count() }
    }

    /// Box around the layer in EPSG:9218; none where nothing has a geometry.
    pub fn extent(&self) -> Option<Bbox> {
        self.layer.extent()
    }

    /// Box around the layer in CRS84; none where nothing has a geometry.
    pub fn extent_crs84(&self) -> Option<Bbox> {
        self.layer.extent_crs84()
    }

    /// The item, if it exists and may be seen.
    pub fn get(&self, fid: i64) -> Option<Item<'_>> {
        debug_assert!(!self.is_outside(), "items of {} are read in the database", self.view.layer.id);
        let (segment, position) = self.layer.find(fid)?;
        let seen = self.rows.as_ref().is_none_or(|r| r.bind(segment).holds(segment, position) == Some(true));
        seen.then(|| self.item(segment, position))
    }

    /// The items of a query in the order of their fids. The error names the attribute that does not exist (or may
    /// not be seen) or does not fit its value.
    pub fn query(&self, query: &Query) -> Result<impl Iterator<Item = Item<'_>> + use<'_>> {
        let plan = Arc::new(self.plan(query)?);
        let base = Cursor::new(&self.layer.base, &self.layer.hidden, &plan);
        let overlay = Cursor::new(&self.layer.overlay, &[], &plan);
        Ok(Merge { base: base.peekable(), overlay: overlay.peekable() }
            .take(query.limit)
            .map(|(segment, position)| self.item(segment, position)))
    }

    /// The fids of a query's items, and how many match whatever its `limit` and `after`. A first page is found and
    /// counted in one pass.
    pub fn page(&self, query: &Query) -> Result<(Vec<i64>, usize)> {
        if query.after.is_some() || query.takes_all() {
            return Ok((self.query(query)?.map(|i| i.fid).collect(), self.count_matching(query)?));
        }
        let whole = Query { limit: usize::MAX, ..query.clone() };
        let mut matching = self.query(&whole)?;
        let fids: Vec<i64> = matching.by_ref().take(query.limit).map(|i| i.fid).collect();
        let matched = fids.len() + matching.count();
        Ok((fids, matched))
    }

    /// Number of items that a query matches, whatever its `limit` and `after`.
    pub fn count_matching(&self, query: &Query) -> Result<usize> {
        if query.takes_all() {
            return Ok(self.count());
        }
        let whole = Query { after: None, limit: usize::MAX, ..query.clone() };
        Ok(self.query(&whole)?.count())
    }

    fn all(&self) -> impl Iterator<Item = Item<'_>> {
        self.query(&Query::default()).into_iter().flatten()
    }

    /// Items whose envelope meets the box (EPSG:9218), with their envelopes, in the order of their fids.
    pub(crate) fn in_tile(&self, b: &Bbox) -> Vec<(Item<'_>, Bbox)> {
        debug_assert!(!self.is_outside(), "items of {} are read in the database", self.view.layer.id);
        let mut found = Vec::new();
        let segments = [(&*self.layer.base, &*self.layer.hidden), (&*self.layer.overlay, &[][..])];
        for (segment, hidden) in segments {
            let rows = self.rows.as_ref().map(|r| r.bind(segment));
            let shown = |i: u32| {
                (hidden.is_empty() || hidden.binary_search(&i).is_err())
                    && rows.as_ref().is_none_or(|r| r.holds(segment, i) == Some(true))
            };
            let met = segment.envelopes_in_box(b).filter(|(i, _)| shown(*i));
            found.extend(met.map(|(i, envelope)| (self.item(segment, i), envelope)));
        }
        // One order on every node, so that a tile has one entity tag.
        found.sort_unstable_by_key(|(item, _)| item.fid);
        found
    }

    /// Whether the envelope of an item meets the box (EPSG:9218).
    pub(crate) fn meets(&self, b: &Bbox) -> bool {
        let segments = [(&*self.layer.base, &*self.layer.hidden), (&*self.layer.overlay, &[][..])];
        segments.into_iter().any(|(segment, hidden)| {
            let rows = self.rows.as_ref().map(|r| r.bind(segment));
            segment
                .in_box(b)
                .filter(|i| hidden.is_empty() || hidden.binary_search(i).is_err())
                .any(|i| rows.as_ref().is_none_or(|r| r.holds(segment, i) == Some(true)))
        })
    }

    /// Calls `each` with the items whose envelope meets the box (EPSG:9218), in the order of the tree.
    pub(crate) fn near<'a>(&'a self, b: &Bbox, mut each: impl FnMut(Item<'a>)) {
        let segments = [(&*self.layer.base, &*self.layer.hidden), (&*self.layer.overlay, &[][..])];
        for (segment, hidden) in segments {
            let rows = self.rows.as_ref().map(|r| r.bind(segment));
            segment
                .in_box(b)
                .filter(|i| hidden.is_empty() || hidden.binary_search(i).is_err())
                .filter(|i| rows.as_ref().is_none_or(|r| r.holds(segment, *i) == Some(true)))
                .for_each(|i| each(self.item(segment, i)));
        }
    }

    fn item<'a>(&'a self, segment: &'a Segment, position: u32) -> Item<'a> {
        Item {
            fid: segment.fids[position as usize],
            version: segment.version(position),
            reader: self,
            segment,
            position,
        }
    }

    fn plan(&self, query: &Query) -> Result<Plan> {
        if self.is_outside() {
            return Err(Error::NotInMemory(self.view.layer.id.clone()));
        }
        let column = |name: &str| self.view.attribute(name).map(|i| self.columns[i]);
        let filter =
            query.filter.as_ref().map(|f| Predicate::new(f, &self.view.layer, &column)).transpose()?;
        let around = query.within_crs84.iter().filter_map(crs::bbox_from_crs84).reduce(|a, b| a.union(&b));
        let met = query.within.as_ref().map(MetBox::new).transpose()?;
        let nowhere = met.is_some_and(|m| m.envelope.is_none());
        // An item may meet two boxes that do not meet each other: the index takes the smaller of them.
        let contact = filter.as_ref().and_then(Predicate::contact);
        let envelope = around
            .into_iter()
            .chain(query.bbox)
            .chain(contact)
            .chain(met.and_then(|m| m.envelope))
            .min_by(|a, b| a.area().total_cmp(&b.area()));
        Ok(Plan {
            envelope,
            bbox: query.bbox,
            within: query.within_crs84.iter().map(grid_box).collect(),
            met,
            filter,
            rows: self.rows.clone(),
            after: query.after.unwrap_or(0),
            empty: nowhere || !query.within_crs84.is_empty() && around.is_none(),
        })
    }
}

fn grid_box(b: &Bbox) -> GridBox {
    [b.min_x, b.min_y, b.max_x, b.max_y].map(|v| (v * STEPS_PER_DEGREE).round() as i64)
}

/// A query made ready.
#[derive(Debug)]
struct Plan {
    /// Box that all answers meet, for the index.
    envelope: Option<Bbox>,
    bbox: Option<Bbox>,
    within: Vec<GridBox>,
    met: Option<MetBox>,
    filter: Option<Predicate>,
    rows: Option<Arc<Predicate>>,
    after: i64,
    empty: bool,
}

/// Share of a layer's extent from which a box is answered by reading items in order, not by the tree: the first
/// page is then found without collecting and sorting most of the layer.
const SCAN_SHARE: f64 = 0.2;

/// The positions of one segment that answer a query, in the order of their fids.
struct Cursor<'a> {
    segment: &'a Segment,
    hidden: &'a [u32],
    plan: Arc<Plan>,
    conditions: Vec<Bound<'a>>,
    met: Option<Met>,
    candidates: Candidates,
}

enum Candidates {
    Range(std::ops::Range<u32>),
    List(std::vec::IntoIter<u32>),
}

impl<'a> Cursor<'a> {
    fn new(segment: &'a Segment, hidden: &'a [u32], plan: &Arc<Plan>) -> Self {
        let first = segment.fids.partition_point(|f| *f <= plan.after) as u32;
        let end = segment.len() as u32;
        let candidates = match (&plan.envelope, &plan.filter) {
            _ if plan.empty => Candidates::Range(end..end),
            (_, Some(Predicate::Fid(fids))) => {
                let found = fids.iter().filter_map(|f| segment.find(*f)).filter(|i| *i >= first);
                Candidates::List(found.collect::<Vec<_>>().into_iter())
            }
            (Some(b), _) if share(segment, b) < SCAN_SHARE => {
                let mut found: Vec<u32> = segment.in_box(b).filter(|i| *i >= first).collect();
                found.sort_unstable();
                Candidates::List(found.into_iter())
            }
            _ => Candidates::Range(first..end),
        };
        let conditions = plan.filter.iter().chain(plan.rows.as_deref()).map(|p| p.bind(segment)).collect();
        let met = plan.met.as_ref().map(MetBox::test);
        Self { segment, hidden, plan: plan.clone(), conditions, met, candidates }
    }

    fn answers(&self, position: u32) -> bool {
        if !self.hidden.is_empty() && self.hidden.binary_search(&position).is_ok() {
            return false;
        }
        let shape = self.segment.shape(position);
        if let Some(b) = &self.plan.bbox
            && !shape.envelope().is_some_and(|e| e.intersects(b))
        {
            return false;
        }
        if !self.plan.within.is_empty() && !self.plan.within.iter().any(|b| meets(&shape, b)) {
            return false;
        }
        if self.met.as_ref().is_some_and(|met| !met.by(&shape)) {
            return false;
        }
        self.conditions.iter().all(|b| b.holds(self.segment, position) == Some(true))
    }
}

fn share(segment: &Segment, b: &Bbox) -> f64 {
    let Some(e) = segment.extent() else { return 0.0 };
    let width = (e.max_x.min(b.max_x) - e.min_x.max(b.min_x)).max(0.0);
    let height = (e.max_y.min(b.max_y) - e.min_y.max(b.min_y)).max(0.0);
    width * height / ((e.max_x - e.min_x) * (e.max_y - e.min_y)).max(f64::MIN_POSITIVE)
}

impl<'a> Iterator for Cursor<'a> {
    type Item = (&'a Segment, u32);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let position = match &mut self.candidates {
                Candidates::Range(r) => r.next(),
                Candidates::List(l) => l.next(),
            }?;
            if self.answers(position) {
                return Some((self.segment, position));
            }
        }
    }
}

/// Two runs in the order of their fids, which they do not share.
struct Merge<'a> {
    base: Peekable<Cursor<'a>>,
    overlay: Peekable<Cursor<'a>>,
}

impl<'a> Iterator for Merge<'a> {
    type Item = (&'a Segment, u32);

    fn next(&mut self) -> Option<Self::Item> {
        let fid = |(s, i): &(&Segment, u32)| s.fids[*i as usize];
        match (self.base.peek().map(fid), self.overlay.peek().map(fid)) {
            (Some(b), Some(o)) if o < b => self.overlay.next(),
            (None, Some(_)) => self.overlay.next(),
            _ => self.base.next(),
        }
    }
}

impl std::fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}@{}", self.reader.view.layer.id, self.fid, self.version)
    }
}

impl<'a> Item<'a> {
    /// The value of the attribute at `index` of the view's definition; `Null` where it may not be seen.
    pub fn value(&self, index: usize) -> Value {
        self.cell(index).into()
    }

    /// The value of the attribute called `name`; none where there is no such attribute to be seen.
    pub fn value_of(&self, name: &str) -> Option<Value> {
        self.reader.view.attribute(name).map(|i| self.value(i))
    }

    /// The text at `index`, without a copy; none where it is null or no text.
    pub fn text(&self, index: usize) -> Option<&'a str> {
        match self.cell(index) {
            Cell::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The visible attributes with their values.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a Attribute, Value)> + use<'a> {
        let (reader, item) = (self.reader, *self);
        let visible = reader.view.layer.attributes.iter().enumerate();
        visible.filter(|(i, _)| reader.view.attributes[*i]).map(move |(i, a)| (a, item.value(i)))
    }

    /// The geometry in EPSG:9218, metres; an empty collection where the item has none.
    pub fn geometry(&self) -> Geometry<f64> {
        self.shape().to_geo()
    }

    /// The geometry in CRS84, degrees rounded to nine decimals as it is served.
    pub fn geometry_crs84(&self) -> Geometry<f64> {
        self.shape().to_geo_crs84()
    }

    /// The envelope in EPSG:9218; none without a geometry.
    pub fn envelope(&self) -> Option<Bbox> {
        self.shape().envelope()
    }

    /// The view it is read with.
    pub fn view(&self) -> &'a View {
        &self.reader.view
    }

    pub(crate) fn cell(&self, index: usize) -> Cell<'a> {
        self.reader.columns[index].map_or(Cell::Null, |c| self.segment.cell(c, self.position))
    }

    /// The number of a text in its column's dictionary, as [`Cell::Text`] has it, without a look at the text; none for
    /// null and for what is no text.
    #[inline]
    pub(crate) fn text_code(&self, index: usize) -> Option<u32> {
        self.segment.text_code(self.reader.columns[index]?, self.position)
    }

    /// Whether it is read from the overlay, whose dictionaries are its own.
    pub(crate) fn in_overlay(&self) -> bool {
        std::ptr::eq(self.segment, Arc::as_ptr(&self.reader.layer.overlay))
    }

    pub(crate) fn shape(&self) -> Shape<'a> {
        self.segment.shape(self.position)
    }
}
