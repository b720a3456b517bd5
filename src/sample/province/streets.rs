//! Streets of a district: areas between the red lines, centrelines, and the runs that networks follow.

use geo::{Coord, Distance, Euclidean, LineString, Polygon};

use super::grid::{Class, Street, Uv};
use super::item::{Sample, values};
use super::plan::{Cell, Town, steps};

/// A street's unbroken piece.
pub struct Run {
    /// Index of the street among `rows` or `columns`.
    pub street: usize,
    /// Whether it runs along u.
    pub along_u: bool,
    /// First and last cell along it.
    pub cells: [usize; 2],
    /// Centreline on the map.
    pub line: Vec<Coord<f64>>,
}

impl Run {
    /// The street.
    pub fn of<'a>(&self, town: &'a Town) -> &'a Street {
        if self.along_u { &town.rows[self.street] } else { &town.columns[self.street] }
    }
}

/// Adds roads and centrelines; gives the runs back, those along u first.
pub fn add(sample: &mut Sample, town: &Town) -> Vec<Run> {
    let mut runs = runs(town, true);
    runs.extend(self::runs(town, false));
    for run in &runs {
        add_run(sample, town, run);
    }
    runs
}

/// Whether the street has a piece beside cell `cell` along it.
pub fn has_piece(town: &Town, along_u: bool, street: usize, cell: usize) -> bool {
    let (street_i, cell_i) = (street as isize, cell as isize);
    let beside = |offset: isize| {
        let (column, row) = if along_u { (cell_i, street_i + offset) } else { (street_i + offset, cell_i) };
        town.cell(column, row).filter(|c| *c != Cell::Outside)
    };
    let (before, after) = (beside(-1), beside(0));
    // A public place that takes several cells swallows the streets between them.
    if let (Some(Cell::Block(a)), Some(Cell::Block(b))) = (before, after)
        && a == b
    {
        return false;
    }
    let streets = if along_u { &town.rows } else { &town.columns };
    if streets[street].around_quarter && (before, after) == (Some(Cell::Demo), Some(Cell::Demo)) {
        return false;
    }
    before.is_some() || after.is_some() || bridges(town, along_u, street, cell)
}

/// Greater streets go on over streams between built parts; at a lake they end.
fn bridges(town: &Town, along_u: bool, street: usize, cell: usize) -> bool {
    let streets = if along_u { &town.rows } else { &town.columns };
    if streets[street].class == Class::Local {
        return false;
    }
    let n = if along_u { town.columns.len() } else { town.rows.len() } - 1;
    let built = |c: usize| {
        let (c, s) = (c as isize, street as isize);
        [-1, 0].iter().any(|o| if along_u { town.is_built(c, s + o) } else { town.is_built(s + o, c) })
    };
    (0..cell).any(built) && (cell + 1..n).any(built) && !in_lake(town, along_u, street, cell)
}

/// Whether the piece would run through a lake.
fn in_lake(town: &Town, along_u: bool, street: usize, cell: usize) -> bool {
    let line = LineString::from(centreline(town, along_u, street, [cell, cell]));
    town.lakes.iter().any(|lake| Euclidean.distance(&line, lake) < LAKE_CLEAR_M)
}

/// Distance that streets keep from lakes, metres.
const LAKE_CLEAR_M: f64 = 18.0;

/// Unbroken pieces of all streets of one direction.
fn runs(town: &Town, along_u: bool) -> Vec<Run> {
    let (streets, n) =
        if along_u { (&town.rows, town.columns.len() - 1) } else { (&town.columns, town.rows.len() - 1) };
    let mut found = Vec::new();
    for street in 0..streets.len() {
        let mut cell = 0;
        while cell < n {
            if !has_piece(town, along_u, street, cell) {
                cell += 1;
                continue;
            }
            let first = cell;
            while cell + 1 < n && has_piece(town, along_u, street, cell + 1) {
                cell += 1;
            }
            let line = centreline(town, along_u, street, [first, cell]);
            found.push(Run { street, along_u, cells: [first, cell], line });
            cell += 1;
        }
    }
    found
}

/// From the middle of the first crossing to the middle of the last, with a vertex at each crossing.
fn centreline(town: &Town, along_u: bool, street: usize, [first, last]: [usize; 2]) -> Vec<Coord<f64>> {
    let (streets, across) = if along_u { (&town.rows, &town.columns) } else { (&town.columns, &town.rows) };
    let middle = streets[street].middle();
    let points: Vec<Uv> = across[first..=last + 1]
        .iter()
        .map(|c| if along_u { [c.middle(), middle] } else { [middle, c.middle()] })
        .collect();
    town.frame().line(&points)
}

fn add_run(sample: &mut Sample, town: &Town, run: &Run) {
    let street = run.of(town);
    let commune = town.district.commune_code;
    let width = street.width_m();
    let row = values! {
        code: sample.next_code("road_centreline", "TD"),
        name: street.name.clone(),
        road_class: street.class.road_code(),
        width_between_red_lines_m: width,
        lanes: match street.class { Class::Urban => 6_i64, Class::Area => 4, Class::Local => 2 },
        speed_kmh: match street.class { Class::Urban => 60_i64, Class::Area => 50, Class::Local => 40 },
        oneway: false,
        commune_code: commune,
    };
    sample.add("road_centreline", LineString::from(run.line.clone()), row);
    for polygon in areas(town, run) {
        let row = values! {
            code: sample.next_code("road", "D"),
            name: street.name.clone(),
            planning_class: street.class.planning_code(),
            width_between_red_lines_m: width,
            surface: if street.class == Class::Local { "concrete" } else { "asphalt" },
            commune_code: commune,
        };
        sample.add("road", polygon, row);
    }
}

/// The run's land between the red lines. Where two streets cross, the one along u owns the crossing, so that no
/// land is counted twice.
fn areas(town: &Town, run: &Run) -> Vec<Polygon<f64>> {
    let [first, last] = run.cells;
    if run.along_u {
        let ends = [town.columns[first].low, town.columns[last + 1].high];
        return vec![band(town, run, ends, [first, last])];
    }
    let owned = |row: usize| {
        // The crossing with the street along u of index `row`.
        let left = run.street.checked_sub(1).is_some_and(|c| has_piece(town, true, row, c));
        left || run.street < town.columns.len() - 1 && has_piece(town, true, row, run.street)
    };
    let mut found = Vec::new();
    let mut start = first;
    for cell in first..=last {
        if cell < last && !owned(cell + 1) {
            continue;
        }
        let low = if owned(start) { town.rows[start].high } else { town.rows[start].low };
        let high = if owned(cell + 1) { town.rows[cell + 1].low } else { town.rows[cell + 1].high };
        found.push(band(town, run, [low, high], [start, cell]));
        start = cell + 1;
    }
    found
}

/// A strip of the frame along the run, from end to end, with the vertices of the blocks on either side.
fn band(town: &Town, run: &Run, ends: [f64; 2], cells: [usize; 2]) -> Polygon<f64> {
    let street = run.of(town);
    let side = |upper: bool| {
        let mut at = vec![ends[0]];
        at.extend(
            vertices_beside(town, run, cells, upper).into_iter().filter(|t| ends[0] < *t && *t < ends[1]),
        );
        at.push(ends[1]);
        let edge = if upper { street.high } else { street.low };
        at.into_iter().map(move |t| town.frame().to_map(if run.along_u { [t, edge] } else { [edge, t] }))
    };
    let there: Vec<Coord<f64>> = side(false).collect();
    let back: Vec<Coord<f64>> = side(true).collect();
    Polygon::new(there.into_iter().chain(back.into_iter().rev()).collect(), vec![])
}

/// Where the blocks on one side of a run have vertices, as distances along it, in order.
fn vertices_beside(town: &Town, run: &Run, [first, last]: [usize; 2], upper: bool) -> Vec<f64> {
    let axis = usize::from(!run.along_u);
    let across = if run.along_u { &town.columns } else { &town.rows };
    let beside = run.street as isize - isize::from(!upper);
    let mut found: Vec<f64> = Vec::new();
    let mut previous = None;
    for cell in first..=last {
        let c = cell as isize;
        match if run.along_u { town.cell(c, beside) } else { town.cell(beside, c) } {
            Some(Cell::Block(b)) if previous == Some(b) => {}
            Some(Cell::Block(b)) => {
                previous = Some(b);
                // Sides run anticlockwise: 0 south, 1 east, 2 north, 3 west.
                let sides = town.blocks[b].sides(town);
                let side = match (run.along_u, upper) {
                    (true, true) => &sides[0],
                    (true, false) => &sides[2],
                    (false, true) => &sides[3],
                    (false, false) => &sides[1],
                };
                found.extend(side.iter().map(|p| p[axis]));
            }
            _ => found.extend(steps(across[cell].high, across[cell + 1].low)),
        }
    }
    found.sort_by(f64::total_cmp);
    found.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    found
}
