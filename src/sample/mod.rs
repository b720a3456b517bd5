//! The made-up sample province and building models, deterministic from a seed. Pure.

pub mod demo_sites;
pub mod models;
pub mod province;
