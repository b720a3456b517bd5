//! GML 2, 3.1.1 and 3.2 (OGC 02-069, 03-105r1, 07-036) without an XML tree: an item goes from columns to bytes.
//! Only visible attributes are written, in the order of the definition, then the geometry; what has no value is left
//! out, and so is a geometry for which the system has no positions. Positions are in the reference system and the order
//! that the client asked for.

use std::io::Write;
use std::ops::Range;

use super::number::{day, instant, integer, steps};
use super::positions::Positions;
use super::xml::escape;
use crate::access::View;
use crate::features::column::Cell;
use crate::features::reader::Item;
use crate::features::shapes::Shape;
use crate::layers::GeometryKind;
use crate::space::crs::{AxisOrder, Offered};

/// Name of the element that holds the geometry.
pub const GEOMETRY: &str = "geometry";

/// A version of GML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gml {
    /// 2.1.2, of WFS 1.0.0.
    V2,
    /// 3.1.1, of WFS 1.1.0.
    V31,
    /// 3.2.1, of WFS 2.0.
    V32,
}

/// A reference system as a client named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srs {
    /// The system.
    pub crs: Offered,
    /// The order of positions that the name means.
    pub order: AxisOrder,
    /// The name, as it is written.
    pub name: String,
}

/// Writes the features of one view.
#[derive(Debug)]
pub struct GmlWriter {
    gml: Gml,
    positions: Positions,
    /// ` srsName="…"`.
    srs_attribute: Vec<u8>,
    layer: String,
    /// Opening and closing tag of the feature, without its identifier.
    open: Vec<u8>,
    close: Vec<u8>,
    /// Index, opening and closing tag of each attribute.
    tags: Vec<(usize, Vec<u8>, Vec<u8>)>,
    geometry: Option<(Vec<u8>, Vec<u8>)>,
}

impl GmlWriter {
    /// For items that are read with this view, in elements with the namespace prefix `prefix`.
    pub fn new(view: &View, prefix: &str, gml: Gml, srs: &Srs, with_geometry: bool) -> Self {
        let layer = view.layer.id.clone();
        let tags = |name: &str| {
            (format!("<{prefix}:{name}>").into_bytes(), format!("</{prefix}:{name}>").into_bytes())
        };
        let visible = view.layer.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i]);
        let attributes = visible
            .map(|(i, a)| {
                let (open, close) = tags(&a.name);
                (i, open, close)
            })
            .collect();
        let id = if gml == Gml::V2 { "fid" } else { "gml:id" };
        let mut srs_attribute = b" srsName=\"".to_vec();
        escape(&mut srs_attribute, &srs.name);
        srs_attribute.push(b'"');
        Self {
            gml,
            positions: Positions::new(srs.crs, srs.order),
            srs_attribute,
            open: format!("<{prefix}:{layer} {id}=\"{layer}.").into_bytes(),
            close: format!("</{prefix}:{layer}>").into_bytes(),
            tags: attributes,
            geometry: with_geometry.then(|| tags(GEOMETRY)),
            layer,
        }
    }

    /// With the decimals of files.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { positions: self.positions.exact(), ..self }
    }

    /// Appends a feature.
    pub fn feature(&self, item: &Item<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.open);
        integer(out, item.fid);
        out.extend_from_slice(b"\">");
        for (i, open, close) in &self.tags {
            let cell = item.cell(*i);
            if cell == Cell::Null {
                continue;
            }
            out.extend_from_slice(open);
            value(out, cell);
            out.extend_from_slice(close);
        }
        self.geometry_property(item, out);
        out.extend_from_slice(&self.close);
    }

    /// Appends the element of the attribute at `index` with its value, or that of the geometry where there is none;
    /// nothing where it has no value.
    pub fn property(&self, item: &Item<'_>, index: Option<usize>, out: &mut Vec<u8>) {
        let Some(index) = index else { return self.geometry_property(item, out) };
        let cell = item.cell(index);
        if let Some((_, open, close)) = self.tags.iter().find(|t| t.0 == index && cell != Cell::Null) {
            out.extend_from_slice(open);
            value(out, cell);
            out.extend_from_slice(close);
        }
    }

    fn geometry_property(&self, item: &Item<'_>, out: &mut Vec<u8>) {
        let (Some((open, close)), shape) = (&self.geometry, item.shape()) else { return };
        let mut at = Vec::new();
        if !shape.is_empty() && self.positions.of(&shape, &mut at) {
            out.extend_from_slice(open);
            self.geometry(out, item.fid, &Placed { first: shape.vertices().start, at: &at, shape });
            out.extend_from_slice(close);
        }
    }

    fn geometry(&self, out: &mut Vec<u8>, fid: i64, placed: &Placed<'_>) {
        use GeometryKind as K;
        let id = |part| Id { fid, part };
        let shape = &placed.shape;
        match shape.kind() {
            K::Point => self.point(out, placed, shape.vertices().start, &id(None)),
            K::LineString => self.line(out, placed, shape.vertices(), &id(None)),
            K::Polygon => self.polygon(out, placed, shape.rings().map(|(_, v)| v), &id(None)),
            kind => {
                let (many, member) = match (self.gml, kind) {
                    (_, K::MultiPoint) => ("MultiPoint", "pointMember"),
                    (Gml::V2, K::MultiLineString) => ("MultiLineString", "lineStringMember"),
                    (_, K::MultiLineString) => ("MultiCurve", "curveMember"),
                    (Gml::V2, _) => ("MultiPolygon", "polygonMember"),
                    (..) => ("MultiSurface", "surfaceMember"),
                };
                self.open(out, many, &id(None));
                let mut part = 0;
                let mut member = |out: &mut Vec<u8>, write: &dyn Fn(&mut Vec<u8>, &Id)| {
                    open(out, member);
                    write(out, &id(Some(part)));
                    part += 1;
                    close(out, member);
                };
                match kind {
                    K::MultiPoint => {
                        shape.vertices().for_each(|v| member(out, &|out, id| self.point(out, placed, v, id)));
                    }
                    K::MultiLineString => {
                        for (_, v) in shape.rings() {
                            member(out, &|out, id| self.line(out, placed, v.clone(), id));
                        }
                    }
                    _ => {
                        let rings: Vec<_> = shape.rings().collect();
                        for polygon in rings.chunk_by(|_, next| !next.0) {
                            let rings = || polygon.iter().map(|(_, v)| v.clone());
                            member(out, &|out, id| self.polygon(out, placed, rings(), id));
                        }
                    }
                }
                close(out, many);
            }
        }
    }

    /// Opens a geometry: the reference system on the outermost, an identifier on each where the version wants one.
    fn open(&self, out: &mut Vec<u8>, name: &str, id: &Id) {
        out.extend_from_slice(b"<gml:");
        out.extend_from_slice(name.as_bytes());
        if self.gml == Gml::V32 {
            out.extend_from_slice(b" gml:id=\"");
            out.extend_from_slice(self.layer.as_bytes());
            out.push(b'.');
            integer(out, id.fid);
            out.extend_from_slice(b".g");
            if let Some(part) = id.part {
                out.push(b'.');
                integer(out, part);
            }
            out.push(b'"');
        }
        if id.part.is_none() {
            out.extend_from_slice(&self.srs_attribute);
        }
        out.push(b'>');
    }

    fn point(&self, out: &mut Vec<u8>, placed: &Placed<'_>, vertex: usize, id: &Id) {
        self.open(out, "Point", id);
        let element = if self.gml == Gml::V2 { "coordinates" } else { "pos" };
        self.positions(out, placed, vertex..vertex + 1, element);
        close(out, "Point");
    }

    fn line(&self, out: &mut Vec<u8>, placed: &Placed<'_>, vertices: Range<usize>, id: &Id) {
        self.open(out, "LineString", id);
        self.positions(out, placed, vertices, self.list());
        close(out, "LineString");
    }

    fn polygon(
        &self,
        out: &mut Vec<u8>,
        placed: &Placed<'_>,
        rings: impl Iterator<Item = Range<usize>>,
        id: &Id,
    ) {
        self.open(out, "Polygon", id);
        for (i, ring) in rings.enumerate() {
            let boundary = match (self.gml, i) {
                (Gml::V2, 0) => "outerBoundaryIs",
                (Gml::V2, _) => "innerBoundaryIs",
                (_, 0) => "exterior",
                (..) => "interior",
            };
            open(out, boundary);
            open(out, "LinearRing");
            self.positions(out, placed, ring, self.list());
            close(out, "LinearRing");
            close(out, boundary);
        }
        close(out, "Polygon");
    }

    fn list(&self) -> &'static str {
        if self.gml == Gml::V2 { "coordinates" } else { "posList" }
    }

    fn positions(&self, out: &mut Vec<u8>, placed: &Placed<'_>, vertices: Range<usize>, element: &str) {
        let between = if self.gml == Gml::V2 { b',' } else { b' ' };
        let decimals = self.positions.decimals();
        open(out, element);
        for (n, [a, b]) in
            placed.at[vertices.start - placed.first..vertices.end - placed.first].iter().enumerate()
        {
            if n > 0 {
                out.push(b' ');
            }
            steps(out, *a, decimals);
            out.push(between);
            steps(out, *b, decimals);
        }
        close(out, element);
    }
}

/// A shape with its positions, in the order of its vertices, of which the first is `first`.
struct Placed<'a> {
    shape: Shape<'a>,
    first: usize,
    at: &'a [[i64; 2]],
}

/// Which geometry of which item.
struct Id {
    fid: i64,
    /// Member of a collection; none is the whole.
    part: Option<i64>,
}

fn open(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b"<gml:");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

fn close(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b"</gml:");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// Appends a value as XML Schema writes it.
fn value(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => {}
        Cell::Bool(v) => out.extend_from_slice(if v { b"true" } else { b"false" }),
        Cell::Int(v) => integer(out, v),
        Cell::Real(v) => write!(out, "{v}").expect("writing to memory does not fail"),
        Cell::Text(v, _) => escape(out, v),
        Cell::Date(v) => day(out, v),
        Cell::Time(v) => instant(out, v),
    }
}
