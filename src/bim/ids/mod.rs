//! Information Delivery Specification 1.0 (buildingSMART): which information a model must hold, and whether it does.
//!
//! [`read`] takes an `.ids` document and refuses an invalid one with every reason and its line; [`check`] holds a model
//! against it. The rules are those of the IDS documentation (github.com/buildingSMART/IDS, `Documentation/`), and
//! buildingSMART's implementer test cases are the proof.
//!
//! - `xml`, `read` (structure) and `audit` (meaning, by `schema`) make a `document`.
//! - `index` finds the elements that a facet can hold of; `facets` and `property` decide for one element.
//! - `constraint`, `scalar`, `pattern` and `units` compare values: restrictions, tolerance, SI units.
//! - `report` is the result, in both languages.

mod audit;
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
mod report;
mod scalar;
mod schema;
mod sets;
#[cfg(test)]
mod tests;
mod units;
mod words;
mod xml;

pub use document::Ids;
pub use problem::Problem;
pub use report::{FAILURES_MAX, Failure, Outcome, Report, Status};

use super::read::Limits;
use super::step::Model;
use super::BimError;

/// Reads a document; all problems of an invalid one.
pub fn read(bytes: &[u8]) -> Result<Ids, Vec<Problem>> {
    let ids = read::read(bytes)?;
    let problems = audit::audit(&ids);
    if problems.is_empty() { Ok(ids) } else { Err(problems) }
}

/// Holds the model in `ifc` against a document.
pub fn check(ids: &Ids, ifc: &[u8], limits: &Limits) -> Result<Report, BimError> {
    let model = super::read::open(ifc, limits)?;
    Ok(check_model(ids, &model))
}

/// Holds an open model against a document.
fn check_model(ids: &Ids, model: &Model<'_>) -> Report {
    check::check(ids, model)
}
