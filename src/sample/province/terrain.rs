//! The ground's height: a smooth made-up surface with about the real heights of the plateau's towns, its contour
//! lines around the towns, and control points on it.

use std::collections::HashMap;

use geo::{Coord, LineString, Point};

use super::item::{Sample, rounded, values};
use super::place;

/// Elevation of the made-up ground at `c` (EPSG:9218), Hon Dau, metres.
pub fn elevation_m(c: Coord<f64>) -> f64 {
    let (x, y) = (c.x - 412_000.0, c.y - 1_327_000.0);
    600.0
        + y * 0.003
        + 32.0 * (x / 1_500.0).sin() * (y / 1_900.0).cos()
        + 11.0 * ((x + y) / 620.0).sin()
        + 6.0 * ((x - 2.0 * y) / 410.0).cos()
}

/// Spacing of the height grid that contours are traced on, metres.
const CELL_M: f64 = 80.0;

/// Adds contours, 10 m apart, around both towns, and control points.
pub fn add(sample: &mut Sample) {
    for (x, y, half) in [(412_000.0, 1_327_200.0, 3_200.0), (404_300.0, 1_377_000.0, 2_000.0)] {
        let n = (2.0 * half / CELL_M) as usize;
        let origin = Coord { x: x - half, y: y - half };
        for step in 50..90 {
            let level = f64::from(step) * 10.0;
            for line in trace(origin, n, level) {
                if line.len() < 4 {
                    continue;
                }
                let code = sample.next_code("contour", "BD");
                let row = values! { code: code, elevation_m: level, is_index: step % 5 == 0 };
                sample.add("contour", LineString::from(line), row);
            }
        }
    }
    control_points(sample);
}

/// A grid edge that a contour crosses: column, row, and whether it runs along y.
type Edge = (usize, usize, bool);

/// Contour lines of `level` on a grid of `n` × `n` cells (marching squares), joined end to end.
fn trace(origin: Coord<f64>, n: usize, level: f64) -> Vec<Vec<Coord<f64>>> {
    let node =
        |i: usize, j: usize| Coord { x: origin.x + i as f64 * CELL_M, y: origin.y + j as f64 * CELL_M };
    let height = |i: usize, j: usize| elevation_m(node(i, j)) - level;
    let mut joined: HashMap<Edge, Vec<Edge>> = HashMap::new();
    let mut order = Vec::new();
    for j in 0..n {
        for i in 0..n {
            let sides: [(Edge, f64, f64); 4] = [
                ((i, j, false), height(i, j), height(i + 1, j)),
                ((i + 1, j, true), height(i + 1, j), height(i + 1, j + 1)),
                ((i, j + 1, false), height(i, j + 1), height(i + 1, j + 1)),
                ((i, j, true), height(i, j), height(i, j + 1)),
            ];
            let crossed: Vec<Edge> =
                sides.iter().filter(|(_, a, b)| (*a < 0.0) != (*b < 0.0)).map(|s| s.0).collect();
            for pair in crossed.chunks_exact(2) {
                for (a, b) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                    joined
                        .entry(a)
                        .or_insert_with(|| {
                            order.push(a);
                            Vec::new()
                        })
                        .push(b);
                }
            }
        }
    }
    let crossing = |(i, j, along_y): Edge| {
        let (a, b) = (node(i, j), if along_y { node(i, j + 1) } else { node(i + 1, j) });
        let (ha, hb) = (elevation_m(a) - level, elevation_m(b) - level);
        let t = ha / (ha - hb);
        Coord { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t }
    };
    // Open lines begin at an edge with one neighbour; what is left after them are closed rings.
    order.sort_by_key(|e| joined[e].len());
    let mut lines = Vec::new();
    for start in order {
        let mut line = Vec::new();
        let mut at = start;
        while let Some(next) = joined.get_mut(&at).and_then(Vec::pop) {
            if let Some(back) = joined.get_mut(&next) {
                back.retain(|e| *e != at);
            }
            if line.is_empty() {
                line.push(crossing(at));
            }
            line.push(crossing(next));
            at = next;
        }
        if line.len() > 1 {
            lines.push(line);
        }
    }
    lines
}

fn control_points(sample: &mut Sample) {
    for commune in &super::communes::COMMUNES {
        let centre = place(commune.centre);
        for (i, class) in ["II", "III", "DC"].into_iter().enumerate() {
            let at = super::item::on_grid(Coord {
                x: centre.x + 350.0 * i as f64,
                y: centre.y - 210.0 * i as f64,
            });
            let row = values! {
                code: format!("{}{:02}", commune.code, i + 1), class: class, easting_m: rounded(at.x, 3),
                northing_m: rounded(at.y, 3), elevation_m: rounded(elevation_m(at), 3),
                built_year: 2009 + i as i64, condition: "good",
            };
            sample.add("control_point", Point::from(at), row);
        }
    }
}
