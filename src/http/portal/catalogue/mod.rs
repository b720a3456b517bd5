//! The catalogue: `/layers` lists what there is, `/layers/{id}` tells all of one layer, for people; the same facts
//! are at `/api/v1/layers` and `/api/v1/layers/{id}` for programs.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::format::{day, day_of, number};
use super::i18n::Tr;
use super::layers::{self, Layer, Teller, Theme};
use super::page::{Page, Visit};
use crate::access::{Principal, View};
use crate::error::{Error, Result};
use crate::features::LayerReader;
use crate::http::auth::Session;
use crate::http::extract::{Path, Query};
use crate::http::lang::Language;
use crate::http::ogc;
use crate::layers::Access;
use crate::state::AppState;
use crate::text::fold::fold;

pub mod activity;
mod chart;
pub mod coverage;
pub mod layer;
pub mod links;
mod qgis;

use self::activity::Activity;
use self::coverage::Coverages;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/layers", get(list))
        .route("/layers/{id}", get(layer::page))
        .route("/layers/{id}/qgis", get(qgis::page))
        .route("/layers/{id}/layer.qlr", get(qgis::definition))
        .route("/qgis", get(qgis::overview))
        .route("/qgis/dothi.qgs", get(qgis::project))
        .route("/api/v1/layers/{id}", get(one))
        .route("/api/v1/layers/{id}/coverage", get(covered))
}

/// The layer as `who` may see it; one that is hidden from him is unknown.
fn open(state: &AppState, who: &Principal, id: &str) -> Result<(View, LayerReader)> {
    let (reader, _) = ogc::look_up(state, who, id)?;
    Ok((reader.view().clone(), reader))
}

/// `GET /api/v1/layers/{id}`.
async fn one(
    State(state): State<AppState>,
    Extension(activity): Extension<Activity>,
    Session(who): Session,
    Language(lang): Language,
    Path(id): Path<String>,
) -> Result<Response> {
    let (view, reader) = open(&state, &who, &id)?;
    let catalog = state.catalog.load_full();
    let changes = activity.known(&state).await;
    let layer =
        Teller { catalog: &catalog, who: &who, tr: Tr(lang), law: &state.law, changes }.layer(&view, &reader);
    let mut body = serde_json::to_value(&layer).map_err(|e| Error::internal("a layer's description", e))?;
    body["changes_by_month"] = json!(activity.months(&state, &id).await?.as_slice());
    body["attribution"] = json!(links::attribution(Tr(lang), &layer));
    body["links"] = links::json(&state.config.base_url(), &layer);
    let headers = [(header::CACHE_CONTROL, "private, no-cache"), (header::VARY, "cookie, accept-language")];
    Ok((headers, Json(body)).into_response())
}

/// `GET /api/v1/layers/{id}/coverage`.
async fn covered(
    State(state): State<AppState>,
    Extension(coverages): Extension<Coverages>,
    Session(who): Session,
    Path(id): Path<String>,
) -> Result<Response> {
    let (reader, _) = ogc::open(&state, &who, &id)?;
    let grid = coverages.of(reader).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/geo+json"),
        (header::CACHE_CONTROL, "private, max-age=60"),
        (header::VARY, "cookie"),
    ];
    Ok((headers, grid.to_string()).into_response())
}

/// What is looked for.
#[derive(Debug, Deserialize)]
struct Wanted {
    q: Option<String>,
}

/// `GET /layers?q=`: the script filters while one types, the server where there is no script.
async fn list(
    visit: Visit,
    State(state): State<AppState>,
    Extension(activity): Extension<Activity>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let tr = visit.tr;
    let q = wanted.q.unwrap_or_default();
    let catalog = state.catalog.load_full();
    let readers = layers::readers(&catalog, &state.features.snapshot(), &visit.who);
    let changes = activity.known(&state).await;
    let themes = Teller { catalog: &catalog, who: &visit.who, tr, law: &state.law, changes }.themes(&readers);
    let words = fold(&q);
    let shown =
        |l: &Layer, theme: &Theme| words.split_whitespace().all(|w| search_text(l, theme).contains(w));
    let found =
        themes.iter().flat_map(|t| t.layers.iter().map(move |l| (l, t))).filter(|(l, t)| shown(l, t)).count();
    let body = html! {
        h1 { (tr.t("catalogue-heading")) }
        p { (tr.t("catalogue-intro")) }
        form class="filters" role="search" method="get" action="/layers" data-filter="layer-list" {
            div class="field" {
                label for="q" { (tr.t("catalogue-search")) }
                span class="hint" { (tr.t("catalogue-search-hint")) }
                input type="search" id="q" name="q" value=(q) autocomplete="off" maxlength="100";
            }
            button class="button" type="submit" { (tr.t("search")) }
        }
        p class="small muted" id="layer-count" role="status" { (tr.with("catalogue-count", &[("count", &found.to_string())])) }
        div id="layer-list" {
            @for theme in &themes {
                @let any = theme.layers.iter().any(|l| shown(l, theme));
                section class="theme" hidden[!any] {
                    h2 { (theme.title) }
                    (table(tr, theme, &|l| shown(l, theme), "/layers/"))
                }
            }
        }
        div class="empty" id="layer-none" hidden[found > 0] {
            p { (tr.t("catalogue-none")) }
            a class="button button--plain" href="/layers" { (tr.t("catalogue-all")) }
        }
    };
    Ok(Page::new(&visit, tr.t("catalogue-heading")).with_script("catalogue.ts").render(&body))
}

/// What a layer is found by, folded.
pub fn search_text(layer: &Layer, theme: &Theme) -> String {
    fold(&format!("{} {} {} {} {}", layer.title, layer.id, layer.description, layer.owner, theme.title))
}

/// The layers of a theme; the page of each lies below the address `below`.
pub fn table(tr: Tr, theme: &Theme, shown: &dyn Fn(&Layer) -> bool, below: &str) -> Markup {
    html! {
        div class="table-wrap" {
            table class="stack layer-table" {
                thead { tr {
                    th scope="col" { (tr.t("catalogue-layer")) }
                    th scope="col" class="num" { (tr.t("catalogue-items")) }
                    @for key in ["catalogue-owner", "catalogue-access", "catalogue-changed"] { th scope="col" { (tr.t(key)) } }
                } }
                tbody {
                    @for l in &theme.layers {
                        tr data-search=(search_text(l, theme)) hidden[!shown(l)] {
                            th scope="row" {
         a href={ (below) (l.id) } { (l.title) }
                                p class="small muted layer-table__about" { (l.description) }
                            }
                            td class="num" data-label=(tr.t("catalogue-items")) { (number(tr, l.count as f64, 0)) }
                            td data-label=(tr.t("catalogue-owner")) { (l.owner) }
                            td data-label=(tr.t("catalogue-access")) { (access_badge(tr, l.access)) }
                            td data-label=(tr.t("catalogue-changed")) class="nowrap" { (changed(tr, l)) }
                        }
                    }
                }
            }
        }
    }
}

/// Who may read, in one word.
pub fn access_badge(tr: Tr, access: Access) -> Markup {
    let (class, key) = match access {
        Access::O => ("badge badge--pass", "access-open"),
        Access::I => ("badge badge--brand", "access-internal"),
        Access::R => ("badge badge--manual", "access-restricted"),
    };
    html! { span class=(class) { (tr.t(key)) } }
}

/// The day of the last change.
fn changed(tr: Tr, layer: &Layer) -> String {
    match &layer.last_change {
        Some(Some(change)) => day(day_of(change.at)),
        Some(None) => tr.t("catalogue-never"),
        None => tr.t("catalogue-unknown"),
    }
}
