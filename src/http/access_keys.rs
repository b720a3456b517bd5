//! Access keys (`/api/v1/access-keys`), and who asks for layers: in person (session cookie or its bearer token), by an
//! access key (HTTP Basic with the account's name, as QGIS keeps it; a bearer token; `?token=` for reading), or nobody.

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::auth::{self, Address, User};
use super::extract::{Json, Path};
use crate::access::{self, Principal};
use crate::state::AppState;
use crate::store::access_keys::{KEY_PREFIX, ListedKey, NewKey};
use crate::{Error, Result};

/// Longest life of a key, in days.
pub const MAX_DAYS: i64 = 366;
/// Longest name of a key, in characters.
pub const MAX_NAME_CHARS: usize = 80;
/// The query parameter that may hold a key for reading.
pub const TOKEN: &str = "token";

/// Routes of the keys.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/access-keys", get(list).post(create))
        .route("/api/v1/access-keys/{id}", delete(revoke))
}

/// Who asks for layers. What is sent and not in force is 401, so that a client learns that its key has ended instead
/// of being shown less.
#[derive(Debug, Clone)]
pub struct Client(pub Principal);

/// What a request shows for itself.
enum Shown {
    /// By name and key.
    Basic(String, String),
    /// A key, or the token of a session.
    Bearer(String),
    /// A key in the address.
    Query(String),
    /// Not what was agreed.
    Unreadable,
}

impl FromRequestParts<AppState> for Client {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let Some(shown) = shown(parts) else {
            let session = auth::find(state, &parts.headers).await?;
            return Ok(Self(session.map_or_else(Principal::public, |s| Principal::of(s.account))));
        };
        let found = match &shown {
            Shown::Bearer(token) if !token.starts_with(KEY_PREFIX) => {
                state.store.find_session(token).await?.map(|s| Principal::of(s.account))
            }
            Shown::Bearer(key) => state.store.find_access_key(key).await?,
            Shown::Basic(name, key) => {
                let holder = state.store.find_access_key(key).await?;
                holder.filter(|who| who.user.as_ref().is_some_and(|u| u.name.eq_ignore_ascii_case(name)))
            }
            // Addresses are written down in many places: what they hold must not be able to change anything.
            Shown::Query(key) => {
                let holder = state.store.find_access_key(key).await?;
                holder.filter(|who| who.key.as_ref().is_some_and(|k| !k.may_edit))
            }
            Shown::Unreadable => None,
        };
        let Ok(Address(address)) = Address::from_request_parts(parts, state).await;
        found.map(Self).ok_or_else(|| auth::refused_key(state, &address))
    }
}

fn shown(parts: &Parts) -> Option<Shown> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        let (scheme, rest) = value.to_str().ok().and_then(|v| v.split_once(' ')).unwrap_or_default();
        let shown = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(Shown::Bearer(rest.trim().to_owned())),
            "basic" => basic(rest.trim()),
            _ => None,
        };
        return Some(shown.unwrap_or(Shown::Unreadable));
    }
    token_in(parts.uri.query()).map(Shown::Query)
}

/// Name and key of HTTP Basic (RFC 7617, UTF-8).
fn basic(text: &str) -> Option<Shown> {
    let pair = String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()?;
    let (name, key) = pair.split_once(':')?;
    Some(Shown::Basic(name.to_owned(), key.to_owned()))
}

/// The key that stands in an address.
pub fn token_in(query: Option<&str>) -> Option<String> {
    form_urlencoded::parse(query?.as_bytes()).find(|(name, _)| name == TOKEN).map(|(_, key)| key.into_owned())
}

/// Path and query of an address without the key that stands in it, for links on pages.
pub fn without_key(uri: &Uri) -> String {
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let named = |pair: &&str| !(pair.starts_with(TOKEN) && pair[TOKEN.len()..].starts_with('='));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter(named).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// Body of `POST /api/v1/access-keys`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    #[serde(default)]
    edit: bool,
    layers: Option<Vec<String>>,
    days: Option<i64>,
}

/// `POST /api/v1/access-keys`: 201 with the key, which is told this once.
async fn create(
    State(state): State<AppState>,
    user: User,
    Address(address): Address,
    headers: HeaderMap,
    Json(wanted): Json<Wanted>,
) -> Result<Response> {
    let new = checked(&state, &user, wanted)?;
    let (id, key) = state.store.add_access_key(user.account.id, &new).await?;
    auth::audit(&state, &address, &headers, &user.principal(), "access_key_made", new.name.clone()).await?;
    let body = json!({"id": id, "key": key, "account": user.account.name, "expires_at": new.expires_at});
    let mut response = (StatusCode::CREATED, axum::Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn checked(state: &AppState, user: &User, wanted: Wanted) -> Result<NewKey> {
    let name = wanted.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.contains(char::is_control) {
        return Err(Error::invalid(
            "name",
            format!("cần 1 đến {MAX_NAME_CHARS} ký tự"),
            format!("expected 1 to {MAX_NAME_CHARS} characters"),
        ));
    }
    let days = wanted.days.unwrap_or(MAX_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Error::invalid(
            "days",
            format!("thời hạn từ 1 đến {MAX_DAYS} ngày"),
            format!("a key lasts 1 to {MAX_DAYS} days"),
        ));
    }
    let layers = wanted.layers.filter(|layers| !layers.is_empty());
    let (catalog, who) = (state.catalog.load(), user.principal());
    let seen = |id: &String| catalog.layer(id).is_some_and(|l| access::view(&who, l, &catalog).is_some());
    if let Some(unknown) = layers.iter().flatten().find(|id| !seen(id)) {
        return Err(Error::invalid(
            "layers",
            format!("không có lớp {unknown}, hoặc bạn không được xem"),
            format!("there is no layer {unknown}, or you may not see it"),
        ));
    }
    Ok(NewKey { name, may_edit: wanted.edit, layers, expires_at: Utc::now() + Duration::days(days) })
}

/// `GET /api/v1/access-keys`: one's own keys, without their text.
async fn list(State(state): State<AppState>, user: User) -> Result<axum::Json<Value>> {
    let keys = state.store.list_access_keys(user.account.id).await?;
    Ok(axum::Json(json!({"keys": keys.iter().map(told).collect::<Vec<_>>()})))
}

fn told(key: &ListedKey) -> Value {
    json!({
        "id": key.id, "name": key.name, "edit": key.may_edit, "layers": key.layers, "created_at": key.created_at,
        "expires_at": key.expires_at, "revoked_at": key.revoked_at, "last_used_at": key.last_used_at,
    })
}

/// `DELETE /api/v1/access-keys/{id}`: the key opens nothing any more.
async fn revoke(
    State(state): State<AppState>,
    user: User,
    Address(address): Address,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<StatusCode> {
    state.store.revoke_access_key(user.account.id, id).await?;
    auth::audit(&state, &address, &headers, &user.principal(), "access_key_revoked", id.to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn of(uri: &str, authorization: Option<&str>) -> Option<Shown> {
        let mut request = Request::builder().uri(uri);
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        shown(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn what_a_request_shows_is_read_from_header_or_address() {
        let basic = format!("Basic {}", BASE64_STANDARD.encode("planner:dk_a:b"));
        assert!(matches!(of("/", Some(&basic)), Some(Shown::Basic(n, k)) if n == "planner" && k == "dk_a:b"));
        assert!(matches!(of("/?token=x", Some("Bearer dk_y")), Some(Shown::Bearer(t)) if t == "dk_y"));
        assert!(matches!(of("/?a=1&token=dk_z", None), Some(Shown::Query(t)) if t == "dk_z"));
        assert!(matches!(of("/", Some("Basic !!")), Some(Shown::Unreadable)));
        assert!(matches!(of("/", Some("Digest x")), Some(Shown::Unreadable)));
        assert!(of("/?a=1", None).is_none());
        for (given, left) in
            [("/x?token=dk_z&a=1", "/x?a=1"), ("/x?token=dk_z", "/x"), ("/x?a=1&tokens=2", "/x?a=1&tokens=2")]
        {
            assert_eq!(without_key(&given.parse().unwrap()), left);
        }
    }
}
