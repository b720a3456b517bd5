//! LoGeoRef 50: a map conversion into a declared CRS.
//!
//! `E = Eastings + Scale·(cos·x − sin·y)`, `N = Northings + Scale·(sin·x + cos·y)`. Eastings, Northings and
//! OrthogonalHeight are in the CRS's MapUnit (the file's length unit where none is given); x and y in the file's
//! length unit, so that Scale also carries the ratio of the two units. FactorX and FactorY of IfcMapConversionScaled
//! stretch x and y on top of it.

use super::{
    DECLARED_M, Found, NOWHERE_M, TRANSFORMED_M, blank, crs, doubts, geographic, ifc2x3, micrometres, zones,
};
use crate::bim::element::Context;
use crate::bim::facts::Georeference;
use crate::bim::placement::Placement;
use crate::bim::step::Record;
use crate::text::Text;

/// What a conversion says, in the file's units.
pub struct Raw {
    /// Entity or property set.
    pub source: &'static str,
    /// Easting of the local origin.
    pub eastings: f64,
    /// Northing of the local origin.
    pub northings: f64,
    /// Height of the local origin.
    pub height: Option<f64>,
    /// XAxisAbscissa and XAxisOrdinate; none where neither is given.
    pub axis: Option<[f64; 2]>,
    /// Scale.
    pub scale: Option<f64>,
    /// FactorX and FactorY.
    pub factors: Option<[f64; 2]>,
    /// Name of the CRS.
    pub crs_name: Option<String>,
    /// GeodeticDatum of the CRS.
    pub geodetic_datum: Option<String>,
    /// VerticalDatum of the CRS.
    pub vertical_datum: Option<String>,
    /// Metres in the map unit; none where none is declared.
    pub map_unit_m: Option<f64>,
    /// IfcRigidOperation: neither turned nor scaled.
    pub rigid: bool,
}

/// The conversion of the file, if there is one; what was found unusable on the way is told in `notes`.
pub fn read(context: &Context<'_>, notes: &mut Vec<Text>) -> Option<Found> {
    if let Some(operation) = operation(context, notes) {
        let crs = context.model.follow(&operation, "TargetCRS");
        if let Some(crs) = crs.as_ref().filter(|c| c.entity() == "IfcGeographicCRS") {
            return geographic::read(context, &operation, crs);
        }
        if let Some(raw) = from_entity(context, &operation, crs.as_ref()) {
            return Some(resolve(&raw, context));
        }
        let (id, entity) = (operation.id(), operation.entity());
        notes.push(Text::new(
            format!("{entity} #{id} không có số Eastings và Northings đọc được; bỏ qua"),
            format!("{entity} #{id} holds no usable Eastings and Northings; it is passed over"),
        ));
    }
    ifc2x3::read(context, notes).map(|raw| resolve(&raw, context))
}

/// The operation that starts from the model's context, else the first.
fn operation(context: &Context<'_>, notes: &mut Vec<Text>) -> Option<Record> {
    let model = context.model;
    let all: Vec<Record> =
        model.all("IfcCoordinateOperation").into_iter().filter_map(|id| model.get(id)).collect();
    if all.len() > 1 {
        notes.push(Text::new(
            format!("có {} phép chuyển tọa độ; dùng phép của ngữ cảnh mô hình", all.len()),
            format!("{} coordinate operations; the one of the model's context is used", all.len()),
        ));
    }
    let of_model = |operation: &Record| {
        let source = model.follow(operation, "SourceCRS");
        source.is_some_and(|c| c.text("ContextType").is_none_or(|t| t.eq_ignore_ascii_case("Model")))
    };
    let at = all.iter().position(of_model).unwrap_or(0);
    all.into_iter().nth(at)
}

fn from_entity(context: &Context<'_>, operation: &Record, crs: Option<&Record>) -> Option<Raw> {
    let model = context.model;
    let crs_text = |name: &str| crs.and_then(|c| c.text(name)).map(str::to_owned);
    let rigid = operation.entity() == "IfcRigidOperation";
    let (east, north, height) = if rigid {
        ("FirstCoordinate", "SecondCoordinate", "Height")
    } else {
        ("Eastings", "Northings", "OrthogonalHeight")
    };
    let number = |name: &str| operation.value(name).and_then(|v| v.number());
    let axis = match (number("XAxisAbscissa"), number("XAxisOrdinate")) {
        (None, None) => None,
        (x, y) => Some([x.unwrap_or(0.0), y.unwrap_or(0.0)]),
    };
    let factors = match (number("FactorX"), number("FactorY")) {
        (None, None) => None,
        (x, y) => Some([x.unwrap_or(1.0), y.unwrap_or(1.0)]),
    };
    let well_known = || crs.and_then(|c| crs::of_well_known_text(model, c.id()));
    Some(Raw {
        source: match operation.entity() {
            "IfcRigidOperation" => "IfcRigidOperation",
            "IfcMapConversionScaled" => "IfcMapConversionScaled",
            _ => "IfcMapConversion",
        },
        eastings: number(east)?,
        northings: number(north)?,
        height: number(height),
        axis,
        scale: number("Scale"),
        factors,
        crs_name: crs_text("Name")
            .filter(|n| crs::code(n).is_some())
            .or_else(well_known)
            .or_else(|| crs_text("Name")),
        geodetic_datum: crs_text("GeodeticDatum"),
        vertical_datum: crs_text("VerticalDatum"),
        map_unit_m: crs.and_then(|c| c.reference("MapUnit")).and_then(|unit| model.scale_of_unit(unit)),
        rigid,
    })
}

fn resolve(raw: &Raw, context: &Context<'_>) -> Found {
    let length_m = context.units.length_m;
    let map_m = raw.map_unit_m.unwrap_or(length_m);
    let mut notes = Vec::new();
    let mut out = blank(50, raw.source);
    out.easting = Some(micrometres(raw.eastings * map_m));
    out.northing = Some(micrometres(raw.northings * map_m));
    out.orthogonal_height_m = raw.height.map(|h| micrometres(h * map_m));
    out.crs = raw.crs_name.as_deref().and_then(crs::code);
    out.vertical_datum.clone_from(&raw.vertical_datum);
    out.rotation_deg = raw.axis.map_or(0.0, |axis| rotation(axis, &mut notes));
    // A rigid operation keeps true lengths: only the units differ.
    out.scale = if raw.rigid { 1.0 } else { scale(raw.scale, map_m, length_m, &mut notes) };
    let mut stretch = 0.0;
    if let Some([x, y]) = raw.factors {
        stretch = factors(x, y, &mut notes);
        if x > 0.0 {
            out.scale *= x;
        }
    }
    let placement = place(&mut out, &mut notes);
    let scale_off = (out.scale - 1.0).abs();
    let mut found = Found { georeference: Some(out), placement, notes };
    doubts::of_conversion(&mut found, raw);
    // A model that is not its true size is wrong at its edges by what it is stretched.
    let extent = super::crosscheck::extent(context).unwrap_or(0.0);
    let off = stretch.max(if scale_off > 0.01 { scale_off } else { 0.0 });
    if let Some(g) = found.georeference.as_mut().filter(|_| off > 0.0) {
        g.horizontal_uncertainty_m = g.horizontal_uncertainty_m.max((off * extent * 100.0).ceil() / 100.0);
    }
    found
}

fn rotation(axis: [f64; 2], notes: &mut Vec<Text>) -> f64 {
    let length = axis[0].hypot(axis[1]);
    if length < 1e-9 {
        notes.push(Text::new(
            "XAxisAbscissa và XAxisOrdinate đều bằng 0; không xoay mô hình",
            "XAxisAbscissa and XAxisOrdinate are both 0; no rotation is applied",
        ));
        return 0.0;
    }
    // Written with three decimals a unit vector is off by a thousandth.
    if (length - 1.0).abs() > 0.002 {
        notes.push(Text::new(
            format!("XAxisAbscissa, XAxisOrdinate là vectơ dài {length:.6}, đúng ra dài 1; chỉ dùng hướng của nó, không dùng làm tỷ lệ"),
            format!("XAxisAbscissa, XAxisOrdinate make a vector of length {length:.6} where 1 is right; only its direction is used, not as a scale"),
        ));
    }
    let degrees = axis[1].atan2(axis[0]).to_degrees();
    // One rule for both signs of zero.
    if degrees == 0.0 { 0.0 } else { degrees }
}

/// Whether FactorX and FactorY leave the model its shape; the answer is how much they do not, as a part of its size.
fn factors(x: f64, y: f64, notes: &mut Vec<Text>) -> f64 {
    if x * y < 0.0 || x <= 0.0 {
        notes.push(Text::new(
            format!("FactorX {x} và FactorY {y} lật gương hoặc làm mất hình mô hình (hệ số phải dương); không áp dụng"),
            format!("FactorX {x} and FactorY {y} mirror or flatten the model (factors are positive); they are not applied"),
        ));
        return 2.0;
    }
    if (x - y).abs() > 1e-6 {
        notes.push(Text::new(
            format!("FactorX {x} và FactorY {y} khác nhau làm méo mô hình; dùng FactorX"),
            format!("FactorX {x} and FactorY {y} differ, which distorts the model; FactorX is used"),
        ));
    }
    (x - y).abs()
}

/// The factor on local metres. Scale should hold the ratio of file unit to map unit; many programs leave it at
/// 1, which is then meant for metres.
fn scale(declared: Option<f64>, map_m: f64, length_m: f64, notes: &mut Vec<Text>) -> f64 {
    let near_one = |s: f64| (0.99..=1.01).contains(&s);
    if let Some(wrong) = declared.filter(|s| *s <= 0.0) {
        notes.push(Text::new(
            format!("Scale {wrong} không dương: sẽ lật ngược hoặc làm mất mô hình; không áp dụng, chiều dài được đổi theo đơn vị"),
            format!("Scale {wrong} is not positive and would turn or flatten the model; it is not applied, lengths are converted by their units"),
        ));
        return 1.0;
    }
    let Some(declared) = declared else {
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
    let right = length_m / map_m;
    notes.push(Text::new(
        format!("Scale {declared} phóng mô hình lên {factor} lần; theo đơn vị (chiều dài {length_m} m, bản đồ {map_m} m) đúng ra là {right}"),
        format!("Scale {declared} stretches the model to {factor} times its size; by its units (length {length_m} m, map {map_m} m) {right} is right"),
    ));
    factor
}

/// The placement, and its uncertainty before any doubt: that of the transformation from the declared CRS.
fn place(out: &mut Georeference, notes: &mut Vec<Text>) -> Option<Placement> {
    let code = out.crs.clone()?;
    if crs::is_geographic(&code) {
        notes.push(Text::new(
            format!("{code} là hệ tọa độ địa lý (độ); IfcMapConversion cần hệ phẳng (IfcProjectedCRS), ví dụ EPSG:9218"),
            format!("{code} is geographic (degrees); IfcMapConversion needs a projected system (IfcProjectedCRS) such as EPSG:9218"),
        ));
        return None;
    }
    // Another zone of VN-2000 is converted without a change of datum, and exactly.
    out.horizontal_uncertainty_m = if zones::is_vn2000_code(&code) { DECLARED_M } else { TRANSFORMED_M };
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
