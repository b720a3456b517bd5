//! `/changes/{number}`: one change – who, when, why, through what, and what became of each item.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::format::{number, time};
use super::super::i18n::Tr;
use super::super::page::{Page, Visit};
use super::super::told::Words;
use super::map::{self, Drawn};
use super::{kind_of, layer_title, values, why};
use crate::Result;
use crate::access::View;
use crate::http::extract::{Path, Query};
use crate::http::history::{self, Opened};
use crate::http::item_title;
use crate::layers::Catalog;
use crate::state::AppState;
use crate::store::history::changed::ChangedItem;
use crate::store::history::revisions::{LayerChange, Revision};

/// Items of a page: as many as a map and a person take in.
const ITEMS: i64 = 50;

/// Which items.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Part {
    layer: Option<String>,
    cursor: Option<i64>,
}

/// `GET /changes/{number}?layer=&cursor=`
pub(super) async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Path(revision): Path<i64>,
    Query(part): Query<Part>,
) -> Result<Response> {
    let tr = visit.tr;
    let layer = part.layer.as_deref().filter(|l| !l.is_empty());
    let opened =
        history::open_revision(&state, &visit.who, revision, layer, part.cursor, Some(ITEMS)).await?;
    let catalog = state.catalog.load_full();
    let title = tr.with("change-heading", &[("revision", &revision.to_string())]);
    let steps: Vec<Drawn<'_>> = opened.items.items.iter().map(drawn).collect();
    let shapes = match &opened.view {
        Some(view) if !steps.is_empty() => Some(map::shapes(view, &steps)?),
        _ => None,
    };
    let body = html! {
        h1 { (title) }
        (facts(Words::new(&visit, &state, &catalog), &opened.revision))
        (layers(tr, &catalog, &opened))
        (action(tr, &state, &visit, &opened.revision))
        @match &opened.view {
            Some(view) => {
                h2 { (tr.with("change-items", &[("layer", tr.of(&view.layer.title))])) }
                @if opened.items.items.is_empty() { p class="muted" { (tr.t("change-no-items")) } }
                @else {
                    (map::place(tr, "change-map", &steps))
                    ol class="change-items" { @for i in &opened.items.items { (item(tr, &catalog, view, i)) } }
                }
                (pager(tr, revision, view, part.cursor, opened.items.next))
            },
            None => { p class="muted" { (tr.t("change-not-listed")) } },
        }
    };
    let page = Page::new(&visit, title).crumb(tr.t("changes-heading"), "/changes").with_script("changes.ts");
    let page = match &shapes {
        Some(shapes) => page.data("change-shapes", shapes),
        None => page,
    };
    Ok(page.render(&body))
}

fn drawn(item: &ChangedItem) -> Drawn<'_> {
    Drawn { step: &item.step, before: item.before.as_ref(), after: item.after.as_ref() }
}

fn facts(words: Words<'_>, revision: &Revision) -> Markup {
    let (tr, origin) = (words.tr, &revision.origin);
    let link = |n: i64| html! { a href={ "/changes/" (n) } { (tr.with("change-link", &[("revision", &n.to_string())])) } };
    html! {
        dl class="facts" {
            dt { (tr.t("changes-when")) } dd { time datetime=(origin.committed_at.to_rfc3339()) { (time(origin.committed_at)) } }
            dt { (tr.t("changes-who")) } dd { (origin.actor_name.clone().unwrap_or_else(|| tr.t("change-program"))) }
            dt { (tr.t("change-through")) } dd { (words.through(&origin.client)) }
            dt { (tr.t("changes-why")) } dd { (why(words, origin)) }
            @if let Some(n) = origin.undoes { dt { (tr.t("change-undoes")) } dd { (link(n)) } }
            @if let Some(n) = revision.overwrote { dt { (tr.t("change-overwrote")) } dd { (link(n)) } }
            @if let Some(n) = revision.overwritten_by { dt { (tr.t("change-overwritten-by")) } dd { (link(n)) } }
            @if let Some(n) = revision.undone_by { dt { (tr.t("change-undone-by")) } dd { (link(n)) } }
        }
    }
}

/// The layers with their counts; where there are several, each leads to its items.
fn layers(tr: Tr, catalog: &Catalog, opened: &Opened) -> Markup {
    let revision = &opened.revision;
    let number_of = revision.origin.number;
    let shown =
        |c: &LayerChange| opened.view.as_ref().is_some_and(|v| v.layer.id == c.layer && !c.is_definition);
    let count = |n: Option<i64>| n.map_or_else(|| "–".to_owned(), |n| number(tr, n as f64, 0));
    html! {
        div class="table-wrap" { table {
            thead { tr {
                th scope="col" { (tr.t("changes-layer")) }
                @for key in ["change-inserted", "change-updated", "change-removed"] { th scope="col" class="num" { (tr.t(key)) } }
            } }
            tbody { @for c in &revision.layers { tr {
                th scope="row" {
                    @let title = layer_title(tr, catalog, &c.layer);
                    @if c.is_definition || revision.layers.len() == 1 { (title) }
                    @else { a href={ "/changes/" (number_of) "?layer=" (c.layer) } aria-current=[shown(c).then_some("true")] { (title) } }
                }
                @if c.is_definition { td colspan="3" { (tr.t("changes-definition")) } }
                @else if c.inserted.is_none() { td colspan="3" { (super::counted(tr, c)) } }
                @else { @for n in [c.inserted, c.updated, c.removed] { td class="num" { (count(n)) } } }
            } } }
        } }
    }
}

fn action(tr: Tr, state: &AppState, visit: &Visit, revision: &Revision) -> Markup {
    let may = revision.undone_by.is_none() && history::may_undo(state, &visit.who, revision);
    html! {
        @if may {
            div class="actions" { a class="button" href={ "/changes/" (revision.origin.number) "/undo" } { (tr.t("changes-undo")) } }
        }
    }
}

fn item(tr: Tr, catalog: &Catalog, view: &View, item: &ChangedItem) -> Markup {
    let Some(row) = item.row() else { return html! {} };
    let step = &item.step;
    let pairs = values::pairs(view, step, item.before.as_ref(), item.after.as_ref());
    let table = values::table(tr, catalog, view, &pairs);
    let title = item_title::capital(&item_title::of_row(view, row, tr.0));
    html! {
        li id={ "item-" (row.fid) } {
            p {
                strong { (kind_of(tr, step)) } " · "
                a href={ "/changes/items/" (view.layer.id) "/" (row.fid) "?revision=" (step.revision) } { (title) }
                @if step.geometry_changed { " · " (tr.t("life-geometry")) }
                " · " button class="link-button small" type="button" data-shape=(row.fid) { (tr.t("show-on-map")) span class="visually-hidden" { ": " (title) } }
            }
            // What an item was made with is long and seldom asked for.
            @if item.before.is_some() && item.after.is_some() { (table) }
            @else if !pairs.is_empty() { details { summary class="small" { (tr.t("change-values")) } (table) } }
        }
    }
}

fn pager(tr: Tr, revision: i64, view: &View, cursor: Option<i64>, next: Option<i64>) -> Markup {
    let base = format!("/changes/{revision}?layer={}", view.layer.id);
    html! {
        @if cursor.is_some() || next.is_some() {
            div class="actions" {
                @if cursor.is_some() { a class="button button--plain" href=(base) { (tr.t("change-first-items")) } }
                @if let Some(next) = next { a class="button button--plain" rel="next" href={ (base) "&cursor=" (next) } { (tr.t("change-more-items")) } }
            }
        }
    }
}
