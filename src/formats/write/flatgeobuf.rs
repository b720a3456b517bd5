//! FlatGeobuf 3: features in the order of a Hilbert curve under a packed index, so that a client reads what lies in a
//! box by ranges.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::wkb::Wkb;
use geozero::{ColumnValue, PropertyProcessor};

use super::{Table, failed};
use crate::Result;
use crate::layers::{AttributeType, GeometryKind, ItemRef, ValueRef};

const NAME: &str = "FlatGeobuf";

/// A file in the making: features are collected beside it, and sorted at the end.
pub(super) struct FlatGeobuf {
    writer: FgbWriter<'static>,
    /// The file without an index, which is what is written where no row comes: readers refuse an index of nothing.
    empty: Option<FgbWriter<'static>>,
    file: File,
    names: Vec<String>,
    /// Room for the text of a day or an instant.
    text: String,
}

impl FlatGeobuf {
    pub(super) fn create(path: &Path, table: &Table<'_>) -> Result<Self> {
        let file = File::create_new(path).map_err(failed(NAME))?;
        let (writer, empty) = (writer(table, true)?, writer(table, false)?);
        let names = table.attributes.iter().map(|a| a.name.clone()).collect();
        Ok(Self { writer, empty: Some(empty), file, names, text: String::new() })
    }

    pub(super) fn push(&mut self, row: &ItemRef<'_>) -> Result<()> {
        self.empty = None;
        let Self { writer, names, text, .. } = self;
        let mut wrong = None;
        let added = writer.add_feature_geom(Wkb(row.wkb), |feature| {
            wrong = properties(feature, row, names, text).err();
        });
        added.map_err(failed(NAME))?;
        wrong.map_or(Ok(()), |e| Err(failed(NAME)(e)))
    }

    pub(super) fn finish(self) -> Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, self.file);
        self.empty.unwrap_or(self.writer).write(&mut out).map_err(failed(NAME))?;
        out.flush().map_err(failed(NAME))
    }
}

/// A file of the table's columns in the making.
fn writer(table: &Table<'_>, index: bool) -> Result<FgbWriter<'static>> {
    let wkt = table.crs.wkt1()?;
    let options = FgbWriterOptions {
        write_index: index,
        detect_type: false,
        promote_to_multi: false,
        crs: FgbCrs { org: Some("EPSG"), code: table.crs.epsg(), wkt: Some(&wkt), ..FgbCrs::default() },
        title: Some(table.title()),
        description: Some(table.description()),
        ..FgbWriterOptions::default()
    };
    let kind = match table.layer.geometry {
        GeometryKind::Point => GeometryType::Point,
        GeometryKind::LineString => GeometryType::LineString,
        GeometryKind::Polygon => GeometryType::Polygon,
        GeometryKind::MultiPoint => GeometryType::MultiPoint,
        GeometryKind::MultiLineString => GeometryType::MultiLineString,
        GeometryKind::MultiPolygon => GeometryType::MultiPolygon,
    };
    let mut writer = FgbWriter::create_with_options(&table.layer.id, kind, options).map_err(failed(NAME))?;
    // The format has no identifiers of its own.
    writer.add_column("fid", ColumnType::Long, |_, column| column.nullable = false);
    for attribute in &table.attributes {
        let kind = match attribute.kind {
            AttributeType::Text => ColumnType::String,
            AttributeType::Integer => ColumnType::Long,
            AttributeType::Real => ColumnType::Double,
            AttributeType::Boolean => ColumnType::Bool,
            // It has no days either: ISO 8601 says which of the two a value is.
            AttributeType::Date | AttributeType::Timestamp => ColumnType::DateTime,
        };
        let title = attribute.title.get(table.lang);
        writer.add_column(&attribute.name, kind, |builder, column| {
            column.title = Some(builder.create_string(title));
        });
    }
    Ok(writer)
}

/// What has no value is left out.
fn properties(
    feature: &mut impl PropertyProcessor,
    row: &ItemRef<'_>,
    names: &[String],
    text: &mut String,
) -> geozero::error::Result<()> {
    feature.property(0, "fid", &ColumnValue::Long(row.fid))?;
    for (i, (value, name)) in row.values.iter().zip(names).enumerate() {
        text.clear();
        let value = match value {
            ValueRef::Null => continue,
            ValueRef::Bool(v) => ColumnValue::Bool(*v),
            ValueRef::Int(v) => ColumnValue::Long(*v),
            ValueRef::Real(v) => ColumnValue::Double(*v),
            ValueRef::Text(v) => ColumnValue::String(v),
            ValueRef::Date(v) => {
                text.push_str(&v.to_string());
                ColumnValue::DateTime(text)
            }
            ValueRef::Time(v) => {
                text.push_str(&v.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
                ColumnValue::DateTime(text)
            }
        };
        feature.property(i + 1, name, &value)?;
    }
    Ok(())
}
