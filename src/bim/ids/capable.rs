//! Which classes can meet a facet at all, by the schema.

use super::constraint::Constraint;
use super::document::Relation;
use super::schema::Schema;

/// Types of the attributes of a class whose name fits.
pub fn attribute_types(schema: &Schema, class: &str, name: &Constraint) -> Vec<&'static str> {
    let Some(class) = schema.occurrence(class) else { return Vec::new() };
    match name.exact() {
        Some(name) => schema.attribute_type(class, name).into_iter().collect(),
        None => {
            let all = schema.attributes(class).into_iter();
            all.filter(|(n, _)| name.matches_text(n)).map(|(_, kind)| kind).collect()
        }
    }
}

/// Whether a class is one of these or of their subtypes.
pub fn is_one(schema: &Schema, class: &str, of: &[&str]) -> bool {
    schema.occurrence(class).is_some_and(|class| of.iter().any(|top| schema.is_a(class, top)))
}

/// Whether property sets can be given to a class: objects, types, and (IfcExtendedProperties) materials and profiles.
pub fn has_properties(schema: &Schema, class: &str) -> bool {
    is_one(schema, class, &["IFCOBJECTDEFINITION", "IFCMATERIALDEFINITION", "IFCMATERIAL", "IFCPROFILEDEF"])
}

/// Whether a class can be classified: by IfcRelAssociatesClassification, or as a resource by
/// IfcExternalReferenceRelationship.
pub fn has_classification(schema: &Schema, class: &str) -> bool {
    let rooted = ["IFCOBJECTDEFINITION", "IFCPROPERTYDEFINITION"];
    let resources = [
        "IFCPROPERTYABSTRACTION",
        "IFCPHYSICALQUANTITY",
        "IFCAPPLIEDVALUE",
        "IFCCONTEXTDEPENDENTUNIT",
        "IFCCONVERSIONBASEDUNIT",
        "IFCPROFILEDEF",
        "IFCACTORROLE",
        "IFCAPPROVAL",
        "IFCCONSTRAINT",
        "IFCTIMESERIES",
        "IFCMATERIALDEFINITION",
        "IFCPERSON",
        "IFCPERSONANDORGANIZATION",
        "IFCORGANIZATION",
        "IFCEXTERNALREFERENCE",
        "IFCEXTERNALINFORMATION",
        "IFCSHAPEASPECT",
    ];
    let old = schema.entity("IFCEXTERNALREFERENCERELATIONSHIP").is_none();
    if old {
        is_one(schema, class, &["IFCROOT"])
    } else {
        is_one(schema, class, &rooted) || is_one(schema, class, &resources)
    }
}

/// Whether a class can be the part of a relation.
pub fn is_part(schema: &Schema, class: &str, relation: Option<Relation>) -> bool {
    match relation {
        Some(Relation::Contained) => is_one(schema, class, &["IFCPRODUCT"]),
        Some(Relation::VoidsFills) => is_one(schema, class, &["IFCELEMENT"]),
        _ => is_one(schema, class, &["IFCOBJECTDEFINITION"]),
    }
}
