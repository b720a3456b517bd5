//! The public register of permits. The public gets an extract without personal data and says so; the holder and
//! the officers of the authority see the permit in full.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use super::place::to_crs84;
use crate::access::permits::standing;
use crate::error::{Error, Result};
use crate::http::auth::Session;
use crate::http::extract::Path;
use crate::state::AppState;
use crate::store::permits::register::Permit;

/// What every page and file of an extract says (contract).
const EXTRACT_MARK: &str = "bản trích công khai";

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/permits/{code}", get(read))
}

/// `GET /permits/{code}`.
pub(super) async fn read(
    State(state): State<AppState>,
    Session(principal): Session,
    Path(code): Path<String>,
) -> Result<axum::Json<Value>> {
    let unknown = || Error::not_found("permit", &code);
    let permit = state.store.find_permit(&code).await?.ok_or_else(unknown)?;
    let mut entitled = false;
    if principal.user.is_some() {
        let case = state.store.find_dossier(permit.application).await?;
        entitled = case.is_some_and(|d| standing(&principal, &d.case()).is_some());
    }
    let mut json = extract(&permit)?;
    if entitled {
        json["holder"] = permit.holder.clone();
        json["content"] = permit.content.clone();
        json["approved_files"] = permit.approved_files.clone();
        json["application"] = json!(permit.application);
    } else {
        json["mark"] = json!(EXTRACT_MARK);
    }
    Ok(axum::Json(json))
}

/// What anybody may know.
fn extract(p: &Permit) -> Result<Value> {
    Ok(json!({
        "code": p.code, "number": p.number, "kind": p.kind, "state": p.state, "fid": p.fid,
        "application_code": p.application_code, "authority": p.authority, "authority_name": p.authority_name,
        "issued_on": p.issued_on, "start_by": p.start_by, "term_ends_on": p.term_ends_on,
        "parcels": p.parcel_codes, "use": p.use_, "storeys": p.storeys, "height_m": p.height_m,
        "footprint_area_m2": p.footprint_area_m2, "gross_floor_area_m2": p.gross_floor_area_m2,
        "geometry": to_crs84(&p.wkb)?,
    }))
}
