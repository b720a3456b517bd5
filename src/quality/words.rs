//! Problems in words, and where they are put on the map.

use geo::{Area, Geometry, InteriorPoint, MultiPolygon, Point};

use super::Problem;
use super::outline::Step;
use super::subject::Subject;
use crate::features::{Item, STEPS_PER_M};
use crate::text::Text;

/// A number as Vietnamese and English write it, with as many decimals as it is worth.
pub(super) fn number(value: f64, unit: &str) -> Text {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 1.0 => 2,
        _ => 4,
    };
    let unit = unit.replace("m2", "m²");
    let text = format!("{value:.digits$}");
    let text = if digits > 2 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    Text::new(format!("{} {unit}", text.replace('.', ",")), format!("{text} {unit}"))
}

/// A problem of an item, without a place yet.
pub(super) fn problem(subject: &Subject<'_>, item: &Item<'_>, key: String, message: Text) -> Problem {
    Problem {
        key,
        item: Some(item.fid),
        item_label: subject.label(item),
        other: None,
        message,
        measured: None,
        unit: None,
        geometry: None,
        point: None,
    }
}

impl Problem {
    /// Measured so much, in `unit`.
    pub(super) fn measuring(self, measured: f64, unit: &str) -> Self {
        Self { measured: Some(measured), unit: Some(unit.to_owned()), ..self }
    }

    /// In conflict with an item of `layer`.
    pub(super) fn with_other(self, layer: &str, fid: i64) -> Self {
        Self { other: Some((layer.to_owned(), fid)), ..self }
    }

    /// On the map at `geometry`, with a mark on it.
    pub(super) fn at(self, geometry: Geometry<f64>) -> Self {
        Self { point: mark(&geometry), geometry: Some(geometry), ..self }
    }

    /// On the map at the item as a whole: a mark alone.
    pub(super) fn on(self, item: &Item<'_>) -> Self {
        Self { point: mark(&item.geometry()), ..self }
    }
}

/// A point on the geometry; of several areas on the largest.
fn mark(geometry: &Geometry<f64>) -> Option<Point<f64>> {
    match geometry {
        Geometry::MultiPolygon(areas) => areas
            .iter()
            .max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()))
            .and_then(InteriorPoint::interior_point),
        other => other.interior_point(),
    }
}

/// Moves areas measured from `origin` to where they are, on the grid of stored coordinates.
pub(super) fn placed(areas: &MultiPolygon<f64>, origin: Step) -> Geometry<f64> {
    use geo::MapCoords;
    let to_map = |v: f64, origin: i64| ((v * STEPS_PER_M).round() + origin as f64) / STEPS_PER_M;
    areas.map_coords(|c| geo::Coord { x: to_map(c.x, origin[0]), y: to_map(c.y, origin[1]) }).into()
}

/// A position in metres.
pub(super) fn metres(p: Step) -> Point<f64> {
    Point::new(p[0] as f64 / STEPS_PER_M, p[1] as f64 / STEPS_PER_M)
}
