//! P07 net coverage and P08 floor area ratio: over all works and the kept existing buildings, on the union of the
//! parcels.

use serde_json::Value;

use super::super::check_input::MapFeature;
use super::super::law::Rule;
use super::super::verdict::LimitSource;
use super::context::{Context, buildings, flag, number, text};
use super::finding::Finding;
use super::limits::{PlanLimit, qcvn};
use super::number::{r2, with_unit};
use super::region;
use super::vertical::height_above_ground;
use crate::bim::facts::BuildingFacts;
use crate::text::Text;

/// A limit of QCVN 01 with its place, or why there is none.
type Fallback = Result<(f64, LimitSource), Box<Finding>>;

/// P07: footprints over the site's area, percent.
pub fn net_coverage(cx: &Context<'_>, rule: &Rule) -> Finding {
    let site = region::area_m2(&cx.site);
    let all = all_buildings(cx);
    let Some(new) = sum(&all, |b| b.footprint_area_m2.measured) else {
        return Finding::no_data(
            "diện tích chiếm đất đo từ mô hình (model.footprint_area_m2)",
            "the footprint from the model (model.footprint_area_m2)",
        );
    };
    let wider =
        sum(&all, |b| b.footprint_area_with_overhangs_m2.or(b.footprint_area_m2.measured)).unwrap_or(new);
    let kept: f64 = kept_buildings(cx).iter().map(|b| kept_footprint(b)).sum();
    let percent = (new + kept) / site * 100.0;
    let finding = match cx.plan_limit(rule) {
        PlanLimit::Several => Finding::manual("several_lots").only_measured(percent),
        PlanLimit::Found { value, source, binding } => {
            at_most(percent, (wider + kept) / site * 100.0, value, source, binding)
        }
        PlanLimit::None => match coverage_of_qcvn(cx, rule, site) {
            Ok((value, source)) => at_most(percent, (wider + kept) / site * 100.0, value, source, false),
            Err(finding) => finding.only_measured(percent),
        },
    };
    shown(cx, finding, new + kept, kept, site)
}

/// P08: FAR areas over the site's area.
pub fn floor_area_ratio(cx: &Context<'_>, rule: &Rule) -> Finding {
    let site = region::area_m2(&cx.site);
    let all = all_buildings(cx);
    let Some(new) = sum(&all, |b| b.far_area_m2.measured) else {
        return Finding::no_data(
            "diện tích sàn tính hệ số sử dụng đất (model.far_area_m2): mô hình không cho biết công năng các tầng",
            "the FAR area (model.far_area_m2): the model does not say the use of its storeys",
        );
    };
    let mut kept = 0.0;
    for building in kept_buildings(cx) {
        let Some(area) = number(building, "far_area_m2") else {
            let fid = building.fid;
            return Finding::no_data(
                format!("diện tích sàn của công trình giữ lại (building/{fid}.far_area_m2)"),
                format!("the floor area of a kept building (building/{fid}.far_area_m2)"),
            );
        };
        kept += area;
    }
    let ratio = (new + kept) / site;
    let finding = match cx.plan_limit(rule) {
        PlanLimit::Several => Finding::manual("several_lots").only_measured(ratio),
        PlanLimit::Found { value, source, binding } => at_most(ratio, ratio, value, source, binding),
        PlanLimit::None => match far_of_qcvn(cx, rule) {
            Ok((value, source)) => at_most(ratio, ratio, value, source, false),
            Err(finding) => finding.only_measured(ratio),
        },
    };
    shown(cx, finding, new + kept, kept, site)
}

fn at_most(measured: f64, wider: f64, limit: f64, source: LimitSource, binding: bool) -> Finding {
    let holds = |x: f64| r2(x) <= r2(limit);
    let finding = match (holds(measured), holds(wider)) {
        (true, true) => Finding::pass(),
        (false, _) => Finding::fail(),
        (true, false) => Finding::manual("overhang").value("other", with_unit(wider, Some("percent"))),
    };
    finding.measured(measured, limit).source(source, binding)
}

fn shown(cx: &Context<'_>, finding: Finding, area: f64, kept: f64, site: f64) -> Finding {
    let outlines: Vec<_> =
        cx.input.works.iter().filter_map(|w| w.facts.as_ref()).filter_map(super::context::outlines).collect();
    let footprint = region::union(outlines.iter().map(|o| &o.footprint));
    let ids = all_buildings(cx).into_iter().map(|b| b.global_id.clone());
    finding
        .area(&footprint)
        .elements(ids)
        .value("area", with_unit(area, Some("m2")))
        .value("kept", with_unit(kept, Some("m2")))
        .value("site", with_unit(site, Some("m2")))
}

fn all_buildings<'a>(cx: &Context<'a>) -> Vec<&'a BuildingFacts> {
    cx.input.works.iter().flat_map(buildings).collect()
}

fn sum(all: &[&BuildingFacts], get: impl Fn(&BuildingFacts) -> Option<f64>) -> Option<f64> {
    (!all.is_empty()).then(|| all.iter().map(|b| get(b)).sum::<Option<f64>>()).flatten()
}

/// Existing buildings on the site that stay.
fn kept_buildings<'a>(cx: &Context<'a>) -> Vec<&'a MapFeature> {
    let on_site = |f: &&MapFeature| {
        let outline = region::polygons(&f.geometry);
        let named = text(f, "parcel_code").is_some_and(|c| cx.input.parcels.iter().any(|p| p == c));
        named || region::share_in(&outline, &cx.site) > 0.5
    };
    cx.layer("building").iter().filter(|f| flag(f, "kept")).filter(on_site).collect()
}

fn kept_footprint(building: &MapFeature) -> f64 {
    number(building, "footprint_area_m2")
        .unwrap_or_else(|| region::area_m2(&region::polygons(&building.geometry)))
}

/// What a QCVN 01 fall-back asks: use, area type, mean height.
struct Asked<'a> {
    use_: &'a str,
    existing: bool,
    height_m: f64,
}

fn asked<'a>(cx: &Context<'a>) -> Result<Asked<'a>, Box<Finding>> {
    let no_data = |vi: &str, en: &str| Err(Box::new(Finding::no_data(vi, en)));
    let Some(area_type) = cx.area_type() else {
        return no_data(
            "loại khu vực quy hoạch (plan_boundary.area_type)",
            "the plan's area type (plan_boundary.area_type)",
        );
    };
    let uses: Option<Vec<_>> = cx.input.works.iter().map(|w| cx.use_of(w).best()).collect();
    let Some(uses) = uses.filter(|u| !u.is_empty()) else {
        return no_data(
            "công năng của công trình (model.building_use)",
            "the building's use (model.building_use)",
        );
    };
    if uses.windows(2).any(|w| w[0] != w[1]) {
        return Err(Box::new(Finding::manual("mixed_uses")));
    }
    // Mixed heights: by the average (2.6.3).
    let heights: Option<Vec<f64>> =
        all_buildings(cx).iter().map(|b| height_above_ground(cx, b).or(b.height_m.measured)).collect();
    let Some(heights) = heights.filter(|h| !h.is_empty()) else {
        return no_data(
            "chiều cao đo từ mô hình (model.height_m)",
            "the height from the model (model.height_m)",
        );
    };
    let height_m = heights.iter().sum::<f64>() / heights.len() as f64;
    Ok(Asked { use_: uses[0], existing: area_type != "new", height_m })
}

/// Tables 2.8–2.10 and the percentages of 2.6.3 and 2.7.
fn coverage_of_qcvn(cx: &Context<'_>, rule: &Rule, site: f64) -> Fallback {
    let Asked { use_, existing, height_m } = asked(cx)?;
    let (tables, n) = (&cx.set.tables, &cx.set.tables.numbers);
    let found = |value: f64, place: &str| Ok((value, qcvn(place)));
    match rule.parameters.get("table_of_use").and_then(|t| t.get(use_)).and_then(Value::as_str) {
        Some("detached")
            if existing && height_m <= n.existing_house_height_m && site <= n.existing_house_area_m2 =>
        {
            found(n.existing_house_percent, "mục 2.7")
        }
        Some("detached") => found(tables.detached_coverage(site), "bảng 2.8"),
        Some("apartment") => found(tables.apartment_coverage(height_m, site), "bảng 2.9"),
        Some("commercial_mixed") => found(tables.commercial_coverage(height_m, site), "bảng 2.10"),
        Some("public_service") if existing => found(n.public_service_existing_percent, "mục 2.7"),
        Some("public_service") => found(n.public_service_new_percent, "mục 2.6.3"),
        Some("factory") if production_floors(cx) > 5 => found(n.factory_over_5_floors_percent, "mục 2.6.3"),
        Some("factory") => found(n.factory_percent, "mục 2.6.3"),
        _ => Err(Box::new(Finding::manual("no_table").value("use", super::land::use_title(cx.set, use_)))),
    }
}

fn production_floors(cx: &Context<'_>) -> u32 {
    all_buildings(cx).iter().map(|b| b.storey_count.above_ground).max().unwrap_or(0)
}

/// Single houses 7; above 46 m 13; table 2.12 only where the plan regulates an existing area by FAR alone.
fn far_of_qcvn(cx: &Context<'_>, rule: &Rule) -> Fallback {
    let Asked { use_, existing, height_m } = asked(cx)?;
    let n = &cx.set.tables.numbers;
    let by_far_only = cx.plan().and_then(|p| text(p, "regulated_by")) == Some("far");
    match rule.parameters.get("table_of_use").and_then(|t| t.get(use_)).and_then(Value::as_str) {
        _ if existing && by_far_only => {
            Ok((cx.set.tables.existing_far(height_m, region::area_m2(&cx.site)), qcvn("bảng 2.12")))
        }
        Some("detached") => Ok((n.house_far, qcvn("bảng 2.8"))),
        Some("apartment" | "commercial_mixed") if height_m > n.high_rise_height_m => {
            Ok((n.high_rise_far, qcvn(if use_ == "apartment" { "bảng 2.9" } else { "bảng 2.10" })))
        }
        _ => Err(Box::new(Finding::not_applicable("").value("use", Text::new(use_, use_)))),
    }
}
