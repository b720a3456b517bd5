//! `dothi ids check FILE.ids FILE.ifc [--json]`: whether a model holds the information that a document asks for. Both files
//! are read by the worker child. Exit code 0: it does; 1: it does not; 2: the document is no valid IDS 1.0, or a file
//! cannot be read.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::bim::ids::{Outcome, Report, Status};
use crate::jobs::worker::{self, Limits, Task};
use crate::text::Lang;
use crate::{Error, Result};

/// Elements that the text lists for each specification; the JSON has more.
const LISTED: usize = 20;

/// Arguments of `dothi ids`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a model against an IDS document
    Check(Check),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// The IDS document (.ids)
    ids: PathBuf,
    /// The IFC file
    ifc: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Runs `dothi ids …`.
pub async fn run(args: Args) -> Result<ExitCode> {
    let Command::Check(args) = args.command;
    let json = args.json;
    let report = match check(args.ids, args.ifc).await {
        Err(Error::BadFile { place, reason }) if json => {
            let problem = serde_json::json!({ "place": place, "reason": reason.en });
            outln!(
                "{}",
                serde_json::json!({ "status": "invalid", "specifications": [], "problems": [problem] })
            );
            return Ok(ExitCode::from(2));
        }
        other => other?,
    };
    if json {
        let text =
            serde_json::to_string(&report.printed()).map_err(|e| Error::internal("writing the report", e))?;
        outln!("{text}");
    } else {
        crate::cli::output(format_args!("{}", text(&report, Lang::of_environment())));
    }
    Ok(ExitCode::from(match report.status {
        Status::Pass => 0,
        Status::Fail => 1,
        Status::Invalid => 2,
    }))
}

/// The report on a model file, by way of a worker child.
pub async fn check(ids: PathBuf, ifc: PathBuf) -> Result<Report> {
    let task =
        Task::IdsCheck { file: super::ifc::readable(ifc).await?, ids: super::ifc::readable(ids).await? };
    let mut json = Vec::new();
    worker::run(&task, &Limits::default(), |frame| {
        if let worker::Frame::Data(bytes) = frame {
            json.extend(bytes);
        }
        Ok(())
    })
    .await?;
    serde_json::from_slice(&json).map_err(|e| Error::internal("reading the worker's report", e))
}

/// The report for reading.
fn text(report: &Report, lang: Lang) -> String {
    let mut out = String::new();
    let verdict = match (report.status, lang) {
        (Status::Pass, Lang::Vi) => "ĐẠT",
        (Status::Pass, Lang::En) => "PASS",
        (Status::Fail, Lang::Vi) => "KHÔNG ĐẠT",
        (Status::Fail, Lang::En) => "FAIL",
        (Status::Invalid, Lang::Vi) => "TỆP IDS KHÔNG HỢP LỆ",
        (Status::Invalid, Lang::En) => "INVALID IDS",
    };
    let _ = writeln!(out, "{verdict}  {}", report.title);
    for problem in &report.problems {
        let place = problem.specification.as_ref().map(|s| format!(" ({s})")).unwrap_or_default();
        let line = match lang {
            Lang::Vi => "dòng",
            Lang::En => "line",
        };
        let _ = writeln!(out, "  {line} {}{place}: {}", problem.line, problem.reason.get(lang));
    }
    report.specifications.iter().for_each(|s| specification(&mut out, s, lang));
    if let Some(note) = &report.note {
        let _ = writeln!(out, "{}", note.get(lang));
    }
    out
}

fn specification(out: &mut String, outcome: &Outcome, lang: Lang) {
    let mark = match (outcome.status, outcome.checked) {
        (Status::Pass, false) => "–",
        (Status::Pass, true) => "✓",
        _ => "✗",
    };
    let _ = writeln!(out, "{mark} {}  {} / {}", outcome.name, outcome.passed, outcome.applicable);
    if let Some(note) = &outcome.note {
        let _ = writeln!(out, "    {}", note.get(lang));
    }
    for failure in outcome.failed.iter().take(LISTED) {
        let id =
            if failure.global_id.is_empty() { format!("#{}", failure.id) } else { failure.global_id.clone() };
        let name = failure.name.as_deref().unwrap_or_default();
        let _ = writeln!(out, "    {} {id} {name}: {}", failure.entity, failure.reason.get(lang));
    }
    let more = outcome.failed_count.saturating_sub(LISTED as u64);
    if more > 0 {
        let _ = writeln!(out, "    + {more}");
    }
}
