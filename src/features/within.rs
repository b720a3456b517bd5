//! How far geometries reach out of administrative units.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use geo::{
    BooleanOps, Coord, CoordsIter, Distance, Euclidean, Geometry, MultiLineString, MultiPolygon, Point,
};

use super::{LayerReader, Query};
use crate::Result;
use crate::filter::{CompareOp, Expr};
use crate::layers::Value;

/// How far the geometries (EPSG:9218) reach out of the units with these codes that are in force on `day`, metres; 0
/// where all lie inside. None where no such unit is in force. `units` reads a layer with `code`, `valid_from` and
/// `valid_to`.
///
/// Measured at the corners of what lies outside, which for slivers along a border is its depth.
pub fn outside_m(
    units: &LayerReader,
    codes: &BTreeSet<String>,
    day: NaiveDate,
    geometries: &[Geometry<f64>],
) -> Result<Option<f64>> {
    let is = |code: &String| Expr::Compare {
        attribute: "code".to_owned(),
        op: CompareOp::Eq,
        value: Value::Text(code.clone()),
    };
    let query = Query { filter: Some(Expr::Or(codes.iter().map(is).collect())), ..Query::default() };
    let mut inside: Option<MultiPolygon<f64>> = None;
    for item in units.query(&query)? {
        let begins = item.value_of("valid_from");
        let ends = item.value_of("valid_to");
        let early = matches!(begins, Some(Value::Date(d)) if d > day);
        let late = matches!(ends, Some(Value::Date(d)) if d < day);
        let area = match item.geometry() {
            Geometry::Polygon(p) => MultiPolygon(vec![p]),
            Geometry::MultiPolygon(m) => m,
            _ => continue,
        };
        if !early && !late {
            inside = Some(inside.map_or_else(|| area.clone(), |known| known.union(&area)));
        }
    }
    Ok(inside.map(|inside| geometries.iter().map(|g| depth(g, &inside)).fold(0.0, f64::max)))
}

fn depth(geometry: &Geometry<f64>, inside: &MultiPolygon<f64>) -> f64 {
    let farthest = |corners: &mut dyn Iterator<Item = Coord<f64>>| {
        corners.map(|c| Euclidean.distance(&Point(c), inside)).fold(0.0, f64::max)
    };
    match geometry {
        Geometry::Polygon(p) => farthest(&mut p.difference(inside).coords_iter()),
        Geometry::MultiPolygon(m) => farthest(&mut m.difference(inside).coords_iter()),
        Geometry::LineString(l) => {
            farthest(&mut inside.clip(&MultiLineString(vec![l.clone()]), true).coords_iter())
        }
        Geometry::MultiLineString(m) => farthest(&mut inside.clip(m, true).coords_iter()),
        other => farthest(&mut other.coords_iter()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use geo::{line_string, polygon};
    use geozero::{CoordDimensions, ToWkb};

    use super::*;
    use crate::access::View;
    use crate::features::{LayerBuilder, Snapshot};
    use crate::layers::ItemRow;

    fn square(x: f64, y: f64, side: f64) -> geo::Polygon<f64> {
        polygon![(x: x, y: y), (x: x + side, y: y), (x: x + side, y: y + side), (x: x, y: y + side), (x: x, y: y)]
    }

    /// Communes `a` (0…100), `b` beside it (100…200), and `b` as it was (0…1000) until 30 June 2025.
    fn communes() -> LayerReader {
        let def = crate::layers::embedded().unwrap().layer("admin_commune").unwrap().clone();
        let mut builder = LayerBuilder::new(def.clone());
        let day = |d: &str| Value::Date(d.parse().unwrap());
        for (fid, code, x, side, from, to) in [
            (1, "a", 0.0, 100.0, "2025-07-01", None),
            (2, "b", 100.0, 100.0, "2025-07-01", None),
            (3, "b", 0.0, 1000.0, "1990-01-01", Some("2025-06-30")),
        ] {
            let value = |name: &str| match name {
                "code" => Value::from(code),
                "valid_from" => day(from),
                "valid_to" => to.map_or(Value::Null, day),
                _ => Value::Null,
            };
            let wkb = MultiPolygon(vec![square(x, 0.0, side)]);
            let wkb = Geometry::from(wkb).to_wkb(CoordDimensions::xy()).unwrap();
            let values = def.attributes.iter().map(|a| value(&a.name)).collect();
            builder.push(&ItemRow { fid, version: 1, wkb, values }).unwrap();
        }
        let mut snapshot = Snapshot::default();
        snapshot.insert(Arc::new(builder.build()));
        snapshot.layer(&View::system(&def)).unwrap()
    }

    #[test]
    fn measures_what_reaches_out() {
        let communes = communes();
        let day = "2026-11-25".parse().unwrap();
        let outside = |codes: &[&str], geometry: Geometry<f64>| {
            let codes = codes.iter().map(|c| (*c).to_owned()).collect();
            outside_m(&communes, &codes, day, &[geometry]).unwrap()
        };
        let point = |x: f64| Geometry::Point(Point::new(x, 50.0));
        let line = |x: f64| line_string![(x: 10., y: 10.), (x: x, y: 10.)].into();
        for (codes, geometry, expected) in [
            (&["a"][..], point(50.0), Some(0.0)),
            (&["a"], point(103.0), Some(3.0)),
            (&["a", "b"], point(103.0), Some(0.0)),
            (&["b"], point(50.0), Some(50.0)),
            (&["a"], line(90.0), Some(0.0)),
            (&["a"], line(104.5), Some(4.5)),
            (&["a"], square(10.0, 10.0, 50.0).into(), Some(0.0)),
            (&["a"], square(90.0, 10.0, 10.4).into(), Some(0.4)),
            (&["a"], square(-500.0, -500.0, 2000.0).into(), Some(1400.0 * 2f64.sqrt())),
            (&["a", "b"], square(90.0, 10.0, 20.0).into(), Some(0.0)),
            (&["nowhere"], point(50.0), None),
        ] {
            let found = outside(codes, geometry.clone());
            let near = match (found, expected) {
                (Some(a), Some(b)) => (a - b).abs() < 0.001,
                (a, b) => a == b,
            };
            assert!(near, "{codes:?} {geometry:?}: {found:?}, expected {expected:?}");
        }
    }

    #[test]
    fn a_unit_counts_while_it_is_in_force() {
        let far = [Geometry::Point(Point::new(900.0, 50.0))];
        let codes = ["b".to_owned()].into();
        for (day, expected) in [("2025-06-30", Some(0.0)), ("2025-07-01", Some(700.0)), ("1980-01-01", None)]
        {
            let found = outside_m(&communes(), &codes, day.parse().unwrap(), &far).unwrap();
            assert_eq!(found, expected, "{day}");
        }
    }
}
