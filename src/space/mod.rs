//! Boxes, tile matrix sets, GeoJSON geometry, shared borders and coordinate reference systems. Pure; `crs` is the only user of
//! PROJ.

pub mod bbox;
pub mod crs;
pub mod geojson;
pub mod tile_matrix;
pub mod weld;

pub use bbox::Bbox;
