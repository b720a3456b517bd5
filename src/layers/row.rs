//! A row of a layer on its way between the database, memory and files.

use super::Value;

/// An item: identifier, version, geometry and values in the order of the layer's attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    /// Identifier, 1 … 2^53 − 1, stable for life.
    pub fid: i64,
    /// Revision in which this state became current.
    pub version: i64,
    /// Geometry, ISO WKB in EPSG:9218.
    pub wkb: Vec<u8>,
    /// One value an attribute of the definition.
    pub values: Vec<Value>,
}
