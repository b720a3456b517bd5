//! Vector tiles by XYZ, TileJSON 3.0, and what both tile interfaces share: negotiation, tags, caching.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::ogc::{self, Ask, cache_headers, not_modified, open, past};
use crate::access::View;
use crate::features::TileEncoding;
use crate::features::encode::mvt::attributes_at;
use crate::layers::AttributeType;
use crate::space::tile_matrix::{MAX_TILE_MATRIX, Tile};
use crate::state::AppState;
use crate::{Error, Result};

/// Media type of a vector tile.
pub(super) const MVT: &str = "application/vnd.mapbox-vector-tile";

/// Zoom that is announced as the highest: one unit of a tile is 15 cm there, clients magnify beyond it. Deeper
/// tiles are made for those who ask for them.
pub(super) const TILE_MAX_ZOOM: u8 = 16;

/// Routes under `/tiles`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/tiles/{file}", get(tile_json))
        .route("/tiles/{id}/{z}/{x}/{file}", get(tile))
        .layer(middleware::from_fn(ogc::any_origin))
}

/// `GET /tiles/{id}/{z}/{x}/{y}.mvt`: the column comes before the row. `at` asks for an old state; other
/// parameters, such as a revision that a page puts there against its browser's cache, change nothing.
async fn tile(
    State(state): State<AppState>,
    Path((id, z, x, file)): Path<(String, String, String, String)>,
    ask: Ask,
) -> Result<Response> {
    let missing = || Error::not_found("tile", format!("{z}/{x}/{file}"));
    let y = file.strip_suffix(".mvt").or_else(|| file.strip_suffix(".pbf")).ok_or_else(missing)?;
    let (z, x) = (z.parse().map_err(|_| missing())?, x.parse().map_err(|_| missing())?);
    let tile = Tile::new(z, y.parse().map_err(|_| missing())?, x).ok_or_else(missing)?;
    serve(&state, &ask, &id, tile).await
}

/// A tile, from the cache or made; 204 where it holds nothing.
pub(super) async fn serve(state: &AppState, ask: &Ask, id: &str, tile: Tile) -> Result<Response> {
    let past = past::open(state, ask, id).await?;
    let (reader, revision) = match &past {
        Some(past) => (past.tile(state, tile).await?, past.state.revision),
        None => {
            let (reader, snapshot) = open(state, &ask.who, id)?;
            (reader, snapshot.revision)
        }
    };
    let encoding = if takes_gzip(&ask.headers) { TileEncoding::Gzip } else { TileEncoding::Identity };
    let body = if let Some(body) = state.features.tiles().find(&reader, tile, encoding) {
        body
    } else {
        // A tile of a whole town takes long enough to hold up other requests on this thread.
        let (features, reader) = (state.features.clone(), reader.clone());
        tokio::task::spawn_blocking(move || features.tiles().make(&reader, tile, encoding))
            .await
            .map_err(|e| Error::internal(format!("making tile {id} {tile:?}"), e))?
    };
    let mut response = not_modified(&ask.headers, &body.etag).unwrap_or_else(|| {
        if body.empty {
            return StatusCode::NO_CONTENT.into_response();
        }
        let mut response = body.bytes.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MVT));
        if encoding == TileEncoding::Gzip {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    });
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, authorization, cookie"));
    cache_headers(headers, reader.view(), &ask.who);
    headers.insert("dothi-revision", HeaderValue::from(revision));
    if let Some(past) = &past {
        past.headers(headers);
    }
    if let Ok(tag) = HeaderValue::from_str(&body.etag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Whether the client takes gzip (RFC 9110 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::ACCEPT_ENCODING);
    let codings = codings.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let mut any = false;
    for coding in codings {
        let mut fields = coding.split(';').map(str::trim);
        let name = fields.next().unwrap_or_default();
        let refused = fields.any(|f| f.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return !refused,
            "*" => any = !refused,
            _ => {}
        }
    }
    any
}

/// `GET /tiles/{id}.json`
async fn tile_json(State(state): State<AppState>, Path(file): Path<String>, ask: Ask) -> Result<Response> {
    let id = file.strip_suffix(".json").ok_or_else(|| Error::not_found("page", format!("/tiles/{file}")))?;
    let (reader, _) = open(&state, &ask.who, id)?;
    let view = reader.view();
    let def = &view.layer;
    let max_zoom = TILE_MAX_ZOOM.max(def.min_zoom).min(MAX_TILE_MATRIX);
    let mut json = json!({
        "tilejson": "3.0.0",
        "name": def.title.get(ask.lang),
        "description": def.description.get(ask.lang),
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [ask.keyed(format!("{}/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt", ask.base))],
        "minzoom": def.min_zoom,
        "maxzoom": max_zoom,
        "vector_layers": [{
            "id": id,
            "description": def.title.get(ask.lang),
            "minzoom": def.min_zoom,
            "maxzoom": max_zoom,
            "fields": fields(view, Value::from),
        }],
    });
    if let Some(b) = reader.extent_crs84() {
        json["bounds"] = json!([b.min_x, b.min_y, b.max_x, b.max_y]);
        json["center"] =
            json!([f64::midpoint(b.min_x, b.max_x), f64::midpoint(b.min_y, b.max_y), def.min_zoom.max(10)]);
    }
    let mut response = axum::Json(json).into_response();
    cache_headers(response.headers_mut(), view, &ask.who);
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept-language, authorization, cookie"));
    Ok(response)
}

/// Attributes of the highest zoom by name, with the type that a tile's reader sees.
pub(super) fn fields(view: &View, value: impl Fn(&'static str) -> Value) -> Map<String, Value> {
    let shown = attributes_at(&view.layer, &view.attributes, MAX_TILE_MATRIX);
    let attributes = shown.into_iter().map(|i| &view.layer.attributes[i]);
    let kind = |k| match k {
        AttributeType::Text | AttributeType::Date | AttributeType::Timestamp => "string",
        AttributeType::Integer | AttributeType::Real => "number",
        AttributeType::Boolean => "boolean",
    };
    attributes.map(|a| (a.name.clone(), value(kind(a.kind)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        for (value, takes) in [
            ("gzip, deflate, br", true),
            ("gzip;q=0", false),
            ("br", false),
            ("*", true),
            ("*;q=0, gzip;q=0.5", true),
            ("identity", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(takes_gzip(&headers), takes, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
