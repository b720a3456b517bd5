//! `dothi migrate`: brings the database up to date.

use std::process::ExitCode;

use super::Outcome;
use crate::app::Database;
use crate::config::Config;

/// `dothi migrate`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the address of the migrated database, for tools that check queries against it
    #[arg(long, hide = true)]
    print_url: bool,
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    let database = Database::open(&config).await?;
    database.migrate().await?;
    if args.print_url {
        outln!("{}", database.admin_url);
    }
    database.close()?;
    Ok(ExitCode::SUCCESS)
}
