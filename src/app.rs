//! Fills the state at start-up and shuts down gracefully.

use std::future::Future;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;

use crate::cluster::{Cluster, Durability, SUPERUSER};
use crate::config::Config;
use crate::features::Features;
use crate::feed::Feed;
use crate::files::Files;
use crate::files::made::MadeFiles;
use crate::jobs::Runner;
use crate::permit::Law;
use crate::state::{AppState, Parts};
use crate::store::Store;
use crate::store::bootstrap::{self, SERVE};
use crate::{Error, Result, http};

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

/// The running program: database, memory, background work.
pub struct App {
    state: AppState,
    database: Database,
    runner: Runner,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("database", &self.database).finish_non_exhaustive()
    }
}

impl App {
    /// Loads all layers into memory and starts the background work. The database is migrated already.
    pub async fn start(config: Config, database: Database) -> Result<Self> {
        let state = open_state(config, &database.serve_url).await?;
        let runner = Runner::start(&state);
        Ok(Self { state, database, runner })
    }

    /// What handlers and jobs share.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves on `listener` until `until` is ready, then lets running requests end.
    pub async fn serve(
        &self,
        listener: TcpListener,
        until: impl Future<Output = ()> + Send + 'static,
    ) -> Result<()> {
        http::server::serve(listener, self.state.clone(), until).await
    }

    /// Ends background work, closes the connections and leaves the cluster.
    pub async fn close(self) -> Result<()> {
        self.runner.stop().await;
        self.state.feed.stop();
        self.state.store.close().await;
        tokio::task::spawn_blocking(|| self.database.close())
            .await
            .map_err(|e| Error::internal("leave the private database", e))?
    }
}

/// The state without background work and without a server: for commands that read what is served.
pub async fn open_state(config: Config, serve_url: &str) -> Result<AppState> {
    let law = Law::load()?;
    let files = Files::open(&config.home.join("files"))?;
    let made = MadeFiles::new(config.home.join("made"), config.download_cache_mib << 20);
    let store = Store::connect(serve_url).await?;
    let features =
        Arc::new(Features::new(config.tile_cache_mib << 20, config.layer_memory_mib.map(|mib| mib << 20)));
    let catalog = Arc::new(ArcSwap::default());
    let feed = Feed::start(store.clone(), features.clone(), catalog.clone()).await?;
    Ok(AppState::new(Parts {
        config: Arc::new(config),
        store,
        catalog,
        features,
        feed,
        files,
        made,
        law: Arc::new(law),
    }))
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
