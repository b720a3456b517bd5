//! Areas too small to be drawn one by one, merged into a mosaic of square cells.
//!
//! Each small area gives its size to the cell of its middle, under its class (what a map colours it by). Cells are
//! then painted in an order that keeps neighbours together; what a cell does not use up, or uses too much, is carried
//! to the next. So every class covers as much of the tile as its areas do, to about a cell, and a town keeps its
//! picture while its parcels are far below a pixel. Cells of one class that share a side become one polygon.
//!
//! Cells lie on the world's grid, so that those of neighbouring tiles fit together.

use std::collections::HashMap;

use super::clip::Vertex;
use super::geometry::doubled_area;
use super::{BUFFER, EXTENT};

/// What was given to a cell.
#[derive(Debug, Clone, Copy)]
struct Deposit {
    /// Place of the cell on a curve along which neighbours follow each other (Morton's order).
    place: u32,
    class: u32,
    area: f64,
}

/// The cells of one tile.
#[derive(Debug)]
pub(super) struct Mosaic {
    /// Units of a cell's side.
    side: i64,
    /// Cells beside the tile on each side.
    beside: i64,
    deposits: Vec<Deposit>,
}

/// A polygon: an outer ring with a positive area by the surveyor's formula (y to the south) and holes with negative
/// ones, open, in units of the tile.
pub(super) type Rings = Vec<Vec<Vertex>>;

impl Mosaic {
    /// Cells of `side` units: a power of two, at most the tile's side.
    pub(super) fn new(side: i64) -> Self {
        debug_assert!((1..=i64::from(EXTENT)).contains(&side) && side.count_ones() == 1);
        Self { side, beside: i64::from(BUFFER) / side, deposits: Vec::new() }
    }

    /// Cells of a row.
    fn width(&self) -> i64 {
        i64::from(EXTENT) / self.side + 2 * self.beside
    }

    /// Gives an area (square units) of a class to the cell that holds `at`; what lies beyond the tile and its buffer is
    /// another tile's.
    pub(super) fn give(&mut self, at: Vertex, class: u32, area: f64) {
        let cell = at.map(|v| v.div_euclid(self.side) + self.beside);
        if cell.iter().all(|c| (0..self.width()).contains(c)) {
            self.deposits.push(Deposit { place: morton(cell), class, area });
        }
    }

    /// Paints the cells: for each class the polygons that it covers, each with its holes behind it.
    pub(super) fn paint(&mut self) -> Vec<(u32, Vec<Rings>)> {
        let mut painted = self.distribute();
        painted.sort_unstable();
        let mut polygons = Vec::new();
        for cells in painted.chunk_by(|a, b| a.0 == b.0) {
            let class = cells[0].0;
            let cells: Vec<[u16; 2]> = cells.iter().map(|(_, y, x)| [*x, *y]).collect();
            polygons.push((class, self.placed(trace(&cells, self.width() as usize))));
        }
        polygons
    }

    /// Which class is painted on which cell: (class, row, column).
    fn distribute(&mut self) -> Vec<(u32, u16, u16)> {
        self.deposits.sort_unstable_by_key(|d| d.place);
        let whole = (self.side * self.side) as f64;
        let classes = self.deposits.iter().map(|d| d.class as usize + 1).max().unwrap_or(0);
        let (mut due, mut total) = (vec![0.0; classes], 0.0);
        let (mut painted, mut here) = (Vec::new(), Vec::new());
        for cell in self.deposits.chunk_by(|a, b| a.place == b.place) {
            for d in cell {
                due[d.class as usize] += d.area;
                total += d.area;
            }
            here.clear();
            // Where areas lie on top of each other a cell has more than one class, as they have.
            while total >= whole / 2.0 {
                let free = (0..classes).filter(|c| !here.contains(c));
                let Some(most) = free.max_by(|a, b| due[*a].total_cmp(&due[*b])) else { break };
                if !here.is_empty() && due[most] < whole / 2.0 {
                    break;
                }
                due[most] -= whole;
                total -= whole;
                here.push(most);
                let [x, y] = from_morton(cell[0].place);
                painted.push((most as u32, y, x));
            }
        }
        painted
    }

    /// From corners of cells to units of the tile.
    fn placed(&self, polygons: Vec<Rings>) -> Vec<Rings> {
        let units = |v: Vertex| v.map(|c| (c - self.beside) * self.side);
        let ring = |ring: Vec<Vertex>| ring.into_iter().map(units).collect();
        polygons.into_iter().map(|rings| rings.into_iter().map(ring).collect()).collect()
    }
}

fn morton([x, y]: [i64; 2]) -> u32 {
    let spread = |v: i64| (0..12).fold(0, |out, bit| out | (((v >> bit & 1) as u32) << (2 * bit)));
    spread(x) | spread(y) << 1
}

fn from_morton(place: u32) -> [u16; 2] {
    let gather = |v: u32| (0..12).fold(0, |out, bit| out | ((v >> (2 * bit) & 1) as u16) << bit);
    [gather(place), gather(place >> 1)]
}

/// A grid of yes and no.
struct Bits {
    width: usize,
    words: Vec<u64>,
}

impl Bits {
    fn new(width: usize) -> Self {
        Self { width, words: vec![0; (width * width).div_ceil(64)] }
    }

    fn at(&self, x: i64, y: i64) -> Option<usize> {
        let inside = |v: i64| (0..self.width as i64).contains(&v);
        (inside(x) && inside(y)).then(|| y as usize * self.width + x as usize)
    }

    fn get(&self, x: i64, y: i64) -> bool {
        self.at(x, y).is_some_and(|i| self.words[i / 64] >> (i % 64) & 1 == 1)
    }

    fn set(&mut self, x: i64, y: i64) {
        if let Some(i) = self.at(x, y) {
            self.words[i / 64] |= 1 << (i % 64);
        }
    }
}

/// The outlines of cells (sorted by row and column), in corners of cells: polygons of cells that share sides.
fn trace(cells: &[[u16; 2]], width: usize) -> Vec<Rings> {
    let (mut set, mut walked) = (Bits::new(width), Bits::new(width));
    cells.iter().for_each(|[x, y]| set.set(i64::from(*x), i64::from(*y)));
    let part = parts(cells);
    let mut polygons: Vec<Rings> = Vec::new();
    // The polygon of each part, by its first cell.
    let mut of_part = vec![usize::MAX; cells.len()];
    for (i, [x, y]) in cells.iter().map(|c| c.map(i64::from)).enumerate() {
        if set.get(x, y - 1) || walked.get(x, y) {
            continue;
        }
        let known = &mut of_part[part[i] as usize];
        if *known == usize::MAX {
            *known = polygons.len();
            polygons.push(Vec::new());
        }
        untangle(walk(&set, &mut walked, [x, y]), &mut polygons[*known]);
    }
    // A ring cut off an outer loop may be a hole, and may have come first.
    for rings in &mut polygons {
        let outer = rings.iter().position(|ring| doubled_area(ring) > 0);
        rings.swap(0, outer.unwrap_or(0));
    }
    polygons
}

/// For each cell the first cell of the part, joined by sides, that it belongs to.
fn parts(cells: &[[u16; 2]]) -> Vec<u32> {
    fn find(parent: &mut [u32], mut i: u32) -> u32 {
        while parent[i as usize] != i {
            parent[i as usize] = parent[parent[i as usize] as usize];
            i = parent[i as usize];
        }
        i
    }
    let mut parent: Vec<u32> = (0..cells.len() as u32).collect();
    let mut above = 0;
    for i in 0..cells.len() {
        let [x, y] = cells[i];
        let mut join = |j: usize| {
            let (a, b) = (find(&mut parent, i as u32), find(&mut parent, j as u32));
            parent[a.max(b) as usize] = a.min(b);
        };
        if i > 0 && cells[i - 1][1] == y && cells[i - 1][0] + 1 == x {
            join(i - 1);
        }
        while (cells[above][1] + 1, cells[above][0]) < (y, x) {
            above += 1;
        }
        if cells[above] == [x, y.wrapping_sub(1)] {
            join(above);
        }
    }
    (0..cells.len() as u32).map(|i| find(&mut parent, i)).collect()
}

/// One loop from the upper side of a cell on, the cells to its right; only the corners where it turns.
fn walk(set: &Bits, walked: &mut Bits, start: Vertex) -> Vec<Vertex> {
    // East, south, west, north.
    const STEPS: [Vertex; 4] = [[1, 0], [0, 1], [-1, 0], [0, -1]];
    let mut corners = Vec::new();
    let (mut at, mut heading) = (start, 0);
    loop {
        let [dx, dy] = STEPS[heading];
        if heading == 0 {
            walked.set(at[0], at[1]);
        }
        at = [at[0] + dx, at[1] + dy];
        // The cells ahead, to the left and to the right of the way.
        let ahead = |side: Vertex| set.get(at[0] + (dx + side[0] - 1) / 2, at[1] + (dy + side[1] - 1) / 2);
        let (right, left) = ([-dy, dx], [dy, -dx]);
        let turn = match (ahead(right), ahead(left)) {
            (false, _) => 1,
            (true, false) => 0,
            (true, true) => 3,
        };
        if turn != 0 {
            corners.push(at);
        }
        heading = (heading + turn) % 4;
        if at == start && heading == 0 {
            return corners;
        }
    }
}

/// Cuts a loop that meets itself in a corner into rings that do not.
fn untangle(corners: Vec<Vertex>, rings: &mut Rings) {
    let mut ring: Vec<Vertex> = Vec::with_capacity(corners.len());
    let mut places: HashMap<Vertex, usize> = HashMap::with_capacity(corners.len());
    for corner in corners {
        if let Some(met) = places.get(&corner).copied() {
            let apart = ring.split_off(met);
            places.retain(|_, place| *place < met);
            rings.push(apart);
        }
        places.insert(corner, ring.len());
        ring.push(corner);
    }
    rings.push(ring);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn area(ring: &[Vertex]) -> i64 {
        doubled_area(ring) / 2
    }

    fn cells(of: &[&str]) -> Vec<[u16; 2]> {
        let row = |(y, row): (usize, &&str)| {
            let filled = row.bytes().enumerate().filter(|(_, c)| *c == b'#');
            filled.map(|(x, _)| [x as u16, y as u16]).collect::<Vec<_>>()
        };
        of.iter().enumerate().flat_map(row).collect()
    }

    #[test]
    fn a_hole_follows_its_outer_ring() {
        let found = trace(&cells(&["####", "#..#", "####"]), 8);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0][0], vec![[4, 0], [4, 3], [0, 3], [0, 0]]);
        assert_eq!(found[0].iter().map(|r| area(r)).collect::<Vec<_>>(), [12, -2]);
    }

    #[test]
    fn cells_that_meet_in_a_corner_are_apart() {
        assert_eq!(trace(&cells(&["#.", ".#"]), 4).len(), 2);
    }

    #[test]
    fn holes_that_meet_in_a_corner_are_two_rings() {
        let found = trace(&cells(&["####", "#.##", "##.#", "####"]), 8);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].iter().map(|r| area(r)).collect::<Vec<_>>(), [16, -1, -1]);
    }

    proptest! {
        #[test]
        fn polygons_cover_the_cells_and_no_ring_meets_itself(
            grid in proptest::collection::vec(any::<bool>(), 100)
        ) {
            let on = grid.iter().enumerate().filter(|(_, on)| **on);
            let cells: Vec<[u16; 2]> = on.map(|(i, _)| [(i % 10) as u16, (i / 10) as u16]).collect();
            let found = trace(&cells, 10);
            let sum: i64 = found.iter().flatten().map(|r| area(r)).sum();
            prop_assert_eq!(sum, cells.len() as i64);
            for rings in &found {
                prop_assert!(area(&rings[0]) > 0);
                prop_assert!(rings[1..].iter().all(|r| area(r) < 0));
                for ring in rings {
                    let mut corners = ring.clone();
                    corners.sort_unstable();
                    corners.dedup();
                    prop_assert_eq!(corners.len(), ring.len());
                }
            }
        }

        #[test]
        fn every_class_keeps_its_area_to_a_few_cells(
            given in proptest::collection::vec((0..4096_i64, 0..4096_i64, 0..5_u32, 1.0..60.0_f64), 1..2000)
        ) {
            let mut mosaic = Mosaic::new(8);
            let mut exact = [0.0; 5];
            for (x, y, class, area) in given {
                mosaic.give([x, y], class, area);
                exact[class as usize] += area;
            }
            let mut drawn = [0.0; 5];
            for (class, polygons) in mosaic.paint() {
                drawn[class as usize] = polygons.iter().flatten().map(|r| area(r) as f64).sum();
            }
            for (exact, drawn) in exact.iter().zip(drawn) {
                prop_assert!((exact - drawn).abs() <= 5.0 * 64.0, "{} {}", exact, drawn);
            }
        }
    }

    #[test]
    fn a_place_on_the_curve_is_found_again() {
        for cell in [[0, 0], [1, 0], [513, 77], [4095, 4095]] {
            assert_eq!(from_morton(morton(cell)).map(i64::from), cell);
        }
    }
}
