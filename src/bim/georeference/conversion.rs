//! LoGeoRef 50: a map conversion into a declared CRS.
//!
//! `E = Eastings + Scale·(cos·x − sin·y)`, `N = Northings + Scale·(sin·x + cos·y)`. Eastings, Northings and
//! OrthogonalHeight are in the CRS's MapUnit (the file's length unit where none is given); x and y in the file's
//! length unit, so that Scale also carries the ratio of the two units.

use super::{DECLARED_M, NOWHERE_M, TRANSFORMED_M, blank, crs};
use crate::bim::element::Context;
use crate::bim::facts::Georeference;
use crate::bim::placement::Placement;
use crate::bim::step::{Record, Value};

/// What a conversion says, in the file's units.
struct Raw {
    source: &'static str,
    eastings: f64,
    northings: f64,
    height: Option<f64>,
    axis: [f64; 2],
    scale: Option<f64>,
    crs_name: Option<String>,
    vertical_datum: Option<String>,
    /// Metres in the map unit; none where none is declared.
    map_unit_m: Option<f64>,
    warnings: Vec<String>,
}

/// The map conversion of the file, if there is one.
pub fn read(context: &Context<'_>) -> Option<(Georeference, Option<Placement>)> {
    let raw = from_entity(context).or_else(|| from_properties(context))?;
    Some(resolve(raw, context))
}

fn from_entity(context: &Context<'_>) -> Option<Raw> {
    let model = context.model;
    let all: Vec<Record> =
        model.all("IfcCoordinateOperation").into_iter().filter_map(|id| model.get(id)).collect();
    let operation = all.iter().find(|r| is_model_context(context, r)).or_else(|| all.first())?;
    let crs = model.follow(operation, "TargetCRS");
    let crs_text = |name: &str| crs.as_ref().and_then(|c| c.text(name)).map(str::to_owned);
    let map_unit_m =
        crs.as_ref().and_then(|c| c.reference("MapUnit")).and_then(|unit| model.scale_of_unit(unit));
    let mut warnings = Vec::new();
    if all.len() > 1 {
        warnings.push(format!("{} coordinate operations; the one of the model's context is used", all.len()));
    }
    let rigid = operation.entity() == "IfcRigidOperation";
    let (east, north, height) = if rigid {
        ("FirstCoordinate", "SecondCoordinate", "Height")
    } else {
        ("Eastings", "Northings", "OrthogonalHeight")
    };
    let scale = match (operation.number("Scale"), operation.number("FactorX"), operation.number("FactorY")) {
        (scale, Some(x), Some(y)) => {
            if (x - y).abs() > 1e-6 {
                warnings.push(format!("FactorX {x} and FactorY {y} differ; FactorX is used"));
            }
            Some(scale.unwrap_or(1.0) * x)
        }
        (scale, _, _) => scale,
    };
    let number = |name: &str| operation.value(name).and_then(|v| v.number());
    Some(Raw {
        source: if rigid { "IfcRigidOperation" } else { "IfcMapConversion" },
        eastings: number(east)?,
        northings: number(north)?,
        height: number(height),
        axis: [
            operation.number("XAxisAbscissa").unwrap_or(1.0),
            operation.number("XAxisOrdinate").unwrap_or(0.0),
        ],
        scale,
        crs_name: crs_text("Name"),
        vertical_datum: crs_text("VerticalDatum"),
        map_unit_m,
        warnings,
    })
}

/// Whether the operation starts from the context of the 3D model.
fn is_model_context(context: &Context<'_>, operation: &Record) -> bool {
    let source = context.model.follow(operation, "SourceCRS");
    source.is_some_and(|c| c.text("ContextType").is_none_or(|t| t.eq_ignore_ascii_case("Model")))
}

/// IFC2X3: property sets on IfcSite or IfcProject, as buildingSMART's guide to georeferencing writes them.
fn from_properties(context: &Context<'_>) -> Option<Raw> {
    let model = context.model;
    let owners = ["IfcSite", "IfcProject", "IfcBuilding"].iter().flat_map(|e| model.exactly(e).to_vec());
    for owner in owners {
        let Some(conversion) =
            context.properties.starting_with(model, owner, "ePset_MapConversion").into_iter().next()
        else {
            continue;
        };
        let crs = context.properties.starting_with(model, owner, "ePset_ProjectedCRS").into_iter().next();
        let crs_text = |name: &str| crs.as_ref()?.get(name)?.text().map(str::to_owned);
        let number = |name: &str| conversion.get(name).and_then(Value::number);
        return Some(Raw {
            source: "ePset_MapConversion",
            eastings: number("Eastings")?,
            northings: number("Northings")?,
            height: number("OrthogonalHeight"),
            axis: [number("XAxisAbscissa").unwrap_or(1.0), number("XAxisOrdinate").unwrap_or(0.0)],
            scale: number("Scale"),
            crs_name: crs_text("Name").or_else(|| conversion.get("TargetCRS")?.text().map(str::to_owned)),
            vertical_datum: crs_text("VerticalDatum"),
            map_unit_m: crs_text("MapUnit").and_then(|u| unit_by_name(&u)),
            warnings: Vec::new(),
        });
    }
    None
}

/// Metres in a unit that a text names.
fn unit_by_name(name: &str) -> Option<f64> {
    match name.trim().to_ascii_lowercase().as_str() {
        "m" | "metre" | "meter" | "metres" | "meters" => Some(1.0),
        "mm" | "millimetre" | "millimeter" | "millimetres" | "millimeters" => Some(0.001),
        "cm" | "centimetre" | "centimeter" => Some(0.01),
        "ft" | "foot" | "feet" => Some(0.3048),
        _ => None,
    }
}

fn resolve(raw: Raw, context: &Context<'_>) -> (Georeference, Option<Placement>) {
    let length_m = context.units.length_m;
    let map_m = raw.map_unit_m.unwrap_or(length_m);
    let mut out = blank(50, raw.source);
    out.warnings = raw.warnings;
    out.easting = Some(raw.eastings * map_m);
    out.northing = Some(raw.northings * map_m);
    out.orthogonal_height_m = raw.height.map(|h| h * map_m);
    out.crs = raw.crs_name.as_deref().and_then(crs::code);
    out.vertical_datum = raw.vertical_datum;
    out.rotation_deg = rotation(raw.axis, &mut out.warnings);
    out.scale = scale(raw.scale, map_m, length_m, &mut out.warnings);
    doubts(&mut out, raw.crs_name.as_deref());
    let placement = place(&mut out);
    (out, placement)
}

fn rotation(axis: [f64; 2], warnings: &mut Vec<String>) -> f64 {
    if axis[0].hypot(axis[1]) < 1e-9 {
        warnings.push("XAxisAbscissa and XAxisOrdinate are both 0; no rotation is applied".to_owned());
        return 0.0;
    }
    let degrees = axis[1].atan2(axis[0]).to_degrees();
    // One rule for both signs of zero.
    if degrees == 0.0 { 0.0 } else { degrees }
}

/// The factor on local metres. Scale should hold the ratio of file unit to map unit; many programs leave it at
/// 1, which is then meant for metres.
fn scale(declared: Option<f64>, map_m: f64, length_m: f64, warnings: &mut Vec<String>) -> f64 {
    let near_one = |s: f64| (0.99..=1.01).contains(&s);
    let Some(declared) = declared.filter(|s| *s > 0.0) else {
        if (map_m / length_m - 1.0).abs() > 1e-9 {
            warnings.push(format!(
                "the length unit is {length_m} m and the map unit {map_m} m, but Scale is missing; \
                 lengths are converted by their units"
            ));
        }
        return 1.0;
    };
    let factor = declared * map_m / length_m;
    if near_one(factor) {
        return factor;
    }
    if near_one(declared) {
        warnings.push(format!(
            "Scale {declared} disregards that the length unit is {length_m} m and the map unit {map_m} m; \
             lengths are converted by their units"
        ));
        return declared;
    }
    warnings.push(format!("Scale {declared} stretches the model to {factor} times its size"));
    factor
}

/// The usual mistakes: swapped axes, wrong unit, missing CRS or vertical datum.
fn doubts(out: &mut Georeference, crs_name: Option<&str>) {
    let (e, n) = (out.easting.unwrap_or(0.0), out.northing.unwrap_or(0.0));
    match (&out.crs, crs_name) {
        (None, None) => {
            out.warnings.push("no coordinate reference system is named (IfcProjectedCRS)".to_owned())
        }
        (None, Some(name)) => {
            let name: String = name.chars().take(80).collect();
            out.warnings.push(format!("the coordinate reference system “{name}” is not known; write EPSG:n"));
        }
        _ => {}
    }
    // VN-2000 in Vietnam: eastings 150–900 km, northings 900–2,650 km, whatever the zone.
    let vietnam = |e: f64, n: f64| (150e3..900e3).contains(&e) && (900e3..2_650e3).contains(&n);
    let vn2000 = out.crs.as_deref().is_some_and(is_vn2000);
    if vn2000 && !vietnam(e, n) {
        if vietnam(n, e) {
            out.warnings.push(format!("easting {e:.0} and northing {n:.0} look swapped"));
        } else if vietnam(e / 1000.0, n / 1000.0) {
            out.warnings.push(
                "easting and northing look like millimetres although the map unit says otherwise".to_owned(),
            );
        } else if vietnam(e * 1000.0, n * 1000.0) {
            out.warnings.push(
                "easting and northing look like metres read as millimetres; check the map unit".to_owned(),
            );
        } else {
            out.warnings.push(format!(
                "easting {e:.0} and northing {n:.0} lie outside Vietnam in {}",
                out.crs.as_deref().unwrap_or_default()
            ));
        }
    }
    if out.vertical_datum.is_none() {
        out.warnings
            .push("no vertical datum is named: heights over the ground or sea are not known".to_owned());
    }
}

/// VN-2000 grids: UTM 48N, 49N and the 3° zones EPSG:9205–9218, 5896–5899.
fn is_vn2000(code: &str) -> bool {
    let number: u32 = code.trim_start_matches("EPSG:").parse().unwrap_or(0);
    matches!(number, 3405 | 3406 | 5896..=5899 | 9205..=9218)
}

fn place(out: &mut Georeference) -> Option<Placement> {
    let code = out.crs.clone()?;
    out.horizontal_uncertainty_m = if code == "EPSG:9218" { DECLARED_M } else { TRANSFORMED_M };
    let origin = (out.easting?, out.northing?);
    match Placement::in_crs(&code, origin, out.rotation_deg, out.scale) {
        Ok(placement) => Some(placement),
        Err(reason) => {
            out.warnings.push(format!("{code}: {reason}"));
            out.horizontal_uncertainty_m = NOWHERE_M;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_carries_the_units() {
        let mut w = Vec::new();
        // Millimetres into metres, as the standard wants it.
        assert!((scale(Some(0.001), 1.0, 0.001, &mut w) - 1.0).abs() < 1e-12);
        assert!((scale(None, 0.001, 0.001, &mut w) - 1.0).abs() < 1e-12);
        assert!((scale(Some(0.9996), 1.0, 1.0, &mut w) - 0.9996).abs() < 1e-12);
        assert!(w.is_empty());
        // Left at 1 by the program.
        assert!((scale(Some(1.0), 1.0, 0.001, &mut w) - 1.0).abs() < 1e-12);
        assert_eq!(w.len(), 1);
    }
}
