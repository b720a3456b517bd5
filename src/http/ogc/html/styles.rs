//! Styles, each with a map drawn from it.

use axum::response::Response;
use maud::html;
use serde_json::{Value, json};

use super::super::ask::Ask;
use super::landing::PROVINCE;
use super::{framed, heading, links, table, visit};
use crate::http::portal::catalogue::layer::address;

/// A style of a list: id, title, and its forms by name and address.
pub(in crate::http::ogc) struct Listed<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub forms: Vec<(&'static str, String)>,
}

/// The list of styles.
pub(in crate::http::ogc) fn styles(ask: &Ask, styles: &[Listed<'_>]) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let title = tr.t("ogc-styles");
    let rows = html! {
        thead { tr { th scope="col" { (tr.t("ogc-style")) } th scope="col" { (tr.t("ogc-style-forms")) } } }
        tbody { @for s in styles { tr {
            th scope="row" { a href=(ask.url(&format!("/styles/{}?f=html", s.id))) { (s.title) } div { code class="small muted" { (s.id) } } }
            td { @for (i, (name, href)) in s.forms.iter().enumerate() { @if i > 0 { " · " } a href=(href) { (name) } } }
        } } }
    };
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-styles-about")), &[], &html! {}))
        (table(&title, &rows))
    };
    framed(ask, &visit, &title, &[], false).render(&body)
}

/// A style: its map, drawn from the address `drawn`, and its forms.
pub(in crate::http::ogc) fn style(
    ask: &Ask,
    title: &str,
    drawn: &str,
    bounds: Option<[f64; 4]>,
    documents: &[Value],
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let heading_text = format!("{}: {title}", tr.t("ogc-style"));
    let body = html! {
        (heading(ask, &heading_text, Some(&tr.t("ogc-style-about")), &[], &html! {}))
        div class="layer-map" id="style-map" role="region" aria-label=(heading_text) {}
        (address(tr, &tr.t("layer-style"), drawn))
        h2 { (tr.t("ogc-style-forms")) }
        (links(ask, documents))
    };
    let map = json!({"style": drawn, "bounds": bounds.unwrap_or(PROVINCE)});
    let crumbs = [(tr.t("ogc-styles"), "/styles?f=html".to_owned())];
    let crumbs: Vec<(&str, String)> = crumbs.iter().map(|(n, p)| (n.as_str(), p.clone())).collect();
    framed(ask, &visit, &heading_text, &crumbs, true).data("style-map-data", &map).render(&body)
}
