//! What a request asks for: who asks, in which language and form, with which parameters.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::params::Params;
use crate::access::{self, Principal, View};
use crate::features::{LayerReader, Snapshot};
use crate::http::access_keys::{Client, TOKEN};
use crate::http::lang::Language;
use crate::layers::{Access, Catalog};
use crate::state::AppState;
use crate::text::Lang;
use crate::{Error, Result};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Format {
    Json,
    Html,
}

/// A request to an OGC resource.
#[derive(Debug, Clone)]
pub(in crate::http) struct Ask {
    pub who: Principal,
    pub lang: Lang,
    pub format: Format,
    pub params: Params,
    /// The access key that stands in the address, for the links of the answer; none on pages.
    token: Option<String>,
    /// Base of the service's links, without a slash at the end.
    pub base: String,
    /// Path of the request, below the base.
    pub path: String,
    pub headers: HeaderMap,
    /// The layers that are applied, for what a page says beside its matter.
    pub(super) catalog: Arc<Catalog>,
}

impl FromRequestParts<AppState> for Ask {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let Client(who) = Client::from_request_parts(parts, state).await?;
        let Ok(Language(lang)) = Language::from_request_parts(parts, state).await;
        let mut params = Params::parse(parts.uri.query().unwrap_or_default())?;
        let format = match params.get("f") {
            Some("json" | "geojson") => Format::Json,
            // Styles have encodings of their own, which they tell apart themselves.
            Some(f) if f != "html" && is_style(parts.uri.path()) => Format::Json,
            Some("mvt") if parts.uri.path().contains("/tiles/") => Format::Json,
            Some("html") => Format::Html,
            Some(other) => {
                return Err(Error::invalid(
                    "f",
                    format!("“{other}” không có ở đây; dùng json hoặc html"),
                    format!("“{other}” is not offered; use json or html"),
                ));
            }
            None => accepted(parts.headers.get(header::ACCEPT)),
        };
        // Programs follow the links of an answer with the key that they came with; a page is sent on and printed.
        let token = (format == Format::Json).then(|| params.get(TOKEN).map(str::to_owned)).flatten();
        if token.is_none() {
            params.remove(TOKEN);
        }
        if format == Format::Html {
            // A form that is sent without script sends its empty fields too.
            params.remove_empty();
        }
        Ok(Self {
            who,
            lang,
            format,
            params,
            token,
            base: state.config.base_url(),
            path: parts.uri.path().to_owned(),
            headers: parts.headers.clone(),
            catalog: state.catalog.load_full(),
        })
    }
}

/// Whether a path is that of a style, not of its metadata.
fn is_style(path: &str) -> bool {
    path.strip_prefix("/ogc/styles/").is_some_and(|id| !id.contains('/'))
}

/// The form that `Accept` prefers; JSON where it does not say.
fn accepted(value: Option<&HeaderValue>) -> Format {
    let Some(value) = value.and_then(|v| v.to_str().ok()) else { return Format::Json };
    let mut best = (Format::Json, 0.0_f32);
    for part in value.split(',') {
        let mut fields = part.split(';').map(str::trim);
        let kind = fields.next().unwrap_or_default().to_ascii_lowercase();
        let weight = fields.find_map(|f| f.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
        let format = match kind.as_str() {
            "text/html" | "application/xhtml+xml" => Format::Html,
            "*/*" | "application/*" => Format::Json,
            k if k.contains("json") => Format::Json,
            _ => continue,
        };
        if weight > best.1 {
            best = (format, weight);
        }
    }
    best.0
}

impl Ask {
    /// Address of a resource below `/ogc`.
    pub(super) fn url(&self, path: &str) -> String {
        self.keyed(format!("{}/ogc{path}", self.base))
    }

    /// An address of this service with the key that the request brought in its own.
    pub(in crate::http) fn keyed(&self, address: String) -> String {
        let Some(token) = &self.token else { return address };
        let sign = if address.contains('?') { '&' } else { '?' };
        let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        format!("{address}{sign}{TOKEN}={token}")
    }

    /// A link to this resource in JSON and one to its page, the one that is answered first being `self`.
    pub(super) fn self_links(&self, json_type: &str) -> Vec<Value> {
        let here = format!("{}{}", self.base, self.path);
        let href = |f: &str| format!("{here}?{}", self.params.with("f", f));
        let (json, html) = match self.format {
            Format::Json => ("self", "alternate"),
            Format::Html => ("alternate", "self"),
        };
        vec![
            link(&href("json"), json, json_type, self.say("Tài liệu này dạng JSON", "This document as JSON")),
            link(&href("html"), html, "text/html", self.say("Trang này", "This document as a page")),
        ]
    }

    /// One of two texts, by language.
    pub(in crate::http) fn say(&self, vi: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }

    /// A page: in the reader's language, and with his ways to go, so that it is kept for nobody else.
    pub(super) fn page(&self, page: impl IntoResponse) -> Response {
        let mut response = page.into_response();
        let headers = response.headers_mut();
        vary(headers);
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.say("vi", "en")));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        response
    }

    /// The answer in the form that is asked for.
    pub(super) fn answer<P: IntoResponse>(
        &self,
        kind: &'static str,
        json: &Value,
        page: impl FnOnce() -> P,
    ) -> Response {
        if self.format == Format::Html { self.page(page()) } else { self.json(kind, json) }
    }

    /// The answer as a document.
    pub(super) fn json(&self, kind: &'static str, json: &Value) -> Response {
        let mut response = typed(kind, json.to_string());
        vary(response.headers_mut());
        let language = match self.lang {
            Lang::Vi => "vi",
            Lang::En => "en",
        };
        response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
        // QGIS looks into its cache by the address alone: who stores a key would go on seeing what the public sees.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        response
    }
}

/// The answer depends on these.
pub(super) fn vary(headers: &mut HeaderMap) {
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, accept-encoding, accept-language, authorization, cookie"),
    );
}

/// A body of a media type.
pub(super) fn typed(kind: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A link object.
pub(super) fn link(href: &str, rel: &str, kind: &str, title: &str) -> Value {
    json!({"href": href, "rel": rel, "type": kind, "title": title})
}

/// The layer called `id` as the caller sees it, in one state of all layers. A layer that he may not see does not
/// exist; one that is applied but not loaded yet is not there for the moment.
pub(in crate::http) fn open(
    state: &AppState,
    who: &Principal,
    id: &str,
) -> Result<(LayerReader, Arc<Snapshot>)> {
    let catalog = state.catalog.load();
    let view = catalog.layer(id).and_then(|l| access::view(who, l, &catalog));
    let view = view.ok_or_else(|| Error::not_found("collection", id))?;
    let snapshot = state.features.snapshot();
    let reader = snapshot
        .layer(&view)
        .ok_or_else(|| Error::Unavailable(format!("layer {id} is not loaded yet").into()))?;
    Ok((reader, snapshot))
}

/// How answers about a layer may be kept: always asked for again by their tag, and never by a shared cache where
/// they are not for everybody.
pub(in crate::http) fn cache_headers(headers: &mut HeaderMap, view: &View, who: &Principal) {
    let shared = view.layer.access == Access::O && who.user.is_none();
    let value = if shared { "no-cache" } else { "private, no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
}

/// 304 where the caller has the answer with this tag already (RFC 9110 13.1.2: weak comparison).
pub(in crate::http) fn not_modified(headers: &HeaderMap, etag: &str) -> Option<Response> {
    let known = headers.get(header::IF_NONE_MATCH)?.to_str().ok()?;
    let bare = |t: &str| t.trim().trim_start_matches("W/").to_owned();
    let hit = known.trim() == "*" || known.split(',').any(|t| bare(t) == bare(etag));
    if !hit {
        return None;
    }
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    response.headers_mut().insert(header::ETAG, HeaderValue::from_str(etag).ok()?);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_decides_between_json_and_pages() {
        let of = |v: &'static str| accepted(Some(&HeaderValue::from_static(v)));
        assert_eq!(of("text/html,application/xhtml+xml,*/*;q=0.8"), Format::Html);
        assert_eq!(of("application/geo+json"), Format::Json);
        assert_eq!(of("text/html;q=0.2, application/json"), Format::Json);
        assert_eq!(of("image/png"), Format::Json);
        assert_eq!(accepted(None), Format::Json);
    }

    #[test]
    fn a_known_tag_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        assert!(not_modified(&headers, "\"7\"").is_none());
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"6\", W/\"7\""));
        assert_eq!(not_modified(&headers, "\"7\"").unwrap().status(), StatusCode::NOT_MODIFIED);
        assert!(not_modified(&headers, "\"8\"").is_none());
    }
}
