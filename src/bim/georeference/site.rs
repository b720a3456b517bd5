//! LoGeoRef 10–40: what places a model without a map conversion.

use super::{Found, SITE_M, blank, no_vertical_datum};
use crate::bim::element::Context;
use crate::bim::placement::Placement;
use crate::bim::shape::axes;
use crate::bim::step::Record;
use crate::text::Text;

/// The best of context, site placement, latitude and longitude, and address.
pub fn read(context: &Context<'_>) -> Found {
    let site = context.model.exactly("IfcSite").first().and_then(|id| context.model.get(*id));
    let anchor = world_system(context).map(|p| (40, "IfcGeometricRepresentationContext", p)).or_else(|| {
        let place = axes::of_product(context.model, site.as_ref()?, context.units.length_m)?;
        // A site some metres off the origin says nothing about the earth.
        let far = place.origin[0].hypot(place.origin[1]) > 1000.0;
        far.then_some((30, "IfcSite.ObjectPlacement", place.origin))
    });
    let geographic = site.as_ref().and_then(|s| geographic(context, s));
    match (geographic, anchor) {
        (Some(mut found), anchor) => {
            if let (Some(g), Some((level, source, [x, y, _]))) = (&mut found.georeference, anchor) {
                g.level = level;
                found.notes.push(Text::new(
                    format!(
                        "{source} đặt tại x {x:.2}, y {y:.2} nhưng không khai báo hệ tọa độ; dùng vĩ độ và kinh độ"
                    ),
                    format!(
                        "{source} stands at x {x:.2}, y {y:.2}, but no coordinate reference system is declared; \
                         latitude and longitude are used"
                    ),
                ));
            }
            found
        }
        (None, Some((level, source, at))) => {
            let mut out = blank(level, source);
            out.easting = Some(at[0]);
            out.northing = Some(at[1]);
            out.orthogonal_height_m = Some(at[2]);
            let note = Text::new(
                "không khai báo hệ tọa độ: không đặt được mô hình lên bản đồ",
                "no coordinate reference system is declared: the model cannot be placed",
            );
            Found { georeference: Some(out), placement: None, notes: vec![note] }
        }
        (None, None) => address(context),
    }
}

/// The model context's WorldCoordinateSystem, where it lies off the origin.
fn world_system(context: &Context<'_>) -> Option<[f64; 3]> {
    context.model.exactly("IfcGeometricRepresentationContext").iter().find_map(|&id| {
        let record = context.model.get(id)?;
        let system = context.model.follow(&record, "WorldCoordinateSystem")?;
        let axes = axes::of_placement(context.model, &system, context.units.length_m);
        (axes.origin[0].hypot(axes.origin[1]) > 1000.0).then_some(axes.origin)
    })
}

fn geographic(context: &Context<'_>, site: &Record) -> Option<Found> {
    let latitude = compound_angle(&site.numbers("RefLatitude"))?;
    let longitude = compound_angle(&site.numbers("RefLongitude"))?;
    // Programs write 0/0 where nobody entered a place.
    if (latitude == 0.0 && longitude == 0.0) || latitude.abs() > 90.0 || longitude.abs() > 180.0 {
        return None;
    }
    let mut out = blank(20, "IfcSite");
    out.horizontal_uncertainty_m = SITE_M;
    out.rotation_deg = north_rotation(context);
    out.orthogonal_height_m = site.number("RefElevation").map(|h| h * context.units.length_m);
    let origin = axes::of_product(context.model, site, context.units.length_m).map_or([0.0; 3], |a| a.origin);
    let placement = Placement::by_site((longitude, latitude), (origin[0], origin[1]), out.rotation_deg);
    out.longitude = Some(longitude);
    out.latitude = Some(latitude);
    let note = Text::new(
        "chỉ đặt theo vĩ độ, kinh độ của IfcSite, lệch vài mét; hãy thêm IfcMapConversion và IfcProjectedCRS EPSG:9218",
        "placed by IfcSite latitude and longitude only, within some metres; add IfcMapConversion and \
         IfcProjectedCRS EPSG:9218",
    );
    Some(Found {
        georeference: Some(out),
        placement: Some(placement),
        notes: vec![note, no_vertical_datum()],
    })
}

/// Degrees of an IfcCompoundPlaneAngleMeasure: degrees, minutes, seconds, millionths of a second, of one sign.
fn compound_angle(parts: &[f64]) -> Option<f64> {
    if parts.len() < 3 {
        return None;
    }
    let millionths = parts.get(3).copied().unwrap_or(0.0);
    let size = parts[0].abs() + parts[1].abs() / 60.0 + (parts[2].abs() + millionths.abs() / 1e6) / 3600.0;
    Some(if parts.iter().any(|p| *p < 0.0) { -size } else { size })
}

/// Rotation that turns the context's TrueNorth to map north, degrees anticlockwise.
fn north_rotation(context: &Context<'_>) -> f64 {
    let north = context.model.exactly("IfcGeometricRepresentationContext").iter().find_map(|&id| {
        let record = context.model.get(id)?;
        let ratios = context.model.follow(&record, "TrueNorth")?.numbers("DirectionRatios");
        (ratios.len() >= 2 && ratios[0].hypot(ratios[1]) > 1e-9).then(|| [ratios[0], ratios[1]])
    });
    north.map_or(0.0, |[x, y]| x.atan2(y).to_degrees())
}

fn address(context: &Context<'_>) -> Found {
    let model = context.model;
    let holds = |entity: &str, attribute: &str| {
        model
            .exactly(entity)
            .iter()
            .any(|id| model.get(*id).is_some_and(|r| r.reference(attribute).is_some()))
    };
    if !holds("IfcSite", "SiteAddress") && !holds("IfcBuilding", "BuildingAddress") {
        return Found::default();
    }
    let note = Text::new(
        "mô hình chỉ có địa chỉ: không đặt được lên bản đồ",
        "only an address says where the model stands: it cannot be placed",
    );
    Found { georeference: Some(blank(10, "IfcPostalAddress")), placement: None, notes: vec![note] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compound_angles_have_one_sign() {
        assert!((compound_angle(&[12.0, 0.0, 36.0, 500_000.0]).unwrap() - 12.010_138_888).abs() < 1e-8);
        assert!((compound_angle(&[-71.0, -3.0, -36.0]).unwrap() + 71.06).abs() < 1e-9);
        assert!((compound_angle(&[0.0, -30.0, 0.0]).unwrap() + 0.5).abs() < 1e-9);
        assert_eq!(compound_angle(&[12.0]), None);
    }
}
