//! GeoParquet 1.1 (geoparquet.org): the geometry as WKB, its box in a column beside it, so that readers pass over row
//! groups outside of the box that they look for. Written by the columns' own writers, without Arrow between.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use chrono::Datelike;
use parquet::basic::{
    Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel,
};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use serde_json::{Value as Json, json};

use super::{Table, envelope, failed};
use crate::layers::{AttributeType, GeometryKind, ItemRef, ValueRef};
use crate::space::Bbox;
use crate::{Error, Result};

const NAME: &str = "GeoParquet";
/// Columns of the geometry and of its box.
const GEOMETRY: &str = "geometry";
const BOX: &str = "bbox";
/// Rows that are kept until they are written as one group: some megabytes.
const ROW_GROUP: usize = 20_000;
/// Days from the first of the common era to 1970.
const EPOCH_DAY: i32 = 719_163;

/// A file in the making.
pub(super) struct GeoParquet {
    writer: SerializedFileWriter<BufWriter<File>>,
    fids: Vec<i64>,
    columns: Vec<Column>,
    geometry: Values<ByteArray>,
    /// West, south, east, north of each row that has a geometry.
    boxes: [Vec<f64>; 4],
    around: Option<Bbox>,
    kind: GeometryKind,
    crs: Json,
}

/// The values that are there, and for each row whether there is one (a definition level).
#[derive(Debug)]
struct Values<T> {
    there: Vec<T>,
    levels: Vec<i16>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self { there: Vec::new(), levels: Vec::new() }
    }
}

impl<T> Values<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.there.extend(value);
    }
}

#[derive(Debug)]
enum Column {
    Text(Values<ByteArray>),
    Int(Values<i64>),
    Real(Values<f64>),
    Bool(Values<bool>),
    /// Days since 1970.
    Date(Values<i32>),
    /// Microseconds since 1970 UTC.
    Time(Values<i64>),
}

impl GeoParquet {
    pub(super) fn create(path: &Path, table: &Table<'_>) -> Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, File::create_new(path).map_err(failed(NAME))?);
        let zstd = ZstdLevel::try_new(1).map_err(failed(NAME))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(zstd))
            .set_created_by(format!("dothi {}", env!("CARGO_PKG_VERSION")))
            // Hardly two geometries are the same.
            .set_column_dictionary_enabled(ColumnPath::from(GEOMETRY), false)
            .build();
        let schema = schema(table).map_err(failed(NAME))?;
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(failed(NAME))?;
        let crs = serde_json::from_str(&table.crs.projjson()?).map_err(failed(NAME))?;
        Ok(Self {
            writer,
            fids: Vec::new(),
            columns: table.attributes.iter().map(|a| Column::new(a.kind)).collect(),
            geometry: Values::default(),
            boxes: Default::default(),
            around: None,
            kind: table.layer.geometry,
            crs,
        })
    }

    pub(super) fn push(&mut self, row: &ItemRef<'_>) -> Result<()> {
        self.fids.push(row.fid);
        for (column, value) in self.columns.iter_mut().zip(row.values) {
            column.push(*value)?;
        }
        let around = envelope(row.wkb);
        self.geometry.push(around.map(|_| ByteArray::from(row.wkb.to_vec())));
        if let Some(b) = around {
            for (side, v) in self.boxes.iter_mut().zip([b.min_x, b.min_y, b.max_x, b.max_y]) {
                side.push(v);
            }
            let all = self.around.get_or_insert(b);
            (all.min_x, all.min_y) = (all.min_x.min(b.min_x), all.min_y.min(b.min_y));
            (all.max_x, all.max_y) = (all.max_x.max(b.max_x), all.max_y.max(b.max_y));
        }
        if self.fids.len() == ROW_GROUP { self.group().map_err(failed(NAME)) } else { Ok(()) }
    }

    /// Writes the rows that are kept as one group.
    fn group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        write::<Int64Type>(&mut group, &self.fids, None)?;
        for column in &self.columns {
            match column {
                Column::Text(v) => write::<ByteArrayType>(&mut group, &v.there, Some(&v.levels))?,
                Column::Int(v) | Column::Time(v) => {
                    write::<Int64Type>(&mut group, &v.there, Some(&v.levels))?;
                }
                Column::Real(v) => write::<DoubleType>(&mut group, &v.there, Some(&v.levels))?,
                Column::Bool(v) => write::<BoolType>(&mut group, &v.there, Some(&v.levels))?,
                Column::Date(v) => write::<Int32Type>(&mut group, &v.there, Some(&v.levels))?,
            }
        }
        write::<ByteArrayType>(&mut group, &self.geometry.there, Some(&self.geometry.levels))?;
        for side in &self.boxes {
            write::<DoubleType>(&mut group, side, Some(&self.geometry.levels))?;
        }
        group.close()?;
        self.fids.clear();
        self.columns.iter_mut().for_each(Column::clear);
        self.geometry = Values::default();
        self.boxes.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<()> {
        if !self.fids.is_empty() {
            self.group().map_err(failed(NAME))?;
        }
        let geo = self.metadata().to_string();
        self.writer.append_key_value_metadata(KeyValue::new("geo".to_owned(), geo));
        self.writer.close().map(drop).map_err(failed(NAME))
    }

    /// The member `geo` of the file's metadata.
    fn metadata(&self) -> Json {
        let side = |name: &str| json!([BOX, name]);
        let mut column = json!({
            "encoding": "WKB",
            "geometry_types": [format!("{:?}", self.kind)],
            "crs": self.crs,
            "edges": "planar",
            "covering": {"bbox": {
                "xmin": side("xmin"), "ymin": side("ymin"), "xmax": side("xmax"), "ymax": side("ymax"),
            }},
        });
        if let Some(b) = self.around {
            column["bbox"] = json!([b.min_x, b.min_y, b.max_x, b.max_y]);
        } else {
            // Of no rows none has a type.
            column["geometry_types"] = json!([]);
        }
        json!({"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}})
    }
}

impl Column {
    fn new(kind: AttributeType) -> Self {
        match kind {
            AttributeType::Text => Self::Text(Values::default()),
            AttributeType::Integer => Self::Int(Values::default()),
            AttributeType::Real => Self::Real(Values::default()),
            AttributeType::Boolean => Self::Bool(Values::default()),
            AttributeType::Date => Self::Date(Values::default()),
            AttributeType::Timestamp => Self::Time(Values::default()),
        }
    }

    fn push(&mut self, value: ValueRef<'_>) -> Result<()> {
        match (self, value) {
            (Self::Text(v), ValueRef::Null) => v.push(None),
            (Self::Int(v) | Self::Time(v), ValueRef::Null) => v.push(None),
            (Self::Real(v), ValueRef::Null) => v.push(None),
            (Self::Bool(v), ValueRef::Null) => v.push(None),
            (Self::Date(v), ValueRef::Null) => v.push(None),
            (Self::Text(v), ValueRef::Text(t)) => v.push(Some(ByteArray::from(t))),
            (Self::Int(v), ValueRef::Int(i)) => v.push(Some(i)),
            (Self::Real(v), ValueRef::Real(r)) => v.push(Some(r)),
            (Self::Bool(v), ValueRef::Bool(b)) => v.push(Some(b)),
            (Self::Date(v), ValueRef::Date(d)) => v.push(Some(d.num_days_from_ce() - EPOCH_DAY)),
            (Self::Time(v), ValueRef::Time(t)) => v.push(Some(t.timestamp_micros())),
            (column, value) => {
                return Err(Error::internal("writing GeoParquet", format!("{value:?} in {column:?}")));
            }
        }
        Ok(())
    }

    fn clear(&mut self) {
        fn clear<T>(v: &mut Values<T>) {
            v.there.clear();
            v.levels.clear();
        }
        match self {
            Self::Text(v) => clear(v),
            Self::Int(v) | Self::Time(v) => clear(v),
            Self::Real(v) => clear(v),
            Self::Bool(v) => clear(v),
            Self::Date(v) => clear(v),
        }
    }
}

/// Writes the next column of a group.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, BufWriter<File>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let next = group.next_column()?;
    let mut column = next.ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// The identifier, the attributes, the geometry, its box.
fn schema(table: &Table<'_>) -> Result<TypePtr, ParquetError> {
    let leaf = |name: &str, physical, logical, converted, repetition| {
        Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_converted_type(converted)
            .with_repetition(repetition)
            .build()
            .map(Arc::new)
    };
    let plain = ConvertedType::NONE;
    let mut fields = vec![leaf("fid", Physical::INT64, None, plain, Repetition::REQUIRED)?];
    for attribute in &table.attributes {
        let (physical, logical, converted) = match attribute.kind {
            AttributeType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
            AttributeType::Integer => (Physical::INT64, None, plain),
            AttributeType::Real => (Physical::DOUBLE, None, plain),
            AttributeType::Boolean => (Physical::BOOLEAN, None, plain),
            AttributeType::Date => (Physical::INT32, Some(LogicalType::Date), ConvertedType::DATE),
            AttributeType::Timestamp => {
                let micros = LogicalType::timestamp(true, TimeUnit::MICROS);
                (Physical::INT64, Some(micros), ConvertedType::TIMESTAMP_MICROS)
            }
        };
        fields.push(leaf(&attribute.name, physical, logical, converted, Repetition::OPTIONAL)?);
    }
    fields.push(leaf(GEOMETRY, Physical::BYTE_ARRAY, None, plain, Repetition::OPTIONAL)?);
    let sides = ["xmin", "ymin", "xmax", "ymax"]
        .map(|name| leaf(name, Physical::DOUBLE, None, plain, Repetition::REQUIRED));
    let around = Type::group_type_builder(BOX)
        .with_repetition(Repetition::OPTIONAL)
        .with_fields(sides.into_iter().collect::<Result<_, _>>()?)
        .build()?;
    fields.push(Arc::new(around));
    Type::group_type_builder("schema").with_fields(fields).build().map(Arc::new)
}
