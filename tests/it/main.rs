//! The one integration test binary: the program through its front door, on a real PostGIS.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test fails where it stands, on exact values")]

mod analysis;
mod arrows;
mod catalogue;
mod cluster;
mod cql2;
mod crs;
mod feed;
mod front;
mod history;
mod import;
mod import_encodings;
mod import_formats;
mod import_hostile;
mod import_log;
mod import_support;
mod imports;
mod imports_killed;
mod imports_page;
mod lineage;
mod lost_database;
mod ogc;
mod permits_journey;
mod permits_requests;
mod permits_support;
mod portal;
mod quality;
mod rights;
mod sample_checks;
mod store_accounts;
mod store_bulk;
mod store_feed;
mod store_items;
mod store_layers;
mod support;
mod units;
mod wfs;
mod wfs_edit;
mod worker;
mod write;
