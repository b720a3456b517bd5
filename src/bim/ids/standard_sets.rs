//! Names of the property sets that buildingSMART publishes for each schema. Names that begin with `Pset_` are theirs alone
//! (property-facet.md).

use super::schema::Version;

/// What is reserved for published sets.
pub const RESERVED: &str = "Pset_";

/// Whether `name` is a published set of the schema.
pub fn has_set(version: Version, name: &str) -> bool {
    let names = match version {
        Version::Ifc2x3 => include_str!("schema/ifc2x3_sets.txt"),
        Version::Ifc4 => include_str!("schema/ifc4_sets.txt"),
        Version::Ifc4x3 => include_str!("schema/ifc4x3_sets.txt"),
    };
    names.lines().any(|line| line == name)
}
