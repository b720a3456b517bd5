//! The only SQL: layers' tables, items, history, feed, applications, accounts, audit, jobs.
//!
//! Fixed tables are queried with `sqlx::query!` (checked at build time against `.sqlx`), layer tables only through
//! `layer_sql`, the one place that writes identifiers. Geometry travels as WKB bytes in EPSG:9218.

pub mod accounts;
pub mod activity;
pub mod audit;
pub mod batch;
pub mod bootstrap;
pub mod bulk;
mod copy;
mod error;
pub mod feed;
mod filter_sql;
pub mod history;
pub mod idempotency;
pub mod import_list;
pub mod import_log;
pub mod imports;
pub mod items;
pub mod jobs;
pub mod layer_sql;
pub mod layers;
pub mod lineage;
pub mod listen;
pub mod load;
pub mod permits;
pub mod quality;
pub mod reasons;
pub mod sessions;
pub mod settings;
pub mod units;
mod wkb;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Postgres, Transaction};

use crate::{Error, Result};

#[allow(unused_imports, reason = "for map_err in the permit tables")]
pub(in crate::store) use error::database;
pub use feed::{Author, Position};

/// A transaction of the store. Only code in `store` runs statements on it; others pass it along.
pub type Tx = Transaction<'static, Postgres>;

/// Time a request waits for a free connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Connections a node holds at most.
const MAX_CONNECTIONS: u32 = 16;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    recent: Arc<sessions::Recent>,
}

impl Store {
    /// Connects as the role that the address names (`dothi_serve` when serving, `dothi_owner` to migrate). Fails
    /// with [`Error::Unavailable`] if nobody answers.
    pub async fn connect(url: &str) -> Result<Self> {
        let store = Self::connect_lazy(url)?;
        store.ping().await?;
        Ok(store)
    }

    /// As [`Store::connect`], without asking the database yet.
    pub fn connect_lazy(url: &str) -> Result<Self> {
        // Times on disk and in text are UTC whatever the server's setting; a plan of a dynamic statement must not
        // be kept for a table that `layers apply` may alter, hence the small cache.
        let options = PgConnectOptions::from_str(url)
            .map_err(|e| Error::Setup(format!("DATABASE_URL: {e}")))?
            .application_name("dothi")
            .options([("timezone", "UTC"), ("statement_timeout", "0"), ("jit", "off")])
            .statement_cache_capacity(256);
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options);
        Ok(Self { pool, recent: Arc::default() })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Brings the database up to date. The connection's role is `dothi_owner`, or one that may become it (the
    /// superuser of a private cluster): whatever a migration makes belongs to the owner.
    pub async fn migrate(&self) -> Result<()> {
        let mut connection = self.pool.acquire().await?.detach();
        sqlx::query("set role dothi_owner").execute(&mut connection).await.map_err(|e| {
            Error::Setup(format!(
                "the database is not set up for Dothi ({e}): as a superuser run `dothi migrate` with DOTHI_OWNER_URL \
                 naming that superuser"
            ))
        })?;
        sqlx::migrate!("./migrations")
            .run(&mut connection)
            .await
            .map_err(|e| Error::Setup(format!("migration: {e}")))?;
        sqlx::query("select dothi.ensure_history_partitions()").execute(&mut connection).await?;
        Ok(())
    }

    /// Whether every migration of this program is applied, without changing anything.
    pub async fn is_migrated(&self) -> Result<bool> {
        let applied: Option<i64> =
            sqlx::query_scalar("select to_regclass('public._sqlx_migrations')::oid::bigint")
                .fetch_one(&self.pool)
                .await?;
        if applied.is_none() {
            return Ok(false);
        }
        let versions: Vec<i64> =
            sqlx::query_scalar("select version from public._sqlx_migrations where success")
                .fetch_all(&self.pool)
                .await?;
        Ok(sqlx::migrate!("./migrations").iter().all(|m| versions.contains(&m.version)))
    }

    /// A new transaction. Dropped without `commit` it rolls back.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(self.pool.begin().await?)
    }

    /// Commits, so that handlers need not name the driver.
    pub async fn commit(tx: Tx) -> Result<()> {
        Ok(tx.commit().await?)
    }

    /// Closes all connections; statements that run come to their end first.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
