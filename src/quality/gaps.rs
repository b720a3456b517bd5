//! Holes between the items of a layer.
//!
//! A border that two neighbours share runs once each way and cancels out; only what is left, the outline of the
//! whole and the places where neighbours do not agree, goes through the union. The number of times that the left
//! edges wind around a point is the number of items that cover it, so the union is that of all the items.

use geo::bool_ops::FillRule;
use geo::{Area, BooleanOps, LineString, MapCoords, MultiPolygon, Polygon};

use super::outline::{Step, Window};
use super::subject::Subject;
use super::words::{number, placed};
use super::work::{Control, Finding, Worst};
use super::{Asked, Problem};
use crate::features::STEPS_PER_M;
use crate::layers::QualityRule;
use crate::text::Text;

/// An edge from the layer's corner: both ends in the order of their coordinates, and its direction.
type Packed = ([i32; 4], i8);

/// Neighbours named with a gap.
const NAMED: usize = 4;
/// Items between two looks at whether the run goes on.
const STRIDE: usize = 4096;

/// Holes from `tolerance_m2` up to `gap_max_m2`.
pub(super) fn ask(subject: &Subject<'_>, rule: &QualityRule, limit: usize, control: &Control) -> Asked {
    let Some((origin, edges)) = edges(subject, control) else {
        return if control.check().is_err() {
            Asked::Stopped
        } else {
            Asked::NotRun(Text::new(
                "Lớp chưa có dữ liệu, hoặc trải rộng hơn 400 km.",
                "The layer has no items, or reaches over more than 400 km.",
            ))
        };
    };
    let union = rings(&cancelled(edges))
        .union_with_fill_rule(&MultiPolygon::<f64>::new(Vec::new()), FillRule::NonZero);
    let (least, most) = (rule.tolerance_m2.unwrap_or(0.0), rule.gap_max_m2.unwrap_or(f64::INFINITY));
    let mut gaps = Vec::new();
    let mut worst = Worst::new(limit);
    for hole in union.0.iter().flat_map(Polygon::interiors) {
        if control.check().is_err() {
            return Asked::Stopped;
        }
        for gap in free(subject, &Polygon::new(hole.clone(), Vec::new()), origin) {
            let area = gap.unsigned_area();
            if area > least && area <= most {
                worst.add(Finding { measured: area, item: gaps.len() as i64, other: 0 });
                gaps.push(gap);
            }
        }
    }
    let (count, found) = Worst::join([worst], limit);
    let problems = found.iter().map(|f| describe(subject, &gaps[f.item as usize], f.measured, origin));
    Asked::Found((count, problems.collect()))
}

/// The edges of all current items, from the corner of the layer; none where there are none, or they reach too far.
fn edges(subject: &Subject<'_>, control: &Control) -> Option<(Step, Vec<Packed>)> {
    let extent = subject.reader.extent()?;
    let step = |v: f64| (v * STEPS_PER_M).round() as i64;
    let origin = [step(extent.min_x), step(extent.min_y)];
    let mut edges = Vec::new();
    for items in subject.items.chunks(STRIDE) {
        control.check().ok()?;
        for item in items.iter().filter(|i| subject.is_current(i)) {
            for e in &subject.outline(item).edges {
                let near = |p: Step| {
                    Some([i32::try_from(p[0] - origin[0]).ok()?, i32::try_from(p[1] - origin[1]).ok()?])
                };
                let (from, to) = (near(e.from)?, near(e.to)?);
                edges.push(if from < to {
                    ([from[0], from[1], to[0], to[1]], 1)
                } else {
                    ([to[0], to[1], from[0], from[1]], -1)
                });
            }
        }
        control.advance(items.len());
    }
    (!edges.is_empty()).then_some((origin, edges))
}

/// The edges that are left when equal ones of opposite direction are taken away.
fn cancelled(mut edges: Vec<Packed>) -> Vec<([i32; 2], [i32; 2])> {
    edges.sort_unstable();
    let mut left = Vec::new();
    for group in edges.chunk_by(|a, b| a.0 == b.0) {
        let sum: i32 = group.iter().map(|(_, d)| i32::from(*d)).sum();
        let [x0, y0, x1, y1] = group[0].0;
        let edge = if sum > 0 { ([x0, y0], [x1, y1]) } else { ([x1, y1], [x0, y0]) };
        left.extend(std::iter::repeat_n(edge, sum.unsigned_abs() as usize));
    }
    left.sort_unstable();
    left
}

/// Closed rings of the edges, in metres. As many edges begin in a point as end there, so that each walk comes back.
fn rings(edges: &[([i32; 2], [i32; 2])]) -> MultiPolygon<f64> {
    let mut used = vec![false; edges.len()];
    // Where the untried edges of each start begin.
    let mut next: Vec<usize> = (0..edges.len()).collect();
    let mut rings = Vec::new();
    let metres = |p: [i32; 2]| p.map(|v| f64::from(v) / STEPS_PER_M);
    for first in 0..edges.len() {
        if used[first] {
            continue;
        }
        let mut ring = Vec::new();
        let mut at = first;
        loop {
            used[at] = true;
            ring.push(metres(edges[at].0));
            let to = edges[at].1;
            let start = edges.partition_point(|(from, _)| *from < to);
            let Some(cursor) = next.get_mut(start) else { break };
            while edges.get(*cursor).is_some_and(|(from, _)| *from == to) && used[*cursor] {
                *cursor += 1;
            }
            if edges.get(*cursor).is_none_or(|(from, _)| *from != to) {
                break;
            }
            at = *cursor;
        }
        if ring.len() > 2 {
            rings.push(Polygon::new(LineString::from(ring), Vec::new()));
        }
    }
    MultiPolygon(rings)
}

/// The hole without the items that stand free in it.
fn free(subject: &Subject<'_>, hole: &Polygon<f64>, origin: Step) -> Vec<Polygon<f64>> {
    let window = window(hole, origin);
    let local = window.low;
    let shift = |axis: usize| (origin[axis] - local[axis]) as f64 / STEPS_PER_M;
    let (dx, dy) = (shift(0), shift(1));
    let mut left = MultiPolygon(vec![hole.map_coords(|c| geo::Coord { x: c.x + dx, y: c.y + dy })]);
    let margin = window.grown(MARGIN_STEPS);
    subject.near(&window, |item| {
        left = left.difference(&subject.outline(&item).rings_within(&margin, local));
    });
    left.map_coords(|c| geo::Coord { x: c.x - dx, y: c.y - dy }).0
}

/// A metre.
const MARGIN_STEPS: i64 = 10_000;

fn window(area: &Polygon<f64>, origin: Step) -> Window {
    let step = |c: &geo::Coord<f64>| {
        [(c.x * STEPS_PER_M).round() as i64 + origin[0], (c.y * STEPS_PER_M).round() as i64 + origin[1]]
    };
    let mut vertices = area.exterior().coords().map(step);
    let first = vertices.next().unwrap_or(origin);
    vertices.fold(Window::of(first, first), |w, p| Window {
        low: [w.low[0].min(p[0]), w.low[1].min(p[1])],
        high: [w.high[0].max(p[0]), w.high[1].max(p[1])],
    })
}

fn describe(subject: &Subject<'_>, gap: &Polygon<f64>, area: f64, origin: Step) -> Problem {
    let around = window(gap, origin);
    let mut names = Vec::new();
    subject.near(&around.grown(TOUCHING_STEPS), |item| names.push((item.fid, subject.name(&item))));
    names.sort();
    let more = names.len() > NAMED;
    let mut list = names.iter().take(NAMED).map(|(_, n)| n.as_str()).collect::<Vec<_>>().join(", ");
    if more {
        list.push('…');
    }
    let size = number(area, "m2");
    let middle = |axis: usize| i64::midpoint(around.low[axis], around.high[axis]) / 1000;
    let problem = Problem {
        // Decimetres: the same hole is found again at the same place.
        key: format!("{},{}", middle(0), middle(1)),
        item: None,
        item_label: None,
        other: None,
        message: Text::new(
            format!("Khoảng hở {} giữa {list}", size.vi),
            format!("A gap of {} between {list}", size.en),
        ),
        measured: None,
        unit: None,
        geometry: None,
        point: None,
    };
    problem.measuring(area, "m2").at(placed(&MultiPolygon(vec![gap.clone()]), origin))
}

/// A millimetre.
const TOUCHING_STEPS: i64 = 10;
