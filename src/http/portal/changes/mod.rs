//! `/changes`: what changed in the layers, one change with its items, what an undo would do, and the life of an item.
//! For officers.

mod life;
mod map;
mod one;
mod undo;
mod values;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use super::format::{number, time};
use super::i18n::Tr;
use super::page::{Page, Visit};
use super::told::Words;
use crate::Result;
use crate::access;
use crate::http::extract::Query;
use crate::http::history::{self, ListQuery};
use crate::layers::Catalog;
use crate::state::AppState;
use crate::store::history::revisions::{LayerChange, Origin, Revision};
use crate::store::history::versions::{Kind, Step};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/changes", get(list))
        .route("/changes/{number}", get(one::page))
        .route("/changes/{number}/undo", get(undo::page))
        .route("/changes/items/{layer}/{fid}", get(life::page))
}

/// Filters of the list, and what an undo that led here came to.
#[derive(Debug, Default, Deserialize)]
struct Filters {
    layer: Option<String>,
    cursor: Option<i64>,
    undone: Option<i64>,
    restored: Option<u64>,
    removed: Option<u64>,
    reinserted: Option<u64>,
    conflicting: Option<u64>,
}

/// `GET /changes`.
async fn list(
    visit: Visit,
    State(state): State<AppState>,
    Query(filters): Query<Filters>,
) -> Result<Response> {
    let tr = visit.tr;
    let layer = filters.layer.clone().filter(|l| !l.is_empty());
    let query = ListQuery { layer: layer.clone(), cursor: filters.cursor, ..ListQuery::default() };
    let (rows, next) = history::revisions(&state, &visit.who, &query).await?;
    let body = html! {
        h1 { (tr.t("changes-heading")) }
        p { (tr.t("changes-intro")) }
        (done(tr, &filters))
        (filter_form(&visit, &state, layer.as_deref()))
        @if rows.is_empty() {
            div class="empty" { h2 { (tr.t("changes-empty")) } }
        } @else { (table(&visit, &state, &rows)) }
        @if let Some(next) = next {
            div class="actions" {
                a class="button button--plain" href={ "/changes?layer=" (layer.as_deref().unwrap_or_default()) "&cursor=" (next) } { (tr.t("changes-older")) }
            }
        }
    };
    Ok(Page::new(&visit, tr.t("changes-heading")).wide().render(&body))
}

fn done(tr: Tr, filters: &Filters) -> Markup {
    let count = |n: Option<u64>| n.unwrap_or(0).to_string();
    let text = filters.undone.map(|revision| {
        tr.with(
            "changes-undone",
            &[
                ("revision", &revision.to_string()),
                ("restored", &count(filters.restored)),
                ("removed", &count(filters.removed)),
                ("reinserted", &count(filters.reinserted)),
                ("conflicts", &count(filters.conflicting)),
            ],
        )
    });
    html! { @if let Some(text) = text { p class="notice" role="status" { (text) } } }
}

fn filter_form(visit: &Visit, state: &AppState, chosen: Option<&str>) -> Markup {
    let tr = visit.tr;
    let catalog = state.catalog.load_full();
    let seen = catalog.layers.values().filter(|l| access::view(&visit.who, l, &catalog).is_some());
    html! {
        form class="filters" method="get" action="/changes" {
            div class="field" {
                label for="layer" { (tr.t("changes-layer")) }
                select id="layer" name="layer" {
                    option value="" { (tr.t("changes-any-layer")) }
                    @for l in seen { option value=(l.id) selected[chosen == Some(l.id.as_str())] { (tr.of(&l.title)) } }
                }
            }
            button class="button button--plain" type="submit" { (tr.t("queue-filter")) }
        }
    }
}

fn table(visit: &Visit, state: &AppState, rows: &[Revision]) -> Markup {
    let tr = visit.tr;
    let catalog = state.catalog.load_full();
    let words = Words::new(visit, state, &catalog);
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr { @for key in ["changes-number", "changes-when", "changes-who", "changes-why", "changes-what", "changes-action"] { th scope="col" { (tr.t(key)) } } } }
                tbody { @for r in rows { tr {
                    th scope="row" { a href={ "/changes/" (r.origin.number) } { (r.origin.number) } }
                    td class="nowrap" data-label=(tr.t("changes-when")) { time datetime=(r.origin.committed_at.to_rfc3339()) { (time(r.origin.committed_at)) } }
                    td data-label=(tr.t("changes-who")) { (words.by(&r.origin)) }
                    td data-label=(tr.t("changes-why")) { (why(words, &r.origin)) }
                    td data-label=(tr.t("changes-what")) {
                        @for c in &r.layers { div { a href={ "/changes?layer=" (c.layer) } { (layer_title(tr, &catalog, &c.layer)) } ": " (counted(tr, c)) } }
                        @for (n, key) in [(r.overwrote, "changes-overwrote"), (r.overwritten_by, "changes-overwritten-by")] {
                            @if let Some(n) = n { div { a class="small" href={ "/changes/" (n) } { (tr.with(key, &[("revision", &n.to_string())])) } } }
                        }
                    }
                    td data-label=(tr.t("changes-action")) {
                        @if let Some(by) = r.undone_by { span class="muted" { (tr.with("changes-undone-by", &[("revision", &by.to_string())])) } }
                        @else if history::may_undo(state, &visit.who, r) {
                            a class="button button--plain" href={ "/changes/" (r.origin.number) "/undo" } { (tr.t("changes-undo")) span class="visually-hidden" { " " (r.origin.number) } }
                        }
                    }
                } } }
            }
        }
    }
}

/// Why a change was made, or that nobody said so.
fn why(words: Words<'_>, origin: &Origin) -> Markup {
    let why = words.why(origin);
    html! { @if why.is_empty() { span class="muted" { (words.tr.t("change-no-reason")) } } @else { (why) } }
}

/// What a layer is called, or its id where it is no more.
fn layer_title(tr: Tr, catalog: &Catalog, id: &str) -> String {
    catalog.layer(id).map_or_else(|| id.to_owned(), |l| tr.of(&l.title).to_owned())
}

/// What happened to an item, in a word.
fn kind_of(tr: Tr, step: &Step) -> String {
    tr.t(match step.kind {
        Kind::Inserted => "life-inserted",
        Kind::Updated => "life-updated",
        Kind::Removed => "life-removed",
    })
}

fn counted(tr: Tr, c: &LayerChange) -> String {
    if c.is_definition {
        return tr.t("changes-definition");
    }
    let parts =
        [("changes-inserted", c.inserted), ("changes-updated", c.updated), ("changes-removed", c.removed)];
    let told: Vec<String> = parts
        .iter()
        .filter_map(|(key, n)| {
            n.filter(|n| *n > 0).map(|n| tr.with(key, &[("count", &number(tr, n as f64, 0))]))
        })
        .collect();
    match (told.is_empty(), c.items) {
        (false, _) => told.join(", "),
        (true, Some(n)) => tr.with("changes-items", &[("count", &number(tr, n as f64, 0))]),
        (true, None) => tr.t("changes-many"),
    }
}
