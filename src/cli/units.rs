//! `dothi units`: administrative units of any time, and the communes that items lie in.

use std::process::ExitCode;

use chrono::{NaiveDate, Utc};
use clap::Subcommand;

use super::Outcome;
use crate::app::Database;
use crate::config::Config;
use crate::jobs;
use crate::store::Store;
use crate::text::{Lang, Text};
use crate::units::{self, Asked, Outcome as Found, Unit};
use crate::{Error, Result};

/// `dothi units`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the units that are in force
    List {
        /// On this day instead of today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<NaiveDate>,
    },
    /// Tell what a code or a name, of today or of before, is now
    Resolve {
        /// A code, or a name such as "TT. Đắk Mil" or "xã Tân Thành, huyện Krông Nô"
        text: String,
        /// The day of which it is
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<NaiveDate>,
    },
    /// Give every item the commune that it lies in by today's boundaries
    Recompute,
}

pub(super) async fn run(args: Args, config: &Config) -> Outcome {
    let today = units::day_in_vietnam(Utc::now());
    match args.command {
        Command::List { date } => {
            let day = date.unwrap_or(today);
            units::known().all().filter(|u| u.in_force(day)).for_each(print);
        }
        Command::Resolve { text, date } => {
            let found = units::known().resolve(Asked { text: &text, date, level: None, today });
            found.today.iter().for_each(|u| print(u));
            if let Some(note) = found.note() {
                eprintln!("{}", note.get(lang()));
            }
            if found.outcome == Found::Unknown {
                return Err(Error::not_found("unit", text));
            }
            return Ok(ExitCode::from(u8::from(found.outcome == Found::Ambiguous)));
        }
        Command::Recompute => {
            let database = Database::open(config).await?;
            let store = Store::connect(&database.serve_url).await?;
            let done = recompute(&store).await;
            store.close().await;
            database.close()?;
            done?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn recompute(store: &Store) -> Result<()> {
    let done = jobs::units::recompute(store).await?;
    for (layer, items) in &done.layers {
        outln!("{layer:<24} {items}");
    }
    let n = done.items();
    let said = Text::new(format!("{n} đối tượng đổi xã, phường"), format!("{n} items changed their commune"));
    eprintln!("{}", said.get(lang()));
    Ok(())
}

fn print(unit: &Unit) {
    outln!("{:<6} {}", unit.code, unit.full_name().vi);
}

fn lang() -> Lang {
    if std::env::var("LANG").is_ok_and(|l| l.starts_with("vi")) { Lang::Vi } else { Lang::En }
}
