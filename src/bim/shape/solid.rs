//! One product's triangles, and what of them lies in a band of heights, seen from above.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::outline;
use crate::bim::facts::Box3;

/// Triangles of one product, metres, local coordinates.
#[derive(Debug, Clone, Default)]
pub struct Solid {
    /// Corners.
    pub vertices: Vec<[f64; 3]>,
    /// Corners of each triangle, anticlockwise from outside.
    pub triangles: Vec<[u32; 3]>,
    /// Red, green, blue, opacity of the first part, 0–1.
    pub colour: [f32; 4],
}

impl Solid {
    /// Adds a part; triangles with a missing or non-finite corner are left out.
    pub fn add(&mut self, vertices: Vec<[f64; 3]>, indices: &[u32], colour: [f32; 4]) {
        if self.triangles.is_empty() {
            self.colour = colour;
        }
        let base = self.vertices.len() as u32;
        let fits = |i: u32| vertices.get(i as usize).is_some_and(|v| v.iter().all(|x| x.is_finite()));
        let triangles = indices.chunks_exact(3).filter(|t| t.iter().all(|i| fits(*i)));
        self.triangles.extend(triangles.map(|t| [base + t[0], base + t[1], base + t[2]]));
        self.vertices.extend(vertices);
    }

    /// Whether it has no triangle.
    pub fn is_empty(&self) -> bool {
        self.triangles.is_empty()
    }

    /// Corners of each triangle.
    pub fn corners(&self) -> impl Iterator<Item = [[f64; 3]; 3]> + '_ {
        self.triangles.iter().map(|t| t.map(|i| self.vertices[i as usize]))
    }

    /// Its box.
    pub fn bbox(&self) -> Option<Box3> {
        let mut out = Box3 { min: [f64::INFINITY; 3], max: [f64::NEG_INFINITY; 3] };
        for corner in self.corners().flatten() {
            for (k, x) in corner.into_iter().enumerate() {
                out.min[k] = out.min[k].min(x);
                out.max[k] = out.max[k].max(x);
            }
        }
        (!self.is_empty()).then_some(out)
    }

    /// The plan view of everything.
    pub fn plan(&self) -> MultiPolygon<f64> {
        self.band(f64::NEG_INFINITY, f64::INFINITY)
    }

    /// The plan view of what lies between the heights `low` and `high`.
    ///
    /// That is the cut at `low`, for a wall that passes through the band shows no face in it, and all faces in
    /// the band. The cut needs no chaining of segments: above `low`, upward faces are anticlockwise and downward
    /// faces clockwise in plan, and the windings add up to one exactly inside the cut.
    pub fn band(&self, low: f64, high: f64) -> MultiPolygon<f64> {
        let mut faces = Vec::new();
        let mut cut = Vec::new();
        for corners in self.corners() {
            if low.is_finite() {
                push_ring(&mut cut, &clip(&corners, low, f64::INFINITY), false);
            }
            push_ring(&mut faces, &clip(&corners, low, high), true);
        }
        let faces = outline::fill(faces);
        if cut.is_empty() { faces } else { outline::union([&faces, &outline::fill(cut)]) }
    }
}

/// The part of a triangle between two heights, a convex polygon.
fn clip(corners: &[[f64; 3]; 3], low: f64, high: f64) -> Vec<[f64; 3]> {
    let above = half(corners, |p| p[2] - low);
    half(&above, |p| high - p[2])
}

/// The part of a convex polygon where `side` is not negative.
fn half(polygon: &[[f64; 3]], side: impl Fn(&[f64; 3]) -> f64) -> Vec<[f64; 3]> {
    let mut out = Vec::with_capacity(polygon.len() + 1);
    for (i, a) in polygon.iter().enumerate() {
        let b = &polygon[(i + 1) % polygon.len()];
        let (sa, sb) = (side(a), side(b));
        if sa >= 0.0 {
            out.push(*a);
        }
        // An infinite plane cuts nothing.
        if (sa < 0.0) != (sb < 0.0) && sa.is_finite() && sb.is_finite() {
            let t = sa / (sa - sb);
            out.push([0, 1, 2].map(|k| a[k] + (b[k] - a[k]) * t));
        }
    }
    out
}

/// Adds the polygon in plan unless it stands upright; `turn` makes it anticlockwise.
fn push_ring(rings: &mut Vec<Polygon<f64>>, polygon: &[[f64; 3]], turn: bool) {
    if polygon.len() < 3 {
        return;
    }
    let mut ring: Vec<Coord<f64>> =
        polygon.iter().map(|p| Coord { x: outline::snap(p[0]), y: outline::snap(p[1]) }).collect();
    let twice: f64 = (0..ring.len())
        .map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            (a.x - ring[0].x) * (b.y - ring[0].y) - (b.x - ring[0].x) * (a.y - ring[0].y)
        })
        .sum();
    if twice.abs() < 1e-7 {
        return;
    }
    if turn && twice < 0.0 {
        ring.reverse();
    }
    rings.push(Polygon::new(LineString::new(ring), Vec::new()));
}

#[cfg(test)]
mod tests {
    use geo::Area;

    use super::*;

    /// A box from `min` to `max`, faces outward.
    fn cuboid(min: [f64; 3], max: [f64; 3]) -> Solid {
        let v = |i: usize| [0, 1, 2].map(|k| if i >> k & 1 == 1 { max[k] } else { min[k] });
        let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        let indices: Vec<u32> = quads.iter().flat_map(|q| [q[0], q[1], q[2], q[0], q[2], q[3]]).collect();
        let mut solid = Solid::default();
        solid.add((0..8).map(v).collect(), &indices, [1.0; 4]);
        solid
    }

    #[test]
    fn a_band_inside_a_box_shows_its_whole_plan() {
        let solid = cuboid([0.0, 0.0, 0.0], [4.0, 0.2, 3.0]);
        for (low, high) in [(f64::NEG_INFINITY, f64::INFINITY), (1.0, 2.0), (-1.0, 0.5), (2.9, 9.0)] {
            assert!((solid.band(low, high).unsigned_area() - 0.8).abs() < 1e-6, "{low} {high}");
        }
        assert!(solid.band(3.1, 4.0).0.is_empty());
        assert!(solid.band(-2.0, -0.1).0.is_empty());
    }

    #[test]
    fn a_pyramid_narrows() {
        let mut solid = Solid::default();
        let v = vec![[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [2.0, 2.0, 0.0], [0.0, 2.0, 0.0], [1.0, 1.0, 2.0]];
        solid.add(v, &[0, 2, 1, 0, 3, 2, 0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4], [1.0; 4]);
        assert!((solid.band(1.0, 5.0).unsigned_area() - 1.0).abs() < 1e-6);
        assert!((solid.plan().unsigned_area() - 4.0).abs() < 1e-6);
    }
}
