//! One record and its attributes by name.

use ifc_lite_core::{AttributeValue, DecodedEntity, SchemaVersion};

/// A decoded record.
#[derive(Debug, Clone)]
pub struct Record {
    inner: DecodedEntity,
    schema: SchemaVersion,
}

/// A simple value (IfcValue) of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text or an enumeration item.
    Text(String),
    /// A number as written, in whatever unit the file uses.
    Number(f64),
    /// A boolean or logical.
    Boolean(bool),
}

impl Value {
    /// As text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(s) => Some(s),
            _ => None,
        }
    }

    /// As a finite number; a text that is a number counts.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text(s) => s.trim().replace(',', ".").parse().ok(),
            Self::Boolean(_) => None,
        }
        .filter(|n| n.is_finite())
    }

    /// As a truth value.
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(b) => Some(*b),
            Self::Text(s) => match s.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" => Some(true),
                "false" | "f" | "no" => Some(false),
                _ => None,
            },
            Self::Number(_) => None,
        }
    }
}

impl Record {
    pub(super) fn new(inner: DecodedEntity, schema: SchemaVersion) -> Self {
        Self { inner, schema }
    }

    /// The record's number.
    pub fn id(&self) -> u32 {
        self.inner.id
    }

    /// Entity name as the standard writes it, such as `IfcWall`.
    pub fn entity(&self) -> &str {
        self.inner.ifc_type.name()
    }

    /// The values in their order.
    pub(super) fn values(&self) -> &[AttributeValue] {
        &self.inner.attributes
    }

    fn attribute(&self, name: &str) -> Option<&AttributeValue> {
        self.slot(name).filter(|v| !v.is_null())
    }

    /// The attribute as written, `$` and `*` too.
    pub(super) fn slot(&self, name: &str) -> Option<&AttributeValue> {
        let entity = self.entity();
        let slot = self
            .schema
            .attribute(entity, name)
            // An entity foreign to the declared schema: read it by the newest one that has it.
            .or_else(|| {
                let foreign = self.schema.entity_info(entity).is_none();
                foreign.then(|| SchemaVersion::Ifc4x3.attribute(entity, name)).flatten()
            })?;
        self.inner.get(slot.index)
    }

    /// A text; empty texts are none.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.as_string().map(str::trim).filter(|s| !s.is_empty())
    }

    /// A finite number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.attribute(name)?.as_float().filter(|n| n.is_finite())
    }

    /// Numbers of a list (nested lists flattened).
    pub fn numbers(&self, name: &str) -> Vec<f64> {
        let mut out = Vec::new();
        if let Some(value) = self.attribute(name) {
            flatten(value, &mut out);
        }
        out
    }

    /// A list of lists of numbers.
    pub fn number_rows(&self, name: &str) -> Vec<Vec<f64>> {
        let rows = self.attribute(name).and_then(AttributeValue::as_list).unwrap_or_default();
        rows.iter()
            .map(|row| {
                let mut out = Vec::new();
                flatten(row, &mut out);
                out
            })
            .collect()
    }

    /// An enumeration item, without its dots.
    pub fn enumeration(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.as_enum()
    }

    /// A reference to another record.
    pub fn reference(&self, name: &str) -> Option<u32> {
        self.attribute(name)?.as_entity_ref()
    }

    /// References of a list; a bare reference is a list of one.
    pub fn references(&self, name: &str) -> Vec<u32> {
        let members = self.attribute(name).and_then(AttributeValue::as_ref_members).unwrap_or_default();
        members.iter().filter_map(AttributeValue::as_entity_ref).collect()
    }

    /// Typed lists of whole numbers, such as the segments of an IfcIndexedPolyCurve: upper-case type and indices.
    pub fn typed_lists(&self, name: &str) -> Vec<(String, Vec<i64>)> {
        let members = self.attribute(name).and_then(AttributeValue::as_list).unwrap_or_default();
        let typed = members.iter().filter_map(AttributeValue::as_typed);
        typed
            .map(|(kind, list)| {
                let indices = list.as_list().unwrap_or_default().iter().filter_map(AttributeValue::as_int);
                (kind.to_owned(), indices.collect())
            })
            .collect()
    }

    /// A simple value (`IFCLABEL('…')`, `IFCBOOLEAN(.T.)`, a number); of a list the first.
    pub fn value(&self, name: &str) -> Option<Value> {
        simple(self.attribute(name)?)
    }
}

fn simple(value: &AttributeValue) -> Option<Value> {
    if let Some(first) = value.as_list() {
        return simple(first.first()?);
    }
    if let Some(text) = value.as_string() {
        let text = text.trim();
        return (!text.is_empty()).then(|| Value::Text(text.to_owned()));
    }
    if let Some(truth) = value.as_bool() {
        return Some(Value::Boolean(truth));
    }
    if let Some(item) = value.as_enum() {
        return Some(Value::Text(item.to_owned()));
    }
    value.as_float().filter(|n| n.is_finite()).map(Value::Number)
}

fn flatten(value: &AttributeValue, out: &mut Vec<f64>) {
    if let Some(list) = value.as_list() {
        for value in list {
            flatten(value, out);
        }
    } else if let Some(number) = value.as_float() {
        out.push(number);
    }
}
