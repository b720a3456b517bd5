//! Opening a file with GDAL: only drivers that stay within the file, and its text undecoded where the format writes
//! bytes.

use std::collections::BTreeMap;
use std::path::Path;

use gdal::config::set_config_option;
use gdal::vector::{LayerAccess, OwnedLayer};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::encoding::detect::{Decision, Source, Used, decide};
use super::texts::extension;
use super::{Encoding, ReadOptions, dgn, staging, texts};
use crate::text::Text;
use crate::{Error, Result};

/// Drivers of files that hold their own features and nothing else.
const DRIVERS: [&str; 15] = [
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

/// Opens the layer that `options` name. The error lists the layers where it names none of several.
pub(super) fn open(file: &Path, options: &ReadOptions) -> Result<Opened> {
    let opened = open_file(file, options)?;
    let index = find_layer(&opened.dataset, options.source_layer.as_deref())?;
    let OpenedFile { dataset, driver, texts, encoding, warnings } = opened;
    let layer = dataset.into_layer(index).map_err(|e| refused(&e))?;
    Ok(Opened { layer, driver, texts, encoding, warnings })
}

/// Opens a file and settles how its texts are read.
pub(super) fn open_file(file: &Path, options: &ReadOptions) -> Result<OpenedFile> {
    settings()?;
    if !file.exists() {
        return Err(Error::bad_file("", "không có tệp này", "no such file"));
    }
    let scratch = options.scratch.as_deref();
    let driver = match extension(file).as_str() {
        // These are read through a copy: to open them first would decode their texts.
        "csv" => "CSV".to_owned(),
        "tab" | "mif" => "MapInfo File".to_owned(),
        _ => dataset(file, &[])?.driver().short_name(),
    };
    let Some((claim, sample)) = texts::look(file, &driver)? else {
        return Ok(OpenedFile {
            dataset: unicode(file, &driver, options.encoding)?,
            driver,
            texts: Texts::Unicode,
            encoding: Used { name: "utf8".to_owned(), source: Source::File, confidence: 1.0 },
            warnings: Vec::new(),
        });
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

fn unicode(file: &Path, driver: &str, given: Option<Encoding>) -> Result<Dataset> {
    match given {
        None | Some(Encoding::Utf8) => dataset(file, &[]),
        Some(_) => Err(Error::invalid(
            "--encoding",
            format!("định dạng {driver} luôn là Unicode; bỏ tham số này"),
            format!("texts of the format {driver} are Unicode; leave this out"),
        )),
    }
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
        // Each byte as the character of its number.
        ("DXF_ENCODING", "ISO-8859-1"),
    ];
    for (key, value) in settings {
        set_config_option(key, value).map_err(|e| Error::internal("GDAL's settings", e))?;
    }
    // What GDAL has to say stands in the errors of its calls; its own output would end up in the log twice.
    gdal::config::set_error_handler(|_, _, _| {});
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
