//! A check input seen as the methods need it: the site (union of the parcels), the plan around it, each work's
//! outlines on the map, and the uncertainty of its place.

use geo::MultiPolygon;
use serde_json::Value;

use super::super::check_input::{CheckInput, MapFeature, WorkInput};
use super::super::law::RuleSet;
use super::region;
use crate::bim::facts::{BuildingFacts, ModelFacts, Outline};

/// Everything that a method may look at.
pub struct Context<'a> {
    pub input: &'a CheckInput,
    pub set: &'a RuleSet,
    /// Parcels applied for, in the order of their codes.
    pub parcels: Vec<&'a MapFeature>,
    /// Union of the parcels; empty where none was found.
    pub site: MultiPolygon<f64>,
}

/// The outlines of a work's buildings on the map.
pub struct Outlines {
    pub footprint: MultiPolygon<f64>,
    /// With every doubtful overhang counted as used; none where there is no doubt.
    pub with_overhangs: Option<MultiPolygon<f64>>,
    pub projection: MultiPolygon<f64>,
    pub underground: MultiPolygon<f64>,
}

impl<'a> Context<'a> {
    pub fn new(input: &'a CheckInput, set: &'a RuleSet) -> Self {
        let mut parcels: Vec<_> = features(input, "parcel")
            .iter()
            .filter(|f| text(f, "code").is_some_and(|code| input.parcels.iter().any(|p| p == code)))
            .collect();
        parcels.sort_by_key(|f| (text(f, "code").unwrap_or_default(), f.fid));
        let areas: Vec<_> = parcels.iter().map(|f| region::polygons(&f.geometry)).collect();
        Self { input, set, parcels, site: region::union(&areas) }
    }

    /// Features of a layer; none where it is absent.
    pub fn layer(&self, id: &str) -> &'a [MapFeature] {
        features(self.input, id)
    }

    /// A number among the settings.
    pub fn setting(&self, name: &str) -> Option<f64> {
        self.input.settings.get(name).and_then(Value::as_f64)
    }

    /// Survey accuracy of the parcels, the worst of them, metres.
    pub fn survey_accuracy_m(&self) -> f64 {
        let default = self.setting("survey_accuracy_default_m").unwrap_or(0.0);
        let of = |f: &&MapFeature| number(f, "survey_accuracy_m").unwrap_or(default);
        self.parcels.iter().map(of).fold(0.0, f64::max)
    }

    /// Uncertainty of a place of this model, and of the parcel under it, metres.
    pub fn uncertainty_m(&self, work: &WorkInput) -> f64 {
        let model = work.facts.as_ref().and_then(|f| f.georeference.as_ref()).map_or(0.0, |g| {
            let name = match (g.level, g.crs.as_deref()) {
                (0..40, _) => "uncertainty_site_m",
                (_, Some("EPSG:9218")) => "uncertainty_map_conversion_m",
                _ => "uncertainty_other_crs_m",
            };
            g.horizontal_uncertainty_m.max(self.setting(name).unwrap_or(0.0))
        });
        model + self.survey_accuracy_m()
    }

    /// The plan area that the site lies in: the most detailed one that says its area type.
    pub fn plan(&self) -> Option<&'a MapFeature> {
        let rank = |f: &MapFeature| match text(f, "plan_type") {
            Some("detailed_500") => 0,
            Some("zoning_2000") => 1,
            _ => 2,
        };
        let holds = |f: &&MapFeature| region::share_in(&self.site, &region::polygons(&f.geometry)) > 0.5;
        let known = |f: &&MapFeature| text(f, "area_type").is_some();
        let plans = self.layer("plan_boundary").iter().filter(known).filter(holds);
        plans.min_by_key(|f| (rank(f), f.fid))
    }

    /// `new`, `existing` or `renovation_only`; none where no plan says so.
    pub fn area_type(&self) -> Option<&'a str> {
        self.plan().and_then(|f| text(f, "area_type"))
    }

    /// Use of a work: what the model says where it names a known code, else what the application declares.
    pub fn use_of(&self, work: &'a WorkInput) -> Uses<'a> {
        let said =
            work.facts.as_ref().and_then(|f| f.buildings.iter().find_map(|b| b.building_use.as_deref()));
        let model = said.filter(|code| super::land::is_use(self.set, code));
        let form = self.input.form.get("use").and_then(Value::as_str);
        let declared = work.use_.as_deref().or(form.filter(|_| self.input.works.len() == 1));
        Uses { model, declared }
    }

    /// The named fact of `applies_when`.
    pub fn fact(&self, name: &str) -> Option<&'a str> {
        match name {
            "kind" => Some(&self.input.kind),
            "investor_type" => self.investor_type(),
            "use" => self.input.works.first().and_then(|w| self.use_of(w).best()),
            "area_type" => self.area_type(),
            _ => None,
        }
    }

    /// Investor type: as given, else as the form says.
    pub fn investor_type(&self) -> Option<&'a str> {
        let form = self.input.form.pointer("/investor/type").and_then(Value::as_str);
        self.input.investor_type.as_deref().or(form)
    }
}

/// Use by the model and by the application.
#[derive(Debug, Clone, Copy)]
pub struct Uses<'a> {
    pub model: Option<&'a str>,
    pub declared: Option<&'a str>,
}

impl<'a> Uses<'a> {
    /// The model's, else the declared one.
    pub fn best(self) -> Option<&'a str> {
        self.model.or(self.declared)
    }

    /// Both are given and differ.
    pub fn differ(self) -> bool {
        matches!((self.model, self.declared), (Some(a), Some(b)) if a != b)
    }
}

/// Buildings of a work.
pub fn buildings(work: &WorkInput) -> &[BuildingFacts] {
    work.facts.as_ref().map_or(&[], |f| f.buildings.as_slice())
}

/// Outlines of a work on the map; none where it is not placed.
pub fn outlines(facts: &ModelFacts) -> Option<Outlines> {
    let placed: Vec<_> = facts.buildings.iter().filter_map(|b| b.placed.as_ref()).collect();
    if placed.is_empty() {
        return None;
    }
    let doubt = placed.iter().any(|p| p.footprint_with_overhangs.is_some());
    let join = |get: fn(&crate::bim::facts::PlacedOutlines) -> &Outline| {
        region::union(placed.iter().map(|p| &get(p).0))
    };
    Some(Outlines {
        footprint: join(|p| &p.footprint),
        with_overhangs: doubt.then(|| join(|p| p.footprint_with_overhangs.as_ref().unwrap_or(&p.footprint))),
        projection: join(|p| &p.projection),
        underground: join(|p| &p.underground),
    })
}

/// A text attribute that is not blank.
pub fn text<'a>(feature: &'a MapFeature, name: &str) -> Option<&'a str> {
    feature.attributes.get(name).and_then(Value::as_str).filter(|s| !s.trim().is_empty())
}

/// A number attribute.
pub fn number(feature: &MapFeature, name: &str) -> Option<f64> {
    feature.attributes.get(name).and_then(Value::as_f64)
}

/// A true-or-false attribute.
pub fn flag(feature: &MapFeature, name: &str) -> bool {
    feature.attributes.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn features<'a>(input: &'a CheckInput, id: &str) -> &'a [MapFeature] {
    input.features.get(id).map_or(&[], Vec::as_slice)
}
