//! What the map of a case shows: its parcels, the model's outlines and storeys, the place of each verdict. All in
//! CRS84, as the browser needs it.

use geo::{Geometry, MapCoords};
use serde_json::{Value, json};

use super::elevation::storey_extents;
use crate::bim::facts::{BuildingFacts, ModelFacts, Outline};
use crate::permit::verdict::Verdict;
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

/// The page's evidence: parcels with their codes and models in EPSG:9218, verdicts in CRS84 as they are served.
pub fn evidence(parcels: &[(String, Geometry<f64>)], models: &[&ModelFacts], verdicts: &[Verdict]) -> Value {
    let parcels = parcels.iter().map(|(code, g)| feature(&to_crs84(g), &json!({ "code": code })));
    let model = models.iter().flat_map(|m| &m.buildings).flat_map(building);
    let places = verdicts.iter().enumerate().filter_map(|(row, v)| {
        Some(feature(v.geometry.as_ref()?, &json!({"row": row, "rule": v.rule, "verdict": v.verdict})))
    });
    json!({"parcels": collection(parcels), "model": collection(model), "verdicts": collection(places)})
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
    use crate::permit::verdict::Outcome;

    #[test]
    fn verdicts_are_found_by_their_row() {
        let mut v = verdict("P03", Outcome::Fail);
        v.geometry = Some(json!({"type": "Point", "coordinates": [107.69, 12.0]}));
        let e = evidence(&[], &[], &[verdict("G01", Outcome::Pass), v]);
        assert_eq!(e["verdicts"]["features"][0]["properties"]["row"], 1);
    }

    #[test]
    fn parcels_are_drawn_in_degrees() {
        let point = Geometry::Point(geo::point!(x: 411_600.265, y: 1_327_195.238));
        let e = evidence(&[("24611-1-1".to_owned(), point)], &[], &[]);
        let lon = e["parcels"]["features"][0]["geometry"]["coordinates"][0].as_f64().unwrap();
        assert!((lon - 107.69).abs() < 1e-6, "{lon}");
    }
}
