//! What is made of an uploaded model in the worker child: its facts, kept in the database by the file's hash, and the
//! files that show it, kept while they are asked for.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::worker::{self, Frame, Limits, Task};
use crate::bim::{self, facts::ModelFacts};
use crate::error::{Error, Result};
use crate::files::made::MadeFile;
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

/// A file that is made of a model to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The compact mesh, glTF 2.0 binary (`bim::mesh`).
    Mesh,
    /// What the model says of each element (`bim::sheets`).
    Sheets,
}

/// The file made of a stored model; a model that cannot be read or shows nothing is a bad file.
pub async fn shown(state: &AppState, sha256: &str, what: Shown) -> Result<Arc<MadeFile>> {
    let file = state.files.path(sha256)?;
    let (name, task) = match what {
        Shown::Mesh => ("mesh", Task::IfcMesh { file }),
        Shown::Sheets => ("sheets", Task::IfcSheets { file }),
    };
    let (maker, model, runtime) = (state.clone(), sha256.to_owned(), Handle::current());
    let make = move |path: &Path| runtime.block_on(make(&maker, &model, &task, path));
    state.made.get(format!("model/{sha256}/{name}"), READER.to_owned(), make).await
}

async fn make(state: &AppState, sha256: &str, task: &Task, path: &Path) -> Result<()> {
    let refused = |reason| Error::BadFile { place: "model".to_owned(), reason };
    // What was refused once needs no second child to be refused again.
    if let FactsOrRefusal::Refusal(reason) = facts(state, sha256).await? {
        return Err(refused(reason));
    }
    let broken = |e| Error::internal("writing what shows a model", e);
    let mut out = File::create(path).map_err(broken)?;
    let on_frame = |frame| match frame {
        Frame::Data(bytes) => out.write_all(&bytes).map_err(broken),
        _ => Ok(()),
    };
    match worker::run(task, &Limits::default(), on_frame).await {
        Ok(_) => Ok(()),
        Err(Error::BadFile { reason, .. }) => Err(refused(reason)),
        Err(e) => Err(e),
    }
}

/// The line of one element in a file of [`Shown::Sheets`]; none where the model has no such element. Blocks.
pub fn find_sheet(sheets: &MadeFile, global_id: &str) -> Result<Option<Vec<u8>>> {
    let broken = |e| Error::internal("reading the sheets of a model", e);
    let mut lines = BufReader::with_capacity(1 << 18, sheets.open().map_err(broken)?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(broken)? > 0 {
        if let Some(found) = bim::find_sheet(&line, global_id) {
            return Ok(Some(found.to_vec()));
        }
        line.clear();
    }
    Ok(None)
}
