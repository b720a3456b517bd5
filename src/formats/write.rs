//! Writing items of a layer as a file: GeoPackage, FlatGeobuf, GeoJSON or CSV, by the file's extension.

use std::path::{Path, PathBuf};

use gdal::DriverManager;
use gdal::vector::{
    Feature, FieldValue, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType, OwnedLayer,
};

use super::transform::FromStored;
use crate::layers::{AttributeType, GeometryKind, ItemRow, LayerDef, Value};
use crate::{Error, Result};

/// Formats by extension: driver, default reference system, layer options.
const FORMATS: [(&str, &str, &str, &[&str]); 5] = [
    ("gpkg", "GPKG", "EPSG:9218", &["FID=row"]),
    ("fgb", "FlatGeobuf", "EPSG:9218", &[]),
    ("geojson", "GeoJSON", "EPSG:4326", &["RFC7946=YES", "COORDINATE_PRECISION=9"]),
    ("json", "GeoJSON", "EPSG:4326", &["RFC7946=YES", "COORDINATE_PRECISION=9"]),
    ("csv", "CSV", "EPSG:9218", &["GEOMETRY=AS_WKT"]),
];

/// A file in the making. It stands beside its place under another name until [`Writer::finish`].
pub struct Writer {
    layer: OwnedLayer,
    transform: FromStored,
    making: PathBuf,
    path: PathBuf,
}

impl Writer {
    /// Begins `path` for items of `def`, in `crs` or the format's usual system.
    pub fn create(path: &Path, def: &LayerDef, crs: Option<&str>) -> Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let (extension, driver, usual, options) =
            FORMATS.into_iter().find(|f| f.0 == extension).ok_or_else(|| unknown_format(path))?;
        let crs = crs.unwrap_or(usual);
        if driver == "GeoJSON" && crs != usual {
            return Err(Error::invalid(
                "--crs",
                "GeoJSON (RFC 7946) luôn dùng WGS 84; hãy chọn định dạng khác",
                "GeoJSON (RFC 7946) is always in WGS 84; choose another format",
            ));
        }
        let (srs, transform) = FromStored::new(crs)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let making = path.with_file_name(format!(".{name}-{}.{extension}", std::process::id()));
        let broken = |e: gdal::errors::GdalError| failed(path, &e);
        let driver = DriverManager::get_driver_by_name(driver).map_err(broken)?;
        let mut dataset = driver.create_vector_only(&making).map_err(broken)?;
        let layer = dataset
            .create_layer(LayerOptions {
                name: &def.id,
                srs: Some(&srs),
                ty: ogr_geometry(def.geometry),
                options: Some(options),
            })
            .map_err(broken)?;
        let mut fields = vec![("fid", OGRFieldType::OFTInteger64)];
        fields.extend(def.attributes.iter().map(|a| (a.name.as_str(), ogr_type(a.kind))));
        layer.create_defn_fields(&fields).map_err(broken)?;
        let layer = dataset.into_layer(0).map_err(broken)?;
        Ok(Self { layer, transform, making, path: path.to_owned() })
    }

    /// Adds an item.
    pub fn push(&mut self, row: &ItemRow) -> Result<()> {
        self.add(row).map_err(|e| failed(&self.path, &e))
    }

    fn add(&self, row: &ItemRow) -> gdal::errors::Result<()> {
        let mut feature = Feature::new(self.layer.defn())?;
        feature.set_geometry(self.transform.apply(&row.wkb)?)?;
        feature.set_field_integer64(0, row.fid)?;
        for (i, value) in row.values.iter().enumerate() {
            set(&mut feature, i + 1, value)?;
        }
        feature.create(&self.layer)
    }

    /// Closes the file and puts it in its place.
    pub fn finish(self) -> Result<()> {
        self.layer.into_dataset().close().map_err(|e| failed(&self.path, &e))?;
        std::fs::rename(&self.making, &self.path).map_err(|e| failed(&self.path, &e))
    }

    /// Removes what was written so far.
    pub fn discard(self) {
        drop(self.layer);
        // What cannot be removed is a hidden file beside the target, and the error that led here is told.
        let _ = std::fs::remove_file(&self.making);
    }
}

fn set(feature: &mut Feature, i: usize, value: &Value) -> gdal::errors::Result<()> {
    match value {
        Value::Null => feature.set_field_null(i),
        Value::Bool(b) => feature.set_field_integer(i, i32::from(*b)),
        Value::Int(n) => feature.set_field_integer64(i, *n),
        Value::Real(r) => feature.set_field_double(i, *r),
        Value::Text(t) => feature.set_field_string(i, t),
        Value::Date(d) => feature.set_field(i, &FieldValue::DateValue(*d)),
        Value::Time(t) => feature.set_field(i, &FieldValue::DateTimeValue(t.fixed_offset())),
    }
}

fn ogr_type(kind: AttributeType) -> OGRFieldType::Type {
    match kind {
        AttributeType::Text => OGRFieldType::OFTString,
        AttributeType::Integer => OGRFieldType::OFTInteger64,
        AttributeType::Real => OGRFieldType::OFTReal,
        AttributeType::Boolean => OGRFieldType::OFTInteger,
        AttributeType::Date => OGRFieldType::OFTDate,
        AttributeType::Timestamp => OGRFieldType::OFTDateTime,
    }
}

fn ogr_geometry(kind: GeometryKind) -> OGRwkbGeometryType::Type {
    match kind {
        GeometryKind::Point => OGRwkbGeometryType::wkbPoint,
        GeometryKind::LineString => OGRwkbGeometryType::wkbLineString,
        GeometryKind::Polygon => OGRwkbGeometryType::wkbPolygon,
        GeometryKind::MultiPoint => OGRwkbGeometryType::wkbMultiPoint,
        GeometryKind::MultiLineString => OGRwkbGeometryType::wkbMultiLineString,
        GeometryKind::MultiPolygon => OGRwkbGeometryType::wkbMultiPolygon,
    }
}

fn unknown_format(path: &Path) -> Error {
    let known: Vec<&str> = FORMATS.iter().map(|f| f.0).collect();
    let (path, known) = (path.display(), known.join(", "));
    Error::invalid(
        "FILE",
        format!("{path}: không biết định dạng; phần mở rộng phải là {known}"),
        format!("{path}: unknown format; the extension must be one of {known}"),
    )
}

fn failed(path: &Path, e: &dyn std::fmt::Display) -> Error {
    Error::internal(format!("writing {}", path.display()), e.to_string())
}
