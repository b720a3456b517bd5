//! What the engine must know of a case: small and plain, so that the service can fill it from its rows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::verdict::{Effect, Outcome, Verdict};
use crate::text::Text;

/// A case as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseState {
    /// State of the machine.
    pub state: String,
    /// Code of the authority that the case lies with; none before it is routed.
    pub authority: Option<String>,
    /// Commune codes of the site.
    pub areas: Vec<String>,
    /// Assigned reviewer.
    pub reviewer: Option<Uuid>,
    /// Who proposed the decision that is open.
    pub proposer: Option<Uuid>,
    /// Supplements requested so far.
    pub supplements: u32,
    /// What the completeness gate of submission still misses.
    pub missing: Vec<Missing>,
    /// Latest official run; none where there is none.
    pub official_run: Option<OfficialRun>,
    /// Rows of that run with the officers' findings.
    pub rows: Vec<RowState>,
    /// Consultations.
    pub consultations: Vec<Consultation>,
    /// Fee in đồng.
    pub fee_vnd: u64,
    /// Whether it is paid.
    pub fee_paid: bool,
    /// For the permit machine.
    pub permit: PermitFacts,
}

/// Something that the working set misses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// JSON pointer of the form's field, or `documents/<slot>`.
    pub place: String,
    /// What is missing.
    pub reason: Text,
}

/// State of the official run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficialRun {
    /// Whether it is about the current submission.
    pub current_submission: bool,
    /// Whether a layer or rule changed since.
    pub stale: bool,
}

/// A row of the official run, with the finding on it.
#[derive(Debug, Clone, PartialEq)]
pub struct RowState {
    /// Rule id.
    pub rule: String,
    /// Work, where the row is about one.
    pub work: Option<String>,
    /// What a breach does.
    pub effect: Effect,
    /// The computed verdict.
    pub verdict: Outcome,
    /// Whether a breach can alone bear a refusal.
    pub binding: bool,
    /// Clause.
    pub clause: String,
    /// The officer's finding, if there is one.
    pub finding: Option<FindingKind>,
}

impl RowState {
    /// The row of a verdict.
    pub fn new(verdict: &Verdict, finding: Option<FindingKind>) -> Self {
        Self {
            rule: verdict.rule.clone(),
            work: verdict.work.clone(),
            effect: verdict.effect,
            verdict: verdict.verdict,
            binding: verdict.binding,
            clause: verdict.clause.clone(),
            finding,
        }
    }

    /// Whether `propose` and `approve` wait for a finding on it.
    pub fn awaits_finding(&self) -> bool {
        self.effect == Effect::Blocking
            && matches!(self.verdict, Outcome::Fail | Outcome::Manual | Outcome::NoData)
            && self.finding.is_none()
    }
}

/// What an officer found on a row. It never changes the computed verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words of domain §3")]
pub enum FindingKind {
    Accepted,
    NotAccepted,
    NotApplicable,
}

/// A consultation of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consultation {
    /// Code of the agency.
    pub agency: String,
    /// Not answered and not deemed.
    pub open: bool,
    /// Whether its time is over.
    pub overdue: bool,
    /// Whether silence counts as consent; not where another law rules (54.2c).
    pub deemed: bool,
}

/// What the permit machine's guards ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PermitFacts {
    /// It ends at a term.
    pub fixed_term: bool,
    /// Extensions so far.
    pub extensions: u32,
    /// Extensions allowed.
    pub extensions_max: u32,
    /// Works have started.
    pub started: bool,
    /// The holder must send a start notice (all but household houses).
    pub start_notice_owed: bool,
}

/// An event with its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Name, as in the machine.
    pub name: String,
    /// Other members of the request's body.
    pub fields: Map<String, Value>,
}

impl Event {
    /// An event without a body.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: Map::new() }
    }

    /// The event with a member more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// A text member that is not blank.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str).map(str::trim).filter(|s| !s.is_empty())
    }
}
