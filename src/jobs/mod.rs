//! Background work on a PostgreSQL queue, one file a job; `worker` is the child that parses untrusted files.

pub mod archive;
pub mod bcf;
pub mod cases;
pub mod check_application;
mod deadlines;
pub mod export;
pub mod gather;
mod housekeeping;
pub mod import;
pub mod imports;
pub mod model;
pub mod parcels;
pub mod quality;
mod queue;
pub mod undo;
pub mod units;
pub mod worker;

pub use deadlines::pass as pass_deadlines;
pub use queue::{READ_MODEL_JOB, Runner};

use crate::state::AppState;
use crate::store::Position;

/// Waits until this node shows what a job has committed, so that who hears of its end finds it. The job is done
/// whether or not that comes in time.
async fn until_shown(state: &AppState, position: Option<Position>) {
    if let Some(position) = position
        && let Err(error) = state.feed.catch_up(position).await
    {
        tracing::warn!(%error, "a job ended before its changes were in memory");
    }
}
