//! `dothi cluster run`: keeps the private database running, for psql and for a row of commands.

use std::process::ExitCode;

use clap::Subcommand;

use super::Outcome;
use crate::cluster::{Cluster, Durability, SUPERUSER};
use crate::config::Config;
use crate::{Error, app};

/// `dothi cluster …`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Keep the private database running until Ctrl-C
    Run {
        /// Give up durability for speed: for tests only
        #[arg(long)]
        for_tests: bool,
    },
}

pub(super) async fn run(args: Args, config: &Config) -> Outcome {
    let Command::Run { for_tests } = args.command;
    let durability = if for_tests { Durability::None } else { Durability::Full };
    let home = config.home.clone();
    let cluster = tokio::task::spawn_blocking(move || Cluster::open(&home, durability))
        .await
        .map_err(|e| Error::internal("start the private database", e))??;
    if let Some(why) = cluster.moved_because() {
        eprintln!("{why}");
    }
    outln!("psql -h {} -U {SUPERUSER} dothi", cluster.socket_dir().display());
    app::shutdown_signal().await;
    cluster.close()?;
    Ok(ExitCode::SUCCESS)
}
