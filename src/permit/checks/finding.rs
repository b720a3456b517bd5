//! What a method found, before it becomes a verdict with the rule's clause and words.

use std::collections::BTreeMap;

use geo::{Geometry, MultiPolygon};

use super::super::law::{Rule, RuleSet};
use super::super::verdict::{LimitSource, Outcome, Verdict};
use super::number::{r2, with_unit};
use crate::space::geojson;
use crate::text::Text;

/// What a method found for one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub outcome: Outcome,
    /// Which of the rule's messages for that outcome; the plain one where empty.
    pub case: &'static str,
    pub work: Option<String>,
    pub measured: Option<f64>,
    pub limit: Option<f64>,
    /// Unit, where it is not the rule's.
    pub unit: Option<&'static str>,
    pub source: Option<LimitSource>,
    pub binding: bool,
    pub elements: Vec<String>,
    pub geometry: Option<Geometry<f64>>,
    /// Values of the message's placeholders besides `measured`, `limit`, `source` and `clause`.
    pub values: BTreeMap<&'static str, Text>,
}

impl Finding {
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            case: "",
            work: None,
            measured: None,
            limit: None,
            unit: None,
            source: None,
            binding: true,
            elements: Vec::new(),
            geometry: None,
            values: BTreeMap::new(),
        }
    }

    pub fn pass() -> Self {
        Self::new(Outcome::Pass)
    }

    pub fn fail() -> Self {
        Self::new(Outcome::Fail)
    }

    pub fn manual(case: &'static str) -> Self {
        Self { case, ..Self::new(Outcome::Manual) }
    }

    pub fn not_applicable(case: &'static str) -> Self {
        Self { case, ..Self::new(Outcome::NotApplicable) }
    }

    /// NO_DATA with the thing that is missing.
    pub fn no_data(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { case: "missing", ..Self::new(Outcome::NoData) }.value("missing", Text::new(vi, en))
    }

    pub fn case(mut self, case: &'static str) -> Self {
        self.case = case;
        self
    }

    pub fn value(mut self, name: &'static str, text: Text) -> Self {
        self.values.insert(name, text);
        self
    }

    pub fn measured(mut self, measured: f64, limit: f64) -> Self {
        self.measured = Some(r2(measured));
        self.limit = Some(r2(limit));
        self
    }

    pub fn only_measured(mut self, measured: f64) -> Self {
        self.measured = Some(r2(measured));
        self
    }

    pub fn source(mut self, source: LimitSource, binding: bool) -> Self {
        self.source = Some(source);
        self.binding = binding;
        self
    }

    pub fn elements(mut self, elements: impl IntoIterator<Item = String>) -> Self {
        self.elements = elements.into_iter().collect();
        self
    }

    pub fn area(mut self, area: &MultiPolygon<f64>) -> Self {
        self.geometry = (!area.0.is_empty()).then(|| Geometry::MultiPolygon(area.clone()));
        self
    }

    /// The verdict: the rule's clause and words around what was found.
    pub fn into_verdict(mut self, rule: &Rule, set: &RuleSet, parcels: &[String]) -> Verdict {
        let unit = self.unit.map(str::to_owned).or_else(|| rule.unit.clone());
        let message = self.message(rule, set, unit.as_deref());
        self.elements.sort();
        self.elements.dedup();
        let numbered = self.measured.is_some() || self.limit.is_some();
        Verdict {
            rule: rule.id.clone(),
            version: rule.version,
            effect: rule.effect,
            verdict: self.outcome,
            work: self.work,
            parcels: parcels.to_vec(),
            measured: self.measured,
            limit: self.limit,
            unit: unit.filter(|_| numbered),
            limit_source: self.source,
            binding: self.binding,
            clause: rule.clause.clone(),
            message,
            elements: self.elements,
            geometry: self.geometry.map(|g| geojson::to_json(&g, 3)),
        }
    }

    fn message(&self, rule: &Rule, set: &RuleSet, unit: Option<&str>) -> Text {
        let outcome = outcome_name(self.outcome);
        let key = if self.case.is_empty() { outcome.to_owned() } else { format!("{outcome}_{}", self.case) };
        let template = set.message(rule, &key).or_else(|| set.message(rule, outcome)).cloned();
        let template = template.unwrap_or_else(|| rule.title.clone());
        let mut values = self.values.clone();
        values.insert("clause", Text::new(&*rule.clause, &*rule.clause));
        values.insert("title", rule.title.clone());
        for (name, number) in [("measured", self.measured), ("limit", self.limit)] {
            if let Some(x) = number {
                values.insert(name, with_unit(x, unit));
            }
        }
        if let Some(source) = &self.source {
            values.insert("source", Text::new(&*source.name, &*source.name));
        }
        let mut text =
            Text::new(fill(&template.vi, &values, |t| &t.vi), fill(&template.en, &values, |t| &t.en));
        if let Some(note) = values.get("note") {
            text.vi = format!("{} {}", text.vi, note.vi);
            text.en = format!("{} {}", text.en, note.en);
        }
        text
    }
}

/// The outcome as it is written.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Fail => "FAIL",
        Outcome::Manual => "MANUAL",
        Outcome::NotApplicable => "NOT_APPLICABLE",
        Outcome::NoData => "NO_DATA",
    }
}

/// Replaces `{name}`; an unknown name is shown as a dash, so that no brace ever reaches a reader.
fn fill(template: &str, values: &BTreeMap<&'static str, Text>, get: impl Fn(&Text) -> &String) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(values.get(name).map_or("–", |t| get(t).as_str()));
        rest = tail;
    }
    out + rest
}
