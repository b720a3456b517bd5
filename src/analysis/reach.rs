//! Reach along the roads: what lies within so many minutes of a place.

use std::collections::HashMap;

use geo::{
    Area, Buffer, Geometry, InteriorPoint, Line, LineString, MultiLineString, coords_iter::CoordsIter,
};
use petgraph::algo::dijkstra;
use petgraph::graph::NodeIndex;

use super::network::{Access, Mode, Network, WALK_KMH, at, length_m};
use super::outcome::{Column, Figure, Outcome, Row, columns_of, row_of};
use super::source::Source;
use super::work::Work;
use crate::layers::Value;
use crate::text::{Lang, number};
use crate::{Error, Result};

/// Roads whose surroundings are drawn, in vertices.
const VERTICES_MAX: usize = 300_000;

/// Which way people go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the places (patients to a clinic).
    To,
    /// From the places (a fire engine from its station).
    From,
}

/// The question's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Limits in minutes, rising; one area each.
    pub minutes: Vec<f64>,
    /// How people move.
    pub mode: Mode,
    /// Which way.
    pub direction: Direction,
    /// How far a door may lie from the road, metres; the way there is walked.
    pub access_m: f64,
}

/// Which of `targets` lie within the longest limit of one of `places`, with the minutes each takes, and the areas
/// along the roads that are reached within each limit.
pub fn reach(
    places: &Source,
    targets: Option<&Source>,
    roads: &Source,
    how: &Reach,
    limit: usize,
    work: &mut Work,
) -> Result<Outcome> {
    work.stage(0.0, 0.4);
    let network = Network::new(roads, how.mode, how.direction == Direction::To, work)?;
    work.stage(0.4, 0.5);
    let times = Times::new(&network, places, how, work)?;
    let mut outcome = Outcome::default();
    work.stage(0.5, 0.7);
    if let Some(targets) = targets {
        table(targets, &times, how, limit, work, &mut outcome)?;
    }
    work.stage(0.7, 1.0);
    for (n, minutes) in how.minutes.iter().enumerate() {
        work.step(n, how.minutes.len())?;
        work.look()?;
        outcome.areas.extend(times.area(*minutes, how.access_m)?);
    }
    // The widest lies lowest.
    outcome.areas.reverse();
    if let Some(widest) = outcome.areas.first().and_then(|a| a.geometry.as_ref()) {
        let m2 = widest.unsigned_area();
        outcome.figures.push(Figure::real("area_m2", "Diện tích tới được", "Area reached", m2, "m2"));
    }
    outcome.figures.push(Figure::count("places", "Điểm xuất phát/đích", "Places", times.placed));
    outcome.figures.push(Figure::count(
        "off_road",
        "Điểm ở xa đường",
        "Places far from a road",
        times.off_road,
    ));
    Ok(outcome)
}

fn table(
    targets: &Source,
    times: &Times<'_>,
    how: &Reach,
    limit: usize,
    work: &mut Work,
    outcome: &mut Outcome,
) -> Result<()> {
    let reader = targets.reader().ok_or_else(super::select::no_layer)?;
    outcome.columns = columns_of(reader.view(), "");
    outcome.columns.push(Column::new("minutes", "Thời gian đi", "Travel time", Some("min")));
    let longest = how.minutes.last().copied().unwrap_or(0.0);
    let mut within = vec![0_usize; how.minutes.len()];
    let mut asked = 0_usize;
    targets.each(work, None, |_, feature| {
        asked += 1;
        let Some(item) = &feature.item else { return Ok(()) };
        let Some(p) = feature.geometry.interior_point() else { return Ok(()) };
        let seconds = times.at(p.into());
        let Some(minutes) = seconds.map(|s| s / 60.0).filter(|m| *m <= longest) else { return Ok(()) };
        for (n, bound) in within.iter_mut().zip(&how.minutes) {
            *n += usize::from(minutes <= *bound);
        }
        outcome.push(limit, || {
            let mut row = row_of(item);
            row.values.push(Value::Real((minutes * 100.0).round() / 100.0));
            row
        });
        Ok(())
    })?;
    let reached = within.last().copied().unwrap_or(0);
    outcome.figures.push(Figure::count(
        "reached",
        "Tới được trong thời gian",
        "Reached within the time",
        reached,
    ));
    outcome.figures.push(Figure::count("not_reached", "Không tới được", "Not reached", asked - reached));
    let percent = 100.0 * reached as f64 / asked.max(1) as f64;
    outcome.figures.push(Figure::real(
        "reached_percent",
        "Tỷ lệ tới được",
        "Share reached",
        percent,
        "percent",
    ));
    Ok(())
}

/// Seconds from the places to each node of the network.
struct Times<'a> {
    network: &'a Network,
    nodes: HashMap<NodeIndex, f64>,
    /// Places on each piece: part of its length and seconds that the way to the road took.
    on_piece: HashMap<usize, Vec<(f64, f64)>>,
    reversed: bool,
    access_m: f64,
    placed: usize,
    off_road: usize,
}

impl<'a> Times<'a> {
    fn new(network: &'a Network, places: &Source, how: &Reach, work: &mut Work) -> Result<Self> {
        let mut times = Self {
            network,
            nodes: HashMap::new(),
            on_piece: HashMap::new(),
            reversed: how.direction == Direction::To,
            access_m: how.access_m,
            placed: 0,
            off_road: 0,
        };
        // One node before all places: the search from it is the search from all of them at once.
        let mut graph = network.graph.clone();
        let start = graph.add_node(());
        places.each(work, None, |_, feature| {
            let Some(p) = feature.geometry.interior_point() else { return Ok(()) };
            let Some(access) = network.access(p.into(), how.access_m) else {
                times.off_road += 1;
                return Ok(());
            };
            times.placed += 1;
            let walked = walk_s(access.off_m);
            times.on_piece.entry(access.piece).or_default().push((access.part, walked));
            for (node, seconds) in times.ends(access) {
                graph.add_edge(start, node, walked + seconds);
            }
            Ok(())
        })?;
        if times.placed == 0 {
            return Err(Error::invalid(
                "places",
                format!(
                    "không có điểm nào trong vòng {} m từ một con đường",
                    number(Lang::Vi, how.access_m, 1)
                ),
                format!("no place lies within {} m of a road", number(Lang::En, how.access_m, 1)),
            ));
        }
        work.look()?;
        times.nodes = dijkstra(&graph, start, None, |e| *e.weight()).into_iter().collect();
        Ok(times)
    }

    /// The ends of its piece that can be reached from a place on it, and in how many seconds.
    fn ends(&self, access: Access) -> Vec<(NodeIndex, f64)> {
        let piece = &self.network.pieces[access.piece];
        let seconds = length_m(&piece.line) / piece.speed_m_s;
        let forward = (piece.to, (1.0 - access.part) * seconds);
        let back = (piece.from, access.part * seconds);
        match (piece.one_way, self.reversed) {
            (false, _) => vec![forward, back],
            (true, false) => vec![forward],
            (true, true) => vec![back],
        }
    }

    /// Seconds between the places and a point; none where no road leads there.
    fn at(&self, p: geo::Coord<f64>) -> Option<f64> {
        let access = self.network.access(p, self.access_m)?;
        let on_road = self.on_road(access.piece, access.part)?;
        Some(on_road + walk_s(access.off_m))
    }

    fn on_road(&self, piece: usize, part: f64) -> Option<f64> {
        let p = &self.network.pieces[piece];
        let seconds = length_m(&p.line) / p.speed_m_s;
        // May one go along it from its beginning, and from its end?
        let (forward, back) = match (p.one_way, self.reversed) {
            (false, _) => (true, true),
            (true, false) => (true, false),
            (true, true) => (false, true),
        };
        let node = |n: NodeIndex| self.nodes.get(&n).copied();
        let from_start = node(p.from).filter(|_| forward).map(|t| t + part * seconds);
        let from_end = node(p.to).filter(|_| back).map(|t| t + (1.0 - part) * seconds);
        let direct = self.on_piece.get(&piece).into_iter().flatten().filter_map(|(from, walked)| {
            let ahead = part - from;
            let open = if ahead >= 0.0 { forward } else { back };
            open.then_some(walked + ahead.abs() * seconds)
        });
        from_start.into_iter().chain(from_end).chain(direct).min_by(f64::total_cmp)
    }

    /// The surroundings of all road that is reached within `minutes`.
    fn area(&self, minutes: f64, around_m: f64) -> Result<Option<Row>> {
        let lines = self.reached(minutes * 60.0);
        if lines.0.is_empty() {
            return Ok(None);
        }
        if lines.coords_count() > VERTICES_MAX {
            return Err(Error::invalid(
                "minutes",
                "vùng tới được quá lớn để vẽ; hãy giảm thời gian",
                "the area that is reached is too large to draw; take less time",
            ));
        }
        let area = lines.buffer(around_m.min(100.0));
        Ok(Some(Row {
            item: None,
            geometry: Some(Geometry::MultiPolygon(area)),
            values: vec![Value::Real(minutes)],
        }))
    }

    fn reached(&self, limit_s: f64) -> MultiLineString<f64> {
        let mut runs: Vec<LineString<f64>> = Vec::new();
        let mut last_road = usize::MAX;
        for (i, piece) in self.network.pieces.iter().enumerate() {
            for (from, to) in self.open_parts(i, limit_s) {
                let line = Line::new(at(&piece.line, from), at(&piece.line, to));
                match runs.last_mut() {
                    // Pieces of one road that follow each other stay one line.
                    Some(run) if last_road == piece.road && run.0.last() == Some(&line.start) => {
                        run.0.push(line.end);
                    }
                    _ => runs.push(LineString::from(vec![line.start, line.end])),
                }
                last_road = piece.road;
            }
        }
        MultiLineString(runs)
    }

    /// The parts of a piece that are reached within the limit.
    fn open_parts(&self, piece: usize, limit_s: f64) -> Vec<(f64, f64)> {
        let p = &self.network.pieces[piece];
        let seconds = length_m(&p.line) / p.speed_m_s;
        let (forward, back) = match (p.one_way, self.reversed) {
            (false, _) => (true, true),
            (true, false) => (true, false),
            (true, true) => (false, true),
        };
        let left = |n: NodeIndex, open: bool| {
            let time = self.nodes.get(&n).copied().filter(|_| open);
            time.map_or(0.0, |t| ((limit_s - t) / seconds).clamp(0.0, 1.0))
        };
        let mut parts: Vec<(f64, f64)> = vec![(0.0, left(p.from, forward)), (1.0 - left(p.to, back), 1.0)];
        for (at, walked) in self.on_piece.get(&piece).into_iter().flatten() {
            let along = (limit_s - walked) / seconds;
            if along > 0.0 {
                let start = if back { (at - along).max(0.0) } else { *at };
                let end = if forward { (at + along).min(1.0) } else { *at };
                parts.push((start, end));
            }
        }
        merged(parts)
    }
}

/// Stretches that meet become one; empty ones go.
fn merged(mut parts: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    parts.retain(|(a, b)| b - a > 1e-9);
    parts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (a, b) in parts {
        match out.last_mut() {
            Some(last) if a <= last.1 => last.1 = last.1.max(b),
            _ => out.push((a, b)),
        }
    }
    out
}

fn walk_s(m: f64) -> f64 {
    m / (WALK_KMH / 3.6)
}
