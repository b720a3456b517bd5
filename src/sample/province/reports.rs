//! Small things inside the towns that follow people: air stations, collection points, reports, violations.

use chrono::{DateTime, Duration, Utc};
use geo::Point;

use super::dice::Dice;
use super::item::{Sample, values};
use super::lots::Lot;
use super::plan::Town;

/// Adds a district's stations, collection points, field reports and building violations.
pub fn add(sample: &mut Sample, town: &Town, lots: &[Lot], seed: u64) {
    let mut dice = Dice::new(seed, &format!("reports {}", town.district.id));
    let commune = town.district.commune_code;
    let middle = |lot: &Lot| {
        let (a, b) = lot.extent;
        Point::from(town.frame().to_map([f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])]))
    };
    for (i, lot) in lots.iter().step_by((lots.len() / 3).max(1)).enumerate() {
        let row = values! {
            code: sample.next_code("air_sensor", "KK"), name: format!("Trạm không khí {} {}", town.district.name, i + 1),
            parameters: "PM2.5, PM10, SO2, NO2, CO, O3", status: "active", commune_code: commune,
        };
        sample.add("air_sensor", middle(lot), row);
    }
    for (i, lot) in lots.iter().skip(90).step_by(700).enumerate() {
        let row = values! {
            code: sample.next_code("waste_point", "DTR"), name: format!("Điểm tập kết rác {} {}", town.district.name, i + 1),
            kind: dice.pick(&["collection", "collection", "transfer"]), commune_code: commune,
        };
        sample.add("waste_point", middle(lot), row);
    }
    for lot in lots.iter().skip(40).step_by(230) {
        report(sample, lot, middle(lot), commune, &mut dice);
    }
    for lot in lots.iter().skip(77).step_by(610) {
        let found = chrono::NaiveDate::from_ymd_opt(2026, dice.int(1, 10) as u32, dice.int(1, 28) as u32);
        let row = values! {
            code: sample.next_code("order_violation", "VP"),
            kind: dice.pick(&["no_permit", "wrong_permit", "wrong_plan", "encroachment", "damage"]),
            found_on: found, status: dice.pick(&["processing", "done", "new"]), parcel_code: lot.code.clone(),
            decision: "Biên bản vi phạm hành chính (mẫu)", commune_code: commune,
        };
        sample.add("order_violation", middle(lot), row);
    }
}

fn report(sample: &mut Sample, lot: &Lot, at: Point<f64>, commune: &'static str, dice: &mut Dice) {
    let (kind, title) = *dice.pick(&[
        &("road", "Mặt đường có ổ gà"),
        &("flood", "Ngập nước sau mưa"),
        &("waste", "Rác chưa được thu gom"),
        &("light", "Đèn đường không sáng"),
        &("tree", "Cành cây gãy đổ"),
        &("order", "Xây dựng lấn vỉa hè"),
    ]);
    // Of the street only: a house number would tell the place that is blurred for the public.
    let street = lot.address.split_once(' ').map_or(lot.address.as_str(), |(_, street)| street);
    let start = DateTime::<Utc>::from_timestamp(1_767_225_600, 0).unwrap_or_default();
    let row = values! {
        code: sample.next_code("field_report", "PA"), title: format!("{title} gần {street}"), kind: kind,
        reported_at: start + Duration::minutes(dice.int(0, 450_000)),
        status: dice.pick(&["new", "processing", "done", "done"]),
        reporter: format!("{} (mẫu)", super::lots::person(dice)), commune_code: commune,
    };
    sample.add("field_report", at, row);
}
