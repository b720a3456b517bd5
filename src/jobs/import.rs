//! Importing a file into a layer: the worker child reads it, this end checks and stores. A crash of either leaves
//! the layer as it was.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::units::{Incoming as IncomingUnits, UnitCounts};
use super::worker::{Frame, Limits, Output, Task, Worker};
use crate::files::scratch::Scratch;
use crate::formats::inspect::Inspection;
use crate::formats::mapping::Mapping;
use crate::formats::read::{Sink, read};
use crate::formats::record::{Record, Records};
use crate::formats::{Drawing, Encoding, Header, ReadOptions, Summary};
use crate::layers::{Catalog, LayerDef};
use crate::space::PROVINCE;
use crate::store::bulk::{Bulk, BulkReport, Incoming, Mode, Noted};
use crate::store::import_log::NewImport;
use crate::store::{Author, Position, Store};
use crate::text::Text;
use crate::{Error, Result};

/// What is to be imported, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// Target layer.
    pub layer: String,
    /// Layer of the file; may be left out where it has but one.
    pub source_layer: Option<String>,
    /// Reference system, instead of what the file says.
    pub crs: Option<String>,
    /// Encoding of the texts, instead of what the file says.
    pub encoding: Option<Encoding>,
    /// The file's coordinates are northing, easting (or latitude, longitude).
    pub swap_axes: bool,
    /// How areas are made of a drawing's lines and texts.
    pub drawing: Drawing,
    /// Attribute and field (or constant in quotes).
    pub map: Vec<(String, String)>,
    /// The day of which the communes in the file are, where it is of before a reform.
    pub units_as_of: Option<chrono::NaiveDate>,
    /// How rows meet what is there. By default they are matched by the layer's key, or all new where it has none.
    pub mode: Option<Mode>,
    /// Do everything but the last step.
    pub dry_run: bool,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Target layer.
    pub layer: String,
    /// What the file says of itself.
    pub source: Header,
    /// Features in the file.
    pub read: u64,
    /// Features that are in the layer now: new, changed and unchanged ones.
    pub imported: u64,
    /// New items among them.
    pub inserted: u64,
    /// Changed items among them.
    pub updated: u64,
    /// Items among them that were so already.
    pub unchanged: u64,
    /// Items that were closed because the file does not have them (replace).
    pub closed: u64,
    /// Features whose geometry was mended.
    pub repaired: u64,
    /// How much area that added or took away, in m², all together.
    pub repaired_area_m2: f64,
    /// Features that were refused.
    pub rejected: Vec<Noted>,
    /// How many, where the list above is cut off.
    pub rejected_count: u64,
    /// What was mended, the first ones.
    pub repairs: Vec<Noted>,
    /// What became of the communes that the file names.
    pub units: UnitCounts,
    /// What should be looked at.
    pub warnings: Vec<Text>,
    /// What was done to many features alike: heights left out, curves straightened.
    pub notes: Vec<Text>,
    /// The lists name only the first ones; the counts are of all.
    pub lists_cut_off: bool,
    /// Nothing was stored.
    pub dry_run: bool,
    /// Where the database stands; none if nothing changed.
    pub position: Option<Position>,
}

/// Imports. `progress` hears how many features were read, of how many where known.
pub async fn import(
    store: &Store,
    catalog: &Catalog,
    request: &Request,
    author: &Author,
    mut progress: impl FnMut(u64, Option<u64>),
) -> Result<Report> {
    let def = catalog.layer(&request.layer).ok_or_else(|| Error::not_found("layer", &request.layer))?;
    let default = if def.key.is_empty() { Mode::Append } else { Mode::Upsert };
    let mode = request.mode.unwrap_or(default);
    let mut bulk = store.bulk(catalog, &request.layer).await?;
    bulk.log(&NewImport {
        file_name: &request.file.file_name().map(|n| n.to_string_lossy()).unwrap_or_default(),
        mode,
        dry_run: request.dry_run,
        options: serde_json::json!({
            "source_layer": request.source_layer,
            "crs": request.crs,
            "encoding": request.encoding,
            "swap_axes": request.swap_axes,
            "drawing": request.drawing,
            "map": request.map,
            "units_as_of": request.units_as_of,
        }),
        author,
    })
    .await?;
    let id = bulk.id();
    let done = run(bulk, request, mode, author, &mut progress).await;
    let json = match &done {
        Ok(report) => Ok(serde_json::to_value(report).map_err(|e| Error::internal("the report", e))?),
        Err(error) => Err(error),
    };
    if let Err(error) = store.close_import_log(id, json.as_ref().map_err(|e| *e)).await {
        // What the import came to stands; only its record lacks the details.
        tracing::warn!(%error, import = %id, "the import's record could not be closed");
    }
    done
}

/// Reads, checks and merges.
async fn run(
    mut bulk: Bulk<'_>,
    request: &Request,
    mode: Mode,
    author: &Author,
    progress: &mut impl FnMut(u64, Option<u64>),
) -> Result<Report> {
    let def = bulk.layer().clone();
    let scratch = Scratch::new().await?;
    let options = ReadOptions {
        source_layer: request.source_layer.clone(),
        crs: request.crs.clone(),
        encoding: request.encoding,
        swap_axes: request.swap_axes,
        drawing: request.drawing.for_layer(&def),
        scratch: Some(scratch.path().to_owned()),
        target: def.geometry,
    };
    let options = serde_json::to_value(&options).map_err(|e| Error::internal("import options", e))?;
    let file = std::path::absolute(&request.file).unwrap_or_else(|_| request.file.clone());
    let file_opened = file.clone();
    let mut worker = Worker::start(&Task::Import { file, options }, &limits()).await?;
    let header = header(&mut worker, &file_opened).await?;
    let mapping = Mapping::new(&def, &header.fields, &request.map)?;
    bulk.says_nothing_of(mapping.silent());
    let mut places = Places::default();
    let mut units = IncomingUnits::new(&def, request.units_as_of);
    let mut summary = receive(worker, &mut bulk, &mapping, &mut units, &mut places, progress).await?;
    summary.notes.extend(kept(&def, bulk.silent(), mode));
    let merged = bulk.merge(mode, author, request.dry_run).await?;
    let counts =
        UnitCounts { filled: merged.units.filled, contradicted: merged.units.contradicted, ..units.counts };
    Ok(report(request, header, merged, &places, counts, summary))
}

/// What an upsert leaves as it is because the file says nothing of it; none where it says something of all.
fn kept(def: &LayerDef, silent: &[usize], mode: Mode) -> Option<Text> {
    let names: Vec<&str> = silent.iter().map(|i| def.attributes[*i].name.as_str()).collect();
    let names = (mode == Mode::Upsert && !names.is_empty()).then(|| names.join(", "))?;
    Some(Text::new(
        format!("tệp không có {names}: đối tượng đã có trong lớp giữ nguyên các giá trị này"),
        format!("the file does not have {names}: items that the layer has keep these values"),
    ))
}

/// Looks at a file before it is imported: its layers, and the first rows of the one that `options` name.
pub async fn inspect(file: &Path, options: &ReadOptions) -> Result<Inspection> {
    let scratch = Scratch::new().await?;
    let options = ReadOptions { scratch: Some(scratch.path().to_owned()), ..options.clone() };
    let options = serde_json::to_value(&options).map_err(|e| Error::internal("import options", e))?;
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let limits = Limits { cpu_s: 120, time: Duration::from_mins(3), ..limits() };
    let json = super::worker::run(&Task::Inspect { file, options }, &limits, |_| Ok(())).await?;
    serde_json::from_slice(&json).map_err(|e| Error::internal("the inspection", e))
}

/// The worker's side of [`Task::Inspect`].
pub fn perform_inspect(file: &Path, options: serde_json::Value) -> Result<Vec<u8>> {
    let options: ReadOptions =
        serde_json::from_value(options).map_err(|e| Error::internal("reading the import's options", e))?;
    let inspection = crate::formats::inspect::inspect(file, &options)?;
    serde_json::to_vec(&inspection).map_err(|e| Error::internal("the inspection", e))
}

/// The worker's side of [`Task::Import`].
pub fn perform<W: std::io::Write>(
    file: &std::path::Path,
    options: serde_json::Value,
    output: &mut Output<W>,
) -> Result<Vec<u8>> {
    struct Pipe<'a, W: std::io::Write>(&'a mut Output<W>);
    impl<W: std::io::Write> Sink for Pipe<'_, W> {
        fn header(&mut self, json: &[u8]) -> Result<()> {
            self.0.data(json)
        }
        fn records(&mut self, bytes: &[u8]) -> Result<()> {
            self.0.data(bytes)
        }
        fn progress(&mut self, done: u64, total: Option<u64>) -> Result<()> {
            self.0.progress("read", done, total)
        }
    }
    let options: ReadOptions =
        serde_json::from_value(options).map_err(|e| Error::internal("reading the import's options", e))?;
    let summary = read(file, &options, &mut Pipe(output))?;
    serde_json::to_vec(&summary).map_err(|e| Error::internal("the summary", e))
}

/// Seconds in which any file opens; large ones get more.
const OPENING_S: u64 = 30;

/// Imports may be large, and wait for the database; an hour is still an end.
fn limits() -> Limits {
    Limits {
        memory_mb: 2048,
        cpu_s: 3600,
        open_files: 256,
        // GDAL keeps the node index of an OSM file in a temporary file.
        written_mb: 4096,
        threads: 1,
        time: Duration::from_hours(1),
    }
}

/// The header comes once the file is open. What takes longer than its size explains is no ordinary file: a view that
/// never ends, say.
async fn header(worker: &mut Worker, file: &Path) -> Result<Header> {
    let megabytes = std::fs::metadata(file).map_or(0, |m| m.len() >> 20);
    let seconds = OPENING_S + megabytes / 5;
    let first = async {
        while let Some(frame) = worker.next().await? {
            if let Frame::Data(json) = frame {
                return serde_json::from_slice(&json).map_err(|e| Error::internal("the import's header", e));
            }
        }
        Err(Error::internal("the import's header", "the worker gave none"))
    };
    tokio::time::timeout(Duration::from_secs(seconds), first).await.unwrap_or_else(|_| {
        Err(Error::bad_file(
            file.file_name().unwrap_or_default().to_string_lossy(),
            format!("không mở được tệp trong {seconds} giây"),
            format!("the file could not be opened within {seconds} s"),
        ))
    })
}

/// What comes out of the worker, decoded.
enum Received {
    Records(Vec<Record>),
    Progress(u64, Option<u64>),
    Done(Summary),
}

/// Frames that are read and decoded ahead of the checks: about a megabyte each.
const FRAMES_AHEAD: usize = 2;

/// Reads the worker's frames to their end.
async fn read_frames(mut worker: Worker, frames: &mpsc::Sender<Result<Received>>) -> Result<()> {
    let mut records = Records::default();
    let mut summary = Summary::default();
    while let Some(frame) = worker.next().await? {
        let received = match frame {
            Frame::Data(bytes) => Received::Records(records.feed(&bytes)?),
            Frame::Progress(p) => Received::Progress(p.done, p.total),
            Frame::Done(json) => {
                summary = serde_json::from_slice(&json).map_err(|e| Error::internal("the summary", e))?;
                continue;
            }
            _ => continue,
        };
        if frames.send(Ok(received)).await.is_err() {
            // The import was given up.
            return Ok(());
        }
    }
    if !records.is_empty() {
        return Err(Error::internal("the import's records", "cut short"));
    }
    let _ = frames.send(Ok(Received::Done(summary))).await;
    Ok(())
}

async fn receive(
    worker: Worker,
    bulk: &mut Bulk<'_>,
    mapping: &Mapping,
    units: &mut IncomingUnits,
    places: &mut Places,
    progress: &mut impl FnMut(u64, Option<u64>),
) -> Result<Summary> {
    let (frames, mut queue) = mpsc::channel(FRAMES_AHEAD);
    // Dropped with this function, the set ends its task, and so the worker.
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        if let Err(error) = read_frames(worker, &frames).await {
            let _ = frames.send(Err(error)).await;
        }
    });
    while let Some(received) = queue.recv().await {
        match received? {
            Received::Records(records) => {
                for record in records {
                    take(record, bulk, mapping, units, places).await?;
                }
            }
            Received::Progress(done, total) => progress(done, total),
            Received::Done(summary) => return Ok(summary),
        }
    }
    Err(Error::internal("reading the file", "the reader's task ended early"))
}

async fn take(
    record: Record,
    bulk: &mut Bulk<'_>,
    mapping: &Mapping,
    units: &mut IncomingUnits,
    places: &mut Places,
) -> Result<()> {
    let (place, note, wkb, values) = match record {
        Record::Rejected { place, reason } => {
            bulk.refuse(place, reason);
            return Ok(());
        }
        Record::Row { place, note, wkb, values } => (place, note, wkb, values),
    };
    let def = bulk.layer().clone();
    let mapped =
        mapping.apply(&def, values).and_then(|mut values| units.resolve(&def, &mut values).map(|()| values));
    let values = match mapped {
        Ok(values) => values,
        Err(reason) => {
            bulk.refuse(place, reason);
            return Ok(());
        }
    };
    if let Some(note) = note {
        bulk.report().repair(&place, note, None);
    }
    places.see(&wkb);
    bulk.push(Incoming { place, wkb, values }).await
}

/// Where the features lie, by their first vertex: axes that were swapped show.
#[derive(Debug, Default)]
struct Places {
    inside: u64,
    outside: u64,
    swapped: u64,
}

impl Places {
    fn see(&mut self, wkb: &[u8]) {
        let Some((x, y)) = first_vertex(wkb) else { return };
        if PROVINCE.holds(x, y) {
            self.inside += 1;
        } else {
            self.outside += 1;
            self.swapped += u64::from(PROVINCE.holds(y, x));
        }
    }

    fn warnings(&self) -> Vec<Text> {
        let mut warnings = Vec::new();
        if self.swapped > 0 {
            let n = self.swapped;
            warnings.push(Text::new(
                format!("{n} đối tượng nằm ngoài tỉnh nhưng nằm trong tỉnh nếu đổi chỗ hai toạ độ: có thể X (bắc) và Y (đông) bị đảo; nếu đúng vậy, hãy dùng --swap-axes"),
                format!("{n} features lie outside the province but inside it with their axes swapped: northing and easting may be in the wrong order; if so, use --swap-axes"),
            ));
        } else if self.outside > 0 {
            let n = self.outside;
            warnings.push(Text::new(
                format!("{n} đối tượng nằm ngoài địa bàn tỉnh Lâm Đồng"),
                format!("{n} features lie outside the province of Lâm Đồng"),
            ));
        }
        warnings
    }
}

/// The first vertex of little-endian ISO WKB: behind as many heads and counts as the type has levels.
fn first_vertex(wkb: &[u8]) -> Option<(f64, f64)> {
    let kind = u32::from_le_bytes(wkb.get(1..5)?.try_into().ok()?);
    let at = match kind {
        1 => 5,
        2 => 9,
        3 => 13,
        4 => 9 + 5,
        5 => 9 + 9,
        6 => 9 + 13,
        _ => return None,
    };
    let number = |at: usize| wkb.get(at..at + 8)?.try_into().ok().map(f64::from_le_bytes);
    Some((number(at)?, number(at + 8)?))
}

fn report(
    request: &Request,
    source: Header,
    merged: BulkReport,
    places: &Places,
    units: UnitCounts,
    summary: Summary,
) -> Report {
    let mut warnings = places.warnings();
    warnings.extend(source.warnings.iter().cloned());
    warnings.extend(summary.warnings);
    warnings.extend(units.warnings());
    if request.crs.is_none() && !source.crs.starts_with("EPSG:") {
        let crs = &source.crs;
        warnings.push(Text::new(
            format!("tệp tự mô tả hệ toạ độ ({crs}) mà không có mã: nếu là VN-2000, hãy cho biết bằng --crs, vì gốc toạ độ sai lệch khoảng 225 m"),
            format!("the file describes its reference system ({crs}) without a code: if it is VN-2000, say so by --crs, for a wrong datum is 225 m off"),
        ));
    }
    Report {
        layer: request.layer.clone(),
        source,
        read: merged.read,
        imported: merged.inserted + merged.updated + merged.unchanged,
        inserted: merged.inserted,
        updated: merged.updated,
        unchanged: merged.unchanged,
        closed: merged.closed,
        repaired: merged.repaired,
        repaired_area_m2: merged.repaired_area_m2,
        lists_cut_off: merged.repaired > merged.repairs.len() as u64
            || merged.rejected > merged.rejections.len() as u64,
        rejected_count: merged.rejected,
        rejected: merged.rejections,
        repairs: merged.repairs,
        units,
        warnings,
        notes: summary.notes,
        dry_run: request.dry_run,
        position: merged.position,
    }
}
