//! Clips rings and lines on the tile's grid to the tile and its buffer.

use super::{BUFFER, EXTENT};

/// A vertex in units of the tile, y to the south.
pub(super) type Vertex = [i64; 2];

const LOW: i64 = -(BUFFER as i64);
const HIGH: i64 = (EXTENT + BUFFER) as i64;

/// Whether all vertices lie within.
pub(super) fn holds(vertices: &[Vertex]) -> bool {
    vertices.iter().all(|v| inside(*v))
}

/// Whether the vertex lies within.
pub(super) fn inside(v: Vertex) -> bool {
    (LOW..=HIGH).contains(&v[0]) && (LOW..=HIGH).contains(&v[1])
}

/// Clips a ring (closed or not) to an open one, side by side (Sutherland and Hodgman). Where a ring leaves and
/// comes back, its parts stay joined along the buffer's edge, which is never in view.
pub(super) fn ring(vertices: &mut Vec<Vertex>, spare: &mut Vec<Vertex>) {
    for (axis, limit, sign) in [(0, LOW, 1), (0, HIGH, -1), (1, LOW, 1), (1, HIGH, -1)] {
        spare.clear();
        let Some(mut before) = vertices.last().copied() else { return };
        let within = |v: Vertex| (v[axis] - limit) * sign >= 0;
        for &v in vertices.iter() {
            if within(v) != within(before) {
                spare.push(cut(before, v, axis, limit));
            }
            if within(v) {
                spare.push(v);
            }
            before = v;
        }
        std::mem::swap(vertices, spare);
    }
}

/// Where the line from `p` to `q` crosses a side. Always computed from the same end, so that the shared edge of
/// two neighbours is cut in the same place.
fn cut(p: Vertex, q: Vertex, axis: usize, limit: i64) -> Vertex {
    let (p, q) = if p <= q { (p, q) } else { (q, p) };
    let other = 1 - axis;
    let share = (limit - p[axis]) as f64 / (q[axis] - p[axis]) as f64;
    let mut at = [limit; 2];
    at[other] = p[other] + ((q[other] - p[other]) as f64 * share).round() as i64;
    at
}

/// Clips a line to the pieces of it that lie within, given to `take` one by one.
pub(super) fn line(vertices: &[Vertex], piece: &mut Vec<Vertex>, mut take: impl FnMut(&[Vertex])) {
    piece.clear();
    for w in vertices.windows(2) {
        let Some((p, q)) = segment(w[0], w[1]) else {
            take(piece);
            piece.clear();
            continue;
        };
        if piece.last() != Some(&p) {
            take(piece);
            piece.clear();
            piece.push(p);
        }
        piece.push(q);
        if q != w[1] {
            take(piece);
            piece.clear();
        }
    }
    take(piece);
}

/// The part of a segment that lies within (Liang and Barsky).
fn segment(p: Vertex, q: Vertex) -> Option<(Vertex, Vertex)> {
    if inside(p) && inside(q) {
        return Some((p, q));
    }
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let d = (q[axis] - p[axis]) as f64;
        let (low, high) = ((LOW - p[axis]) as f64, (HIGH - p[axis]) as f64);
        if d == 0.0 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
            continue;
        }
        let (a, b) = if d > 0.0 { (low / d, high / d) } else { (high / d, low / d) };
        from = from.max(a);
        to = to.min(b);
    }
    if from > to {
        return None;
    }
    let at = |t: f64| [0, 1].map(|axis| (p[axis] as f64 + (q[axis] - p[axis]) as f64 * t).round() as i64);
    Some((if from == 0.0 { p } else { at(from) }, if to >= 1.0 { q } else { at(to) }))
}
