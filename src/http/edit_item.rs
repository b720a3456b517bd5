//! `PATCH` and `DELETE /api/v1/layers/{id}/items/{fid}`: the editor's writes to one item.
//!
//! They name the version that the editor looked at in the request itself, so a conflict is one of content: 409, with
//! who came in between, when and why, and the item as it is now. (OGC's writes name it in `If-Match` and answer 412.)

use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::patch;
use geo::Geometry;
use serde::Deserialize;
use serde_json::{Map, Value as Member, json};

use super::edit::{Editing, Writer, patch_of, stored_geometry, with_present, wkb};
use super::extract::{Json, Path, Query};
use super::former_units::{self, ResolvedUnits};
use super::idempotency;
use super::ogc::feature_body::in_metres;
use crate::error::{Error, Result};
use crate::state::AppState;
use crate::store::Author;
use crate::store::items::{Patch, Written};

/// The routes.
pub fn router(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/api/v1/layers/{id}/items/{fid}", patch(change).delete(remove))
        .layer(middleware::from_fn_with_state(state.clone(), idempotency::layer))
}

/// Body of a change; what it does not name stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// Version of the item that the editor looked at.
    version: i64,
    /// GeoJSON in CRS84.
    geometry: Option<Member>,
    #[serde(default)]
    properties: Map<String, Member>,
    #[serde(default)]
    reason: String,
}

async fn change(
    State(state): State<AppState>,
    writer: Writer,
    Path((id, fid)): Path<(String, String)>,
    Json(body): Json<Change>,
) -> Result<Response> {
    let editing = Editing::open(&state, &writer, &id)?;
    let geometry = body.geometry.as_ref().map(in_metres).transpose()?;
    let (values, resolved) = patch_of(&editing, &body.properties, "properties")?;
    let author = writer.author(&body.reason)?;
    let write = Write { state: &state, editing: &editing, author: &author, version: body.version };
    let patch = Patch { wkb: geometry.as_ref().map(wkb).transpose()?, values };
    let written = write.write(&fid, Some((patch, geometry))).await?;
    answer(&state, written, &resolved).await
}

/// Parameters of a removal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    /// Version of the item that the editor looked at.
    version: i64,
    #[serde(default)]
    reason: String,
}

async fn remove(
    State(state): State<AppState>,
    writer: Writer,
    Path((id, fid)): Path<(String, String)>,
    Query(removal): Query<Removal>,
) -> Result<Response> {
    let editing = Editing::open(&state, &writer, &id)?;
    let author = writer.author(&removal.reason)?;
    let write = Write { state: &state, editing: &editing, author: &author, version: removal.version };
    let written = write.write(&fid, None).await?;
    answer(&state, written, &[]).await
}

/// A write to a version.
struct Write<'a> {
    state: &'a AppState,
    editing: &'a Editing,
    author: &'a Author,
    version: i64,
}

impl Write<'_> {
    /// Changes the item, or removes it. Its place is looked at in the version that is written to, before and after.
    async fn write(&self, fid: &str, change: Option<(Patch, Option<Geometry<f64>>)>) -> Result<Written> {
        let (editing, layer) = (self.editing, self.editing.layer());
        let missing = || Error::not_found("item", format!("{}/{fid}", layer.id));
        let number: i64 = fid.parse().map_err(|_| missing())?;
        // A row that may not be seen does not exist.
        if editing.view.rows.is_some() && editing.reader.get(number).is_none() {
            return Err(missing());
        }
        let row = self.state.store.item(layer, number).await?;
        let catalog = self.state.catalog.load_full();
        let items = self.state.store.items(&catalog, layer, self.author);
        let Some(row) = row.as_ref().filter(|row| row.version == self.version) else {
            let now = row.as_ref().map(|row| row.version);
            let refusal = items.refusal(number, self.version, now).await;
            return Err(conflict(with_present(refusal, &editing.view, row.as_ref())));
        };
        let mut places = vec![stored_geometry(row)?];
        let done = match change {
            Some((patch, geometry)) => {
                places.extend(geometry);
                editing.check_places(self.state, places).await?;
                items.patch(number, patch, Some(self.version)).await
            }
            None => {
                editing.check_places(self.state, places).await?;
                items.delete(number, Some(self.version)).await
            }
        };
        match done {
            // Another write came since the row was read.
            Err(refusal @ Error::PreconditionFailed { .. }) => {
                let now = self.state.store.item(layer, number).await?;
                Err(conflict(with_present(refusal, &editing.view, now.as_ref())))
            }
            done => done,
        }
    }
}

fn conflict(refusal: Error) -> Error {
    match refusal {
        Error::PreconditionFailed { reason, detail } => Error::Conflict { reason, detail },
        other => other,
    }
}

/// What the item is now; this node serves it before it answers.
async fn answer(state: &AppState, written: Written, resolved: &[ResolvedUnits]) -> Result<Response> {
    state.feed.catch_up(written.position).await?;
    let mut body =
        json!({"fid": written.fid, "version": written.version, "revision": written.position.revision});
    if !resolved.is_empty() {
        body["resolvedUnits"] = json!(resolved);
    }
    let mut response = axum::Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert("dothi-revision", written.position.revision.into());
    former_units::tell(headers, resolved);
    Ok(response)
}
