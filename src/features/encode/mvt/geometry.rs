//! Draws a geometry as the commands of a vector tile (version 2.1, §4.3).

use std::ops::Range;

use super::clip::{self, Vertex};
use super::grid::Grid;
use super::simple;
use super::{BUFFER, EXTENT};
use crate::features::shapes::Shape;
use crate::pbf;
use crate::space::tile_matrix::Tile;

const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u64 = 7;

/// Where the current feature is drawn.
#[derive(Debug)]
pub(super) struct Pen {
    grid: Grid,
    /// Units of the grid that vertices are rounded to, as a power of two.
    step_bits: u8,
    /// Packed commands and parameters.
    commands: Vec<u8>,
    at: Vertex,
    vertices: Vec<Vertex>,
    spare: Vec<Vertex>,
}

impl Pen {
    pub(super) fn new(tile: Tile, step_bits: u8) -> Self {
        Self {
            grid: Grid::new(tile),
            step_bits,
            commands: Vec::new(),
            at: [0, 0],
            vertices: Vec::new(),
            spare: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.commands.clear();
        self.at = [0, 0];
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    pub(super) fn commands(&self) -> &[u8] {
        &self.commands
    }

    /// All points within, as one command.
    pub(super) fn points(&mut self, shape: &Shape<'_>, mut shown: impl FnMut(Vertex) -> bool) {
        self.quantise(shape, shape.vertices());
        let mut vertices = std::mem::take(&mut self.vertices);
        vertices.retain(|v| clip::inside(*v));
        vertices.dedup();
        vertices.retain(|v| shown(*v));
        if !vertices.is_empty() {
            self.command(MOVE_TO, vertices.len());
            for v in &vertices {
                self.go(*v);
            }
        }
        self.vertices = vertices;
    }

    pub(super) fn lines(&mut self, shape: &Shape<'_>) {
        for (_, range) in shape.rings() {
            self.quantise(shape, range);
            let mut vertices = std::mem::take(&mut self.vertices);
            simplify(&mut vertices);
            let mut piece = std::mem::take(&mut self.spare);
            clip::line(&vertices, &mut piece, |piece| self.line(piece));
            (self.vertices, self.spare) = (vertices, piece);
        }
    }

    fn line(&mut self, piece: &[Vertex]) {
        if piece.len() < 2 || piece.iter().all(|v| *v == piece[0]) {
            return;
        }
        self.command(MOVE_TO, 1);
        self.go(piece[0]);
        self.command(LINE_TO, piece.len() - 1);
        for v in &piece[1..] {
            self.go(*v);
        }
    }

    /// Polygons: outer rings with a positive area by the surveyor's formula (y to the south), holes with a negative
    /// one. A hole whose outer ring has vanished vanishes too.
    pub(super) fn polygons(&mut self, shape: &Shape<'_>) {
        let mut rings = shape.rings().peekable();
        while let Some((_, range)) = rings.next() {
            self.open_ring(shape, range, true);
            let with_holes = rings.peek().is_some_and(|(outer, _)| !outer);
            if !with_holes {
                self.polygon();
                continue;
            }
            let mut group = vec![self.vertices.clone()];
            while let Some((_, range)) = rings.next_if(|(outer, _)| !outer) {
                self.open_ring(shape, range, false);
                group.push(self.vertices.clone());
            }
            group.retain(|ring| !ring.is_empty());
            if group.first().is_some_and(|ring| doubled_area(ring) > 0) {
                simple::mend(&group).iter().flatten().for_each(|ring| self.ring(ring));
            }
        }
    }

    /// The ring that stands in `vertices`, a polygon without holes.
    fn polygon(&mut self) {
        let vertices = std::mem::take(&mut self.vertices);
        if vertices.is_empty() {
        } else if simple::is_simple(&vertices) {
            self.ring(&vertices);
        } else {
            let mended = simple::mend(std::slice::from_ref(&vertices));
            mended.iter().flatten().for_each(|ring| self.ring(ring));
        }
        self.vertices = vertices;
    }

    /// Brings a ring into `vertices`: rounded, clipped, open, wound as outer rings or holes are; empty where nothing is
    /// left.
    fn open_ring(&mut self, shape: &Shape<'_>, range: Range<usize>, outer: bool) {
        self.quantise(shape, range);
        let vertices = &mut self.vertices;
        if !clip::holds(vertices) {
            clip::ring(vertices, &mut self.spare);
        }
        close_up(vertices);
        match doubled_area(vertices) {
            0 => vertices.clear(),
            area if (area > 0) != outer => vertices.reverse(),
            _ => {}
        }
    }

    /// Whether the shape lies within the tile and its buffer.
    pub(super) fn holds(&mut self, shape: &Shape<'_>) -> bool {
        self.quantise(shape, shape.vertices());
        clip::holds(&self.vertices)
    }

    /// The middle of a polygon's envelope and its area in square units, neither rounded to the grid before.
    pub(super) fn measure(&self, shape: &Shape<'_>) -> (Vertex, f64) {
        let (mut low, mut high, mut doubled) = ([f64::MAX; 2], [f64::MIN; 2], 0.0);
        for (outer, range) in shape.rings() {
            let (mut ring, mut first, mut before) = (0.0, None, [0.0; 2]);
            self.grid.exact(shape, range, |v| {
                // Near the first vertex, so that no digits are lost.
                let start = *first.get_or_insert(v);
                let at = [v[0] - start[0], v[1] - start[1]];
                ring += before[0] * at[1] - at[0] * before[1];
                before = at;
                low = [low[0].min(v[0]), low[1].min(v[1])];
                high = [high[0].max(v[0]), high[1].max(v[1])];
            });
            doubled += if outer { ring.abs() } else { -ring.abs() };
        }
        let middle = [0, 1].map(|axis| f64::midpoint(low[axis], high[axis]).floor() as i64);
        (middle, doubled.max(0.0) / 2.0)
    }

    /// An open ring as it stands.
    pub(super) fn ring(&mut self, open: &[Vertex]) {
        self.command(MOVE_TO, 1);
        self.go(open[0]);
        self.command(LINE_TO, open.len() - 1);
        for v in &open[1..] {
            self.go(*v);
        }
        self.command(CLOSE_PATH, 1);
    }

    fn command(&mut self, id: u64, count: usize) {
        pbf::varint(&mut self.commands, id | (count as u64) << 3);
    }

    #[inline]
    fn go(&mut self, to: Vertex) {
        pbf::varint(&mut self.commands, pbf::zigzag(to[0] - self.at[0]));
        pbf::varint(&mut self.commands, pbf::zigzag(to[1] - self.at[1]));
        self.at = to;
    }

    /// The vertices in units of the tile, rounded to the nearest, repeated ones left out.
    fn quantise(&mut self, shape: &Shape<'_>, range: Range<usize>) {
        self.vertices.clear();
        let vertices = &mut self.vertices;
        let mut last = None;
        let (bits, half) = (self.step_bits, (1_i64 << self.step_bits) >> 1);
        self.grid.each(shape, range, |v| {
            let v = v.map(|c| (c + half) >> bits << bits);
            if last != Some(v) {
                vertices.push(v);
                last = Some(v);
            }
        });
    }
}

/// Opens a ring, and leaves out vertices that lie on the line between their neighbours.
fn close_up(vertices: &mut Vec<Vertex>) {
    while vertices.len() > 1 && vertices.first() == vertices.last() {
        vertices.pop();
    }
    simplify(vertices);
    // The seam: the last and the first vertex have neighbours across it.
    while vertices.len() > 2
        && collinear(vertices[vertices.len() - 2], vertices[vertices.len() - 1], vertices[0])
    {
        vertices.pop();
    }
    while vertices.len() > 2 && collinear(vertices[vertices.len() - 1], vertices[0], vertices[1]) {
        vertices.remove(0);
    }
    if vertices.len() < 3 {
        vertices.clear();
    }
}

/// Leaves out repeated vertices and those on the straight line between their neighbours.
fn simplify(vertices: &mut Vec<Vertex>) {
    let mut kept = 0;
    for i in 0..vertices.len() {
        let v = vertices[i];
        if kept > 0 && vertices[kept - 1] == v {
            continue;
        }
        if kept > 1 && collinear(vertices[kept - 2], vertices[kept - 1], v) {
            kept -= 1;
        }
        vertices[kept] = v;
        kept += 1;
    }
    vertices.truncate(kept);
}

/// Whether `b` lies on the line from `a` to `c`, between them.
fn collinear(a: Vertex, b: Vertex, c: Vertex) -> bool {
    let (ux, uy, vx, vy) = (b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]);
    ux * vy == uy * vx && ux * vx + uy * vy >= 0
}

/// Twice the area of an open ring by the surveyor's formula; positive clockwise as seen on the map.
pub(super) fn doubled_area(vertices: &[Vertex]) -> i64 {
    let Some(mut before) = vertices.last().copied() else { return 0 };
    let mut sum = 0;
    for &v in vertices {
        sum += before[0] * v[1] - v[0] * before[1];
        before = v;
    }
    sum
}

// A clipped vertex lies within ±(EXTENT + BUFFER), so products and sums above are far below 2^63 for any ring that
// memory holds.
const _: () = assert!(EXTENT + BUFFER < 1 << 13);
