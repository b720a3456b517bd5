//! Geometry to two-dimensional ISO WKB (OGC 06-103r4, clause 8).

use geo::{CoordsIter, Geometry};
use geozero::wkb::{WkbDialect, WkbWriter};
use geozero::{CoordDimensions, GeozeroGeometry};

use crate::text::Text;

/// Little-endian, two-dimensional ISO WKB.
pub fn encode(geometry: &Geometry<f64>) -> Result<Vec<u8>, Text> {
    // Two numbers a vertex; heads and counts of a few parts.
    let mut bytes = Vec::with_capacity(64 + 16 * geometry.coords_count());
    let mut writer =
        WkbWriter::with_opts(&mut bytes, WkbDialect::Wkb, CoordDimensions::xy(), None, Vec::new());
    geometry.process_geom(&mut writer).map_err(|e| {
        Text::new(format!("hình học không ghi được: {e}"), format!("the geometry cannot be written: {e}"))
    })?;
    Ok(bytes)
}
