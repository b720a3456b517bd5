//! Writes items in the formats that are served, straight to bytes.

pub mod csv;
mod form;
pub mod geojson;
pub mod gml;
pub mod mvt;
mod number;
mod positions;
pub mod rows;
pub mod text;
pub mod xml;

pub use form::Form;
