//! Dothi: a GIS urban database and BIM permitting service.
//!
//! A functional core that does no I/O, one place for SQL (`store`), one for HTTP (`http`), one for GDAL
//! (`formats`), one for PROJ (`space`), one for the object store (`files`). Who may use whom:
//!
//! ```text
//! main → cli → app → http → jobs → feed, formats, files → store → permit, bim
//!                               http → analysis → features
//!                               http → symbols → layers
//!                    http, jobs → quality → features, layers, space
//!               feed, http, jobs → features → access → filter → layers → space, units
//!                          store → access, filter          permit → space
//! cli, app → cluster                     cli → sample → bim, layers, space
//! ```
//!
//! `error` and `text` are used by all, `pbf` by `features` and `symbols`, `state` by `http` and `jobs`. `tests/it/arrows.rs` holds this picture.

pub mod access;
pub mod analysis;
pub mod bim;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod error;
pub mod features;
pub mod feed;
pub mod files;
pub mod filter;
pub mod formats;
pub mod http;
pub mod jobs;
pub mod layers;
pub mod pbf;
pub mod permit;
pub mod quality;
pub mod sample;
pub mod space;
pub mod state;
pub mod store;
pub mod symbols;
pub mod text;
pub mod units;

pub mod app;

pub use error::{Error, Result};
