//! Closed curves of a representation as rings, for outlines that are drawn and not built (IfcSite's footprint).

use geo::{Coord, LineString};

use super::axes::{Axes, of_placement};
use crate::bim::step::{Model, Record};

/// Deepest nesting of sets, mapped and composite items that is followed.
const MAX_DEPTH: u32 = 16;
/// Chords of a full circle.
const CHORDS: f64 = 72.0;

/// Closed rings of an item in the world's plan, metres.
pub fn rings(model: &Model<'_>, item: u32, axes: &Axes, length_m: f64) -> Vec<LineString<f64>> {
    let mut out = Vec::new();
    collect(model, item, axes, length_m, 0, &mut out);
    out
}

fn collect(model: &Model<'_>, id: u32, axes: &Axes, unit: f64, depth: u32, out: &mut Vec<LineString<f64>>) {
    let Some(item) = model.get(id).filter(|_| depth < MAX_DEPTH) else { return };
    let mut inner = |name: &str, axes: &Axes| {
        for member in item.references(name) {
            collect(model, member, axes, unit, depth + 1, out);
        }
    };
    match item.entity() {
        "IfcGeometricSet" | "IfcGeometricCurveSet" => inner("Elements", axes),
        "IfcAnnotationFillArea" => inner("OuterBoundary", axes),
        "IfcCurveBoundedPlane" => {
            let basis = model.follow(&item, "BasisSurface").and_then(|s| model.follow(&s, "Position"));
            let on = basis.map_or(*axes, |p| compose(axes, &of_placement(model, &p, unit)));
            inner("OuterBoundary", &on);
        }
        _ => {
            let mut points = curve(model, &item, unit, depth);
            // A drawn boundary is closed, or its ends lie within a centimetre.
            let closes = |a: &[f64; 3], b: &[f64; 3]| (a[0] - b[0]).hypot(a[1] - b[1]) < 0.01;
            if points.len() >= 4 && points.first().zip(points.last()).is_some_and(|(a, b)| closes(a, b)) {
                points.pop();
                let mut ring: Vec<Coord<f64>> = points
                    .into_iter()
                    .map(|p| axes.to_world(p))
                    .map(|p| Coord { x: super::outline::snap(p[0]), y: super::outline::snap(p[1]) })
                    .collect();
                ring.push(ring[0]);
                out.push(LineString::new(ring));
            }
        }
    }
}

fn compose(outer: &Axes, inner: &Axes) -> Axes {
    let origin = outer.to_world(inner.origin);
    let axes = inner.axes.map(|a| {
        let end = outer.to_world(a);
        [0, 1, 2].map(|k| end[k] - outer.origin[k])
    });
    Axes { origin, axes }
}

/// Points along a curve, in the item's own system, metres.
fn curve(model: &Model<'_>, item: &Record, unit: f64, depth: u32) -> Vec<[f64; 3]> {
    if depth >= MAX_DEPTH {
        return Vec::new();
    }
    let scaled = |n: &[f64]| {
        (n.len() >= 2).then(|| [n[0] * unit, n[1] * unit, n.get(2).copied().unwrap_or(0.0) * unit])
    };
    match item.entity() {
        "IfcPolyline" => item
            .references("Points")
            .into_iter()
            .filter_map(|p| scaled(&model.get(p)?.numbers("Coordinates")))
            .collect(),
        "IfcIndexedPolyCurve" => {
            let rows = model.follow(item, "Points").map(|p| p.number_rows("CoordList")).unwrap_or_default();
            indexed(&rows.iter().filter_map(|r| scaled(r)).collect::<Vec<_>>(), &item.typed_lists("Segments"))
        }
        "IfcCompositeCurve" => {
            let mut out: Vec<[f64; 3]> = Vec::new();
            for segment in item.references("Segments").into_iter().filter_map(|s| model.get(s)) {
                let Some(parent) = model.follow(&segment, "ParentCurve") else { continue };
                let mut points = curve(model, &parent, unit, depth + 1);
                if segment.enumeration("SameSense").is_some_and(|s| s.starts_with(['F', 'f'])) {
                    points.reverse();
                }
                let again = usize::from(out.last().zip(points.first()).is_some_and(|(a, b)| near(a, b)));
                out.extend(points.into_iter().skip(again));
            }
            out
        }
        "IfcCircle" | "IfcEllipse" => {
            let a = item.number("Radius").or_else(|| item.number("SemiAxis1")).unwrap_or(0.0) * unit;
            let b = item.number("SemiAxis2").map_or(a, |b| b * unit);
            let position =
                model.follow(item, "Position").map_or(Axes::WORLD, |p| of_placement(model, &p, unit));
            let steps = CHORDS as u32;
            (0..=steps)
                .map(|i| f64::from(i % steps) / CHORDS * std::f64::consts::TAU)
                .map(|t| position.to_world([a * t.cos(), b * t.sin(), 0.0]))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn near(a: &[f64; 3], b: &[f64; 3]) -> bool {
    (0..3).all(|k| (a[k] - b[k]).abs() < 1e-6)
}

/// An IfcIndexedPolyCurve: without segments through all points in order; arcs through three points.
fn indexed(points: &[[f64; 3]], segments: &[(String, Vec<i64>)]) -> Vec<[f64; 3]> {
    if segments.is_empty() {
        return points.to_vec();
    }
    let mut out: Vec<[f64; 3]> = Vec::new();
    for (kind, indices) in segments {
        let corners: Vec<[f64; 3]> =
            indices.iter().filter_map(|i| points.get(usize::try_from(i - 1).ok()?).copied()).collect();
        let line = match (kind.as_str(), corners.as_slice()) {
            ("IFCARCINDEX", [a, b, c]) => arc(*a, *b, *c),
            _ => corners,
        };
        let again = usize::from(out.last().zip(line.first()).is_some_and(|(a, b)| near(a, b)));
        out.extend(line.into_iter().skip(again));
    }
    out
}

/// Chords of the arc from `a` over `b` to `c` (in plan; heights are those of the ends).
fn arc(a: [f64; 3], b: [f64; 3], c: [f64; 3]) -> Vec<[f64; 3]> {
    let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
    let d = 2.0 * (bx * cy - by * cx);
    if d.abs() < 1e-12 {
        return vec![a, b, c];
    }
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    let centre = [a[0] + (cy * b2 - by * c2) / d, a[1] + (bx * c2 - cx * b2) / d];
    let angle = |p: [f64; 3]| (p[1] - centre[1]).atan2(p[0] - centre[0]);
    let radius = (a[0] - centre[0]).hypot(a[1] - centre[1]);
    let (start, mut sweep) = (angle(a), angle(c) - angle(a));
    // Anticlockwise where a, b, c turn left.
    if d > 0.0 && sweep < 0.0 {
        sweep += std::f64::consts::TAU;
    } else if d < 0.0 && sweep > 0.0 {
        sweep -= std::f64::consts::TAU;
    }
    let steps = ((sweep.abs() / std::f64::consts::TAU * CHORDS).ceil() as u32).max(2);
    let mut out = vec![a];
    out.extend((1..steps).map(|i| {
        let t = start + sweep * f64::from(i) / f64::from(steps);
        [centre[0] + radius * t.cos(), centre[1] + radius * t.sin(), a[2]]
    }));
    out.push(c);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arc_keeps_its_ends_and_its_side() {
        let points = arc([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]);
        assert!(points.len() > 30);
        assert!(points.iter().all(|p| (p[0].hypot(p[1]) - 1.0).abs() < 1e-9 && p[1] > -1e-9));
    }
}
