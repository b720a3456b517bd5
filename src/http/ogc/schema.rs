//! `/queryables` (part 3, 7) and `/schema` (part 5): JSON Schema of the attributes that the caller may see.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::ask::{Ask, look_up};
use super::html;
use crate::Result;
use crate::access::View;
use crate::layers::{Attribute, AttributeType, Catalog, GeometryKind, LayerDef, Source};
use crate::state::AppState;

/// Media type of a JSON Schema.
pub(super) const SCHEMA: &str = "application/schema+json";

/// `GET /ogc/collections/{id}/queryables`
pub(super) async fn queryables(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
) -> Result<Response> {
    answer(&state, &id, &ask, false)
}

/// `GET /ogc/collections/{id}/schema`
pub(super) async fn schema(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
) -> Result<Response> {
    answer(&state, &id, &ask, true)
}

fn answer(state: &AppState, id: &str, ask: &Ask, whole: bool) -> Result<Response> {
    ask.params.only(&["f"])?;
    let (reader, _) = look_up(state, &ask.who, id)?;
    let json = document(ask, reader.view(), &state.catalog.load(), whole);
    Ok(ask.answer(SCHEMA, &json, || html::schema(ask, reader.view(), &json, whole)))
}

fn document(ask: &Ask, view: &View, catalog: &Catalog, whole: bool) -> Value {
    let def = &view.layer;
    let mut properties = Map::new();
    if whole {
        let fid = json!({"type": "integer", "minimum": 1, "readOnly": true, "x-ogc-role": "id"});
        properties.insert("fid".to_owned(), fid);
    }
    let format = match def.geometry {
        GeometryKind::Point => "geometry-point",
        GeometryKind::LineString => "geometry-linestring",
        GeometryKind::Polygon => "geometry-polygon",
        GeometryKind::MultiPoint => "geometry-multipoint",
        GeometryKind::MultiLineString => "geometry-multilinestring",
        GeometryKind::MultiPolygon => "geometry-multipolygon",
    };
    properties.insert("geometry".to_owned(), json!({"format": format, "x-ogc-role": "primary-geometry"}));
    let mut required = Vec::new();
    for (i, attribute) in def.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i]) {
        let mut json = property(ask, attribute, i, catalog);
        if let Some(role) = role(def, &attribute.name) {
            json["x-ogc-role"] = role.into();
        }
        if def.source == Source::View {
            json["readOnly"] = true.into();
        }
        properties.insert(attribute.name.clone(), json);
        if attribute.required {
            required.push(attribute.name.as_str());
        }
    }
    let mut json = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}{}", ask.base, ask.path),
        "type": "object",
        "title": def.title.get(ask.lang),
        "properties": properties,
        "additionalProperties": false,
    });
    if whole {
        json["required"] = required.into();
    }
    json
}

/// What an attribute is to the whole item.
fn role(def: &LayerDef, name: &str) -> Option<&'static str> {
    match def.temporal.as_slice() {
        [only] if only == name => Some("primary-instant"),
        [start, _] if start == name => Some("primary-interval-start"),
        [_, end] if end == name => Some("primary-interval-end"),
        _ => None,
    }
}

/// JSON Schema of an attribute's values.
pub(super) fn property(ask: &Ask, attribute: &Attribute, position: usize, catalog: &Catalog) -> Value {
    let mut json = value_schema(attribute);
    json["title"] = attribute.title.get(ask.lang).into();
    json["x-ogc-propertySeq"] = (position + 1).into();
    if let Some(unit) = &attribute.unit {
        json["x-ogc-unit"] = unit.as_str().into();
        json["x-ogc-unitLang"] = "UCUM".into();
    }
    if let Some(list) = attribute.codes.as_ref().and_then(|c| catalog.code_list(c)) {
        json["enum"] = list.codes.iter().map(|c| c.code.as_str()).collect();
        json["x-enum-titles"] = list.codes.iter().map(|c| c.title.get(ask.lang)).collect();
    }
    json
}

/// Type, format and bounds.
pub(super) fn value_schema(attribute: &Attribute) -> Value {
    let mut json = match attribute.kind {
        AttributeType::Text => json!({"type": "string"}),
        AttributeType::Integer => json!({"type": "integer"}),
        AttributeType::Real => json!({"type": "number"}),
        AttributeType::Boolean => json!({"type": "boolean"}),
        AttributeType::Date => json!({"type": "string", "format": "date"}),
        AttributeType::Timestamp => json!({"type": "string", "format": "date-time"}),
    };
    if let Some(min) = attribute.min {
        json["minimum"] = min.into();
    }
    if let Some(max) = attribute.max {
        json["maximum"] = max.into();
    }
    json
}
