//! The officer's and the applicant's work on a case beside its state: findings, comments, messages, letters.
//! (Consultations start and end by events; `POST …/consultations` is the event `consult` under its own address.)

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use geozero::{CoordDimensions, ToWkb};
use serde::Deserialize;
use serde_json::{Value, json};

use super::load::{Opened, actor, open};
use super::place::{from_crs84, to_crs84};
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::{Json, Path};
use crate::jobs::cases::Situation;
use crate::permit::procedure::may_find;
use crate::state::AppState;
use crate::store::permits::work::{Comment, NewComment, NewFinding};
use crate::text::Text;

/// Longest text of a comment, message or reason, in characters.
pub(super) const TEXT_LIMIT: usize = 10_000;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/findings", get(findings).post(add_finding))
        .route("/applications/{id}/comments", get(comments).post(add_comment))
        .route("/applications/{id}/messages", get(messages).post(add_message))
        .route("/applications/{id}/letters", get(letters))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingBody {
    rule: String,
    #[serde(default)]
    work: Option<String>,
    finding: Named,
    reason: String,
    #[serde(default)]
    evidence: Option<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Accepted,
    NotAccepted,
    NotApplicable,
}

impl Named {
    fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NotAccepted => "not_accepted",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// `POST …/findings`: an officer's finding on a row of the official run of the current submission. It never
/// changes the computed verdict (domain §3).
async fn add_finding(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<FindingBody>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    let situation = Situation::load(&state, opened.dossier.clone()).await?;
    may_find(&situation.case, &super::engine_actor(&opened))?;
    let a = &opened.dossier.application;
    let reason = text("reason", &body.reason)?;
    let work = body.work.unwrap_or_default();
    known_row(&state, &opened, &body.rule, &work).await?;
    let finding = NewFinding {
        application: a.id,
        submission: a.submission,
        rule: body.rule,
        work,
        finding: body.finding.as_str().to_owned(),
        reason,
        evidence: body.evidence,
        officer: user.account.id,
    };
    let id = state.store.add_finding(&finding).await?;
    let detail = json!({"rule": finding.rule, "work": finding.work, "finding": finding.finding, "id": id});
    state.store.audit_case(&actor(&user, &headers), "application_finding", a.id, detail).await?;
    Ok((StatusCode::CREATED, axum::Json(json!({ "id": id }))).into_response())
}

/// A finding is about a row that the run lists; anything else would settle nothing.
async fn known_row(state: &AppState, opened: &Opened, rule: &str, work: &str) -> Result<()> {
    let a = &opened.dossier.application;
    let run = state.store.find_latest_run(a.id, Some(a.submission)).await?;
    let Some(run) = run else {
        return Err(Error::conflict(
            "Chưa có kết quả kiểm tra chính thức của lần nộp này.",
            "There is no official run of this submission yet.",
        ));
    };
    let verdicts = state.store.list_verdicts(run.id).await?;
    let found =
        verdicts.iter().any(|v| v.rule == rule && (work.is_empty() || v.work.as_deref() == Some(work)));
    if found {
        return Ok(());
    }
    Err(Error::invalid(
        "rule",
        format!("lần kiểm tra này không có quy tắc {rule} cho công trình “{work}”"),
        format!("this run has no row {rule} for work “{work}”"),
    ))
}

/// `GET …/findings` of the current submission.
async fn findings(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let a = &opened.dossier.application;
    let list = if shows_findings(&opened) {
        state.store.list_findings(a.id, a.submission).await?
    } else {
        Vec::new()
    };
    Ok(axum::Json(json!({ "findings": list })))
}

/// The applicant learns findings with the letter or the decision that they lead to, not while they are made.
pub(super) fn shows_findings(opened: &Opened) -> bool {
    let state = opened.dossier.application.state.as_str();
    !opened.standing.party || matches!(state, "SUPPLEMENT_REQUESTED" | "FEE_DUE" | "ISSUED" | "REFUSED")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentBody {
    body: String,
    #[serde(default)]
    work: Option<String>,
    #[serde(default)]
    element: Option<String>,
    /// GeoJSON geometry in CRS84.
    #[serde(default)]
    place: Option<Value>,
    #[serde(default)]
    slot: Option<String>,
    #[serde(default)]
    page: Option<i32>,
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    internal: bool,
}

/// `POST …/comments`: pinned to an element, a place or a page.
async fn add_comment(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<CommentBody>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    if !opened.standing.party && opened.standing.roles.is_empty() {
        return Err(Error::Forbidden(Text::new(
            "Tài khoản này chỉ được xem hồ sơ.",
            "This account may only read the application.",
        )));
    }
    let place = body.place.as_ref().map(|p| from_crs84("place", p)).transpose()?;
    let place = place
        .map(|g| g.to_wkb(CoordDimensions::xy()).map_err(|e| Error::internal("write a place", e)))
        .transpose()?;
    let a = &opened.dossier.application;
    let comment = NewComment {
        application: a.id,
        submission: Some(a.submission).filter(|n| *n > 0),
        author: user.account.id,
        body: text("body", &body.body)?,
        work: body.work,
        element: body.element,
        place,
        slot: body.slot,
        page: body.page,
        rule: body.rule,
        internal: body.internal && opened.standing.officer,
    };
    let id = state.store.add_comment(&comment).await?;
    state.store.audit_case(&actor(&user, &headers), "application_comment", a.id, json!({ "id": id })).await?;
    Ok((StatusCode::CREATED, axum::Json(json!({ "id": id }))).into_response())
}

/// `GET …/comments`; internal ones for officers only.
async fn comments(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let list = state.store.list_comments(opened.dossier.application.id, opened.standing.officer).await?;
    let list: Vec<Value> = list.iter().map(comment_json).collect::<Result<_>>()?;
    Ok(axum::Json(json!({ "comments": list })))
}

fn comment_json(comment: &Comment) -> Result<Value> {
    let mut json = json!(comment);
    json["place"] = comment.place.as_deref().map(to_crs84).transpose()?.unwrap_or(Value::Null);
    Ok(json)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageBody {
    body: String,
}

/// `POST …/messages`.
async fn add_message(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<MessageBody>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    if !opened.standing.party {
        opened.only_examiners()?;
    }
    let a = &opened.dossier.application;
    let body = text("body", &body.body)?;
    let id = state.store.add_message(a.id, user.account.id, !opened.standing.party, &body).await?;
    state.store.audit_case(&actor(&user, &headers), "application_message", a.id, json!({ "id": id })).await?;
    Ok((StatusCode::CREATED, axum::Json(json!({ "id": id }))).into_response())
}

/// `GET …/messages`.
async fn messages(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let list = state.store.list_messages(opened.dossier.application.id).await?;
    Ok(axum::Json(json!({ "messages": list })))
}

/// `GET …/letters`.
async fn letters(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let list = state.store.list_letters(opened.dossier.application.id).await?;
    Ok(axum::Json(json!({ "letters": list })))
}

/// A text that people wrote: trimmed, not empty, not endless.
pub(super) fn text(field: &str, given: &str) -> Result<String> {
    let given = given.trim();
    if given.is_empty() {
        return Err(Error::invalid(field, "không được để trống", "may not be empty"));
    }
    if given.chars().count() > TEXT_LIMIT {
        return Err(Error::invalid(
            field,
            format!("dài quá {TEXT_LIMIT} ký tự"),
            format!("longer than {TEXT_LIMIT} characters"),
        ));
    }
    Ok(given.to_owned())
}
