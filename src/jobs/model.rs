//! The facts of an uploaded model: read in the worker child, kept by the file's hash.

use super::worker::{self, Limits, Task};
use crate::bim::facts::ModelFacts;
use crate::error::{Error, Result};
use crate::state::AppState;
use crate::store::permits::files::FactsOrRefusal;

/// Facts of the same bytes change with the reader alone: the program's version.
pub const READER: &str = env!("CARGO_PKG_VERSION");

/// The facts of a stored model, or why it cannot be read.
pub async fn facts(state: &AppState, sha256: &str) -> Result<FactsOrRefusal> {
    if let Some(found) = state.store.find_model_facts(sha256, READER).await? {
        return Ok(found);
    }
    let task = Task::IfcFacts { file: state.files.path(sha256)? };
    let found = match worker::run(&task, &Limits::default(), |_| Ok(())).await {
        Ok(bytes) => {
            let facts: ModelFacts = serde_json::from_slice(&bytes)
                .map_err(|e| Error::internal(format!("read the facts of {sha256} from the worker"), e))?;
            FactsOrRefusal::Facts(Box::new(facts))
        }
        // The place names the stored file, which tells people nothing; the reason is what they need.
        Err(Error::BadFile { reason, .. }) => FactsOrRefusal::Refusal(reason),
        Err(e) => return Err(e),
    };
    state.store.keep_model_facts(sha256, READER, &found).await?;
    Ok(found)
}
