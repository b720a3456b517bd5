//! Solids of the products, in metres, in the model's local engineering coordinates (Z up), and plane outlines
//! of them. `meshes` is the only user of `ifc-lite-processing`.

pub mod axes;
pub mod curves;
mod meshes;
pub mod outline;
mod solid;

pub use meshes::{Cuts, Meshes, Time, make};
pub use solid::Solid;
