//! The command line: one file a subcommand.
pub mod ifc;
pub mod sample_models;
pub mod worker;
