//! Keeps polygons valid on the tile's grid (version 2.1, §4.3.4.4: rings have no self-intersections and do not touch
//! themselves, holes lie within their outer ring).
//!
//! Rounding and clipping can make a narrow ring cross or touch itself. Most rings stay as they are: a look at all pairs
//! of sides of a short ring tells so. The others are made anew by `i_overlay`, which works on whole numbers, so that its
//! corners lie on the grid too.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{ContourDirection, IntOverlayOptions};
use i_overlay::core::simplify::Simplify;
use i_overlay::i_float::int::point::IntPoint;

use super::clip::Vertex;
use super::mosaic::Rings;

/// Corners up to which looking at all pairs of sides is quicker than a sweep.
const PAIRS_MOST: usize = 48;

/// Whether an open ring is simple, as far as that is quickly told; `false` means that it may not be.
pub(super) fn is_simple(ring: &[Vertex]) -> bool {
    let n = ring.len();
    if !(3..=PAIRS_MOST).contains(&n) {
        return false;
    }
    let side = |i: usize| (ring[i], ring[(i + 1) % n]);
    (0..n).all(|i| {
        let (a, b) = side(i);
        let (low, high) = bounds(a, b);
        (i + 1..n).all(|j| {
            let (c, d) = side(j);
            if j == i + 1 {
                return apart_but_for_corner(a, b, d);
            }
            if i == 0 && j == n - 1 {
                return apart_but_for_corner(c, a, b);
            }
            let (low2, high2) = bounds(c, d);
            let beside = (0..2).any(|axis| high[axis] < low2[axis] || high2[axis] < low[axis]);
            beside || !meet(a, b, c, d)
        })
    })
}

fn bounds(a: Vertex, b: Vertex) -> (Vertex, Vertex) {
    ([a[0].min(b[0]), a[1].min(b[1])], [a[0].max(b[0]), a[1].max(b[1])])
}

/// Twice the area of a triangle: its sign tells on which side of `a`–`b` `c` lies.
fn turn(a: Vertex, b: Vertex, c: Vertex) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether the sides `a`–`b` and `b`–`c` share `b` only: the way does not go back on itself.
fn apart_but_for_corner(a: Vertex, b: Vertex, c: Vertex) -> bool {
    turn(a, b, c) != 0 || (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) > 0
}

/// Whether two sides whose boxes meet share a point.
fn meet(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> bool {
    let opposite = |x: i64, y: i64| x.signum() * y.signum() <= 0;
    opposite(turn(a, b, c), turn(a, b, d)) && opposite(turn(c, d, a), turn(c, d, b))
}

/// The polygons that rings cover: outer rings wound by a positive area of the surveyor's formula (y to the south), each
/// with its holes behind it, none touching itself.
pub(super) fn mend(rings: &[Vec<Vertex>]) -> Vec<Rings> {
    let contour = |ring: &Vec<Vertex>| ring.iter().map(|v| IntPoint::new(v[0] as i32, v[1] as i32)).collect();
    let contours: Vec<Vec<IntPoint<i32>>> = rings.iter().map(contour).collect();
    // Seen with y to the north, as i_overlay does, a positive area is counter-clockwise.
    let options = IntOverlayOptions {
        output_direction: ContourDirection::CounterClockwise,
        ..IntOverlayOptions::ogc()
    };
    // Of a ring alone every loop counts, whichever way it turns; what of a hole reaches out of its outer ring does not.
    let rule = if rings.len() > 1 { FillRule::Positive } else { FillRule::NonZero };
    let shapes = contours.as_slice().simplify(rule, options);
    let ring = |c: Vec<IntPoint<i32>>| c.iter().map(|p| [i64::from(p.x), i64::from(p.y)]).collect();
    shapes.into_iter().map(|shape| shape.into_iter().map(ring).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::geometry::doubled_area;
    use super::*;

    #[test]
    fn rings_that_cross_or_touch_themselves_are_found() {
        let square = vec![[0, 0], [8, 0], [8, 8], [0, 8]];
        assert!(is_simple(&square));
        assert!(is_simple(&[[0, 0], [8, 0], [0, 8]]));
        // A bow tie, a spike, a corner on another side, a corner met twice.
        assert!(!is_simple(&[[0, 0], [8, 8], [8, 0], [0, 8]]));
        assert!(!is_simple(&[[0, 0], [8, 0], [8, 8], [8, 0]]));
        assert!(!is_simple(&[[0, 0], [8, 0], [8, 8], [4, 0], [0, 8]]));
        assert!(!is_simple(&[[0, 0], [4, 4], [8, 0], [8, 8], [4, 4], [0, 8]]));
    }

    #[test]
    fn a_bow_tie_becomes_two_polygons_and_a_hole_stays_one() {
        let tie = mend(&[vec![[0, 0], [8, 8], [8, 0], [0, 8]]]);
        assert_eq!(tie.len(), 2);
        assert!(tie.iter().all(|rings| rings.len() == 1 && doubled_area(&rings[0]) == 32));
        let outer = vec![[0, 0], [9, 0], [9, 9], [0, 9]];
        let hole = vec![[3, 3], [3, 6], [6, 6], [6, 3]];
        let areas = |shape: &Rings| shape.iter().map(|r| doubled_area(r)).collect::<Vec<i64>>();
        let with_hole = mend(&[outer, hole]);
        assert_eq!(with_hole.iter().map(areas).collect::<Vec<_>>(), [[162, -18]]);
        // The corner of a hole reaches over the side of its outer ring, which then has a corner there.
        let outer = vec![[79, 51], [89, 6], [98, 90]];
        let hole = vec![[88, 43], [82, 49], [88, 55], [94, 49]];
        let touching = mend(&[outer, hole]);
        assert_eq!(touching.iter().map(areas).collect::<Vec<_>>(), [[1278, -144]]);
    }
}
