//! Whether an area is plainly valid (OGC Simple Features), told without a topology engine.
//!
//! Nine in ten polygons of a cadastre are rings that nowhere come near themselves. [`is_surely_valid`] knows those;
//! whatever touches, nearly touches or nests in an unusual way is left to PostGIS, whose verdict is the one that
//! counts.

use geo::{Coord, Geometry, LineString, Polygon};

/// Segments nearer to each other than this (metres) are not told apart here: a hundred times what rounding does to
/// coordinates of this size.
const CLEAR_M: f64 = 1e-6;
/// Pairs of segments that are looked at for each segment, on average; a larger tangle is left to PostGIS.
const PAIRS_A_SEGMENT: usize = 64;

/// Whether `geometry` is valid beyond doubt. False says nothing: it may be valid or not.
pub fn is_surely_valid(geometry: &Geometry<f64>) -> bool {
    match geometry {
        // A line of two different vertices is valid however it runs (it need not be simple).
        Geometry::Point(_) | Geometry::MultiPoint(_) => true,
        Geometry::LineString(l) => moves(l),
        Geometry::MultiLineString(m) => m.0.iter().all(moves),
        Geometry::Polygon(p) => is_polygon(p),
        Geometry::MultiPolygon(m) => m.0.iter().all(is_polygon) && are_apart(&m.0),
        _ => false,
    }
}

fn moves(line: &LineString<f64>) -> bool {
    line.0.first().is_some_and(|first| line.0.iter().any(|c| c != first))
}

/// One side of a ring, from its lower to its higher x.
#[derive(Debug, Clone, Copy)]
struct Side {
    a: Coord<f64>,
    b: Coord<f64>,
    ring: usize,
    /// Where it stands in its ring of `of` sides.
    at: usize,
    of: usize,
}

impl Side {
    fn low_x(&self) -> f64 {
        self.a.x.min(self.b.x)
    }

    fn high_x(&self) -> f64 {
        self.a.x.max(self.b.x)
    }
}

/// No two sides come near each other but neighbours at their common vertex, and holes lie inside and apart.
fn is_polygon(polygon: &Polygon<f64>) -> bool {
    let rings: Vec<&LineString<f64>> =
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect();
    let mut sides = Vec::with_capacity(rings.iter().map(|r| r.0.len()).sum());
    for (ring, line) in rings.iter().enumerate() {
        if line.0.len() < 4 || !line.is_closed() {
            return false;
        }
        let of = line.0.len() - 1;
        sides.extend(line.0.windows(2).enumerate().map(|(at, w)| Side { a: w[0], b: w[1], ring, at, of }));
    }
    sides.sort_unstable_by(|s, t| s.low_x().total_cmp(&t.low_x()));
    let mut pairs = 0;
    for (i, s) in sides.iter().enumerate() {
        let reach = s.high_x() + CLEAR_M;
        for t in sides[i + 1..].iter().take_while(|t| t.low_x() <= reach) {
            pairs += 1;
            if pairs > PAIRS_A_SEGMENT * sides.len() || !are_clear(s, t) {
                return false;
            }
        }
    }
    let (shell, holes) = (rings[0], &rings[1..]);
    holes.iter().enumerate().all(|(i, hole)| {
        is_inside(shell, hole.0[0])
            && holes[i + 1..].iter().all(|other| !is_inside(hole, other.0[0]) && !is_inside(other, hole.0[0]))
    })
}

/// Whether two sides have nothing in common, or are neighbours that share their vertex and nothing else.
fn are_clear(s: &Side, t: &Side) -> bool {
    let next = |s: &Side, t: &Side| s.ring == t.ring && (s.at + 1) % s.of == t.at;
    let follows = next(s, t).then_some((s, t)).or_else(|| next(t, s).then_some((t, s)));
    if let Some((first, second)) = follows {
        // In a triangle each side is before and after each other; the same question answers both.
        return turns(first, second);
    }
    let apart = |al: f64, ah: f64, bl: f64, bh: f64| al - bh > CLEAR_M || bl - ah > CLEAR_M;
    let y = |s: &Side| (s.a.y.min(s.b.y), s.a.y.max(s.b.y));
    let ((sl, sh), (tl, th)) = (y(s), y(t));
    apart(s.low_x(), s.high_x(), t.low_x(), t.high_x())
        || apart(sl, sh, tl, th)
        || on_one_side(s, t)
        || on_one_side(t, s)
}

/// Whether the second side leaves the first one's line, or goes straight on: it does not run back over it.
fn turns(first: &Side, second: &Side) -> bool {
    let (u, v) = (first.b - first.a, second.b - second.a);
    let (cross, dot) = (u.x * v.y - u.y * v.x, u.x * v.x + u.y * v.y);
    dot > 0.0 || cross.abs() > CLEAR_M * (length(u) + length(v))
}

/// Whether `t` lies wholly on one side of the line through `s`, clear of it.
fn on_one_side(s: &Side, t: &Side) -> bool {
    let d = s.b - s.a;
    let clear = CLEAR_M * length(d);
    let cross = |p: Coord<f64>| d.x * (p.y - s.a.y) - d.y * (p.x - s.a.x);
    let (a, b) = (cross(t.a), cross(t.b));
    (a > clear && b > clear) || (a < -clear && b < -clear)
}

/// At least the length: a cheap upper bound.
fn length(d: Coord<f64>) -> f64 {
    d.x.abs() + d.y.abs()
}

/// Whether a point that is known to be clear of a ring's sides lies inside it.
fn is_inside(ring: &LineString<f64>, p: Coord<f64>) -> bool {
    ring.0.windows(2).fold(false, |inside, w| {
        let (a, b) = (w[0], w[1]);
        if (a.y > p.y) == (b.y > p.y) {
            return inside;
        }
        let cross = (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
        inside ^ ((cross > 0.0) == (b.y > a.y))
    })
}

/// Whether no two parts' boxes meet.
fn are_apart(parts: &[Polygon<f64>]) -> bool {
    use geo::BoundingRect;
    let mut boxes = Vec::with_capacity(parts.len());
    for part in parts {
        let Some(rect) = part.bounding_rect() else { return false };
        boxes.push(rect);
    }
    boxes.sort_unstable_by(|a, b| a.min().x.total_cmp(&b.min().x));
    let mut pairs = 0;
    boxes.iter().enumerate().all(|(i, a)| {
        boxes[i + 1..].iter().take_while(|b| b.min().x <= a.max().x + CLEAR_M).all(|b| {
            pairs += 1;
            pairs <= PAIRS_A_SEGMENT * parts.len()
                && (a.min().y > b.max().y + CLEAR_M || b.min().y > a.max().y + CLEAR_M)
        })
    })
}

#[cfg(test)]
mod tests {
    use geo::{Validation, polygon};
    use proptest::prelude::*;

    use super::*;

    fn ring(points: &[(f64, f64)]) -> Geometry<f64> {
        let shifted = points.iter().map(|(x, y)| (411_600.0 + x, 1_327_195.0 + y)).collect();
        Geometry::Polygon(Polygon::new(shifted, Vec::new()))
    }

    #[test]
    fn plain_rings_are_known_and_faulty_ones_never_are() {
        assert!(is_surely_valid(&ring(&[(0., 0.), (10., 0.), (10., 10.)])));
        assert!(is_surely_valid(&ring(&[(0., 0.), (5., 0.), (10., 0.), (10., 10.), (0., 10.)])));
        for (name, points) in [
            ("bow tie", &[(0., 0.), (10., 10.), (10., 0.), (0., 10.)][..]),
            ("spike", &[(0., 0.), (10., 0.), (10., 10.), (10., 20.), (10., 10.), (0., 10.)]),
            ("flat", &[(0., 0.), (10., 0.), (5., 0.)]),
            ("touches its own side", &[(0., 0.), (10., 0.), (10., 10.), (5., 0.), (0., 10.)]),
            ("a vertex twice", &[(0., 0.), (5., 5.), (10., 0.), (10., 10.), (5., 5.), (0., 10.)]),
        ] {
            assert!(!is_surely_valid(&ring(points)), "{name}");
        }
    }

    #[test]
    fn holes_must_lie_inside_and_apart() {
        let with = |holes: Vec<LineString<f64>>| {
            let p = polygon![(x: 0., y: 0.), (x: 10., y: 0.), (x: 10., y: 10.), (x: 0., y: 10.)];
            is_surely_valid(&Geometry::Polygon(Polygon::new(p.exterior().clone(), holes)))
        };
        let square = |x: f64, y: f64, s: f64| -> LineString<f64> {
            vec![(x, y), (x + s, y), (x + s, y + s), (x, y + s), (x, y)].into()
        };
        assert!(with(vec![square(1., 1., 2.), square(5., 5., 2.)]));
        assert!(!with(vec![square(20., 20., 2.)]), "outside");
        assert!(!with(vec![square(1., 1., 5.), square(2., 2., 1.)]), "nested");
        assert!(!with(vec![square(0., 4., 2.)]), "along the shell");
    }

    proptest! {
        /// What is said to be valid is so by `geo` too, over rings full of near misses.
        #[test]
        fn a_sure_ring_is_valid(points in prop::collection::vec((0_i32..12, 0_i32..12), 3..9)) {
            let points: Vec<(f64, f64)> = points.into_iter().map(|(x, y)| (f64::from(x), f64::from(y))).collect();
            let g = ring(&points);
            if is_surely_valid(&g) {
                prop_assert!(g.is_valid(), "{g:?}");
            }
        }
    }
}
