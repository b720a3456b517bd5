//! Podium and tower, overhangs, exclusions from the height, parking, planted areas, terrain, declared values.

use super::{METRES, backbone, block, close_to, facts, file, house, only, ring, storey};

/// Storeys of 3 m: `wide` of 20 × 15 m, then `narrow` of 10 × 6 m.
fn tower(wide: u32, narrow: u32) -> String {
    let mut data = vec![backbone(METRES, "$,$")];
    for i in 0..wide + narrow {
        let (id, z) = (1000 + 200 * i, 3.0 * f64::from(i));
        if i > 0 {
            data.push(storey(id, &format!("T{}", i + 1), z));
        }
        if i >= wide {
            data.push(ring(id + 10, z, 2.8));
            continue;
        }
        data.push(block(id + 10, "IFCWALL", "$", [0.0, 0.0, z], [20.0, 0.2, 2.8]));
        data.push(block(id + 30, "IFCWALL", "$", [0.0, 14.8, z], [20.0, 0.2, 2.8]));
        data.push(block(id + 50, "IFCWALL", "$", [0.0, 0.2, z], [0.2, 14.6, 2.8]));
        data.push(block(id + 70, "IFCWALL", "$", [19.8, 0.2, z], [0.2, 14.6, 2.8]));
        data.push(block(id + 90, "IFCSLAB", ".FLOOR.", [0.0, 0.0, z - 0.2], [20.0, 15.0, 0.2]));
    }
    let (top, deck) = (3.0 * f64::from(wide + narrow), 3.0 * f64::from(wide));
    data.push(block(9020, "IFCSLAB", ".ROOF.", [0.0, 0.0, deck - 0.2], [20.0, 15.0, 0.2]));
    data.push(block(9000, "IFCSLAB", ".ROOF.", [0.0, 0.0, top - 0.2], [10.0, 6.0, 0.2]));
    data.concat()
}

#[test]
fn a_tower_stands_on_its_podium() {
    let f = facts(&file("IFC4", &tower(2, 3)));
    let m = &only(&f).massing;
    close_to(m.podium_height_m, 6.0);
    assert_eq!((m.podium_storeys, m.tower_storeys), (Some(2), Some(3)));
    close_to(m.tower_footprint_area_m2, 60.0);
    let areas: Vec<f64> = m.steps.iter().map(|s| s.area_m2).collect();
    assert_eq!(areas, [300.0, 300.0, 60.0, 60.0, 60.0]);
    close_to(only(&f).ground_floor_area_m2.measured, 300.0);
}

#[test]
fn one_set_back_floor_is_no_tower() {
    let f = facts(&file("IFC4", &tower(3, 1)));
    let m = &only(&f).massing;
    assert_eq!((m.podium_height_m, m.tower_storeys, m.steps.len()), (None, None, 4));
}

#[test]
fn overhangs_have_depth_and_clearance() {
    let data = [
        backbone(METRES, "$,$"),
        house(1.0),
        storey(1010, "T2", 3.0),
        ring(1300, 3.0, 2.8),
        block(1500, "IFCSLAB", ".FLOOR.", [2.0, -1.2, 2.85], [3.0, 1.2, 0.15]),
        block(1520, "IFCRAILING", "$", [2.0, -1.2, 3.0], [3.0, 0.05, 1.1]),
        block(1540, "IFCSLAB", ".ROOF.", [-0.6, -0.6, 5.8], [11.2, 7.2, 0.2]),
    ];
    let f = facts(&file("IFC4", &data.concat()));
    let b = only(&f);
    let balcony: Vec<_> = b.overhangs.iter().filter(|o| o.kind == "used").collect();
    assert_eq!(balcony.len(), 1, "{:?}", b.overhangs);
    assert!((balcony[0].area_m2 - 3.6).abs() < 0.02, "{}", balcony[0].area_m2);
    assert!((balcony[0].depth_m - 1.2).abs() < 0.01 && (balcony[0].clearance_m - 2.85).abs() < 0.01);
    let eaves: Vec<_> = b.overhangs.iter().filter(|o| o.kind == "canopy").collect();
    assert_eq!(eaves.len(), 1);
    // The corner lies 0.6 × √2 m away; the balcony's part is not counted a second time.
    assert!((eaves[0].area_m2 - (11.2 * 7.2 - 60.0 - 3.0 * 0.6)).abs() < 0.05, "{}", eaves[0].area_m2);
    assert!((eaves[0].depth_m - 0.6 * 2f64.sqrt()).abs() < 0.01 && (eaves[0].clearance_m - 5.8).abs() < 0.01);
}

#[test]
fn what_does_not_count_for_the_height_is_named() {
    let mast = block(400, "IFCBUILDINGELEMENTPROXY", "$", [1.0, 1.0, 3.0], [0.1, 0.1, 4.0])
        .replace("'IFCBUILDINGELEMENTPROXY 400'", "'Kim thu s\\X2\\00E9\\X0\\t'");
    let f = facts(&file("IFC4", &(backbone(METRES, "$,$") + &house(1.0) + &mast)));
    let b = only(&f);
    close_to(b.height_m.measured, 3.0);
    close_to(b.height_with_exclusions_m, 7.0);
    assert_eq!(b.height_exclusions.len(), 1);
    assert_eq!(b.height_exclusions[0].name, "Kim thu sét");
    assert_eq!(b.height_exclusions[0].entity, "IfcBuildingElementProxy");
}

#[test]
fn the_terrain_is_no_footprint() {
    // Ground of 24 × 12 m (288 m²) as the site's own body, as a geographic element and as paving; a house of
    // 12 × 10 m on it under a roof of 14 × 12 m.
    let ground =
        |id: u32, entity: &str, rest: &str| block(id, entity, rest, [-6.0, -1.0, -0.5], [24.0, 12.0, 0.4]);
    let paving = block(240, "IFCSLAB", ".FLOOR.", [-6.0, -1.0, -0.2], [24.0, 12.0, 0.1])
        .replace("'IFCSLAB 240'", "'S\\X2\\00E2\\X0\\n v\\X2\\01B01EDD\\X0\\n'");
    let site = ground(200, "IFCBUILDINGELEMENTPROXY", "$");
    // The proxy's shape becomes the site's.
    let shape = "#8=IFCSITE('0000000000000000000002',$,'S',$,$,#7,#209,$,";
    let body: String = site.lines().take(10).fold(String::new(), |all, line| all + line + "\n");
    let data = [
        backbone(METRES, "$,$").replace("#8=IFCSITE('0000000000000000000002',$,'S',$,$,#7,$,$,", shape),
        body,
        ground(220, "IFCGEOGRAPHICELEMENT", ".TERRAIN."),
        paving,
        block(300, "IFCWALL", "$", [0.0, 0.0, 0.0], [12.0, 0.3, 3.0]),
        block(320, "IFCWALL", "$", [0.0, 9.7, 0.0], [12.0, 0.3, 3.0]),
        block(340, "IFCWALL", "$", [0.0, 0.3, 0.0], [0.3, 9.4, 3.0]),
        block(360, "IFCWALL", "$", [11.7, 0.3, 0.0], [0.3, 9.4, 3.0]),
        block(380, "IFCSLAB", ".BASESLAB.", [0.0, 0.0, -0.2], [12.0, 10.0, 0.2]),
        block(400, "IFCSLAB", ".ROOF.", [-1.0, -1.0, 3.0], [14.0, 12.0, 0.2]),
    ];
    let f = facts(&file("IFC4", &data.concat()));
    let b = only(&f);
    close_to(b.footprint_area_m2.measured, 120.0);
    close_to(b.projection_area_m2.measured, 168.0);
    close_to(Some(geo::Area::unsigned_area(&f.site_outline_local.as_ref().unwrap().0)), 288.0);
    close_to(b.height_m.measured, 3.2);
}

#[test]
fn a_base_slab_wider_than_the_walls_is_no_footprint() {
    let data = [
        backbone(METRES, "$,$"),
        house(1.0),
        block(300, "IFCSLAB", ".BASESLAB.", [-5.0, -5.0, -0.6], [24.0, 12.0, 0.4]),
    ];
    let f = facts(&file("IFC4", &data.concat()));
    close_to(only(&f).footprint_area_m2.measured, 60.0);
}

/// A space of the only storey (aggregated, as IfcSpace is).
fn space(id: u32, name: &str, kind: &str, at: [f64; 3], size: [f64; 3]) -> String {
    block(id, "IFCSPACE", &format!(".ELEMENT.,{kind},$"), at, size)
        .replace(&format!("'IFCSPACE {id}'"), &format!("'{name}'"))
}

#[test]
fn parking_places_and_lawns_are_counted_once() {
    let lawn = block(600, "IFCGEOGRAPHICELEMENT", "$", [0.0, -9.0, -0.1], [8.0, 5.0, 0.1])
        .replace("'IFCGEOGRAPHICELEMENT 600'", "'Th\\X2\\1EA3\\X0\\m c\\X2\\1ECF\\X0\\'");
    let tree = block(620, "IFCGEOGRAPHICELEMENT", "$", [20.0, -9.0, 0.0], [3.0, 3.0, 5.0])
        .replace("'IFCGEOGRAPHICELEMENT 620'", "'C\\X2\\00E2\\X0\\y b\\X2\\00E0\\X0\\ng'");
    let data = [
        backbone(METRES, "$,$"),
        house(1.0),
        space(400, "Gara", ".INTERNAL.", [0.2, 0.2, 0.0], [9.0, 5.0, 2.5]),
        space(420, "P1", ".PARKING.", [0.2, 0.2, 0.0], [2.5, 5.0, 2.5]),
        space(440, "P2", ".PARKING.", [2.7, 0.2, 0.0], [2.5, 5.0, 2.5]),
        "#700=IFCPROPERTYSINGLEVALUE('ParkingUnits',$,IFCCOUNTMEASURE(3.),$);\n\
         #701=IFCPROPERTYSET('0000000000000000000701',$,'Pset_SpaceParking',$,(#700));\n\
         #702=IFCRELDEFINESBYPROPERTIES('0000000000000000000702',$,$,$,(#450),#701);\n\
         #710=IFCPROPERTYSINGLEVALUE('Di\\X2\\1EC7\\X0\\n t\\X2\\00ED\\X0\\ch c\\X2\\00E2\\X0\\y xanh',$,IFCAREAMEASURE(45.),$);\n\
         #711=IFCPROPERTYSET('0000000000000000000711',$,'X',$,(#710));\n\
         #712=IFCRELDEFINESBYPROPERTIES('0000000000000000000712',$,$,$,(#9),#711);\n"
            .to_owned(),
        lawn,
        tree,
    ];
    let f = facts(&file("IFC4", &data.concat()));
    let b = only(&f);
    close_to(b.parking.spaces.measured, 2.0);
    close_to(b.parking.spaces.declared, 3.0);
    close_to(b.parking.spaces.difference, 1.0);
    close_to(b.parking.area_m2.measured, 45.0);
    assert_eq!(b.parking.elements.len(), 3);
    close_to(b.landscape.area_m2.measured, 40.0);
    close_to(b.landscape.area_m2.declared, 45.0);
    close_to(b.landscape.area_m2.difference, 5.0);
    assert_eq!(b.landscape.area_m2.declared_source.as_deref(), Some("X.Diện tích cây xanh"));
    assert_eq!(b.landscape.elements.len(), 1, "a tree's crown is no planted ground");
}

#[test]
fn a_declared_value_says_where_it_stands() {
    let set = "#700=IFCQUANTITYLENGTH('Height',$,$,3.5,$);\n\
        #701=IFCELEMENTQUANTITY('0000000000000000000701',$,'Qto_BuildingBaseQuantities',$,$,(#700));\n\
        #702=IFCRELDEFINESBYPROPERTIES('0000000000000000000702',$,$,$,(#9),#701);\n\
        #710=IFCPROPERTYSINGLEVALUE('Nh\\X2\\1ECB\\X0\\p',$,IFCPOSITIVELENGTHMEASURE(5.),$);\n\
        #711=IFCPROPERTYSET('0000000000000000000711',$,'K\\X2\\1EBF\\X0\\t c\\X2\\1EA5\\X0\\u',$,(#710));\n\
        #712=IFCRELDEFINESBYPROPERTIES('0000000000000000000712',$,$,$,(#9),#711);\n";
    let f = facts(&file("IFC4", &(backbone(METRES, "$,$") + &house(1.0) + set)));
    let b = only(&f);
    assert_eq!(b.height_m.declared_source.as_deref(), Some("Qto_BuildingBaseQuantities.Height"));
    close_to(b.height_m.difference, 0.5);
    close_to(b.span.measured, 5.6);
    close_to(b.span.difference, -0.6);
    assert_eq!(b.span.declared_source.as_deref(), Some("Kết cấu.Nhịp"));
    // What an older reader wrote is still read.
    let old: crate::bim::facts::Measured =
        serde_json::from_str(r#"{"measured":1.0,"declared":null}"#).unwrap();
    assert_eq!((old.measured, old.difference, old.declared_source), (Some(1.0), None, None));
}

#[test]
fn a_gallery_between_two_wings_has_its_own_depth() {
    // Two wings 6 m apart and a wall behind; the gallery's corners all touch walls.
    let data = [
        backbone(METRES, "$,$"),
        house(1.0),
        block(200, "IFCWALL", "$", [16.0, 0.0, 0.0], [10.0, 0.2, 3.0]),
        block(220, "IFCWALL", "$", [16.0, 5.8, 0.0], [10.0, 0.2, 3.0]),
        block(240, "IFCWALL", "$", [16.0, 0.2, 0.0], [0.2, 5.6, 3.0]),
        block(260, "IFCWALL", "$", [25.8, 0.2, 0.0], [0.2, 5.6, 3.0]),
        block(280, "IFCWALL", "$", [10.0, 5.8, 0.0], [6.0, 0.2, 3.0]),
        storey(1010, "T2", 3.0),
        ring(1300, 3.0, 2.8),
        block(1500, "IFCSLAB", ".FLOOR.", [10.0, 3.4, 2.8], [6.0, 2.4, 0.2]),
        block(1520, "IFCRAILING", "$", [10.0, 3.4, 3.0], [6.0, 0.05, 1.1]),
    ];
    let f = facts(&file("IFC4", &data.concat()));
    let gallery = only(&f).overhangs.iter().find(|o| o.kind == "used").expect("a gallery");
    assert!((gallery.depth_m - 2.4).abs() < 0.01, "{}", gallery.depth_m);
}
