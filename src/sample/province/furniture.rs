//! What stands and lies along streets: trees, lamps, hydrants, bins, pipes, drains, cables, and what stands at
//! junctions: signals, cameras, counters.

use geo::{Coord, LineString, Point};

use super::dice::Dice;
use super::grid::Class;
use super::item::{Sample, rounded, values};
use super::lines::{Station, direction, moved_left, stations};
use super::plan::Town;
use super::streets::Run;

/// Adds everything along the `runs` of a district's streets.
pub fn add(sample: &mut Sample, town: &Town, runs: &[Run], seed: u64) {
    let mut dice = Dice::new(seed, &format!("furniture {}", town.district.id));
    for run in runs {
        along(sample, town, run, &mut dice);
        networks(sample, town, run, &mut dice);
    }
    junctions(sample, town, runs, &mut dice);
}

fn commune(town: &Town) -> &'static str {
    town.district.commune_code
}

fn status(dice: &mut Dice) -> &'static str {
    dice.pick(&["active", "active", "active", "active", "active", "maintenance", "broken"])
}

/// Whether a place along the run is on a crossing, where nothing may stand.
fn on_crossing(town: &Town, run: &Run, runs_across: &[Coord<f64>], station: &Station) -> bool {
    let clear = run.of(town).width_m() * 0.5 + 14.0;
    runs_across.iter().any(|c| direction(*c, station.at).0 < clear)
}

/// Middles of the crossings on a run.
fn crossings(town: &Town, run: &Run) -> Vec<Coord<f64>> {
    let (streets, across) =
        if run.along_u { (&town.rows, &town.columns) } else { (&town.columns, &town.rows) };
    let middle = streets[run.street].middle();
    let [first, last] = run.cells;
    let point = |t: f64| if run.along_u { [t, middle] } else { [middle, t] };
    across[first..=last + 1].iter().map(|s| town.frame().to_map(point(s.middle()))).collect()
}

fn along(sample: &mut Sample, town: &Town, run: &Run, dice: &mut Dice) {
    let street = run.of(town);
    let kerb = street.width_m() * 0.5 - if street.class == Class::Local { 2.2 } else { 3.0 };
    let crossings = crossings(town, run);
    let free = |s: &Station| !on_crossing(town, run, &crossings, s);
    let tree_step = match street.class {
        Class::Urban => 9.0,
        Class::Area => 11.0,
        Class::Local => 26.0,
    };
    for side in [-1.0, 1.0] {
        for s in stations(&run.line, 6.0 + side, tree_step).iter().filter(|s| free(s)) {
            tree(sample, town, Point::from(s.aside(side * kerb)), dice);
        }
    }
    let sides: &[f64] = if street.class == Class::Local { &[1.0] } else { &[-1.0, 1.0] };
    for side in sides {
        for s in stations(&run.line, 4.0, 34.0) {
            lamp(sample, town, Point::from(s.aside(side * (kerb + 0.8))), street.class, dice);
        }
    }
    for s in stations(&run.line, 40.0, 120.0) {
        let row = values! {
            code: sample.next_code("hydrant", "TCC"), diameter_mm: dice.pick(&[&100_i64, &125, &150]).to_owned(),
            pressure_bar: rounded(dice.real(1.6, 4.5), 1), status: status(dice), commune_code: commune(town),
        };
        sample.add("hydrant", Point::from(s.aside(kerb + 1.2)), row);
    }
    if street.class != Class::Local {
        for s in stations(&run.line, 55.0, 90.0) {
            let row = values! {
                code: sample.next_code("waste_bin", "TR"), volume_l: 240_i64,
                waste_kind: dice.pick(&["recyclable", "food", "residual"]), status: status(dice),
                commune_code: commune(town),
            };
            sample.add("waste_bin", Point::from(s.aside(-kerb - 0.8)), row);
        }
    }
}

fn tree(sample: &mut Sample, town: &Town, at: Point<f64>, dice: &mut Dice) {
    let species = dice.pick(&[
        "dau_rai",
        "sao_den",
        "bang_dai_loan",
        "phuong_vi",
        "bang_lang",
        "muong_hoa_vang",
        "thong",
    ]);
    let trunk = dice.real(8.0, 55.0);
    let row = values! {
        code: sample.next_code("tree", "CX"), species: species, trunk_cm: rounded(trunk, 0),
        height_m: rounded(3.0 + trunk * 0.22, 1), condition: dice.pick(&["good", "good", "good", "fair", "poor"]),
        commune_code: commune(town),
    };
    sample.add("tree", at, row);
}

fn lamp(sample: &mut Sample, town: &Town, at: Point<f64>, class: Class, dice: &mut Dice) {
    let local = class == Class::Local;
    let row = values! {
        code: sample.next_code("street_light", "DCS"), lamp: dice.pick(&["led", "led", "led", "sodium"]),
        power_w: if local { 80_i64 } else { 150 }, height_m: if local { 8.0 } else { 11.0 },
        status: status(dice), commune_code: commune(town),
    };
    sample.add("street_light", at, row);
}

fn networks(sample: &mut Sample, town: &Town, run: &Run, dice: &mut Dice) {
    let street = run.of(town);
    let half = street.width_m() * 0.5;
    let main = street.class != Class::Local;
    let line = |left: f64| LineString::from(moved_left(&run.line, left));
    let row = values! {
        code: sample.next_code("water_pipe", "OCN"),
        diameter_mm: match street.class { Class::Urban => 300_i64, Class::Area => 200, Class::Local => 110 },
        material: if main { "ductile_iron" } else { "hdpe" }, depth_m: if main { 1.2 } else { 0.9 },
        built_year: dice.int(2004, 2025), commune_code: commune(town),
    };
    sample.add("water_pipe", line(half - 1.4), row);
    drains(sample, town, run, dice);
    if main {
        let number = sample.count("power_line") + 1;
        let row = values! {
            code: sample.next_code("power_line", "DD"), name: format!("Tuyến 22 kV số {number}"), voltage_kv: 22.0,
            conductor_height_m: 9.0, underground: street.class == Class::Urban,
        };
        sample.add("power_line", line(1.0 - half), row);
        let row = values! {
            code: sample.next_code("fibre", "CQ"), operator: dice.pick(&["operator_a", "operator_b", "operator_c"]),
            cores: dice.pick(&[&24_i64, &48, &96]).to_owned(), underground: true,
        };
        sample.add("fibre", line(1.8 - half), row);
    }
    for s in stations(&run.line, 150.0, 420.0) {
        let row = values! {
            code: sample.next_code("substation", "TBA"), name: format!("TBA {}", street.name), voltage_kv: 22.0,
            capacity_kva: dice.pick(&[&250.0, &400.0, &560.0]).to_owned(), commune_code: commune(town),
        };
        sample.add("substation", Point::from(s.aside(0.8 - half)), row);
    }
}

fn drains(sample: &mut Sample, town: &Town, run: &Run, dice: &mut Dice) {
    let street = run.of(town);
    let main = street.class != Class::Local;
    let kind = if main { "storm" } else { "combined" };
    let level = town.district.level_m - dice.real(1.4, 2.2);
    let fall = super::lines::length(&run.line) * 0.003;
    let line = moved_left(&run.line, 2.4 - street.width_m() * 0.5);
    let row = values! {
        code: sample.next_code("drain", "CTN"), kind: kind,
        section: if main { "Cống hộp 1000x1000" } else { "D600" },
        invert_upstream_m: rounded(level, 2), invert_downstream_m: rounded(level - fall, 2),
        commune_code: commune(town),
    };
    let holes = stations(&line, 2.0, 40.0);
    sample.add("drain", LineString::from(line), row);
    for (i, s) in holes.into_iter().enumerate() {
        let invert = level - 0.003 * 40.0 * i as f64;
        let row = values! {
            code: sample.next_code("manhole", "HG"), kind: kind, cover_level_m: rounded(invert + 1.8, 2),
            invert_level_m: rounded(invert, 2), commune_code: commune(town),
        };
        sample.add("manhole", Point::from(s.at), row);
    }
}

/// Signals, cameras and counters where greater streets cross.
fn junctions(sample: &mut Sample, town: &Town, runs: &[Run], dice: &mut Dice) {
    for (row_index, row_street) in town.rows.iter().enumerate() {
        for (column_index, column_street) in town.columns.iter().enumerate() {
            let main = row_street.class != Class::Local && column_street.class != Class::Local;
            let meets = |along_u: bool, street: usize, cell: usize| {
                runs.iter().any(|r| {
                    r.along_u == along_u && r.street == street && r.cells[0] <= cell && cell <= r.cells[1] + 1
                })
            };
            if !main || !meets(true, row_index, column_index) || !meets(false, column_index, row_index) {
                continue;
            }
            let at = town.frame().to_map([column_street.middle(), row_street.middle()]);
            let name = format!("Nút giao {} – {}", row_street.name, column_street.name);
            junction(sample, town, at, &name, dice);
        }
    }
}

fn junction(sample: &mut Sample, town: &Town, at: Coord<f64>, name: &str, dice: &mut Dice) {
    let corner = |du: f64, dv: f64| Point::new(at.x + du, at.y + dv);
    let row = values! {
        code: sample.next_code("traffic_signal", "DTH"), name: name, phases: dice.int(2, 4),
        connected: dice.chance(0.6), commune_code: commune(town),
    };
    sample.add("traffic_signal", corner(6.0, 6.0), row);
    for turn in 0..dice.int(1, 4) {
        let row = values! {
            code: sample.next_code("camera_traffic", "CGT"), name: name,
            kind: dice.pick(&["overview", "red_light", "plate", "speed"]),
            direction_deg: rounded((turn as f64 * 90.0 + 20.0) % 360.0, 0), status: status(dice),
            commune_code: commune(town),
        };
        sample.add("camera_traffic", corner(-6.0 + turn as f64 * 0.4, 6.0), row);
    }
    let row = values! {
        code: sample.next_code("camera_security", "CAN"), name: name, kind: dice.pick(&["fixed", "ptz", "dome"]),
        direction_deg: dice.int(0, 359) as f64, status: status(dice), commune_code: commune(town),
    };
    sample.add("camera_security", corner(6.0, -6.0), row);
    let row = values! {
        code: sample.next_code("traffic_sensor", "CBGT"), name: name, kind: dice.pick(&["radar", "loop", "camera"]),
        status: status(dice), commune_code: commune(town),
    };
    sample.add("traffic_sensor", corner(-6.0, -6.0), row);
}
