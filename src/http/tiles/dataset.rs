//! Tiles of the whole dataset: several layers in one.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use axum::response::Response;

use super::TILE_MAX_ZOOM;
use super::answer::{answer, encoding, from_database, in_turn, keep, lasts};
use crate::access::{self, View};
use crate::features::{LayerReader, Snapshot, TileEncoding};
use crate::http::ogc::{Ask, is_anyones};
use crate::layers::style;
use crate::space::tile_matrix::Tile;
use crate::state::AppState;
use crate::{Error, Result};

/// Most bytes of a tile before it is compressed. A map of a town needs a tenth of it; what would come on top is left
/// out, the layers first that a map does not open with.
const MOST_BYTES: usize = 4 << 20;

/// Names the layers that were left out of a tile because it would have become too large.
const LEFT_OUT: &str = "dothi-left-out";

/// The layers that the caller asks for by `collections` (ids, or the addresses of collections), in that order; without
/// it all that he may see, in drawing order. All are of one snapshot.
pub(in crate::http) fn chosen(state: &AppState, ask: &Ask, snapshot: &Snapshot) -> Result<Vec<LayerReader>> {
    let catalog = state.catalog.load();
    let Some(text) = ask.params.get("collections") else {
        let views = catalog.layers.values().filter_map(|l| access::view(&ask.who, l, &catalog));
        let mut all: Vec<LayerReader> = views.filter_map(|v| snapshot.described(&v)).collect();
        all.sort_by_key(|r| r.view().layer.draw_order);
        return Ok(all);
    };
    let mut named = BTreeSet::new();
    let mut readers = Vec::new();
    for name in text.split(',').map(str::trim) {
        let id = id_in(ask, name);
        let view = catalog.layer(id).and_then(|l| access::view(&ask.who, l, &catalog));
        let reader = view.and_then(|v| snapshot.described(&v)).ok_or_else(|| unknown(name))?;
        if named.insert(id.to_owned()) {
            readers.push(reader);
        }
    }
    Ok(readers)
}

/// OGC API Tiles, collections-selection: a collection may be named by its address.
fn id_in<'a>(ask: &Ask, name: &'a str) -> &'a str {
    let below = name.strip_prefix(&ask.base).and_then(|path| path.strip_prefix("/ogc/collections/"));
    below.unwrap_or(name)
}

fn unknown(name: &str) -> Error {
    Error::invalid(
        "collections",
        format!("không có lớp “{name}”; cần mã các lớp, cách nhau bằng dấu phẩy"),
        format!("there is no collection “{name}”; expected ids of collections, separated by commas"),
    )
}

/// A tile of several layers, made of the kept tiles of each; 204 where it holds nothing.
pub(in crate::http) async fn serve(state: &AppState, ask: &Ask, tile: Tile) -> Result<Response> {
    let snapshot = state.features.snapshot();
    let mut readers = chosen(state, ask, &snapshot)?;
    if ask.params.get("collections").is_none() {
        readers.retain(|r| is_drawn(r.view(), tile.zoom()));
    }
    let mut known = vec![None; readers.len()];
    for (reader, known) in readers.iter().zip(&mut known).filter(|(r, _)| r.is_outside()) {
        let part = from_database(state, reader, snapshot.revision, tile, TileEncoding::Identity).await?;
        *known = Some(part);
    }
    let anyones = readers.iter().all(|r| is_anyones(r.view(), &ask.who));
    let encoding = encoding(&ask.headers);
    let lasts = lasts(ask, &snapshot, readers.iter().map(|r| r.view().layer.id.as_str()));
    let features = state.features.clone();
    let made = in_turn(move || {
        let rank = |r: &LayerReader| i32::from(!r.view().layer.visible);
        let together = features.tiles().together(&readers, known, tile, encoding, MOST_BYTES, rank);
        let left_out: Vec<String> =
            together.left_out.iter().map(|i| readers[*i].view().layer.id.clone()).collect();
        (together.body, left_out.join(","))
    });
    let (body, left_out) = made.await.map_err(|e| Error::internal(format!("making tile {tile:?}"), e))?;
    let mut response = answer(&ask.headers, body, encoding, snapshot.revision);
    keep(response.headers_mut(), anyones, lasts);
    if !left_out.is_empty()
        && let Ok(names) = HeaderValue::from_str(&left_out)
    {
        response.headers_mut().insert(LEFT_OUT, names);
    }
    Ok(response)
}

/// Whether something of the layer is drawn from a tile of this zoom. A tile of the last announced zoom is magnified
/// for all beyond it.
fn is_drawn(view: &View, zoom: u8) -> bool {
    let from = f64::from(zoom);
    let to = if zoom >= TILE_MAX_ZOOM { f64::INFINITY } else { from + 1.0 };
    let number = |s: &serde_json::Value, name: &str, other: f64| s[name].as_f64().unwrap_or(other);
    zoom >= view.layer.min_zoom
        && style::visible(&view.layer, |a| view.attribute(a).is_some())
            .any(|(_, s)| number(s, "minzoom", 0.0) < to && number(s, "maxzoom", f64::INFINITY) > from)
}
