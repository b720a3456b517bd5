//! Georeferences and placed outlines.

use super::{METRES, MILLIMETRES, backbone, close_to, facts, file, house, only};
use crate::bim::facts::ModelFacts;

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
