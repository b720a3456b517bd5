//! What hangs over the outside of the ground floor's walls (QCVN 01:2021 2.6.7, local tables of balconies).
//!
//! The **wall line** is the enclosed outline of the storey above ground nearest to ±0.00. Beyond it, storey by
//! storey above: rooms (`enclosed`), used floors (`used`), and floors that may be used or not (`doubtful`), as
//! `plan` tells them apart; and for the whole building canopies, eaves and roof edges (`canopy`) of parts
//! whose underside is above 1.8 m. Strips up to 5 cm wide are tolerances of drawing.
//!
//! **Depth** is the greatest distance of a point of its edge from the wall line. **Clearance** runs from ±0.00 to the lowest
//! underside of the slabs, or of the walls where no slab is drawn.

use geo::{Distance, Euclidean, MultiPolygon, Point};

use super::parts::{Part, Parts};
use super::plan::Plan;
use super::round;
use super::storeys::{Level, Levels};
use crate::bim::facts::{Outline, Overhang};
use crate::bim::role::Role;
use crate::bim::shape::outline::{area, boxes_meet, difference, intersection, open, union};

/// Strips narrower than this are no overhang, metres.
const STRIP: f64 = 0.05;
/// Distance of the points along an edge whose distance from the walls is taken, metres: a gallery between two
/// wings touches walls with all its corners.
const STEP: f64 = 0.5;
/// Most points of one edge.
const MAX_STEPS: f64 = 100.0;
/// Canopies lower than this stand at the ground, metres.
const HEAD: f64 = 1.8;

/// Overhangs of a building; none where the ground floor has no walls.
pub fn of(parts: &Parts<'_>, levels: &Levels, plans: &[Plan]) -> Vec<Overhang> {
    let counted = || levels.all.iter().zip(plans).filter(|(l, _)| l.above_ground && l.kind.counts());
    let from_zero = |l: &Level| (l.z - levels.zero).abs();
    let ground = counted().min_by(|a, b| from_zero(a.0).total_cmp(&from_zero(b.0)));
    // A ground floor with open sides has its floor's edge for a wall line.
    let ground = ground.map(|(l, p)| (l, union([&p.enclosed.0, &p.gross.0])));
    let Some((ground, wall_line)) = ground else { return Vec::new() };
    if wall_line.0.is_empty() {
        return Vec::new();
    }
    let line = Line { outline: &wall_line, zero: levels.zero };
    let mut out = Vec::new();
    let upper = levels.all.iter().zip(plans).filter(|(l, _)| l.above_ground && l.z > ground.z + 0.5);
    for (level, plan) in upper {
        let makers: Vec<&Part<'_>> = plan.makers.iter().map(|i| &parts.physical[*i]).collect();
        for (kind, shape) in
            [("enclosed", &plan.enclosed), ("used", &plan.used), ("doubtful", &plan.doubtful)]
        {
            line.add(kind, Some(level), &shape.0, &makers, &mut out);
        }
    }
    let floors = union(out.iter().map(|o| &o.outline_local.0));
    let roofs: Vec<&Part<'_>> = parts
        .physical
        .iter()
        .filter(|p| matches!(p.element.role, Role::Canopy | Role::Roof))
        .filter(|p| p.bbox.max[2] > levels.zero + HEAD)
        .collect();
    let shades = difference(&union(roofs.iter().map(|p| p.plan())), &floors);
    line.add("canopy", None, &shades, &roofs, &mut out);
    out
}

/// The ground floor's walls.
struct Line<'a> {
    outline: &'a MultiPolygon<f64>,
    zero: f64,
}

impl Line<'_> {
    fn add(
        &self,
        kind: &str,
        level: Option<&Level>,
        shape: &MultiPolygon<f64>,
        makers: &[&Part<'_>],
        out: &mut Vec<Overhang>,
    ) {
        let beyond = open(&difference(shape, self.outline), STRIP / 2.0);
        for piece in beyond.0.into_iter().map(|p| MultiPolygon(vec![p])) {
            if area(&piece) < 0.01 {
                continue;
            }
            let over: Vec<&&Part<'_>> = makers
                .iter()
                .filter(|p| boxes_meet(p.plan(), &piece) && area(&intersection(p.plan(), &piece)) > 0.005)
                .collect();
            let flat = |p: &&&&Part<'_>| matches!(p.element.role, Role::Floor | Role::Roof | Role::Canopy);
            let under = |list: &mut dyn Iterator<Item = f64>| list.reduce(f64::min);
            let low = under(&mut over.iter().filter(flat).map(|p| p.bbox.min[2]))
                .or_else(|| under(&mut over.iter().map(|p| p.bbox.min[2])))
                .or(level.map(|l| l.z));
            let mut elements: Vec<String> = over.iter().map(|p| p.element.global_id.clone()).collect();
            elements.sort_unstable();
            out.push(Overhang {
                kind: kind.to_owned(),
                storey: level.map(|l| l.name.clone()),
                area_m2: round(area(&piece)),
                depth_m: round(self.depth(&piece)),
                clearance_m: round(low.unwrap_or(self.zero) - self.zero),
                elements,
                outline_local: Outline(piece),
            });
        }
    }

    fn depth(&self, piece: &MultiPolygon<f64>) -> f64 {
        let edges = piece.iter().flat_map(|p| p.exterior().lines());
        let points = edges.flat_map(|edge| {
            let parts = (edge.dx().hypot(edge.dy()) / STEP).ceil().clamp(1.0, MAX_STEPS);
            (0..parts as u32).map(move |i| {
                let t = f64::from(i) / parts;
                Point::new(edge.start.x + t * edge.dx(), edge.start.y + t * edge.dy())
            })
        });
        points.map(|p| Euclidean.distance(&p, self.outline)).fold(0.0, f64::max)
    }
}
