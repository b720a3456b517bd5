//! Fills the state at start-up and shuts down gracefully.

use crate::cluster::{Cluster, Durability, SUPERUSER};
use crate::config::Config;
use crate::store::Store;
use crate::store::bootstrap::{self, SERVE};
use crate::{Error, Result};

/// Name of the database in a private cluster.
const DATABASE: &str = "dothi";

/// The database that a command works on, private or given.
#[derive(Debug)]
pub struct Database {
    cluster: Option<Cluster>,
    /// Address of the role that migrates and applies layers.
    pub admin_url: String,
    /// Address of the role that serves.
    pub serve_url: String,
}

impl Database {
    /// Starts or joins the private cluster, or takes the given database.
    pub async fn open(config: &Config) -> Result<Self> {
        if let Some(url) = &config.database_url {
            let admin_url = config.owner_url.clone().unwrap_or_else(|| url.clone());
            if config.owner_url.is_some() {
                bootstrap::bootstrap_existing(&admin_url).await?;
            }
            return Ok(Self { cluster: None, admin_url, serve_url: url.clone() });
        }
        let home = config.home.clone();
        let cluster = tokio::task::spawn_blocking(move || Cluster::open(&home, Durability::Full))
            .await
            .map_err(|e| Error::internal("start the private database", e))??;
        bootstrap::bootstrap(&cluster.url(SUPERUSER, "postgres"), DATABASE).await?;
        let (admin_url, serve_url) = (cluster.url(SUPERUSER, DATABASE), cluster.url(SERVE, DATABASE));
        Ok(Self { cluster: Some(cluster), admin_url, serve_url })
    }

    /// Why the private data do not lie in `DOTHI_HOME`, where they do not.
    pub fn moved_because(&self) -> Option<&str> {
        self.cluster.as_ref().and_then(Cluster::moved_because)
    }

    /// Connected as the role that migrates.
    pub async fn admin(&self) -> Result<Store> {
        Store::connect(&self.admin_url).await
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<()> {
        let store = self.admin().await?;
        let done = store.migrate().await;
        store.close().await;
        done
    }

    /// Leaves the cluster; the last one out stops it.
    pub fn close(self) -> Result<()> {
        self.cluster.map_or(Ok(()), Cluster::close)
    }
}

/// Ready at Ctrl-C or SIGTERM.
pub async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
