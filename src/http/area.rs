//! Whether a change lies where its author may make it: a commune's officer changes what lies in his commune.

use chrono::Utc;
use geo::Geometry;

use crate::access::{Area, Edit, View};
use crate::features::within;
use crate::state::AppState;
use crate::text::Text;
use crate::units::{COMMUNE_LAYER, day_in_vietnam};
use crate::{Error, Result};

/// How far a geometry may stick out of its commune, metres. Neighbours draw their common border from surveys of their
/// own, and WGS 84 and VN-2000 agree to a metre only (EPSG:6960).
const TOLERANCE_M: f64 = 1.0;

/// Refuses a change to any of `geometries` (EPSG:9218, an item's old and new one) that lies outside of `edit`'s area.
/// A commune's outline has tens of thousands of vertices: done on a thread that nobody waits for.
pub(in crate::http) async fn check(
    state: &AppState,
    edit: &Edit,
    geometries: Vec<Geometry<f64>>,
) -> Result<()> {
    if edit.area == Area::Everywhere {
        return Ok(());
    }
    let (state, edit) = (state.clone(), edit.clone());
    tokio::task::spawn_blocking(move || check_here(&state, &edit, &geometries))
        .await
        .map_err(|e| Error::internal("comparing a geometry with a commune", e))?
}

/// As [`check`], on this thread.
fn check_here(state: &AppState, edit: &Edit, geometries: &[Geometry<f64>]) -> Result<()> {
    let Area::Units(units) = &edit.area else { return Ok(()) };
    let catalog = state.catalog.load();
    let snapshot = state.features.snapshot();
    let communes = catalog.layer(COMMUNE_LAYER).and_then(|l| snapshot.layer(&View::system(l)));
    let communes = communes.ok_or_else(|| Error::Unavailable("the communes are not loaded yet".into()))?;
    let codes = units.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    match within::outside_m(&communes, units, day_in_vietnam(Utc::now()), geometries)? {
        Some(outside_m) if outside_m <= TOLERANCE_M => Ok(()),
        Some(outside_m) => Err(Error::Forbidden(Text::new(
            format!(
                "Vị trí vượt ra ngoài địa giới đơn vị của bạn ({codes}) {outside_m:.1} m; bạn chỉ được sửa trong \
                 địa bàn."
            ),
            format!(
                "The place reaches {outside_m:.1} m out of your unit ({codes}); you may edit inside it only."
            ),
        ))),
        None => Err(Error::Forbidden(Text::new(
            format!("Chưa có địa giới hiện hành của đơn vị bạn ({codes}) nên chưa sửa được."),
            format!("No boundary of your unit ({codes}) is in force, so nothing can be edited."),
        ))),
    }
}
