//! Property sets and quantities of objects, of the occurrence first and of its type where the occurrence is silent.

use std::collections::HashMap;

use super::relations::Relations;
use super::step::{Model, Record, Value};
use super::units::Units;

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
    pub fn all<'m>(&'m self, model: &'m Model<'_>, object: u32) -> impl Iterator<Item = Record> + 'm {
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

    /// A quantity in metres or square metres: the first of `names` that an IfcElementQuantity
    /// (`Qto_…BaseQuantities`, `BaseQuantities`) holds. Declared, not measured.
    pub fn quantity(&self, model: &Model<'_>, units: &Units, object: u32, names: &[&str]) -> Option<f64> {
        let sets: Vec<Record> = self
            .sets(model, object, |name| name.to_ascii_lowercase().contains("basequantities"))
            .filter(|set| set.entity() == "IfcElementQuantity")
            .collect();
        names.iter().find_map(|wanted| sets.iter().find_map(|set| quantity_in(model, units, set, wanted)))
    }
}

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
