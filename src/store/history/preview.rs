//! What the undo of a large revision would do, told without doing it: read only, without a lock, and not for long.

use std::collections::BTreeMap;

use sqlx::Row;

use super::revisions::Origin;
use super::too_long;
use super::undo::{Conflict, Touched, Undo, UndoReport, Why};
use crate::layers::Catalog;
use crate::store::feed::Counts;
use crate::store::{Store, Tx, layer_sql};
use crate::{Error, Result};

/// Conflicts that are named, of each layer.
const SAMPLE: i64 = 50;

impl Store {
    /// As a dry run of [`Store::undo`], by one read of each layer: counts, and the first conflicts of each. Keys are
    /// looked at once, so that the undo itself may leave a few more items alone: those whose key is kept taken by
    /// another item that is left alone. The error says where it takes too long to tell.
    pub async fn preview_undo(&self, catalog: &Catalog, number: i64) -> Result<UndoReport> {
        let (at, touched) = self.touched(catalog, number).await?;
        let mut report = UndoReport { undoes: number, ..UndoReport::default() };
        let mut tx = self.bounded().await?;
        let mut found = Vec::new();
        for layer in &touched {
            let undo = Undo::new(number, at, layer, String::new());
            found.extend(undo.foretell(&mut tx, &mut report).await?);
        }
        tx.rollback().await?;
        let by: Vec<i64> = found.iter().filter_map(|(_, by)| *by).collect();
        let origins: BTreeMap<i64, Origin> = self.origins(&by).await?;
        report.conflicts.extend(
            found
                .into_iter()
                .map(|(conflict, by)| Conflict { by: by.and_then(|n| origins.get(&n).cloned()), ..conflict }),
        );
        Ok(report)
    }
}

impl Undo<'_> {
    /// Adds the counts of this layer, and gives the first conflicts with the revision that stands in the way of each.
    async fn foretell(&self, tx: &mut Tx, report: &mut UndoReport) -> Result<Vec<(Conflict, Option<i64>)>> {
        let Touched { def, fids } = self.layer;
        let (table, history) = (layer_sql::table(def)?, layer_sql::history(def)?);
        // Changed and changed back, as `find_unchanged`; keys, as the first pass of `find_taken_keys`.
        let taken = if def.key.is_empty() {
            "select null::bigint as fid, null::bigint as version where false".to_owned()
        } else {
            format!(
                "select p.fid, min(l.version) as version from kept p \
                 join {history} s on s.fid = p.fid and s.rev_to = $1 and s.closed_at = $2 \
                 join {table} l on {same} and l.fid <> p.fid \
                 left join kept o on o.fid = l.fid and o.act in ('restore', 'remove') \
                 where p.act in ('restore', 'reinsert') and o.fid is null group by p.fid",
                same = layer_sql::same_key(def)?
            )
        };
        let sql = format!(
            "with acts as materialized ({acts}), \
             same as (select p.fid, bool_or(o.fid is not null) as was from acts p \
                      join {history} s on s.fid = p.fid and s.rev_from = $1 and s.closed_at >= $2 \
                      join {table} l on l.fid = p.fid \
                      left join {history} o on o.fid = p.fid and o.rev_to = $1 and o.closed_at = $2 \
                      where p.act = 'changed' and {content} group by p.fid), \
             kept as materialized (select p.fid, p.by, case when s.fid is null then p.act \
                                          when s.was then 'restore' else 'remove' end as act \
                                   from acts p left join same s on s.fid = p.fid), \
             taken as ({taken}), \
             plan as (select p.fid, case when t.fid is null then p.act else 'key' end as act, \
                             coalesce(t.version, p.by) as by from kept p left join taken t on t.fid = p.fid) \
             select act, count(*), (array_agg(fid order by fid))[1:{SAMPLE}], (array_agg(by order by fid))[1:{SAMPLE}] \
             from plan group by act",
            acts = self.acts()?,
            content = layer_sql::same_content(def)?,
        );
        let query = sqlx::query(&sql).bind(self.number).bind(self.at).bind(fids.as_deref());
        let mut conflicts = Vec::new();
        for row in query.fetch_all(&mut **tx).await.map_err(told_too_long)? {
            let act: String = row.try_get(0)?;
            report.add(&act, row.try_get(1)?, &mut Counts::default());
            let why = match act.as_str() {
                "changed" => Why::ChangedSince,
                "key" => Why::KeyTaken,
                _ => continue,
            };
            let (fids, by): (Vec<i64>, Vec<Option<i64>>) = (row.try_get(2)?, row.try_get(3)?);
            conflicts.extend(
                fids.into_iter()
                    .zip(by)
                    .map(|(fid, by)| (Conflict { layer: def.id.clone(), fid, why, by: None }, by)),
            );
        }
        Ok(conflicts)
    }
}

fn told_too_long(error: sqlx::Error) -> Error {
    match too_long(error) {
        Error::InvalidParameter { .. } => Error::conflict(
            "Lần thay đổi này quá lớn nên chưa xem trước được kết quả hoàn tác.",
            "This change is too large to tell beforehand what its undo would do.",
        ),
        other => other,
    }
}
