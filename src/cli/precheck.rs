//! `dothi precheck`: the verdicts on a model for a parcel, without filing anything.

use std::path::PathBuf;
use std::process::ExitCode;

use geo::{Geometry, MapCoords};
use serde_json::{Value, json};

use super::Outcome as Exit;
use crate::app::{Database, open_state};
use crate::bim::facts::ModelFacts;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::jobs::check_application::{Loose, check_loose};
use crate::jobs::parcels::find_parcel;
use crate::jobs::worker::{self, Limits, Task};
use crate::permit::verdict::{Outcome, Verdict};
use crate::space::{crs, geojson};
use crate::state::AppState;

/// `dothi precheck`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The building model
    #[arg(long, value_name = "FILE")]
    pub ifc: PathBuf,
    /// Code of the parcel; give it again for a site of several
    #[arg(long = "parcel", value_name = "CODE", required = true)]
    pub parcels: Vec<String>,
    /// Kind of application (new_house, new_work …)
    #[arg(long, default_value = "new_house")]
    pub kind: String,
    /// Form 01 as a JSON file; checks against the form are NO_DATA without it
    #[arg(long, value_name = "FILE")]
    pub form: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Opens the state without a server and runs the checks; exit code 1 where one fails.
pub(super) async fn run(args: Args, config: Config) -> Exit {
    let database = Database::open(&config).await?;
    let state = open_state(config, &database.serve_url).await?;
    let done = args.check(&state).await;
    state.feed.stop();
    state.store.close().await;
    database.close()?;
    Ok(if done? { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl Args {
    /// Runs the checks and prints them; true where none fails.
    async fn check(&self, state: &AppState) -> Result<bool> {
        for code in &self.parcels {
            if find_parcel(state, code)?.is_none() {
                return Err(Error::invalid(
                    "--parcel",
                    format!("không có thửa đất mã {code}"),
                    format!("there is no parcel with code {code}"),
                ));
            }
        }
        let facts = self.facts().await?;
        let form = self.form()?;
        let loose = Loose { kind: self.kind.clone(), parcels: self.parcels.clone(), form, facts };
        let (ruleset, verdicts) = check_loose(state, loose)?;
        if self.json {
            let checks: Vec<Value> = verdicts.iter().map(served).collect();
            outln!("{}", json!({"kind": "precheck", "ruleset": ruleset, "checks": checks}));
        } else {
            verdicts.iter().for_each(print);
        }
        Ok(verdicts.iter().all(|v| v.verdict != Outcome::Fail))
    }

    async fn facts(&self) -> Result<ModelFacts> {
        let file = std::path::absolute(&self.ifc).ok().filter(|f| f.is_file()).ok_or_else(|| {
            Error::bad_file(self.ifc.display().to_string(), "không có tệp này", "no such file")
        })?;
        let bytes = worker::run(&Task::IfcFacts { file }, &Limits::default(), |_| Ok(())).await?;
        serde_json::from_slice(&bytes).map_err(|e| Error::internal("read the facts from the worker", e))
    }

    fn form(&self) -> Result<Value> {
        let Some(path) = &self.form else { return Ok(json!({})) };
        let bad = |e: &dyn std::fmt::Display| {
            let reason = e.to_string();
            Error::bad_file(path.display().to_string(), format!("không đọc được: {reason}"), reason)
        };
        let text = std::fs::read_to_string(path).map_err(|e| bad(&e))?;
        serde_json::from_str(&text).map_err(|e| bad(&e))
    }
}

/// As `GET …/checks` serves a verdict: geometry in CRS84.
fn served(verdict: &Verdict) -> Value {
    let mut json = json!(verdict);
    if let Some(geometry) = verdict.geometry.as_ref().and_then(|g| geojson::from_json(g).ok()) {
        let placed: Geometry<f64> = geometry.map_coords(|c| {
            let (x, y) = crs::to_crs84(c.x, c.y);
            geo::Coord { x, y }
        });
        json["geometry"] = geojson::to_json(&placed, 9);
    }
    json
}

fn print(v: &Verdict) {
    let number = |n: Option<f64>| n.map_or_else(|| "-".to_owned(), |n| format!("{n:.2}"));
    let verdict = json!(v.verdict);
    outln!(
        "{:<4} {:<14} {:>10} {:>10} {:<8} {}",
        v.rule,
        verdict.as_str().unwrap_or_default(),
        number(v.measured),
        number(v.limit),
        v.unit.as_deref().unwrap_or_default(),
        v.message.vi
    );
}
