//! Intersection of two layers: the pieces that both share, with the attributes of both.

use geo::{
    Area, BooleanOps, Euclidean, Geometry, Intersects, Length, LineIntersection, LinesIter, MultiLineString,
    MultiPoint, MultiPolygon, Point, line_intersection::line_intersection,
};

use super::outcome::{Column, Figure, Outcome, Row, columns_of};
use super::places::Places;
use super::source::{Feature, Source};
use super::work::Work;
use crate::Result;
use crate::layers::Value;

/// Pieces smaller than this are noise of the 0.1 mm grid, not overlaps.
const NOISE_M2: f64 = 1e-4;
const NOISE_M: f64 = 1e-3;

/// The pieces that a feature of `a` and one of `b` share.
pub fn intersect(a: &Source, b: &Source, limit: usize, work: &mut Work) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for (source, prefix) in [(a, "a_"), (b, "b_")] {
        if let Some(reader) = source.reader() {
            outcome.columns.push(Column::new(format!("{prefix}fid"), "Số hiệu", "Identifier", None));
            outcome.columns.extend(columns_of(reader.view(), prefix));
        }
    }
    outcome.columns.push(Column::new("area_m2", "Diện tích phần chung", "Shared area", Some("m2")));
    outcome.columns.push(Column::new("length_m", "Chiều dài phần chung", "Shared length", Some("m")));
    work.stage(0.0, 0.2);
    let others = Places::new(b.all(work, "b")?);
    work.stage(0.2, 1.0);
    let (mut area_m2, mut length_m) = (0.0, 0.0);
    a.each(work, None, |work, feature| {
        for i in others.near(&feature.envelope) {
            let other = &others.features[i];
            if super::select::same(&feature, other) {
                continue;
            }
            work.look()?;
            let Some(piece) = piece(&feature.geometry, &other.geometry) else { continue };
            let (m2, m) = measure(&piece);
            area_m2 += m2.unwrap_or(0.0);
            length_m += m.unwrap_or(0.0);
            outcome.push(limit, || row(&feature, other, piece, m2, m));
        }
        Ok(())
    })?;
    outcome.figures.push(Figure::count("pieces", "Phần giao nhau", "Shared pieces", outcome.matched));
    outcome.figures.push(Figure::real("area_m2", "Tổng diện tích", "Total area", area_m2, "m2"));
    outcome.figures.push(Figure::real("length_m", "Tổng chiều dài", "Total length", length_m, "m"));
    Ok(outcome)
}

fn row(a: &Feature<'_>, b: &Feature<'_>, piece: Geometry<f64>, m2: Option<f64>, m: Option<f64>) -> Row {
    let mut values = Vec::new();
    for item in [&a.item, &b.item].into_iter().flatten() {
        values.push(Value::Int(item.fid));
        values.extend(item.attributes().map(|(_, v)| v));
    }
    values.extend([m2, m].map(|v| v.map_or(Value::Null, Value::Real)));
    Row { item: None, geometry: Some(piece), values }
}

fn measure(piece: &Geometry<f64>) -> (Option<f64>, Option<f64>) {
    match piece {
        Geometry::MultiPolygon(m) => (Some(m.unsigned_area()), None),
        Geometry::MultiLineString(m) => (None, Some(Euclidean.length(m))),
        _ => (None, None),
    }
}

/// What both share: an area of two areas, a line of a line and an area, points of all others; none where they only
/// share a border.
pub(super) fn piece(a: &Geometry<f64>, b: &Geometry<f64>) -> Option<Geometry<f64>> {
    if let Some(a) = as_area(a) {
        if let Some(b) = as_area(b) {
            let shared = a.intersection(&b);
            return (shared.unsigned_area() > NOISE_M2).then_some(Geometry::MultiPolygon(shared));
        }
        return match as_lines(b) {
            Some(lines) => clipped(&a, &lines),
            None => points_in(b, &Geometry::MultiPolygon(a)),
        };
    }
    match (as_lines(a), as_area(b), as_lines(b)) {
        (Some(lines), Some(area), _) => clipped(&area, &lines),
        (Some(a), None, Some(b)) => crossings(&a, &b),
        (Some(_), None, None) => points_in(b, a),
        (None, ..) => points_in(a, b),
    }
}

/// Areas as one type.
pub(super) fn as_area(g: &Geometry<f64>) -> Option<MultiPolygon<f64>> {
    match g {
        Geometry::Polygon(p) => Some(MultiPolygon(vec![p.clone()])),
        Geometry::MultiPolygon(m) => Some(m.clone()),
        _ => None,
    }
}

/// Lines as one type.
pub(super) fn as_lines(g: &Geometry<f64>) -> Option<MultiLineString<f64>> {
    match g {
        Geometry::LineString(l) => Some(MultiLineString(vec![l.clone()])),
        Geometry::MultiLineString(m) => Some(m.clone()),
        _ => None,
    }
}

fn clipped(area: &MultiPolygon<f64>, lines: &MultiLineString<f64>) -> Option<Geometry<f64>> {
    let shared = area.clip(lines, false);
    (Euclidean.length(&shared) > NOISE_M).then_some(Geometry::MultiLineString(shared))
}

/// The points of `points` that lie on the other.
fn points_in(points: &Geometry<f64>, other: &Geometry<f64>) -> Option<Geometry<f64>> {
    let all: Vec<Point<f64>> = match points {
        Geometry::Point(p) => vec![*p],
        Geometry::MultiPoint(m) => m.0.clone(),
        _ => return None,
    };
    let met: Vec<Point<f64>> = all.into_iter().filter(|p| other.intersects(p)).collect();
    (!met.is_empty()).then_some(Geometry::MultiPoint(MultiPoint(met)))
}

/// Where lines cross or touch.
fn crossings(a: &MultiLineString<f64>, b: &MultiLineString<f64>) -> Option<Geometry<f64>> {
    let mut points: Vec<Point<f64>> = Vec::new();
    for one in a.lines_iter() {
        for other in b.lines_iter() {
            match line_intersection(one, other) {
                Some(LineIntersection::SinglePoint { intersection, .. }) => points.push(intersection.into()),
                Some(LineIntersection::Collinear { intersection }) => {
                    points.extend([Point::from(intersection.start), Point::from(intersection.end)]);
                }
                None => {}
            }
        }
    }
    points.sort_by(|p, q| p.x().total_cmp(&q.x()).then(p.y().total_cmp(&q.y())));
    points.dedup();
    (!points.is_empty()).then_some(Geometry::MultiPoint(MultiPoint(points)))
}
