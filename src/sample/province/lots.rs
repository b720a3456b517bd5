//! Parcels, zoning lots, red lines and building lines of a district's blocks.

use std::collections::BTreeMap;

use geo::{Area, Coord, LineString, Polygon};

use super::dice::Dice;
use super::district::Kind;
use super::grid::{Street, Uv};
use super::item::{Sample, rounded, values};
use super::lines::{direction, moved_left};
use super::plan::{Block, Homes, Plot, Town};
use super::zoning::{self, Limits};

/// A parcel with what the other parts of the sample need to know of it.
pub struct Lot {
    /// Parcel code.
    pub code: String,
    /// Lowest and highest (u, v) in the district's frame.
    pub extent: (Uv, Uv),
    /// Index of its block.
    pub block: usize,
    /// Whether it fronts the street at its lowest v (else at its highest).
    pub faces_south: bool,
    /// Address.
    pub address: String,
}

/// Cadastral sheets: so many columns and rows of cells each.
const SHEET_CELLS: [usize; 2] = [3, 5];

/// Numbers parcels by sheet.
#[derive(Default)]
pub struct Sheets {
    next: BTreeMap<i64, i64>,
}

impl Sheets {
    /// Sheet of a cell, passing over `reserved`, the sheet of the demo quarter.
    fn sheet(town: &Town, block: &Block) -> i64 {
        let across = town.cells[0].len().div_ceil(SHEET_CELLS[0]);
        let n = block.rows[0] / SHEET_CELLS[1] * across + block.columns[0] / SHEET_CELLS[0] + 1;
        let n = n as i64;
        match town.district.quarter {
            Some(q) if n >= q.sheet_number => n + 1,
            _ => n,
        }
    }

    fn next(&mut self, sheet: i64) -> i64 {
        let number = self.next.entry(sheet).or_insert(0);
        *number += 1;
        *number
    }
}

/// Adds parcels, zoning lots and lines of all blocks; gives the lots back.
pub fn add(sample: &mut Sample, town: &Town, seed: u64) -> Vec<Lot> {
    let mut dice = Dice::new(seed, &format!("lots {}", town.district.id));
    let mut sheets = Sheets::default();
    let mut lots = Vec::new();
    for (index, block) in town.blocks.iter().enumerate() {
        if !owns_cells(town, index) {
            continue;
        }
        let limits = zoning::limits(town, block, index);
        add_zoning(sample, town, block, &limits);
        if block.plot == Plot::Riverside {
            continue;
        }
        add_lines(sample, town, block, &limits);
        for (extent, ring, faces_south) in parcels(town, block) {
            let sheet = Sheets::sheet(town, block);
            let number = sheets.next(sheet);
            let lot = Lot {
                code: format!("{}-{sheet}-{number}", town.district.commune_code),
                extent,
                block: index,
                faces_south,
                address: address(town, block, faces_south, extent),
            };
            add_parcel(sample, town, block, &lot, [sheet, number], ring, &mut dice);
            lots.push(lot);
        }
    }
    lots
}

/// A block of homes whose cell went to a public place is gone.
pub fn owns_cells(town: &Town, index: usize) -> bool {
    let block = &town.blocks[index];
    town.cells[block.rows[0]][block.columns[0]] == super::plan::Cell::Block(index)
}

/// A parcel cut out of a block: extent in the frame, ring on the map, whether it faces south.
type Cut = ((Uv, Uv), Vec<Coord<f64>>, bool);

/// Parcels of a block: extent, ring on the map, and whether they face south. A public place is one parcel.
fn parcels(town: &Town, block: &Block) -> Vec<Cut> {
    let (low, high) = town.extent(block.columns, block.rows);
    if !matches!(block.plot, Plot::Homes(_)) {
        return vec![((low, high), block.outline(town), true)];
    }
    let back = block.back_line(town);
    let mut found = Vec::new();
    for (v0, v1, south) in [(low[1], back, true), (back, high[1], false)] {
        for pair in block.cuts.windows(2) {
            let (a, b) = ([pair[0], v0], [pair[1], v1]);
            let ring = [a, [b[0], a[1]], b, [a[0], b[1]]].map(|p| town.frame().to_map(p)).to_vec();
            found.push(((a, b), ring, south));
        }
    }
    found
}

fn address(town: &Town, block: &Block, south: bool, (low, _): (Uv, Uv)) -> String {
    let street = if south { &town.rows[block.rows[0]] } else { &town.rows[block.rows[1] + 1] };
    // House numbers count decametres from the town's western end, odd on the north side of a street.
    let from_west = ((low[0] - town.columns[0].low) / 5.0) as i64;
    format!("{} {}, {}", from_west * 2 + i64::from(south), street.name, town.district.name)
}

fn add_parcel(
    sample: &mut Sample,
    town: &Town,
    block: &Block,
    lot: &Lot,
    [sheet, number]: [i64; 2],
    ring: Vec<Coord<f64>>,
    dice: &mut Dice,
) {
    let polygon = Polygon::new(LineString::from(ring), vec![]);
    let public =
        matches!(block.plot, Plot::Site(s) if !matches!(s.kind, Kind::Mall | Kind::Hotel | Kind::Apartments));
    let holder = if public { "Nhà nước (mẫu)".to_owned() } else { format!("{} (mẫu)", person(dice)) };
    let row = values! {
        code: lot.code.clone(),
        commune_code: town.district.commune_code,
        sheet_number: sheet,
        parcel_number: number,
        land_use: zoning::land_use(&town.district, block),
        area_m2: rounded(polygon.unsigned_area(), 1),
        survey_accuracy_m: 0.05,
        address: lot.address.clone(),
        holder: holder,
    };
    sample.add("parcel", polygon, row);
}

/// A made-up person.
pub fn person(dice: &mut Dice) -> String {
    use super::names::{FAMILY, GIVEN};
    format!("{} {}", dice.pick(&FAMILY), dice.pick(&GIVEN))
}

fn add_zoning(sample: &mut Sample, town: &Town, block: &Block, limits: &Limits) {
    let polygon = Polygon::new(LineString::from(block.outline(town)), vec![]);
    let row = values! {
        lot_code: limits.lot_code.clone(),
        plan_name: limits.plan_name.clone(),
        plan_type: "zoning_2000",
        use: limits.zoning_use,
        net_coverage_max_percent: limits.net_coverage_percent,
        storeys_max: limits.storeys_max,
        storeys_min: limits.storeys_min,
        storeys_counting: "art_49_9",
        height_max_m: limits.height_max_m,
        far_max: limits.far_max,
        planned_level_m: limits.planned_level_m,
        setback_min_m: limits.setback_m,
        allowed_uses: limits.allowed_uses,
        area_m2: rounded(polygon.unsigned_area(), 1),
    };
    sample.add("zoning_lot", polygon, row);
}

/// Red and building lines of the block's four sides.
fn add_lines(sample: &mut Sample, town: &Town, block: &Block, limits: &Limits) {
    let sides = block.sides(town);
    let setbacks = setbacks(block, limits.setback_m);
    for (i, side) in sides.iter().enumerate() {
        let street = side_street(town, block, i);
        let red: Vec<Coord<f64>> = side.iter().map(|p| town.frame().to_map(*p)).collect();
        let commune = town.district.commune_code;
        let code = sample.next_code("red_line", "CGDD");
        sample.add(
            "red_line",
            LineString::from(red.clone()),
            values! { code: code, road_name: street.name.clone(), commune_code: commune },
        );
        let mut inner = moved_left(&red, setbacks[i]);
        shorten(&mut inner, setbacks[(i + 3) % 4], setbacks[(i + 1) % 4]);
        let code = sample.next_code("building_line", "CGXD");
        sample.add(
            "building_line",
            LineString::from(inner),
            values! { code: code, road_name: street.name.clone(), setback_m: setbacks[i], commune_code: commune },
        );
    }
}

/// Setbacks of the sides south, east, north, west: houses in a row stand on the side streets' red lines.
fn setbacks(block: &Block, setback_m: f64) -> [f64; 4] {
    match block.plot {
        Plot::Homes(Homes::Villa) | Plot::Site(_) | Plot::Riverside => [setback_m; 4],
        Plot::Homes(_) => [setback_m, 0.0, setback_m, 0.0],
    }
}

/// The street on a side of the block: 0 south, 1 east, 2 north, 3 west.
pub fn side_street<'a>(town: &'a Town, block: &Block, side: usize) -> &'a Street {
    match side {
        0 => &town.rows[block.rows[0]],
        1 => &town.columns[block.columns[1] + 1],
        2 => &town.rows[block.rows[1] + 1],
        _ => &town.columns[block.columns[0]],
    }
}

/// Takes `first_m` off the line's beginning and `last_m` off its end.
fn shorten(line: &mut [Coord<f64>], first_m: f64, last_m: f64) {
    let n = line.len();
    let (_, along) = direction(line[0], line[1]);
    line[0] = Coord { x: line[0].x + along.x * first_m, y: line[0].y + along.y * first_m };
    let (_, along) = direction(line[n - 1], line[n - 2]);
    line[n - 1] = Coord { x: line[n - 1].x + along.x * last_m, y: line[n - 1].y + along.y * last_m };
}
