//! Attributes that follow the geometry: a parcel's area, a road's length.
//!
//! They are filled where a new item names no value, and anew with each change of the geometry. A value that is
//! given with a new item stays: the area on record (diện tích pháp lý) may differ from that of the drawing until
//! the parcel is surveyed anew.

use geo::{Area, Euclidean, Geometry, Length};

use super::{Attribute, AttributeType, Computed, LayerDef, Value};

/// Decimals that are kept: 0.01 m², 0.01 m, as certificates state them at most.
const DECIMALS: f64 = 100.0;

/// Square metres or metres in one of the attribute's unit; none where it cannot be computed.
pub(super) fn divisor(a: &Attribute) -> Option<f64> {
    if a.kind != AttributeType::Real {
        return None;
    }
    match (a.computed?, a.unit.as_deref()?) {
        (Computed::Area, "m2") | (Computed::Length, "m") => Some(1.0),
        (Computed::Area, "ha") => Some(10_000.0),
        (Computed::Area, "km2") => Some(1_000_000.0),
        (Computed::Length, "km") => Some(1_000.0),
        _ => None,
    }
}

/// Fills what the definition computes. `anew`: the geometry changed, so every such value is written; else only
/// those that are missing.
pub fn fill(def: &LayerDef, geometry: &Geometry<f64>, values: &mut [Value], anew: bool) {
    for (a, value) in def.attributes.iter().zip(values) {
        let Some(divisor) = divisor(a).filter(|_| anew || *value == Value::Null) else { continue };
        let measured = match a.computed {
            Some(Computed::Area) => geometry.unsigned_area(),
            _ => length_m(geometry),
        };
        *value = Value::Real((measured / divisor * DECIMALS).round() / DECIMALS);
    }
}

fn length_m(geometry: &Geometry<f64>) -> f64 {
    match geometry {
        Geometry::LineString(l) => Euclidean.length(l),
        Geometry::MultiLineString(m) => m.iter().map(|l| Euclidean.length(l)).sum(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use geo::{line_string, polygon};

    use super::*;

    fn layer(geometry: &str, unit: &str, computed: &str) -> LayerDef {
        let text = format!(
            "id = 'x'\ntitle = {{vi='x',en='x'}}\ntheme = 'x'\ngeometry = '{geometry}'\nowner = ['XD']\naccess = 'O'\n\
             [[attribute]]\nname = 'size'\ntype = 'real'\ntitle = {{vi='x',en='x'}}\nunit = '{unit}'\ncomputed = '{computed}'"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn sizes_come_in_the_attributes_unit_and_follow_a_change() {
        let square =
            Geometry::from(polygon![(x: 0., y: 0.), (x: 250., y: 0.), (x: 250., y: 100.), (x: 0., y: 100.)]);
        let line = Geometry::from(line_string![(x: 0., y: 0.), (x: 3., y: 4.), (x: 3., y: 2004.)]);
        for (def, geometry, expected) in [
            (layer("Polygon", "m2", "area"), &square, 25_000.0),
            (layer("Polygon", "ha", "area"), &square, 2.5),
            (layer("LineString", "km", "length"), &line, 2.01),
        ] {
            let mut values = vec![Value::Null];
            fill(&def, geometry, &mut values, false);
            assert_eq!(values, [Value::Real(expected)], "missing");
            let mut values = vec![Value::Real(7.0)];
            fill(&def, geometry, &mut values, false);
            assert_eq!(values, [Value::Real(7.0)], "on record");
            fill(&def, geometry, &mut values, true);
            assert_eq!(values, [Value::Real(expected)], "surveyed anew");
        }
    }
}
