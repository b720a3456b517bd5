//! Writing items of a layer as a file that is no text: GeoPackage, FlatGeobuf, GeoParquet.
//!
//! No writer goes through GDAL: it knows no booleans through its safe interface, 3.6 has no Parquet in Debian, and each
//! of its drivers keeps more in memory than is needed. Each library here does one format: SQLite (the one that GDAL
//! itself is linked to) a GeoPackage, `flatgeobuf` and `parquet` (without Arrow) the two others. Rows come in one by
//! one; what is kept of them is a row group (GeoParquet), the boxes of the index (FlatGeobuf, 40 bytes a row) or
//! SQLite's cache of pages.

mod flatgeobuf;
mod geopackage;
mod geoparquet;
pub mod pmtiles;

use std::path::Path;

use self::flatgeobuf::FlatGeobuf;
use self::geopackage::GeoPackage;
use self::geoparquet::GeoParquet;
use crate::layers::{Attribute, ItemRef, LayerDef};
use crate::space::Bbox;
use crate::space::crs::Target;
use crate::text::Lang;
use crate::{Error, Result};

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "names of formats")]
pub enum Format {
    GeoPackage,
    FlatGeobuf,
    GeoParquet,
}

/// What the rows of a file are.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    /// The layer that they are of.
    pub layer: &'a LayerDef,
    /// The attributes that a row has values of, in their order.
    pub attributes: Vec<&'a Attribute>,
    /// The system of the positions, east before north.
    pub crs: Target,
    /// The language of title and description.
    pub lang: Lang,
}

impl Table<'_> {
    fn title(&self) -> &str {
        self.layer.title.get(self.lang)
    }

    fn description(&self) -> &str {
        self.layer.description.get(self.lang)
    }
}

/// A file in the making.
pub struct Writer(Kind);

enum Kind {
    GeoPackage(Box<GeoPackage>),
    FlatGeobuf(Box<FlatGeobuf>),
    GeoParquet(Box<GeoParquet>),
}

impl Writer {
    /// Begins `path`, where no file is yet.
    pub fn create(path: &Path, format: Format, table: &Table<'_>) -> Result<Self> {
        Ok(Self(match format {
            Format::GeoPackage => Kind::GeoPackage(Box::new(GeoPackage::create(path, table)?)),
            Format::FlatGeobuf => Kind::FlatGeobuf(Box::new(FlatGeobuf::create(path, table)?)),
            Format::GeoParquet => Kind::GeoParquet(Box::new(GeoParquet::create(path, table)?)),
        }))
    }

    /// Adds a row: its geometry as little-endian WKB in the table's system (empty: none), and a value an attribute.
    pub fn push(&mut self, row: &ItemRef<'_>) -> Result<()> {
        match &mut self.0 {
            Kind::GeoPackage(w) => w.push(row),
            Kind::FlatGeobuf(w) => w.push(row),
            Kind::GeoParquet(w) => w.push(row),
        }
    }

    /// Completes the file.
    pub fn finish(self) -> Result<()> {
        match self.0 {
            Kind::GeoPackage(w) => w.finish(),
            Kind::FlatGeobuf(w) => w.finish(),
            Kind::GeoParquet(w) => w.finish(),
        }
    }
}

/// A fault of writing `format`.
fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(format: &str) -> impl Fn(E) -> Error {
    move |e| Error::internal(format!("writing {format}"), e)
}

/// The box around a geometry: two-dimensional little-endian WKB of a simple feature, as rows have it. None where it is
/// empty.
fn envelope(wkb: &[u8]) -> Option<Bbox> {
    let mut around: Option<Bbox> = None;
    walk(wkb, &mut 0, &mut |x, y| {
        around = Some(around.map_or(Bbox { min_x: x, min_y: y, max_x: x, max_y: y }, |b| Bbox {
            min_x: b.min_x.min(x),
            min_y: b.min_y.min(y),
            max_x: b.max_x.max(x),
            max_y: b.max_y.max(y),
        }));
    })?;
    around
}

/// Calls `each` with every position of the geometry at `at`; none where the bytes end before it does.
fn walk(wkb: &[u8], at: &mut usize, each: &mut dyn FnMut(f64, f64)) -> Option<()> {
    let kind = number(wkb, &mut (*at + 1))?;
    *at += 5;
    let mut list = |at: &mut usize, n: u32| {
        for _ in 0..n {
            let position = wkb.get(*at..*at + 16)?;
            let (x, y) = position.split_at(8);
            each(f64::from_le_bytes(x.try_into().ok()?), f64::from_le_bytes(y.try_into().ok()?));
            *at += 16;
        }
        Some(())
    };
    match kind {
        1 => list(at, 1)?,
        2 => {
            let n = number(wkb, at)?;
            list(at, n)?;
        }
        3 => {
            for _ in 0..number(wkb, at)? {
                let n = number(wkb, at)?;
                list(at, n)?;
            }
        }
        _ => {
            for _ in 0..number(wkb, at)? {
                walk(wkb, at, each)?;
            }
        }
    }
    Some(())
}

fn number(wkb: &[u8], at: &mut usize) -> Option<u32> {
    let bytes = wkb.get(*at..*at + 4)?;
    *at += 4;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use geo::{Geometry, MultiPolygon, line_string, point, polygon};
    use geozero::{CoordDimensions, ToWkb};

    use super::*;

    #[test]
    fn the_box_of_each_kind_of_geometry() {
        let square = polygon![(x: 1., y: 2.), (x: 5., y: 2.), (x: 5., y: 9.), (x: 1., y: 2.)];
        for (geometry, expected) in [
            (Geometry::from(point! { x: 3.0, y: -4.0 }), [3.0, -4.0, 3.0, -4.0]),
            (line_string![(x: 1., y: 2.), (x: 0., y: 7.)].into(), [0.0, 2.0, 1.0, 7.0]),
            (square.clone().into(), [1.0, 2.0, 5.0, 9.0]),
            (MultiPolygon(vec![square.clone(), square]).into(), [1.0, 2.0, 5.0, 9.0]),
        ] {
            let wkb = geometry.to_wkb(CoordDimensions::xy()).unwrap();
            let b = envelope(&wkb).unwrap();
            assert_eq!([b.min_x, b.min_y, b.max_x, b.max_y].map(f64::to_bits), expected.map(f64::to_bits));
            assert_eq!(envelope(&wkb[..wkb.len() - 1]), None);
        }
        assert_eq!(envelope(&[]), None);
    }
}
