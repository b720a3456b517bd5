//! What becomes of a file's geometry before it leaves the reader: read, straightened, moved into EPSG:9218 and
//! brought to the kind of the target layer where that loses nothing.

use gdal::vector::{Geometry as OgrGeometry, geometry_type_has_m, geometry_type_has_z};
use geo::{Geometry, LineString, MultiLineString, MultiPolygon, Polygon};

use super::curve;
use super::transform::ToStored;
use crate::layers::GeometryKind;
pub(super) use crate::space::wkb::encode as wkb;
use crate::text::Text;

/// A geometry ready to be stored.
pub(super) struct Ready {
    /// ISO WKB in EPSG:9218.
    pub wkb: Vec<u8>,
    /// What was done that changes its meaning.
    pub note: Option<Text>,
}

/// Most vertices of one feature: with more the checks and repairs of the database take minutes and gigabytes.
pub(super) const MAX_VERTICES: usize = 1_000_000;

/// What was done to features alike.
#[derive(Debug, Default)]
pub(super) struct Tally {
    heights: u64,
    measures: u64,
    curved: u64,
    arcs: u64,
}

impl Tally {
    /// One line for each thing that was done.
    pub(super) fn notes(&self) -> Vec<Text> {
        let Self { heights, measures, curved, arcs } = self;
        let mm = curve::SAGITTA * 1000.0;
        let lines = [
            (
                *heights,
                format!("{heights} đối tượng có độ cao (Z): phần này không được giữ"),
                format!("{heights} features have heights (Z), which were left out"),
            ),
            (
                *measures,
                format!("{measures} đối tượng có giá trị đo (M): phần này không được giữ"),
                format!("{measures} features have measures (M), which were left out"),
            ),
            (
                *curved,
                format!(
                    "{curved} đối tượng có {arcs} cung: đã thay bằng các đoạn thẳng lệch không quá {mm} mm"
                ),
                format!(
                    "{curved} features have {arcs} arcs, straightened into chords within {mm} mm of them"
                ),
            ),
        ];
        lines.into_iter().filter(|(n, ..)| *n > 0).map(|(_, vi, en)| Text::new(vi, en)).collect()
    }
}

/// Reads a feature's geometry in the file's own system: two-dimensional and straight.
pub(super) fn plain(ogr: &OgrGeometry, sagitta: f64, tally: &mut Tally) -> Result<Geometry<f64>, Text> {
    if ogr.is_empty() {
        return Err(Text::new("hình học rỗng", "the geometry is empty"));
    }
    let kind = ogr.geometry_type();
    tally.heights += u64::from(geometry_type_has_z(kind));
    tally.measures += u64::from(geometry_type_has_m(kind));
    let failed = |e: gdal::errors::GdalError| {
        Text::new(format!("hình học không đọc được: {e}"), format!("the geometry cannot be read: {e}"))
    };
    // A copy only where there is something to leave out.
    let wkb = if geometry_type_has_z(kind) || geometry_type_has_m(kind) {
        let mut flat = ogr.clone();
        flat.flatten_to_2d();
        flat.iso_wkb()
    } else {
        ogr.iso_wkb()
    };
    let wkb = wkb.map_err(failed)?;
    // A vertex takes 16 bytes, all else little.
    let vertices = wkb.len() / 16;
    if vertices > MAX_VERTICES {
        return Err(Text::new(
            format!(
                "hình học có khoảng {vertices} đỉnh, nhiều hơn giới hạn {MAX_VERTICES} của một đối tượng"
            ),
            format!(
                "the geometry has about {vertices} vertices, more than the limit of {MAX_VERTICES} for one feature"
            ),
        ));
    }
    let (geometry, arcs) = curve::read(&wkb, sagitta)?;
    tally.curved += u64::from(arcs > 0);
    tally.arcs += arcs;
    Ok(geometry)
}

/// Brings a feature's geometry to `target`, or says why not.
pub(super) fn ready(
    ogr: &OgrGeometry,
    transform: &ToStored,
    target: GeometryKind,
    tally: &mut Tally,
) -> Result<Ready, Text> {
    let geometry = transform.apply(plain(ogr, transform.sagitta(), tally)?)?;
    let (geometry, note) = to_area(geometry, target);
    Ok(Ready { wkb: wkb(&geometry)?, note })
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
