//! The command line: one file a subcommand.
pub mod sample_models;
