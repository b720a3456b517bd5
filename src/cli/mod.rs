//! The command line: one file a subcommand.
//!
//! Exit codes: 0 done, 1 the work failed or a check failed, 2 wrong usage or input. Messages go to stderr, results
//! to stdout.

/// As `println!`, but a reader that has closed its end (`dothi undo 7 | head`) does not end the command: what it does is
/// done to the end, and nobody is left to be told.
macro_rules! outln {
    ($($arg:tt)*) => {
        $crate::cli::output(format_args!("{}\n", format_args!($($arg)*)))
    };
}

mod cluster;
mod export;
mod first_admin;
mod history;
mod ids;
pub mod ifc;
mod ifc_compare;
mod import;
mod layers;
mod migrate;
pub mod precheck;
mod quality;
pub mod sample;
pub mod sample_models;
mod serve;
mod units;
mod up;
mod user;
pub mod worker;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::text::Lang;
use crate::{Error, Result};

#[derive(Debug, Parser)]
#[command(name = "dothi", version, about = "GIS urban database and BIM permitting service")]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal, the OGC services and the API
    Serve(serve::Args),
    /// Bring everything up from nothing: database, layers, sample province, server
    Up(up::Args),
    /// Bring the database up to date
    Migrate(migrate::Args),
    /// Validate the layer files, make the tables follow them, list the layers
    Layers(layers::Args),
    /// Import a file of any format that GDAL reads into a layer
    Import(import::Args),
    /// Export a layer as GeoPackage, FlatGeobuf, GeoJSON, CSV or GeoParquet
    Export(export::Args),
    /// Administrative units of any time, and the communes that items lie in
    Units(units::Args),
    /// Ask the quality rules of layers, and list what they found
    Quality(quality::Args),
    /// What changed in a layer, or the life of an item
    History(history::Args),
    /// Take a change back: a new revision that restores what was not changed since
    Undo(history::UndoArgs),
    /// Accounts
    User(user::Args),
    /// The private database cluster
    Cluster(cluster::Args),
    /// Building models
    Ifc(ifc::Args),
    /// Information requirements (IDS 1.0) on building models
    Ids(ids::Args),
    /// Verdicts on a model for a parcel, without filing anything
    Precheck(precheck::Args),
    /// The made-up sample province and building models
    Sample(sample::Args),
    /// Parses one untrusted file for the program itself
    #[command(hide = true)]
    Worker(worker::Args),
}

/// What a command gives back: 0, or 1 where a check failed.
type Outcome = Result<ExitCode>;

/// Parses the arguments, runs the command and turns its result into an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("DOTHI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,dothi=info,sqlx::query=error"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    if let Command::Worker(args) = &cli.command {
        // Alone in its process, before there are threads: its limits hold for everything it does.
        return worker::run(args).unwrap_or_else(|error| report(&error));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("dothi: {error}");
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

impl Cli {
    async fn run(self) -> Outcome {
        self.config.check()?;
        match self.command {
            Command::Serve(args) => serve::run(args, self.config).await,
            Command::Up(args) => up::run(args, self.config).await,
            Command::Migrate(args) => migrate::run(args, self.config).await,
            Command::Layers(args) => layers::run(args, self.config).await,
            Command::Import(args) => import::run(args, self.config).await,
            Command::Export(args) => export::run(args, self.config).await,
            Command::Units(args) => units::run(args, &self.config).await,
            Command::Quality(args) => quality::run(args, self.config).await,
            Command::History(args) => history::run(args, self.config).await,
            Command::Undo(args) => history::undo(args, self.config).await,
            Command::User(args) => user::run(args, self.config).await,
            Command::Ifc(args) => ifc::run(args).await,
            Command::Ids(args) => ids::run(args).await,
            Command::Worker(args) => worker::run(&args),
            Command::Precheck(args) => precheck::run(args, self.config).await,
            Command::Sample(args) => sample::run(args, &self.config).await,
            Command::Cluster(args) => cluster::run(args, &self.config).await,
        }
    }
}

/// Writes to stdout; see `outln!`.
fn output(text: std::fmt::Arguments<'_>) {
    match std::io::stdout().write_fmt(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => eprintln!("dothi: stdout: {error}"),
        _ => {}
    }
}

/// Prints an error in the language of `LANG` and gives its exit code: 2 where the input was wrong, else 1.
fn report(error: &Error) -> ExitCode {
    let lang = Lang::of_environment();
    match error {
        Error::InvalidParameter { name, reason } => eprintln!("dothi: {name}: {}", reason.get(lang)),
        Error::BadFile { place, reason } => eprintln!("dothi: {place}: {}", reason.get(lang)),
        other => {
            eprintln!("dothi: {other}");
            let mut cause = std::error::Error::source(other);
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
        }
    }
    ExitCode::from(match error {
        Error::InvalidParameter { .. }
        | Error::BadFile { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. } => 2,
        _ => 1,
    })
}
