//! From a district to its blocks: which cells of the grid are built on, and with what.

use geo::{BoundingRect, Coord, Distance, Euclidean, Intersects, Point, Polygon, Rect};

use super::dice::Dice;
use super::district::{District, Site};
use super::grid::{Class, Frame, Street, Uv, lay_streets};
use super::names;
use super::waters::TownWaters;

/// Distance from water up to which blocks stay green, metres; nearer than half of it there is no block at all.
const STREAM_CLEAR_M: f64 = 64.0;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plot {
    /// Houses on lots.
    Homes(Homes),
    /// A public place.
    Site(Site),
    /// A green strip along a stream or lake.
    Riverside,
}

/// Kinds of housing blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Homes {
    /// Grown quarters: narrow lots of all widths.
    Existing,
    /// New attached houses.
    Attached,
    /// Villas.
    Villa,
    /// Shop houses along main streets.
    Mixed,
}

/// A block: a rectangle of cells, with what it holds.
#[derive(Debug, Clone)]
pub struct Block {
    /// First and last column of cells.
    pub columns: [usize; 2],
    /// First and last row of cells.
    pub rows: [usize; 2],
    /// What it holds.
    pub plot: Plot,
    /// Where lots are cut along u, from the block's lowest to its highest u; for homes only.
    pub cuts: Vec<f64>,
}

/// State of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Countryside or water.
    Outside,
    /// Belongs to the demo quarter.
    Demo,
    /// Belongs to the block of this index.
    Block(usize),
}

/// The built grid of a district.
pub struct Town {
    /// The district.
    pub district: District,
    /// Streets across u, by u.
    pub columns: Vec<Street>,
    /// Streets along u, by v.
    pub rows: Vec<Street>,
    /// Cells, row by row: `cells[row][column]` lies between streets `column` and `column + 1`.
    pub cells: Vec<Vec<Cell>>,
    /// Blocks.
    pub blocks: Vec<Block>,
    /// Water that the town leaves free.
    pub waters: Vec<Polygon<f64>>,
    /// Those of them that are lakes.
    pub lakes: Vec<Polygon<f64>>,
}

impl Town {
    /// Plans `district` around the `waters` that cross it.
    pub fn plan(district: District, water: &TownWaters, seed: u64) -> Self {
        let mut dice = Dice::new(seed, &format!("plan {}", district.id));
        let lay = |along: bool, dice: &mut Dice| {
            let axis = usize::from(along);
            let [c, h] = [district.centre[axis], district.half_m[axis]];
            let pattern = if along { District::ROW_PATTERN } else { District::COLUMN_PATTERN };
            lay_streets(&district.fixed_streets(along), c - h, c + h, pattern, dice)
        };
        let (columns, rows) = (lay(false, &mut dice), lay(true, &mut dice));
        let cells = vec![vec![Cell::Outside; columns.len() - 1]; rows.len() - 1];
        let lakes = near(&district, &water.lakes);
        let mut waters = near(&district, &water.streams);
        waters.extend(lakes.iter().cloned());
        let mut town = Self { district, columns, rows, cells, blocks: Vec::new(), waters, lakes };
        town.name_streets();
        town.fill_cells(&mut dice);
        town.place_sites();
        town.choose_homes(&mut dice);
        town
    }

    /// The district's frame.
    pub fn frame(&self) -> &Frame {
        &self.district.frame
    }

    /// Extent of a rectangle of cells between the red lines: lowest and highest (u, v).
    pub fn extent(&self, columns: [usize; 2], rows: [usize; 2]) -> (Uv, Uv) {
        (
            [self.columns[columns[0]].high, self.rows[rows[0]].high],
            [self.columns[columns[1] + 1].low, self.rows[rows[1] + 1].low],
        )
    }

    /// Whether the cell exists and is built on.
    pub fn is_built(&self, column: isize, row: isize) -> bool {
        self.cell(column, row).is_some_and(|c| c != Cell::Outside)
    }

    /// The cell, if the grid has it.
    pub fn cell(&self, column: isize, row: isize) -> Option<Cell> {
        let row = self.cells.get(usize::try_from(row).ok()?)?;
        row.get(usize::try_from(column).ok()?).copied()
    }

    fn name_streets(&mut self) {
        let mut next = self.district.first_name;
        // Main streets take the best-known names, then the quarter's streets, then the small ones; what is left
        // goes by letters, as new quarters do.
        for class in [Class::Urban, Class::Area, Class::Local] {
            let (mut n, mut d) = (0, 0);
            let streets =
                self.rows.iter_mut().map(|s| (s, 'N')).chain(self.columns.iter_mut().map(|s| (s, 'D')));
            for (street, letter) in streets.filter(|(s, _)| s.class == class && s.name.is_empty()) {
                let count = if letter == 'N' { &mut n } else { &mut d };
                *count += 1;
                let lettered = class == Class::Local && (*count % 3 == 0 || next >= names::STREETS.len());
                street.name = if lettered {
                    format!("Đường {letter}{}", *count + 3)
                } else {
                    next += 1;
                    format!("Đường {}", names::STREETS[(next - 1) % names::STREETS.len()])
                };
            }
        }
    }

    /// Marks the demo quarter's cells, opens a block in every other cell within the town's uneven outline, and
    /// green blocks where a stream passes.
    fn fill_cells(&mut self, dice: &mut Dice) {
        let phases = [dice.real(0.0, 6.3), dice.real(0.0, 6.3), dice.real(0.0, 6.3)];
        for row in 0..self.cells.len() {
            for column in 0..self.cells[row].len() {
                let (low, high) = self.extent([column, column], [row, row]);
                let middle = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])];
                self.cells[row][column] = if self.in_quarter(middle) {
                    Cell::Demo
                } else if !self.in_outline(middle, phases) {
                    Cell::Outside
                } else {
                    match self.distance_to_water(low, high) {
                        d if d < STREAM_CLEAR_M * 0.5 => Cell::Outside,
                        d => {
                            let plot = if d < STREAM_CLEAR_M {
                                Plot::Riverside
                            } else {
                                Plot::Homes(Homes::Existing)
                            };
                            self.open_block([column; 2], [row; 2], plot)
                        }
                    }
                };
            }
        }
    }

    fn open_block(&mut self, columns: [usize; 2], rows: [usize; 2], plot: Plot) -> Cell {
        self.blocks.push(Block { columns, rows, plot, cuts: Vec::new() });
        Cell::Block(self.blocks.len() - 1)
    }

    fn in_quarter(&self, [u, v]: Uv) -> bool {
        self.district.quarter.is_some_and(|q| 0.0 < u && u < q.size[0] && 0.0 < v && v < q.size[1])
    }

    fn in_outline(&self, [u, v]: Uv, phases: [f64; 3]) -> bool {
        let d = &self.district;
        let (x, y) = ((u - d.centre[0]) / d.half_m[0], (v - d.centre[1]) / d.half_m[1]);
        let angle = y.atan2(x);
        let wave: f64 = (2..5).zip(phases).map(|(k, p)| (angle * f64::from(k) + p).sin()).sum();
        x.hypot(y) < 0.98 + 0.06 * wave
    }

    fn distance_to_water(&self, low: Uv, high: Uv) -> f64 {
        let corners = [low, [high[0], low[1]], high, [low[0], high[1]]];
        let middle = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])];
        let points = corners.iter().chain([&middle]).map(|p| Point::from(self.frame().to_map(*p)));
        points
            .flat_map(|p| self.waters.iter().map(move |w| Euclidean.distance(&p, w)))
            .fold(f64::INFINITY, f64::min)
    }

    /// Gives each public place the free cells nearest to where it is wanted.
    fn place_sites(&mut self) {
        for site in self.district.sites {
            let d = &self.district;
            let want = [d.centre[0] + site.at[0] * d.half_m[0], d.centre[1] + site.at[1] * d.half_m[1]];
            let mut best: Option<(f64, [usize; 2], [usize; 2])> = None;
            for row in 0..self.cells.len().saturating_sub(site.cells[1] - 1) {
                for column in 0..self.cells[0].len().saturating_sub(site.cells[0] - 1) {
                    let (columns, rows) =
                        ([column, column + site.cells[0] - 1], [row, row + site.cells[1] - 1]);
                    if !self.is_free(columns, rows) {
                        continue;
                    }
                    let (low, high) = self.extent(columns, rows);
                    let off =
                        [f64::midpoint(low[0], high[0]) - want[0], f64::midpoint(low[1], high[1]) - want[1]];
                    let distance = off[0].hypot(off[1]);
                    if best.is_none_or(|(d, ..)| distance < d) {
                        best = Some((distance, columns, rows));
                    }
                }
            }
            if let Some((_, columns, rows)) = best {
                let cell = self.open_block(columns, rows, Plot::Site(*site));
                for row in rows[0]..=rows[1] {
                    self.cells[row][columns[0]..=columns[1]].fill(cell);
                }
            }
        }
    }

    /// Free: homes in every cell, and only local streets between them.
    fn is_free(&self, columns: [usize; 2], rows: [usize; 2]) -> bool {
        let local = |streets: &[Street], [a, b]: [usize; 2]| {
            streets[a + 1..=b].iter().all(|s| s.class == Class::Local)
        };
        local(&self.columns, columns)
            && local(&self.rows, rows)
            && (rows[0]..=rows[1]).all(|r| {
                (columns[0]..=columns[1]).all(|c| match self.cells[r][c] {
                    Cell::Block(b) => matches!(self.blocks[b].plot, Plot::Homes(_)),
                    _ => false,
                })
            })
    }

    /// Shop houses on main streets, villas and attached houses at the edge, grown quarters in between; and cuts
    /// each block into lots.
    fn choose_homes(&mut self, dice: &mut Dice) {
        for row in 0..self.cells.len() {
            for column in 0..self.cells[row].len() {
                let Cell::Block(index) = self.cells[row][column] else { continue };
                if !matches!(self.blocks[index].plot, Plot::Homes(_)) {
                    continue;
                }
                let (low, high) = self.extent([column; 2], [row; 2]);
                let homes = self.homes_at(column, row, low, dice);
                self.blocks[index].plot = Plot::Homes(homes);
                self.blocks[index].cuts = cut_lots(low[0], high[0], homes, dice);
            }
        }
    }

    fn homes_at(&self, column: usize, row: usize, low: Uv, dice: &mut Dice) -> Homes {
        let d = &self.district;
        let beside_main =
            [&self.rows[row], &self.rows[row + 1], &self.columns[column], &self.columns[column + 1]]
                .iter()
                .any(|s| s.class == Class::Urban);
        let off = ((low[0] - d.centre[0]) / d.half_m[0]).hypot((low[1] - d.centre[1]) / d.half_m[1]);
        match off {
            _ if beside_main && dice.chance(0.35) => Homes::Mixed,
            o if o > 0.62 && dice.chance(0.22) => Homes::Villa,
            o if o > 0.5 && dice.chance(0.6) => Homes::Attached,
            _ => Homes::Existing,
        }
    }
}

/// Those of `areas` that come near the district: the rest would only cost time.
fn near(district: &District, areas: &[Polygon<f64>]) -> Vec<Polygon<f64>> {
    let centre = district.frame.to_map(district.centre);
    let reach = district.half_m[0].hypot(district.half_m[1]) + 500.0;
    let box_around = Rect::new(
        Coord { x: centre.x - reach, y: centre.y - reach },
        Coord { x: centre.x + reach, y: centre.y + reach },
    );
    areas.iter().filter(|a| a.bounding_rect().is_some_and(|r| r.intersects(&box_around))).cloned().collect()
}

/// Widths of lots that fill `low … high` exactly, in decimetres: the last cut takes what is left.
fn cut_lots(low: f64, high: f64, homes: Homes, dice: &mut Dice) -> Vec<f64> {
    let usual: &[f64] = match homes {
        Homes::Existing => &[4.5, 5.0, 5.0, 5.5, 6.0, 7.0, 8.0, 10.0],
        Homes::Attached => &[5.0, 5.0, 5.0, 6.0],
        Homes::Mixed => &[5.0, 6.0, 7.0, 8.0],
        Homes::Villa => &[12.0, 14.0, 15.0],
    };
    let corner = if homes == Homes::Villa { 15.0 } else { 7.5 };
    let mut cuts = vec![low, low + corner];
    let end = high - corner;
    loop {
        let at = cuts[cuts.len() - 1];
        let width = usual[usize::try_from(dice.int(0, usual.len() as i64 - 1)).unwrap_or(0)];
        if at + width + usual[0] > end {
            break;
        }
        cuts.push(((at + width) * 10.0).round() / 10.0);
    }
    cuts.extend([end, high]);
    cuts
}

impl Block {
    /// Where its back line between the two rows of lots runs, for homes: the middle in v.
    pub fn back_line(&self, town: &Town) -> f64 {
        let (low, high) = town.extent(self.columns, self.rows);
        (f64::midpoint(low[1], high[1]) * 10.0).round() / 10.0
    }

    /// Vertices of the block's sides in the frame: south, east, north, west, each anticlockwise and with both
    /// corners. Lots, zoning lot, red lines and the road's edge all use these.
    pub fn sides(&self, town: &Town) -> [Vec<Uv>; 4] {
        let (low, high) = town.extent(self.columns, self.rows);
        let us =
            if self.cuts.is_empty() { steps_by_cell(&town.columns, self.columns) } else { self.cuts.clone() };
        let vs = match self.plot {
            Plot::Homes(_) => vec![low[1], self.back_line(town), high[1]],
            _ => steps_by_cell(&town.rows, self.rows),
        };
        [
            us.iter().map(|u| [*u, low[1]]).collect(),
            vs.iter().map(|v| [high[0], *v]).collect(),
            us.iter().rev().map(|u| [*u, high[1]]).collect(),
            vs.iter().rev().map(|v| [low[0], *v]).collect(),
        ]
    }

    /// The block's outline on the map, not closed.
    pub fn outline(&self, town: &Town) -> Vec<Coord<f64>> {
        let sides = self.sides(town);
        sides.iter().flat_map(|s| &s[..s.len() - 1]).map(|p| town.frame().to_map(*p)).collect()
    }
}

/// Steps through each cell from the `first` to the `last`, with the edges of the streets that were swallowed between
/// them: those streets may end at the block on its other side.
fn steps_by_cell(streets: &[Street], [first, last]: [usize; 2]) -> Vec<f64> {
    (first..=last).flat_map(|cell| steps(streets[cell].high, streets[cell + 1].low)).collect()
}

/// Values from `low` to `high` at most 25 m apart.
pub fn steps(low: f64, high: f64) -> Vec<f64> {
    let pieces = ((high - low) / 25.0).ceil().max(1.0) as u32;
    (0..=pieces).map(|i| low + (high - low) * f64::from(i) / f64::from(pieces)).collect()
}
