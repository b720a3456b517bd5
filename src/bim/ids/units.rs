//! From the units of a model to the SI units in which IDS compares values (units.md of the IDS documentation).

use hashbrown::HashMap;

use crate::bim::step::{Attribute, Model, Record};

/// Deepest chain of units (a conversion based on a conversion …).
const DEPTH_MAX: u32 = 16;

/// From a unit to SI: `value * factor + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    factor: f64,
    offset: f64,
}

impl Scale {
    /// A value in SI units.
    pub fn apply(self, value: f64) -> f64 {
        value * self.factor + self.offset
    }
}

/// The units of IfcProject.UnitsInContext by their kind (`LENGTHUNIT`).
pub fn of_project(model: &Model<'_>) -> HashMap<String, Scale> {
    let mut out = HashMap::new();
    let projects = model.exactly("IfcProject").iter().chain(model.exactly("IfcProjectLibrary"));
    for &project in projects {
        let Some(project) = model.get(project) else { continue };
        let Some(units) = model.follow(&project, "UnitsInContext") else { continue };
        for id in units.references("Units") {
            let Some(unit) = model.get(id) else { continue };
            let Some(kind) = unit.enumeration("UnitType").map(str::to_owned) else { continue };
            if let Some(scale) = scale(model, &unit, DEPTH_MAX) {
                out.entry(kind).or_insert(scale);
            }
        }
    }
    out
}

/// The scale of the unit of this record.
pub fn of_record(model: &Model<'_>, id: u32) -> Option<Scale> {
    scale(model, &model.get(id)?, DEPTH_MAX)
}

fn scale(model: &Model<'_>, unit: &Record, depth: u32) -> Option<Scale> {
    let depth = depth.checked_sub(1)?;
    let found = match unit.entity() {
        "IfcSIUnit" => si(unit)?,
        "IfcConversionBasedUnit" | "IfcConversionBasedUnitWithOffset" => {
            let measure = model.follow(unit, "ConversionFactor")?;
            let factor = number(&measure.attribute_value("ValueComponent")?)?;
            let base = scale(model, &model.follow(&measure, "UnitComponent")?, depth)?;
            let shift = unit.number("ConversionOffset").unwrap_or(0.0);
            Scale { factor: factor * base.factor, offset: shift * base.factor + base.offset }
        }
        "IfcDerivedUnit" => {
            let mut factor = 1.0;
            for id in unit.references("Elements") {
                let element = model.get(id)?;
                let base = scale(model, &model.follow(&element, "Unit")?, depth)?;
                factor *= base.factor.powf(element.number("Exponent")?);
            }
            Scale { factor, offset: 0.0 }
        }
        _ => return None,
    };
    (found.factor.is_finite() && found.factor > 0.0 && found.offset.is_finite()).then_some(found)
}

fn number(value: &Attribute) -> Option<f64> {
    match value {
        Attribute::Number(x) => Some(*x),
        Attribute::Integer(n) => Some(*n as f64),
        Attribute::Typed(_, inner) => number(inner),
        _ => None,
    }
}

/// An SI unit. A prefix of square or cubic metres belongs to the metre; the gram is a thousandth of SI's kilogram.
fn si(unit: &Record) -> Option<Scale> {
    let name = unit.enumeration("Name")?;
    let prefix = unit.enumeration("Prefix").map_or(Some(1.0), prefix)?;
    let (factor, offset) = match name {
        "SQUARE_METRE" => (prefix.powi(2), 0.0),
        "CUBIC_METRE" => (prefix.powi(3), 0.0),
        "GRAM" => (prefix * 1e-3, 0.0),
        "DEGREE_CELSIUS" => (prefix, 273.15),
        _ => (prefix, 0.0),
    };
    Some(Scale { factor, offset })
}

fn prefix(name: &str) -> Option<f64> {
    Some(match name {
        "EXA" => 1e18,
        "PETA" => 1e15,
        "TERA" => 1e12,
        "GIGA" => 1e9,
        "MEGA" => 1e6,
        "KILO" => 1e3,
        "HECTO" => 1e2,
        "DECA" => 1e1,
        "DECI" => 1e-1,
        "CENTI" => 1e-2,
        "MILLI" => 1e-3,
        "MICRO" => 1e-6,
        "NANO" => 1e-9,
        "PICO" => 1e-12,
        "FEMTO" => 1e-15,
        "ATTO" => 1e-18,
        _ => return None,
    })
}
