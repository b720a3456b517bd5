//! `dothi quality`: asks the quality rules of layers and lists what the last runs found.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args as ClapArgs, Subcommand};
use uuid::Uuid;

use super::Outcome;
use crate::app::Database;
use crate::config::Config;
use crate::jobs::quality::{self, QUALITY_JOB, Summary};
use crate::layers::Severity;
use crate::quality::Control;
use crate::store::Store;
use crate::store::jobs::State;
use crate::{Error, Result};

/// `dothi quality`
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the rules of these layers, of all by default; exit code 1 if there are errors
    Run {
        /// Layer ids
        layers: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the last run of each layer
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    let database = Database::open(&config).await?;
    let store = Store::connect(&database.serve_url).await?;
    let done = match &args.command {
        Command::Run { layers, json } => ask(&store, layers, *json).await,
        Command::List { json } => list(&store, *json).await,
    };
    store.close().await;
    database.close()?;
    done
}

async fn ask(store: &Store, layers: &[String], json: bool) -> Outcome {
    let catalog = store.catalog().await?;
    if let Some(unknown) = layers.iter().find(|id| catalog.layer(id).is_none()) {
        return Err(Error::invalid(
            "LAYER",
            format!("không có lớp {unknown}"),
            format!("no layer {unknown}"),
        ));
    }
    let all = catalog.layers.values().filter(|def| !def.quality_rules().is_empty() && def.rows_of.is_none());
    let wanted: Vec<String> =
        if layers.is_empty() { all.map(|def| def.id.clone()).collect() } else { layers.to_vec() };
    let (snapshot, catalog) = quality::load(store, &wanted).await?;
    let mut summaries = Vec::with_capacity(wanted.len());
    for layer in &wanted {
        let control = Arc::new(Control::default());
        let summary = quality::run(store, snapshot.clone(), catalog.clone(), layer, None, control).await?;
        if !json {
            print(&summary);
        }
        summaries.push(summary);
    }
    if json {
        outln!("{}", serde_json::to_string(&summaries).map_err(|e| Error::internal("quality", e))?);
    }
    Ok(ExitCode::from(u8::from(summaries.iter().any(|s| s.errors > 0))))
}

fn print(summary: &Summary) {
    let Summary { layer, items, errors, warnings, .. } = summary;
    outln!("{layer}: {items} items, {errors} errors, {warnings} warnings");
    for rule in summary.rules.iter().filter(|r| r.count > 0 || r.not_run.is_some()) {
        let severity = if rule.severity == Severity::Error { "error" } else { "warning" };
        match &rule.not_run {
            Some(why) => outln!("  {:<24} not asked: {}", rule.rule, why.en),
            None if rule.listed < rule.count => {
                outln!(
                    "  {:<24} {:>8} {severity}  {} (the worst {} are listed)",
                    rule.rule,
                    rule.count,
                    rule.title.en,
                    rule.listed
                );
            }
            None => outln!("  {:<24} {:>8} {severity}  {}", rule.rule, rule.count, rule.title.en),
        }
    }
}

async fn list(store: &Store, json: bool) -> Outcome {
    let runs = store.list_quality_runs().await?;
    if json {
        let runs: Vec<_> = runs
            .iter()
            .map(|r| {
                serde_json::json!({"layer": r.layer, "revision": r.revision, "finished_at": r.finished_at,
                    "items": r.items, "errors": r.errors, "warnings": r.warnings, "rules": r.rules})
            })
            .collect();
        outln!("{}", serde_json::Value::Array(runs));
        return Ok(ExitCode::SUCCESS);
    }
    for r in runs {
        let at = r.finished_at.format("%Y-%m-%d %H:%M UTC");
        outln!(
            "{:<22} {at}  {:>8} items {:>8} errors {:>8} warnings",
            r.layer,
            r.items,
            r.errors,
            r.warnings
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// How long a running server is given to take up jobs: it looks four times a second.
const SERVER_WITHIN: Duration = Duration::from_millis(1200);
/// How often it is looked whether one has.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Sees that queued runs are done: by a server where one runs, else here and now. Gives the summaries of those done
/// here.
pub(super) async fn settle(store: &Store, jobs: &[Uuid]) -> Result<Vec<Summary>> {
    if jobs.is_empty() || taken_up(store, jobs).await? {
        return Ok(Vec::new());
    }
    let mut done = Vec::new();
    while any_waits(store, jobs).await? {
        let Some(lease) = store.lease_job(&[QUALITY_JOB], 60.0).await? else { break };
        let layer = lease.payload["layer"].as_str().unwrap_or_default().to_owned();
        let work = async {
            let (snapshot, catalog) = quality::load(store, &[layer]).await?;
            quality::leased(store, snapshot, catalog, &lease).await
        };
        match work.await {
            Ok(summary) => {
                let result = serde_json::to_value(&summary).map_err(|e| Error::internal("quality", e))?;
                store.finish_job(&lease, &result).await?;
                done.push(summary);
            }
            Err(e) => {
                store.fail_job(&lease, &crate::jobs::check_application::failure(&e), None).await?;
                return Err(e);
            }
        }
    }
    Ok(done)
}

/// Waits until a server has taken up all of the jobs; false where some still wait after the time that it is given. (One
/// alone may have been taken by another command, which will not come to the rest.)
async fn taken_up(store: &Store, jobs: &[Uuid]) -> Result<bool> {
    let until = Instant::now() + SERVER_WITHIN;
    while any_waits(store, jobs).await? {
        if Instant::now() >= until {
            return Ok(false);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(true)
}

async fn any_waits(store: &Store, jobs: &[Uuid]) -> Result<bool> {
    for job in jobs {
        if store.find_job(*job).await?.is_some_and(|j| j.state == State::Queued) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Prints what runs after an import found, and what is left to a server.
pub(super) fn print_settled(jobs: &[Uuid], done: &[Summary]) {
    done.iter().for_each(print);
    if done.len() < jobs.len() {
        eprintln!("quality: {} runs were taken up by the server", jobs.len() - done.len());
    }
}
