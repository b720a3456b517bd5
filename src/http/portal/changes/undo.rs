//! `/changes/{number}/undo`: what an undo would do, and the button that does it.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::super::format::{number, time};
use super::super::i18n::Tr;
use super::super::page::{Page, Visit};
use super::super::told::Words;
use super::layer_title;
use crate::Result;
use crate::http::extract::Path;
use crate::http::history;
use crate::state::AppState;
use crate::store::history::undo::{Conflict, UndoReport, Why};

/// `GET /changes/{number}/undo`: what an undo would do, and the button that does it.
pub(super) async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Path(revision): Path<i64>,
) -> Result<Response> {
    let tr = visit.tr;
    let found = history::find(&state, &visit.who, revision).await?;
    let catalog = state.catalog.load_full();
    let words = Words::new(&visit, &state, &catalog);
    let report = history::preview(&state, &visit.who, revision).await?;
    let large = state.store.is_large_revision(revision).await?;
    let title = tr.with("undo-heading", &[("revision", &revision.to_string())]);
    let layer = found.layers.first().map_or("", |c| c.layer.as_str());
    let then = format!(
        "/changes?layer={layer}&undone={revision}&restored={{restored}}&removed={{removed}}&reinserted={{reinserted}}&conflicting={{conflicting}}"
    );
    let nothing = report.restored + report.removed + report.reinserted == 0;
    let body = html! {
        h1 { (title) }
        p { (words.why(&found.origin)) }
        p class="small muted" { (time(found.origin.committed_at)) " · " (words.by(&found.origin)) }
        @if large { p class="notice" { (tr.t("undo-large")) } }
        (outcome(tr, &report))
        @if nothing { p class="notice notice--warn" { (tr.t("undo-nothing")) } }
        @else {
            form data-api={ "POST /api/v1/revisions/" (revision) "/undo" } data-then=(then) data-await data-confirm=(tr.t("undo-confirm")) {
                div class="field" {
                    label for="reason" { (tr.t("undo-reason")) }
                    textarea id="reason" name="reason" rows="3" maxlength="500" required {}
                }
                div class="actions" {
                    button class="button" type="submit" { (tr.t("undo-do")) }
                    a class="button button--plain" href={ "/changes?layer=" (layer) } { (tr.t("js-cancel")) }
                }
            }
        }
        (conflicts(words, &report))
    };
    Ok(Page::new(&visit, title)
        .crumb(tr.t("changes-heading"), "/changes")
        .crumb(
            tr.with("change-heading", &[("revision", &revision.to_string())]),
            format!("/changes/{revision}"),
        )
        .render(&body))
}

fn outcome(tr: Tr, report: &UndoReport) -> Markup {
    let rows = [
        ("undo-restored", report.restored),
        ("undo-removed", report.removed),
        ("undo-reinserted", report.reinserted),
        ("undo-conflicts", report.conflicting),
    ];
    html! {
        h2 { (tr.t("undo-would")) }
        div class="table-wrap" { table { tbody { @for (key, n) in rows {
            tr { th scope="row" { (tr.t(key)) } td { (number(tr, n as f64, 0)) } }
        } } } }
    }
}

fn conflicts(words: Words<'_>, report: &UndoReport) -> Markup {
    if report.conflicts.is_empty() {
        return html! {};
    }
    let tr = words.tr;
    let title = |c: &Conflict| format!("{} {}", layer_title(tr, words.catalog, &c.layer), c.fid);
    html! {
        h2 { (tr.t("undo-conflicts")) }
        p { (tr.t("undo-conflicts-intro")) }
        div class="table-wrap" { table class="stack" {
            thead { tr { @for key in ["undo-item", "changes-why", "changes-who", "changes-when"] { th scope="col" { (tr.t(key)) } } } }
            tbody { @for c in &report.conflicts { tr {
                th scope="row" { a href={ "/changes/items/" (c.layer) "/" (c.fid) } { (title(c)) } }
                td data-label=(tr.t("changes-why")) { (tr.t(match c.why { Why::ChangedSince => "undo-changed-since", Why::KeyTaken => "undo-key-taken" })) }
                td data-label=(tr.t("changes-who")) { (c.by.as_ref().map_or_else(|| "–".to_owned(), |o| words.by(o))) }
                td data-label=(tr.t("changes-when")) { (c.by.as_ref().map_or_else(|| "–".to_owned(), |o| time(o.committed_at))) }
            } } }
        } }
        @if report.conflicting > report.conflicts.len() as u64 {
            p class="muted" { (tr.with("undo-more", &[("count", &number(tr, report.conflicting as f64, 0))])) }
        }
    }
}
