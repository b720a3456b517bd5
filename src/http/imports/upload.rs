//! Files of an import, streamed into the file store under a name that GDAL and every file system take.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use axum::{BoxError, Router};
use futures::{Stream, StreamExt};
use serde_json::json;

use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::Path;
use crate::jobs::imports::{PART_ENDINGS, main_endings};
use crate::state::AppState;
use crate::text::fold::fold;

/// Largest file. Larger data sets go in by `dothi import`, which reads them where they lie.
pub const FILE_LIMIT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Files of one import: a shapefile has at most ten.
const FILES_MAX: usize = 20;
/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_mins(1);
/// Letters of the longest name.
const NAME_CHARS_MAX: usize = 80;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/api/v1/imports/{id}/files/{name}", put(receive)).layer(DefaultBodyLimit::disable())
}

/// `PUT /api/v1/imports/{id}/files/{name}`.
async fn receive(
    State(state): State<AppState>,
    user: User,
    Path((id, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let import = super::open(&state, &user.principal(), &id).await?;
    if import.report.is_some() || import.cleared_at.is_some() || import.job.is_some() {
        return Err(Error::conflict(
            "Lần nhập này đã được xử lý; hãy bắt đầu lần nhập mới cho tệp khác.",
            "This import was worked on already; begin another one for other files.",
        ));
    }
    let name = stored_name(&name)?;
    if import.files.len() >= FILES_MAX && !import.files.iter().any(|f| f.name == name) {
        return Err(Error::conflict("Một lần nhập có nhiều nhất 20 tệp.", "An import has at most 20 files."));
    }
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|n| n > FILE_LIMIT_BYTES) {
        return Err(Error::TooLarge { limit_bytes: FILE_LIMIT_BYTES });
    }
    let size = state.files.put_import(import.id, &name, impatient(body), FILE_LIMIT_BYTES).await?;
    state.store.add_import_file(import.id, &name, i64::try_from(size).unwrap_or(i64::MAX)).await?;
    Ok((StatusCode::CREATED, axum::Json(json!({"name": name, "size_bytes": size}))).into_response())
}

/// The body's chunks; a client that falls silent in the middle is given up, so that it holds no file open.
fn impatient(body: Body) -> impl Stream<Item = Result<axum::body::Bytes, BoxError>> + Send {
    futures::stream::unfold(body.into_data_stream(), |mut chunks| async move {
        match tokio::time::timeout(SILENCE, chunks.next()).await {
            Ok(Some(chunk)) => Some((chunk.map_err(BoxError::from), chunks)),
            Ok(None) => None,
            Err(silent) => Some((Err(BoxError::from(silent)), chunks)),
        }
    })
}

/// A name of plain letters with a known ending: the parts of a format keep one stem, for accents fold the same way.
fn stored_name(given: &str) -> Result<String> {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending = ending.to_ascii_lowercase();
    if !main_endings().chain(PART_ENDINGS).any(|e| e == ending) {
        let known = main_endings().collect::<Vec<_>>().join(", ");
        return Err(Error::bad_file(
            name,
            format!("không nhận loại tệp này; nhận: {known} và các tệp đi kèm"),
            format!("files of this kind are not taken; those that are: {known}, and their parts"),
        ));
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let stem: String = fold(stem).chars().map(plain).take(NAME_CHARS_MAX).collect();
    let stem = if stem.is_empty() { "file".to_owned() } else { stem };
    Ok(format!("{stem}.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_parts_stay_together() {
        for (given, expected) in [
            ("Thửa đất 2024.SHP", "thua_dat_2024.shp"),
            ("Thửa đất 2024.dbf", "thua_dat_2024.dbf"),
            ("C:\\ban do\\đường.tab", "duong.tab"),
            ("../../etc/passwd.csv", "passwd.csv"),
            (".gpkg", "file.gpkg"),
        ] {
            assert_eq!(stored_name(given).unwrap(), expected, "{given}");
        }
        for given in ["a.vrt", "a.exe", "a", "shp"] {
            assert!(stored_name(given).is_err(), "{given}");
        }
    }
}
