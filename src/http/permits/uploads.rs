//! Files of a case: models and documents in, streamed; and out again, never so that a browser would run them.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{BoxError, Router};
use futures::{Stream, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::load::{Opened, actor, open};
use super::media;
use crate::error::{Error, Result};
use crate::files::Stored;
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::http::idempotency::{Request, once};
use crate::jobs::READ_MODEL_JOB;
use crate::state::AppState;
use crate::store::permits::files::{CaseFile, MODEL_SLOT, NewFile};

/// Largest model: the real ones are below 30 MB, a city block below 1 GB.
const MODEL_LIMIT_BYTES: u64 = 1024 * 1024 * 1024;
/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_mins(1);
/// Largest document.
const DOCUMENT_LIMIT_BYTES: u64 = 200 * 1024 * 1024;

/// Routes whose bodies are long: no limit in memory, no time limit for the whole.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/model", put(only_model))
        .route("/applications/{id}/works/{work}/model", put(model).get(download_model))
        .route("/applications/{id}/documents/{slot}", put(document))
        .route("/applications/{id}/documents", get(list))
        .route("/applications/{id}/documents/{slot}/{version}", get(download))
        .layer(DefaultBodyLimit::disable())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    /// Name of the file on the uploader's side.
    name: Option<String>,
}

/// `PUT …/model`: means the only work.
async fn only_model(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    let works = &opened.dossier.works;
    let [work] = works.as_slice() else {
        return Err(Error::Conflict {
            reason: crate::text::Text::new(
                "Hồ sơ có nhiều công trình: hãy tải mô hình của từng công trình lên …/works/{work}/model.",
                "The application has several works: upload each model to …/works/{work}/model.",
            ),
            detail: json!({"works": works.iter().map(|w| &w.id).collect::<Vec<_>>()}),
        });
    };
    let work = work.id.clone();
    put_model(&state, &user, &opened, &work, named.name, &headers, body).await
}

/// `PUT …/works/{work}/model`.
async fn model(
    State(state): State<AppState>,
    user: User,
    Path((id, work)): Path<(String, String)>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    if !opened.dossier.works.iter().any(|w| w.id == work) {
        return Err(Error::not_found("work", work));
    }
    put_model(&state, &user, &opened, &work, named.name, &headers, body).await
}

async fn put_model(
    state: &AppState,
    user: &User,
    opened: &Opened,
    work: &str,
    name: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response> {
    let stored = receive(state, opened, headers, body, MODEL_LIMIT_BYTES).await?;
    if media::kind(&stored.head).map(|k| k.name) != Some("ifc") {
        let (vi, en) = media::seems(&stored.head);
        return Err(Error::bad_file(
            "model",
            format!("không phải tệp IFC (STEP, ISO 10303-21) mà là {vi}"),
            format!("not an IFC file (STEP, ISO 10303-21) but {en}"),
        ));
    }
    let request = Request::upload(user, headers, &["model", &opened.dossier.application.code, work], &stored);
    once(&state.store, request, async {
        let name = name.unwrap_or_else(|| format!("{}.ifc", opened.dossier.application.code));
        let file = new_file(state, user, opened, MODEL_SLOT, work, &stored, "application/x-step", &name);
        let version = state.store.add_case_file(&file).await?;
        let payload = json!({ "sha256": stored.sha256 });
        let job = state.store.enqueue(READ_MODEL_JOB, &payload, Some(user.account.id)).await?;
        audit_upload(state, user, headers, &file, version).await?;
        let body = json!({"job": job, "work": work, "version": version, "sha256": stored.sha256});
        Ok((StatusCode::ACCEPTED, axum::Json(body)).into_response())
    })
    .await
}

/// `PUT …/documents/{slot}`.
async fn document(
    State(state): State<AppState>,
    user: User,
    Path((id, slot)): Path<(String, String)>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    let accept = super::slot_accepts(&state, &opened.dossier.application, &slot)?;
    let stored = receive(&state, &opened, &headers, body, DOCUMENT_LIMIT_BYTES).await?;
    let kind = media::kind(&stored.head).filter(|k| accept.iter().any(|a| a == k.name)).ok_or_else(|| {
        let list = accept.join(", ");
        Error::bad_file(&slot, format!("chỉ nhận tệp {list}"), format!("only {list} files are accepted"))
    })?;
    let request = Request::upload(&user, &headers, &[&slot, &opened.dossier.application.code], &stored);
    once(&state.store, request, async {
        let name = named.name.unwrap_or_else(|| format!("{slot}.{}", kind.name));
        let file = new_file(&state, &user, &opened, &slot, "", &stored, kind.media_type, &name);
        let version = state.store.add_case_file(&file).await?;
        audit_upload(&state, &user, &headers, &file, version).await?;
        let location = format!("/api/v1/applications/{id}/documents/{slot}/{version}");
        let body = json!({"slot": slot, "version": version, "sha256": stored.sha256, "size_bytes": stored.size_bytes});
        Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(body)).into_response())
    })
    .await
}

/// Streams a body into the file store, after every reason to refuse it that needs no byte of it.
async fn receive(
    state: &AppState,
    opened: &Opened,
    headers: &HeaderMap,
    body: Body,
    limit_bytes: u64,
) -> Result<Stored> {
    opened.only_party()?;
    opened.check_if_match(headers)?;
    super::working_set_open(state, &opened.dossier.application)?;
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|n| n > limit_bytes) {
        return Err(Error::TooLarge { limit_bytes });
    }
    state.files.put(impatient(body), limit_bytes).await
}

/// The body's chunks; a client that falls silent in the middle is given up, so that it holds no file open.
fn impatient(body: Body) -> impl Stream<Item = Result<Bytes, BoxError>> + Send {
    futures::stream::unfold(body.into_data_stream(), |mut chunks| async move {
        match tokio::time::timeout(SILENCE, chunks.next()).await {
            Ok(Some(chunk)) => Some((chunk.map_err(BoxError::from), chunks)),
            Ok(None) => None,
            Err(silent) => Some((Err(BoxError::from(silent)), chunks)),
        }
    })
}

#[allow(clippy::too_many_arguments, reason = "the columns of one row")]
fn new_file(
    state: &AppState,
    user: &User,
    opened: &Opened,
    slot: &str,
    work: &str,
    stored: &Stored,
    media_type: &str,
    name: &str,
) -> NewFile {
    NewFile {
        application: opened.dossier.application.id,
        open_states: super::open_states(state, &opened.dossier.application),
        slot: slot.to_owned(),
        work: work.to_owned(),
        sha256: stored.sha256.clone(),
        size_bytes: i64::try_from(stored.size_bytes).unwrap_or(i64::MAX),
        media_type: media_type.to_owned(),
        name: media::clean_name(name),
        uploaded_by: user.account.id,
    }
}

async fn audit_upload(
    state: &AppState,
    user: &User,
    headers: &HeaderMap,
    file: &NewFile,
    version: i32,
) -> Result<()> {
    let detail = json!({"slot": file.slot, "work": file.work, "version": version, "sha256": file.sha256});
    state.store.audit_case(&actor(user, headers), "application_upload", file.application, detail).await
}

/// `GET …/documents`: every version in every slot, models included.
async fn list(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let files = visible(&state, &opened).await?;
    Ok(axum::Json(json!({ "documents": files.iter().map(file_json).collect::<Vec<_>>() })))
}

/// Officers see what was filed; the open working set is the applicant's own until he files it.
async fn visible(state: &AppState, opened: &Opened) -> Result<Vec<CaseFile>> {
    let id = opened.dossier.application.id;
    if opened.standing.party {
        return state.store.list_case_files(id).await;
    }
    let mut found: Vec<CaseFile> = Vec::new();
    for number in 1..=opened.dossier.application.submission {
        found.extend(state.store.list_submission_files(id, number).await?);
    }
    found.sort_by(|a, b| (&a.slot, &a.work, a.version).cmp(&(&b.slot, &b.work, b.version)));
    found.dedup();
    Ok(found)
}

/// A file as JSON.
pub(super) fn file_json(f: &CaseFile) -> Value {
    json!({
        "slot": f.slot, "work": Some(&f.work).filter(|w| !w.is_empty()), "version": f.version, "name": f.name,
        "media_type": f.media_type, "size_bytes": f.size_bytes, "sha256": f.sha256, "uploaded_at": f.uploaded_at,
    })
}

/// `GET …/documents/{slot}/{version}`.
async fn download(
    State(state): State<AppState>,
    user: User,
    Path((id, slot, version)): Path<(String, String, i32)>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    let files = visible(&state, &opened).await?;
    let found = files.into_iter().find(|f| f.slot == slot && f.version == version);
    send(&state, &found.ok_or_else(|| Error::not_found("document", format!("{slot}/{version}")))?).await
}

/// `GET …/works/{work}/model`: the latest version that the caller may see.
async fn download_model(
    State(state): State<AppState>,
    user: User,
    Path((id, work)): Path<(String, String)>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    send(&state, &latest_model(&state, &opened, &work).await?).await
}

/// The latest model of a work that the caller may see.
pub(super) async fn latest_model(state: &AppState, opened: &Opened, work: &str) -> Result<CaseFile> {
    let files = visible(state, opened).await?;
    let models = files.into_iter().filter(|f| f.slot == MODEL_SLOT && f.work == work);
    models.max_by_key(|f| f.version).ok_or_else(|| Error::not_found("model", work))
}

async fn send(state: &AppState, file: &CaseFile) -> Result<Response> {
    let (size, body) = state.files.get(&file.sha256).await?;
    let name = utf8_percent_encode(&file.name, NON_ALPHANUMERIC);
    let headers = [
        (header::CONTENT_TYPE, file.media_type.clone()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::ETAG, format!("\"{}\"", file.sha256)),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}
