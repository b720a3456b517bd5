//! Whether a geometry meets a box, exactly, on the grid in which the box's system is served: an item is in a client's
//! box if its geometry is, not only its envelope.

use std::ops::Range;

use super::shapes::Shape;
use crate::layers::GeometryKind;

/// A box in grid steps: west, south, east, north.
pub(super) type GridBox = [i64; 4];

/// Whether the shape and the box share a point, on the grid of CRS84.
pub(super) fn meets(shape: &Shape<'_>, b: &GridBox) -> bool {
    let Some(e) = shape.envelope_degrees() else { return false };
    meets_on(shape, e, b, |v| shape.degrees(v))
}

/// Whether the shape and the box share a point on the grid on which its vertices are `at` and its envelope is `e`.
pub(super) fn meets_on(shape: &Shape<'_>, e: GridBox, b: &GridBox, at: impl Fn(usize) -> [i64; 2]) -> bool {
    let at = &at;
    if e[0] > b[2] || e[2] < b[0] || e[1] > b[3] || e[3] < b[1] {
        return false;
    }
    if e[0] >= b[0] && e[2] <= b[2] && e[1] >= b[1] && e[3] <= b[3] {
        return true;
    }
    match shape.kind() {
        GeometryKind::Point | GeometryKind::MultiPoint => shape.vertices().any(|v| inside(at(v), b)),
        GeometryKind::LineString | GeometryKind::MultiLineString => crosses(shape, b, at),
        GeometryKind::Polygon | GeometryKind::MultiPolygon => {
            crosses(shape, b, at) || covers(shape, [b[0], b[1]], at)
        }
    }
}

fn inside([x, y]: [i64; 2], b: &GridBox) -> bool {
    (b[0]..=b[2]).contains(&x) && (b[1]..=b[3]).contains(&y)
}

/// Whether any line of the shape has a point in the box.
fn crosses(shape: &Shape<'_>, b: &GridBox, at: &impl Fn(usize) -> [i64; 2]) -> bool {
    shape.rings().any(|(_, v)| pieces(v).any(|(i, j)| piece_meets(at(i), at(j), b)))
}

fn pieces(v: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    (v.start + 1..v.end).map(|j| (j - 1, j))
}

fn piece_meets(p: [i64; 2], q: [i64; 2], b: &GridBox) -> bool {
    if inside(p, b) || inside(q, b) {
        return true;
    }
    if p[0].max(q[0]) < b[0] || p[0].min(q[0]) > b[2] || p[1].max(q[1]) < b[1] || p[1].min(q[1]) > b[3] {
        return false;
    }
    // Their boxes meet; they are apart only where all corners lie on one side of the line.
    let sides = [[b[0], b[1]], [b[2], b[1]], [b[2], b[3]], [b[0], b[3]]].map(|c| side(p, q, c));
    !(sides.iter().all(|s| *s > 0) || sides.iter().all(|s| *s < 0))
}

/// Positive where `c` lies left of the line from `p` to `q`.
fn side(p: [i64; 2], q: [i64; 2], c: [i64; 2]) -> i128 {
    i128::from(q[0] - p[0]) * i128::from(c[1] - p[1]) - i128::from(q[1] - p[1]) * i128::from(c[0] - p[0])
}

/// Whether the polygons cover a point that lies on none of their rings (even-odd over all rings).
fn covers(shape: &Shape<'_>, c: [i64; 2], at: &impl Fn(usize) -> [i64; 2]) -> bool {
    let crossings = shape
        .rings()
        .flat_map(|(_, v)| pieces(v))
        .filter(|(i, j)| {
            let (p, q) = (at(*i), at(*j));
            (p[1] > c[1]) != (q[1] > c[1]) && (side(p, q, c) > 0) == (q[1] > p[1])
        })
        .count();
    crossings % 2 == 1
}
