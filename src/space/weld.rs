//! Shared borders: one position, met by several areas, is one vertex in each of them.

use geo::{Coord, CoordsIter, Geometry, LineString, Polygon};

/// Two positions that lie within this distance on each axis are one place, metres: the served rounding (9 decimals
/// of a degree, 0.055 mm) and what the way into degrees and back loses with the height that the datum shift gives a
/// position (0.12 mm in the province), with some room.
pub const SAME_PLACE_M: f64 = 0.000_2;

/// How far a position may lie from an edge to lie on it, metres: [`SAME_PLACE_M`] on both axes, rounded up.
pub const ON_EDGE_M: f64 = 0.000_3;

/// The area with `at` as a vertex of the edge on which it lies. None where it lies on no edge, or is a vertex
/// already; and where `geometry` is no area.
///
/// ```
/// use dothi::space::weld::with_vertex;
/// use geo::{Coord, Geometry, CoordsIter, polygon};
/// let square = Geometry::from(polygon![(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 9.)]);
/// assert_eq!(with_vertex(&square, Coord { x: 4., y: 0. }).unwrap().coords_count(), 6);
/// assert!(with_vertex(&square, Coord { x: 9., y: 9. }).is_none());
/// assert!(with_vertex(&square, Coord { x: 4., y: 1. }).is_none());
/// ```
pub fn with_vertex(geometry: &Geometry<f64>, at: Coord<f64>) -> Option<Geometry<f64>> {
    match geometry {
        Geometry::Polygon(p) => polygon_with(p, at).map(Geometry::Polygon),
        Geometry::MultiPolygon(m) => {
            let (i, new) = m.0.iter().enumerate().find_map(|(i, p)| Some((i, polygon_with(p, at)?)))?;
            let mut m = m.clone();
            m.0[i] = new;
            Some(Geometry::MultiPolygon(m))
        }
        _ => None,
    }
}

/// The positions of `pieces` that lie on the border of `whole` without being a vertex of it: where a cut meets it.
pub fn new_on_border(whole: &Geometry<f64>, pieces: &[Geometry<f64>]) -> Vec<Coord<f64>> {
    let known: Vec<Coord<f64>> = whole.coords_iter().collect();
    let mut found: Vec<Coord<f64>> = Vec::new();
    for c in pieces.iter().flat_map(CoordsIter::coords_iter) {
        if !found.contains(&c) && !known.contains(&c) && with_vertex(whole, c).is_some() {
            found.push(c);
        }
    }
    found
}

fn polygon_with(p: &Polygon<f64>, at: Coord<f64>) -> Option<Polygon<f64>> {
    let rings = || std::iter::once(p.exterior()).chain(p.interiors());
    if rings().flat_map(|r| &r.0).any(|c| *c == at) {
        return None;
    }
    let nearest = rings()
        .enumerate()
        .flat_map(|(r, ring)| ring.lines().enumerate().map(move |(i, edge)| (r, i, distance(edge, at))))
        .min_by(|a, b| a.2.total_cmp(&b.2))?;
    let (ring, edge, off) = nearest;
    if off > ON_EDGE_M {
        return None;
    }
    let mut rings: Vec<LineString<f64>> = rings().cloned().collect();
    rings[ring].0.insert(edge + 1, at);
    let outer = rings.remove(0);
    Some(Polygon::new(outer, rings))
}

/// Distance of a position from an edge, metres.
fn distance(edge: geo::Line<f64>, at: Coord<f64>) -> f64 {
    let (d, v) = (edge.delta(), at - edge.start);
    let square = d.x * d.x + d.y * d.y;
    let t = if square > 0.0 { ((v.x * d.x + v.y * d.y) / square).clamp(0.0, 1.0) } else { 0.0 };
    (v.x - t * d.x).hypot(v.y - t * d.y)
}

#[cfg(test)]
mod tests {
    use geo::{Area, polygon};

    use super::*;

    #[test]
    fn a_vertex_goes_into_the_edge_that_it_lies_on_and_the_area_stays() {
        let ring = polygon![
            exterior: [(x: 0., y: 0.), (x: 30., y: 10.), (x: 20., y: 40.), (x: -10., y: 30.)],
            interiors: [[(x: 5., y: 10.), (x: 10., y: 10.), (x: 10., y: 15.), (x: 5., y: 15.)]],
        ];
        let area = ring.unsigned_area();
        let whole = Geometry::Polygon(ring);
        // On the slanting edge as the grid of 0.1 mm has it, and on the hole.
        for (x, y, rings) in [(10.0001, 3.3334, [6, 5]), (10.0, 12.5, [5, 6])] {
            let Some(Geometry::Polygon(with)) = with_vertex(&whole, Coord { x, y }) else {
                panic!("{x} {y}")
            };
            assert_eq!([with.exterior().0.len(), with.interiors()[0].0.len()], rings);
            assert!((with.unsigned_area() - area).abs() < 0.01);
            assert!(with_vertex(&Geometry::Polygon(with), Coord { x, y }).is_none(), "only once");
        }
        assert!(with_vertex(&whole, Coord { x: 10.0, y: 3.3 }).is_none(), "3 cm beside the edge");
    }
}
