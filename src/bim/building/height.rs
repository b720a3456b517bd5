//! Heights from ±0.00.
//!
//! **Height** (QCVN 01:2021 1.4.25, as far as a model knows): from ±0.00 to the highest point of the building's
//! parts, stair head and pitched roof included; antennas, lightning rods, tanks, solar panels, vents, chimneys
//! and decoration excluded by class, PredefinedType, ObjectType or name.
//!
//! **Depth**: from ±0.00 down to the underside of the lowest floor or wall of the basements; footings and piles
//! do not count. None without a basement.

use super::Level;
use super::parts::Parts;
use super::round;
use super::storeys::Levels;
use crate::bim::element::Context;
use crate::bim::facts::HeightExclusion;
use crate::bim::role::Role;

/// Height and the GlobalId of the highest part; none where nothing stands above ±0.00.
pub fn above_zero(parts: &Parts<'_>, levels: &Levels) -> (Option<f64>, Option<String>) {
    let highest = parts
        .physical
        .iter()
        .filter(|p| p.element.counts_for_height)
        .max_by(|a, b| a.bbox.max[2].total_cmp(&b.bbox.max[2]));
    let Some(part) = highest.filter(|p| p.bbox.max[2] > levels.zero) else { return (None, None) };
    (Some(round(part.bbox.max[2] - levels.zero)), Some(part.element.global_id.clone()))
}

/// Height of all parts, those that do not count too, and each part above `height` that does not count, from the
/// highest down.
pub fn exclusions(
    context: &Context<'_>,
    parts: &Parts<'_>,
    levels: &Levels,
    height: Option<f64>,
) -> (Option<f64>, Vec<HeightExclusion>) {
    let floor = height.unwrap_or(0.0);
    let mut out: Vec<HeightExclusion> = parts
        .physical
        .iter()
        .filter(|p| !p.element.counts_for_height)
        .map(|p| (p, round(p.bbox.max[2] - levels.zero)))
        .filter(|(_, top)| *top > floor)
        .map(|(p, top_m)| {
            let record = context.model.get(p.element.id);
            HeightExclusion {
                global_id: p.element.global_id.clone(),
                entity: record.as_ref().map(|r| r.entity().to_owned()).unwrap_or_default(),
                name: record.as_ref().and_then(|r| r.text("Name")).unwrap_or_default().to_owned(),
                top_m,
            }
        })
        .collect();
    out.sort_by(|a, b| b.top_m.total_cmp(&a.top_m).then_with(|| a.global_id.cmp(&b.global_id)));
    (out.first().map(|e| e.top_m).or(height), out)
}

/// Depth of the basements.
pub fn depth(parts: &Parts<'_>, levels: &Levels) -> Option<f64> {
    let basements: Vec<&Level> = levels.all.iter().filter(|l| l.kind.counts() && !l.above_ground).collect();
    let top = basements.iter().map(|l| l.z).fold(f64::NEG_INFINITY, f64::max);
    if basements.is_empty() {
        return None;
    }
    let carries = |role: Role| matches!(role, Role::Floor | Role::Wall | Role::Column);
    let lowest = parts
        .physical
        .iter()
        .filter(|p| carries(p.element.role) && p.bbox.min[2] < top + 0.5)
        .map(|p| p.bbox.min[2])
        .fold(f64::INFINITY, f64::min);
    lowest.is_finite().then(|| round(levels.zero - lowest)).filter(|d| *d > 0.0)
}
