//! Property and quantity sets, with their values as IDS compares them.

use std::cell::OnceCell;

use super::index::{Index, text};
use super::scalar::Scalar;
use crate::bim::step::{Attribute, Record};

/// A set of properties or quantities. What is in it is read when it is asked for.
#[derive(Debug)]
pub struct Set {
    /// Its name; empty where it has none.
    pub name: String,
    record: Option<Record>,
    properties: OnceCell<Vec<Property>>,
}

impl Set {
    /// The set of this record; an empty one where it is none.
    pub fn new(index: &Index<'_, '_>, id: u32) -> Self {
        let record = index.model.get(id);
        let name = record.as_ref().and_then(|r| text(r, "Name")).unwrap_or_default();
        Self { name, record, properties: OnceCell::new() }
    }

    /// What is in it, in the order of the file.
    pub fn properties(&self, index: &Index<'_, '_>) -> &[Property] {
        self.properties.get_or_init(|| self.record.as_ref().map(|r| read(index, r)).unwrap_or_default())
    }
}

/// A property or quantity.
#[derive(Debug, Default)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its values with their types in capitals: one of a single value, more of enumerated, list, bounded and table values.
    pub values: Vec<(String, Scalar)>,
    /// Whether IDS can look into it: not into complex properties and references.
    pub simple: bool,
}

fn read(index: &Index<'_, '_>, record: &Record) -> Vec<Property> {
    let listed: Vec<u32> = match record.entity() {
        "IfcPropertySet" => record.references("HasProperties"),
        "IfcElementQuantity" => record.references("Quantities"),
        "IfcMaterialProperties" | "IfcProfileProperties" => record.references("Properties"),
        "IfcExtendedMaterialProperties" => record.references("ExtendedProperties"),
        _ => return predefined(index, record),
    };
    listed.into_iter().filter_map(|id| index.model.get(id)).map(|p| property(index, &p)).collect()
}

/// A predefined set (IfcDoorPanelProperties …): its own attributes are its properties.
fn predefined(index: &Index<'_, '_>, record: &Record) -> Vec<Property> {
    let upper = record.entity().to_ascii_uppercase();
    if !index.schema.is_a(&upper, "IFCPROPERTYSETDEFINITION") {
        return Vec::new();
    }
    let common = index.schema.attributes("IFCPROPERTYSETDEFINITION").len();
    let own = index.schema.attributes(&upper).into_iter().skip(common);
    own.filter_map(|(name, declared)| {
        let value = record.attribute_value(name)?;
        if matches!(value, Attribute::Null | Attribute::Derived) {
            return None;
        }
        let scalar = index.scalar(&value, declared, None)?;
        let simple = scalar.1 != Scalar::Object;
        Some(Property { name: name.to_owned(), values: vec![scalar], simple })
    })
    .collect()
}

fn property(index: &Index<'_, '_>, record: &Record) -> Property {
    let unit = |attribute: &str| record.reference(attribute);
    let mut values = Vec::new();
    let mut simple = true;
    match record.entity() {
        "IfcPropertySingleValue" => take(index, record, "NominalValue", unit("Unit"), &mut values),
        "IfcPropertyEnumeratedValue" => {
            let listed = index.model.follow(record, "EnumerationReference");
            let unit = listed.and_then(|l| l.reference("Unit"));
            take(index, record, "EnumerationValues", unit, &mut values);
        }
        "IfcPropertyListValue" => take(index, record, "ListValues", unit("Unit"), &mut values),
        "IfcPropertyBoundedValue" => {
            for attribute in ["UpperBoundValue", "LowerBoundValue", "SetPointValue"] {
                take(index, record, attribute, unit("Unit"), &mut values);
            }
        }
        "IfcPropertyTableValue" => {
            take(index, record, "DefiningValues", unit("DefiningUnit"), &mut values);
            take(index, record, "DefinedValues", unit("DefinedUnit"), &mut values);
        }
        entity => match quantity(index, entity) {
            Some((attribute, declared)) => {
                let value = record.attribute_value(attribute);
                values.extend(value.and_then(|v| index.scalar(&v, declared, unit("Unit"))));
            }
            None => simple = false,
        },
    }
    Property { name: text(record, "Name").unwrap_or_default(), values, simple }
}

/// The attribute that holds a simple quantity's value (`LengthValue`), with its type.
fn quantity(index: &Index<'_, '_>, entity: &str) -> Option<(&'static str, &'static str)> {
    let upper = entity.to_ascii_uppercase();
    if !index.schema.is_a(&upper, "IFCPHYSICALSIMPLEQUANTITY") {
        return None;
    }
    index.schema.own_attributes(&upper).iter().copied().find(|(name, _)| name.ends_with("Value"))
}

/// Values of an attribute, each of a list.
fn take(
    index: &Index<'_, '_>,
    record: &Record,
    attribute: &str,
    unit: Option<u32>,
    out: &mut Vec<(String, Scalar)>,
) {
    match record.attribute_value(attribute) {
        Some(Attribute::List(members)) => {
            out.extend(members.iter().filter_map(|v| index.scalar(v, "", unit)));
        }
        Some(value) => out.extend(index.scalar(&value, "", unit)),
        None => {}
    }
}
