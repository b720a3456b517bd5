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

    #[test]
    fn a_model_of_window_frames_says_what_is_missing() {
        let f = facts(&real("schependomlaan_houten_kozijnen_2x3"));
        assert!(!f.empty_solids.is_empty());
        assert_eq!(f.georeference.unwrap().level, 20);
    }
}
