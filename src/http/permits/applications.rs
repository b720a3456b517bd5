//! Applications: make a draft, change it, read it, list.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::draft::{NewApplication, parse};
use super::load::{etag, open};
use super::view;
use crate::access::Role;
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::{Json, Path, Query};
use crate::http::lang::Language;
use crate::state::AppState;
use crate::store::permits::drafts::Origin;
use crate::store::permits::list::{Filter, Waiting};

/// Rows on a page unless fewer are asked for.
const PAGE_ROWS: i64 = 50;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/applications", post(create).get(list))
        .route("/applications/{id}", get(read).put(update))
        .route("/applications/by-external/{channel}/{code}", get(by_external))
}

/// `POST /applications`: a draft of the caller.
async fn create(
    State(state): State<AppState>,
    user: User,
    Json(body): Json<NewApplication>,
) -> Result<Response> {
    if !user.account.roles.contains(&Role::Applicant) {
        return Err(Error::Forbidden(crate::text::Text::new(
            "Chỉ tài khoản người nộp hồ sơ được lập hồ sơ.",
            "Only applicants' accounts may make applications.",
        )));
    }
    let (channel, external_code) = (body.channel.clone(), body.external_code.clone());
    let draft = parse(&state, body, &user).await?;
    let origin = Origin {
        applicant: user.account.id,
        channel: channel.unwrap_or_else(|| "portal".to_owned()),
        external_code,
    };
    let (id, code) = state.store.create_application(&draft, &origin).await?;
    let headers = [(header::LOCATION, format!("/api/v1/applications/{id}")), (header::ETAG, etag(1))];
    let answer = axum::Json(json!({"id": id, "code": code, "state": "DRAFT"}));
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

/// `PUT /applications/{id}`: replaces what was entered, while the working set is open.
async fn update(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
    Language(lang): Language,
    Json(body): Json<NewApplication>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    opened.only_party()?;
    opened.check_if_match(&headers)?;
    super::working_set_open(&state, &opened.dossier.application)?;
    if body.kind != opened.dossier.application.kind {
        return Err(Error::invalid("kind", "không đổi được loại hồ sơ", "the kind cannot be changed"));
    }
    let draft = parse(&state, body, &user).await?;
    let a = &opened.dossier.application;
    state.store.update_draft(a.id, a.revision, &draft).await?;
    respond(&state, &user, &a.id.to_string(), lang).await
}

/// `GET /applications/{id}`.
async fn read(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Language(lang): Language,
) -> Result<Response> {
    respond(&state, &user, &id, lang).await
}

/// The application as JSON with its ETag.
pub(super) async fn respond(
    state: &AppState,
    user: &User,
    id: &str,
    lang: crate::text::Lang,
) -> Result<Response> {
    let opened = open(state, user, id).await?;
    let body = view::application(state, &opened, lang).await?;
    let headers = [(header::ETAG, opened.etag()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    Ok((headers, axum::Json(body)).into_response())
}

/// `GET /applications/by-external/{channel}/{code}`.
async fn by_external(
    State(state): State<AppState>,
    user: User,
    Path((channel, code)): Path<(String, String)>,
    Language(lang): Language,
) -> Result<Response> {
    let unknown = || Error::not_found("application", format!("{channel}/{code}"));
    let id = state.store.find_by_external(&channel, &code).await?.ok_or_else(unknown)?;
    respond(&state, &user, &id.to_string(), lang).await
}

/// Parameters of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// States, separated by commas.
    pub state: Option<String>,
    /// `me`: what waits for the caller.
    pub waiting_for: Option<String>,
    /// A day, or an instant.
    pub due_before: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Rows on a page, at most 200.
    pub limit: Option<i64>,
}

/// `GET /applications`: the caller's own, or his authority's, by urgency.
pub(super) async fn list(
    State(state): State<AppState>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Value>> {
    let mut filter = rights(&user);
    // A client that fills in a template sends parameters without a value: they name nothing.
    let given = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    filter.limit = query.limit.unwrap_or(PAGE_ROWS).clamp(1, 200) + 1;
    filter.states =
        given(&query.state).iter().flat_map(|s| s.split(',')).map(|s| s.trim().to_owned()).collect();
    filter.due_before = given(&query.due_before).as_deref().map(due_before).transpose()?;
    filter.after = given(&query.cursor).as_deref().map(cursor_of).transpose()?;
    filter.waiting = match given(&query.waiting_for).as_deref() {
        None => None,
        Some("me") => Some(waiting(&state, &user)),
        Some(_) => return Err(Error::invalid("waiting_for", "chỉ nhận giá trị me", "only `me` is known")),
    };
    let mut rows = state.store.list_applications(&filter).await?;
    // One row more than a page was asked for: it tells whether there is another page.
    let page = usize::try_from(filter.limit - 1).unwrap_or_default();
    let more = rows.len() > page;
    rows.truncate(page);
    let cursor = rows.last().filter(|_| more).map(|r| cursor(r.order_key, r.id));
    let items: Vec<Value> = rows.iter().map(|r| view::listed(&state, r)).collect();
    Ok(axum::Json(json!({ "applications": items, "cursor": cursor })))
}

/// Which cases the caller may see in lists; the same cases that `access::permits::standing` lets him open.
fn rights(user: &User) -> Filter {
    let officer = |r: &Role| !matches!(r, Role::Applicant | Role::Agency | Role::Admin);
    let a = &user.account;
    Filter {
        party: Some(a.id),
        authority: a.authority.clone().filter(|_| a.roles.iter().any(officer)),
        consulted: a.authority.clone().filter(|_| a.roles.contains(&Role::Agency)),
        all_filed: a.roles.contains(&Role::Admin),
        ..Filter::default()
    }
}

/// The states that wait for the caller, by the procedures' own data.
fn waiting(state: &AppState, user: &User) -> Waiting {
    let a = &user.account;
    let machines = ["application", "start_notice"].into_iter().filter_map(|id| state.law.machine(id));
    let states: Vec<_> = machines.flat_map(|m| m.states.clone()).collect();
    let of = |role: Role| -> Vec<String> {
        let role = super::engine_role(role);
        states.iter().filter(|s| s.waiting_for.contains(&role)).map(|s| s.id.clone()).collect()
    };
    let office = [Role::Intake, Role::Approver, Role::Clerk, Role::OrderOfficer];
    Waiting {
        account: a.id,
        states: office.into_iter().filter(|r| a.roles.contains(r)).flat_map(of).collect(),
        review_states: if a.roles.contains(&Role::Reviewer) { of(Role::Reviewer) } else { Vec::new() },
        party_states: of(Role::Applicant),
        consulted: a.authority.clone().filter(|_| a.roles.contains(&Role::Agency)),
    }
}

/// A day (its end in Vietnam) or an instant.
fn due_before(text: &str) -> Result<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let day = text.parse::<chrono::NaiveDate>().map_err(|_| {
        Error::invalid(
            "due_before",
            "cần ngày (YYYY-MM-DD) hoặc thời điểm RFC 3339",
            "a day or an instant was expected",
        )
    })?;
    let midnight = (day + chrono::Days::new(1)).and_hms_opt(0, 0, 0).unwrap_or_default();
    Ok((midnight - chrono::Duration::hours(7)).and_utc())
}

fn cursor(key: DateTime<Utc>, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{id}", key.timestamp_micros()))
}

fn cursor_of(text: &str) -> Result<(DateTime<Utc>, Uuid)> {
    let parts = || {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (micros, id) = plain.split_once('/')?;
        Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, Uuid::parse_str(id).ok()?))
    };
    parts().ok_or_else(|| {
        Error::invalid("cursor", "không phải con trỏ do hệ thống cấp", "not a cursor that was given out here")
    })
}
