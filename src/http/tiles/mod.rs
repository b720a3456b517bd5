//! Vector tiles by XYZ, TileJSON 3.0, and what both tile interfaces share: negotiation, tags, caching.
//!
//! `default` stands for the whole dataset, as it does among the styles: a tile of it holds every layer that is drawn
//! there, or those that `collections` names.

mod answer;
pub(super) mod dataset;
mod tilejson;

pub(super) use crate::features::encode::mvt::describe::{TILE_MAX_ZOOM, fields};
pub(super) use answer::{keep, serve};

use axum::Router;
use axum::extract::{Path, State};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;

use super::ogc::{self, Ask};
use crate::space::tile_matrix::Tile;
use crate::state::AppState;
use crate::{Error, Result};

/// Media type of a vector tile.
pub(super) const MVT: &str = "application/vnd.mapbox-vector-tile";

/// All layers together, in the place of a layer's id.
pub(super) const DATASET: &str = "default";

/// Routes under `/tiles`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/tiles/{file}", get(tilejson::tile_json))
        .route("/tiles/{id}/{z}/{x}/{file}", get(tile))
        .layer(middleware::from_fn(ogc::any_origin))
}

/// `GET /tiles/{id}/{z}/{x}/{y}.mvt`: the column comes before the row. `at` asks for an old state of a layer; `rev`
/// names the state that the caller knows of, and does not change the answer: as long as it is of that state it may be
/// kept without asking again.
async fn tile(
    State(state): State<AppState>,
    Path((id, z, x, file)): Path<(String, String, String, String)>,
    ask: Ask,
) -> Result<Response> {
    let missing = || Error::not_found("tile", format!("{z}/{x}/{file}"));
    let y = file.strip_suffix(".mvt").or_else(|| file.strip_suffix(".pbf")).ok_or_else(missing)?;
    let (z, x) = (z.parse().map_err(|_| missing())?, x.parse().map_err(|_| missing())?);
    let tile = Tile::new(z, y.parse().map_err(|_| missing())?, x).ok_or_else(missing)?;
    if id == DATASET {
        dataset::serve(&state, &ask, tile).await
    } else {
        serve(&state, &ask, &id, tile).await
    }
}
