//! Outlines, areas, storeys, heights and spans of houses whose measures are plain to see.

use super::{
    METRES, MILLIMETRES, NO_UNIT, backbone, block, close_to, facts, file, house, only, ring, storey,
};
use crate::bim::{Limits, mesh};

#[test]
fn a_house_measures_the_same_in_metres_and_millimetres() {
    for (unit, k) in [(METRES, 1.0), (MILLIMETRES, 1000.0)] {
        let f = facts(&file("IFC4", &(backbone(unit, "$,$") + &house(k))));
        assert_eq!(f.schema, "IFC4");
        assert_eq!(f.project.as_ref().unwrap().name, "Nhà");
        assert_eq!(f.length_unit_m, Some(1.0 / k));
        assert_eq!(f.georeference, None);
        assert_eq!((f.products["IfcWall"], f.products["IfcSlab"]), (4, 1));
        let b = only(&f);
        close_to(b.footprint_area_m2.measured, 60.0);
        close_to(b.gross_floor_area_m2.measured, 60.0);
        close_to(b.height_m.measured, 3.0);
        close_to(b.span_m, 5.6);
        assert_eq!(b.far_area_m2.measured, None, "no use is given");
        assert_eq!(b.storey_count.total_49_9, 1);
        assert_eq!(b.footprint, None);
        assert_eq!(b.footprint_elements.len(), 5);
        assert!(f.empty_solids.is_empty());
    }
}

#[test]
fn a_missing_unit_is_a_warning() {
    let f = facts(&file("IFC4", &(backbone(NO_UNIT, "$,$") + &house(1.0))));
    assert_eq!(f.length_unit_m, None);
    assert!(f.warnings.iter().any(|w| w.contains("no length unit")));
}

#[test]
fn balconies_count_eaves_do_not_and_bare_slabs_are_doubtful() {
    let first = |extra: String| {
        // A floor at 3 m that reaches 1 m beyond the front wall, and walls upon it.
        let upper = [
            "#20=IFCCARTESIANPOINT((0.,0.,3.));\n#21=IFCAXIS2PLACEMENT3D(#20,$,$);\n#22=IFCLOCALPLACEMENT($,#21);\n\
             #23=IFCBUILDINGSTOREY('0000000000000000000020',$,'T2',$,$,#22,$,$,.ELEMENT.,3.);\n\
             #24=IFCRELAGGREGATES('0000000000000000000021',$,$,$,#9,(#23));\n"
                .to_owned(),
            block(300, "IFCWALL", "$", [0.0, 0.0, 3.0], [10.0, 0.2, 3.0]),
            block(320, "IFCWALL", "$", [0.0, 5.8, 3.0], [10.0, 0.2, 3.0]),
            block(340, "IFCWALL", "$", [0.0, 0.2, 3.0], [0.2, 5.6, 3.0]),
            block(360, "IFCWALL", "$", [9.8, 0.2, 3.0], [0.2, 5.6, 3.0]),
            block(380, "IFCSLAB", ".FLOOR.", [0.0, -1.0, 2.8], [10.0, 7.0, 0.2]),
            extra,
        ];
        facts(&file("IFC4", &(backbone(METRES, "$,$") + &house(1.0) + &upper.concat())))
    };
    let bare = first(String::new());
    close_to(only(&bare).footprint_area_m2.measured, 60.0);
    close_to(only(&bare).footprint_area_with_overhangs_m2, 70.0);
    assert!(only(&bare).footprint_with_overhangs_local.is_some());
    let railed = first(block(400, "IFCRAILING", "$", [0.0, -1.0, 3.0], [10.0, 0.05, 1.1]));
    close_to(only(&railed).footprint_area_m2.measured, 70.0);
    assert!(only(&railed).footprint_with_overhangs_local.is_none());
    close_to(only(&railed).gross_floor_area_m2.measured, 120.0);
    let eave = first(block(400, "IFCSLAB", ".ROOF.", [-1.0, -1.5, 6.0], [12.0, 8.5, 0.2]));
    close_to(only(&eave).footprint_area_with_overhangs_m2, 70.0);
    close_to(only(&eave).projection_area_m2.measured, 12.0 * 8.5);
    close_to(only(&eave).height_m.measured, 6.2);
}

#[test]
fn storeys_are_sorted_by_kind_and_counted() {
    let data = [
        backbone(METRES, "$,$"),
        house(1.0),
        storey(1000, "T\\X2\\1EA7\\X0\\ng h\\X2\\1EA7\\X0\\m", -3.0),
        storey(1010, "T\\X2\\1EA7\\X0\\ng k\\X2\\1EF9\\X0\\ thu\\X2\\1EAD\\X0\\t", 3.0),
        storey(1020, "Tum", 6.0),
        storey(1030, "M\\X2\\00E1\\X0\\i", 9.0),
        ring(1100, -3.0, 2.8),
        ring(1300, 3.0, 2.8),
        ring(1500, 6.0, 2.8),
        block(1700, "IFCSLAB", ".ROOF.", [0.0, 0.0, 8.8], [10.0, 6.0, 0.2]),
        block(1720, "IFCBUILDINGELEMENTPROXY", "$", [1.0, 1.0, 9.0], [0.1, 0.1, 4.0])
            .replace("'IFCBUILDINGELEMENTPROXY 1720'", "'Kim thu s\\X2\\00E9\\X0\\t'"),
    ];
    let f = facts(&file("IFC4", &data.concat()));
    let b = only(&f);
    let kinds: Vec<&str> = b.storeys.iter().map(|s| s.kind.as_str()).collect();
    assert_eq!(kinds, ["basement", "above_ground", "technical", "tum", "roof"]);
    let c = &b.storey_count;
    assert_eq!((c.total_49_9, c.above_ground, c.below_ground, c.technical, c.tum), (4, 3, 1, 1, 1));
    close_to(b.gross_floor_area_m2.measured, 240.0);
    close_to(b.height_m.measured, 9.0);
    close_to(b.depth_m, 3.2);
    close_to(Some(geo::Area::unsigned_area(&b.underground_local.0)), 60.0);
    assert_eq!(b.zero_level_source, "IfcBuildingStorey.Elevation");
}

#[test]
fn a_void_does_not_count_but_a_stair_does() {
    let upper = |stair: bool| {
        // Instead of a whole floor at 3 m one that leaves 4 × 6 m open.
        let mut data = vec![
            backbone(METRES, "$,$"),
            house(1.0),
            storey(1010, "T2", 3.0),
            ring(1300, 3.0, 2.8).replace("(10.0,6.0,0.2)", ""),
            block(1500, "IFCSLAB", ".ROOF.", [0.0, 0.0, 5.8], [10.0, 6.0, 0.2]),
        ];
        data[3] = [
            block(1300, "IFCWALL", "$", [0.0, 0.0, 3.0], [10.0, 0.2, 2.8]),
            block(1320, "IFCWALL", "$", [0.0, 5.8, 3.0], [10.0, 0.2, 2.8]),
            block(1340, "IFCWALL", "$", [0.0, 0.2, 3.0], [0.2, 5.6, 2.8]),
            block(1360, "IFCWALL", "$", [9.8, 0.2, 3.0], [0.2, 5.6, 2.8]),
            block(1380, "IFCSLAB", ".FLOOR.", [0.0, 0.0, 2.8], [6.0, 6.0, 0.2]),
        ]
        .concat();
        if stair {
            data.push(block(1600, "IFCSTAIR", "$", [6.5, 1.0, 0.0], [3.0, 4.0, 3.0]));
        }
        only(&facts(&file("IFC4", &data.concat()))).storeys[1].gross_area_m2.measured
    };
    // The void between the inner faces of three walls: 3.8 × 5.6 m.
    close_to(upper(false), 60.0 - 3.8 * 5.6);
    close_to(upper(true), 60.0);
}

#[test]
fn columns_stand_for_their_bays() {
    let mut data = vec![backbone(METRES, "$,$"), house(1.0)];
    data[1] = [
        block(100, "IFCWALL", "$", [0.0, 0.0, 0.0], [24.4, 0.2, 3.0]),
        block(120, "IFCWALL", "$", [0.0, 16.2, 0.0], [24.4, 0.2, 3.0]),
        block(140, "IFCWALL", "$", [0.0, 0.2, 0.0], [0.2, 16.0, 3.0]),
        block(160, "IFCWALL", "$", [24.2, 0.2, 0.0], [0.2, 16.0, 3.0]),
    ]
    .concat();
    // Columns of 0.4 m, 6 × 8 m apart from middle to middle.
    for i in 0..3_u32 {
        let x = 6.0 + 6.0 * f64::from(i);
        data.push(block(200 + 20 * i, "IFCCOLUMN", "$", [x, 8.0, 0.0], [0.4, 0.4, 3.0]));
    }
    let f = facts(&file("IFC4", &data.concat()));
    let span = only(&f).span_m.unwrap();
    assert!((7.5..8.2).contains(&span), "{span}");
}

#[test]
fn the_mesh_is_a_gltf_binary() {
    let glb = mesh(&file("IFC4", &(backbone(METRES, "$,$") + &house(1.0))), &Limits::default()).unwrap();
    assert_eq!(&glb[..4], b"glTF");
    assert_eq!(u32::from_le_bytes(glb[8..12].try_into().unwrap()) as usize, glb.len());
    let length = u32::from_le_bytes(glb[12..16].try_into().unwrap()) as usize;
    let document: serde_json::Value = serde_json::from_slice(&glb[20..20 + length]).unwrap();
    let scene = &document["scenes"][0]["extras"];
    let elements = scene["elements"].as_array().unwrap();
    assert_eq!(elements.len(), 5);
    // Each element has eight corners and twelve triangles, and each corner names an element of its batch.
    let (mut corners, mut triangles) = (0, 0);
    let mut seen = std::collections::BTreeSet::new();
    for node in document["nodes"].as_array().unwrap() {
        let first = node["extras"]["first"].as_u64().unwrap();
        let mesh = &document["meshes"][node["mesh"].as_u64().unwrap() as usize]["primitives"][0];
        let accessor = |v: &serde_json::Value| &document["accessors"][v.as_u64().unwrap() as usize];
        let feature = accessor(&mesh["attributes"]["_FEATURE_ID_0"]);
        let view = &document["bufferViews"][feature["bufferView"].as_u64().unwrap() as usize];
        let count = feature["count"].as_u64().unwrap();
        corners += count;
        triangles += accessor(&mesh["indices"])["count"].as_u64().unwrap() / 3;
        for i in 0..count {
            let at = 28 + length as u64 + view["byteOffset"].as_u64().unwrap() + 12 * i + 8;
            let number = u16::from_le_bytes(glb[at as usize..at as usize + 2].try_into().unwrap());
            seen.insert(first + u64::from(number));
        }
    }
    assert_eq!((corners, triangles), (40, 60));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), vec![0, 1, 2, 3, 4]);
    let entities: Vec<&str> =
        scene["entities"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
    let walls = elements.iter().filter(|e| entities[e[1].as_u64().unwrap() as usize] == "IfcWall");
    assert_eq!(walls.count(), 4);
}

#[test]
fn a_placed_model_says_where_its_mesh_lies() {
    let bytes = std::fs::read("ifc-samples/villa.ifc").unwrap();
    let glb = mesh(&bytes, &Limits::default()).unwrap();
    let length = u32::from_le_bytes(glb[12..16].try_into().unwrap()) as usize;
    let document: serde_json::Value = serde_json::from_slice(&glb[20..20 + length]).unwrap();
    let scene = &document["scenes"][0]["extras"];
    let place = &scene["placement"];
    let origin = [0, 1].map(|k| scene["origin"][k].as_f64().unwrap());
    let facts = crate::bim::read(&bytes, &Limits::default()).unwrap();
    let g = facts.georeference.unwrap();
    // Back from the mesh's origin to the model's own, a degree of latitude being 110.6 km there.
    for (key, wanted, k) in [("longitude", g.longitude, 0), ("latitude", g.latitude, 1)] {
        let step = |axis: &str| place[axis][k].as_f64().unwrap();
        let own =
            place[key].as_f64().unwrap() - origin[0] * step("x_deg_per_m") - origin[1] * step("y_deg_per_m");
        assert!((own - wanted.unwrap()).abs() * 110_600.0 < 0.01, "{key}: {own} {wanted:?}");
    }
}

#[test]
fn a_sheet_tells_class_name_and_sets_of_one_element() {
    let path = std::path::Path::new(&std::env::var("DOTHI_TEST_DATA").unwrap()).join("ifc");
    let path = path.join("duplex_arch_georef_2x3.ifc");
    let sheets = crate::bim::sheets(&std::fs::read(path).unwrap(), &Limits::default()).unwrap();
    let all: Vec<serde_json::Value> = sheets
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let id = all.iter().find(|e| !e["sets"].as_array().unwrap().is_empty()).unwrap()["global_id"]
        .as_str()
        .unwrap();
    let found: serde_json::Value =
        serde_json::from_slice(crate::bim::find_sheet(&sheets, id).unwrap()).unwrap();
    assert_eq!(found["global_id"], id);
    assert!(found["entity"].as_str().unwrap().starts_with("Ifc"));
    assert!(!found["sets"][0]["properties"].as_object().unwrap().is_empty());
    assert_eq!(crate::bim::find_sheet(&sheets, "no such element"), None);
}
