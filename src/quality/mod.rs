//! Runs the quality rules of a layer over the layers in memory. Pure: a snapshot in, problems out.
//!
//! Candidates come from the tree of envelopes; whether two of them overlap is decided by exact integer predicates
//! ([`contact`]), since most neighbours share no more than a border; only what is left goes through the boolean
//! overlay of `geo`, which measures it. Every problem is counted; of each rule the worst are listed with their
//! place, as many as the caller bears.

mod contact;
mod cover;
mod gaps;
mod outline;
mod overlap;
mod snap;
mod subject;
mod values;
mod words;
mod work;

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use geo::{Geometry, Point};

use self::subject::Subject;
pub use self::work::{Control, Stopped};
use crate::features::Snapshot;
use crate::layers::{Catalog, QualityKind as K, QualityRule};
use crate::text::Text;
use crate::{Error, Result};

/// What is to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The layers in one state.
    pub snapshot: &'a Snapshot,
    /// Their definitions and code lists.
    pub catalog: &'a Catalog,
    /// The layer.
    pub layer: &'a str,
    /// Of a layer with start and end of validity the items that are valid on this day are compared by place.
    pub today: NaiveDate,
    /// Problems listed of each rule at most; all are counted.
    pub list_limit: usize,
}

/// What a run found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The layer.
    pub layer: String,
    /// Revision of the data that were looked at.
    pub revision: i64,
    /// Items in the layer.
    pub items: u64,
    /// Every rule in its order.
    pub rules: Vec<RuleResult>,
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleResult {
    /// The rule.
    pub rule: QualityRule,
    /// Problems in all.
    pub count: u64,
    /// The worst of them, the worst first.
    pub problems: Vec<Problem>,
    /// Why it could not be asked.
    pub not_run: Option<Text>,
}

/// Something that does not obey a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Tells it from others of its rule, from run to run.
    pub key: String,
    /// The item; none where it is about none, such as a gap.
    pub item: Option<i64>,
    /// Its name as everyone who sees the layer may read it.
    pub item_label: Option<String>,
    /// The item that it is in conflict with, and its layer.
    pub other: Option<(String, i64)>,
    /// What is wrong.
    pub message: Text,
    /// By how much, in `unit`.
    pub measured: Option<f64>,
    /// `m2` or `m`; of numbers the attribute's.
    pub unit: Option<String>,
    /// What is wrong on the map, EPSG:9218: points, lines or areas.
    pub geometry: Option<Geometry<f64>>,
    /// A place on it.
    pub point: Option<Point<f64>>,
}

/// Findings of a rule.
type Found = (u64, Vec<Problem>);

/// Asks every rule of the layer. [`Error::NotFound`] where it is not loaded; [`Error::Conflict`] where `control`
/// stopped it.
pub fn run(request: &Request<'_>, control: &Control) -> Result<Report> {
    let def =
        request.catalog.layer(request.layer).ok_or_else(|| Error::not_found("layer", request.layer))?.clone();
    let unknown = || Error::not_found("layer", request.layer);
    let reader = request.snapshot.layer(&crate::access::View::system(&def)).ok_or_else(unknown)?;
    let subject = Subject::new(&reader, request.today)?;
    let rules = def.quality_rules();
    control.expect(rules.len() * subject.items.len());
    let mut results = Vec::with_capacity(rules.len());
    for rule in rules {
        let stopped = |_| Error::conflict("Lần kiểm tra đã bị dừng.", "The run was stopped.");
        control.check().map_err(stopped)?;
        let result = match ask(request, &subject, &rule, control)? {
            Asked::Found((count, problems)) => RuleResult { rule, count, problems, not_run: None },
            Asked::NotRun(why) => {
                control.advance(subject.items.len());
                RuleResult { rule, count: 0, problems: Vec::new(), not_run: Some(why) }
            }
            Asked::Stopped => return Err(stopped(Stopped)),
        };
        results.push(result);
    }
    Ok(Report {
        layer: def.id.clone(),
        revision: request.snapshot.revision,
        items: subject.items.len() as u64,
        rules: results,
    })
}

enum Asked {
    Found(Found),
    NotRun(Text),
    Stopped,
}

impl From<Result<Found, Stopped>> for Asked {
    fn from(found: Result<Found, Stopped>) -> Self {
        found.map_or(Self::Stopped, Self::Found)
    }
}

fn ask(request: &Request<'_>, subject: &Subject<'_>, rule: &QualityRule, control: &Control) -> Result<Asked> {
    let limit = request.list_limit;
    if rule.kind.is_of_attributes() {
        return Ok(values::ask(subject, rule, request.catalog, limit, control).into());
    }
    let Some(id) = &rule.layer else {
        return Ok(match rule.kind {
            K::NoOverlap => overlap::ask(subject, rule, None, limit, control).into(),
            K::Snap => snap::ask(subject, rule, None, limit, control).into(),
            _ => gaps::ask(subject, rule, limit, control),
        });
    };
    let other = request.catalog.layer(id).ok_or_else(|| Error::not_found("layer", id))?;
    let reader = request.snapshot.layer(&crate::access::View::system(other));
    let Some(reader) = reader.filter(|r| r.count() > 0) else {
        return Ok(Asked::NotRun(Text::new(
            format!("Lớp “{}” chưa có dữ liệu.", other.title.vi),
            format!("The layer “{}” has no items yet.", other.title.en),
        )));
    };
    let other = Subject::new(&reader, request.today)?;
    Ok(match rule.kind {
        K::NoOverlap => overlap::ask(subject, rule, Some(&other), limit, control).into(),
        K::Snap => snap::ask(subject, rule, Some(&other), limit, control).into(),
        _ => cover::ask(subject, rule, &other, limit, control).into(),
    })
}
