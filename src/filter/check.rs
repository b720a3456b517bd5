//! Whether a filter fits a definition, and values written as text.

use chrono::{DateTime, NaiveDate, Utc};
use unicode_normalization::UnicodeNormalization;

use crate::layers::{Attribute, AttributeType, Value};
use crate::{Error, Result};

/// An attribute that does not exist, or that the caller may not see: the answer is the same.
pub fn unknown_attribute(name: &str) -> Error {
    Error::invalid(name, "không có thuộc tính này", "there is no such attribute")
}

/// Refuses to compare an attribute with a value of another type.
pub fn comparable(attribute: &Attribute, value: &Value) -> Result<()> {
    use AttributeType as T;
    let fits = matches!(
        (attribute.kind, value),
        (_, Value::Null)
            | (T::Text, Value::Text(_))
            | (T::Integer | T::Real, Value::Int(_) | Value::Real(_))
            | (T::Boolean, Value::Bool(_))
            | (T::Date, Value::Date(_))
            | (T::Timestamp, Value::Time(_))
    );
    if fits { Ok(()) } else { Err(expected(attribute, &format!("{value:?}"))) }
}

/// The value of an attribute written as text, as in `?storeys=5`.
pub fn parse_value(attribute: &Attribute, text: &str) -> Result<Value> {
    let wrong = || expected(attribute, text);
    Ok(match attribute.kind {
        AttributeType::Text => Value::Text(text.nfc().collect()),
        AttributeType::Integer => match text.parse::<i64>() {
            Ok(i) => Value::Int(i),
            // 5.0 and 1e3 are whole numbers too; 5.5 equals no whole number but is no error.
            Err(_) => text.parse().ok().filter(|r: &f64| r.is_finite()).map(Value::Real).ok_or_else(wrong)?,
        },
        AttributeType::Real => {
            text.parse().ok().filter(|r: &f64| r.is_finite()).map(Value::Real).ok_or_else(wrong)?
        }
        AttributeType::Boolean => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(wrong()),
        },
        AttributeType::Date => text.parse::<NaiveDate>().map(Value::Date).map_err(|_| wrong())?,
        AttributeType::Timestamp => DateTime::parse_from_rfc3339(text)
            .map(|t| Value::Time(t.with_timezone(&Utc)))
            .map_err(|_| wrong())?,
    })
}

fn expected(attribute: &Attribute, got: &str) -> Error {
    let (vi, en) = match attribute.kind {
        AttributeType::Text => ("một chuỗi ký tự", "a text"),
        AttributeType::Integer => ("một số nguyên", "a whole number"),
        AttributeType::Real => ("một số", "a number"),
        AttributeType::Boolean => ("true hoặc false", "true or false"),
        AttributeType::Date => ("một ngày, như 2026-03-01", "a day such as 2026-03-01"),
        AttributeType::Timestamp => {
            ("một thời điểm, như 2026-03-01T08:00:00Z", "an instant such as 2026-03-01T08:00:00Z")
        }
    };
    Error::invalid(&attribute.name, format!("cần {vi}, nhận được {got}"), format!("expected {en}, got {got}"))
}
