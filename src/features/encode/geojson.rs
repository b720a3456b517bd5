//! GeoJSON (RFC 7946; in other systems than CRS84 by OGC API Features part 2) without a JSON tree: an item goes from
//! columns to bytes. Degrees have up to nine decimals, metres up to four (0.1 mm both), numbers are numbers, and only
//! visible attributes are written. JSON-FG ([`FeatureWriter::json_fg`]) is the same with more members.

use std::ops::Range;

use super::number::{day, instant, integer, steps};
use super::positions::Positions;
use crate::access::View;
use crate::features::column::Cell;
use crate::features::reader::Item;
use crate::features::shapes::Shape;
use crate::layers::GeometryKind;
use crate::space::crs::Offered;

/// Writes the features of one view.
#[derive(Debug)]
pub struct FeatureWriter {
    /// Index of each visible attribute and its key, `"name":`.
    keys: Vec<(usize, Vec<u8>)>,
    crs: Offered,
    /// The conversion into a system whose positions are not at hand.
    positions: Option<Positions>,
    /// What JSON-FG adds (OGC 21-045r1, clause 8); none in GeoJSON.
    fg: Option<JsonFg>,
}

/// The members of JSON-FG.
#[derive(Debug)]
struct JsonFg {
    /// The attributes that say when a feature is: one instant, or start and end.
    time: Option<(usize, usize)>,
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
        Self { keys, crs: Offered::Crs84, positions: None, fg: None }
    }

    /// JSON-FG: the time from the attributes `time` (their indices; one twice is an instant), the place in the system of
    /// [`in_crs`](Self::in_crs), and the geometry in CRS84 for readers of GeoJSON. In CRS84 there is no place beside the
    /// geometry, as the standard asks (requirement `place-geometries`).
    #[must_use]
    pub fn json_fg(mut self, time: Option<(usize, usize)>) -> Self {
        self.fg = Some(JsonFg { time });
        self
    }

    /// Only these attributes, by their index in the definition; one that the view hides stays hidden.
    #[must_use]
    pub fn only(mut self, attributes: &[usize]) -> Self {
        self.keys.retain(|(i, _)| attributes.contains(i));
        self
    }

    /// Positions in `crs`, in the order of its authority.
    #[must_use]
    pub fn in_crs(mut self, crs: Offered) -> Self {
        let at_hand = matches!(crs, Offered::Crs84 | Offered::Epsg4326 | Offered::Epsg9218);
        self.positions = (!at_hand).then(|| Positions::new(crs, crs.axis_order()));
        self.crs = crs;
        self
    }

    /// With the decimals of files.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.positions = Some(Positions::as_files_hold(self.crs, self.crs.axis_order()));
        self
    }

    /// Appends a feature: `type`, `id`, `geometry` and `properties`. The geometry is null where the item has none,
    /// and where the system has no positions for it.
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
        if let Some(fg) = &self.fg {
            out.extend_from_slice(br#","time":"#);
            time(out, fg.time.map(|(from, to)| (item.cell(from), (from != to).then(|| item.cell(to)))));
            out.extend_from_slice(br#","place":"#);
            if self.crs == Offered::Crs84 {
                out.extend_from_slice(b"null");
            } else {
                self.geometry(&item.shape(), self.crs, out);
            }
        }
        out.extend_from_slice(br#","geometry":"#);
        self.geometry(&item.shape(), if self.fg.is_some() { Offered::Crs84 } else { self.crs }, out);
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

    fn geometry(&self, shape: &Shape<'_>, crs: Offered, out: &mut Vec<u8>) {
        if let Some(positions) = self.positions.as_ref().filter(|_| crs == self.crs) {
            let mut at = Vec::new();
            if !positions.of(shape, &mut at) {
                out.extend_from_slice(b"null");
                return;
            }
            let first = if shape.is_empty() { 0 } else { shape.vertices().start };
            let at = |v: usize| at[v - first];
            return match positions.decimals() {
                4 => geometry::<4>(out, shape, &at),
                5 => geometry::<5>(out, shape, &at),
                9 => geometry::<9>(out, shape, &at),
                _ => geometry::<10>(out, shape, &at),
            };
        }
        match crs {
            Offered::Epsg9218 => geometry::<4>(out, shape, &|v| shape.metres(v)),
            Offered::Epsg4326 => {
                let turned = |v| {
                    let [lon, lat] = shape.degrees(v);
                    [lat, lon]
                };
                geometry::<9>(out, shape, &turned);
            }
            _ => geometry::<9>(out, shape, &|v| shape.degrees(v)),
        }
    }
}

/// `time` of JSON-FG: an instant, or start and end with `..` for an open side; null where nothing is known.
fn time(out: &mut Vec<u8>, of: Option<(Cell<'_>, Option<Cell<'_>>)>) {
    match of {
        None | Some((Cell::Null, None | Some(Cell::Null))) => out.extend_from_slice(b"null"),
        Some((at, None)) => {
            let key: &[u8] = if matches!(at, Cell::Date(_)) { br#"{"date":"# } else { br#"{"timestamp":"# };
            out.extend_from_slice(key);
            value(out, at);
            out.push(b'}');
        }
        // An end before the start is no interval (requirement `interval`, D).
        Some((from, Some(to))) if ends_before(from, to) => out.extend_from_slice(b"null"),
        Some((from, Some(to))) => {
            out.extend_from_slice(br#"{"interval":["#);
            for (n, side) in [from, to].into_iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                match side {
                    Cell::Null => out.extend_from_slice(br#""..""#),
                    side => value(out, side),
                }
            }
            out.extend_from_slice(b"]}");
        }
    }
}

fn ends_before(from: Cell<'_>, to: Cell<'_>) -> bool {
    match (from, to) {
        (Cell::Date(from), Cell::Date(to)) => to < from,
        (Cell::Time(from), Cell::Time(to)) => to < from,
        (Cell::Null, _) | (_, Cell::Null) => false,
        // A day and an instant are no interval either (B, C).
        _ => true,
    }
}

/// The geometry whose vertices are `at`, in steps of `DECIMALS` decimals.
fn geometry<const DECIMALS: usize>(out: &mut Vec<u8>, shape: &Shape<'_>, at: &impl Fn(usize) -> [i64; 2]) {
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
        K::Point => position::<DECIMALS>(out, at(shape.vertices().start)),
        K::LineString | K::MultiPoint => positions::<DECIMALS>(out, shape.vertices(), at),
        K::Polygon | K::MultiLineString => {
            out.push(b'[');
            for (n, (_, vertices)) in shape.rings().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                positions::<DECIMALS>(out, vertices, at);
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
                positions::<DECIMALS>(out, vertices, at);
            }
            out.extend_from_slice(b"]]");
        }
    }
    out.push(b'}');
}

fn positions<const DECIMALS: usize>(
    out: &mut Vec<u8>,
    vertices: Range<usize>,
    at: &impl Fn(usize) -> [i64; 2],
) {
    out.push(b'[');
    let first = vertices.start;
    for v in vertices {
        if v > first {
            out.push(b',');
        }
        position::<DECIMALS>(out, at(v));
    }
    out.push(b']');
}

fn position<const DECIMALS: usize>(out: &mut Vec<u8>, [a, b]: [i64; 2]) {
    out.push(b'[');
    steps(out, a, DECIMALS);
    out.push(b',');
    steps(out, b, DECIMALS);
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
        Cell::Date(v) => {
            out.push(b'"');
            day(out, v);
            out.push(b'"');
        }
        Cell::Time(v) => {
            out.push(b'"');
            instant(out, v);
            out.push(b'"');
        }
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    serde_json::to_writer(&mut *out, value).expect("a text is written to memory");
}
