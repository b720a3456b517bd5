//! Roads between the towns and communes, with corridors, bridges and bus lines.

use geo::{BoundingRect, Coord, Line, LineString, Point, line_intersection::LineIntersection};

use super::communes::COMMUNES;
use super::dice::Dice;
use super::grid::Class;
use super::item::{Sample, rounded, values};
use super::lines::{direction, length, stations, strip, trimmed, winding};
use super::place;
use super::plan::Town;
use super::streets::Run;

/// A stop on a road's way.
#[derive(Clone, Copy)]
enum Via {
    /// Longitude, latitude.
    At(f64, f64),
    /// The end of a main street of this district that is nearest to the next or previous stop.
    Gate(&'static str),
}
use Via::{At, Gate};

/// A road: name, class, width between red lines in metres, way.
type Road = (&'static str, &'static str, f64, &'static [Via]);

static ROADS: [Road; 15] = [
    (
        "Quốc lộ 14",
        "national",
        27.0,
        &[At(107.955, 12.66), At(107.888, 12.587), At(107.79, 12.545), At(107.70, 12.50), Gate("dlp")],
    ),
    (
        "Quốc lộ 14",
        "national",
        27.0,
        &[
            Gate("dlp"),
            At(107.595, 12.39),
            At(107.610, 12.300),
            At(107.6156, 12.251),
            At(107.645, 12.16),
            At(107.672, 12.08),
            Gate("bgn"),
        ],
    ),
    ("Quốc lộ 14", "national", 27.0, &[Gate("bgn"), Gate("ngn")]),
    (
        "Quốc lộ 14",
        "national",
        27.0,
        &[
            Gate("ngn"),
            At(107.605, 11.97),
            At(107.56, 11.985),
            At(107.505, 11.998),
            At(107.444, 11.955),
            At(107.41, 11.88),
        ],
    ),
    (
        "Quốc lộ 28",
        "national",
        25.0,
        &[Gate("dgn"), At(107.75, 11.945), At(107.828, 11.928), At(107.905, 11.89), At(107.955, 11.815)],
    ),
    (
        "Quốc lộ 28",
        "national",
        25.0,
        &[
            Gate("bgn"),
            At(107.75, 12.07),
            At(107.80, 12.11),
            At(107.872, 12.165),
            At(107.88, 12.28),
            At(107.83, 12.36),
            At(107.812, 12.44),
            At(107.88, 12.50),
            At(107.888, 12.58),
        ],
    ),
    ("Đường Bắc Nam", "provincial", 24.0, &[Gate("bgn"), Gate("dgn")]),
    ("Đường Đông Nam", "provincial", 20.5, &[Gate("ngn"), Gate("dgn")]),
    (
        "Đường tỉnh 681",
        "provincial",
        20.0,
        &[
            At(107.50, 11.999),
            At(107.49, 12.05),
            At(107.47, 12.15),
            At(107.468, 12.222),
            At(107.55, 12.235),
            At(107.615, 12.251),
        ],
    ),
    (
        "Đường tỉnh 682",
        "provincial",
        20.0,
        &[At(107.61, 12.295), At(107.69, 12.33), At(107.73, 12.44), At(107.78, 12.48)],
    ),
    (
        "Đường tỉnh 683",
        "provincial",
        20.0,
        &[Gate("dlp"), At(107.70, 12.44), At(107.78, 12.43), At(107.815, 12.445)],
    ),
    (
        "Đường tỉnh 684",
        "provincial",
        20.0,
        &[At(107.83, 12.36), At(107.90, 12.29), At(107.95, 12.265), At(108.01, 12.25), At(108.055, 12.165)],
    ),
    ("Đường tỉnh 685", "provincial", 20.0, &[At(107.505, 11.998), At(107.54, 11.92), At(107.515, 11.825)]),
    ("Đường tỉnh 686", "provincial", 20.0, &[At(107.468, 12.222), At(107.38, 12.19), At(107.305, 12.182)]),
    (
        "Đường tỉnh 687",
        "provincial",
        20.0,
        &[
            Gate("dlp"),
            At(107.60, 12.50),
            At(107.645, 12.59),
            At(107.72, 12.66),
            At(107.727, 12.722),
            At(107.83, 12.645),
            At(107.888, 12.59),
        ],
    ),
];

/// Adds the roads; `towns` give their main streets' ends, `rivers` where bridges stand.
pub fn add(sample: &mut Sample, towns: &[(Town, Vec<Run>)], rivers: &[(String, Vec<Coord<f64>>)], seed: u64) {
    let mut dice = Dice::new(seed, "highways");
    let mut gates = Gates::new(towns);
    let mut lines: Vec<Vec<Coord<f64>>> = Vec::new();
    for (name, class, width_m, way) in ROADS {
        let points = gates.resolve(way);
        let line = winding(&points, 0.1, 700.0, &mut dice);
        road(sample, name, class, width_m, &line);
        corridor(sample, name, width_m, &line);
        bridges(sample, name, width_m, &line, rivers, &mut dice);
        lines.push(line);
    }
    for (town, runs) in towns {
        for run in runs {
            let street = run.of(town);
            bridges(sample, &street.name, street.width_m(), &run.line, rivers, &mut dice);
        }
    }
    commune_roads(sample, &lines, &mut dice);
    bus(sample, towns, &lines, &mut dice);
}

/// Ends of main streets at a town's edge, each used once.
struct Gates(Vec<(&'static str, Coord<f64>, Coord<f64>)>);

impl Gates {
    fn new(towns: &[(Town, Vec<Run>)]) -> Self {
        let mut found = Vec::new();
        for (town, runs) in towns {
            for run in runs.iter().filter(|r| r.of(town).class != Class::Local && r.line.len() > 8) {
                let n = run.line.len() - 1;
                for (end, inner) in [(run.line[0], run.line[1]), (run.line[n], run.line[n - 1])] {
                    found.push((town.district.id, end, direction(inner, end).1));
                }
            }
        }
        Self(found)
    }

    /// The way's points. At a gate the road first goes on straight, clear of the houses.
    fn resolve(&mut self, way: &[Via]) -> Vec<Coord<f64>> {
        let known = |via: &Via, gates: &Self| match via {
            At(lon, lat) => place([*lon, *lat]),
            Gate(id) => gates.middle(id),
        };
        let mut points = Vec::new();
        for (i, via) in way.iter().enumerate() {
            match via {
                At(..) => points.push(known(via, self)),
                Gate(id) => {
                    let first = i == 0;
                    let other = known(&way[if first { 1 } else { i - 1 }], self);
                    let (end, out) = self.take(id, other);
                    let away = |m: f64| Coord { x: end.x + out.x * m, y: end.y + out.y * m };
                    let mut stops = vec![end, away(60.0), away(120.0), away(260.0)];
                    if !first {
                        stops.reverse();
                    }
                    points.extend(stops);
                }
            }
        }
        points
    }

    fn middle(&self, id: &str) -> Coord<f64> {
        let ends: Vec<Coord<f64>> = self.0.iter().filter(|g| g.0 == id).map(|g| g.1).collect();
        let n = ends.len().max(1) as f64;
        Coord { x: ends.iter().map(|c| c.x).sum::<f64>() / n, y: ends.iter().map(|c| c.y).sum::<f64>() / n }
    }

    /// Takes the gate of `id` from which the way to `other` is shortest, measured from a little outside, so that
    /// a gate on the far side does not win.
    fn take(&mut self, id: &str, other: Coord<f64>) -> (Coord<f64>, Coord<f64>) {
        let cost = |g: &(&str, Coord<f64>, Coord<f64>)| {
            let outside = Coord { x: g.1.x + g.2.x * 600.0, y: g.1.y + g.2.y * 600.0 };
            direction(outside, other).0
        };
        let best = (0..self.0.len())
            .filter(|i| self.0[*i].0 == id)
            .min_by(|a, b| cost(&self.0[*a]).total_cmp(&cost(&self.0[*b])));
        match best {
            Some(i) => {
                let (_, end, out) = self.0.remove(i);
                (end, out)
            }
            None => (other, Coord { x: 0.0, y: 0.0 }),
        }
    }
}

fn road(sample: &mut Sample, name: &str, class: &str, width_m: f64, line: &[Coord<f64>]) {
    let row = values! {
        code: sample.next_code("road_centreline", "TD"), name: name, road_class: class,
        width_between_red_lines_m: width_m, lanes: if width_m > 22.0 { 4_i64 } else { 2 }, speed_kmh: 80_i64,
        oneway: false,
    };
    sample.add("road_centreline", LineString::from(line.to_vec()), row);
    let row = values! {
        code: sample.next_code("road", "D"), name: name, planning_class: if class == "commune" { "area" } else { "urban" },
        width_between_red_lines_m: width_m, surface: "asphalt",
    };
    // At a gate the town's crossing takes over.
    sample.add("road", strip(&trimmed(line, 24.0), width_m * 0.5), row);
}

fn corridor(sample: &mut Sample, name: &str, width_m: f64, line: &[Coord<f64>]) {
    let side_m = if width_m > 22.0 { 17.0 } else { 13.0 };
    let row = values! { code: sample.next_code("road_corridor", "HLAT"), road_name: name, width_m: side_m };
    // The first metres from a town's gate are a street, not open road.
    let line = trimmed(line, GATE_CLEAR_M);
    sample.add("road_corridor", strip(&line, width_m * 0.5 + side_m), row);
}

/// Distance from a road's ends at which its corridor begins, metres.
const GATE_CLEAR_M: f64 = 100.0;

/// Where the road crosses water.
fn bridges(
    sample: &mut Sample,
    road_name: &str,
    width_m: f64,
    line: &[Coord<f64>],
    rivers: &[(String, Vec<Coord<f64>>)],
    dice: &mut Dice,
) {
    for (river, points) in rivers {
        for at in crossings(line, points) {
            let number = sample.count("bridge") + 1;
            let row = values! {
                code: sample.next_code("bridge", "C"), name: format!("Cầu {river} {number}"), road_name: road_name,
                length_m: rounded(dice.real(24.0, 140.0), 0), width_m: rounded(width_m * 0.5, 1),
                load_limit_t: dice.pick(&[&18.0, &25.0, &30.0]).to_owned(), built_year: dice.int(1996, 2022),
                condition: dice.pick(&["good", "good", "fair"]),
            };
            sample.add("bridge", Point::from(at), row);
        }
    }
}

/// Places where two lines cross.
pub fn crossings(a: &[Coord<f64>], b: &[Coord<f64>]) -> Vec<Coord<f64>> {
    let bounds = |l: &[Coord<f64>]| LineString::from(l.to_vec()).bounding_rect();
    let (Some(ra), Some(rb)) = (bounds(a), bounds(b)) else { return Vec::new() };
    let apart = |p: f64, q: f64, r: f64, s: f64| p.max(q) < r.min(s) || r.max(s) < p.min(q);
    if apart(ra.min().x, ra.max().x, rb.min().x, rb.max().x)
        || apart(ra.min().y, ra.max().y, rb.min().y, rb.max().y)
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for s in a.windows(2) {
        for t in b.windows(2) {
            if apart(s[0].x, s[1].x, t[0].x, t[1].x) || apart(s[0].y, s[1].y, t[0].y, t[1].y) {
                continue;
            }
            let met = geo::line_intersection::line_intersection(Line::new(s[0], s[1]), Line::new(t[0], t[1]));
            if let Some(LineIntersection::SinglePoint { intersection, .. }) = met {
                found.push(intersection);
            }
        }
    }
    found
}

/// Each commune's centre reaches the nearest road.
fn commune_roads(sample: &mut Sample, lines: &[Vec<Coord<f64>>], dice: &mut Dice) {
    for commune in &COMMUNES {
        let centre = place(commune.centre);
        let nearest = lines
            .iter()
            .flatten()
            .min_by(|a, b| direction(**a, centre).0.total_cmp(&direction(**b, centre).0))
            .copied();
        if let Some(end) = nearest.filter(|c| direction(*c, centre).0 > 400.0) {
            let line = winding(&[centre, end], 0.12, 500.0, dice);
            road(sample, &format!("Đường trung tâm {}", commune.name), "commune", 15.0, &line);
        }
    }
}

/// Bus lines along the highways and the towns' main streets, with stops.
fn bus(sample: &mut Sample, towns: &[(Town, Vec<Run>)], highways: &[Vec<Coord<f64>>], dice: &mut Dice) {
    let mut lines: Vec<(String, Vec<Coord<f64>>)> = vec![
        ("Cư Jút – Đức Lập".into(), highways[0].clone()),
        ("Đức Lập – Gia Nghĩa".into(), highways[1].clone()),
        ("Gia Nghĩa – Kiến Đức".into(), highways[3].clone()),
        ("Gia Nghĩa – Quảng Khê".into(), highways[4].clone()),
    ];
    for (town, runs) in towns {
        let mains = runs.iter().filter(|r| r.of(town).class == Class::Urban && length(&r.line) > 700.0);
        lines.extend(
            mains.take(2).map(|r| (format!("{}, {}", r.of(town).name, town.district.name), r.line.clone())),
        );
    }
    for (i, (name, line)) in lines.into_iter().enumerate() {
        let code = format!("{:02}", i + 1);
        let total = length(&line);
        let row = values! {
            code: code.clone(), name: format!("Tuyến {code}: {name}"), headway_min: dice.int(15, 45),
            length_km: rounded(total / 1000.0, 1), operator: "Đơn vị vận tải công cộng (giả định)",
        };
        let step = (total / 12.0).max(350.0);
        for (k, s) in stations(&line, 180.0, step).into_iter().enumerate() {
            let row = values! {
                code: sample.next_code("bus_stop", "TXB"), name: format!("Trạm {} tuyến {code}", k + 1),
                routes: code.clone(), shelter: dice.chance(0.5),
            };
            sample.add("bus_stop", Point::from(s.aside(9.0)), row);
        }
        sample.add("bus_route", LineString::from(line), row);
    }
}
