//! WFS 2.0.0, 1.1.0 and 1.0.0 (OGC 09-025r2, 04-094, 02-058) at `/wfs`, over the layers in memory: by key-value pairs
//! and by XML.
//!
//! A layer or an attribute that the caller may not see answers as one that does not exist. Keys are read in any case
//! and unknown ones are ignored, since clients send their own. Every refusal is an exception report of the request's
//! version.

mod answer;
mod capabilities;
mod capabilities_1_0;
mod describe;
mod document;
mod fault;
mod fes;
mod find;
#[doc(hidden)]
pub mod fuzzing;
mod gml;
mod kvp;
mod names;
mod operation;
mod query;
mod stored;
mod transaction;
mod version;
mod xml;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use url::form_urlencoded;

use crate::Error;
use crate::access::Principal;
use crate::http::access_keys::{Client, TOKEN, token_in};
use crate::http::lang::Language;
use crate::http::ogc::{any_origin, compression};
use crate::state::AppState;
use crate::text::Lang;

pub(super) use document::{bounded_by, of_one_layer};

use fault::Fault;
use kvp::Pairs;
use operation::Request as Asked;
use version::Version;

/// Largest request in XML, bytes: a transaction of some ten thousand vertices.
const XML_LIMIT_BYTES: u64 = 8 * 1024 * 1024;

/// Who asks, and how he is answered.
struct Ask {
    who: Principal,
    lang: Lang,
    /// Address of the service, as clients reach it.
    address: String,
    /// The access key that stands in the request's address.
    key: Option<String>,
}

/// The route.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/wfs", get(by_pairs).post(by_xml))
        .layer(DefaultBodyLimit::max(XML_LIMIT_BYTES as usize))
        .layer(compression())
        .layer(middleware::from_fn(any_origin))
}

impl Ask {
    async fn new(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let Client(who) = Client::from_request_parts(parts, state).await?;
        let Ok(Language(lang)) = Language::from_request_parts(parts, state).await;
        let address = format!("{}/wfs", state.config.base_url());
        let key = token_in(parts.uri.query())
            .map(|key| form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>());
        Ok(Self { who, lang, address, key })
    }

    /// The address at which the client goes on, with the access key that it brought in its own, and with `pairs`.
    fn onwards(&self, pairs: &str) -> String {
        let key = self.key.as_ref().map(|key| format!("{TOKEN}={key}"));
        let query: Vec<&str> =
            key.as_deref().into_iter().chain((!pairs.is_empty()).then_some(pairs)).collect();
        if query.is_empty() { self.address.clone() } else { format!("{}?{}", self.address, query.join("&")) }
    }

    fn say(&self, vi: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }
}

/// `GET /wfs`
async fn by_pairs(State(state): State<AppState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let pairs = Pairs::parse(parts.uri.query().unwrap_or_default());
    let version = pairs.version();
    let answered = async {
        let ask = Ask::new(&mut parts, &state).await?;
        let asked = operation::by_pairs(&pairs)?;
        run(&state, &ask, &asked, Some(&pairs)).await
    };
    answered.await.unwrap_or_else(|fault: Fault| fault.response(version, &parts))
}

/// `POST /wfs`: XML, or the pairs of a form.
async fn by_xml(State(state): State<AppState>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let (mut version, mut writes) = (Version::V20, false);
    let answered = async {
        let ask = Ask::new(&mut parts, &state).await?;
        let bytes = bytes(&parts, body, &state).await?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Fault::parsing("body", "nội dung phải là UTF-8", "the body must be UTF-8"))?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/x-www-form-urlencoded") && !text.trim_start().starts_with('<') {
            let pairs = Pairs::parse(text);
            version = pairs.version();
            return run(&state, &ask, &operation::by_pairs(&pairs)?, Some(&pairs)).await;
        }
        let root = xml::parse(text)?;
        version = root.attribute("version").map_or(version, Version::nearest);
        if root.name == "Transaction" {
            writes = true;
            let version = operation::by_xml_version(&root)?;
            return transaction::answer(&state, &ask, version, &root, &parts.headers).await;
        }
        run(&state, &ask, &operation::by_xml(&root)?, None).await
    };
    answered.await.unwrap_or_else(|fault: Fault| match (writes, version) {
        (true, Version::V10) => fault.of_transaction(&parts),
        _ => fault.response(version, &parts),
    })
}

/// The body; one that says that it is too large is not read.
async fn bytes(parts: &Parts, body: axum::body::Body, state: &AppState) -> Result<Bytes, Fault> {
    let too_large = || Fault::from(Error::TooLarge { limit_bytes: XML_LIMIT_BYTES });
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|l| l > XML_LIMIT_BYTES) {
        return Err(too_large());
    }
    let request = Request::from_parts(parts.clone(), body);
    let read: Result<Bytes, BytesRejection> =
        <Bytes as axum::extract::FromRequest<AppState>>::from_request(request, state).await;
    read.map_err(|_| too_large())
}

async fn run(state: &AppState, ask: &Ask, asked: &Asked, pairs: Option<&Pairs>) -> Result<Response, Fault> {
    match asked {
        Asked::Capabilities(version) => Ok(capabilities::answer(state, ask, *version)),
        Asked::Describe { version, types } => describe::answer(state, ask, *version, types),
        Asked::Features(asked) => answer::features(state, ask, asked, pairs).await,
        Asked::Values { asked, reference } => answer::values(state, ask, asked, reference, pairs).await,
        Asked::ListStored => Ok(stored::list(state, ask)),
        Asked::DescribeStored(ids) => stored::describe(state, ask, ids),
    }
}

/// An XML document.
fn document(kind: &'static str, text: String) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // QGIS looks into its cache by the address alone: who stores a key would go on seeing what the public sees.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    vary(headers);
    response
}

/// The answer depends on these.
fn vary(headers: &mut HeaderMap) {
    let names = HeaderValue::from_static("accept-encoding, accept-language, authorization, cookie");
    headers.insert(header::VARY, names);
}
