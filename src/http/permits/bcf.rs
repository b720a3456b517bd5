//! `GET /applications/{id}/checks.bcfzip`: the failed rows of the newest run as BCF, for the designer's program.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::checks::{concealed, shown, visible};
use super::load::{Opened, open};
use crate::bim::bcf::{FailedCheck, Origin, Version};
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::http::ogc::download::send;
use crate::jobs::bcf::{self, Modelled, Order};
use crate::jobs::model::facts;
use crate::permit::canonical::canonical_hash;
use crate::permit::verdict::{Outcome, Verdict};
use crate::state::AppState;
use crate::store::permits::files::{CaseFile, FactsOrRefusal, MODEL_SLOT};
use crate::store::permits::runs::Run;
use crate::text::Text;

/// No media type is registered for BCF.
const MEDIA_TYPE: &str = "application/octet-stream";

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/applications/{id}/checks.bcfzip", get(download))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    version: Option<String>,
}

/// Made once for a run, a version and those who see the same of it.
async fn download(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Query(query): Query<VersionQuery>,
    request: Request,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    let version = query.version.as_deref().filter(|v| !v.is_empty()).unwrap_or("3.0");
    if Version::of(version).is_none() {
        return Err(Error::invalid(
            "version",
            format!("không có phiên bản BCF {version}; có 2.1 và 3.0"),
            format!("there is no BCF version {version}; 2.1 and 3.0 are there"),
        ));
    }
    let runs = visible(&state, &opened).await?;
    let run = runs.iter().find(|r| r.state == "done").ok_or_else(|| Error::not_found("run", "latest"))?;
    let order = order(&state, &opened, run, version).await?;
    let application = &opened.dossier.application;
    let who = concealed(&state, &opened).map_or_else(|| "all".to_owned(), |hidden| hidden.join(","));
    let what = format!("bcf/{}/{version}/{who}", application.id);
    let made_of = format!("{}/{}", run.id, canonical_hash(&order)?);
    let runtime = Handle::current();
    let made = state.made.get(what, made_of, move |path| bcf::make(&order, path, &runtime)).await?;
    let mut response = send(made, MEDIA_TYPE, request.into_parts().0)?;
    if response.status().is_success() {
        // Codes of cases need no quoting.
        let name = format!("attachment; filename=\"{}.bcfzip\"", application.code);
        let name = HeaderValue::from_str(&name).map_err(|e| Error::internal("naming a BCF file", e))?;
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// What the file holds for the caller.
async fn order(state: &AppState, opened: &Opened, run: &Run, version: &str) -> Result<Order> {
    let application = &opened.dossier.application;
    let rules = run.ruleset_id.as_deref().and_then(|id| state.law.ruleset_by_id(id));
    let title = |v: &Verdict| rules.as_ref().and_then(|r| r.rule(&v.rule)).map(|r| r.title.clone());
    let works = &opened.dossier.works;
    let mut models = Vec::new();
    for file in models_of(state, run).await? {
        let readable = matches!(facts(state, &file.sha256).await?, FactsOrRefusal::Facts(_));
        let path = if readable { Some(state.files.path(&file.sha256)?) } else { None };
        models.push((file.work, Modelled { file: path, name: Some(file.name), checks: Vec::new() }));
    }
    let mut whole = Vec::new();
    for verdict in shown(state, opened, run).await?.iter().filter(|v| v.verdict == Outcome::Fail) {
        let work = verdict.work.as_ref();
        let name = work
            .filter(|_| works.len() > 1 || models.len() > 1)
            .map(|id| works.iter().find(|w| w.id == *id).map_or(id.as_str(), |w| w.name.as_str()));
        let check = failed(verdict, title(verdict).as_ref(), name);
        match models.iter_mut().find(|(id, _)| work == Some(id)) {
            Some((_, model)) => model.checks.push(check),
            None => whole.push(check),
        }
    }
    Ok(Order {
        version: version.to_owned(),
        origin: Origin {
            project_id: application.id.to_string(),
            project_name: format!("{} {}", application.code, application.title).trim_end().to_owned(),
            author: "Dothi".to_owned(),
            date: run.finished_at.unwrap_or(run.created_at),
            file_name: None,
            ifc_project: None,
        },
        models: models.into_iter().map(|(_, model)| model).collect(),
        whole,
    })
}

/// The models that the run checked: of its submission, or of the working set as it was at the time.
async fn models_of(state: &AppState, run: &Run) -> Result<Vec<CaseFile>> {
    let files = match run.submission {
        Some(number) => state.store.list_submission_files(run.application, number).await?,
        None => {
            let until = run.finished_at.unwrap_or(run.created_at);
            let mut files = state.store.list_case_files(run.application).await?;
            files.retain(|f| f.uploaded_at <= until);
            files
        }
    };
    let mut models: Vec<CaseFile> = Vec::new();
    for file in files.into_iter().filter(|f| f.slot == MODEL_SLOT) {
        match models.iter_mut().find(|m| m.work == file.work) {
            Some(older) if older.version < file.version => *older = file,
            Some(_) => {}
            None => models.push(file),
        }
    }
    Ok(models)
}

/// A row as a topic: both languages, as officials and designers from abroad read the same file.
fn failed(v: &Verdict, title: Option<&Text>, work: Option<&str>) -> FailedCheck {
    let both = |t: &Text, between: &str| {
        if t.en.is_empty() || t.en == t.vi { t.vi.clone() } else { format!("{}{between}{}", t.vi, t.en) }
    };
    let with_unit = |value: f64| {
        let unit = match v.unit.as_deref() {
            Some("m2") => " m²",
            Some("percent") => " %",
            Some("storeys") => " tầng",
            Some("ratio") | None => "",
            Some(other) => return format!("{value} {other}"),
        };
        format!("{value}{unit}")
    };
    let limit = v.limit.map(|limit| match v.limit_source.as_ref().filter(|s| !s.name.is_empty()) {
        Some(source) => format!("{} ({})", with_unit(limit), source.name),
        None => with_unit(limit),
    });
    let place = [work.unwrap_or_default(), &v.parcels.join(", ")];
    let place: Vec<&str> = place.into_iter().filter(|p| !p.is_empty()).collect();
    FailedCheck {
        rule: v.rule.clone(),
        title: title.map(|t| both(t, " / ")).unwrap_or_default(),
        clause: v.clause.clone(),
        message: both(&v.message, "\n"),
        measured: v.measured.map(with_unit),
        limit,
        elements: v.elements.clone(),
        place: Some(place.join(" · ")).filter(|p| !p.is_empty()),
        link: None,
    }
}
