//! Boxes, tile matrix sets, GeoJSON geometry, validity, shared borders and coordinate reference systems. Pure; `crs` is the only user of
//! PROJ.

pub mod bbox;
pub mod crs;
pub mod geojson;
pub mod recent;
pub mod tile_matrix;
pub mod validity;
pub mod weld;

pub use bbox::Bbox;
