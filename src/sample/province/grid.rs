//! A district's street grid: streets along u and v in a frame of metres, turned and gently bent onto the map.
//!
//! Every corner is mapped by one function of (u, v) and rounded to 0.1 mm, so that what shares a corner in the
//! frame shares it on the map, bent or not.

use geo::Coord;

use super::dice::Dice;
use super::item::on_grid;

/// A point of a frame, metres.
pub type Uv = [f64; 2];

/// The way from a district's frame to EPSG:9218.
#[derive(Debug, Clone)]
pub struct Frame {
    /// EPSG:9218 (E, N) of u = v = 0.
    pub origin: [f64; 2],
    /// From grid east to the u axis, degrees, anticlockwise.
    pub rotation_deg: f64,
    /// Rectangle (lowest, highest) within which the frame is not bent: a demo quarter.
    pub straight: Option<(Uv, Uv)>,
    /// How far streets are bent off their line, metres.
    pub bend_m: f64,
    /// Phases of the bends, radians.
    pub phase: [f64; 2],
}

/// Distance over which a bend swings by one radian, metres. With `bend_m` up to 60 no street turns by more than
/// about 9°, so that the map stays one to one.
const BEND_LENGTH_M: f64 = 400.0;
/// Distance from the straight rectangle at which the bends have their full size, metres.
const BEND_IN_M: f64 = 700.0;

impl Frame {
    /// A point of the frame in EPSG:9218, on the 0.1 mm grid.
    pub fn to_map(&self, [u, v]: Uv) -> Coord<f64> {
        let size = self.bend_m * self.bend_share([u, v]);
        let [bu, bv] = [(v / BEND_LENGTH_M + self.phase[0]).sin(), (u / BEND_LENGTH_M + self.phase[1]).sin()];
        let (u, v) = (u + size * bu, v + size * bv);
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        on_grid(Coord { x: self.origin[0] + u * cos - v * sin, y: self.origin[1] + u * sin + v * cos })
    }

    /// From 0 in the straight rectangle to 1 far from it, smoothly.
    fn bend_share(&self, p: Uv) -> f64 {
        let Some((low, high)) = self.straight else { return 1.0 };
        let off = |i: usize| (low[i] - p[i]).max(p[i] - high[i]).max(0.0);
        let t = (off(0).hypot(off(1)) / BEND_IN_M).min(1.0);
        t * t * (3.0 - 2.0 * t)
    }

    /// The frame's polyline through `points` on the map, with a vertex at least every 25 m.
    pub fn line(&self, points: &[Uv]) -> Vec<Coord<f64>> {
        let mut line = vec![self.to_map(points[0])];
        for pair in points.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            let pieces = ((b[0] - a[0]).hypot(b[1] - a[1]) / 25.0).ceil().max(1.0) as u32;
            for i in 1..=pieces {
                let t = f64::from(i) / f64::from(pieces);
                line.push(self.to_map([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]));
            }
        }
        line
    }
}

/// Class of a street.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Main street of the town, code `urban`.
    Urban,
    /// Street of the quarter, code `area`.
    Area,
    /// Street within the quarter, code `local`.
    Local,
}

impl Class {
    /// Code of `planning_class`.
    pub const fn planning_code(self) -> &'static str {
        match self {
            Self::Urban => "urban",
            Self::Area => "area",
            Self::Local => "local",
        }
    }

    /// Code of `road_class`.
    pub const fn road_code(self) -> &'static str {
        match self {
            Self::Urban => "urban_main",
            Self::Area => "urban_area",
            Self::Local => "urban_local",
        }
    }

    /// Usual width between red lines, metres.
    pub const fn width_m(self) -> f64 {
        match self {
            Self::Urban => 30.0,
            Self::Area => 20.5,
            Self::Local => 13.0,
        }
    }
}

/// A street across the whole grid, between its red lines.
#[derive(Debug, Clone)]
pub struct Street {
    /// Lower red line, u or v, metres.
    pub low: f64,
    /// Upper red line.
    pub high: f64,
    /// Class.
    pub class: Class,
    /// Name.
    pub name: String,
    /// Divides the blocks beside a demo quarter, but does not run through it.
    pub around_quarter: bool,
}

impl Street {
    /// Between the red lines, metres.
    pub fn width_m(&self) -> f64 {
        // Frames hold decimetres; the difference shall not show the noise of doubles.
        ((self.high - self.low) * 1e3).round() / 1e3
    }

    /// Its middle.
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

/// How streets follow each other away from the fixed ones.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// Depth of the blocks between streets, metres, lowest and highest.
    pub block_m: [f64; 2],
    /// Each so many streets one is of class area.
    pub area_every: usize,
    /// Each so many streets one is of class urban.
    pub urban_every: usize,
}

/// Streets in one direction from `low` to `high`: the `fixed` ones and, on both sides, those of `pattern`.
pub fn lay_streets(fixed: &[Street], low: f64, high: f64, pattern: Pattern, dice: &mut Dice) -> Vec<Street> {
    let mut streets = fixed.to_vec();
    let class = |n: usize| match n {
        n if n % pattern.urban_every == 0 => Class::Urban,
        n if n % pattern.area_every == 0 => Class::Area,
        _ => Class::Local,
    };
    // Whole metres keep blocks easy to read on the map.
    let mut block = || dice.real(pattern.block_m[0], pattern.block_m[1]).round();
    let mut n = 1;
    while let Some(last) = streets.last().map(|s| s.high).filter(|h| *h < high) {
        let (class, from) = (class(n), last + block());
        streets.push(Street {
            low: from,
            high: from + class.width_m(),
            class,
            name: String::new(),
            around_quarter: false,
        });
        n += 1;
    }
    n = 1;
    while let Some(first) = streets.first().map(|s| s.low).filter(|l| *l > low) {
        let (class, to) = (class(n), first - block());
        let low = to - class.width_m();
        streets.insert(0, Street { low, high: to, class, name: String::new(), around_quarter: false });
        n += 1;
    }
    streets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "the same arithmetic must give the same bits")]
    fn a_straight_rectangle_is_turned_and_nothing_else() {
        let q = &crate::sample::demo_sites::GIA_NGHIA;
        let frame = Frame {
            origin: q.origin,
            rotation_deg: q.rotation_deg,
            straight: Some(([0.0, 0.0], q.size)),
            bend_m: 60.0,
            phase: [0.3, 1.1],
        };
        for p in [[0.0, 0.0], [146.0, 0.0], [146.0, 238.5], [33.0, 117.0]] {
            let [x, y] = q.to_map(p);
            assert_eq!(frame.to_map(p), Coord { x, y });
        }
        assert_ne!(frame.to_map([600.0, 600.0]).x, q.to_map([600.0, 600.0])[0]);
    }

    #[test]
    fn streets_and_blocks_alternate_over_the_whole_length() {
        let fixed =
            [Street { low: 0.0, high: 13.0, class: Class::Local, name: "A".into(), around_quarter: false }];
        let pattern = Pattern { block_m: [40.0, 48.0], area_every: 4, urban_every: 9 };
        let streets = lay_streets(&fixed, -500.0, 500.0, pattern, &mut Dice::new(1, "test"));
        assert!(streets[0].low <= -500.0 && streets.last().unwrap().high >= 500.0);
        for pair in streets.windows(2) {
            let depth = pair[1].low - pair[0].high;
            assert!((40.0..=48.0).contains(&depth), "{depth}");
        }
    }
}
