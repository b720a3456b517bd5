//! The largest clear span between walls and columns.
//!
//! The faces of all supports of a storey (walls and columns, cut) are sampled every half metre and triangulated
//! (Delaunay), so that no support lies in a triangle's circle. Each triangle within the enclosed outline stands for
//! a bay; its height over its shortest side is the span: of a rectangular column bay that is the longer side (not
//! its diagonal), between two walls their distance. So a hall of 20 × 40 m between walls has a span of 20 m, columns
//! 6 × 8 m apart one of 8 m less the column.

use std::collections::BTreeSet;

use geo::{Contains, Coord, LineString, MultiPolygon, Point, Triangle, TriangulateDelaunayUnconstrained};

use super::plan::Plan;
use super::round;
use super::storeys::Levels;
use crate::bim::shape::outline::{difference, offset};

/// Distance of samples along a face, metres.
const STEP: f64 = 0.5;
/// Most samples of one storey; beyond, samples lie further apart.
const MAX_SAMPLES: f64 = 20_000.0;

/// The largest span of the storeys that count; none without supports.
pub fn largest(levels: &Levels, plans: &[Plan]) -> Option<f64> {
    let spans = levels.all.iter().zip(plans).filter(|(l, _)| l.kind.counts()).filter_map(|(_, p)| of_plan(p));
    spans.max_by(f64::total_cmp).map(round)
}

fn of_plan(plan: &Plan) -> Option<f64> {
    let free = difference(&plan.enclosed, &offset(&plan.supports, 0.01));
    if free.0.is_empty() {
        return None;
    }
    let points = samples(&plan.supports);
    let triangles = MultiPolygonPoints(points).triangles();
    triangles.into_iter().filter_map(|t| bay(&t, &free)).max_by(f64::total_cmp)
}

/// Corners and points along the faces of the supports.
fn samples(supports: &MultiPolygon<f64>) -> Vec<Point<f64>> {
    let rings: Vec<_> =
        supports.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).collect();
    let length: f64 = rings.iter().flat_map(|r| r.lines()).map(|l| l.dx().hypot(l.dy())).sum();
    let step = STEP.max(length / MAX_SAMPLES);
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for line in rings.into_iter().flat_map(LineString::lines) {
        let parts = (line.dx().hypot(line.dy()) / step).ceil().max(1.0) as u32;
        for i in 0..parts {
            let t = f64::from(i) / f64::from(parts);
            let (x, y) = (line.start.x + line.dx() * t, line.start.y + line.dy() * t);
            // The triangulation wants distinct points; a tenth of a millimetre tells them apart.
            if seen.insert(((x * 1e4).round() as i64, (y * 1e4).round() as i64)) {
                out.push(Point::new(x, y));
            }
        }
    }
    out
}

struct MultiPolygonPoints(Vec<Point<f64>>);

impl MultiPolygonPoints {
    fn triangles(self) -> Vec<Triangle<f64>> {
        if self.0.len() < 3 {
            return Vec::new();
        }
        geo::MultiPoint(self.0).unconstrained_triangulation().unwrap_or_default()
    }
}

/// The span that a triangle stands for, if it lies in the free floor.
fn bay(t: &Triangle<f64>, free: &MultiPolygon<f64>) -> Option<f64> {
    let centre = Point::new((t.v1().x + t.v2().x + t.v3().x) / 3.0, (t.v1().y + t.v2().y + t.v3().y) / 3.0);
    if !free.contains(&centre) {
        return None;
    }
    let side = |a: Coord<f64>, b: Coord<f64>| (a.x - b.x).hypot(a.y - b.y);
    let shortest = side(t.v1(), t.v2()).min(side(t.v2(), t.v3())).min(side(t.v3(), t.v1()));
    let twice = (t.v2().x - t.v1().x) * (t.v3().y - t.v1().y) - (t.v3().x - t.v1().x) * (t.v2().y - t.v1().y);
    (shortest > 0.0).then(|| twice.abs() / shortest)
}
