//! P06: distance of the footprint from the red lines, by the plan, else by table 2.7 of QCVN 01.

use geo::MultiPolygon;

use super::super::check_input::{MapFeature, WorkInput};
use super::super::law::Rule;
use super::super::verdict::LimitSource;
use super::context::{Context, buildings, number, outlines, text};
use super::finding::Finding;
use super::limits::{PlanLimit, qcvn};
use super::number::{r2, with_unit};
use super::region;
use super::vertical::height_above_ground;
use crate::text::Text;

/// A street front with its limit.
struct Front {
    measured: f64,
    limit: f64,
    source: LimitSource,
    binding: bool,
    confirm: bool,
}

/// P06. With several fronts the one with the least margin is shown.
pub fn setback(cx: &Context<'_>, rule: &Rule, work: &WorkInput) -> Finding {
    let Some(outlines) = work.facts.as_ref().and_then(outlines).filter(|o| !o.footprint.0.is_empty()) else {
        return Finding::no_data("đường bao diện tích chiếm đất trong mô hình", "a footprint in the model");
    };
    if cx.layer("red_line").is_empty() {
        return Finding::no_data(
            "chỉ giới đường đỏ gần thửa đất (red_line)",
            "a red line near the site (red_line)",
        );
    }
    if cx.frontages().is_empty() {
        return Finding::not_applicable("no_frontage");
    }
    let finding = of_outline(cx, rule, work, &outlines.footprint);
    let Some(wider) = &outlines.with_overhangs else { return finding };
    let other = of_outline(cx, rule, work, wider);
    if other.outcome == finding.outcome {
        return finding;
    }
    let shown = with_unit(other.measured.unwrap_or_default(), Some("m"));
    Finding { outcome: super::super::verdict::Outcome::Manual, case: "overhang", ..finding }
        .value("other", shown)
}

fn of_outline(cx: &Context<'_>, rule: &Rule, work: &WorkInput, footprint: &MultiPolygon<f64>) -> Finding {
    let fronts = match cx.plan_limit(rule) {
        PlanLimit::Several => return Finding::manual("several_lots").area(footprint),
        PlanLimit::Found { value, source, binding } => by_plan(cx, footprint, value, &source, binding),
        PlanLimit::None => match by_table(cx, work, footprint) {
            Ok(fronts) => fronts,
            Err(finding) => return *finding,
        },
    };
    let margin = |f: &Front| f.measured - f.limit;
    let worst = fronts.into_iter().min_by(|a, b| margin(a).total_cmp(&margin(b)));
    let Some(front) = worst else { return Finding::not_applicable("local_road") };
    let uncertainty = cx.uncertainty_m(work);
    let holds = r2(front.measured) >= r2(front.limit);
    let off = margin(&front).abs();
    let finding = match (off > uncertainty, holds) {
        // No setback is asked for: whether the line itself is crossed is P04's and P05's matter.
        (_, true) if front.limit <= 0.0 => Finding::pass(),
        (false, _) => Finding::manual("close"),
        (true, true) => Finding::pass(),
        (true, false) => Finding::fail(),
    };
    let finding = finding
        .measured(front.measured, front.limit)
        .source(front.source, front.binding)
        .area(footprint)
        .elements(buildings(work).iter().flat_map(|b| b.footprint_elements.clone()))
        .value("margin", with_unit(off, Some("m")))
        .value("uncertainty", with_unit(uncertainty, Some("m")));
    if front.confirm {
        let note = Text::new(
            "Hàng này của bảng 2.7 đọc từ ô gộp: phải xác nhận.",
            "This row of table 2.7 is a reading of merged cells: confirm it.",
        );
        return finding.value("note", note);
    }
    finding
}

/// The lot's setback on every front; a building line that the plan draws nearer to the street takes its place there.
fn by_plan(
    cx: &Context<'_>,
    footprint: &MultiPolygon<f64>,
    value: f64,
    source: &LimitSource,
    binding: bool,
) -> Vec<Front> {
    let front = |(line, _, name): (geo::LineString<f64>, Option<&MapFeature>, String)| Front {
        measured: region::distance_to_line(footprint, &line),
        limit: cx.drawn_setback(&name).map_or(value, |drawn| drawn.min(value)),
        source: source.clone(),
        binding,
        confirm: false,
    };
    cx.frontages().into_iter().map(front).collect()
}

/// Table 2.7: new development areas, along roads of khu vực class and above only.
fn by_table(
    cx: &Context<'_>,
    work: &WorkInput,
    footprint: &MultiPolygon<f64>,
) -> Result<Vec<Front>, Box<Finding>> {
    let no_data = |vi: &str, en: &str| Err(Box::new(Finding::no_data(vi, en)));
    match cx.area_type() {
        Some("new") => {}
        Some(_) => {
            let fronts = cx.frontages();
            let least = fronts
                .iter()
                .map(|(line, _, _)| region::distance_to_line(footprint, line))
                .fold(f64::INFINITY, f64::min);
            return Err(Box::new(Finding::manual("existing_plan_only").only_measured(least).area(footprint)));
        }
        None => {
            return no_data(
                "loại khu vực quy hoạch (plan_boundary.area_type)",
                "the plan's area type (plan_boundary.area_type)",
            );
        }
    }
    let heights = buildings(work).iter().map(|b| height_above_ground(cx, b).or(b.height_m.measured));
    let Some(height) = heights.collect::<Option<Vec<_>>>().and_then(|h| h.into_iter().reduce(f64::max))
    else {
        return no_data(
            "chiều cao đo từ mô hình (model.height_m)",
            "the height from the model (model.height_m)",
        );
    };
    let mut fronts = Vec::new();
    for (line, road, _) in cx.frontages() {
        let Some(class) = road.and_then(|r| text(r, "planning_class")) else {
            return no_data("cấp đường (road.planning_class)", "the road's class (road.planning_class)");
        };
        if !matches!(class, "urban" | "area") {
            continue;
        }
        let Some(width) = road.and_then(|r| number(r, "width_between_red_lines_m")) else {
            return no_data(
                "lộ giới (road.width_between_red_lines_m)",
                "the width between red lines (road.width_between_red_lines_m)",
            );
        };
        let table = cx.set.tables.setback(width, height);
        fronts.push(Front {
            measured: region::distance_to_line(footprint, &line),
            limit: table.setback_m,
            source: qcvn("bảng 2.7"),
            binding: false,
            confirm: table.confirm,
        });
    }
    Ok(fronts)
}
