//! P09 height and P10 storeys.

use super::super::check_input::WorkInput;
use super::super::law::Rule;
use super::context::{Context, buildings, number, text};
use super::finding::Finding;
use super::limits::PlanLimit;
use super::number::r2;
use crate::bim::facts::BuildingFacts;
use crate::text::Text;

/// Height of a building above the approved planned ground (QCVN 01 1.4.25), the lowest if several; none where the
/// planned level or the vertical datum is missing.
pub fn height_above_ground(cx: &Context<'_>, building: &BuildingFacts) -> Option<f64> {
    let ground = planned_level(cx)?;
    Some(building.zero_level_elevation_m? + building.height_m.measured? - ground)
}

fn planned_level(cx: &Context<'_>) -> Option<f64> {
    cx.lots().iter().filter_map(|l| number(l, "planned_level_m")).reduce(f64::min)
}

/// P09: from the planned ground to the highest point, at most what the plan allows.
pub fn height(cx: &Context<'_>, rule: &Rule, work: &WorkInput) -> Finding {
    if planned_level(cx).is_none() {
        return Finding::no_data(
            "cốt quy hoạch (zoning_lot.planned_level_m)",
            "the planned level (zoning_lot.planned_level_m)",
        );
    }
    let buildings = buildings(work);
    if buildings.is_empty() || buildings.iter().any(|b| b.height_m.measured.is_none()) {
        return Finding::no_data(
            "chiều cao đo từ mô hình (model.height_m)",
            "the height from the model (model.height_m)",
        );
    }
    if buildings.iter().any(|b| b.zero_level_elevation_m.is_none()) {
        return Finding::no_data(
            "hệ độ cao của mô hình (IfcProjectedCRS.VerticalDatum, cao độ ±0,00)",
            "the model's vertical datum (IfcProjectedCRS.VerticalDatum, level of ±0.00)",
        );
    }
    let of = |b: &BuildingFacts| height_above_ground(cx, b).unwrap_or(f64::NEG_INFINITY);
    let Some(tallest) = buildings.iter().max_by(|a, b| of(a).total_cmp(&of(b))) else {
        return Finding::no_data(
            "công trình trong mô hình (IfcBuilding)",
            "a building in the model (IfcBuilding)",
        );
    };
    let measured = of(tallest);
    let elements = tallest.highest_element.clone();
    match cx.plan_limit(rule) {
        PlanLimit::Several => Finding::manual("several_lots").only_measured(measured),
        PlanLimit::None => Finding::no_data(
            "chiều cao tối đa của quy hoạch (zoning_lot.height_max_m)",
            "the plan's height limit (zoning_lot.height_max_m)",
        ),
        PlanLimit::Found { value, source, binding } => {
            let finding = if r2(measured) <= r2(value) { Finding::pass() } else { Finding::fail() };
            finding.measured(measured, value).source(source, binding).elements(elements)
        }
    }
}

/// P10: storeys as the plan counts them, between its least and its greatest number.
pub fn storeys(cx: &Context<'_>, rule: &Rule, work: &WorkInput) -> Finding {
    let buildings = buildings(work);
    if buildings.is_empty() || buildings.iter().any(|b| b.storeys.is_empty()) {
        return Finding::no_data(
            "tầng trong mô hình (IfcBuildingStorey)",
            "storeys in the model (IfcBuildingStorey)",
        );
    }
    let (value, source, binding) = match cx.plan_limit(rule) {
        PlanLimit::Several => return Finding::manual("several_lots"),
        PlanLimit::None => {
            return Finding::no_data(
                "số tầng tối đa của quy hoạch (zoning_lot.storeys_max)",
                "the plan's storeys (zoning_lot.storeys_max)",
            );
        }
        PlanLimit::Found { value, source, binding } => (value, source, binding),
    };
    let total = buildings.iter().map(|b| b.storey_count.total_49_9).max().unwrap_or(0);
    let above = buildings.iter().map(|b| b.storey_count.above_ground).max().unwrap_or(0);
    let lots = cx.lots();
    let lot = lots.iter().find(|l| number(l, "storeys_max").is_some());
    let counted = match lot.and_then(|l| text(l, "storeys_counting")) {
        Some("art_49_9") => total,
        Some("above_ground_only") => above,
        _ => {
            return Finding::manual("counting")
                .measured(f64::from(total), value)
                .source(source, binding)
                .value("total", count(total))
                .value("above", count(above));
        }
    };
    let counting =
        |b: &BuildingFacts| b.storey_count.total_49_9 == total || b.storey_count.above_ground == above;
    let tallest = buildings.iter().find(|b| counting(b));
    let elements = tallest.map(|b| storey_ids(b, counted == above && counted != total)).unwrap_or_default();
    let least = lot.and_then(|l| number(l, "storeys_min")).unwrap_or(0.0);
    let n = f64::from(counted);
    let (finding, limit) = if n > value {
        (Finding::fail(), value)
    } else if n < least {
        (Finding::fail().case("too_few"), least)
    } else {
        (Finding::pass(), value)
    };
    finding
        .measured(n, limit)
        .source(source, binding)
        .elements(elements)
        .value("total", count(total))
        .value("above", count(above))
}

fn storey_ids(building: &BuildingFacts, above_only: bool) -> Vec<String> {
    let counts = |kind: &str| !matches!(kind, "roof" | "foundation");
    let storeys = building.storeys.iter().filter(|s| counts(&s.kind) && (s.above_ground || !above_only));
    storeys.map(|s| s.global_id.clone()).collect()
}

fn count(n: u32) -> Text {
    Text::new(n.to_string(), n.to_string())
}
