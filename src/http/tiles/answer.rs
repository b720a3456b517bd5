//! The answer that carries a tile.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::MVT;
use crate::features::{TileBody, TileEncoding};
use crate::http::ogc::{Ask, cache_headers, not_modified, open, past};
use crate::space::tile_matrix::Tile;
use crate::state::AppState;
use crate::{Error, Result};

/// A tile of a layer, from the cache or made; 204 where it holds nothing.
pub(in crate::http) async fn serve(state: &AppState, ask: &Ask, id: &str, tile: Tile) -> Result<Response> {
    let past = past::open(state, ask, id).await?;
    let (reader, revision) = match &past {
        Some(past) => (past.tile(state, tile).await?, past.state.revision),
        None => {
            let (reader, snapshot) = open(state, &ask.who, id)?;
            (reader, snapshot.revision)
        }
    };
    let encoding = encoding(&ask.headers);
    let body = if let Some(body) = state.features.tiles().find(&reader, tile, encoding) {
        body
    } else {
        // A tile of a whole town takes long enough to hold up other requests on this thread.
        let (features, reader) = (state.features.clone(), reader.clone());
        tokio::task::spawn_blocking(move || features.tiles().make(&reader, tile, encoding))
            .await
            .map_err(|e| Error::internal(format!("making tile {id} {tile:?}"), e))?
    };
    let mut response = answer(&ask.headers, body, encoding, revision);
    cache_headers(response.headers_mut(), reader.view(), &ask.who);
    if let Some(past) = &past {
        past.headers(response.headers_mut());
    }
    Ok(response)
}

/// The tile, 304 where the caller has it, 204 where it is empty.
pub(super) fn answer(headers: &HeaderMap, body: TileBody, encoding: TileEncoding, revision: i64) -> Response {
    let mut response = not_modified(headers, &body.etag).unwrap_or_else(|| {
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
    headers.insert("dothi-revision", HeaderValue::from(revision));
    if let Ok(tag) = HeaderValue::from_str(&body.etag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// How the client wants its tile.
pub(super) fn encoding(headers: &HeaderMap) -> TileEncoding {
    if takes_gzip(headers) { TileEncoding::Gzip } else { TileEncoding::Identity }
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
