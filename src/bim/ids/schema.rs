//! What the EXPRESS schemas declare: entities with their attributes, defined types, enumerations and selects.
//!
//! The tables in `schema/` are written by `schema/generate.py` from the schemas of IFC2X3 TC1, IFC4 ADD2 TC1 and
//! IFC4X3 ADD2.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::constraint::Base;

/// The schemas that IDS 1.0 names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// IFC2X3.
    Ifc2x3,
    /// IFC4.
    Ifc4,
    /// IFC4X3_ADD2.
    Ifc4x3,
}

impl Version {
    /// By the word of `ifcVersion`.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "IFC2X3" => Some(Self::Ifc2x3),
            "IFC4" => Some(Self::Ifc4),
            "IFC4X3_ADD2" => Some(Self::Ifc4x3),
            _ => None,
        }
    }

    /// The schema by which a model of this family is read.
    pub fn of_model(family: &str) -> Self {
        match family {
            "IFC4" => Self::Ifc4,
            f if f.starts_with("IFC2X") => Self::Ifc2x3,
            _ => Self::Ifc4x3,
        }
    }

    /// As documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ifc2x3 => "IFC2X3",
            Self::Ifc4 => "IFC4",
            Self::Ifc4x3 => "IFC4X3_ADD2",
        }
    }

    /// What it declares.
    pub fn schema(self) -> &'static Schema {
        static SCHEMAS: [OnceLock<Schema>; 3] = [const { OnceLock::new() }; 3];
        let (slot, table) = match self {
            Self::Ifc2x3 => (0, include_str!("schema/ifc2x3.tsv")),
            Self::Ifc4 => (1, include_str!("schema/ifc4.tsv")),
            Self::Ifc4x3 => (2, include_str!("schema/ifc4x3.tsv")),
        };
        SCHEMAS[slot].get_or_init(|| Schema::parse(self, table))
    }
}

/// An entity.
#[derive(Debug)]
pub struct Entity {
    parent: Option<String>,
    own: Vec<(&'static str, &'static str)>,
}

/// A type that is no entity.
#[derive(Debug)]
enum Defined {
    Alias(&'static str),
    Enumeration(Vec<&'static str>),
    Select,
}

/// What a type's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Integer.
    Integer,
    /// Real or number.
    Real,
    /// Boolean.
    Boolean,
    /// Logical.
    Logical,
    /// An enumeration's items.
    Enumeration,
    /// A list.
    List,
    /// An entity, a select or a binary: no single value to compare.
    Object,
}

/// A schema's declarations, by names in capitals.
#[derive(Debug)]
pub struct Schema {
    version: Version,
    entities: BTreeMap<String, Entity>,
    names: Vec<String>,
    types: HashMap<String, Defined>,
}

impl Schema {
    fn parse(version: Version, table: &'static str) -> Self {
        let mut entities = BTreeMap::new();
        let mut types = HashMap::new();
        for line in table.lines() {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let cell = |i: usize| cells.get(i).copied().unwrap_or_default();
            let items =
                |text: &'static str| text.split(',').filter(|item| !item.is_empty()).collect::<Vec<_>>();
            let upper = cell(1).to_ascii_uppercase();
            let defined = match cell(0) {
                "E" => {
                    let parent = Some(cell(2).to_ascii_uppercase()).filter(|p| !p.is_empty());
                    let own = items(cell(3)).iter().filter_map(|a| a.split_once(':')).collect();
                    entities.insert(upper, Entity { parent, own });
                    continue;
                }
                "N" => Defined::Enumeration(items(cell(2))),
                "S" => Defined::Select,
                _ => Defined::Alias(cell(2)),
            };
            types.insert(upper, defined);
        }
        let mut schema = Self { version, entities, names: Vec::new(), types };
        let mut names: Vec<String> = schema.entities.keys().cloned().collect();
        names.extend(schema.entities.keys().filter_map(|n| schema.named_by_type(n)).map(str::to_owned));
        names.sort_unstable();
        schema.names = names;
        schema
    }

    /// The entity of this name in capitals.
    pub fn entity(&self, upper: &str) -> Option<&Entity> {
        self.entities.get(upper)
    }

    /// Names of all entities in capitals, ascending; of IFC2X3 also those occurrences that only their type names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The occurrence that an IFC2X3 type stands for where the schema has no entity for it: IFCAIRTERMINAL of
    /// IFCAIRTERMINALTYPE, by the convention of the IDS documentation (entity-facet.md).
    pub fn named_by_type<'n>(&self, type_upper: &'n str) -> Option<&'n str> {
        let name = type_upper.strip_suffix("TYPE").filter(|_| self.version == Version::Ifc2x3)?;
        (self.is_a(type_upper, "IFCELEMENTTYPE") && !self.entities.contains_key(name)).then_some(name)
    }

    /// The entity that stands for `upper`: itself, or in IFC2X3 that of the occurrence (IFCFLOWTERMINAL for
    /// IFCAIRTERMINAL).
    pub fn occurrence<'s>(&'s self, upper: &'s str) -> Option<&'s str> {
        if self.entities.contains_key(upper) {
            return Some(upper);
        }
        let mut kind = format!("{upper}TYPE");
        self.named_by_type(&kind)?;
        loop {
            let above = self.entities.get(&kind)?.parent.clone()?;
            if let Some((name, _)) = above.strip_suffix("TYPE").and_then(|n| self.entities.get_key_value(n)) {
                return Some(name);
            }
            kind = above;
        }
    }

    /// Whether `upper` is `of` or one of its subtypes.
    pub fn is_a(&self, upper: &str, of: &str) -> bool {
        let mut at = Some(upper);
        while let Some(name) = at {
            if name == of {
                return true;
            }
            at = self.entities.get(name).and_then(|e| e.parent.as_deref());
        }
        false
    }

    /// Explicit attributes with their types, those of supertypes first.
    pub fn attributes(&self, upper: &str) -> Vec<(&'static str, &'static str)> {
        let mut line = Vec::new();
        let mut at = self.entities.get(upper);
        while let Some(entity) = at {
            line.push(entity);
            at = entity.parent.as_ref().and_then(|p| self.entities.get(p));
        }
        line.iter().rev().flat_map(|e| e.own.iter().copied()).collect()
    }

    /// Explicit attributes that the entity itself declares, with their types.
    pub fn own_attributes(&self, upper: &str) -> &[(&'static str, &'static str)] {
        self.entities.get(upper).map_or(&[], |e| e.own.as_slice())
    }

    /// The type of an attribute.
    pub fn attribute_type(&self, upper: &str, attribute: &str) -> Option<&'static str> {
        let mut at = self.entities.get(upper);
        while let Some(entity) = at {
            if let Some((_, kind)) = entity.own.iter().find(|(name, _)| *name == attribute) {
                return Some(kind);
            }
            at = entity.parent.as_ref().and_then(|p| self.entities.get(p));
        }
        None
    }

    /// What the values of a type are.
    pub fn kind(&self, of: &str) -> Kind {
        let mut at = of;
        // Defined types stand on each other a few deep at most.
        for _ in 0..16 {
            if at.starts_with('*') {
                return Kind::List;
            }
            match at {
                "STRING" => return Kind::Text,
                "INTEGER" => return Kind::Integer,
                "REAL" | "NUMBER" => return Kind::Real,
                "BOOLEAN" => return Kind::Boolean,
                "LOGICAL" => return Kind::Logical,
                _ => {}
            }
            match self.types.get(&at.to_ascii_uppercase()) {
                Some(Defined::Alias(under)) => at = under,
                Some(Defined::Enumeration(_)) => return Kind::Enumeration,
                Some(Defined::Select) | None => return Kind::Object,
            }
        }
        Kind::Object
    }

    /// The XML Schema types by which values of a type are written in IDS (DataTypes.md), the usual one first; none where
    /// they cannot be. A list of values has those of its members.
    pub fn bases(&self, of: &str) -> &'static [Base] {
        let of = of.trim_start_matches('*');
        match of.to_ascii_uppercase().as_str() {
            "IFCDATE" => return &[Base::Date],
            "IFCDATETIME" => return &[Base::DateTime],
            "IFCTIME" => return &[Base::Time],
            "IFCDURATION" => return &[Base::Duration],
            "IFCCOUNTMEASURE" => return &[Base::Integer],
            "IFCURIREFERENCE" => return &[Base::String, Base::AnyUri],
            _ => {}
        }
        match self.kind(of) {
            Kind::Text | Kind::Enumeration => &[Base::String],
            Kind::Logical => &[Base::String, Base::Boolean],
            Kind::Integer => &[Base::Integer],
            Kind::Real => &[Base::Double],
            Kind::Boolean => &[Base::Boolean],
            Kind::List | Kind::Object => &[],
        }
    }

    /// Whether `upper` names a defined type or an enumeration.
    pub fn is_value_type(&self, upper: &str) -> bool {
        matches!(self.types.get(upper), Some(Defined::Alias(_) | Defined::Enumeration(_)))
    }

    /// The items of an enumeration.
    fn items(&self, of: &str) -> Option<&[&'static str]> {
        match self.types.get(&of.to_ascii_uppercase())? {
            Defined::Enumeration(items) => Some(items),
            _ => None,
        }
    }

    /// Predefined types of an entity.
    pub fn predefined_types(&self, upper: &str) -> &[&'static str] {
        let of = |name: &str| self.items(self.attribute_type(name, "PredefinedType")?);
        of(upper)
            .or_else(|| of(&format!("{upper}TYPE")).filter(|_| !self.entities.contains_key(upper)))
            .unwrap_or(&[])
    }

    /// The unit enumeration's item by which values of a measure are scaled (`LENGTHUNIT` of IFCPOSITIVELENGTHMEASURE).
    pub fn unit_of(&self, measure: &str) -> Option<String> {
        let upper = measure.to_ascii_uppercase();
        let stem = upper.strip_prefix("IFC")?.strip_suffix("MEASURE")?;
        let stem = match stem {
            "POSITIVELENGTH" | "NONNEGATIVELENGTH" => "LENGTH",
            "POSITIVEPLANEANGLE" => "PLANEANGLE",
            "THERMALCONDUCTIVITY" => "THERMALCONDUCTANCE",
            other => other,
        };
        let unit = format!("{stem}UNIT");
        let known = |of: &str| self.items(of).is_some_and(|items| items.contains(&unit.as_str()));
        (known("IfcUnitEnum") || known("IfcDerivedUnitEnum")).then_some(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_the_standard_says() {
        let ifc4 = Version::Ifc4.schema();
        assert!(ifc4.is_a("IFCWALLSTANDARDCASE", "IFCROOT") && !ifc4.is_a("IFCWALL", "IFCSLAB"));
        let names: Vec<&str> = ifc4.attributes("IFCWALL").iter().map(|(name, _)| *name).collect();
        assert_eq!((names[0], names[2], names[8]), ("GlobalId", "Name", "PredefinedType"));
        assert_eq!(ifc4.kind("IfcPositiveLengthMeasure"), Kind::Real);
        assert_eq!(ifc4.kind("IfcColourOrFactor"), Kind::Object);
        assert_eq!(ifc4.bases("IfcDuration"), [Base::Duration]);
        assert_eq!(ifc4.unit_of("IFCPOSITIVELENGTHMEASURE").as_deref(), Some("LENGTHUNIT"));
        assert_eq!(
            ifc4.unit_of("IFCTHERMALTRANSMITTANCEMEASURE").as_deref(),
            Some("THERMALTRANSMITTANCEUNIT")
        );
        assert_eq!(ifc4.unit_of("IFCRATIOMEASURE"), None);
        assert!(ifc4.predefined_types("IFCWALL").contains(&"SOLIDWALL"));
    }

    #[test]
    fn occurrences_of_ifc2x3_are_named_by_their_types() {
        let old = Version::Ifc2x3.schema();
        assert_eq!(old.named_by_type("IFCAIRTERMINALTYPE"), Some("IFCAIRTERMINAL"));
        assert_eq!(old.named_by_type("IFCWALLTYPE"), None);
        assert_eq!(old.occurrence("IFCAIRTERMINAL"), Some("IFCFLOWTERMINAL"));
        assert!(old.names().iter().any(|n| n == "IFCBOILER") && !Version::Ifc4.schema().names().is_empty());
        assert!(old.predefined_types("IFCBOILER").contains(&"STEAM"));
    }
}
