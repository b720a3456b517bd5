//! Tilesets with a map drawn from their tiles, and tile matrix sets.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::ask::Ask;
use super::landing::everything;
use super::{Shown, below, framed, heading, links, table, told, visit};
use crate::features::LayerReader;
use crate::http::portal::catalogue::layer::{address, map_data};
use crate::http::portal::format::number;
use crate::http::portal::i18n::Tr;
use crate::http::tiles::{DATASET, TILE_MAX_ZOOM};
use crate::state::AppState;

/// Tilesets of a layer, or of the dataset: a map drawn from their tiles, and where these are.
pub(in crate::http::ogc) fn tilesets(
    state: &AppState,
    ask: &Ask,
    reader: Option<&LayerReader>,
    tilesets: &[Value],
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let title = tr.t("ogc-tiles");
    let layer = reader.map(|r| told(state, ask, r, None));
    let name = layer.as_ref().map_or_else(|| tr.t("ogc-style-everything"), |l| l.title.clone());
    let id = layer.as_ref().map_or(DATASET, |l| l.id.as_str());
    let heading_text = format!("{title}: {name}");
    let least = layer.as_ref().map_or(0, |l| l.min_zoom).to_string();
    let about = tr.with("ogc-tiles-about", &[("min", &least), ("max", &TILE_MAX_ZOOM.to_string())]);
    let body = html! {
        (heading(ask, &heading_text, Some(&about), &[], &html! {
            @if reader.is_some() { a class="button button--plain" href={ "/layers/" (id) "/qgis#tiles" } { (tr.t("qgis-open")) } }
        }))
        @match &layer {
            Some(layer) if layer.extent.is_none() => { div class="empty" { p { (tr.t("layer-empty")) } } },
            Some(layer) => {
                div class="layer-map" id="layer-map" role="region" aria-label=(tr.with("layer-map", &[("title", &layer.title)])) {}
                p class="small muted" id="layer-map-note" hidden { (tr.t("layer-density")) }
            },
            None => { div class="layer-map" id="style-map" role="region" aria-label=(tr.t("ogc-map-all")) {} },
        }
        h2 { (tr.t("ogc-addresses")) }
        (address(tr, "XYZ", &format!("{}/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt", ask.base)))
        (address(tr, "TileJSON", &format!("{}/tiles/{id}.json", ask.base)))
        @for tileset in tilesets { (told_of(ask, tr, tileset)) }
    };
    let page = below(ask, &visit, reader.map(|r| &*r.view().layer), &title, true);
    let page = match &layer {
        Some(layer) => page.data("layer-map-data", &map_data(state, &ask.who, layer, &Shown::Coverage)),
        None => page.data(
            "style-map-data",
            &json!({"style": ask.url(&format!("/styles/{DATASET}?f=mapbox")), "bounds": everything(state, ask)}),
        ),
    };
    page.render(&body)
}

/// One tileset: its grid, where its tiles are, and what else tells of it.
fn told_of(ask: &Ask, tr: Tr, tileset: &Value) -> Markup {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let all = tileset["links"].as_array().map(Vec::as_slice).unwrap_or_default();
    let set = text(&tileset["tileMatrixSetURI"]);
    let name = set.rsplit('/').next().unwrap_or_default();
    let item = |l: &&Value| l["rel"] == "item";
    html! {
        section class="card" {
            h2 { (name) }
            @for l in all.iter().filter(item) { (address(tr, "OGC API – Tiles", &text(&l["href"]))) }
            (links(ask, all.iter().filter(|l| !item(l) && l["rel"] != "alternate")))
        }
    }
}

/// The tile matrix sets of a list.
pub(in crate::http::ogc) fn matrix_sets(ask: &Ask, sets: &Value) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let title = tr.t("ogc-matrix-sets");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-matrix-sets-about")), &[], &html! {}))
        ul class="cards" { @for set in sets.as_array().into_iter().flatten() {
            li class="card" {
                h2 { a href=(ask.url(&format!("/tileMatrixSets/{}?f=html", text(&set["id"])))) { (text(&set["id"])) } }
                p { (text(&set["title"])) }
                p class="small muted" { code class="break" { (text(&set["crs"])) } }
            }
        } }
    };
    framed(ask, &visit, &title, &[], false).render(&body)
}

/// One tile matrix set, from its document.
pub(in crate::http::ogc) fn matrix_set(ask: &Ask, set: &Value) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let title = text(&set["id"]);
    let rows = html! {
        thead { tr {
            th scope="col" class="num" { (tr.t("ogc-matrix")) }
            th scope="col" class="num" { (tr.t("ogc-matrix-scale")) }
            th scope="col" class="num" { (tr.t("ogc-matrix-cell")) }
            th scope="col" class="num" { (tr.t("ogc-matrix-tiles")) }
        } }
        tbody { @for m in set["tileMatrices"].as_array().into_iter().flatten() { tr {
            th scope="row" class="num" { (text(&m["id"])) }
            td class="num" { "1 : " (number(tr, m["scaleDenominator"].as_f64().unwrap_or(0.0), 0)) }
            td class="num" { (number(tr, m["cellSize"].as_f64().unwrap_or(0.0), 8)) }
            td class="num" { (number(tr, m["matrixWidth"].as_f64().unwrap_or(0.0), 0)) " × " (number(tr, m["matrixHeight"].as_f64().unwrap_or(0.0), 0)) }
        } } }
    };
    let body = html! {
        (heading(ask, &title, Some(&text(&set["title"])), &[], &html! {}))
        dl class="facts" {
            dt { "URI" } dd { code class="break" { (text(&set["uri"])) } }
            dt { (tr.t("ogc-systems")) } dd { code class="break" { (text(&set["crs"])) } }
        }
        (table(&title, &rows))
    };
    let crumbs = [(tr.t("ogc-matrix-sets"), "/tileMatrixSets?f=html".to_owned())];
    let crumbs: Vec<(&str, String)> = crumbs.iter().map(|(n, p)| (n.as_str(), p.clone())).collect();
    framed(ask, &visit, &title, &crumbs, false).render(&body)
}
