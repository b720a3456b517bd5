//! Facts of filed models, the difference between submissions, and jobs.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::load::{Opened, open};
use crate::access::Role;
use crate::access::permits::standing;
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::jobs::model;
use crate::state::AppState;
use crate::store::permits::files::FactsOrRefusal;
use crate::store::permits::submissions::Submission;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/jobs/{job}", get(job))
        .route("/applications/{id}/submissions/{number}/facts", get(facts))
        .route("/applications/{id}/submissions/{number}/diff", get(diff))
}

/// `GET /jobs/{job}`: the caller's own jobs, and those of check runs that he may see.
async fn job(State(state): State<AppState>, user: User, Path(id): Path<Uuid>) -> Result<axum::Json<Value>> {
    let unknown = || Error::not_found("job", id.to_string());
    let found = state.store.find_job(id).await?.ok_or_else(unknown)?;
    let own = found.requested_by == Some(user.account.id) || user.account.roles.contains(&Role::Admin);
    if !own && !of_visible_run(&state, &user, id).await? {
        return Err(unknown());
    }
    Ok(axum::Json(json!({
        "job": found.id, "kind": found.kind, "state": found.state, "progress": found.progress,
        "error": found.error, "result": found.result,
    })))
}

/// Whether the job is an official run of a case that the caller may see.
async fn of_visible_run(state: &AppState, user: &User, job: Uuid) -> Result<bool> {
    let Some(case) = state.store.find_case_of_job(job).await? else { return Ok(false) };
    let Some(dossier) = state.store.find_dossier(case).await? else { return Ok(false) };
    Ok(standing(&user.principal(), &dossier.case()).is_some())
}

/// Facts by work of one submission; `0` means the open working set, for the applicant.
async fn facts_of(state: &AppState, opened: &Opened, number: i32) -> Result<Map<String, Value>> {
    let a = &opened.dossier.application;
    let unknown = || Error::not_found("submission", number.to_string());
    let files = match number {
        0 if opened.standing.party => state.store.list_working_set(a.id).await?,
        n if n >= 1 && n <= a.submission => state.store.list_submission_files(a.id, n).await?,
        _ => return Err(unknown()),
    };
    let mut works = Map::new();
    for file in files.iter().filter(|f| f.slot == "model") {
        let found = match model::facts(state, &file.sha256).await? {
            FactsOrRefusal::Facts(facts) => json!({"sha256": file.sha256, "facts": *facts}),
            FactsOrRefusal::Refusal(reason) => json!({"sha256": file.sha256, "error": reason}),
        };
        works.insert(file.work.clone(), found);
    }
    Ok(works)
}

/// `GET …/submissions/{n}/facts`: what the models of a submission say.
async fn facts(
    State(state): State<AppState>,
    user: User,
    Path((id, number)): Path<(String, i32)>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let works = facts_of(&state, &opened, number).await?;
    Ok(axum::Json(json!({ "submission": number, "works": works })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DiffQuery {
    from: Option<i32>,
}

/// `GET …/submissions/{n}/diff?from=`: what changed since submission `from` (the one before unless named): form,
/// files, and the numbers that the models give.
async fn diff(
    State(state): State<AppState>,
    user: User,
    Path((id, number)): Path<(String, i32)>,
    Query(query): Query<DiffQuery>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let from = query.from.unwrap_or(number - 1);
    let all = state.store.list_submissions(opened.dossier.application.id).await?;
    let of = |n: i32| {
        all.iter().find(|s| s.number == n).ok_or_else(|| Error::not_found("submission", n.to_string()))
    };
    let (old, new) = (of(from)?, of(number)?);
    let old_facts = facts_of(&state, &opened, from).await?;
    let new_facts = facts_of(&state, &opened, number).await?;
    Ok(axum::Json(json!({
        "from": from, "to": number,
        "form": changes(&old.form, &new.form),
        "title": (old.title != new.title).then(|| json!({"before": old.title, "after": new.title})),
        "parcels": (old.parcels != new.parcels).then(|| json!({"before": old.parcels, "after": new.parcels})),
        "files": files(old, new),
        "facts": changes(&figures(&old_facts), &figures(&new_facts)),
    })))
}

/// Members that differ, with both values.
fn changes(old: &Value, new: &Value) -> Value {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differs = names.into_iter().filter(|n| old.get(*n) != new.get(*n));
    Value::Object(differs.map(|n| (n.clone(), json!({"before": old.get(n), "after": new.get(n)}))).collect())
}

/// Files that were added, removed or replaced.
fn files(old: &Submission, new: &Submission) -> Vec<Value> {
    let find = |s: &Submission, slot: &str, work: &str| {
        s.files.iter().find(|f| f.slot == slot && f.work == work).map(|f| f.sha256.clone())
    };
    let mut places: Vec<(String, String)> =
        old.files.iter().chain(&new.files).map(|f| (f.slot.clone(), f.work.clone())).collect();
    places.sort();
    places.dedup();
    let mut list = Vec::new();
    for (slot, work) in places {
        let (before, after) = (find(old, &slot, &work), find(new, &slot, &work));
        if before != after {
            list.push(json!({"slot": slot, "work": work, "before": before, "after": after}));
        }
    }
    list
}

/// The figures of each building that people compare, flat: `1/0/height_m`.
fn figures(works: &Map<String, Value>) -> Value {
    const NAMES: [&str; 5] =
        ["height_m", "footprint_area_m2", "projection_area_m2", "gross_floor_area_m2", "far_area_m2"];
    let mut flat = Map::new();
    for (work, found) in works {
        let buildings = found["facts"]["buildings"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (i, building) in buildings.iter().enumerate() {
            for name in NAMES {
                flat.insert(format!("{work}/{i}/{name}"), building[name]["measured"].clone());
            }
            flat.insert(format!("{work}/{i}/storeys"), building["storey_count"]["total_49_9"].clone());
        }
    }
    Value::Object(flat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_only_what_changed() {
        let found = changes(&json!({"a": 1, "b": 2}), &json!({"a": 1, "b": 3, "c": 4}));
        assert_eq!(found, json!({"b": {"before": 2, "after": 3}, "c": {"before": null, "after": 4}}));
    }
}
