//! `/import/{id}` of an import of the portal: what the file holds and how it is to be taken, the trial, the run, the
//! report.

use axum::response::Response;
use maud::{Markup, html};

use super::super::format::bytes;
use super::super::i18n::Tr;
use super::super::page::{Page, Visit};
use super::outcome::{self, Outcome};
use super::{badge, drawing, mapping, plainly, reading};
use crate::Result;
use crate::access;
use crate::error::Error;
use crate::http::imports::view::{self, Proposal};
use crate::jobs::imports::Settings;
use crate::layers::LayerDef;
use crate::state::AppState;
use crate::store::bulk::Mode;
use crate::store::imports::{Import, Task};
use crate::store::jobs::State as JobState;
use crate::units::COMMUNE_LAYER;

/// Layers to find one's way by on the map.
const AROUND: [&str; 2] = [COMMUNE_LAYER, "road"];

pub(super) async fn page(visit: &Visit, state: &AppState, import: &Import) -> Result<Response> {
    let tr = visit.tr;
    let catalog = state.catalog.load_full();
    let def = catalog.layer(&import.layer).ok_or_else(|| Error::not_found("layer", &import.layer))?;
    let found = view::inspection(import);
    let proposal = match &found {
        Some(found) => view::propose(state, import, def, found).await?,
        None => Proposal::default(),
    };
    let at_work = matches!(import.state, Some(JobState::Queued | JobState::Running));
    let open_form = import.report.is_none() && import.cleared_at.is_none() && !at_work;
    let seen = |id: &&str| catalog.layer(id).is_some_and(|l| access::view(&visit.who, l, &catalog).is_some());
    let around: Vec<&str> = AROUND.into_iter().filter(seen).collect();
    let title = tr.with("import-into", &[("title", tr.of(&def.title))]);
    let body = html! {
        div class="page-head" {
            div {
                h1 { (title) }
                p class="muted break" { (files(tr, import)) }
            }
            p { (badge(tr, import.task, import.state)) }
        }
        @if at_work { (progress(tr, import)) }
        @if import.state == Some(JobState::Failed) { (failure(tr, import)) }
        @if let Some(report) = &import.report {
            (outcome::report(tr, &Outcome { id: import.id, revision: import.revision, undone_by: import.undone_by, def, report }))
        } @else if import.cleared_at.is_some() { div class="notice notice--warn" { p { (tr.t("import-cleared")) } } }
        @if open_form {
            form id="import-form" data-import=(import.id) {
                @if let Some(found) = &found {
                    (reading::file(tr, found, &proposal.settings))
                    @if let Some(drawn) = &found.drawing { (drawing::section(tr, drawn, &proposal.settings.drawing)) }
                    (reading::preview(tr, import, found, &around))
                    (mapping::section(tr, &catalog, def, found, &proposal))
                    (mode(tr, def, &proposal))
                    @if let Some(trial) = &import.trial { (outcome::trial(tr, def, trial)) }
                    div class="actions" {
                        button class="button button--plain" type="submit" data-task="trial" { (tr.t("import-try")) }
                        button class="button" type="submit" data-task="run" data-confirm=(tr.t("import-run-sure")) disabled[import.trial.is_none()] { (tr.t("import-run")) }
                    }
                    p class="small muted" id="try-first" hidden[import.trial.is_some()] { (tr.t("import-try-first")) }
                    p class="small muted" id="try-again" hidden { (tr.t("import-try-again")) }
                } @else { (bare(tr, import)) }
                div id="import-out" aria-live="polite" {}
            }
        }
    };
    let page = Page::new(visit, title).with_script("import.ts").crumb(tr.t("import-heading"), "/import");
    Ok(page.render(&body))
}

fn files(tr: Tr, import: &Import) -> String {
    let file = |f: &crate::store::imports::File| format!("{} ({})", f.name, bytes(tr, f.size_bytes));
    import.files.iter().map(file).collect::<Vec<_>>().join(", ")
}

/// The script follows it and loads the page again at the end.
fn progress(tr: Tr, import: &Import) -> Markup {
    let key = match import.task {
        Some(Task::Trial) => "import-trying",
        Some(Task::Run) => "import-running",
        _ => "import-looking",
    };
    html! {
        div class="card progress" data-await=(import.id) data-task=[import.task.map(Task::name)] {
            span role="status" { (tr.t(key)) }
            progress max="1" value=(import.progress) aria-label=(tr.t(key)) {}
            p class="small muted" { (tr.t("import-may-leave")) }
        }
    }
}

fn failure(tr: Tr, import: &Import) -> Markup {
    html! {
        div class="notice notice--error" role="alert" tabindex="-1" {
            h2 { (tr.t("import-failed")) }
            @if let Some(error) = &import.error { p { (plainly(tr, tr.of(error))) } }
            p { a href={ "/import?layer=" (import.layer) } { (tr.t("import-another")) } }
        }
    }
}

/// Before the first look: nothing but the choice that the look may have failed for.
fn bare(tr: Tr, import: &Import) -> Markup {
    let settings = Settings::stored(&import.settings);
    html! {
        section class="card" {
            div class="grid-2" { (reading::system(tr, settings.crs.as_deref(), None, None)) (reading::encoding(tr, settings.encoding, None)) }
            div class="actions" { button class="button" type="button" data-look { (tr.t("import-look")) } }
        }
    }
}

fn mode(tr: Tr, def: &LayerDef, proposal: &Proposal) -> Markup {
    let keys: Vec<&str> =
        def.attributes.iter().filter(|a| def.key.contains(&a.name)).map(|a| tr.of(&a.title)).collect();
    let keys = keys.join(", ");
    let mut modes = vec![(Mode::Append, "append"), (Mode::Replace, "replace")];
    if !def.key.is_empty() {
        modes.insert(0, (Mode::Upsert, "upsert"));
    }
    html! {
        fieldset class="card" {
            legend { (tr.t("import-mode")) }
            @for (mode, name) in modes {
                label class="check" {
                    input type="radio" name="mode" value=(name) checked[proposal.settings.mode == Some(mode)];
                    span { strong { (tr.or(&format!("import-mode-{name}"), name)) } " – " (tr.with(about(mode), &[("key", &keys)])) }
                }
            }
        }
    }
}

fn about(mode: Mode) -> &'static str {
    match mode {
        Mode::Upsert => "import-about-upsert",
        Mode::Append => "import-about-append",
        Mode::Replace => "import-about-replace",
    }
}
