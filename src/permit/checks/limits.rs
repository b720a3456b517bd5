//! Where a limit comes from (domain §3, "the legal trap"): the approved plan first, then urban design and
//! architecture rules, then QCVN 01 as a fall-back that does not bind.

use super::super::check_input::MapFeature;
use super::super::law::{LimitDef, Rule};
use super::super::verdict::LimitSource;
use super::context::{Context, number, text};
use super::region;

/// Share of the site that a lot must hold to count.
const LEAST_SHARE: f64 = 0.01;

/// A limit of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanLimit {
    /// One value.
    Found { value: f64, source: LimitSource, binding: bool },
    /// The site lies on several lots that say different things.
    Several,
    /// No plan says anything.
    None,
}

impl Context<'_> {
    /// The first of the rule's plan limits that is there.
    pub fn plan_limit(&self, rule: &Rule) -> PlanLimit {
        for def in rule.limits.iter().filter(|l| l.source != "qcvn") {
            match self.limit_from(def) {
                PlanLimit::None => {}
                found => return found,
            }
        }
        PlanLimit::None
    }

    fn limit_from(&self, def: &LimitDef) -> PlanLimit {
        let Some((layer, attribute)) = def.from.split_once('.') else { return PlanLimit::None };
        let mut found: Option<(f64, &MapFeature)> = None;
        for feature in self.on_site(layer, &def.source) {
            let Some(value) = number(feature, attribute) else { continue };
            match found {
                Some((other, _)) if (other - value).abs() > 1e-9 => return PlanLimit::Several,
                Some(_) => {}
                None => found = Some((value, feature)),
            }
        }
        match found {
            Some((value, feature)) => PlanLimit::Found {
                value,
                source: source_of(&def.source, layer, feature),
                binding: def.binding,
            },
            None => PlanLimit::None,
        }
    }

    /// Features of a plan layer that hold a part of the site, the largest part first, of the plans that count as
    /// `source`.
    pub fn on_site(&self, layer: &str, source: &str) -> Vec<&MapFeature> {
        let mut found: Vec<_> = self
            .layer(layer)
            .iter()
            .filter(|f| layer != "zoning_lot" || self.counts_as(f, source))
            .map(|f| (region::share_in(&self.site, &region::polygons(&f.geometry)), f))
            .filter(|(share, _)| *share > LEAST_SHARE)
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.fid.cmp(&b.1.fid)));
        found.into_iter().map(|(_, f)| f).collect()
    }

    /// Zoning lots under the site: those of a detailed plan, else those of a zoning plan.
    pub fn lots(&self) -> Vec<&MapFeature> {
        let detailed = self.on_site("zoning_lot", "detailed_plan");
        if detailed.is_empty() { self.on_site("zoning_lot", "zoning_plan") } else { detailed }
    }

    fn counts_as(&self, lot: &MapFeature, source: &str) -> bool {
        let detailed = match self.input.settings.get("plan_detailed_types").and_then(|v| v.as_array()) {
            Some(types) => types.iter().any(|t| t.as_str() == text(lot, "plan_type")),
            None => text(lot, "plan_type") == Some("detailed_500"),
        };
        match source {
            "detailed_plan" => detailed,
            "zoning_plan" => !detailed,
            _ => false,
        }
    }

    /// Source of what a lot says.
    pub fn lot_source(&self, lot: &MapFeature) -> LimitSource {
        let kind = if self.counts_as(lot, "detailed_plan") { "detailed_plan" } else { "zoning_plan" };
        source_of(kind, "zoning_lot", lot)
    }
}

/// A source from a feature: the plan's name with the lot's code.
pub fn source_of(kind: &str, layer: &str, feature: &MapFeature) -> LimitSource {
    let plan =
        text(feature, "plan_name").or_else(|| text(feature, "name")).or_else(|| text(feature, "regulation"));
    let name = match (plan, text(feature, "lot_code")) {
        (Some(plan), Some(lot)) => format!("{plan}, ô {lot}"),
        (Some(plan), None) => plan.to_owned(),
        (None, Some(lot)) => format!("ô {lot}"),
        (None, None) => layer.to_owned(),
    };
    LimitSource { kind: kind.to_owned(), name, feature: Some(format!("{layer}/{}", feature.fid)) }
}

/// The source of a QCVN 01 table or clause.
pub fn qcvn(place: &str) -> LimitSource {
    LimitSource { kind: "qcvn".to_owned(), name: format!("QCVN 01:2021/BXD {place}"), feature: None }
}
