//! `POST /api/v1/password`: sets a new password by name and present password, which may be a one-time one.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, http::HeaderName};
use serde::Deserialize;

use super::auth::{self, Address};
use super::extract::Json;
use crate::access::Principal;
use crate::state::AppState;
use crate::{Error, Result};

/// Routes of the password.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/password", post(change))
}

/// Body of the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: String,
    password: String,
    new_password: String,
}

/// Ends every session of the account and opens one for this client.
async fn change(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    Json(given): Json<Change>,
) -> Result<Response> {
    let (account, _) = auth::verify(&state, &address, &headers, &given.name, &given.password).await?;
    if given.new_password == given.password {
        return Err(Error::invalid(
            "new_password",
            "mật khẩu mới phải khác mật khẩu cũ",
            "the new password must differ from the old one",
        ));
    }
    state.store.set_password(account.id, given.new_password).await?;
    let who = Principal::of(account.clone());
    auth::audit(&state, &address, &headers, &who, "password_changed", account.name.clone()).await?;
    let token = auth::open(&state, &address, &headers, &account).await?;
    let cookie: [(HeaderName, HeaderValue); 1] =
        [(header::SET_COOKIE, auth::session_cookie(&state, &token)?)];
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}
