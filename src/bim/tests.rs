//! Whole files: tiny ones written here, the project's own samples, and the real ones of `DOTHI_TEST_DATA`.

use std::time::{Duration, Instant};

use super::facts::{BuildingFacts, ModelFacts};
use super::{BimError, Limits, mesh, read};

/// A STEP file around the records of its DATA section.
fn file(schema: &str, data: &str) -> Vec<u8> {
    format!(
        "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n\
         FILE_SCHEMA(('{schema}'));\nENDSEC;\nDATA;\n{data}\nENDSEC;\nEND-ISO-10303-21;\n"
    )
    .into_bytes()
}

fn facts(bytes: &[u8]) -> ModelFacts {
    read(bytes, &Limits::default()).unwrap()
}

fn refusal(bytes: &[u8]) -> BimError {
    let begin = Instant::now();
    let error = read(bytes, &Limits::default()).unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(5), "refused too late: {error}");
    assert!(!error.reason().vi.is_empty() && !error.reason().en.is_empty());
    error
}

#[test]
fn what_is_no_ifc_file_is_refused_with_its_reason() {
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"   \r\n ", "white space"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"<?xml version=\"1.0\"?><ifcXML/>", "XML"),
        (b"{\"ifc\":5}", "JSON"),
        (b"%PDF-1.7", "PDF"),
        (b"AC1032", "DWG"),
        (b"\xFF\xFEI\0S\0O\0", "UTF-16"),
        (b"\x00\x01\x02noise", "not an IFC file"),
    ] {
        assert!(refusal(bytes).reason().en.contains(expected), "{expected}");
    }
}

#[test]
fn noise_of_200_mb_is_refused_at_once() {
    // A linear congruential generator is noise enough, and its memory is the test's own.
    let mut state = 1_u64;
    let mut noise = vec![0_u8; 200 << 20];
    for chunk in noise.chunks_mut(8) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
    assert!(refusal(&noise).reason().en.contains("not an IFC file"));
    // Behind a good head, and with a good tail.
    noise.truncate(24 << 20);
    let good = file("IFC4", "");
    let middle = good.len() - 30;
    noise[..middle].copy_from_slice(&good[..middle]);
    assert!(refusal(&noise).reason().en.contains("truncated"));
    let end = noise.len() - 30;
    noise[end..].copy_from_slice(&good[middle..]);
    refusal(&noise);
}

#[test]
fn broken_files_name_the_place() {
    let whole = file("IFC4", "#1=IFCPERSON($,$,$,$,$,$,$,$);");
    let cut = &whole[..whole.len() - 40];
    assert!(refusal(cut).reason().en.contains("truncated"));
    assert!(refusal(cut).place().starts_with("line "));
    assert_eq!(refusal(&file("CONFIG_CONTROL_DESIGN", "#1=X();")).place(), "FILE_SCHEMA");
    assert!(refusal(&file("IFC4", "")).reason().en.contains("no record"));
    let open = file("IFC4", "#1=IFCPERSON($,$,$,$,$,$,$,$);\n#2=IFCPERSON('x,$,$;");
    assert_eq!(refusal(&open).place(), "line 9");
}

#[test]
fn limits_hold() {
    let many: String = (1..=50).map(|i| format!("#{i}=IFCPERSON($,$,$,$,$,$,$,$);\n")).collect();
    let limits = Limits { max_records: 10, ..Limits::default() };
    assert!(read(&file("IFC4", &many), &limits).unwrap_err().reason().en.contains("more than 10"));
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    assert!(read(&file("IFC4", &many), &limits).is_err());
}

/// Project, units, context, site, building and one storey: records 1–19.
fn backbone(unit: &str, site_angles: &str) -> String {
    format!(
        "#1=IFCCARTESIANPOINT((0.,0.,0.));\n#2=IFCAXIS2PLACEMENT3D(#1,$,$);\n\
         #3=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-5,#2,$);\n{unit}\
         #6=IFCPROJECT('0000000000000000000001',$,'Nh\\X2\\00E0\\X0\\',$,$,$,$,(#3),#5);\n\
         #7=IFCLOCALPLACEMENT($,#2);\n\
         #8=IFCSITE('0000000000000000000002',$,'S',$,$,#7,$,$,.ELEMENT.,{site_angles},$,$,$);\n\
         #9=IFCBUILDING('0000000000000000000003',$,'B',$,$,#7,$,$,.ELEMENT.,$,$,$);\n\
         #10=IFCBUILDINGSTOREY('0000000000000000000004',$,'T1',$,$,#7,$,$,.ELEMENT.,0.);\n\
         #11=IFCRELAGGREGATES('0000000000000000000005',$,$,$,#6,(#8));\n\
         #12=IFCRELAGGREGATES('0000000000000000000006',$,$,$,#8,(#9));\n\
         #13=IFCRELAGGREGATES('0000000000000000000007',$,$,$,#9,(#10));\n"
    )
}

const METRES: &str = "#4=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n#5=IFCUNITASSIGNMENT((#4));\n";
const MILLIMETRES: &str = "#4=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);\n#5=IFCUNITASSIGNMENT((#4));\n";
const NO_UNIT: &str = "#5=IFCUNITASSIGNMENT(());\n";

/// A box `x`×`y`×`z` at (`at`), extruded, as `entity` (IFC4 attributes after Representation in `rest`).
fn block(id: u32, entity: &str, rest: &str, at: [f64; 3], size: [f64; 3]) -> String {
    let [x, y, z] = size;
    let n = |k: u32| format!("#{}", id + k);
    format!(
        "{}=IFCCARTESIANPOINT(({:?},{:?},{:?}));\n{}=IFCAXIS2PLACEMENT3D({},$,$);\n{}=IFCLOCALPLACEMENT($,{});\n\
         {}=IFCCARTESIANPOINT(({:?},{:?}));\n{}=IFCAXIS2PLACEMENT2D({},$);\n\
         {}=IFCRECTANGLEPROFILEDEF(.AREA.,$,{},{x:?},{y:?});\n{}=IFCDIRECTION((0.,0.,1.));\n\
         {}=IFCEXTRUDEDAREASOLID({},#2,{},{z:?});\n{}=IFCSHAPEREPRESENTATION(#3,'Body','SweptSolid',({}));\n\
         {}=IFCPRODUCTDEFINITIONSHAPE($,$,({}));\n\
         {}={entity}('{:022}',$,'{entity} {id}',$,$,{},{},$,{rest});\n\
         {}=IFCRELCONTAINEDINSPATIALSTRUCTURE('{:022}',$,$,$,({}),#10);\n",
        n(0),
        at[0],
        at[1],
        at[2],
        n(1),
        n(0),
        n(2),
        n(1),
        n(3),
        x / 2.0,
        y / 2.0,
        n(4),
        n(3),
        n(5),
        n(4),
        n(6),
        n(7),
        n(5),
        n(6),
        n(8),
        n(7),
        n(9),
        n(8),
        n(10),
        id + 10,
        n(2),
        n(9),
        n(11),
        id + 11,
        n(10),
    )
}

/// Four walls 10 × 6 × 3 m of 0.2 m and a floor; `k` file units in a metre.
fn house(k: f64) -> String {
    let s = |v: [f64; 3]| v.map(|x| x * k);
    let wall = ".STANDARD.";
    [
        block(100, "IFCWALL", wall, s([0.0, 0.0, 0.0]), s([10.0, 0.2, 3.0])),
        block(120, "IFCWALL", wall, s([0.0, 5.8, 0.0]), s([10.0, 0.2, 3.0])),
        block(140, "IFCWALL", wall, s([0.0, 0.2, 0.0]), s([0.2, 5.6, 3.0])),
        block(160, "IFCWALL", wall, s([9.8, 0.2, 0.0]), s([0.2, 5.6, 3.0])),
        block(180, "IFCSLAB", ".FLOOR.", s([0.0, 0.0, -0.2]), s([10.0, 6.0, 0.2])),
    ]
    .concat()
}

fn close_to(measured: Option<f64>, expected: f64) {
    let measured = measured.expect("measured");
    assert!((measured - expected).abs() < 0.01, "{measured} is not {expected}");
}

fn only(facts: &ModelFacts) -> &BuildingFacts {
    assert_eq!(facts.buildings.len(), 1);
    &facts.buildings[0]
}

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

/// A storey `id` at the height `z`.
fn storey(id: u32, name: &str, z: f64) -> String {
    let n = |k: u32| format!("#{}", id + k);
    format!(
        "{}=IFCCARTESIANPOINT((0.,0.,{z:?}));\n{}=IFCAXIS2PLACEMENT3D({},$,$);\n{}=IFCLOCALPLACEMENT($,{});\n\
         {}=IFCBUILDINGSTOREY('{:022}',$,'{name}',$,$,{},$,$,.ELEMENT.,{z:?});\n\
         {}=IFCRELAGGREGATES('{:022}',$,$,$,#9,({}));\n",
        n(0),
        n(1),
        n(0),
        n(2),
        n(1),
        n(3),
        id + 3,
        n(2),
        n(4),
        id + 4,
        n(3),
    )
}

/// Four walls of 0.2 m around 10 × 6 m from `z` up, and a floor of 0.2 m under them.
fn ring(id: u32, z: f64, height: f64) -> String {
    [
        block(id, "IFCWALL", "$", [0.0, 0.0, z], [10.0, 0.2, height]),
        block(id + 20, "IFCWALL", "$", [0.0, 5.8, z], [10.0, 0.2, height]),
        block(id + 40, "IFCWALL", "$", [0.0, 0.2, z], [0.2, 5.6, height]),
        block(id + 60, "IFCWALL", "$", [9.8, 0.2, z], [0.2, 5.6, height]),
        block(id + 80, "IFCSLAB", ".FLOOR.", [0.0, 0.0, z - 0.2], [10.0, 6.0, 0.2]),
    ]
    .concat()
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
    let mut data = vec![backbone(METRES, "$,$"), house(1.0).replace("IFCWALL", "IFCWALL")];
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
fn models_far_from_the_origin_or_turned_keep_their_measure() {
    // The site at map coordinates, turned by 30°, everything below it.
    let far = "#60=IFCCARTESIANPOINT((411600.265,1327195.238,600.));\n#61=IFCDIRECTION((0.,0.,1.));\n\
               #62=IFCDIRECTION((0.866025403784439,0.5,0.));\n#63=IFCAXIS2PLACEMENT3D(#60,#61,#62);\n\
               #64=IFCLOCALPLACEMENT($,#63);\n";
    let data =
        (backbone(METRES, "$,$") + &house(1.0)).replace("IFCLOCALPLACEMENT($,", "IFCLOCALPLACEMENT(#64,");
    let f = facts(&file("IFC4", &(far.to_owned() + &data)));
    let b = only(&f);
    close_to(b.footprint_area_m2.measured, 60.0);
    close_to(b.height_m.measured, 3.0);
    close_to(Some(b.zero_level_m), 600.0);
    close_to(Some(f.bbox_m.unwrap().max[2]), 603.0);
    assert_eq!(f.georeference.unwrap().level, 30);
}

#[test]
fn map_conversions_are_scaled_and_turned() {
    // Millimetres, a map unit of metres, Scale 0.001, turned by 90°.
    let crs = "#30=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n\
         #31=IFCPROJECTEDCRS('EPSG:9218',$,$,'Hon Dau 1992',$,$,#30);\n\
         #32=IFCMAPCONVERSION(#3,#31,411600.265,1327195.238,600.,0.,1.,0.001);\n";
    let f = facts(&file("IFC4", &(backbone(MILLIMETRES, "$,$") + crs + &house(1000.0))));
    let g = f.georeference.as_ref().unwrap();
    assert_eq!((g.level, g.crs.as_deref(), g.source.as_str()), (50, Some("EPSG:9218"), "IfcMapConversion"));
    assert_eq!((g.easting, g.northing), (Some(411_600.265), Some(1_327_195.238)));
    assert!((g.rotation_deg - 90.0).abs() < 1e-9 && (g.scale - 1.0).abs() < 1e-12);
    assert_eq!(g.warnings, Vec::<String>::new());
    let b = only(&f);
    assert_eq!(b.zero_level_elevation_m, Some(600.0));
    let placed = geo::BoundingRect::bounding_rect(&b.placed.as_ref().unwrap().footprint.0).unwrap();
    // Local x runs north, local y west.
    assert!(
        (placed.min().x - (411_600.265 - 6.0)).abs() < 1e-3
            && (placed.max().y - (1_327_195.238 + 10.0)).abs() < 1e-3
    );
    let degrees = geo::BoundingRect::bounding_rect(&b.footprint.as_ref().unwrap().0).unwrap();
    assert!((degrees.min().x - 107.69).abs() < 1e-3 && (degrees.min().y - 12.0).abs() < 1e-3);
    // Nine decimals survive JSON.
    let again: ModelFacts = serde_json::from_str(&serde_json::to_string(&f).unwrap()).unwrap();
    let back = geo::BoundingRect::bounding_rect(&again.buildings[0].footprint.as_ref().unwrap().0).unwrap();
    assert!((back.min().x - degrees.min().x).abs() < 1e-9);
}

#[test]
fn swapped_axes_and_missing_datum_are_told() {
    let crs = "#31=IFCPROJECTEDCRS('EPSG:9218',$,$,$,$,$,$);\n\
         #32=IFCMAPCONVERSION(#3,#31,1327195.238,411600.265,600.,$,$,$);\n";
    let f = facts(&file("IFC4", &(backbone(METRES, "$,$") + crs + &house(1.0))));
    let g = f.georeference.as_ref().unwrap();
    assert!(g.warnings.iter().any(|w| w.contains("swapped")), "{:?}", g.warnings);
    assert!(g.warnings.iter().any(|w| w.contains("vertical datum")));
    assert_eq!(only(&f).zero_level_elevation_m, None);
}

#[test]
fn latitude_and_longitude_place_within_some_metres() {
    let f = facts(&file("IFC4", &(backbone(METRES, "(12,0,36,0),(107,41,24,0)") + &house(1.0))));
    let g = f.georeference.as_ref().unwrap();
    assert_eq!((g.level, g.horizontal_uncertainty_m), (20, 5.0));
    assert!((g.latitude.unwrap() - 12.01).abs() < 1e-9 && (g.longitude.unwrap() - 107.69).abs() < 1e-9);
    assert!(only(&f).placed.is_some() && only(&f).footprint.is_some());
}

#[test]
fn cyclic_placements_and_parts_end() {
    let cyclic = "#40=IFCLOCALPLACEMENT(#41,#2);\n#41=IFCLOCALPLACEMENT(#40,#2);\n\
         #42=IFCWALL('0000000000000000000042',$,'W',$,$,#40,$,$,$);\n\
         #43=IFCRELAGGREGATES('0000000000000000000043',$,$,$,#42,(#42));\n\
         #44=IFCRELAGGREGATES('0000000000000000000044',$,$,$,#10,(#9));\n";
    let f = facts(&file("IFC4", &(backbone(METRES, "$,$") + cyclic + &house(1.0))));
    close_to(only(&f).footprint_area_m2.measured, 60.0);
}

#[test]
fn dangling_references_are_no_panic() {
    let broken = "#50=IFCWALL('0000000000000000000050',$,'W',$,$,#999,#998,$,$);\n\
         #51=IFCRELDEFINESBYPROPERTIES('0000000000000000000051',$,$,$,(#50,#997),#996);\n\
         #52=IFCMAPCONVERSION(#3,#995,1.,2.,3.,$,$,$);\n";
    let f = facts(&file("IFC4", &(backbone(METRES, "$,$") + broken)));
    assert_eq!(f.bbox_m, None);
    assert!(f.georeference.is_some());
}

#[test]
fn the_mesh_is_a_gltf_binary() {
    let glb = mesh(&file("IFC4", &(backbone(METRES, "$,$") + &house(1.0))), &Limits::default()).unwrap();
    assert_eq!(&glb[..4], b"glTF");
    assert_eq!(u32::from_le_bytes(glb[8..12].try_into().unwrap()) as usize, glb.len());
    let length = u32::from_le_bytes(glb[12..16].try_into().unwrap()) as usize;
    let document: serde_json::Value = serde_json::from_slice(&glb[20..20 + length]).unwrap();
    assert_eq!(document["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(document["nodes"][0]["extras"]["entity"], "IfcWall");
    // 8 corners and 12 triangles each.
    assert_eq!(document["accessors"][0]["count"], 8);
    assert_eq!(document["accessors"][1]["count"], 36);
}

/// Facts of the project's own samples, worked out by `ifc-samples/expected.py` with IfcOpenShell and shapely.
#[test]
fn the_samples_measure_what_was_worked_out_by_other_means() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/ifc-samples");
    let expected = std::fs::read_to_string(format!("{folder}/expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    for (name, model) in expected["models"].as_object().unwrap() {
        let file = if name.ends_with(".ifc") { name.clone() } else { format!("{name}.ifc") };
        let facts = facts(&std::fs::read(format!("{folder}/{file}")).unwrap());
        let measured = serde_json::to_value(&facts).unwrap();
        let (b, g) = (&measured["buildings"][0], &measured["georeference"]);
        for (key, wanted) in model["facts"].as_object().unwrap() {
            let found = match key.as_str() {
                "rotation_deg" | "easting" | "northing" => &g[key],
                "projection_area_m2" | "far_area_m2" if !wanted.is_object() => &b[key]["measured"],
                "storeys" => {
                    storeys_agree(name, wanted, &b[key]);
                    continue;
                }
                _ if !b[key].is_null() => &b[key],
                _ => &measured[key],
            };
            agrees(&format!("{name} {key}"), wanted, found);
        }
        assert!(facts.empty_solids.is_empty(), "{name}");
        assert!(facts.buildings[0].placed.is_some() && facts.site_outline.is_some(), "{name}");
    }
}

/// The expected storeys are among the measured ones, by name.
fn storeys_agree(name: &str, wanted: &serde_json::Value, found: &serde_json::Value) {
    for storey in wanted.as_array().unwrap() {
        let twin = found.as_array().unwrap().iter().find(|s| s["name"] == storey["name"]);
        let twin = twin.unwrap_or_else(|| panic!("{name}: no storey {}", storey["name"]));
        for key in ["elevation_m", "above_ground"] {
            agrees(&format!("{name} {} {key}", storey["name"]), &storey[key], &twin[key]);
        }
        let area = &twin["gross_area_m2"]["measured"];
        agrees(&format!("{name} {} area", storey["name"]), &storey["gross_area_m2"], area);
    }
}

/// Numbers within a centimetre, objects by the expected members, all else equal.
fn agrees(what: &str, wanted: &serde_json::Value, found: &serde_json::Value) {
    match (wanted, found) {
        (serde_json::Value::Object(members), _) => {
            members.iter().for_each(|(key, wanted)| agrees(&format!("{what}.{key}"), wanted, &found[key]));
        }
        (serde_json::Value::Number(a), serde_json::Value::Number(b)) => {
            let apart = (a.as_f64().unwrap() - b.as_f64().unwrap()).abs();
            assert!(apart <= 0.01, "{what}: {found}, expected {wanted}");
        }
        _ => assert_eq!(wanted, found, "{what}"),
    }
}

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
