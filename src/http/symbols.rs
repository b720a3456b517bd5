//! `/fonts` and `/ogc/sprites`: glyphs and icons of map styles, open to pages of any origin. They tell nothing of any
//! data and are the same for everybody.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use bytes::Bytes;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::ogc::{self, not_modified};
use super::portal::assets;
use crate::layers::icons;
use crate::state::AppState;
use crate::symbols::sprite::Sprite;
use crate::symbols::{glyphs, sprite};
use crate::{Error, Result};

/// Fonts by the names that styles give them, with their files in the bundle.
const FONTS: [(&str, &str); 3] = [
    ("Noto Sans Regular", "fonts/NotoSans-Regular.ttf"),
    ("Noto Sans Medium", "fonts/NotoSans-Medium.ttf"),
    ("Noto Sans Italic", "fonts/NotoSans-Italic.ttf"),
];
/// Media type of glyph ranges and vector tiles' cousins.
const PBF: &str = "application/x-protobuf";
/// A day: they change with the program only.
const KEEP: Duration = Duration::from_hours(24);

/// Ranges that were made, by font and first code point. A font has a few dozen ranges that hold anything, of about
/// 100 KiB.
static RANGES: LazyLock<Cache<(usize, u32), Bytes>> = LazyLock::new(|| Cache::new(128));
/// The sheets of icons for screens of one and of two pixels.
static SHEETS: LazyLock<[Result<Sprite, String>; 2]> = LazyLock::new(|| [sprite::sheet(1), sprite::sheet(2)]);

/// Routes of glyphs and icons.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/fonts/{fontstack}/{range}", get(range))
        .route("/ogc/sprites/{file}", get(sprites))
        .layer(ogc::compression())
        .layer(middleware::from_fn(ogc::any_origin))
}

/// `GET /fonts/{fontstack}/{start}-{end}.pbf`: glyphs of the first font of the stack that is carried.
async fn range(
    State(_): State<AppState>,
    Path((fontstack, range)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let missing = || Error::not_found("glyph range", format!("{fontstack}/{range}"));
    let font = fontstack.split(',').find_map(|name| FONTS.iter().position(|(n, _)| *n == name.trim()));
    let font = font.ok_or_else(missing)?;
    let from = first_code(&range).ok_or_else(missing)?;
    let made = if let Some(made) = RANGES.get(&(font, from)) {
        made
    } else {
        let made = tokio::task::spawn_blocking(move || make(font, from));
        let made = made.await.map_err(|e| Error::internal("drawing glyphs", e))??;
        RANGES.insert((font, from), made.clone());
        made
    };
    Ok(answer(&headers, PBF, made))
}

/// The first code point of `start-end.pbf`, where that is a range of 256.
fn first_code(range: &str) -> Option<u32> {
    let (start, end) = range.strip_suffix(".pbf")?.split_once('-')?;
    let (start, end): (u32, u32) = (start.parse().ok()?, end.parse().ok()?);
    (start.is_multiple_of(glyphs::RANGE) && start <= 65_280 && end == start + glyphs::RANGE - 1)
        .then_some(start)
}

fn make(font: usize, from: u32) -> Result<Bytes> {
    let (name, file) = FONTS[font];
    let bytes: Cow<'static, [u8]> =
        assets::file(file).ok_or_else(|| Error::internal("a font of the bundle", file))?;
    let made = glyphs::range(&bytes, name, from).map_err(|e| Error::internal("drawing glyphs", e))?;
    Ok(made.into())
}

/// `GET /ogc/sprites/default{@2x}.{png|json}` and `GET /ogc/sprites/{icon}.svg`
async fn sprites(Path(file): Path<String>, headers: HeaderMap) -> Result<Response> {
    let missing = || Error::not_found("sprite", file.clone());
    if let Some(name) = file.strip_suffix(".svg") {
        let svg = icons::svg(name).ok_or_else(missing)?;
        return Ok(answer(&headers, "image/svg+xml", Bytes::from_static(svg.as_bytes())));
    }
    let (name, extension) = file.rsplit_once('.').ok_or_else(missing)?;
    let ratio = match name {
        "default" => 0,
        "default@2x" => 1,
        _ => return Err(missing()),
    };
    let sheet = SHEETS[ratio].as_ref().map_err(|e| Error::internal("drawing icons", e.clone()))?;
    match extension {
        "png" => Ok(answer(&headers, "image/png", Bytes::from_static(&sheet.png))),
        "json" => Ok(answer(&headers, "application/json", sheet.index.to_string().into())),
        _ => Err(missing()),
    }
}

fn answer(headers: &HeaderMap, kind: &'static str, body: Bytes) -> Response {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..12]));
    let mut response = not_modified(headers, &etag).unwrap_or_else(|| {
        let mut response = body.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    });
    let headers = response.headers_mut();
    let keep = format!("public, max-age={}", KEEP.as_secs());
    for (name, value) in [(header::CACHE_CONTROL, keep), (header::ETAG, etag)] {
        headers.extend(HeaderValue::from_str(&value).ok().map(|v| (name, v)));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_256_code_points() {
        assert_eq!(first_code("7680-7935.pbf"), Some(7680));
        for wrong in ["0-256.pbf", "1-256.pbf", "0-255", "65536-65791.pbf", "x-255.pbf", "-1-254.pbf"] {
            assert_eq!(first_code(wrong), None, "{wrong}");
        }
    }
}
