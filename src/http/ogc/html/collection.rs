//! One collection: what it is, where its items lie, its attributes, and everything that is served of it.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::super::ask::Ask;
use super::{below, heading, links, told, visit};
use crate::features::LayerReader;
use crate::http::portal::catalogue::activity::LastChanges;
pub(in crate::http::ogc) use crate::http::portal::catalogue::layer::Shown;
use crate::http::portal::catalogue::layer::{address, attributes, coverage, facts, map_data};
use crate::http::portal::i18n::Tr;
use crate::state::AppState;

/// `/ogc/collections/{id}`; `json` is the document beside it.
pub(in crate::http::ogc) fn collection(
    state: &AppState,
    ask: &Ask,
    reader: &LayerReader,
    json: &Value,
    changes: Option<LastChanges>,
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let layer = told(state, ask, reader, changes);
    let theme = tr.or(&format!("theme-{}", layer.theme), &layer.theme);
    let document = json["links"].as_array().map(Vec::as_slice).unwrap_or_default();
    let at = |path: &str| ask.url(&format!("/collections/{}{path}", layer.id));
    let body = html! {
        (heading(ask, &layer.title, Some(&layer.description), document, &html! {
            a class="button" href=(at("/items?f=html")) { (tr.t("ogc-see-items")) }
            a class="button button--plain" href={ "/layers/" (layer.id) "/qgis" } { (tr.t("qgis-open")) }
        }))
        div class="columns" {
            div {
                (coverage(tr, &layer))
                (attributes(tr, &layer))
                (resources(ask, tr, document))
                section class="card" aria-labelledby="addresses" {
                    h2 id="addresses" { (tr.t("ogc-addresses")) }
                    (address(tr, &tr.t("layer-items"), &at("/items")))
                    (address(tr, &tr.t("layer-tiles"), &format!("{}/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", ask.base, layer.id)))
                    (address(tr, &tr.t("layer-style"), &ask.url(&format!("/styles/{}?f=mapbox", layer.id))))
                    p { a href={ "/layers/" (layer.id) } { (tr.t("ogc-catalogue-page")) } }
                }
            }
            aside aria-label=(tr.t("layer-facts")) { (facts(tr, &layer, &theme)) (systems(tr, json)) }
        }
    };
    let map = map_data(state, &ask.who, &layer, &Shown::Coverage);
    below(ask, &visit, None, &layer.title, true).data("layer-map-data", &map).render(&body)
}

/// What is served of the collection, once each.
fn resources(ask: &Ask, tr: Tr, document: &[Value]) -> Markup {
    let mut seen: Vec<&str> = Vec::new();
    let mut shown = Vec::new();
    for link in
        document.iter().filter(|l| !matches!(l["rel"].as_str(), Some("self" | "alternate" | "license")))
    {
        let href = link["href"].as_str().unwrap_or_default();
        if !seen.contains(&href) {
            seen.push(href);
            shown.push(link);
        }
    }
    html! {
        section aria-labelledby="resources" {
            h2 id="resources" { (tr.t("ogc-resources")) }
            (links(ask, shown))
        }
    }
}

/// The reference systems in which it is served.
fn systems(tr: Tr, json: &Value) -> Markup {
    let name = |uri: &str| {
        let code = uri.rsplit('/').next().unwrap_or_default();
        if uri.contains("EPSG") { format!("EPSG:{code}") } else { code.to_owned() }
    };
    let stored = json["storageCrs"].as_str().unwrap_or_default();
    html! {
        div class="card card--quiet" {
            h2 class="small" { (tr.t("ogc-systems")) }
            ul class="small" {
                @for uri in json["crs"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    li { abbr title=(uri) { (name(uri)) } @if uri == stored { " – " (tr.t("ogc-stored")) } }
                }
            }
        }
    }
}
