//! Forms as JSON Schemas (`schema/forms/*.json`, draft 2020-12), with titles and units in `x-` members.

use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::Dir;
use jsonschema::Validator;
use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result};

/// A form.
#[derive(Debug)]
pub struct Form {
    /// `form_01` …
    pub id: String,
    /// The JSON Schema as published, references resolved.
    pub schema: Value,
    full: Validator,
    draft: Validator,
}

/// What is wrong with a form's values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormProblem {
    /// JSON pointer of the field, such as `/investor/name`.
    pub pointer: String,
    /// The schema's reason, in English.
    pub reason: String,
    /// Whether the field is missing rather than wrong.
    pub missing: bool,
}

impl Form {
    /// Problems of a draft: wrong values count, missing ones do not.
    pub fn problems_of_draft(&self, form: &Value) -> Vec<FormProblem> {
        problems(&self.draft, form)
    }

    /// Problems of a form that is to be submitted.
    pub fn problems(&self, form: &Value) -> Vec<FormProblem> {
        problems(&self.full, form)
    }
}

fn problems(validator: &Validator, form: &Value) -> Vec<FormProblem> {
    let mut list: Vec<_> = validator
        .iter_errors(form)
        .map(|e| {
            let at = e.instance_path().to_string();
            match e.kind() {
                jsonschema::error::ValidationErrorKind::Required { property } => FormProblem {
                    pointer: format!("{at}/{}", property.as_str().unwrap_or_default()),
                    reason: "is required".to_owned(),
                    missing: true,
                },
                _ => FormProblem { pointer: at, reason: e.to_string(), missing: false },
            }
        })
        .collect();
    list.sort_by(|a, b| (&a.pointer, &a.reason).cmp(&(&b.pointer, &b.reason)));
    list
}

/// Reads the forms. A `$ref` to another form's property (`form_01#/properties/use`) is replaced by it, so that
/// what is published stands alone.
pub(super) fn load(dir: &Dir<'_>) -> Result<BTreeMap<String, Arc<Form>>> {
    let mut schemas = BTreeMap::new();
    for file in dir.files() {
        let path = file.path().to_string_lossy();
        let schema: Value = serde_json::from_slice(file.contents())
            .map_err(|e| Error::Setup(format!("schema/forms/{path}: {e}")))?;
        schemas.insert(path.trim_end_matches(".json").to_owned(), schema);
    }
    let mut forms = BTreeMap::new();
    for (id, schema) in &schemas {
        let bad = |why: String| Error::Setup(format!("schema/forms/{id}.json: {why}"));
        let schema = resolved(schema, &schemas).map_err(bad)?;
        let compile = |s: &Value| jsonschema::validator_for(s).map_err(|e| bad(e.to_string()));
        let form = Form {
            id: id.clone(),
            full: compile(&schema)?,
            draft: compile(&without_required(&schema))?,
            schema,
        };
        forms.insert(id.clone(), Arc::new(form));
    }
    Ok(forms)
}

fn resolved(schema: &Value, all: &BTreeMap<String, Value>) -> Result<Value, String> {
    Ok(match schema {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let (file, pointer) = reference.split_once('#').ok_or(format!("$ref {reference}: no #"))?;
                let target = all.get(file).and_then(|s| s.pointer(pointer));
                return resolved(target.ok_or(format!("$ref {reference}: leads nowhere"))?, all);
            }
            let members = members.iter().map(|(k, v)| Ok((k.clone(), resolved(v, all)?)));
            Value::Object(members.collect::<Result<_, String>>()?)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|v| resolved(v, all)).collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

fn without_required(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(k, v)| k.as_str() != "required" || !v.is_array())
                .map(|(k, v)| (k.clone(), without_required(v)))
                .collect(),
        ),
        other => other.clone(),
    }
}
