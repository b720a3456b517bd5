//! Taking a revision back: a new revision that restores what was not changed since, and lists the rest.
//!
//! What the revision did is read from the tables themselves: rows that it wrote carry its number, rows that it
//! superseded end with it. So the undo of half a million items is a handful of statements over sets, and an undo can
//! be undone like any other change.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::Row;
use uuid::Uuid;

use super::revisions::Origin;
use crate::layers::{Catalog, LayerDef, Source};
use crate::store::audit::{self, Entry};
use crate::store::feed::{self, Author, Counts, Position};
use crate::store::units::{self, UNITS_CLIENT};
use crate::store::{Store, Tx, layer_sql};
use crate::units::COMMUNE_LAYER;
use crate::{Error, Result};

/// Conflicts that a report lists; the rest are only counted.
pub const LISTED: i64 = 1000;

/// What an undo came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UndoReport {
    /// The revision that was taken back.
    pub undoes: i64,
    /// Where the database stands; none for a dry run or if nothing could be done.
    pub position: Option<Position>,
    /// Items that were changed and have their old state again.
    pub restored: u64,
    /// Items that were new and are removed.
    pub removed: u64,
    /// Items that were removed and are there again, under the same fid.
    pub reinserted: u64,
    /// Items that were left alone.
    pub conflicting: u64,
    /// The first of them.
    pub conflicts: Vec<Conflict>,
}

/// Kind of the job that takes a large revision back; its payload is an [`Asked`].
pub const UNDO_JOB: &str = "undo";

/// What such a job is asked for.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The revision.
    pub revision: i64,
    /// Why.
    pub reason: String,
    /// Through what.
    pub client: String,
    /// Name of who asked, as the audit keeps it.
    pub actor_name: String,
    /// His authority.
    pub authority: Option<String>,
    /// When he asked.
    pub at: DateTime<Utc>,
}

/// An item that an undo leaves alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Layer.
    pub layer: String,
    /// Item.
    pub fid: i64,
    /// Why.
    pub why: Why,
    /// The later change that stands in the way.
    pub by: Option<Origin>,
}

/// Why an item is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was changed, removed or made again since.
    ChangedSince,
    /// Another item has its key now.
    KeyTaken,
}

/// A layer that a revision changed.
#[derive(Debug, Clone)]
pub(super) struct Touched {
    pub def: Arc<LayerDef>,
    /// Items that were written or removed; none: too many to list.
    pub fids: Option<Vec<i64>>,
}

/// A revision about to be taken back.
pub(super) struct Undo<'a> {
    pub number: i64,
    pub at: DateTime<Utc>,
    pub layer: &'a Touched,
    /// `staging."u…"`: what is to be done with each item.
    plan: String,
}

impl Store {
    /// The layers whose items revision `number` changed. A revision that changed definitions, code lists or records
    /// that are no items is refused: there is nothing that could be restored item by item.
    pub async fn undoable_layers(&self, catalog: &Catalog, number: i64) -> Result<Vec<Arc<LayerDef>>> {
        Ok(self.touched(catalog, number).await?.1.into_iter().map(|t| t.def).collect())
    }

    pub(super) async fn touched(
        &self,
        catalog: &Catalog,
        number: i64,
    ) -> Result<(DateTime<Utc>, Vec<Touched>)> {
        let at = sqlx::query_scalar!("select committed_at from dothi.revision where number = $1", number)
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| Error::not_found("revision", number.to_string()))?;
        let changes = sqlx::query!(
            "select layer, kind, fids from dothi.feed_change where revision = $1 order by layer, kind",
            number
        )
        .fetch_all(&self.pool)
        .await?;
        let mut touched = Vec::new();
        for change in changes {
            if change.kind == "catalog" {
                return Err(Error::conflict(
                    "Lần thay đổi này sửa định nghĩa lớp hoặc danh mục mã, không hoàn tác được từng đối tượng.",
                    "This revision changed a definition or a code list; it cannot be undone item by item.",
                ));
            }
            let def = catalog.layer(&change.layer).filter(|d| d.source == Source::Table);
            let def = def.cloned().ok_or_else(|| {
                Error::conflict(
                    format!("Lớp {} hiển thị hồ sơ của hệ thống khác; hãy sửa chính hồ sơ đó.", change.layer),
                    format!(
                        "Layer {} shows the records of another register; change them there.",
                        change.layer
                    ),
                )
            })?;
            touched.push(Touched { def, fids: change.fids });
        }
        if touched.is_empty() {
            return Err(Error::conflict(
                "Lần thay đổi này không sửa đối tượng nào.",
                "This revision changed no items.",
            ));
        }
        Ok((at, touched))
    }

    /// Whether revision `number` changed so many items that its undo is not for a request to wait for.
    pub async fn is_large_revision(&self, number: i64) -> Result<bool> {
        let large = sqlx::query_scalar!(
            r#"select exists (select from dothi.feed_change where revision = $1 and kind = 'items' and fids is null)
               as "large!""#,
            number
        );
        Ok(large.fetch_one(&self.pool).await?)
    }

    /// The revision by which `actor` took `number` back since `since`, if he did.
    pub async fn find_undo(&self, number: i64, actor: Uuid, since: DateTime<Utc>) -> Result<Option<i64>> {
        let found = sqlx::query_scalar!(
            "select max(u.revision) from dothi.revision_undo u join dothi.revision r on r.number = u.revision
             where u.undoes = $1 and r.actor = $2 and r.committed_at >= $3",
            number,
            actor,
            since
        );
        Ok(found.fetch_one(&self.pool).await?)
    }

    /// As [`Store::undo_telling`], without word of how far it is.
    pub async fn undo(
        &self,
        catalog: &Catalog,
        number: i64,
        author: &Author,
        entry: Entry,
        dry_run: bool,
    ) -> Result<UndoReport> {
        self.undo_telling(catalog, number, author, entry, dry_run, |_| {}).await
    }

    /// Takes revision `number` back; `told` hears how far it is, 0 … 1. Whether the author may is decided before (`access::may_undo`, for each of
    /// [`Store::undoable_layers`]). `entry` is written with it; its detail is filled in here.
    pub async fn undo_telling(
        &self,
        catalog: &Catalog,
        number: i64,
        author: &Author,
        mut entry: Entry,
        dry_run: bool,
        told: impl Fn(f32) + Send + Sync,
    ) -> Result<UndoReport> {
        let (at, touched) = self.touched(catalog, number).await?;
        let mut report = UndoReport { undoes: number, ..UndoReport::default() };
        let mut tx = self.begin().await?;
        let mut undos = Vec::new();
        for layer in &touched {
            // Edits of this layer wait from here to the commit; other layers do not.
            sqlx::query!("select pg_advisory_xact_lock(7206, hashtext($1))", layer.def.id)
                .execute(&mut *tx)
                .await?;
            let name = layer_sql::ident(&format!("u{}", Uuid::now_v7().simple()))?;
            let undo = Undo::new(number, at, layer, format!("staging.{name}"));
            undo.make_plan(&mut tx).await?;
            undo.find_taken_keys(&mut tx).await?;
            let counts = undo.report(&mut tx, &mut report).await?;
            undos.push((undo, counts));
        }
        told(0.2);
        if dry_run || report.restored + report.removed + report.reinserted == 0 {
            tx.rollback().await?;
            return Ok(report);
        }
        if report.conflicting > 0 {
            self.refuse_half_a_succession(number).await?;
        }
        let revision = feed::bump(&mut tx, author).await?;
        let share = 0.75 / undos.len() as f32;
        for (i, (undo, counts)) in undos.iter().enumerate() {
            let fids = undo.write(&mut tx, &revision, |done| told(0.2 + share * (i as f32 + done))).await?;
            feed::change_counted(&mut tx, &revision, &undo.layer.def.id, fids.as_deref(), Some(*counts))
                .await?;
        }
        sqlx::query!(
            "insert into dothi.revision_undo (revision, undoes) values ($1, $2)",
            revision.position.revision,
            number
        )
        .execute(&mut *tx)
        .await?;
        let came_back = |(undo, counts): &(Undo<'_>, Counts)| {
            undo.layer.def.unit_attribute.is_some() && counts.updated + counts.inserted > 0
        };
        if author.client != UNITS_CLIENT && undos.iter().any(came_back) {
            units::items_came_back(&mut tx, number).await?;
        }
        entry.detail = json!({"revision": revision.position.revision, "restored": report.restored,
            "removed": report.removed, "reinserted": report.reinserted, "conflicts": report.conflicting});
        audit::record(&mut tx, &entry).await?;
        for (undo, _) in &undos {
            sqlx::query(&format!("drop table {}", undo.plan)).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        if touched.iter().any(|t| t.def.id == COMMUNE_LAYER) {
            // What is written next finds the outlines of before; items follow by the job that the feed asked for.
            self.refresh_unit_pieces().await?;
        }
        report.position = Some(revision.position);
        Ok(report)
    }
}

impl Store {
    /// Half the undo of a split or merge would leave items lying over those that they came from.
    async fn refuse_half_a_succession(&self, number: i64) -> Result<()> {
        let succession = sqlx::query_scalar!(
            r#"select exists (select from dothi.lineage where revision = $1) as "succession!""#,
            number
        )
        .fetch_one(&self.pool)
        .await?;
        if !succession {
            return Ok(());
        }
        Err(Error::conflict(
            "Lần tách, hợp thửa này chỉ hoàn tác được trọn vẹn, nhưng có đối tượng đã được sửa sau đó.",
            "This split or merge can only be undone whole, and some of its items were changed since.",
        ))
    }
}

impl UndoReport {
    /// Adds that `n` items meet with `act`.
    pub(super) fn add(&mut self, act: &str, n: i64, counts: &mut Counts) {
        let total = match act {
            "restore" => {
                counts.updated = n;
                &mut self.restored
            }
            "remove" => {
                counts.removed = n;
                &mut self.removed
            }
            "reinsert" => {
                counts.inserted = n;
                &mut self.reinserted
            }
            "gone" => return,
            _ => &mut self.conflicting,
        };
        *total += u64::try_from(n).unwrap_or(0);
    }
}

impl<'a> Undo<'a> {
    pub(super) fn new(number: i64, at: DateTime<Utc>, layer: &'a Touched, plan: String) -> Self {
        Self { number, at, layer, plan }
    }

    /// `select fid, act, by …`: what the revision did to each item and whether that still stands. `$1` the revision,
    /// `$2` its time, `$3` the items, null: all.
    pub(super) fn acts(&self) -> Result<String> {
        let (table, history) = (layer_sql::table(&self.layer.def)?, layer_sql::history(&self.layer.def)?);
        // Written: the item was there after the revision. Closed: it had a state before. An item that is new and
        // gone again is as the undo would leave it; one that was removed is as the revision left it while it is
        // not there.
        Ok(format!(
            "select f.fid, case \
                 when f.written and c.version = $1 then case when f.closed then 'restore' else 'remove' end \
                 when f.written and not f.closed and c.fid is null then 'gone' \
                 when not f.written and c.fid is null then 'reinsert' \
                 else 'changed' end as act, coalesce(c.version, h.last) as by \
             from (select fid, bool_or(written) as written, bool_or(not written) as closed from ( \
                     select fid, true as written from {table} where version = $1 and ($3::bigint[] is null or fid = any($3)) \
                     union all select fid, true from {history} \
                               where rev_from = $1 and closed_at >= $2 and ($3::bigint[] is null or fid = any($3)) \
                     union all select fid, false from {history} where rev_to = $1 and closed_at = $2) e \
                   group by fid) f \
             left join {table} c on c.fid = f.fid \
             left join lateral (select max(rev_to) as last from {history} l \
                                where l.fid = f.fid and l.closed_at >= $2) h on c.fid is null"
        ))
    }

    /// Finds what the revision did to each item and whether that still stands.
    async fn make_plan(&self, tx: &mut Tx) -> Result<()> {
        let plan = &self.plan;
        let sql =
            format!("create unlogged table {plan} (fid bigint primary key, act text not null, by bigint)");
        sqlx::query(&sql).execute(&mut **tx).await?;
        sqlx::query(&format!("insert into {plan} (fid, act, by) {}", self.acts()?))
            .bind(self.number)
            .bind(self.at)
            .bind(self.layer.fids.as_deref())
            .execute(&mut **tx)
            .await?;
        sqlx::query(&format!("analyze {plan}")).execute(&mut **tx).await?;
        self.find_unchanged(tx).await
    }

    /// An item that was changed and changed back says again what the revision made of it: it can be taken back too.
    /// So undos of undos lead as far back as one wants.
    async fn find_unchanged(&self, tx: &mut Tx) -> Result<()> {
        let def = &self.layer.def;
        let sql = format!(
            "update {plan} p set by = null, act = case when exists (select from {history} o \
                 where o.fid = p.fid and o.rev_to = $1 and o.closed_at = $2) then 'restore' else 'remove' end \
             from {history} s, {table} l \
             where p.act = 'changed' and s.fid = p.fid and s.rev_from = $1 and s.closed_at >= $2 \
               and l.fid = p.fid and {same}",
            plan = self.plan,
            history = layer_sql::history(def)?,
            table = layer_sql::table(def)?,
            same = layer_sql::same_content(def)?
        );
        sqlx::query(&sql).bind(self.number).bind(self.at).execute(&mut **tx).await?;
        Ok(())
    }

    /// Rows that would come back beside another item of the same key stay away. Each that stays away keeps its own
    /// present key taken, so this goes on until nothing changes.
    async fn find_taken_keys(&self, tx: &mut Tx) -> Result<()> {
        let def = &self.layer.def;
        if def.key.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "update {plan} p set act = 'key', by = l.version from {history} s, {table} l \
             where p.act in ('restore', 'reinsert') and s.fid = p.fid and s.rev_to = $1 and s.closed_at = $2 \
               and {same} and l.fid <> p.fid \
               and not exists (select from {plan} o where o.fid = l.fid and o.act in ('restore', 'remove'))",
            plan = self.plan,
            history = layer_sql::history(def)?,
            table = layer_sql::table(def)?,
            same = layer_sql::same_key(def)?
        );
        while sqlx::query(&sql).bind(self.number).bind(self.at).execute(&mut **tx).await?.rows_affected() > 0
        {
        }
        Ok(())
    }

    async fn report(&self, tx: &mut Tx, report: &mut UndoReport) -> Result<Counts> {
        let mut counts = Counts::default();
        let sql = format!("select act, count(*) from {} group by act", self.plan);
        for row in sqlx::query(&sql).fetch_all(&mut **tx).await? {
            report.add(row.try_get::<&str, _>(0)?, row.try_get(1)?, &mut counts);
        }
        let room = LISTED - i64::try_from(report.conflicts.len()).unwrap_or(LISTED);
        let sql = format!(
            "select p.fid, p.act, r.number, r.committed_at, r.actor, a.display_name, r.reason, r.client, u.undoes \
             from {} p left join dothi.revision r on r.number = p.by left join dothi.account a on a.id = r.actor \
             left join dothi.revision_undo u on u.revision = r.number \
             where p.act in ('changed', 'key') order by p.fid limit $1",
            self.plan
        );
        for row in sqlx::query(&sql).bind(room).fetch_all(&mut **tx).await? {
            let by = match row.try_get::<Option<i64>, _>(2)? {
                None => None,
                Some(number) => Some(Origin {
                    number,
                    committed_at: row.try_get(3)?,
                    actor: row.try_get(4)?,
                    actor_name: row.try_get(5)?,
                    reason: row.try_get(6)?,
                    client: row.try_get(7)?,
                    undoes: row.try_get(8)?,
                }),
            };
            let act: String = row.try_get(1)?;
            report.conflicts.push(Conflict {
                layer: self.layer.def.id.clone(),
                fid: row.try_get(0)?,
                why: if act == "key" { Why::KeyTaken } else { Why::ChangedSince },
                by,
            });
        }
        Ok(counts)
    }

    /// Closes what the revision wrote and puts back what it superseded: first all that goes, then all that comes, so
    /// that keys which changed hands do not meet. Gives the fids while they are few enough to list.
    /// `told` hears how far it is, 0 … 1.
    async fn write(
        &self,
        tx: &mut Tx,
        revision: &feed::Revision,
        told: impl Fn(f32) + Send,
    ) -> Result<Option<Vec<i64>>> {
        let def = &self.layer.def;
        let (table, history, plan) = (layer_sql::table(def)?, layer_sql::history(def)?, &self.plan);
        let list = layer_sql::geom_and_columns(def, "")?;
        let (number, at) = (revision.position.revision, revision.committed_at);
        let goes = format!("fid in (select fid from {plan} where act in ('restore', 'remove'))");
        let sql = format!(
            "insert into {history} (fid, rev_from, rev_to, closed_at, {list}) \
             select fid, version, $1, $2, {list} from {table} where {goes}"
        );
        sqlx::query(&sql).bind(number).bind(at).execute(&mut **tx).await?;
        told(0.3);
        sqlx::query(&format!("delete from {table} where {goes}")).execute(&mut **tx).await?;
        told(0.6);
        let sql = format!(
            "insert into {table} (fid, version, {list}) select fid, $1, {list} from {history} \
             where rev_to = $2 and closed_at = $3 \
               and fid in (select fid from {plan} where act in ('restore', 'reinsert')) order by fid"
        );
        sqlx::query(&sql).bind(number).bind(self.number).bind(self.at).execute(&mut **tx).await?;
        told(1.0);
        let sql = format!(
            "select fid from {plan} where act in ('restore', 'remove', 'reinsert') order by fid limit $1"
        );
        let most = i64::try_from(feed::MAX_FIDS).unwrap_or(i64::MAX);
        let fids: Vec<i64> = sqlx::query_scalar(&sql).bind(most + 1).fetch_all(&mut **tx).await?;
        Ok((fids.len() <= feed::MAX_FIDS).then_some(fids))
    }
}
