//! Coordinate systems of placements: IfcLocalPlacement chains and IfcAxis2Placement, in metres.

use std::collections::HashSet;

use crate::bim::step::{Model, Record};

/// A right-handed coordinate system in the local engineering coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axes {
    /// Origin, metres.
    pub origin: [f64; 3],
    /// Unit vectors of x, y and z.
    pub axes: [[f64; 3]; 3],
}

impl Axes {
    /// The world's own.
    pub const WORLD: Self =
        Self { origin: [0.0; 3], axes: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] };

    /// A point of this system in the world.
    pub fn to_world(self, p: [f64; 3]) -> [f64; 3] {
        let turned = self.turn(p);
        [0, 1, 2].map(|k| self.origin[k] + turned[k])
    }

    fn turn(self, p: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|k| p[0] * self.axes[0][k] + p[1] * self.axes[1][k] + p[2] * self.axes[2][k])
    }

    /// A system that is given in this one, in the world.
    fn then(self, inner: &Self) -> Self {
        Self { origin: self.to_world(inner.origin), axes: inner.axes.map(|a| self.turn(a)) }
    }
}

/// The placement of a product in the world; none where it has none. A cycle ends where it closes.
pub fn of_product(model: &Model<'_>, product: &Record, length_m: f64) -> Option<Axes> {
    let mut chain = Vec::new();
    let mut seen = HashSet::new();
    let mut next = product.reference("ObjectPlacement");
    while let Some(id) = next {
        if !seen.insert(id) {
            break;
        }
        let placement = model.get(id)?;
        if placement.entity() == "IfcLocalPlacement"
            && let Some(axes) = model.follow(&placement, "RelativePlacement")
        {
            chain.push(of_placement(model, &axes, length_m));
        }
        next = placement.reference("PlacementRelTo");
    }
    (!seen.is_empty()).then(|| chain.iter().rev().fold(Axes::WORLD, Axes::then))
}

/// An IfcAxis2Placement2D or 3D.
pub fn of_placement(model: &Model<'_>, placement: &Record, length_m: f64) -> Axes {
    let vector = |name: &str, attribute: &str| {
        let numbers = model.follow(placement, name).map(|r| r.numbers(attribute)).unwrap_or_default();
        (numbers.len() >= 2).then(|| [numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(0.0)])
    };
    let origin = vector("Location", "Coordinates").unwrap_or_default().map(|x| x * length_m);
    let z = vector("Axis", "DirectionRatios").and_then(unit).unwrap_or([0.0, 0.0, 1.0]);
    let reference = vector("RefDirection", "DirectionRatios").and_then(unit).unwrap_or([1.0, 0.0, 0.0]);
    let along: f64 = dot(reference, z);
    let x = unit([0, 1, 2].map(|k| reference[k] - along * z[k])).unwrap_or([1.0, 0.0, 0.0]);
    Axes { origin, axes: [x, cross(z, x), z] }
}

fn unit(v: [f64; 3]) -> Option<[f64; 3]> {
    let length = dot(v, v).sqrt();
    (length > 1e-12 && length.is_finite()).then(|| v.map(|x| x / length))
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
