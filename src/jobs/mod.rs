//! Background work on a PostgreSQL queue, one file a job; `worker` is the child that parses untrusted files.

pub mod import;
pub mod worker;
