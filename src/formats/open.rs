//! Opening a file with GDAL: no drivers that reach beyond the file, and its text undecoded where the caller names
//! the encoding or the file does not.

use std::path::Path;

use gdal::config::set_config_option;
use gdal::vector::{LayerAccess, OwnedLayer};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::{Encoding, ReadOptions};
use crate::{Error, Result};

/// Drivers that follow addresses and paths written in a file, or speak to servers.
const SKIPPED: &str = "OGR_VRT,OGR_OGDI,OGR_PDS,HTTP,WFS,OAPIF,CSW,PLScenes,Carto,AmigoCloud,Elastic,MySQL,PostgreSQL,\
    MSSQLSpatial,ODBC,PGeo,OCI,NGW,EEDA,GMLAS,Interlis 1,Interlis 2,STACTA,MongoDBv3";

/// How the texts of an open file are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// As Unicode.
    Unicode,
    /// As characters that stand for bytes of this encoding.
    Bytes(Encoding),
}

/// A layer of a file.
pub(super) struct Opened {
    pub layer: OwnedLayer,
    pub driver: String,
    pub texts: Texts,
}

/// Opens the layer that `options` name. The error lists the layers where it names none of several.
pub(super) fn open(file: &Path, options: &ReadOptions) -> Result<Opened> {
    settings(options)?;
    let dataset = dataset(file, &[])?;
    let driver = dataset.driver().short_name();
    let texts = texts(file, &driver, options.encoding)?;
    let dataset = match (texts, driver.as_str()) {
        // Each byte as the character of its number, to be decoded by us.
        (Texts::Bytes(_), "ESRI Shapefile") => self::dataset(file, &["ENCODING=ISO-8859-1"])?,
        _ => dataset,
    };
    let index = find_layer(&dataset, options.source_layer.as_deref())?;
    let layer = dataset.into_layer(index).map_err(|e| refused(&e))?;
    Ok(Opened { layer, driver, texts })
}

/// Set before the first file is opened: GDAL registers its drivers then.
fn settings(options: &ReadOptions) -> Result<()> {
    let mut settings = vec![
        ("GDAL_SKIP", SKIPPED),
        ("OGR_SKIP", SKIPPED),
        ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", ".none"),
        // A GeoPackage in a folder that cannot be written, and no journal beside it.
        ("OGR_SQLITE_JOURNAL", "OFF"),
        ("SQLITE_USE_OGR_VFS", "YES"),
        ("OSM_USE_CUSTOM_INDEXING", "YES"),
    ];
    if options.encoding.is_some() {
        settings.push(("DXF_ENCODING", "ISO-8859-1"));
    }
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
        open_options: Some(open_options),
        ..DatasetOptions::default()
    };
    if !file.exists() {
        return Err(Error::bad_file("", "không có tệp này", "no such file"));
    }
    Dataset::open_ex(file, options).map_err(|e| refused(&e))
}

fn refused(e: &gdal::errors::GdalError) -> Error {
    Error::bad_file(
        "",
        format!("không phải tệp dữ liệu không gian đọc được: {e}"),
        format!("not a vector file that can be read: {e}"),
    )
}

/// A shapefile without a code page is UTF-8 or unknown; GDAL would take it for Latin-1 without a word.
fn texts(file: &Path, driver: &str, encoding: Option<Encoding>) -> Result<Texts> {
    match (encoding, driver) {
        (None, "ESRI Shapefile") if !has_code_page(file) => Ok(Texts::Bytes(Encoding::Utf8)),
        (None | Some(Encoding::Utf8), _) if driver != "ESRI Shapefile" => Ok(Texts::Unicode),
        (None, _) => Ok(Texts::Unicode),
        (Some(encoding), "ESRI Shapefile" | "DXF") => Ok(Texts::Bytes(encoding)),
        (Some(_), driver) => Err(Error::invalid(
            "--encoding",
            format!("định dạng {driver} luôn là Unicode; bỏ tham số này"),
            format!("texts of the format {driver} are Unicode; leave this out"),
        )),
    }
}

/// Whether a shapefile tells its encoding: a .cpg file, or the language byte of its .dbf.
fn has_code_page(file: &Path) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let beside = |extension: &str| {
        [extension.to_owned(), extension.to_uppercase()]
            .iter()
            .map(|e| file.with_extension(e))
            .find(|p| p.exists())
    };
    if beside("cpg").is_some() {
        return true;
    }
    let language = beside("dbf").and_then(|path| {
        let mut dbf = std::fs::File::open(path).ok()?;
        dbf.seek(SeekFrom::Start(29)).ok()?;
        let mut byte = [0];
        dbf.read_exact(&mut byte).ok()?;
        Some(byte[0])
    });
    language.is_some_and(|l| l != 0)
}

fn find_layer(dataset: &Dataset, wanted: Option<&str>) -> Result<usize> {
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
