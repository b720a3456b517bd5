//! `/changes/items/{layer}/{fid}`: the life of an item, with the shapes of a change on a map.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::format::time;
use super::super::i18n::Tr;
use super::super::page::{Page, Visit};
use super::super::told::Words;
use super::map::{self, Drawn};
use super::{kind_of, values};
use crate::Result;
use crate::http::extract::{Path, Query};
use crate::http::family::{Family, Relative};
use crate::http::history::{self, Life};
use crate::http::item_title;
use crate::http::ogc::open;
use crate::state::AppState;
use crate::store::history::versions::{Kind, Step};

/// Which step of a life is on the map, and where its list begins.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Shown {
    revision: Option<i64>,
    cursor: Option<i64>,
}

/// `GET /changes/items/{layer}/{fid}`.
pub(super) async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Path((layer, fid)): Path<(String, i64)>,
    Query(shown): Query<Shown>,
) -> Result<Response> {
    let tr = visit.tr;
    let life = history::life(&state, &visit.who, &layer, fid, shown.cursor, None).await?;
    let catalog = state.catalog.load_full();
    let words = Words::new(&visit, &state, &catalog);
    let at = life.steps.iter().position(|s| Some(s.revision) == shown.revision).unwrap_or(0);
    let item = match life.versions.first() {
        Some(newest) => item_title::of_row(&life.view, &newest.row, tr.0),
        None => item_title::of_fid(&life.view.layer, fid, tr.0),
    };
    let title = tr.with("life-heading", &[("item", &item)]);
    let on_map: Vec<Drawn<'_>> = life.steps.get(at).map(|s| drawn(&life, s)).into_iter().collect();
    let (reader, _) = open(&state, &visit.who, &layer)?;
    let family = Family::read(&state, &reader, fid, tr.0).await?;
    let body = html! {
        h1 { (title) }
        @if let Some(family) = &family { (relatives(tr, &layer, fid, family)) }
        @if !on_map.is_empty() { (map::place(tr, "life-map", &on_map)) }
        ol class="timeline" reversed {
            @for (i, s) in life.steps.iter().enumerate() { (step(words, &life, s, fid, i == at, shown.cursor)) }
        }
        @if let Some(next) = life.next {
            div class="actions" { a class="button button--plain" href={ "/changes/items/" (layer) "/" (fid) "?cursor=" (next) } { (tr.t("changes-older")) } }
        }
    };
    let list = format!("/changes?layer={layer}");
    let page = Page::new(&visit, title).crumb(tr.t("changes-heading"), list).with_script("changes.ts");
    Ok(page.data("change-shapes", &map::shapes(&life.view, &on_map)?).render(&body))
}

/// Whom the item was made from and what it was made into, each with its own history.
fn relatives(tr: Tr, layer: &str, fid: i64, family: &Family) -> Markup {
    let list = |key: &str, members: Vec<&Relative>| {
        html! {
            @if !members.is_empty() {
                dt { (tr.t(key)) }
                dd { @for r in members { div {
                    a href={ "/changes/items/" (layer) "/" (r.fid) } { (r.title) }
                    @if !r.current { span class="small muted" { " – " (tr.t("js-lineage-gone")) } }
                } } }
            }
        }
    };
    let (before, after) = (family.predecessors(fid), family.successors(fid));
    html! {
        @if !before.is_empty() || !after.is_empty() {
            dl class="facts" { (list("life-predecessors", before)) (list("life-successors", after)) }
        }
    }
}

/// The state that a step led to, and the one before it.
fn drawn<'a>(life: &'a Life, step: &'a Step) -> Drawn<'a> {
    let after = life.versions.iter().find(|v| v.row.version == step.revision && step.kind != Kind::Removed);
    let before = life.versions.iter().find(|v| v.until == Some(step.revision));
    Drawn { step, before: before.map(|v| &v.row), after: after.map(|v| &v.row) }
}

fn step(words: Words<'_>, life: &Life, s: &Step, fid: i64, on_map: bool, cursor: Option<i64>) -> Markup {
    let (tr, id) = (words.tr, &life.view.layer.id);
    let origin = life.origins.get(&s.revision);
    let cursor = cursor.map_or_else(String::new, |c| format!("&cursor={c}"));
    let change = html! { a href={ "/changes/" (s.revision) "?layer=" (id) } { (tr.with("life-revision", &[("revision", &s.revision.to_string())])) } };
    let pairs: Vec<_> =
        s.attributes.iter().map(|(i, old, new)| (*i, Some(old.clone()), Some(new.clone()))).collect();
    html! {
        li {
            p { strong { (kind_of(tr, s)) } @if s.geometry_changed { " · " (tr.t("life-geometry")) } }
            @if let Some(o) = origin {
                @let why = words.why(o);
                @if !why.is_empty() { p { (why) } }
                p class="small muted" { time datetime=(o.committed_at.to_rfc3339()) { (time(o.committed_at)) } " · " (words.by(o)) " · " (change) }
            }
            (values::table(tr, words.catalog, &life.view, &pairs))
            @if on_map { p class="small" { (tr.t("life-on-map")) } }
            @else { p class="small" { a href={ "/changes/items/" (id) "/" (fid) "?revision=" (s.revision) (cursor) } { (tr.t("show-on-map")) } } }
        }
    }
}
