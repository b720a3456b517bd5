//! Boxes, tile matrix sets, GeoJSON and WKB, validity, shared borders and coordinate reference systems. Pure; `crs` is
//! the only user of PROJ.

pub mod bbox;
pub mod crs;
pub mod geojson;
pub mod tile_matrix;
pub mod validity;
pub mod weld;
pub mod wkb;

pub use bbox::Bbox;

/// Lâm Đồng (with the former Đắk Nông) and what lies near it, EPSG:9218.
pub const PROVINCE: Bbox =
    Bbox { min_x: 330_000.0, min_y: 1_180_000.0, max_x: 570_000.0, max_y: 1_430_000.0 };
