//! Many items at once: rows are checked, copied into a staging table in pieces, made valid, compared with the layer,
//! and merged in one short transaction. Whatever fails before that leaves the layer as it was.

use sqlx::postgres::PgPoolCopyExt;
use uuid::Uuid;

use super::feed::{Author, Position};
use super::units::Filled;
use super::{Store, copy, layer_sql, merge, wkb};
use crate::layers::conform::conform;
use crate::layers::{Catalog, LayerDef, Source, Value};
use crate::text::Text;
use crate::{Error, Result};
use std::sync::Arc;

/// Bytes gathered before they are sent to the server.
const CHUNK_BYTES: usize = 4 << 20;
/// Rejections and repairs that a report lists; the rest are only counted.
pub const LISTED: usize = 1000;

/// How rows meet what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The rows are the whole layer: items that are not among them are closed.
    Replace,
    /// All rows are new.
    Append,
    /// Rows with a known key change that item, others are new.
    Upsert,
}

/// A row on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Where it comes from, for messages: `feature 12`, `line 7` …
    pub place: String,
    /// Geometry in EPSG:9218, WKB of any flavour.
    pub wkb: Vec<u8>,
    /// One value an attribute of the definition.
    pub values: Vec<Value>,
}

/// A row that was refused or repaired.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Noted {
    /// Where the row comes from.
    pub place: String,
    /// Why.
    pub reason: Text,
}

/// What a bulk change came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BulkReport {
    /// Rows that were pushed.
    pub read: u64,
    /// New items.
    pub inserted: u64,
    /// Items that changed.
    pub updated: u64,
    /// Rows that are as the layer has them.
    pub unchanged: u64,
    /// Items that were closed (replace).
    pub closed: u64,
    /// Rows whose geometry was made valid.
    pub repaired: u64,
    /// Rows that were refused.
    pub rejected: u64,
    /// The first of the repaired ones.
    pub repairs: Vec<Noted>,
    /// The first of the refused ones.
    pub rejections: Vec<Noted>,
    /// What the boundaries said of the rows' communes.
    pub units: Filled,
    /// Where the database stands; none for a dry run or if nothing changed.
    pub position: Option<Position>,
}

impl BulkReport {
    /// Counts a refused row.
    pub fn reject(&mut self, place: impl Into<String>, reason: Text) {
        self.rejected += 1;
        if self.rejections.len() < LISTED {
            self.rejections.push(Noted { place: place.into(), reason });
        }
    }

    /// Counts a repaired row.
    pub fn repair(&mut self, place: impl Into<String>, reason: Text) {
        self.repaired += 1;
        if self.repairs.len() < LISTED {
            self.repairs.push(Noted { place: place.into(), reason });
        }
    }
}

/// A bulk change in the making. Push rows, then [`Bulk::merge`]; dropped before, it leaves a staging table behind
/// that the next start clears away.
#[derive(Debug)]
pub struct Bulk<'a> {
    pub(in crate::store) store: &'a Store,
    pub(in crate::store) def: Arc<LayerDef>,
    /// `staging."b…"`.
    pub(in crate::store) staging: String,
    pub(in crate::store) report: BulkReport,
    catalog: &'a Catalog,
    pending: Option<copy::Writer>,
}

impl Store {
    /// Begins a bulk change of a layer of `catalog`.
    pub async fn bulk<'a>(&'a self, catalog: &'a Catalog, layer: &str) -> Result<Bulk<'a>> {
        let def = catalog.layer(layer).ok_or_else(|| Error::not_found("layer", layer))?.clone();
        if def.source == Source::View {
            return Err(Error::MethodNotAllowed("the layer shows other records and is read-only"));
        }
        // A v7 id tells its age, which is how leftovers are known.
        let name = layer_sql::ident(&format!("b{}", Uuid::now_v7().simple()))?;
        sqlx::raw_sql(&layer_sql::create_staging(&def, &name)?).execute(&self.pool).await?;
        Ok(Bulk {
            store: self,
            def,
            staging: format!("staging.{name}"),
            report: BulkReport::default(),
            catalog,
            pending: None,
        })
    }

    /// Pushes all rows and merges them; for rows that are at hand (the sample province, tests).
    pub async fn load_rows(
        &self,
        catalog: &Catalog,
        layer: &str,
        rows: impl IntoIterator<Item = Incoming> + Send,
        mode: Mode,
        author: &Author,
    ) -> Result<BulkReport> {
        let rows: Vec<Incoming> = rows.into_iter().collect();
        let mut bulk = self.bulk(catalog, layer).await?;
        for row in rows {
            bulk.push(row).await?;
        }
        bulk.merge(mode, author, false).await
    }

    /// Makes the partitions of history that this year and the next need.
    pub async fn ensure_history_partitions(&self) -> Result<()> {
        sqlx::query("select dothi.ensure_history_partitions()").execute(&self.pool).await?;
        Ok(())
    }

    /// Drops staging tables of imports that died more than a day ago.
    pub async fn clear_staging(&self) -> Result<()> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'staging' and c.relkind = 'r' and pg_has_role(c.relowner, 'member')",
        )
        .fetch_all(&self.pool)
        .await?;
        let day_ago = (chrono::Utc::now() - chrono::Duration::days(1)).timestamp();
        for table in tables {
            let made = table
                .strip_prefix('b')
                .and_then(|id| Uuid::parse_str(id).ok())
                .and_then(|id| id.get_timestamp());
            if made.is_some_and(|t| i64::try_from(t.to_unix().0).is_ok_and(|t| t < day_ago)) {
                let sql = format!("drop table if exists staging.{}", layer_sql::ident(&table)?);
                sqlx::raw_sql(&sql).execute(&self.pool).await?;
            }
        }
        Ok(())
    }
}

impl Bulk<'_> {
    /// The layer.
    pub fn layer(&self) -> &Arc<LayerDef> {
        &self.def
    }

    /// What was found so far.
    pub fn report(&mut self) -> &mut BulkReport {
        &mut self.report
    }

    /// Counts a row that was refused before it could be pushed.
    pub fn refuse(&mut self, place: impl Into<String>, reason: Text) {
        self.report.read += 1;
        self.report.reject(place, reason);
    }

    /// Gives the change up and clears its staging table away.
    pub async fn discard(self) -> Result<()> {
        sqlx::raw_sql(&format!("drop table if exists {}", self.staging)).execute(&self.store.pool).await?;
        Ok(())
    }

    /// Takes a row. One that does not fit is counted as rejected with its reason and is no error.
    pub async fn push(&mut self, mut row: Incoming) -> Result<()> {
        self.report.read += 1;
        if let Err(misfit) = conform(&self.def, self.catalog, &mut row.values) {
            let Text { vi, en } = misfit.reason;
            let a = misfit.attribute;
            self.report.reject(row.place, Text::new(format!("{a}: {vi}"), format!("{a}: {en}")));
            return Ok(());
        }
        let geometry = match wkb::normalise(&row.wkb, self.def.geometry).and_then(|g| wkb::encode(&g)) {
            Ok(geometry) => geometry,
            Err(reason) => {
                self.report.reject(row.place, reason);
                return Ok(());
            }
        };
        let number = i64::try_from(self.report.read).unwrap_or(i64::MAX);
        let writer = self.pending.get_or_insert_with(copy::Writer::new);
        writer.row(3 + row.values.len());
        writer.field(&number.to_be_bytes());
        writer.field(row.place.replace('\0', "").as_bytes());
        writer.field(&geometry);
        row.values.iter().for_each(|v| writer.value(v));
        if writer.len() >= CHUNK_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let Some(writer) = self.pending.take() else { return Ok(()) };
        let list = layer_sql::geom_and_columns(&self.def, "")?;
        let sql = format!("copy {} (row, place, {list}) from stdin (format binary)", self.staging);
        let mut copy = self.store.pool.copy_in_raw(&sql).await?;
        copy.send(writer.finish()).await?;
        copy.finish().await?;
        Ok(())
    }

    /// Makes valid, compares and merges. A dry run does all but the last and changes nothing.
    pub async fn merge(mut self, mode: Mode, author: &Author, dry_run: bool) -> Result<BulkReport> {
        self.flush().await?;
        let merged = merge::merge(&mut self, mode, author, dry_run).await;
        // The table goes whatever came of it; a lost database has lost it anyway at the next clearing.
        let dropped =
            sqlx::raw_sql(&format!("drop table if exists {}", self.staging)).execute(&self.store.pool).await;
        merged?;
        dropped?;
        Ok(self.report)
    }
}
