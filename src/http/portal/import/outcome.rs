//! What a trial or a run came to: numbers, refusals with their place and reason, and what can be done about it.

use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use super::super::format::{number, quantity};
use super::super::i18n::Tr;
use super::plainly;
use crate::layers::LayerDef;

/// Reasons on the page, and places of each; the download has all that were kept.
const REASONS_MAX: usize = 50;
const PLACES_MAX: usize = 3;

/// The trial: nothing was stored.
pub(super) fn trial(tr: Tr, def: &LayerDef, report: &Value) -> Markup {
    html! {
        section class="card" aria-labelledby="trial" id="trial-report" {
            h2 id="trial" tabindex="-1" { (tr.t("import-trial")) }
            p class="small muted" { (tr.t("import-trial-about")) }
            @if nothing_taken(report) { p class="notice notice--warn" { (tr.t("import-nothing-taken")) } }
            (numbers(tr, report))
            (notes(tr, def, report))
        }
    }
}

/// A run that is done.
pub(super) struct Outcome<'a> {
    pub id: Uuid,
    /// Revision that it made; none if it changed nothing.
    pub revision: Option<i64>,
    /// The revision that takes it back.
    pub undone_by: Option<i64>,
    pub def: &'a LayerDef,
    pub report: &'a Value,
}

/// The run.
pub(super) fn report(tr: Tr, outcome: &Outcome<'_>) -> Markup {
    let Outcome { id, revision, undone_by, def, report } = *outcome;
    let interrupted = report["interrupted"] == Value::Bool(true);
    html! {
        section class="card" aria-labelledby="report" id="import-report" {
            h2 id="report" tabindex="-1" { (tr.t("import-report")) }
            @if interrupted { p class="notice notice--warn" { (tr.t("import-interrupted")) } }
            @else if let Some(by) = undone_by { p class="notice notice--warn" { (tr.with("import-is-undone", &[("revision", &by.to_string())])) } }
            @else if nothing_taken(report) { p class="notice notice--warn" { (tr.t("import-nothing-taken")) } }
            @else if revision.is_none() { p class="notice" { (tr.t("import-nothing-changed")) } }
            @else { p class="notice notice--ok" id="is-in" { (tr.t("import-is-in")) } }
            @if !interrupted { (numbers(tr, report)) }
            div class="actions" {
                a class="button" href={ "/?layer=" (def.id) } { (tr.t("layer-open-map")) }
                a class="button button--plain" href={ "/layers/" (def.id) } { (tr.t("import-layer-page")) }
                a href={ "/api/v1/imports/" (id) "/report?f=csv" } { (tr.t("import-csv")) }
                a href={ "/api/v1/imports/" (id) "/report?f=json" } { "JSON" }
                @if let Some(revision) = revision.filter(|_| undone_by.is_none()) {
                    button class="button button--danger" type="button" data-undo=(revision) data-confirm=(tr.t("import-undo-sure")) { (tr.t("import-undo")) }
                }
            }
            div id="undo-out" aria-live="polite" {}
            @if !interrupted { (notes(tr, def, report)) }
        }
    }
}

fn numbers(tr: Tr, report: &Value) -> Markup {
    let shown = [
        ("import-read", "read"),
        ("import-inserted", "inserted"),
        ("import-updated", "updated"),
        ("import-unchanged", "unchanged"),
        ("import-closed", "closed"),
        ("import-repaired", "repaired"),
        ("import-refused", "rejected_count"),
    ];
    html! {
        dl class="numbers" {
            @for (key, name) in shown {
                div { dt { (tr.t(key)) } dd { span data-number=(name) { (number(tr, report[name].as_f64().unwrap_or(0.0), 0)) } " " span class="unit" { (tr.t("import-items")) } } }
            }
        }
        @if let Some(told) = units(tr, &report["units"]) { p { (tr.t("import-units")) ": " (told) "." } }
        @if let Some(area) = report["repaired_area_m2"].as_f64().filter(|a| *a > 0.0) {
            p { (tr.t("import-repaired-area")) ": " (quantity(tr, area, Some("m2"))) "." }
        }
        @for note in report["notes"].as_array().into_iter().flatten() { p class="small muted" { (text(tr, note)) } }
        @for warning in report["warnings"].as_array().into_iter().flatten() {
            p class="notice notice--warn" { (text(tr, warning)) }
        }
    }
}

/// What became of the communes that the file names; none where it names none.
fn units(tr: Tr, units: &Value) -> Option<String> {
    let parts = [
        ("import-units-codes", "from_codes"),
        ("import-units-names", "from_names"),
        ("import-units-filled", "filled"),
        ("import-units-contradicted", "contradicted"),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter_map(|(key, name)| {
            let n = units[name].as_f64().filter(|n| *n > 0.0)?;
            Some(tr.with(key, &[("count", &number(tr, n, 0))]))
        })
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn text(tr: Tr, value: &Value) -> String {
    plainly(tr, value[tr.code()].as_str().unwrap_or_default())
}

/// Whether all that was read was refused.
fn nothing_taken(report: &Value) -> bool {
    report["imported"] == 0 && report["read"].as_u64().is_some_and(|read| read > 0)
}

/// What was refused or mended: each reason once, with the first places of which it was said.
fn notes(tr: Tr, def: &LayerDef, report: &Value) -> Markup {
    html! {
        @for (key, list, total) in [("import-refused", "rejected", "rejected_count"), ("import-repaired", "repairs", "repaired")] {
            @let found = report[list].as_array().map(Vec::as_slice).unwrap_or_default();
            @let told = by_reason(tr, def, found);
            @if !told.is_empty() {
                details open[list == "rejected"] {
                    summary { strong { (tr.t(key)) " (" (number(tr, report[total].as_f64().unwrap_or(0.0), 0)) " " (tr.t("import-items")) ")" } }
                    div class="table-wrap" {
                        table class="stack" {
                            thead { tr { th scope="col" { (tr.t("import-where")) } th scope="col" { (tr.t("import-why")) } } }
                            tbody { @for (reason, places) in told.iter().take(REASONS_MAX) { tr {
                                th scope="row" {
                                    (places[..places.len().min(PLACES_MAX)].join(", "))
                                    @if places.len() > PLACES_MAX { " " span class="muted" { (tr.with("import-and-more", &[("count", &number(tr, (places.len() - PLACES_MAX) as f64, 0))])) } }
                                }
                                td { (reason) }
                            } } }
                        }
                    }
                    @if told.len() > REASONS_MAX || report["lists_cut_off"] == true { p class="small muted" { (tr.t("import-more")) } }
                }
            }
        }
    }
}

/// Reasons in the order in which they come up, with their places; an attribute by its title.
fn by_reason<'a>(tr: Tr, def: &LayerDef, notes: &'a [Value]) -> Vec<(String, Vec<&'a str>)> {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for note in notes {
        let reason = text(tr, &note["reason"]);
        let named = reason.split_once(": ").and_then(|(name, rest)| Some((def.attribute(name)?, rest)));
        let reason = match named {
            Some((attribute, rest)) => format!("{}: {rest}", tr.of(&attribute.title)),
            None => reason,
        };
        let place = note["place"].as_str().unwrap_or_default();
        match told.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, places)) => places.push(place),
            None => told.push((reason, vec![place])),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::Lang;

    #[test]
    fn a_reason_is_told_once() {
        let catalog = crate::layers::embedded().unwrap();
        let def = catalog.layer("parcel").unwrap();
        let note = |place: &str, en: &str| json!({"place": place, "reason": {"vi": "", "en": en}});
        let notes = [
            note("a fid 1", "code: a value is missing"),
            note("a fid 2", "no ring"),
            note("a fid 3", "code: a value is missing"),
        ];
        let told = by_reason(Tr(Lang::En), def, &notes);
        let title = &def.attribute("code").unwrap().title.en;
        assert_eq!(
            told,
            [
                (format!("{title}: a value is missing"), vec!["a fid 1", "a fid 3"]),
                ("No ring".to_owned(), vec!["a fid 2"])
            ]
        );
    }
}
