//! Writes items in the formats that are served, straight to bytes.

pub mod geojson;
pub mod mvt;
