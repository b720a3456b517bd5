//! GeoJSON (RFC 7946) without a JSON tree: an item goes from columns to bytes. Degrees have up to nine decimals
//! (0.1 mm), numbers are numbers, and only visible attributes are written.

use std::io::Write;
use std::ops::Range;

use super::number::{integer, steps};
use crate::access::View;
use crate::features::column::Cell;
use crate::features::reader::Item;
use crate::features::shapes::Shape;
use crate::layers::GeometryKind;

/// Writes the features of one view.
#[derive(Debug)]
pub struct FeatureWriter {
    /// Index of each visible attribute and its key, `"name":`.
    keys: Vec<(usize, Vec<u8>)>,
}

impl FeatureWriter {
    /// For items that are read with this view.
    pub fn new(view: &View) -> Self {
        let visible = view.layer.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i]);
        let keys = visible
            .map(|(i, a)| {
                let mut key = Vec::new();
                text(&mut key, &a.name);
                key.push(b':');
                (i, key)
            })
            .collect();
        Self { keys }
    }

    /// Appends a feature: `type`, `id`, `geometry` in CRS84 and `properties`.
    pub fn feature(&self, item: &Item<'_>, out: &mut Vec<u8>) {
        self.open(item, out);
        out.push(b'}');
    }

    /// Appends a feature with more members, such as `"links":[…]`, given as JSON text without braces.
    pub fn feature_with(&self, item: &Item<'_>, members: &str, out: &mut Vec<u8>) {
        self.open(item, out);
        out.push(b',');
        out.extend_from_slice(members.as_bytes());
        out.push(b'}');
    }

    fn open(&self, item: &Item<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"type":"Feature","id":"#);
        integer(out, item.fid);
        out.extend_from_slice(br#","geometry":"#);
        geometry(out, &item.shape());
        out.extend_from_slice(br#","properties":{"#);
        for (n, (i, key)) in self.keys.iter().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            value(out, item.cell(*i));
        }
        out.push(b'}');
    }
}

fn geometry(out: &mut Vec<u8>, shape: &Shape<'_>) {
    use GeometryKind as K;
    if shape.is_empty() {
        out.extend_from_slice(b"null");
        return;
    }
    out.extend_from_slice(br#"{"type":""#);
    let name: &[u8] = match shape.kind() {
        K::Point => b"Point",
        K::LineString => b"LineString",
        K::Polygon => b"Polygon",
        K::MultiPoint => b"MultiPoint",
        K::MultiLineString => b"MultiLineString",
        K::MultiPolygon => b"MultiPolygon",
    };
    out.extend_from_slice(name);
    out.extend_from_slice(br#"","coordinates":"#);
    match shape.kind() {
        K::Point => position(out, shape.degrees(shape.vertices().start)),
        K::LineString | K::MultiPoint => positions(out, shape, shape.vertices()),
        K::Polygon | K::MultiLineString => {
            out.push(b'[');
            for (n, (_, vertices)) in shape.rings().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                positions(out, shape, vertices);
            }
            out.push(b']');
        }
        K::MultiPolygon => {
            out.extend_from_slice(b"[[");
            for (n, (outer, vertices)) in shape.rings().enumerate() {
                match (n, outer) {
                    (0, _) => {}
                    (_, true) => out.extend_from_slice(b"],["),
                    (_, false) => out.push(b','),
                }
                positions(out, shape, vertices);
            }
            out.extend_from_slice(b"]]");
        }
    }
    out.push(b'}');
}

fn positions(out: &mut Vec<u8>, shape: &Shape<'_>, vertices: Range<usize>) {
    out.push(b'[');
    let first = vertices.start;
    for v in vertices {
        if v > first {
            out.push(b',');
        }
        position(out, shape.degrees(v));
    }
    out.push(b']');
}

fn position(out: &mut Vec<u8>, [lon, lat]: [i64; 2]) {
    out.push(b'[');
    steps(out, lon, 9);
    out.push(b',');
    steps(out, lat, 9);
    out.push(b']');
}

fn value(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Bool(true) => out.extend_from_slice(b"true"),
        Cell::Bool(false) => out.extend_from_slice(b"false"),
        Cell::Int(v) => integer(out, v),
        // Shortest digits that give the same double; not finite is no number in JSON and written as null.
        Cell::Real(v) => serde_json::to_writer(&mut *out, &v).expect("a number is written to memory"),
        Cell::Text(v, _) => text(out, v),
        Cell::Date(v) => write!(out, "\"{v}\"").expect("writing to memory does not fail"),
        Cell::Time(v) => {
            let v = v.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            write!(out, "\"{v}\"").expect("writing to memory does not fail");
        }
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    serde_json::to_writer(&mut *out, value).expect("a text is written to memory");
}
