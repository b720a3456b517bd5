//! Vector files: of any format that GDAL knows in, of those that are asked for out ([`write`]); the only user of `gdal`.
//!
//! Reading runs in the worker child (`jobs::worker`): [`read::read`] opens the file, decodes its text, makes its
//! geometries two-dimensional and straight, brings them into EPSG:9218 and hands out [`record::Record`]s as bytes.
//! The parent turns those into rows of a layer ([`mapping`]) and stores them.

mod curve;
mod dgn;
mod drawing;
pub mod encoding;
mod geometry;
mod geopackage;
pub mod inspect;
pub mod mapping;
mod open;
mod osm;
mod oversized;
mod polygonise;
mod preview;
pub mod read;
mod recent;
pub mod record;
mod staging;
mod texts;
mod transform;
pub(crate) mod unpack;
pub mod write;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use drawing::{TEXT_FIELD, is_drawing};
pub use encoding::Encoding;
pub use encoding::detect::{Source, Used};

use crate::layers::GeometryKind;
use crate::text::Text;

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
    /// The file's coordinates are northing, easting (or latitude, longitude).
    #[serde(default)]
    pub swap_axes: bool,
    /// How areas are made of a drawing's lines and texts.
    #[serde(default)]
    pub drawing: Drawing,
    /// An empty folder for copies; the parent makes and removes it.
    #[serde(default)]
    pub scratch: Option<PathBuf>,
    /// Geometry that the target layer takes.
    pub target: GeometryKind,
}

/// What a reader has to say once it is through.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Features that were handed out or refused.
    pub features: u64,
    /// What was done to many of them alike.
    pub notes: Vec<Text>,
    /// What should be looked at.
    pub warnings: Vec<Text>,
}

impl ReadOptions {
    /// Everything as the file says, for a layer of geometries of kind `target`.
    pub fn for_layer(target: GeometryKind) -> Self {
        Self {
            source_layer: None,
            crs: None,
            encoding: None,
            swap_axes: false,
            drawing: Drawing::default(),
            scratch: None,
            target,
        }
    }
}

/// How areas are made of a drawing (DXF, DGN). A layer of a DXF is named, of a DGN its level is numbered;
/// `level/colour` chooses by both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drawing {
    /// Layers whose lines are boundaries; all if empty.
    pub boundary_layers: Vec<String>,
    /// Layers whose texts are joined to the areas; all if empty.
    pub text_layers: Vec<String>,
    /// Gaps up to this many metres are closed, and ends beyond a line cut off. By default the layer's own tolerance.
    pub snap_m: Option<f64>,
}

impl Drawing {
    /// With the layer's own snapping tolerance where none was asked for.
    #[must_use]
    pub fn for_layer(&self, def: &crate::layers::LayerDef) -> Self {
        Self { snap_m: self.snap_m.or(def.snap_tolerance_m()), ..self.clone() }
    }
}

/// A layer of a drawing, or the part of it that has one colour (`level/colour`), to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawingLayer {
    /// Its name, as [`Drawing`] takes it.
    pub name: String,
    /// Lines and areas in it.
    pub lines: u64,
    /// Texts in it.
    pub texts: u64,
    /// The first of them.
    pub sample: Option<String>,
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
    /// How its texts are read.
    pub encoding: Used,
    /// What should be looked at.
    pub warnings: Vec<Text>,
}
