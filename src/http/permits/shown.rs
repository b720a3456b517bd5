//! What shows a model in a browser: its compact mesh and the sheets of its elements. Who may have the model may have
//! these; both are made of it in the worker child when they are first asked for (`jobs::model`).

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio_util::io::ReaderStream;

use super::load::open;
use super::uploads::latest_model;
use crate::error::{Error, Result};
use crate::files::made::MadeFile;
use crate::http::auth::User;
use crate::http::extract::Path;
use crate::http::ogc::{compression, not_modified};
use crate::jobs::model::{self, Shown};
use crate::state::AppState;

/// Media type of a glTF 2.0 binary, as registered with IANA.
const GLB: &str = "model/gltf-binary";

/// Routes without a limit on the time of the whole request: to make a mesh takes up to two minutes.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/works/{work}/model.glb", get(mesh))
        .route("/applications/{id}/works/{work}/model/elements/{global_id}", get(element))
        .layer(compression())
}

/// `GET …/works/{work}/model.glb`: the latest model that the caller may see, to be drawn.
async fn mesh(
    State(state): State<AppState>,
    user: User,
    Path((id, work)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    let file = latest_model(&state, &opened, &work).await?;
    let made = model::shown(&state, &file.sha256, Shown::Mesh).await?;
    if let Some(known) = known(&headers, &made) {
        return Ok(known);
    }
    let open = made.open().map_err(|e| Error::internal("reading a made file", e))?;
    let body = Body::from_stream(ReaderStream::with_capacity(tokio::fs::File::from_std(open), 1 << 17));
    Ok(([(header::CONTENT_LENGTH, made.bytes.to_string())], answer(&made, GLB, body)).into_response())
}

/// `GET …/works/{work}/model/elements/{global_id}`: what that model says of one element.
async fn element(
    State(state): State<AppState>,
    user: User,
    Path((id, work, global_id)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    let file = latest_model(&state, &opened, &work).await?;
    let made = model::shown(&state, &file.sha256, Shown::Sheets).await?;
    let (sheets, wanted) = (made.clone(), global_id.clone());
    let found = tokio::task::spawn_blocking(move || model::find_sheet(&sheets, &wanted)).await;
    let found = found.map_err(|e| Error::internal("reading the sheets of a model", e))??;
    let sheet = found.ok_or_else(|| Error::not_found("element", global_id))?;
    Ok(known(&headers, &made).unwrap_or_else(|| answer(&made, "application/json", Body::from(sheet))))
}

/// Weak, for the same is served in several encodings.
fn etag(made: &MadeFile) -> String {
    format!("W/\"{}\"", &made.sha256[..32])
}

/// 304 where the caller has it.
fn known(headers: &HeaderMap, made: &MadeFile) -> Option<Response> {
    let known = not_modified(headers, &etag(made))?;
    Some(([(header::CACHE_CONTROL, CACHE)], known).into_response())
}

/// Kept by the reader's browser alone, and asked for again each time: rights and models change.
const CACHE: &str = "private, no-cache";

fn answer(made: &MadeFile, media_type: &'static str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, CACHE.to_owned()),
        (header::ETAG, etag(made)),
    ];
    (headers, body).into_response()
}
