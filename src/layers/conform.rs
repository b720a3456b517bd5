//! Whether values fit a layer's definition: type, required, range, code list. Pure; used for every way in (OGC
//! writes, imports, the sample).

use chrono::{DateTime, NaiveDate, Utc};
use unicode_normalization::UnicodeNormalization;

use super::{Attribute, AttributeType, Catalog, LayerDef, Value};
use crate::text::{Text, is_composed};

/// A value that does not fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Misfit {
    /// The attribute.
    pub attribute: String,
    /// Why.
    pub reason: Text,
}

/// Longest text that an attribute takes, in bytes.
const MAX_TEXT_BYTES: usize = 100_000;

/// Checks a row's values in place; texts come out in NFC, without blanks around, and empty ones as null.
pub fn conform(def: &LayerDef, catalog: &Catalog, values: &mut [Value]) -> Result<(), Misfit> {
    if values.len() != def.attributes.len() {
        let (n, m) = (values.len(), def.attributes.len());
        return Err(Misfit {
            attribute: def.id.clone(),
            reason: Text::new(format!("có {n} giá trị, cần {m}"), format!("{n} values, {m} were expected")),
        });
    }
    for (attribute, value) in def.attributes.iter().zip(values) {
        check(attribute, catalog, value)
            .map_err(|reason| Misfit { attribute: attribute.name.clone(), reason })?;
    }
    Ok(())
}

fn check(a: &Attribute, catalog: &Catalog, value: &mut Value) -> Result<(), Text> {
    if let Value::Text(text) = value
        && !is_tidy(text)
    {
        *value = tidy(text);
    }
    match value {
        Value::Null if a.required => Err(Text::new("phải có giá trị", "a value is required")),
        Value::Null => Ok(()),
        _ if !fits(a.kind, value) => Err(Text::new(
            format!("cần kiểu {}", type_name(a.kind).0),
            format!("a value of type {} was expected", type_name(a.kind).1),
        )),
        Value::Int(i) => in_range(a, *i as f64),
        Value::Real(r) if !r.is_finite() => Err(Text::new("không phải số hữu hạn", "not a finite number")),
        Value::Real(r) => in_range(a, *r),
        Value::Text(text) => check_text(a, catalog, text),
        _ => Ok(()),
    }
}

/// Whether a text is as [`tidy`] would leave it; true of nearly all, and cheaper than writing them anew.
fn is_tidy(text: &str) -> bool {
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    !blank(text.chars().next()) && !blank(text.chars().next_back()) && is_composed(text)
}

fn tidy(text: &str) -> Value {
    let tidy: String = text.trim().nfc().collect();
    if tidy.is_empty() { Value::Null } else { Value::Text(tidy) }
}

fn fits(kind: AttributeType, value: &Value) -> bool {
    matches!(
        (kind, value),
        (AttributeType::Text, Value::Text(_))
            | (AttributeType::Integer, Value::Int(_))
            | (AttributeType::Real, Value::Real(_))
            | (AttributeType::Boolean, Value::Bool(_))
            | (AttributeType::Date, Value::Date(_))
            | (AttributeType::Timestamp, Value::Time(_))
    )
}

fn in_range(a: &Attribute, number: f64) -> Result<(), Text> {
    let unit = a.unit.as_deref().unwrap_or("");
    match (a.min, a.max) {
        (Some(min), _) if number < min => Err(Text::new(
            format!("{number} nhỏ hơn mức tối thiểu {min} {unit}"),
            format!("{number} is below the minimum of {min} {unit}"),
        )),
        (_, Some(max)) if number > max => Err(Text::new(
            format!("{number} lớn hơn mức tối đa {max} {unit}"),
            format!("{number} is above the maximum of {max} {unit}"),
        )),
        _ => Ok(()),
    }
}

fn check_text(a: &Attribute, catalog: &Catalog, text: &str) -> Result<(), Text> {
    if text.contains('\0') {
        return Err(Text::new("có ký tự NUL", "contains a NUL character"));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(Text::new("dài hơn 100 000 byte", "longer than 100,000 bytes"));
    }
    match a.codes.as_deref().and_then(|list| catalog.code_list(list)) {
        Some(list) if list.code(text).is_none() => Err(Text::new(
            format!("{text:?} không có trong danh mục {}", list.id),
            format!("{text:?} is not in the code list {}", list.id),
        )),
        _ => Ok(()),
    }
}

fn type_name(kind: AttributeType) -> (&'static str, &'static str) {
    match kind {
        AttributeType::Text => ("chuỗi", "text"),
        AttributeType::Integer => ("số nguyên", "integer"),
        AttributeType::Real => ("số", "number"),
        AttributeType::Boolean => ("đúng/sai", "boolean"),
        AttributeType::Date => ("ngày", "date"),
        AttributeType::Timestamp => ("thời điểm", "timestamp"),
    }
}

/// A JSON value as the attribute's type; what does not convert without loss is refused.
pub fn from_json(kind: AttributeType, json: &serde_json::Value) -> Result<Value, Text> {
    use serde_json::Value as J;
    let value = match (kind, json) {
        (_, J::Null) => Some(Value::Null),
        (AttributeType::Text, J::String(s)) => Some(Value::Text(s.clone())),
        (AttributeType::Integer, J::Number(n)) => {
            n.as_i64().or_else(|| n.as_f64().and_then(whole)).map(Value::Int)
        }
        (AttributeType::Real, J::Number(n)) => n.as_f64().map(Value::Real),
        (AttributeType::Boolean, J::Bool(b)) => Some(Value::Bool(*b)),
        (AttributeType::Date | AttributeType::Timestamp, J::String(s)) => from_text(kind, s).ok(),
        _ => None,
    };
    value.ok_or_else(|| unfit(kind, &json.to_string()))
}

/// A text (of a file without types) as the attribute's type; empty is null. Numbers take a decimal point, or a
/// comma where no point stands; dates are ISO, or day/month/year as Vietnamese tables write them.
pub fn from_text(kind: AttributeType, text: &str) -> Result<Value, Text> {
    let t = text.trim();
    if t.is_empty() {
        return Ok(Value::Null);
    }
    let value = match kind {
        AttributeType::Text => Some(Value::Text(t.to_owned())),
        AttributeType::Integer => {
            t.parse().ok().or_else(|| t.parse::<f64>().ok().and_then(whole)).map(Value::Int)
        }
        AttributeType::Real => number(t).map(Value::Real),
        AttributeType::Boolean => match t.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "có" | "đúng" => Some(Value::Bool(true)),
            "false" | "f" | "no" | "n" | "0" | "không" | "sai" => Some(Value::Bool(false)),
            _ => None,
        },
        AttributeType::Date => date(t).map(Value::Date),
        AttributeType::Timestamp => instant(t).map(Value::Time),
    };
    value.ok_or_else(|| unfit(kind, t))
}

/// As [`reinterpret`], keeping the value itself where it needs no change.
pub fn reinterpret_owned(kind: AttributeType, value: Value) -> Result<Value, Text> {
    match &value {
        Value::Null => Ok(value),
        Value::Text(text) if kind == AttributeType::Text && is_tidy(text) => Ok(value),
        other if fits(kind, other) && kind != AttributeType::Text => Ok(value),
        other => reinterpret(kind, other),
    }
}

/// A value of another type (a field of a file) as the attribute's type; what would lose something is refused.
pub fn reinterpret(kind: AttributeType, value: &Value) -> Result<Value, Text> {
    use AttributeType as K;
    Ok(match (kind, value) {
        (_, Value::Null) => Value::Null,
        (_, Value::Text(text)) => return from_text(kind, text),
        (K::Integer, Value::Int(_))
        | (K::Real, Value::Real(_))
        | (K::Boolean, Value::Bool(_))
        | (K::Date, Value::Date(_))
        | (K::Timestamp, Value::Time(_)) => value.clone(),
        (K::Real, Value::Int(i)) => Value::Real(*i as f64),
        (K::Integer, Value::Real(r)) => {
            whole(*r).map(Value::Int).ok_or_else(|| unfit(kind, &r.to_string()))?
        }
        (K::Boolean, Value::Int(i @ (0 | 1))) => Value::Bool(*i == 1),
        (K::Date, Value::Time(t)) => Value::Date(t.date_naive()),
        (K::Timestamp, Value::Date(d)) => Value::Time(d.and_time(chrono::NaiveTime::MIN).and_utc()),
        // Codes are often held as numbers: 24611, 24611.0.
        (K::Text, Value::Real(r)) => Value::Text(whole(*r).map_or_else(|| r.to_string(), |i| i.to_string())),
        (K::Text, other) => match other.to_json() {
            serde_json::Value::String(s) => Value::Text(s),
            json => Value::Text(json.to_string()),
        },
        (_, other) => return Err(unfit(kind, &other.to_json().to_string())),
    })
}

fn unfit(kind: AttributeType, what: &str) -> Text {
    let what: String = what.chars().take(80).collect();
    let (vi, en) = type_name(kind);
    Text::new(format!("{what}: không phải {vi}"), format!("{what}: not a {en}"))
}

fn number(t: &str) -> Option<f64> {
    let parsed = if t.contains('.') { t.parse() } else { t.replacen(',', ".", 1).parse() };
    parsed.ok().filter(|r: &f64| r.is_finite())
}

/// A number without a fraction, within what a double holds exactly.
fn whole(r: f64) -> Option<i64> {
    (r.fract() == 0.0 && r.abs() < 9_007_199_254_740_992.0).then_some(r as i64)
}

fn date(t: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
        .iter()
        .find_map(|f| NaiveDate::parse_from_str(t, f).ok())
        .or_else(|| instant(t).map(|i| i.date_naive()))
}

fn instant(t: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(t).ok().map(|d| d.with_timezone(&Utc)).or_else(|| {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f"]
            .iter()
            .find_map(|f| chrono::NaiveDateTime::parse_from_str(t, f).ok())
            .map(|d| d.and_utc())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_convert_as_tables_write_them() {
        assert_eq!(from_text(AttributeType::Real, "12,5"), Ok(Value::Real(12.5)));
        assert_eq!(from_text(AttributeType::Integer, "7.0"), Ok(Value::Int(7)));
        assert!(from_text(AttributeType::Integer, "7.5").is_err());
        assert_eq!(from_text(AttributeType::Boolean, "Không"), Ok(Value::Bool(false)));
        let day = NaiveDate::from_ymd_opt(2025, 7, 1).map(Value::Date);
        assert_eq!(from_text(AttributeType::Date, "01/07/2025").ok(), day);
        assert_eq!(from_text(AttributeType::Text, "  "), Ok(Value::Null));
    }

    #[test]
    fn json_converts_without_loss_or_not_at_all() {
        use serde_json::json;
        assert_eq!(from_json(AttributeType::Integer, &json!(3.0)), Ok(Value::Int(3)));
        assert!(from_json(AttributeType::Integer, &json!("3")).is_err());
        assert!(from_json(AttributeType::Boolean, &json!(1)).is_err());
        assert!(from_json(AttributeType::Timestamp, &json!("2026-01-02T03:04:05+07:00")).is_ok());
    }
}
