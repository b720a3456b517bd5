//! GeoJSON (RFC 7946) without a JSON tree: an item goes from columns to bytes. Degrees have up to nine decimals
//! (0.1 mm), numbers are numbers, and only visible attributes are written.

use std::io::Write;
use std::ops::Range;

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
    degrees(out, lon);
    out.push(b',');
    degrees(out, lat);
    out.push(b']');
}

/// A number of 1e-9 degree steps as degrees, without trailing zeros.
fn degrees(out: &mut Vec<u8>, steps: i64) {
    if steps < 0 {
        out.push(b'-');
    }
    let (whole, mut part) =
        (steps.unsigned_abs() / 1_000_000_000, (steps.unsigned_abs() % 1_000_000_000) as u32);
    integer(out, whole as i64);
    if part == 0 {
        return;
    }
    let mut digits = [b'0'; 10];
    digits[0] = b'.';
    let mut end = 10;
    for at in (1..10).rev() {
        digits[at] = b'0' + (part % 10) as u8;
        part /= 10;
    }
    while digits[end - 1] == b'0' {
        end -= 1;
    }
    out.extend_from_slice(&digits[..end]);
}

fn integer(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(f: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        f(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn degrees_have_up_to_nine_decimals() {
        for (steps, text) in [
            (107_690_000_000, "107.69"),
            (12_000_000_000, "12"),
            (-1, "-0.000000001"),
            (107_123_456_789, "107.123456789"),
            (0, "0"),
        ] {
            assert_eq!(written(|o| degrees(o, steps)), text);
        }
        assert_eq!(written(|o| integer(o, i64::MIN)), i64::MIN.to_string());
    }
}
