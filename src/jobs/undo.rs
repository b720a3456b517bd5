//! The undo of a revision that changed more items than a request should wait for.

use serde_json::{Value, json};

use super::queue::Share;
use crate::error::{Error, Result};
use crate::state::AppState;
use crate::store::Author;
use crate::store::audit::Entry;
use crate::store::history::undo::Asked;
use crate::store::jobs::Lease;

pub use crate::store::history::undo::UNDO_JOB;

/// Takes the revision back. Whether who asked may was decided when he asked.
pub async fn run_job(state: &AppState, lease: &Lease, share: &Share) -> Result<Value> {
    share.set(0.0);
    let asked: Asked = serde_json::from_value(lease.payload.clone())
        .map_err(|e| Error::internal("the payload of an undo", e))?;
    if let Some(actor) = lease.requested_by
        && let Some(revision) = state.store.find_undo(asked.revision, actor, asked.at).await?
    {
        // A node stopped or died after the commit: it is done, and is not to be done again.
        return Ok(json!({"undoes": asked.revision, "revision": revision, "interrupted": true}));
    }
    let author = Author { actor: lease.requested_by, reason: asked.reason, client: asked.client };
    let entry = Entry {
        actor: lease.requested_by,
        actor_name: asked.actor_name,
        authority: asked.authority,
        action: "undo".to_owned(),
        subject: "revision".to_owned(),
        subject_id: asked.revision.to_string(),
        ..Entry::default()
    };
    let catalog = state.store.catalog().await?;
    let told = |done| share.set(done);
    let report = state.store.undo_telling(&catalog, asked.revision, &author, entry, false, told).await?;
    super::until_shown(state, report.position).await;
    Ok(report.to_json())
}
