//! Styles, each with a map drawn from it.

use axum::response::Response;
use maud::html;
use serde_json::{Value, json};

use super::super::ask::Ask;
use super::landing::everything;
use super::{framed, heading, visit};
use crate::http::portal::catalogue::layer::address;
use crate::http::portal::i18n::Tr;
use crate::state::AppState;

/// The styles of a list: id and title.
pub(in crate::http::ogc) fn styles(ask: &Ask, styles: &[(&str, &str)]) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let title = tr.t("ogc-styles");
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-styles-about")), &[], &html! {}))
        ul class="links links--columns" { @for (id, title) in styles {
            li { a href=(ask.url(&format!("/styles/{id}?f=html"))) { (title) } " " code class="small muted" { (id) } }
        } }
    };
    framed(ask, &visit, &title, &[], false).render(&body)
}

/// A style: its map, its forms (name and address), and the layers that it draws.
pub(in crate::http::ogc) fn style(
    state: &AppState,
    ask: &Ask,
    id: &str,
    name: &str,
    forms: &[(&str, String)],
    bounds: Option<[f64; 4]>,
    sources: &[(String, String)],
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let stylesheet = ask.url(&format!("/styles/{id}?f=mapbox"));
    let title = format!("{}: {name}", tr.t("ogc-style"));
    let documents: Vec<Value> =
        forms.iter().map(|(kind, href)| json!({"rel": "alternate", "type": kind, "href": href})).collect();
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-style-about")), &documents, &html! {}))
        div class="layer-map" id="style-map" role="region" aria-label=(title) {}
        (address(tr, &tr.t("layer-style"), &stylesheet))
        @if !sources.is_empty() { (drawn(ask, tr, sources)) }
    };
    let map = json!({"style": stylesheet, "bounds": bounds.unwrap_or_else(|| everything(state, ask))});
    let crumbs = [(tr.t("ogc-styles"), "/styles?f=html".to_owned())];
    let crumbs: Vec<(&str, String)> = crumbs.iter().map(|(n, p)| (n.as_str(), p.clone())).collect();
    framed(ask, &visit, &title, &crumbs, true).data("style-map-data", &map).render(&body)
}

fn drawn(ask: &Ask, tr: Tr, sources: &[(String, String)]) -> maud::Markup {
    html! {
        h2 { (tr.t("ogc-style-layers")) }
        ul class="links links--columns" { @for (id, title) in sources {
            li { a href=(ask.url(&format!("/collections/{id}?f=html"))) { (title) } }
        } }
    }
}
