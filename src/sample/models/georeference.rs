//! Where a model stands: the site's outline, and the map conversion into EPSG:9218 with the datum Hon Dau 1992.

use super::backbone::{Built, add_subcontext};
use super::design::{Design, Place, Schema};
use super::details::{add_property_set, label};
use super::step::{Id, V};

/// Scheme, datums and zone of the province's legal CRS.
const CRS: [&str; 6] =
    ["EPSG:9218", "VN-2000 / TM-3 108-30", "VN-2000", "Hon Dau 1992", "Transverse Mercator", "TM-3 108-30"];

/// The parcel as the site's footprint: a closed line at the planned ground's height is not needed in plan, so z is 0.
pub fn site_outline(b: &mut Built<'_>) -> Id {
    let context = add_subcontext(b, "FootPrint", "PLAN_VIEW");
    let ring: Vec<_> = b.design.parcel_ring().iter().map(|p| vec![p[0], p[1], 0.0]).collect();
    let line = b.polyline(&ring);
    let set = b.doc.add("IFCGEOMETRICCURVESET", &[V::refs([line])]);
    b.representation("FootPrint", "GeometricCurveSet", context, set)
}

/// Places the model: IfcMapConversion and IfcProjectedCRS, or in IFC2X3, which has neither, the property sets
/// that buildingSMART's guide for georeferencing puts in their place.
pub fn add(b: &mut Built<'_>) {
    let design = b.design;
    if design.place == Place::Degrees {
        return;
    }
    let [mut easting, mut northing] = design.site.quarter.to_map(design.origin);
    if design.place == Place::Swapped {
        (easting, northing) = (northing, easting);
    }
    let (sin, cos) = design.rotation_deg().to_radians().sin_cos();
    // From the file's unit to the map's metre.
    let scale = 1.0 / design.units_per_metre;
    let values = [easting, northing, design.zero_level_m, cos, sin, scale];
    if design.schema == Schema::Ifc2x3 { add_property_sets(b, values) } else { add_entities(b, values) }
}

/// What the model declares of its CRS.
fn crs(b: &Built<'_>) -> [&'static str; 6] {
    let mut crs = CRS;
    if b.design.place == Place::WrongZone {
        (crs[0], crs[1], crs[5]) = ("EPSG:5899", "VN-2000 / TM-3 107-45", "TM-3 107-45");
    }
    crs
}

/// RefLatitude and RefLongitude of IfcSite: degrees, minutes, seconds and millionths of a second of the local origin;
/// `$` where a map conversion says it.
pub fn degrees(design: &Design) -> [V; 2] {
    if design.place != Place::Degrees {
        return [V::Null, V::Null];
    }
    let [easting, northing] = design.site.quarter.to_map(design.origin);
    let (lon, lat) = crate::space::crs::to_crs84(easting, northing);
    [lat, lon].map(|angle| {
        let millionths = (angle * 3.6e9).round() as i64;
        let seconds = millionths / 1_000_000;
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60, millionths % 1_000_000];
        V::List(parts.into_iter().map(V::Int).collect())
    })
}

/// Where the site lies in local coordinates: the origin, unless the offset is to be applied twice.
pub fn site_origin(design: &Design) -> [f64; 3] {
    let [easting, northing] = design.site.quarter.to_map(design.origin);
    if design.place == Place::Twice { [easting, northing, 0.0] } else { [0.0; 3] }
}

fn add_entities(b: &mut Built<'_>, values: [f64; 6]) {
    let mut crs: Vec<V> = crs(b).iter().map(|s| V::text(*s)).collect();
    crs.push(V::Ref(b.metre));
    let crs = b.doc.add("IFCPROJECTEDCRS", &crs);
    let mut conversion = vec![V::Ref(b.context), V::Ref(crs)];
    conversion.extend(values.map(V::Real));
    b.doc.add("IFCMAPCONVERSION", &conversion);
}

fn add_property_sets(b: &mut Built<'_>, values: [f64; 6]) {
    let names = ["Eastings", "Northings", "OrthogonalHeight", "XAxisAbscissa", "XAxisOrdinate", "Scale"];
    let types = ["IFCLENGTHMEASURE", "IFCLENGTHMEASURE", "IFCLENGTHMEASURE", "IFCREAL", "IFCREAL", "IFCREAL"];
    let declared = crs(b);
    let mut conversion = vec![("TargetCRS", label(declared[0]))];
    for i in 0..6 {
        conversion.push((names[i], V::Typed(types[i], Box::new(V::Real(values[i])))));
    }
    let names = ["Name", "Description", "GeodeticDatum", "VerticalDatum", "MapProjection", "MapZone"];
    let mut crs: Vec<_> = names.iter().zip(declared).map(|(n, v)| (*n, label(v))).collect();
    crs.push(("MapUnit", label("METRE")));
    let site = b.site;
    add_property_set(b, "ePset_MapConversion", "khu đất", &[site], &conversion);
    add_property_set(b, "ePset_ProjectedCRS", "khu đất", &[site], &crs);
}
