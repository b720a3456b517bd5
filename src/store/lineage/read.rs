//! Reading who came from whom.

use crate::Result;
use crate::layers::{ItemRow, LayerDef};
use crate::store::load::item;
use crate::store::{Store, layer_sql};
use chrono::{DateTime, Utc};

/// Most steps that are followed from one item: a parcel of a hundred years has fewer.
const MAX_STEPS: i64 = 1000;

/// A split or a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// In which revision.
    pub revision: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in the author's words.
    pub reason: String,
    /// Name of the account that did it; none for the program itself.
    pub by: Option<String>,
    /// Items that were closed.
    pub predecessors: Vec<i64>,
    /// Items that were made.
    pub successors: Vec<i64>,
}

/// Where an item comes from and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// Splits and merges that led to the item, oldest first.
    pub before: Vec<Step>,
    /// Splits and merges that followed, oldest first.
    pub after: Vec<Step>,
    /// Whether there is more than was read.
    pub truncated: bool,
}

impl Lineage {
    /// Whether the item ever took part in a split or a merge.
    pub fn has_steps(&self) -> bool {
        !self.before.is_empty() || !self.after.is_empty()
    }
}

impl Store {
    /// The splits and merges that led to an item and those that followed. Empty for an item that never took part.
    pub async fn lineage(&self, layer: &str, fid: i64) -> Result<Lineage> {
        let before = sqlx::query_scalar!(
            r#"with recursive up (predecessor, revision) as (
                   select predecessor, revision from dothi.lineage where layer = $1 and successor = $2
                   union
                   select l.predecessor, l.revision from dothi.lineage l join up on l.successor = up.predecessor
                   where l.layer = $1)
               select distinct revision as "revision!" from up limit $3"#,
            layer,
            fid,
            MAX_STEPS
        )
        .fetch_all(&self.pool)
        .await?;
        let after = sqlx::query_scalar!(
            r#"with recursive down (successor, revision) as (
                   select successor, revision from dothi.lineage where layer = $1 and predecessor = $2
                   union
                   select l.successor, l.revision from dothi.lineage l join down on l.predecessor = down.successor
                   where l.layer = $1)
               select distinct revision as "revision!" from down limit $3"#,
            layer,
            fid,
            MAX_STEPS
        )
        .fetch_all(&self.pool)
        .await?;
        let full = MAX_STEPS.unsigned_abs() as usize;
        Ok(Lineage {
            truncated: before.len() >= full || after.len() >= full,
            before: self.steps(layer, &before).await?,
            after: self.steps(layer, &after).await?,
        })
    }

    async fn steps(&self, layer: &str, revisions: &[i64]) -> Result<Vec<Step>> {
        if revisions.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query!(
            r#"select r.number, r.committed_at, r.reason, a.display_name as "by?",
                      array_agg(distinct l.predecessor order by l.predecessor) as "predecessors!",
                      array_agg(distinct l.successor order by l.successor) as "successors!"
               from dothi.lineage l join dothi.revision r on r.number = l.revision
               left join dothi.account a on a.id = r.actor
               where l.layer = $1 and l.revision = any($2)
               group by r.number, a.display_name order by r.number"#,
            layer,
            revisions
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|r| Step {
                revision: r.number,
                at: r.committed_at,
                reason: r.reason,
                by: r.by,
                predecessors: r.predecessors,
                successors: r.successors,
            })
            .collect())
    }

    /// The last states of items that are gone, those that history knows.
    pub async fn last_rows(&self, def: &LayerDef, fids: &[i64]) -> Result<Vec<ItemRow>> {
        let sql = layer_sql::last_rows(def)?;
        let rows = sqlx::query(&sql).bind(fids).fetch_all(&self.pool).await?;
        rows.iter().map(|r| item(r, def)).collect()
    }

    /// The item that last had `value` in `attribute` (a text) when it was split or merged.
    pub async fn find_succeeded(&self, def: &LayerDef, attribute: &str, value: &str) -> Result<Option<i64>> {
        let sql = layer_sql::succeeded(def, attribute)?;
        Ok(sqlx::query_scalar(&sql).bind(&def.id).bind(value).fetch_optional(&self.pool).await?)
    }
}
