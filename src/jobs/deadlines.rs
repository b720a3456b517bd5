//! Events that time gives: supplements that did not come, agencies that were silent. Several nodes may look at
//! once; the row lock of the change lets one of them win.

use serde_json::json;

use super::cases::{Giver, give};
use crate::error::{Error, Result};
use crate::permit::procedure::Event;
use crate::state::AppState;

/// Looks at every deadline once.
pub async fn pass(state: &AppState) -> Result<()> {
    for id in state.store.list_lapsed_supplements().await? {
        system_event(state, id, &Event::new("supplement_lapsed")).await?;
    }
    for (id, agency) in state.store.list_silent_consultations().await? {
        system_event(state, id, &Event::new("deemed_consent").with("agency", json!(agency))).await?;
    }
    Ok(())
}

async fn system_event(state: &AppState, id: uuid::Uuid, event: &Event) -> Result<()> {
    let Some(dossier) = state.store.find_dossier(id).await? else { return Ok(()) };
    let code = dossier.application.code.clone();
    match give(state, dossier, event, &Giver::system()).await {
        Ok((_, to)) => tracing::info!(code, event = event.name, to, "a deadline has passed"),
        // Somebody else was first, or the case has moved on: nothing is left to do.
        Err(Error::PreconditionFailed { .. } | Error::Conflict { .. }) => {}
        Err(e) => return Err(e),
    }
    Ok(())
}
