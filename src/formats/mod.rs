//! Vector files of any format that GDAL knows, both ways; the only user of `gdal`.
//!
//! Reading runs in the worker child (`jobs::worker`): [`read::read`] opens the file, decodes its text, makes its
//! geometries two-dimensional and straight, brings them into EPSG:9218 and hands out [`record::Record`]s as bytes.
//! The parent turns those into rows of a layer ([`mapping`]) and stores them.

mod curve;
pub mod encoding;
mod geometry;
pub mod mapping;
mod open;
pub mod read;
pub mod record;
mod transform;
pub mod write;

use serde::{Deserialize, Serialize};

pub use encoding::Encoding;

use crate::layers::GeometryKind;

/// What is to be read from a file, and how; travels to the worker as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadOptions {
    /// Layer of the file; may be left out where it has but one.
    #[serde(default)]
    pub source_layer: Option<String>,
    /// Reference system of the coordinates (`EPSG:n`), instead of what the file says.
    #[serde(default)]
    pub crs: Option<String>,
    /// Encoding of the texts, instead of what the file says.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Geometry that the target layer takes.
    pub target: GeometryKind,
}

/// What a file says of itself; the first thing that the reader hands out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// GDAL's driver, such as `GPKG`.
    pub driver: String,
    /// The layer that is read.
    pub layer: String,
    /// Features in it, where the format tells without reading all.
    pub features: Option<u64>,
    /// Its reference system as authority and code, or its name.
    pub crs: String,
    /// Names of the fields, in the order of a record's values.
    pub fields: Vec<String>,
}
