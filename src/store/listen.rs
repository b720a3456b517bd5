//! Hearing of commits: PostgreSQL's notifications on the feed's channel.

use sqlx::postgres::PgListener;

use super::Store;
use super::feed::CHANNEL;
use crate::Result;

/// A connection that hears of each commit. It connects again by itself when the connection breaks.
#[derive(Debug)]
pub struct FeedListener(PgListener);

impl Store {
    /// Starts to listen. Fails on a standby, and does not hear anything behind a pooler: poll as well.
    pub async fn listen(&self) -> Result<FeedListener> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(FeedListener(listener))
    }
}

impl FeedListener {
    /// Waits for the next commit, or for the connection to have been made anew (something may have been missed).
    pub async fn next(&mut self) -> Result<()> {
        self.0.try_recv().await?;
        Ok(())
    }
}
