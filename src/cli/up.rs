//! `dothi up`: from nothing to the running service; what `scripts/up` calls.

use std::time::Instant;

use super::{Outcome, first_admin, sample, serve};
use crate::Result;
use crate::app::Database;
use crate::config::Config;
use crate::store::layers::ApplyOptions;
use crate::store::reasons::Reason;
use crate::store::{Author, Store};

/// `dothi up`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do not load the made-up sample province at the first start
    #[arg(long)]
    no_sample: bool,
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    let began = Instant::now();
    let step = |what: &str| eprintln!("[{:6.1} s] {what}", began.elapsed().as_secs_f32());
    step("starting the database");
    let database = Database::open(&config).await?;
    if let Some(why) = database.moved_because() {
        step(why);
    }
    step("migrating");
    database.migrate().await?;
    let store = database.admin().await?;
    let prepared = prepare(&store, !args.no_sample, &step).await;
    store.close().await;
    let password = prepared?;
    step("loading the layers into memory");
    serve::serve(config, database, |app| {
        step("ready");
        announce(app.state().config.base_url().as_str(), password.as_deref(), !args.no_sample);
    })
    .await?;
    Ok(std::process::ExitCode::SUCCESS)
}

/// Layers, sample and the first account. Gives the one-time password of an `admin` that had to be made.
async fn prepare(store: &Store, with_sample: bool, step: &impl Fn(&str)) -> Result<Option<String>> {
    step("applying the layers");
    let catalog = crate::layers::embedded()?;
    store
        .apply(&catalog, ApplyOptions::default(), &Author::program("up", Reason::LayerFilesOfVersion.text()))
        .await?;
    if with_sample {
        step("loading the sample province (at the first start)");
        sample::load(store, crate::sample::province::SEED).await?;
    }
    first_admin::ensure(store).await
}

fn announce(address: &str, password: Option<&str>, with_sample: bool) {
    eprintln!();
    eprintln!("  {address}/");
    if with_sample {
        eprintln!("  sample accounts, password dothi-sample:");
        eprintln!("    applicant, applicant2");
        eprintln!("    intake, reviewer, approver            UBND phường Bắc Gia Nghĩa");
        eprintln!("    intake-sxd, reviewer-sxd, approver-sxd  Sở Xây dựng");
        eprintln!(
            "    reviewer-duclap, intake-kcn, clerk, order-officer, planner, agency, editor, editor-nnmt, admin"
        );
    }
    if let Some(password) = password {
        eprintln!("  account admin, one-time password (set your own at {address}/password): {password}");
    }
    eprintln!();
}
