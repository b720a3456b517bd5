//! Check runs and their verdicts.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::load::{Opened, actor, open};
use super::place::json_to_crs84;
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::jobs::check_application::{hidden_layers, is_stale};
use crate::permit::law::RuleSet;
use crate::permit::verdict::{Outcome, Verdict};
use crate::state::AppState;
use crate::store::permits::runs::{NewRun, Run};
use crate::text::Text;

/// Pre-checks that an account may ask for in ten minutes: often enough for work, too seldom to map hidden layers.
const PRECHECKS_IN_WINDOW: i64 = 60;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/precheck", post(precheck))
        .route("/applications/{id}/runs", get(runs))
        .route("/applications/{id}/runs/{run}", get(run))
        .route("/applications/{id}/checks", get(checks))
}

/// `POST …/precheck`: runs the authority's own checks on the open working set.
async fn precheck(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    opened.only_party()?;
    super::working_set_open(&state, &opened.dossier.application)?;
    let since = Utc::now() - Duration::minutes(10);
    if state.store.count_prechecks(user.account.id, since).await? >= PRECHECKS_IN_WINDOW {
        return Err(Error::TooManyRequests { retry_after_s: 60 });
    }
    let new = NewRun {
        id: Uuid::now_v7(),
        kind: "precheck",
        submission: None,
        reason: "precheck",
        requested_by: Some(user.account.id),
    };
    let job =
        state.store.queue_precheck(opened.dossier.application.id, &new, &actor(&user, &headers)).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(json!({"job": job, "run": new.id}))).into_response())
}

/// Runs that the caller may see: officers see official ones, the applicant all of his.
pub(super) async fn visible(state: &AppState, opened: &Opened) -> Result<Vec<Run>> {
    let mut runs = state.store.list_runs(opened.dossier.application.id).await?;
    runs.retain(|r| opened.standing.party || r.kind == "official");
    Ok(runs)
}

/// `GET …/runs`.
async fn runs(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let mut list = Vec::new();
    for run in visible(&state, &opened).await? {
        list.push(run_json(&state, &opened, &run).await?);
    }
    Ok(axum::Json(json!({ "runs": list })))
}

pub(super) async fn run_json(state: &AppState, opened: &Opened, r: &Run) -> Result<Value> {
    let stale = r.state == "done" && is_stale(state, &opened.dossier, r).await?;
    let mut json = json!({
        "run": r.id, "kind": r.kind, "submission": r.submission, "reason": r.reason, "state": r.state,
        "job": r.job, "error": r.error, "stale": stale,
        "ruleset": r.ruleset_id, "ruleset_hash": r.ruleset_hash, "checker_version": r.checker_version,
        "geometry_engine": r.geometry_engine, "input_sha256": r.input_sha256, "output_sha256": r.output_sha256,
        "created_at": r.created_at, "finished_at": r.finished_at,
    });
    // The revision of the layers tells when a hidden layer changed; it is for officers.
    if opened.standing.officer {
        json["layer_revision"] = json!(r.layer_revision);
        json["layer_epoch"] = json!(r.layer_epoch);
    }
    Ok(json)
}

/// `GET …/runs/{run}`: with the difference to the official run before it, where layers changed in between.
async fn run(
    State(state): State<AppState>,
    user: User,
    Path((id, run)): Path<(String, Uuid)>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let runs = visible(&state, &opened).await?;
    let found =
        runs.iter().position(|r| r.id == run).ok_or_else(|| Error::not_found("run", run.to_string()))?;
    let mut json = run_json(&state, &opened, &runs[found]).await?;
    let before = runs[found + 1..].iter().find(|r| r.kind == "official" && r.state == "done");
    if let (true, Some(before)) =
        (runs[found].reason == "repeat" || runs[found].reason == "supplement", before)
    {
        let old = shown(&state, &opened, before).await?;
        let new = shown(&state, &opened, &runs[found]).await?;
        json["compared_with"] = json!(before.id);
        json["difference"] = json!(difference(&old, &new));
    }
    Ok(axum::Json(json))
}

/// Rows whose outcome, measured value or limit differs: before and after.
pub(super) fn difference(old: &[Verdict], new: &[Verdict]) -> Vec<Value> {
    let key = |v: &Verdict| (v.rule.clone(), v.work.clone());
    let short = |v: &Verdict| json!({"verdict": v.verdict, "measured": v.measured, "limit": v.limit});
    let mut list = Vec::new();
    for n in new {
        let before = old.iter().find(|o| key(o) == key(n)).map(short);
        if before.as_ref() != Some(&short(n)) {
            list.push(json!({"rule": n.rule, "work": n.work, "before": before, "after": short(n)}));
        }
    }
    for o in old.iter().filter(|o| new.iter().all(|n| key(n) != key(o))) {
        list.push(json!({"rule": o.rule, "work": o.work, "before": short(o), "after": null}));
    }
    list
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunQuery {
    run: Option<String>,
}

/// `GET …/checks?run=`: verdicts of the latest finished run unless one is named.
async fn checks(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Query(query): Query<RunQuery>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let runs = visible(&state, &opened).await?;
    let named = query.run.as_deref().filter(|r| !r.is_empty());
    let found = match named {
        Some(id) => runs.iter().find(|r| r.id.to_string() == id),
        None => runs.iter().find(|r| r.state == "done"),
    };
    let found = found.ok_or_else(|| Error::not_found("run", named.unwrap_or("latest")))?;
    if found.state != "done" {
        return Err(Error::Conflict {
            reason: Text::new("Lần kiểm tra này chưa xong.", "This run is not finished."),
            detail: json!({"state": found.state, "job": found.job, "error": found.error}),
        });
    }
    Ok(axum::Json(checks_json(&state, &opened, found).await?))
}

/// The verdicts of a finished run as JSON.
pub(super) async fn checks_json(state: &AppState, opened: &Opened, run: &Run) -> Result<Value> {
    let verdicts = shown(state, opened, run).await?;
    let stale = is_stale(state, &opened.dossier, run).await?;
    Ok(json!({
        "run": run.id, "kind": run.kind, "submission": run.submission, "ruleset": run.ruleset_id,
        "stale": stale, "checks": verdicts.iter().map(verdict_json).collect::<Vec<_>>(),
    }))
}

/// The verdicts of a run as the caller may see them.
pub(super) async fn shown(state: &AppState, opened: &Opened, run: &Run) -> Result<Vec<Verdict>> {
    let verdicts = state.store.list_verdicts(run.id).await?;
    let rules = run.ruleset_id.as_deref().and_then(|id| state.law.ruleset_by_id(id));
    let Some(hidden) = concealed(state, opened) else { return Ok(verdicts) };
    Ok(verdicts.into_iter().map(|v| hide(v, rules.as_ref(), &hidden)).collect())
}

/// Layers whose verdicts the caller may not see; none where he sees every true verdict.
pub(super) fn concealed(state: &AppState, opened: &Opened) -> Option<Vec<String>> {
    // An examining officer of the competent authority is entitled to the true verdict, others to what their rights
    // on the layers allow.
    if opened.standing.examines() {
        return None;
    }
    let who = if opened.standing.party { crate::access::Principal::public() } else { opened.principal() };
    Some(hidden_layers(&state.catalog.load(), &who))
}

/// A verdict that rests on a hidden layer says MANUAL and nothing else, the same whether hit or not (domain §3).
fn hide(verdict: Verdict, rules: Option<&Arc<RuleSet>>, hidden: &[String]) -> Verdict {
    let rule = rules.and_then(|r| r.rule(&verdict.rule));
    let reads_hidden = rule.is_some_and(|r| r.layers().any(|l| hidden.iter().any(|h| h == l)));
    if !reads_hidden {
        return verdict;
    }
    Verdict {
        verdict: Outcome::Manual,
        measured: None,
        limit: None,
        limit_source: None,
        message: Text::new(
            "Cần lấy ý kiến cơ quan có thẩm quyền.",
            "The competent agency must be consulted.",
        ),
        elements: Vec::new(),
        geometry: None,
        ..verdict
    }
}

/// A verdict as served: geometry in CRS84.
pub(super) fn verdict_json(v: &Verdict) -> Value {
    let mut json = json!(v);
    if let Some(geometry) = &v.geometry {
        json["geometry"] = json_to_crs84(geometry);
    }
    json
}
