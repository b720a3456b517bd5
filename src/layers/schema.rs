//! Layer files against `schema/layer.schema.json`, with the reasons in both languages.

use std::sync::OnceLock;

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind as Kind};
use serde_json::Value;

use super::read::{Problem, SourceFile, at, whole};

/// The schema's text, as it stands in the repository.
const SCHEMA: &str = include_str!("../../schema/layer.schema.json");

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let schema: Value =
            serde_json::from_str(SCHEMA).expect("the schema is checked by this module's test");
        jsonschema::validator_for(&schema).expect("the schema is checked by this module's test")
    })
}

/// What in `value` (the file as TOML) does not obey the schema.
pub(super) fn problems(file: &SourceFile, value: &toml::Value) -> Vec<Problem> {
    match serde_json::to_value(value) {
        Ok(json) => validator().iter_errors(&json).map(|e| problem(file, &json, &e)).collect(),
        Err(e) => vec![whole(
            file,
            format!("không chuyển được sang JSON: {e}"),
            format!("not expressible as JSON: {e}"),
        )],
    }
}

fn problem(file: &SourceFile, json: &Value, error: &ValidationError<'_>) -> Problem {
    let pointer = error.instance_path().as_str().to_owned();
    let (vi, en) = reason(error);
    let mut parts = pointer.trim_start_matches('/').split('/');
    let (table, index) = (parts.next().unwrap_or(""), parts.next().and_then(|i| i.parse::<usize>().ok()));
    let rest: Vec<&str> = parts.collect();
    match index {
        Some(index) if matches!(table, "attribute" | "style" | "quality") => {
            let name = if table == "quality" { "id" } else { "name" };
            let name = json[table][index][name].as_str().unwrap_or("");
            let mut found = at(file, table, index, name, vi, en);
            if !rest.is_empty() {
                found.place = format!("{} {}", found.place, rest.join("."));
            }
            found
        }
        _ => Problem { place: pointer.trim_start_matches('/').replace('/', "."), ..whole(file, vi, en) },
    }
}

fn reason(error: &ValidationError<'_>) -> (String, String) {
    let en = error.to_string();
    let vi = match error.kind() {
        Kind::Required { property } => format!("thiếu mục bắt buộc {property}"),
        Kind::AdditionalProperties { unexpected } => {
            format!("có mục không được biết: {}", unexpected.join(", "))
        }
        Kind::Enum { options } => format!("giá trị phải là một trong {options}"),
        Kind::Type { .. } => format!("sai kiểu dữ liệu ({en})"),
        Kind::Pattern { pattern } => format!("giá trị không theo mẫu {pattern}"),
        Kind::MinLength { .. } => "văn bản không được để trống".to_owned(),
        Kind::UniqueItems => "danh sách có phần tử lặp lại".to_owned(),
        Kind::ExclusiveMinimum { limit } => format!("giá trị phải lớn hơn {limit}"),
        Kind::Minimum { limit } => format!("giá trị nhỏ hơn {limit}"),
        Kind::Maximum { limit } => format!("giá trị lớn hơn {limit}"),
        Kind::MinItems { limit } => format!("cần ít nhất {limit} phần tử"),
        Kind::MaxItems { limit } => format!("nhiều nhất {limit} phần tử"),
        _ => format!("không đúng schema/layer.schema.json ({en})"),
    };
    (vi, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_itself_valid() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        validator();
    }
}
