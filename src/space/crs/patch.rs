//! A conversion of many positions that lie near each other, by interpolation between exact ones: the functions between
//! EPSG:9218 and degrees are so smooth that over some kilometres a bicubic polynomial is them, to a hundred-millionth
//! of a metre, at a tenth of the cost.
//!
//! The grid is fixed, so a position goes to the same place whatever was converted before it.

use crate::space::Bbox;

/// Nodes a side of a patch.
const SIDE: usize = 4;
/// Patches that are kept: 4 km each way, they cover two provinces. A position that falls on the place of another patch
/// replaces it.
const KEPT: usize = 1 << 12;

/// The conversion `exact` of a position into `N` numbers.
pub(super) struct Patches<const N: usize> {
    exact: fn(f64, f64) -> [f64; N],
    /// Where the conversion is smooth; elsewhere each position is converted for itself.
    domain: Bbox,
    /// Patches in a unit of the input.
    a_unit: f64,
    kept: Vec<Option<Box<Patch<N>>>>,
}

/// The values of each number at the nodes, row by row from the south.
struct Patch<const N: usize> {
    at: [u32; 2],
    nodes: [[[f64; SIDE]; SIDE]; N],
}

impl<const N: usize> Patches<N> {
    /// Patches of `1 / a_unit` units of the input a side, over `domain`.
    pub(super) fn new(exact: fn(f64, f64) -> [f64; N], domain: Bbox, a_unit: f64) -> Self {
        Self { exact, domain, a_unit, kept: std::iter::repeat_with(|| None).take(KEPT).collect() }
    }

    pub(super) fn convert(&mut self, x: f64, y: f64) -> [f64; N] {
        let d = self.domain;
        // Written so that what is no number is not inside.
        if !(x >= d.min_x && x <= d.max_x && y >= d.min_y && y <= d.max_y) {
            return (self.exact)(x, y);
        }
        let (u, v) = ((x - d.min_x) * self.a_unit, (y - d.min_y) * self.a_unit);
        let at = [u as u32, v as u32];
        let slot = (at[0] & 63) as usize | ((at[1] & 63) as usize) << 6;
        if self.kept[slot].as_ref().is_none_or(|p| p.at != at) {
            self.kept[slot] = Some(Box::new(self.patch(at)));
        }
        match &self.kept[slot] {
            Some(patch) => patch.value(u - f64::from(at[0]), v - f64::from(at[1])),
            None => (self.exact)(x, y),
        }
    }

    fn patch(&self, at: [u32; 2]) -> Patch<N> {
        let mut nodes = [[[0.0; SIDE]; SIDE]; N];
        for j in 0..SIDE {
            for i in 0..SIDE {
                let node = |from: f64, at: u32, k: usize| {
                    from + (f64::from(at) + k as f64 / (SIDE - 1) as f64) / self.a_unit
                };
                let values =
                    (self.exact)(node(self.domain.min_x, at[0], i), node(self.domain.min_y, at[1], j));
                for (of, value) in nodes.iter_mut().zip(values) {
                    of[j][i] = value;
                }
            }
        }
        Patch { at, nodes }
    }
}

impl<const N: usize> Patch<N> {
    /// The numbers at `u`, `v` of 0 to 1 from the patch's south-west corner.
    fn value(&self, u: f64, v: f64) -> [f64; N] {
        let (along, up) = (weights(u), weights(v));
        let dot =
            |w: &[f64; SIDE], of: &[f64; SIDE]| w[0] * of[0] + w[1] * of[1] + w[2] * of[2] + w[3] * of[3];
        self.nodes.each_ref().map(|rows| dot(&up, &rows.each_ref().map(|row| dot(&along, row))))
    }
}

/// Lagrange's weights of four nodes at equal distances for a place of 0 to 1 between the first and the last.
fn weights(at: f64) -> [f64; SIDE] {
    let t = at * 3.0;
    let (a, b, c) = (t - 1.0, t - 2.0, t - 3.0);
    [-a * b * c / 6.0, t * b * c / 2.0, -t * a * c / 2.0, t * a * b / 6.0]
}
