//! `dothi sample`: the made-up province and the sample building models.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use super::{Outcome, sample_models};
use crate::app::Database;
use crate::config::Config;
use crate::layers::Catalog;
use crate::sample::province::{SEED, SampleItem, generate};
use crate::store::bulk::{Incoming, Mode};
use crate::store::layers::ApplyOptions;
use crate::store::permits::sample as accounts;
use crate::store::reasons::Reason;
use crate::store::{Author, Store};
use crate::{Error, Result};

/// Key of the setting that says that the sample is loaded. The portal marks every page while it is set.
pub const SETTING: &str = "sample_province";

/// `dothi sample`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Load the made-up sample province and its accounts
    Load {
        /// Seed that everything made up follows from
        #[arg(long, default_value_t = SEED)]
        seed: u64,
    },
    /// Write the sample building models
    Models {
        /// Folder to write into; made if it is missing
        dir: PathBuf,
    },
}

/// What is known of a loaded sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Seed.
    pub seed: u64,
    /// Items of all layers.
    pub items: u64,
}

pub(super) async fn run(args: Args, config: &Config) -> Outcome {
    match args.command {
        Command::Models { dir } => {
            for name in sample_models::write(&dir)? {
                outln!("{name}");
            }
        }
        Command::Load { seed } => {
            let database = Database::open(config).await?;
            let done = open_and_load(&database, seed).await;
            database.close()?;
            done?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn open_and_load(database: &Database, seed: u64) -> Result<()> {
    database.migrate().await?;
    let store = database.admin().await?;
    let done = load(&store, seed).await;
    store.close().await;
    done.map(|_| ())
}

/// Loads the sample of `seed` unless it is loaded, and tells which of the two on stderr. Items that are there
/// already are kept: a load that was cut off goes on where it stopped.
pub async fn load(store: &Store, seed: u64) -> Result<Loaded> {
    if let Some(loaded) = store.setting::<Loaded>(SETTING).await? {
        if loaded.seed != seed {
            return Err(Error::conflict(
                format!("dữ liệu mẫu đã được nạp với hạt giống {}", loaded.seed),
                format!("the sample is already loaded, from seed {}", loaded.seed),
            ));
        }
        eprintln!("the sample province is already loaded ({} items)", loaded.items);
        return Ok(loaded);
    }
    let began = Instant::now();
    let catalog = applied_catalog(store).await?;
    let rows = incoming(seed, &catalog)?;
    let total: usize = rows.iter().map(|(_, rows)| rows.len()).sum();
    let bar = ProgressBar::new(total as u64).with_style(style());
    let author = Author::program("cli sample load", Reason::Sample.text());
    for (layer, rows) in rows {
        bar.set_message(layer);
        let count = rows.len() as u64;
        let report = store.load_rows(&catalog, layer, rows, Mode::Upsert, &author).await?;
        if let Some(refused) = report.rejections.first() {
            let (place, reason) = (&refused.place, &refused.reason);
            return Err(Error::bad_file(format!("sample: {layer}, {place}"), &reason.vi, &reason.en));
        }
        bar.inc(count);
    }
    bar.finish_and_clear();
    let names = accounts::accounts(store, &catalog).await?;
    let loaded = Loaded { seed, items: total as u64 };
    // Last: only a complete sample counts as loaded.
    store.set_setting(SETTING, &loaded, None).await?;
    let seconds = began.elapsed().as_secs_f32();
    eprintln!(
        "loaded {total} items of the made-up sample province and {} accounts in {seconds:.1} s",
        names.len()
    );
    Ok(loaded)
}

/// The applied layers; where none are, those that the program carries are applied first.
async fn applied_catalog(store: &Store) -> Result<Catalog> {
    let catalog = store.catalog().await?;
    if !catalog.layers.is_empty() {
        return Ok(catalog);
    }
    let author = Author::program("cli sample load", Reason::LayerFilesOfVersion.text());
    store.apply(&crate::layers::embedded()?, ApplyOptions::default(), &author).await?;
    store.catalog().await
}

/// The sample's rows, by layer, as the applied definitions want them.
fn incoming(seed: u64, catalog: &Catalog) -> Result<Vec<(&'static str, Vec<Incoming>)>> {
    let row = |layer: &'static str, (n, item): (usize, SampleItem)| {
        let def = catalog.layer(layer).ok_or_else(|| {
            Error::Setup(format!("sample: layer {layer} is not applied; run: dothi layers apply"))
        })?;
        let row = item.to_row(def)?;
        Ok(Incoming { place: format!("item {}", n + 1), wkb: row.wkb, values: row.values })
    };
    generate(seed)
        .into_layers()
        .map(|(layer, items)| {
            Ok((layer, items.into_iter().enumerate().map(|i| row(layer, i)).collect::<Result<_>>()?))
        })
        .collect()
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_the_layers_that_the_program_carries() {
        let catalog = crate::layers::embedded().unwrap();
        let rows = incoming(SEED, &catalog).unwrap();
        let total: usize = rows.iter().map(|(_, rows)| rows.len()).sum();
        assert!(total > 70_000, "{total}");
        for (layer, rows) in rows {
            let width = catalog.layer(layer).unwrap().attributes.len();
            assert!(rows.iter().all(|r| r.values.len() == width && !r.wkb.is_empty()), "{layer}");
        }
    }

    #[test]
    fn a_layer_that_is_not_applied_is_named() {
        let mut catalog = crate::layers::embedded().unwrap();
        catalog.layers.remove("parcel");
        let said = incoming(SEED, &catalog).unwrap_err().to_string();
        assert!(said.contains("layer parcel is not applied"), "{said}");
    }
}
