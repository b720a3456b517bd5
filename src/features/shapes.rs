//! The geometries of a segment, packed: one list of vertices, cut into rings, cut into items. Each vertex is kept
//! in EPSG:9218 (exact on the 0.1 mm grid), in CRS84 (on the 1e-9 degree grid that is served) and in Web Mercator
//! steps (for tiles): conversion is paid once at load, not at each answer.

use std::ops::Range;

use geo::{Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

use super::footprint::Footprint;
use super::packed::Pairs;
use super::wkb::{self, STEPS_PER_M};
use crate::layers::GeometryKind;
use crate::space::{Bbox, crs};

/// Grid steps in a degree of CRS84: nine decimals.
pub(crate) const STEPS_PER_DEGREE: f64 = 1e9;

#[derive(Debug)]
pub(super) struct Shapes {
    kind: GeometryKind,
    /// First ring of each item, and the end.
    items: Vec<u32>,
    /// First vertex of each ring, and the end.
    rings: Vec<u32>,
    /// Whether each ring is the outer ring of a polygon.
    outer: Vec<bool>,
    metres: Pairs,
    degrees: Pairs,
    world: Vec<[u32; 2]>,
}

/// One item's geometry.
#[derive(Debug, Clone)]
pub(crate) struct Shape<'a> {
    shapes: &'a Shapes,
    rings: Range<usize>,
}

impl Shapes {
    pub(super) fn shape(&self, item: usize) -> Shape<'_> {
        Shape { shapes: self, rings: self.items[item] as usize..self.items[item + 1] as usize }
    }

    /// What they take of memory.
    pub(super) fn footprint(&self) -> Footprint {
        Footprint {
            metres: self.metres.bytes(),
            degrees: self.degrees.bytes(),
            mercator: 8 * self.world.len(),
            rings: 4 * (self.items.len() + self.rings.len()) + self.outer.len(),
            ..Footprint::default()
        }
    }
}

impl<'a> Shape<'a> {
    pub(crate) fn kind(&self) -> GeometryKind {
        self.shapes.kind
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rings.is_empty()
    }

    /// The rings (lines, or the one list of points): whether it is a polygon's outer ring, and its vertices.
    pub(crate) fn rings(&self) -> impl Iterator<Item = (bool, Range<usize>)> + use<'a> {
        let s = self.shapes;
        self.rings.clone().map(move |r| (s.outer[r], s.rings[r] as usize..s.rings[r + 1] as usize))
    }

    /// All vertices.
    pub(crate) fn vertices(&self) -> Range<usize> {
        let s = self.shapes;
        s.rings[self.rings.start] as usize..s.rings[self.rings.end] as usize
    }

    /// A vertex in EPSG:9218, 0.1 mm steps.
    #[inline]
    pub(crate) fn metres(&self, vertex: usize) -> [i64; 2] {
        self.shapes.metres.get(vertex)
    }

    /// A vertex in CRS84, 1e-9 degree steps.
    #[inline]
    pub(crate) fn degrees(&self, vertex: usize) -> [i64; 2] {
        self.shapes.degrees.get(vertex)
    }

    /// Vertices in Web Mercator world steps.
    #[inline]
    pub(crate) fn world(&self, vertices: Range<usize>) -> &'a [[u32; 2]] {
        &self.shapes.world[vertices]
    }

    /// Envelope in EPSG:9218; none where the geometry is empty.
    pub(super) fn envelope(&self) -> Option<Bbox> {
        let [x0, y0, x1, y1] = self.envelope_metres()?;
        let m = |v: i64| v as f64 / STEPS_PER_M;
        Some(Bbox { min_x: m(x0), min_y: m(y0), max_x: m(x1), max_y: m(y1) })
    }

    /// Envelope in EPSG:9218 steps.
    pub(super) fn envelope_metres(&self) -> Option<[i64; 4]> {
        self.grid_envelope(&self.shapes.metres)
    }

    /// Envelope in CRS84 steps.
    pub(super) fn envelope_degrees(&self) -> Option<[i64; 4]> {
        self.grid_envelope(&self.shapes.degrees)
    }

    fn grid_envelope(&self, pairs: &Pairs) -> Option<[i64; 4]> {
        let mut vertices = self.vertices();
        let [x, y] = pairs.get(vertices.next()?);
        Some(vertices.fold([x, y, x, y], |[x0, y0, x1, y1], i| {
            let [x, y] = pairs.get(i);
            [x0.min(x), y0.min(y), x1.max(x), y1.max(y)]
        }))
    }

    /// In EPSG:9218, metres.
    pub(super) fn to_geo(&self) -> Geometry<f64> {
        self.geometry(|v| {
            let [x, y] = self.metres(v);
            (x as f64 / STEPS_PER_M, y as f64 / STEPS_PER_M)
        })
    }

    /// In CRS84, degrees.
    pub(super) fn to_geo_crs84(&self) -> Geometry<f64> {
        self.geometry(|v| {
            let [x, y] = self.degrees(v);
            (x as f64 / STEPS_PER_DEGREE, y as f64 / STEPS_PER_DEGREE)
        })
    }

    fn geometry(&self, at: impl Fn(usize) -> (f64, f64)) -> Geometry<f64> {
        use GeometryKind as K;
        let line = |v: Range<usize>| v.map(&at).collect::<LineString>();
        if self.is_empty() {
            return Geometry::GeometryCollection(geo::GeometryCollection::default());
        }
        match self.kind() {
            K::Point => Geometry::Point(at(self.vertices().start).into()),
            K::MultiPoint => MultiPoint(self.vertices().map(|v| Point::from(at(v))).collect()).into(),
            K::LineString => line(self.vertices()).into(),
            K::MultiLineString => MultiLineString(self.rings().map(|(_, v)| line(v)).collect()).into(),
            K::Polygon | K::MultiPolygon => {
                let mut polygons: Vec<Polygon<f64>> = Vec::new();
                for (outer, v) in self.rings() {
                    match polygons.last_mut() {
                        Some(p) if !outer => p.interiors_push(line(v)),
                        _ => polygons.push(Polygon::new(line(v), Vec::new())),
                    }
                }
                match (self.kind(), polygons.pop()) {
                    (K::Polygon, Some(only)) => only.into(),
                    (_, last) => MultiPolygon(polygons.into_iter().chain(last).collect()).into(),
                }
            }
        }
    }
}

/// Collects geometries in the order of their items.
#[derive(Debug)]
pub(super) struct ShapesBuilder {
    kind: GeometryKind,
    items: Vec<u32>,
    rings: Vec<u32>,
    outer: Vec<bool>,
    metres: Vec<[i64; 2]>,
    /// Steps of the grid that vertices are moved to; 1 leaves them where they are.
    grid: i64,
    /// As long as `metres` less the vertices that are still to be projected.
    degrees: Vec<[i64; 2]>,
    world: Vec<[u32; 2]>,
}

impl ShapesBuilder {
    pub(super) fn new(kind: GeometryKind) -> Self {
        Self {
            kind,
            items: vec![0],
            rings: vec![0],
            outer: Vec::new(),
            metres: Vec::new(),
            grid: 1,
            degrees: Vec::new(),
            world: Vec::new(),
        }
    }

    /// Moves what is pushed as WKB to the nearest point of a grid of `side_m` metres: the middle of its square.
    pub(super) fn blurred(kind: GeometryKind, side_m: u32) -> Self {
        Self { grid: i64::from(side_m) * STEPS_PER_M as i64, ..Self::new(kind) }
    }

    pub(super) fn push_wkb(&mut self, bytes: &[u8]) -> Result<(), String> {
        let read = wkb::read(bytes, self.kind)?;
        let from = self.metres.len();
        if from + read.vertices.len() > u32::MAX as usize {
            return Err("more than 4,294,967,295 vertices in one layer".to_owned());
        }
        let near = |v: i64| (v + self.grid / 2).div_euclid(self.grid) * self.grid;
        self.metres.extend(read.vertices.iter().map(|[x, y]| [near(*x), near(*y)]));
        for (end, outer) in read.rings {
            self.rings.push((from + end) as u32);
            self.outer.push(outer);
        }
        self.items.push(self.outer.len() as u32);
        Ok(())
    }

    /// Takes over a geometry that is packed already, without projecting it again.
    pub(super) fn push_shape(&mut self, shape: &Shape<'_>) {
        self.project();
        for (outer, vertices) in shape.rings() {
            for v in vertices.clone() {
                self.metres.push(shape.metres(v));
                self.degrees.push(shape.degrees(v));
            }
            self.world.extend_from_slice(shape.world(vertices));
            self.rings.push(self.metres.len() as u32);
            self.outer.push(outer);
        }
        self.items.push(self.outer.len() as u32);
    }

    pub(super) fn build(mut self) -> Shapes {
        self.project();
        Shapes {
            kind: self.kind,
            items: self.items,
            rings: self.rings,
            outer: self.outer,
            metres: Pairs::pack(self.metres),
            degrees: Pairs::pack(self.degrees),
            world: self.world,
        }
    }

    /// Projects what was pushed as WKB since the last time, on all processors where it is much.
    fn project(&mut self) {
        let from = self.degrees.len();
        let todo = self.metres.len() - from;
        if todo == 0 {
            return;
        }
        self.degrees.resize(self.metres.len(), [0; 2]);
        self.world.resize(self.metres.len(), [0; 2]);
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let chunk = todo.div_ceil(threads).max(20_000);
        let chunks = self.metres[from..]
            .chunks(chunk)
            .zip(self.degrees[from..].chunks_mut(chunk))
            .zip(self.world[from..].chunks_mut(chunk));
        std::thread::scope(|scope| {
            let mut last = None;
            for ((metres, degrees), world) in chunks {
                let work = move || project_chunk(metres, degrees, world);
                // The last chunk is this thread's own.
                if let Some(earlier) = last.replace(work) {
                    scope.spawn(earlier);
                }
            }
            if let Some(mut work) = last {
                work();
            }
        });
    }
}

fn project_chunk(metres: &[[i64; 2]], degrees: &mut [[i64; 2]], world: &mut [[u32; 2]]) {
    let mut many = crs::ManyToCrs84::default();
    for ((&[x, y], d), w) in metres.iter().zip(degrees).zip(world) {
        let (lon, lat);
        ((lon, lat), *w) = many.convert(x as f64 / STEPS_PER_M, y as f64 / STEPS_PER_M);
        *d = [(lon * STEPS_PER_DEGREE).round() as i64, (lat * STEPS_PER_DEGREE).round() as i64];
    }
}
