//! `ifc-samples/sites.json`: the map around the sample models, in EPSG:9218, for those who check them without the
//! program, such as `ifc-samples/expected.py`.

use serde_json::{Value, json};

use crate::sample::demo_sites::{DemoQuarter, QUARTERS, SITES, SURVEY_ACCURACY_M, Uv};

/// The demo quarters and sites as JSON text.
pub fn to_json() -> String {
    let sites: Vec<Value> = SITES
        .iter()
        .map(|s| json!({"id": s.id, "parcel": s.parcel_code, "street": s.street, "quarter": s.quarter.name}))
        .collect();
    let quarters: Vec<Value> = QUARTERS.iter().map(|q| quarter(q)).collect();
    let all = json!({
        "about": "Made up: the demo quarters of the sample province, coordinates (E, N) in EPSG:9218, lengths in metres.",
        "crs": "EPSG:9218", "sites": sites, "quarters": quarters,
    });
    let mut text = serde_json::to_string_pretty(&all).expect("plain values always become JSON");
    text.push('\n');
    text
}

fn quarter(q: &DemoQuarter) -> Value {
    let line = |ends: [Uv; 2]| ends.map(|p| q.to_map(p));
    let lots: Vec<Value> = q.blocks.iter().flat_map(|b| b.lots).map(|l| lot(q, l)).collect();
    let parcels: Vec<Value> = q
        .list_parcels()
        .into_iter()
        .map(|(p, l)| {
            json!({"code": p.code, "land_use": l.land_use, "lot": l.lot_code, "area_m2": p.rect.area_m2(),
                   "survey_accuracy_m": SURVEY_ACCURACY_M, "ring": q.ring(&p.rect)})
        })
        .collect();
    let roads: Vec<Value> = q
        .streets
        .iter()
        .map(|s| {
            json!({"name": s.name, "planning_class": s.planning_class, "ring": q.ring(&s.rect),
                   "width_between_red_lines_m": s.width_between_red_lines_m()})
        })
        .collect();
    let red: Vec<Value> =
        q.list_red_lines().into_iter().map(|(s, l)| json!({"road_name": s, "line": line(l)})).collect();
    let building: Vec<Value> = q
        .list_building_lines()
        .into_iter()
        .map(|(s, setback, l)| json!({"road_name": s, "setback_m": setback, "line": line(l)}))
        .collect();
    json!({
        "name": q.name, "commune_code": q.commune_code, "origin": q.origin, "rotation_deg": q.rotation_deg,
        "ring": q.ring(&q.rect()),
        "plan": {"name": q.plan.name, "plan_type": q.plan.plan_type, "area_type": q.plan.area_type,
                 "decision": q.plan.decision, "approved_on": q.plan.approved_on},
        "roads": roads, "red_lines": red, "building_lines": building, "lots": lots, "parcels": parcels,
    })
}

fn lot(q: &DemoQuarter, l: &crate::sample::demo_sites::DemoLot) -> Value {
    json!({
        "lot_code": l.lot_code, "use": l.zoning_use, "allowed_uses": l.allowed_uses,
        "net_coverage_max_percent": l.net_coverage_max_percent, "storeys_min": l.storeys_min,
        "storeys_max": l.storeys_max, "storeys_counting": l.storeys_counting, "height_max_m": l.height_max_m,
        "far_max": l.far_max, "planned_level_m": l.planned_level_m, "setback_min_m": l.setback_min_m,
        "ring": q.ring(&l.rect),
    })
}
