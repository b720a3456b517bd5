//! The list of changes: who, when, why, through what, and to which layers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Result;
use crate::store::Store;

/// Where a change comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Revision.
    pub number: i64,
    /// When, by the database's clock.
    pub committed_at: DateTime<Utc>,
    /// Account; none for the program itself and the command line.
    pub actor: Option<Uuid>,
    /// Its name as shown to people.
    pub actor_name: Option<String>,
    /// Why.
    pub reason: String,
    /// Through what: `ogc`, `portal`, `cli import by nam` …
    pub client: String,
    /// The revision that it takes back.
    pub undoes: Option<i64>,
}

/// What a revision did to one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerChange {
    /// The layer; `*` for code lists.
    pub layer: String,
    /// Whether a definition changed, and not items.
    pub is_definition: bool,
    /// Items that were touched, where they are few enough to be listed or were counted.
    pub items: Option<i64>,
    /// Items that the feed names; none: too many to name, or none of items.
    pub listed: Option<i64>,
    /// New items, where they were counted.
    pub inserted: Option<i64>,
    /// Changed items, where they were counted.
    pub updated: Option<i64>,
    /// Removed items, where they were counted.
    pub removed: Option<i64>,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Where it comes from.
    pub origin: Origin,
    /// The layers that it changed, of those asked for.
    pub layers: Vec<LayerChange>,
    /// The latest revision that takes it back.
    pub undone_by: Option<i64>,
    /// The fresh change of somebody else on which it was made without naming a version.
    pub overwrote: Option<i64>,
    /// The revision of somebody else that was soon made on it without naming a version.
    pub overwritten_by: Option<i64>,
}

/// Which revisions are wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevisionQuery {
    /// Revisions that changed one of these layers.
    pub layers: Vec<String>,
    /// By the account of this sign-in name.
    pub actor: Option<String>,
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub before: Option<DateTime<Utc>>,
    /// With a lower number.
    pub below: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

impl Store {
    /// Revisions, the newest first.
    pub async fn list_revisions(&self, query: &RevisionQuery) -> Result<Vec<Revision>> {
        let rows = sqlx::query!(
            r#"select r.number, r.committed_at, r.actor, a.display_name as "actor_name?", r.reason, r.client,
                      u.undoes as "undoes?",
                      (select max(b.revision) from dothi.revision_undo b where b.undoes = r.number) as undone_by
               from dothi.revision r
               left join dothi.account a on a.id = r.actor
               left join dothi.revision_undo u on u.revision = r.number
               where exists (select from dothi.feed_change c where c.revision = r.number and c.layer = any($1))
                 and ($2::text is null or a.name = $2)
                 and ($3::timestamptz is null or r.committed_at >= $3)
                 and ($4::timestamptz is null or r.committed_at < $4)
                 and ($5::bigint is null or r.number < $5)
               order by r.number desc limit $6"#,
            &query.layers,
            query.actor.as_deref(),
            query.from,
            query.before,
            query.below,
            query.limit
        )
        .fetch_all(&self.pool)
        .await?;
        let numbers: Vec<i64> = rows.iter().map(|r| r.number).collect();
        let mut changes = self.layer_changes(&numbers, &query.layers).await?;
        let (overwrote, overwritten_by) = self.overwrites(&numbers).await?;
        Ok(rows
            .into_iter()
            .map(|r| Revision {
                layers: changes.remove(&r.number).unwrap_or_default(),
                undone_by: r.undone_by,
                overwrote: overwrote.get(&r.number).copied(),
                overwritten_by: overwritten_by.get(&r.number).copied(),
                origin: Origin {
                    number: r.number,
                    committed_at: r.committed_at,
                    actor: r.actor,
                    actor_name: r.actor_name,
                    reason: r.reason,
                    client: r.client,
                    undoes: r.undoes,
                },
            })
            .collect())
    }

    async fn layer_changes(
        &self,
        numbers: &[i64],
        layers: &[String],
    ) -> Result<BTreeMap<i64, Vec<LayerChange>>> {
        let rows = sqlx::query!(
            "select revision, layer, kind, cardinality(fids)::bigint as listed, inserted, updated, removed
             from dothi.feed_change where revision = any($1) and layer = any($2) order by revision, layer, kind",
            numbers,
            layers
        )
        .fetch_all(&self.pool)
        .await?;
        let mut changes: BTreeMap<i64, Vec<LayerChange>> = BTreeMap::new();
        for r in rows {
            let counted = r.inserted.zip(r.updated).zip(r.removed).map(|((i, u), d)| i + u + d);
            changes.entry(r.revision).or_default().push(LayerChange {
                layer: r.layer,
                is_definition: r.kind == "catalog",
                items: counted.or(r.listed),
                listed: r.listed,
                inserted: r.inserted,
                updated: r.updated,
                removed: r.removed,
            });
        }
        Ok(changes)
    }

    /// Where these revisions come from, by number.
    pub async fn origins(&self, numbers: &[i64]) -> Result<BTreeMap<i64, Origin>> {
        let rows = sqlx::query_as!(
            Origin,
            r#"select r.number, r.committed_at, r.actor, a.display_name as "actor_name?", r.reason, r.client,
                      u.undoes as "undoes?"
               from dothi.revision r left join dothi.account a on a.id = r.actor
               left join dothi.revision_undo u on u.revision = r.number where r.number = any($1)"#,
            numbers
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|o| (o.number, o)).collect())
    }
}
