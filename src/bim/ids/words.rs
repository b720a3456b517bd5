//! What a requirement asks for, in words.

use super::constraint::Constraint;
use super::document::{EntityFacet, FacetKind, Requirement};
use crate::text::Text;

/// A requirement for a person: the information and the value asked for.
pub fn requirement(requirement: &Requirement) -> Text {
    match &requirement.facet.kind {
        FacetKind::Entity(entity) => class(entity, "lớp", "class"),
        FacetKind::Attribute { name, value } => {
            let name = plain(name);
            with(value.as_ref(), format!("thuộc tính {name}"), format!("attribute {name}"))
        }
        FacetKind::Property { set, name, data_type, value } => {
            let kind = data_type.as_ref().map(|t| format!(" ({t})")).unwrap_or_default();
            let name = format!("{}.{}{kind}", plain(set), plain(name));
            with(value.as_ref(), format!("thuộc tính {name}"), format!("property {name}"))
        }
        FacetKind::Classification { system, value } => {
            let system = plain(system);
            with(value.as_ref(), format!("phân loại theo {system}"), format!("classification by {system}"))
        }
        FacetKind::Material { value } => with(value.as_ref(), "vật liệu".to_owned(), "material".to_owned()),
        FacetKind::PartOf { entity, .. } => class(entity, "là bộ phận của", "part of"),
    }
}

fn class(entity: &EntityFacet, vi: &str, en: &str) -> Text {
    let name = plain(&entity.name);
    let kind = entity.predefined_type.as_ref().map(|p| format!(".{}", plain(p))).unwrap_or_default();
    Text::new(format!("{vi} {name}{kind}"), format!("{en} {name}{kind}"))
}

fn with(value: Option<&Constraint>, vi: String, en: String) -> Text {
    match value {
        None => Text::new(vi, en),
        Some(value) => {
            let shown = value.shown();
            Text::new(format!("{vi} phải là {shown}"), format!("{en} must be {shown}"))
        }
    }
}

/// A name without quotes where it is a single one.
fn plain(constraint: &Constraint) -> String {
    constraint.exact().map_or_else(|| constraint.shown(), str::to_owned)
}
