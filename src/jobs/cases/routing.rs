//! To which authority a filed case goes (NĐ 217 Art. 53): the pure rule decides, this finds the office.

use super::Situation;
use super::map::{own_parcels, string};
use crate::error::{Error, Result};
use crate::jobs::check_application::present_input;
use crate::permit::checks;
use crate::state::AppState;

/// Code of the competent authority.
pub(super) async fn authority(state: &AppState, situation: &Situation) -> Result<String> {
    let dossier = &situation.dossier;
    if let Some(parent) = dossier.application.parent_permit {
        // Who issued a permit also adjusts, extends and re-issues it (Art. 53.4).
        if let Some(code) = state.store.find_permit_authority(parent).await? {
            return Ok(code);
        }
    }
    let input = present_input(state, dossier).await?;
    let ruleset = state.law.ruleset(input.legal_date)?;
    let known = state.store.list_authorities().await?;
    let is_known = |code: &String| known.iter().any(|a| a.code == *code && a.kind != "agency");
    if let Some(found) = checks::authority(&input, &ruleset).ok().map(|a| a.code).filter(is_known) {
        return Ok(found);
    }
    // Where the class cannot be told, intake of the commune looks at it first and reroutes it (event `reroute`).
    let commune = own_parcels(&input).iter().find_map(|p| string(p.attributes.get("commune_code")?));
    commune.filter(is_known).ok_or_else(|| {
        Error::conflict(
            "Chưa xác định được cơ quan tiếp nhận: thửa đất không thuộc xã, phường nào đã có trong hệ thống.",
            "No authority can be told: the parcel lies in no commune that is known here.",
        )
    })
}
