//! Draws a geometry as the commands of a vector tile (version 2.1, §4.3).

use std::ops::Range;

use super::clip::{self, Vertex};
use super::grid::Grid;
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
    /// Packed commands and parameters.
    commands: Vec<u8>,
    at: Vertex,
    vertices: Vec<Vertex>,
    spare: Vec<Vertex>,
}

impl Pen {
    pub(super) fn new(tile: Tile) -> Self {
        Self {
            grid: Grid::new(tile),
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
    pub(super) fn points(&mut self, shape: &Shape<'_>) {
        self.quantise(shape, shape.vertices());
        let mut vertices = std::mem::take(&mut self.vertices);
        vertices.retain(|v| clip::inside(*v));
        vertices.dedup();
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
        let mut drawn = false;
        for (outer, range) in shape.rings() {
            if !outer && !drawn {
                continue;
            }
            self.quantise(shape, range);
            let mut vertices = std::mem::take(&mut self.vertices);
            if !clip::holds(&vertices) {
                clip::ring(&mut vertices, &mut self.spare);
            }
            close_up(&mut vertices);
            let area = doubled_area(&vertices);
            if area != 0 {
                if (area > 0) != outer {
                    vertices.reverse();
                }
                self.ring(&vertices);
            }
            if outer {
                drawn = area != 0;
            }
            self.vertices = vertices;
        }
    }

    /// A square of `side` units in the place of a polygon that is too small to be drawn.
    pub(super) fn square(&mut self, shape: &Shape<'_>, side: i64) {
        let first = shape.vertices();
        self.quantise(shape, first.start..first.start + 1);
        let [x, y] = self.vertices[0];
        if clip::inside([x, y]) && clip::inside([x + side, y + side]) {
            self.ring(&[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]);
        }
    }

    fn ring(&mut self, open: &[Vertex]) {
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
        self.grid.each(shape, range, |v| {
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
fn doubled_area(vertices: &[Vertex]) -> i64 {
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
