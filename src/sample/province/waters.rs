//! Rivers, streams and lakes with what belongs to them: corridors, flood zones, gauges, canals.

use geo::{Area, Coord, LineString, MultiPolygon, Point, Polygon};

use super::dice::Dice;
use super::district::District;
use super::item::{Sample, rounded, values};
use super::lines::{moved_left, patch, stations, strip, winding};
use super::place;

/// A river: name, rank, width in metres, and points (longitude, latitude) that it passes.
type River = (&'static str, i64, f64, &'static [[f64; 2]]);

static RIVERS: [River; 6] = [
    (
        "Sông Krông Nô",
        1,
        80.0,
        &[
            [108.07, 12.10],
            [108.05, 12.20],
            [108.02, 12.30],
            [107.97, 12.40],
            [107.95, 12.49],
            [107.93, 12.56],
        ],
    ),
    (
        "Sông Sêrêpôk",
        1,
        120.0,
        &[[107.93, 12.56], [107.94, 12.64], [107.90, 12.72], [107.80, 12.80], [107.72, 12.83]],
    ),
    (
        "Sông Đồng Nai",
        1,
        110.0,
        &[
            [108.02, 11.86],
            [107.90, 11.82],
            [107.78, 11.86],
            [107.68, 11.82],
            [107.58, 11.80],
            [107.45, 11.74],
        ],
    ),
    (
        "Suối Đắk R'Tíh",
        2,
        30.0,
        &[
            [107.47, 12.16],
            [107.52, 12.08],
            [107.58, 12.04],
            [107.625, 11.985],
            [107.655, 11.95],
            [107.67, 11.90],
            [107.68, 11.83],
        ],
    ),
    ("Suối Đắk Rung", 2, 24.0, &[[107.60, 12.27], [107.62, 12.18], [107.66, 12.12], [107.68, 12.06]]),
    ("Suối Đắk Mam", 3, 15.0, &[[107.72, 12.42], [107.80, 12.44], [107.88, 12.46], [107.945, 12.48]]),
];

/// A lake: name, kind, centre (longitude, latitude), half axes in metres, turn in degrees.
type Lake = (&'static str, &'static str, [f64; 2], [f64; 2], f64);

static LAKES: [Lake; 6] = [
    ("Hồ Tà Đùng", "hydropower", [107.985, 11.86], [5200.0, 2600.0], 20.0),
    ("Hồ thủy điện Đắk R'Tíh", "hydropower", [107.60, 12.02], [1900.0, 700.0], -40.0),
    ("Hồ Ea Snô", "natural", [107.93, 12.40], [620.0, 420.0], 10.0),
    ("Hồ Đắk Rông", "irrigation", [107.80, 12.63], [700.0, 380.0], 30.0),
    ("Hồ Doãn Văn", "irrigation", [107.48, 12.11], [650.0, 300.0], 60.0),
    ("Hồ Cầu Tư", "irrigation", [107.52, 12.03], [420.0, 260.0], 0.0),
];

/// Water inside the towns, which blocks keep away from.
pub struct TownWaters {
    /// Streams, as strips.
    pub streams: Vec<Polygon<f64>>,
    /// Lakes.
    pub lakes: Vec<Polygon<f64>>,
    /// Middles of all rivers and streams of the province.
    pub rivers: Vec<(String, Vec<Coord<f64>>)>,
}

/// Adds all water; gives back what towns and roads have to know.
pub fn add(sample: &mut Sample, districts: &[District], seed: u64) -> TownWaters {
    let mut dice = Dice::new(seed, "waters");
    let mut waters = TownWaters { streams: Vec::new(), lakes: Vec::new(), rivers: Vec::new() };
    for (name, rank, width_m, points) in RIVERS {
        let points: Vec<Coord<f64>> = points.iter().map(|p| place(*p)).collect();
        let line = winding(&points, 0.16, 500.0, &mut dice);
        river(sample, &mut waters, name, [rank as f64, width_m], line, &mut dice);
    }
    for (name, kind, centre, half_m, turn) in LAKES {
        let polygon = patch(place(centre), half_m, turn, 0.45, &mut dice);
        lake(sample, &mut waters, name, kind, polygon, &mut dice);
    }
    town_waters(sample, &mut waters, districts, &mut dice);
    canals(sample, &mut dice);
    waters
}

/// Streams and lakes in the towns' frames.
fn town_waters(sample: &mut Sample, waters: &mut TownWaters, districts: &[District], dice: &mut Dice) {
    let find = |id: &str| districts.iter().find(|d| d.id == id).map(|d| &d.frame);
    if let Some(f) = find("bgn") {
        let inside = [
            [-760.0, 1500.0],
            [-500.0, 1050.0],
            [-600.0, 640.0],
            [-430.0, 300.0],
            [-520.0, 60.0],
            [-520.0, -340.0],
            [-340.0, -560.0],
            [-430.0, -820.0],
            [-240.0, -1250.0],
        ];
        let mut points = vec![place([107.72, 12.10]), place([107.712, 12.06])];
        points.extend(inside.map(|p| f.to_map(p)));
        points.extend(
            [
                (411_400.0, 1_326_150.0),
                (410_500.0, 1_325_300.0),
                (410_450.0, 1_324_000.0),
                (411_000.0, 1_322_300.0),
            ]
            .map(Coord::from),
        );
        points.extend([place([107.69, 11.925]), place([107.70, 11.88]), place([107.68, 11.825])]);
        let line = winding(&points, 0.08, 160.0, dice);
        river(sample, waters, "Suối Đắk Nông", [2.0, 22.0], line, dice);
        let polygon = patch(f.to_map([-520.0, -140.0]), [100.0, 250.0], f.rotation_deg, 0.2, dice);
        lake(sample, waters, "Hồ Trung tâm Gia Nghĩa", "urban", polygon, dice);
    }
    if let Some(f) = find("dgn") {
        let points = [[-900.0, 500.0], [-300.0, 330.0], [150.0, 420.0], [600.0, 250.0], [1100.0, 330.0]]
            .map(|p| f.to_map(p));
        let line = winding(&points, 0.1, 160.0, dice);
        river(sample, waters, "Suối Đắk Nia", [3.0, 10.0], line, dice);
    }
    if let Some(f) = find("dlp") {
        let polygon = patch(f.to_map([-430.0, 130.0]), [210.0, 150.0], 25.0, 0.22, dice);
        lake(sample, waters, "Hồ Tây", "urban", polygon, dice);
        let points =
            [[-430.0, 130.0], [-380.0, -150.0], [-520.0, -420.0], [-420.0, -800.0], [-700.0, -1300.0]]
                .map(|p| f.to_map(p));
        let line = winding(&points, 0.1, 160.0, dice);
        river(sample, waters, "Suối Đắk Ken", [3.0, 10.0], line, dice);
    }
}

fn river(
    sample: &mut Sample,
    waters: &mut TownWaters,
    name: &str,
    [rank, width_m]: [f64; 2],
    line: Vec<Coord<f64>>,
    dice: &mut Dice,
) {
    let row = values! {
        code: sample.next_code("river", "S"), name: name, rank: rank as i64, width_m: width_m,
    };
    sample.add("river", LineString::from(line.clone()), row);
    let corridor_m = if rank < 2.0 { 30.0 } else { 15.0 };
    let row = values! {
        code: sample.next_code("water_corridor", "HLBV"), water_body: name, width_m: corridor_m,
    };
    sample.add("water_corridor", strip(&line, width_m * 0.5 + corridor_m), row);
    gauge(sample, name, &line, dice);
    flood(sample, name, &line, width_m, dice);
    if width_m < 60.0 {
        waters.streams.push(strip(&line, width_m * 0.5));
    }
    waters.rivers.push((name.to_owned(), line));
}

fn gauge(sample: &mut Sample, name: &str, line: &[Coord<f64>], dice: &mut Dice) {
    for (i, s) in stations(line, 2500.0, 16_000.0).into_iter().enumerate() {
        let alarm = rounded(dice.real(2.0, 4.0), 1);
        let row = values! {
            code: sample.next_code("water_level", "MN"), name: format!("Trạm thủy văn {name} {}", i + 1),
            water_body: name, alarm_1_m: alarm, alarm_2_m: alarm + 1.0, alarm_3_m: alarm + 2.0, status: "active",
        };
        sample.add("water_level", Point::from(s.at), row);
    }
}

/// Low ground beside some reaches.
fn flood(sample: &mut Sample, name: &str, line: &[Coord<f64>], width_m: f64, dice: &mut Dice) {
    for s in stations(line, 3500.0, 14_000.0) {
        let depth = rounded(dice.real(0.4, 1.6), 1);
        let half = [dice.real(350.0, 700.0), width_m * 0.5 + dice.real(60.0, 140.0)];
        let polygon = patch(s.at, half, 90.0 - s.bearing_deg(), 0.3, dice);
        let row = values! {
            code: format!("{}-{}", sample.next_code("flood_zone", "NGAP"), name.replace(' ', "")),
            return_period_y: dice.pick(&[&10_i64, &20, &50, &100]).to_owned(),
            flood_level_m: rounded(super::terrain::elevation_m(s.at) + depth, 1), depth_m: depth,
        };
        sample.add("flood_zone", polygon, row);
    }
}

fn lake(
    sample: &mut Sample,
    waters: &mut TownWaters,
    name: &str,
    kind: &str,
    polygon: Polygon<f64>,
    dice: &mut Dice,
) {
    let row = values! {
        code: sample.next_code("lake", "H"), name: name, kind: kind,
        area_ha: rounded(polygon.unsigned_area() / 1e4, 1),
        normal_level_m: rounded(dice.real(560.0, 740.0), 1),
    };
    let shore: Vec<Coord<f64>> = polygon.exterior().coords().copied().collect();
    // The protection corridor is a ring of 20 m around the water.
    let around = geo::Buffer::buffer(&polygon, 20.0);
    let ring = geo::BooleanOps::difference(&around, &MultiPolygon(vec![polygon.clone()]));
    if let Some(ring) = ring.into_iter().max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area())) {
        let row = values! {
            code: sample.next_code("water_corridor", "HLBV"), water_body: name, width_m: 20.0,
        };
        sample.add("water_corridor", ring, row);
    }
    sample.add("lake", polygon.clone(), row);
    waters.lakes.push(polygon);
    if kind == "irrigation" {
        canal(sample, name, &shore, dice);
    }
}

fn canal(sample: &mut Sample, lake: &str, shore: &[Coord<f64>], dice: &mut Dice) {
    let from = shore[0];
    let mut points = vec![from];
    for i in 1..6 {
        points.push(Coord {
            x: from.x + f64::from(i) * 700.0,
            y: from.y - f64::from(i) * dice.real(60.0, 240.0),
        });
    }
    let line = winding(&points, 0.12, 200.0, dice);
    for (side, kind) in [(0.0, "main"), (260.0, "branch")] {
        let row = values! {
            code: sample.next_code("irrigation", "K"), name: format!("Kênh {} {lake}", if side > 0.0 { "nhánh" } else { "chính" }),
            kind: kind, design_flow_m3_s: if side > 0.0 { 0.4 } else { 1.8 },
        };
        sample.add("irrigation", LineString::from(moved_left(&line, -side)), row);
    }
}

/// Field canals of the rice plain along the Krông Nô.
fn canals(sample: &mut Sample, dice: &mut Dice) {
    let start = place([107.955, 12.455]);
    for i in 0..8 {
        let x = start.x - f64::from(i) * 420.0;
        let line =
            [Coord { x, y: start.y }, Coord { x: x - 150.0, y: start.y + 1500.0 + dice.real(0.0, 300.0) }];
        let row = values! {
            code: sample.next_code("irrigation", "K"), name: format!("Kênh nội đồng Buôn Choáh {}", i + 1),
            kind: "field", design_flow_m3_s: 0.12,
        };
        sample.add("irrigation", LineString::from(line.to_vec()), row);
    }
}
