//! An IDS document as read: specifications of facets (IDS 1.0, `ids.xsd`).

use super::constraint::Constraint;
use super::schema::Version;

/// A document.
#[derive(Debug, Clone)]
pub struct Ids {
    /// Its title.
    pub title: String,
    /// Its specifications, in order.
    pub specifications: Vec<Specification>,
}

/// A specification: what it applies to, and what is asked of that.
#[derive(Debug, Clone)]
pub struct Specification {
    /// Its name.
    pub name: String,
    /// Its identifier, where the author gave one.
    pub identifier: Option<String>,
    /// Why it is asked for.
    pub description: Option<String>,
    /// What the author of the model is to do.
    pub instructions: Option<String>,
    /// The schemas that it is written for.
    pub versions: Vec<Version>,
    /// Whether something applicable must, may or must not be in the model.
    pub occurrence: Occurrence,
    /// All of these must hold for an element to be applicable.
    pub applicability: Vec<Facet>,
    /// What is asked of each applicable element.
    pub requirements: Vec<Requirement>,
    /// Its line in the document.
    pub line: u32,
}

/// Whether something applicable must be in the model (`minOccurs`, `maxOccurs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// At least one.
    Required,
    /// Any number.
    Optional,
    /// None.
    Prohibited,
}

/// A facet that is asked of an element.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// The facet.
    pub facet: Facet,
    /// Whether it must, may or must not hold.
    pub cardinality: Cardinality,
    /// What the author of the model is to do.
    pub instructions: Option<String>,
}

/// Whether a facet must, may or must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// It must hold.
    Required,
    /// Where the information is there, it must be as described.
    Optional,
    /// It must not hold.
    Prohibited,
}

/// A facet with its line.
#[derive(Debug, Clone)]
pub struct Facet {
    /// Its line in the document.
    pub line: u32,
    /// What it is about.
    pub kind: FacetKind,
}

/// The six facets.
#[derive(Debug, Clone)]
pub enum FacetKind {
    /// The IFC class.
    Entity(EntityFacet),
    /// An attribute of the class.
    Attribute {
        /// Its name.
        name: Constraint,
        /// Its value.
        value: Option<Constraint>,
    },
    /// A reference of a classification system.
    Classification {
        /// The system's name.
        system: Constraint,
        /// The reference.
        value: Option<Constraint>,
    },
    /// A property or quantity.
    Property {
        /// Name of its set.
        set: Constraint,
        /// Its name.
        name: Constraint,
        /// Its defined type, in capitals.
        data_type: Option<String>,
        /// Its value, in SI units.
        value: Option<Constraint>,
    },
    /// A material, by its name or category.
    Material {
        /// Name or category.
        value: Option<Constraint>,
    },
    /// A whole that the element is part of.
    PartOf {
        /// By which relation; any of the six where none is given.
        relation: Option<Relation>,
        /// The whole.
        entity: EntityFacet,
    },
}

/// A class, and its predefined type.
#[derive(Debug, Clone)]
pub struct EntityFacet {
    /// Name in capitals; subclasses do not match.
    pub name: Constraint,
    /// Predefined or user-defined type.
    pub predefined_type: Option<Constraint>,
}

/// Relations of the partOf facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// IfcRelAggregates.
    Aggregates,
    /// IfcRelAssignsToGroup.
    AssignsToGroup,
    /// IfcRelContainedInSpatialStructure.
    Contained,
    /// IfcRelNests.
    Nests,
    /// IfcRelFillsElement and IfcRelVoidsElement.
    VoidsFills,
}

impl Relation {
    /// By its name in the document.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "IFCRELAGGREGATES" => Self::Aggregates,
            "IFCRELASSIGNSTOGROUP" => Self::AssignsToGroup,
            "IFCRELCONTAINEDINSPATIALSTRUCTURE" => Self::Contained,
            "IFCRELNESTS" => Self::Nests,
            "IFCRELVOIDSELEMENT IFCRELFILLSELEMENT" => Self::VoidsFills,
            _ => return None,
        })
    }
}
