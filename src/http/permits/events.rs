//! Events: what people do with a case, and the gapless list of what happened to all of them.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::engine_actor;
use super::load::{Opened, actor, etag, open};
use crate::access::Role;
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::{Json, Path, Query};
use crate::jobs::cases::{Giver, give};
use crate::permit::procedure::Event;
use crate::state::AppState;
use crate::store::permits::change::stale_state;
use crate::store::permits::events::EventScope;
use crate::text::Text;

/// Events on a page.
const PAGE_EVENTS: i64 = 500;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/events", post(give_event).get(of_case))
        .route("/applications/{id}/consultations", get(consultations).post(consult))
        .route("/events", get(all))
}

/// Body of `POST …/events`: the event, the state that the caller saw, and what the event needs.
#[derive(Debug, Deserialize)]
struct EventBody {
    event: String,
    #[serde(default)]
    expected_state: Option<String>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// `POST …/events`.
async fn give_event(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<EventBody>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    opened.check_if_match(&headers)?;
    if let Some(expected) = body.expected_state.as_deref()
        && expected != opened.dossier.application.state
    {
        return Err(stale_state(expected, &opened.dossier.application.state));
    }
    // Events of the system have no other giver; a body cannot name one.
    let event = Event { name: body.event, fields: body.fields };
    give_as(&state, &user, opened, &event, &headers).await
}

async fn give_as(
    state: &AppState,
    user: &User,
    opened: Opened,
    event: &Event,
    headers: &HeaderMap,
) -> Result<Response> {
    let giver = Giver { engine: engine_actor(&opened), record: actor(user, headers) };
    let (id, revision) = (opened.dossier.application.id, opened.dossier.application.revision);
    let (changed, to) = give(state, opened.dossier, event, &giver).await?;
    let answer = json!({
        "id": id, "state": to, "job": changed.job, "run": changed.run, "permit": changed.permit,
        "position": {"epoch": changed.position.epoch, "revision": changed.position.revision},
    });
    Ok(([(header::ETAG, etag(revision + 1))], axum::Json(answer)).into_response())
}

/// `GET …/events`: the history of one case, as `GET …` shows it too.
async fn of_case(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    crate::http::lang::Language(lang): crate::http::lang::Language,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    let mut case = super::view::application(&state, &opened, lang).await?;
    Ok(axum::Json(json!({ "events": case["history"].take() })))
}

/// Body of `POST …/consultations`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsultBody {
    agency: String,
    question: String,
}

/// `POST …/consultations`: the event `consult` under its own address.
async fn consult(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<ConsultBody>,
) -> Result<Response> {
    let opened = open(&state, &user, &id).await?;
    opened.check_if_match(&headers)?;
    let question = super::casework::text("question", &body.question)?;
    let event = Event::new("consult").with("agency", body.agency).with("question", question);
    let mut response = give_as(&state, &user, opened, &event, &headers).await?;
    *response.status_mut() = axum::http::StatusCode::CREATED;
    Ok(response)
}

/// `GET …/consultations`: for officers and the consulted agencies.
async fn consultations(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>> {
    let opened = open(&state, &user, &id).await?;
    if !opened.standing.officer {
        return Err(Error::Forbidden(Text::new(
            "Chỉ cán bộ được xem ý kiến của các cơ quan.",
            "Only officers see the agencies' opinions.",
        )));
    }
    let mut list = state.store.list_consultations(opened.dossier.application.id).await?;
    if !opened.standing.examines() {
        // An agency sees its own question, not what others said.
        list.retain(|c| Some(&c.authority) == user.account.authority.as_ref());
    }
    Ok(axum::Json(json!({ "consultations": list })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AfterQuery {
    #[serde(default)]
    after: i64,
    limit: Option<i64>,
}

/// `GET /events?after=SEQ`: all state changes in order, gapless for who may see all; others get theirs.
async fn all(
    State(state): State<AppState>,
    user: User,
    Query(query): Query<AfterQuery>,
) -> Result<axum::Json<Value>> {
    let a = &user.account;
    let officer = a.roles.iter().any(|r| !matches!(r, Role::Applicant | Role::Agency));
    let scope = EventScope {
        all: a.roles.contains(&Role::Admin),
        authority: a.authority.clone().filter(|_| officer),
        party: Some(a.id),
    };
    let limit = query.limit.unwrap_or(PAGE_EVENTS).clamp(1, PAGE_EVENTS);
    let events = state.store.list_events(query.after, limit, &scope).await?;
    let last = events.last().map_or(query.after, |e| e.seq);
    let list: Vec<Value> = events
        .iter()
        .map(|e| {
            json!({
                "seq": e.seq, "application": e.application, "code": e.code, "kind": e.kind, "event": e.event,
                "from": e.from_state, "to": e.to_state, "role": e.role, "authority": e.authority,
                "submission": e.submission, "permit": e.permit, "at": e.at,
            })
        })
        .collect();
    Ok(axum::Json(json!({ "events": list, "last": last })))
}
