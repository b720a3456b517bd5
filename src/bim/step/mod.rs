//! Records of a STEP physical file (ISO 10303-21) by id and by entity, with attributes by name.
//!
//! - `head` looks at the first and last bytes, `archive` unpacks ifcZIP.
//! - `scan` holds every record to the `grammar` in one pass over all cores; `index` keeps where each begins.
//! - `record` makes a record's values when it is asked for, `string` their texts.
//! - `units` resolves the file's units.
//!
//! Attributes are looked up by their name in the file's own schema, because positions differ between IFC2X3,
//! IFC4 and IFC4X3; the tables of the schemas are those of `ifc-lite-core`, which only this folder uses.

mod archive;
mod attribute;
mod damage;
mod grammar;
mod head;
mod index;
mod record;
mod scan;
mod string;
mod units;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use ifc_lite_core::{AttributeValue, DecodedEntity, IfcType, SchemaVersion};

use super::error::BimError;
use crate::text::Text;
pub use attribute::Attribute;
use damage::Damaged;
use index::Index;
pub use record::{Record, Value};

/// A file whose records are indexed. No value is made until it is asked for.
pub struct Model<'a> {
    bytes: Cow<'a, [u8]>,
    label: String,
    schema: SchemaVersion,
    index: Index,
    /// Entities of the file; the index names them by their place here.
    kinds: Vec<IfcType>,
    by_entity: BTreeMap<String, Vec<u32>>,
    damaged: Damaged,
    notes: Vec<Text>,
}

impl<'a> Model<'a> {
    /// Checks head and tail, then indexes all records in one pass. At most `max_records` are accepted. The bytes may
    /// be an ifcZIP. A record that breaks the grammar is left out and noted with its line.
    pub fn open(bytes: &'a [u8], max_records: usize) -> Result<Self, BimError> {
        let bytes =
            if archive::is(bytes) { Cow::Owned(archive::unpack(bytes)?) } else { Cow::Borrowed(bytes) };
        let head = head::check(&bytes)?;
        let scan = scan::scan(&bytes, head.data, max_records)
            .map_err(|stop| head::stopped(&bytes, stop, max_records))?;
        if scan.ids.is_empty() {
            return Err(head::no_records(&bytes, &scan));
        }
        let (kinds, renamed) = kinds(&scan.entities);
        let mut notes = head.notes;
        damage::notes(&bytes, &scan, &mut notes);
        let damage = scan.damage;
        let (mut index, superseded) = Index::new(scan.ids, scan.starts, scan.kinds);
        index.rename(&renamed);
        if !superseded.is_empty() {
            notes.push(damage::repeated(&bytes, &superseded));
        }
        let by_entity =
            kinds.iter().map(|kind| kind.name().to_owned()).zip(index.by_kind(kinds.len())).collect();
        let damaged = Damaged::new(damage, superseded);
        Ok(Self { bytes, label: head.label, schema: head.schema, index, kinds, by_entity, damaged, notes })
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

    /// The text as the geometry crate may read it, for `shape`: a copy, so that a solid that never ends may be left
    /// behind, with blanks where a record is left out here or is one of `without`.
    pub(super) fn source(&self, without: &[u32]) -> Arc<Vec<u8>> {
        let mut bytes = self.bytes.to_vec();
        self.damaged.blank(&mut bytes);
        for (start, end) in without.iter().filter_map(|id| self.span(*id)) {
            bytes[start..end].fill(b' ');
        }
        Arc::new(bytes)
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

    /// Ids of the records of this entity and its subtypes, in the order of the file.
    pub(super) fn in_file_order(&self, entity: &str) -> Vec<u32> {
        let mut ids = self.all(entity);
        ids.sort_by_key(|id| self.index.find(*id));
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

    /// A record; none where it does not exist.
    pub fn get(&self, id: u32) -> Option<Record> {
        let (start, kind) = self.index.find(id)?;
        let whole = grammar::head(&self.bytes, start).ok()?;
        let values = grammar::values(&self.bytes, whole.values);
        let entity = DecodedEntity::new(id, self.kinds.get(usize::from(kind))?.clone(), values);
        Some(Record::new(entity, self.schema))
    }

    /// The record that a reference attribute names.
    pub fn follow(&self, from: &Record, attribute: &str) -> Option<Record> {
        self.get(from.reference(attribute)?)
    }

    /// Bytes of a record, up to its semicolon.
    fn span(&self, id: u32) -> Option<(usize, usize)> {
        let (start, _) = self.index.find(id)?;
        Some((start, grammar::check(&self.bytes, start).ok()?.end))
    }
}

/// The text of a string; `raw` is what stands between its quotes.
pub(super) fn text(raw: &[u8]) -> String {
    string::decode(raw)
}

/// Number of a record's values, members of lists among them; what it refers to is looked up.
pub(super) fn count_values(model: &Model<'_>, record: &Record) -> usize {
    fn count(model: &Model<'_>, value: &AttributeValue) -> usize {
        match value {
            AttributeValue::List(members) => members.iter().map(|member| count(model, member)).sum(),
            AttributeValue::Typed { value, .. } => count(model, value),
            AttributeValue::EntityRef(id) => usize::from(model.index.find(*id).is_some()),
            _ => 1,
        }
    }
    record.values().iter().map(|value| count(model, value)).sum()
}

/// The entities by the names of the standard, and for each name as written its place among them: `IFCWALL` and
/// `IfcWall` are one.
fn kinds(written: &[&[u8]]) -> (Vec<IfcType>, Vec<u16>) {
    let mut kinds: Vec<IfcType> = Vec::with_capacity(written.len());
    let mut places: BTreeMap<String, u16> = BTreeMap::new();
    let renamed = written.iter().map(|name| {
        let kind = IfcType::from_str(&String::from_utf8_lossy(name));
        *places.entry(kind.name().to_owned()).or_insert_with(|| {
            kinds.push(kind);
            (kinds.len() - 1) as u16
        })
    });
    let renamed = renamed.collect();
    (kinds, renamed)
}
