//! `dothi ifc compare BEFORE AFTER [--json]`: two models, both read by the worker child.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::bim::compare::{Comparison, ElementChange, ElementName, FactChange, Listed};
use crate::jobs::worker::{self, Limits, Task};
use crate::text::{Lang, Text};
use crate::{Error, Result};

/// Elements that the text lists of each kind; the JSON has more.
const LISTED: usize = 20;
/// Properties that the text lists of an element.
const LISTED_PROPERTIES: usize = 5;

/// Arguments of `dothi ifc compare`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The earlier IFC file
    before: PathBuf,
    /// The later IFC file
    after: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Runs `dothi ifc compare`.
pub async fn run(args: Args) -> Result<ExitCode> {
    let found = compare(args.before, args.after).await?;
    if args.json {
        let text = serde_json::to_string(&found).map_err(|e| Error::internal("writing the comparison", e))?;
        outln!("{text}");
    } else {
        crate::cli::output(format_args!("{}", text(&found, Lang::of_environment())));
    }
    Ok(ExitCode::SUCCESS)
}

/// What differs between two model files, by way of a worker child.
async fn compare(before: PathBuf, after: PathBuf) -> Result<Comparison> {
    let task = Task::IfcCompare {
        file: super::ifc::readable(before).await?,
        after: super::ifc::readable(after).await?,
    };
    // Two models in one child.
    let one = Limits::default();
    let limits = Limits { cpu_s: one.cpu_s * 2, time: one.time * 2, ..one };
    let mut json = Vec::new();
    worker::run(&task, &limits, |frame| {
        if let worker::Frame::Data(bytes) = frame {
            json.extend(bytes);
        }
        Ok(())
    })
    .await?;
    serde_json::from_slice(&json).map_err(|e| Error::internal("reading the worker's comparison", e))
}

/// The comparison for reading.
fn text(found: &Comparison, lang: Lang) -> String {
    let mut out = String::new();
    let say = |vi: &str, en: &str| Text::new(vi, en).get(lang).to_owned();
    for fact in &found.facts {
        row(&mut out, fact, lang);
    }
    elements(&mut out, &say("Thêm", "Added"), &found.added, named);
    elements(&mut out, &say("Bớt", "Removed"), &found.removed, named);
    elements(&mut out, &say("Thay đổi", "Changed"), &found.changed, |change| changed(change, lang));
    let _ = writeln!(out, "{}: {}", say("Không đổi", "Unchanged"), found.unchanged);
    for note in &found.notes {
        let _ = writeln!(out, "{}: {}", say("lưu ý", "note"), note.get(lang));
    }
    out
}

fn row(out: &mut String, fact: &FactChange, lang: Lang) {
    let unit = match (fact.unit.as_str(), lang) {
        ("m2", _) => "m²",
        ("storeys", Lang::Vi) => "tầng",
        (unit, _) => unit,
    };
    let value = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), tidy);
    let difference = fact
        .difference
        .map_or_else(String::new, |d| format!("  ({}{})", if d > 0.0 { "+" } else { "" }, tidy(d)));
    let name = if fact.of.is_empty() { &fact.global_id } else { &fact.of };
    let (before, after) = (value(fact.before), value(fact.after));
    let _ = writeln!(out, "{name}: {} {before} → {after} {unit}{difference}", fact.fact.get(lang));
}

/// Millimetres: below lies only the kernel's single precision.
fn tidy(value: f64) -> String {
    ((value * 1e3).round() / 1e3).to_string()
}

fn elements<T>(out: &mut String, title: &str, list: &Listed<T>, describe: impl Fn(&T) -> String) {
    let _ = writeln!(out, "{title}: {}", list.total);
    for entry in list.first.iter().take(LISTED) {
        let _ = writeln!(out, "    {}", describe(entry));
    }
    let more = list.total.saturating_sub(LISTED as u64);
    if more > 0 {
        let _ = writeln!(out, "    + {more}");
    }
}

fn named(element: &ElementName) -> String {
    format!("{} {} {}", element.entity, element.global_id, element.name).trim_end().to_owned()
}

fn changed(change: &ElementChange, lang: Lang) -> String {
    let say = |vi: &str, en: &str| Text::new(vi, en).get(lang).to_owned();
    let mut parts = Vec::new();
    let mut replaced =
        |what: String, before: &str, after: &str| parts.push(format!("{what} {before} → {after}"));
    if let Some(before) = &change.entity_before {
        replaced(say("loại", "entity"), before, &change.element.entity);
    }
    if let Some(before) = &change.name_before {
        replaced(say("tên", "name"), before, &change.element.name);
    }
    if let Some([before, after]) = &change.kind {
        replaced(say("kiểu", "type"), before, after);
    }
    if let Some(distance) = change.moved_m {
        parts.push(format!("{} {} m", say("dời", "moved"), tidy(distance)));
    }
    if change.geometry {
        let volume =
            change.volume_m3.map_or_else(String::new, |[a, b]| format!(" {} → {} m³", tidy(a), tidy(b)));
        parts.push(format!("{}{volume}", say("hình khối", "geometry")));
    }
    let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "–".to_owned());
    for p in change.properties.iter().take(LISTED_PROPERTIES) {
        parts.push(format!("{} {} → {}", p.name, value(&p.before), value(&p.after)));
    }
    let more = change.properties_total.saturating_sub(LISTED_PROPERTIES as u64);
    if more > 0 {
        parts.push(format!("+ {more}"));
    }
    format!("{}: {}", named(&change.element), parts.join("; "))
}
