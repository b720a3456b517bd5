//! What a trial or a run came to: numbers, refusals with their place and reason, and what can be done about it.

use maud::{Markup, html};
use serde_json::Value;

use super::super::format::number;
use super::super::i18n::Tr;
use crate::layers::LayerDef;
use crate::store::imports::Import;

/// Notes on the page; the download has all that were kept.
const NOTES_MAX: usize = 50;

/// The trial: nothing was stored.
pub fn trial(tr: Tr, report: &Value) -> Markup {
    html! {
        section class="card" aria-labelledby="trial" id="trial-report" {
            h2 id="trial" { (tr.t("import-trial")) }
            p class="small muted" { (tr.t("import-trial-about")) }
            (numbers(tr, report))
            (notes(tr, report))
        }
    }
}

/// The run.
pub fn report(tr: Tr, import: &Import, def: &LayerDef, report: &Value) -> Markup {
    let interrupted = report["interrupted"] == Value::Bool(true);
    html! {
        section class="card" aria-labelledby="report" id="import-report" {
            h2 id="report" { (tr.t("import-report")) }
            @if interrupted { p class="notice notice--warn" { (tr.t("import-interrupted")) } }
            @else if import.revision.is_none() { p class="notice" { (tr.t("import-nothing-changed")) } }
            @else { p class="notice notice--ok" { (tr.t("import-is-in")) } }
            @if !interrupted { (numbers(tr, report)) }
            div class="actions" {
                a class="button" href={ "/?layer=" (def.id) } { (tr.t("layer-open-map")) }
                a class="button button--plain" href={ "/layers/" (def.id) } { (tr.t("import-layer-page")) }
                a href={ "/api/v1/imports/" (import.id) "/report?f=csv" } { (tr.t("import-csv")) }
                a href={ "/api/v1/imports/" (import.id) "/report?f=json" } { "JSON" }
                @if let Some(revision) = import.revision {
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
                div { dt { (tr.t(key)) } dd data-number=(name) { (number(tr, report[name].as_f64().unwrap_or(0.0), 0)) } }
            }
        }
        @for warning in report["warnings"].as_array().into_iter().flatten() {
            p class="notice notice--warn" { (text(tr, warning)) }
        }
    }
}

fn text(tr: Tr, value: &Value) -> &str {
    value[tr.code()].as_str().unwrap_or_default()
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
