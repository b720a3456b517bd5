//! The demo quarters' parcels, lots, lines and plans, exactly as `demo_sites` gives them.

use geo::{Coord, LineString, Polygon};

use super::dice::Dice;
use super::item::{Sample, rounded, values};
use super::lots::person;
use crate::sample::demo_sites::{DemoLot, DemoParcel, DemoQuarter, Rect, SITES, SURVEY_ACCURACY_M};

/// Adds a quarter. Its roads come from the town's grid, which runs through it.
pub fn add(sample: &mut Sample, quarter: &DemoQuarter, ward: &str, seed: u64) {
    let mut dice = Dice::new(seed, quarter.name);
    add_plan(sample, quarter);
    for lot in quarter.blocks.iter().flat_map(|b| b.lots) {
        add_lot(sample, quarter, lot);
    }
    for (parcel, lot) in quarter.list_parcels() {
        add_parcel(sample, quarter, &parcel, lot, ward, &mut dice);
    }
    let line = |points: &[[f64; 2]]| points.iter().map(|p| coord(quarter.to_map(*p))).collect::<LineString>();
    for (road_name, ends) in quarter.list_red_lines() {
        let code = sample.next_code("red_line", "CGDD");
        let row = values! { code: code, road_name: road_name, commune_code: quarter.commune_code };
        sample.add("red_line", line(&ends), row);
    }
    for (road_name, setback_m, ends) in quarter.list_building_lines() {
        let code = sample.next_code("building_line", "CGXD");
        let row = values! {
            code: code, road_name: road_name, setback_m: setback_m, commune_code: quarter.commune_code,
        };
        sample.add("building_line", line(&ends), row);
    }
}

fn coord([x, y]: [f64; 2]) -> Coord<f64> {
    Coord { x, y }
}

fn polygon(quarter: &DemoQuarter, rect: &Rect) -> Polygon<f64> {
    Polygon::new(quarter.ring(rect).into_iter().map(coord).collect(), vec![])
}

fn add_plan(sample: &mut Sample, quarter: &DemoQuarter) {
    let plan = &quarter.plan;
    let row = values! {
        code: format!("QHCT-{}-{}", quarter.commune_code, quarter.sheet_number),
        name: plan.name,
        decision: plan.decision,
        plan_type: plan.plan_type,
        area_type: plan.area_type,
        approved_on: plan.approved_on.parse::<chrono::NaiveDate>().ok(),
    };
    sample.add("plan_boundary", geo::MultiPolygon(vec![polygon(quarter, &quarter.rect())]), row);
}

fn add_lot(sample: &mut Sample, quarter: &DemoQuarter, lot: &DemoLot) {
    let row = values! {
        lot_code: lot.lot_code,
        plan_name: quarter.plan.name,
        plan_type: quarter.plan.plan_type,
        use: lot.zoning_use,
        net_coverage_max_percent: lot.net_coverage_max_percent,
        storeys_max: lot.storeys_max,
        storeys_min: lot.storeys_min,
        storeys_counting: lot.storeys_counting,
        height_max_m: lot.height_max_m,
        far_max: lot.far_max,
        planned_level_m: lot.planned_level_m,
        setback_min_m: lot.setback_min_m,
        allowed_uses: lot.allowed_uses,
        area_m2: rounded(lot.rect.area_m2(), 1),
    };
    sample.add("zoning_lot", polygon_with_corners(quarter, lot), row);
    if lot.zoning_use == "green" {
        let row = values! {
            code: sample.next_code("park", "CV"), name: format!("Công viên {}", quarter.name), kind: "park",
            area_m2: rounded(lot.rect.area_m2(), 1), commune_code: quarter.commune_code,
        };
        sample.add("park", polygon(quarter, &lot.rect), row);
    }
}

/// The lot's outline with a vertex at each corner of its parcels, so that they share edges exactly.
fn polygon_with_corners(quarter: &DemoQuarter, lot: &DemoLot) -> Polygon<f64> {
    let Rect { min, max } = lot.rect;
    let at =
        |axis: usize, i: u32, n: u32| min[axis] + f64::from(i) * ((max[axis] - min[axis]) / f64::from(n));
    let mut ring = Vec::new();
    ring.extend((0..lot.columns).map(|i| [at(0, i, lot.columns), min[1]]));
    ring.extend((0..lot.rows).map(|i| [max[0], at(1, i, lot.rows)]));
    ring.extend((1..=lot.columns).rev().map(|i| [at(0, i, lot.columns), max[1]]));
    ring.extend((1..=lot.rows).rev().map(|i| [min[0], at(1, i, lot.rows)]));
    Polygon::new(ring.into_iter().map(|p| coord(quarter.to_map(p))).collect(), vec![])
}

fn add_parcel(
    sample: &mut Sample,
    quarter: &DemoQuarter,
    parcel: &DemoParcel,
    lot: &DemoLot,
    ward: &str,
    dice: &mut Dice,
) {
    let street = SITES.iter().find(|s| s.parcel_code == parcel.code).map_or(quarter.name, |s| s.street);
    let row = values! {
        code: parcel.code.clone(),
        commune_code: quarter.commune_code,
        sheet_number: quarter.sheet_number,
        parcel_number: parcel.number,
        land_use: lot.land_use,
        area_m2: rounded(parcel.rect.area_m2(), 1),
        survey_accuracy_m: SURVEY_ACCURACY_M,
        address: format!("Thửa {}, {street}, {ward}", parcel.number),
        holder: format!("{} (mẫu)", person(dice)),
    };
    sample.add("parcel", polygon(quarter, &parcel.rect), row);
    // Some neighbours have built already; the sites of the sample models, large lots and parks stay free.
    let free = SITES.iter().any(|s| s.parcel_code == parcel.code) || lot.allowed_uses != "house_single";
    if !free && dice.chance(0.7) {
        add_house(sample, quarter, parcel, lot, ward, dice);
    }
}

fn add_house(
    sample: &mut Sample,
    quarter: &DemoQuarter,
    parcel: &DemoParcel,
    lot: &DemoLot,
    ward: &str,
    dice: &mut Dice,
) {
    let Rect { min, max } = parcel.rect;
    let south = (min[1] - lot.rect.min[1]).abs() < 1e-6;
    let [width, depth] = [max[0] - min[0], max[1] - min[1]];
    let block = quarter.blocks.iter().find(|b| b.lots.iter().any(|l| l.lot_code == lot.lot_code));
    let front = block.map_or(lot.setback_min_m, |b| b.building_line_m[if south { 0 } else { 2 }]);
    let side = if width > 10.0 { 2.0 } else { 0.05 };
    let corner =
        |edge: f64, at: f64, inward: f64| if (edge - at).abs() < 1e-6 { 3.0_f64.max(inward) } else { inward };
    let side_low = if width > 10.0 { corner(min[0], lot.rect.min[0], side) } else { side };
    let side_high = if width > 10.0 { corner(max[0], lot.rect.max[0], side) } else { side };
    let long = (depth - front) * lot.net_coverage_max_percent.min(80.0) / 100.0 - 1.0;
    let [v0, v1] =
        if south { [min[1] + front, min[1] + front + long] } else { [max[1] - front - long, max[1] - front] };
    let rect = Rect { min: [min[0] + side_low, v0], max: [max[0] - side_high, v1] };
    let storeys = dice.int(lot.storeys_min.max(1), lot.storeys_max - 1).max(1);
    let footprint = rect.area_m2();
    let row = values! {
        code: sample.next_code("building", "CT"),
        height_m: rounded(1.2 + 3.4 * storeys as f64, 1),
        storeys: storeys,
        use: "house_single",
        parcel_code: parcel.code.clone(),
        kept: true,
        far_area_m2: rounded(footprint * storeys as f64 * 0.96, 1),
        footprint_area_m2: rounded(footprint, 1),
        built_year: 2024 + dice.int(0, 2),
        address: format!("Thửa {}, {}, {ward}", parcel.number, quarter.name),
    };
    sample.add("building", polygon(quarter, &rect), row);
}
