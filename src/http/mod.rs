//! The only axum: one file a resource, each with its own `router()`; assembled here under the layers that every
//! request passes.

use std::any::Any;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router, middleware};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::error::Error;
use crate::state::AppState;

pub mod access_keys;
mod analysis;
mod area;
pub mod as_of;
pub mod auth;
pub mod edit;
pub mod edit_item;
pub mod extract;
mod family;
mod former_units;
mod guard;
pub mod health;
pub mod history;
mod idempotency;
pub mod imports;
mod item_title;
pub mod lang;
pub mod lineage;
pub mod ogc;
pub mod password;
pub mod permits;
pub mod portal;
pub mod problem;
pub mod quality;
mod rate;
pub mod search;
pub mod server;
mod stream;
mod symbols;
pub mod tiles;
mod units;
pub mod wfs;

/// Largest body that is not an upload.
pub const JSON_LIMIT_BYTES: u64 = 2 * 1024 * 1024;
/// Time for the head of an answer; bodies stream on without a limit, uploads have their own.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// Everything that is served.
pub fn router(state: AppState) -> Router {
    let as_of = || middleware::from_fn_with_state(state.clone(), as_of::mark);
    let layers = Router::new()
        .merge(ogc::router(&state))
        .merge(tiles::router())
        .merge(symbols::router())
        .layer(as_of());
    let timed = layers
        .merge(analysis::router())
        .merge(access_keys::router())
        .merge(auth::router())
        .merge(password::router())
        .merge(health::router())
        .merge(portal::router())
        .merge(edit::router())
        .merge(edit_item::router(&state))
        .merge(lineage::router(&state))
        .merge(quality::router())
        .merge(permits::router(&state))
        .merge(units::router())
        .merge(history::router(&state))
        .merge(imports::router(&state))
        .layer(middleware::from_fn(guard::announced_length))
        .merge(wfs::router().layer(as_of()))
        .layer(Extension(portal::catalogue::activity::Activity::default()))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_WITHIN));
    let untimed = permits::uploads().merge(imports::uploads());
    let mut routes = timed.merge(untimed).fallback(unknown_path).method_not_allowed_fallback(wrong_method);
    if let Some(limit) = rate::Limit::of(&state.config) {
        routes = routes.layer(middleware::from_fn_with_state((state.clone(), limit), rate::limit));
    }
    layered(routes, &state).with_state(state)
}

/// The layers around all routes; a request passes them from the outside (first) in.
fn layered(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    let request_id = HeaderName::from_static(problem::REQUEST_ID);
    routes.layer(DefaultBodyLimit::max(JSON_LIMIT_BYTES as usize)).layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(own_request_id))
            .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
            .layer(PropagateRequestIdLayer::new(request_id))
            .layer(TraceLayer::new_for_http().make_span_with(span))
            .layer(middleware::from_fn(health::count))
            .layer(middleware::from_fn(guard::security_headers))
            .layer(middleware::from_fn_with_state(state.clone(), problem::render))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(middleware::from_fn(guard::same_origin)),
    )
}

/// A request id is ours: one that a client sends could write anything into the log.
async fn own_request_id(mut request: Request, next: middleware::Next) -> Response {
    request.headers_mut().remove(problem::REQUEST_ID);
    next.run(request).await
}

/// Names method and path only: a query may hold a token, a header a password.
fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    let id = request.headers().get(problem::REQUEST_ID).and_then(|v| v.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that the layer asks for")]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| cause.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_default();
    Error::internal("handler panicked", text).into_response()
}

async fn unknown_path(request: Request) -> Error {
    Error::not_found("page", request.uri().path())
}

async fn wrong_method() -> Error {
    Error::MethodNotAllowed("GET, HEAD, POST, PUT, PATCH, DELETE")
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(n, v)| (n == name).then_some(v))
}
