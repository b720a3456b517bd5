//! That the samples leave the reader of models in no doubt. Their numbers are held by `bim::tests`, their verdicts by
//! `tests/it/sample_checks.rs`.

use crate::bim::facts::{BuildingFacts, ModelFacts};
use crate::bim::{Limits, read};

/// Every sample model with the facts that are read from it.
fn models() -> Vec<(String, ModelFacts)> {
    super::list_models()
        .into_iter()
        .map(|(name, text)| {
            let facts = read(text.as_bytes(), &Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, facts)
        })
        .collect()
}

fn only(facts: &ModelFacts) -> &BuildingFacts {
    assert_eq!(facts.buildings.len(), 1);
    &facts.buildings[0]
}

#[test]
fn no_overhang_of_a_sample_is_in_doubt_and_no_place_is_warned_of() {
    for (name, facts) in models() {
        // Else P03 to P07 would be MANUAL.
        assert!(only(&facts).footprint_with_overhangs_local.is_none(), "{name}");
        let g = facts.georeference.as_ref().expect("placed");
        let told = |part: &str| g.warnings.iter().any(|w| w.contains(part));
        let mistake = match name.as_str() {
            "villa_axes_swapped.ifc" => Some("look swapped"),
            "school_offset_twice.ifc" => Some("applied twice"),
            "school_wrong_zone.ifc" => Some("the zone looks wrong"),
            "tube_house_by_degrees.ifc" => Some("placed by IfcSite latitude"),
            _ => None,
        };
        if let Some(mistake) = mistake {
            assert!(told(mistake), "{name}: {:?}", g.warnings);
            continue;
        }
        assert_eq!(
            (g.crs.as_deref(), g.vertical_datum.as_deref()),
            (Some("EPSG:9218"), Some("Hon Dau 1992"))
        );
        assert!(g.warnings.is_empty(), "{name}: {:?}", g.warnings);
    }
}

#[test]
fn a_site_outline_on_the_map_is_its_parcel() {
    use geo::Area;
    let placed = |(name, _): &(String, ModelFacts)| {
        !["swapped", "twice", "zone", "degrees"].iter().any(|mistake| name.contains(mistake))
    };
    for (name, facts) in models().into_iter().filter(placed) {
        let site = crate::sample::demo_sites::SITES.iter().find(|s| name.starts_with(s.id));
        let site = site.expect("a sample is named after its site");
        let (parcel, _) = site.find_parcel().expect("each site has its parcel");
        let outline = facts.site_outline.as_ref().unwrap_or_else(|| panic!("{name} has a site outline"));
        let corners: Vec<_> = outline.0.iter().flat_map(|p| p.exterior().points()).collect();
        for [x, y] in site.quarter.ring(&parcel.rect) {
            let near = |p: &geo::Point<f64>| (p.x() - x).hypot(p.y() - y) < 0.001;
            assert!(corners.iter().any(near), "{name}: no corner at {x} {y}");
        }
        assert!((outline.0.unsigned_area() - parcel.rect.area_m2()).abs() < 0.05, "{name}");
    }
}

#[test]
fn a_wrong_declared_quantity_is_shown_and_the_measured_one_wins() {
    let all = models();
    let (_, school) = all.iter().find(|(name, _)| name == "school.ifc").expect("the school is a sample");
    let gross = &only(school).gross_floor_area_m2;
    assert!((gross.measured.expect("measured") - 3816.0).abs() < 0.01);
    assert_eq!(gross.declared, Some(3600.0));
    assert!(
        school.warnings.iter().any(|w| w.contains("3600") && w.contains("3816")),
        "{:?}",
        school.warnings
    );
    for (name, facts) in all.iter().filter(|(name, _)| !name.starts_with("school")) {
        assert!(facts.warnings.is_empty(), "{name}: {:?}", facts.warnings);
    }
}
