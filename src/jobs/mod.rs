//! Background work on a PostgreSQL queue, one file a job; `worker` is the child that parses untrusted files.

pub mod cases;
pub mod check_application;
mod deadlines;
pub mod gather;
mod housekeeping;
pub mod import;
pub mod imports;
pub mod model;
pub mod parcels;
pub mod quality;
mod queue;
mod scratch;
pub mod undo;
pub mod units;
pub mod worker;

pub use deadlines::pass as pass_deadlines;
pub use queue::{READ_MODEL_JOB, Runner};
