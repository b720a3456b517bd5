//! To which authority a filed case goes (NĐ 217 Art. 53): the pure rule decides, this finds the office.

use super::Situation;
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
    let found = checks::authority(&ruleset, &input);
    let known = state.store.list_authorities().await?;
    let is_known = |code: &str| known.iter().any(|a| a.code == code && a.kind != "agency");
    if let Some(code) = found.code.filter(|c| is_known(c)) {
        return Ok(code);
    }
    // Where the class cannot be told, intake of the commune looks at it first and reroutes it (event `reroute`).
    let commune = found.commune.filter(|c| is_known(c));
    commune.ok_or_else(|| {
        Error::conflict(
            "Chưa xác định được cơ quan tiếp nhận: thửa đất không thuộc xã, phường nào đã có trong hệ thống.",
            "No authority can be told: the parcel lies in no commune that is known here.",
        )
    })
}
