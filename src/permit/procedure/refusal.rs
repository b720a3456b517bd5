//! Why an event is refused, in both languages and with what a client needs to mend it.

use serde::Serialize;
use serde_json::json;

use super::super::verdict::Outcome;
use super::case::{Missing, RowState};
use crate::{Error, text::Text};

/// Why an event is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusal {
    /// Kind of reason.
    pub kind: RefusalKind,
    /// In words.
    pub reason: Box<Text>,
    /// Rows that stand in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowRef>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// Events that the actor could give now.
    pub allowed_events: Vec<String>,
}

/// Kind of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The machine has no such event.
    UnknownEvent,
    /// The event does not lead out of this state.
    WrongState,
    /// The actor does not hold the role, or the case is not his.
    NotAllowed,
    /// A member of the body is missing or wrong.
    BadField,
    /// A condition on the case does not hold.
    Guard,
}

/// A row of a check run, named.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowRef {
    /// Rule id.
    pub rule: String,
    /// Work.
    pub work: Option<String>,
    /// Verdict.
    pub verdict: Outcome,
}

impl From<&RowState> for RowRef {
    fn from(row: &RowState) -> Self {
        Self { rule: row.rule.clone(), work: row.work.clone(), verdict: row.verdict }
    }
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            kind,
            reason: Box::new(Text::new(vi, en)),
            rows: Vec::new(),
            missing: Vec::new(),
            allowed_events: Vec::new(),
        }
    }

    pub(super) fn guard(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(RefusalKind::Guard, vi, en)
    }

    pub(super) fn field(name: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        let mut refusal = Self::new(RefusalKind::BadField, vi, en);
        refusal.missing.push(Missing { place: name.to_owned(), reason: *refusal.reason.clone() });
        refusal
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal.kind {
            RefusalKind::UnknownEvent => {
                Self::InvalidParameter { name: "event".to_owned(), reason: *refusal.reason }
            }
            RefusalKind::BadField => Self::InvalidParameter {
                name: refusal.missing.first().map_or_else(|| "event".to_owned(), |m| m.place.clone()),
                reason: *refusal.reason,
            },
            RefusalKind::NotAllowed => Self::Forbidden(*refusal.reason),
            RefusalKind::WrongState | RefusalKind::Guard => Self::Conflict {
                detail: json!({
                    "allowed_events": refusal.allowed_events,
                    "rows": refusal.rows,
                    "missing": refusal.missing,
                }),
                reason: *refusal.reason,
            },
        }
    }
}
