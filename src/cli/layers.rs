//! `dothi layers`: validate the layer files, make the tables follow them, list what is applied.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};

use super::Outcome;
use crate::app::Database;
use crate::config::Config;
use crate::layers::{self, Catalog};
use crate::store::layers::{Applied, ApplyOptions};
use crate::store::reasons::Reason;
use crate::store::{Author, Store};
use crate::{Error, Result};

/// `dothi layers`
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// Folder of the layer files; the ones built into the program by default
    #[arg(long, value_name = "DIR", global = true)]
    layers: Option<PathBuf>,
    /// Folder of the code lists, with --layers
    #[arg(long, value_name = "DIR", global = true, requires = "layers", default_value = "schema/codes")]
    codes: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Validate the layer files
    Check,
    /// Make the tables follow the layer files
    Apply {
        /// Hide attributes and layers that are no longer defined; their data stays
        #[arg(long)]
        allow_drop: bool,
        /// With --allow-drop: remove their data for good
        #[arg(long, requires = "allow_drop")]
        purge: bool,
        /// Tell what would be done and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the applied layers with their number of items
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    match &args.command {
        Command::Check => check(&args),
        Command::Apply { allow_drop, purge, dry_run } => {
            let options = ApplyOptions { allow_drop: *allow_drop, purge: *purge, dry_run: *dry_run };
            let wanted = wanted(&args)?;
            let database = Database::open(&config).await?;
            let store = database.admin().await?;
            let author = Author::program("cli layers apply", Reason::LayerFiles.text());
            let applied = store.apply(&wanted, options, &author).await;
            store.close().await;
            database.close()?;
            print_applied(&applied?);
            Ok(ExitCode::SUCCESS)
        }
        Command::List { json } => {
            let database = Database::open(&config).await?;
            let store = Store::connect(&database.serve_url).await?;
            let listed = list(&store, *json).await;
            store.close().await;
            database.close()?;
            listed?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn wanted(args: &Args) -> Result<Catalog> {
    match &args.layers {
        Some(folder) => {
            folders_exist(folder, &args.codes)?;
            layers::read_dir(folder, &args.codes)
        }
        None => layers::embedded(),
    }
}

fn folders_exist(layers: &Path, codes: &Path) -> Result<()> {
    for (flag, folder) in [("--layers", layers), ("--codes", codes)] {
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(Error::invalid(
                flag,
                format!("không có thư mục {folder}"),
                format!("no folder {folder}"),
            ));
        }
    }
    Ok(())
}

fn check(args: &Args) -> Outcome {
    let Some(folder) = &args.layers else {
        let catalog = layers::embedded()?;
        outln!("{} layers, {} code lists: all right", catalog.layers.len(), catalog.code_lists.len());
        return Ok(ExitCode::SUCCESS);
    };
    folders_exist(folder, &args.codes)?;
    let problems = layers::read::check_dir(folder, &args.codes)?;
    for p in &problems {
        eprintln!("{}: {}", p.full_place(), p.reason.en);
    }
    if problems.is_empty() {
        let catalog = layers::read_dir(folder, &args.codes)?;
        outln!("{} layers, {} code lists: all right", catalog.layers.len(), catalog.code_lists.len());
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} problems", problems.len());
    Ok(ExitCode::from(2))
}

fn print_applied(applied: &Applied) {
    for (layer, action) in &applied.actions {
        outln!("{layer}: {action}");
    }
    for (layer, why) in &applied.left {
        outln!("{layer}: left as it is: {why}");
    }
    match applied.position {
        Some(position) => outln!("applied in revision {}", position.revision),
        None if applied.actions.is_empty() => outln!("nothing to do"),
        None => outln!("dry run: nothing was changed"),
    }
}

async fn list(store: &Store, json: bool) -> Result<()> {
    let catalog = store.catalog().await?;
    let counts = store.count_items(&catalog).await?;
    if json {
        let layers: Vec<_> = catalog
            .layers
            .values()
            .map(|def| {
                serde_json::json!({"id": def.id, "title": def.title, "theme": def.theme, "access": def.access,
                    "geometry": def.geometry, "items": counts.get(&def.id)})
            })
            .collect();
        outln!("{}", serde_json::Value::Array(layers));
        return Ok(());
    }
    for def in catalog.layers.values() {
        let count = counts.get(&def.id).copied().unwrap_or(0);
        outln!(
            "{:<22} {:>9}  {:?}  {:<15} {}",
            def.id,
            count,
            def.access,
            format!("{:?}", def.geometry),
            def.title.vi
        );
    }
    Ok(())
}
