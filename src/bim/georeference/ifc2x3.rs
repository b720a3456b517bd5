//! IFC2X3: property sets on IfcSite, IfcProject or IfcBuilding, as buildingSMART's guide to georeferencing writes them,
//! in whatever case and with or without the `e` before `Pset`.

use std::collections::HashMap;

use super::conversion::Raw;
use crate::bim::element::Context;
use crate::bim::step::Value;
use crate::text::Text;

type Set = HashMap<String, Value>;

/// The conversion of the first object that has one. A set without usable numbers is told in `notes`.
pub fn read(context: &Context<'_>, notes: &mut Vec<Text>) -> Option<Raw> {
    let model = context.model;
    let owners = ["IfcSite", "IfcProject", "IfcBuilding"].iter().flat_map(|e| model.exactly(e).to_vec());
    for owner in owners {
        let named = |name: &str| {
            let with = |prefix: &str| {
                context.properties.starting_with(model, owner, &format!("{prefix}{name}")).into_iter().next()
            };
            with("ePset_").or_else(|| with("Pset_"))
        };
        let Some(conversion) = named("MapConversion") else { continue };
        match raw(&conversion, named("ProjectedCRS").as_ref()) {
            Some(raw) => return Some(raw),
            None => notes.push(Text::new(
                "ePset_MapConversion không có số Eastings và Northings đọc được; bỏ qua",
                "ePset_MapConversion holds no usable Eastings and Northings; it is passed over",
            )),
        }
    }
    None
}

fn get<'s>(set: &'s Set, name: &str) -> Option<&'s Value> {
    set.get(name).or_else(|| {
        // The order of a map differs from run to run: the least of the names that fit.
        set.iter()
            .filter(|(k, _)| k.trim().eq_ignore_ascii_case(name))
            .min_by_key(|(k, _)| *k)
            .map(|(_, v)| v)
    })
}

fn raw(conversion: &Set, crs: Option<&Set>) -> Option<Raw> {
    let number = |name: &str| get(conversion, name).and_then(Value::number);
    let crs_text = |name: &str| get(crs?, name)?.text().map(str::to_owned);
    let axis = match (number("XAxisAbscissa"), number("XAxisOrdinate")) {
        (None, None) => None,
        (x, y) => Some([x.unwrap_or(0.0), y.unwrap_or(0.0)]),
    };
    Some(Raw {
        source: "ePset_MapConversion",
        eastings: number("Eastings")?,
        northings: number("Northings")?,
        height: number("OrthogonalHeight"),
        axis,
        scale: number("Scale"),
        factors: None,
        crs_name: crs_text("Name").or_else(|| get(conversion, "TargetCRS")?.text().map(str::to_owned)),
        geodetic_datum: crs_text("GeodeticDatum"),
        vertical_datum: crs_text("VerticalDatum"),
        map_unit_m: crs_text("MapUnit").and_then(|u| unit_by_name(&u)),
        rigid: false,
    })
}

/// Metres in a unit that a text names.
fn unit_by_name(name: &str) -> Option<f64> {
    let name: String =
        name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    match name.as_str() {
        "m" | "metre" | "meter" | "metres" | "meters" | "met" => Some(1.0),
        "mm" | "millimetre" | "millimeter" | "millimetres" | "millimeters" => Some(0.001),
        "cm" | "centimetre" | "centimeter" | "centimetres" | "centimeters" => Some(0.01),
        "dm" | "decimetre" | "decimeter" => Some(0.1),
        "km" | "kilometre" | "kilometer" => Some(1000.0),
        "ft" | "foot" | "feet" => Some(0.3048),
        "ussurveyfoot" | "ussurveyfeet" | "usft" => Some(1200.0 / 3937.0),
        "in" | "inch" | "inches" => Some(0.0254),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::unit_by_name;

    #[test]
    fn units_are_known_in_the_usual_spellings() {
        for (name, metres) in [
            ("METRE", 1.0),
            (".MILLI..METRE.", 0.001),
            ("milli metre", 0.001),
            ("US survey foot", 0.304_800_609_6),
        ] {
            assert!((unit_by_name(name).unwrap() - metres).abs() < 1e-9, "{name}");
        }
        assert_eq!(unit_by_name("parsec"), None);
    }
}
