//! GML 2, 3.1.1 and 3.2 (OGC 02-069, 03-105r1, 07-036) without an XML tree: an item goes from columns to bytes.
//! Only visible attributes are written, in the order of the definition, then the geometry; what has no value is left
//! out. Positions are in the reference system and the order that the client asked for.

use std::io::Write;
use std::ops::Range;

use super::number::{integer, steps};
use super::xml::escape;
use crate::Result;
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
    srs: Srs,
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
    pub fn new(view: &View, prefix: &str, gml: Gml, srs: Srs, with_geometry: bool) -> Self {
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
            srs,
            srs_attribute,
            open: format!("<{prefix}:{layer} {id}=\"{layer}.").into_bytes(),
            close: format!("</{prefix}:{layer}>").into_bytes(),
            tags: attributes,
            geometry: with_geometry.then(|| tags(GEOMETRY)),
            layer,
        }
    }

    /// Appends a feature. The error is of a position that the reference system does not reach.
    pub fn feature(&self, item: &Item<'_>, out: &mut Vec<u8>) -> Result<()> {
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
        let shape = item.shape();
        if let Some((open, close)) = self.geometry.as_ref().filter(|_| !shape.is_empty()) {
            out.extend_from_slice(open);
            self.geometry(out, item.fid, &shape)?;
            out.extend_from_slice(close);
        }
        out.extend_from_slice(&self.close);
        Ok(())
    }

    /// Appends the element of the attribute at `index` with its value, or that of the geometry where there is none;
    /// nothing where it has no value.
    pub fn property(&self, item: &Item<'_>, index: Option<usize>, out: &mut Vec<u8>) -> Result<()> {
        let Some(index) = index else {
            let (Some((open, close)), shape) = (&self.geometry, item.shape()) else { return Ok(()) };
            if !shape.is_empty() {
                out.extend_from_slice(open);
                self.geometry(out, item.fid, &shape)?;
                out.extend_from_slice(close);
            }
            return Ok(());
        };
        let cell = item.cell(index);
        if let Some((_, open, close)) = self.tags.iter().find(|t| t.0 == index && cell != Cell::Null) {
            out.extend_from_slice(open);
            value(out, cell);
            out.extend_from_slice(close);
        }
        Ok(())
    }

    fn geometry(&self, out: &mut Vec<u8>, fid: i64, shape: &Shape<'_>) -> Result<()> {
        use GeometryKind as K;
        let id = |part| Id { fid, part };
        match shape.kind() {
            K::Point => self.point(out, shape, shape.vertices().start, &id(None)),
            K::LineString => self.line(out, shape, shape.vertices(), &id(None)),
            K::Polygon => {
                let rings: Vec<_> = shape.rings().map(|(_, v)| v).collect();
                self.polygon(out, shape, &rings, &id(None))
            }
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
                let mut member = |out: &mut Vec<u8>, write: &dyn Fn(&mut Vec<u8>, &Id) -> Result<()>| {
                    write!(out, "<gml:{member}>").expect("writing to memory does not fail");
                    write(out, &id(Some(part)))?;
                    part += 1;
                    write!(out, "</gml:{member}>").expect("writing to memory does not fail");
                    Ok::<_, crate::Error>(())
                };
                match kind {
                    K::MultiPoint => {
                        for v in shape.vertices() {
                            member(out, &|out, id| self.point(out, shape, v, id))?;
                        }
                    }
                    K::MultiLineString => {
                        for (_, v) in shape.rings() {
                            member(out, &|out, id| self.line(out, shape, v.clone(), id))?;
                        }
                    }
                    _ => {
                        let rings: Vec<_> = shape.rings().collect();
                        for polygon in rings.chunk_by(|_, next| !next.0) {
                            let rings: Vec<_> = polygon.iter().map(|(_, v)| v.clone()).collect();
                            member(out, &|out, id| self.polygon(out, shape, &rings, id))?;
                        }
                    }
                }
                close(out, many);
                Ok(())
            }
        }
    }

    /// Opens a geometry: the reference system on the outermost, an identifier on each where the version wants one.
    fn open(&self, out: &mut Vec<u8>, name: &str, id: &Id) {
        write!(out, "<gml:{name}").expect("writing to memory does not fail");
        if self.gml == Gml::V32 {
            write!(out, " gml:id=\"{}.{}.g", self.layer, id.fid).expect("writing to memory does not fail");
            if let Some(part) = id.part {
                write!(out, ".{part}").expect("writing to memory does not fail");
            }
            out.push(b'"');
        }
        if id.part.is_none() {
            out.extend_from_slice(&self.srs_attribute);
        }
        out.push(b'>');
    }

    fn point(&self, out: &mut Vec<u8>, shape: &Shape<'_>, vertex: usize, id: &Id) -> Result<()> {
        self.open(out, "Point", id);
        let element = if self.gml == Gml::V2 { "coordinates" } else { "pos" };
        self.positions(out, shape, vertex..vertex + 1, element)?;
        close(out, "Point");
        Ok(())
    }

    fn line(&self, out: &mut Vec<u8>, shape: &Shape<'_>, vertices: Range<usize>, id: &Id) -> Result<()> {
        self.open(out, "LineString", id);
        self.positions(out, shape, vertices, self.list())?;
        close(out, "LineString");
        Ok(())
    }

    fn polygon(&self, out: &mut Vec<u8>, shape: &Shape<'_>, rings: &[Range<usize>], id: &Id) -> Result<()> {
        self.open(out, "Polygon", id);
        for (i, ring) in rings.iter().enumerate() {
            let boundary = match (self.gml, i) {
                (Gml::V2, 0) => "outerBoundaryIs",
                (Gml::V2, _) => "innerBoundaryIs",
                (_, 0) => "exterior",
                (..) => "interior",
            };
            write!(out, "<gml:{boundary}><gml:LinearRing>").expect("writing to memory does not fail");
            self.positions(out, shape, ring.clone(), self.list())?;
            write!(out, "</gml:LinearRing></gml:{boundary}>").expect("writing to memory does not fail");
        }
        close(out, "Polygon");
        Ok(())
    }

    fn list(&self) -> &'static str {
        if self.gml == Gml::V2 { "coordinates" } else { "posList" }
    }

    fn positions(
        &self,
        out: &mut Vec<u8>,
        shape: &Shape<'_>,
        vertices: Range<usize>,
        element: &str,
    ) -> Result<()> {
        let between = if self.gml == Gml::V2 { b',' } else { b' ' };
        write!(out, "<gml:{element}>").expect("writing to memory does not fail");
        let (first, decimals) = (vertices.start, self.srs.crs.decimals());
        for v in vertices {
            if v > first {
                out.push(b' ');
            }
            let [x, y] = shape.steps_in(self.srs.crs, v)?;
            let (a, b) = match self.srs.order {
                AxisOrder::EastNorth => (x, y),
                AxisOrder::NorthEast => (y, x),
            };
            steps(out, a, decimals);
            out.push(between);
            steps(out, b, decimals);
        }
        write!(out, "</gml:{element}>").expect("writing to memory does not fail");
        Ok(())
    }
}

/// Which geometry of which item.
struct Id {
    fid: i64,
    /// Member of a collection; none is the whole.
    part: Option<usize>,
}

fn close(out: &mut Vec<u8>, name: &str) {
    write!(out, "</gml:{name}>").expect("writing to memory does not fail");
}

/// Appends a value as XML Schema writes it.
fn value(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => {}
        Cell::Bool(v) => out.extend_from_slice(if v { b"true" } else { b"false" }),
        Cell::Int(v) => integer(out, v),
        Cell::Real(v) => write!(out, "{v}").expect("writing to memory does not fail"),
        Cell::Text(v, _) => escape(out, v),
        Cell::Date(v) => write!(out, "{v}").expect("writing to memory does not fail"),
        Cell::Time(v) => {
            let v = v.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            out.extend_from_slice(v.as_bytes());
        }
    }
}
