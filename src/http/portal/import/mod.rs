//! `/import`: editors bring files into layers, one step after another; `/import/{id}` is one such import, or one of
//! the command line.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use super::i18n::Tr;
use super::page::{Page, Visit};
use crate::Result;
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::http::imports::{self, Any, open_any};
use crate::state::AppState;
use crate::store::imports::Task;
use crate::store::jobs::State as JobState;

mod drawing;
mod list;
mod logged;
mod mapping;
mod outcome;
mod reading;
mod steps;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/import", get(start)).route("/import/{id}", get(one))
}

/// `GET /import/{id}`.
async fn one(
    visit: Visit,
    user: User,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response> {
    match open_any(&state, &user.principal(), &id).await? {
        Any::Portal(import) => steps::page(&visit, &state, &import).await,
        Any::Logged(logged) => logged::page(&visit, &state, &logged),
    }
}

/// `GET /import`.
async fn start(
    visit: Visit,
    user: User,
    State(state): State<AppState>,
    Query(wish): Query<list::Wish>,
) -> Result<Response> {
    let tr = visit.tr;
    let who = user.principal();
    let catalog = state.catalog.load_full();
    let layers = imports::importable(&state, &who);
    let mut titled: Vec<(&str, &str)> =
        layers.iter().filter_map(|id| catalog.layer(id)).map(|l| (tr.of(&l.title), l.id.as_str())).collect();
    titled.sort_unstable();
    let chosen = wish.layer.as_deref().filter(|l| !l.is_empty());
    let past = imports::recent(&state, &who, chosen, wish.before).await?;
    let body = html! {
        h1 { (tr.t("import-heading")) }
        @if layers.is_empty() { div class="notice notice--warn" { p { (tr.t("import-no-layer")) } } }
        @else {
            p { (tr.t("import-intro")) }
            (form(tr, &titled, chosen))
        }
        (list::section(tr, &catalog, &past, &titled, &wish, past.len() as i64 == imports::PAGE))
    };
    Ok(Page::new(&visit, tr.t("import-heading")).with_script("import.ts").render(&body))
}

/// The layer and the files; the script sends them and goes on to the import's page.
fn form(tr: Tr, layers: &[(&str, &str)], chosen: Option<&str>) -> Markup {
    html! {
        form class="card" id="import-new" data-limit=(imports::FILE_LIMIT_BYTES) {
            div class="field" {
                label for="layer" { (tr.t("import-layer")) }
                select id="layer" name="layer" required {
                    option value="" { (tr.t("choose")) }
                    @for (title, id) in layers { option value=(id) selected[chosen == Some(id)] { (title) " (" (id) ")" } }
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

/// A message in the words of the page: those of the import name the flags of the command line.
fn plainly(tr: Tr, text: &str) -> String {
    const FLAGS: [(&str, &str); 7] = [
        ("--source-layer", "import-source-layer"),
        ("--boundary-layers", "import-boundaries"),
        ("--text-layers", "import-texts"),
        ("--swap-axes", "import-swap-short"),
        ("--encoding", "import-encoding"),
        ("--snap-m", "import-snap"),
        ("--crs", "import-crs"),
    ];
    // Of an attribute's name the letters stay as they are.
    let is_name = text.split_once(':').is_some_and(|(word, _)| word.contains('_') || !word.contains(' '));
    let mut letters = text.chars();
    let text = match letters.next() {
        Some(first) if !is_name => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    };
    let text = text.replace("--map", &format!("“{}”", tr.t("import-mapping")));
    FLAGS.iter().fold(text, |text, (flag, key)| text.replace(flag, &format!("“{}”", tr.t(key))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn messages_speak_of_the_page_and_not_of_flags() {
        assert_eq!(
            plainly(Tr(Lang::En), "name the right system by --crs; or use --swap-axes"),
            "Name the right system by “Reference system”; or use “Swap the axes”"
        );
        assert_eq!(plainly(Tr(Lang::En), "code: missing"), "code: missing");
        assert!(!plainly(Tr(Lang::Vi), "hãy dùng --map a=b hoặc --snap-m").contains("--"));
    }
}
