//! `/ogc/collections` and `/ogc/collections/{id}` (part 1, 7.13 and 7.14).

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::ask::{Ask, link, look_up};
use super::datetime::interval;
use super::download;
use super::format::{Format, ITEMS};
use super::html;
use super::items::GEOJSON;
use super::params::CRS84;
use crate::Result;
use crate::access;
use crate::features::LayerReader;
use crate::http::portal::catalogue::activity::Activity;
use crate::layers::LayerDef;
use crate::space::crs::Offered;
use crate::state::AppState;
use crate::text::fold::fold;

/// The layers that the caller may see and that are loaded, in the order of the catalog.
pub(super) fn visible(state: &AppState, ask: &Ask) -> Vec<LayerReader> {
    let snapshot = state.features.snapshot();
    let catalog = state.catalog.load();
    let views = catalog.layers.values().filter_map(|l| access::view(&ask.who, l, &catalog));
    views.filter_map(|v| snapshot.described(&v)).collect()
}

/// `GET /ogc/collections`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(activity): Extension<Activity>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f", "q"])?;
    let mut readers = visible(&state, &ask);
    if ask.format == Format::Html {
        let changes = activity.known(&state).await;
        return Ok(ask.page(html::collections(&state, &ask, &readers, changes)));
    }
    let words = fold(ask.params.get("q").unwrap_or_default());
    readers.retain(|r| words.split_whitespace().all(|w| found_by(&r.view().layer, w)));
    let described: Vec<Value> = readers.iter().map(|r| describe(&ask, r)).collect();
    let json = json!({
        "links": ask.self_links("application/json"),
        "crs": Offered::ALL.map(Offered::uri),
        "collections": described,
        "numberMatched": described.len(),
        "numberReturned": described.len(),
    });
    Ok(ask.json("application/json", &json))
}

/// Whether a word stands in the layer's id, titles or descriptions, in either language.
fn found_by(layer: &LayerDef, word: &str) -> bool {
    let (title, about) = (&layer.title, &layer.description);
    fold(&format!("{} {} {} {} {} {}", layer.id, title.vi, title.en, about.vi, about.en, layer.theme))
        .contains(word)
}

/// `GET /ogc/collections/{id}`
pub(super) async fn one(
    State(state): State<AppState>,
    Extension(activity): Extension<Activity>,
    Path(id): Path<String>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f"])?;
    let (reader, _) = look_up(&state, &ask.who, &id)?;
    let mut json = describe(&ask, &reader);
    if let Some(links) = json["links"].as_array_mut() {
        links.splice(0..1, ask.self_links("application/json"));
    }
    let changes = if ask.format == Format::Html { activity.known(&state).await } else { None };
    Ok(ask.answer("application/json", &json, || html::collection(&state, &ask, &reader, &json, changes)))
}

/// Extent of a layer in CRS84: west, south, east, north.
pub(super) fn bounds(reader: &LayerReader) -> Option<[f64; 4]> {
    let b = reader.extent_crs84()?;
    // Outwards to 0.1 m: an extent that is rounded inwards would cut off what it describes.
    let (down, up) = (|v: f64| (v * 1e6).floor() / 1e6, |v: f64| (v * 1e6).ceil() / 1e6);
    Some([down(b.min_x), down(b.min_y), up(b.max_x), up(b.max_y)])
}

fn describe(ask: &Ask, reader: &LayerReader) -> Value {
    let def = &reader.view().layer;
    let at = |path: &str| ask.url(&format!("/collections/{}{path}", def.id));
    let title = def.title.get(ask.lang);
    let items = ITEMS.iter().map(|format| {
        let form = match format.form() {
            Some(form) => form.title(),
            None => ask.say("trang", "page"),
        };
        let title = format!("{} ({form})", ask.say("Đối tượng", "Items"));
        link(&at(&format!("/items?f={}", format.name())), "items", format.media_type(GEOJSON), &title)
    });
    let mut links = vec![link(&at(""), "self", "application/json", title)];
    links.extend(items);
    links.extend([
        link(
            &at("/queryables"),
            "http://www.opengis.net/def/rel/ogc/1.0/queryables",
            "application/schema+json",
            ask.say("Thuộc tính lọc được", "Queryables"),
        ),
        link(
            &at("/schema"),
            "http://www.opengis.net/def/rel/ogc/1.0/schema",
            "application/schema+json",
            ask.say("Lược đồ", "Schema"),
        ),
        link(&at("/schema"), "describedby", "application/schema+json", ask.say("Lược đồ", "Schema")),
        link(
            &at("/tiles"),
            "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
            "application/json",
            ask.say("Ô vectơ", "Vector tiles"),
        ),
        link(
            &ask.url(&format!("/styles/{}?f=mapbox", def.id)),
            "http://www.opengis.net/def/rel/ogc/1.0/styles",
            "application/vnd.mapbox.style+json",
            ask.say("Kiểu bản đồ", "Style"),
        ),
    ]);
    links.push(link(
        &at("/events"),
        "monitor",
        "text/event-stream",
        ask.say("Thay đổi, báo ngay khi có", "Changes, told as they come"),
    ));
    links.extend(download::links(ask, &def.id));
    if let Some(licence) = &def.licence {
        let href = format!("https://spdx.org/licenses/{licence}.html");
        links.push(link(&href, "license", "text/html", licence));
    }
    let mut json = json!({
        "id": def.id,
        "title": title,
        "description": def.description.get(ask.lang),
        "keywords": [def.theme],
        "itemType": "feature",
        "crs": Offered::ALL.map(Offered::uri),
        "storageCrs": Offered::STORED.uri(),
        "links": links,
    });
    if let Some(bbox) = bounds(reader) {
        json["extent"] = json!({"spatial": {"bbox": [bbox], "crs": CRS84}});
    }
    if let Some(interval) = interval(reader) {
        json["extent"]["temporal"] = json!({
            "interval": [interval],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        });
    }
    json
}
