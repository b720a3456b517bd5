//! The check catalogue (domain §3, §4): facts in, verdicts out. Pure and repeatable: no clock, no random id, sorted
//! lists, geometry rounded to 1 mm, comparison on the value as shown (0.01).

mod authority;
mod context;
mod density;
mod finding;
mod land;
mod limits;
mod lines;
mod model;
mod number;
mod recheck;
mod region;
mod run;
mod setback;
mod vertical;

pub use authority::{Authority, AuthorityKind, Class, authority};
pub use recheck::{Difference, RunHashes, hashes, recheck};
pub use run::{CHECKER_VERSION, GEOMETRY_ENGINE, run};

/// Layers that a run reads, with the distance around the parcels and the model's outlines within which their
/// features are wanted, metres. A distance of 0 means those that touch them.
pub fn needed_layers() -> &'static [(&'static str, f64)] {
    // Red and building lines are met across the half street only; a street of an urban class is up to 60 m wide.
    &[
        ("admin_commune", 0.0),
        ("admin_province", 0.0),
        ("arch_zone", 0.0),
        ("building", 0.0),
        ("building_line", 60.0),
        ("industrial_zone", 0.0),
        ("parcel", 0.0),
        ("plan_boundary", 0.0),
        ("red_line", 60.0),
        ("road", 60.0),
        ("zoning_lot", 0.0),
    ]
}

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;
