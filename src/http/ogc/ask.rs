//! What a request asks for: who asks, in which language and form, with which parameters.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::format::{DOCUMENT, Format, ITEM, ITEMS, asked, negotiate};
use super::params::Params;
use crate::access::{self, Principal, View};
use crate::features::{LayerReader, Snapshot};
use crate::http::access_keys::{Client, TOKEN};
use crate::http::lang::Language;
use crate::layers::{Access, Catalog};
use crate::state::AppState;
use crate::text::Lang;
use crate::{Error, Result};

/// A request to an OGC resource.
#[derive(Debug, Clone)]
pub(in crate::http) struct Ask {
    pub who: Principal,
    pub lang: Lang,
    pub format: Format,
    /// The forms in which the resource is offered, the first of them where the request does not choose.
    pub offered: &'static [Format],
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

/// A request to the items of a collection.
pub(super) struct ItemsAsk(pub Ask);

/// A request to one item.
pub(super) struct ItemAsk(pub Ask);

impl FromRequestParts<AppState> for Ask {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        Self::of(parts, state, DOCUMENT).await
    }
}

impl FromRequestParts<AppState> for ItemsAsk {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        Ask::of(parts, state, ITEMS).await.map(Self)
    }
}

impl FromRequestParts<AppState> for ItemAsk {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        Ask::of(parts, state, ITEM).await.map(Self)
    }
}

impl Ask {
    /// The request to a resource that is offered in these forms; there is nothing to choose where it is but one.
    pub(super) async fn of(parts: &mut Parts, state: &AppState, offered: &'static [Format]) -> Result<Self> {
        let Client(who) = Client::from_request_parts(parts, state).await?;
        let Ok(Language(lang)) = Language::from_request_parts(parts, state).await;
        let mut params = Params::parse(parts.uri.query().unwrap_or_default())?;
        // Styles and tiles have encodings of their own; those of styles they tell apart themselves.
        let (style, tile) = (is_style(parts.uri.path()), parts.uri.path().contains("/tiles/"));
        // Who writes asks for no form: the answer is a place and a tag, or a problem.
        let writes = !matches!(parts.method, Method::GET | Method::HEAD);
        let own = style || tile || writes;
        let format = match (params.get("f"), offered) {
            (_, [only]) => *only,
            (Some(name), _) if style && name != "html" || tile && name == "mvt" => Format::Json,
            (Some(name), _) => asked(name, offered)?,
            (None, _) => match negotiate(parts.headers.get_all(header::ACCEPT), offered) {
                Err(_) if own => Format::Json,
                negotiated => negotiated?,
            },
        };
        // Programs follow the links of an answer with the key that they came with; a page is sent on and printed.
        let token = (format != Format::Html).then(|| params.get(TOKEN).map(str::to_owned)).flatten();
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
            offered,
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

    /// Links to this resource in each of its forms, the one that is answered being `self`; `json_type` is the media type
    /// of its JSON.
    pub(super) fn self_links(&self, json_type: &'static str) -> Vec<Value> {
        let here = format!("{}{}", self.base, self.path);
        let links = self.offered.iter().map(|format| {
            let rel = if *format == self.format { "self" } else { "alternate" };
            let href = format!("{here}?{}", self.params.with("f", format.name()));
            let title = match format {
                Format::Json => self.say("Tài liệu này dạng JSON", "This document as JSON").to_owned(),
                Format::Html => self.say("Trang này", "This document as a page").to_owned(),
                Format::Other(form) => {
                    format!("{} {}", self.say("Tài liệu này dạng", "This document as"), form.title())
                }
            };
            link(&href, rel, format.media_type(json_type), &title)
        });
        links.collect()
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

/// Links as the header `Link` (RFC 8288), for forms that have no room for them. Titles are left out: their language
/// would have to be encoded, and programs do not read them.
pub(super) fn link_header(headers: &mut HeaderMap, links: &[Value]) {
    let text = |l: &Value, name: &str| l[name].as_str().unwrap_or_default().to_owned();
    let list: Vec<String> = links
        .iter()
        .map(|l| format!("<{}>; rel=\"{}\"; type=\"{}\"", text(l, "href"), text(l, "rel"), text(l, "type")))
        .collect();
    headers.extend(HeaderValue::from_str(&list.join(", ")).map(|value| (header::LINK, value)));
}

/// A link object.
pub(super) fn link(href: &str, rel: &str, kind: &str, title: &str) -> Value {
    json!({"href": href, "rel": rel, "type": kind, "title": title})
}

/// The layer called `id` as the caller sees it, in one state of all layers, to read its items in memory. A layer that he
/// may not see does not exist; one that is applied but not loaded yet is not there for the moment.
pub(in crate::http) fn open(
    state: &AppState,
    who: &Principal,
    id: &str,
) -> Result<(LayerReader, Arc<Snapshot>)> {
    let (reader, snapshot) = look_up(state, who, id)?;
    if reader.is_outside() {
        return Err(Error::NotInMemory(id.to_owned()));
    }
    Ok((reader, snapshot))
}

/// The same for who does not read items: the layer may be too large for memory.
pub(in crate::http) fn look_up(
    state: &AppState,
    who: &Principal,
    id: &str,
) -> Result<(LayerReader, Arc<Snapshot>)> {
    let catalog = state.catalog.load();
    let view = catalog.layer(id).and_then(|l| access::view(who, l, &catalog));
    let view = view.ok_or_else(|| Error::not_found("collection", id))?;
    let snapshot = state.features.snapshot();
    let reader = snapshot
        .described(&view)
        .ok_or_else(|| Error::Unavailable(format!("layer {id} is not loaded yet").into()))?;
    Ok((reader, snapshot))
}

/// Whether an answer about the layer is the same for everybody, so that a shared cache may keep it.
pub(in crate::http) fn is_anyones(view: &View, who: &Principal) -> bool {
    view.layer.access == Access::O && who.user.is_none()
}

/// How answers about a layer may be kept: always asked for again by their tag, and never by a shared cache where
/// they are not for everybody.
pub(in crate::http) fn cache_headers(headers: &mut HeaderMap, view: &View, who: &Principal) {
    let value = if is_anyones(view, who) { "no-cache" } else { "private, no-cache" };
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
    fn a_known_tag_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        assert!(not_modified(&headers, "\"7\"").is_none());
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"6\", W/\"7\""));
        assert_eq!(not_modified(&headers, "\"7\"").unwrap().status(), StatusCode::NOT_MODIFIED);
        assert!(not_modified(&headers, "\"8\"").is_none());
    }
}
