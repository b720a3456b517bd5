//! Writes that named no version and were made on what somebody else had just changed.

use std::collections::BTreeMap;

use super::feed::{Author, Revision};
use super::{Store, Tx};
use crate::Result;

/// Notes that the write `revision` to an item whose last change was `earlier` named no version. Gives `earlier` back
/// where that was somebody else's and no more than ten minutes ago; of other writes nothing is kept.
pub(in crate::store) async fn note(
    tx: &mut Tx,
    revision: &Revision,
    earlier: i64,
    author: &Author,
) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        "insert into dothi.revision_overwrite (revision, earlier)
               select $1, r.number from dothi.revision r
               where r.number = $2 and r.actor is distinct from $3
                 and r.committed_at > clock_timestamp() - interval '10 minutes'
               returning earlier",
        revision.position.revision,
        earlier,
        author.actor
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Of some revisions: which they overwrote, and which overwrote them.
pub(in crate::store) type Overwrites = (BTreeMap<i64, i64>, BTreeMap<i64, i64>);

impl Store {
    pub(in crate::store) async fn overwrites(&self, numbers: &[i64]) -> Result<Overwrites> {
        let rows = sqlx::query!(
            "select revision, earlier from dothi.revision_overwrite where revision = any($1) or earlier = any($1)",
            numbers
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|r| ((r.revision, r.earlier), (r.earlier, r.revision))).unzip())
    }
}
