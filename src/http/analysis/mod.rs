//! `POST /api/v1/analysis`: questions over layers, answered from memory with the rights of who asks.
//!
//! The answer is GeoJSON with the table's columns, or CSV (`f=csv`). With `Accept: application/x-ndjson` it comes as
//! lines: `{"progress":0.42}` while the work goes on, then the answer in one line, so that a page can show how far
//! it is. Whoever closes the connection gives the work up.

mod answer;
mod request;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::stream;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::auth::Session;
use super::extract::{Json, Query};
use super::lang::Language;
use super::problem::{self, Asked};
use crate::analysis::{Outcome, Progress, Work};
use crate::error::{Error, Result};
use crate::state::AppState;
use request::Request;

/// Longest time that one question may take.
const WITHIN: Duration = Duration::from_secs(50);
/// Time between two words on the progress.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// Longest wait for a turn.
const TURN_WITHIN: Duration = Duration::from_secs(8);
/// Questions at work at once; the cores are there for the others too.
static AT_WORK: Semaphore = Semaphore::const_new(2);

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/api/v1/analysis", post(ask))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    f: Answer,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    #[default]
    Json,
    Csv,
}

/// `POST /api/v1/analysis`
async fn ask(
    State(state): State<AppState>,
    Session(who): Session,
    Language(lang): Language,
    Query(form): Query<Form>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<Response> {
    // What is wrong with the question is told before any work begins.
    let question = request.ready(&state, &who)?;
    let rows_wanted = question.limit(form.f == Answer::Csv);
    let progress = Progress::default();
    let catalog = state.catalog.load_full();
    let mut given_up = GiveUp(Some(progress.clone()));
    let turn = tokio::time::timeout(TURN_WITHIN, AT_WORK.acquire())
        .await
        .map_err(|_| Error::TooManyRequests { retry_after_s: 10 })?
        .map_err(|e| Error::internal("wait for a turn", e))?;
    let work = Work::new(progress.clone(), WITHIN);
    let at_work = tokio::task::spawn_blocking(move || {
        let (_turn, mut work) = (turn, work);
        question.answer(rows_wanted, &mut work)
    });
    let lines =
        headers.get(header::ACCEPT).is_some_and(|v| v.as_bytes().starts_with(b"application/x-ndjson"));
    if lines {
        let write = move |o: Outcome| answer::json(&o, &catalog, lang);
        let asked = Asked::new(&headers, "/api/v1/analysis");
        return Ok(as_lines(at_work, progress, given_up, asked, write));
    }
    let outcome = at_work.await.map_err(|e| Error::internal("analysis", e))??;
    given_up.0 = None;
    let (kind, body) = match form.f {
        Answer::Json => ("application/geo+json", answer::json(&outcome, &catalog, lang)),
        Answer::Csv => ("text/csv; charset=utf-8", answer::csv(&outcome, &catalog, lang)?),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if form.f == Answer::Csv {
        let name = HeaderValue::from_static("attachment; filename=\"phan-tich.csv\"");
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Gives the work up when the answer is dropped: the client is gone.
struct GiveUp(Option<Progress>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        if let Some(progress) = &self.0 {
            progress.give_up();
        }
    }
}

fn as_lines(
    at_work: JoinHandle<Result<Outcome>>,
    progress: Progress,
    given_up: GiveUp,
    asked: Asked,
    write: impl Fn(Outcome) -> Vec<u8> + Send + 'static,
) -> Response {
    let begin = (Some(at_work), write, given_up);
    let parts = stream::unfold(begin, move |(at_work, write, mut given_up)| {
        let (progress, asked) = (progress.clone(), asked.clone());
        async move {
            let mut at_work = at_work?;
            let line = match tokio::time::timeout(TELL_EVERY, &mut at_work).await {
                Err(_) => {
                    let line = format!("{{\"progress\":{:.3}}}\n", progress.done());
                    return Some((Ok(Bytes::from(line)), (Some(at_work), write, given_up)));
                }
                Ok(Ok(Ok(outcome))) => {
                    let mut line = write(outcome);
                    line.push(b'\n');
                    line
                }
                Ok(Ok(Err(error))) => problem_line(&error, &asked),
                Ok(Err(fault)) => problem_line(&Error::internal("analysis", fault), &asked),
            };
            given_up.0 = None;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from(line)), (None, write, given_up)))
        }
    });
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// The problem as a line, for the head of the answer has long been sent.
fn problem_line(error: &Error, asked: &Asked) -> Vec<u8> {
    let mut line = serde_json::json!({ "problem": problem::late(error, asked) }).to_string().into_bytes();
    line.push(b'\n');
    line
}
