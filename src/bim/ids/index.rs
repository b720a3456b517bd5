//! What a check looks up: classes, types, property sets, classifications, materials and wholes of a model, each indexed
//! once when a facet first asks for it.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use hashbrown::HashMap;

use super::document::Relation;
use super::scalar::Scalar;
use super::schema::{Kind, Schema, Version};
use super::sets::Set;
use super::units::{self, Scale};
use crate::bim::step::{Attribute, Model, Record};

/// What records name: pairs (record, named), sorted by the record, in the order of the file where it names more than one.
/// Far quicker to make than a map of lists.
#[derive(Default)]
struct Lists(Vec<(u32, u32)>);

impl Lists {
    fn add(&mut self, record: u32, named: &[u32]) {
        self.0.extend(named.iter().map(|n| (record, *n)));
    }

    fn sorted(mut self) -> Self {
        self.0.sort_by_key(|(record, _)| *record);
        self
    }

    fn of(&self, record: u32) -> impl Iterator<Item = u32> {
        let from = self.0.partition_point(|(r, _)| *r < record);
        self.0[from..].iter().take_while(move |(r, _)| *r == record).map(|(_, named)| *named)
    }

    fn has(&self, record: u32) -> bool {
        self.0.binary_search_by_key(&record, |(r, _)| *r).is_ok()
    }

    fn keys(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|(record, _)| *record)
    }
}

/// A class of the model: its name in capitals and as the standard writes it, and its records.
pub struct Class<'m> {
    /// In capitals.
    pub upper: String,
    /// As the standard writes it.
    pub name: &'m str,
    /// Its records, ascending.
    pub ids: &'m [u32],
}

/// The index of one model.
pub struct Index<'m, 'a> {
    /// The model.
    pub model: &'m Model<'a>,
    /// Its schema.
    pub schema: &'static Schema,
    /// Its classes.
    pub classes: Vec<Class<'m>>,
    cache: &'m Cache,
}

/// What was looked up of a model, kept from check to check.
#[derive(Default)]
pub struct Cache {
    types: OnceCell<Lists>,
    sets: OnceCell<Lists>,
    classifications: OnceCell<Lists>,
    materials: OnceCell<Lists>,
    wholes: OnceCell<Wholes>,
    units: OnceCell<HashMap<String, Scale>>,
    scales: RefCell<HashMap<String, Option<Scale>>>,
    parsed: RefCell<HashMap<u32, Rc<Set>>>,
    systems: RefCell<HashMap<u32, Rc<Reference>>>,
    names: RefCell<HashMap<u32, Rc<Vec<String>>>>,
}

/// Wholes of parts by relation.
#[derive(Default)]
struct Wholes {
    aggregates: Lists,
    groups: Lists,
    containers: Lists,
    nests: Lists,
    voids: Lists,
    fills: Lists,
}

/// A reference into a classification system.
#[derive(Debug, Default)]
pub struct Reference {
    /// Name of the system; none where the reference leads to none.
    pub system: Option<String>,
    /// The reference's code and those above it in the system.
    pub codes: Vec<String>,
}

/// Longest chain of references and sources that is followed.
const CHAIN_MAX: usize = 64;

impl<'m, 'a> Index<'m, 'a> {
    /// An index over an open model. Nothing is read yet but what the cache has.
    pub fn new(model: &'m Model<'a>, cache: &'m Cache) -> Self {
        let schema = Version::of_model(model.schema()).schema();
        let classes =
            model.entities().map(|(name, ids)| Class { upper: name.to_ascii_uppercase(), name, ids });
        Self { model, schema, classes: classes.collect(), cache }
    }

    /// Adds, for each record of `entity`, what `relating` names to each of `related`.
    fn relate(&self, entity: &str, related: &str, relating: &str, lists: &mut Lists) {
        for &id in self.model.exactly(entity) {
            let Some(record) = self.model.get(id) else { continue };
            let targets = record.references(relating);
            for from in record.references(related) {
                lists.add(from, &targets);
            }
        }
    }

    /// The type of an occurrence.
    pub fn type_of(&self, object: u32) -> Option<u32> {
        let types = self.cache.types.get_or_init(|| {
            let mut lists = Lists::default();
            self.relate("IfcRelDefinesByType", "RelatedObjects", "RelatingType", &mut lists);
            lists.sorted()
        });
        types.of(object).next()
    }

    /// Occurrences with their types.
    pub fn typed(&self) -> impl Iterator<Item = (u32, u32)> {
        let _ = self.type_of(0);
        self.cache.types.get().into_iter().flat_map(|types| types.0.iter().copied())
    }

    /// All that is named in `lists`, itself or by its type.
    fn known(&self, lists: &Lists) -> Vec<u32> {
        let by_type = self.typed().filter(|(_, kind)| lists.has(*kind)).map(|(object, _)| object);
        sorted(lists.keys().chain(by_type))
    }

    /// Property sets by what they are given to, in the order of the file; those of types by the type.
    fn all_sets(&self) -> &Lists {
        self.cache.sets.get_or_init(|| {
            let mut lists = Lists::default();
            for entity in ["IfcRelDefinesByProperties", "IfcRelOverridesProperties"] {
                self.relate(entity, "RelatedObjects", "RelatingPropertyDefinition", &mut lists);
            }
            for (entity, of) in [
                ("IfcMaterialProperties", "Material"),
                ("IfcExtendedMaterialProperties", "Material"),
                ("IfcProfileProperties", "ProfileDefinition"),
            ] {
                for &id in self.model.exactly(entity) {
                    let owner = self.model.get(id).and_then(|record| record.reference(of));
                    if let Some(owner) = owner {
                        lists.add(owner, &[id]);
                    }
                }
            }
            let types = self.classes.iter().filter(|c| self.schema.is_a(&c.upper, "IFCTYPEOBJECT"));
            for &id in types.flat_map(|c| c.ids) {
                let own =
                    self.model.get(id).map(|record| record.references("HasPropertySets")).unwrap_or_default();
                lists.add(id, &own);
            }
            lists.sorted()
        })
    }

    /// Property sets of an object: its own, then those of its type.
    pub fn sets(&self, object: u32) -> impl Iterator<Item = Rc<Set>> {
        let lists = self.all_sets();
        let inherited = self.type_of(object).into_iter().flat_map(|kind| lists.of(kind));
        lists.of(object).chain(inherited).map(|id| self.set(id))
    }

    /// All that has property sets, its own or by its type.
    pub fn with_sets(&self) -> Vec<u32> {
        self.known(self.all_sets())
    }

    fn set(&self, id: u32) -> Rc<Set> {
        if let Some(set) = self.cache.parsed.borrow().get(&id) {
            return Rc::clone(set);
        }
        let set = Rc::new(Set::new(self, id));
        self.cache.parsed.borrow_mut().insert(id, Rc::clone(&set));
        set
    }

    /// The scale of a measure in the project's units; none where it has no unit or none is declared.
    pub fn project_scale(&self, measure: &str) -> Option<Scale> {
        if let Some(scale) = self.cache.scales.borrow().get(measure) {
            return *scale;
        }
        let units = self.cache.units.get_or_init(|| units::of_project(self.model));
        let scale = self.schema.unit_of(measure).and_then(|unit| units.get(&unit).copied());
        self.cache.scales.borrow_mut().insert(measure.to_owned(), scale);
        scale
    }

    /// An attribute's value as IDS compares it: of the type that it names itself, else of the type `declared`, in SI units;
    /// none where there is no value. `unit` is a unit of its own.
    pub fn scalar(&self, value: &Attribute, declared: &str, unit: Option<u32>) -> Option<(String, Scalar)> {
        let (kind, inner) = match value {
            Attribute::Typed(kind, inner) => (kind.as_str(), inner.as_ref()),
            other => (declared, other),
        };
        let upper = kind.to_ascii_uppercase();
        let number = |x: f64| {
            let own = unit.filter(|_| self.schema.unit_of(&upper).is_some());
            let scale =
                own.and_then(|id| units::of_record(self.model, id)).or_else(|| self.project_scale(&upper));
            Scalar::Real(scale.map_or(x, |s| s.apply(x)))
        };
        let scalar = match inner {
            Attribute::Null | Attribute::Derived => return None,
            Attribute::Text(text) | Attribute::Enumeration(text) => Scalar::Text(text.clone()),
            Attribute::Integer(n) if self.schema.kind(kind) != Kind::Real => Scalar::Integer(*n),
            Attribute::Integer(n) => number(*n as f64),
            Attribute::Number(x) => number(*x),
            Attribute::Logical(Some(truth)) => Scalar::Boolean(*truth),
            Attribute::Logical(None) => Scalar::Unknown,
            // An empty list says nothing.
            Attribute::List(members) if members.is_empty() => Scalar::Text(String::new()),
            Attribute::Reference(_) | Attribute::List(_) | Attribute::Typed(..) => Scalar::Object,
        };
        Some((upper, scalar))
    }

    /// Wholes that an object is directly part of.
    pub fn wholes(&self, part: u32, relation: Option<Relation>) -> Vec<u32> {
        let wholes = self.cache.wholes.get_or_init(|| {
            let mut w = Wholes::default();
            self.relate("IfcRelAggregates", "RelatedObjects", "RelatingObject", &mut w.aggregates);
            for entity in ["IfcRelAssignsToGroup", "IfcRelAssignsToGroupByFactor"] {
                self.relate(entity, "RelatedObjects", "RelatingGroup", &mut w.groups);
            }
            let contained = "IfcRelContainedInSpatialStructure";
            self.relate(contained, "RelatedElements", "RelatingStructure", &mut w.containers);
            self.relate("IfcRelNests", "RelatedObjects", "RelatingObject", &mut w.nests);
            let (opening, element) = ("RelatedOpeningElement", "RelatingBuildingElement");
            self.relate("IfcRelVoidsElement", opening, element, &mut w.voids);
            let (filling, filled) = ("RelatedBuildingElement", "RelatingOpeningElement");
            self.relate("IfcRelFillsElement", filling, filled, &mut w.fills);
            [&mut w.aggregates, &mut w.groups, &mut w.containers, &mut w.nests, &mut w.voids, &mut w.fills]
                .into_iter()
                .for_each(|lists| *lists = std::mem::take(lists).sorted());
            w
        });
        let w = wholes;
        let lists: &[&Lists] = match relation {
            None => &[&w.aggregates, &w.groups, &w.containers, &w.nests, &w.voids, &w.fills],
            Some(Relation::Aggregates) => &[&w.aggregates],
            Some(Relation::AssignsToGroup) => &[&w.groups],
            Some(Relation::Contained) => &[&w.containers],
            Some(Relation::Nests) => &[&w.nests],
            Some(Relation::VoidsFills) => &[&w.voids, &w.fills],
        };
        lists.iter().flat_map(|list| list.of(part)).collect()
    }

    /// Everything that is part of something by `relation`.
    pub fn parts(&self, relation: Option<Relation>) -> Vec<u32> {
        let _ = self.wholes(0, None);
        let Some(w) = self.cache.wholes.get() else { return Vec::new() };
        let all = [&w.aggregates, &w.groups, &w.containers, &w.nests, &w.voids, &w.fills];
        let parts = sorted(all.into_iter().flat_map(Lists::keys));
        parts.into_iter().filter(|part| !self.wholes(*part, relation).is_empty()).collect()
    }

    fn all_classifications(&self) -> &Lists {
        self.cache.classifications.get_or_init(|| {
            let mut lists = Lists::default();
            let rooted = "IfcRelAssociatesClassification";
            self.relate(rooted, "RelatedObjects", "RelatingClassification", &mut lists);
            let resources = "IfcExternalReferenceRelationship";
            self.relate(resources, "RelatedResourceObjects", "RelatingReference", &mut lists);
            lists.sorted()
        })
    }

    /// Classification references of an object, and those of its type of systems that the object itself does not use.
    pub fn classifications(&self, object: u32) -> Vec<Rc<Reference>> {
        let lists = self.all_classifications();
        let mut found: Vec<Rc<Reference>> = lists.of(object).filter_map(|id| self.reference(id)).collect();
        let own = found.len();
        for id in self.type_of(object).into_iter().flat_map(|kind| lists.of(kind)) {
            let Some(inherited) = self.reference(id) else { continue };
            if !found[..own].iter().any(|o| o.system == inherited.system) {
                found.push(inherited);
            }
        }
        found
    }

    /// All that is classified, itself or by its type.
    pub fn classified(&self) -> Vec<u32> {
        self.known(self.all_classifications())
    }

    /// A classification or a reference into one; none of other external references.
    fn reference(&self, id: u32) -> Option<Rc<Reference>> {
        if let Some(known) = self.cache.systems.borrow().get(&id) {
            return Some(Rc::clone(known));
        }
        let mut out = Reference::default();
        let mut at = self.model.get(id);
        for step in 0..CHAIN_MAX {
            let Some(record) = at else { break };
            match record.entity() {
                "IfcClassification" => {
                    out.system = text(&record, "Name");
                    break;
                }
                "IfcClassificationReference" => {
                    out.codes
                        .extend(text(&record, "Identification").or_else(|| text(&record, "ItemReference")));
                    at = self.model.follow(&record, "ReferencedSource");
                }
                _ if step == 0 => return None,
                _ => break,
            }
        }
        let out = Rc::new(out);
        self.cache.systems.borrow_mut().insert(id, Rc::clone(&out));
        Some(out)
    }

    fn all_materials(&self) -> &Lists {
        self.cache.materials.get_or_init(|| {
            let mut lists = Lists::default();
            self.relate("IfcRelAssociatesMaterial", "RelatedObjects", "RelatingMaterial", &mut lists);
            lists.sorted()
        })
    }

    /// Names and categories of an object's materials, or of its type's where it has none itself; none without material.
    pub fn materials(&self, object: u32) -> Option<Vec<Rc<Vec<String>>>> {
        let lists = self.all_materials();
        let owner =
            if lists.has(object) { object } else { self.type_of(object).filter(|kind| lists.has(*kind))? };
        Some(lists.of(owner).map(|id| self.material(id)).collect())
    }

    /// All that has a material, itself or by its type.
    pub fn made(&self) -> Vec<u32> {
        self.known(self.all_materials())
    }

    fn material(&self, id: u32) -> Rc<Vec<String>> {
        if let Some(known) = self.cache.names.borrow().get(&id) {
            return Rc::clone(known);
        }
        let mut names = Vec::new();
        let mut seen = hashbrown::HashSet::new();
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let Some(record) = self.model.get(at) else { continue };
            for attribute in ["Name", "LayerSetName", "Category"] {
                names.extend(text(&record, attribute));
            }
            for attribute in [
                "ForLayerSet",
                "ForProfileSet",
                "MaterialLayers",
                "MaterialProfiles",
                "MaterialConstituents",
                "Materials",
                "Material",
            ] {
                open.extend(record.references(attribute));
            }
            if record.entity() == "IfcMaterialProfileSetUsageTapering" {
                open.extend(record.references("ForProfileEndSet"));
            }
        }
        let names = Rc::new(names);
        self.cache.names.borrow_mut().insert(id, Rc::clone(&names));
        names
    }
}

/// A text attribute that is not empty, blanks and all.
pub fn text(record: &Record, attribute: &str) -> Option<String> {
    match record.attribute_value(attribute)? {
        Attribute::Text(text) if !text.is_empty() => Some(text),
        Attribute::Typed(_, inner) => match *inner {
            Attribute::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn sorted(ids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
