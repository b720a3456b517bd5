//! What the map shows of a filed case: the footprint where the model stands on its parcels, else the parcels.

use geo::{BooleanOps, Intersects, MultiPolygon};
use geozero::{CoordDimensions, ToWkb};
use serde_json::Value;

use crate::bim::facts::{BuildingFacts, Measured};
use crate::error::{Error, Result};
use crate::jobs::check_application::present_input;
use crate::jobs::parcels::{PARCEL_LAYER, union};
use crate::permit::check_input::{CheckInput, MapFeature};
use crate::permit::checks;
use crate::state::AppState;
use crate::store::permits::{Dossier, MapFacts};

/// The facts of the dossier as it stands.
pub(super) async fn facts(state: &AppState, dossier: &Dossier) -> Result<MapFacts> {
    let input = present_input(state, dossier).await?;
    let parcels = own_parcels(&input);
    let place = place(&input, &parcels);
    let geometry = (!place.0.is_empty()).then_some(geo::Geometry::MultiPolygon(place));
    let wkb = geometry
        .map(|g| g.to_wkb(CoordDimensions::xy()).map_err(|e| Error::internal("write a place", e)))
        .transpose()?;
    let ruleset = state.law.ruleset(input.legal_date)?;
    let class = checks::authority(&input, &ruleset).ok().and_then(|a| a.class);
    let measured = |of: fn(&BuildingFacts) -> &Measured, add: fn(f64, f64) -> f64| {
        buildings(&input).filter_map(|b| of(b).measured).reduce(add)
    };
    let number = |name: &str| input.form[name].as_f64();
    let storeys = buildings(&input).map(|b| i64::from(b.storey_count.total_49_9)).max();
    Ok(MapFacts {
        wkb,
        commune_code: text(&parcels, "commune_code"),
        building_class: class.map(|c| c.code().to_owned()),
        work_name: input.works.first().map(|w| w.name.clone()),
        use_: input.works.iter().find_map(|w| w.use_.clone()).or_else(|| string(&input.form["use"])),
        storeys: storeys.filter(|n| *n > 0).or_else(|| input.form["storeys"].as_i64()),
        height_m: measured(|b| &b.height_m, f64::max).or_else(|| number("height_m")),
        footprint_area_m2: measured(|b| &b.footprint_area_m2, |a, b| a + b)
            .or_else(|| number("footprint_area_m2")),
        gross_floor_area_m2: measured(|b| &b.gross_floor_area_m2, |a, b| a + b)
            .or_else(|| number("gross_floor_area_m2")),
    })
}

fn buildings(input: &CheckInput) -> impl Iterator<Item = &BuildingFacts> {
    input.works.iter().filter_map(|w| w.facts.as_ref()).flat_map(|f| &f.buildings)
}

pub(super) fn own_parcels(input: &CheckInput) -> Vec<MapFeature> {
    let all = input.features.get(PARCEL_LAYER).map(Vec::as_slice).unwrap_or_default();
    let own = |f: &&MapFeature| {
        f.attributes.get("code").and_then(Value::as_str).is_some_and(|c| input.parcels.iter().any(|p| p == c))
    };
    all.iter().filter(own).cloned().collect()
}

/// A footprint that stands elsewhere than on its parcels would put the case on a stranger's land.
fn place(input: &CheckInput, parcels: &[MapFeature]) -> MultiPolygon<f64> {
    let land = union(parcels);
    let footprint = buildings(input)
        .filter_map(|b| b.placed.as_ref())
        .fold(MultiPolygon(Vec::new()), |all, p| all.union(&p.footprint.0));
    if !footprint.0.is_empty() && (land.0.is_empty() || footprint.intersects(&land)) {
        footprint
    } else {
        land
    }
}

fn text(parcels: &[MapFeature], name: &str) -> Option<String> {
    parcels.iter().find_map(|p| string(p.attributes.get(name)?))
}

pub(super) fn string(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
