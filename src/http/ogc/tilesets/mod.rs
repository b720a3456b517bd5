//! OGC API Tiles (OGC 20-057): tilesets of collections and of the dataset, and the tiles by matrix, row and column.

mod describe;
mod matrix_sets;

pub(super) use matrix_sets::{matrix_set, matrix_sets};

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::ask::{Ask, look_up};
use super::{download, html};
use crate::features::LayerReader;
use crate::http::tiles::{dataset, serve};
use crate::space::tile_matrix::{MatrixSet, Tile};
use crate::state::AppState;
use crate::{Error, Result};

use describe::{Origin, describe, whole};

/// `GET /ogc/collections/{id}/tiles` (geodata-tilesets, tilesets-list)
pub(super) async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f"])?;
    let (reader, _) = look_up(&state, &ask.who, &id)?;
    Ok(list_of(&state, &ask, &Origin::Collection(&id), &[reader]))
}

/// `GET /ogc/tiles` (dataset-tilesets, tilesets-list)
pub(super) async fn list_of_dataset(State(state): State<AppState>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f", "collections"])?;
    let readers = dataset::chosen(&state, &ask, &state.features.snapshot())?;
    Ok(list_of(&state, &ask, &Origin::Dataset, &readers))
}

fn list_of(state: &AppState, ask: &Ask, origin: &Origin<'_>, readers: &[LayerReader]) -> Response {
    let tilesets: Vec<Value> =
        MatrixSet::ALL.iter().map(|set| describe(ask, origin, *set, readers)).collect();
    let mut links = ask.self_links("application/json");
    if matches!(origin, Origin::Dataset) {
        links.push(download::archive_link(ask));
    }
    let json = json!({"links": links, "tilesets": tilesets});
    ask.answer("application/json", &json, || html::tilesets(state, ask, origin.reader(readers), &tilesets))
}

/// `GET /ogc/collections/{id}/tiles/{tileMatrixSetId}` (tileset)
pub(super) async fn one(
    State(state): State<AppState>,
    Path((id, set)): Path<(String, String)>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f"])?;
    let (reader, _) = look_up(&state, &ask.who, &id)?;
    Ok(one_of(&state, &ask, &Origin::Collection(&id), known(&set)?, &[reader]))
}

/// `GET /ogc/tiles/{tileMatrixSetId}` (tileset, collections-selection)
pub(super) async fn one_of_dataset(
    State(state): State<AppState>,
    Path(set): Path<String>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f", "collections"])?;
    let set = known(&set)?;
    let readers = dataset::chosen(&state, &ask, &state.features.snapshot())?;
    Ok(one_of(&state, &ask, &Origin::Dataset, set, &readers))
}

fn one_of(
    state: &AppState,
    ask: &Ask,
    origin: &Origin<'_>,
    set: MatrixSet,
    readers: &[LayerReader],
) -> Response {
    let json = whole(ask, origin, set, readers);
    ask.answer("application/json", &json, || {
        html::tilesets(state, ask, origin.reader(readers), std::slice::from_ref(&json))
    })
}

/// `GET …/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}`: the row comes before the column.
pub(super) async fn tile(
    State(state): State<AppState>,
    Path((id, set, tile_matrix, tile_row, tile_col)): Path<(String, String, String, String, String)>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f", "at"])?;
    serve(&state, &ask, &id, tile_at(&set, &tile_matrix, &tile_row, &tile_col)?).await
}

/// The same of the dataset, with the layers of `collections` or all that are drawn there.
pub(super) async fn tile_of_dataset(
    State(state): State<AppState>,
    Path((set, tile_matrix, tile_row, tile_col)): Path<(String, String, String, String)>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f", "collections"])?;
    dataset::serve(&state, &ask, tile_at(&set, &tile_matrix, &tile_row, &tile_col)?).await
}

fn known(set: &str) -> Result<MatrixSet> {
    MatrixSet::named(set).ok_or_else(|| Error::not_found("tile matrix set", set))
}

fn tile_at(set: &str, tile_matrix: &str, tile_row: &str, tile_col: &str) -> Result<Tile> {
    let set = known(set)?;
    let at = || Error::not_found("tile", format!("{tile_matrix}/{tile_row}/{tile_col}"));
    let matrix = tile_matrix.parse().map_err(|_| at())?;
    let (row, col) = (tile_row.parse().map_err(|_| at())?, tile_col.parse().map_err(|_| at())?);
    Tile::of(set, matrix, row, col).ok_or_else(at)
}
