//! Writes items in the formats that are served, straight to bytes.

pub mod csv;
pub mod geojson;
pub mod gml;
pub mod mvt;
mod number;
pub mod xml;
