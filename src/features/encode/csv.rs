//! CSV (RFC 4180) with a head: the identifier, the visible attributes, the geometry as WKT (OGC 06-103r4, clause 7).

use std::io::Write;
use std::ops::Range;

use super::gml::{GEOMETRY, Srs};
use super::number::{integer, steps};
use crate::Result;
use crate::access::View;
use crate::features::column::Cell;
use crate::features::reader::Item;
use crate::features::shapes::Shape;
use crate::layers::GeometryKind;
use crate::space::crs::AxisOrder;

/// Writes the rows of one view.
#[derive(Debug)]
pub struct CsvWriter {
    columns: Vec<usize>,
    head: String,
    geometry: Option<Srs>,
}

impl CsvWriter {
    /// For items that are read with this view; `geometry` is none where it is not wanted.
    pub fn new(view: &View, geometry: Option<Srs>) -> Self {
        let visible = view.layer.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i]);
        let (columns, names): (Vec<usize>, Vec<&str>) = visible.map(|(i, a)| (i, a.name.as_str())).unzip();
        let last = geometry.as_ref().map(|_| GEOMETRY);
        let head = ["fid"].into_iter().chain(names).chain(last).collect::<Vec<_>>().join(",") + "\r\n";
        Self { columns, head, geometry }
    }

    /// The first line.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Appends a row. The error is of a position that the reference system does not reach.
    pub fn row(&self, item: &Item<'_>, out: &mut Vec<u8>) -> Result<()> {
        integer(out, item.fid);
        for column in &self.columns {
            out.push(b',');
            value(out, item.cell(*column));
        }
        if let Some(srs) = &self.geometry {
            out.push(b',');
            let shape = item.shape();
            if !shape.is_empty() {
                out.push(b'"');
                wkt(out, &shape, srs)?;
                out.push(b'"');
            }
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }
}

fn value(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => {}
        Cell::Bool(v) => out.extend_from_slice(if v { b"true" } else { b"false" }),
        Cell::Int(v) => integer(out, v),
        Cell::Real(v) => write!(out, "{v}").expect("writing to memory does not fail"),
        Cell::Text(v, _) if v.contains([',', '"', '\r', '\n']) => {
            out.push(b'"');
            out.extend_from_slice(v.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        }
        Cell::Text(v, _) => out.extend_from_slice(v.as_bytes()),
        Cell::Date(v) => write!(out, "{v}").expect("writing to memory does not fail"),
        Cell::Time(v) => {
            out.extend_from_slice(v.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).as_bytes());
        }
    }
}

fn wkt(out: &mut Vec<u8>, shape: &Shape<'_>, srs: &Srs) -> Result<()> {
    use GeometryKind as K;
    let name: &[u8] = match shape.kind() {
        K::Point => b"POINT ",
        K::LineString => b"LINESTRING ",
        K::Polygon => b"POLYGON ",
        K::MultiPoint => b"MULTIPOINT ",
        K::MultiLineString => b"MULTILINESTRING ",
        K::MultiPolygon => b"MULTIPOLYGON ",
    };
    out.extend_from_slice(name);
    if matches!(shape.kind(), K::Point | K::LineString | K::MultiPoint) {
        return positions(out, shape, shape.vertices(), srs);
    }
    out.push(b'(');
    for (n, (outer, vertices)) in shape.rings().enumerate() {
        let opens = shape.kind() == K::MultiPolygon && outer;
        out.extend_from_slice(match (n, opens) {
            (0, true) => b"(",
            (0, false) => b"",
            (_, true) => b"),(",
            (_, false) => b",",
        });
        positions(out, shape, vertices, srs)?;
    }
    out.extend_from_slice(if shape.kind() == K::MultiPolygon { b"))" } else { b")" });
    Ok(())
}

fn positions(out: &mut Vec<u8>, shape: &Shape<'_>, vertices: Range<usize>, srs: &Srs) -> Result<()> {
    out.push(b'(');
    let (first, decimals) = (vertices.start, srs.crs.decimals());
    for v in vertices {
        if v > first {
            out.push(b',');
        }
        let [x, y] = shape.steps_in(srs.crs, v)?;
        let (a, b) = if srs.order == AxisOrder::EastNorth { (x, y) } else { (y, x) };
        steps(out, a, decimals);
        out.push(b' ');
        steps(out, b, decimals);
    }
    out.push(b')');
    Ok(())
}
