//! An import that an editor asked for on the portal: the job that looks at his file, tries it, or brings it in; and
//! what is remembered for the next file with the same fields.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::import::{Report, Request, import, inspect};
use super::queue::Share;
use crate::error::{Error, Result};
use crate::formats::inspect::{Inspection, SourceLayer};
use crate::formats::unpack::MAIN_FILES;
use crate::formats::{Drawing, Encoding, Header, ReadOptions, TEXT_FIELD, is_drawing};
use crate::layers::{Catalog, LayerDef};
use crate::state::AppState;
use crate::store::bulk::Mode;
use crate::store::import_list::PORTAL_CLIENT;
use crate::store::imports::{Import, Task};
use crate::store::jobs::Lease;
use crate::store::reasons::Reason;
use crate::store::{Author, Store};

/// How long uploaded files are kept after their last use.
const KEPT_DAYS: i64 = 3;

/// Endings of files that hold a data set, the ones that are looked for first in front: an archive beside a shapefile
/// is not the data. A drawing of AutoCAD's own format is taken, so that its refusal can say what to do.
pub fn main_endings() -> impl Iterator<Item = &'static str> {
    MAIN_FILES.into_iter().chain(["zip", "dwg"])
}

/// Endings of files that belong to one of those.
pub const PART_ENDINGS: [&str; 15] =
    ["shx", "dbf", "prj", "cpg", "qpj", "sbn", "sbx", "qix", "dat", "map", "id", "ind", "mid", "csvt", "xsd"];

/// What is chosen for an import.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Layer of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_layer: Option<String>,
    /// Reference system (`EPSG:n`), instead of what the file says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// Encoding of the texts, instead of what is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Northing stands before easting.
    pub swap_axes: bool,
    /// How areas are made of a drawing.
    pub drawing: Drawing,
    /// Attribute and its field, or a constant in single quotes.
    pub map: BTreeMap<String, String>,
    /// The day of which the communes in the file are, where it is of before a reform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units_as_of: Option<NaiveDate>,
    /// How rows meet what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

impl Settings {
    /// From the table; settings of an older program that do not fit are as if nothing was chosen.
    pub fn stored(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }

    fn read_options(&self, def: &LayerDef) -> ReadOptions {
        ReadOptions {
            source_layer: self.source_layer.clone(),
            crs: self.crs.clone(),
            encoding: self.encoding,
            swap_axes: self.swap_axes,
            drawing: self.drawing.for_layer(def),
            scratch: None,
            target: def.geometry,
        }
    }
}

/// What names the fields of a file, whatever their order: files with the same fields are mapped the same way. The
/// fields that a drawing has of its layers of texts do not count: which of those occur differs from sheet to sheet.
pub fn fields_sha256(driver: &str, fields: &[String]) -> [u8; 32] {
    let own = |f: &&str| !(is_drawing(driver) && f.starts_with(TEXT_FIELD));
    let mut sorted: Vec<&str> = fields.iter().map(String::as_str).filter(own).collect();
    sorted.sort_unstable();
    Sha256::digest(sorted.join("\n").as_bytes()).into()
}

/// The file that GDAL opens among the files of an import.
pub fn main_file<'a>(names: &[&'a str]) -> Option<&'a str> {
    let ends = |name: &str, ending: &str| name.rsplit_once('.').is_some_and(|(_, e)| e == ending);
    main_endings().find_map(|ending| names.iter().copied().find(|n| ends(n, ending)))
}

/// Does a step of an import. The payload names the import and the step.
pub async fn run_job(state: &AppState, lease: &Lease, share: &Share) -> Result<Value> {
    let (id, task) = payload(&lease.payload)?;
    let import =
        state.store.find_import(id).await?.ok_or_else(|| Error::not_found("import", id.to_string()))?;
    if task == Task::Inspect {
        return look(state, &import).await;
    }
    share.set(0.0);
    if task == Task::Run {
        if let Some(done) = done_already(state, &import).await? {
            return Ok(done);
        }
        // It may be the file that brought the node down: it is not begun again unasked.
        if lease.interrupted {
            return Err(Error::conflict(
                "Máy chủ đã dừng giữa chừng khi đang nhập. Chưa có gì của tệp vào lớp; có thể nhập lại.",
                "The server stopped in the middle of the import. Nothing of the file is in the layer; it may be imported again.",
            ));
        }
    }
    bring(state, &import, task, share).await
}

/// The node died after the commit: what is in the layer stays in it once.
async fn done_already(state: &AppState, import: &Import) -> Result<Option<Value>> {
    let Some(revision) = state.store.find_revision_of(&client(import), import.created_at).await? else {
        return Ok(None);
    };
    let report = json!({"layer": import.layer, "interrupted": true, "position": null});
    state.store.finish_import(import.id, &report, Some(revision)).await?;
    Ok(Some(json!({"import": import.id, "revision": revision})))
}

fn payload(payload: &Value) -> Result<(Uuid, Task)> {
    #[derive(Deserialize)]
    struct Payload {
        import: Uuid,
        task: Task,
    }
    let p: Payload =
        serde_json::from_value(payload.clone()).map_err(|e| Error::internal("payload of an import", e))?;
    Ok((p.import, p.task))
}

fn file(state: &AppState, import: &Import) -> Result<std::path::PathBuf> {
    let names: Vec<&str> = import.files.iter().map(|f| f.name.as_str()).collect();
    let main = main_file(&names).ok_or_else(|| {
        Error::bad_file(
            "",
            "chưa có tệp dữ liệu (thiếu .shp, .tab, .gpkg …)",
            "no data file (a .shp, .tab, .gpkg …)",
        )
    })?;
    state.files.import_path(import.id, main)
}

async fn look(state: &AppState, import: &Import) -> Result<Value> {
    let catalog = state.catalog.load_full();
    let def = catalog.layer(&import.layer).ok_or_else(|| Error::not_found("layer", &import.layer))?;
    let mut settings = Settings::stored(&import.settings);
    let path = file(state, import)?;
    let mut found = inspect(&path, &settings.read_options(def)).await?;
    // Nothing was chosen yet: as it was done the last time.
    if settings == Settings::default()
        && let Some(kept) = remembered(&state.store, &def.id, &found).await?
    {
        found = inspect(&path, &kept.read_options(def)).await?;
        settings = kept;
    }
    let kept = serde_json::to_value(&found).map_err(|e| Error::internal("an inspection", e))?;
    let settings = serde_json::to_value(&settings).map_err(|e| Error::internal("an import's settings", e))?;
    state.store.keep_inspection(import.id, &kept, &settings).await?;
    Ok(json!({"import": import.id}))
}

/// The layer whose rows an inspection shows.
pub fn selected(found: &Inspection) -> Option<&SourceLayer> {
    found.layers.iter().find(|l| Some(&l.name) == found.layer.as_ref())
}

/// Names of the fields of that layer.
pub fn fields(found: &Inspection) -> Vec<String> {
    selected(found).map(|l| l.fields.iter().map(|f| f.name.clone()).collect()).unwrap_or_default()
}

/// What was chosen the last time for a file with these fields, as far as it fits this one; whoever chose it. That a
/// whole layer was replaced once is no reason to replace it again unasked, and a day holds for one file.
pub async fn remembered(store: &Store, layer: &str, found: &Inspection) -> Result<Option<Settings>> {
    let key = fields_sha256(&found.driver, &fields(found));
    let kept = store.find_import_mapping(layer, &key).await?.map(|k| Settings::stored(&k));
    let kept = kept.map(|k| Settings { mode: k.mode.filter(|m| *m != Mode::Replace), ..k });
    Ok(kept.and_then(|k| fitted(k, found)))
}

/// Of a drawing only what it has: a sheet may lack some layers of texts. Without one layer of the lines that were
/// chosen it is a drawing of another kind.
fn fitted(mut kept: Settings, found: &Inspection) -> Option<Settings> {
    let Some(drawn) = &found.drawing else { return Some(kept) };
    let layer_of = |name: &str| name.split('/').next().unwrap_or_default().trim().to_lowercase();
    let there: Vec<String> = drawn.layers.iter().map(|l| layer_of(&l.name)).collect();
    let chosen = &mut kept.drawing;
    let none_chosen = chosen.boundary_layers.is_empty();
    chosen.boundary_layers.retain(|l| there.contains(&layer_of(l)));
    if chosen.boundary_layers.is_empty() && !none_chosen {
        return None;
    }
    chosen.text_layers.retain(|l| there.contains(&layer_of(l)));
    let fields = fields(found);
    kept.map.retain(|_, source| !source.starts_with(TEXT_FIELD) || fields.contains(source));
    Some(kept)
}

/// Remembers what was chosen. The layer of the file is not, for the next one may be called otherwise; nor is the day
/// of its communes.
pub async fn remember(
    store: &Store,
    layer: &str,
    source: &Header,
    settings: &Settings,
    by: Option<Uuid>,
) -> Result<()> {
    let settings = Settings { source_layer: None, units_as_of: None, ..settings.clone() };
    let value = serde_json::to_value(&settings).map_err(|e| Error::internal("an import's settings", e))?;
    let key = fields_sha256(&source.driver, &source.fields);
    store.keep_import_mapping(layer, &key, &value, by).await
}

/// Fills in mapping, reference system, encoding and a drawing's layers, where the request leaves them open, from what is remembered of a
/// file with the same fields; gives what it took. A request with a mapping of its own is left alone, and the mode is
/// never taken: that a whole layer was replaced once is no reason to replace it again unasked.
pub async fn recall(store: &Store, catalog: &Catalog, request: &mut Request) -> Result<Option<Settings>> {
    let Some(def) = catalog.layer(&request.layer) else { return Ok(None) };
    if !request.map.is_empty() || !store.has_import_mapping(&request.layer).await? {
        return Ok(None);
    }
    // A file that cannot be looked at is for the import itself to refuse, with its reason.
    let Ok(found) = inspect(&request.file, &chosen(request).read_options(def)).await else { return Ok(None) };
    let Some(kept) = remembered(store, &request.layer, &found).await? else { return Ok(None) };
    let taken = Settings {
        map: kept.map,
        crs: kept.crs.filter(|_| request.crs.is_none()),
        encoding: kept.encoding.filter(|_| request.encoding.is_none()),
        swap_axes: kept.swap_axes && !request.swap_axes,
        drawing: if request.drawing == Drawing::default() { kept.drawing } else { Drawing::default() },
        ..Settings::default()
    };
    request.map = taken.map.clone().into_iter().collect();
    request.crs = request.crs.take().or_else(|| taken.crs.clone());
    request.encoding = request.encoding.or(taken.encoding);
    request.swap_axes |= taken.swap_axes;
    if taken.drawing != Drawing::default() {
        request.drawing = taken.drawing.clone();
    }
    Ok(Some(taken).filter(|t| *t != Settings::default()))
}

/// The settings of a request.
pub fn chosen(request: &Request) -> Settings {
    Settings {
        source_layer: request.source_layer.clone(),
        crs: request.crs.clone(),
        encoding: request.encoding,
        swap_axes: request.swap_axes,
        drawing: request.drawing.clone(),
        map: request.map.iter().cloned().collect(),
        units_as_of: request.units_as_of,
        mode: request.mode,
    }
}

/// Name under which the run of an import stands in the change log.
fn client(import: &Import) -> String {
    format!("{PORTAL_CLIENT}{}", import.id)
}

async fn bring(state: &AppState, import: &Import, task: Task, share: &Share) -> Result<Value> {
    let run = task == Task::Run;
    let catalog = state.catalog.load_full();
    let settings = Settings::stored(&import.settings);
    let request = Request {
        file: file(state, import)?,
        layer: import.layer.clone(),
        source_layer: settings.source_layer.clone(),
        crs: settings.crs.clone(),
        encoding: settings.encoding,
        swap_axes: settings.swap_axes,
        drawing: settings.drawing.clone(),
        map: settings.map.clone().into_iter().collect(),
        units_as_of: settings.units_as_of,
        mode: settings.mode,
        dry_run: !run,
    };
    let names: Vec<&str> = import.files.iter().map(|f| f.name.as_str()).collect();
    let author = Author {
        actor: Some(import.created_by),
        reason: Reason::Import(&names.join(", ")).text(),
        client: client(import),
    };
    let told = |done: u64, total: Option<u64>| {
        // Reading is nearly all of it; checking and merging are the rest.
        let read = total.filter(|t| *t > 0).map_or(0.5, |t| (done as f32 / t as f32).min(1.0));
        share.set(read * 0.9);
    };
    let report = self::import(&state.store, &catalog, &request, &author, told).await?;
    let value = serde_json::to_value(&report).map_err(|e| Error::internal("an import's report", e))?;
    if run {
        super::until_shown(state, report.position).await;
        if report.position.is_some() {
            super::quality::after_import(&state.store, &catalog, &import.layer, Some(import.created_by))
                .await?;
        }
        finish(state, import, &settings, &report, &value).await?;
    } else {
        state.store.keep_trial(import.id, &value).await?;
    }
    Ok(json!({"import": import.id, "revision": report.position.map(|p| p.revision)}))
}

async fn finish(
    state: &AppState,
    import: &Import,
    settings: &Settings,
    report: &Report,
    value: &Value,
) -> Result<()> {
    state.store.finish_import(import.id, value, report.position.map(|p| p.revision)).await?;
    remember(&state.store, &import.layer, &report.source, settings, Some(import.created_by)).await
}

/// Removes uploaded files that nobody has used for some days.
pub async fn clear(state: &AppState) -> Result<()> {
    for id in state.store.list_stale_imports(Utc::now() - Duration::days(KEPT_DAYS)).await? {
        let Some(import) = state.store.find_import(id).await? else { continue };
        let names: Vec<&str> = import.files.iter().map(|f| f.name.as_str()).collect();
        state.files.delete_import(id, &names).await?;
        state.store.clear_import(id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_set_is_told_from_its_parts() {
        assert_eq!(main_file(&["a.dbf", "a.prj", "a.shp", "a.shx"]), Some("a.shp"));
        assert_eq!(main_file(&["a.dat", "a.id", "a.map", "a.tab"]), Some("a.tab"));
        assert_eq!(main_file(&["a.csv"]), Some("a.csv"));
        assert_eq!(main_file(&["a.dbf", "a.prj"]), None);
    }

    #[test]
    fn fields_are_the_same_in_any_order() {
        let of = |driver: &str, names: &[&str]| {
            fields_sha256(driver, &names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of("CSV", &["A", "B"]), of("CSV", &["B", "A"]));
        assert_ne!(of("CSV", &["A", "B"]), of("CSV", &["AB"]));
        assert_ne!(of("CSV", &["A", "B"]), of("CSV", &["a", "B"]));
        assert_eq!(of("DXF", &["text", "text:A"]), of("DXF", &["text", "text:B"]));
        assert_ne!(of("CSV", &["text", "text:A"]), of("CSV", &["text", "text:B"]));
    }

    fn drawing(layers: &[&str], fields: &[&str]) -> Inspection {
        let layers: Vec<Value> =
            layers.iter().map(|l| json!({"name": l, "lines": 1, "texts": 1, "sample": null})).collect();
        let fields: Vec<Value> = fields.iter().map(|f| json!({"name": f, "type": "String"})).collect();
        let layer = json!({"name": "entities", "geometry": "Unknown (any)", "features": null, "crs": null,
            "extent": null, "fields": fields});
        serde_json::from_value(json!({"driver": "DXF", "layers": [layer], "layer": "entities", "rows": [],
            "drawing": {"layers": layers, "areas": 1}, "warnings": [],
            "encoding": {"name": "utf8", "source": "file", "confidence": 1.0}}))
        .unwrap()
    }

    #[test]
    fn of_a_drawing_what_it_has_is_taken() {
        let map =
            [("code", "text:SO_THUA"), ("land_use", "text:LOAI_DAT"), ("note", "'x'"), ("area", "text")];
        let kept = Settings {
            drawing: Drawing {
                boundary_layers: vec!["ranh".into(), "10/3".into()],
                text_layers: vec!["SO_THUA".into(), "LOAI_DAT".into()],
                snap_m: Some(0.1),
            },
            map: map.map(|(a, b)| (a.to_owned(), b.to_owned())).into(),
            ..Settings::default()
        };
        let same =
            drawing(&["RANH", "10", "SO_THUA", "LOAI_DAT"], &["text", "text:SO_THUA", "text:LOAI_DAT"]);
        assert_eq!(fitted(kept.clone(), &same), Some(kept.clone()));
        let less = fitted(kept.clone(), &drawing(&["RANH", "SO_THUA"], &["text", "text:SO_THUA"])).unwrap();
        assert_eq!(
            (less.drawing.boundary_layers, less.drawing.text_layers),
            (vec!["ranh".into()], vec!["SO_THUA".into()])
        );
        assert_eq!(less.map.into_keys().collect::<Vec<_>>(), ["area", "code", "note"]);
        assert_eq!(fitted(kept, &drawing(&["TIM_DUONG"], &["text"])), None);
    }

    #[test]
    fn settings_of_another_program_are_none() {
        assert_eq!(Settings::stored(&json!({"what": 1})), Settings::default());
        let stored = Settings::stored(&json!({"crs": "EPSG:5899", "mode": "append", "map": {"code": "MA"}}));
        assert_eq!((stored.crs.as_deref(), stored.mode), (Some("EPSG:5899"), Some(Mode::Append)));
    }
}
