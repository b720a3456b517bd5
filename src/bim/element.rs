//! Products with what the facts need to know about them.

use std::collections::HashMap;

use super::properties::Properties;
use super::relations::Relations;
use super::role::{self, Role, Traits};
use super::shape::{Meshes, Solid};
use super::step::{Model, Record};
use super::units::Units;
use super::words::plain;

/// Everything read so far, borrowed by the measuring files.
pub struct Context<'a> {
    /// The records.
    pub model: &'a Model<'a>,
    /// Scales to metres.
    pub units: Units,
    /// Who lies where.
    pub relations: Relations,
    /// Property sets and quantities.
    pub properties: Properties,
    /// Solids by product.
    pub meshes: Meshes,
}

/// A product of a building.
#[derive(Debug, Clone)]
pub struct Element {
    /// Record.
    pub id: u32,
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// What it is to the outlines.
    pub role: Role,
    /// Whether it counts for the height.
    pub counts_for_height: bool,
    /// Storey that holds it, directly or through its whole.
    pub storey: Option<u32>,
    /// Name and types, plain.
    pub words: String,
}

impl Context<'_> {
    /// The solid of a product.
    pub fn solid(&self, id: u32) -> Option<&Solid> {
        self.meshes.solids.get(&id)
    }

    /// PredefinedType, of the occurrence unless it leaves it open, else of its type; upper case.
    pub fn predefined(&self, record: &Record) -> String {
        let open = |s: &&str| !matches!(*s, "NOTDEFINED" | "USERDEFINED" | "");
        let own = record.enumeration("PredefinedType").filter(open).map(str::to_ascii_uppercase);
        own.or_else(|| {
            let kind = self.model.get(*self.relations.kind.get(&record.id())?)?;
            kind.enumeration("PredefinedType").filter(open).map(str::to_ascii_uppercase)
        })
        .unwrap_or_default()
    }

    /// Names, ObjectType and type name in plain words.
    pub fn words(&self, record: &Record) -> String {
        let kind = self.relations.kind.get(&record.id()).and_then(|id| self.model.get(*id));
        let texts = [
            record.text("Name").map(plain),
            record.text("LongName").map(plain),
            record.text("ObjectType").map(plain),
            kind.as_ref().and_then(|k| k.text("Name")).map(plain),
            kind.as_ref().and_then(|k| k.text("ElementType")).map(plain),
        ];
        texts.into_iter().flatten().collect::<Vec<_>>().join(" , ")
    }

    /// The element that a product is.
    pub fn element(&self, record: &Record) -> Element {
        let words = self.words(record);
        let predefined = self.predefined(record);
        let traits = Traits { predefined: &predefined, words: &words };
        let is_a = |of: &str| self.model.is_a(record.entity(), of);
        let mut role = role::of(traits, is_a);
        // A part of a curtain wall, roof, stair or railing is what its whole is.
        if role == Role::Other || role == Role::Floor && predefined.is_empty() {
            role = self.role_of_whole(record.id()).unwrap_or(role);
        }
        Element {
            id: record.id(),
            global_id: record.text("GlobalId").unwrap_or_default().to_owned(),
            role,
            counts_for_height: !role::is_above_the_height(&traits, is_a),
            storey: self.storey_of(record.id()),
            words,
        }
    }

    fn role_of_whole(&self, id: u32) -> Option<Role> {
        let whole = self.model.get(*self.relations.whole.get(&id)?)?;
        let (predefined, words) = (self.predefined(&whole), self.words(&whole));
        let traits = Traits { predefined: &predefined, words: &words };
        let role = role::of(traits, |of| self.model.is_a(whole.entity(), of));
        matches!(role, Role::Wall | Role::Roof | Role::Stair | Role::Railing | Role::Canopy).then_some(role)
    }

    fn storey_of(&self, id: u32) -> Option<u32> {
        self.relations
            .upwards(id)
            .into_iter()
            .skip(1)
            .find(|up| self.model.get(*up).is_some_and(|r| self.model.is_a(r.entity(), "IfcBuildingStorey")))
    }

    /// Products with solids by building; `None` holds those of no building (site works).
    pub fn elements_by_building(&self) -> HashMap<Option<u32>, Vec<Element>> {
        let buildings = self.model.all("IfcBuilding");
        let mut out: HashMap<Option<u32>, Vec<Element>> = HashMap::new();
        for &id in self.meshes.solids.keys() {
            let Some(record) = self.model.get(id) else { continue };
            let up = self.relations.upwards(id);
            let mut building = up.iter().copied().find(|u| buildings.binary_search(u).is_ok() && *u != id);
            // What hangs nowhere belongs to the only building; what hangs at the site is site works.
            if building.is_none() && buildings.len() == 1 && !self.hangs_at_site(&up) {
                building = Some(buildings[0]);
            }
            out.entry(building).or_default().push(self.element(&record));
        }
        out
    }

    fn hangs_at_site(&self, up: &[u32]) -> bool {
        up.iter().any(|id| self.model.get(*id).is_some_and(|r| self.model.is_a(r.entity(), "IfcSite")))
    }

    /// GlobalId and name of a rooted record.
    pub fn named(&self, id: u32) -> super::facts::Named {
        let record = self.model.get(id);
        let text = |name: &str| record.as_ref().and_then(|r| r.text(name)).unwrap_or_default().to_owned();
        super::facts::Named { global_id: text("GlobalId"), name: text("Name") }
    }
}
