//! Facets of single elements, after the IDS documentation (facet-configurations.md, `*-facet.md`) and buildingSMART's test
//! cases.

use hashbrown::HashSet;

use super::constraint::Constraint;
use super::document::{EntityFacet, FacetKind, Relation};
use super::index::{Index, text};
use super::outcome::{Outcome, Reason};
use crate::bim::step::Record;

/// Most wholes that are looked at for one part; more are not in any model that is not broken.
const WHOLES_MAX: usize = 10_000;

/// Whether a facet holds of the element `id` of the class `class` (in capitals).
pub fn holds(index: &Index<'_, '_>, id: u32, class: &str, facet: &FacetKind) -> Outcome {
    match facet {
        FacetKind::Entity(facet) => entity(index, id, class, facet),
        FacetKind::Attribute { name, value } => attribute(index, id, class, name, value.as_ref()),
        FacetKind::Property { set, name, data_type, value } => {
            super::property::holds(index, id, set, name, data_type.as_deref(), value.as_ref())
        }
        FacetKind::Classification { system, value } => classification(index, id, system, value.as_ref()),
        FacetKind::Material { value } => material(index, id, value.as_ref()),
        FacetKind::PartOf { relation, entity } => part_of(index, id, *relation, entity),
    }
}

/// The class that IFC2X3 says only by the type: IFCAIRTERMINAL for an IfcFlowTerminal of an IfcAirTerminalType.
fn class_by_type(index: &Index<'_, '_>, id: u32) -> Option<String> {
    let record = index.model.get(index.type_of(id)?)?;
    index.schema.named_by_type(&record.entity().to_ascii_uppercase()).map(str::to_owned)
}

fn entity(index: &Index<'_, '_>, id: u32, class: &str, facet: &EntityFacet) -> Outcome {
    let by_type = || class_by_type(index, id).is_some_and(|name| facet.name.matches_text(&name));
    if !facet.name.matches_text(class) && !by_type() {
        return Outcome::Differs(Reason::Class(class.to_owned()));
    }
    match &facet.predefined_type {
        Some(wanted) if wanted.exact() != Some("") => predefined_type(index, id, wanted),
        _ => Outcome::Holds,
    }
}

/// The predefined type of the element's type where that says one, else its own; of a user-defined one both the user's name
/// and `USERDEFINED`.
fn predefined_type(index: &Index<'_, '_>, id: u32, wanted: &Constraint) -> Outcome {
    let of_type = index.type_of(id).and_then(|kind| index.model.get(kind)).and_then(|r| said(&r));
    let own = || index.model.get(id).and_then(|r| said(&r));
    let Some((item, user)) = of_type.filter(|(item, _)| item != "NOTDEFINED").or_else(own) else {
        return Outcome::Absent(Reason::PredefinedType(None));
    };
    if wanted.matches_text(&item) || user.as_deref().is_some_and(|name| wanted.matches_text(name)) {
        return Outcome::Holds;
    }
    Outcome::Differs(Reason::PredefinedType(Some(user.unwrap_or(item))))
}

/// What a record says of its predefined type: the item, and the user's name of a user-defined one.
fn said(record: &Record) -> Option<(String, Option<String>)> {
    let item = record.enumeration("PredefinedType").map(str::to_owned);
    let user =
        || ["ObjectType", "ElementType", "ProcessType", "ResourceType"].iter().find_map(|a| text(record, a));
    match item {
        Some(item) if item == "USERDEFINED" => Some((item, user())),
        Some(item) => Some((item, None)),
        // Classes without the attribute, and values left out: the user's name alone.
        None => user().map(|name| (name, None)),
    }
}

fn attribute(
    index: &Index<'_, '_>,
    id: u32,
    class: &str,
    name: &Constraint,
    value: Option<&Constraint>,
) -> Outcome {
    let Some(record) = index.model.get(id) else { return Outcome::Absent(Reason::NoAttribute) };
    let mut empty = None;
    let mut found = false;
    let mut look = |attribute: &str, declared: &str| -> Option<Outcome> {
        let written = record.attribute_value(attribute)?;
        let (_, scalar) = index.scalar(&written, declared, None)?;
        if scalar.is_empty() {
            empty = Some(scalar);
            return None;
        }
        found = true;
        let fits = value.is_none_or(|v| v.matches(&scalar));
        (!fits).then_some(Outcome::Differs(Reason::Attribute(scalar)))
    };
    match name.exact() {
        Some(name) => {
            let declared = index.schema.attribute_type(class, name).unwrap_or_default();
            if let Some(differs) = look(name, declared) {
                return differs;
            }
        }
        None => {
            for (name, declared) in
                index.schema.attributes(class).into_iter().filter(|(n, _)| name.matches_text(n))
            {
                if let Some(differs) = look(name, declared) {
                    return differs;
                }
            }
        }
    }
    match (found, empty) {
        (true, _) => Outcome::Holds,
        (false, Some(scalar)) => Outcome::Differs(Reason::Attribute(scalar)),
        (false, None) => Outcome::Absent(Reason::NoAttribute),
    }
}

fn classification(
    index: &Index<'_, '_>,
    id: u32,
    system: &Constraint,
    value: Option<&Constraint>,
) -> Outcome {
    let all = index.classifications(id);
    if all.is_empty() {
        return Outcome::Absent(Reason::NoClassification);
    }
    let in_system: Vec<_> =
        all.iter().filter(|r| r.system.as_deref().is_some_and(|name| system.matches_text(name))).collect();
    if in_system.is_empty() {
        return Outcome::Differs(Reason::NoClassification);
    }
    let fits = |v: &Constraint| in_system.iter().any(|r| r.codes.iter().any(|code| v.matches_text(code)));
    if value.is_none_or(fits) {
        return Outcome::Holds;
    }
    let codes = in_system.iter().filter_map(|r| r.codes.first().cloned()).collect();
    Outcome::Differs(Reason::Classification(codes))
}

fn material(index: &Index<'_, '_>, id: u32, value: Option<&Constraint>) -> Outcome {
    let Some(materials) = index.materials(id) else { return Outcome::Absent(Reason::NoMaterial) };
    let mut names = materials.iter().flat_map(|names| names.iter());
    if value.is_none_or(|v| names.any(|name| v.matches_text(name))) {
        return Outcome::Holds;
    }
    Outcome::Differs(Reason::Material(materials.iter().flat_map(|names| names.iter()).cloned().collect()))
}

/// Wholes of wholes are wholes too; a cycle ends the search.
fn part_of(index: &Index<'_, '_>, id: u32, relation: Option<Relation>, whole: &EntityFacet) -> Outcome {
    let mut seen: HashSet<u32> = HashSet::new();
    seen.insert(id);
    let mut open = index.wholes(id, relation);
    let mut others = Vec::new();
    while let Some(at) = open.pop() {
        if !seen.insert(at) || seen.len() > WHOLES_MAX {
            continue;
        }
        let Some(record) = index.model.get(at) else { continue };
        let class = record.entity().to_ascii_uppercase();
        if entity(index, at, &class, whole) == Outcome::Holds {
            return Outcome::Holds;
        }
        others.push(record.entity().to_owned());
        open.extend(index.wholes(at, relation));
    }
    if others.is_empty() { Outcome::Absent(Reason::NoWhole) } else { Outcome::Differs(Reason::Whole(others)) }
}
