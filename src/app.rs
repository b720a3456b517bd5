//! Fills the state at start-up and shuts down gracefully.

/// The running program.
#[derive(Debug)]
pub struct App;
