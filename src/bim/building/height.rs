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
