//! The language of an answer: the cookie `dothi_lang`, else Vietnamese on pages and `Accept-Language` for programs.
//! Browsers in Vietnam often ask for English without their owner's knowledge, so a page goes by the switch alone.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};

use super::cookie;
use crate::text::Lang;

/// Name of the cookie that keeps a visitor's choice (`vi` or `en`).
pub const LANG_COOKIE: &str = "dothi_lang";

/// The language in which a request wants its answer.
#[derive(Debug, Clone, Copy)]
pub struct Language(pub Lang);

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(of_headers(&parts.headers)))
    }
}

/// The language that the headers ask for.
pub fn of_headers(headers: &HeaderMap) -> Lang {
    let named = |name: &str| match name {
        "vi" => Some(Lang::Vi),
        "en" => Some(Lang::En),
        _ => None,
    };
    let text = |name: header::HeaderName| headers.get(name)?.to_str().ok();
    let is_page = text(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    cookie(headers, LANG_COOKIE)
        .and_then(named)
        .or_else(|| if is_page { None } else { accepted(text(header::ACCEPT_LANGUAGE)?) })
        .unwrap_or_default()
}

/// The best of the two languages in an `Accept-Language` value (RFC 9110 12.5.4): the highest weight, at equal
/// weight the first.
fn accepted(value: &str) -> Option<Lang> {
    let mut best: Option<(Lang, f32)> = None;
    for part in value.split(',') {
        let mut fields = part.split(';').map(str::trim);
        let tag = fields.next().unwrap_or_default().to_ascii_lowercase();
        let weight = fields.find_map(|f| f.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
        let lang = match tag.split('-').next() {
            Some("vi" | "*") => Lang::Vi,
            Some("en") => Lang::En,
            _ => continue,
        };
        if weight > 0.0 && best.is_none_or(|(_, w)| weight > w) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_by_weight_and_order() {
        for (value, expected) in [
            ("en-GB,en;q=0.9", Some(Lang::En)),
            ("vi,en;q=0.9", Some(Lang::Vi)),
            ("fr, en;q=0.4, vi;q=0.6", Some(Lang::Vi)),
            ("*", Some(Lang::Vi)),
            ("en;q=0, fr", None),
        ] {
            assert_eq!(accepted(value), expected, "{value}");
        }
    }

    #[test]
    fn the_cookie_comes_first() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "vi".parse().unwrap());
        headers.insert(header::COOKIE, "a=b; dothi_lang=en".parse().unwrap());
        assert_eq!(of_headers(&headers), Lang::En);
    }

    #[test]
    fn a_page_goes_by_the_switch_alone() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "en-US".parse().unwrap());
        assert_eq!(of_headers(&headers), Lang::En);
        headers.insert(header::ACCEPT, "text/html,application/xhtml+xml".parse().unwrap());
        assert_eq!(of_headers(&headers), Lang::Vi);
    }
}
