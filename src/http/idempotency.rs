//! `Idempotency-Key` on POST and PUT: a replay gets the first answer, another request under the same key is 422.
//! Kept 7 days an account; not for signing in, for a secret answer is never stored.

use std::future::Future;

use axum::body::{Body, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::JSON_LIMIT_BYTES;
use super::auth::{self, User};
use super::former_units;
use super::problem::{Asked, written};
use crate::error::{Error, Result};
use crate::files::Stored;
use crate::state::AppState;
use crate::store::Store;
use crate::store::idempotency::{Answer, Begun, request_hash};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Headers of an answer that a replay repeats.
const KEPT_HEADERS: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::LOCATION,
    header::ETAG,
    HeaderName::from_static("dothi-revision"),
    former_units::HEADER,
];
/// Answers of these routes are small; a larger one is not kept.
const ANSWER_LIMIT_BYTES: usize = 1024 * 1024;

/// A request that carries a key.
#[derive(Debug)]
pub struct Request {
    account: Uuid,
    key: Option<String>,
    hash: [u8; 32],
    asked: Asked,
}

impl Request {
    /// An upload: its body is known by the hash under which it was stored.
    pub fn upload(user: &User, headers: &HeaderMap, place: &[&str], stored: &Stored) -> Self {
        let path = place.join("/");
        Self {
            account: user.account.id,
            key: key_of(headers),
            hash: request_hash("PUT", &path, stored.sha256.as_bytes()),
            asked: Asked::new(headers, &path),
        }
    }
}

fn key_of(headers: &HeaderMap) -> Option<String> {
    headers.get(KEY).and_then(|v| v.to_str().ok()).map(|k| k.trim().to_owned())
}

/// Does `work` once per key; without a key it is simply done.
pub async fn once(
    store: &Store,
    request: Request,
    work: impl Future<Output = Result<Response>>,
) -> Result<Response> {
    let Some(key) = &request.key else { return work.await };
    match store.begin_request(request.account, key, &request.hash).await? {
        Begun::First => {}
        Begun::Replay(answer) => return Ok(replay(answer)),
        Begun::AtWork => {
            return Err(Error::conflict(
                "Yêu cầu đầu tiên với khóa này còn đang được xử lý.",
                "The first request under this key is still at work.",
            ));
        }
    }
    let response = match work.await {
        Ok(response) => response,
        Err(e) => e.into_response(),
    };
    keep(store, &request, key, response).await
}

/// Keeps the answer. Faults of ours, a session that ended, and "wait" are forgotten, so that the client may try
/// again under the same key.
async fn keep(store: &Store, request: &Request, key: &str, response: Response) -> Result<Response> {
    use StatusCode as S;
    let response = written(response, &request.asked);
    let status = response.status();
    if status.is_server_error()
        || matches!(status, S::UNAUTHORIZED | S::REQUEST_TIMEOUT | S::TOO_MANY_REQUESTS)
    {
        store.abandon_request(request.account, key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_LIMIT_BYTES).await.map_err(|e| Error::internal("keep an answer", e))?;
    let text =
        |name: &HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: KEPT_HEADERS.iter().filter_map(text).collect(),
        body: body.to_vec(),
    };
    store.finish_request(request.account, key, &answer).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

/// Layer over routes with JSON bodies.
pub async fn layer(State(state): State<AppState>, request: HttpRequest, next: Next) -> Response {
    let keyed = request.headers().contains_key(KEY);
    if !keyed || !matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
        return next.run(request).await;
    }
    match keyed_request(&state, request, next).await {
        Ok(response) => response,
        Err(e) => e.into_response(),
    }
}

async fn keyed_request(state: &AppState, request: HttpRequest, next: Next) -> Result<Response> {
    let Some(session) = auth::find(state, request.headers()).await? else {
        return Err(Error::Unauthorized);
    };
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(JSON_LIMIT_BYTES).unwrap_or(usize::MAX);
    let too_large = |_| Error::TooLarge { limit_bytes: JSON_LIMIT_BYTES };
    let body = to_bytes(body, limit).await.map_err(too_large)?;
    let path = parts.uri.path_and_query().map_or("", |p| p.as_str());
    let keyed = Request {
        account: session.account.id,
        key: key_of(&parts.headers),
        hash: request_hash(parts.method.as_str(), path, &body),
        asked: Asked::new(&parts.headers, parts.uri.path()),
    };
    let request = HttpRequest::from_parts(parts, Body::from(body));
    once(&state.store, keyed, async { Ok(next.run(request).await) }).await
}
