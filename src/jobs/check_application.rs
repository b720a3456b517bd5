//! A check run: the dossier and the layers in, verdicts out, all of it kept (domain §3).

use std::collections::BTreeMap;

use chrono::{NaiveDate, Utc};
use geo::Geometry;
use geozero::ToGeo;
use geozero::wkb::Wkb;
use serde_json::{Value, json};
use uuid::Uuid;

use super::gather::gather;
use super::model::facts;
use crate::access::{Principal, view};
use crate::error::{Error, Result};
use crate::layers::Catalog;
use crate::permit::calendar::local_date;
use crate::permit::canonical::{canonical_hash, sha256_hex, to_canonical_json};
use crate::permit::check_input::{CheckInput, WorkInput};
use crate::permit::checks;
use crate::permit::verdict::Verdict;
use crate::state::AppState;
use crate::store::permits::files::{CaseFile, FactsOrRefusal, MODEL_SLOT};
use crate::store::permits::runs::{NewRun, Run, RunResult};
use crate::store::permits::{Dossier, Work};
use crate::text::Text;

/// What is checked: the open working set, or a frozen submission.
#[derive(Debug, Clone)]
struct Subject {
    form: Value,
    investor_type: Option<String>,
    parcels: Vec<String>,
    works: Vec<Work>,
    files: Vec<CaseFile>,
    site: Option<Vec<u8>>,
    legal_date: NaiveDate,
}

/// Does the job of a queued run; its payload is `{"run"}`.
pub async fn run_job(state: &AppState, payload: &Value) -> Result<Value> {
    let id = payload["run"].as_str().and_then(|s| Uuid::parse_str(s).ok());
    let id = id.ok_or_else(|| Error::Setup("check job without a run".to_owned()))?;
    let run = state.store.find_run(id).await?.ok_or_else(|| Error::not_found("run", id.to_string()))?;
    if !state.store.begin_run(id).await? {
        return Ok(json!({ "run": id }));
    }
    let dossier = state.store.find_dossier(run.application).await?;
    let dossier = dossier.ok_or_else(|| Error::not_found("application", run.application.to_string()))?;
    let result = check(state, &dossier, run.submission, &hidden_for(state, &run)).await?;
    state.store.finish_run(id, &result).await?;
    Ok(json!({ "run": id }))
}

/// Repeats the official run of the current submission at once, before a decision is proposed.
pub async fn repeat(state: &AppState, dossier: &Dossier, requested_by: Option<Uuid>) -> Result<Uuid> {
    let a = &dossier.application;
    let new = NewRun {
        id: Uuid::now_v7(),
        kind: "official",
        submission: Some(a.submission),
        reason: "repeat",
        requested_by,
    };
    let result = check(state, dossier, Some(a.submission), &[]).await?;
    state.store.add_finished_run(a.id, &new, &result).await?;
    Ok(new.id)
}

/// Whether a run would be given another input today: the dossier, a feature within reach, a rule or the checks
/// themselves have changed since.
pub async fn is_stale(state: &AppState, dossier: &Dossier, run: &Run) -> Result<bool> {
    let Some(kept) = &run.input_sha256 else { return Ok(false) };
    let subject = subject(state, dossier, run.submission).await?;
    let ruleset = state.law.ruleset(subject.legal_date)?;
    if run.ruleset_hash.as_ref() != Some(&ruleset.hash)
        || run.checker_version.as_deref() != Some(checks::CHECKER_VERSION)
    {
        return Ok(true);
    }
    let (input, _) = input(state, dossier, subject, &hidden_for(state, run)).await?;
    Ok(canonical_hash(&input)? != *kept)
}

/// The input that a check of the open working set has today: for routing and the map.
pub async fn present_input(state: &AppState, dossier: &Dossier) -> Result<CheckInput> {
    let subject = subject(state, dossier, None).await?;
    Ok(input(state, dossier, subject, &[]).await?.0)
}

/// A check without a case: `dothi precheck`. Nothing is kept.
#[derive(Debug, Clone)]
pub struct Loose {
    /// Kind of application.
    pub kind: String,
    /// Parcel codes.
    pub parcels: Vec<String>,
    /// Form 01, as far as it is known.
    pub form: Value,
    /// Facts of the model.
    pub facts: crate::bim::facts::ModelFacts,
}

/// Rule set and verdicts of a check without a case, as an applicant would see them.
pub fn check_loose(state: &AppState, loose: Loose) -> Result<(String, Vec<Verdict>)> {
    let legal_date = local_date(Utc::now());
    state.law.procedure(&loose.kind, legal_date)?;
    let ruleset = state.law.ruleset(legal_date)?;
    let catalog = state.catalog.load_full();
    let snapshot = state.features.snapshot();
    let hidden = hidden_layers(&catalog, &Principal::public());
    let use_ = loose.form["use"].as_str().map(str::to_owned);
    let name = loose.facts.buildings.first().map_or_else(|| "1".to_owned(), |b| b.name.clone());
    let work = WorkInput { id: "1".to_owned(), name, use_, facts: Some(loose.facts), model_error: None };
    let gathered = gather(&catalog, &snapshot, &loose.parcels, &placed(&work), &hidden)?;
    let input = CheckInput {
        kind: loose.kind,
        investor_type: loose.form["investor"]["type"].as_str().map(str::to_owned),
        legal_date,
        form: loose.form,
        works: vec![work],
        parcels: loose.parcels,
        features: gathered.features,
        hidden_layers: hidden,
        settings: state.law.settings().values(),
        documents: BTreeMap::new(),
    };
    Ok((ruleset.id.clone(), checks::run(&input, &ruleset)))
}

/// Position of the layers that were read.
struct Layers {
    epoch: Uuid,
    revision: i64,
}

async fn check(
    state: &AppState,
    dossier: &Dossier,
    submission: Option<i32>,
    hidden: &[String],
) -> Result<RunResult> {
    let subject = subject(state, dossier, submission).await?;
    let ruleset = state.law.ruleset(subject.legal_date)?;
    let (input, layers) = input(state, dossier, subject, hidden).await?;
    let canonical = to_canonical_json(&input)?;
    let input_sha256 = sha256_hex(&canonical);
    // Geometry of a big site takes a while; requests go on meanwhile.
    let rules = ruleset.clone();
    let verdicts = tokio::task::spawn_blocking(move || checks::run(&input, &rules))
        .await
        .map_err(|e| Error::internal("run the checks", e))?;
    Ok(RunResult {
        ruleset_id: ruleset.id.clone(),
        ruleset_hash: ruleset.hash.clone(),
        checker_version: checks::CHECKER_VERSION.to_owned(),
        geometry_engine: checks::GEOMETRY_ENGINE.to_owned(),
        layer_epoch: layers.epoch,
        layer_revision: layers.revision,
        input: String::from_utf8(canonical).map_err(|e| Error::internal("write an input as text", e))?,
        input_sha256,
        output_sha256: canonical_hash(&verdicts)?,
        verdicts,
    })
}

/// The dossier as it was filed, or as it is open now.
async fn subject(state: &AppState, dossier: &Dossier, submission: Option<i32>) -> Result<Subject> {
    let a = &dossier.application;
    let legal_date = a.legal_date.unwrap_or_else(|| local_date(Utc::now()));
    let Some(number) = submission else {
        return Ok(Subject {
            form: a.form.clone(),
            investor_type: a.investor_type.clone(),
            parcels: dossier.parcels.clone(),
            works: dossier.works.clone(),
            files: state.store.list_working_set(a.id).await?,
            site: dossier.site.clone(),
            legal_date,
        });
    };
    let filed = state.store.list_submissions(a.id).await?.into_iter().find(|s| s.number == number);
    let filed = filed.ok_or_else(|| Error::not_found("submission", number.to_string()))?;
    Ok(Subject {
        form: filed.form,
        investor_type: filed.investor_type,
        parcels: filed.parcels,
        works: filed.works,
        files: filed.files,
        site: dossier.site.clone(),
        legal_date,
    })
}

async fn input(
    state: &AppState,
    dossier: &Dossier,
    subject: Subject,
    hidden: &[String],
) -> Result<(CheckInput, Layers)> {
    let mut works = Vec::with_capacity(subject.works.len());
    for work in &subject.works {
        works.push(work_input(state, work, &subject.files).await?);
    }
    let mut places: Vec<Geometry<f64>> = works.iter().flat_map(placed).collect();
    if let Some(site) = &subject.site {
        places.push(Wkb(site.as_slice()).to_geo().map_err(|e| Error::internal("read a site", e))?);
    }
    let (catalog, snapshot) = (state.catalog.load_full(), state.features.snapshot());
    let gathered = gather(&catalog, &snapshot, &subject.parcels, &places, hidden)?;
    let documents = documents(&subject.files);
    let layers = Layers { epoch: snapshot.epoch, revision: snapshot.revision };
    let input = CheckInput {
        kind: dossier.application.kind.clone(),
        investor_type: subject.investor_type,
        legal_date: subject.legal_date,
        form: subject.form,
        works,
        parcels: subject.parcels,
        features: gathered.features,
        hidden_layers: hidden.to_vec(),
        settings: state.law.settings().values(),
        documents,
    };
    Ok((input, layers))
}

async fn work_input(state: &AppState, work: &Work, files: &[CaseFile]) -> Result<WorkInput> {
    let model = files.iter().filter(|f| f.slot == MODEL_SLOT && f.work == work.id).max_by_key(|f| f.version);
    let (facts, model_error) = match model {
        None => (None, None),
        Some(file) => match facts(state, &file.sha256).await? {
            FactsOrRefusal::Facts(facts) => (Some(*facts), None),
            FactsOrRefusal::Refusal(reason) => (None, Some(reason.vi)),
        },
    };
    Ok(WorkInput {
        id: work.id.clone(),
        name: work.name.clone(),
        use_: work.use_.clone(),
        facts,
        model_error,
    })
}

/// Outlines of a placed model.
fn placed(work: &WorkInput) -> Vec<Geometry<f64>> {
    let buildings = work.facts.iter().flat_map(|f| &f.buildings);
    buildings
        .filter_map(|b| b.placed.as_ref())
        .flat_map(|p| [&p.projection.0, &p.footprint.0])
        .filter(|m| !m.0.is_empty())
        .map(|m| Geometry::MultiPolygon(m.clone()))
        .collect()
}

fn documents(files: &[CaseFile]) -> BTreeMap<String, bool> {
    files.iter().map(|f| (f.slot.clone(), true)).collect()
}

/// Layers that stay hidden in a run: in a pre-check those that an applicant may not see. An official run sees
/// all; what of it is shown to whom is decided when it is served.
fn hidden_for(state: &AppState, run: &Run) -> Vec<String> {
    if run.kind == "official" {
        Vec::new()
    } else {
        hidden_layers(&state.catalog.load(), &Principal::public())
    }
}

/// Layers that checks read and `principal` may not see.
pub fn hidden_layers(catalog: &Catalog, principal: &Principal) -> Vec<String> {
    let hidden = |id: &&str| catalog.layer(id).is_some_and(|l| view(principal, l, catalog).is_none());
    checks::needed_layers().iter().map(|(id, _)| *id).filter(hidden).map(str::to_owned).collect()
}

/// Why a run failed, as the people of the case are told.
pub fn failure(error: &Error) -> Text {
    match error {
        Error::BadFile { reason, .. }
        | Error::InvalidParameter { reason, .. }
        | Error::Conflict { reason, .. } => reason.clone(),
        Error::Unavailable(_) => {
            Text::new("Cơ sở dữ liệu tạm thời không truy cập được.", "The database could not be reached.")
        }
        _ => Text::new(
            "Lỗi của hệ thống khi kiểm tra; hãy thử lại hoặc báo người quản trị.",
            "The check failed on our side; try again or tell the administrator.",
        ),
    }
}

/// Marks the run of a job that is given up.
pub(super) async fn fail_job(state: &AppState, payload: &Value, reason: &Text) -> Result<()> {
    match payload["run"].as_str().and_then(|s| Uuid::parse_str(s).ok()) {
        Some(run) => state.store.fail_run(run, reason).await,
        None => Ok(()),
    }
}
