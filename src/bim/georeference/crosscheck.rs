//! What the parts of a model say of its place, held against each other: offsets applied twice, mirrored or tilted
//! systems, a size that no building has, TrueNorth and IfcSite beside the map conversion.

use super::site::{degrees, north_rotation};
use super::world::{placement_of, world_system};
use super::{FAR_M, Found, zones};
use crate::bim::element::Context;
use crate::bim::facts::Box3;
use crate::bim::shape::axes;
use crate::text::Text;

/// Distance of IfcSite from the map conversion's place that seconds of arc explain, metres.
const SITE_NEAR_M: f64 = 50.0;
/// Up to here IfcSite and the map conversion mean one place and one of them is wrong; farther off IfcSite holds the
/// default of a program (Boston, Chicago), which says nothing.
const SITE_MEANT_M: f64 = 1000.0;
/// Grid north and true north differ by the meridian's convergence, in Vietnam up to 1.5°.
const CONVERGENCE_DEG: f64 = 2.0;

/// Tells the contradictions.
pub fn check(context: &Context<'_>, found: &mut Found) {
    size(context, found);
    upright(context, found);
    if found.georeference.as_ref().is_some_and(|g| g.level == 50) {
        doubled(context, found);
        north(context, found);
        site(context, found);
    }
}

/// The box of all solids, local metres.
fn bbox(context: &Context<'_>) -> Option<Box3> {
    context.meshes.solids.values().filter_map(crate::bim::shape::Solid::bbox).reduce(|a, b| Box3 {
        min: [0, 1, 2].map(|k| a.min[k].min(b.min[k])),
        max: [0, 1, 2].map(|k| a.max[k].max(b.max[k])),
    })
}

/// Middle of all solids in plan, local metres.
pub fn centre(context: &Context<'_>) -> Option<(f64, f64)> {
    bbox(context).map(|b| (f64::midpoint(b.min[0], b.max[0]), f64::midpoint(b.min[1], b.max[1])))
}

/// Longest side of the box of all solids, metres.
pub fn extent(context: &Context<'_>) -> Option<f64> {
    bbox(context).map(|b| [0, 1, 2].map(|k| b.max[k] - b.min[k]).into_iter().fold(0.0, f64::max))
}

/// A thousand times too large or too small.
fn size(context: &Context<'_>, found: &mut Found) {
    let Some(b) = bbox(context) else { return };
    let [x, y, z] = [0, 1, 2].map(|k| b.max[k] - b.min[k]);
    let size = format!("{x:.3} × {y:.3} × {z:.3} m");
    if z > 1500.0 && x.max(y) > 1500.0 {
        found.doubt(
            x.max(y),
            format!("mô hình lớn {size}, có vẻ lớn gấp 1000 lần: số liệu là milimét nhưng đơn vị chiều dài khai là mét"),
            format!("the model measures {size} and looks 1000 times too large: its numbers are millimetres, its length unit says metres"),
        );
    } else if x.max(y).max(z) < 0.3 && z > 0.0 {
        found.doubt(
            1000.0 * x.max(y),
            format!("mô hình chỉ lớn {size}, có vẻ nhỏ đi 1000 lần: số liệu là mét nhưng đơn vị chiều dài khai là milimét"),
            format!("the model measures {size} only and looks 1000 times too small: its numbers are metres, its length unit says millimetres"),
        );
    }
}

/// Systems that look at the model from below (mirrored in plan) or are tilted.
fn upright(context: &Context<'_>, found: &mut Found) {
    let world = context.model.exactly("IfcGeometricRepresentationContext").iter().find_map(|&id| {
        let record = context.model.get(id)?;
        let system = context.model.follow(&record, "WorldCoordinateSystem")?;
        Some(axes::of_placement(context.model, &system, context.units.length_m))
    });
    let systems = [
        ("WorldCoordinateSystem", world),
        ("IfcSite.ObjectPlacement", placement_of(context, "IfcSite")),
        ("IfcBuilding.ObjectPlacement", placement_of(context, "IfcBuilding")),
    ];
    let extent = extent(context).unwrap_or(0.0);
    for (name, system) in systems {
        let Some(up) = system.map(|s| s.axes[2][2]) else { continue };
        if up < 0.0 {
            found.doubt(
                extent,
                format!("trục z của {name} hướng xuống: mặt bằng bị lật gương; đúng ra trục z hướng lên"),
                format!(
                    "the z axis of {name} points down: the plan is mirrored; right would be a z axis upwards"
                ),
            );
            return;
        }
        if up < 0.999_998 {
            let tilt = up.clamp(-1.0, 1.0).acos().to_degrees();
            found.doubt(
                extent * (1.0 - up),
                format!("trục z của {name} nghiêng {tilt:.2}° so với phương thẳng đứng"),
                format!("the z axis of {name} leans {tilt:.2}° from the vertical"),
            );
            return;
        }
    }
}

/// A map conversion on top of map coordinates in the model.
fn doubled(context: &Context<'_>, found: &mut Found) {
    let Some(g) = &found.georeference else { return };
    let (Some(e), Some(n)) = (g.easting, g.northing) else { return };
    let from_site = || placement_of(context, "IfcSite").map(|a| (a.origin[0], a.origin[1]));
    let at = centre(context).or_else(from_site).unwrap_or((0.0, 0.0));
    let offset = e.hypot(n);
    if at.0.hypot(at.1) > FAR_M && offset > FAR_M {
        let (x, y) = at;
        found.doubt(
            offset,
            format!("mô hình đã ở tọa độ bản đồ (x {x:.2}, y {y:.2}) mà {} còn cộng thêm đông {e:.2}, bắc {n:.2}: dời hai lần; đúng ra chỉ dời một lần", g.source),
            format!("the model stands at map coordinates (x {x:.2}, y {y:.2}) already, and {} adds easting {e:.2}, northing {n:.2}: the offset is applied twice; right would be once", g.source),
        );
    }
    if let Some([x, y, _]) = world_system(context).map(|s| s.origin) {
        found.doubt(
            x.hypot(y),
            format!("WorldCoordinateSystem cũng dời x {x:.2}, y {y:.2}; chỉ dùng phép chuyển bản đồ"),
            format!(
                "WorldCoordinateSystem is off by x {x:.2}, y {y:.2} too; only the map conversion is used"
            ),
        );
    }
}

/// TrueNorth against the rotation of the map conversion.
fn north(context: &Context<'_>, found: &mut Found) {
    let (Some(g), Some(north)) = (&found.georeference, north_rotation(context)) else { return };
    let turned = |a: f64, b: f64| {
        let d = (a - b).rem_euclid(360.0);
        d.min(360.0 - d)
    };
    let rotation = g.rotation_deg;
    // (0, 1) stands in files whose program never asked.
    if north == 0.0 || turned(north, rotation) <= CONVERGENCE_DEG {
        return;
    }
    let mirrored = turned(north, -rotation) <= CONVERGENCE_DEG;
    let radius = extent(context).unwrap_or(0.0);
    let (vi, en) = if mirrored {
        (
            ": bị lật dấu, XAxisOrdinate hoặc TrueNorth sai dấu",
            ": the sense is mirrored, XAxisOrdinate or TrueNorth has the wrong sign",
        )
    } else {
        ("", "")
    };
    found.doubt(
        radius * 2.0 * (turned(north, rotation).to_radians() / 2.0).sin(),
        format!("TrueNorth cho góc xoay {north:.3}°, phép chuyển bản đồ cho {rotation:.3}°{vi}; dùng phép chuyển bản đồ"),
        format!("TrueNorth gives a rotation of {north:.3}°, the map conversion {rotation:.3}°{en}; the map conversion is used"),
    );
}

/// IfcSite's latitude, longitude and elevation against the map conversion.
fn site(context: &Context<'_>, found: &mut Found) {
    let model = context.model;
    let Some(site) = model.exactly("IfcSite").first().and_then(|id| model.get(*id)) else { return };
    let origin = axes::of_product(model, &site, context.units.length_m).map_or([0.0; 3], |a| a.origin);
    let here = found.placement.as_ref().and_then(|p| p.to_crs84(origin[0], origin[1]));
    if let (Some(there), Some(here)) = (degrees(&site), here) {
        let d = zones::on_the_globe(here, there);
        if d > SITE_NEAR_M {
            let datum = (150.0..zones::DATUM_M).contains(&d);
            let (vi, en) = if datum {
                (
                    ", gần bằng độ lệch giữa VN-2000 và WGS 84: có thể nhầm hệ quy chiếu",
                    ", about what VN-2000 and WGS 84 are apart: the datums may be confused",
                )
            } else {
                ("", "")
            };
            let grows = if d <= SITE_MEANT_M { d } else { 0.0 };
            found.doubt(
                grows,
                format!("IfcSite (vĩ độ {:.6}°, kinh độ {:.6}°) cách nơi phép chuyển bản đồ đặt mô hình {d:.0} m{vi}; dùng phép chuyển bản đồ", there.1, there.0),
                format!("IfcSite (latitude {:.6}°, longitude {:.6}°) lies {d:.0} m from where the map conversion puts the model{en}; the map conversion is used", there.1, there.0),
            );
        }
    }
    let declared = site.number("RefElevation").map(|z| z * context.units.length_m).filter(|z| *z != 0.0);
    let height = found.georeference.as_ref().and_then(|g| g.orthogonal_height_m);
    if let (Some(z), Some(h)) = (declared, height)
        && (z - origin[2] - h).abs() > 0.5
        && (z - h).abs() > 0.5
    {
        found.notes.push(Text::new(
            format!("RefElevation của IfcSite là {z:.2} m, OrthogonalHeight là {h:.2} m"),
            format!("IfcSite RefElevation is {z:.2} m, OrthogonalHeight {h:.2} m"),
        ));
    }
}
