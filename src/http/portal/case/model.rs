//! A case as the JSON API shows it to this reader: the pages see no more than `GET /api/v1/applications/{id}`.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::store::permits::Work;
use crate::text::Text;

/// `GET /api/v1/applications/{id}`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct CaseView {
    pub id: Uuid,
    pub code: String,
    pub kind: String,
    pub kind_title: Text,
    pub state: String,
    pub state_title: Text,
    pub title: String,
    pub authority_name: Option<String>,
    pub parcels: Vec<String>,
    pub works: Vec<Work>,
    pub form: Value,
    pub investor_type: Option<String>,
    pub legal_date: Option<NaiveDate>,
    pub submission: i32,
    pub supplement_due: Option<DateTime<Utc>>,
    pub clock: ClockView,
    pub events: Vec<Offered>,
    pub submissions: Vec<SubmissionView>,
    pub history: Vec<HistoryRow>,
    pub permit: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
}

/// The clock: when the result is due, and how many working days are left.
#[derive(Debug, Clone, Default, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct ClockView {
    pub due: Option<DateTime<Utc>>,
    pub working_days_left: Option<i64>,
    #[serde(default)]
    pub paused: bool,
    #[serde(default)]
    pub overdue: bool,
    #[serde(default)]
    pub stopped: bool,
}

/// An event that the reader may give.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct Offered {
    pub event: String,
    pub title: Text,
    #[serde(default)]
    pub requires: Vec<String>,
    pub blocked: Option<Blocked>,
}

/// Why an event would be refused now.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct Blocked {
    pub reason: Text,
    #[serde(default)]
    pub missing: Vec<Missing>,
    #[serde(default)]
    pub rows: Vec<RowName>,
}

/// Something that the working set lacks.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct Missing {
    pub reason: Text,
}

/// A row of a run, named.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct RowName {
    pub rule: String,
}

/// What was filed.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct SubmissionView {
    pub number: i32,
    pub submitted_at: DateTime<Utc>,
    #[serde(default)]
    pub files: Vec<FiledFile>,
}

/// A file of a submission.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct FiledFile {
    pub slot: String,
    #[serde(default)]
    pub work: Option<String>,
    pub version: i32,
    pub name: String,
    pub size_bytes: i64,
}

/// One event of the past.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct HistoryRow {
    pub event: String,
    pub title: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub actor: Option<String>,
    pub role: String,
    pub note: String,
    pub at: DateTime<Utc>,
}

impl CaseView {
    /// Whether the working set (form, model, documents) may be changed now.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "DRAFT" | "RETURNED" | "SUPPLEMENT_REQUESTED")
    }

    /// Whether nothing can happen to it any more.
    pub fn is_closed(&self) -> bool {
        matches!(self.state.as_str(), "ISSUED" | "REFUSED" | "WITHDRAWN")
    }
}
