//! Geometries that a filter brings with it: their limits, and their way into the stored reference system.

use geo::{
    BooleanOps, Coord, CoordsIter, Geometry, GeometryCollection, LineString, MapCoords, MultiLineString,
};
use geo::{MultiPolygon, Point, Polygon, Rect, Validation};

use super::{Expr, Term};
use crate::space::crs::Offered;
use crate::{Error, Result};

/// Most vertices of all geometries of one filter.
pub const MOST_VERTICES: usize = 10_000;
/// Steps in a metre of the grid that is stored.
const STEPS_PER_M: f64 = 10_000.0;
/// How far a side may leave the straight line in the stored system before it is divided, metres.
const BOW_M: f64 = 0.001;
/// How often a side is halved at most.
const HALVINGS: u32 = 12;
/// Degrees (WGS 84 or VN-2000) beyond which nothing can be stored and positions mean nothing in the stored system.
const NEAR: [f64; 4] = [90.0, -35.0, 127.0, 50.0];

fn wrong(vi: impl Into<String>, en: impl Into<String>) -> Error {
    Error::invalid("geometry", vi, en)
}

/// Brings every geometry of the filter from `crs` to EPSG:9218, on the grid that is stored, so that a vertex that was
/// served is met when it comes back. Sides are divided so that they run as they do in `crs`; what lies far outside of
/// the zone is cut off. The error says what cannot be read as a geometry.
pub fn to_stored(expr: &mut Expr, crs: Offered) -> Result<()> {
    each_geometry(expr, &mut |term| {
        let geometry = match term {
            Term::Geometry(g) => g.clone(),
            Term::Box(b) if crs.is_geographic() => box_geometry(*b)?,
            Term::Box(b) if b[0] > b[2] => {
                return Err(wrong(
                    "cạnh tây của BBOX lớn hơn cạnh đông",
                    "the west side of the BBOX is greater than the east side",
                ));
            }
            Term::Box(b) => box_geometry(*b)?,
            _ => return Ok(()),
        };
        *term = Term::Geometry(stored(&geometry, crs)?);
        Ok(())
    })
}

/// Calls `change` with every geometry and box of the filter, in the order in which they stand.
pub fn each_geometry(expr: &mut Expr, change: &mut impl FnMut(&mut Term) -> Result<()>) -> Result<()> {
    match expr {
        Expr::And(list) | Expr::Or(list) => list.iter_mut().try_for_each(|e| each_geometry(e, change)),
        Expr::Not(inner) => each_geometry(inner, change),
        Expr::Compare { .. } | Expr::IsNull(_) | Expr::Fid(_) | Expr::Bbox(_) => Ok(()),
        Expr::Truth(a) | Expr::IsNullTerm(a) => in_term(a, change),
        Expr::CompareTerms { left: a, right: b, .. }
        | Expr::Spatial { left: a, right: b, .. }
        | Expr::Temporal { left: a, right: b, .. }
        | Expr::Array { left: a, right: b, .. }
        | Expr::Like { text: a, pattern: b } => [a, b].into_iter().try_for_each(|t| in_term(t, change)),
        Expr::Between { value, low, high } => {
            [value, low, high].into_iter().try_for_each(|t| in_term(t, change))
        }
        Expr::In { value, list } => {
            in_term(value, change)?;
            list.iter_mut().try_for_each(|t| in_term(t, change))
        }
    }
}

fn in_term<F: FnMut(&mut Term) -> Result<()>>(term: &mut Term, change: &mut F) -> Result<()> {
    match term {
        Term::Geometry(_) | Term::Box(_) => change(term),
        Term::Property(_) | Term::Literal(_) => Ok(()),
        Term::Arithmetic { left, right, .. } => {
            in_term(left, change)?;
            in_term(right, change)
        }
        Term::Casei(inner) | Term::Accenti(inner) => in_term(inner, change),
        Term::Function { args: list, .. } | Term::Array(list) => {
            list.iter_mut().try_for_each(|t| in_term(t, change))
        }
        Term::Interval(a, b) => [a, b].into_iter().flatten().try_for_each(|t| in_term(t, change)),
        Term::Condition(inner) => each_geometry(inner, change),
    }
}

/// A box as a polygon; as two where it crosses the date line.
pub fn box_geometry([west, south, east, north]: [f64; 4]) -> Result<Geometry<f64>> {
    if south > north {
        return Err(wrong(
            "cạnh nam của BBOX lớn hơn cạnh bắc",
            "the south side of the BBOX is greater than the north side",
        ));
    }
    let part = |west: f64, east: f64| -> Geometry<f64> {
        // A box without an extent is a point or a line: a polygon of it would be invalid.
        match (west < east, south < north) {
            (true, true) => Rect::new((west, south), (east, north)).to_polygon().into(),
            (false, false) => Point::new(west, south).into(),
            _ => LineString::from(vec![(west, south), (east, north)]).into(),
        }
    };
    if west <= east {
        return Ok(part(west, east));
    }
    Ok(match (part(west, 180.0), part(-180.0, east)) {
        (Geometry::Polygon(a), Geometry::Polygon(b)) => MultiPolygon(vec![a, b]).into(),
        (a, b) => Geometry::GeometryCollection(GeometryCollection(vec![a, b])),
    })
}

fn stored(geometry: &Geometry<f64>, crs: Offered) -> Result<Geometry<f64>> {
    let finite = |c: Coord<f64>| c.x.is_finite() && c.y.is_finite();
    if !geometry.coords_iter().all(finite) {
        return Err(wrong("toạ độ phải là số hữu hạn", "positions must be finite numbers"));
    }
    if let Err(why) = geometry.check_validation() {
        return Err(wrong(
            format!("hình học không hợp lệ: {why}"),
            format!("the geometry is not valid: {why}"),
        ));
    }
    let geometry = match crs {
        Offered::Epsg9218 | Offered::Epsg5899 => geometry.clone(),
        _ => near(geometry, crs)?,
    };
    convert(&geometry, crs)
}

/// What of a geometry lies near the zone. A point elsewhere becomes one that nothing stored can meet.
fn near(geometry: &Geometry<f64>, crs: Offered) -> Result<Geometry<f64>> {
    let (low, high) = match crs {
        Offered::Epsg3857 => {
            let m = |lon: f64, lat: f64| {
                const R: f64 = 6_378_137.0;
                (R * lon.to_radians(), R * (lat.to_radians().tan().asinh()))
            };
            (m(NEAR[0], NEAR[1]), m(NEAR[2], NEAR[3]))
        }
        _ => ((NEAR[0], NEAR[1]), (NEAR[2], NEAR[3])),
    };
    let rect = Rect::new(low, high);
    let inside = |c: Coord<f64>| c.x >= low.0 && c.x <= high.0 && c.y >= low.1 && c.y <= high.1;
    if geometry.coords_iter().all(inside) {
        return Ok(geometry.clone());
    }
    let area = MultiPolygon(vec![rect.to_polygon()]);
    // The corner is further away than what can be stored.
    let point = |p: &Point<f64>| if inside(p.0) { *p } else { Point::new(low.0, low.1) };
    Ok(match geometry {
        Geometry::Point(p) => point(p).into(),
        Geometry::MultiPoint(m) => geo::MultiPoint(m.iter().map(point).collect()).into(),
        Geometry::LineString(l) => area.clip(&MultiLineString(vec![l.clone()]), false).into(),
        Geometry::MultiLineString(m) => area.clip(m, false).into(),
        Geometry::Polygon(p) => area.intersection(p).into(),
        Geometry::MultiPolygon(m) => area.intersection(m).into(),
        Geometry::GeometryCollection(c) => {
            Geometry::GeometryCollection(c.iter().map(|g| near(g, crs)).collect::<Result<Vec<_>>>()?.into())
        }
        other => return Err(wrong(format!("{other:?}"), format!("{other:?}"))),
    })
}

fn convert(geometry: &Geometry<f64>, crs: Offered) -> Result<Geometry<f64>> {
    if crs == Offered::STORED {
        return Ok(geometry.map_coords(on_grid));
    }
    let to = |c: Coord<f64>| crs.to_stored(c.x, c.y).map(|(x, y)| Coord { x, y });
    let line = |l: &LineString<f64>| -> Result<LineString<f64>> {
        let mut out = Vec::with_capacity(l.0.len());
        out.extend(l.0.first().map(|c| to(*c)).transpose()?);
        for side in l.lines() {
            divide((side.start, to(side.start)?), (side.end, to(side.end)?), HALVINGS, &to, &mut out)?;
        }
        Ok(LineString(out.into_iter().map(on_grid).collect()))
    };
    let polygon = |p: &Polygon<f64>| -> Result<Polygon<f64>> {
        Ok(Polygon::new(line(p.exterior())?, p.interiors().iter().map(line).collect::<Result<_>>()?))
    };
    Ok(match geometry {
        Geometry::Point(p) => Point(on_grid(to(p.0)?)).into(),
        Geometry::MultiPoint(m) => {
            let points = m.iter().map(|p| Ok(Point(on_grid(to(p.0)?))));
            geo::MultiPoint(points.collect::<Result<_>>()?).into()
        }
        Geometry::LineString(l) => line(l)?.into(),
        Geometry::MultiLineString(m) => MultiLineString(m.iter().map(line).collect::<Result<_>>()?).into(),
        Geometry::Polygon(p) => polygon(p)?.into(),
        Geometry::MultiPolygon(m) => MultiPolygon(m.iter().map(polygon).collect::<Result<_>>()?).into(),
        Geometry::GeometryCollection(c) => Geometry::GeometryCollection(
            c.iter().map(|g| convert(g, crs)).collect::<Result<Vec<_>>>()?.into(),
        ),
        other => return Err(wrong(format!("{other:?}"), format!("{other:?}"))),
    })
}

/// A position in the filter's system and in the stored one.
type Both = (Coord<f64>, Coord<f64>);

/// Appends the side from `a` to `b` in the stored system, without its beginning.
fn divide(
    a: Both,
    b: Both,
    halvings: u32,
    to: &impl Fn(Coord<f64>) -> Result<Coord<f64>>,
    out: &mut Vec<Coord<f64>>,
) -> Result<()> {
    let middle = (a.0 + b.0) / 2.0;
    let there = to(middle)?;
    let off = there - (a.1 + b.1) / 2.0;
    if halvings == 0 || off.x.abs().max(off.y.abs()) <= BOW_M {
        out.push(b.1);
        return Ok(());
    }
    divide(a, (middle, there), halvings - 1, to, out)?;
    divide((middle, there), b, halvings - 1, to, out)
}

fn on_grid(c: Coord<f64>) -> Coord<f64> {
    Coord { x: (c.x * STEPS_PER_M).round() / STEPS_PER_M, y: (c.y * STEPS_PER_M).round() / STEPS_PER_M }
}
