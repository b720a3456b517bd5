//! When revisions came to be: what `Last-Modified` tells of an item and `If-Unmodified-Since` is held to.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;

use super::Store;
use crate::Result;

/// Times that are remembered at most.
const KEPT: usize = 100_000;

/// Times that were looked up. A revision's time never changes.
#[derive(Debug, Clone)]
pub(in crate::store) struct Times(Arc<Cache<i64, DateTime<Utc>>>);

impl Default for Times {
    fn default() -> Self {
        Self(Arc::new(Cache::new(KEPT)))
    }
}

impl Store {
    /// When the revision came to be, by the database's clock; none for a number that the log does not know.
    pub async fn revision_time(&self, number: i64) -> Result<Option<DateTime<Utc>>> {
        if let Some(known) = self.times.0.get(&number) {
            return Ok(Some(known));
        }
        let time = sqlx::query_scalar!("select committed_at from dothi.revision where number = $1", number)
            .fetch_optional(&self.pool)
            .await?;
        time.inspect(|time| self.times.0.insert(number, *time));
        Ok(time)
    }
}
