//! Attributes as written, for callers that must see every kind of value (the IDS checker).

use ifc_lite_core::AttributeValue;

use super::Record;

/// The value of an attribute, by the kinds of ISO 10303-21.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// `$`: no value.
    Null,
    /// `*`: derived in this entity.
    Derived,
    /// A text, decoded.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A real.
    Number(f64),
    /// An enumeration item without its dots.
    Enumeration(String),
    /// `.T.`, `.F.` or, as none, `.U.`.
    Logical(Option<bool>),
    /// A reference to another record.
    Reference(u32),
    /// A typed value, such as `IFCLABEL('x')`: its type in capitals, and the value.
    Typed(String, Box<Attribute>),
    /// A list.
    List(Vec<Attribute>),
}

impl Record {
    /// The attribute `name` as written; none where the entity has no such attribute or the record ends before it.
    pub fn attribute_value(&self, name: &str) -> Option<Attribute> {
        self.slot(name).map(convert)
    }
}

fn convert(value: &AttributeValue) -> Attribute {
    match value {
        AttributeValue::EntityRef(id) => Attribute::Reference(*id),
        AttributeValue::String(text) | AttributeValue::Binary(text) => Attribute::Text(text.clone()),
        AttributeValue::Integer(n) => Attribute::Integer(*n),
        AttributeValue::Float(n) => Attribute::Number(*n),
        AttributeValue::Enum(item) => match item.as_str() {
            "T" => Attribute::Logical(Some(true)),
            "F" => Attribute::Logical(Some(false)),
            "U" => Attribute::Logical(None),
            _ => Attribute::Enumeration(item.clone()),
        },
        AttributeValue::List(members) => Attribute::List(members.iter().map(convert).collect()),
        AttributeValue::Typed { name, value } => {
            Attribute::Typed(name.to_ascii_uppercase(), Box::new(convert(value)))
        }
        AttributeValue::Null => Attribute::Null,
        AttributeValue::Derived => Attribute::Derived,
    }
}
