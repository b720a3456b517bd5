//! What the portal's pages read of cases: the answers of the JSON API, with the same rights, without HTTP between.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use super::applications::ListQuery;
use super::load::Opened;
pub use super::load::open;
use super::{applications, casework, checks, register, view};
use crate::access::Principal;
use crate::bim::facts::ModelFacts;
use crate::error::{Error, Result};
use crate::http::auth::{Session, User};
use crate::http::extract::{Path, Query};
use crate::jobs::cases::situation::Situation;
use crate::jobs::model;
use crate::permit::law::RuleSet;
use crate::state::AppState;
use crate::store::permits::files::{CaseFile, FactsOrRefusal, MODEL_SLOT};
use crate::store::permits::work::Consultation;
use crate::text::{Lang, Text};

/// An answer of the API as the type that a page works with. It fails only where page and API have come apart.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|e| Error::internal("read an answer of the API for a page", e))
}

/// `GET /applications/{id}`.
pub async fn case(state: &AppState, opened: &Opened, lang: Lang) -> Result<Value> {
    view::application(state, opened, lang).await
}

/// `GET /applications`.
pub async fn list(state: &AppState, user: User, query: ListQuery) -> Result<Value> {
    Ok(applications::list(State(state.clone()), user, Query(query)).await?.0)
}

/// `GET …/runs`: the runs that the caller may see, the latest first.
pub async fn runs(state: &AppState, opened: &Opened) -> Result<Value> {
    let mut list = Vec::new();
    for run in checks::visible(state, opened).await? {
        list.push(checks::run_json(state, opened, &run).await?);
    }
    Ok(Value::Array(list))
}

/// `GET …/checks`: of the latest finished run; none where there is none.
pub async fn checks(state: &AppState, opened: &Opened) -> Result<Option<Value>> {
    let runs = checks::visible(state, opened).await?;
    match runs.iter().find(|r| r.state == "done") {
        Some(run) => checks::checks_json(state, opened, run).await.map(Some),
        None => Ok(None),
    }
}

/// The number of the submission whose files the caller sees; 0 is the open working set of the applicant.
fn seen_submission(opened: &Opened) -> i32 {
    let a = &opened.dossier.application;
    if opened.standing.party && matches!(a.state.as_str(), "DRAFT" | "RETURNED" | "SUPPLEMENT_REQUESTED") {
        0
    } else {
        a.submission
    }
}

/// Files of the open working set for the applicant, of the latest submission for officers.
pub async fn files(state: &AppState, opened: &Opened) -> Result<Vec<CaseFile>> {
    let id = opened.dossier.application.id;
    match seen_submission(opened) {
        0 => state.store.list_working_set(id).await,
        n => state.store.list_submission_files(id, n).await,
    }
}

/// Facts by work.
type Facts = Vec<(String, ModelFacts)>;
/// Reasons by work why a model cannot be read.
type Refusals = Vec<(String, Text)>;

/// What the models say, and why others cannot be read.
pub async fn models(state: &AppState, opened: &Opened) -> Result<(Facts, Refusals)> {
    let (mut facts, mut refusals) = (Vec::new(), Vec::new());
    for file in files(state, opened).await?.into_iter().filter(|f| f.slot == MODEL_SLOT) {
        match model::facts(state, &file.sha256).await? {
            FactsOrRefusal::Facts(found) => facts.push((file.work, *found)),
            FactsOrRefusal::Refusal(reason) => refusals.push((file.work, reason)),
        }
    }
    Ok((facts, refusals))
}

/// `GET …/findings`.
pub async fn findings(state: &AppState, opened: &Opened) -> Result<Value> {
    let a = &opened.dossier.application;
    if casework::shows_findings(opened) {
        return Ok(json!(state.store.list_findings(a.id, a.submission).await?));
    }
    Ok(json!([]))
}

/// Consultations, for officers.
pub async fn consultations(state: &AppState, opened: &Opened) -> Result<Vec<Consultation>> {
    if !opened.standing.officer {
        return Ok(Vec::new());
    }
    state.store.list_consultations(opened.dossier.application.id).await
}

/// Total time of the case, working days.
pub async fn total_working_days(state: &AppState, opened: &Opened) -> Result<Option<u32>> {
    let situation = Situation::load(state, opened.dossier.clone()).await?;
    Ok(Some(situation.timers().total_wd))
}

/// Titles of a rule set's rules.
pub fn rule_titles(rules: &RuleSet) -> BTreeMap<String, Text> {
    rules.rules.iter().map(|r| (r.id.clone(), r.title.clone())).collect()
}

/// `GET /permits/{code}`.
pub async fn permit(state: &AppState, who: &Principal, code: &str) -> Result<Value> {
    Ok(register::read(State(state.clone()), Session(who.clone()), Path(code.to_owned())).await?.0)
}
