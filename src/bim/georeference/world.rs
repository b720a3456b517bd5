//! LoGeoRef 30 and 40: map coordinates in the model itself, without a word on their system. They are recognised by
//! the grids in which they lie in the province, and placed in the best of these, with the doubt told: neither grid nor
//! datum is declared.

use super::crosscheck::centre;
use super::{FAR_M, Found, blank, no_vertical_datum, zones};
use crate::bim::element::Context;
use crate::bim::placement::Placement;
use crate::bim::shape::axes::{self, Axes};
use crate::text::Text;

/// Where the coordinates stand, and how local ones get there.
struct Anchor {
    level: u8,
    source: &'static str,
    /// Map coordinates of the local origin.
    origin: [f64; 3],
    rotation_deg: f64,
    /// A place of the model in map coordinates.
    at: (f64, f64),
}

/// World coordinates, if the model stands in some. `degrees` are those of IfcSite, which may tell one grid from another.
pub fn read(context: &Context<'_>, degrees: Option<(f64, f64)>) -> Option<Found> {
    let anchor = anchor(context)?;
    let (x, y) = anchor.at;
    let mut out = blank(anchor.level, anchor.source);
    (out.easting, out.northing) = (Some(anchor.origin[0]), Some(anchor.origin[1]));
    out.orthogonal_height_m = Some(anchor.origin[2]);
    out.rotation_deg = anchor.rotation_deg;
    let mut found = Found { georeference: Some(out), placement: None, notes: Vec::new() };
    let source = anchor.source;
    found.notes.push(Text::new(
        format!("{source} đặt mô hình tại x {x:.2}, y {y:.2} nhưng không khai báo hệ tọa độ; hãy thêm IfcMapConversion và IfcProjectedCRS EPSG:9218"),
        format!("{source} puts the model at x {x:.2}, y {y:.2}, but no coordinate reference system is declared; add IfcMapConversion and IfcProjectedCRS EPSG:9218"),
    ));
    let mut readings = zones::in_the_province(x, y);
    if let Some((lon, lat)) = degrees.filter(|d| zones::in_vietnam(d.0, d.1)) {
        let there = crate::space::crs::from_crs84(lon, lat);
        readings.sort_by(|a, b| zones::apart(a.at, there).total_cmp(&zones::apart(b.at, there)));
        // A kilometre: latitude and longitude name the grid.
        if readings.first().is_some_and(|r| zones::apart(r.at, there) < 1000.0) {
            readings.retain(|r| zones::apart(r.at, there) < 1000.0);
        }
    }
    match readings.first() {
        Some(best) => placed(&mut found, &anchor, &best.code.clone(), &readings),
        None => unplaced(&mut found, x, y),
    }
    found.notes.push(no_vertical_datum());
    Some(found)
}

fn placed(found: &mut Found, anchor: &Anchor, code: &str, readings: &[zones::Reading]) {
    let origin = (anchor.origin[0], anchor.origin[1]);
    found.placement = Placement::in_crs(code, origin, anchor.rotation_deg, 1.0).ok();
    let spread = readings.iter().map(|r| zones::apart(r.at, readings[0].at)).fold(zones::DATUM_M, f64::max);
    if let Some(g) = &mut found.georeference {
        g.horizontal_uncertainty_m = 0.0;
    }
    let list = zones::list(readings);
    found.doubt(
        spread.round(),
        format!("tọa độ nằm trong tỉnh nếu là: {list}; tạm đặt theo {code}, có thể sai đến {spread:.0} m"),
        format!("the coordinates lie in the province if they are of: {list}; placed in {code} for now, possibly {spread:.0} m off"),
    );
}

fn unplaced(found: &mut Found, x: f64, y: f64) {
    let (vi, en) = if !zones::in_the_province(y, x).is_empty() || zones::plausible(y, x) {
        (
            format!(
                "x {x:.2} và y {y:.2} có vẻ bị đảo; đúng ra x là tọa độ đông {y:.2}, y là tọa độ bắc {x:.2}"
            ),
            format!(
                "x {x:.2} and y {y:.2} look swapped; right would be x, the easting, {y:.2} and y, the northing, {x:.2}"
            ),
        )
    } else if zones::plausible(x / 1000.0, y / 1000.0) {
        (
            "tọa độ lớn gấp 1000 lần: có vẻ là milimét dù đơn vị chiều dài khai khác".to_owned(),
            "the coordinates are 1000 times too large: they look like millimetres although the length unit is another".to_owned(),
        )
    } else if zones::plausible(x * 1000.0, y * 1000.0) {
        (
            "tọa độ nhỏ đi 1000 lần: có vẻ là mét dù đơn vị chiều dài là milimét".to_owned(),
            "the coordinates are 1000 times too small: they look like metres although the length unit is the millimetre".to_owned(),
        )
    } else {
        (
            "không nằm trong tỉnh theo hệ tọa độ nào của Việt Nam: không đặt được mô hình lên bản đồ"
                .to_owned(),
            "in no grid of Vietnam do they lie in the province: the model cannot be placed".to_owned(),
        )
    };
    found.notes.push(Text::new(vi, en));
}

fn anchor(context: &Context<'_>) -> Option<Anchor> {
    let middle = centre(context).unwrap_or((0.0, 0.0));
    if let Some(system) = world_system(context) {
        let at = system.to_world([middle.0, middle.1, 0.0]);
        let rotation_deg = system.axes[0][1].atan2(system.axes[0][0]).to_degrees();
        return Some(Anchor {
            level: 40,
            source: "IfcGeometricRepresentationContext",
            origin: system.origin,
            rotation_deg,
            at: (at[0], at[1]),
        });
    }
    for (entity, source) in
        [("IfcSite", "IfcSite.ObjectPlacement"), ("IfcBuilding", "IfcBuilding.ObjectPlacement")]
    {
        if let Some(origin) = placement_of(context, entity).map(|a| a.origin).filter(is_far) {
            let at = if is_far(&[middle.0, middle.1, 0.0]) { middle } else { (origin[0], origin[1]) };
            return Some(Anchor { level: 30, source, origin: [0.0; 3], rotation_deg: 0.0, at });
        }
    }
    let far = middle.0.hypot(middle.1) > FAR_M;
    far.then_some(Anchor {
        level: 30,
        source: "IfcCartesianPoint",
        origin: [0.0; 3],
        rotation_deg: 0.0,
        at: middle,
    })
}

/// A site some metres off the origin says nothing about the earth.
fn is_far(origin: &[f64; 3]) -> bool {
    origin[0].hypot(origin[1]) > 1000.0
}

/// Placement of the first record of an entity.
pub fn placement_of(context: &Context<'_>, entity: &str) -> Option<Axes> {
    let record = context.model.get(*context.model.exactly(entity).first()?)?;
    axes::of_product(context.model, &record, context.units.length_m)
}

/// The model context's WorldCoordinateSystem, where it lies off the origin.
pub fn world_system(context: &Context<'_>) -> Option<Axes> {
    context.model.exactly("IfcGeometricRepresentationContext").iter().find_map(|&id| {
        let record = context.model.get(id)?;
        let system = context.model.follow(&record, "WorldCoordinateSystem")?;
        let axes = axes::of_placement(context.model, &system, context.units.length_m);
        is_far(&axes.origin).then_some(axes)
    })
}
