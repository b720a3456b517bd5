//! Plane outlines: unions, differences and offsets, robust against the hairlines that thousands of touching
//! triangles leave.
//!
//! Corners lie on a grid of 0.1 mm, overlays are done by `i_overlay` in integers, and results lose slivers below
//! 1 cm². So equal models give equal outlines.

use geo::algorithm::bool_ops::{FillRule, OpType, unary_union};
use geo::algorithm::buffer::{BufferStyle, LineJoin};
use geo::orient::Direction;
use geo::{
    Area, BooleanOps, BoundingRect, Buffer, LineString, MultiPolygon, Orient, Polygon, Rect, SimplifyIdx,
};

/// Grid of corners, metres.
const GRID: f64 = 1e-4;
/// Smallest area of a part or hole that is kept, m².
const SLIVER_M2: f64 = 1e-4;
/// Corners closer than this to the line between their neighbours are left out, metres.
const STRAIGHT: f64 = 5e-4;

/// A coordinate on the grid.
pub fn snap(x: f64) -> f64 {
    (x / GRID).round() * GRID
}

/// No area.
pub fn empty() -> MultiPolygon<f64> {
    MultiPolygon(Vec::new())
}

/// What the rings wind around, overlapping rings counted together.
pub fn fill(rings: Vec<Polygon<f64>>) -> MultiPolygon<f64> {
    if rings.is_empty() {
        return empty();
    }
    clean(MultiPolygon(rings).boolean_op_with_fill_rule(&empty(), OpType::Union, FillRule::NonZero))
}

/// The union of outlines.
pub fn union<'a>(parts: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> MultiPolygon<f64> {
    let parts: Vec<&MultiPolygon<f64>> = parts.into_iter().filter(|p| !p.0.is_empty()).collect();
    match parts.as_slice() {
        [] => empty(),
        [one] => (*one).clone(),
        many => clean(unary_union(many.iter().copied())),
    }
}

/// What both cover.
pub fn intersection(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    if a.0.is_empty() || b.0.is_empty() || !boxes_meet(a, b) { empty() } else { clean(a.intersection(b)) }
}

/// What `a` covers and `b` does not.
pub fn difference(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    if a.0.is_empty() || b.0.is_empty() || !boxes_meet(a, b) { a.clone() } else { clean(a.difference(b)) }
}

/// The outline moved outwards by `distance` metres (inwards where negative), corners kept sharp.
pub fn offset(a: &MultiPolygon<f64>, distance: f64) -> MultiPolygon<f64> {
    if a.0.is_empty() {
        return empty();
    }
    let style = BufferStyle::new(distance).line_join(LineJoin::Miter(0.2));
    clean(a.buffer_with_style(style))
}

/// Closes gaps and notches narrower than twice `distance`.
pub fn close(a: &MultiPolygon<f64>, distance: f64) -> MultiPolygon<f64> {
    union([a, &offset(&offset(a, distance), -distance)])
}

/// Leaves out parts narrower than twice `distance`.
pub fn open(a: &MultiPolygon<f64>, distance: f64) -> MultiPolygon<f64> {
    intersection(a, &offset(&offset(a, -distance), distance))
}

/// The holes, each as an outline of its own, anticlockwise like every outline (the union counts windings).
pub fn holes(a: &MultiPolygon<f64>) -> Vec<Polygon<f64>> {
    let filled = |ring: &LineString<f64>| Polygon::new(ring.clone(), Vec::new()).orient(Direction::Default);
    a.iter().flat_map(|p| p.interiors().iter().map(filled)).collect()
}

/// Area, m².
pub fn area(a: &MultiPolygon<f64>) -> f64 {
    a.unsigned_area()
}

/// Share of `a` that `b` covers, 0–1.
pub fn covered(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> f64 {
    let whole = area(a);
    if whole > 0.0 { area(&intersection(a, b)) / whole } else { 0.0 }
}

/// Whether the boxes of two outlines meet.
pub fn boxes_meet(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> bool {
    let meet = |a: Rect<f64>, b: Rect<f64>| {
        a.min().x <= b.max().x && b.min().x <= a.max().x && a.min().y <= b.max().y && b.min().y <= a.max().y
    };
    matches!((a.bounding_rect(), b.bounding_rect()), (Some(a), Some(b)) if meet(a, b))
}

/// Without slivers and without corners on a straight line.
fn clean(a: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let parts = a.0.into_iter().filter(|p| p.unsigned_area() >= SLIVER_M2).map(|p| {
        let (outer, inner) = p.into_inner();
        let inner = inner.into_iter().filter(|ring| ring_area(ring) >= SLIVER_M2).map(straighten);
        Polygon::new(straighten(outer), inner.collect())
    });
    MultiPolygon(parts.filter(|p| p.exterior().0.len() >= 4).collect())
}

fn ring_area(ring: &LineString<f64>) -> f64 {
    Polygon::new(ring.clone(), Vec::new()).unsigned_area()
}

/// Leaves out corners that lie on the line between their neighbours, the ring's first corner too.
fn straighten(ring: LineString<f64>) -> LineString<f64> {
    let n = ring.0.len();
    if n < 5 {
        return ring;
    }
    // Start where the ring turns most sharply: simplification never removes the first corner.
    let corners = &ring.0[..n - 1];
    let turn = |i: usize| {
        let (a, b, c) = (corners[(i + n - 2) % (n - 1)], corners[i], corners[(i + 1) % (n - 1)]);
        let (u, v) = (b - a, c - b);
        let length = (u.x.hypot(u.y)) * (v.x.hypot(v.y));
        if length > 0.0 { ((u.x * v.y - u.y * v.x) / length).abs() } else { 0.0 }
    };
    let start = (0..n - 1).max_by(|a, b| turn(*a).total_cmp(&turn(*b))).unwrap_or(0);
    let mut turned: Vec<_> = corners[start..].iter().chain(&corners[..start]).copied().collect();
    turned.push(turned[0]);
    let line = LineString::new(turned);
    let kept = line.simplify_idx(STRAIGHT);
    if kept.len() < 4 {
        return ring;
    }
    LineString::new(kept.into_iter().map(|i| line.0[i]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![Rect::new((x0, y0), (x1, y1)).to_polygon()])
    }

    #[test]
    fn touching_parts_become_one_with_straight_sides() {
        let u = union([&rect(0.0, 0.0, 1.0, 1.0), &rect(1.0, 0.0, 2.0, 1.0)]);
        assert_eq!(u.0.len(), 1);
        assert_eq!(u.0[0].exterior().0.len(), 5);
        assert!((area(&u) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_filled_hole_joins_its_ring() {
        let ring = difference(&rect(0.0, 0.0, 10.0, 5.0), &rect(0.2, 0.2, 9.8, 4.8));
        let rooms: Vec<_> = holes(&ring).into_iter().map(|h| MultiPolygon(vec![h])).collect();
        assert!((area(&union(rooms.iter().chain([&ring]))) - 50.0).abs() < 1e-6);
    }

    #[test]
    fn closing_fills_a_notch_and_keeps_corners() {
        let l = union([&rect(0.0, 0.0, 10.0, 2.0), &rect(0.0, 0.0, 2.0, 10.0)]);
        assert!((area(&close(&l, 0.3)) - area(&l)).abs() < 1e-3);
        let notched = difference(&rect(0.0, 0.0, 10.0, 5.0), &rect(4.0, 4.0, 4.4, 5.0));
        assert!((area(&close(&notched, 0.3)) - 50.0).abs() < 1e-3);
    }

    #[test]
    fn opening_drops_a_narrow_strip() {
        let strip = union([&rect(0.0, 0.0, 5.0, 5.0), &rect(5.0, 2.0, 9.0, 2.1)]);
        assert!((area(&open(&strip, 0.1)) - 25.0).abs() < 1e-3);
    }
}
