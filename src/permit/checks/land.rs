//! P01 land use and P02 use by the plan: code lists against code lists.

use serde_json::Value;

use super::super::check_input::WorkInput;
use super::super::law::{Rule, RuleSet};
use super::super::verdict::LimitSource;
use super::context::{Context, text};
use super::finding::Finding;
use crate::text::Text;

/// P01: the land-use code of every parcel allows the use. The table stands in the rule file: codes that allow it,
/// and codes where it depends.
pub fn land_use(cx: &Context<'_>, rule: &Rule, work: &WorkInput) -> Finding {
    let use_ = match known_use(cx, work) {
        Ok(use_) => use_,
        Err(finding) => return *finding,
    };
    let codes = |table: &str| -> Vec<&str> {
        let list = rule.parameters.get(table).and_then(|t| t.get(use_)).and_then(Value::as_array);
        list.map(|l| l.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    };
    let (allowed, depends) = (codes("allowed"), codes("depends"));
    let mut worst = 0;
    let mut shown = Vec::new();
    for parcel in &cx.parcels {
        let code = text(parcel, "code").unwrap_or_default();
        let Some(land) = text(parcel, "land_use") else {
            return Finding::no_data(
                format!("mục đích sử dụng đất của thửa {code} (parcel.land_use)"),
                format!("the land use of parcel {code} (parcel.land_use)"),
            );
        };
        let rank = if allowed.contains(&land) {
            0
        } else if depends.contains(&land) {
            1
        } else {
            2
        };
        worst = worst.max(rank);
        shown.push(format!("{land} ({code})"));
    }
    let finding = match worst {
        0 => Finding::pass(),
        1 => Finding::manual("depends"),
        _ => Finding::fail(),
    };
    let source = LimitSource {
        kind: "parcel".to_owned(),
        name: "land_use".to_owned(),
        feature: cx.parcels.first().map(|p| format!("parcel/{}", p.fid)),
    };
    let land = shown.join(", ");
    finding
        .source(source, true)
        .area(&cx.site)
        .value("land", Text::new(land.clone(), land))
        .value("allowed", Text::new(allowed.join(", "), allowed.join(", ")))
        .value("use", use_title(cx.set, use_))
}

/// P02: the zoning lots allow the use.
pub fn plan_use(cx: &Context<'_>, work: &WorkInput) -> Finding {
    let use_ = match known_use(cx, work) {
        Ok(use_) => use_,
        Err(finding) => return *finding,
    };
    let lots = cx.lots();
    let Some(first) = lots.first() else {
        return Finding::no_data(
            "ô quy hoạch tại thửa đất (zoning_lot)",
            "a zoning lot on the site (zoning_lot)",
        );
    };
    let mut wrong = None;
    for lot in &lots {
        let Some(allowed) = text(lot, "allowed_uses") else {
            return Finding::no_data(
                "công năng được phép của ô quy hoạch (zoning_lot.allowed_uses)",
                "the lot's allowed uses (zoning_lot.allowed_uses)",
            );
        };
        if !allowed.split(',').any(|a| a.trim() == use_) {
            wrong = wrong.or(Some(*lot));
        }
    }
    let shown = wrong.unwrap_or(first);
    let allowed: Vec<_> = text(shown, "allowed_uses")
        .unwrap_or_default()
        .split(',')
        .map(|a| use_title(cx.set, a.trim()))
        .collect();
    let list =
        |get: fn(&Text) -> &String| allowed.iter().map(|t| get(t).as_str()).collect::<Vec<_>>().join(", ");
    let finding = if wrong.is_some() { Finding::fail() } else { Finding::pass() };
    finding
        .source(cx.lot_source(shown), true)
        .area(&super::region::polygons(&shown.geometry))
        .value("allowed", Text::new(list(|t| &t.vi), list(|t| &t.en)))
        .value("use", use_title(cx.set, use_))
}

/// The use that model and application agree on, a code of `building_use`.
fn known_use<'a>(cx: &Context<'a>, work: &'a WorkInput) -> Result<&'a str, Box<Finding>> {
    let uses = cx.use_of(work);
    if uses.differ() {
        let title = |u: Option<&str>| use_title(cx.set, u.unwrap_or_default());
        let finding = Finding::manual("uses_differ");
        let finding =
            finding.value("model_use", title(uses.model)).value("declared_use", title(uses.declared));
        return Err(Box::new(finding));
    }
    let missing = || {
        Box::new(Finding::no_data(
            "công năng của công trình (model.building_use)",
            "the building's use (model.building_use)",
        ))
    };
    uses.best().ok_or_else(missing)
}

/// A use as people call it, from the rule set; the code itself where it is not listed.
pub fn use_title(set: &RuleSet, code: &str) -> Text {
    let title = titles(set).and_then(|t| t.get(code));
    let get = |lang: &str| title.and_then(|t| t.get(lang)).and_then(Value::as_str).unwrap_or(code);
    Text::new(get("vi"), get("en"))
}

/// Whether a text is a code of `building_use`; what else a model may say of its use is not judged by.
pub fn is_use(set: &RuleSet, code: &str) -> bool {
    titles(set).is_some_and(|t| t.get(code).is_some())
}

fn titles(set: &RuleSet) -> Option<&Value> {
    set.rules.iter().find_map(|r| r.parameters.get("use_titles"))
}
