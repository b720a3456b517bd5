//! The list of changes, the life of an item, and undo, under `/api/v1`. For officers, and only of what they may see.

mod json;
mod seen;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use chrono::{DateTime, Utc};
use serde::Deserialize;

pub use self::seen::{Opened, open as open_revision};
use super::auth::User;
use super::edit::Writer;
use super::extract::{Path, Query};
use super::idempotency;
use super::ogc::look_up;
use crate::access::{self, Principal, View};
use crate::state::AppState;
use crate::store::Author;
use crate::store::audit::Entry;
use crate::store::history::revisions::{Origin, Revision, RevisionQuery};
use crate::store::history::undo::{Asked, UNDO_JOB, UndoReport};
use crate::store::history::versions::{Step, Version, steps};
use crate::store::reasons::Reason;
use crate::text::Text;
use crate::{Error, Result};

/// Revisions, or steps of a life, in an answer unless `limit` says otherwise; and the most.
const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 500;

/// Routes of history.
pub fn router(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/api/v1/revisions", get(list))
        .route("/api/v1/revisions/{number}", get(one))
        .route("/api/v1/revisions/{number}/items", get(items))
        .route("/api/v1/revisions/{number}/undo", post(undo))
        .route("/api/v1/layers/{id}/items/{fid}/history", get(item))
        .layer(middleware::from_fn_with_state(state.clone(), idempotency::layer))
}

/// Which revisions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// That changed this layer.
    pub layer: Option<String>,
    /// By the account of this sign-in name.
    pub actor: Option<String>,
    /// Not before this time.
    pub after: Option<DateTime<Utc>>,
    /// Before this time.
    pub before: Option<DateTime<Utc>>,
    /// Below this number: where the last page ended.
    pub cursor: Option<i64>,
    /// At most so many.
    pub limit: Option<i64>,
}

/// Refuses who is no officer: names of colleagues and reasons are not for the public.
pub fn for_officers(who: &Principal) -> Result<()> {
    if who.user.is_none() {
        return Err(Error::Unauthorized);
    }
    if who.is_officer() {
        return Ok(());
    }
    Err(Error::Forbidden(Text::new(
        "Lịch sử thay đổi chỉ dành cho cán bộ.",
        "The history of changes is for officers.",
    )))
}

fn limit(asked: Option<i64>) -> Result<i64> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n) if n >= 1 => Ok(n.min(MAX_LIMIT)),
        Some(_) => Err(Error::invalid("limit", "ít nhất là 1", "is at least 1")),
    }
}

/// The revisions that `who` may see, the newest first, and where the next page begins.
pub async fn revisions(
    state: &AppState,
    who: &Principal,
    query: &ListQuery,
) -> Result<(Vec<Revision>, Option<i64>)> {
    for_officers(who)?;
    let catalog = state.catalog.load_full();
    let seen =
        catalog.layers.values().filter(|l| access::view(who, l, &catalog).is_some()).map(|l| l.id.clone());
    let layers: Vec<String> = match &query.layer {
        None => seen.collect(),
        Some(id) => vec![seen.into_iter().find(|l| l == id).ok_or_else(|| Error::not_found("layer", id))?],
    };
    let limit = limit(query.limit)?;
    let wanted = RevisionQuery {
        layers,
        actor: query.actor.clone(),
        from: query.after,
        before: query.before,
        below: query.cursor,
        limit: limit + 1,
    };
    let mut found = state.store.list_revisions(&wanted).await?;
    let more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = found.last().map(|r| r.origin.number).filter(|_| more);
    seen::only_seen(state, who, &mut found).await?;
    Ok((found, next))
}

/// Whether `who` may undo a revision that did this: to items only, of layers that are his to correct. A layer that he
/// does not see is not looked at here but when he asks.
pub fn may_undo(state: &AppState, who: &Principal, revision: &Revision) -> bool {
    let catalog = state.catalog.load();
    let may = |id: &str| catalog.layer(id).is_some_and(|l| access::may_undo(who, l));
    revision.layers.iter().all(|c| !c.is_definition && may(&c.layer))
}

async fn list(
    State(state): State<AppState>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<serde_json::Value>> {
    let who = user.principal();
    let (found, next) = revisions(&state, &who, &query).await?;
    let told: Vec<_> = found.iter().map(|r| json::revision(r, may_undo(&state, &who, r))).collect();
    Ok(axum::Json(serde_json::json!({"revisions": told, "cursor": next})))
}

/// The revision, if it changed a layer that `who` may see.
pub async fn find(state: &AppState, who: &Principal, number: i64) -> Result<Revision> {
    let query = ListQuery { cursor: number.checked_add(1), limit: Some(1), ..ListQuery::default() };
    let found = revisions(state, who, &query).await?.0.into_iter().find(|r| r.origin.number == number);
    found.ok_or_else(|| Error::not_found("revision", number.to_string()))
}

async fn one(
    State(state): State<AppState>,
    user: User,
    Path(number): Path<i64>,
) -> Result<axum::Json<serde_json::Value>> {
    let who = user.principal();
    let found = find(&state, &who, number).await?;
    Ok(axum::Json(json::revision(&found, may_undo(&state, &who, &found))))
}

/// Which of a revision's items.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemsQuery {
    /// Of this layer; the first of the revision's layers where none is named.
    layer: Option<String>,
    /// Behind this fid: where the last page ended.
    cursor: Option<i64>,
    /// At most so many.
    limit: Option<i64>,
}

/// `GET /api/v1/revisions/{number}/items`: what a revision did to each item of a layer, with old and new values.
async fn items(
    State(state): State<AppState>,
    user: User,
    Path(number): Path<i64>,
    Query(query): Query<ItemsQuery>,
) -> Result<axum::Json<serde_json::Value>> {
    let layer = query.layer.as_deref();
    let found = open_revision(&state, &user.principal(), number, layer, query.cursor, query.limit).await?;
    Ok(axum::Json(json::items(&found)))
}

/// The body of an undo; empty is the default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UndoBody {
    /// Why.
    reason: String,
    /// Tell what would be done and do nothing.
    dry_run: bool,
}

/// `POST /api/v1/revisions/{number}/undo`: the report, or 202 with a job where the revision changed more items than
/// the feed lists; the report is then the job's result.
async fn undo(
    State(state): State<AppState>,
    writer: Writer,
    Path(number): Path<i64>,
    body: Bytes,
) -> Result<Response> {
    let body: UndoBody = if body.is_empty() {
        UndoBody::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|e| Error::invalid("body", format!("JSON không đúng: {e}"), e.to_string()))?
    };
    let who = writer.user.principal();
    let catalog = state.catalog.load_full();
    allowed(&state, &who, number).await?;
    let author = Author {
        actor: Some(writer.user.account.id),
        reason: Reason::Undo { revision: number, given: &body.reason }.text(),
        client: writer.client.to_owned(),
    };
    if body.dry_run {
        let report = foretell(&state, number).await?;
        return Ok(axum::Json(report.to_json()).into_response());
    }
    let entry = Entry::new(&who, "undo", "revision", number.to_string());
    if state.store.is_large_revision(number).await? {
        // Half a million items take longer than what stands between us and the client waits for.
        let asked = Asked {
            revision: number,
            reason: author.reason,
            client: author.client,
            actor_name: entry.actor_name,
            authority: entry.authority,
            at: Utc::now(),
        };
        let asked = serde_json::to_value(asked).map_err(|e| Error::internal("the payload of an undo", e))?;
        let job = state.store.enqueue(UNDO_JOB, &asked, author.actor).await?;
        return Ok((StatusCode::ACCEPTED, axum::Json(serde_json::json!({ "job": job }))).into_response());
    }
    let report = state.store.undo(&catalog, number, &author, entry, false).await?;
    let mut response = axum::Json(report.to_json()).into_response();
    if let Some(position) = report.position {
        state.feed.catch_up(position).await?;
        let name = HeaderName::from_static("dothi-revision");
        response.headers_mut().insert(name, HeaderValue::from(position.revision));
    }
    Ok(response)
}

/// Refuses who may not take revision `number` back: all its layers count, also those that he does not see, for half
/// an undo is none.
async fn allowed(state: &AppState, who: &Principal, number: i64) -> Result<()> {
    find(state, who, number).await?;
    let catalog = state.catalog.load_full();
    let touched = state.store.undoable_layers(&catalog, number).await?;
    if touched.iter().all(|layer| access::may_undo(who, layer)) {
        return Ok(());
    }
    Err(Error::Forbidden(Text::new(
        "Bạn không được hoàn tác thay đổi trên lớp này.",
        "You may not undo changes of this layer.",
    )))
}

/// What an undo of revision `number` would do.
pub async fn preview(state: &AppState, who: &Principal, number: i64) -> Result<UndoReport> {
    allowed(state, who, number).await?;
    foretell(state, number).await
}

/// As [`preview`], of a revision that one may undo. Of a large one no more is done than to count: the undo's own plan
/// takes as long as a job, and keeps editors of the layer waiting.
async fn foretell(state: &AppState, number: i64) -> Result<UndoReport> {
    let catalog = state.catalog.load_full();
    if state.store.is_large_revision(number).await? {
        return state.store.preview_undo(&catalog, number).await;
    }
    state.store.undo(&catalog, number, &Author::default(), Entry::default(), true).await
}

/// The life of an item.
pub struct Life {
    /// With whose eyes.
    pub view: View,
    /// What happened, the newest first.
    pub steps: Vec<Step>,
    /// The states behind it, the newest first.
    pub versions: Vec<Version>,
    /// Where the revisions come from, by number.
    pub origins: std::collections::BTreeMap<i64, Origin>,
    /// Where the next page begins.
    pub next: Option<i64>,
}

/// The life of an item that `who` may see, the newest first, below revision `cursor`.
pub async fn life(
    state: &AppState,
    who: &Principal,
    layer: &str,
    fid: i64,
    cursor: Option<i64>,
    most: Option<i64>,
) -> Result<Life> {
    for_officers(who)?;
    let view = look_up(state, who, layer)?.0.view().clone();
    let limit = limit(most)?;
    let versions = state.store.item_versions(&view, fid, cursor, limit + 1).await?;
    if versions.is_empty() && cursor.is_none() {
        return Err(Error::not_found("item", format!("{layer}/{fid}")));
    }
    let more = versions.len() as i64 > limit;
    let steps = steps(&view, &versions, cursor, more);
    let next = if more { versions.iter().rev().nth(1).map(|v| v.row.version) } else { None };
    let numbers: Vec<i64> = steps.iter().map(|s| s.revision).collect();
    let origins = state.store.origins(&numbers).await?;
    Ok(Life { view, steps, versions, origins, next })
}

/// Which part of a life.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LifeQuery {
    cursor: Option<i64>,
    limit: Option<i64>,
}

/// `GET /api/v1/layers/{id}/items/{fid}/history`
async fn item(
    State(state): State<AppState>,
    user: User,
    Path((id, fid)): Path<(String, i64)>,
    Query(query): Query<LifeQuery>,
) -> Result<axum::Json<serde_json::Value>> {
    let life = life(&state, &user.principal(), &id, fid, query.cursor, query.limit).await?;
    Ok(axum::Json(json::life(&life, fid, &state.config.base_url())))
}
