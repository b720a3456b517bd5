//! `/import`: editors bring files into layers, one step after another; `/import/{id}` is one such import.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use super::format::{number, time};
use super::i18n::Tr;
use super::page::{Page, Visit};
use crate::Result;
use crate::http::auth::User;
use crate::http::extract::Query;
use crate::http::imports;
use crate::layers::Catalog;
use crate::state::AppState;
use crate::store::imports::{Line, Task};
use crate::store::jobs::State as JobState;

mod outcome;
mod steps;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/import", get(start)).route("/import/{id}", get(steps::page))
}

/// What a link to the page may say.
#[derive(Debug, Deserialize)]
struct Wish {
    layer: Option<String>,
}

/// `GET /import`.
async fn start(
    visit: Visit,
    user: User,
    State(state): State<AppState>,
    Query(wish): Query<Wish>,
) -> Result<Response> {
    let tr = visit.tr;
    let who = user.principal();
    let catalog = state.catalog.load_full();
    let layers = imports::importable(&state, &who);
    let past = imports::recent(&state, &who, None, None).await?;
    let body = html! {
        h1 { (tr.t("import-heading")) }
        @if layers.is_empty() { div class="notice notice--warn" { p { (tr.t("import-no-layer")) } } }
        @else {
            p { (tr.t("import-intro")) }
            (form(tr, &catalog, &layers, wish.layer.as_deref()))
        }
        section aria-labelledby="past" {
            h2 id="past" { (tr.t("import-past")) }
            @if past.is_empty() { div class="empty" { p { (tr.t("import-none")) } } } @else { (table(tr, &catalog, &past)) }
        }
    };
    Ok(Page::new(&visit, tr.t("import-heading")).with_script("import.ts").render(&body))
}

/// The layer and the files; the script sends them and goes on to the import's page.
fn form(tr: Tr, catalog: &Catalog, layers: &[String], chosen: Option<&str>) -> Markup {
    let mut titled: Vec<(&str, &str)> =
        layers.iter().filter_map(|id| catalog.layer(id)).map(|l| (tr.of(&l.title), l.id.as_str())).collect();
    titled.sort_unstable();
    html! {
        form class="card" id="import-new" data-limit=(imports::FILE_LIMIT_BYTES) {
            div class="field" {
                label for="layer" { (tr.t("import-layer")) }
                select id="layer" name="layer" required {
                    option value="" { (tr.t("choose")) }
                    @for (title, id) in titled { option value=(id) selected[chosen == Some(id)] { (title) " (" (id) ")" } }
                }
            }
            div class="field drop" id="drop" {
                label for="files" { (tr.t("import-files")) }
                span class="hint" id="files-hint" { (tr.t("import-files-hint")) }
                input type="file" id="files" multiple aria-describedby="files-hint";
                ul id="file-list" class="small" {}
            }
            div id="import-out" aria-live="polite" {}
            div class="actions" { button class="button" type="submit" { (tr.t("import-send")) } }
        }
    }
}

fn table(tr: Tr, catalog: &Catalog, past: &[Line]) -> Markup {
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr {
                    @for key in ["import-when", "import-layer", "import-file", "import-state", "import-taken", "import-refused", "import-who"] {
                        th scope="col" { (tr.t(key)) }
                    }
                } }
                tbody {
                    @for l in past {
                        tr {
                            th scope="row" { a href={ "/import/" (l.id) } class="nowrap" { (time(l.created_at)) } }
                            td data-label=(tr.t("import-layer")) { (catalog.layer(&l.layer).map_or(l.layer.as_str(), |d| tr.of(&d.title))) }
                            td data-label=(tr.t("import-file")) { (l.files.join(", ")) }
                            td data-label=(tr.t("import-state")) { (badge(tr, l.task, l.state)) }
                            td data-label=(tr.t("import-taken")) class="num" { (count(tr, l.imported)) }
                            td data-label=(tr.t("import-refused")) class="num" { (count(tr, l.rejected)) }
                            td data-label=(tr.t("import-who")) { (l.created_by) }
                        }
                    }
                }
            }
        }
    }
}

fn count(tr: Tr, value: Option<i64>) -> String {
    value.map_or_else(|| "–".to_owned(), |n| number(tr, n as f64, 0))
}

/// Where an import stands.
fn badge(tr: Tr, task: Option<Task>, state: Option<JobState>) -> Markup {
    let (class, key) = match (task, state) {
        (None, _) | (_, None) => ("badge", "import-is-new"),
        (_, Some(JobState::Queued)) => ("badge badge--brand", "import-is-queued"),
        (_, Some(JobState::Running)) => ("badge badge--brand", "import-is-running"),
        (_, Some(JobState::Failed)) => ("badge badge--fail", "import-is-failed"),
        (Some(Task::Inspect), _) => ("badge badge--manual", "import-is-inspected"),
        (Some(Task::Trial), _) => ("badge badge--manual", "import-is-tried"),
        (Some(Task::Run), _) => ("badge badge--pass", "import-is-done"),
    };
    html! { span class=(class) { (tr.t(key)) } }
}
