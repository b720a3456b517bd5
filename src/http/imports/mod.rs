//! Imports on the portal and for programs, under `/api/v1/imports`: begin one for a layer, send its files, look at
//! them, try, run; each step is a background job. One sees the imports into layers that one may import into.

mod report;
mod shapes;
mod upload;
pub mod view;

pub use upload::FILE_LIMIT_BYTES;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::auth::User;
use super::extract::{Json, Path, Query};
use super::idempotency;
use super::lang::Language;
use crate::access::{self, Principal};
use crate::error::{Error, Result};
use crate::jobs::imports::{Settings, main_file};
use crate::state::AppState;
use crate::store::import_list::{Line, Logged};
use crate::store::imports::{Import, Task};
use crate::store::jobs::State as JobState;

/// Imports in an answer at most.
pub const PAGE: i64 = 50;

/// Routes with small bodies.
pub fn router(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/api/v1/imports", get(list).post(begin))
        .route("/api/v1/imports/{id}", get(one))
        .route("/api/v1/imports/{id}/inspect", post(inspect))
        .route("/api/v1/imports/{id}/trial", post(trial))
        .route("/api/v1/imports/{id}/run", post(run))
        .route("/api/v1/imports/{id}/report", get(report::download))
        .route("/api/v1/imports/{id}/shapes", get(shapes::shapes))
        .layer(middleware::from_fn_with_state(state.clone(), idempotency::layer))
}

/// Routes with long bodies: no limit on the time of the whole request.
pub fn uploads() -> Router<AppState> {
    upload::router()
}

/// Layers that `who` may import into, in the order of their ids.
pub fn importable(state: &AppState, who: &Principal) -> Vec<String> {
    let catalog = state.catalog.load();
    catalog.layers.values().filter(|l| access::may_import(who, l)).map(|l| l.id.clone()).collect()
}

/// An import of the portal or of the command line.
#[derive(Debug)]
pub enum Any {
    /// Begun on the portal.
    Portal(Box<Import>),
    /// From the log of imports.
    Logged(Box<Logged>),
}

/// The import that was begun on the portal, if the caller may import into its layer; else it is unknown to him.
pub async fn open(state: &AppState, who: &Principal, id: &str) -> Result<Import> {
    match open_any(state, who, id).await? {
        Any::Portal(import) => Ok(*import),
        Any::Logged(_) => Err(Error::not_found("import", id)),
    }
}

/// The import, if the caller may import into its layer; else it is unknown to him.
pub async fn open_any(state: &AppState, who: &Principal, id: &str) -> Result<Any> {
    let unknown = || Error::not_found("import", id);
    let uuid: Uuid = id.parse().map_err(|_| unknown())?;
    let catalog = state.catalog.load_full();
    let may = |layer: &str| catalog.layer(layer).is_some_and(|l| access::may_import(who, l));
    if let Some(mut import) = state.store.find_import(uuid).await? {
        if !may(&import.layer) {
            return Err(unknown());
        }
        if import.state == Some(JobState::Running) {
            state.store.release_dead_import(uuid).await?;
            import = state.store.find_import(uuid).await?.ok_or_else(unknown)?;
        }
        return Ok(Any::Portal(Box::new(import)));
    }
    let logged =
        state.store.find_logged_import(uuid).await?.filter(|l| may(&l.line.layer)).ok_or_else(unknown)?;
    Ok(Any::Logged(Box::new(logged)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    layer: String,
}

/// `POST /api/v1/imports`.
async fn begin(State(state): State<AppState>, user: User, Json(new): Json<New>) -> Result<Response> {
    let who = user.principal();
    let catalog = state.catalog.load_full();
    let layer = catalog.layer(&new.layer).filter(|l| access::view(&who, l, &catalog).is_some());
    let layer = layer.ok_or_else(|| Error::not_found("layer", &new.layer))?;
    if !access::may_import(&who, layer) {
        return Err(Error::Forbidden(crate::text::Text::new(
            "Tài khoản không được nhập tệp vào lớp này.",
            "The account may not import into this layer.",
        )));
    }
    let id = state.store.new_import(&layer.id, user.account.id).await?;
    let location = format!("/api/v1/imports/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(json!({"id": id}))).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    layer: Option<String>,
    /// Imports begun before this time.
    before: Option<DateTime<Utc>>,
}

/// `GET /api/v1/imports`.
async fn list(
    State(state): State<AppState>,
    user: User,
    Query(wanted): Query<Wanted>,
) -> Result<axum::Json<Value>> {
    let lines = recent(&state, &user.principal(), wanted.layer.as_deref(), wanted.before).await?;
    let next = lines.last().filter(|_| lines.len() as i64 == PAGE).map(|l| l.created_at);
    Ok(axum::Json(json!({"imports": lines, "before": next})))
}

/// Imports into layers that `who` may import into, the latest first.
pub async fn recent(
    state: &AppState,
    who: &Principal,
    layer: Option<&str>,
    before: Option<DateTime<Utc>>,
) -> Result<Vec<Line>> {
    let mut layers = importable(state, who);
    layers.retain(|l| layer.is_none_or(|wanted| wanted == l));
    state.store.list_imports(&layers, before, PAGE).await
}

/// `GET /api/v1/imports/{id}`.
async fn one(
    State(state): State<AppState>,
    user: User,
    Language(lang): Language,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    Ok(axum::Json(match open_any(&state, &user.principal(), &id).await? {
        Any::Portal(import) => view::json(&state, &import, lang).await?,
        Any::Logged(logged) => view::logged_json(&state, &logged, lang),
    }))
}

/// `POST …/inspect`.
async fn inspect(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Json(settings): Json<Settings>,
) -> Result<Response> {
    start(&state, &user, &id, Task::Inspect, &settings).await
}

/// `POST …/trial`.
async fn trial(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Json(settings): Json<Settings>,
) -> Result<Response> {
    start(&state, &user, &id, Task::Trial, &settings).await
}

/// `POST …/run`.
async fn run(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Json(settings): Json<Settings>,
) -> Result<Response> {
    start(&state, &user, &id, Task::Run, &settings).await
}

async fn start(state: &AppState, user: &User, id: &str, task: Task, settings: &Settings) -> Result<Response> {
    let import = open(state, &user.principal(), id).await?;
    check(state, &import, settings)?;
    let settings = serde_json::to_value(settings).map_err(|e| Error::internal("an import's settings", e))?;
    let job = state.store.start_import(import.id, task, &settings, user.account.id).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(json!({"job": job}))).into_response())
}

/// What can be told to be wrong before a job is begun.
fn check(state: &AppState, import: &Import, settings: &Settings) -> Result<()> {
    let names: Vec<&str> = import.files.iter().map(|f| f.name.as_str()).collect();
    if main_file(&names).is_none() {
        return Err(Error::conflict(
            "Chưa có tệp dữ liệu: hãy gửi .shp (kèm .dbf, .shx), .tab, .gpkg, .geojson, .dxf, .dgn, .csv …",
            "There is no data file yet: send a .shp (with .dbf, .shx), .tab, .gpkg, .geojson, .dxf, .dgn, .csv …",
        ));
    }
    if let Some(crs) = &settings.crs {
        crate::space::crs::Transform::new(crs, "OGC:CRS84")?;
    }
    let catalog = state.catalog.load();
    let layer = catalog.layer(&import.layer).ok_or_else(|| Error::not_found("layer", &import.layer))?;
    match settings.map.keys().find(|a| layer.attribute(a).is_none()) {
        None => Ok(()),
        Some(a) => Err(Error::invalid(
            format!("map/{a}"),
            format!("lớp không có thuộc tính {a}"),
            format!("the layer has no attribute {a}"),
        )),
    }
}
