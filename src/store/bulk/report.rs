//! What a bulk change came to. Lists are bounded, counts are exact.

use crate::store::feed::Position;
use crate::store::units::Filled;
use crate::text::Text;

/// Rejections and repairs that a report lists; the rest are only counted.
pub const LISTED: usize = 1000;

/// A row that was refused or repaired.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Noted {
    /// Where the row comes from.
    pub place: String,
    /// Why.
    pub reason: Text,
    /// What the repair did to the area; none where none was at stake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaChange>,
}

/// The area of a geometry before and after its repair, in m² of EPSG:9218.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct AreaChange {
    /// As the faulty rings had it, by PostGIS (`ST_Area`).
    pub before_m2: f64,
    /// As it is stored.
    pub after_m2: f64,
}

impl AreaChange {
    /// Whether the repair left the area as it was, but for 1 % or, where that is more, 1 m² (never more than a tenth
    /// of it): a spike cut off, a vertex passed twice. A bow tie, whose halves cancel each other out, is no area
    /// that could be kept; what its owner meant is not ours to guess.
    pub fn is_small(self) -> bool {
        let bound = (self.before_m2 * 0.01).max(1.0).min(self.before_m2 * 0.1);
        (self.after_m2 - self.before_m2).abs() <= bound
    }
}

/// What a bulk change came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BulkReport {
    /// Rows that were pushed.
    pub read: u64,
    /// New items.
    pub inserted: u64,
    /// Items that changed.
    pub updated: u64,
    /// Rows that are as the layer has them.
    pub unchanged: u64,
    /// Items that were closed (replace).
    pub closed: u64,
    /// Rows whose geometry was made valid.
    pub repaired: u64,
    /// Rows that were refused.
    pub rejected: u64,
    /// How much area the repairs added or took away, in m², all together.
    pub repaired_area_m2: f64,
    /// The first of the repaired ones, at most [`LISTED`].
    pub repairs: Vec<Noted>,
    /// The first of the refused ones, at most [`LISTED`].
    pub rejections: Vec<Noted>,
    /// What the boundaries said of the rows' communes.
    pub units: Filled,
    /// Where the database stands; none for a dry run or if nothing changed.
    pub position: Option<Position>,
}

impl BulkReport {
    /// Counts a refused row.
    pub fn reject(&mut self, place: impl Into<String>, reason: Text) {
        self.rejected += 1;
        if self.rejections.len() < LISTED {
            self.rejections.push(Noted { place: place.into(), reason, area: None });
        }
    }

    /// Adds what was repaired and refused elsewhere.
    pub(super) fn add(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.repaired += other.repaired;
        self.repaired_area_m2 += other.repaired_area_m2;
        let room = |list: &Vec<Noted>| LISTED - list.len().min(LISTED);
        let (rejections, repairs) = (room(&self.rejections), room(&self.repairs));
        self.rejections.extend(other.rejections.into_iter().take(rejections));
        self.repairs.extend(other.repairs.into_iter().take(repairs));
    }

    /// Counts a repaired row.
    pub fn repair(&mut self, place: impl Into<String>, reason: Text, area: Option<AreaChange>) {
        self.repaired += 1;
        self.repaired_area_m2 += area.map_or(0.0, |a| (a.after_m2 - a.before_m2).abs());
        if self.repairs.len() < LISTED {
            self.repairs.push(Noted { place: place.into(), reason, area });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repair_may_move_little_area() {
        for (before_m2, after_m2, small) in [
            (1000.0, 1009.0, true),
            (1000.0, 1011.0, false),
            (20.0, 20.9, true),
            (20.0, 21.1, false),
            (0.5, 0.6, false),
            (0.0, 50.0, false),
            (100.0, 100.0, true),
        ] {
            assert_eq!(AreaChange { before_m2, after_m2 }.is_small(), small, "{before_m2} → {after_m2}");
        }
    }
}
