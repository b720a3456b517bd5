//! Hashes of a run and its repetition (`dothi recheck RUN`).

use serde::{Deserialize, Serialize};

use super::super::canonical::canonical_hash;
use super::super::check_input::CheckInput;
use super::super::law::RuleSet;
use super::super::verdict::Verdict;
use super::run::run;
use crate::Result;

/// Hashes kept with a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHashes {
    /// SHA-256 of the input's canonical JSON.
    pub input: String,
    /// SHA-256 of the rule set's manifest.
    pub ruleset: String,
    /// SHA-256 of the verdicts' canonical JSON.
    pub output: String,
}

/// A row that comes out otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Rule.
    pub rule: String,
    /// Work.
    pub work: Option<String>,
    /// As kept; none where the row is new.
    pub kept: Option<Verdict>,
    /// As found now; none where the row is gone.
    pub now: Option<Verdict>,
}

/// The hashes of a run.
pub fn hashes(input: &CheckInput, set: &RuleSet, verdicts: &[Verdict]) -> Result<RunHashes> {
    Ok(RunHashes {
        input: canonical_hash(input)?,
        ruleset: set.hash.clone(),
        output: canonical_hash(&verdicts)?,
    })
}

/// Repeats a run from its kept input and reports each difference, in the order of rules.
pub fn recheck(input: &CheckInput, set: &RuleSet, kept: &[Verdict]) -> Vec<Difference> {
    let now = run(input, set);
    let same_row = |a: &Verdict, b: &Verdict| a.rule == b.rule && a.work == b.work;
    let mut differences: Vec<Difference> = now
        .iter()
        .filter_map(|n| {
            let k = kept.iter().find(|k| same_row(k, n));
            (k != Some(n)).then(|| difference(k, Some(n)))
        })
        .collect();
    differences.extend(
        kept.iter().filter(|k| !now.iter().any(|n| same_row(k, n))).map(|k| difference(Some(k), None)),
    );
    differences.sort_by(|a, b| (&a.rule, &a.work).cmp(&(&b.rule, &b.work)));
    differences
}

fn difference(kept: Option<&Verdict>, now: Option<&Verdict>) -> Difference {
    let row = now.or(kept);
    Difference {
        rule: row.map(|v| v.rule.clone()).unwrap_or_default(),
        work: row.and_then(|v| v.work.clone()),
        kept: kept.cloned(),
        now: now.cloned(),
    }
}
