//! What a building measures. Each file says how its numbers are made.
//!
//! - `storeys`: levels, kinds and ±0.00; `count`: NĐ 217 Art. 49.9
//! - `plan`: one storey's enclosed area, floors, overhangs, gross area
//! - `outlines`: footprint, projection, underground
//! - `height`, `span`: highest point, depth, largest span
//! - `massing`: footprints by height, podium and tower; `overhangs`: what hangs beyond the ground floor's walls
//! - `provision`: parking and planted areas
//! - `areas`: uses, FAR area, declared values

mod areas;
mod height;
mod massing;
mod outlines;
mod overhangs;
mod parts;
mod plan;
pub mod provision;
mod span;
mod storeys;

use super::element::Context;
use super::facts::{BuildingFacts, Georeference, Measured, Outline};
use super::shape::outline;
use crate::text::Text;
use parts::Parts;
use storeys::{Level, Levels};

/// Facts of every IfcBuilding, in file order.
pub fn measure(
    context: &Context<'_>,
    georeference: Option<&Georeference>,
    notes: &mut Vec<Text>,
) -> Vec<BuildingFacts> {
    let mut by_building = context.elements_by_building();
    let buildings = context.model.all("IfcBuilding");
    if buildings.is_empty() {
        notes.push(Text::new(
            "không có IfcBuilding: không đo được công trình nào",
            "there is no IfcBuilding: nothing is measured",
        ));
    }
    buildings
        .into_iter()
        .map(|id| {
            let parts = Parts::new(context, by_building.remove(&Some(id)).unwrap_or_default());
            one(context, id, &parts, georeference, notes)
        })
        .collect()
}

fn one(
    context: &Context<'_>,
    id: u32,
    parts: &Parts<'_>,
    georeference: Option<&Georeference>,
    notes: &mut Vec<Text>,
) -> BuildingFacts {
    let named = context.named(id);
    let mut levels = Levels::read(context, id, parts);
    let mut plans: Vec<plan::Plan> = Vec::new();
    for level in &levels.all {
        plans.push(plan::of(parts, level, &levels, plans.last()));
    }
    storeys::settle_kinds(&mut levels, &plans, parts);
    let lines = outlines::of(parts, &levels, &plans);
    let (height, highest_element) = height::above_zero(parts, &levels);
    let (height_with_exclusions_m, height_exclusions) = height::exclusions(context, parts, &levels, height);
    let mut out = BuildingFacts {
        global_id: named.global_id,
        name: named.name,
        zero_level_m: round(levels.zero),
        zero_level_source: levels.zero_source.clone(),
        zero_level_elevation_m: elevation(georeference, levels.zero),
        storey_count: storeys::count(&levels),
        height_m: Measured::only(height),
        height_with_exclusions_m,
        height_exclusions,
        massing: massing::of(&levels, &plans),
        overhangs: overhangs::of(parts, &levels, &plans),
        highest_element,
        span_m: span::largest(&levels, &plans),
        depth_m: height::depth(parts, &levels),
        footprint_area_m2: measured(&lines.footprint),
        footprint_area_with_overhangs_m2: Some(round(outline::area(&lines.with_overhangs))),
        projection_area_m2: measured(&lines.projection),
        footprint_elements: lines.footprint_elements,
        projection_elements: lines.projection_elements,
        projection_local: Outline(lines.projection),
        underground_local: Outline(lines.underground),
        ..BuildingFacts::default()
    };
    let doubtful = outline::area(&lines.with_overhangs) - outline::area(&lines.footprint) > 0.005;
    out.footprint_with_overhangs_local = doubtful.then_some(Outline(lines.with_overhangs));
    out.footprint_local = Outline(lines.footprint);
    areas::fill(context, id, &levels, &plans, &mut out, notes);
    let name = if out.name.is_empty() { out.global_id.clone() } else { out.name.clone() };
    notes.extend(lines.notes.into_iter().chain(levels.notes).map(|note| {
        Text::new(format!("công trình «{name}»: {}", note.vi), format!("building “{name}”: {}", note.en))
    }));
    out
}

/// Height of ±0.00 over the vertical datum, where one is named.
fn elevation(georeference: Option<&Georeference>, zero: f64) -> Option<f64> {
    let g = georeference?;
    g.vertical_datum.as_ref()?;
    Some(round(g.orthogonal_height_m? + g.scale * zero))
}

fn measured(of: &geo::MultiPolygon<f64>) -> Measured {
    let area = outline::area(of);
    Measured::only((area > 0.0).then(|| round(area)))
}

/// To the millimetre, or square millimetres' thousandfold: what is shown is what is compared.
fn round(x: f64) -> f64 {
    let rounded = (x * 1000.0).round() / 1000.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}
