//! Property sets and quantities of objects, of the occurrence first and of its type where the occurrence is silent.

use std::collections::HashMap;

use super::relations::Relations;
use super::step::{Model, Record, Value};
use super::units::Units;
use super::words::plain;

/// Property sets by object. Sets are read when asked for.
#[derive(Debug, Default)]
pub struct Properties {
    /// Object → property or quantity sets, in file order.
    sets: HashMap<u32, Vec<u32>>,
}

impl Properties {
    /// Indexes IfcRelDefinesByProperties and the sets of types.
    pub fn read(model: &Model<'_>, relations: &Relations) -> Self {
        let mut sets: HashMap<u32, Vec<u32>> = HashMap::new();
        for &id in model.exactly("IfcRelDefinesByProperties") {
            let Some(rel) = model.get(id) else { continue };
            let definitions = rel.references("RelatingPropertyDefinition");
            for object in rel.references("RelatedObjects") {
                sets.entry(object).or_default().extend(&definitions);
            }
        }
        for (&object, &kind) in &relations.kind {
            if let Some(kind) = model.get(kind) {
                sets.entry(object).or_default().extend(kind.references("HasPropertySets"));
            }
        }
        Self { sets }
    }

    /// All sets of an object: of the occurrence, then of its type.
    pub fn all_sets<'m>(&'m self, model: &'m Model<'_>, object: u32) -> impl Iterator<Item = Record> + 'm {
        self.sets(model, object, |_| true)
    }

    /// The named sets of an object whose name fits.
    fn sets<'m>(
        &'m self,
        model: &'m Model<'_>,
        object: u32,
        fits: impl Fn(&str) -> bool + 'm,
    ) -> impl Iterator<Item = Record> + 'm {
        let ids = self.sets.get(&object).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|&id| model.get(id)).filter(move |set| set.text("Name").is_some_and(&fits))
    }

    /// The value of `property` in the set `set`.
    pub fn value(&self, model: &Model<'_>, object: u32, set: &str, property: &str) -> Option<Value> {
        self.sets(model, object, |name| name.eq_ignore_ascii_case(set))
            .find_map(|set| in_set(model, &set, property))
    }

    /// The sets of an object whose name begins with `prefix`, as (set, properties).
    pub fn starting_with(&self, model: &Model<'_>, object: u32, prefix: &str) -> Vec<HashMap<String, Value>> {
        let prefix = prefix.to_ascii_lowercase();
        self.sets(model, object, |name| name.to_ascii_lowercase().starts_with(&prefix))
            .map(|set| all_in_set(model, &set))
            .collect()
    }

    /// All simple values of an object by `set.property`, as written; the occurrence's own come first. Quantities too.
    pub fn all_values(&self, model: &Model<'_>, object: u32) -> std::collections::BTreeMap<String, Value> {
        let mut out = std::collections::BTreeMap::new();
        for set in self.sets(model, object, |_| true) {
            let name = set.text("Name").unwrap_or_default();
            let quantities = set.references("Quantities").into_iter().filter_map(|id| model.get(id));
            for member in members(model, &set).into_iter().chain(quantities) {
                let amount = || QUANTITIES.iter().find_map(|a| member.value(a));
                if let (Some(own), Some(value)) = (member.text("Name"), value_of(&member).or_else(amount)) {
                    out.entry(format!("{name}.{own}")).or_insert(value);
                }
            }
        }
        out
    }

    /// A quantity in metres or square metres: the first of `names` that an IfcElementQuantity
    /// (`Qto_…BaseQuantities`, `BaseQuantities`) holds. Declared, not measured.
    pub fn quantity(&self, model: &Model<'_>, units: &Units, object: u32, names: &[&str]) -> Option<f64> {
        let sets: Vec<Record> = self
            .sets(model, object, |name| name.to_ascii_lowercase().contains("basequantities"))
            .filter(|set| set.entity() == "IfcElementQuantity")
            .collect();
        names.iter().find_map(|wanted| sets.iter().find_map(|set| quantity_in(model, units, set, wanted)))
    }

    /// The first of `names` that any quantity or property set holds as a number, with `set.name` as its source.
    /// Names are compared in plain words. A quantity has its own unit; a property's value is scaled by `scale`
    /// (metres or square metres in the file's unit), for its measure type is not kept.
    pub fn declared(
        &self,
        model: &Model<'_>,
        units: &Units,
        object: u32,
        names: &[&str],
        scale: f64,
    ) -> Option<(f64, String)> {
        let sets: Vec<Record> = self.sets(model, object, |_| true).collect();
        let wanted: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let source = |set: &Record, name: &str| format!("{}.{name}", set.text("Name").unwrap_or_default());
        wanted.iter().find_map(|wanted| {
            sets.iter().find_map(|set| {
                let list = if set.entity() == "IfcElementQuantity" { "Quantities" } else { "HasProperties" };
                let member = set
                    .references(list)
                    .into_iter()
                    .filter_map(|id| model.get(id))
                    .find(|m| m.text("Name").is_some_and(|name| plain(name) == *wanted))?;
                let name = member.text("Name")?;
                let value = match set.entity() {
                    "IfcElementQuantity" => quantity_in(model, units, set, name),
                    _ => value_of(&member).and_then(|v| v.number()).map(|v| v * scale),
                }?;
                Some((value, source(set, name)))
            })
        })
    }
}

/// Where IfcPhysicalSimpleQuantity's subtypes hold their value.
const QUANTITIES: [&str; 6] =
    ["LengthValue", "AreaValue", "VolumeValue", "CountValue", "WeightValue", "TimeValue"];

fn quantity_in(model: &Model<'_>, units: &Units, set: &Record, wanted: &str) -> Option<f64> {
    let members = set.references("Quantities");
    let quantity = members
        .iter()
        .filter_map(|&id| model.get(id))
        .find(|q| q.text("Name").is_some_and(|name| name.eq_ignore_ascii_case(wanted)))?;
    let own = quantity.reference("Unit").and_then(|unit| model.scale_of_unit(unit));
    match quantity.entity() {
        "IfcQuantityArea" => Some(quantity.number("AreaValue")? * own.unwrap_or(units.area_m2)),
        "IfcQuantityLength" => Some(quantity.number("LengthValue")? * own.unwrap_or(units.length_m)),
        "IfcQuantityCount" => quantity.number("CountValue"),
        _ => None,
    }
}

fn members(model: &Model<'_>, set: &Record) -> Vec<Record> {
    set.references("HasProperties").iter().filter_map(|&id| model.get(id)).collect()
}

fn in_set(model: &Model<'_>, set: &Record, property: &str) -> Option<Value> {
    let found = members(model, set)
        .into_iter()
        .find(|p| p.text("Name").is_some_and(|name| name.eq_ignore_ascii_case(property)))?;
    value_of(&found)
}

fn all_in_set(model: &Model<'_>, set: &Record) -> HashMap<String, Value> {
    members(model, set).iter().filter_map(|p| Some((p.text("Name")?.to_owned(), value_of(p)?))).collect()
}

fn value_of(property: &Record) -> Option<Value> {
    match property.entity() {
        "IfcPropertySingleValue" => property.value("NominalValue"),
        "IfcPropertyEnumeratedValue" => property.value("EnumerationValues"),
        "IfcPropertyListValue" => property.value("ListValues"),
        _ => None,
    }
}
