//! What becomes of a file's geometry before it leaves the reader: read, straightened, moved into EPSG:9218 and
//! brought to the kind of the target layer where that loses nothing.

use gdal::vector::Geometry as OgrGeometry;
use geo::{Geometry, LineString, MultiLineString, MultiPolygon, Polygon};
use geozero::{CoordDimensions, ToWkb};

use super::curve;
use super::transform::ToStored;
use crate::layers::GeometryKind;
use crate::text::Text;

/// A geometry ready to be stored.
pub(super) struct Ready {
    /// ISO WKB in EPSG:9218.
    pub wkb: Vec<u8>,
    /// What was done that changes its meaning.
    pub note: Option<Text>,
}

/// Brings a feature's geometry to `target`, or says why not.
pub(super) fn ready(ogr: &OgrGeometry, transform: &ToStored, target: GeometryKind) -> Result<Ready, Text> {
    if ogr.is_empty() {
        return Err(Text::new("hình học rỗng", "the geometry is empty"));
    }
    let failed = |e: gdal::errors::GdalError| {
        Text::new(format!("hình học không đọc được: {e}"), format!("the geometry cannot be read: {e}"))
    };
    // Flat types have small numbers; 1000 and more, or the sign bit, mean heights and measures.
    let wkb = if ogr.geometry_type() < 1000 {
        ogr.iso_wkb()
    } else {
        let mut flat = ogr.clone();
        flat.flatten_to_2d();
        flat.iso_wkb()
    };
    let wkb = wkb.map_err(failed)?;
    let geometry = curve::read(&wkb, transform.sagitta())?;
    let geometry = transform.apply(&geometry)?;
    let (geometry, note) = to_area(geometry, target);
    let wkb = geometry.to_wkb(CoordDimensions::xy()).map_err(|e| {
        Text::new(format!("hình học không ghi được: {e}"), format!("the geometry cannot be written: {e}"))
    })?;
    Ok(Ready { wkb, note })
}

/// Drawings (DXF) hold areas as closed lines: for an area layer they are taken as such, and it is told.
fn to_area(geometry: Geometry<f64>, target: GeometryKind) -> (Geometry<f64>, Option<Text>) {
    let closed = |l: &LineString<f64>| l.0.len() >= 4 && l.is_closed();
    let polygon = |l: LineString<f64>| Polygon::new(l, Vec::new());
    let note = || {
        Some(Text::new(
            "đường khép kín được hiểu là ranh giới của vùng",
            "a closed line was taken as the outline of an area",
        ))
    };
    match geometry {
        Geometry::LineString(l) if target.is_area() && closed(&l) => (Geometry::Polygon(polygon(l)), note()),
        Geometry::MultiLineString(MultiLineString(lines))
            if target.is_area() && !lines.is_empty() && lines.iter().all(closed) =>
        {
            (Geometry::MultiPolygon(MultiPolygon(lines.into_iter().map(polygon).collect())), note())
        }
        other => (other, None),
    }
}
