//! CSV (RFC 4180) with a head: the identifier, the visible attributes, the geometry as WKT (OGC 06-103r4, clause 7).

use std::io::Write;
use std::ops::Range;

use super::gml::GEOMETRY;
use super::number::{day, instant, integer, steps};
use super::positions::Positions;
use crate::access::View;
use crate::features::column::Cell;
use crate::features::reader::Item;
use crate::features::shapes::Shape;
use crate::layers::GeometryKind;
use crate::space::crs::{AxisOrder, Target};

/// Writes the rows of one view.
#[derive(Debug)]
pub struct CsvWriter {
    columns: Vec<usize>,
    head: String,
    /// Where the geometry is.
    geometry: Option<Positions>,
}

impl CsvWriter {
    /// For items that are read with this view; `geometry`, its system and the order of its positions, is none where it
    /// is not wanted.
    pub fn new(view: &View, geometry: Option<(Target, AxisOrder)>) -> Self {
        let visible = view.layer.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i]);
        let (columns, names): (Vec<usize>, Vec<&str>) = visible.map(|(i, a)| (i, a.name.as_str())).unzip();
        let last = geometry.as_ref().map(|_| GEOMETRY);
        let head = ["fid"].into_iter().chain(names).chain(last).collect::<Vec<_>>().join(",") + "\r\n";
        let geometry = geometry.map(|(crs, order)| Positions::new(crs, order));
        Self { columns, head, geometry }
    }

    /// With the decimals of files.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { geometry: self.geometry.map(Positions::exact), ..self }
    }

    /// The first line.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Appends a row. The geometry is left empty where the system has no positions for it.
    pub fn row(&self, item: &Item<'_>, out: &mut Vec<u8>) {
        integer(out, item.fid);
        for column in &self.columns {
            out.push(b',');
            value(out, item.cell(*column));
        }
        if let Some(positions) = &self.geometry {
            out.push(b',');
            let (shape, mut at) = (item.shape(), Vec::new());
            if !shape.is_empty() && positions.of(&shape, &mut at) {
                out.push(b'"');
                wkt(out, &shape, &at, positions.decimals());
                out.push(b'"');
            }
        }
        out.extend_from_slice(b"\r\n");
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
        Cell::Date(v) => day(out, v),
        Cell::Time(v) => instant(out, v),
    }
}

fn wkt(out: &mut Vec<u8>, shape: &Shape<'_>, at: &[[i64; 2]], decimals: usize) {
    use GeometryKind as K;
    let first = shape.vertices().start;
    let of = |v: Range<usize>| &at[v.start - first..v.end - first];
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
        positions(out, at, decimals);
        return;
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
        positions(out, of(vertices), decimals);
    }
    out.extend_from_slice(if shape.kind() == K::MultiPolygon { b"))" } else { b")" });
}

fn positions(out: &mut Vec<u8>, at: &[[i64; 2]], decimals: usize) {
    out.push(b'(');
    for (n, [a, b]) in at.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        steps(out, *a, decimals);
        out.push(b' ');
        steps(out, *b, decimals);
    }
    out.push(b')');
}
