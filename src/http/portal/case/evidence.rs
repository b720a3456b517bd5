//! What the map of a case shows: its parcels, the model's outlines and storeys, the place of each verdict. All in
//! CRS84, as the browser needs it.

use std::collections::BTreeSet;

use geo::{Geometry, MapCoords};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::elevation::storey_extents;
use crate::bim::facts::{BuildingFacts, ModelFacts, Outline};
use crate::permit::verdict::{Outcome, Verdict};
use crate::space::{crs, geojson};

/// Decimals of a degree as served: about 0.1 mm.
const DECIMALS: u8 = 9;

fn feature(geometry: &Value, properties: &Value) -> Value {
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

fn collection(features: impl Iterator<Item = Value>) -> Value {
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()})
}

/// A geometry of EPSG:9218 as GeoJSON in CRS84.
fn to_crs84(geometry: &Geometry<f64>) -> Value {
    let degrees = geometry.map_coords(|c| crs::to_crs84(c.x, c.y).into());
    geojson::to_json(&degrees, DECIMALS)
}

/// The page's evidence: parcels with their codes and models by work in EPSG:9218, verdicts in CRS84 as they are
/// served. `case` is the address of the case in the API.
pub fn evidence(
    case: &str,
    parcels: &[(String, Geometry<f64>)],
    models: &[(String, ModelFacts)],
    verdicts: &[Verdict],
) -> Value {
    let parcels = parcels.iter().map(|(code, g)| feature(&to_crs84(g), &json!({ "code": code })));
    let model = models.iter().flat_map(|(_, m)| &m.buildings).flat_map(building);
    let places = verdicts.iter().enumerate().filter_map(|(row, v)| {
        Some(feature(v.geometry.as_ref()?, &json!({"row": row, "rule": v.rule, "verdict": v.verdict})))
    });
    let shown: Vec<Value> = models.iter().map(|(work, _)| shown(case, work, verdicts)).collect();
    json!({"parcels": collection(parcels), "model": collection(model), "verdicts": collection(places), "models": shown})
}

/// Where the viewer gets the model of a work, and the elements that failed rows name.
fn shown(case: &str, work: &str, verdicts: &[Verdict]) -> Value {
    let about = |v: &&Verdict| v.verdict == Outcome::Fail && v.work.as_deref().is_none_or(|w| w == work);
    let failed: BTreeSet<&String> = verdicts.iter().filter(about).flat_map(|v| &v.elements).collect();
    let place = format!("{case}/works/{}/model", utf8_percent_encode(work, NON_ALPHANUMERIC));
    json!({"work": work, "glb": format!("{place}.glb"), "elements": format!("{place}/elements"), "failed": failed})
}

fn building(b: &BuildingFacts) -> Vec<Value> {
    let Some(placed) = &b.placed else { return Vec::new() };
    let outline = |o: &Outline| to_crs84(&Geometry::MultiPolygon(o.0.clone()));
    let mut features = Vec::new();
    let parts = [
        ("projection", &placed.projection),
        ("underground", &placed.underground),
        ("footprint", &placed.footprint),
    ];
    for (part, shape) in parts.into_iter().filter(|(_, shape)| !shape.0.0.is_empty()) {
        features.push(feature(&outline(shape), &json!({"part": part, "name": b.name})));
    }
    // The map has no underground: only what stands above ±0.00 is raised.
    let storeys = storey_extents(b).into_iter().filter(|(_, _, top)| *top > 0.0);
    for (index, (name, base, top)) in storeys.enumerate() {
        let about =
            json!({"part": "storey", "index": index, "name": name, "base_m": base.max(0.0), "top_m": top});
        features.push(feature(&outline(&placed.footprint), &about));
    }
    features
}

#[cfg(test)]
mod tests {
    use super::super::verdicts::tests::verdict;
    use super::*;

    #[test]
    fn verdicts_are_found_by_their_row() {
        let mut v = verdict("P03", Outcome::Fail);
        v.geometry = Some(json!({"type": "Point", "coordinates": [107.69, 12.0]}));
        let e = evidence("", &[], &[], &[verdict("G01", Outcome::Pass), v]);
        assert_eq!(e["verdicts"]["features"][0]["properties"]["row"], 1);
    }

    #[test]
    fn parcels_are_drawn_in_degrees() {
        let point = Geometry::Point(geo::point!(x: 411_600.265, y: 1_327_195.238));
        let e = evidence("", &[("24611-1-1".to_owned(), point)], &[], &[]);
        let lon = e["parcels"]["features"][0]["geometry"]["coordinates"][0].as_f64().unwrap();
        assert!((lon - 107.69).abs() < 1e-6, "{lon}");
    }

    #[test]
    fn a_model_names_the_failed_elements_of_its_work() {
        let row = |rule: &str, outcome, work: Option<&str>, element: &str| {
            let mut v = verdict(rule, outcome);
            (v.work, v.elements) = (work.map(str::to_owned), vec![element.to_owned()]);
            v
        };
        let rows = [
            row("P09", Outcome::Fail, Some("1"), "b"),
            row("P05", Outcome::Fail, Some("2"), "c"),
            row("P04", Outcome::Fail, None, "a"),
            row("P03", Outcome::Fail, Some("1"), "b"),
            row("P02", Outcome::Pass, Some("1"), "d"),
        ];
        let e = evidence("/api/v1/applications/x", &[], &[("1".to_owned(), ModelFacts::default())], &rows);
        let expected = json!([{"work": "1", "glb": "/api/v1/applications/x/works/1/model.glb",
            "elements": "/api/v1/applications/x/works/1/model/elements", "failed": ["a", "b"]}]);
        assert_eq!(e["models"], expected);
    }
}
