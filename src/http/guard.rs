//! What stands before every route: protection of cookie sessions against other sites, headers of every answer; and
//! before all but uploads the refusal of bodies that say that they are too large.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::{JSON_LIMIT_BYTES, access_keys::token_in, auth::SESSION_COOKIE, cookie};
use crate::error::Error;
use crate::text::Text;

/// What a page may load: only from here. MapLibre starts its workers from blobs and sets styles on elements.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; child-src blob:; \
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// Layer: a request that changes something and is signed in by cookie must come from our own pages.
///
/// Browsers say where a request comes from (`Sec-Fetch-Site`, or `Origin` on every cross-site POST); programs
/// that say neither are no browser and cannot be misled by a foreign page.
pub async fn same_origin(request: Request, next: Next) -> Response {
    if request.method().is_safe() || !by_cookie(&request) || is_same_origin(request.headers()) {
        return next.run(request).await;
    }
    Error::Forbidden(Text::new(
        "Yêu cầu đến từ một trang khác nên bị từ chối.",
        "The request comes from another site and was refused.",
    ))
    .into_response()
}

/// Layer: a body whose announced length is above the limit is refused before any of it is read. Without it the server
/// would wait for what it is not going to take; bodies that announce nothing are cut off by the limit while they are
/// read. Not for uploads, nor for `/wfs`, which has its own limit and form of refusal.
pub async fn announced_length(request: Request, next: Next) -> Response {
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|l| l > JSON_LIMIT_BYTES) {
        return Error::TooLarge { limit_bytes: JSON_LIMIT_BYTES }.into_response();
    }
    next.run(request).await
}

fn by_cookie(request: &Request) -> bool {
    let headers = request.headers();
    let signs_in = request.method() == Method::POST && request.uri().path().ends_with("/login");
    signs_in || (cookie(headers, SESSION_COOKIE).is_some() && !headers.contains_key(header::AUTHORIZATION))
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    // Behind a proxy the outer name stands in X-Forwarded-Host; a foreign page cannot set either header.
    let host = text("x-forwarded-host").or_else(|| text("host")).unwrap_or_default();
    Url::parse(origin).is_ok_and(|o| authority(&o).is_some_and(|a| a.eq_ignore_ascii_case(host)))
}

/// `host[:port]` as a `Host` header writes it.
fn authority(origin: &Url) -> Option<String> {
    let host = origin.host_str()?;
    Some(origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Layer: headers that keep browsers from guessing types, framing pages or loading from elsewhere. A handler's
/// own value stays.
pub async fn security_headers(request: Request, next: Next) -> Response {
    // An address with a key in it is told to nobody.
    let keyed = token_in(request.uri().query()).is_some();
    let mut response = next.run(request).await;
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", if keyed { "no-referrer" } else { "same-origin" }),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(self)"),
    ] {
        response
            .headers_mut()
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_our_pages_from_others() {
        let cases: [(&[(&str, &str)], bool); 7] = [
            (&[("sec-fetch-site", "same-origin"), ("host", "a.vn")], true),
            (&[("sec-fetch-site", "cross-site"), ("host", "a.vn")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://a.vn"), ("host", "a.vn")], false),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (&[("origin", "https://evil.example"), ("host", "a.vn")], false),
            (&[("origin", "null"), ("host", "a.vn")], false),
            (&[("host", "a.vn")], true),
        ];
        for (given, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            }
            assert_eq!(is_same_origin(&headers), expected, "{given:?}");
        }
    }
}
