//! Geometry on its way into the database: WKB of any flavour to two-dimensional ISO WKB on the stored grid.

use std::collections::HashMap;

use geo::{
    Coord, Geometry, LineString, MapCoords, MapCoordsInPlace, MultiLineString, MultiPoint, MultiPolygon,
    Polygon,
};
use geozero::ToGeo;
use geozero::wkb::{Ewkb, Wkb};

use crate::layers::GeometryKind;
use crate::space::crs::{DOMAIN_9218, from_crs84, to_crs84};
use crate::space::weld::SAME_PLACE_M;
pub(in crate::store) use crate::space::wkb::encode;
use crate::text::Text;

/// Cells of the stored grid per metre: 0.1 mm.
const CELLS_PER_M: f64 = 10_000.0;

/// Why a geometry cannot be stored.
pub(in crate::store) fn refused(vi: &str, en: &str) -> Text {
    Text::new(vi, en)
}

/// The geometry of `wkb`: of the layer's kind (a single part becomes a multi geometry and a multi geometry of one
/// part a single one where the layer wants it), on the 0.1 mm grid, without repeated vertices.
pub(in crate::store) fn normalise(wkb: &[u8], kind: GeometryKind) -> Result<Geometry<f64>, Text> {
    let mut geometry = decode(wkb)?;
    check_domain(&geometry)?;
    geometry.map_coords_in_place(snap);
    coerce(drop_repeated(geometry), kind)
}

/// Reads WKB or EWKB.
pub(in crate::store) fn decode(wkb: &[u8]) -> Result<Geometry<f64>, Text> {
    let broken = |e: geozero::error::GeozeroError| {
        Text::new(format!("hình học không đọc được: {e}"), format!("the geometry cannot be read: {e}"))
    };
    // EWKB carries its flags in the high bits of the type.
    let flagged = wkb.get(if wkb.first() == Some(&1) { 4 } else { 1 }).is_some_and(|b| b & 0xe0 != 0);
    if flagged { Ewkb(wkb).to_geo().map_err(broken) } else { Wkb(wkb).to_geo().map_err(broken) }
}

fn snap(c: Coord<f64>) -> Coord<f64> {
    Coord { x: (c.x * CELLS_PER_M).round() / CELLS_PER_M, y: (c.y * CELLS_PER_M).round() / CELLS_PER_M }
}

/// Positions must stand for a place. Near the zone all do; farther out (imports of foreign data) those that come back
/// when they are turned into degrees and again into metres (to the centimetre: each way drops the height that the
/// datum shift gives a position so far from home).
fn check_domain(geometry: &Geometry<f64>) -> Result<(), Text> {
    use geo::CoordsIter;
    let d = DOMAIN_9218;
    let sound = |c: &Coord<f64>| {
        if (d.min_x..=d.max_x).contains(&c.x) && (d.min_y..=d.max_y).contains(&c.y) {
            return true;
        }
        let (lon, lat) = to_crs84(c.x, c.y);
        let (x, y) = from_crs84(lon, lat);
        (x - c.x).abs() < 0.05 && (y - c.y).abs() < 0.05
    };
    match geometry.coords_iter().find(|c| !sound(c)) {
        None => Ok(()),
        Some(c) => Err(Text::new(
            format!("toạ độ ({}, {}) nằm ngoài miền của EPSG:9218", c.x, c.y),
            format!("the position ({}, {}) lies outside the domain of EPSG:9218", c.x, c.y),
        )),
    }
}

/// Removes vertices that repeat the one before; rings and lines that collapse go.
fn drop_repeated(geometry: Geometry<f64>) -> Geometry<f64> {
    let line = |mut l: LineString<f64>| {
        l.0.dedup();
        l
    };
    let polygon = |p: Polygon<f64>| {
        let (outer, holes) = p.into_inner();
        let holes = holes.into_iter().map(line).filter(|h| h.0.len() >= 4).collect();
        Polygon::new(line(outer), holes)
    };
    match geometry {
        Geometry::LineString(l) => Geometry::LineString(line(l)),
        Geometry::Polygon(p) => Geometry::Polygon(polygon(p)),
        Geometry::MultiLineString(m) => Geometry::MultiLineString(MultiLineString(
            m.0.into_iter().map(line).filter(|l| l.0.len() >= 2).collect(),
        )),
        Geometry::MultiPolygon(m) => Geometry::MultiPolygon(MultiPolygon(
            m.0.into_iter().map(polygon).filter(|p| p.exterior().0.len() >= 4).collect(),
        )),
        other => other,
    }
}

/// The geometry as the layer's kind wants it.
fn coerce(geometry: Geometry<f64>, kind: GeometryKind) -> Result<Geometry<f64>, Text> {
    use GeometryKind as K;
    let name = name_of(&geometry);
    let fitting = match (kind, geometry) {
        (K::Point, g @ Geometry::Point(_))
        | (K::MultiPoint, g @ Geometry::MultiPoint(_))
        | (K::LineString, g @ Geometry::LineString(_))
        | (K::MultiLineString, g @ Geometry::MultiLineString(_))
        | (K::Polygon, g @ Geometry::Polygon(_))
        | (K::MultiPolygon, g @ Geometry::MultiPolygon(_)) => Some(g),
        (K::Point, Geometry::MultiPoint(m)) if m.0.len() == 1 => Some(Geometry::Point(m.0[0])),
        (K::MultiPoint, Geometry::Point(p)) => Some(Geometry::MultiPoint(MultiPoint(vec![p]))),
        (K::LineString, Geometry::MultiLineString(mut m)) if m.0.len() == 1 => {
            Some(Geometry::LineString(m.0.remove(0)))
        }
        (K::MultiLineString, Geometry::LineString(l)) => {
            Some(Geometry::MultiLineString(MultiLineString(vec![l])))
        }
        (K::Polygon, Geometry::MultiPolygon(mut m)) if m.0.len() == 1 => {
            Some(Geometry::Polygon(m.0.remove(0)))
        }
        (K::MultiPolygon, Geometry::Polygon(p)) => Some(Geometry::MultiPolygon(MultiPolygon(vec![p]))),
        _ => None,
    };
    let fitting = fitting.ok_or_else(|| {
        Text::new(
            format!("hình học kiểu {name}, lớp cần {kind:?}"),
            format!("the geometry is a {name}, the layer needs a {kind:?}"),
        )
    })?;
    if is_degenerate(&fitting) {
        return Err(refused("hình học rỗng hoặc suy biến", "the geometry is empty or has collapsed"));
    }
    Ok(fitting)
}

fn is_degenerate(geometry: &Geometry<f64>) -> bool {
    match geometry {
        Geometry::LineString(l) => l.0.len() < 2,
        Geometry::Polygon(p) => p.exterior().0.len() < 4,
        Geometry::MultiPoint(m) => m.0.is_empty(),
        Geometry::MultiLineString(m) => m.0.is_empty(),
        Geometry::MultiPolygon(m) => m.0.is_empty(),
        _ => false,
    }
}

fn name_of(geometry: &Geometry<f64>) -> String {
    match geometry {
        Geometry::Point(_) => "Point".to_owned(),
        Geometry::LineString(_) => "LineString".to_owned(),
        Geometry::Polygon(_) => "Polygon".to_owned(),
        Geometry::MultiPoint(m) => format!("MultiPoint ({})", m.0.len()),
        Geometry::MultiLineString(m) => format!("MultiLineString ({})", m.0.len()),
        Geometry::MultiPolygon(m) => format!("MultiPolygon ({})", m.0.len()),
        _ => "GeometryCollection".to_owned(),
    }
}

/// Vertices that lie within the served rounding (9 decimals of a degree, 0.1 mm) of a stored one keep the stored
/// value, so that reading an item and writing it back changes nothing, and a border drawn along a neighbour's is that
/// neighbour's. Where several geometries have a vertex there, the first one in `stored` counts.
pub(in crate::store) fn keep_stored(new: &Geometry<f64>, stored: &[Geometry<f64>]) -> Geometry<f64> {
    let sets: Vec<Vertices> = stored.iter().map(Vertices::new).collect();
    new.map_coords(|c| sets.iter().find_map(|s| s.near(c)).unwrap_or(c))
}

/// The areas of `new` with each ring in the direction in which `stored` has it: rings are served anticlockwise, their
/// holes clockwise, and stored as they were drawn; a ring that comes back turned is no change.
pub(in crate::store) fn turned_as(new: Geometry<f64>, stored: &Geometry<f64>) -> Geometry<f64> {
    let turned = |ring: LineString<f64>, old: Option<&LineString<f64>>| match old {
        Some(old) if ring != *old && ring.0.iter().rev().eq(&old.0) => old.clone(),
        _ => ring,
    };
    let polygon = |new: Polygon<f64>, old: &Polygon<f64>| {
        let (outer, holes) = new.into_inner();
        let holes = holes.into_iter().enumerate().map(|(i, h)| turned(h, old.interiors().get(i)));
        Polygon::new(turned(outer, Some(old.exterior())), holes.collect())
    };
    match (new, stored) {
        (Geometry::Polygon(p), Geometry::Polygon(old)) => Geometry::Polygon(polygon(p, old)),
        (Geometry::MultiPolygon(m), Geometry::MultiPolygon(old)) => {
            let parts = m.0.into_iter().enumerate();
            let part = |(i, p): (usize, Polygon<f64>)| match old.0.get(i) {
                Some(old) => polygon(p, old),
                None => p,
            };
            Geometry::MultiPolygon(MultiPolygon(parts.map(part).collect()))
        }
        (other, _) => other,
    }
}

/// The vertices of `new` that no vertex of `stored` stands for.
pub(in crate::store) fn unknown_vertices(
    new: &Geometry<f64>,
    stored: Option<&Geometry<f64>>,
) -> Vec<Coord<f64>> {
    use geo::CoordsIter;
    let known = stored.map(Vertices::new);
    new.coords_iter().filter(|c| known.as_ref().is_none_or(|k| k.near(*c).is_none())).collect()
}

/// Vertices by cells of the size of [`SAME_PLACE_M`].
struct Vertices(HashMap<(i64, i64), Coord<f64>>);

impl Vertices {
    fn new(geometry: &Geometry<f64>) -> Self {
        use geo::CoordsIter;
        Self(geometry.coords_iter().map(|c| (Self::cell(c), c)).collect())
    }

    fn cell(c: Coord<f64>) -> (i64, i64) {
        ((c.x / SAME_PLACE_M).floor() as i64, (c.y / SAME_PLACE_M).floor() as i64)
    }

    fn near(&self, c: Coord<f64>) -> Option<Coord<f64>> {
        let (x, y) = Self::cell(c);
        (-1..=1)
            .flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)))
            .filter_map(|at| self.0.get(&at))
            .find(|k| (k.x - c.x).abs() <= SAME_PLACE_M && (k.y - c.y).abs() <= SAME_PLACE_M)
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use geo::{line_string, point, polygon};

    use super::*;

    #[test]
    fn coordinates_fall_on_the_grid() {
        let wkb = encode(&Geometry::Point(point!(x: 411_600.265_485_03, y: 1_327_195.237_551_1))).unwrap();
        let g = normalise(&wkb, GeometryKind::Point).unwrap();
        assert_eq!(g, Geometry::Point(point!(x: 411_600.265_5, y: 1_327_195.237_6)));
    }

    #[test]
    fn one_part_fits_both_ways_and_two_do_not() {
        let square = polygon![(x: 0., y: 0.), (x: 1., y: 0.), (x: 1., y: 1.), (x: 0., y: 0.)];
        let single = encode(&Geometry::Polygon(square.clone())).unwrap();
        assert!(matches!(normalise(&single, GeometryKind::MultiPolygon), Ok(Geometry::MultiPolygon(_))));
        let one = encode(&Geometry::MultiPolygon(MultiPolygon(vec![square.clone()]))).unwrap();
        assert!(matches!(normalise(&one, GeometryKind::Polygon), Ok(Geometry::Polygon(_))));
        let two = encode(&Geometry::MultiPolygon(MultiPolygon(vec![square.clone(), square]))).unwrap();
        let reason = normalise(&two, GeometryKind::Polygon).unwrap_err();
        assert!(reason.en.contains("MultiPolygon (2)"), "{}", reason.en);
    }

    #[test]
    fn collapsed_and_far_geometries_are_refused() {
        let speck = line_string![(x: 1.0, y: 1.0), (x: 1.000_01, y: 1.0)];
        let wkb = encode(&Geometry::LineString(speck)).unwrap();
        assert!(normalise(&wkb, GeometryKind::LineString).unwrap_err().en.contains("collapsed"));
        let far = encode(&Geometry::Point(point!(x: 1e9, y: 0.0))).unwrap();
        assert!(normalise(&far, GeometryKind::Point).unwrap_err().en.contains("outside"));
        // Besançon, over the pole from the zone's meridian.
        let france = encode(&Geometry::Point(point!(x: -4_626_647.909_6, y: 11_281_625.453_4))).unwrap();
        assert!(normalise(&france, GeometryKind::Point).is_ok());
        assert!(normalise(&[1, 2, 3], GeometryKind::Point).is_err());
    }

    #[test]
    fn a_ring_that_comes_back_turned_is_as_it_was() {
        let ring = |points: &[(f64, f64)]| LineString::from(points.to_vec());
        let outer = [(0., 0.), (0., 9.), (9., 9.), (9., 0.), (0., 0.)];
        let hole = [(1., 1.), (2., 1.), (2., 2.), (1., 1.)];
        let back = |points: &[(f64, f64)]| points.iter().rev().copied().collect::<Vec<_>>();
        let stored = Geometry::Polygon(Polygon::new(ring(&outer), vec![ring(&hole)]));
        let served = Geometry::Polygon(Polygon::new(ring(&back(&outer)), vec![ring(&back(&hole))]));
        assert_eq!(turned_as(served.clone(), &stored), stored);
        let multi = |g: &Geometry<f64>| match g {
            Geometry::Polygon(p) => Geometry::MultiPolygon(MultiPolygon(vec![p.clone()])),
            other => other.clone(),
        };
        assert_eq!(turned_as(multi(&served), &multi(&stored)), multi(&stored));
        let other = Geometry::Polygon(Polygon::new(ring(&hole), Vec::new()));
        assert_eq!(turned_as(other.clone(), &stored), other, "what was drawn anew stays as it is drawn");
    }

    #[test]
    fn a_vertex_within_the_served_rounding_keeps_its_stored_value() {
        let stored = Geometry::Point(point!(x: 100.0001, y: 200.0));
        let back = Geometry::Point(point!(x: 100.0002, y: 200.0001));
        assert_eq!(keep_stored(&back, std::slice::from_ref(&stored)), stored);
        let moved = Geometry::Point(point!(x: 100.0004, y: 200.0));
        assert_eq!(keep_stored(&moved, &[stored]), moved);
    }
}
