//! Reading layers: one REPEATABLE READ snapshot with its revision, shared by parallel connections, rows by binary
//! COPY. Half a million rows come in seconds; what a node needs to start, and to reload a layer beside the old one.

use futures::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::{Connection, Executor, PgConnection, Postgres, Row};
use tokio::sync::mpsc;

use super::feed::{Changed, Position};
use super::layers::catalog_on;
use super::{Store, copy, layer_sql};
use crate::layers::{AttributeType, Catalog, ItemRef, ItemRow, LayerDef, Value};
use crate::space::Bbox;
use crate::{Error, Result};

/// Bytes of rows that are handed over at once, and blocks that may wait.
const BLOCK_BYTES: usize = 512 << 10;
const BLOCKS_AHEAD: usize = 4;

/// One state of the whole database, held open until it is dropped. Loads may run on it in parallel, each on its own
/// connection. Keep it for seconds, not minutes: it keeps superseded rows from being cleaned up.
#[derive(Debug)]
pub struct ReadSnapshot {
    store: Store,
    /// Holds the exported snapshot's transaction.
    leader: PgConnection,
    exported: String,
    position: Position,
    catalog: Catalog,
}

/// What changed between a revision and a snapshot, one record a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerDelta {
    /// The layer; `*` for code lists.
    pub layer: String,
    /// Items to fetch again, the whole layer, or the definition too.
    pub what: Changed,
}

impl Store {
    /// Opens a snapshot.
    pub async fn snapshot(&self) -> Result<ReadSnapshot> {
        // Detached: a connection in the middle of a transaction must not come back to the pool when dropped.
        let mut leader = self.pool.acquire().await?.detach();
        begin(&mut leader).await?;
        let exported: String =
            sqlx::query_scalar("select pg_export_snapshot()").fetch_one(&mut leader).await?;
        let row = sqlx::query!("select epoch, revision from dothi.feed").fetch_one(&mut leader).await?;
        let position = Position { epoch: row.epoch, revision: row.revision };
        let catalog = catalog_on(&mut leader).await?;
        Ok(ReadSnapshot { store: self.clone(), leader, exported, position, catalog })
    }

    /// All rows of one layer with their position; for a single read (tests, exports).
    pub async fn load_layer(&self, def: &LayerDef) -> Result<(Position, Vec<ItemRow>)> {
        let snapshot = self.snapshot().await?;
        let mut rows = Vec::new();
        snapshot
            .load(def, |row| {
                rows.push(row.to_row());
                Ok(())
            })
            .await?;
        Ok((snapshot.position(), rows))
    }
}

async fn begin(db: &mut PgConnection) -> Result<()> {
    sqlx::query("begin isolation level repeatable read read only").execute(&mut *db).await?;
    Ok(())
}

impl ReadSnapshot {
    /// Where the database stood.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The applied definitions.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Streams all rows of a layer, ordered as they lie on disk, and says how many there were. The socket is read
    /// beside `each`, a few blocks ahead.
    pub async fn load(&self, def: &LayerDef, mut each: impl FnMut(ItemRef<'_>) -> Result<()>) -> Result<u64> {
        let db = self.join().await?;
        let sql = format!(
            "copy (select {} from {}) to stdout (format binary)",
            layer_sql::copy_list(def)?,
            layer_sql::table(def)?
        );
        let mut reader = copy::Reader::new(def);
        let mut rows = 0;
        let (blocks, mut queue) = mpsc::channel(BLOCKS_AHEAD);
        let reading = tokio::spawn(read_blocks(db, sql, blocks));
        while let Some(block) = queue.recv().await {
            rows += reader.feed(&block, &mut each)?;
        }
        let db = reading.await.map_err(|e| Error::internal("reading a layer", e))??;
        db.leave().await?;
        reader.finish()?;
        Ok(rows)
    }

    /// Bytes that the layer's table takes.
    pub async fn table_bytes(&self, def: &LayerDef) -> Result<u64> {
        let mut db = self.join().await?;
        let bytes: i64 = sqlx::query_scalar("select pg_table_size($1::regclass)")
            .bind(layer_sql::table(def)?)
            .fetch_one(db.connection()?)
            .await?;
        db.leave().await?;
        Ok(bytes.max(0) as u64)
    }

    /// How many items a layer has and the box around them (EPSG:9218): as the database estimates it where it has looked
    /// at the table, else counted.
    pub async fn about(&self, def: &LayerDef) -> Result<(usize, Option<Bbox>)> {
        const EDGES: &str = "st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e)";
        let mut db = self.join().await?;
        let table = layer_sql::table(def)?;
        let estimate = "select reltuples::bigint from pg_class where oid = $1::regclass";
        let estimated: i64 = sqlx::query_scalar(estimate).bind(&table).fetch_one(db.connection()?).await?;
        let row = if estimated < 0 {
            let sql = format!("select {EDGES}, n from (select st_extent(geom) e, count(*) n from {table}) s");
            sqlx::query(&sql).fetch_one(db.connection()?).await?
        } else {
            let sql = format!("select {EDGES}, $2 from st_estimatedextent('layer', $1, 'geom') e");
            sqlx::query(&sql).bind(&def.id).bind(estimated).fetch_one(db.connection()?).await?
        };
        let edge = |i: usize| row.try_get::<Option<f64>, _>(i);
        let extent = match (edge(0)?, edge(1)?, edge(2)?, edge(3)?) {
            (Some(min_x), Some(min_y), Some(max_x), Some(max_y)) => Some(Bbox { min_x, min_y, max_x, max_y }),
            _ => None,
        };
        let count = usize::try_from(row.try_get::<i64, _>(4)?).unwrap_or_default();
        db.leave().await?;
        Ok((count, extent))
    }

    /// The rows with these fids that exist.
    pub async fn rows(&self, def: &LayerDef, fids: &[i64]) -> Result<Vec<ItemRow>> {
        let mut db = self.join().await?;
        let rows = rows_on(db.connection()?, def, fids).await?;
        db.leave().await?;
        Ok(rows)
    }

    /// What changed after `revision`, joined to one record a layer. None if that revision lies in the future: the
    /// database went back, so reload everything.
    pub async fn changes_after(&mut self, revision: i64) -> Result<Option<Vec<LayerDelta>>> {
        if revision > self.position.revision {
            return Ok(None);
        }
        let rows = sqlx::query!(
            "select layer, fids, kind from dothi.feed_change where revision > $1 order by revision",
            revision
        )
        .fetch_all(&mut self.leader)
        .await?;
        let mut deltas: Vec<LayerDelta> = Vec::new();
        for row in rows {
            let what = match (row.kind.as_str(), row.fids) {
                ("catalog", _) => Changed::Catalog,
                (_, Some(fids)) => Changed::Items(fids),
                (_, None) => Changed::Layer,
            };
            match deltas.iter_mut().find(|d| d.layer == row.layer) {
                Some(known) => join(&mut known.what, what),
                None => deltas.push(LayerDelta { layer: row.layer, what }),
            }
        }
        Ok(Some(deltas))
    }

    /// Another connection in the same snapshot.
    async fn join(&self) -> Result<Member> {
        let mut member = Member(Some(self.store.pool.acquire().await?));
        begin(member.connection()?).await?;
        let sql = format!("set transaction snapshot '{}'", self.exported.replace('\'', ""));
        member.connection()?.execute(sql.as_str()).await?;
        Ok(member)
    }

    /// Ends the snapshot in good order (dropping it does so too, less politely).
    pub async fn close(self) -> Result<()> {
        self.leader.close().await?;
        Ok(())
    }
}

/// Reads a COPY into blocks of whole messages; ends early where nobody takes them any more.
async fn read_blocks(mut db: Member, sql: String, blocks: mpsc::Sender<Vec<u8>>) -> Result<Member> {
    {
        let mut stream = db.connection()?.copy_out_raw(&sql).await?;
        // The server sends a message a row: gathered, they cost one hand-over for thousands.
        let mut block = Vec::with_capacity(BLOCK_BYTES + BLOCK_BYTES / 4);
        while let Some(chunk) = stream.try_next().await? {
            block.extend_from_slice(&chunk);
            if block.len() >= BLOCK_BYTES {
                let full = std::mem::replace(&mut block, Vec::with_capacity(BLOCK_BYTES + BLOCK_BYTES / 4));
                if blocks.send(full).await.is_err() {
                    return Err(Error::Setup("the load was given up".to_owned()));
                }
            }
        }
        // Whether somebody takes the last one is for the caller to see.
        let _ = blocks.send(block).await;
    }
    Ok(db)
}

/// A pooled connection inside the snapshot. Given up half-way (an error, a cancelled load) it is closed: in the
/// middle of a COPY it is of no use to anybody.
struct Member(Option<PoolConnection<Postgres>>);

impl Member {
    fn connection(&mut self) -> Result<&mut PgConnection> {
        self.0
            .as_deref_mut()
            .ok_or_else(|| Error::Setup("the snapshot's connection was given back".to_owned()))
    }

    /// Gives the connection back in good order.
    async fn leave(mut self) -> Result<()> {
        sqlx::query("commit").execute(self.connection()?).await?;
        self.0.take();
        Ok(())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}

/// The wider of two changes; ids add up.
fn join(known: &mut Changed, more: Changed) {
    match (&mut *known, more) {
        (Changed::Items(ids), Changed::Items(more)) => {
            ids.extend(more);
            ids.sort_unstable();
            ids.dedup();
        }
        (Changed::Catalog, _) | (Changed::Layer, Changed::Items(_)) => {}
        (_, wider) => *known = wider,
    }
}

/// The rows with these fids that exist, on the caller's connection.
pub(in crate::store) async fn rows_on(
    db: &mut PgConnection,
    def: &LayerDef,
    fids: &[i64],
) -> Result<Vec<ItemRow>> {
    let sql = format!(
        "select {} from {} where fid = any($1)",
        layer_sql::select_list(def)?,
        layer_sql::table(def)?
    );
    let rows = sqlx::query(&sql).bind(fids).fetch_all(db).await?;
    rows.iter().map(|row| item(row, def)).collect()
}

/// An item from a row of [`layer_sql::select_list`].
pub(in crate::store) fn item(row: &PgRow, def: &LayerDef) -> Result<ItemRow> {
    let values = def
        .attributes
        .iter()
        .enumerate()
        .map(|(i, a)| value(row, i + 3, a.kind))
        .collect::<Result<_, sqlx::Error>>()?;
    Ok(ItemRow { fid: row.try_get(0)?, version: row.try_get(1)?, wkb: row.try_get(2)?, values })
}

fn value(row: &PgRow, i: usize, kind: AttributeType) -> Result<Value, sqlx::Error> {
    let value = match kind {
        AttributeType::Text => row.try_get::<Option<_>, _>(i)?.map(Value::Text),
        AttributeType::Integer => row.try_get::<Option<_>, _>(i)?.map(Value::Int),
        AttributeType::Real => row.try_get::<Option<_>, _>(i)?.map(Value::Real),
        AttributeType::Boolean => row.try_get::<Option<_>, _>(i)?.map(Value::Bool),
        AttributeType::Date => row.try_get::<Option<_>, _>(i)?.map(Value::Date),
        AttributeType::Timestamp => row.try_get::<Option<_>, _>(i)?.map(Value::Time),
    };
    Ok(value.unwrap_or(Value::Null))
}

impl From<copy::Broken> for Error {
    fn from(broken: copy::Broken) -> Self {
        Self::internal("reading rows from the database", broken)
    }
}
