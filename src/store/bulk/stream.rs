//! One COPY that runs beside the reader: chunks go through a short queue, so that reading, checking and the database
//! work at the same time and memory stays bounded.

use sqlx::PgConnection;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::store::Tx;
use crate::{Error, Result};

/// Chunks that may wait for the database.
const QUEUED: usize = 4;

/// An open COPY into a staging table. Dropped, it takes its transaction down with it.
#[derive(Debug)]
pub(super) struct Stream {
    chunks: mpsc::Sender<Vec<u8>>,
    copy: JoinHandle<Result<Tx>>,
}

impl Stream {
    /// Begins `sql` (a `copy … from stdin`) on the transaction.
    pub(super) fn start(mut tx: Tx, sql: String) -> Self {
        let (chunks, mut queue) = mpsc::channel::<Vec<u8>>(QUEUED);
        let copy = tokio::spawn(async move {
            let db: &mut PgConnection = &mut tx;
            let mut copy = db.copy_in_raw(&sql).await?;
            while let Some(chunk) = queue.recv().await {
                copy.send(chunk).await?;
            }
            copy.finish().await?;
            Ok(tx)
        });
        Self { chunks, copy }
    }

    /// Hands a chunk over; false where the COPY has failed, and [`Stream::finish`] tells why.
    pub(super) async fn send(&mut self, chunk: Vec<u8>) -> bool {
        self.chunks.send(chunk).await.is_ok()
    }

    /// Waits for the end and gives the transaction back.
    pub(super) async fn finish(self) -> Result<Tx> {
        drop(self.chunks);
        self.copy.await.map_err(|e| Error::internal("loading rows", e))?
    }
}
