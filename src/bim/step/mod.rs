//! Records of a STEP physical file (ISO 10303-21) by id and by entity, with attributes by name.
//!
//! Attributes are looked up by their name in the file's own schema, because positions differ between IFC2X3,
//! IFC4 and IFC4X3. This is the only user of `ifc-lite-core`.

mod attribute;
mod head;
mod record;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ifc_lite_core::{EntityDecoder, EntityIndex, EntityScanner, IfcType, ProjectUnits, SchemaVersion};

use super::error::BimError;
use crate::text::Text;
pub use attribute::Attribute;
pub use record::{Record, Value};

/// A file whose records are indexed. Nothing is decoded until it is asked for.
pub struct Model<'a> {
    bytes: &'a [u8],
    label: String,
    schema: SchemaVersion,
    index: Arc<EntityIndex>,
    by_entity: BTreeMap<String, Vec<u32>>,
    decoder: RefCell<EntityDecoder<'a>>,
    notes: Vec<Text>,
}

impl<'a> Model<'a> {
    /// Checks head and tail, then indexes all records in one pass. At most `max_records` are accepted.
    pub fn open(bytes: &'a [u8], max_records: usize) -> Result<Self, BimError> {
        let head = head::check(bytes)?;
        let mut index = EntityIndex::default();
        let mut by_keyword: HashMap<&'a str, Vec<u32>> = HashMap::new();
        let mut scanner = EntityScanner::new(bytes);
        let mut notes = head.notes;
        let mut repeated = 0_u32;
        while let Some((id, keyword, start, end)) = scanner.next_entity() {
            if index.len() >= max_records {
                return Err(head::too_many(max_records));
            }
            if index.insert(id, (start, end)).is_some() {
                repeated += 1;
                continue;
            }
            by_keyword.entry(keyword).or_default().push(id);
        }
        if let Some(start) = scanner.malformed_record_start() {
            return Err(head::malformed(bytes, start));
        }
        if index.is_empty() {
            return Err(head::no_records());
        }
        if repeated > 0 {
            notes.push(Text::new(
                format!("{repeated} số hiệu bản ghi bị dùng lặp; bản ghi sau cùng có hiệu lực"),
                format!("{repeated} record numbers are used more than once; the last one counts"),
            ));
        }
        let mut by_entity: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (keyword, mut ids) in by_keyword {
            let name = IfcType::from_str(keyword).name().to_owned();
            by_entity.entry(name).or_default().append(&mut ids);
        }
        for ids in by_entity.values_mut() {
            ids.sort_unstable();
        }
        let index = Arc::new(index);
        let decoder = RefCell::new(EntityDecoder::with_arc_index(bytes, Arc::clone(&index)));
        Ok(Self { bytes, label: head.label, schema: head.schema, index, by_entity, decoder, notes })
    }

    /// The schema's family, such as `IFC4X3` for `IFC4X3_ADD2`.
    pub fn schema(&self) -> &str {
        &self.label
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// What a reader should know about the file as a whole.
    pub fn notes(&self) -> &[Text] {
        &self.notes
    }

    /// The bytes and their index, for `shape`.
    pub(super) fn source(&self) -> (&'a [u8], Arc<EntityIndex>) {
        (self.bytes, Arc::clone(&self.index))
    }

    /// Ids of the records of exactly this entity, ascending.
    pub fn exactly(&self, entity: &str) -> &[u32] {
        self.by_entity.get(entity).map_or(&[], Vec::as_slice)
    }

    /// Ids of the records of this entity and its subtypes, ascending.
    pub fn all(&self, entity: &str) -> Vec<u32> {
        let mut ids: Vec<u32> = self
            .entities()
            .filter(|(name, _)| self.is_a(name, entity))
            .flat_map(|(_, ids)| ids)
            .copied()
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Entities of the file with their ids.
    pub fn entities(&self) -> impl Iterator<Item = (&str, &[u32])> {
        self.by_entity.iter().map(|(name, ids)| (name.as_str(), ids.as_slice()))
    }

    /// Whether `entity` is `of` or one of its subtypes in the file's schema. An entity that the schema lacks
    /// (some programs write IFC4 entities into IFC2X3) is looked up in IFC4X3.
    pub fn is_a(&self, entity: &str, of: &str) -> bool {
        entity.eq_ignore_ascii_case(of)
            || self.schema.is_subtype_of(entity, of)
            || (self.schema.entity_info(entity).is_none() && SchemaVersion::Ifc4x3.is_subtype_of(entity, of))
    }

    /// A record; none where it does not exist or cannot be decoded.
    pub fn get(&self, id: u32) -> Option<Record> {
        let entity = self.decoder.borrow_mut().decode_by_id(id).ok()?;
        Some(Record::new(entity, self.schema))
    }

    /// The record that a reference attribute names.
    pub fn follow(&self, from: &Record, attribute: &str) -> Option<Record> {
        self.get(from.reference(attribute)?)
    }

    /// Scale from the file's unit to metres (or m², m³, radians); none where the unit type (`LENGTHUNIT` …) is
    /// not declared. The factor of a unit that is declared but unusable is an error with its record.
    pub fn unit_scale(&self, unit_type: &str) -> Result<Option<f64>, BimError> {
        let Some(&project) = self.exactly("IfcProject").first() else { return Ok(None) };
        let mut decoder = self.decoder.borrow_mut();
        let units = ProjectUnits::resolve(&mut decoder, project);
        let refused = units.scales().length_unit_refused.filter(|_| unit_type == "LENGTHUNIT");
        if let Some(record) = refused {
            return Err(BimError::new(
                format!("#{record}"),
                "hệ số của đơn vị chiều dài không phải là số dương hữu hạn",
                "the factor of the length unit is not a positive finite number",
            ));
        }
        Ok(units.resolved_for_unit_type(unit_type).map(|u| u.si_scale).filter(|s| s.is_finite() && *s > 0.0))
    }

    /// Metres (or m², radians …) in the unit that record `id` stands for.
    pub fn scale_of_unit(&self, id: u32) -> Option<f64> {
        let (_, unit, _) = ifc_lite_core::resolve_unit_by_ref(&mut self.decoder.borrow_mut(), id)?;
        Some(unit.si_scale).filter(|s| s.is_finite() && *s > 0.0)
    }
}
