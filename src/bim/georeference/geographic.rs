//! IfcRigidOperation into an IfcGeographicCRS (IFC4X3): latitude and longitude of the local origin, in the order of
//! the system's authority (latitude first for EPSG:4326 and EPSG:4756).

use super::{Found, TRANSFORMED_M, blank, crs, no_vertical_datum, site, zones};
use crate::bim::element::Context;
use crate::bim::placement::Placement;
use crate::bim::step::Record;
use crate::text::Text;

/// What such an operation places; none where it has no coordinates.
pub fn read(context: &Context<'_>, operation: &Record, crs_record: &Record) -> Option<Found> {
    let model = context.model;
    let number = |name: &str| operation.value(name).and_then(|v| v.number());
    let (first, second) = (number("FirstCoordinate")?, number("SecondCoordinate")?);
    let declared = crs_record.reference("AngleUnit").and_then(|unit| model.scale_of_unit(unit));
    let unit = declared.or_else(|| model.unit_scale("PLANEANGLEUNIT").ok().flatten()).unwrap_or(1.0);
    let (lat, lon) = ((first * unit).to_degrees(), (second * unit).to_degrees());
    let mut out = blank(50, "IfcRigidOperation");
    out.crs = crs_record.text("Name").and_then(crs::code);
    out.orthogonal_height_m = number("Height").map(|h| h * context.units.length_m);
    out.vertical_datum = crs_record.text("VerticalDatum").map(str::to_owned);
    out.rotation_deg = site::north_rotation(context).unwrap_or(0.0);
    let no_datum = out.vertical_datum.is_none();
    let mut found = Found { georeference: Some(out), placement: None, notes: Vec::new() };
    if lat.abs() > 90.0 || lon.abs() > 360.0 {
        let (vi, en) = if zones::in_vietnam(second, first) {
            (
                "các số có vẻ là độ nhưng đơn vị góc khai báo không phải độ (AngleUnit)",
                "the numbers look like degrees, but the angle unit is another (AngleUnit)",
            )
        } else if zones::in_vietnam(lat, lon) {
            ("vĩ độ và kinh độ có vẻ bị đảo", "latitude and longitude look swapped")
        } else {
            ("vĩ độ, kinh độ ngoài phạm vi", "latitude and longitude are out of range")
        };
        found.notes.push(Text::new(
            format!("IfcRigidOperation đọc được vĩ độ {lat:.6}°, kinh độ {lon:.6}°: {vi}"),
            format!("IfcRigidOperation gives latitude {lat:.6}°, longitude {lon:.6}°: {en}"),
        ));
    } else if let Some(g) = &mut found.georeference {
        (g.longitude, g.latitude) = (Some(lon), Some(lat));
        g.horizontal_uncertainty_m = TRANSFORMED_M;
        found.placement = Some(Placement::by_site((lon, lat), (0.0, 0.0), g.rotation_deg));
    }
    if no_datum {
        found.notes.push(no_vertical_datum());
    }
    Some(found)
}
