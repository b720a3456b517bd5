//! Parcels by their code, from memory.

use geo::{BooleanOps, Geometry, MultiPolygon};

use crate::access::View;
use crate::error::Result;
use crate::features::{Query, Snapshot};
use crate::filter::{CompareOp, Expr};
use crate::layers::{Catalog, Value};
use crate::permit::check_input::MapFeature;
use crate::state::AppState;

/// Layer of the parcels.
pub const PARCEL_LAYER: &str = "parcel";

/// The parcel with `code`, as it stands in memory now.
pub fn find_parcel(state: &AppState, code: &str) -> Result<Option<MapFeature>> {
    find_in(&state.catalog.load(), &state.features.snapshot(), code)
}

/// The parcel with `code` in one state of the layers, with every attribute: for the program's own work.
pub fn find_in(catalog: &Catalog, snapshot: &Snapshot, code: &str) -> Result<Option<MapFeature>> {
    let Some(layer) = catalog.layer(PARCEL_LAYER) else { return Ok(None) };
    // One that is too large for memory is an error, and not a parcel that does not exist.
    let Some(reader) = snapshot.described(&View::system(layer)) else { return Ok(None) };
    let filter = Expr::Compare {
        attribute: "code".to_owned(),
        op: CompareOp::Eq,
        value: Value::Text(code.to_owned()),
    };
    let query = Query { filter: Some(filter), limit: 1, ..Query::default() };
    let found = reader.query(&query)?.next().map(|item| super::gather::feature(&item));
    Ok(found)
}

/// The union of parcels, what the map shows of a case whose model is not placed.
pub fn union(parcels: &[MapFeature]) -> MultiPolygon<f64> {
    parcels.iter().fold(MultiPolygon(Vec::new()), |all, p| match &p.geometry {
        Geometry::Polygon(one) => all.union(&MultiPolygon(vec![one.clone()])),
        Geometry::MultiPolygon(many) => all.union(many),
        _ => all,
    })
}
