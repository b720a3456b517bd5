//! The answer that carries a tile.

use std::num::NonZero;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use super::MVT;
use crate::features::{LayerReader, Snapshot, TileBody, TileEncoding};
use crate::http::ogc::{Ask, is_anyones, look_up, not_modified, past};
use crate::space::tile_matrix::Tile;
use crate::state::AppState;
use crate::{Error, Result};

/// A tile of a layer, from the cache or made; 204 where it holds nothing.
pub(in crate::http) async fn serve(state: &AppState, ask: &Ask, id: &str, tile: Tile) -> Result<Response> {
    let encoding = encoding(&ask.headers);
    let past = past::named(state, ask, id).await?;
    let (reader, revision, lasts) = match &past {
        Some(past) => (past.tile(state, tile).await?, past.state.revision, false),
        None => {
            let (reader, snapshot) = look_up(state, &ask.who, id)?;
            let lasts = lasts(ask, &snapshot, [id].into_iter());
            if reader.is_outside() {
                let body = from_database(state, &reader, snapshot.revision, tile, encoding).await?;
                let mut response = answer(&ask.headers, body, encoding, snapshot.revision);
                keep(response.headers_mut(), is_anyones(reader.view(), &ask.who), lasts);
                return Ok(response);
            }
            (reader, snapshot.revision, lasts)
        }
    };
    let body = if let Some(body) = state.features.tiles().find(&reader, tile, encoding) {
        body
    } else {
        let (features, reader) = (state.features.clone(), reader.clone());
        in_turn(move || features.tiles().make(&reader, tile, encoding))
            .await
            .map_err(|e| Error::internal(format!("making tile {id} {tile:?}"), e))?
    };
    let mut response = answer(&ask.headers, body, encoding, revision);
    keep(response.headers_mut(), is_anyones(reader.view(), &ask.who), lasts);
    if let Some(past) = &past {
        past.headers(response.headers_mut());
    }
    Ok(response)
}

/// The tile of a layer that is too large for memory: kept, or made of what the database has in the state of `layer`.
pub(super) async fn from_database(
    state: &AppState,
    layer: &LayerReader,
    revision: i64,
    tile: Tile,
    encoding: TileEncoding,
) -> Result<TileBody> {
    if let Some(body) = state.features.tiles().find_outside(layer, tile, encoding) {
        return Ok(body);
    }
    let items = past::present(state, layer, revision).await?.tile(state, tile).await?;
    let (features, layer) = (state.features.clone(), layer.clone());
    in_turn(move || features.tiles().make_outside(&layer, &items, tile, encoding))
        .await
        .map_err(|e| Error::internal(format!("making tile {tile:?} of a large layer"), e))
}

/// One tile more is made at once than there are processors, so that none of them waits for the next one. More would
/// take turns in slices of time, and each be ready late: eight at once on two processors had a p99 four times as long.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, NonZero::get) + 1));

/// Makes a tile when it is its turn, beside the threads that answer: that of a whole town takes long enough to hold up
/// other requests.
pub(super) async fn in_turn<T: Send + 'static>(
    make: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    // The semaphore is never closed.
    let turn = TURNS.acquire().await;
    // A caller who goes away leaves the work to its end, and its turn too.
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        make()
    });
    work.await
}

/// Whether the caller names in `rev` a state since which the layers have not changed.
pub(super) fn lasts<'a>(ask: &Ask, snapshot: &Snapshot, layers: impl Iterator<Item = &'a str>) -> bool {
    ask.params.get("rev").is_some_and(|rev| snapshot.unchanged_since(rev, layers))
}

/// Who may keep a tile, and for how long without asking: `shared` where it is anyone's; a tile that `lasts` will never
/// be another one under its address. What one may see can change, hence an hour for what is not anyone's.
pub(in crate::http) fn keep(headers: &mut HeaderMap, shared: bool, lasts: bool) {
    let value = match (shared, lasts) {
        (true, true) => "public, max-age=86400, immutable",
        (true, false) => "no-cache",
        (false, true) => "private, max-age=3600",
        (false, false) => "private, no-cache",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
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
