//! Real files of the folder that `DOTHI_TEST_DATA` names.

use super::{close_to, facts, only};

/// Boxes of all products without spaces and openings, metres, from IfcOpenShell 0.9.0 (PyPI `ifcopenshell`,
/// `geom.iterator` with `use-world-coords`, excluding IfcSpace and IfcFeatureElementSubtraction), and the number
/// of records of each file by the same program.
const REFERENCE: &[(&str, u64, [f64; 3], [f64; 3])] = &[
    ("bimwhale_large_building", 20_735, [-22.5706, -20.9362, -0.15], [30.6159, 18.1845, 8.0]),
    ("duplex_arch_georef_2x3", 38_913, [-0.2415, -22.1827, -1.55], [9.0415, 4.3827, 6.6348]),
    ("infra_bridge", 953, [-0.9658, -0.9042, -3.5], [44.4013, 56.9053, 7.7746]),
    ("mini_project_issue021", 49_044, [-0.142, -0.2, -9.0], [37.178, 29.92, 8.0005]),
    ("pcert_building_architecture_ifc4", 444, [-29.6425, -14.9857, -1.3], [8.9, 9.3, 5.7]),
    ("schependomlaan_houten_kozijnen_2x3", 125_924, [-1.0, -1.0, -0.027], [22.82, 21.454, 11.608]),
    ("tested_sample_project", 14_119, [-4.183, -7.515, -0.3], [3.2853, 9.395, 3.3]),
];

mod with_test_data {
    use super::*;

    fn real(name: &str) -> Vec<u8> {
        let folder = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the test data");
        let path = format!("{folder}/ifc/{name}.ifc");
        std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    #[test]
    fn boxes_agree_with_ifcopenshell() {
        for (name, records, min, max) in REFERENCE {
            let f = facts(&real(name));
            assert_eq!(f.entities, *records, "{name}");
            let b = f.bbox_m.unwrap();
            for k in 0..3 {
                assert!((b.min[k] - min[k]).abs() < 0.01, "{name} min {k}: {} {}", b.min[k], min[k]);
                assert!((b.max[k] - max[k]).abs() < 0.01, "{name} max {k}: {} {}", b.max[k], max[k]);
            }
        }
    }

    #[test]
    fn a_georeference_in_millimetres_is_scaled() {
        let f = facts(&real("pcert_building_architecture_ifc4"));
        let g = f.georeference.unwrap();
        close_to(g.easting, 729_013.348_8);
        assert!((g.rotation_deg - 60.0).abs() < 1e-6);
    }

    /// Footprint by IfcOpenShell and shapely: the union of the walls' plans of storey 1, holes filled: 156.640 m²;
    /// the two storeys have the same.
    #[test]
    fn the_duplex_is_measured_and_placed_in_luxembourg() {
        let f = facts(&real("duplex_arch_georef_2x3"));
        let g = f.georeference.as_ref().unwrap();
        assert_eq!((g.level, g.crs.as_deref()), (50, Some("EPSG:9897")));
        assert!((g.longitude.unwrap() - 6.122).abs() < 0.001 && (g.latitude.unwrap() - 49.629).abs() < 0.001);
        let b = only(&f);
        close_to(b.footprint_area_m2.measured, 156.64);
        close_to(b.gross_floor_area_m2.measured, 2.0 * 156.64);
        assert_eq!((b.storey_count.total_49_9, b.zero_level_m), (2, 0.0));
        assert!(b.footprint.is_some() && b.placed.is_none(), "outside the province");
    }

    /// By the same means: 331.280 m² on storey 1, 165.640 m² on storey 2; the trees around are no part.
    #[test]
    fn trees_are_no_part_of_the_house() {
        let f = facts(&real("bimwhale_large_building"));
        let b = only(&f);
        close_to(b.footprint_area_m2.measured, 331.28);
        close_to(b.gross_floor_area_m2.measured, 331.28 + 165.64);
        assert!(b.projection_area_m2.measured.unwrap() < 333.0);
    }

    /// By `IfcOpenShell` and shapely: union of the plans of all walls and slabs above ±0.00, holes filled; highest
    /// point of the building's own parts; storey elevations as `IfcBuildingStorey` gives them. Where our footprint
    /// differs, `why` says it.
    #[test]
    fn heights_storeys_and_footprints_agree_with_ifcopenshell() {
        // File, storeys over ±0.00, height, filled walls and slabs, our footprint, why they differ.
        type Row = (&'static str, &'static [f64], f64, f64, f64, &'static str);
        let all: &[Row] = &[
            ("bimwhale_large_building", &[0.0, 4.0], 8.0, 331.28, 331.28, ""),
            (
                "duplex_arch_georef_2x3",
                &[-1.25, 0.0, 3.1, 6.0],
                6.6348,
                207.479,
                156.64,
                "slabs of terraces and steps at the ground are no footprint: walls alone give 156.640",
            ),
            (
                "pcert_building_architecture_ifc4",
                &[0.0],
                5.7,
                38.4,
                28.15,
                "the roof's eaves are no footprint; without the roof slabs the walls and floor remain",
            ),
            ("tested_sample_project", &[0.0, 3.0], 3.3, 125.06, 125.06, ""),
        ];
        for (name, storeys, height, filled, footprint, why) in all {
            let f = facts(&real(name));
            let b = only(&f);
            let found: Vec<f64> = b.storeys.iter().map(|s| s.elevation_m).collect();
            assert_eq!(&found, storeys, "{name}");
            close_to(b.height_m.measured, *height);
            let area = b.footprint_area_m2.measured.unwrap();
            assert!((area - footprint).abs() < 0.01 * footprint, "{name}: {area}");
            assert_eq!((area - filled).abs() < 0.01 * filled, why.is_empty(), "{name}: {area}");
            assert!(b.projection_area_m2.measured.unwrap() > filled - 0.6, "{name}: {why}");
        }
    }

    /// `IfcOpenShell` knows one storey, beams, members and 18 slabs above ground of 0.409 m² together, no wall: the
    /// file is the skeleton of a timber frame, and the facts say by what else its outline was taken.
    #[test]
    fn a_skeleton_without_walls_is_measured_by_its_parts_and_says_so() {
        let f = facts(&real("mini_project_issue021"));
        let b = only(&f);
        close_to(b.height_m.measured, 8.0005);
        assert_eq!(b.gross_floor_area_m2.measured, None);
        assert!(f.warnings.iter().any(|w| w.contains("no walls or floors enclose a storey")));
    }

    /// `IfcOpenShell`: spandrel walls reach 7.7746 m; walls are not a house, so no storey has a floor area.
    #[test]
    fn bridges_have_heights_but_no_floors() {
        let f = facts(&real("infra_bridge"));
        assert_eq!(f.buildings.len(), 3);
        let tops: Vec<Option<f64>> = f.buildings.iter().map(|b| b.height_m.measured).collect();
        assert!(tops.iter().flatten().any(|h| (h - 7.7746).abs() < 0.01), "{tops:?}");
        assert!(f.buildings.iter().all(|b| b.gross_floor_area_m2.measured.is_none()));
    }

    #[test]
    fn a_model_of_window_frames_says_what_is_missing() {
        let f = facts(&real("schependomlaan_houten_kozijnen_2x3"));
        assert!(!f.empty_solids.is_empty());
        assert_eq!(f.georeference.unwrap().level, 20);
    }
}
