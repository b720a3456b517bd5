//! The geometry of a filter, made ready to be asked of many items: most are decided by their envelope alone.

use geo::{BoundingRect, Geometry, LinesIter};
use rstar::{AABB, RTree, RTreeObject};

use super::shapes::Shape;
use crate::filter::SpatialOp;
use crate::filter::evaluate::{HALF_STEP_M, near, relates};
use crate::space::Bbox;

/// A geometry in EPSG:9218.
#[derive(Debug)]
pub(super) struct Literal {
    geometry: Geometry<f64>,
    /// None where it is empty.
    envelope: Option<Bbox>,
    /// The sides of an area.
    sides: Option<RTree<Side>>,
}

#[derive(Debug)]
struct Side {
    a: [f64; 2],
    b: [f64; 2],
}

impl RTreeObject for Side {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.a, self.b)
    }
}

impl Literal {
    pub(super) fn new(geometry: &Geometry<f64>) -> Self {
        let envelope = geometry.bounding_rect().map(|r| Bbox {
            min_x: r.min().x,
            min_y: r.min().y,
            max_x: r.max().x,
            max_y: r.max().y,
        });
        let side = |l: geo::Line<f64>| Side { a: l.start.into(), b: l.end.into() };
        let sides = match geometry {
            Geometry::Polygon(p) => Some(p.lines_iter().map(side).collect()),
            Geometry::MultiPolygon(m) => Some(m.lines_iter().map(side).collect()),
            _ => None,
        };
        let sides = sides.map(RTree::bulk_load);
        Self { geometry: geometry.clone(), envelope, sides }
    }

    /// Box that every item meets for which the relation holds; none where that cannot be said.
    pub(super) fn contact(&self, op: SpatialOp) -> Option<Bbox> {
        self.envelope.filter(|_| op.needs_contact())
    }

    /// Box that every item meets that is at most so many metres away.
    pub(super) fn around(&self, metres: f64) -> Option<Bbox> {
        let out = metres + HALF_STEP_M;
        self.envelope.map(|e| Bbox {
            min_x: e.min_x - out,
            min_y: e.min_y - out,
            max_x: e.max_x + out,
            max_y: e.max_y + out,
        })
    }

    /// Whether an item is at most so many metres away; none where it has no geometry.
    pub(super) fn is_near(&self, metres: f64, shape: &Shape<'_>) -> Option<bool> {
        let item = shape.envelope()?;
        let maybe = self.around(metres).is_some_and(|b| b.intersects(&item));
        Some(maybe && near(&shape.to_geo(), &self.geometry, metres))
    }

    /// Whether an item stands in the relation to the geometry; none where it has no geometry.
    pub(super) fn holds(&self, op: SpatialOp, shape: &Shape<'_>) -> Option<bool> {
        let item = shape.envelope()?;
        let apart = Some(!op.needs_contact());
        let Some(around) = self.envelope.filter(|e| e.intersects(&item)) else { return apart };
        if let Some(sides) = &self.sides {
            let near = AABB::from_corners([item.min_x, item.min_y], [item.max_x, item.max_y]);
            if sides.locate_in_envelope_intersecting(near).next().is_none() {
                // No side comes near the item: it lies wholly inside or wholly outside.
                let inside = is_inside(sides, [item.min_x, item.min_y], around.max_x);
                return match op {
                    _ if !inside => apart,
                    SpatialOp::Intersects | SpatialOp::Within => Some(true),
                    _ => Some(false),
                };
            }
        }
        Some(relates(op, &shape.to_geo(), &self.geometry))
    }
}

/// Whether a point that lies on no side is inside: the sides to the east of it are odd in number.
fn is_inside(sides: &RTree<Side>, [x, y]: [f64; 2], east: f64) -> bool {
    let ray = AABB::from_corners([x, y], [east.max(x), y]);
    let crossed = sides.locate_in_envelope_intersecting(ray).filter(|s| {
        let ([ax, ay], [bx, by]) = (s.a, s.b);
        (ay > y) != (by > y) && ax + (y - ay) / (by - ay) * (bx - ax) > x
    });
    crossed.count() % 2 == 1
}
