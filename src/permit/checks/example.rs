//! Worked examples as check inputs. An example is a small site at a fixed place: one parcel of 5 × 20 m on the north
//! side of a street, one house; each key of its `inputs` changes one thing, `false` takes it away.

use std::collections::BTreeMap;

use geo::{Geometry, LineString, MultiPolygon, Polygon};
use serde_json::{Map, Value, json};

use super::super::check_input::{CheckInput, MapFeature, WorkInput};
use super::super::law::Law;
use crate::bim::facts::{
    Box3, BuildingFacts, Georeference, Measured, ModelFacts, Outline, PlacedOutlines, StoreyCount,
    StoreyFacts,
};

/// South-west corner of the site in EPSG:9218.
pub const ORIGIN: [f64; 2] = [412_000.0, 1_327_000.0];

const KEYS: [&str; 37] = [
    "parcels",
    "land_use",
    "survey_accuracy_m",
    "footprint",
    "projection",
    "underground",
    "with_overhangs",
    "height_m",
    "zero_level_m",
    "storeys",
    "basements",
    "gross_area_m2",
    "far_area_m2",
    "span_m",
    "depth_m",
    "use",
    "declared_use",
    "lot",
    "lots",
    "plan",
    "road",
    "red_line",
    "building_line",
    "kept",
    "georeference",
    "hidden",
    "kind",
    "investor",
    "form",
    "zone",
    "schema",
    "length_unit_m",
    "model_error",
    "model",
    "area_with_overhangs_m2",
    "authority",
    "construction_class",
];

/// The input of an example.
pub fn input(given: &BTreeMap<String, Value>) -> CheckInput {
    for key in given.keys() {
        assert!(KEYS.contains(&key.as_str()), "example input {key} is not known");
    }
    Example(given).input()
}

struct Example<'a>(&'a BTreeMap<String, Value>);

impl Example<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    fn off(&self, key: &str) -> bool {
        self.get(key) == Some(&json!(false))
    }

    fn number(&self, key: &str, default: f64) -> f64 {
        self.get(key).and_then(Value::as_f64).unwrap_or(default)
    }

    /// None where it is taken away.
    fn maybe(&self, key: &str, default: f64) -> Option<f64> {
        (!self.off(key)).then(|| self.number(key, default))
    }

    fn text(&self, key: &str, default: &str) -> String {
        self.get(key).and_then(Value::as_str).unwrap_or(default).to_owned()
    }

    fn rect(&self, key: &str, default: [f64; 4]) -> MultiPolygon<f64> {
        rect(self.get(key).map_or(default, corners))
    }

    fn parcels(&self) -> Vec<[f64; 4]> {
        match self.get("parcels").and_then(Value::as_array) {
            Some(list) => list.iter().map(corners).collect(),
            None => vec![[0.0, 0.0, 5.0, 20.0]],
        }
    }

    fn input(&self) -> CheckInput {
        let parcels = self.parcels();
        let codes: Vec<_> = (0..parcels.len()).map(|i| format!("24611-1-{}", i + 1)).collect();
        let facts = (!self.off("model") && self.get("model_error").is_none()).then(|| self.facts());
        CheckInput {
            kind: self.text("kind", "new_house"),
            investor_type: Some(self.text("investor", "household_individual")),
            legal_date: "2026-11-23".parse().unwrap(),
            form: self.get("form").cloned().unwrap_or_else(|| json!({})),
            works: vec![WorkInput {
                id: "1".into(),
                name: "Nhà".into(),
                use_: self.get("declared_use").and_then(Value::as_str).map(str::to_owned),
                facts,
                model_error: self.get("model_error").and_then(Value::as_str).map(str::to_owned),
            }],
            features: self.features(&parcels, &codes),
            parcels: codes,
            hidden_layers: self
                .get("hidden")
                .map(|h| serde_json::from_value(h.clone()).unwrap())
                .unwrap_or_default(),
            settings: Law::load().unwrap().settings().values(),
            documents: BTreeMap::new(),
        }
    }

    fn facts(&self) -> ModelFacts {
        let unit = self.number("length_unit_m", 1.0);
        ModelFacts {
            schema: self.text("schema", "IFC4"),
            entities: 100,
            length_unit_m: (unit > 0.0).then_some(unit),
            georeference: self.georeference(),
            buildings: vec![self.building()],
            bbox_m: Some(Box3 { min: [0.0; 3], max: [5.0, 20.0, 11.0] }),
            ..ModelFacts::default()
        }
    }

    fn georeference(&self) -> Option<Georeference> {
        let (level, source, crs, uncertainty) = match self.text("georeference", "map_conversion").as_str() {
            "none" => return None,
            "site" => (20, "IfcSite", None, 5.0),
            "other_crs" => (50, "IfcMapConversion", Some("EPSG:3406"), 1.0),
            _ => (50, "IfcMapConversion", Some("EPSG:9218"), 0.05),
        };
        Some(Georeference {
            level,
            source: source.into(),
            crs: crs.map(str::to_owned),
            easting: None,
            northing: None,
            longitude: None,
            latitude: None,
            orthogonal_height_m: None,
            vertical_datum: None,
            rotation_deg: 0.0,
            scale: 1.0,
            horizontal_uncertainty_m: uncertainty,
            warnings: Vec::new(),
        })
    }

    fn building(&self) -> BuildingFacts {
        let storeys = self.number("storeys", 3.0) as u32;
        let below = self.number("basements", 0.0) as u32;
        let footprint = self.rect("footprint", [0.5, 3.0, 4.5, 18.0]);
        let area = super::region::area_m2(&footprint);
        let measured = Measured::only;
        let use_ = self.text("use", "house_single");
        BuildingFacts {
            global_id: "building".into(),
            name: "Nhà".into(),
            zero_level_elevation_m: self.get("zero_level_m").and_then(Value::as_f64),
            storeys: (0..storeys + below).map(|i| storey(i, below)).collect(),
            storey_count: StoreyCount {
                total_49_9: storeys + below,
                above_ground: storeys,
                below_ground: below,
                ..StoreyCount::default()
            },
            height_m: measured(self.maybe("height_m", 11.0)),
            highest_element: Some("roof".into()),
            footprint_area_m2: measured(Some(area)),
            footprint_area_with_overhangs_m2: self.get("area_with_overhangs_m2").and_then(Value::as_f64),
            gross_floor_area_m2: measured(Some(self.number("gross_area_m2", area * f64::from(storeys)))),
            far_area_m2: measured(self.maybe("far_area_m2", 180.0)),
            building_use: (!use_.is_empty()).then_some(use_),
            span_m: Some(self.number("span_m", 5.0)),
            depth_m: self.get("depth_m").and_then(Value::as_f64),
            placed: Some(self.placed(footprint)),
            footprint_elements: vec!["wall-b".into(), "wall-a".into()],
            projection_elements: vec!["eaves".into()],
            ..BuildingFacts::default()
        }
    }

    fn placed(&self, footprint: MultiPolygon<f64>) -> PlacedOutlines {
        let moved = match self.text("georeference", "").as_str() {
            "outside" => [400_000.0, 0.0],
            "swapped" => [ORIGIN[1] - ORIGIN[0], ORIGIN[0] - ORIGIN[1]],
            _ => [0.0, 0.0],
        };
        let at = |m: MultiPolygon<f64>| {
            use geo::Translate;
            Outline(m.translate(moved[0], moved[1]))
        };
        let projection = match self.get("projection") {
            Some(v) => rect(corners(v)),
            None => footprint.clone(),
        };
        PlacedOutlines {
            footprint: at(footprint),
            footprint_with_overhangs: self.get("with_overhangs").map(|v| at(rect(corners(v)))),
            projection: at(projection),
            underground: at(self.get("underground").map_or(MultiPolygon(Vec::new()), |v| rect(corners(v)))),
        }
    }

    fn features(&self, parcels: &[[f64; 4]], codes: &[String]) -> BTreeMap<String, Vec<MapFeature>> {
        let mut layers: BTreeMap<String, Vec<MapFeature>> = BTreeMap::new();
        let mut add = |layer: &str, geometry: Geometry<f64>, attributes: Value| {
            let list = layers.entry(layer.to_owned()).or_default();
            let Value::Object(attributes) = attributes else { panic!("an object was expected") };
            let fid = i64::try_from(list.len()).unwrap() + 1;
            list.push(MapFeature { fid, version: 1, geometry, attributes: attributes.into_iter().collect() });
        };
        for (area, code) in parcels.iter().zip(codes) {
            add(
                "parcel",
                rect(*area).into(),
                json!({
                    "code": code, "commune_code": "24611", "land_use": self.text("land_use", "ODT"),
                    "survey_accuracy_m": self.number("survey_accuracy_m", 0.05),
                }),
            );
        }
        let east = parcels.iter().map(|p| p[2]).fold(0.0, f64::max);
        let north = parcels.iter().map(|p| p[3]).fold(0.0, f64::max);
        let site = [0.0, 0.0, east, north];
        add(
            "admin_province",
            rect([-30_000.0, -30_000.0, 30_000.0, 30_000.0]).into(),
            json!({"name": "Lâm Đồng"}),
        );
        add(
            "admin_commune",
            rect([-3_000.0, -3_000.0, 3_000.0, 3_000.0]).into(),
            json!({"code": "24611", "name": "phường Bắc Gia Nghĩa", "name_en": "Bac Gia Nghia ward"}),
        );
        if let Some(lots) = self.get("lots").and_then(Value::as_array) {
            for lot in lots {
                add("zoning_lot", rect(corners(&lot["rect"])).into(), lot_attributes(Some(lot)));
            }
        } else if !self.off("lot") {
            add("zoning_lot", rect(site).into(), lot_attributes(self.get("lot")));
        }
        if !self.off("plan") {
            let plan = merged(
                &json!({"name": "Khu mẫu", "plan_type": "detailed_500", "area_type": "new"}),
                self.get("plan"),
            );
            add("plan_boundary", rect([-100.0, -100.0, 200.0, 200.0]).into(), plan);
        }
        let road = merged(
            &json!({"name": "Đường Mẫu", "planning_class": "local", "width_between_red_lines_m": 13.0}),
            self.get("road"),
        );
        let width = road["width_between_red_lines_m"].as_f64().unwrap();
        add("road", rect([-50.0, -width, 150.0, 0.0]).into(), road);
        if !self.off("red_line") {
            add("red_line", line(0.0), json!({"road_name": "Đường Mẫu"}));
        }
        if !self.off("building_line") {
            let setback = self.number("building_line", 2.4);
            add("building_line", line(setback), json!({"road_name": "Đường Mẫu", "setback_m": setback}));
        }
        for building in self.get("kept").and_then(Value::as_array).into_iter().flatten() {
            let attributes = merged(&json!({"kept": true}), Some(building));
            add("building", rect(corners(&building["rect"])).into(), attributes);
        }
        if let Some(board) = self.get("zone") {
            add(
                "industrial_zone",
                rect([-500.0, -500.0, 500.0, 500.0]).into(),
                json!({"name": "KCN", "board_code": board}),
            );
        }
        layers
    }
}

fn storey(i: u32, below: u32) -> StoreyFacts {
    let under = i < below;
    StoreyFacts {
        global_id: format!("storey-{i}"),
        name: format!("Tầng {i}"),
        elevation_m: 3.3 * (f64::from(i) - f64::from(below)),
        above_ground: !under,
        kind: if under { "basement".into() } else { "above_ground".into() },
        ..StoreyFacts::default()
    }
}

fn lot_attributes(given: Option<&Value>) -> Value {
    let mut lot = merged(
        &json!({"lot_code": "LK-01", "plan_name": "Quy hoạch mẫu", "plan_type": "detailed_500"}),
        given,
    );
    if let Some(members) = lot.as_object_mut() {
        members.remove("rect");
    }
    lot
}

fn merged(base: &Value, given: Option<&Value>) -> Value {
    let mut all: Map<String, Value> = base.as_object().cloned().unwrap_or_default();
    all.extend(given.and_then(Value::as_object).cloned().unwrap_or_default());
    Value::Object(all)
}

fn corners(v: &Value) -> [f64; 4] {
    serde_json::from_value(v.clone()).expect("an example's rectangle has four numbers")
}

fn rect([x0, y0, x1, y1]: [f64; 4]) -> MultiPolygon<f64> {
    let ring = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)];
    let ring: Vec<_> = ring.iter().map(|(x, y)| (x + ORIGIN[0], y + ORIGIN[1])).collect();
    MultiPolygon(vec![Polygon::new(ring.into(), Vec::new())])
}

fn line(y: f64) -> Geometry<f64> {
    let ends = vec![(ORIGIN[0] - 50.0, ORIGIN[1] + y), (ORIGIN[0] + 150.0, ORIGIN[1] + y)];
    Geometry::LineString(LineString::from(ends))
}
