//! `/changes`: what changed in the layers, what an undo would do, and the life of an item with the two shapes of a
//! change on a map. For officers.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::format::{day, number, time, unit_symbol};
use super::i18n::Tr;
use super::page::{Page, Visit};
use super::told::Words;
use crate::access;
use crate::http::extract::{Path, Query};
use crate::http::history::{self, Life, ListQuery};
use crate::http::ogc::past::feature;
use crate::layers::{Attribute, Catalog, Value};
use crate::state::AppState;
use crate::store::history::revisions::{LayerChange, Revision};
use crate::store::history::undo::{Conflict, UndoReport, Why};
use crate::store::history::versions::{Kind, Step, Version};
use crate::{Error, Result};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/changes", get(list))
        .route("/changes/{number}/undo", get(undo))
        .route("/changes/items/{layer}/{fid}", get(item))
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
    let title = |id: &str| catalog.layer(id).map_or_else(|| id.to_owned(), |l| tr.of(&l.title).to_owned());
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr { @for key in ["changes-number", "changes-when", "changes-who", "changes-why", "changes-what", "changes-action"] { th scope="col" { (tr.t(key)) } } } }
                tbody { @for r in rows { tr {
                    th scope="row" { (r.origin.number) }
                    td class="nowrap" data-label=(tr.t("changes-when")) { time datetime=(r.origin.committed_at.to_rfc3339()) { (time(r.origin.committed_at)) } }
                    td data-label=(tr.t("changes-who")) { (words.by(&r.origin)) }
                    td data-label=(tr.t("changes-why")) { (words.why(&r.origin)) }
                    td data-label=(tr.t("changes-what")) {
                        @for c in &r.layers { div { a href={ "/changes?layer=" (c.layer) } { (title(&c.layer)) } ": " (counted(tr, c)) } }
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

/// `GET /changes/{number}/undo`: what an undo would do, and the button that does it.
async fn undo(visit: Visit, State(state): State<AppState>, Path(revision): Path<i64>) -> Result<Response> {
    let tr = visit.tr;
    let query = ListQuery { cursor: revision.checked_add(1), limit: Some(1), ..ListQuery::default() };
    let (rows, _) = history::revisions(&state, &visit.who, &query).await?;
    let found = rows.into_iter().find(|r| r.origin.number == revision);
    let found = found.ok_or_else(|| Error::not_found("revision", revision.to_string()))?;
    let report = history::preview(&state, &visit.who, revision).await?;
    let catalog = state.catalog.load_full();
    let words = Words::new(&visit, &state, &catalog);
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
    Ok(Page::new(&visit, title).crumb(tr.t("changes-heading"), "/changes").render(&body))
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
    let title = |c: &Conflict| {
        let layer =
            words.catalog.layer(&c.layer).map_or_else(|| c.layer.clone(), |l| tr.of(&l.title).to_owned());
        format!("{layer} {}", c.fid)
    };
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

/// Which step of a life is on the map, and where its list begins.
#[derive(Debug, Default, Deserialize)]
struct Shown {
    revision: Option<i64>,
    cursor: Option<i64>,
}

/// `GET /changes/items/{layer}/{fid}`.
async fn item(
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
    let title = format!("{} {fid}", tr.of(&life.view.layer.title));
    let evidence = life.steps.get(at).map(|s| evidence(&life, s)).transpose()?;
    let body = html! {
        h1 { (tr.with("life-heading", &[("item", &title)])) }
        @if evidence.is_some() {
            div class="casemap" id="casemap" {
                div id="casemap-canvas" class="casemap__canvas" role="region" aria-label=(tr.t("life-map")) {}
            }
            p class="small muted" { (tr.t("life-legend")) }
        }
        ol class="timeline" reversed {
            @for (i, s) in life.steps.iter().enumerate() { (step(words, &life, s, fid, i == at, shown.cursor)) }
        }
        @if let Some(next) = life.next {
            div class="actions" { a class="button button--plain" href={ "/changes/items/" (layer) "/" (fid) "?cursor=" (next) } { (tr.t("changes-older")) } }
        }
    };
    let list = format!("/changes?layer={layer}");
    let page = Page::new(&visit, title).crumb(tr.t("changes-heading"), list).with_case_script();
    let page = match &evidence {
        Some(evidence) => page.data("case-evidence", evidence),
        None => page,
    };
    Ok(page.render(&body))
}

/// The state that a step led to, drawn in full, and the one before it, dashed: members of a case's map.
fn evidence(life: &Life, step: &Step) -> Result<Json> {
    let after = life.versions.iter().find(|v| v.row.version == step.revision && step.kind != Kind::Removed);
    let before = life.versions.iter().find(|v| v.until == Some(step.revision));
    let drawn = |version: Option<&Version>, part: &str| {
        let features: Result<Vec<Json>> = version
            .into_iter()
            .map(|v| {
                let mut feature = feature(&life.view, &v.row)?;
                feature["properties"] = json!({ "part": part });
                Ok(feature)
            })
            .collect();
        Ok::<_, Error>(json!({"type": "FeatureCollection", "features": features?}))
    };
    let none = json!({"type": "FeatureCollection", "features": []});
    Ok(json!({"parcels": drawn(after, "after")?, "model": drawn(before, "projection")?, "verdicts": none}))
}

fn step(words: Words<'_>, life: &Life, s: &Step, fid: i64, on_map: bool, cursor: Option<i64>) -> Markup {
    let (tr, catalog) = (words.tr, words.catalog);
    let def = &life.view.layer;
    let origin = life.origins.get(&s.revision);
    let title = tr.t(match s.kind {
        Kind::Inserted => "life-inserted",
        Kind::Updated => "life-updated",
        Kind::Removed => "life-removed",
    });
    let cursor = cursor.map_or_else(String::new, |c| format!("&cursor={c}"));
    html! {
        li {
            p { strong { (title) } @if s.geometry_changed { " · " (tr.t("life-geometry")) } }
            @if let Some(o) = origin {
                @let why = words.why(o);
                @if !why.is_empty() { p { (why) } }
                p class="small muted" { time datetime=(o.committed_at.to_rfc3339()) { (time(o.committed_at)) } " · " (words.by(o)) " · " (tr.with("life-revision", &[("revision", &s.revision.to_string())])) }
            }
            @if !s.attributes.is_empty() {
                div class="table-wrap" { table class="stack" {
                    thead { tr { @for key in ["life-attribute", "life-old", "life-new"] { th scope="col" { (tr.t(key)) } } } }
                    tbody { @for (i, old, new) in &s.attributes { tr {
                        th scope="row" { (tr.of(&def.attributes[*i].title)) }
                        td data-label=(tr.t("life-old")) { (worded(tr, catalog, &def.attributes[*i], old)) }
                        td data-label=(tr.t("life-new")) { (worded(tr, catalog, &def.attributes[*i], new)) }
                    } } }
                } }
            }
            @if on_map { p class="small" { (tr.t("life-on-map")) } }
            @else { p class="small" { a href={ "/changes/items/" (def.id) "/" (fid) "?revision=" (s.revision) (cursor) } { (tr.t("show-on-map")) } } }
        }
    }
}

/// A value as a person reads it: the title of its code, its unit.
fn worded(tr: Tr, catalog: &Catalog, attribute: &Attribute, value: &Value) -> String {
    let list = attribute.codes.as_deref().and_then(|list| catalog.code_list(list));
    match (list, value) {
        (Some(list), Value::Text(code)) => match list.code(code) {
            Some(known) => format!("{} ({code})", tr.of(&known.title)),
            None => code.clone(),
        },
        (_, Value::Null) => shown(tr, value),
        _ => match attribute.unit.as_deref() {
            Some(unit) => format!("{}\u{a0}{}", shown(tr, value), unit_symbol(tr, unit)),
            None => shown(tr, value),
        },
    }
}

fn shown(tr: Tr, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(b) => tr.t(if *b { "js-yes" } else { "js-no" }),
        Value::Int(i) => i.to_string(),
        Value::Real(r) => number(tr, *r, 4),
        Value::Text(t) => t.clone(),
        Value::Date(d) => day(*d),
        Value::Time(t) => time(*t),
    }
}
