//! The landing page: what there is, and the addresses to connect to.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::ask::Ask;
use super::super::collections::{bounds, visible};
use super::{framed, heading, links, visit};
use crate::http::portal::catalogue::layer::address;
use crate::http::portal::format::number;
use crate::state::AppState;

/// What a map shows where no layer has an item: the former province Đắk Nông, CRS84.
pub(super) const PROVINCE: [f64; 4] = [107.2, 11.75, 108.15, 12.85];

/// The box around what may be seen.
pub(super) fn everything(state: &AppState, ask: &Ask) -> [f64; 4] {
    let readers = visible(state, ask);
    let of = |id: &str| readers.iter().find(|r| r.view().layer.id == id).and_then(bounds);
    ["admin_province", "admin_commune", "parcel"].into_iter().find_map(of).unwrap_or(PROVINCE)
}

/// `/ogc/`
pub(in crate::http::ogc) fn landing(
    state: &AppState,
    ask: &Ask,
    title: &str,
    description: &str,
    document: &[Value],
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let readers = visible(state, ask);
    let items: usize = readers.iter().map(crate::features::LayerReader::count).sum();
    let counted = [("layers", number(tr, readers.len() as f64, 0)), ("items", number(tr, items as f64, 0))];
    let counted: Vec<(&'static str, &str)> = counted.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let card = |path: &str, key: &str| -> Markup {
        html! {
            li class="card" {
                h3 { a href=(path) { (tr.t(key)) } }
                p { (tr.t(&format!("{key}-about"))) }
            }
        }
    };
    let below = |path: &str| ask.url(&format!("{path}?f=html"));
    let body = html! {
        (heading(ask, title, Some(description), document, &html! {
            a class="button" href=(below("/collections")) { (tr.t("ogc-see-collections")) }
            a class="button button--plain" href="/qgis" { (tr.t("qgis-open")) }
        }))
        p { (tr.with("ogc-counted", &counted)) }
        div class="layer-map" id="style-map" role="region" aria-label=(tr.t("ogc-map-all")) {}
        h2 { (tr.t("ogc-resources")) }
        ul class="cards" {
            (card(&below("/collections"), "ogc-collections"))
            (card(&below("/styles"), "ogc-styles"))
            (card(&below("/tiles"), "ogc-tiles-all"))
            (card(&below("/tileMatrixSets"), "ogc-matrix-sets"))
            (card(&below("/api"), "ogc-api"))
            (card(&below("/conformance"), "ogc-conformance"))
            (card(&below("/functions"), "ogc-functions"))
        }
        h2 { (tr.t("ogc-addresses")) }
        (address(tr, "OGC API", &format!("{}/ogc/", ask.base)))
        (address(tr, "WFS", &format!("{}/wfs", ask.base)))
        (address(tr, &tr.t("ogc-style-all"), &format!("{}/ogc/styles/default?f=mapbox", ask.base)))
        p class="small" { (tr.t("ogc-keys")) " " a href="/qgis#key" { (tr.t("qgis-key-how")) } }
        details {
            summary { (tr.t("ogc-all-links")) }
            (links(ask, document))
        }
    };
    let map = json!({"style": ask.url("/styles/default?f=mapbox"), "bounds": everything(state, ask)});
    framed(ask, &visit, title, &[], true).data("style-map-data", &map).render(&body)
}
