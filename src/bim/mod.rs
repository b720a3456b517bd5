//! Building models: bytes in, facts out. Pure. Definitions: NĐ 217/2026 and QCVN 01:2021 as `permit` uses them.
//!
//! [`read`] takes the bytes of an IFC file (IFC2X3, IFC4, IFC4X3; STEP physical file) and answers
//! [`facts::ModelFacts`]; [`mesh`] answers its visible geometry as glTF. Both are run in the worker child.
//!
//! - `step` (records) and `shape` (solids) are the only users of the ifc-lite crates: whoever replaces those
//!   crates replaces these two.
//! - `relations`, `properties`, `units` and `georeference` read what the records say.
//! - `building` measures what the solids show; each of its files says how its number is measured.
//! - `placement` moves local outlines into EPSG:9218 and CRS84.
//! - `ids` holds a model against the information that an IDS 1.0 document asks for.
//! - `bcf` writes and reads issues with their viewpoints; `compare` tells two models apart.
//! - `glb` and `sheet` are what a browser needs to show a model and to say what an element is.

pub mod bcf;
mod building;
pub mod compare;
mod element;
mod error;
pub mod facts;
#[doc(hidden)]
pub mod fuzzing;
mod georeference;
mod glb;
pub mod ids;
mod placement;
mod properties;
mod read;
mod relations;
mod role;
mod shape;
mod sheet;
mod site;
mod step;
#[cfg(test)]
mod tests;
mod units;
mod uses;
mod words;

pub use error::BimError;
pub use read::{Limits, mesh, read, sheets};
pub use sheet::find as find_sheet;
