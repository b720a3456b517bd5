//! TileJSON 3.0 of a layer and of the dataset.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::{DATASET, dataset};
use crate::features::LayerReader;
use crate::features::encode::mvt::describe::{vector_layer, zooms};
use crate::http::ogc::{Ask, cache_headers, look_up};
use crate::state::AppState;
use crate::{Error, Result};

/// `GET /tiles/{id}.json`; of `default` with `collections` as its tiles take it.
pub(super) async fn tile_json(
    State(state): State<AppState>,
    Path(file): Path<String>,
    ask: Ask,
) -> Result<Response> {
    let id = file.strip_suffix(".json").ok_or_else(|| Error::not_found("page", format!("/tiles/{file}")))?;
    let address = format!("{}/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt", ask.base);
    let mut response = if id == DATASET {
        let readers = dataset::chosen(&state, &ask, &state.features.snapshot())?;
        let named = ask.params.get("collections").map(|names| {
            let names: String = byte_serialize(names.as_bytes()).collect();
            format!("?collections={}", names.replace("%2C", ","))
        });
        let mut json = describe(&ask, &readers, address + &named.unwrap_or_default());
        json["name"] = ask.say("Dothi – mọi lớp", "Dothi – all layers").into();
        axum::Json(json).into_response()
    } else {
        let (reader, _) = look_up(&state, &ask.who, id)?;
        let def = reader.view().layer.clone();
        let mut json = describe(&ask, std::slice::from_ref(&reader), address);
        json["name"] = def.title.get(ask.lang).into();
        json["description"] = def.description.get(ask.lang).into();
        let mut response = axum::Json(json).into_response();
        cache_headers(response.headers_mut(), reader.view(), &ask.who);
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, authorization, cookie"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    Ok(response)
}

fn describe(ask: &Ask, readers: &[LayerReader], address: String) -> Value {
    let layers: Vec<Value> = readers.iter().map(|r| vector_layer(r.view(), ask.lang)).collect();
    let (min_zoom, max_zoom) = zooms(readers);
    let mut json = json!({
        "tilejson": "3.0.0",
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [ask.keyed(address)],
        "minzoom": min_zoom,
        "maxzoom": max_zoom,
        "vector_layers": layers,
    });
    if let Some(b) = readers.iter().filter_map(LayerReader::extent_crs84).reduce(|a, b| a.union(&b)) {
        json["bounds"] = json!([b.min_x, b.min_y, b.max_x, b.max_y]);
        json["center"] =
            json!([f64::midpoint(b.min_x, b.max_x), f64::midpoint(b.min_y, b.max_y), min_zoom.max(10)]);
    }
    json
}
