//! Opening a file with GDAL: only drivers that stay within the file, and its text undecoded where the format writes
//! bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gdal::config::set_config_option;
use gdal::errors::CplErrType;
use gdal::vector::sql::Dialect;
use gdal::vector::{LayerAccess, OwnedLayer};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::encoding::detect::{Decision, Source, Used, decide};
use super::texts::extension;
use super::{Encoding, ReadOptions, dgn, staging, texts, unpack};
use crate::text::Text;
use crate::{Error, Result};

/// Drivers of files that hold their own features and nothing else.
const DRIVERS: [&str; 18] = [
    "GPKG",
    "FlatGeobuf",
    "ESRI Shapefile",
    "MapInfo File",
    "GeoJSON",
    "GeoJSONSeq",
    "TopoJSON",
    "CSV",
    "DXF",
    "DGN",
    "OSM",
    "LIBKML",
    "KML",
    "GML",
    "GPX",
    "OpenFileGDB",
    "Parquet",
    "EDIGEO",
];

/// How the texts of an open file are to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Texts {
    /// As Unicode.
    Unicode,
    /// As characters that stand for bytes of this encoding.
    Bytes(Encoding),
    /// By the number of their element, past GDAL.
    Elements(Encoding, BTreeMap<u64, Vec<u8>>),
}

/// A file with its layers.
pub(super) struct OpenedFile {
    pub dataset: Dataset,
    pub driver: String,
    pub texts: Texts,
    pub encoding: Used,
    pub warnings: Vec<Text>,
}

/// A layer of a file.
pub(super) struct Opened {
    pub layer: OwnedLayer,
    pub driver: String,
    pub texts: Texts,
    pub encoding: Used,
    pub warnings: Vec<Text>,
}

/// Most fields of a layer that is read.
const MAX_FIELDS: usize = 1000;

/// Opens the layer that `options` name. The error lists the layers where it names none of several.
pub(super) fn open(file: &Path, options: &ReadOptions) -> Result<Opened> {
    let files = files(file, options)?;
    let chosen = unpack::choose(&files, options.source_layer.as_deref())?;
    let opened = open_file(chosen, options)?;
    // Of several files the name chose one: its only layer need not be called the same.
    let wanted =
        options.source_layer.as_deref().filter(|_| files.len() == 1 || opened.dataset.layer_count() > 1);
    let index = find_layer(&opened.dataset, wanted)?;
    check(&opened, index)?;
    let OpenedFile { dataset, driver, texts, encoding, warnings } = opened;
    let layer = dataset.into_layer(index).map_err(|e| refused(&e))?;
    Ok(Opened { layer, driver, texts, encoding, warnings })
}

/// The file itself, or what a zipped one holds.
pub(super) fn files(file: &Path, options: &ReadOptions) -> Result<Vec<PathBuf>> {
    if !file.exists() {
        return Err(Error::bad_file("", "không có tệp này", "no such file"));
    }
    match (extension(file).as_str(), options.scratch.as_deref()) {
        ("zip", Some(scratch)) => unpack::unpack(file, scratch),
        ("zip", None) => Err(Error::Setup("unpacking needs a scratch folder".to_owned())),
        ("dwg", _) => Err(Error::bad_file(
            "",
            "DWG là định dạng đóng, không đọc được; hãy lưu bản vẽ thành DXF (AutoCAD: SAVEAS, kiểu DXF 2000–2018) rồi nhập lại",
            "DWG is a closed format and is not read; save the drawing as DXF (AutoCAD: SAVEAS, type DXF 2000–2018) and import that",
        )),
        ("vrt", _) => Err(Error::bad_file(
            "",
            "VRT chỉ trỏ tới các tệp và máy chủ khác; hãy nhập chính các tệp đó",
            "a VRT only points at other files and servers; import those files themselves",
        )),
        _ => Ok(vec![file.to_owned()]),
    }
}

/// A layer is a table of its file, with a bearable number of fields.
pub(super) fn check(opened: &OpenedFile, index: usize) -> Result<()> {
    let Some(layer) = opened.dataset.layers().nth(index) else { return Ok(()) };
    let name = layer.name();
    let fields = layer.defn().fields().count();
    if fields > MAX_FIELDS {
        return Err(Error::bad_file(
            name,
            format!("có {fields} trường, nhiều hơn giới hạn {MAX_FIELDS}"),
            format!("it has {fields} fields, more than the limit of {MAX_FIELDS}"),
        ));
    }
    Ok(())
}

/// A GeoPackage of tables only. Even to ask for the fields of a view runs whatever SQL its maker wrote, which need not
/// end; so this comes before its layers are looked at.
fn refuse_views(dataset: &Dataset) -> Result<()> {
    let sql = "SELECT m.name FROM sqlite_master m JOIN gpkg_contents c ON lower(c.table_name) = lower(m.name)
        WHERE m.type <> 'table' OR m.sql LIKE 'CREATE VIRTUAL%'";
    let Some(mut rows) = dataset.execute_sql(sql, None, Dialect::DEFAULT).map_err(|e| refused(&e))? else {
        return Ok(());
    };
    let names: Vec<String> =
        rows.features().filter_map(|row| row.field_as_string(0).ok().flatten()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names = names.join(", ");
    Err(Error::bad_file(
        "",
        format!(
            "tệp có view (câu lệnh SQL trong tệp): {names}; chỉ bảng mới được đọc, hãy xuất các bảng ra tệp khác"
        ),
        format!(
            "the file holds views (SQL within the file): {names}; only tables are read, export them to another file"
        ),
    ))
}

/// Opens a file and settles how its texts are read.
pub(super) fn open_file(file: &Path, options: &ReadOptions) -> Result<OpenedFile> {
    settings()?;
    let scratch = options.scratch.as_deref();
    let driver = match extension(file).as_str() {
        // These are read through a copy: to open them first would decode their texts.
        "csv" => "CSV".to_owned(),
        "tab" | "mif" => "MapInfo File".to_owned(),
        _ => dataset(file, &[])?.driver().short_name(),
    };
    if driver == "GPKG" {
        // Nothing is written beside it, whatever journal it asks for.
        let dataset = dataset(file, &["IMMUTABLE=YES"])?;
        refuse_views(&dataset)?;
        return unicode_file(dataset, &driver, options.encoding);
    }
    let Some((claim, sample)) = texts::look(file, &driver)? else {
        return unicode_file(dataset(file, &[])?, &driver, options.encoding);
    };
    let Decision { encoding, used, warnings } = decide(options.encoding, claim.as_ref(), &sample);
    let (dataset, texts) = match (encoding, driver.as_str()) {
        (None, _) => (dataset(file, &[])?, Texts::Unicode),
        (Some(encoding), "CSV") => {
            let copy = staging::csv_in_utf8(file, encoding, scratch)?;
            (dataset(copy.as_deref().unwrap_or(file), &CSV_OPTIONS)?, Texts::Unicode)
        }
        (Some(encoding), "MapInfo File") => {
            (dataset(&staging::mapinfo_by_bytes(file, scratch)?, &[])?, Texts::Bytes(encoding))
        }
        // Each byte as the character of its number, to be decoded by us.
        (Some(encoding), "ESRI Shapefile") => {
            (dataset(file, &["ENCODING=ISO-8859-1"])?, Texts::Bytes(encoding))
        }
        (Some(encoding), "DGN") => (dataset(file, &[])?, Texts::Elements(encoding, dgn::texts(file)?)),
        (Some(encoding), _) => (dataset(file, &[])?, Texts::Bytes(encoding)),
    };
    Ok(OpenedFile { dataset, driver, texts, encoding: used, warnings })
}

/// Names under which tables give positions, and geometries as WKT.
const CSV_OPTIONS: [&str; 4] = [
    "X_POSSIBLE_NAMES=lon,long,lng,longitude,easting,kinh_do,kinhdo,x",
    "Y_POSSIBLE_NAMES=lat,latitude,northing,vi_do,vido,y",
    "GEOM_POSSIBLE_NAMES=wkt,geom,geometry,the_geom",
    "EMPTY_STRING_AS_NULL=YES",
];

fn unicode_file(dataset: Dataset, driver: &str, given: Option<Encoding>) -> Result<OpenedFile> {
    if given.is_some_and(|e| e != Encoding::Utf8) {
        return Err(Error::invalid(
            "--encoding",
            format!("định dạng {driver} luôn là Unicode; bỏ tham số này"),
            format!("texts of the format {driver} are Unicode; leave this out"),
        ));
    }
    Ok(OpenedFile {
        dataset,
        driver: driver.to_owned(),
        texts: Texts::Unicode,
        encoding: Used { name: "utf8".to_owned(), source: Source::File, confidence: 1.0 },
        warnings: Vec::new(),
    })
}

/// Set before the first file is opened: GDAL registers its drivers then.
fn settings() -> Result<()> {
    let settings = [
        ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", ".none"),
        ("GDAL_HTTP_MAX_RETRY", "0"),
        ("GML_SKIP_RESOLVE_ELEMS", "ALL"),
        ("GML_DOWNLOAD_SCHEMA", "NO"),
        ("GML_SAVE_RESOLVED_TO", ""),
        // Little is kept of a file: it is read once, from its beginning to its end.
        ("GDAL_CACHEMAX", "16"),
        ("OGR_SQLITE_CACHE", "16"),
        ("OSM_MAX_TMPFILE_SIZE", "64"),
        // A GeoPackage in a folder that cannot be written, and no journal beside it.
        ("OGR_SQLITE_JOURNAL", "OFF"),
        ("SQLITE_USE_OGR_VFS", "YES"),
        ("OSM_USE_CUSTOM_INDEXING", "YES"),
        // As many columns as are counted and refused, not silently left out.
        ("OGR_CSV_MAX_FIELD_COUNT", "10000"),
        // Each byte as the character of its number.
        ("DXF_ENCODING", "ISO-8859-1"),
    ];
    for (key, value) in settings {
        set_config_option(key, value).map_err(|e| Error::internal("GDAL's settings", e))?;
    }
    // What GDAL has to say stands in the errors of its calls; its own output would end up in the log twice.
    // The last words of a library that gives up are for the parent.
    gdal::config::set_error_handler(|kind, _, message| {
        if kind == CplErrType::Fatal {
            eprintln!("{message}");
        }
    });
    Ok(())
}

fn dataset(file: &Path, open_options: &[&str]) -> Result<Dataset> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_VECTOR,
        allowed_drivers: Some(&DRIVERS),
        open_options: Some(open_options),
        ..DatasetOptions::default()
    };
    Dataset::open_ex(file, options).map_err(|e| refused(&e))
}

pub(super) fn refused(e: &gdal::errors::GdalError) -> Error {
    Error::bad_file(
        "",
        format!("không phải tệp dữ liệu không gian đọc được: {e}"),
        format!("not a vector file that can be read: {e}"),
    )
}

pub(super) fn find_layer(dataset: &Dataset, wanted: Option<&str>) -> Result<usize> {
    let names: Vec<String> = dataset.layers().map(|l| l.name()).collect();
    let found = match wanted {
        Some(name) => names
            .iter()
            .position(|n| n == name)
            .or_else(|| names.iter().position(|n| n.to_lowercase() == name.to_lowercase())),
        None => (names.len() == 1).then_some(0),
    };
    found.ok_or_else(|| match (names.is_empty(), wanted) {
        (true, _) => Error::bad_file("", "tệp không có lớp dữ liệu nào", "the file has no layers"),
        (_, Some(name)) => Error::invalid(
            "--source-layer",
            format!("tệp không có lớp {name}; có: {}", names.join(", ")),
            format!("the file has no layer {name}; it has: {}", names.join(", ")),
        ),
        (_, None) => Error::invalid(
            "--source-layer",
            format!("tệp có nhiều lớp, hãy chọn một: {}", names.join(", ")),
            format!("the file has several layers, name one: {}", names.join(", ")),
        ),
    })
}
