//! The file's units, by the tables of `ifc-lite-core`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ifc_lite_core::{AttributeValue, EntityDecoder, EntityIndex, ProjectUnits};

use super::{Model, Record};
use crate::bim::error::BimError;

/// Most records that units may reach; real files have some dozens.
const MOST_RECORDS: usize = 10_000;

impl Model<'_> {
    /// Scale from the file's unit to metres (or m², m³, radians); none where the unit type (`LENGTHUNIT` …) is
    /// not declared. The factor of a unit that is declared but unusable is an error with its record.
    pub fn unit_scale(&self, unit_type: &str) -> Result<Option<f64>, BimError> {
        let Some(&project) = self.exactly("IfcProject").first() else { return Ok(None) };
        let assignment = self.get(project).and_then(|p| p.reference("UnitsInContext"));
        let units = assignment.and_then(|id| self.get(id)).map(|a| a.references("Units")).unwrap_or_default();
        let mut units = units.into_iter().filter_map(|id| self.get(id));
        let unsound =
            units.find(|unit| unit.enumeration("UnitType") == Some(unit_type) && !self.is_sound(unit));
        let mut decoder = self.decoder_of(&[project], assignment);
        let units = ProjectUnits::resolve(&mut decoder, project);
        let refused = units.scales().length_unit_refused.or(unsound.map(|unit| unit.id()));
        let refused = refused.filter(|_| unit_type == "LENGTHUNIT");
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
        let (_, unit, _) = ifc_lite_core::resolve_unit_by_ref(&mut self.decoder_of(&[], Some(id)), id)?;
        Some(unit.si_scale).filter(|s| s.is_finite() && *s > 0.0)
    }

    /// Whether the factor of a unit is one: the library takes for granted that it is.
    fn is_sound(&self, unit: &Record) -> bool {
        let is_a_factor = |id| self.get(id).is_none_or(|factor| factor.entity() == "IfcMeasureWithUnit");
        !self.is_a(unit.entity(), "IfcConversionBasedUnit")
            || unit.reference("ConversionFactor").is_none_or(is_a_factor)
    }

    /// A decoder that knows `alone`, and `from` with all that it refers to.
    fn decoder_of(&self, alone: &[u32], from: Option<u32>) -> EntityDecoder<'_> {
        let mut reached: BTreeSet<u32> = from.into_iter().collect();
        let mut open: Vec<u32> = reached.iter().copied().collect();
        while let Some(id) = open.pop().filter(|_| reached.len() < MOST_RECORDS) {
            let Some(record) = self.get(id) else { continue };
            let mut refers = Vec::new();
            record.values().iter().for_each(|value| references(value, &mut refers));
            open.extend(refers.into_iter().filter(|id| reached.insert(*id)));
        }
        let ids = alone.iter().chain(&reached);
        let sound = |id: &&u32| self.get(**id).is_some_and(|record| self.is_sound(&record));
        let index: EntityIndex = ids.filter(sound).filter_map(|id| Some((*id, self.span(*id)?))).collect();
        EntityDecoder::with_arc_index(&*self.bytes, Arc::new(index))
    }
}

fn references(value: &AttributeValue, out: &mut Vec<u32>) {
    match value {
        AttributeValue::EntityRef(id) => out.push(*id),
        AttributeValue::List(members) => members.iter().for_each(|member| references(member, out)),
        _ => {}
    }
}
