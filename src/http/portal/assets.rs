//! The bundle of `web/dist`, inside the binary: scripts, styles, fonts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::InvalidHeaderValue;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::error::Error;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Dist;

/// Entry names (`map.ts`, `portal.css`) to the hashed names that the bundler gave them.
static MANIFEST: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let file = Dist::get("manifest.json").expect("build.rs refuses a bundle without its manifest");
    serde_json::from_slice(&file.data).expect("web/build.mjs writes a JSON object of names")
});

/// Address of a bundled entry, such as `map.ts`.
pub fn url(entry: &str) -> String {
    let name = MANIFEST.get(entry).unwrap_or_else(|| panic!("web/build.mjs has no entry {entry}"));
    format!("/assets/{name}")
}

/// A file of the bundle.
pub fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    Dist::get(path).map(|file| file.data)
}

/// Serves a file of the bundle. Names with a hash never change; others are asked for again with their ETag.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    let file = Dist::get(&path).ok_or_else(|| Error::not_found("asset", path.clone()))?;
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    let cache =
        if is_hashed(&path) { "public, max-age=31536000, immutable" } else { "public, max-age=86400" };
    let seen = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    if seen.is_some_and(|tags| tags.split(',').any(|t| t.trim().trim_start_matches("W/") == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let mime = mime_guess::from_path(&path).first_or_octet_stream().to_string();
    let mut response = file.data.into_owned().into_response();
    let answer = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, mime.as_str()),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, &etag),
        // Map styles that are opened elsewhere point to the fonts here.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        answer.insert(
            name,
            value.parse().map_err(|e: InvalidHeaderValue| Error::internal("header of an asset", e))?,
        );
    }
    Ok(response)
}

/// Whether the bundler put a hash of the content into the name (`map-VVFVQZ33.js`).
fn is_hashed(path: &str) -> bool {
    path.rsplit_once('.')
        .and_then(|(stem, _)| stem.rsplit_once('-'))
        .is_some_and(|(_, hash)| hash.len() == 8 && hash.chars().all(|c| c.is_ascii_alphanumeric()))
        && !path.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_that_pages_name_is_bundled() {
        let entries = "portal.ts map.ts case.ts catalogue.ts changes.ts import.ts analysis.ts edit.ts portal.css map.css edit.css";
        for entry in entries.split(' ') {
            let name = url(entry);
            assert!(Dist::get(name.trim_start_matches("/assets/")).is_some(), "{name}");
        }
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        assert!(is_hashed("map-VVFVQZ33.js"));
        assert!(!is_hashed("fonts/noto-sans-vietnamese-400-normal.woff2"));
        assert!(!is_hashed("manifest.json"));
    }

    #[test]
    fn the_fonts_of_map_styles_are_there() {
        for subset in ["latin", "latin-ext", "vietnamese"] {
            assert!(Dist::get(&format!("fonts/noto-sans-{subset}-500-normal.woff2")).is_some());
        }
    }
}
