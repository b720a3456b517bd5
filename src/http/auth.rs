//! Signing in and out, and who a request comes from: the session cookie, or a bearer token.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cookie;
use super::extract::Json;
use super::problem::REQUEST_ID;
use crate::access::{Account, Principal};
use crate::error::{Error, Result};
use crate::state::AppState;
use crate::store::accounts::SignIn;
use crate::store::audit::Entry;
use crate::store::sessions::Session as Stored;
use crate::text::Text;

/// Name of the session cookie.
pub const SESSION_COOKIE: &str = "dothi_session";
/// Wrong passwords from one address, or for one name, before it waits.
const MAX_FAILURES: u32 = 20;
/// For how long failures are remembered.
const FAILURE_WINDOW: Duration = Duration::from_mins(5);

/// Routes of signing in and out.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/login", post(login))
        .route("/api/v1/logout", post(logout))
        .route("/api/v1/me", get(me))
}

/// Who asks; the public where nobody is signed in. A token that is not in force is 401, so that a client learns
/// that its session has ended instead of being shown less.
#[derive(Debug, Clone)]
pub struct Session(pub Principal);

impl FromRequestParts<AppState> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let by_header = parts.headers.contains_key(header::AUTHORIZATION);
        match find(state, &parts.headers).await? {
            Some(session) => Ok(Self(Principal::of(session.account))),
            None if by_header => Err(Error::Unauthorized),
            None => Ok(Self(Principal::public())),
        }
    }
}

/// A signed-in account; nobody else comes in.
#[derive(Debug, Clone)]
pub struct User {
    /// The account.
    pub account: Account,
}

impl User {
    /// As the deciders of rights take it.
    pub fn principal(&self) -> Principal {
        Principal::of(self.account.clone())
    }
}

impl FromRequestParts<AppState> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let session = find(state, &parts.headers).await?.ok_or(Error::Unauthorized)?;
        Ok(Self { account: session.account })
    }
}

/// The session of a request, by bearer token or else cookie.
pub async fn find(state: &AppState, headers: &HeaderMap) -> Result<Option<Stored>> {
    match token(headers) {
        Some(token) => state.store.find_session(token).await,
        None => Ok(None),
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        }
        None => cookie(headers, SESSION_COOKIE),
    }
}

/// Body of `POST /api/v1/login`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: String,
}

/// Network address of the client, for the audit: of the proxy's choosing where there is one.
pub struct Address(pub String);

impl FromRequestParts<AppState> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let forwarded = || parts.headers.get("x-forwarded-for")?.to_str().ok()?.rsplit(',').next();
        if let Some(address) = forwarded().filter(|_| state.config.behind_proxy) {
            return Ok(Self(address.trim().to_owned()));
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|p| p.0.ip().to_string()).unwrap_or_default()))
    }
}

/// `POST /api/v1/login`: a session cookie for browsers, and the token for `Authorization: Bearer`.
async fn login(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    Json(given): Json<Credentials>,
) -> Result<Response> {
    let (token, account) = sign_in(&state, &address, &headers, &given.name, &given.password).await?;
    let body = json!({"token": token, "account": account_json(&account)});
    let mut response = (StatusCode::OK, axum::Json(body)).into_response();
    response.headers_mut().append(header::SET_COOKIE, session_cookie(&state, &token)?);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Checks name and password and opens a session. A one-time password opens none: it must be changed first.
pub async fn sign_in(
    state: &AppState,
    address: &str,
    headers: &HeaderMap,
    name: &str,
    password: &str,
) -> Result<(String, Account)> {
    let (account, must_change_password) = verify(state, address, headers, name, password).await?;
    if must_change_password {
        return Err(Error::Forbidden(Text::new(
            "Đây là mật khẩu dùng một lần. Hãy đặt mật khẩu mới tại trang /password rồi đăng nhập.",
            "This is a one-time password. Set a new one at /password, then sign in.",
        )));
    }
    let token = open(state, address, headers, &account).await?;
    Ok((token, account))
}

/// Checks name and password, within the limits of wrong ones. Says whether the password must be changed.
pub async fn verify(
    state: &AppState,
    address: &str,
    headers: &HeaderMap,
    name: &str,
    password: &str,
) -> Result<(Account, bool)> {
    // The same limit for names that exist and for those that do not: an answer tells nothing about accounts.
    let keys = [format!("name {name}"), format!("address {address}")];
    if let Some(wait) = keys.iter().find_map(|k| FAILURES.wait(k)) {
        return Err(Error::TooManyRequests { retry_after_s: wait });
    }
    match state.store.sign_in(name, password).await? {
        SignIn::Welcome { account, must_change_password } => Ok((account, must_change_password)),
        SignIn::Refused | SignIn::Locked(_) => {
            for key in &keys {
                FAILURES.count(key);
            }
            let name = name.chars().take(80).collect::<String>();
            audit(state, address, headers, &Principal::public(), "sign_in_failed", name).await?;
            Err(Error::Unauthorized)
        }
    }
}

/// The answer to a key or token that is not in force. A program that goes on asking with it is told to wait; others
/// behind its address are not, and neither is who signs in with a password.
pub fn refused_key(state: &AppState, address: &str) -> Error {
    // Of this server: a process may hold several.
    let key = format!("key from {address} at {}", state.config.listen);
    FAILURES.count(&key);
    FAILURES.wait(&key).map_or(Error::Unauthorized, |wait| Error::TooManyRequests { retry_after_s: wait })
}

/// Opens a session for an account whose password was checked.
pub async fn open(state: &AppState, address: &str, headers: &HeaderMap, account: &Account) -> Result<String> {
    let client = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let token = state.store.open_session(account.id, client, address).await?;
    let who = Principal::of(account.clone());
    audit(state, address, headers, &who, "sign_in", account.name.clone()).await?;
    Ok(token)
}

/// Records something that was done with an account.
pub async fn audit(
    state: &AppState,
    address: &str,
    headers: &HeaderMap,
    who: &Principal,
    action: &'static str,
    name: String,
) -> Result<()> {
    let request_id = headers.get(REQUEST_ID).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut entry = Entry::new(who, action, "account", name);
    (entry.address, entry.request_id) = (address.to_owned(), request_id.to_owned());
    state.store.audit(&entry).await
}

/// The cookie of a session. `Secure` only where the service is reached by https, else browsers would drop it.
pub fn session_cookie(state: &AppState, token: &str) -> Result<HeaderValue> {
    let secure = if state.config.is_https() { "; Secure" } else { "" };
    let text = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200{secure}");
    HeaderValue::from_str(&text).map_err(|e| Error::internal("write a cookie", e))
}

/// The cookie that ends a session in the browser.
pub fn ended_cookie() -> HeaderValue {
    HeaderValue::from_static("dothi_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// `POST /api/v1/logout`.
async fn logout(State(state): State<AppState>, headers: HeaderMap) -> Result<Response> {
    if let Some(token) = token(&headers) {
        state.store.close_session(token).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().append(header::SET_COOKIE, ended_cookie());
    Ok(response)
}

/// `GET /api/v1/me`: the account that is signed in.
async fn me(user: User) -> axum::Json<Value> {
    axum::Json(account_json(&user.account))
}

fn account_json(a: &Account) -> Value {
    json!({
        "id": a.id, "name": a.name, "display_name": a.display_name, "roles": a.roles, "authority": a.authority,
        "agency": a.agency,
    })
}

static FAILURES: LazyLock<Failures> = LazyLock::new(Failures::default);

/// Wrong passwords of late, on this node, by name and by address. (The account itself is locked in the database,
/// for all nodes.)
#[derive(Default)]
struct Failures(Mutex<HashMap<String, (u32, Instant)>>);

impl Failures {
    /// Seconds to wait, where there were too many.
    fn wait(&self, key: &str) -> Option<u32> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, since) = found.get(key)?;
        let left = FAILURE_WINDOW.checked_sub(since.elapsed())?;
        (*count >= MAX_FAILURES).then_some(left.as_secs() as u32 + 1)
    }

    fn count(&self, key: &str) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.retain(|_, (_, since)| since.elapsed() < FAILURE_WINDOW);
        found.entry(key.to_owned()).or_insert_with(|| (0, Instant::now())).0 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_wrong_passwords_make_wait() {
        let failures = Failures::default();
        (0..MAX_FAILURES).for_each(|_| failures.count("name a"));
        assert!(failures.wait("name a").is_some_and(|s| s <= 301));
        assert_eq!(failures.wait("name b"), None);
    }

    #[test]
    fn a_bearer_token_goes_before_the_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "dothi_session=c".parse().unwrap());
        assert_eq!(token(&headers), Some("c"));
        headers.insert(header::AUTHORIZATION, "Bearer b".parse().unwrap());
        assert_eq!(token(&headers), Some("b"));
        headers.insert(header::AUTHORIZATION, "Basic b".parse().unwrap());
        assert_eq!(token(&headers), None);
    }
}
