//! Areas out of the lines of a drawing: ends are snapped, lines cut where they meet, and the faces between them taken.
//! Cutting and faces are those of GEOS, through GDAL and its SQLite dialect (SpatiaLite), which Debian's GDAL has.

use std::collections::HashMap;

use gdal::DriverManager;
use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, Geometry as OgrGeometry, LayerAccess, LayerOptions, OGRwkbGeometryType};
use geo::{Coord, Geometry, LineString, MultiLineString, Polygon};
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
    /// Ends that meet nothing.
    pub dangles: Vec<Coord<f64>>,
}

/// Areas between `lines`; ends that miss each other or a line by up to `tolerance` are brought together.
pub(super) fn polygonise(lines: Vec<LineString<f64>>, tolerance: f64) -> Result<Faces> {
    let mut faces = Faces::default();
    let lines = snap(lines, tolerance, &mut faces.gaps);
    if lines.is_empty() {
        return Ok(faces);
    }
    let cut = node(lines)?;
    faces.dangles = dangles(&cut, tolerance);
    faces.polygons = between(cut)?;
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
            if gap > 0.0 {
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
    onto_lines(lines, lonely, tolerance, gaps)
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

/// Ends of pieces at which no other piece begins; what overshoots by less than the tolerance is nothing to tell.
fn dangles(cut: &OgrGeometry, tolerance: f64) -> Vec<Coord<f64>> {
    let read = cut.iso_wkb().ok().and_then(|w| curve::read(&w, curve::SAGITTA).ok());
    let pieces = match read {
        Some((Geometry::MultiLineString(MultiLineString(pieces)), _)) => pieces,
        Some((Geometry::LineString(only), _)) => vec![only],
        _ => return Vec::new(),
    };
    let key = |c: &Coord<f64>| (c.x.to_bits(), c.y.to_bits());
    let mut degree: HashMap<(u64, u64), u32> = HashMap::new();
    let ends = |l: &LineString<f64>| Some((*l.0.first()?, *l.0.last()?));
    for (a, b) in pieces.iter().filter_map(ends) {
        *degree.entry(key(&a)).or_default() += 1;
        *degree.entry(key(&b)).or_default() += 1;
    }
    pieces
        .iter()
        .filter_map(|piece| ends(piece).map(|e| (piece, e)))
        .filter(|(piece, _)| piece.lines().map(|l| l.delta().x.hypot(l.delta().y)).sum::<f64>() > tolerance)
        .flat_map(|(_, (a, b))| [a, b])
        .filter(|c| degree[&key(c)] == 1)
        .collect()
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
    use geo::Area;

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
        assert_eq!(faces.dangles.len(), 2);
    }
}
