//! Parts of a sample building: rings of walls, slabs, railings, stairs, openings and rooms.

use super::design::{Element, Kind, Opening, Room, Solid, Storey, Xy};

/// Thickness of outer walls, metres.
pub const WALL: f64 = 0.2;
/// Thickness of floor slabs, metres.
pub const SLAB: f64 = 0.12;
/// Height of railings and parapets, metres (QCVN 05: at least 1.1 from the second storey).
pub const RAIL: f64 = 1.1;

/// A rectangle from its lowest to its highest corner.
pub fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<Xy> {
    vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
}

impl Storey {
    /// An empty storey.
    pub fn new(name: &str, elevation: f64, height: f64) -> Self {
        Self {
            name: name.to_owned(),
            elevation,
            height,
            above_ground: elevation >= 0.0,
            gross_area_m2: None,
            elements: Vec::new(),
            rooms: Vec::new(),
        }
    }

    /// Adds an element; its name gets the storey's before it.
    pub fn add(&mut self, kind: Kind, name: &str, solid: Solid) -> &mut Element {
        let name = format!("{} – {name}", self.name);
        self.elements.push(Element { kind, name, solid, openings: Vec::new() });
        self.elements.last_mut().expect("just pushed")
    }

    /// Walls along an anticlockwise ring of outer faces, from the floor up. They meet without overlap: at a convex
    /// corner a wall ends before the next one's thickness, at a concave one it goes on by it.
    pub fn walls(&mut self, kind: Kind, name: &str, ring: &[Xy], thickness: f64, height: f64) -> &mut Self {
        let n = ring.len();
        for i in 0..n {
            let (a, b, c) = (ring[i], ring[(i + 1) % n], ring[(i + 2) % n]);
            let (d, length) = direction(a, b);
            let (e, _) = direction(b, c);
            let convex = d[0] * e[1] - d[1] * e[0] > 0.0;
            let end = if convex { length - thickness } else { length + thickness };
            let solid = Solid::prism(strip(a, d, 0.0, end, 0.0, thickness), 0.0, height);
            self.add(kind, &format!("{name} {}", i + 1), solid);
        }
        self
    }

    /// A slab with its top at `top` over the storey's floor.
    pub fn slab(&mut self, kind: Kind, name: &str, ring: Vec<Xy>, top: f64, thickness: f64) -> &mut Self {
        self.add(kind, name, Solid::prism(ring, top - thickness, thickness));
        self
    }

    /// Railings along an open line at floor height, inside (left of) it.
    pub fn railing(&mut self, name: &str, line: &[Xy]) -> &mut Self {
        for (i, pair) in line.windows(2).enumerate() {
            let (d, length) = direction(pair[0], pair[1]);
            let solid = Solid::prism(strip(pair[0], d, 0.0, length, 0.0, 0.05), 0.0, RAIL);
            self.add(Kind::Railing, &format!("{name} {}", i + 1), solid);
        }
        self
    }

    /// A straight flight from the floor to `rise` above, going along +y from `at`, `width` wide towards +x.
    pub fn stair(&mut self, name: &str, at: Xy, width: f64, rise: f64, steps: u32, going: f64) -> &mut Self {
        let n = f64::from(steps);
        let step = rise / n;
        let mut profile = vec![[0.0, 0.0], [0.3, 0.0], [n * going, rise - 0.3], [n * going, rise]];
        for k in (1..=steps).rev() {
            let k = f64::from(k);
            profile.push([(k - 1.0) * going, k * step]);
            if k > 1.0 {
                profile.push([(k - 1.0) * going, (k - 1.0) * step]);
            }
        }
        let axes = Some(([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]));
        let solid = Solid { ring: profile, origin: [at[0], at[1], 0.0], axes, depth: width };
        self.add(Kind::Stair, name, solid);
        self
    }

    /// A door or window in the wall `wall` (a name given to `walls`, with its number), `from` metres along its
    /// outer face from its start.
    pub fn opening(&mut self, wall: &str, face: [Xy; 2], from: f64, size: [f64; 2], sill: f64) -> &mut Self {
        let name = format!("{} – {wall}", self.name);
        let wall = self.elements.iter_mut().find(|e| e.name == name).expect("the design names its own walls");
        let (d, _) = direction(face[0], face[1]);
        let door = sill == 0.0;
        let count = wall.openings.len() + 1;
        let title = if door { "cửa đi" } else { "cửa sổ" };
        // The hole goes a little beyond both faces: a cut with coincident faces is undecided.
        let hole = Solid::prism(strip(face[0], d, from, from + size[0], -0.05, WALL + 0.05), sill, size[1]);
        let filling = Solid::prism(strip(face[0], d, from, from + size[0], 0.075, 0.125), sill, size[1]);
        let name = format!("{name} – {title} {count}");
        wall.openings.push(Opening { name, door, hole, filling, width: size[0], height: size[1] });
        self
    }

    /// A room with a rectangular outline.
    pub fn room(&mut self, number: &str, name: &'static str, use_: &'static str, ring: Vec<Xy>) -> &mut Self {
        let height = self.height - SLAB;
        self.rooms.push(Room { number: number.to_owned(), name, use_, ring, height });
        self
    }
}

/// A gable roof: ridge along x from `x0` to `x1`, spanning y from `y0` to `y1` (eaves to eaves), `z` at the eaves'
/// underside, `rise` up to the ridge's underside, plates of vertical thickness `t`.
pub fn gable(x: [f64; 2], y: [f64; 2], z: f64, rise: f64, t: f64) -> Solid {
    let (span, half) = (y[1] - y[0], (y[1] - y[0]) / 2.0);
    let ring = vec![[0.0, 0.0], [half, rise], [span, 0.0], [span, t], [half, rise + t], [0.0, t]];
    let axes = Some(([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]));
    Solid { ring, origin: [x[0], y[0], z], axes, depth: x[1] - x[0] }
}

/// A gable's wall under the roof: a triangle in the plane x = `x`, thickness towards +x.
pub fn gable_wall(x: f64, y: [f64; 2], z: f64, rise: f64) -> Solid {
    let span = y[1] - y[0];
    let ring = vec![[0.0, 0.0], [span, 0.0], [span / 2.0, rise]];
    let axes = Some(([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]));
    Solid { ring, origin: [x, y[0], z], axes, depth: WALL }
}

/// Unit direction and length from `a` to `b`.
fn direction(a: Xy, b: Xy) -> (Xy, f64) {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx.hypot(dy);
    ([dx / length, dy / length], length)
}

/// A strip along `d` from `a`: `from` to `to` along it, `near` to `far` to its left.
fn strip(a: Xy, d: Xy, from: f64, to: f64, near: f64, far: f64) -> Vec<Xy> {
    let at = |s: f64, t: f64| [a[0] + d[0] * s - d[1] * t, a[1] + d[1] * s + d[0] * t];
    vec![at(from, near), at(to, near), at(to, far), at(from, far)]
}

#[cfg(test)]
mod tests {
    use super::super::design::area;
    use super::*;

    #[test]
    fn walls_of_a_ring_with_a_concave_corner_fill_its_band_without_overlap() {
        let l_shape = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 4.0], [4.0, 4.0], [4.0, 10.0], [0.0, 10.0]];
        let mut storey = Storey::new("T", 0.0, 3.0);
        storey.walls(Kind::ExteriorWall, "w", &l_shape, WALL, 3.0);
        let walls: f64 = storey.elements.iter().map(|e| area(&e.solid.ring)).sum();
        let inner = vec![[0.2, 0.2], [9.8, 0.2], [9.8, 3.8], [3.8, 3.8], [3.8, 9.8], [0.2, 9.8]];
        assert!((walls - (area(&l_shape) - area(&inner))).abs() < 1e-9);
    }

    #[test]
    fn a_stair_ends_at_its_rise_and_turns_anticlockwise() {
        let mut storey = Storey::new("T", 0.0, 3.0);
        storey.stair("s", [0.0, 0.0], 1.0, 3.3, 20, 0.25);
        let ring = &storey.elements[0].solid.ring;
        assert!(area(ring) > 0.0);
        assert!(ring.iter().any(|p| (p[1] - 3.3).abs() < 1e-9));
    }
}
