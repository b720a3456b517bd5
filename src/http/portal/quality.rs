//! `/quality` and `/quality/{layer}`: what the quality rules found, layer by layer and problem by problem.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use super::format::{number, quantity, time};
use super::i18n::Tr;
use super::page::{Page, Visit};
use crate::access;
use crate::error::Result;
use crate::features::{Item, Query as Items};
use crate::filter::{CompareOp, Expr};
use crate::http::extract::{Path, Query};
use crate::http::quality::{Quality, all, of_layer};
use crate::layers::{Severity, Value};
use crate::state::AppState;
use crate::store::quality::PROBLEM_LAYERS;

/// Problems on one page.
const ROWS: usize = 100;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/quality", get(list)).route("/quality/{layer}", get(page))
}

/// Which layers are shown.
#[derive(Debug, Deserialize)]
struct Shown {
    show: Option<String>,
}

/// `GET /quality?show=errors|problems|unchecked`.
async fn list(visit: Visit, State(state): State<AppState>, Query(shown): Query<Shown>) -> Result<Response> {
    let tr = visit.tr;
    let layers = all(&state, &visit.who).await?;
    let show = shown.show.as_deref().unwrap_or("all");
    let fits = |q: &&Quality| match show {
        "errors" => q.errors.is_some_and(|n| n > 0),
        "problems" => q.errors.unwrap_or(0) + q.warnings.unwrap_or(0) > 0,
        "unchecked" => q.finished_at.is_none() || q.stale,
        _ => true,
    };
    let rows: Vec<&Quality> = layers.iter().filter(fits).collect();
    let choices = [
        ("all", "quality-show-all"),
        ("errors", "quality-show-errors"),
        ("problems", "quality-show-problems"),
        ("unchecked", "quality-show-unchecked"),
    ];
    let body = html! {
        h1 { (tr.t("quality-heading")) }
        p { (tr.t("quality-intro")) }
        nav class="tabs" aria-label=(tr.t("quality-filter")) {
            @for (value, key) in choices {
                a href={ "/quality?show=" (value) } aria-current=[(show == value).then_some("page")] { (tr.t(key)) }
            }
        }
        @if rows.is_empty() { div class="empty" { h2 { (tr.t("quality-none-shown")) } } } @else { (layers_table(tr, &rows)) }
    };
    Ok(Page::new(&visit, tr.t("quality-heading")).render(&body))
}

fn layers_table(tr: Tr, rows: &[&Quality]) -> Markup {
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr {
                    th scope="col" { (tr.t("quality-layer")) }
                    th scope="col" class="num" { (tr.t("quality-errors")) }
                    th scope="col" class="num" { (tr.t("quality-warnings")) }
                    th scope="col" { (tr.t("quality-rules-broken")) }
                    th scope="col" { (tr.t("quality-checked-at")) }
                } }
                tbody {
                    @for q in rows {
                        tr {
                            th scope="row" { a href={ "/quality/" (q.layer) } { (tr.of(&q.title)) } }
                            td class="num" data-label=(tr.t("quality-errors")) { (count(tr, q.errors)) }
                            td class="num" data-label=(tr.t("quality-warnings")) { (count(tr, q.warnings)) }
                            td data-label=(tr.t("quality-rules-broken")) { (broken(tr, q)) }
                            td data-label=(tr.t("quality-checked-at")) { (state_of(tr, q)) }
                        }
                    }
                }
            }
        }
    }
}

/// Counts per rule in short.
fn broken(tr: Tr, q: &Quality) -> Markup {
    let broken: Vec<_> = q.rules.iter().filter(|r| r.count > 0).collect();
    html! {
        @for (i, r) in broken.iter().enumerate() {
            @if i > 0 { "; " }
            (tr.of(&r.title)) ":\u{a0}" (number(tr, r.count as f64, 0))
        }
    }
}

fn count(tr: Tr, n: Option<i64>) -> String {
    n.map_or_else(|| "–".to_owned(), |n| number(tr, n as f64, 0))
}

fn state_of(tr: Tr, q: &Quality) -> Markup {
    html! {
        @if let Some(running) = &q.running {
            div class="progress" data-quality-run={ "/api/v1/layers/" (q.layer) "/quality" } {
                span { (tr.t(if running.state == "queued" { "quality-queued" } else { "quality-running" })) }
                progress max="1" value=(running.progress) aria-label=(tr.t("quality-running")) {}
            }
        } @else if let Some(at) = q.finished_at {
            (time(at)) " "
            @if q.stale { span class="badge badge--manual" { (tr.t("quality-stale")) } }
        } @else { span class="muted" { (tr.t("quality-never")) } }
    }
}

/// Which problems are shown.
#[derive(Debug, Deserialize)]
struct Wanted {
    rule: Option<String>,
    after: Option<i64>,
}

/// `GET /quality/{layer}?rule=&after=`.
async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let tr = visit.tr;
    let q = of_layer(&state, &visit.who, &id).await?;
    let title = tr.with("quality-of", &[("layer", tr.of(&q.title))]);
    let rule = wanted.rule.as_deref().filter(|r| !r.is_empty());
    let body = html! {
        div class="page-head" {
            h1 { (title) }
            @if q.may_run && q.running.is_none() {
                form data-api={ "POST /api/v1/layers/" (id) "/quality" } data-then="reload" {
                    button class="button" type="submit" { (tr.t("quality-run")) }
                }
            }
        }
        p {
            (state_of(tr, &q))
            @if let Some(items) = q.items { " · " (tr.with("quality-items", &[("count", &number(tr, items as f64, 0))])) }
        }
        // Nothing found is no word of praise for a layer that nobody looked at.
        @if q.rules.is_empty() { p class="muted" { (tr.t("quality-no-run")) } } @else {
            (rules_table(tr, &q, rule))
            (problems(tr, &visit, &state, &id, rule, wanted.after.unwrap_or(0))?)
        }
    };
    Ok(Page::new(&visit, title).crumb(tr.t("quality-heading"), "/quality").render(&body))
}

fn rules_table(tr: Tr, q: &Quality, chosen: Option<&str>) -> Markup {
    html! {
        div class="table-wrap" {
            table class="stack" {
                caption class="visually-hidden" { (tr.t("quality-rules")) }
                thead { tr {
                    th scope="col" { (tr.t("quality-rule")) }
                    th scope="col" { (tr.t("quality-severity")) }
                    th scope="col" class="num" { (tr.t("quality-count")) }
                } }
                tbody {
                    @for r in &q.rules {
                        tr {
                            th scope="row" {
                                @if r.count > 0 {
                                    a href={ "/quality/" (q.layer) "?rule=" (r.rule) } aria-current=[(chosen == Some(r.rule.as_str())).then_some("true")] { (tr.of(&r.title)) }
                                } @else { (tr.of(&r.title)) }
                                @if let Some(why) = &r.not_run { p class="small muted" { (tr.t("quality-not-run")) " " (tr.of(why)) } }
                                @if r.listed < r.count {
                                    p class="small muted" { (tr.with("quality-limited", &[("listed", &number(tr, r.listed as f64, 0))])) }
                                }
                            }
                            td data-label=(tr.t("quality-severity")) { (severity(tr, r.severity, r.count > 0)) }
                            td class="num" data-label=(tr.t("quality-count")) { @if r.not_run.is_some() { "–" } @else { (number(tr, r.count as f64, 0)) } }
                        }
                    }
                }
            }
        }
    }
}

/// How grave what breaks a rule is; without its colour where nothing does.
fn severity(tr: Tr, severity: Severity, found: bool) -> Markup {
    let (class, key) = match severity {
        Severity::Error => ("badge badge--fail", "quality-error"),
        Severity::Warning => ("badge badge--manual", "quality-warning"),
    };
    let class = if found { class } else { "badge" };
    html! { span class=(class) { (tr.t(key)) } }
}

/// The listed problems, as the layer of problems shows them to this reader.
fn problems(
    tr: Tr,
    visit: &Visit,
    state: &AppState,
    id: &str,
    rule: Option<&str>,
    after: i64,
) -> Result<Markup> {
    let catalog = state.catalog.load();
    let snapshot = state.features.snapshot();
    let view = catalog.layer(PROBLEM_LAYERS[0]).and_then(|def| access::view(&visit.who, def, &catalog));
    let Some(reader) = view.and_then(|view| snapshot.layer(&view)) else {
        return Ok(html! { p class="notice" { (tr.t("quality-sign-in")) } });
    };
    let is = |attribute: &str, value: &str| Expr::Compare {
        attribute: attribute.to_owned(),
        op: CompareOp::Eq,
        value: Value::Text(value.to_owned()),
    };
    let mut all = vec![is("layer", id)];
    all.extend(rule.map(|r| is("rule", r)));
    let query =
        Items { filter: Some(Expr::And(all)), after: Some(after), limit: ROWS + 1, ..Items::default() };
    let rows: Vec<Item<'_>> = reader.query(&query)?.collect();
    let more = (rows.len() > ROWS).then(|| rows[ROWS - 1].fid);
    let of_rule = rule.map_or_else(String::new, |r| {
        format!("&rule={}", percent_encoding::utf8_percent_encode(r, percent_encoding::NON_ALPHANUMERIC))
    });
    let download =
        |layer: &str| format!("/ogc/collections/{layer}/items?f=json&limit=10000&layer={id}{of_rule}");
    Ok(html! {
        section aria-labelledby="problems" {
            h2 id="problems" { (tr.t("quality-problems")) }
            @if rows.is_empty() { p class="muted" { (tr.t("quality-no-problems")) } }
            @else {
                div class="actions no-print" {
                    a class="button button--plain" href={ "/?layer=" (PROBLEM_LAYERS[0]) } { (tr.t("quality-on-map")) }
                    a class="button button--plain" href=(download(PROBLEM_LAYERS[0])) download={ (id) "-problems.geojson" } { (tr.t("quality-geojson")) }
                    a class="button button--plain" href=(download(PROBLEM_LAYERS[1])) download={ (id) "-problem-areas.geojson" } { (tr.t("quality-geojson-areas")) }
                    @if rule.is_some() { a class="button button--plain" href={ "/quality/" (id) } { (tr.t("quality-all-rules")) } }
                }
                (problem_rows(tr, id, &rows[..rows.len().min(ROWS)]))
                @if let Some(after) = more {
                    p { a href={ "/quality/" (id) "?rule=" (rule.unwrap_or_default()) "&after=" (after) "#problems" } { (tr.t("quality-more")) } }
                }
            }
        }
    })
}

fn problem_rows(tr: Tr, id: &str, rows: &[Item<'_>]) -> Markup {
    let text = |item: &Item<'_>, name: &str| match item.value_of(name) {
        Some(Value::Text(t)) => t,
        _ => String::new(),
    };
    let measured = |item: &Item<'_>| match item.value_of("measured") {
        Some(Value::Real(v)) => {
            let unit = text(item, "unit");
            quantity(tr, v, Some(unit.as_str()).filter(|u| !u.is_empty()))
        }
        _ => String::new(),
    };
    let message = if tr.code() == "vi" { "message_vi" } else { "message_en" };
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr {
                    th scope="col" { (tr.t("quality-problem")) }
                    th scope="col" { (tr.t("quality-severity")) }
                    th scope="col" class="num" { (tr.t("quality-measured")) }
                    th scope="col" { (tr.t("quality-place")) }
                } }
                tbody {
                    @for item in rows {
                        @let error = text(item, "severity") == "error";
                        tr {
                            th scope="row" { (text(item, message)) }
                            td data-label=(tr.t("quality-severity")) { (severity(tr, if error { Severity::Error } else { Severity::Warning }, true)) }
                            td class="num" data-label=(tr.t("quality-measured")) { (measured(item)) }
                            td data-label=(tr.t("quality-place")) {
                                a href={ "/?item=" (PROBLEM_LAYERS[0]) "/" (item.fid) } { (tr.t("quality-show-place")) }
                                @if let Some(Value::Int(fid)) = item.value_of("item_fid") {
                                    " · " a href={ "/?item=" (id) "/" (fid) } { (tr.t("quality-show-item")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
