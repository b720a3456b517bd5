//! The sample building models of `ifc-samples/`: IFC files made by the program, the same bytes on every run.

mod apartment;
mod backbone;
mod design;
mod details;
#[cfg(test)]
mod facts_tests;
mod georeference;
mod guid;
mod parts;
mod school;
mod sites;
mod step;
mod tube_house;
mod villa;
mod with_ifc_rs;

use design::{Design, Place, Schema};
use step::Header;

/// A sample model: its file's name and how it is designed.
struct Model {
    file: &'static str,
    design: fn() -> Design,
}

/// The models, each followed by its twins.
const MODELS: [Model; 14] = [
    Model { file: "tube_house.ifc", design: || tube_house::design(tube_house::Variant::default()) },
    Model {
        file: "tube_house_too_high.ifc",
        design: || tube_house::design(tube_house::Variant { high_roof: true, ..Default::default() }),
    },
    Model {
        file: "tube_house_over_boundary.ifc",
        design: || tube_house::design(tube_house::Variant { moved_east: true, ..Default::default() }),
    },
    Model {
        file: "tube_house_basement_over_boundary.ifc",
        design: || tube_house::design(tube_house::Variant { basement: true, ..Default::default() }),
    },
    Model {
        file: "tube_house_by_degrees.ifc",
        design: || Design { place: Place::Degrees, ..tube_house::design(tube_house::Variant::default()) },
    },
    Model { file: "villa.ifc", design: || villa::design(5.2) },
    Model { file: "villa_over_building_line.ifc", design: || villa::design(3.9) },
    Model {
        file: "villa_axes_swapped.ifc",
        design: || Design { place: Place::Swapped, ..villa::design(5.2) },
    },
    Model { file: "apartment.ifc", design: || apartment::design(false) },
    Model { file: "apartment_over_coverage.ifc", design: || apartment::design(true) },
    Model { file: "school.ifc", design: || school::design(3) },
    Model { file: "school_extra_storey.ifc", design: || school::design(4) },
    Model { file: "school_offset_twice.ifc", design: || Design { place: Place::Twice, ..school::design(3) } },
    Model {
        file: "school_wrong_zone.ifc",
        design: || Design { place: Place::WrongZone, ..school::design(3) },
    },
];

/// All files that `dothi sample models` writes: name and text. The models, and `sites.json` with the parcels, lots
/// and lines that they stand among.
pub fn list_files() -> Vec<(String, String)> {
    let mut files = list_models();
    files.push(("sites.json".to_owned(), sites::to_json()));
    files
}

/// The models: name and text.
fn list_models() -> Vec<(String, String)> {
    MODELS.iter().map(|m| (m.file.to_owned(), write(m.file, &(m.design)()))).collect()
}

/// Writes a design as a STEP file.
fn write(file: &str, design: &Design) -> String {
    let newest = design.schema == Schema::Ifc4x3;
    let mut built = if newest { with_ifc_rs::build(design) } else { backbone::build(design) };
    georeference::add(&mut built);
    details::add_openings(&mut built);
    details::add_types(&mut built);
    details::add_facts(&mut built);
    let (schema, view) = match design.schema {
        Schema::Ifc2x3 => ("IFC2X3", "CoordinationView_V2.0, QuantityTakeOffAddOnView"),
        Schema::Ifc4 => ("IFC4", "ReferenceView_V1.2"),
        Schema::Ifc4x3 => ("IFC4X3_ADD2", "ReferenceView"),
    };
    let preprocessor = if newest { "ifc_rs 0.1.0-alpha.9, mended by Dothi" } else { "Dothi STEP writer" };
    built.doc.to_text(&Header { file, schema, view, preprocessor })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_committed_samples_are_what_the_program_writes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ifc-samples");
        for (name, text) in list_files() {
            let committed =
                std::fs::read_to_string(folder.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(committed == text, "{name} differs: run `dothi sample models ifc-samples`");
        }
    }

    #[test]
    fn global_ids_are_unique_within_each_file() {
        for (name, text) in list_files() {
            let mut seen = HashSet::new();
            for line in text.lines().filter(|l| l.starts_with('#')) {
                let first = line.split_once("('").and_then(|(_, rest)| rest.split_once("',#"));
                if let Some((id, _)) = first.filter(|(id, _)| id.len() == 22) {
                    assert!(seen.insert(id.to_owned()), "{name}: {line}");
                }
            }
        }
    }

    #[test]
    fn files_are_plain_ascii_with_short_booleans() {
        for (name, text) in list_models() {
            assert!(text.is_ascii(), "{name}");
            assert!(!text.contains(".TRUE.") && !text.contains(".FALSE."), "{name}");
        }
    }
}
