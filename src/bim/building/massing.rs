//! Footprints by height, podium and tower (QCVN 01:2021 2.6.2: their setbacks are judged apart).
//!
//! **Footprint above h** is the union of the enclosed and used outlines of all storeys above ground whose floor
//! lies at or above h; it can only shrink on the way up.
//!
//! **Podium and tower**: the step with the greatest loss of area parts them, if the loss is at least a fifth of
//! what stands beneath and 20 m², and at least two storeys stand above it: a tum, an attic or one set-back floor
//! makes no tower. The law gives no such numbers; all steps are listed so that an officer can choose another.

use geo::MultiPolygon;

use super::plan::Plan;
use super::round;
use super::storeys::{Kind, Level, Levels};
use crate::bim::facts::{FootprintAbove, Massing, Outline};
use crate::bim::shape::outline::{area, close, union};

/// Least loss of area, as a share of what stands beneath.
const LEAST_SHARE: f64 = 0.2;
/// Least loss of area, m².
const LEAST_M2: f64 = 20.0;
/// Least number of storeys of a tower.
const LEAST_STOREYS: u32 = 2;

/// Steps, podium and tower of a building.
pub fn of(levels: &Levels, plans: &[Plan]) -> Massing {
    let storeys: Vec<(&Level, &Plan)> = levels
        .all
        .iter()
        .zip(plans)
        .filter(|(l, p)| {
            l.above_ground && l.kind.counts() && (!p.enclosed.0.0.is_empty() || !p.used.0.0.is_empty())
        })
        .collect();
    let mut above: Vec<MultiPolygon<f64>> = Vec::with_capacity(storeys.len());
    for (_, plan) in storeys.iter().rev() {
        let next = match above.last() {
            Some(over) => union([over, &plan.enclosed.0, &plan.used.0]),
            None => union([&plan.enclosed.0, &plan.used.0]),
        };
        above.push(close(&next, 0.002));
    }
    above.reverse();
    let areas: Vec<f64> = above.iter().map(area).collect();
    let mut out = Massing {
        steps: storeys
            .iter()
            .zip(&areas)
            .map(|((level, _), area)| FootprintAbove {
                above_m: round(level.z - levels.zero),
                storey: level.name.clone(),
                area_m2: round(*area),
            })
            .collect(),
        ..Massing::default()
    };
    if let Some(i) = step(&storeys, &areas) {
        out.podium_height_m = Some(round(storeys[i].0.z - levels.zero));
        out.podium_storeys = Some(i as u32);
        out.tower_storeys = Some((storeys.len() - i) as u32);
        out.tower_footprint_area_m2 = Some(round(areas[i]));
        out.tower_footprint_local = Some(Outline(above.swap_remove(i)));
    }
    out
}

/// Index of the tower's lowest storey.
fn step(storeys: &[(&Level, &Plan)], areas: &[f64]) -> Option<usize> {
    let whole = |l: &Level| !matches!(l.kind, Kind::Tum | Kind::Attic);
    let loss = |i: usize| areas[i - 1] - areas[i];
    (1..areas.len())
        .filter(|&i| loss(i) >= LEAST_M2 && loss(i) >= LEAST_SHARE * areas[i - 1])
        .filter(|&i| storeys[i..].iter().filter(|(l, _)| whole(l)).count() as u32 >= LEAST_STOREYS)
        .max_by(|a, b| loss(*a).total_cmp(&loss(*b)))
}
