//! Which element lies in which storey, building and site; which type, opening and part belongs to which element.

use std::collections::{HashMap, HashSet};

use super::step::Model;

/// Relations of a model, by record id.
#[derive(Debug, Default)]
pub struct Relations {
    /// Part → whole (IfcRelAggregates, IfcRelNests).
    pub whole: HashMap<u32, u32>,
    /// Element → spatial element that contains it.
    pub container: HashMap<u32, u32>,
    /// Occurrence → type.
    pub kind: HashMap<u32, u32>,
    /// Filling (door, window) → opening.
    pub fills: HashMap<u32, u32>,
    /// Opening → element that it voids.
    pub voids: HashMap<u32, u32>,
    /// Object → classification references.
    pub classes: HashMap<u32, Vec<u32>>,
}

impl Relations {
    /// Reads the objectified relationships that the facts need.
    pub fn read(model: &Model<'_>) -> Self {
        let mut out = Self::default();
        for entity in ["IfcRelAggregates", "IfcRelNests"] {
            many(model, entity, "RelatedObjects", "RelatingObject", &mut out.whole);
        }
        many(
            model,
            "IfcRelContainedInSpatialStructure",
            "RelatedElements",
            "RelatingStructure",
            &mut out.container,
        );
        many(model, "IfcRelDefinesByType", "RelatedObjects", "RelatingType", &mut out.kind);
        many(model, "IfcRelFillsElement", "RelatedBuildingElement", "RelatingOpeningElement", &mut out.fills);
        many(model, "IfcRelVoidsElement", "RelatedOpeningElement", "RelatingBuildingElement", &mut out.voids);
        for &id in model.exactly("IfcRelAssociatesClassification") {
            let Some(rel) = model.get(id) else { continue };
            let Some(class) = rel.reference("RelatingClassification") else { continue };
            for object in rel.references("RelatedObjects") {
                out.classes.entry(object).or_default().push(class);
            }
        }
        out
    }

    /// The element itself, then what contains it, up to the project. Ends at a cycle.
    pub fn upwards(&self, id: u32) -> Vec<u32> {
        let mut seen = HashSet::from([id]);
        let mut path = vec![id];
        let mut at = id;
        while let Some(&next) = self
            .container
            .get(&at)
            .or_else(|| self.whole.get(&at))
            .or_else(|| self.fills.get(&at))
            .or_else(|| self.voids.get(&at))
        {
            if !seen.insert(next) {
                break;
            }
            path.push(next);
            at = next;
        }
        path
    }
}

/// Fills `map` from each member of `related` to `relating`; the first relation wins.
fn many(model: &Model<'_>, entity: &str, related: &str, relating: &str, map: &mut HashMap<u32, u32>) {
    for &id in model.exactly(entity) {
        let Some(rel) = model.get(id) else { continue };
        let Some(to) = rel.reference(relating) else { continue };
        for from in rel.references(related) {
            map.entry(from).or_insert(to);
        }
    }
}
