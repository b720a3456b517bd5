//! Two models compared: elements by GlobalId, and the facts that the permit checks use.
//!
//! A length counts as changed beyond 1 mm. Property values are compared as each file writes them, in its own units.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::element::Context;
use super::error::BimError;
use super::facts::{Box3, BuildingFacts, ModelFacts, Outline};
use super::read::{self, Limits};
use super::shape::Cuts;
use super::shape::{Solid, axes, outline};
use super::step::Value;
use crate::text::Text;

/// Beyond this a length is changed, metres.
const TOLERANCE_M: f64 = 0.001;
/// Most entries of each list; the totals count all.
const MOST: usize = 1000;
/// Most changed properties of an element.
const MOST_PROPERTIES: usize = 100;

/// What differs between two models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Elements only in the later model.
    pub added: Listed<ElementName>,
    /// Elements only in the earlier model.
    pub removed: Listed<ElementName>,
    /// Elements that differ.
    pub changed: Listed<ElementChange>,
    /// Elements that are the same.
    pub unchanged: u64,
    /// Facts that differ.
    pub facts: Vec<FactChange>,
    /// What could not be compared.
    pub notes: Vec<Text>,
}

/// The first entries of a list and how many there are in all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// In all.
    pub total: u64,
    /// The first, by GlobalId.
    pub first: Vec<T>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { total: 0, first: Vec::new() }
    }
}

impl<T> Listed<T> {
    fn push(&mut self, entry: T) {
        self.total += 1;
        if self.first.len() < MOST {
            self.first.push(entry);
        }
    }
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementName {
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// Entity name.
    pub entity: String,
    /// Name.
    pub name: String,
}

/// How an element differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementChange {
    /// The later element.
    pub element: ElementName,
    /// The earlier entity, where it was another.
    pub entity_before: Option<String>,
    /// The earlier name, where it was another.
    pub name_before: Option<String>,
    /// Type names before and after, where they differ.
    pub kind: Option<[String; 2]>,
    /// How far the placement's origin moved, metres; none where it stayed.
    pub moved_m: Option<f64>,
    /// Whether size, volume or attitude differ, or the body moved otherwise than its placement.
    pub geometry: bool,
    /// Volume before and after, m³, where the geometry differs.
    pub volume_m3: Option<[f64; 2]>,
    /// Properties and quantities that differ.
    pub properties: Vec<PropertyChange>,
    /// Number of those in all.
    pub properties_total: u64,
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// `set.property`.
    pub name: String,
    /// Earlier value; none where there was none.
    pub before: Option<String>,
    /// Later value; none where there is none.
    pub after: Option<String>,
}

/// A fact that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactChange {
    /// GlobalId of the later building or storey, of the earlier one where it is gone.
    pub global_id: String,
    /// Its name.
    pub of: String,
    /// What is measured.
    pub fact: Text,
    /// Earlier value; none where there was none.
    pub before: Option<f64>,
    /// Later value; none where there is none.
    pub after: Option<f64>,
    /// Later less earlier.
    pub difference: Option<f64>,
    /// `m`, `m2` or `storeys`.
    pub unit: String,
}

/// One element as it is compared.
struct Seen {
    name: ElementName,
    kind: String,
    origin: Option<[f64; 3]>,
    bbox: Option<Box3>,
    volume: f64,
    surface: f64,
    properties: BTreeMap<String, Value>,
}

/// Compares two IFC files.
pub fn compare(before: &[u8], after: &[u8], limits: &Limits) -> Result<Comparison, BimError> {
    let mut out = Comparison::default();
    let (old, old_facts) =
        side(before, limits, &mut out.notes, &Text::new("mô hình trước", "earlier model"))?;
    let (new, new_facts) = side(after, limits, &mut out.notes, &Text::new("mô hình sau", "later model"))?;
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for id in ids {
        match (old.get(id), new.get(id)) {
            (Some(a), Some(b)) => match change(a, b) {
                Some(change) => out.changed.push(change),
                None => out.unchanged += 1,
            },
            (Some(a), None) => out.removed.push(a.name.clone()),
            (None, Some(b)) => out.added.push(b.name.clone()),
            (None, None) => {}
        }
    }
    facts(&old_facts, &new_facts, &mut out.facts);
    Ok(out)
}

type Side = (BTreeMap<String, Seen>, ModelFacts);

fn side(bytes: &[u8], limits: &Limits, notes: &mut Vec<Text>, which: &Text) -> Result<Side, BimError> {
    let of_side = |e: BimError| {
        let reason = e.reason();
        let (vi, en) = (format!("{}: {}", which.vi, reason.vi), format!("{}: {}", which.en, reason.en));
        BimError::new(e.place(), vi, en)
    };
    let model = read::open(bytes, limits).map_err(of_side)?;
    let context = read::context(&model, limits, Cuts::All).map_err(of_side)?;
    let mut out = BTreeMap::new();
    let (mut missing, mut twice) = (0, BTreeSet::new());
    let ids = model.all("IfcElement").into_iter().chain(model.all("IfcSpatialStructureElement"));
    for id in ids {
        let Some(seen) = see(&context, id) else { continue };
        let guid = seen.name.global_id.clone();
        if guid.is_empty() {
            missing += 1;
        } else if out.insert(guid.clone(), seen).is_some() {
            twice.insert(guid);
        }
    }
    if missing > 0 {
        notes.push(Text::new(
            format!("{}: {missing} cấu kiện không có GlobalId, không so sánh được", which.vi),
            format!("{}: {missing} elements have no GlobalId and are not compared", which.en),
        ));
    }
    // Which of the two is meant nobody can tell.
    twice.iter().for_each(|guid| drop(out.remove(guid)));
    if !twice.is_empty() {
        let some: Vec<&str> = twice.iter().take(10).map(String::as_str).collect();
        let (n, some) = (twice.len(), some.join(", "));
        notes.push(Text::new(
            format!("{}: {n} GlobalId bị dùng lặp, không so sánh được: {some}", which.vi),
            format!("{}: {n} GlobalIds are used more than once and are not compared: {some}", which.en),
        ));
    }
    if context.meshes.cut_short {
        notes.push(Text::new(
            format!("{}: hết thời gian trước khi dựng xong hình khối", which.vi),
            format!("{}: time ran out before all solids were made", which.en),
        ));
    }
    Ok((out, read::facts(&context)))
}

fn see(context: &Context<'_>, id: u32) -> Option<Seen> {
    let record = context.model.get(id)?;
    let text = |name: &str| record.text(name).unwrap_or_default().to_owned();
    let kind = context.relations.kind.get(&id).map(|k| context.named(*k).name).unwrap_or_default();
    let solid = context.solid(id);
    let (volume, surface) = solid.map(size).unwrap_or_default();
    Some(Seen {
        name: ElementName {
            global_id: text("GlobalId"),
            entity: record.entity().to_owned(),
            name: text("Name"),
        },
        kind,
        origin: axes::of_product(context.model, &record, context.units.length_m).map(|a| a.origin),
        bbox: solid.and_then(Solid::bbox),
        volume,
        surface,
        properties: context.properties.all_values(context.model, id),
    })
}

/// Volume and surface. Corners are taken from the first one, so that far coordinates cost no digits.
fn size(solid: &Solid) -> (f64, f64) {
    let from = solid.corners().next().map_or([0.0; 3], |t| t[0]);
    solid.corners().fold((0.0, 0.0), |(volume, surface), t| {
        let [a, b, c] = t.map(|p| [0, 1, 2].map(|k| p[k] - from[k]));
        let cross = |u: [f64; 3], v: [f64; 3]| {
            [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
        };
        let sub = |u: [f64; 3], v: [f64; 3]| [0, 1, 2].map(|k| u[k] - v[k]);
        let n = cross(sub(b, a), sub(c, a));
        let triple: f64 = cross(b, c).iter().zip(a).map(|(x, y)| x * y).sum();
        (volume + triple / 6.0, surface + n.iter().map(|x| x * x).sum::<f64>().sqrt() / 2.0)
    })
}

fn change(a: &Seen, b: &Seen) -> Option<ElementChange> {
    let shift = match (a.origin, b.origin) {
        (Some(p), Some(q)) => [0, 1, 2].map(|k| q[k] - p[k]),
        _ => [0.0; 3],
    };
    let distance = shift.iter().map(|x| x * x).sum::<f64>().sqrt();
    let geometry = match (&a.bbox, &b.bbox) {
        (Some(p), Some(q)) => {
            let off =
                |k: usize| (q.min[k] - p.min[k] - shift[k]).abs().max((q.max[k] - p.max[k] - shift[k]).abs());
            (0..3).any(|k| off(k) > TOLERANCE_M)
                || (a.volume - b.volume).abs() > TOLERANCE_M * a.surface.max(b.surface)
        }
        (None, None) => false,
        _ => true,
    };
    let names: BTreeSet<&String> = a.properties.keys().chain(b.properties.keys()).collect();
    let mut properties: Vec<PropertyChange> = names
        .into_iter()
        .filter(|name| a.properties.get(*name) != b.properties.get(*name))
        .map(|name| PropertyChange {
            name: name.clone(),
            before: a.properties.get(name).map(shown),
            after: b.properties.get(name).map(shown),
        })
        .collect();
    let properties_total = properties.len() as u64;
    properties.truncate(MOST_PROPERTIES);
    let out = ElementChange {
        element: b.name.clone(),
        entity_before: (a.name.entity != b.name.entity).then(|| a.name.entity.clone()),
        name_before: (a.name.name != b.name.name).then(|| a.name.name.clone()),
        kind: (a.kind != b.kind).then(|| [a.kind.clone(), b.kind.clone()]),
        moved_m: (distance > TOLERANCE_M).then_some(distance),
        geometry,
        volume_m3: geometry.then_some([a.volume, b.volume]),
        properties,
        properties_total,
    };
    let same = a.name == b.name && out.kind.is_none() && out.moved_m.is_none() && !geometry;
    (!same || properties_total > 0).then_some(out)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Boolean(b) => b.to_string(),
    }
}

/// Buildings by GlobalId; where both models have a single one, these two.
fn facts(old: &ModelFacts, new: &ModelFacts, out: &mut Vec<FactChange>) {
    let none = BuildingFacts::default();
    let single = old.buildings.len() == 1 && new.buildings.len() == 1;
    let twin = |b: &BuildingFacts, of: &[BuildingFacts]| {
        of.iter().position(|o| single || !b.global_id.is_empty() && o.global_id == b.global_id)
    };
    for b in &new.buildings {
        let a = twin(b, &old.buildings).map_or(&none, |i| &old.buildings[i]);
        building(a, b, b, out);
    }
    for a in old.buildings.iter().filter(|a| twin(a, &new.buildings).is_none()) {
        building(a, &none, a, out);
    }
}

fn building(a: &BuildingFacts, b: &BuildingFacts, named: &BuildingFacts, out: &mut Vec<FactChange>) {
    let count = |x: u32, there: bool| there.then_some(f64::from(x));
    // A building that one model lacks has neither storeys nor counts there.
    let (a_there, b_there) = (!a.storeys.is_empty(), !b.storeys.is_empty());
    let area = |o: &Outline| outline::area(&o.0);
    let apart = |x: &Outline, y: &Outline| {
        area(&Outline(outline::difference(&x.0, &y.0))) + area(&Outline(outline::difference(&y.0, &x.0)))
    };
    let rows = [
        ("chiều cao", "height", "m", a.height_m.measured, b.height_m.measured),
        ("chiều sâu phần ngầm", "underground depth", "m", a.depth_m, b.depth_m),
        ("nhịp lớn nhất", "largest span", "m", a.span_m, b.span_m),
        (
            "diện tích chiếm đất",
            "footprint area",
            "m2",
            a.footprint_area_m2.measured,
            b.footprint_area_m2.measured,
        ),
        (
            "diện tích hình chiếu",
            "projection area",
            "m2",
            a.projection_area_m2.measured,
            b.projection_area_m2.measured,
        ),
        (
            "tổng diện tích sàn",
            "gross floor area",
            "m2",
            a.gross_floor_area_m2.measured,
            b.gross_floor_area_m2.measured,
        ),
        (
            "diện tích sàn tính hệ số sử dụng đất",
            "FAR area",
            "m2",
            a.far_area_m2.measured,
            b.far_area_m2.measured,
        ),
        (
            "số tầng",
            "storeys",
            "storeys",
            count(a.storey_count.total_49_9, a_there),
            count(b.storey_count.total_49_9, b_there),
        ),
        (
            "số tầng hầm",
            "basement storeys",
            "storeys",
            count(a.storey_count.below_ground, a_there),
            count(b.storey_count.below_ground, b_there),
        ),
        (
            "phần khác nhau của đường bao chiếm đất",
            "footprint outlines' symmetric difference",
            "m2",
            Some(0.0),
            Some(apart(&a.footprint_local, &b.footprint_local)),
        ),
    ];
    for (vi, en, unit, before, after) in rows {
        row((&named.global_id, &named.name), (vi, en, unit), before, after, out);
    }
    let storeys: BTreeSet<&String> = a.storeys.iter().chain(&b.storeys).map(|s| &s.global_id).collect();
    for id in storeys {
        let of = |f: &'_ BuildingFacts| f.storeys.iter().find(|s| s.global_id == *id).cloned();
        let (x, y) = (of(a), of(b));
        let Some(name) = y.as_ref().or(x.as_ref()).map(|s| s.name.clone()) else { continue };
        let elevation = ("cao độ tầng", "storey elevation", "m");
        row(
            (id, &name),
            elevation,
            x.as_ref().map(|s| s.elevation_m),
            y.as_ref().map(|s| s.elevation_m),
            out,
        );
        let floor = ("diện tích sàn tầng", "storey floor area", "m2");
        let measured = |s: Option<&super::facts::StoreyFacts>| s.and_then(|s| s.gross_area_m2.measured);
        row((id, &name), floor, measured(x.as_ref()), measured(y.as_ref()), out);
    }
}

fn row(
    of: (&str, &str),
    fact: (&str, &str, &str),
    before: Option<f64>,
    after: Option<f64>,
    out: &mut Vec<FactChange>,
) {
    let difference = before.zip(after).map(|(x, y)| y - x);
    let same = difference.map_or(before.is_none() && after.is_none(), |d| d.abs() <= TOLERANCE_M);
    if !same {
        out.push(FactChange {
            global_id: of.0.to_owned(),
            of: of.1.to_owned(),
            fact: Text::new(fact.0, fact.1),
            before,
            after,
            difference,
            unit: fact.2.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/ifc-samples/{name}.ifc", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn a_house_made_too_high_shows_its_height() {
        let (a, b) = (sample("tube_house"), sample("tube_house_too_high"));
        let found = compare(&a, &b, &Limits::default()).unwrap();
        let height = found.facts.iter().find(|f| f.fact.en == "height").unwrap();
        assert!(height.difference.unwrap() > 0.1, "{height:?}");
        assert!(found.changed.total + found.added.total > 0);
        let back = compare(&b, &a, &Limits::default()).unwrap();
        assert_eq!((back.added.total, back.removed.total), (found.removed.total, found.added.total));
    }

    mod with_test_data {
        use super::*;

        /// Records numbered and ordered the other way round.
        fn renumbered(bytes: &[u8]) -> Vec<u8> {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let (head, rest) = text.split_once("DATA;").unwrap();
            let (data, tail) = rest.split_once("ENDSEC;").unwrap();
            let mut records: Vec<String> = data
                .split(";\n")
                .map(str::trim)
                .filter(|r| !r.is_empty())
                .map(|record| {
                    let (mut out, mut quoted) = (String::new(), false);
                    let mut chars = record.chars().peekable();
                    while let Some(c) = chars.next() {
                        quoted ^= c == '\'';
                        out.push(c);
                        if c == '#' && !quoted {
                            let mut id = 0_u32;
                            while let Some(d) = chars.peek().and_then(|c| c.to_digit(10)) {
                                id = id * 10 + d;
                                chars.next();
                            }
                            out.push_str(&(5_000_000 - id).to_string());
                        }
                    }
                    out
                })
                .collect();
            records.reverse();
            format!("{head}DATA;\n{};\nENDSEC;{tail}", records.join(";\n")).into_bytes()
        }

        #[test]
        fn real_models_are_equal_to_themselves() {
            let folder = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the test data");
            for name in
                ["duplex_arch_georef_2x3", "bimwhale_large_building", "infra_bridge", "tested_sample_project"]
            {
                let bytes = std::fs::read(format!("{folder}/ifc/{name}.ifc")).unwrap();
                let found = compare(&bytes, &bytes, &Limits::default()).unwrap();
                assert_eq!((found.added.total, found.removed.total), (0, 0), "{name}");
                assert_eq!((found.changed.first, found.facts), (vec![], vec![]), "{name}");
                assert!(found.unchanged > 10, "{name}");
            }
        }

        #[test]
        fn a_model_is_equal_to_itself_renumbered() {
            let folder = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the test data");
            let real = std::fs::read(format!("{folder}/ifc/pcert_building_architecture_ifc4.ifc")).unwrap();
            let real = String::from_utf8_lossy(&real).replace("\r\n", "\n").into_bytes();
            for bytes in [real, sample("tube_house")] {
                let again = renumbered(&bytes);
                assert_ne!(again, bytes);
                let found = compare(&bytes, &again, &Limits::default()).unwrap();
                assert_eq!((found.added.total, found.removed.total), (0, 0));
                assert_eq!(found.changed.first, []);
                assert_eq!(found.facts, []);
                assert!(found.unchanged > 3);
            }
        }
    }
}
