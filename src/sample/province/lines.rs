//! Polylines in map coordinates: walking along, moving aside, smoothing and roughening.

use geo::{Area, Buffer, Coord, Intersects, Line, LineString, MapCoords, MultiPolygon, Polygon, Simplify};

use super::dice::Dice;
use super::item::on_grid;

/// A place on a line with the direction in which the line runs there (unit vector).
#[derive(Debug, Clone, Copy)]
pub struct Station {
    /// Place.
    pub at: Coord<f64>,
    /// Direction of the line.
    pub along: Coord<f64>,
}

impl Station {
    /// The place `left_m` metres to the left of the line (negative: to the right).
    pub fn aside(&self, left_m: f64) -> Coord<f64> {
        Coord { x: self.at.x - self.along.y * left_m, y: self.at.y + self.along.x * left_m }
    }

    /// Compass bearing of the direction, degrees clockwise from grid north, 0 … 360.
    pub fn bearing_deg(&self) -> f64 {
        self.along.x.atan2(self.along.y).to_degrees().rem_euclid(360.0)
    }
}

/// Stations every `step_m` metres along `points`, the first after `first_m`.
pub fn stations(points: &[Coord<f64>], first_m: f64, step_m: f64) -> Vec<Station> {
    let mut found = Vec::new();
    let (mut next, mut walked) = (first_m, 0.0);
    for pair in points.windows(2) {
        let (d, along) = direction(pair[0], pair[1]);
        while next <= walked + d && d > 0.0 {
            let t = next - walked;
            found.push(Station {
                at: Coord { x: pair[0].x + along.x * t, y: pair[0].y + along.y * t },
                along,
            });
            next += step_m;
        }
        walked += d;
    }
    found
}

/// Length of the line, metres.
pub fn length(points: &[Coord<f64>]) -> f64 {
    points.windows(2).map(|p| direction(p[0], p[1]).0).sum()
}

/// Distance and unit vector from `a` to `b`.
pub fn direction(a: Coord<f64>, b: Coord<f64>) -> (f64, Coord<f64>) {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let d = dx.hypot(dy);
    if d > 0.0 { (d, Coord { x: dx / d, y: dy / d }) } else { (0.0, Coord { x: 0.0, y: 0.0 }) }
}

/// The line moved `left_m` metres to its left, corners mitred. For lines without sharp bends.
pub fn moved_left(points: &[Coord<f64>], left_m: f64) -> Vec<Coord<f64>> {
    let last = points.len() - 1;
    (0..=last)
        .map(|i| {
            let (_, before) = direction(points[i.saturating_sub(1)], points[i.max(1)]);
            let (_, after) = direction(points[i.min(last - 1)], points[(i + 1).min(last)]);
            let normal = Coord { x: -(before.y + after.y), y: before.x + after.x };
            // |n1 + n2|² = 2 + 2 cos; the mitre is (n1 + n2) / (1 + cos).
            let scale = left_m / (1.0 + before.x * after.x + before.y * after.y).max(0.5);
            Coord { x: points[i].x + normal.x * scale, y: points[i].y + normal.y * scale }
        })
        .collect()
}

/// The line with its corners cut `times` times (Chaikin); its ends stay.
pub fn smoothed(points: &[Coord<f64>], times: u32) -> Vec<Coord<f64>> {
    let mix =
        |a: Coord<f64>, b: Coord<f64>, t: f64| Coord { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t };
    let mut line = points.to_vec();
    for _ in 0..times {
        let mut next = vec![line[0]];
        for pair in line.windows(2) {
            next.push(mix(pair[0], pair[1], 0.25));
            next.push(mix(pair[0], pair[1], 0.75));
        }
        next.push(line[line.len() - 1]);
        line = next;
    }
    line
}

/// A natural-looking line through `points`: middles displaced by up to `roughness` of the distance, then smoothed.
pub fn winding(points: &[Coord<f64>], roughness: f64, shortest_m: f64, dice: &mut Dice) -> Vec<Coord<f64>> {
    let mut line = points.to_vec();
    loop {
        let mut next = vec![line[0]];
        for pair in line.windows(2) {
            let (d, along) = direction(pair[0], pair[1]);
            if d > shortest_m {
                let off = d * dice.real(-roughness, roughness);
                let t = d * dice.real(0.4, 0.6);
                next.push(Coord {
                    x: pair[0].x + along.x * t - along.y * off,
                    y: pair[0].y + along.y * t + along.x * off,
                });
            }
            next.push(pair[1]);
        }
        if next.len() == line.len() {
            return smoothed(&line, 2);
        }
        line = next;
    }
}

/// The line without its first and last `off_m` metres.
pub fn trimmed(points: &[Coord<f64>], off_m: f64) -> Vec<Coord<f64>> {
    let one_end = |points: Vec<Coord<f64>>| -> Vec<Coord<f64>> {
        let start = stations(&points, off_m, f64::INFINITY).first().map(|s| s.at);
        let mut walked = 0.0;
        let rest = points.windows(2).filter_map(|p| {
            walked += direction(p[0], p[1]).0;
            (walked > off_m).then_some(p[1])
        });
        let mut line: Vec<Coord<f64>> = start.into_iter().chain(rest).collect();
        line.reverse();
        line
    };
    one_end(one_end(points.to_vec()))
}

/// The strip within `half_width_m` of the line, its largest part, valid on the store's grid.
pub fn strip(points: &[Coord<f64>], half_width_m: f64) -> Polygon<f64> {
    let line = LineString::from(points.to_vec());
    let at = |half_m: f64| largest(line.buffer(half_m)).simplify(0.2).map_coords(on_grid);
    // Rounded to the grid, an edge may touch another; a strip wider by a centimetre has other roundings.
    let tries = (0..9).map(|i| at(half_width_m + 0.01 * f64::from(i)));
    tries.into_iter().find(|p| is_simple(p.exterior())).unwrap_or_else(|| at(half_width_m))
}

/// Whether the closed ring touches itself nowhere. geo's validation compares all pairs of edges, which takes seconds
/// on the long strips of rivers; here edges are compared only where their extents in x overlap.
pub fn is_simple(ring: &LineString<f64>) -> bool {
    let mut edges: Vec<(usize, Line<f64>)> = ring.lines().enumerate().collect();
    let last = edges.len().saturating_sub(1);
    let low = |l: &Line<f64>| l.start.x.min(l.end.x);
    edges.sort_by(|a, b| low(&a.1).total_cmp(&low(&b.1)));
    edges.iter().enumerate().all(|(n, (i, a))| {
        let right = a.start.x.max(a.end.x);
        edges[n + 1..].iter().take_while(|(_, b)| low(b) <= right).all(|(j, b)| {
            let neighbours = i.abs_diff(*j) == 1 || i.abs_diff(*j) == last;
            neighbours || !a.intersects(b)
        })
    })
}

/// The largest polygon of several, without holes.
pub fn largest(polygons: MultiPolygon<f64>) -> Polygon<f64> {
    let biggest = polygons.into_iter().max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()));
    biggest.map_or_else(
        || Polygon::new(LineString::new(vec![]), vec![]),
        |p| Polygon::new(p.exterior().clone(), vec![]),
    )
}

/// A rounded patch: an ellipse of half axes `half_m`, turned by `turn_deg`, its edge uneven by `rough`.
pub fn patch(
    centre: Coord<f64>,
    half_m: [f64; 2],
    turn_deg: f64,
    rough: f64,
    dice: &mut Dice,
) -> Polygon<f64> {
    let (sin, cos) = turn_deg.to_radians().sin_cos();
    let phases = [dice.real(0.0, 6.3), dice.real(0.0, 6.3), dice.real(0.0, 6.3)];
    let ring = (0..48).map(|i| {
        let angle = f64::from(i) / 48.0 * std::f64::consts::TAU;
        let wave: f64 =
            (2..5).zip(phases).map(|(k, p)| (angle * f64::from(k) + p).sin() / f64::from(k)).sum();
        let (x, y) =
            (half_m[0] * angle.cos() * (1.0 + rough * wave), half_m[1] * angle.sin() * (1.0 + rough * wave));
        Coord { x: centre.x + x * cos - y * sin, y: centre.y + x * sin + y * cos }
    });
    Polygon::new(ring.collect(), vec![])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Vec<Coord<f64>> {
        points.iter().map(|p| Coord::from(*p)).collect()
    }

    #[test]
    fn rings_that_cross_or_touch_themselves_are_found() {
        let ring = |points: &[(f64, f64)]| LineString::from(line(points));
        assert!(is_simple(&ring(&[(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0), (0.0, 0.0)])));
        assert!(!is_simple(&ring(&[(0.0, 0.0), (4.0, 3.0), (4.0, 0.0), (0.0, 3.0), (0.0, 0.0)])));
        assert!(!is_simple(&ring(&[(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 0.0), (0.0, 3.0), (0.0, 0.0)])));
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "whole metres, exact in doubles")]
    fn lines_are_walked_moved_and_trimmed() {
        let bent = line(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]);
        let at: Vec<(f64, f64)> = stations(&bent, 5.0, 10.0).iter().map(|s| (s.at.x, s.at.y)).collect();
        assert_eq!(at, vec![(5.0, 0.0), (10.0, 5.0)]);
        assert_eq!(moved_left(&bent, 1.0), line(&[(0.0, 1.0), (9.0, 1.0), (9.0, 10.0)]));
        assert_eq!(trimmed(&bent, 2.0), line(&[(2.0, 0.0), (10.0, 0.0), (10.0, 8.0)]));
        assert_eq!(length(&bent), 20.0);
        assert_eq!(stations(&bent, 15.0, 99.0)[0].bearing_deg(), 0.0);
    }

    #[test]
    fn a_strip_has_its_width() {
        let strip = strip(&line(&[(0.0, 0.0), (100.0, 0.0)]), 5.0);
        let area = strip.unsigned_area();
        assert!((area - 1_000.0 - 25.0 * std::f64::consts::PI).abs() < 12.0, "{area}");
    }
}
