//! OGC API Styles (OGC 20-009): a style for each layer, and `default` with all of them in drawing order; each as a
//! MapLibre style, as SLD 1.0, for QGIS and as a page with a map.

mod form;
mod maplibre;
mod metadata;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::ask::{Ask, link, look_up, typed, vary};
use super::collections::{bounds, visible};
use super::format::Format;
use super::html;
use crate::Result;
use crate::features::LayerReader;
use crate::http::tiles::DATASET;
use crate::layers::{icons, qgis, sld, style};
use crate::state::AppState;
use form::Form;
pub(super) use form::{FILES, FORMS};

/// Style layers of a layer that its reader's caller may see.
fn seen(reader: &LayerReader) -> Vec<(usize, &Value)> {
    let view = reader.view();
    style::visible(&view.layer, |a| view.attribute(a).is_some()).collect()
}

/// A style: the layers that it draws, the lower ones first.
struct Style {
    id: String,
    title: String,
    readers: Vec<LayerReader>,
}

impl Style {
    /// The style of a layer, or of all that the caller may see.
    fn open(state: &AppState, ask: &Ask, id: String) -> Result<Self> {
        if id == DATASET {
            let mut readers = visible(state, ask);
            readers.retain(|r| !seen(r).is_empty());
            readers.sort_by_key(|r| r.view().layer.draw_order);
            return Ok(Self { id, title: ask.say("Mọi lớp", "All layers").to_owned(), readers });
        }
        let (reader, _) = look_up(state, &ask.who, &id)?;
        let title = reader.view().layer.title.get(ask.lang).to_owned();
        Ok(Self { id, title, readers: vec![reader] })
    }

    /// CRS84 box around what it draws.
    fn bounds(&self) -> Option<[f64; 4]> {
        let around =
            |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
        self.readers.iter().filter_map(bounds).reduce(around)
    }
}

/// `GET /ogc/styles`
pub(super) async fn list(State(state): State<AppState>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let readers = visible(&state, &ask);
    let drawn = readers.iter().filter(|r| !seen(r).is_empty()).map(|r| &r.view().layer);
    let all = ask.say("Mọi lớp", "All layers");
    let styles: Vec<(&str, &str)> = std::iter::once((DATASET, all))
        .chain(drawn.map(|l| (l.id.as_str(), l.title.get(ask.lang))))
        .collect();
    let described: Vec<Value> = styles
        .iter()
        .map(|(id, title)| {
            let mut links: Vec<Value> = Form::offered(id).map(|form| form.link(&ask, id, title)).collect();
            links.push(metadata_link(&ask, id));
            json!({"id": id, "title": title, "links": links})
        })
        .collect();
    let json = json!({"default": DATASET, "styles": described, "links": ask.self_links("application/json")});
    Ok(ask.answer("application/json", &json, || {
        let forms = |id: &str| Form::offered(id).map(|form| (form.name(), form.address(&ask, id))).collect();
        let listed: Vec<html::Listed<'_>> =
            styles.iter().map(|(id, title)| html::Listed { id, title, forms: forms(id) }).collect();
        html::styles(&ask, &listed)
    }))
}

fn metadata_link(ask: &Ask, id: &str) -> Value {
    let at = ask.url(&format!("/styles/{id}/metadata"));
    link(&at, "describedby", "application/json", ask.say("Mô tả kiểu", "Style metadata"))
}

/// `GET /ogc/styles/{id}`: the style in the form of `f` or `Accept`, a MapLibre style where neither says one.
pub(super) async fn one(State(state): State<AppState>, Path(id): Path<String>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let form = form::asked(&ask, &id)?;
    let style = Style::open(&state, &ask, id)?;
    let mut response = match form {
        None => return Ok(page(ask, &style)),
        Some(form @ Form::MapLibre) => typed(form.media_type(), maplibre::document(&ask, &style).to_string()),
        Some(form @ Form::Sld) => saved(form, &style, "sld", sld_of(&state, &ask, &style)),
        Some(form @ Form::Qml) => saved(form, &style, "qml", qml_of(&state, &ask, &style)),
    };
    let headers = response.headers_mut();
    vary(headers);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// A file that a person saves and a program takes.
fn saved(form: Form, style: &Style, extension: &str, text: String) -> Response {
    let mut response = typed(form.media_type(), text);
    let name = format!("inline; filename=\"{}.{extension}\"", style.id);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// The style of a layer as QGIS keeps it.
fn qml_of(state: &AppState, ask: &Ask, style: &Style) -> String {
    let catalog = state.catalog.load();
    let qml = |reader: &LayerReader| {
        let view = reader.view();
        let seen = |a: &str| view.attribute(a).is_some();
        qgis::Drawing::of(&view.layer, seen, &catalog, ask.lang).with_icons(icons::svg).qml()
    };
    style.readers.first().map(qml).unwrap_or_default()
}

fn sld_of(state: &AppState, ask: &Ask, style: &Style) -> String {
    let icons = format!("{}/ogc/sprites", ask.base);
    let words = sld::Words { catalog: &state.catalog.load(), lang: ask.lang, icons: &icons };
    let layers: Vec<sld::Drawn<'_>> =
        style.readers.iter().map(|r| sld::Drawn { layer: &r.view().layer, styles: seen(r) }).collect();
    sld::document(&layers, words)
}

/// The page of a style: a map that draws it, and its forms.
fn page(mut ask: Ask, style: &Style) -> Response {
    ask.format = Format::Html;
    let links: Vec<Value> = Form::offered(&style.id)
        .map(|form| form.link(&ask, &style.id, form.name()))
        .chain([metadata_link(&ask, &style.id)])
        .collect();
    let drawn = Form::MapLibre.address(&ask, &style.id);
    ask.answer("application/json", &Value::Null, || {
        html::style(&ask, &style.title, &drawn, style.bounds(), &links)
    })
}

/// `GET /ogc/styles/{id}/metadata`
pub(super) async fn metadata(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f"])?;
    let style = Style::open(&state, &ask, id)?;
    let json = metadata::document(&ask, &style);
    Ok(ask.answer("application/json", &json, || {
        let links = json["links"].as_array().map(Vec::as_slice).unwrap_or_default();
        html::page(&ask, &style.title, &[], &maud::html! {
            @for layer in json["layers"].as_array().into_iter().flatten() {
                p { code { (layer["id"].as_str().unwrap_or_default()) } " " (layer["type"].as_str().unwrap_or_default()) }
            }
            (html::links(&ask, links))
        })
    }))
}
