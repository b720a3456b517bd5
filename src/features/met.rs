//! Whether items meet a box that is given in one of the offered reference systems.

use std::cell::RefCell;

use super::meets::{GridBox, meets_on};
use super::shapes::Shape;
use super::wkb::STEPS_PER_M;
use crate::Result;
use crate::space::Bbox;
use crate::space::crs::{ManyFromStored, Offered};

/// A box of a system, made ready: the same for all segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct MetBox {
    crs: Offered,
    /// In the steps in which the system's positions are served.
    grid: GridBox,
    /// Box in EPSG:9218 that holds it; none where nothing can meet it.
    pub(super) envelope: Option<Bbox>,
}

impl MetBox {
    pub(super) fn new((crs, b): &(Offered, Bbox)) -> Result<Self> {
        let steps = crs.steps();
        // Far beyond all positions, and small enough to be multiplied.
        let far = 1e15;
        let grid = [b.min_x, b.min_y, b.max_x, b.max_y].map(|v| (v * steps).round().clamp(-far, far) as i64);
        Ok(Self { crs: *crs, grid, envelope: crs.box_to_stored(b)? })
    }

    pub(super) fn test(&self) -> Met {
        let converted = !matches!(self.crs, Offered::Crs84 | Offered::Epsg4326 | Offered::Epsg9218);
        let many = converted.then(|| ManyFromStored::new(self.crs));
        Met { of: *self, many: RefCell::new((many, Vec::new())) }
    }
}

/// The test of one reader's items.
#[derive(Debug)]
pub(super) struct Met {
    of: MetBox,
    /// The conversion where the positions are not at hand, and room for an item's.
    many: RefCell<(Option<ManyFromStored>, Vec<[i64; 2]>)>,
}

impl Met {
    /// Whether the shape and the box share a point.
    pub(super) fn by(&self, shape: &Shape<'_>) -> bool {
        let grid = &self.of.grid;
        match self.of.crs {
            Offered::Epsg9218 => {
                shape.envelope_metres().is_some_and(|e| meets_on(shape, e, grid, |v| shape.metres(v)))
            }
            Offered::Crs84 | Offered::Epsg4326 => super::meets::meets(shape, grid),
            _ => {
                let near = |e: Bbox| self.of.envelope.is_some_and(|b| e.intersects(&b));
                shape.envelope().is_some_and(near) && self.converted(shape)
            }
        }
    }

    fn converted(&self, shape: &Shape<'_>) -> bool {
        let mut many = self.many.borrow_mut();
        let (Some(convert), at) = &mut *many else { return false };
        let (vertices, steps) = (shape.vertices(), self.of.crs.steps());
        at.clear();
        let mut e = [i64::MAX, i64::MAX, i64::MIN, i64::MIN];
        for v in vertices.clone() {
            let [x, y] = shape.metres(v);
            let Some((x, y)) = convert.convert(x as f64 / STEPS_PER_M, y as f64 / STEPS_PER_M) else {
                return false;
            };
            let [x, y] = [(x * steps).round() as i64, (y * steps).round() as i64];
            e = [e[0].min(x), e[1].min(y), e[2].max(x), e[3].max(y)];
            at.push([x, y]);
        }
        meets_on(shape, e, &self.of.grid, |v| at[v - vertices.start])
    }
}
