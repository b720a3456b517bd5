//! Quality rules over HTTP: what the last run of a layer found, and a new run.
//!
//! The counts are for everyone who sees the layer, since rules look only at what everyone who sees it sees. The
//! problems themselves are items of the layers `quality_problem` and `quality_problem_area`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::access::{self, Principal};
use crate::error::{Error, Result};
use crate::http::auth::{Session, User};
use crate::http::extract::Path;
use crate::jobs::quality::RuleCount;
use crate::layers::{Catalog, LayerDef};
use crate::state::AppState;
use crate::store::quality::{OpenJob, QualityRun};
use crate::text::Text;

/// Routes under `/api/v1`.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/quality", get(list)).route("/api/v1/layers/{id}/quality", get(one).post(run))
}

/// A layer's rules and what the last run found.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// The layer.
    pub layer: String,
    /// Its title.
    pub title: Text,
    /// When it was looked at; none: never.
    pub finished_at: Option<DateTime<Utc>>,
    /// Revision of the data that were looked at.
    pub revision: Option<i64>,
    /// The layer, its rules or a layer that they refer to changed since.
    pub stale: bool,
    /// Items looked at.
    pub items: Option<i64>,
    /// Problems of severity error.
    pub errors: Option<i64>,
    /// Problems of severity warning.
    pub warnings: Option<i64>,
    /// Rule by rule; without a run none.
    pub rules: Vec<RuleCount>,
    /// A run that waits or is at work.
    pub running: Option<Running>,
    /// Whether the asker may start a run.
    pub may_run: bool,
}

/// A run that is not finished.
#[derive(Debug, Clone, Serialize)]
pub struct Running {
    /// The job.
    pub job: Uuid,
    /// `queued` or `running`.
    pub state: &'static str,
    /// 0 … 1.
    pub progress: f32,
}

async fn list(State(state): State<AppState>, Session(who): Session) -> Result<Json<serde_json::Value>> {
    Ok(Json(serde_json::json!({ "layers": all(&state, &who).await? })))
}

/// `GET /api/v1/layers/{id}/quality`.
async fn one(
    State(state): State<AppState>,
    Session(who): Session,
    Path(id): Path<String>,
) -> Result<Json<Quality>> {
    Ok(Json(of_layer(&state, &who, &id).await?))
}

/// `POST /api/v1/layers/{id}/quality`: 202 with the job; one that waits already is given again.
async fn run(State(state): State<AppState>, user: User, Path(id): Path<String>) -> Result<Response> {
    let who = user.principal();
    let def = seen(&state.catalog.load(), &who, &id)?;
    if !access::may_run_quality(&who, &def) {
        return Err(Error::Forbidden(Text::new(
            "Tài khoản này không được kiểm tra chất lượng lớp dữ liệu này.",
            "This account may not check the quality of this layer.",
        )));
    }
    if def.quality_rules().is_empty() {
        return Err(Error::conflict(
            "Lớp này không có quy tắc chất lượng.",
            "This layer has no quality rules.",
        ));
    }
    let jobs = state.store.queue_quality(&[id], Some(user.account.id)).await?;
    Ok((StatusCode::ACCEPTED, Json(serde_json::json!({ "job": jobs.first() }))).into_response())
}

fn seen(catalog: &Catalog, who: &Principal, id: &str) -> Result<std::sync::Arc<LayerDef>> {
    let def = catalog.layer(id).filter(|def| access::view(who, def, catalog).is_some());
    def.cloned().ok_or_else(|| Error::not_found("layer", id))
}

/// Every layer with rules that `who` may see, by title.
pub async fn all(state: &AppState, who: &Principal) -> Result<Vec<Quality>> {
    let catalog = state.catalog.load_full();
    let runs = state.store.list_quality_runs().await?;
    let open = state.store.list_open_quality_jobs().await?;
    let shown = catalog.layers.values().filter(|def| {
        def.rows_of.is_none() && !def.quality_rules().is_empty() && access::view(who, def, &catalog).is_some()
    });
    let shown: Vec<_> = shown.cloned().collect();
    let revisions =
        state.store.list_layer_revisions(&catalog.layers.keys().cloned().collect::<Vec<_>>()).await?;
    let mut list: Vec<Quality> = shown
        .iter()
        .map(|def| {
            let run = runs.iter().find(|r| r.layer == def.id);
            describe(def, who, run, &open, &revisions)
        })
        .collect();
    list.sort_by(|a, b| a.title.vi.cmp(&b.title.vi));
    Ok(list)
}

/// What is known of one layer.
pub async fn of_layer(state: &AppState, who: &Principal, id: &str) -> Result<Quality> {
    let def = seen(&state.catalog.load(), who, id)?;
    let run = state.store.find_quality_run(id).await?;
    let open = state.store.list_open_quality_jobs().await?;
    let mut about: Vec<String> = def.quality.iter().filter_map(|r| r.layer.clone()).collect();
    about.push(def.id.clone());
    let revisions = state.store.list_layer_revisions(&about).await?;
    Ok(describe(&def, who, run.as_ref(), &open, &revisions))
}

fn describe(
    def: &std::sync::Arc<LayerDef>,
    who: &Principal,
    run: Option<&QualityRun>,
    open: &[OpenJob],
    revisions: &[(String, i64)],
) -> Quality {
    let about = |id: &str| id == def.id || def.quality.iter().any(|r| r.layer.as_deref() == Some(id));
    let changed = revisions.iter().filter(|(id, _)| about(id)).map(|(_, r)| *r).max();
    let job = open.iter().find(|j| j.layer == def.id);
    Quality {
        layer: def.id.clone(),
        title: def.title.clone(),
        finished_at: run.map(|r| r.finished_at),
        revision: run.map(|r| r.revision),
        stale: run.is_some_and(|r| changed.is_some_and(|c| c > r.revision)),
        items: run.map(|r| r.items),
        errors: run.map(|r| r.errors),
        warnings: run.map(|r| r.warnings),
        rules: run.and_then(|r| serde_json::from_value(r.rules.clone()).ok()).unwrap_or_default(),
        running: job.map(|j| Running {
            job: j.id,
            state: if j.is_running { "running" } else { "queued" },
            progress: j.progress,
        }),
        may_run: access::may_run_quality(who, def) && !def.quality_rules().is_empty(),
    }
}
