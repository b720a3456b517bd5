//! In QGIS: `/layers/{id}/qgis` and `/qgis` tell how, `/layers/{id}/layer.qlr` is a layer and `/qgis/dothi.qgs` the
//! whole province, each with what its reader may see and no more.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::i18n::Tr;
use super::super::layers::{self, Teller};
use super::super::page::{Page, Visit};
use super::layer::address;
use super::links::Links;
use crate::access::{self, Principal, View};
use crate::error::{Error, Result};
use crate::features::LayerReader;
use crate::http::extract::{Path, Query};
use crate::http::tiles::TILE_MAX_ZOOM;
use crate::layers::qgis::Drawing;
use crate::layers::qgis::files::{self, AUTHENTICATION, Entry, Service};
use crate::layers::{Access, Catalog, icons};
use crate::space::{Bbox, crs};
use crate::state::AppState;

/// Prefix of WFS's type names.
const WFS_PREFIX: &str = "dothi";
/// Around what a project opens on, as a part of its size.
const MARGIN: f64 = 0.03;
/// What a project opens on where no layer has an item: the former province Đắk Nông, CRS84.
const FALLBACK: [f64; 4] = [107.2, 11.75, 108.15, 12.85];

/// How a file is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    service: Option<String>,
}

impl Wanted {
    fn service(&self) -> Result<Service> {
        match self.service.as_deref() {
            None | Some("wfs") => Ok(Service::Wfs),
            Some("oapif") => Ok(Service::Features),
            Some(other) => Err(Error::invalid(
                "service",
                format!("cần wfs hoặc oapif, nhận được {other}"),
                format!("expected wfs or oapif, got {other}"),
            )),
        }
    }
}

/// Whether one has to show a key for what `view` shows: the public is shown something else, or changes nothing.
fn needs_key(who: &Principal, view: &View, catalog: &Catalog) -> bool {
    let public = access::view(&Principal::public(), &view.layer, catalog);
    public.is_none_or(|p| p.profile != view.profile) || access::edit(who, &view.layer).is_some()
}

fn entry<'a>(
    state: &AppState,
    visit: &Visit,
    view: &'a View,
    catalog: &'a Catalog,
    service: Service,
) -> Entry<'a> {
    let (layer, tr) = (&view.layer, visit.tr);
    let base = state.config.base_url();
    let (url, type_name) = match service {
        Service::Wfs => (format!("{base}/wfs"), format!("{WFS_PREFIX}:{}", layer.id)),
        Service::Features => (format!("{base}/ogc/"), layer.id.clone()),
    };
    let seen = layer.attributes.iter().zip(&view.attributes).filter(|(_, seen)| **seen);
    Entry {
        drawing: Drawing::of(layer, |a| view.attribute(a).is_some(), catalog, tr.0).with_icons(icons::svg),
        attributes: seen.map(|(a, _)| a).collect(),
        url,
        type_name,
        service,
        edits: access::edit(&visit.who, layer).is_some(),
        closed: needs_key(&visit.who, view, catalog),
        theme: tr.or(&format!("theme-{}", layer.theme), &layer.theme),
    }
}

/// A file for its reader alone, to be kept under this name.
fn file(kind: &'static str, name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::VARY, "cookie, accept-language".to_owned()),
    ];
    (headers, text).into_response()
}

/// `GET /layers/{id}/layer.qlr?service=wfs|oapif`
pub(super) async fn definition(
    visit: Visit,
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let service = wanted.service()?;
    let (view, _) = super::open(&state, &visit.who, &id)?;
    let catalog = state.catalog.load_full();
    let entry = entry(&state, &visit, &view, &catalog, service);
    let text = files::layer_definition(&entry);
    Ok(file("application/x-qgis-layer-definition", &format!("{id}.qlr"), text))
}

/// `GET /qgis/dothi.qgs?service=wfs|oapif`
pub(super) async fn project(
    visit: Visit,
    State(state): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let service = wanted.service()?;
    let tr = visit.tr;
    let catalog = state.catalog.load_full();
    let readers = layers::readers(&catalog, &state.features.snapshot(), &visit.who);
    let teller = Teller { catalog: &catalog, who: &visit.who, tr, law: &state.law, changes: None };
    let order: Vec<String> =
        teller.themes(&readers).into_iter().flat_map(|t| t.layers.into_iter().map(|l| l.id)).collect();
    let view = |id: &String| readers.iter().find(|(v, _)| v.layer.id == *id).map(|(v, _)| v);
    let views: Vec<&View> = order.iter().filter_map(view).collect();
    let entries: Vec<Entry<'_>> =
        views.iter().map(|view| entry(&state, &visit, view, &catalog, service)).collect();
    let (title, about) = (tr.t("qgis-project-title"), tr.t("qgis-project-about"));
    let text = files::project(&title, &about, &entries, extent(&readers));
    Ok(file("application/x-qgis-project", "dothi.qgs", text))
}

/// The province, a little room around it.
fn extent(readers: &[(View, LayerReader)]) -> Bbox {
    let of = |id: &str| readers.iter().find(|(v, _)| v.layer.id == id).and_then(|(_, r)| r.extent());
    let [west, south, east, north] = FALLBACK;
    let b = match ["admin_province", "admin_commune", "parcel"].into_iter().find_map(of) {
        Some(b) => b,
        None => {
            let ((min_x, min_y), (max_x, max_y)) =
                (crs::from_crs84(west, south), crs::from_crs84(east, north));
            Bbox { min_x, min_y, max_x, max_y }
        }
    };
    let (dx, dy) = ((b.max_x - b.min_x) * MARGIN, (b.max_y - b.min_y) * MARGIN);
    let outwards = |v: f64, d: f64| (v + d).round();
    Bbox {
        min_x: outwards(b.min_x, -dx),
        min_y: outwards(b.min_y, -dy),
        max_x: outwards(b.max_x, dx),
        max_y: outwards(b.max_y, dy),
    }
}

/// `GET /layers/{id}/qgis`
pub(super) async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response> {
    let tr = visit.tr;
    let (view, _) = super::open(&state, &visit.who, &id)?;
    let catalog = state.catalog.load_full();
    let title = tr.of(&view.layer.title);
    let links = Links::new(&state.config.base_url(), &id);
    let closed = view.layer.access != Access::O;
    let edits = access::edit(&visit.who, &view.layer).is_some();
    let heading = tr.with("qgis-heading", &[("title", title)]);
    let body = html! {
        div class="page-head" {
            div { h1 { (heading) } p { (tr.t("qgis-intro")) } }
        }
        @if closed { p class="notice" { (tr.t("qgis-closed")) " " a href="#key" { (tr.t("qgis-key-how")) } } }
        section class="card" aria-labelledby="file" {
            h2 id="file" { (tr.t("qgis-file")) }
            p { (tr.with("qgis-file-how", &[("file", &format!("{id}.qlr"))])) }
            p class="actions" {
                a class="button" href={ "/layers/" (id) "/layer.qlr" } download={ (id) ".qlr" } { (tr.with("qgis-download", &[("file", &format!("{id}.qlr"))])) }
                a class="button button--plain" href="/qgis/dothi.qgs" download="dothi.qgs" { (tr.t("qgis-download-project")) }
            }
            p class="small muted" {
                (tr.t("qgis-file-holds")) " "
                a href={ "/layers/" (id) "/layer.qlr?service=oapif" } download={ (id) "-oapif.qlr" } { (tr.t("qgis-file-oapif")) }
            }
        }
        section class="card" aria-labelledby="wfs" {
            h2 id="wfs" { (tr.t("qgis-by-hand")) }
            ol {
                li { (tr.t("qgis-wfs-1")) }
                li { (tr.t("qgis-wfs-2")) (address(tr, "WFS", &format!("{}/wfs", state.config.base_url()))) (address(tr, "OGC API – Features", &links.ogc())) }
                @if needs_key(&visit.who, &view, &catalog) { li { (tr.with("qgis-wfs-login", &[("id", AUTHENTICATION)])) } }
                li { (tr.with("qgis-wfs-3", &[("title", title)])) }
            }
            p class="small muted" { (tr.t("qgis-which")) }
        }
        section class="card" aria-labelledby="tiles" {
            h2 id="tiles" { (tr.t("qgis-tiles-heading")) }
            p { (tr.t("qgis-tiles-about")) }
            ol {
                li { (tr.t("qgis-tiles-1")) }
                li {
                    (tr.with("qgis-tiles-2", &[("min", &view.layer.min_zoom.to_string()), ("max", &TILE_MAX_ZOOM.to_string())]))
                    (address(tr, &tr.t("layer-tiles"), &links.tiles()))
                    (address(tr, &tr.t("layer-style"), &links.style()))
                    (address(tr, "TileJSON", &links.tile_json()))
                }
                li { (tr.t("qgis-tiles-3")) }
            }
        }
        (key(&visit))
        @if edits { (editing(tr)) }
        p { a href={ "/layers/" (id) } { (tr.t("import-layer-page")) } " · " a href="/qgis" { (tr.t("qgis-all")) } }
    };
    Ok(Page::new(&visit, heading)
        .with_script_of_texts("catalogue.ts")
        .narrow()
        .crumb(tr.t("catalogue-heading"), "/layers")
        .crumb(title, format!("/layers/{id}"))
        .render(&body))
}

/// `GET /qgis`
pub(super) async fn overview(visit: Visit, State(state): State<AppState>) -> Response {
    let tr = visit.tr;
    let base = state.config.base_url();
    let body = html! {
        h1 { (tr.t("qgis-all")) }
        p { (tr.t("qgis-all-intro")) }
        section class="card" aria-labelledby="file" {
            h2 id="file" { (tr.t("qgis-project")) }
            p { (tr.t("qgis-project-how")) }
            p class="actions" {
                a class="button" href="/qgis/dothi.qgs" download="dothi.qgs" { (tr.t("qgis-download-project")) }
            }
            p class="small muted" { (tr.t("qgis-project-holds")) }
        }
        section class="card" aria-labelledby="wfs" {
            h2 id="wfs" { (tr.t("qgis-by-hand")) }
            ol {
                li { (tr.t("qgis-wfs-1")) }
                li { (tr.t("qgis-wfs-2")) (address(tr, "WFS", &format!("{base}/wfs"))) (address(tr, "OGC API – Features", &format!("{base}/ogc/"))) }
                li { (tr.t("qgis-all-3")) }
            }
            p class="small muted" { (tr.t("qgis-which")) }
        }
        (key(&visit))
        @if visit.edits { (editing(tr)) }
        p { (tr.t("qgis-one")) " " a href="/layers" { (tr.t("catalogue-heading")) } }
    };
    Page::new(&visit, tr.t("qgis-all"))
        .with_script_of_texts("catalogue.ts")
        .narrow()
        .crumb(tr.t("catalogue-heading"), "/layers")
        .render(&body)
}

/// How QGIS is told who asks.
fn key(visit: &Visit) -> Markup {
    let tr = visit.tr;
    html! {
        section class="card" aria-labelledby="key" {
            h2 id="key" { (tr.t("qgis-key")) }
            p { (tr.t("qgis-key-about")) }
            ol {
                li {
                    (tr.t("qgis-key-1")) " "
                    @if visit.who.user.is_some() { a href="/keys" { (tr.t("qgis-key-page")) } }
                    @else { a href="/sign-in?next=%2Fkeys" { (tr.t("qgis-key-sign-in")) } }
                }
                li { (tr.t("qgis-key-2")) }
                li { (tr.t("qgis-key-3")) (address(tr, &tr.t("qgis-key-id"), AUTHENTICATION)) }
                li {
                    @match &visit.who.user {
                        Some(user) => { (tr.with("qgis-key-4-named", &[("name", &user.name)])) },
                        None => { (tr.t("qgis-key-4")) },
                    }
                }
                li { (tr.t("qgis-key-5")) }
            }
            p class="small muted" { (tr.t("qgis-key-safe")) }
        }
    }
}

fn editing(tr: Tr) -> Markup {
    html! {
        section class="card" aria-labelledby="editing" {
            h2 id="editing" { (tr.t("qgis-edit")) }
            p { (tr.t("qgis-edit-about")) }
        }
    }
}
