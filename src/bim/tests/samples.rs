//! The project's own samples against values that were worked out without this program.

use super::facts;

/// Facts of the project's own samples, worked out by `ifc-samples/expected.py` with IfcOpenShell and shapely.
#[test]
fn the_samples_measure_what_was_worked_out_by_other_means() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/ifc-samples");
    let expected = std::fs::read_to_string(format!("{folder}/expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    for (name, model) in expected["models"].as_object().unwrap() {
        let facts = facts(&std::fs::read(format!("{folder}/{name}")).unwrap());
        let measured = serde_json::to_value(&facts).unwrap();
        let (b, g) = (&measured["buildings"][0], &measured["georeference"]);
        for (key, wanted) in model["facts"].as_object().unwrap() {
            let found = match key.as_str() {
                "rotation_deg" | "easting" | "northing" | "latitude" | "longitude" => &g[key],
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
        // A model that misses its place says so, and is not trusted to the centimetre.
        let misplaced = model["misplaced"].is_string();
        assert_eq!(facts.georeference.as_ref().unwrap().horizontal_uncertainty_m > 1.0, misplaced, "{name}");
        assert!(misplaced || facts.buildings[0].placed.is_some() && facts.site_outline.is_some(), "{name}");
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
