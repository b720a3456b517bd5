//! Filters of MapLibre as conditions on attributes.
//!
//! A missing value is not equal to anything in MapLibre and makes a comparison unknown in SLD: where that differs the
//! condition says so.

use serde_json::Value;

/// What an item must be like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Always,
    Compare(Operator, String, Value),
    IsNull(String),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }
}

impl Condition {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, one) | (one, Self::Always) => one,
            (Self::All(mut a), Self::All(b)) => {
                a.extend(b);
                Self::All(a)
            }
            (Self::All(mut a), b) => {
                a.push(b);
                Self::All(a)
            }
            (a, b) => Self::All(vec![a, b]),
        }
    }

    /// The attribute is one of these.
    pub(super) fn one_of(attribute: &str, values: &[Value]) -> Self {
        let is = |v: &Value| Self::Compare(Operator::Equal, attribute.to_owned(), v.clone());
        match values {
            [one] => is(one),
            many => Self::Any(many.iter().map(is).collect()),
        }
    }

    /// The attribute is none of these, or missing.
    pub(super) fn none_of(attribute: &str, values: &[Value]) -> Self {
        let not = |v: &Value| Self::Compare(Operator::NotEqual, attribute.to_owned(), v.clone());
        let mut all: Vec<Self> = values.iter().map(not).collect();
        let differs = if all.len() == 1 { all.remove(0) } else { Self::All(all) };
        Self::Any(vec![Self::IsNull(attribute.to_owned()), differs])
    }

    /// What is true where this one is false or unknown.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Compare(op, attribute, value) => {
                let opposite = Self::Compare(op.opposite(), attribute.clone(), value);
                Self::Any(vec![Self::IsNull(attribute), opposite])
            }
            Self::All(all) => Self::Any(all.into_iter().map(Self::negated).collect()),
            Self::Any(any) => Self::All(any.into_iter().map(Self::negated).collect()),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// Reads a filter or any expression that is true or false.
pub(super) fn read(value: &Value) -> Result<Condition, String> {
    let no = || format!("the filter {value} has no equivalent");
    match value {
        Value::Bool(true) => return Ok(Condition::Always),
        Value::Bool(false) => return Ok(Condition::Not(Box::new(Condition::Always))),
        _ => {}
    }
    let (name, arguments) = value
        .as_array()
        .and_then(|a| a.split_first())
        .and_then(|(n, a)| Some((n.as_str()?, a)))
        .ok_or_else(no)?;
    let each = || arguments.iter().map(read).collect::<Result<Vec<_>, _>>();
    match (name, arguments) {
        ("all", _) => Ok(each()?.into_iter().fold(Condition::Always, Condition::and)),
        ("any", _) => Ok(Condition::Any(each()?)),
        ("!", [one]) => Ok(read(one)?.negated()),
        ("has", [Value::String(a)]) => Ok(Condition::Not(Box::new(Condition::IsNull(a.clone())))),
        ("!has", [Value::String(a)]) => Ok(Condition::IsNull(a.clone())),
        ("get", [Value::String(a)]) => Ok(Condition::Compare(Operator::Equal, a.clone(), true.into())),
        ("in", [input, list]) => {
            let attribute = attribute(input).ok_or_else(no)?;
            let values = literal(list).and_then(Value::as_array).ok_or_else(no)?;
            Ok(Condition::one_of(attribute, values))
        }
        (op, [input, against]) => {
            let op = Operator::named(op).ok_or_else(no)?;
            let attribute = attribute(input).ok_or_else(no)?.to_owned();
            match (op, against) {
                (Operator::Equal, Value::Null) => Ok(Condition::IsNull(attribute)),
                (Operator::NotEqual, Value::Null) => {
                    Ok(Condition::Not(Box::new(Condition::IsNull(attribute))))
                }
                (_, Value::Array(_) | Value::Object(_) | Value::Null) => Err(no()),
                (Operator::NotEqual, v) => Ok(Condition::none_of(&attribute, std::slice::from_ref(v))),
                (op, v) => Ok(Condition::Compare(op, attribute, v.clone())),
            }
        }
        _ => Err(no()),
    }
}

/// The attribute that an expression gives unchanged.
pub(super) fn attribute(value: &Value) -> Option<&str> {
    match value.as_array()?.as_slice() {
        [Value::String(get), Value::String(name)] if get == "get" => Some(name),
        [Value::String(wrap), inner] if wrap == "to-string" || wrap == "to-number" => attribute(inner),
        _ => None,
    }
}

fn literal(value: &Value) -> Option<&Value> {
    match value.as_array()?.as_slice() {
        [Value::String(name), inner] if name == "literal" => Some(inner),
        _ => None,
    }
}
