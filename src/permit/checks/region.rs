//! Plan geometry for the checks, in EPSG:9218 metres.

use geo::{
    Area, BooleanOps, Centroid, Coord, Distance, Euclidean, Geometry, Line, LineString, MultiPolygon, Point,
    Polygon, unary_union,
};

/// Parts of an overlay that are thinner than the overlay's own grid: not there.
const SLIVER_M2: f64 = 1e-4;

/// The polygons of a geometry; none for points and lines.
pub fn polygons(geometry: &Geometry<f64>) -> MultiPolygon<f64> {
    match geometry {
        Geometry::Polygon(p) => MultiPolygon(vec![p.clone()]),
        Geometry::MultiPolygon(m) => m.clone(),
        _ => MultiPolygon(Vec::new()),
    }
}

/// The lines of a geometry; none for points and polygons.
pub fn lines(geometry: &Geometry<f64>) -> Vec<LineString<f64>> {
    match geometry {
        Geometry::LineString(l) => vec![l.clone()],
        Geometry::MultiLineString(m) => m.0.clone(),
        _ => Vec::new(),
    }
}

/// Union of several areas.
pub fn union<'a>(areas: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> MultiPolygon<f64> {
    let all: Vec<&Polygon<f64>> = areas.into_iter().flat_map(|m| m.0.iter()).collect();
    match all.as_slice() {
        [] => MultiPolygon(Vec::new()),
        [one] => MultiPolygon(vec![(*one).clone()]),
        _ => unary_union(all),
    }
}

/// Area, m².
pub fn area_m2(area: &MultiPolygon<f64>) -> f64 {
    area.unsigned_area()
}

/// What of `a` lies outside of `b`, without slivers.
pub fn outside(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    without_slivers(a.difference(b))
}

/// What `a` and `b` share, without slivers.
pub fn shared(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    without_slivers(a.intersection(b))
}

fn without_slivers(m: MultiPolygon<f64>) -> MultiPolygon<f64> {
    MultiPolygon(m.0.into_iter().filter(|p| p.unsigned_area() > SLIVER_M2).collect())
}

/// Share of `a` that lies in `b`, 0 … 1.
pub fn share_in(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> f64 {
    let whole = area_m2(a);
    if whole > 0.0 { area_m2(&shared(a, b)) / whole } else { 0.0 }
}

/// Greatest distance of the area's corners from `from`.
pub fn depth_from_area(area: &MultiPolygon<f64>, from: &MultiPolygon<f64>) -> f64 {
    corners(area)
        .map(|c| from.iter().map(|p| Euclidean.distance(&Point(c), p)).fold(f64::INFINITY, f64::min))
        .fold(0.0, f64::max)
}

/// Greatest distance of the area's corners from a line.
pub fn depth_from_line(area: &MultiPolygon<f64>, line: &LineString<f64>) -> f64 {
    corners(area).map(|c| Euclidean.distance(&Point(c), line)).fold(0.0, f64::max)
}

/// Least distance between two areas; infinite where one is empty.
pub fn distance(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> f64 {
    let pairs = a.iter().flat_map(|p| b.iter().map(move |q| Euclidean.distance(p, q)));
    pairs.fold(f64::INFINITY, f64::min)
}

/// Least distance between an area and a line.
pub fn distance_to_line(area: &MultiPolygon<f64>, line: &LineString<f64>) -> f64 {
    area.iter().map(|p| Euclidean.distance(p, line)).fold(f64::INFINITY, f64::min)
}

/// Least distance from an area to the boundary of one that holds it.
pub fn clearance(inner: &MultiPolygon<f64>, outer: &MultiPolygon<f64>) -> f64 {
    let rings = |m: &MultiPolygon<f64>| {
        m.iter()
            .flat_map(|p| std::iter::once(p.exterior().clone()).chain(p.interiors().iter().cloned()))
            .collect::<Vec<_>>()
    };
    let outer = rings(outer);
    let pairs = inner.iter().flat_map(|p| outer.iter().map(move |r| Euclidean.distance(p.exterior(), r)));
    pairs.fold(f64::INFINITY, f64::min)
}

/// Centre of an area.
pub fn centre(area: &MultiPolygon<f64>) -> Option<Point<f64>> {
    area.centroid()
}

fn corners(area: &MultiPolygon<f64>) -> impl Iterator<Item = Coord<f64>> + '_ {
    area.iter().flat_map(|p| p.exterior().0.iter().copied())
}

/// The strip of a width on one side of a line; `left` as seen along it.
pub fn strip(line: &LineString<f64>, width: f64, left: bool) -> MultiPolygon<f64> {
    let quads: Vec<_> = line.lines().filter_map(|s| quad(s, if left { width } else { -width })).collect();
    union(&quads)
}

fn quad(s: Line<f64>, width: f64) -> Option<MultiPolygon<f64>> {
    let n = normal(s)? * width;
    let ring = LineString(vec![s.start, s.end, s.end + n, s.start + n, s.start]);
    Some(MultiPolygon(vec![Polygon::new(ring, Vec::new())]))
}

/// Unit vector to the left of a segment; none for one without length.
fn normal(s: Line<f64>) -> Option<Coord<f64>> {
    let d = s.delta();
    let length = d.x.hypot(d.y);
    (length > 1e-6).then(|| Coord { x: -d.y / length, y: d.x / length })
}

/// Points at a distance to the left and to the right of a line's longest segment's middle.
pub fn beside(line: &LineString<f64>, by: f64) -> Option<[Point<f64>; 2]> {
    let length = |s: &Line<f64>| s.delta().x.hypot(s.delta().y);
    let longest = line.lines().max_by(|a, b| length(a).total_cmp(&length(b)))?;
    let n = normal(longest)? * by;
    let middle = (longest.start + longest.end) / 2.0;
    Some([Point(middle + n), Point(middle - n)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
        let ring = vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)];
        MultiPolygon(vec![Polygon::new(ring.into(), Vec::new())])
    }

    #[test]
    fn depth_and_clearance_of_rectangles() {
        let (outer, inner, over) = (rect(0., 0., 10., 20.), rect(1., 2., 9., 17.), rect(4., 4., 10.6, 8.));
        assert!((clearance(&inner, &outer) - 1.0).abs() < 1e-6);
        let out = outside(&over, &outer);
        assert!((depth_from_area(&out, &outer) - 0.6).abs() < 1e-6);
        assert!((area_m2(&out) - 2.4).abs() < 1e-6);
        assert!(outside(&inner, &outer).0.is_empty());
    }

    #[test]
    fn parcels_that_share_an_edge_become_one() {
        let site = union(&[rect(0., 0., 5., 20.), rect(5., 0., 10., 20.)]);
        assert_eq!(site.0.len(), 1);
        assert!(outside(&rect(3., 3., 8., 9.), &site).0.is_empty());
    }

    #[test]
    fn a_strip_lies_on_its_side() {
        let line = LineString::from(vec![(0., 0.), (10., 0.)]);
        assert!((share_in(&rect(0., 1., 10., 2.), &strip(&line, 3.0, true)) - 1.0).abs() < 1e-6);
        assert!(share_in(&rect(0., 1., 10., 2.), &strip(&line, 3.0, false)) < 1e-6);
        let [left, right] = beside(&line, 2.0).unwrap();
        assert!(left.y() > 1.9 && right.y() < -1.9);
    }
}
