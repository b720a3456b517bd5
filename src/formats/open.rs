//! Opening a file with GDAL: only drivers that stay within the file, and its text undecoded where the format writes
//! bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gdal::config::set_config_option;
use gdal::errors::CplErrType;
use gdal::vector::{Layer, LayerAccess, OwnedLayer};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::encoding::detect::{Decision, Source, Used, decide};
use super::geopackage::{self, GeoPackage};
use super::texts::extension;
use super::{Encoding, ReadOptions, dgn, oversized, staging, texts, unpack};
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
    /// Names of the only layers that may be touched, and of the views that may not; none where all may.
    pub tables: Option<(Vec<String>, Vec<String>)>,
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
        options.source_layer.as_deref().filter(|_| files.len() == 1 || opened.layer_names().len() > 1);
    let index = opened.find_layer(wanted)?;
    opened.check(index)?;
    let OpenedFile { dataset, tables, driver, texts, encoding, warnings } = opened;
    let layer = match tables {
        Some((tables, _)) => dataset.into_layer_by_name(&tables[index]),
        None => dataset.into_layer(index),
    };
    let layer = layer.map_err(|e| refused(&e))?;
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

impl OpenedFile {
    /// The names of the layers, in their order.
    pub(super) fn layer_names(&self) -> Vec<String> {
        match &self.tables {
            Some((tables, _)) => tables.clone(),
            None => self.dataset.layers().map(|l| l.name()).collect(),
        }
    }

    /// The layer of that place in [`Self::layer_names`].
    pub(super) fn layer(&self, index: usize) -> Result<Layer<'_>> {
        let layer = match &self.tables {
            Some((tables, _)) => self.dataset.layer_by_name(&tables[index]),
            None => self.dataset.layer(index),
        };
        layer.map_err(|e| refused(&e))
    }

    /// A layer has a bearable number of fields.
    pub(super) fn check(&self, index: usize) -> Result<()> {
        let layer = self.layer(index)?;
        let fields = layer.defn().fields().count();
        if fields > MAX_FIELDS {
            return Err(Error::bad_file(
                layer.name(),
                format!("có {fields} trường, nhiều hơn giới hạn {MAX_FIELDS}"),
                format!("it has {fields} fields, more than the limit of {MAX_FIELDS}"),
            ));
        }
        Ok(())
    }

    /// The layer that `wanted` names, or the only one.
    pub(super) fn find_layer(&self, wanted: Option<&str>) -> Result<usize> {
        let names = self.layer_names();
        let same = |name: &String, wanted: &str| name.to_lowercase() == wanted.to_lowercase();
        let found = match wanted {
            Some(wanted) => {
                names.iter().position(|n| n == wanted).or_else(|| names.iter().position(|n| same(n, wanted)))
            }
            None => (names.len() == 1).then_some(0),
        };
        let views = self.tables.as_ref().map_or(&[][..], |(_, views)| views);
        found.ok_or_else(|| match (names.is_empty(), wanted) {
            (true, _) => Error::bad_file("", "tệp không có lớp dữ liệu nào", "the file has no layers"),
            (_, Some(wanted)) if views.iter().any(|v| same(v, wanted)) => Error::InvalidParameter {
                name: "--source-layer".to_owned(),
                reason: geopackage::not_read(wanted),
            },
            (_, Some(wanted)) => Error::invalid(
                "--source-layer",
                format!("tệp không có lớp {wanted}; có: {}", names.join(", ")),
                format!("the file has no layer {wanted}; it has: {}", names.join(", ")),
            ),
            (_, None) => Error::invalid(
                "--source-layer",
                format!("tệp có nhiều lớp, hãy chọn một: {}", names.join(", ")),
                format!("the file has several layers, name one: {}", names.join(", ")),
            ),
        })
    }
}

/// Opens a file and settles how its texts are read.
pub(super) fn open_file(file: &Path, options: &ReadOptions) -> Result<OpenedFile> {
    let scratch = options.scratch.as_deref();
    settings(scratch)?;
    let driver = match extension(file).as_str() {
        // These are read through a copy: to open them first would decode their texts.
        "csv" => "CSV".to_owned(),
        "tab" | "mif" => "MapInfo File".to_owned(),
        // With the options for a GeoPackage: this look at it must not write beside it either.
        _ => dataset(file, &geopackage::OPTIONS)?.driver().short_name(),
    };
    if driver == "GPKG" {
        let GeoPackage { dataset, tables, views, warning } = geopackage::open(file)?;
        let opened = unicode_file(dataset, &driver, options.encoding)?;
        let warnings = warning.into_iter().collect();
        return Ok(OpenedFile { tables: Some((tables, views)), warnings, ..opened });
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
    Ok(OpenedFile { dataset, tables: None, driver, texts, encoding: used, warnings })
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
        tables: None,
        driver: driver.to_owned(),
        texts: Texts::Unicode,
        encoding: Used { name: "utf8".to_owned(), source: Source::File, confidence: 1.0 },
        warnings: Vec::new(),
    })
}

/// Set before the first file is opened: GDAL registers its drivers then.
fn settings(scratch: Option<&Path>) -> Result<()> {
    if let Some(scratch) = scratch.and_then(Path::to_str) {
        // Else what GDAL puts aside lies in the working folder.
        set_config_option("CPL_TMPDIR", scratch).map_err(|e| Error::internal("GDAL's settings", e))?;
    }
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

pub(super) fn dataset(file: &Path, open_options: &[&str]) -> Result<Dataset> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_VECTOR,
        allowed_drivers: Some(&DRIVERS),
        open_options: Some(open_options),
        ..DatasetOptions::default()
    };
    Dataset::open_ex(file, options).map_err(|e| oversized::or_largest(file, refused(&e)))
}

pub(super) fn refused(e: &gdal::errors::GdalError) -> Error {
    Error::bad_file(
        "",
        format!("không phải tệp dữ liệu không gian đọc được: {e}"),
        format!("not a vector file that can be read: {e}"),
    )
}
