//! The reader of records for fuzz targets and benchmarks, which are other crates.

use std::time::Duration;

use super::error::BimError;
use super::shape;
use super::step::{self, Model};

/// Number of records of a file. Each was held to the grammar, none of its values is made.
pub fn records(bytes: &[u8]) -> Result<usize, BimError> {
    Ok(Model::open(bytes, usize::MAX)?.len())
}

/// Number of values of a file, each made once; a reference that names a record of the file is followed.
pub fn values(bytes: &[u8]) -> Result<usize, BimError> {
    let model = Model::open(bytes, usize::MAX)?;
    let every = model.entities().flat_map(|(_, ids)| ids);
    Ok(every.filter_map(|id| model.get(*id)).map(|record| step::count_values(&model, &record)).sum())
}

/// Scales of the file's units.
pub fn units(bytes: &[u8]) -> Result<[Option<f64>; 3], BimError> {
    let model = Model::open(bytes, usize::MAX)?;
    Ok([model.unit_scale("LENGTHUNIT")?, model.unit_scale("AREAUNIT")?, model.unit_scale("PLANEANGLEUNIT")?])
}

/// The text of a string; `raw` is what stands between its quotes.
pub fn string(raw: &[u8]) -> String {
    step::text(raw)
}

/// Number of products with a solid.
pub fn solids(bytes: &[u8]) -> Result<usize, BimError> {
    let time = shape::Time { whole: Duration::from_mins(10), element: Duration::from_mins(1) };
    Ok(shape::make(&Model::open(bytes, usize::MAX)?, shape::Cuts::All, time)?.solids.len())
}
