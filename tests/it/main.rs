//! The one integration test binary: the program through its front door, on a real PostGIS.

mod arrows;
mod cluster;
mod crs;
mod feed;
mod front;
mod ogc;
mod support;
