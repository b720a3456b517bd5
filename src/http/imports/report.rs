//! `GET /api/v1/imports/{id}/report`: what was refused or mended, as JSON or as a table for a spreadsheet.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::Any;
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    f: Option<String>,
}

/// The report of the run, or of the trial where nothing was run yet.
pub(super) async fn download(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let report = match super::open_any(&state, &user.principal(), &id).await? {
        Any::Portal(import) => import.report.or(import.trial),
        Any::Logged(logged) => logged.report,
    };
    let report = report.ok_or_else(|| Error::not_found("report", &id))?;
    let (kind, ending, body) = match wanted.f.as_deref() {
        None | Some("json") => ("application/json", "json", report.to_string()),
        Some("csv") => ("text/csv; charset=utf-8", "csv", table(&report)),
        Some(other) => {
            return Err(Error::invalid(
                "f",
                format!("“{other}” không có ở đây; dùng json hoặc csv"),
                format!("“{other}” is not offered; use json or csv"),
            ));
        }
    };
    let name = format!("attachment; filename=\"import-{}.{ending}\"", id.to_lowercase());
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// RFC 4180, with the mark by which a spreadsheet knows UTF-8.
fn table(report: &Value) -> String {
    let mut out = String::from("\u{feff}kind,place,reason_vi,reason_en\r\n");
    for (kind, list) in [("rejected", "rejected"), ("repaired", "repairs")] {
        for note in report[list].as_array().into_iter().flatten() {
            let text = |v: &Value| cell(v.as_str().unwrap_or_default());
            let (vi, en) = (text(&note["reason"]["vi"]), text(&note["reason"]["en"]));
            for part in [kind, ",", &text(&note["place"]), ",", &vi, ",", &en, "\r\n"] {
                out.push_str(part);
            }
        }
    }
    out
}

/// A quoted cell. Texts of a file may begin like a formula, which a spreadsheet would run.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_quoted_and_runs_nothing() {
        let report = serde_json::json!({
            "rejected": [{"place": "a fid 1", "reason": {"vi": "mã \"x\", sai", "en": "=HYPERLINK(1)"}}],
            "repairs": [{"place": "a fid 2", "reason": {"vi": "khép vòng", "en": "closed"}}],
        });
        let table = table(&report);
        let lines: Vec<&str> = table.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines[1], "rejected,\"a fid 1\",\"mã \"\"x\"\", sai\",\"'=HYPERLINK(1)\"");
        assert_eq!(lines[2], "repaired,\"a fid 2\",\"khép vòng\",\"closed\"");
    }
}
