//! What a trial or a run came to: numbers, refusals with their place and reason, and what can be done about it.

use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use super::super::format::{number, quantity};
use super::super::i18n::Tr;
use super::plainly;
use crate::layers::LayerDef;

/// Notes on the page; the download has all that were kept.
const NOTES_MAX: usize = 50;

/// The trial: nothing was stored.
pub(super) fn trial(tr: Tr, report: &Value) -> Markup {
    html! {
        section class="card" aria-labelledby="trial" id="trial-report" {
            h2 id="trial" tabindex="-1" { (tr.t("import-trial")) }
            p class="small muted" { (tr.t("import-trial-about")) }
            (numbers(tr, report))
            (notes(tr, report))
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
            @if !interrupted { (notes(tr, report)) }
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

fn notes(tr: Tr, report: &Value) -> Markup {
    html! {
        @for (key, list, total) in [("import-refused", "rejected", "rejected_count"), ("import-repaired", "repairs", "repaired")] {
            @let found = report[list].as_array().map(Vec::as_slice).unwrap_or_default();
            @if !found.is_empty() {
                details open[list == "rejected"] {
                    summary { strong { (tr.t(key)) " (" (number(tr, report[total].as_f64().unwrap_or(0.0), 0)) ")" } }
                    div class="table-wrap" {
                        table class="stack" {
                            thead { tr { th scope="col" { (tr.t("import-where")) } th scope="col" { (tr.t("import-why")) } } }
                            tbody { @for n in found.iter().take(NOTES_MAX) { tr {
                                th scope="row" { (n["place"].as_str().unwrap_or_default()) }
                                td { (text(tr, &n["reason"])) }
                            } } }
                        }
                    }
                    @if found.len() > NOTES_MAX { p class="small muted" { (tr.t("import-more")) } }
                }
            }
        }
    }
}
