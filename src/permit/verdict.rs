//! A check's result with its evidence (domain: §3).

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// One row of a check run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Rule id, such as `P07`.
    pub rule: String,
    /// Version of the rule file.
    pub version: u32,
    /// What a breach does.
    pub effect: Effect,
    /// The outcome.
    pub verdict: Outcome,
    /// Work it is about; none where it is about the whole application.
    pub work: Option<String>,
    /// Parcels it is about.
    pub parcels: Vec<String>,
    /// Measured value, in `unit`, rounded to 0.01.
    pub measured: Option<f64>,
    /// Limit, in `unit`.
    pub limit: Option<f64>,
    /// Unit of both: `m`, `m2`, `percent`, `storeys`, `ratio`; none where the rule has no number.
    pub unit: Option<String>,
    /// `detailed_plan`, `urban_design`, `architecture_rules` or `qcvn`, and which plan or table.
    pub limit_source: Option<LimitSource>,
    /// Whether a breach can alone be a ground for refusal.
    pub binding: bool,
    /// Legal clause.
    pub clause: String,
    /// What a person reads.
    pub message: Text,
    /// IfcGloballyUniqueId of the elements that show it, sorted.
    pub elements: Vec<String>,
    /// Where on the map, GeoJSON in CRS84 when served and EPSG:9218 inside a run.
    pub geometry: Option<serde_json::Value>,
}

/// Where a limit came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitSource {
    /// `detailed_plan`, `urban_design`, `architecture_rules` or `qcvn`.
    pub kind: String,
    /// The plan's or table's name, such as `QCVN 01:2021 bảng 2.8`.
    pub name: String,
    /// Layer and item, where it came from one: `zoning_lot/17`.
    pub feature: Option<String>,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names of domain §3")]
pub enum Outcome {
    Pass,
    Fail,
    Manual,
    NotApplicable,
    NoData,
}

/// What a row that is not settled does to the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// `propose` and `approve` wait for a finding.
    Blocking,
    /// An agency is asked.
    Consult,
    /// For information.
    Advisory,
}
