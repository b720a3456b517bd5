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
        if let Some(name) = encoding.name() {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
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

/// How the client wants its tile (RFC 9110, 12.5.3): compressed in the way that it likes best, of equal ones the one
/// that is smallest; as it is where it takes none of them.
pub(super) fn encoding(headers: &HeaderMap) -> TileEncoding {
    let codings = headers.get_all(header::ACCEPT_ENCODING);
    let codings = codings.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let wanted: Vec<(String, f32)> = codings
        .map(|coding| {
            let mut fields = coding.split(';').map(str::trim);
            let name = fields.next().unwrap_or_default().to_ascii_lowercase();
            let weight = fields.find_map(|f| f.strip_prefix("q=")?.parse().ok());
            (name, weight.unwrap_or(1.0))
        })
        .collect();
    let weight = |encoding: &TileEncoding| {
        let name = encoding.name().unwrap_or("identity");
        let of =
            |n: &str| wanted.iter().find(|(w, _)| w == n || n == "gzip" && w == "x-gzip").map(|(_, q)| *q);
        of(name).or_else(|| of("*")).unwrap_or(0.0)
    };
    let liked = TileEncoding::COMPRESSING.into_iter().filter(|e| weight(e) > 0.0);
    // Of equal ones `max_by` gives the last.
    liked.rev().max_by(|a, b| weight(a).total_cmp(&weight(b))).unwrap_or(TileEncoding::Identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_sent_in_the_encoding_that_the_client_likes_best() {
        use TileEncoding::{Brotli, Gzip, Identity, Zstd};
        for (value, sent) in [
            ("gzip, deflate, br, zstd", Zstd),
            ("gzip, deflate, br", Brotli),
            ("gzip, deflate", Gzip),
            ("x-gzip", Gzip),
            ("GZIP;q=0.8, br;q=0.2", Gzip),
            ("gzip;q=0", Identity),
            ("zstd;q=0, *", Brotli),
            ("*", Zstd),
            ("*;q=0, gzip;q=0.5", Gzip),
            ("identity", Identity),
            ("deflate", Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(encoding(&headers), sent, "{value}");
        }
        assert_eq!(encoding(&HeaderMap::new()), Identity);
    }
}
