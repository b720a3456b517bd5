//! A layer without items takes the staging table in its place: rows are written once, indexes are built once over all
//! of them, and the feed's number is held for some milliseconds (migration 0026). The spatial index comes after the
//! commit, beside the nodes' loading (migration 0027).

use super::{Bulk, merge};
use crate::Result;
use crate::store::feed::{self, Author};
use crate::store::{Store, Tx, layer_sql};

/// Makes the staging table after the layer's own, where the layer has no items and nothing hangs on its table.
pub(super) async fn stage(store: &Store, tx: &mut Tx, layer: &str, staging: &str) -> Result<bool> {
    let fit =
        sqlx::query!(r#"select dothi.may_stage($1) as "fit!""#, layer).fetch_one(&store.pool).await?.fit;
    if fit {
        sqlx::query!("select dothi.stage_layer($1, $2)", layer, staging).execute(&mut **tx).await?;
    }
    Ok(fit)
}

/// Puts the staging table in the layer's place. Gives the transaction back where that cannot be done any more: the
/// layer got items or another form since, and the rows must be merged.
pub(super) async fn adopt(
    bulk: &mut Bulk<'_>,
    mut tx: Tx,
    author: &Author,
    dry_run: bool,
) -> Result<Option<Tx>> {
    let id = bulk.def.id.clone();
    bulk.report.inserted = bulk.written;
    if dry_run || bulk.written == 0 {
        tx.rollback().await?;
        return Ok(None);
    }
    sqlx::query!("select dothi.index_staged($1, $2)", id, bulk.name).execute(&mut *tx).await?;
    merge::lock(&mut tx, &id).await?;
    let fit = sqlx::query!(r#"select dothi.may_adopt($1, $2, $3) as "fit!""#, id, bulk.name, bulk.base)
        .fetch_one(&mut *tx)
        .await?;
    if !fit.fit {
        sqlx::query!("select dothi.keep_staged($1)", bulk.name).execute(&mut *tx).await?;
        bulk.number = "row";
        return Ok(Some(tx));
    }
    let last = bulk.base.saturating_add(i64::try_from(bulk.report.read).unwrap_or(i64::MAX));
    let revision = feed::bump(&mut tx, author).await?;
    sqlx::query!("select dothi.adopt_layer($1, $2, $3, $4)", id, bulk.name, last, revision.position.revision)
        .execute(&mut *tx)
        .await?;
    let few = usize::try_from(bulk.written).is_ok_and(|n| n <= feed::MAX_FIDS);
    let fids: Option<Vec<i64>> = if few {
        let sql = format!("select fid from {} order by fid", layer_sql::table(&bulk.def)?);
        Some(sqlx::query_scalar(&sql).fetch_all(&mut *tx).await?)
    } else {
        None
    };
    let inserted = i64::try_from(bulk.written).unwrap_or(i64::MAX);
    let counts = feed::Counts { inserted, updated: 0, removed: 0 };
    feed::change_counted(&mut tx, &revision, &id, fids.as_deref(), Some(counts)).await?;
    bulk.log_done(&mut tx, &revision).await?;
    tx.commit().await?;
    bulk.report.position = Some(revision.position);
    Ok(None)
}
