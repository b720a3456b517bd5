//! Parking and planted areas.
//!
//! **Parking** is an IfcSpace whose use is parking (`uses`: PredefinedType PARKING, occupancy, names such as «chỗ
//! đỗ xe», «nhà để xe», “garage”) or that has Pset_SpaceParking and is no aisle, and any element named as one
//! place («chỗ đỗ xe», “parking bay”). A **place** is counted where it is modelled by itself: named as a place, or a
//! space of PredefinedType PARKING or with Pset_SpaceParking, and no larger than 30 m². A garage or deck without
//! single places gives area only. **Declared** is the sum of Pset_SpaceParking.ParkingUnits.
//!
//! **Planted** is an IfcGeographicElement of PredefinedType VEGETATION, and a space, slab, covering or
//! geographic, civil or proxy element that is named as lawn, garden, flower bed or planted area (QCVN 01:2021 2.6.5).
//! Single trees, pots and paving are none: a crown is no planted ground. **Declared** is the site's or building's
//! own property (LandscapeArea, GreenArea, «Diện tích cây xanh»).
//!
//! Areas are plan views united, so that a place within a deck, or two layers of one lawn, count once; parking decks
//! over one another are united storey by storey and added.

use std::collections::BTreeMap;

use geo::MultiPolygon;

use super::round;
use crate::bim::element::Context;
use crate::bim::facts::{Landscape, Measured, Outline, Parking, PlanElement};
use crate::bim::shape::Solid;
use crate::bim::shape::outline::{area, union};
use crate::bim::step::Record;
use crate::bim::uses;
use crate::bim::words::has_phrase;

/// Largest single place (a lorry's), m².
const PLACE_M2: f64 = 30.0;

const PLACES: &[&str] = &[
    "cho do xe",
    "cho dau xe",
    "cho de xe",
    "o do xe",
    "o dau xe",
    "vi tri do xe",
    "vi tri de xe",
    "parking space",
    "parking bay",
    "parking stall",
    "parking spot",
    "parking lot space",
    "parking place",
    "car space",
];
const PLANTED: &[&str] = &[
    "tham co",
    "tham thuc vat",
    "bai co",
    "san co",
    "bon cay",
    "bon hoa",
    "vuon hoa",
    "vuon cay",
    "san vuon",
    "san vuon cay xanh",
    "khu cay xanh",
    "dat cay xanh",
    "mang xanh",
    "vuon",
    "lawn",
    "grass",
    "garden",
    "planting bed",
    "planted area",
    "green area",
    "greenery",
    "green roof",
    "landscape",
    "landscaping",
    "flower bed",
    "planter bed",
    "vegetation",
];
const NOT_PLANTED: &[&str] =
    &["garden wall", "duong dao", "path", "paving", "fence", "hang rao", "tuong rao", "chair"];
const LANDSCAPE_NAMES: &[&str] =
    &["LandscapeArea", "GreenArea", "LandscapedArea", "Diện tích cây xanh", "Diện tích đất cây xanh"];

/// One element with its plan.
struct Item {
    element: PlanElement,
    plan: MultiPolygon<f64>,
    /// What holds it directly: places of one deck may overlap the deck.
    storey: Option<u32>,
    place: bool,
    units: Option<f64>,
}

/// What was found, by building (its GlobalId; none for the site).
pub struct Provision {
    parking: BTreeMap<Option<String>, Vec<Item>>,
    planted: BTreeMap<Option<String>, Vec<Item>>,
    declared: BTreeMap<Option<String>, (f64, String)>,
}

impl Provision {
    /// Looks at every space and element of the model once.
    pub fn read(context: &Context<'_>) -> Self {
        let mut out = Self { parking: BTreeMap::new(), planted: BTreeMap::new(), declared: BTreeMap::new() };
        let model = context.model;
        for id in model.all("IfcSpace").into_iter().chain(model.all("IfcElement")) {
            let Some(record) = model.get(id) else { continue };
            if model.is_a(record.entity(), "IfcFeatureElement") {
                continue;
            }
            let words = context.words(&record);
            if let Some(item) = parking(context, &record, &words) {
                out.parking.entry(owner(context, id)).or_default().push(item);
            } else if let Some(item) = planted(context, &record, &words) {
                out.planted.entry(owner(context, id)).or_default().push(item);
            }
        }
        let own = |id: u32| {
            let scale = context.units.area_m2;
            context.properties.declared(model, &context.units, id, LANDSCAPE_NAMES, scale)
        };
        if let Some(found) = model.exactly("IfcSite").iter().find_map(|id| own(*id)) {
            out.declared.insert(None, found);
        }
        for id in model.all("IfcBuilding") {
            if let Some(found) = own(id) {
                out.declared.insert(Some(context.named(id).global_id), found);
            }
        }
        out
    }

    /// Takes out what belongs to a building, or to none.
    pub fn take(&mut self, building: Option<&str>) -> (Parking, Landscape) {
        let key = building.map(str::to_owned);
        let (parking, planted) =
            (self.parking.remove(&key).unwrap_or_default(), self.planted.remove(&key).unwrap_or_default());
        let places = parking.iter().filter(|i| i.place).count();
        let mut spaces = Measured::only((places > 0).then_some(places as f64));
        let units: Vec<f64> = parking.iter().filter_map(|i| i.units).collect();
        if !units.is_empty() {
            spaces.declare(Some((units.iter().sum(), "Pset_SpaceParking.ParkingUnits".to_owned())));
        }
        let mut decks: BTreeMap<Option<u32>, Vec<&MultiPolygon<f64>>> = BTreeMap::new();
        for item in &parking {
            decks.entry(item.storey).or_default().push(&item.plan);
        }
        let ground: f64 = decks.into_values().map(|plans| area(&union(plans))).sum();
        let green = union(planted.iter().map(|i| &i.plan));
        let measured = |a: f64| Measured::only((a > 0.0).then(|| round(a)));
        let mut landscape = Landscape {
            area_m2: measured(area(&green)),
            elements: planted.into_iter().map(|i| i.element).collect(),
            outline_local: Outline(green),
        };
        landscape.area_m2.declare(self.declared.remove(&key).map(|(v, source)| (round(v), source)));
        let parking = Parking {
            spaces,
            // Decks lie one over the other: each storey's plan counts, what overlaps on one storey once.
            area_m2: measured(ground),
            elements: parking.into_iter().map(|i| i.element).collect(),
        };
        (parking, landscape)
    }
}

/// GlobalId of the building that holds an element.
fn owner(context: &Context<'_>, id: u32) -> Option<String> {
    let up = context.relations.upwards(id);
    let building = up
        .into_iter()
        .find(|u| context.model.get(*u).is_some_and(|r| context.model.is_a(r.entity(), "IfcBuilding")))?;
    Some(context.named(building).global_id)
}

fn item(context: &Context<'_>, record: &Record, evidence: &str) -> Item {
    let plan = context.solid(record.id()).map_or_else(|| MultiPolygon(Vec::new()), Solid::plan);
    let measured = area(&plan);
    Item {
        element: PlanElement {
            global_id: record.text("GlobalId").unwrap_or_default().to_owned(),
            entity: record.entity().to_owned(),
            name: record.text("LongName").or(record.text("Name")).unwrap_or_default().to_owned(),
            evidence: evidence.to_owned(),
            area_m2: (measured > 0.0).then(|| round(measured)),
        },
        plan,
        storey: context.relations.upwards(record.id()).into_iter().skip(1).find(|u| {
            context.model.get(*u).is_some_and(|r| context.model.is_a(r.entity(), "IfcBuildingStorey"))
        }),
        place: false,
        units: None,
    }
}

fn parking(context: &Context<'_>, record: &Record, words: &str) -> Option<Item> {
    let space = context.model.is_a(record.entity(), "IfcSpace");
    let named = has_phrase(words, PLACES);
    let value = |name: &str| context.properties.value(context.model, record.id(), "Pset_SpaceParking", name);
    let evidence = if space {
        let aisle = value("IsAisle").and_then(|v| v.boolean()).unwrap_or(false);
        if aisle {
            return None;
        }
        if context.predefined(record) == "PARKING" {
            "PredefinedType PARKING"
        } else if value("ParkingUnits").is_some() || value("ParkingUse").is_some() {
            "Pset_SpaceParking"
        } else if uses::of_space(context, record.id()).as_deref() == Some("parking") {
            "use"
        } else if named {
            "name"
        } else {
            return None;
        }
    } else if named {
        "name"
    } else {
        return None;
    };
    let mut out = item(context, record, evidence);
    let single = named || matches!(evidence, "PredefinedType PARKING" | "Pset_SpaceParking");
    out.place = single && out.element.area_m2.is_none_or(|a| a <= PLACE_M2);
    out.units = value("ParkingUnits").and_then(|v| v.number());
    Some(out)
}

fn planted(context: &Context<'_>, record: &Record, words: &str) -> Option<Item> {
    let is_a = |of: &[&str]| of.iter().any(|e| context.model.is_a(record.entity(), e));
    if is_a(&["IfcGeographicElement"]) && context.predefined(record) == "VEGETATION" {
        // A single tree is drawn as vegetation too.
        let tree = has_phrase(words, &["tree", "cay", "palm", "bush"]) && !has_phrase(words, PLANTED);
        return (!tree).then(|| item(context, record, "PredefinedType VEGETATION"));
    }
    let may = is_a(&[
        "IfcSpace",
        "IfcSlab",
        "IfcCovering",
        "IfcGeographicElement",
        "IfcCivilElement",
        "IfcBuildingElementProxy",
    ]);
    (may && has_phrase(words, PLANTED) && !has_phrase(words, NOT_PLANTED))
        .then(|| item(context, record, "name"))
}
