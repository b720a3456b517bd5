//! Areas by storey and use, FAR area, and the values that the model declares beside the measured ones.
//!
//! **Gross floor area** is the sum over basements, storeys, attic, technical floors and tum (plan's gross area).
//!
//! **By use**: a storey's gross area, shared out in proportion to the areas of its spaces by use.
//!
//! **FAR area**: gross floor area less the shares of technical, fire, refuge and parking spaces; technical
//! storeys wholly. None where a storey with area gives no use.
//!
//! **Ground floor area**: the gross area of the storey above ground that is nearest to ±0.00.
//!
//! **Declared**: quantity and property sets of the building or storey by the names below, such as
//! Qto_BuildingStoreyBaseQuantities and Qto_BuildingBaseQuantities (BaseQuantities in IFC2X3), each with set and
//! name; never used instead of a measured value. A difference above 1 % is a warning.

use std::collections::BTreeMap;

use super::plan::Plan;
use super::round;
use super::storeys::{Kind, Level, Levels};
use crate::bim::element::Context;
use crate::bim::facts::{BuildingFacts, Measured, StoreyFacts};
use crate::bim::shape::outline;
use crate::bim::uses;
use crate::text::Text;

/// Names of a storey's or building's gross floor area.
const GROSS: &[&str] = &["GrossFloorArea", "GrossArea"];
/// Names of a building's footprint.
const FOOTPRINT: &[&str] = &["FootPrintArea", "FootprintArea", "GrossFootprintArea"];

/// Names of a building's area for the floor area ratio.
const FAR: &[&str] = &["FARArea", "Diện tích tính hệ số sử dụng đất", "Diện tích sàn tính hệ số sử dụng đất"];
/// Names of a building's height. IFC names no other than `Height`.
const HEIGHT: &[&str] = &["Height", "BuildingHeight", "Chiều cao", "Chiều cao công trình"];
/// Names of the largest span; the standard has none.
const SPAN: &[&str] = &["Span", "MaxSpan", "LargestSpan", "Nhịp", "Nhịp lớn nhất", "Nhịp kết cấu lớn nhất"];
/// Names of the depth below ground; the standard has none.
const DEPTH: &[&str] =
    &["BasementDepth", "UndergroundDepth", "Chiều sâu tầng hầm", "Độ sâu tầng hầm", "Chiều sâu ngầm"];

/// Fills storeys, areas and declared values.
pub fn fill(
    context: &Context<'_>,
    building: u32,
    levels: &Levels,
    plans: &[Plan],
    out: &mut BuildingFacts,
    notes: &mut Vec<Text>,
) {
    let uses = Uses::read(context);
    let declared = |id: u32, names: &[&str], scale: f64| {
        let found = context.properties.declared(context.model, &context.units, id, names, scale);
        found.map(|(value, source)| (round(value), source))
    };
    let (length, square) = (context.units.length_m, context.units.area_m2);
    let (mut gross, mut outside_far, mut unknown, mut any) = (0.0, 0.0, false, false);
    for (level, plan) in levels.all.iter().zip(plans) {
        let measured = if level.kind.counts() { outline::area(&plan.gross) } else { 0.0 };
        let shares = uses.shares(level);
        let named = context.named(level.id);
        let main = shares.iter().max_by(|a, b| a.1.total_cmp(b.1)).map(|(name, _)| name.clone());
        if measured > 0.0 {
            any = true;
            gross += measured;
            for (name, share) in &shares {
                *out.area_by_use_m2.entry(name.clone()).or_default() += measured * share;
            }
            match level.kind {
                Kind::Technical => outside_far += measured,
                Kind::Tum => outside_far += measured * outside(&shares),
                _ if shares.is_empty() => unknown = true,
                _ => outside_far += measured * outside(&shares),
            }
        }
        let mut gross_area_m2 = Measured::only(level.kind.counts().then(|| round(measured)));
        gross_area_m2.declare(declared(level.id, GROSS, square));
        out.storeys.push(StoreyFacts {
            global_id: named.global_id,
            name: level.name.clone(),
            elevation_m: round(level.z - levels.zero),
            above_ground: level.above_ground,
            kind: level.kind.name().to_owned(),
            use_: main,
            gross_area_m2,
            area_by_use_m2: shares
                .into_iter()
                .filter(|_| measured > 0.0)
                .map(|(name, share)| (name, round(measured * share)))
                .collect(),
        });
    }
    for area in out.area_by_use_m2.values_mut() {
        *area = round(*area);
    }
    out.gross_floor_area_m2.measured = any.then(|| round(gross));
    out.far_area_m2.measured = (any && !unknown).then(|| round(gross - outside_far));
    let ground = levels.all.iter().zip(&out.storeys).filter(|(l, s)| l.kind.counts() && s.above_ground);
    let ground = ground.min_by(|a, b| a.1.elevation_m.abs().total_cmp(&b.1.elevation_m.abs()));
    if let Some((_, storey)) = ground {
        out.ground_floor_area_m2 = storey.gross_area_m2.clone();
        // No floor was found, which is not a floor of nothing.
        out.ground_floor_area_m2.measured = storey.gross_area_m2.measured.filter(|a| *a > 0.0);
    }
    out.gross_floor_area_m2.declare(declared(building, GROSS, square).or_else(|| sum_declared(&out.storeys)));
    out.footprint_area_m2.declare(declared(building, FOOTPRINT, square));
    out.far_area_m2.declare(declared(building, FAR, square));
    out.height_m.declare(declared(building, HEIGHT, length));
    out.span = Measured::only(out.span_m);
    out.span.declare(declared(building, SPAN, length));
    out.depth = Measured::only(out.depth_m);
    out.depth.declare(declared(building, DEPTH, length));
    out.building_use = uses::of_building(context, building);
    differences(out, notes);
}

fn outside(shares: &BTreeMap<String, f64>) -> f64 {
    shares.iter().filter(|(name, _)| uses::is_outside_far(name)).map(|(_, share)| share).sum()
}

/// The storeys' declared areas together, where every storey that counts declares one.
fn sum_declared(storeys: &[StoreyFacts]) -> Option<(f64, String)> {
    let counted = storeys.iter().filter(|s| s.gross_area_m2.measured.is_some());
    let values: Option<Vec<f64>> = counted.map(|s| s.gross_area_m2.declared).collect();
    let name = storeys.iter().find_map(|s| s.gross_area_m2.declared_source.clone())?;
    values.filter(|v| !v.is_empty()).map(|v| (round(v.iter().sum()), format!("sum of {name}")))
}

/// Spaces with use and area by storey.
struct Uses {
    by_storey: BTreeMap<u32, Vec<(Option<String>, f64)>>,
}

impl Uses {
    fn read(context: &Context<'_>) -> Self {
        let mut by_storey: BTreeMap<u32, Vec<(Option<String>, f64)>> = BTreeMap::new();
        for id in context.model.all("IfcSpace") {
            let up = context.relations.upwards(id);
            let storey = up.into_iter().skip(1).find(|u| {
                context.model.get(*u).is_some_and(|r| context.model.is_a(r.entity(), "IfcBuildingStorey"))
            });
            let Some(storey) = storey else { continue };
            // The space's own plan; where it has no solid, its declared area.
            let measured = context.solid(id).map(|s| outline::area(&s.plan())).filter(|a| *a > 0.0);
            let area = measured.or_else(|| {
                let names = ["NetFloorArea", "GrossFloorArea", "NetArea", "GrossArea"];
                context.properties.quantity(context.model, &context.units, id, &names)
            });
            by_storey.entry(storey).or_default().push((uses::of_space(context, id), area.unwrap_or(0.0)));
        }
        Self { by_storey }
    }

    /// Share of each use on a storey, together 1; empty where no space names a use. Spaces without use are left
    /// out where others name one.
    fn shares(&self, level: &Level) -> BTreeMap<String, f64> {
        let spaces = self.by_storey.get(&level.id).map_or(&[][..], Vec::as_slice);
        let mut out: BTreeMap<String, f64> = BTreeMap::new();
        for (name, area) in spaces {
            if let Some(name) = name {
                // A space of unknown size still names the storey's use.
                *out.entry(name.clone()).or_default() += area.max(1e-6);
            }
        }
        let total: f64 = out.values().sum();
        for share in out.values_mut() {
            *share /= total;
        }
        out
    }
}

/// Declared values that disagree with what the solids show.
fn differences(out: &BuildingFacts, notes: &mut Vec<Text>) {
    let mut compare = |vi: &str, en: &str, value: &Measured, unit: &str| {
        let (Some(m), Some(d)) = (value.measured, value.declared) else { return };
        if (m - d).abs() > 0.01 * m.abs().max(d.abs()) {
            notes.push(Text::new(
                format!("{vi}: mô hình khai báo {d} {unit}, hình học đo được {m} {unit}"),
                format!("{en}: the model declares {d} {unit}, its geometry measures {m} {unit}"),
            ));
        }
    };
    for storey in &out.storeys {
        let (vi, en) = (
            format!("diện tích sàn «{}»", storey.name),
            format!("gross floor area of storey “{}”", storey.name),
        );
        compare(&vi, &en, &storey.gross_area_m2, "m²");
    }
    compare("tổng diện tích sàn", "gross floor area", &out.gross_floor_area_m2, "m²");
    compare("diện tích chiếm đất", "footprint", &out.footprint_area_m2, "m²");
    compare("chiều cao", "height", &out.height_m, "m");
    compare("nhịp lớn nhất", "largest span", &out.span, "m");
    compare("chiều sâu ngầm", "depth below ground", &out.depth, "m");
    compare("diện tích tính hệ số sử dụng đất", "FAR area", &out.far_area_m2, "m²");
}
