//! The only axum: one file a resource, each with its own `router()`; assembled here under the layers that every
//! request passes.

use axum::http::{HeaderMap, header};

pub mod extract;
pub mod lang;
pub mod problem;

/// Largest body that is not an upload.
pub const JSON_LIMIT_BYTES: u64 = 2 * 1024 * 1024;

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
