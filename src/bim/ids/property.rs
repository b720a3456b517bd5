//! The property facet: every matching property of every matching set must be as asked for.

use std::rc::Rc;

use super::constraint::Constraint;
use super::index::Index;
use super::outcome::{Outcome, Reason};
use super::scalar::Scalar;
use super::sets::{Property, Set};

/// Whether the element has the property. Sets of one name, the element's own and its type's, are one set in which the
/// element's properties come first.
pub fn holds(
    index: &Index<'_, '_>,
    id: u32,
    set: &Constraint,
    name: &Constraint,
    data_type: Option<&str>,
    value: Option<&Constraint>,
) -> Outcome {
    let sets: Vec<Rc<Set>> = index.sets(id).filter(|s| set.matches_text(&s.name)).collect();
    if sets.is_empty() {
        return Outcome::Absent(Reason::NoSet);
    }
    let mut absent = None;
    for (at, first) in sets.iter().enumerate() {
        if sets[..at].iter().any(|earlier| earlier.name == first.name) {
            continue;
        }
        let mut named: Vec<&Property> = Vec::new();
        for property in sets[at..].iter().filter(|s| s.name == first.name).flat_map(|s| s.properties(index)) {
            if name.matches_text(&property.name) && !named.iter().any(|p| p.name == property.name) {
                named.push(property);
            }
        }
        if named.is_empty() {
            absent.get_or_insert_with(|| Reason::NoProperty(first.name.clone()));
        }
        for property in named {
            if let Some(reason) = differs(property, data_type, value) {
                return Outcome::Differs(reason);
            }
        }
    }
    // Each matching set must have the property, even if another one has it.
    absent.map_or(Outcome::Holds, Outcome::Absent)
}

/// Whether the element has a property of that name in such a set, whatever its value.
pub fn exists(index: &Index<'_, '_>, id: u32, set: &Constraint, name: &Constraint) -> bool {
    index
        .sets(id)
        .any(|s| set.matches_text(&s.name) && s.properties(index).iter().any(|p| name.matches_text(&p.name)))
}

/// Why a property is not as asked for. Of several values (list, enumeration, bounds, table) one must fit.
fn differs(property: &Property, data_type: Option<&str>, value: Option<&Constraint>) -> Option<Reason> {
    if !property.simple {
        return Some(Reason::NotSimple);
    }
    if property.values.iter().all(|(_, scalar)| scalar.is_empty()) {
        return Some(Reason::NoValue);
    }
    let typed = |kind: &str| data_type.is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind));
    let values: Vec<&Scalar> =
        property.values.iter().filter(|(kind, _)| typed(kind)).map(|(_, v)| v).collect();
    if values.is_empty() {
        return Some(Reason::DataType(property.values[0].0.clone()));
    }
    let fits = |wanted: &Constraint| values.iter().any(|v| wanted.matches(v));
    (!value.is_none_or(fits)).then(|| Reason::Value(values.into_iter().cloned().collect()))
}
