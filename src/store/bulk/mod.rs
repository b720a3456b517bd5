//! Many items at once, in one transaction that holds no lock of others until its last moment: rows are checked on
//! their way and streamed by COPY into a staging table that only this transaction sees, compared with the layer, and
//! merged under one number of the feed. Whatever fails before the commit, a killed process among it, leaves the layer
//! as it was and no table behind.
//!
//! A layer without items takes the staging table itself (`adopt`); others take its rows (`merge`).

mod adopt;
mod keys;
mod merge;
mod places;
mod repair;
mod report;
mod stream;

use std::sync::Arc;

use uuid::Uuid;

use super::feed::Author;
use super::{Store, Tx, copy, layer_sql, units, wkb};
use crate::layers::conform::conform;
use crate::layers::{Catalog, LayerDef, Source, Value};
use crate::space::validity::is_surely_valid;
use crate::text::Text;
use crate::{Error, Result};

use places::Places;
use repair::Ready;
pub use report::{AreaChange, BulkReport, LISTED, Noted};
use stream::Stream;

/// Bytes gathered before they are sent to the server.
const CHUNK_BYTES: usize = 256 << 10;
/// Rows, and bytes of their geometries, that wait together for PostGIS to judge the doubtful ones among them.
const JUDGED_AT_ONCE: usize = 1024;
const JUDGED_BYTES: usize = 4 << 20;

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

impl Mode {
    /// As `--mode` and the log of imports spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Append => "append",
            Self::Upsert => "upsert",
        }
    }
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

/// Rows that PostGIS judges: those that stand, and what was said of the others.
type Judging = tokio::task::JoinHandle<Result<(Vec<Ready>, BulkReport)>>;

/// Where the transaction is: at hand, or with the COPY.
#[derive(Debug)]
enum Work {
    Tx(Tx),
    Copy(Stream),
    /// Taken, in the middle of a step that failed.
    Gone,
}

/// A bulk change in the making. Push rows, then [`Bulk::merge`]; dropped before, it leaves nothing behind.
#[derive(Debug)]
pub struct Bulk<'a> {
    store: &'a Store,
    catalog: &'a Catalog,
    def: Arc<LayerDef>,
    id: Uuid,
    /// The staging table's name, and the same quoted behind its schema. It is made when the first rows are sent.
    name: String,
    staging: String,
    /// Identifier that the layer gave last: rows are numbered from there.
    base: i64,
    /// The layer was without items, and may take the staging table whole: its owner made it.
    whole: bool,
    /// The staging table's column that numbers the rows: `fid` where it is to become the layer's, else `row`.
    number: &'static str,
    /// Rows that were sent to the staging table.
    written: u64,
    /// Kept in the log of imports under `id`.
    logged: bool,
    work: Work,
    writer: copy::Writer,
    waiting: Vec<Ready>,
    waiting_bytes: usize,
    /// The rows before those that wait, while PostGIS judges them.
    judging: Option<Judging>,
    places: Places,
    /// Attributes that the rows say nothing of, by position in the definition.
    silent: Vec<usize>,
    report: BulkReport,
}

impl Store {
    /// Begins a bulk change of a layer of `catalog`.
    pub async fn bulk<'a>(&'a self, catalog: &'a Catalog, layer: &str) -> Result<Bulk<'a>> {
        let def = catalog.layer(layer).ok_or_else(|| Error::not_found("layer", layer))?.clone();
        if def.source == Source::View {
            return Err(Error::MethodNotAllowed("the layer shows other records and is read-only"));
        }
        let id = Uuid::now_v7();
        let name = format!("b{}", id.simple());
        // Outside of the transaction, which holds no lock on the layer before its end.
        let last = sqlx::query!("select dothi.last_fid($1) as fid", def.id).fetch_one(&self.pool).await?;
        let mut tx = self.begin().await?;
        // Held to the end: whoever sees a running import without this lock knows that it died.
        sqlx::query!("select pg_advisory_xact_lock(7207, hashtext($1))", id.to_string())
            .execute(&mut *tx)
            .await?;
        // A sort or a join of millions of rows is worth more memory than a request gets.
        sqlx::query("set local work_mem = '64MB'").execute(&mut *tx).await?;
        Ok(Bulk {
            store: self,
            catalog,
            def,
            id,
            staging: format!("staging.{}", layer_sql::ident(&name)?),
            name,
            base: last.fid.unwrap_or(0),
            whole: false,
            number: "row",
            written: 0,
            logged: false,
            work: Work::Tx(tx),
            writer: copy::Writer::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            judging: None,
            places: Places::new()?,
            silent: Vec::new(),
            report: BulkReport::default(),
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

    /// Builds the spatial indexes that layers' tables lack since an import took their place (migration 0027).
    /// Harmless to repeat, and on several nodes at once.
    pub async fn build_due_indexes(&self) -> Result<()> {
        let layers =
            sqlx::query_scalar!("select distinct layer from dothi.index_due").fetch_all(&self.pool).await?;
        for layer in layers {
            sqlx::query!("select dothi.build_due_indexes($1)", layer).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Makes the partitions of history that this year and the next need.
    pub async fn ensure_history_partitions(&self) -> Result<()> {
        sqlx::query("select dothi.ensure_history_partitions()").execute(&self.pool).await?;
        Ok(())
    }
}

impl Bulk<'_> {
    /// The layer.
    pub fn layer(&self) -> &Arc<LayerDef> {
        &self.def
    }

    /// Names attributes (positions in the definition) that the rows say nothing of: an upsert leaves those of known
    /// items as they are. The commune of an item is always said: by where it lies.
    pub fn says_nothing_of(&mut self, attributes: impl IntoIterator<Item = usize>) {
        let def = self.def.clone();
        let of_place = |i: &usize| def.unit_attribute.as_ref() == Some(&def.attributes[*i].name);
        self.silent = attributes.into_iter().filter(|i| !of_place(i)).collect();
    }

    /// The attributes of which the rows say nothing, by position in the definition.
    pub fn silent(&self) -> &[usize] {
        &self.silent
    }

    /// Whether the rows say what the attribute is, for a change of this mode.
    fn says(&self, mode: Mode, attribute: usize) -> bool {
        mode != Mode::Upsert || !self.silent.contains(&attribute)
    }

    /// What was found so far.
    pub fn report(&mut self) -> &mut BulkReport {
        &mut self.report
    }

    /// Names this change in the log of imports.
    pub fn id(&self) -> Uuid {
        self.id
    }

    pub(in crate::store) fn store(&self) -> &Store {
        self.store
    }

    pub(in crate::store) fn is_logged(&self) -> bool {
        self.logged
    }

    pub(in crate::store) fn set_logged(&mut self) {
        self.logged = true;
    }

    /// Counts a row that was refused before it could be pushed.
    pub fn refuse(&mut self, place: impl Into<String>, reason: Text) {
        self.report.read += 1;
        self.report.reject(place, reason);
    }

    /// Gives the change up.
    pub async fn discard(self) -> Result<()> {
        if let Work::Tx(tx) = self.work {
            tx.rollback().await?;
        }
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
        let encoded = wkb::normalise(&row.wkb, self.def.geometry)
            .and_then(|g| Ok((wkb::encode(&g)?, is_surely_valid(&g))));
        let (wkb, sure) = match encoded {
            Ok(encoded) => encoded,
            Err(reason) => {
                self.report.reject(row.place, reason);
                return Ok(());
            }
        };
        let row_number = self.base.saturating_add(i64::try_from(self.report.read).unwrap_or(i64::MAX));
        let ready = Ready { row: row_number, place: row.place, wkb, values: row.values, sure };
        // Rows stay in the order of the file: behind a doubtful one, sure ones wait too.
        if sure && self.waiting.is_empty() && self.judging.is_none() {
            return self.write(&ready).await;
        }
        self.waiting_bytes += ready.wkb.len();
        self.waiting.push(ready);
        if self.waiting.len() >= JUDGED_AT_ONCE || self.waiting_bytes >= JUDGED_BYTES {
            self.judge().await?;
        }
        Ok(())
    }

    /// Has the waiting rows judged beside the reading of the next ones, and writes those that were judged before.
    async fn judge(&mut self) -> Result<()> {
        self.write_judged().await?;
        self.waiting_bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let (store, kind) = (self.store.clone(), self.def.geometry);
        self.judging = Some(tokio::spawn(async move { repair::judge(&store, kind, waiting).await }));
        Ok(())
    }

    /// Writes the rows that stand, once they were judged.
    async fn write_judged(&mut self) -> Result<()> {
        let Some(judging) = self.judging.take() else { return Ok(()) };
        let (standing, found) = judging.await.map_err(|e| Error::internal("judging geometries", e))??;
        self.report.add(found);
        for ready in &standing {
            self.write(ready).await?;
        }
        Ok(())
    }

    async fn write(&mut self, ready: &Ready) -> Result<()> {
        self.places.note(ready.row, &ready.place)?;
        self.written += 1;
        self.writer.row(2 + ready.values.len());
        self.writer.field(&ready.row.to_be_bytes());
        self.writer.field(&ready.wkb);
        ready.values.iter().for_each(|v| self.writer.value(v));
        if self.writer.len() >= CHUNK_BYTES {
            let chunk = self.writer.take();
            self.send(chunk, true).await?;
        }
        Ok(())
    }

    /// Sends a chunk; `more` are to come.
    async fn send(&mut self, chunk: Vec<u8>, more: bool) -> Result<()> {
        let mut stream = match std::mem::replace(&mut self.work, Work::Gone) {
            Work::Copy(stream) => stream,
            Work::Tx(mut tx) => {
                let sql = self.stage(&mut tx, more).await?;
                Stream::start(tx, sql)
            }
            Work::Gone => return Err(broken()),
        };
        if stream.send(chunk).await {
            self.work = Work::Copy(stream);
            return Ok(());
        }
        // The COPY ended early: its error says why.
        stream.finish().await.map(drop)
    }

    /// Makes the staging table, and gives the COPY into it. Few rows are not worth a table that becomes the layer.
    async fn stage(&mut self, tx: &mut Tx, many: bool) -> Result<String> {
        self.whole = many && adopt::stage(self.store, tx, &self.def.id, &self.name).await?;
        if !self.whole {
            let sql = layer_sql::create_staging(&self.def, &layer_sql::ident(&self.name)?)?;
            sqlx::query(&sql).execute(&mut **tx).await?;
        }
        let list = layer_sql::geom_and_columns(&self.def, "")?;
        // In a table that becomes the layer the row's number is its identifier.
        self.number = if self.whole { "fid" } else { "row" };
        Ok(format!("copy {} ({}, {list}) from stdin (format binary)", self.staging, self.number))
    }

    /// All rows are in the staging table, and the transaction is at hand.
    async fn settle(&mut self) -> Result<Tx> {
        self.judge().await?;
        self.write_judged().await?;
        // Also where no row came: what follows wants its table.
        let last = std::mem::replace(&mut self.writer, copy::Writer::new()).finish();
        self.send(last, false).await?;
        match std::mem::replace(&mut self.work, Work::Gone) {
            Work::Copy(stream) => stream.finish().await,
            Work::Tx(_) | Work::Gone => Err(broken()),
        }
    }

    /// Compares and merges. A dry run does all but the last and changes nothing.
    pub async fn merge(mut self, mode: Mode, author: &Author, dry_run: bool) -> Result<BulkReport> {
        if mode == Mode::Upsert && self.def.key.is_empty() {
            return Err(Error::invalid(
                "mode",
                "Lớp không khai báo khóa nên không dùng được chế độ upsert.",
                "the layer declares no key, so upsert cannot tell which item a row is",
            ));
        }
        let mut tx = self.settle().await?;
        self.report.units = units::fill(&mut tx, &self.def, &self.staging, self.number).await?;
        keys::reject(&mut self, &mut tx, mode).await?;
        let left = if self.whole { adopt::adopt(&mut self, tx, author, dry_run).await? } else { Some(tx) };
        if let Some(tx) = left {
            merge::merge(&mut self, tx, mode, author, dry_run).await?;
        }
        if self.def.id == crate::units::COMMUNE_LAYER && self.report.position.is_some() {
            // What is loaded next finds the new outlines; items that are there follow by the job that was asked for.
            self.store.refresh_unit_pieces().await?;
        }
        if let Err(error) = self.tidy().await {
            // The rows are in, whatever fails from here; housekeeping builds what is due.
            tracing::warn!(%error, layer = %self.def.id, "the layer's table was not tidied after a bulk change");
        }
        Ok(self.report)
    }

    /// What the layer's table wants after the commit.
    async fn tidy(&self) -> Result<()> {
        if self.report.position.is_none() {
            return Ok(());
        }
        if self.report.inserted + self.report.updated > 1000 {
            // Estimates of a table that just grew a hundredfold would spoil the next plans.
            sqlx::query!("select dothi.analyze_layer($1)", self.def.id).execute(&self.store.pool).await?;
        }
        // Last: the nodes are loading meanwhile, and need the processors more.
        if self.whole {
            self.store.build_due_indexes().await?;
        }
        Ok(())
    }
}

fn broken() -> Error {
    Error::Setup("the bulk change has failed already".to_owned())
}
