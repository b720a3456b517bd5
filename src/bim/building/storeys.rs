//! Storeys: where each stands, what kind it is, where ±0.00 is, and how many count.
//!
//! **Level.** A storey stands where its placement puts it; where all placements of a building agree although the
//! Elevations differ, its Elevation above the building's placement counts.
//!
//! **±0.00** is, in this order: the storey whose Elevation is 0; the one with
//! Pset_BuildingStoreyCommon.EntranceLevel; the one named as ground floor (tầng trệt, tầng 1, ground floor …);
//! the lowest storey above ground; the lowest point of walls and floors.
//!
//! **Above ground** is Pset_BuildingStoreyCommon.AboveGround; where it is silent a basement's name, else whether
//! at least half of the storey's height stands above ±0.00.
//!
//! **Kind**: basement below ground; technical, attic, tum, roof and foundation by name, or a topmost level
//! without enclosing walls: `roof`, and a lowest level without floor or walls: `foundation`. These two are no
//! storeys in the sense of Art. 49.9. A technical storey is also one whose spaces are all technical.

use super::parts::Parts;
use super::plan::Plan;
use crate::bim::element::Context;
use crate::bim::facts::StoreyCount;
use crate::bim::role::Role;
use crate::bim::shape::axes;
use crate::bim::shape::outline;
use crate::bim::uses;
use crate::bim::words::{has_phrase, plain};
use crate::text::Text;

/// What a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary storey above ground.
    AboveGround,
    /// A storey below ground.
    Basement,
    /// Under a sloping roof.
    Attic,
    /// For machines and pipes.
    Technical,
    /// The stair head on the roof.
    Tum,
    /// A roof level.
    Roof,
    /// A level of foundations or of nothing.
    Foundation,
}

impl Kind {
    /// As the facts write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AboveGround => "above_ground",
            Self::Basement => "basement",
            Self::Attic => "attic",
            Self::Technical => "technical",
            Self::Tum => "tum",
            Self::Roof => "roof",
            Self::Foundation => "foundation",
        }
    }

    /// Whether it is a storey in the sense of Art. 49.9.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Roof | Self::Foundation)
    }
}

/// One IfcBuildingStorey.
#[derive(Debug, Clone)]
pub struct Level {
    /// Record.
    pub id: u32,
    /// Name as written.
    pub name: String,
    /// Name, plain.
    pub words: String,
    /// Elevation as written, metres.
    pub elevation: Option<f64>,
    /// Local z of its floor, metres.
    pub z: f64,
    /// Local z of the next level's floor; none for the top.
    pub next: Option<f64>,
    /// Pset_BuildingStoreyCommon.AboveGround.
    pub declared_above: Option<bool>,
    /// Pset_BuildingStoreyCommon.EntranceLevel.
    pub entrance: bool,
    /// Whether it counts as above ground.
    pub above_ground: bool,
    /// What it is.
    pub kind: Kind,
    /// Whether the name alone decided the kind.
    named_kind: bool,
}

/// All storeys of a building, from the lowest up.
#[derive(Debug)]
pub struct Levels {
    /// The storeys.
    pub all: Vec<Level>,
    /// Local z of ±0.00.
    pub zero: f64,
    /// Where ±0.00 comes from.
    pub zero_source: String,
    /// Doubts.
    pub notes: Vec<Text>,
}

const BASEMENT: &[&str] =
    &["tang ham", "ham", "ban ham", "basement", "cellar", "underground", "kelder", "keller", "souterrain"];
const TECHNICAL: &[&str] =
    &["ky thuat", "technical", "mechanical", "plant", "mep", "service floor", "plant room"];
const ATTIC: &[&str] = &["ap mai", "tang ap mai", "attic", "loft", "gac mai", "zolder", "dachgeschoss"];
const TUM: &[&str] = &["tum", "tang tum", "mai tum", "stair head", "stairhead", "bulkhead", "roof access"];
const ROOF: &[&str] = &[
    "mai",
    "tang mai",
    "san thuong",
    "roof",
    "top of roof",
    "parapet",
    "dak",
    "dach",
    "ridge",
    "terrace roof",
];
const FOUNDATION: &[&str] =
    &["mong", "foundation", "footing", "fdn", "t fdn", "fundering", "fundament", "tos", "datum"];
const GROUND: &[&str] = &[
    "tang tret",
    "tret",
    "tang 1",
    "tang mot",
    "ground",
    "ground floor",
    "level 1",
    "l1",
    "first floor",
    "floor 1",
    "begane grond",
    "erdgeschoss",
    "eg",
    "00 begane grond",
    "rez de chaussee",
    "nivel 1",
    "t1",
    "storey 1",
];

impl Levels {
    /// Storeys of the building `building`, with ±0.00.
    pub fn read(context: &Context<'_>, building: u32, parts: &Parts<'_>) -> Self {
        let mut all = storeys_of(context, building);
        let mut notes = Vec::new();
        all.sort_by(|a, b| a.z.total_cmp(&b.z).then(a.id.cmp(&b.id)));
        let (zero, zero_source) = zero(&all, parts);
        if all.is_empty() {
            notes.push(Text::new(
                "công trình không có IfcBuildingStorey: không biết số tầng và diện tích sàn",
                "the building has no IfcBuildingStorey: storeys and floor areas are not known",
            ));
        }
        for i in 0..all.len() {
            // Levels closer than half a metre are one floor (finished and structural, say).
            let z = all[i].z;
            all[i].next = all[i + 1..].iter().map(|l| l.z).find(|next| *next > z + 0.5);
            all[i].name_kind(zero);
        }
        Self { all, zero, zero_source, notes }
    }
}

impl Level {
    /// Height to the next level; for the top one an ordinary storey's.
    pub fn height(&self) -> f64 {
        self.next.map_or(3.0, |next| next - self.z)
    }

    fn name_kind(&mut self, zero: f64) {
        let said = |phrases: &[&str]| has_phrase(&self.words, phrases);
        let stands = self.z - zero + self.height() / 2.0 > 0.01;
        self.above_ground = self.declared_above.unwrap_or(stands && !said(BASEMENT));
        let named = if said(FOUNDATION) {
            Some(Kind::Foundation)
        } else if said(TUM) {
            Some(Kind::Tum)
        } else if said(ATTIC) {
            Some(Kind::Attic)
        } else if said(TECHNICAL) {
            Some(Kind::Technical)
        } else if said(ROOF) {
            Some(Kind::Roof)
        } else {
            None
        };
        self.named_kind = named.is_some();
        self.kind = match named {
            Some(kind) => kind,
            None if self.above_ground => Kind::AboveGround,
            None => Kind::Basement,
        };
    }
}

fn storeys_of(context: &Context<'_>, building: u32) -> Vec<Level> {
    let model = context.model;
    let unit = context.units.length_m;
    let base =
        model.get(building).and_then(|b| axes::of_product(model, &b, unit)).map_or(0.0, |a| a.origin[2]);
    let mut levels: Vec<(Level, Option<f64>)> = model
        .all("IfcBuildingStorey")
        .into_iter()
        .filter(|id| context.relations.upwards(*id).contains(&building))
        .filter_map(|id| {
            let record = model.get(id)?;
            let placed = axes::of_product(model, &record, unit).map(|a| a.origin[2]);
            let elevation = record.number("Elevation").map(|e| e * unit);
            let flag = |name: &str| {
                context
                    .properties
                    .value(model, id, "Pset_BuildingStoreyCommon", name)
                    .and_then(|v| v.boolean())
            };
            let name = record.text("Name").or(record.text("LongName")).unwrap_or_default().to_owned();
            let long = record.text("LongName").unwrap_or_default();
            let level = Level {
                id,
                words: plain(&format!("{name} {long}")),
                name,
                elevation,
                z: placed.or(elevation.map(|e| base + e)).unwrap_or(base),
                next: None,
                declared_above: flag("AboveGround"),
                entrance: flag("EntranceLevel").unwrap_or(false),
                above_ground: true,
                kind: Kind::AboveGround,
                named_kind: false,
            };
            Some((level, placed))
        })
        .collect();
    // Placements that all agree say nothing where the Elevations differ.
    let spread = |values: Vec<f64>| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low
    };
    let placed = spread(levels.iter().filter_map(|(_, z)| *z).collect());
    let written = spread(levels.iter().filter_map(|(l, _)| l.elevation).collect());
    if levels.len() > 1 && placed < 0.01 && written > 0.1 {
        for (level, _) in &mut levels {
            level.z = level.elevation.map_or(level.z, |e| base + e);
        }
    }
    levels.into_iter().map(|(level, _)| level).collect()
}

fn zero(levels: &[Level], parts: &Parts<'_>) -> (f64, String) {
    let found = |l: &Level, source: &str| (l.z, source.to_owned());
    let not_roof = |l: &&Level| !has_phrase(&l.words, ROOF) && !has_phrase(&l.words, FOUNDATION);
    let pick = |test: &dyn Fn(&Level) -> bool| levels.iter().filter(not_roof).find(|l| test(l));
    if let Some(l) = pick(&|l| l.elevation.is_some_and(|e| e.abs() < 0.005)) {
        return found(l, "IfcBuildingStorey.Elevation");
    }
    if let Some(l) = levels.iter().find(|l| l.entrance) {
        return found(l, "Pset_BuildingStoreyCommon.EntranceLevel");
    }
    if let Some(l) = pick(&|l| has_phrase(&l.words, GROUND) && !has_phrase(&l.words, BASEMENT)) {
        return found(l, "IfcBuildingStorey.Name");
    }
    let above = |l: &Level| l.declared_above == Some(true) || l.elevation.is_some_and(|e| e > 0.0);
    if let Some(l) = pick(&above).or(levels.iter().find(not_roof)).or(levels.first()) {
        return found(l, "lowest IfcBuildingStorey above ground");
    }
    (parts.built_z().map_or(0.0, |z| z[0]), "lowest point of walls and floors".to_owned())
}

/// Kinds that only the solids and spaces can tell.
pub fn settle_kinds(levels: &mut Levels, plans: &[Plan], parts: &Parts<'_>) {
    let top = levels.all.iter().rposition(|l| l.kind != Kind::Roof);
    for (i, (level, plan)) in levels.all.iter_mut().zip(plans).enumerate() {
        let enclosed = outline::area(&plan.enclosed);
        let spaces = parts.spaces.iter().filter(|s| s.element.storey == Some(level.id)).count();
        // Doors, windows, stairs and walls that stand on it, even where no ring of walls is modelled.
        let furnished = parts.physical.iter().any(|p| {
            p.element.storey == Some(level.id)
                && matches!(p.element.role, Role::Filling | Role::Stair | Role::Column)
        });
        match level.kind {
            // A «mái» that is walled and holds rooms is a storey; a small one is the stair head.
            Kind::Roof if enclosed > 4.0 && spaces > 0 => level.kind = Kind::Tum,
            Kind::AboveGround | Kind::Basement if enclosed > 1.0 || spaces > 0 || furnished => {}
            Kind::AboveGround | Kind::Basement if Some(i) == top && i > 0 => level.kind = Kind::Roof,
            Kind::AboveGround | Kind::Basement if plan.floor_area() < 1.0 => level.kind = Kind::Foundation,
            _ => {}
        }
        let all_technical = !level.named_kind
            && spaces > 0
            && parts
                .spaces
                .iter()
                .filter(|s| s.element.storey == Some(level.id))
                .all(|s| uses::category(&s.element.words) == Some("technical"));
        if level.kind == Kind::AboveGround && all_technical {
            level.kind = Kind::Technical;
        }
    }
}

/// Storeys by kind. `above_ground` and `below_ground` together are the total; attic, technical and tum are
/// among them.
pub fn count(levels: &Levels) -> StoreyCount {
    let mut out = StoreyCount::default();
    for level in levels.all.iter().filter(|l| l.kind.counts()) {
        out.total_49_9 += 1;
        if level.above_ground {
            out.above_ground += 1;
        } else {
            out.below_ground += 1;
        }
        match level.kind {
            Kind::Attic => out.attic += 1,
            Kind::Technical => out.technical += 1,
            Kind::Tum => out.tum += 1,
            _ => {}
        }
    }
    out
}
