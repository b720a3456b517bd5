//! Units of the file: every length leaves this crate's reader in metres, every area in square metres.

use super::error::BimError;
use super::step::Model;

/// Scales from the file's units to SI.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Units {
    /// Metres in one length unit as declared; none where no length unit is declared.
    pub declared_length_m: Option<f64>,
    /// Metres in one length unit; 1.0 where none is declared.
    pub length_m: f64,
    /// Square metres in one area unit; where none is declared, the length unit squared.
    pub area_m2: f64,
}

impl Units {
    /// Units of IfcProject.UnitsInContext.
    pub fn read(model: &Model<'_>) -> Result<Self, BimError> {
        let declared_length_m = model.unit_scale("LENGTHUNIT")?;
        let length_m = declared_length_m.unwrap_or(1.0);
        let area_m2 = model.unit_scale("AREAUNIT")?.unwrap_or(length_m * length_m);
        Ok(Self { declared_length_m, length_m, area_m2 })
    }
}
