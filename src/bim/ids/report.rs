//! What a check found.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};

use super::problem::Problem;
use crate::text::Text;

/// The result of a document for a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Pass, fail, or that the document is no valid IDS.
    pub status: Status,
    /// The document's title.
    pub title: String,
    /// The model's schema.
    pub schema: String,
    /// Each specification, in order.
    pub specifications: Vec<Outcome>,
    /// Why the document is refused.
    pub problems: Vec<Problem>,
    /// What a reader of the status must know: that nothing was checked.
    pub note: Option<Text>,
}

/// Whether a model is as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is.
    Pass,
    /// It is not.
    Fail,
    /// The document cannot be checked.
    Invalid,
}

impl Status {
    /// As the report writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Invalid => "invalid",
        }
    }
}

/// The result of one specification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub identifier: Option<String>,
    /// Pass or fail.
    pub status: Status,
    /// False where nothing was checked: nothing was asked to be there, and nothing is. `note` then says so.
    pub checked: bool,
    /// Number of elements that it applies to.
    pub applicable: u64,
    /// Those that are as asked for.
    pub passed: u64,
    /// Number of those that are not.
    pub failed_count: u64,
    /// Those that are not, at most [`FAILURES_MAX`]; fewer of many specifications.
    pub failed: Vec<Failure>,
    /// What a reader of the status must know.
    pub note: Option<Text>,
}

/// Most failures that a specification lists; `failed_count` counts all.
pub const FAILURES_MAX: usize = 10_000;

/// An element that is not as asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Its record number.
    pub id: u32,
    /// Its GlobalId; empty for a resource, which has none.
    pub global_id: String,
    /// Its class, such as `IfcWall`.
    pub entity: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Why.
    pub reason: Text,
}

impl Report {
    /// A report that refuses the document.
    pub fn invalid(problems: Vec<Problem>) -> Self {
        Self {
            status: Status::Invalid,
            title: String::new(),
            schema: String::new(),
            specifications: Vec::new(),
            problems,
            note: None,
        }
    }

    /// The report as `dothi ids check --json` prints it, reasons in English.
    pub fn printed(&self) -> Printed<'_> {
        Printed(self)
    }
}

/// See [`Report::printed`].
#[derive(Debug)]
pub struct Printed<'a>(&'a Report);

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut out = serializer.serialize_struct("Report", 6)?;
        out.serialize_field("status", &report.status)?;
        out.serialize_field("title", &report.title)?;
        out.serialize_field("schema", &report.schema)?;
        let specifications: Vec<_> = report.specifications.iter().map(PrintedOutcome).collect();
        out.serialize_field("specifications", &specifications)?;
        let problems: Vec<_> = report.problems.iter().map(PrintedProblem).collect();
        out.serialize_field("problems", &problems)?;
        out.serialize_field("note", &report.note.as_ref().map(|n| &n.en))?;
        out.end()
    }
}

struct PrintedOutcome<'a>(&'a Outcome);

impl Serialize for PrintedOutcome<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let outcome = self.0;
        let mut out = serializer.serialize_struct("Specification", 9)?;
        out.serialize_field("name", &outcome.name)?;
        out.serialize_field("identifier", &outcome.identifier)?;
        out.serialize_field("status", &outcome.status)?;
        out.serialize_field("checked", &outcome.checked)?;
        out.serialize_field("applicable", &outcome.applicable)?;
        out.serialize_field("passed", &outcome.passed)?;
        out.serialize_field("failed_count", &outcome.failed_count)?;
        let failed: Vec<_> = outcome.failed.iter().map(PrintedFailure).collect();
        out.serialize_field("failed", &failed)?;
        out.serialize_field("note", &outcome.note.as_ref().map(|n| &n.en))?;
        out.end()
    }
}

struct PrintedFailure<'a>(&'a Failure);

impl Serialize for PrintedFailure<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let failure = self.0;
        let mut out = serializer.serialize_struct("Failure", 5)?;
        out.serialize_field("global_id", &failure.global_id)?;
        out.serialize_field("entity", &failure.entity)?;
        out.serialize_field("id", &failure.id)?;
        out.serialize_field("name", &failure.name)?;
        out.serialize_field("reason", &failure.reason.en)?;
        out.end()
    }
}

struct PrintedProblem<'a>(&'a Problem);

impl Serialize for PrintedProblem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let problem = self.0;
        let mut out = serializer.serialize_struct("Problem", 3)?;
        out.serialize_field("line", &problem.line)?;
        out.serialize_field("specification", &problem.specification)?;
        out.serialize_field("reason", &problem.reason.en)?;
        out.end()
    }
}
