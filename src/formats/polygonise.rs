//! Areas out of the lines of a drawing: ends are snapped, lines cut where they meet, and the faces between them taken.
//! Cutting and faces are those of GEOS, through GDAL and its SQLite dialect (SpatiaLite), which Debian's GDAL has.

use std::collections::{HashMap, HashSet};

use gdal::DriverManager;
use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, Geometry as OgrGeometry, LayerAccess, LayerOptions, OGRwkbGeometryType};
use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Area, Coord, Euclidean, Geometry, InteriorPoint, Length, LineString, MultiLineString, Polygon};
use rstar::primitives::{GeomWithData, Line};
use rstar::{PointDistance, RTree};

use super::curve;
use super::geometry::wkb;
use crate::{Error, Result};

type End = GeomWithData<[f64; 2], (usize, bool)>;
type Segment = GeomWithData<Line<[f64; 2]>, (usize, usize)>;

/// What came of a network of lines.
#[derive(Debug, Default)]
pub(super) struct Faces {
    /// The areas.
    pub polygons: Vec<Polygon<f64>>,
    /// Where ends were moved, and by how much.
    pub gaps: Vec<(Coord<f64>, f64)>,
    /// Ends that went beyond the line that they meet by no more than the tolerance, and by how much: cut off.
    pub trimmed: Vec<(Coord<f64>, f64)>,
    /// Ends that meet nothing.
    pub dangles: Vec<Dangle>,
    /// Areas narrower than the tolerance, between lines that nearly coincide: a place in each, and the width.
    pub slivers: Vec<(Coord<f64>, f64)>,
}

/// An end of a line that bounds no area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dangle {
    pub at: Coord<f64>,
    pub miss: Miss,
}

/// What is wrong with an end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Miss {
    /// It ends this far from the next line.
    Short(f64),
    /// It goes this far beyond the last line that it meets.
    Over(f64),
    /// There is no other line.
    Alone,
}

/// Areas between `lines`; ends that miss each other or a line by up to `tolerance` are brought together.
pub(super) fn polygonise(lines: Vec<LineString<f64>>, tolerance: f64) -> Result<Faces> {
    let mut faces = Faces::default();
    let lines = snap(lines, tolerance, &mut faces.gaps);
    if lines.is_empty() {
        return Ok(faces);
    }
    let cut = node(lines)?;
    (faces.trimmed, faces.dangles) = dangles(&cut, tolerance);
    let width = |p: &Polygon<f64>| 2.0 * p.unsigned_area() / Euclidean.length(p.exterior());
    for polygon in between(cut)? {
        if width(&polygon) < tolerance {
            let at = polygon.interior_point().map_or(polygon.exterior().0[0], Coord::from);
            faces.slivers.push((at, width(&polygon)));
        } else {
            faces.polygons.push(polygon);
        }
    }
    Ok(faces)
}

fn point(c: Coord<f64>) -> [f64; 2] {
    [c.x, c.y]
}

/// Ends near each other become one; an end near another line is put on it, and the line bends there.
fn snap(
    mut lines: Vec<LineString<f64>>,
    tolerance: f64,
    gaps: &mut Vec<(Coord<f64>, f64)>,
) -> Vec<LineString<f64>> {
    let ends: Vec<End> = lines
        .iter()
        .enumerate()
        .filter(|(_, l)| !l.is_closed() && l.0.len() > 1)
        .flat_map(|(i, l)| {
            [(l.0[0], false), (l.0[l.0.len() - 1], true)].map(|(c, last)| End::new(point(c), (i, last)))
        })
        .collect();
    let tree = RTree::bulk_load(ends.clone());
    let mut moved: HashMap<(usize, bool), Coord<f64>> = HashMap::new();
    let mut met: HashMap<(usize, bool), bool> = HashMap::new();
    for end in &ends {
        if moved.contains_key(&end.data) {
            continue;
        }
        let at = Coord { x: end.geom()[0], y: end.geom()[1] };
        let near: Vec<&End> = tree
            .locate_within_distance(*end.geom(), tolerance * tolerance)
            .filter(|other| !moved.contains_key(&other.data))
            .collect();
        for other in &near {
            let gap = end.geom().distance_2(other.geom()).sqrt();
            // Both ends of a line that is shorter than the tolerance: it goes, and no gap was there.
            let itself = other.data.0 == end.data.0 && Euclidean.length(&lines[other.data.0]) <= tolerance;
            if gap > 0.0 && !itself {
                gaps.push((at, gap));
            }
            moved.insert(other.data, at);
            met.insert(other.data, near.len() > 1);
        }
    }
    for ((i, last), at) in &moved {
        let line = &mut lines[*i].0;
        let k = if *last { line.len() - 1 } else { 0 };
        line[k] = *at;
    }
    let lonely: Vec<(usize, bool)> = met.into_iter().filter(|(_, met)| !met).map(|(end, _)| end).collect();
    let mut lines = onto_lines(lines, lonely, tolerance, gaps);
    lines.retain(|l| l.0.iter().any(|c| *c != l.0[0]));
    lines
}

/// Whether the line that ends at `at` has crossed `other` before, no more than `tolerance` away.
fn overshoots(line: &LineString<f64>, at: Coord<f64>, other: &Line<[f64; 2]>, tolerance: f64) -> bool {
    let other = geo::Line::new(Coord::from(other.from), Coord::from(other.to));
    line.lines().any(|own| match line_intersection(own, other) {
        Some(LineIntersection::SinglePoint { intersection, .. }) => {
            (intersection - at).x.hypot((intersection - at).y) <= tolerance
        }
        _ => false,
    })
}

fn onto_lines(
    mut lines: Vec<LineString<f64>>,
    mut lonely: Vec<(usize, bool)>,
    tolerance: f64,
    gaps: &mut Vec<(Coord<f64>, f64)>,
) -> Vec<LineString<f64>> {
    let segments: Vec<Segment> = lines
        .iter()
        .enumerate()
        .flat_map(|(i, l)| {
            l.lines()
                .enumerate()
                .map(move |(k, s)| Segment::new(Line::new(point(s.start), point(s.end)), (i, k)))
        })
        .collect();
    let tree = RTree::bulk_load(segments);
    lonely.sort_unstable();
    let mut inserted: HashMap<(usize, usize), Vec<Coord<f64>>> = HashMap::new();
    for (i, last) in lonely {
        let k = if last { lines[i].0.len() - 1 } else { 0 };
        let at = lines[i].0[k];
        let near = tree
            .locate_within_distance(point(at), tolerance * tolerance)
            .filter(|s| s.data.0 != i)
            .min_by(|a, b| a.distance_2(&point(at)).total_cmp(&b.distance_2(&point(at))));
        let Some(near) = near else { continue };
        let on = near.geom().nearest_point(&point(at));
        let on = Coord { x: on[0], y: on[1] };
        let gap = (on - at).x.hypot((on - at).y);
        // To pull back what has crossed the line would bend it; the piece beyond is cut off instead.
        if gap > tolerance * 1e-6 && overshoots(&lines[i], at, near.geom(), tolerance) {
            continue;
        }
        if gap > 0.0 {
            gaps.push((at, gap));
        }
        lines[i].0[k] = on;
        inserted.entry(near.data).or_default().push(on);
    }
    // From the back, so that the numbers of the segments before stay.
    let mut places: Vec<_> = inserted.into_iter().collect();
    places.sort_by_key(|p| std::cmp::Reverse(p.0));
    for ((i, k), mut points) in places {
        let start = lines[i].0[k];
        points.sort_by(|a, b| {
            let away = |c: &Coord<f64>| (c.x - start.x).hypot(c.y - start.y);
            away(a).total_cmp(&away(b))
        });
        points.dedup();
        let at = k + 1;
        lines[i].0.splice(at..at, points);
    }
    lines
}

fn failed(what: &str) -> impl Fn(&dyn std::fmt::Display) -> Error {
    move |e| {
        Error::bad_file(
            "",
            format!("không dựng được vùng từ các đường của bản vẽ ({what}): {e}"),
            format!("no areas could be made of the drawing's lines ({what}): {e}"),
        )
    }
}

/// The lines cut where they cross or touch, each piece once.
fn node(lines: Vec<LineString<f64>>) -> Result<OgrGeometry> {
    let failed = failed("union");
    let all = wkb(&Geometry::MultiLineString(MultiLineString(lines))).map_err(|e| failed(&e.en))?;
    let all = OgrGeometry::from_wkb(&all).map_err(|e| failed(&e))?;
    all.union(&all).ok_or_else(|| failed(&"GEOS"))
}

/// Ends of pieces at which no other piece begins: those that go beyond a line by no more than the tolerance, and the
/// others.
fn dangles(cut: &OgrGeometry, tolerance: f64) -> (Vec<(Coord<f64>, f64)>, Vec<Dangle>) {
    let read = cut.iso_wkb().ok().and_then(|w| curve::read(&w, curve::SAGITTA).ok());
    let pieces = match read {
        Some((Geometry::MultiLineString(MultiLineString(pieces)), _)) => pieces,
        Some((Geometry::LineString(only), _)) => vec![only],
        _ => Vec::new(),
    };
    let key = |c: &Coord<f64>| (c.x.to_bits(), c.y.to_bits());
    let ends: Vec<[Coord<f64>; 2]> =
        pieces.iter().filter_map(|l| Some([*l.0.first()?, *l.0.last()?])).collect();
    let mut at_node: HashMap<(u64, u64), Vec<usize>> = HashMap::new();
    for (i, pair) in ends.iter().enumerate() {
        pair.iter().for_each(|end| at_node.entry(key(end)).or_default().push(i));
    }
    // The pieces from a free end to the next place where lines meet, and that place: GEOS also cuts where none do.
    let chain = |from: usize, at: Coord<f64>| {
        let (mut chain, mut at) = (vec![from], at);
        loop {
            let last = chain[chain.len() - 1];
            let [a, b] = ends[last];
            at = if at == a { b } else { a };
            let next = at_node[&key(&at)].as_slice();
            match *next {
                [p, q] if p != q => chain.push(if p == last { q } else { p }),
                _ => return (chain, at, next.len() > 1),
            }
        }
    };
    let segments = pieces.iter().enumerate().flat_map(|(i, l)| {
        l.lines().enumerate().map(move |(k, s)| Segment::new(Line::new(point(s.start), point(s.end)), (i, k)))
    });
    let tree = RTree::bulk_load(segments.collect());
    let (mut trimmed, mut dangles) = (Vec::new(), Vec::new());
    for (i, pair) in ends.iter().enumerate() {
        for at in pair.iter().copied().filter(|at| at_node[&key(at)].len() == 1) {
            let (chain, met, attached) = chain(i, at);
            let length: f64 = chain.iter().map(|p| Euclidean.length(&pieces[*p])).sum();
            if attached && length <= tolerance {
                trimmed.push((at, length));
                continue;
            }
            let chain: HashSet<usize> = chain.into_iter().collect();
            // Lines that it meets at its other end are no measure of what it misses here.
            let away = |s: &&Segment| !chain.contains(&s.data.0) && !ends[s.data.0].contains(&met);
            let next = tree.nearest_neighbor_iter(point(at)).find(away);
            let miss = match next.map(|s| s.distance_2(&point(at)).sqrt()) {
                Some(gap) if !attached || gap <= length => Miss::Short(gap),
                _ if attached => Miss::Over(length),
                _ => Miss::Alone,
            };
            dangles.push(Dangle { at, miss });
        }
    }
    (trimmed, dangles)
}

/// The faces between cut lines.
fn between(cut: OgrGeometry) -> Result<Vec<Polygon<f64>>> {
    let failed = failed("polygonize");
    let run = || -> gdal::errors::Result<Vec<Vec<u8>>> {
        let mut memory = DriverManager::get_driver_by_name("Memory")?.create_vector_only("lines")?;
        let layer = memory.create_layer(LayerOptions {
            name: "lines",
            srs: None,
            ty: OGRwkbGeometryType::wkbUnknown,
            options: None,
        })?;
        let mut feature = Feature::new(layer.defn())?;
        feature.set_geometry(cut)?;
        feature.create(&layer)?;
        drop(feature);
        let sql = "SELECT Polygonize(geometry) FROM lines";
        let Some(mut rows) = memory.execute_sql(sql, None, Dialect::SQLITE)? else { return Ok(Vec::new()) };
        rows.features().filter_map(|row| row.geometry().map(OgrGeometry::iso_wkb)).collect()
    };
    let mut polygons = Vec::new();
    for bytes in run().map_err(|e| failed(&e))? {
        match curve::read(&bytes, curve::SAGITTA) {
            Ok((Geometry::Polygon(polygon), _)) => polygons.push(polygon),
            Ok((Geometry::MultiPolygon(many), _)) => polygons.extend(many.0),
            // No faces at all.
            _ => {}
        }
    }
    Ok(polygons)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> LineString<f64> {
        points.iter().copied().collect()
    }

    #[test]
    fn two_parcels_of_lines_that_almost_meet() {
        // A square of four lines, a wall across it that ends 2 cm short, and a stray line.
        let lines = vec![
            line(&[(0.0, 0.0), (10.0, 0.0)]),
            line(&[(10.02, 0.0), (10.0, 10.0)]),
            line(&[(10.0, 10.0), (0.0, 10.0)]),
            line(&[(0.0, 10.0), (0.0, 0.0)]),
            line(&[(4.0, 0.0), (4.0, 9.98)]),
            line(&[(20.0, 20.0), (25.0, 20.0)]),
        ];
        let faces = polygonise(lines, 0.05).unwrap();
        let mut areas: Vec<f64> = faces.polygons.iter().map(|p| p.unsigned_area().round()).collect();
        areas.sort_by(f64::total_cmp);
        assert_eq!(areas, [40.0, 60.0]);
        assert_eq!((faces.gaps.len(), faces.dangles.len()), (2, 2), "{faces:?}");
        assert!(faces.gaps.iter().all(|(_, gap)| (gap - 0.02).abs() < 1e-9), "{faces:?}");
    }

    #[test]
    fn lines_that_bound_nothing_give_nothing() {
        let faces = polygonise(vec![line(&[(0.0, 0.0), (1.0, 0.0)])], 0.05).unwrap();
        assert!(faces.polygons.is_empty());
        assert_eq!(faces.dangles.iter().map(|d| d.miss).collect::<Vec<_>>(), [Miss::Alone, Miss::Alone]);
    }

    /// A square of 10 m with a wall, given from bottom to top.
    fn walled(wall: &[(f64, f64)]) -> Faces {
        let square = line(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)]);
        polygonise(vec![square, line(wall)], 0.05).unwrap()
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-9
    }

    #[test]
    fn ends_beyond_a_line_are_cut_off_within_the_tolerance_and_told_beyond_it() {
        // A corner after the crossing, which pulling the end back would fold into a sliver.
        let faces = walled(&[(4.0, 0.0), (4.0, 10.01), (4.02, 10.02)]);
        assert_eq!((faces.polygons.len(), faces.gaps.len(), faces.dangles.len()), (2, 0, 0), "{faces:?}");
        let [(at, over)] = faces.trimmed[..] else { panic!("{faces:?}") };
        assert!(at == Coord { x: 4.02, y: 10.02 } && near(over, 0.01 + 0.02_f64.hypot(0.01)), "{faces:?}");
        let faces = walled(&[(4.0, 0.0), (4.0, 10.3)]);
        assert_eq!((faces.polygons.len(), faces.trimmed.len()), (2, 0), "{faces:?}");
        let [Dangle { at, miss: Miss::Over(over) }] = faces.dangles[..] else { panic!("{faces:?}") };
        assert!(at == Coord { x: 4.0, y: 10.3 } && near(over, 0.3), "{faces:?}");
    }

    #[test]
    fn ends_short_of_a_line_are_closed_within_the_tolerance_and_told_beyond_it() {
        let faces = walled(&[(4.0, 0.0), (4.0, 9.96)]);
        assert_eq!((faces.polygons.len(), faces.dangles.len()), (2, 0), "{faces:?}");
        assert!(matches!(faces.gaps[..], [(_, gap)] if near(gap, 0.04)), "{faces:?}");
        let faces = walled(&[(4.0, 0.0), (4.0, 9.7)]);
        assert_eq!((faces.polygons.len(), faces.gaps.len()), (1, 0), "{faces:?}");
        assert!(
            matches!(faces.dangles[..], [Dangle { miss: Miss::Short(gap), .. }] if near(gap, 0.3)),
            "{faces:?}"
        );
    }

    #[test]
    fn what_lies_between_lines_that_nearly_coincide_is_no_area() {
        // The same wall twice, 3 cm apart in the middle.
        let wall = line(&[(4.0, 0.0), (4.03, 5.0), (4.0, 10.0)]);
        let square = line(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)]);
        let faces = polygonise(vec![square, line(&[(4.0, 0.0), (4.0, 10.0)]), wall], 0.05).unwrap();
        assert_eq!((faces.polygons.len(), faces.slivers.len()), (2, 1), "{faces:?}");
        // And a tick that is shorter than the tolerance is nothing at all.
        let faces = walled(&[(4.0, 5.0), (4.01, 5.0)]);
        assert_eq!((faces.polygons.len(), faces.gaps.len(), faces.dangles.len()), (1, 0, 0), "{faces:?}");
    }
}
