//! Tilesets with a map drawn from their tiles, and tile matrix sets.

use axum::response::Response;
use maud::html;
use serde_json::Value;

use super::super::ask::Ask;
use super::{Shown, below, framed, heading, table, told, visit};
use crate::features::LayerReader;
use crate::http::portal::catalogue::layer::{address, map_data};
use crate::http::portal::format::number;
use crate::http::tiles::TILE_MAX_ZOOM;
use crate::space::tile_matrix::WEB_MERCATOR_QUAD;
use crate::state::AppState;

/// The tileset of a collection.
pub(in crate::http::ogc) fn tileset(state: &AppState, ask: &Ask, reader: &LayerReader) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let layer = told(state, ask, reader, None);
    let title = tr.t("ogc-tiles");
    let heading_text = format!("{title}: {}", layer.title);
    let tiles = ask.url(&format!("/collections/{}/tiles/{WEB_MERCATOR_QUAD}", layer.id));
    let zooms = [("min", layer.min_zoom.to_string()), ("max", TILE_MAX_ZOOM.to_string())];
    let zooms: Vec<(&'static str, &str)> = zooms.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let body = html! {
        (heading(ask, &heading_text, Some(&tr.with("ogc-tiles-about", &zooms)), &[], &html! {
            a class="button button--plain" href={ "/layers/" (layer.id) "/qgis#tiles" } { (tr.t("qgis-open")) }
        }))
        @if layer.extent.is_some() {
            div class="layer-map" id="layer-map" role="region" aria-label=(tr.with("layer-map", &[("title", &layer.title)])) {}
            p class="small muted" id="layer-map-note" hidden { (tr.t("layer-density")) }
        } @else { div class="empty" { p { (tr.t("layer-empty")) } } }
        h2 { (tr.t("ogc-addresses")) }
        (address(tr, "XYZ", &format!("{}/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", ask.base, layer.id)))
        (address(tr, "TileJSON", &format!("{}/tiles/{}.json", ask.base, layer.id)))
        (address(tr, "OGC API – Tiles", &format!("{tiles}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}")))
        p { a href=(ask.url(&format!("/tileMatrixSets/{WEB_MERCATOR_QUAD}?f=html"))) { (tr.t("ogc-matrix-set")) " " (WEB_MERCATOR_QUAD) } }
    };
    let map = map_data(state, &ask.who, &layer, &Shown::Coverage);
    below(ask, &visit, Some(&reader.view().layer), &title, true).data("layer-map-data", &map).render(&body)
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
