//! The change log, numbered in commit order (migration 0002 says how), and positions in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Store, Tx};
use crate::Result;

/// Most ids that a change record lists; more are "load the whole layer".
pub const MAX_FIDS: usize = 10_000;

/// Channel on which each commit announces its revision.
pub const CHANNEL: &str = "dothi_feed";

/// A position in the log. Revisions of different epochs cannot be compared: a restore began a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Epoch of the database.
    pub epoch: Uuid,
    /// Last revision that is contained.
    pub revision: i64,
}

/// Who changes something, why, and through what; kept with the revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// Account; none for the program itself and the command line.
    pub actor: Option<Uuid>,
    /// Why, in a few words.
    pub reason: String,
    /// Through what: `ogc`, `permit`, `cli import by nam` …
    pub client: String,
}

impl Author {
    /// The program itself.
    pub fn program(client: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { actor: None, reason: reason.into(), client: client.into() }
    }
}

/// The number that a transaction took. It holds the log's lock to the end of the transaction: take it late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// Where the database stands once the transaction commits.
    pub position: Position,
    /// When, by the database's clock.
    pub committed_at: DateTime<Utc>,
}

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In which revision.
    pub revision: i64,
    /// Which layer; `*` for code lists.
    pub layer: String,
    /// What changed.
    pub what: Changed,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// These items were written or removed.
    Items(Vec<i64>),
    /// So much that the whole layer is to be loaded.
    Layer,
    /// The definition or a code list.
    Catalog,
}

impl Changed {
    /// The items; none where it is more than some of them.
    pub fn items(self) -> Option<Vec<i64>> {
        match self {
            Self::Items(fids) => Some(fids),
            Self::Layer | Self::Catalog => None,
        }
    }
}

/// Takes the next number. Everything slow is done before: other writers wait from here to the commit.
pub async fn bump(tx: &mut Tx, author: &Author) -> Result<Revision> {
    let row = sqlx::query!(
        r#"with f as (update dothi.feed set revision = revision + 1 returning epoch, revision),
                r as (insert into dothi.revision (number, actor, reason, client)
                      select revision, $1, $2, $3 from f returning committed_at)
           select f.epoch, f.revision, r.committed_at from f, r"#,
        author.actor,
        author.reason,
        author.client
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Revision {
        position: Position { epoch: row.epoch, revision: row.revision },
        committed_at: row.committed_at,
    })
}

/// How many items a revision made, changed and removed in one layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the three ways")]
pub struct Counts {
    pub inserted: i64,
    pub updated: i64,
    pub removed: i64,
}

/// Writes what changed in `revision` and announces it at the commit. `fids` of none is the whole layer.
pub async fn change(tx: &mut Tx, revision: &Revision, layer: &str, fids: Option<&[i64]>) -> Result<()> {
    change_counted(tx, revision, layer, fids, None).await
}

/// As [`change`], with the numbers for the list of changes.
pub async fn change_counted(
    tx: &mut Tx,
    revision: &Revision,
    layer: &str,
    fids: Option<&[i64]>,
    counts: Option<Counts>,
) -> Result<()> {
    let fids = fids.filter(|f| f.len() <= MAX_FIDS);
    sqlx::query!(
        "insert into dothi.feed_change (revision, layer, fids, kind, inserted, updated, removed)
         values ($1, $2, $3, 'items', $4, $5, $6)",
        revision.position.revision,
        layer,
        fids,
        counts.map(|c| c.inserted),
        counts.map(|c| c.updated),
        counts.map(|c| c.removed)
    )
    .execute(&mut **tx)
    .await?;
    // Here, because every way to change a layer passes: imports, edits, undo.
    if layer == crate::units::COMMUNE_LAYER {
        super::units::boundaries_changed(tx).await?;
    }
    announce(tx, revision).await
}

/// Writes that a definition (or `*`, a code list) changed in `revision`.
pub(in crate::store) async fn catalog_change(tx: &mut Tx, revision: &Revision, layer: &str) -> Result<()> {
    sqlx::query!(
        "insert into dothi.feed_change (revision, layer, kind) values ($1, $2, 'catalog')",
        revision.position.revision,
        layer
    )
    .execute(&mut **tx)
    .await?;
    announce(tx, revision).await
}

/// PostgreSQL sends equal notifications of one transaction once.
async fn announce(tx: &mut Tx, revision: &Revision) -> Result<()> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, revision.position.revision.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// For fixed tables behind a view layer: takes a number and records that these items of `layer` changed. Call it as
/// the last statement; for two layers in one transaction use [`bump`] once and [`change`] twice.
pub async fn record(tx: &mut Tx, layer: &str, fids: &[i64], author: &Author) -> Result<Position> {
    let revision = bump(tx, author).await?;
    change(tx, &revision, layer, Some(fids)).await?;
    Ok(revision.position)
}

impl Store {
    /// Where the database stands.
    pub async fn position(&self) -> Result<Position> {
        let row = sqlx::query!("select epoch, revision from dothi.feed").fetch_one(&self.pool).await?;
        Ok(Position { epoch: row.epoch, revision: row.revision })
    }

    /// The revision that was current at `at`, 0 before the first.
    pub async fn revision_at(&self, at: DateTime<Utc>) -> Result<i64> {
        let row =
            sqlx::query!("select max(number) as number from dothi.revision where committed_at <= $1", at)
                .fetch_one(&self.pool)
                .await?;
        Ok(row.number.unwrap_or(0))
    }

    /// The records after `revision`, in their order, at most `limit`; for journals and event streams. (Memory
    /// follows by `Store::delta`, which reads the rows in the same snapshot.)
    pub async fn feed_after(&self, revision: i64, limit: i64) -> Result<Vec<Change>> {
        let rows = sqlx::query!(
            "select revision, layer, fids, kind from dothi.feed_change where revision > $1
             order by revision, layer, kind limit $2",
            revision,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let change = |kind: &str, fids: Option<Vec<i64>>| match (kind, fids) {
            ("catalog", _) => Changed::Catalog,
            (_, Some(fids)) => Changed::Items(fids),
            (_, None) => Changed::Layer,
        };
        Ok(rows
            .into_iter()
            .map(|r| Change { revision: r.revision, what: change(&r.kind, r.fids), layer: r.layer })
            .collect())
    }
}
