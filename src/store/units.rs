//! Which commune an item lies in: filled in on the way in, followed by each edit, recomputed when a boundary changes.
//!
//! The outlines in force are kept in pieces (`dothi.unit_piece`). A point lies where it lies, a line or an area where
//! the largest share of it lies; what lies in no outline keeps what it has. An outline that is marked as approximate
//! fills in what is not known and overrules nothing.

use chrono::Utc;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use uuid::Uuid;

use super::audit::Entry;
use super::feed::{self, Author, MAX_FIDS, Position};
use super::layers::catalog_on;
use super::{Store, Tx, jobs, layer_sql};
use crate::layers::{Catalog, LayerDef, Source, Value};
use crate::units::{COMMUNE_CODES, COMMUNE_LAYER, day_in_vietnam};
use crate::{Error, Result};

/// Kind of the job that recomputes the units of all items; it has no payload.
pub const UNITS_JOB: &str = "recompute_units";

/// Through what a recomputation stands in the list of changes.
pub const UNITS_CLIENT: &str = "units";

/// What the boundaries said of the rows of a bulk change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// Rows that did not name their commune and got the one they lie in.
    pub filled: u64,
    /// Rows that name another commune than the one they lie in; they were kept as they are.
    pub contradicted: u64,
}

/// What a recomputation came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recomputed {
    /// Layers and how many of their items changed their commune; only those where some did.
    pub layers: Vec<(String, u64)>,
    /// Items that got back the commune that they had before a change of boundaries that was undone.
    #[serde(default)]
    pub restored: u64,
    /// Where the database stands; none if nothing changed.
    #[serde(skip)]
    pub position: Option<Position>,
}

impl Recomputed {
    /// Items of all layers.
    pub fn items(&self) -> u64 {
        self.restored + self.layers.iter().map(|(_, n)| n).sum::<u64>()
    }
}

/// Asks for a recomputation, in the transaction that changes a boundary: it is asked for if, and only if, that is
/// committed. One that waits already will see this change too.
pub(in crate::store) async fn boundaries_changed(tx: &mut Tx) -> Result<()> {
    let waits = sqlx::query!(
        r#"select exists (select from dothi.job where kind = $1 and state = 'queued') as "waits!""#,
        UNITS_JOB
    )
    .fetch_one(&mut **tx)
    .await?
    .waits;
    if !waits {
        jobs::enqueue(tx, UNITS_JOB, &serde_json::json!({}), None).await?;
    }
    Ok(())
}

/// Asks for a recomputation after the undo of revision `undoes`, in its transaction: items that came back carry the
/// commune of their old day, and boundaries may have changed since.
pub(in crate::store) async fn items_came_back(tx: &mut Tx, undoes: i64) -> Result<()> {
    let changed = sqlx::query_scalar!(
        r#"select exists (select from dothi.feed_change where layer = $2 and kind = 'items' and revision >= $1)
               or exists (select from dothi.revision where number >= $1 and client = $3) as "changed!""#,
        undoes,
        COMMUNE_LAYER,
        UNITS_CLIENT
    )
    .fetch_one(&mut **tx)
    .await?;
    if changed { boundaries_changed(tx).await } else { Ok(()) }
}

/// Gives an edited item the commune that it lies in.
pub(in crate::store) async fn carry(
    tx: &mut Tx,
    def: &LayerDef,
    geometry: &[u8],
    values: &mut [Value],
) -> Result<()> {
    let Some(value) = def.unit_index().and_then(|i| values.get_mut(i)) else { return Ok(()) };
    let sql = format!(
        "select t.unit, t.approximate from (select ST_GeomFromWKB($1, 9218) as geom) l {}",
        layer_sql::lies_in(def.geometry, "l")
    );
    let row = sqlx::query(&sql).bind(geometry).fetch_one(&mut **tx).await?;
    let (unit, approximate): (Option<String>, Option<bool>) = (row.try_get(0)?, row.try_get(1)?);
    if let Some(unit) = unit.filter(|_| *value == Value::Null || approximate == Some(false)) {
        *value = Value::Text(unit);
    }
    Ok(())
}

/// Gives rows on their way in the commune that they lie in, where they do not name one, and counts contradictions.
/// `number` is the column of the staging table that numbers its rows.
pub(in crate::store) async fn fill(
    tx: &mut Tx,
    def: &LayerDef,
    staging: &str,
    number: &str,
) -> Result<Filled> {
    let known = sqlx::query!(r#"select exists (select from dothi.unit_piece) as "known!""#)
        .fetch_one(&mut **tx)
        .await?
        .known;
    let Some(attribute) = def.unit_attribute.as_deref().filter(|_| known) else {
        return Ok(Filled::default());
    };
    sqlx::query("create temporary table filled_rows (n bigint not null) on commit drop")
        .execute(&mut **tx)
        .await?;
    let sql = layer_sql::fill_units(def, attribute, staging, number)?;
    let row = sqlx::query(&sql).fetch_one(&mut **tx).await?;
    let n = |i: usize| row.try_get::<i64, _>(i).map(|n| u64::try_from(n).unwrap_or(0));
    Ok(Filled { filled: n(0)?, contradicted: n(1)? })
}

/// How many of the rows that [`fill`] gave their commune are still there, after some were refused.
pub(in crate::store) async fn count_filled(tx: &mut Tx, staging: &str, number: &str) -> Result<u64> {
    let sql = format!(
        "select count(*) from pg_temp.filled_rows f where exists (select from {staging} s where s.{number} = f.n)"
    );
    let left: i64 = sqlx::query_scalar(&sql).fetch_one(&mut **tx).await?;
    Ok(u64::try_from(left).unwrap_or(0))
}

impl Store {
    /// Cuts the outlines that are in force today into pieces anew; says whether another set of units is in force than
    /// before. Outlines whose code is not in the code list of communes are left out: no item could carry them.
    pub async fn refresh_unit_pieces(&self) -> Result<bool> {
        let mut tx = self.begin().await?;
        sqlx::query("select pg_advisory_xact_lock(7208, 1)").execute(&mut *tx).await?;
        let catalog = catalog_on(&mut tx).await?;
        let Some(def) = catalog.layer(COMMUNE_LAYER) else { return Ok(false) };
        let codes: Vec<String> = catalog
            .code_list(COMMUNE_CODES)
            .map(|l| l.codes.iter().map(|c| c.code.clone()).collect())
            .unwrap_or_default();
        let in_force = "select array_agg(k order by k) from
            (select distinct unit_code || ' ' || valid_from as k from dothi.unit_piece) p";
        let before: Option<Vec<String>> = sqlx::query_scalar(in_force).fetch_one(&mut *tx).await?;
        sqlx::query!("delete from dothi.unit_piece").execute(&mut *tx).await?;
        let sql = layer_sql::cut_units(def)?;
        sqlx::query(&sql).bind(day_in_vietnam(Utc::now())).bind(codes).execute(&mut *tx).await?;
        let after: Option<Vec<String>> = sqlx::query_scalar(in_force).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(before != after)
    }

    /// Looks whether a unit began or ended since the outlines were cut; if so, items are to be recomputed.
    pub async fn follow_units(&self) -> Result<()> {
        if self.refresh_unit_pieces().await? {
            let mut tx = self.begin().await?;
            boundaries_changed(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Gives every item of every layer the commune that it lies in, in transactions of a bounded size, each with its
    /// history. Only what changes is written; broken off, it goes on where it stopped when it runs again.
    pub async fn recompute_units(&self, catalog: &Catalog, author: &Author) -> Result<Recomputed> {
        self.refresh_unit_pieces().await?;
        let mut done = Recomputed::default();
        self.take_back_recomputations(catalog, author, &mut done).await?;
        let layers: Vec<&LayerDef> = catalog
            .layers
            .values()
            .map(AsRef::as_ref)
            .filter(|d| d.unit_attribute.is_some() && d.source == Source::Table)
            .collect();
        for def in layers {
            let name = layer_sql::ident(&format!("b{}", Uuid::now_v7().simple()))?;
            let staging = format!("staging.{name}");
            let found = self.find_moved(def, &staging).await;
            let changed = match found {
                Ok(true) => self.move_items(def, &staging, author, &mut done.position).await,
                Ok(false) => Ok(0),
                Err(e) => Err(e),
            };
            // The table goes whatever came of it.
            sqlx::raw_sql(&format!("drop table if exists {staging}")).execute(&self.pool).await?;
            match changed? {
                0 => {}
                items => done.layers.push((def.id.clone(), items)),
            }
        }
        Ok(done)
    }

    /// Where the last change of boundaries was an undo, takes back what had followed the boundaries that are gone:
    /// the outlines that are in force again may be sketches, which overrule nothing, so they alone would not bring
    /// the items home.
    async fn take_back_recomputations(
        &self,
        catalog: &Catalog,
        author: &Author,
        done: &mut Recomputed,
    ) -> Result<()> {
        let followed = sqlx::query_scalar!(
            "with boundary as (select revision from dothi.feed_change where layer = $1 and kind = 'items')
             select r.number from dothi.revision_undo u join dothi.revision r
                 on r.client = $2 and r.number > u.undoes and r.number < u.revision
             where u.revision = (select max(revision) from boundary)
               and exists (select from boundary b where b.revision = u.undoes)
               and not exists (select from boundary b where b.revision > u.undoes and b.revision < r.number)
               and not exists (select from dothi.revision_undo t where t.undoes = r.number)
             order by r.number desc",
            COMMUNE_LAYER,
            UNITS_CLIENT
        )
        .fetch_all(&self.pool)
        .await?;
        for number in followed {
            let entry = Entry {
                actor_name: UNITS_CLIENT.to_owned(),
                action: "undo".to_owned(),
                subject: "revision".to_owned(),
                subject_id: number.to_string(),
                ..Entry::default()
            };
            let undone = match self.undo(catalog, number, author, entry, false).await {
                // A layer that is no more has nothing to be brought home.
                Err(Error::Conflict { .. }) => continue,
                undone => undone?,
            };
            if undone.position.is_some() {
                done.position = undone.position;
                done.restored += undone.restored;
            }
        }
        Ok(())
    }

    /// Lists in `staging` the items that lie elsewhere than they say; whether there are any.
    async fn find_moved(&self, def: &LayerDef, staging: &str) -> Result<bool> {
        let attribute = def.unit_attribute.as_deref().unwrap_or_default();
        let table = format!(
            "create unlogged table {staging} (fid bigint not null primary key, version bigint not null, unit text not null)"
        );
        sqlx::raw_sql(&table).execute(&self.pool).await?;
        let sql = layer_sql::list_moved(def, attribute, staging)?;
        Ok(sqlx::query(&sql).execute(&self.pool).await?.rows_affected() > 0)
    }

    /// Writes what [`Store::find_moved`] listed. An item that was edited since has followed the boundaries itself.
    async fn move_items(
        &self,
        def: &LayerDef,
        staging: &str,
        author: &Author,
        position: &mut Option<Position>,
    ) -> Result<u64> {
        let attribute = def.unit_attribute.as_deref().unwrap_or_default();
        let (take, set) = (layer_sql::take_moved(def, staging)?, layer_sql::set_unit(def, attribute)?);
        let batch = i64::try_from(MAX_FIDS).unwrap_or(i64::MAX);
        let mut items = 0;
        loop {
            let mut tx = self.begin().await?;
            sqlx::query!("select pg_advisory_xact_lock_shared(7206, hashtext($1))", def.id)
                .execute(&mut *tx)
                .await?;
            let rows = sqlx::query(&take).bind(batch).fetch_all(&mut *tx).await?;
            if rows.is_empty() {
                return Ok(items);
            }
            let mut fids: Vec<i64> = Vec::with_capacity(rows.len());
            let mut units: Vec<String> = Vec::with_capacity(rows.len());
            for row in &rows {
                // An item that is no more, or is newer than the list, has no fid here.
                if let Some(fid) = row.try_get::<Option<i64>, _>(0)? {
                    fids.push(fid);
                    units.push(row.try_get(1)?);
                }
            }
            if !fids.is_empty() {
                let revision = feed::bump(&mut tx, author).await?;
                let number = revision.position.revision;
                let close = layer_sql::close(def)?;
                sqlx::query(&close)
                    .bind(&fids)
                    .bind(number)
                    .bind(revision.committed_at)
                    .execute(&mut *tx)
                    .await?;
                sqlx::query(&set).bind(number).bind(&fids).bind(&units).execute(&mut *tx).await?;
                let updated = i64::try_from(fids.len()).unwrap_or(i64::MAX);
                let counts = feed::Counts { updated, ..feed::Counts::default() };
                feed::change_counted(&mut tx, &revision, &def.id, Some(&fids), Some(counts)).await?;
                *position = Some(revision.position);
                items += u64::try_from(fids.len()).unwrap_or(0);
            }
            tx.commit().await?;
        }
    }

    /// Takes up the waiting recomputation, if there is one and no node works on it.
    pub async fn lease_units_job(&self, lease_s: f64) -> Result<Option<jobs::Lease>> {
        self.lease_job(&[UNITS_JOB], lease_s).await
    }

    /// The recomputation that waits or runs, if any.
    pub async fn find_units_job(&self) -> Result<Option<jobs::Job>> {
        let row = sqlx::query!(
            "select id from dothi.job where kind = $1 and state in ('queued', 'running') order by created_at limit 1",
            UNITS_JOB
        )
        .fetch_optional(&self.pool)
        .await?;
        match row {
            Some(row) => self.find_job(row.id).await,
            None => Ok(None),
        }
    }
}

/// A layer file that names the layer of communes without what this module reads of it.
pub(in crate::store) fn lacks(def: &LayerDef, attribute: &str) -> Error {
    Error::Setup(format!("{}: the layer needs an attribute {attribute}", def.id))
}
