//! Information Delivery Specification 1.0 (buildingSMART): which information a model must hold, and whether it does.
//!
//! [`read`] takes an `.ids` document and refuses an invalid one with every reason and its line; [`check`] holds a model
//! against it. The rules are those of the IDS documentation (github.com/buildingSMART/IDS, `Documentation/`), and
//! buildingSMART's implementer test cases are the proof.
//!
//! - `xml`, `read`, `read_values` (structure) and `audit` (meaning, by `schema`, `standard_sets` and `capable`) make a `document`.
//! - `index` finds the elements that a facet can hold of; `facets` and `property` decide for one element.
//! - `constraint`, `scalar`, `pattern` and `units` compare values: restrictions, tolerance, SI units.
//! - `report` is the result, in both languages.

mod audit;
mod capable;
mod check;
mod constraint;
mod document;
mod facets;
mod index;
mod outcome;
mod pattern;
mod problem;
mod property;
mod read;
mod read_values;
mod report;
mod scalar;
mod schema;
mod sets;
mod standard_sets;
#[cfg(test)]
mod tests;
mod units;
mod words;
mod xml;

pub use document::Ids;
use index::Cache;
pub use problem::Problem;
pub use report::{FAILURES_MAX, Failure, Outcome, Report, Status};

use super::BimError;
use super::read::Limits;
use super::step::Model;

/// Reads a document; all problems of an invalid one.
pub fn read(bytes: &[u8]) -> Result<Ids, Vec<Problem>> {
    let ids = read::read(bytes)?;
    let problems = audit::audit(&ids);
    if problems.is_empty() { Ok(ids) } else { Err(problems) }
}

/// Holds the model in `ifc` against a document.
pub fn check(ids: &Ids, ifc: &[u8], limits: &Limits) -> Result<Report, BimError> {
    Ok(Opened::open(ifc, limits)?.check(ids))
}

/// An open model, for more than one document. What one check looks up of it, the next one knows.
pub struct Opened<'a> {
    model: Model<'a>,
    cache: Cache,
}

impl<'a> Opened<'a> {
    /// Opens the model in `ifc`.
    pub fn open(ifc: &'a [u8], limits: &Limits) -> Result<Self, BimError> {
        Ok(Self { model: super::read::open(ifc, limits)?, cache: Cache::default() })
    }

    /// Holds it against a document.
    pub fn check(&self, ids: &Ids) -> Report {
        check::check(ids, &self.model, &self.cache)
    }
}
