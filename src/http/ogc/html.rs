//! Pages of the API: what programs read, for people, in the portal's frame. A page is made of the same facts as the
//! document beside it, which it links to.

mod api;
mod collection;
mod collections;
mod conformance;
mod landing;
mod schema;
mod styles;
mod tiles;

pub(super) use api::api;
pub(super) use collection::{Shown, collection};
pub(super) use collections::collections;
pub(super) use conformance::conformance;
pub(super) use landing::landing;
pub(super) use schema::{functions, schema};
pub(super) use styles::{Listed, style, styles};
pub(super) use tiles::{matrix_set, matrix_sets, tilesets};

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::ask::Ask;
use crate::features::LayerReader;
use crate::http::portal::catalogue::activity::LastChanges;
use crate::http::portal::i18n::Tr;
use crate::http::portal::layers::{Layer, Teller};
use crate::http::portal::page::{Page, Visit};
use crate::layers::LayerDef;
use crate::state::AppState;

/// Script of these pages.
const SCRIPT: &str = "ogc.ts";

/// Who reads the page, for its frame.
pub(super) fn visit(ask: &Ask) -> Visit {
    let query = ask.params.query();
    let path = if query.is_empty() { ask.path.clone() } else { format!("{}?{query}", ask.path) };
    Visit::new(Tr(ask.lang), ask.who.clone(), path, &ask.catalog)
}

/// A page with the way to it (name and path below `/ogc`); with a map where `map`.
pub(super) fn framed<'a>(
    ask: &Ask,
    visit: &'a Visit,
    title: &str,
    crumbs: &[(&str, String)],
    map: bool,
) -> Page<'a> {
    let page = Page::new(visit, title);
    let page = if map { page.with_script(SCRIPT) } else { page.with_script_of_texts(SCRIPT) };
    let page = page.alternate("application/json", as_json(ask));
    let landing = ask.path.trim_end_matches('/') == "/ogc";
    let page = page.crumb(visit.tr.t("catalogue-heading"), "/layers");
    let page = if landing { page } else { page.crumb("OGC API", ask.url("/")) };
    crumbs.iter().fold(page, |page, (name, path)| page.crumb(*name, ask.url(path)))
}

/// A page of texts: title, the way to it, body.
pub(super) fn page(ask: &Ask, title: &str, crumbs: &[(&str, String)], body: &Markup) -> Response {
    let visit = visit(ask);
    let body = html! { (heading(ask, title, None, &[], &html! {})) (body) };
    framed(ask, &visit, title, crumbs, false).render(&body)
}

/// This resource as JSON.
fn as_json(ask: &Ask) -> String {
    format!("{}{}?{}", ask.base, ask.path, ask.params.with("f", "json"))
}

/// The head of a page: its title, what it is about, what to do, and the forms in which programs get the same.
/// `links` are those of the document.
pub(super) fn heading(
    ask: &Ask,
    title: &str,
    about: Option<&str>,
    links: &[Value],
    actions: &Markup,
) -> Markup {
    let tr = Tr(ask.lang);
    let text = |l: &Value, name: &str| l[name].as_str().unwrap_or_default().to_owned();
    let own =
        |l: &&Value| matches!(l["rel"].as_str(), Some("self" | "alternate")) && l["type"] != "text/html";
    let mut forms: Vec<(String, String)> =
        links.iter().filter(own).map(|l| (form_name(&text(l, "type")), text(l, "href"))).collect();
    if forms.is_empty() {
        forms.push(("JSON".to_owned(), as_json(ask)));
    }
    html! {
        div class="page-head" {
            div {
                h1 { (title) }
                @if let Some(about) = about.filter(|a| !a.is_empty()) { p { (about) } }
                p class="forms small" {
                    (tr.t("ogc-forms")) " "
                    @for (i, (name, href)) in forms.iter().enumerate() { @if i > 0 { " · " } a href=(href) { (name) } }
                }
            }
            div class="actions" { (actions) }
        }
    }
}

/// What people call a media type.
fn form_name(kind: &str) -> String {
    let known = [
        ("geo+json", "GeoJSON"),
        ("schema+json", "JSON Schema"),
        ("oai.openapi", "OpenAPI"),
        ("fg+json", "JSON-FG"),
        ("gml+xml", "GML"),
        ("text/csv", "CSV"),
        ("flatgeobuf", "FlatGeobuf"),
        ("geopackage", "GeoPackage"),
        ("parquet", "GeoParquet"),
        ("mapbox.style", "MapLibre"),
        ("sld", "SLD"),
        ("qgis-layer-settings", "QML"),
        ("json", "JSON"),
    ];
    known
        .iter()
        .find(|(part, _)| kind.contains(part))
        .map_or_else(|| kind.to_owned(), |(_, name)| (*name).to_owned())
}

/// Links with their titles, in a list.
pub(super) fn links<'a>(ask: &Ask, links: impl IntoIterator<Item = &'a Value>) -> Markup {
    let text = |l: &Value, name: &str| l[name].as_str().unwrap_or_default().to_owned();
    html! {
        ul class="links" {
            @for l in links {
                @let (href, kind) = (text(l, "href"), text(l, "type"));
                @let leads = leads(ask, &href);
                li {
                    a href=(leads) { (text(l, "title")) }
                    // A page says nothing of the form in which programs get the same.
                    @if leads == href { " " span class="small muted" { (form_name(&kind)) } }
                }
            }
        }
    }
}

/// Where a link of a page leads: to the page of a resource of this service, else where it says; a file is a file.
fn leads(ask: &Ask, href: &str) -> String {
    let own = href.starts_with(&format!("{}/ogc", ask.base));
    if own && !href.contains("f=") && !href.contains('{') && !href.contains("/download/") {
        format!("{href}?f=html")
    } else {
        href.to_owned()
    }
}

fn way(tr: Tr, def: Option<&LayerDef>) -> Vec<(String, String)> {
    let mut way = vec![(tr.t("ogc-collections"), "/collections?f=html".to_owned())];
    if let Some(def) = def {
        way.push((tr.of(&def.title).to_owned(), format!("/collections/{}?f=html", def.id)));
    }
    way
}

/// A page below a layer, with a map where `map`.
pub(super) fn below<'a>(
    ask: &Ask,
    visit: &'a Visit,
    def: Option<&LayerDef>,
    title: &str,
    map: bool,
) -> Page<'a> {
    let way = way(visit.tr, def);
    let way: Vec<(&str, String)> = way.iter().map(|(n, p)| (n.as_str(), p.clone())).collect();
    framed(ask, visit, title, &way, map)
}

/// A layer as its pages tell of it.
pub(super) fn told(state: &AppState, ask: &Ask, reader: &LayerReader, changes: Option<LastChanges>) -> Layer {
    Teller { catalog: &ask.catalog, who: &ask.who, tr: Tr(ask.lang), law: &state.law, changes }
        .layer(reader.view(), reader)
}

/// A table that scrolls within the page where it is too wide.
pub(super) fn table(label: &str, inner: &Markup) -> Markup {
    html! { div class="table-wrap" tabindex="0" role="region" aria-label=(label) { table { (inner) } } }
}
