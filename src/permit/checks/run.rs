//! A run: every row of the catalogue, in its order, whatever happens.

use super::super::check_input::{CheckInput, WorkInput};
use super::super::law::{Condition, Method, Rule, RuleSet};
use super::super::verdict::{Effect, Verdict};
use super::context::Context;
use super::finding::Finding;
use super::{authority, density, land, lines, model, setback, vertical};

/// Version of these methods: raised whenever a verdict could come out otherwise for the same input and rule set.
pub const CHECKER_VERSION: &str = "1";

/// The geometry engine that the methods rest on, kept with a run.
pub const GEOMETRY_ENGINE: &str = "geo 0.33";

/// Checks an input against a rule set: at least one verdict for each row, rows in the set's order, works in the
/// input's order.
pub fn run(input: &CheckInput, set: &RuleSet) -> Vec<Verdict> {
    let cx = Context::new(input, set);
    let placed: Vec<bool> =
        input.works.iter().map(|w| model::is_placed(&model::georeference(&cx, w))).collect();
    let mut verdicts = Vec::new();
    for rule in &set.rules {
        for finding in row(&cx, rule, &placed) {
            verdicts.push(finding.into_verdict(rule, set, &input.parcels));
        }
    }
    verdicts
}

/// The findings of one row; never none.
fn row(cx: &Context<'_>, rule: &Rule, placed: &[bool]) -> Vec<Finding> {
    if rule.method == Method::NotComputed {
        return vec![not_computed(cx, rule, placed)];
    }
    if hides(cx, rule) {
        return vec![Finding::manual("hidden")];
    }
    if !rule.applies_when.iter().all(|c| holds(cx, c)) {
        return vec![Finding::not_applicable("")];
    }
    match rule.method {
        Method::FormAndModel => vec![model::form_and_model(cx)],
        Method::ClassAndAuthority => authority::class_and_authority(cx, rule),
        Method::NetCoverage | Method::FloorAreaRatio => vec![of_site(cx, rule, placed)],
        _ => of_works(cx, rule, placed),
    }
}

fn not_computed(cx: &Context<'_>, rule: &Rule, placed: &[bool]) -> Finding {
    if rule.needs_place && !all(placed) {
        return unplaced();
    }
    match &rule.agency {
        Some(agency) if rule.effect == Effect::Consult || hides(cx, rule) => {
            Finding::manual("not_computed_consult").value("agency", agency.clone())
        }
        _ if hides(cx, rule) => Finding::manual("not_computed_hidden"),
        _ => Finding::manual("not_computed"),
    }
}

fn of_site(cx: &Context<'_>, rule: &Rule, placed: &[bool]) -> Finding {
    if rule.needs_place && !all(placed) {
        return unplaced();
    }
    if let Some(missing) = without_site(cx) {
        return missing;
    }
    match rule.method {
        Method::NetCoverage => density::net_coverage(cx, rule),
        _ => density::floor_area_ratio(cx, rule),
    }
}

fn of_works(cx: &Context<'_>, rule: &Rule, placed: &[bool]) -> Vec<Finding> {
    if cx.input.works.is_empty() {
        return vec![if rule.needs_place { unplaced() } else { model::no_model() }];
    }
    let works = cx.input.works.iter().zip(placed);
    works
        .map(|(work, placed)| Finding { work: Some(work.id.clone()), ..of_work(cx, rule, work, *placed) })
        .collect()
}

fn of_work(cx: &Context<'_>, rule: &Rule, work: &WorkInput, placed: bool) -> Finding {
    match rule.method {
        Method::SchemaAndUnits => return model::schema_and_units(rule, work),
        Method::Georeference => return model::georeference(cx, work),
        _ => {}
    }
    if rule.needs_place && !placed {
        return unplaced();
    }
    if let Some(missing) = without_site(cx) {
        return missing;
    }
    match rule.method {
        Method::LandUse => land::land_use(cx, rule, work),
        Method::PlanUse => land::plan_use(cx, work),
        Method::FootprintInParcel => lines::footprint_in_parcel(cx, work),
        Method::RedLine => lines::red_line(cx, work),
        Method::BuildingLine => lines::building_line(cx, work),
        Method::Setback => setback::setback(cx, rule, work),
        Method::Height => vertical::height(cx, rule, work),
        Method::Storeys => vertical::storeys(cx, rule, work),
        // Rows of the application or of the site, met in `row` already.
        _ => Finding::manual("not_computed"),
    }
}

fn unplaced() -> Finding {
    Finding { case: "g03", ..Finding::no_data("G03", "G03") }
}

fn without_site(cx: &Context<'_>) -> Option<Finding> {
    let found: Vec<_> = cx.parcels.iter().filter_map(|p| super::context::text(p, "code")).collect();
    let missing: Vec<_> =
        cx.input.parcels.iter().map(String::as_str).filter(|p| !found.contains(p)).collect();
    if missing.is_empty() && !cx.site.0.is_empty() {
        return None;
    }
    let codes = missing.join(", ");
    Some(Finding::no_data(
        format!("thửa đất {codes} trong lớp parcel"),
        format!("parcel {codes} in layer parcel"),
    ))
}

fn hides(cx: &Context<'_>, rule: &Rule) -> bool {
    rule.layers().any(|layer| cx.input.hidden_layers.iter().any(|h| h == layer))
}

fn holds(cx: &Context<'_>, condition: &Condition) -> bool {
    cx.fact(&condition.fact).is_some_and(|value| condition.among.iter().any(|a| a == value))
}

fn all(placed: &[bool]) -> bool {
    !placed.is_empty() && placed.iter().all(|p| *p)
}
