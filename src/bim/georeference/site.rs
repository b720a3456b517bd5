//! LoGeoRef 10–40: what places a model without a map conversion.

use super::{Found, SITE_M, angles, blank, no_vertical_datum, world, zones};
use crate::bim::element::Context;
use crate::bim::placement::Placement;
use crate::bim::shape::axes;
use crate::bim::step::Record;
use crate::text::Text;

/// The best of world coordinates in the model, latitude and longitude, and address.
pub fn read(context: &Context<'_>) -> Found {
    let site = context.model.exactly("IfcSite").first().and_then(|id| context.model.get(*id));
    let by_degrees = site.as_ref().and_then(|s| geographic(context, s));
    let degrees = by_degrees.as_ref().and_then(|f| {
        let g = f.georeference.as_ref()?;
        Some((g.longitude?, g.latitude?))
    });
    match (world::read(context, degrees), by_degrees) {
        (Some(world), None) => world,
        (Some(world), Some(_)) if world.placement.is_some() => world,
        // World coordinates of no grid that fits: latitude and longitude place it, what was seen is told.
        (Some(world), Some(mut found)) => {
            if let (Some(g), Some(w)) = (&mut found.georeference, &world.georeference) {
                g.level = w.level;
            }
            let count = found.notes.len();
            found.notes.splice(count..count, world.notes);
            found
        }
        (None, Some(found)) => found,
        (None, None) => address(context),
    }
}

/// RefLatitude and RefLongitude of IfcSite in degrees, as they are read; none where absent, unusable or 0/0, which
/// programs write where nobody entered a place.
pub fn degrees(site: &Record) -> Option<(f64, f64)> {
    let latitude = angles::read(&site.numbers("RefLatitude"))?.degrees;
    let longitude = angles::read(&site.numbers("RefLongitude"))?.degrees;
    let usable = (latitude != 0.0 || longitude != 0.0) && latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    usable.then_some((longitude, latitude))
}

fn geographic(context: &Context<'_>, site: &Record) -> Option<Found> {
    let (lat, lon) = (site.numbers("RefLatitude"), site.numbers("RefLongitude"));
    if lat.is_empty() && lon.is_empty() {
        return None;
    }
    let mut out = blank(20, "IfcSite");
    out.orthogonal_height_m = site.number("RefElevation").map(|h| h * context.units.length_m);
    let mut found = Found { georeference: Some(out), placement: None, notes: Vec::new() };
    let (Some(latitude), Some(longitude)) = (angles::read(&lat), angles::read(&lon)) else {
        found.notes.push(Text::new(
            "RefLatitude, RefLongitude của IfcSite phải có độ, phút, giây (3 hoặc 4 số); không đọc được",
            "IfcSite RefLatitude and RefLongitude take degrees, minutes, seconds (3 or 4 numbers); they cannot be read",
        ));
        return Some(found);
    };
    let read = (longitude.degrees, latitude.degrees);
    if read == (0.0, 0.0) {
        return None;
    }
    if let Some(usable) = degrees(site) {
        place(context, site, usable, &mut found);
    }
    doubts(&mut found, latitude, longitude);
    found.notes.push(no_vertical_datum());
    Some(found)
}

fn place(context: &Context<'_>, site: &Record, (longitude, latitude): (f64, f64), found: &mut Found) {
    let Some(out) = &mut found.georeference else { return };
    out.horizontal_uncertainty_m = SITE_M;
    out.rotation_deg = north_rotation(context).unwrap_or(0.0);
    let origin = axes::of_product(context.model, site, context.units.length_m).map_or([0.0; 3], |a| a.origin);
    (out.longitude, out.latitude) = (Some(longitude), Some(latitude));
    found.placement =
        Some(Placement::by_site((longitude, latitude), (origin[0], origin[1]), out.rotation_deg));
    found.notes.push(Text::new(
        "chỉ đặt theo vĩ độ, kinh độ của IfcSite, lệch vài mét; hãy thêm IfcMapConversion và IfcProjectedCRS EPSG:9218",
        "placed by IfcSite latitude and longitude only, within some metres; add IfcMapConversion and \
         IfcProjectedCRS EPSG:9218",
    ));
}

/// The usual mistakes of latitude and longitude: the first reading that lies in Vietnam explains them.
fn doubts(found: &mut Found, latitude: angles::Angle, longitude: angles::Angle) {
    let (lon, lat) = (longitude.degrees, latitude.degrees);
    if latitude.mixed || longitude.mixed {
        found.notes.push(Text::new(
            "độ, phút, giây của IfcSite không cùng dấu; cả góc được đọc là âm",
            "degrees, minutes and seconds of IfcSite differ in sign; the whole angle is read as negative",
        ));
    }
    let meant = (longitude.meant.unwrap_or(lon), latitude.meant.unwrap_or(lat));
    let decimals = meant != (lon, lat);
    let (vi, en, right) = if decimals && zones::in_vietnam(meant.0, meant.1) {
        (
            "phần thập phân của độ ghi nhầm vào ô phút, giây",
            "decimals of a degree stand in the fields of minutes and seconds",
            meant,
        )
    } else if zones::in_vietnam(lon, lat) {
        return;
    } else if zones::in_vietnam(lat, lon) {
        ("vĩ độ và kinh độ có vẻ bị đảo", "latitude and longitude look swapped", (lat, lon))
    } else if zones::in_vietnam(lon.abs(), lat.abs()) {
        ("sai dấu", "the sign is wrong", (lon.abs(), lat.abs()))
    } else if zones::in_vietnam(lat.abs(), lon.abs()) {
        (
            "vĩ độ và kinh độ có vẻ bị đảo và sai dấu",
            "latitude and longitude look swapped and of the wrong sign",
            (lat.abs(), lon.abs()),
        )
    } else if lat.abs() > 90.0 || lon.abs() > 180.0 {
        found.notes.push(Text::new(
            format!("IfcSite ghi vĩ độ {lat:.6}°, kinh độ {lon:.6}°: ngoài phạm vi, không đặt được"),
            format!(
                "IfcSite gives latitude {lat:.6}°, longitude {lon:.6}°: out of range, it cannot be placed"
            ),
        ));
        return;
    } else {
        return;
    };
    found.doubt(
        zones::on_the_globe((lon, lat), right),
        format!("IfcSite ghi vĩ độ {lat:.6}°, kinh độ {lon:.6}°: {vi}; đúng ra là vĩ độ {:.6}°, kinh độ {:.6}°", right.1, right.0),
        format!("IfcSite gives latitude {lat:.6}°, longitude {lon:.6}°: {en}; right would be latitude {:.6}°, longitude {:.6}°", right.1, right.0),
    );
}

/// Rotation that turns the context's TrueNorth to map north, degrees anticlockwise; none where it is not given.
pub fn north_rotation(context: &Context<'_>) -> Option<f64> {
    let north = context.model.exactly("IfcGeometricRepresentationContext").iter().find_map(|&id| {
        let record = context.model.get(id)?;
        let ratios = context.model.follow(&record, "TrueNorth")?.numbers("DirectionRatios");
        (ratios.len() >= 2 && ratios[0].hypot(ratios[1]) > 1e-9).then(|| [ratios[0], ratios[1]])
    });
    north.map(|[x, y]| x.atan2(y).to_degrees())
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
