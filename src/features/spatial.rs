//! The geometry of a filter, made ready to be asked of many items: most are decided by their envelope alone.

use geo::{BoundingRect, CoordsIter, Geometry, LinesIter};
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
    /// The sides of an area or a line.
    sides: Option<RTree<Side>>,
    is_area: bool,
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
            Geometry::LineString(l) => Some(l.lines_iter().map(side).collect()),
            Geometry::MultiLineString(m) => Some(m.lines_iter().map(side).collect()),
            _ => None,
        };
        let sides = sides.map(RTree::bulk_load);
        let is_area = matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_));
        Self { geometry: geometry.clone(), envelope, sides, is_area }
    }

    /// Box that every item meets for which the relation holds; none where that cannot be said.
    pub(super) fn contact(&self, op: SpatialOp) -> Option<Bbox> {
        self.envelope.filter(|_| op.needs_contact())
    }

    /// Box that every item meets that is at most so many metres away.
    pub(super) fn around(&self, metres: f64) -> Option<Bbox> {
        self.envelope.map(|e| grown(e, metres + HALF_STEP_M))
    }

    /// Whether an item is at most so many metres away; none where it has no geometry.
    pub(super) fn is_near(&self, metres: f64, shape: &Shape<'_>) -> Option<bool> {
        let item = shape.envelope()?;
        if !self.around(metres).is_some_and(|b| b.intersects(&item)) {
            return Some(false);
        }
        let geometry = shape.to_geo();
        let Some(sides) = &self.sides else { return Some(near(&geometry, &self.geometry, metres)) };
        // The first side that is near enough decides; most are too far to be looked at.
        let around = grown(item, metres + HALF_STEP_M);
        let candidates = AABB::from_corners([around.min_x, around.min_y], [around.max_x, around.max_y]);
        let mut candidates = sides.locate_in_envelope_intersecting(candidates);
        let near_side = candidates.any(|s| near(&geo::Line::new(s.a, s.b).into(), &geometry, metres));
        // An item that no side comes near lies wholly inside of an area or wholly outside: any vertex tells.
        let inside = || {
            let vertex = geometry.coords_iter().next();
            vertex.zip(self.envelope).is_some_and(|(v, e)| is_inside(sides, [v.x, v.y], e.max_x))
        };
        Some(near_side || self.is_area && inside())
    }

    /// Whether an item stands in the relation to the geometry; none where it has no geometry.
    pub(super) fn holds(&self, op: SpatialOp, shape: &Shape<'_>) -> Option<bool> {
        let item = shape.envelope()?;
        let apart = Some(!op.needs_contact());
        let Some(around) = self.envelope.filter(|e| e.intersects(&item)) else { return apart };
        if let Some(sides) = self.sides.as_ref().filter(|_| self.is_area) {
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

fn grown(b: Bbox, by: f64) -> Bbox {
    Bbox { min_x: b.min_x - by, min_y: b.min_y - by, max_x: b.max_x + by, max_y: b.max_y + by }
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
