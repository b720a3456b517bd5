//! `/import/{id}` of an import of the command line: what was asked for and what came of it.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::super::format::time;
use super::super::i18n::Tr;
use super::super::page::{Page, Visit};
use super::outcome::{self, Outcome};
use super::{badge, list, plainly};
use crate::Result;
use crate::error::Error;
use crate::state::AppState;
use crate::store::import_list::Logged;
use crate::store::imports::Task;
use crate::store::jobs::State as JobState;

pub(super) fn page(visit: &Visit, state: &AppState, logged: &Logged) -> Result<Response> {
    let tr = visit.tr;
    let line = &logged.line;
    let catalog = state.catalog.load_full();
    let def = catalog.layer(&line.layer).ok_or_else(|| Error::not_found("layer", &line.layer))?;
    let title = tr.with("import-into", &[("title", tr.of(&def.title))]);
    let body = html! {
        div class="page-head" {
            div {
                h1 { (title) }
                p class="muted" { (line.files.join(", ")) " · " (time(line.created_at)) " · " (list::who(tr, line)) }
            }
            p { (badge(tr, line.task, line.state)) }
        }
        @if line.state == Some(JobState::Failed) {
            div class="notice notice--error" {
                h2 { (tr.t("import-failed")) }
                @if let Some(error) = &line.error { p { (plainly(tr, tr.of(error))) } }
            }
        }
        @if line.state == Some(JobState::Running) { p class="notice" { (tr.t("import-running-elsewhere")) } }
        @match &logged.report {
            Some(report) if line.task == Some(Task::Trial) => { (outcome::trial(tr, def, report)) }
            Some(report) => { (outcome::report(tr, &Outcome { id: line.id, revision: line.revision, undone_by: line.undone_by, def, report })) }
            None => {}
        }
        (options(tr, &logged.options))
    };
    let page = Page::new(visit, title).with_script("import.ts").crumb(tr.t("import-heading"), "/import");
    Ok(page.render(&body))
}

fn options(tr: Tr, options: &Value) -> Markup {
    let text = |name: &str| options[name].as_str().map(str::to_owned);
    let map = options["map"].as_array().into_iter().flatten();
    let pairs: Vec<String> =
        map.filter_map(|pair| Some(format!("{} ← {}", pair[0].as_str()?, pair[1].as_str()?))).collect();
    let mode = text("mode").map(|m| tr.or(&format!("import-mode-{m}"), &m));
    let rows = [
        ("import-mode", mode),
        ("import-source-layer", text("source_layer")),
        ("import-crs", text("crs")),
        ("import-encoding", text("encoding")),
        ("import-swap-short", (options["swap_axes"] == Value::Bool(true)).then(|| tr.t("js-yes"))),
        ("import-units-as-of", text("units_as_of")),
        ("import-mapping", (!pairs.is_empty()).then(|| pairs.join("; "))),
    ];
    html! {
        section class="card" aria-labelledby="chosen" {
            h2 id="chosen" { (tr.t("import-chosen")) }
            dl class="facts" { @for (key, value) in rows { @if let Some(value) = value { dt { (tr.t(key)) } dd { (value) } } } }
        }
    }
}
