//! What `bim` reads from the sample models, beside what IfcOpenShell and a pencil found (`ifc-samples/expected.json`).

use std::path::Path;

use serde_json::Value;

use crate::bim::facts::{BuildingFacts, ModelFacts};
use crate::bim::{Limits, read};

/// Every model of `expected.json` with the facts that are read from its file.
fn models() -> Vec<(String, Value, ModelFacts)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ifc-samples");
    let text = std::fs::read_to_string(folder.join("expected.json")).expect("expected.json is committed");
    let expected: Value = serde_json::from_str(&text).expect("expected.json is JSON");
    let models = expected["models"].as_object().expect("models by file name");
    models
        .iter()
        .map(|(name, model)| {
            let bytes = std::fs::read(folder.join(name)).expect("the sample is committed");
            let facts = read(&bytes, &Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name.clone(), model["facts"].clone(), facts)
        })
        .collect()
}

#[track_caller]
fn same(of: &str, found: Option<f64>, expected: &Value) {
    match (found, expected.as_f64()) {
        (Some(f), Some(e)) => assert!((f - e).abs() < 0.011, "{of}: {f} for {e}"),
        (f, e) => assert_eq!(f, e, "{of}"),
    }
}

fn only(facts: &ModelFacts) -> &BuildingFacts {
    assert_eq!(facts.buildings.len(), 1);
    &facts.buildings[0]
}

#[test]
fn areas_and_heights_are_those_of_the_solids() {
    for (name, expected, facts) in models() {
        let b = only(&facts);
        for (what, m) in [
            ("height_m", b.height_m),
            ("footprint_area_m2", b.footprint_area_m2),
            ("gross_floor_area_m2", b.gross_floor_area_m2),
        ] {
            same(&format!("{name} {what}"), m.measured, &expected[what]["measured"]);
            same(&format!("{name} declared {what}"), m.declared, &expected[what]["declared"]);
        }
        same(&format!("{name} far"), b.far_area_m2.measured, &expected["far_area_m2"]);
        same(&format!("{name} projection"), b.projection_area_m2.measured, &expected["projection_area_m2"]);
        same(&format!("{name} depth"), b.depth_m, &expected["depth_m"]);
        // No canopy of the samples is in doubt: else P03 to P07 would be MANUAL.
        assert!(b.footprint_with_overhangs_local.is_none(), "{name}");
        assert!(facts.empty_solids.is_empty(), "{name}: {:?}", facts.empty_solids);
        assert_eq!(b.building_use.as_deref(), expected["building_use"].as_str(), "{name}");
        assert_eq!(Some(facts.spaces), expected["spaces"].as_u64(), "{name}");
        assert_eq!(Some(facts.entities), expected["entities"].as_u64(), "{name}");
    }
}

#[test]
fn storeys_are_counted_and_measured_one_by_one() {
    for (name, expected, facts) in models() {
        let b = only(&facts);
        let count = &expected["storey_count"];
        assert_eq!(Some(u64::from(b.storey_count.total_49_9)), count["total_49_9"].as_u64(), "{name}");
        assert_eq!(Some(u64::from(b.storey_count.below_ground)), count["below_ground"].as_u64(), "{name}");
        let storeys: Vec<_> = b.storeys.iter().filter(|s| s.kind != "roof").collect();
        let wanted = expected["storeys"].as_array().expect("a list of storeys");
        assert_eq!(storeys.len(), wanted.len(), "{name}");
        for (s, e) in storeys.into_iter().zip(wanted) {
            assert_eq!(Some(s.name.as_str()), e["name"].as_str(), "{name}");
            assert_eq!(Some(s.above_ground), e["above_ground"].as_bool(), "{name} {}", s.name);
            same(&format!("{name} {} elevation", s.name), Some(s.elevation_m), &e["elevation_m"]);
            same(&format!("{name} {} area", s.name), s.gross_area_m2.measured, &e["gross_area_m2"]);
        }
    }
}

#[test]
fn models_stand_where_their_map_conversion_puts_them() {
    for (name, expected, facts) in models() {
        let g = facts.georeference.as_ref().expect("placed");
        assert_eq!(g.crs.as_deref(), Some("EPSG:9218"), "{name}");
        assert_eq!(g.vertical_datum.as_deref(), Some("Hon Dau 1992"), "{name}");
        assert!(g.warnings.is_empty(), "{name}: {:?}", g.warnings);
        same(&format!("{name} easting"), g.easting, &expected["easting"]);
        same(&format!("{name} northing"), g.northing, &expected["northing"]);
        same(&format!("{name} rotation"), Some(g.rotation_deg), &expected["rotation_deg"]);
        let zero = only(&facts).zero_level_elevation_m;
        same(&format!("{name} ±0.00"), zero, &expected["zero_level_elevation_m"]);
    }
}

#[test]
fn a_site_outline_on_the_map_is_its_parcel() {
    use geo::Area;
    for ((name, _, facts), model) in models().into_iter().zip(expected_parcels()) {
        let outline = facts.site_outline.as_ref().unwrap_or_else(|| panic!("{name} has a site outline"));
        let corners: Vec<_> = outline.0.iter().flat_map(|p| p.exterior().points()).collect();
        for [x, y] in model.ring {
            let near = |p: &geo::Point<f64>| (p.x() - x).hypot(p.y() - y) < 0.001;
            assert!(corners.iter().any(near), "{name}: no corner at {x} {y}");
        }
        assert!((outline.0.unsigned_area() - model.area_m2).abs() < 0.05, "{name}");
    }
}

struct Parcel {
    ring: Vec<[f64; 2]>,
    area_m2: f64,
}

/// The parcels of the models, in the order of their names.
fn expected_parcels() -> Vec<Parcel> {
    let parcel = |name: &String| {
        let site = crate::sample::demo_sites::SITES.iter().find(|s| name.starts_with(s.id));
        let site = site.expect("a sample is named after its site");
        let (parcel, _) = site.find_parcel().expect("each site has its parcel");
        Parcel { ring: site.quarter.ring(&parcel.rect), area_m2: parcel.rect.area_m2() }
    };
    models().iter().map(|(name, _, _)| parcel(name)).collect()
}

#[test]
fn a_wrong_declared_quantity_is_shown_and_the_measured_one_wins() {
    let all = models();
    let (_, _, school) =
        all.iter().find(|(name, _, _)| name == "school.ifc").expect("the school is a sample");
    let gross = only(school).gross_floor_area_m2;
    same("measured", gross.measured, &Value::from(3816.0));
    same("declared", gross.declared, &Value::from(3600.0));
    assert!(
        school.warnings.iter().any(|w| w.contains("3600") && w.contains("3816")),
        "{:?}",
        school.warnings
    );
    for (name, _, facts) in all.iter().filter(|(name, _, _)| !name.starts_with("school")) {
        assert!(facts.warnings.is_empty(), "{name}: {:?}", facts.warnings);
    }
}
