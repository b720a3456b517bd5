//! The three outlines of a building.
//!
//! **Footprint**: enclosed outlines and used overhangs of all storeys above ground, one over the other. With
//! doubtful overhangs it is given a second time.
//!
//! **Projection**: the plan view of every physical part higher than 0.5 m below ±0.00 (the ground is at most that
//! far below the ground floor), eaves, canopies and steps included.
//!
//! **Underground**: the plan view of every physical part lower than that: basements, and foundations too.

use geo::{Distance, Euclidean, LineString, MultiPolygon, Point};

use super::parts::{Part, Parts};
use super::plan::Plan;
use super::storeys::{Kind, Levels};
use crate::bim::role::Role;
use crate::bim::shape::outline::{area, boxes_meet, close, difference, intersection, union};
use crate::text::Text;

/// How far below ±0.00 the ground may lie, metres.
const GROUND_BELOW: f64 = 0.5;

/// Outlines with the elements that make them.
pub struct Outlines {
    /// Footprint.
    pub footprint: MultiPolygon<f64>,
    /// Footprint with doubtful overhangs.
    pub with_overhangs: MultiPolygon<f64>,
    /// Projection.
    pub projection: MultiPolygon<f64>,
    /// Underground.
    pub underground: MultiPolygon<f64>,
    /// GlobalIds of the elements at the footprint's edge.
    pub footprint_elements: Vec<String>,
    /// GlobalIds of the elements outside the footprint.
    pub projection_elements: Vec<String>,
    /// Doubts.
    pub notes: Vec<Text>,
}

/// Outlines of a building.
pub fn of(parts: &Parts<'_>, levels: &Levels, plans: &[Plan]) -> Outlines {
    let ground = levels.zero - GROUND_BELOW;
    let above = || {
        let pairs = levels.all.iter().zip(plans);
        pairs.filter(|(l, _)| l.above_ground && l.kind != Kind::Foundation).map(|(_, p)| p)
    };
    let mut notes = Vec::new();
    let mut footprint = seal(&union(above().flat_map(|p| [&p.enclosed.0, &p.used.0])));
    let mut doubtful: Vec<MultiPolygon<f64>> = above().map(|p| p.doubtful.0.clone()).collect();
    if footprint.0.is_empty() && doubtful.iter().all(|d| d.0.is_empty()) {
        footprint = bodies(parts, ground);
        if !footprint.0.is_empty() {
            notes.push(Text::new(
                "không có tường hay sàn bao quanh tầng nào: diện tích chiếm đất là hình chiếu của mọi bộ phận trừ mái",
                "no walls or floors enclose a storey: the footprint is the plan view of all parts but roofs",
            ));
        }
    }
    doubtful.extend(loose_slabs(parts, levels, plans));
    let with_overhangs = seal(&union(std::iter::once(&footprint).chain(&doubtful)));
    let projection = view(parts, ground, f64::INFINITY);
    let underground = view(parts, f64::NEG_INFINITY, ground);
    let projection = seal(&union([&projection, &footprint]));
    Outlines {
        footprint_elements: at_the_edge(parts, plans, &footprint),
        projection_elements: outside(parts, ground, &difference(&projection, &footprint)),
        footprint,
        with_overhangs,
        projection,
        underground: seal(&underground),
        notes,
    }
}

/// Closes the hairlines between parts that should touch (2 mm).
fn seal(a: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    close(a, 0.002)
}

fn view(parts: &Parts<'_>, low: f64, high: f64) -> MultiPolygon<f64> {
    let bands: Vec<MultiPolygon<f64>> = parts.physical.iter().map(|p| p.band(low, high)).collect();
    union(&bands)
}

/// For buildings of proxies only.
fn bodies(parts: &Parts<'_>, ground: f64) -> MultiPolygon<f64> {
    let solid = parts.physical.iter().filter(|p| {
        !matches!(p.element.role, Role::Roof | Role::Canopy | Role::Equipment | Role::Foundation)
    });
    let bands: Vec<MultiPolygon<f64>> = solid.map(|p| p.band(ground, f64::INFINITY)).collect();
    seal(&union(&bands))
}

/// Slabs between the levels, outside the walls, over head height: a canopy or a used floor, who knows.
fn loose_slabs(parts: &Parts<'_>, levels: &Levels, plans: &[Plan]) -> Vec<MultiPolygon<f64>> {
    let known: Vec<usize> = plans.iter().flat_map(|p| p.makers.iter().copied()).collect();
    let top_roof =
        levels.all.iter().filter(|l| l.kind == Kind::Roof).map(|l| l.z).fold(f64::INFINITY, f64::min);
    parts
        .physical
        .iter()
        .enumerate()
        .filter(|(i, p)| {
            let top = p.bbox.max[2];
            p.element.role == Role::Floor
                && !known.contains(i)
                && top > levels.zero + 1.8
                && top < top_roof - 0.6
        })
        .map(|(_, p)| p.plan().clone())
        .collect()
}

fn at_the_edge(parts: &Parts<'_>, plans: &[Plan], footprint: &MultiPolygon<f64>) -> Vec<String> {
    let rings: Vec<&LineString<f64>> = footprint.iter().map(geo::Polygon::exterior).collect();
    let mut makers: Vec<usize> = plans.iter().flat_map(|p| p.makers.iter().copied()).collect();
    makers.sort_unstable();
    makers.dedup();
    let on_edge = |part: &Part<'_>| {
        part.plan().iter().flat_map(|p| p.exterior().points()).any(|p| near_edge(p, &rings))
    };
    sorted(makers.into_iter().map(|i| &parts.physical[i]).filter(|p| on_edge(p)))
}

fn near_edge(p: Point<f64>, rings: &[&LineString<f64>]) -> bool {
    rings.iter().any(|ring| Euclidean.distance(&p, *ring) < 0.005)
}

/// Parts that lie in `beyond`, the projection without the footprint: mostly small, so that most parts need no
/// boolean operation.
fn outside(parts: &Parts<'_>, ground: f64, beyond: &MultiPolygon<f64>) -> Vec<String> {
    sorted(parts.physical.iter().filter(|p| {
        let band = p.band(ground, f64::INFINITY);
        boxes_meet(&band, beyond) && area(&intersection(&band, beyond)) > 0.01
    }))
}

fn sorted<'p, 'a: 'p>(parts: impl Iterator<Item = &'p Part<'a>>) -> Vec<String> {
    let mut ids: Vec<String> =
        parts.map(|p| p.element.global_id.clone()).filter(|id| !id.is_empty()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
