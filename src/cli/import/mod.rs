//! `dothi import`: a file of any format that GDAL reads into a layer.

mod print;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use uuid::Uuid;

use super::{Outcome, quality};
use crate::app::Database;
use crate::config::Config;
use crate::formats::unpack::MAIN_FILES;
use crate::formats::{Drawing, Encoding, mapping};
use crate::jobs::import::{Report, Request, import};
use crate::jobs::imports;
use crate::jobs::quality::{Summary, after_import};
use crate::jobs::units::finish_waiting;
use crate::store::bulk::Mode;
use crate::store::reasons::Reason;
use crate::store::{Author, Store};
use crate::text::{Lang, Text};
use crate::units::COMMUNE_LAYER;
use crate::{Error, Result};

use print::print;

/// `dothi import`
#[derive(Debug, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "independent flags of a command")]
pub struct Args {
    /// The file (of a shapefile its .shp, of a MapInfo table its .tab, or a .zip of them), or a folder of files
    file: PathBuf,
    /// Layer to import into
    #[arg(long, value_name = "ID")]
    layer: String,
    /// Layer of the file, where it has several
    #[arg(long, value_name = "NAME")]
    source_layer: Option<String>,
    /// Reference system of the file, instead of what it says itself
    #[arg(long, value_name = "EPSG:n")]
    crs: Option<String>,
    /// Encoding of the texts, instead of what the file says: utf8, tcvn3, vni, viscii or cp1258
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    encoding: Option<Encoding>,
    /// The file has northing before easting (latitude before longitude)
    #[arg(long)]
    swap_axes: bool,
    /// Of a drawing (DXF, DGN): layers or levels whose lines are boundaries of areas; all where left out
    #[arg(long, value_name = "LAYER,…", value_delimiter = ',')]
    boundary_layers: Vec<String>,
    /// Of a drawing: layers or levels whose texts are joined to the areas; all where left out
    #[arg(long, value_name = "LAYER,…", value_delimiter = ',')]
    text_layers: Vec<String>,
    /// Of a drawing: gaps up to this are closed, ends beyond a line cut off; by default the layer's tolerance, else 0.05
    #[arg(long, value_name = "METRES")]
    snap_m: Option<f64>,
    /// Attributes and the fields they come from; equal names need none. A source in single quotes is a constant
    #[arg(long, value_name = "TARGET=SOURCE,…")]
    map: Vec<String>,
    /// The day of which the communes in the file are, where it is of before a reform
    #[arg(long, value_name = "YYYY-MM-DD")]
    units_as_of: Option<chrono::NaiveDate>,
    /// Replace: the file is the whole layer. Append: all is new. Upsert: known keys change, others are new; the
    /// default where the layer has a key, else append
    #[arg(long, value_enum)]
    mode: Option<ModeArg>,
    /// Read, check and compare, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Do not ask the layer's quality rules afterwards
    #[arg(long)]
    no_quality: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    Replace,
    Append,
    Upsert,
}

fn encoding(name: &str) -> Result<Encoding, String> {
    Encoding::find(name).ok_or_else(|| format!("one of {} was expected", Encoding::NAMES.join(", ")))
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    let files = files(&args)?;
    let requests = files.iter().map(|file| request(&args, file)).collect::<Result<Vec<_>>>()?;
    let database = Database::open(&config).await?;
    let store = Store::connect(&database.serve_url).await?;
    let done = if args.file.is_dir() {
        each(&store, &requests, args.json).await
    } else {
        one(&store, &requests[0], args.json).await
    };
    let quality = match &done {
        Ok((_, true)) if !args.no_quality => check_quality(&store, &args.layer).await,
        _ => Ok((Vec::new(), Vec::new())),
    };
    store.close().await;
    database.close()?;
    let (code, _) = done?;
    // The import stands, whatever comes of looking at it.
    let (jobs, summaries) = quality?;
    if args.json && !jobs.is_empty() {
        eprintln!(
            "quality: {} runs done, {} left to a server",
            summaries.len(),
            jobs.len() - summaries.len().min(jobs.len())
        );
    } else if !args.json {
        quality::print_settled(&jobs, &summaries);
    }
    Ok(code)
}

/// The rules of the layer and of those that refer to it.
async fn check_quality(store: &Store, layer: &str) -> Result<(Vec<Uuid>, Vec<Summary>)> {
    let catalog = store.catalog().await?;
    let jobs = after_import(store, &catalog, layer, None).await?;
    let done = quality::settle(store, &jobs).await?;
    Ok((jobs, done))
}

/// Imports a file; says with the exit code whether the layer changed.
async fn one(store: &Store, request: &Request, json: bool) -> Result<(ExitCode, bool)> {
    let report = perform(store, request).await?;
    if json {
        outln!("{}", pretty(&report)?);
    } else {
        print(&report);
    }
    Ok((ExitCode::from(u8::from(nothing_taken(&report))), report.position.is_some()))
}

/// A file of which nothing could be taken was not imported.
fn nothing_taken(report: &Report) -> bool {
    report.read > 0 && report.imported == 0
}

fn pretty(json: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string_pretty(json).map_err(|e| Error::internal("the report", e))
}

/// What came of one file of a folder.
#[derive(Debug, serde::Serialize)]
struct Done {
    file: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Text>,
}

/// The files of a folder one after the other: what fails does not stop the others.
async fn each(store: &Store, requests: &[Request], json: bool) -> Result<(ExitCode, bool)> {
    let lang = Lang::of_environment();
    let mut all = Vec::new();
    for request in requests {
        let done = match perform(store, request).await {
            Ok(report) => Done { file: request.file.clone(), report: Some(report), error: None },
            Err(error) => Done { file: request.file.clone(), report: None, error: Some(told(&error)) },
        };
        if !json {
            outln!("── {}", done.file.display());
            done.report.iter().for_each(print);
            if let Some(error) = &done.error {
                outln!("{}", error.get(lang));
            }
        }
        all.push(done);
    }
    let failed = |d: &Done| d.report.as_ref().is_none_or(nothing_taken);
    let failures = all.iter().filter(|d| failed(d)).count();
    let sum =
        |count: fn(&Report) -> u64| all.iter().filter_map(|d| d.report.as_ref()).map(count).sum::<u64>();
    let (read, imported, rejected) = (sum(|r| r.read), sum(|r| r.imported), sum(|r| r.rejected_count));
    if json {
        let summary = serde_json::json!({
            "files": all, "failed": failures, "read": read, "imported": imported, "rejected": rejected,
        });
        outln!("{}", pretty(&summary)?);
    } else {
        summarise(&all, failures, lang);
    }
    let changed = all.iter().filter_map(|d| d.report.as_ref()).any(|r| r.position.is_some());
    Ok((ExitCode::from(u8::from(failures > 0)), changed))
}

fn summarise(all: &[Done], failures: usize, lang: Lang) {
    outln!("══");
    for done in all {
        let line = match (&done.report, &done.error) {
            (Some(r), _) => Text::new(
                format!("đọc {}, nhập {}, từ chối {}", r.read, r.imported, r.rejected_count),
                format!("{} read, {} imported, {} rejected", r.read, r.imported, r.rejected_count),
            ),
            (None, error) => error.clone().unwrap_or_default(),
        };
        outln!("{}: {}", done.file.display(), line.get(lang));
    }
    let n = all.len();
    let total = Text::new(
        format!("{n} tệp, {failures} tệp không nhập được"),
        format!("{n} files, {failures} of them not imported"),
    );
    outln!("{}", total.get(lang));
}

fn told(error: &Error) -> Text {
    match error {
        Error::InvalidParameter { name, reason } => {
            Text::new(format!("{name}: {}", reason.vi), format!("{name}: {}", reason.en))
        }
        Error::BadFile { place, reason } => {
            Text::new(format!("{place}: {}", reason.vi), format!("{place}: {}", reason.en))
        }
        other => {
            tracing::warn!(error = ?other, "a file could not be imported");
            Text::new(other.to_string(), other.to_string())
        }
    }
}

/// Deepest folder within a folder that is looked into.
const MAX_DEPTH: u8 = 8;

/// The file, or those of a folder that can be read, by name.
fn files(args: &Args) -> Result<Vec<PathBuf>> {
    let file = &args.file;
    if !file.exists() {
        return Err(Error::bad_file(file.display().to_string(), "không có tệp này", "no such file"));
    }
    // A file geodatabase is a folder and one source.
    if !file.is_dir() || file.extension().is_some_and(|e| e.eq_ignore_ascii_case("gdb")) {
        return Ok(vec![file.clone()]);
    }
    if matches!(args.mode, Some(ModeArg::Replace)) {
        return Err(Error::invalid(
            "--mode",
            "với một thư mục, mỗi tệp sẽ thay toàn bộ tệp trước đó; hãy dùng append hoặc upsert",
            "of a folder each file would replace the one before; use append or upsert",
        ));
    }
    let mut files = Vec::new();
    walk(file, 0, &mut files)
        .map_err(|e| Error::bad_file(file.display().to_string(), e.to_string(), e.to_string()))?;
    files.sort();
    if files.is_empty() {
        return Err(Error::bad_file(
            file.display().to_string(),
            "trong thư mục không có tệp nào đọc được",
            "the folder holds no file that can be read",
        ));
    }
    Ok(files)
}

fn walk(folder: &Path, depth: u8, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_dir() && extension != "gdb" {
            if depth < MAX_DEPTH && !path.is_symlink() {
                walk(&path, depth + 1, files)?;
            }
        // A drawing that cannot be read is named with what to do about it.
        } else if MAIN_FILES.contains(&extension.as_str())
            || ["zip", "gdb", "dwg"].contains(&extension.as_str())
        {
            files.push(path);
        }
    }
    Ok(())
}

fn request(args: &Args, file: &Path) -> Result<Request> {
    let map = args.map.iter().map(|m| mapping::parse(m)).collect::<Result<Vec<_>>>()?.concat();
    Ok(Request {
        file: file.to_owned(),
        layer: args.layer.clone(),
        source_layer: args.source_layer.clone(),
        crs: args.crs.clone(),
        encoding: args.encoding,
        swap_axes: args.swap_axes,
        drawing: Drawing {
            boundary_layers: args.boundary_layers.clone(),
            text_layers: args.text_layers.clone(),
            snap_m: args.snap_m,
        },
        map,
        units_as_of: args.units_as_of,
        mode: args.mode.map(|mode| match mode {
            ModeArg::Replace => Mode::Replace,
            ModeArg::Append => Mode::Append,
            ModeArg::Upsert => Mode::Upsert,
        }),
        dry_run: args.dry_run,
    })
}

async fn perform(store: &Store, request: &Request) -> Result<Report> {
    if !store.is_migrated().await? {
        return Err(Error::Setup(
            "the database is not up to date: run `dothi migrate` and `dothi layers apply`".into(),
        ));
    }
    let catalog = store.catalog().await?;
    if catalog.layer(&request.layer).is_none() {
        let known: Vec<&str> = catalog.layers.keys().map(String::as_str).collect();
        return Err(Error::invalid(
            "--layer",
            format!("không có lớp {}; có: {}", request.layer, known.join(", ")),
            format!("no layer {}; there are: {}", request.layer, known.join(", ")),
        ));
    }
    let user = std::env::var("USER").unwrap_or_default();
    let file = request.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let author = Author::program(format!("cli import {user}").trim(), Reason::Import(&file).text());
    let mut request = request.clone();
    if let Some(taken) = imports::recall(store, &catalog, &mut request).await? {
        eprintln!("as the last file with the same fields: {}", settings_in_words(&taken));
    }
    let bar = bar();
    let report = import(store, &catalog, &request, &author, |done, total| {
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    let report = report?;
    if !request.dry_run {
        imports::remember(store, &request.layer, &report.source, &imports::chosen(&request), None).await?;
    }
    if request.layer == COMMUNE_LAYER && report.position.is_some() {
        follow(store).await?;
    }
    Ok(report)
}

/// Settings as the flags that would have said the same.
fn settings_in_words(settings: &imports::Settings) -> String {
    let pairs: Vec<String> = settings.map.iter().map(|(a, f)| format!("{a}={f}")).collect();
    let layers =
        |flag: &str, names: &[String]| (!names.is_empty()).then(|| format!("{flag} {}", names.join(",")));
    let flags = [
        (!pairs.is_empty()).then(|| format!("--map {}", pairs.join(","))),
        settings.crs.as_ref().map(|crs| format!("--crs {crs}")),
        settings.encoding.map(|e| format!("--encoding {}", e.name())),
        settings.swap_axes.then(|| "--swap-axes".to_owned()),
        layers("--boundary-layers", &settings.drawing.boundary_layers),
        layers("--text-layers", &settings.drawing.text_layers),
        settings.drawing.snap_m.map(|m| format!("--snap-m {m}")),
    ];
    flags.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// New outlines of communes: every item finds its new unit before the command ends.
async fn follow(store: &Store) -> Result<()> {
    let wait = ProgressBar::new_spinner();
    if !std::io::stderr().is_terminal() {
        wait.set_draw_target(ProgressDrawTarget::hidden());
    }
    wait.enable_steady_tick(std::time::Duration::from_millis(120));
    wait.set_message("units");
    let done = finish_waiting(store).await;
    wait.finish_and_clear();
    if let Some(done) = done? {
        let n = &done["items"];
        let said = Text::new(
            format!("{n} đối tượng của các lớp đổi xã, phường theo ranh giới mới"),
            format!("{n} items of all layers changed their commune by the new boundaries"),
        );
        let vietnamese = std::env::var("LANG").is_ok_and(|l| l.starts_with("vi"));
        eprintln!("{}", said.get(if vietnamese { Lang::Vi } else { Lang::En }));
    }
    Ok(())
}

/// On a terminal only; elsewhere it draws nothing.
fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar
}
