//! `dothi serve`: serves a database that is migrated and has its layers.

use std::process::ExitCode;
use std::time::Instant;

use tokio::net::TcpListener;

use super::Outcome;
use crate::app::{App, Database, shutdown_signal};
use crate::config::Config;
use crate::{Error, Result};

/// `dothi serve`
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) async fn run(_: Args, config: Config) -> Outcome {
    let database = Database::open(&config).await?;
    let store = database.admin().await?;
    let migrated = store.is_migrated().await;
    store.close().await;
    if !migrated? {
        database.close()?;
        return Err(Error::Setup("the database is not up to date: run `dothi migrate`".to_owned()));
    }
    serve(config, database, |_| ()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Binds first (a taken port is told at once), loads, says that it is ready, and serves until a signal.
pub(super) async fn serve(config: Config, database: Database, ready: impl FnOnce(&App)) -> Result<()> {
    let began = Instant::now();
    let address = config.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|e| Error::Setup(format!("DOTHI_LISTEN={address}: cannot listen there: {e}")))?;
    let app = App::start(config, database).await?;
    let state = app.state();
    tracing::info!(
        layers = state.catalog.load().layers.len(),
        items = state.features.snapshot().layers().map(|l| l.count()).sum::<usize>(),
        seconds = began.elapsed().as_secs_f32(),
        "layers are in memory"
    );
    outln!("{}/", state.config.base_url());
    ready(&app);
    let served = app.serve(listener, shutdown_signal()).await;
    app.close().await?;
    served
}
