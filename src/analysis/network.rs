//! The road network as a graph: every vertex of a centreline is a node, every piece between two an edge each way.
//!
//! Lines of one level are joined where they share a vertex, where an end comes within [`SNAP_M`] of another line, and
//! where they cross: surveyed centrelines seldom share vertices at each junction. Lines of different levels (`level`,
//! 0 where nothing is said) pass over or under each other. They meet at their ends only: where an end is a vertex of the
//! other, as at the foot of a bridge, and where it comes near the other and nothing of its own level, as a ramp beside
//! the vertices of a flyover.

use std::collections::{HashMap, HashSet};

use geo::{Coord, Line, LineIntersection, line_intersection::line_intersection};
use petgraph::graph::{DiGraph, NodeIndex};
use rstar::primitives::GeomWithData;
use rstar::{AABB, PointDistance, RTree};

use super::overlay::as_lines;
use super::source::Source;
use super::work::Work;
use crate::layers::Value;
use crate::text::{Lang, number};
use crate::{Error, Result};

/// An end of a line this near to another line is on it, metres.
const SNAP_M: f64 = 1.0;
/// Steps in a metre to which vertices are rounded to be the same.
const STEPS_PER_M: f64 = 100.0;
/// Most pieces of road that are joined into a network.
const PIECES_MAX: usize = 2_000_000;

/// How people move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 4.5 km/h, everywhere.
    Walk,
    /// 12 km/h, everywhere.
    Bicycle,
    /// As fast as the road allows, at most 50 km/h; against a one-way street never.
    Motorbike,
    /// As fast as the road allows, at most 80 km/h; not on paths, and against a one-way street never.
    Car,
}

/// Speed on foot, from a door to the road too, km/h.
pub(super) const WALK_KMH: f64 = 4.5;

impl Mode {
    /// km/h on a road of this class whose limit is `limit_kmh` (0: not known); none where the mode may not go.
    /// Where no limit is known, the speed is what such a road usually allows.
    fn speed_kmh(self, class: Option<&str>, limit_kmh: f64) -> Option<f64> {
        let usual = match class {
            Some("national") => 60.0,
            Some("provincial") => 50.0,
            Some("urban_main") => 40.0,
            Some("urban_local") => 20.0,
            Some("path") => 10.0,
            _ => 30.0,
        };
        let allowed = if limit_kmh > 0.0 { limit_kmh } else { usual };
        match self {
            Self::Walk => Some(WALK_KMH),
            Self::Bicycle => Some(12.0),
            Self::Motorbike => Some(allowed.min(50.0)),
            Self::Car => (class != Some("path")).then(|| allowed.min(80.0)),
        }
    }

    fn heeds_one_way(self) -> bool {
        matches!(self, Self::Motorbike | Self::Car)
    }
}

/// A straight piece of road.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub from: NodeIndex,
    pub to: NodeIndex,
    pub line: Line<f64>,
    /// Metres a second.
    pub speed_m_s: f64,
    /// From `from` to `to` only.
    pub one_way: bool,
    /// Number of the road that it is a piece of.
    pub road: usize,
}

type Side = GeomWithData<rstar::primitives::Line<[f64; 2]>, usize>;

pub(super) struct Network {
    /// Edges weigh seconds.
    pub graph: DiGraph<(), f64>,
    pub pieces: Vec<Piece>,
    tree: RTree<Side>,
}

/// A place on a piece of road.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    pub piece: usize,
    /// Part of the piece's length from its beginning, 0 … 1.
    pub part: f64,
    /// Metres from the place to the road.
    pub off_m: f64,
}

/// A position, rounded.
type Key = (i64, i64);

struct Raw {
    line: Line<f64>,
    speed_m_s: f64,
    one_way: bool,
    road: usize,
    level: i64,
    /// Whether the road's own line begins at the start, and ends at the end.
    tips: [bool; 2],
    /// Parts of its length at which it is cut, and the node there: a line that ends beside it keeps its end.
    cuts: Vec<(f64, Coord<f64>)>,
}

impl Network {
    /// The network of the lines of `roads`. `reversed`: edges run against the traffic, for ways to a place.
    pub(super) fn new(roads: &Source, mode: Mode, reversed: bool, work: &mut Work) -> Result<Self> {
        let mut raw = read(roads, mode, work)?;
        let tree = tree(raw.iter().map(|r| r.line));
        let ramps = cut(&mut raw, &tree, work)?;
        Ok(Self::joined(&raw, &ramps, reversed))
    }

    fn joined(raw: &[Raw], ramps: &HashSet<Key>, reversed: bool) -> Self {
        let mut graph = DiGraph::new();
        // Of the level too, but where levels meet.
        let mut nodes: HashMap<(Key, Option<i64>), NodeIndex> = HashMap::new();
        let mut pieces = Vec::with_capacity(raw.len());
        for r in raw {
            let points: Vec<Coord<f64>> = std::iter::once(r.line.start)
                .chain(r.cuts.iter().map(|(_, node)| *node))
                .chain(std::iter::once(r.line.end))
                .collect();
            for pair in points.windows(2) {
                let line = Line::new(pair[0], pair[1]);
                let [from, to] = [line.start, line.end].map(|c| {
                    let place = key(c);
                    let level = (!ramps.contains(&place)).then_some(r.level);
                    *nodes.entry((place, level)).or_insert_with(|| graph.add_node(()))
                });
                if from == to {
                    continue;
                }
                let seconds = length_m(&line) / r.speed_m_s;
                let (a, b) = if reversed { (to, from) } else { (from, to) };
                graph.add_edge(a, b, seconds);
                if !r.one_way {
                    graph.add_edge(b, a, seconds);
                }
                pieces.push(Piece {
                    from,
                    to,
                    line,
                    speed_m_s: r.speed_m_s,
                    one_way: r.one_way,
                    road: r.road,
                });
            }
        }
        let tree = tree(pieces.iter().map(|p| p.line));
        Self { graph, pieces, tree }
    }

    /// The nearest place on a road no farther than `max_m`.
    pub(super) fn access(&self, from: Coord<f64>, max_m: f64) -> Option<Access> {
        let side = self.tree.nearest_neighbor([from.x, from.y])?;
        let off_m = side.distance_2(&[from.x, from.y]).sqrt();
        let line = &self.pieces[side.data].line;
        (off_m <= max_m).then(|| Access { piece: side.data, part: part(line, from), off_m })
    }
}

fn read(roads: &Source, mode: Mode, work: &mut Work) -> Result<Vec<Raw>> {
    let view = roads.reader().ok_or_else(super::select::no_layer)?.view();
    let [class, limit, one_way, level] =
        ["road_class", "speed_kmh", "oneway", "level"].map(|name| view.attribute(name));
    let mut raw = Vec::new();
    let mut road = 0;
    roads.each(work, None, |_, feature| {
        let Some(lines) = as_lines(&feature.geometry) else {
            return Err(Error::invalid("roads", "cần một lớp đường", "a layer of lines was expected"));
        };
        let Some(item) = &feature.item else { return Ok(()) };
        let class = class.and_then(|i| item.text(i));
        let limit_kmh = match limit.map(|i| item.value(i)) {
            Some(Value::Int(v)) => v as f64,
            Some(Value::Real(v)) => v,
            _ => 0.0,
        };
        let one_way = mode.heeds_one_way() && one_way.is_some_and(|i| item.value(i) == Value::Bool(true));
        let level = match level.map(|i| item.value(i)) {
            Some(Value::Int(v)) => v,
            _ => 0,
        };
        let Some(kmh) = mode.speed_kmh(class, limit_kmh) else { return Ok(()) };
        for string in &lines.0 {
            let last = string.lines().count().saturating_sub(1);
            // A ring has no ends.
            let open = !string.is_closed();
            raw.extend(string.lines().enumerate().map(|(i, line)| Raw {
                line,
                speed_m_s: kmh / 3.6,
                one_way,
                road,
                level,
                tips: [open && i == 0, open && i == last],
                cuts: Vec::new(),
            }));
        }
        road += 1;
        if raw.len() > PIECES_MAX {
            return Err(Error::invalid(
                "roads",
                format!("hơn {} đoạn đường; hãy thu hẹp vùng", number(Lang::Vi, PIECES_MAX as f64, 0)),
                format!(
                    "more than {} pieces of road; narrow the area",
                    number(Lang::En, PIECES_MAX as f64, 0)
                ),
            ));
        }
        Ok(())
    })?;
    Ok(raw)
}

/// Cuts pieces where others cross them or end on them. The places at which levels meet.
fn cut(raw: &mut [Raw], tree: &RTree<Side>, work: &mut Work) -> Result<HashSet<Key>> {
    let total = raw.len();
    let mut ramps = HashSet::new();
    for i in 0..total {
        work.step(i, total)?;
        let line = raw[i].line;
        let (low, high) = (
            [line.start.x.min(line.end.x) - SNAP_M, line.start.y.min(line.end.y) - SNAP_M],
            [line.start.x.max(line.end.x) + SNAP_M, line.start.y.max(line.end.y) + SNAP_M],
        );
        let near: Vec<usize> = tree
            .locate_in_envelope_intersecting(AABB::from_corners(low, high))
            .map(|s| s.data)
            .filter(|j| *j != i)
            .collect();
        for j in near {
            let other = raw[j].line;
            let same_level = raw[i].level == raw[j].level;
            // Ends of the other that lie on this one.
            for (end, tip) in [other.start, other.end].into_iter().zip(raw[j].tips) {
                let t = part(&line, end);
                if away_m(at(&line, t), end) > SNAP_M {
                    continue;
                }
                if !same_level {
                    let touches = [line.start, line.end].iter().any(|vertex| key(*vertex) == key(end));
                    if !tip || !(touches || alone(raw, tree, j, end)) {
                        continue;
                    }
                    ramps.insert(key(end));
                }
                if inner(&line, t) {
                    raw[i].cuts.push((t, end));
                }
            }
            if !same_level {
                continue;
            }
            // In one order, so that both lines get the same node.
            let crossing =
                if i < j { line_intersection(line, other) } else { line_intersection(other, line) };
            if let Some(LineIntersection::SinglePoint { intersection, is_proper: true }) = crossing {
                raw[i].cuts.push((part(&line, intersection), intersection));
            }
        }
        raw[i].cuts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }
    Ok(ramps)
}

/// Whether no other road of its level lies where this piece ends: what ends on a street below a bridge does not end
/// on the bridge.
fn alone(raw: &[Raw], tree: &RTree<Side>, piece: usize, end: Coord<f64>) -> bool {
    let own = &raw[piece];
    let mut near = tree.locate_within_distance([end.x, end.y], SNAP_M * SNAP_M).map(|s| &raw[s.data]);
    !near.any(|other| other.level == own.level && other.road != own.road)
}

fn tree(lines: impl Iterator<Item = Line<f64>>) -> RTree<Side> {
    let side = |(i, l): (usize, Line<f64>)| {
        GeomWithData::new(rstar::primitives::Line::new([l.start.x, l.start.y], [l.end.x, l.end.y]), i)
    };
    RTree::bulk_load(lines.enumerate().map(side).collect())
}

fn key(c: Coord<f64>) -> Key {
    ((c.x * STEPS_PER_M).round() as i64, (c.y * STEPS_PER_M).round() as i64)
}

/// Part of the line's length at which it comes nearest to the point, 0 … 1.
fn part(line: &Line<f64>, p: Coord<f64>) -> f64 {
    let d = line.delta();
    let length_2 = d.x * d.x + d.y * d.y;
    if length_2 == 0.0 {
        return 0.0;
    }
    (((p.x - line.start.x) * d.x + (p.y - line.start.y) * d.y) / length_2).clamp(0.0, 1.0)
}

/// Whether the place is neither end.
fn inner(line: &Line<f64>, t: f64) -> bool {
    let near_m = 1.5 / STEPS_PER_M;
    let m = length_m(line);
    t * m > near_m && (1.0 - t) * m > near_m
}

pub(super) fn at(line: &Line<f64>, t: f64) -> Coord<f64> {
    // The ends themselves, without a rounding.
    if t <= 0.0 {
        line.start
    } else if t >= 1.0 {
        line.end
    } else {
        line.start + line.delta() * t
    }
}

fn away_m(a: Coord<f64>, b: Coord<f64>) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

pub(super) fn length_m(line: &Line<f64>) -> f64 {
    away_m(line.start, line.end)
}
