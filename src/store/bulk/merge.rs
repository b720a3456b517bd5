//! Rows of a staging table into a layer that has items: each row is matched with the item it is, and what differs is
//! written under one number of the feed. All of it is sets; no list of items is held in memory but a short one.

use sqlx::Row;

use super::{Bulk, Mode, keys};
use crate::Result;
use crate::store::feed::{self, Author, Revision};
use crate::store::{Tx, layer_sql};
use crate::text::Text;

/// Single edits and other bulk changes of this layer wait from here to the commit; other layers do not.
pub(super) async fn lock(tx: &mut Tx, layer: &str) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(7206, hashtext($1))", layer).execute(&mut **tx).await?;
    Ok(())
}

/// Compares, counts, and unless it is a dry run writes and commits.
pub(super) async fn merge(
    bulk: &mut Bulk<'_>,
    mut tx: Tx,
    mode: Mode,
    author: &Author,
    dry_run: bool,
) -> Result<()> {
    lock(&mut tx, &bulk.def.id).await?;
    if mode == Mode::Append {
        reject_known(bulk, &mut tx).await?;
    }
    let matched = Matched::new(bulk)?;
    matched.fill(bulk, &mut tx, mode).await?;
    if !matched.count(bulk, &mut tx).await? || dry_run {
        tx.rollback().await?;
        return Ok(());
    }
    // Other layers' writers wait from here.
    let revision = feed::bump(&mut tx, author).await?;
    let fids = matched.write(bulk, &mut tx, mode, &revision).await?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let counts = feed::Counts {
        inserted: number(bulk.report.inserted),
        updated: number(bulk.report.updated),
        removed: number(bulk.report.closed),
    };
    feed::change_counted(&mut tx, &revision, &bulk.def.id, fids.as_deref(), Some(counts)).await?;
    bulk.log_done(&mut tx, &revision).await?;
    matched.drop(bulk, &mut tx).await?;
    tx.commit().await?;
    bulk.report.position = Some(revision.position);
    Ok(())
}

/// Appended rows whose key the layer has.
async fn reject_known(bulk: &mut Bulk<'_>, tx: &mut Tx) -> Result<()> {
    if bulk.def.key.is_empty() {
        return Ok(());
    }
    let names = bulk.def.key.join(", ");
    let known = format!(
        "exists (select from {} l where {})",
        layer_sql::table(&bulk.def)?,
        layer_sql::same_key(&bulk.def)?
    );
    let reason = Text::new(
        format!("khóa ({names}) đã có trong lớp"),
        format!("the layer has an item with this key ({names})"),
    );
    keys::delete(bulk, tx, &known, &reason).await
}

/// The table that says of each row which item it is (none: a new one) and whether it says the same, and names items
/// that no row is (`row` null).
struct Matched {
    table: String,
}

impl Matched {
    fn new(bulk: &Bulk<'_>) -> Result<Self> {
        let name = bulk.name.replacen('b', "m", 1);
        Ok(Self { table: format!("staging.{}", layer_sql::ident(&name)?) })
    }

    async fn fill(&self, bulk: &Bulk<'_>, tx: &mut Tx, mode: Mode) -> Result<()> {
        let (def, staging, table) = (&bulk.def, &bulk.staging, &self.table);
        let mut of_interest = vec!["row".to_owned()];
        of_interest.extend(def.key.iter().map(|k| layer_sql::ident(k)).collect::<Result<Vec<_>>>()?);
        sqlx::query(&format!("analyze {staging} ({})", of_interest.join(", "))).execute(&mut **tx).await?;
        let rows = match mode {
            Mode::Append => format!("select row, null::bigint as fid, false as same from {staging}"),
            _ if def.key.is_empty() => layer_sql::match_equal(def, staging)?,
            _ => layer_sql::match_key(def, staging, &|i| bulk.says(mode, i))?,
        };
        sqlx::query(&format!("create unlogged table {table} as {rows}")).execute(&mut **tx).await?;
        if mode == Mode::Replace {
            let sql = format!(
                "insert into {table} select null, fid, false from {} l \
                 where not exists (select from {table} m where m.fid = l.fid)",
                layer_sql::table(def)?
            );
            sqlx::query(&sql).execute(&mut **tx).await?;
        }
        sqlx::query(&format!("analyze {table}")).execute(&mut **tx).await?;
        Ok(())
    }

    /// Fills the report's counts; says whether anything is to be done.
    async fn count(&self, bulk: &mut Bulk<'_>, tx: &mut Tx) -> Result<bool> {
        let sql = format!(
            "select count(*) filter (where fid is null), \
             count(*) filter (where row is not null and fid is not null and not same), \
             count(*) filter (where same), count(*) filter (where row is null) from {}",
            self.table
        );
        let row = sqlx::query(&sql).fetch_one(&mut **tx).await?;
        let n = |i: usize| row.try_get::<i64, _>(i).map(|n| u64::try_from(n).unwrap_or(0));
        let report = &mut bulk.report;
        (report.inserted, report.updated, report.unchanged, report.closed) = (n(0)?, n(1)?, n(2)?, n(3)?);
        Ok(report.inserted + report.updated + report.closed > 0)
    }

    /// The numbered part: history, removals, changes, new items. Gives the fids while they are few enough to list.
    async fn write(
        &self,
        bulk: &Bulk<'_>,
        tx: &mut Tx,
        mode: Mode,
        revision: &Revision,
    ) -> Result<Option<Vec<i64>>> {
        let (def, number, table) = (&bulk.def, revision.position.revision, &self.table);
        if bulk.report.updated + bulk.report.closed > 0 {
            let sql = layer_sql::close_from(def, table)?;
            sqlx::query(&sql).bind(number).bind(revision.committed_at).execute(&mut **tx).await?;
        }
        if bulk.report.closed > 0 {
            let layer = layer_sql::table(def)?;
            let sql = format!("delete from {layer} l using {table} m where m.fid = l.fid and m.row is null");
            sqlx::query(&sql).execute(&mut **tx).await?;
        }
        if bulk.report.updated > 0 {
            let sql = layer_sql::update_from(def, &bulk.staging, table, &|i| bulk.says(mode, i))?;
            sqlx::query(&sql).bind(number).execute(&mut **tx).await?;
        }
        let insert = layer_sql::insert_from(def, &bulk.staging, table)?;
        let all = bulk.report.updated + bulk.report.closed + bulk.report.inserted;
        if !usize::try_from(all).is_ok_and(|all| all <= feed::MAX_FIDS) {
            sqlx::query(&insert).bind(number).execute(&mut **tx).await?;
            return Ok(None);
        }
        let mut fids: Vec<i64> =
            sqlx::query_scalar(&format!("{insert} returning fid")).bind(number).fetch_all(&mut **tx).await?;
        let known = format!("select fid from {table} where fid is not null and not same");
        fids.extend(sqlx::query_scalar::<_, i64>(&known).fetch_all(&mut **tx).await?);
        fids.sort_unstable();
        Ok(Some(fids))
    }

    async fn drop(&self, bulk: &Bulk<'_>, tx: &mut Tx) -> Result<()> {
        let sql = if bulk.whole {
            // Made by the owner, dropped by the owner.
            sqlx::query!("select dothi.drop_staged($1)", bulk.name).execute(&mut **tx).await?;
            format!("drop table {}", self.table)
        } else {
            format!("drop table {}, {}", self.table, bulk.staging)
        };
        sqlx::query(&sql).execute(&mut **tx).await?;
        Ok(())
    }
}
