//! `/layers/{id}`: all that is to be known of a layer before using it.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::format::{number, time, unit_symbol};
use super::super::i18n::Tr;
use super::super::layers::{Described, Layer, Teller};
use super::super::page::{Page, Visit};
use super::activity::Activity;
use super::links::{self, Links};
use super::{access_badge, chart};
use crate::Result;
use crate::access::Principal;
use crate::http::extract::Path;
use crate::http::ogc::download::Whole;
use crate::http::quality::{Quality, of_layer};
use crate::layers::{Access, AttributeType};
use crate::state::AppState;

/// Codes that stand open in the table; longer lists unfold.
const CODES_OPEN: usize = 3;

/// Layers whose outlines lie under a small map, to find one's way by.
const AROUND: [&str; 3] = ["admin_commune", "river", "road_centreline"];

/// `GET /layers/{id}`.
pub async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Extension(activity): Extension<Activity>,
    Path(id): Path<String>,
) -> Result<Response> {
    let tr = visit.tr;
    let (view, reader) = super::open(&state, &visit.who, &id)?;
    let catalog = state.catalog.load_full();
    let changes = activity.known(&state).await;
    let layer =
        Teller { catalog: &catalog, who: &visit.who, tr, law: &state.law, changes }.layer(&view, &reader);
    let months = activity.months(&state, &id).await;
    let quality_found = of_layer(&state, &visit.who, &id).await;
    let links = Links::new(&state.config.base_url(), &id);
    let theme = tr.or(&format!("theme-{}", layer.theme), &layer.theme);
    let body = html! {
        div class="page-head" {
            div {
                h1 { (layer.title) }
                p { (layer.description) }
            }
            div class="actions" {
                a class="button" href={ "/?layer=" (id) } { (tr.t("layer-open-map")) }
                a class="button button--plain" href={ "/layers/" (id) "/qgis" } { (tr.t("qgis-open")) }
            }
        }
        div class="columns" {
            div {
                (coverage(tr, &layer))
                (attributes(tr, &layer))
                (quality(tr, &id, &quality_found))
                section class="card" {
                    h2 { (tr.t("layer-activity")) }
                    p class="small muted" { (tr.t("layer-chart-about")) }
                    @match &months {
                        Ok(months) => { (chart::bars(tr, months)) },
                        Err(_) => { p class="muted" { (tr.t("catalogue-unknown")) } },
                    }
                }
                (qgis(tr, &layer))
                (developers(tr, &layer, &links, visit.who.is_officer()))
            }
            aside aria-label=(tr.t("layer-facts")) { (facts(tr, &layer, &theme)) }
        }
    };
    let map = map_data(&state, &visit.who, &layer, &Shown::Coverage);
    Ok(Page::new(&visit, layer.title.clone())
        .with_script("catalogue.ts")
        .crumb(tr.t("catalogue-heading"), "/layers")
        .data("layer-map-data", &map)
        .render(&body))
}

/// What a layer's small map shows beside its tiles.
#[derive(Debug)]
pub enum Shown {
    /// Where its tiles are empty, how many items lie where.
    Coverage,
    /// The items at this address (GeoJSON in CRS84), marked.
    Items(String),
}

/// What the script of the map is told.
pub fn map_data(state: &AppState, who: &Principal, layer: &Layer, shown: &Shown) -> Value {
    let (coverage, items) = match shown {
        Shown::Coverage => (Some(format!("/api/v1/layers/{}/coverage", layer.id)), None),
        Shown::Items(address) => (None, Some(address)),
    };
    let around = |id: &&&str| **id != layer.id && super::open(state, who, id).is_ok();
    json!({
        "layer": layer, "coverage": coverage, "items": items,
        "revision": state.features.snapshot().name(),
        "around": AROUND.iter().filter(around).collect::<Vec<_>>(),
    })
}

/// What is to be known of a layer, beside its page.
pub fn facts(tr: Tr, layer: &Layer, theme: &str) -> Markup {
    html! {
        div class="card card--quiet" {
            dl class="facts facts--narrow" {
                dt { (tr.t("catalogue-items")) } dd { strong { (number(tr, layer.count as f64, 0)) } }
                dt { (tr.t("catalogue-owner")) } dd { @for o in &layer.owners { div { (o) } } }
                dt { (tr.t("catalogue-access")) } dd { (access_badge(tr, layer.access)) p class="small" { (access_words(tr, layer.access)) } }
                dt { (tr.t("catalogue-changed")) } dd { (last_change(tr, layer)) }
                dt { (tr.t("layer-theme")) } dd { (theme) }
                dt { (tr.t("layer-geometry")) } dd { (tr.or(&format!("geometry-{}", layer.geometry), &layer.geometry)) }
                dt { (tr.t("layer-licence")) }
                dd { @match &layer.licence {
                    Some(licence) => { a href=(links::licence(licence)) rel="license external" { (licence) } },
                    None => { (tr.t("layer-no-licence")) },
                } }
                @if let Some(e) = layer.extent {
                    dt { (tr.t("layer-extent")) }
                    dd class="small" {
                        (number(tr, e[0], 4)) "° – " (number(tr, e[2], 4)) "° " (tr.t("layer-east"))
                        br;
                        (number(tr, e[1], 4)) "° – " (number(tr, e[3], 4)) "° " (tr.t("layer-north"))
                    }
                }
                dt { (tr.t("layer-id")) } dd { code { (layer.id) } }
                dt { (tr.t("layer-attribution")) } dd class="small" { (links::attribution(tr, layer)) }
            }
        }
    }
}

fn last_change(tr: Tr, layer: &Layer) -> Markup {
    match &layer.last_change {
        Some(Some(change)) => html! {
            (time(change.at))
            @if let Some(by) = &change.by { div class="small" { (by) } }
            @if let Some(reason) = change.reason.as_deref().filter(|r| !r.is_empty()) { div class="small muted" { (reason) } }
        },
        Some(None) => html! { (tr.t("catalogue-never")) },
        None => html! { (tr.t("catalogue-unknown")) },
    }
}

fn access_words(tr: Tr, access: Access) -> String {
    tr.t(match access {
        Access::O => "access-open-words",
        Access::I => "access-internal-words",
        Access::R => "access-restricted-words",
    })
}

/// The small map of where a layer's items lie.
pub fn coverage(tr: Tr, layer: &Layer) -> Markup {
    html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { (tr.t("layer-coverage")) }
            @if layer.extent.is_some() {
                div class="layer-map" id="layer-map" role="region" aria-label=(tr.with("layer-map", &[("title", &layer.title)])) {}
                p class="small muted" id="layer-map-note" hidden { (tr.t("layer-density")) }
            } @else { div class="empty" { p { (tr.t("layer-empty")) } } }
        }
    }
}

/// The attributes with their types, rules and rights.
pub fn attributes(tr: Tr, layer: &Layer) -> Markup {
    html! {
        section aria-labelledby="attributes" {
            h2 id="attributes" { (tr.t("layer-attributes")) }
            div class="table-wrap" {
                table class="stack" {
                    thead { tr {
                        @for key in ["layer-attribute", "layer-type", "layer-rules", "layer-visible"] { th scope="col" { (tr.t(key)) } }
                    } }
                    tbody { @for a in &layer.attributes { (attribute(tr, a)) } }
                }
            }
        }
    }
}

fn attribute(tr: Tr, a: &Described) -> Markup {
    let (badge, words) = (access_badge(tr, a.access), access_words(tr, a.access));
    html! {
        tr {
            th scope="row" { (a.title) div { code class="small" { (a.name) } } }
            td data-label=(tr.t("layer-type")) {
                (kind(tr, a.kind))
                @if let Some(unit) = &a.unit { ", " (unit_symbol(tr, unit)) }
                (codes(tr, a))
            }
            td data-label=(tr.t("layer-rules")) {
                @let rules = rules(tr, a);
                @if rules.is_empty() { span class="muted" { "–" } } @else { (rules.join(", ")) }
            }
            td data-label=(tr.t("layer-visible")) { span title=(words) { (badge) } @if a.personal { div class="small muted" { (tr.t("layer-personal")) } } }
        }
    }
}

fn codes(tr: Tr, a: &Described) -> Markup {
    let Some(codes) = &a.codes else { return html! {} };
    let list = html! {
        ul class="codes small" { @for (code, c) in codes { li {
            @if let Some(color) = &c.color { i style={ "background:" (color) } {} }
            code { (code) } " " (c.title)
        } } }
    };
    if codes.len() <= CODES_OPEN {
        return list;
    }
    html! { details { summary class="small" { (tr.with("layer-codes", &[("count", &codes.len().to_string())])) } (list) } }
}

fn kind(tr: Tr, kind: AttributeType) -> String {
    tr.t(match kind {
        AttributeType::Text => "type-text",
        AttributeType::Integer => "type-integer",
        AttributeType::Real => "type-real",
        AttributeType::Boolean => "type-boolean",
        AttributeType::Date => "type-date",
        AttributeType::Timestamp => "type-timestamp",
    })
}

/// What a value must hold to, and whether it is searched by.
fn rules(tr: Tr, a: &Described) -> Vec<String> {
    // A year has no thousands.
    let whole = a.kind == AttributeType::Integer && a.unit.is_none();
    let written = |v: f64| if whole { v.to_string() } else { number(tr, v, 3) };
    let bound = |key: &str, value: Option<f64>| value.map(|v| format!("{} {}", tr.t(key), written(v)));
    let flag = |key: &str, on: bool| on.then(|| tr.t(key));
    [
        flag("rule-key", a.key),
        flag("rule-required", a.required),
        bound("rule-min", a.min),
        bound("rule-max", a.max),
        flag("rule-search", a.search),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the last check found, rule by rule.
fn quality(tr: Tr, id: &str, found: &Result<Quality>) -> Markup {
    html! {
        section class="card" aria-labelledby="quality" {
            h2 id="quality" { (tr.t("layer-quality")) }
            @match found {
                Ok(q) => {
                    @if let Some(at) = q.finished_at {
                        p { (tr.with("layer-checked", &[("time", &time(at))])) @if q.stale { " " (tr.t("layer-check-stale")) } }
                        (rule_counts(tr, q))
                    } @else { p class="muted" { (tr.t("layer-unchecked")) } }
                    p { a href={ "/quality/" (id) } { (tr.t("layer-quality-page")) } }
                },
                Err(_) => { p class="muted" { (tr.t("catalogue-unknown")) } },
            }
        }
    }
}

fn rule_counts(tr: Tr, q: &Quality) -> Markup {
    html! {
        div class="table-wrap" { table {
            thead { tr {
                th scope="col" { (tr.t("layer-quality-rule")) }
                th scope="col" class="num" { (tr.t("layer-quality-problems")) }
            } }
            tbody { @for r in &q.rules { tr {
                th scope="row" { (tr.of(&r.title)) }
                td class="num" { (number(tr, r.count as f64, 0)) }
            } } }
        } }
    }
}

/// An address with a button that copies it.
pub fn address(tr: Tr, label: &str, text: &str) -> Markup {
    html! {
        div class="copy" {
            span class="copy__label" { (label) }
            code class="copy__text" { (text) }
            button class="button button--plain button--small" type="button" data-copy=(text) aria-label={ (tr.t("copy")) ": " (label) } { (tr.t("copy")) }
        }
    }
}

fn qgis(tr: Tr, layer: &Layer) -> Markup {
    let file = format!("{}.qlr", layer.id);
    html! {
        section class="card" aria-labelledby="qgis" {
            h2 id="qgis" { (tr.t("layer-qgis")) }
            p { (tr.t("layer-qgis-about")) }
            p class="actions" {
                a class="button button--plain" href={ "/layers/" (layer.id) "/qgis" } { (tr.t("qgis-open")) }
                a href={ "/layers/" (layer.id) "/layer.qlr" } download=(file) { (tr.with("qgis-download", &[("file", &file)])) }
            }
        }
    }
}

fn developers(tr: Tr, layer: &Layer, links: &Links, officer: bool) -> Markup {
    let sign_in = if layer.access == Access::O { "" } else { " -H 'Authorization: Bearer TOKEN'" };
    let curl = format!("curl{sign_in} '{}?limit=10'", links.items());
    html! {
        section class="card" aria-labelledby="developers" {
            h2 id="developers" { (tr.t("layer-developers")) }
            (address(tr, &tr.t("layer-curl"), &curl))
            (address(tr, &tr.t("layer-items"), &links.items()))
            (address(tr, "TileJSON", &links.tile_json()))
            (address(tr, &tr.t("layer-schema"), &links.schema()))
            (address(tr, &tr.t("layer-queryables"), &links.queryables()))
            (address(tr, &tr.t("layer-json"), &links.facts()))
            p {
                (tr.t("layer-download")) ": "
                @for (i, whole) in Whole::all().enumerate() {
                    @if i > 0 { ", " }
                    a href=(links.download(whole)) type=(whole.media_type()) download { (whole.title()) }
                }
            }
            p class="actions" {
                a href={ (links.collection()) "?f=html" } { (tr.t("layer-ogc-page")) }
                @if officer { a href={ "/changes?layer=" (layer.id) } { (tr.t("layer-history")) } }
            }
        }
    }
}
