//! LoGeoRef 50: a map conversion into a declared CRS.
//!
//! `E = Eastings + Scale·(cos·x − sin·y)`, `N = Northings + Scale·(sin·x + cos·y)`. Eastings, Northings and
//! OrthogonalHeight are in the CRS's MapUnit (the file's length unit where none is given); x and y in the file's
//! length unit, so that Scale also carries the ratio of the two units.

use super::{DECLARED_M, Found, NOWHERE_M, TRANSFORMED_M, blank, crs, no_vertical_datum};
use crate::bim::element::Context;
use crate::bim::facts::Georeference;
use crate::bim::placement::Placement;
use crate::bim::step::{Record, Value};
use crate::text::Text;

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
    notes: Vec<Text>,
}

/// The map conversion of the file, if there is one.
pub fn read(context: &Context<'_>) -> Option<Found> {
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
    let mut notes = Vec::new();
    if all.len() > 1 {
        notes.push(Text::new(
            format!("có {} phép chuyển tọa độ; dùng phép của ngữ cảnh mô hình", all.len()),
            format!("{} coordinate operations; the one of the model's context is used", all.len()),
        ));
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
                notes.push(Text::new(
                    format!("FactorX {x} và FactorY {y} khác nhau; dùng FactorX"),
                    format!("FactorX {x} and FactorY {y} differ; FactorX is used"),
                ));
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
        notes,
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
            notes: Vec::new(),
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

fn resolve(raw: Raw, context: &Context<'_>) -> Found {
    let length_m = context.units.length_m;
    let map_m = raw.map_unit_m.unwrap_or(length_m);
    let mut notes = raw.notes;
    let mut out = blank(50, raw.source);
    out.easting = Some(micrometres(raw.eastings * map_m));
    out.northing = Some(micrometres(raw.northings * map_m));
    out.orthogonal_height_m = raw.height.map(|h| micrometres(h * map_m));
    out.crs = raw.crs_name.as_deref().and_then(crs::code);
    out.vertical_datum = raw.vertical_datum;
    out.rotation_deg = rotation(raw.axis, &mut notes);
    out.scale = scale(raw.scale, map_m, length_m, &mut notes);
    doubts(&out, raw.crs_name.as_deref(), &mut notes);
    let placement = place(&mut out, &mut notes);
    Found { georeference: Some(out), placement, notes }
}

/// Without the noise of a product of two decimals.
fn micrometres(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

fn rotation(axis: [f64; 2], notes: &mut Vec<Text>) -> f64 {
    if axis[0].hypot(axis[1]) < 1e-9 {
        notes.push(Text::new(
            "XAxisAbscissa và XAxisOrdinate đều bằng 0; không xoay mô hình",
            "XAxisAbscissa and XAxisOrdinate are both 0; no rotation is applied",
        ));
        return 0.0;
    }
    let degrees = axis[1].atan2(axis[0]).to_degrees();
    // One rule for both signs of zero.
    if degrees == 0.0 { 0.0 } else { degrees }
}

/// The factor on local metres. Scale should hold the ratio of file unit to map unit; many programs leave it at
/// 1, which is then meant for metres.
fn scale(declared: Option<f64>, map_m: f64, length_m: f64, notes: &mut Vec<Text>) -> f64 {
    let near_one = |s: f64| (0.99..=1.01).contains(&s);
    let Some(declared) = declared.filter(|s| *s > 0.0) else {
        if (map_m / length_m - 1.0).abs() > 1e-9 {
            notes.push(Text::new(
                format!(
                    "đơn vị chiều dài là {length_m} m, đơn vị bản đồ là {map_m} m nhưng thiếu Scale; \
                     chiều dài được đổi theo đơn vị"
                ),
                format!(
                    "the length unit is {length_m} m and the map unit {map_m} m, but Scale is missing; \
                     lengths are converted by their units"
                ),
            ));
        }
        return 1.0;
    };
    let factor = declared * map_m / length_m;
    if near_one(factor) {
        return factor;
    }
    if near_one(declared) {
        notes.push(Text::new(
            format!(
                "Scale {declared} bỏ qua việc đơn vị chiều dài là {length_m} m còn đơn vị bản đồ là {map_m} m; \
                 chiều dài được đổi theo đơn vị"
            ),
            format!(
                "Scale {declared} disregards that the length unit is {length_m} m and the map unit {map_m} m; \
                 lengths are converted by their units"
            ),
        ));
        return declared;
    }
    notes.push(Text::new(
        format!("Scale {declared} phóng mô hình lên {factor} lần"),
        format!("Scale {declared} stretches the model to {factor} times its size"),
    ));
    factor
}

/// The usual mistakes: swapped axes, wrong unit, missing CRS or vertical datum.
fn doubts(out: &Georeference, crs_name: Option<&str>, notes: &mut Vec<Text>) {
    match (&out.crs, crs_name) {
        (None, None) => notes.push(Text::new(
            "không nêu hệ tọa độ (IfcProjectedCRS)",
            "no coordinate reference system is named (IfcProjectedCRS)",
        )),
        (None, Some(name)) => {
            let name: String = name.chars().take(80).collect();
            notes.push(Text::new(
                format!("không nhận ra hệ tọa độ «{name}»; hãy ghi EPSG:n"),
                format!("the coordinate reference system “{name}” is not known; write EPSG:n"),
            ));
        }
        _ => {}
    }
    if let Some(code) = out.crs.as_deref().filter(|code| is_vn2000(code)) {
        notes.extend(wrong_place(code, out.easting.unwrap_or(0.0), out.northing.unwrap_or(0.0)));
    }
    if out.vertical_datum.is_none() {
        notes.push(no_vertical_datum());
    }
}

/// What is wrong with coordinates that do not lie in Vietnam.
fn wrong_place(code: &str, e: f64, n: f64) -> Option<Text> {
    // Whatever the zone: eastings 150–900 km, northings 900–2,650 km.
    let vietnam = |e: f64, n: f64| (150e3..900e3).contains(&e) && (900e3..2_650e3).contains(&n);
    if vietnam(e, n) {
        return None;
    }
    Some(if vietnam(n, e) {
        Text::new(
            format!("tọa độ đông {e:.0} và bắc {n:.0} có vẻ bị đảo"),
            format!("easting {e:.0} and northing {n:.0} look swapped"),
        )
    } else if vietnam(e / 1000.0, n / 1000.0) {
        Text::new(
            "tọa độ có vẻ ghi bằng milimét dù khai báo đơn vị bản đồ khác",
            "easting and northing look like millimetres although the map unit says otherwise",
        )
    } else if vietnam(e * 1000.0, n * 1000.0) {
        Text::new(
            "tọa độ có vẻ ghi bằng mét nhưng được đọc là milimét; kiểm tra đơn vị bản đồ",
            "easting and northing look like metres read as millimetres; check the map unit",
        )
    } else {
        Text::new(
            format!("tọa độ đông {e:.0}, bắc {n:.0} nằm ngoài Việt Nam trong hệ {code}"),
            format!("easting {e:.0} and northing {n:.0} lie outside Vietnam in {code}"),
        )
    })
}

/// VN-2000 grids: UTM 48N, 49N and the 3° zones EPSG:9205–9218, 5896–5899.
fn is_vn2000(code: &str) -> bool {
    let number: u32 = code.trim_start_matches("EPSG:").parse().unwrap_or(0);
    matches!(number, 3405 | 3406 | 5896..=5899 | 9205..=9218)
}

fn place(out: &mut Georeference, notes: &mut Vec<Text>) -> Option<Placement> {
    let code = out.crs.clone()?;
    out.horizontal_uncertainty_m = if code == "EPSG:9218" { DECLARED_M } else { TRANSFORMED_M };
    let origin = (out.easting?, out.northing?);
    match Placement::in_crs(&code, origin, out.rotation_deg, out.scale) {
        Ok(placement) => Some(placement),
        Err(reason) => {
            notes.push(Text::new(
                format!("{code}: không chuyển được tọa độ ({reason})"),
                format!("{code}: coordinates cannot be transformed ({reason})"),
            ));
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
