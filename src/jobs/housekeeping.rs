//! What is needed at the start and once a day: next year's partitions of history, no leftovers of broken or forgotten
//! imports, no layer without its spatial index, and the units that began or ended with the day.

use crate::error::Result;
use crate::state::AppState;

/// Does it all; harmless to repeat, and on several nodes at once.
pub async fn pass(state: &AppState) -> Result<()> {
    crate::files::scratch::clear().await;
    state.made.clear().await;
    super::imports::clear(state).await?;
    state.store.ensure_history_partitions().await?;
    state.store.clear_staging().await?;
    state.store.build_due_indexes().await?;
    state.store.follow_units().await
}
