//! The child process that parses untrusted files (IFC, GDAL formats), seen from both sides.
//!
//! A parser of a foreign format may crash, loop or eat the memory. So the parent starts its own executable as
//! `dothi worker …` with a cleared environment and no credentials; the child first limits its own memory, CPU
//! time and files ([`Limits`]), then reads one [`Task`] as a line of JSON from its standard input and answers
//! with [`Frame`]s on its standard output. The parent ends it by time, and it ends itself when the parent is gone, which
//! closes its standard input. Whatever happens to the child, the caller gets a clear [`Error::BadFile`](crate::Error::BadFile).
//!
//! ```no_run
//! # async fn f() -> dothi::Result<()> {
//! use dothi::jobs::worker::{self, Limits, Task};
//! let task = Task::IfcFacts { file: "model.ifc".into() };
//! let facts = worker::run(&task, &Limits::default(), |_frame| Ok(())).await?;
//! # Ok(()) }
//! ```

mod child;
mod frame;
mod limits;
mod parent;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use child::{Output, serve};
pub use frame::{Frame, MAX_FRAME_BYTES, Progress};
pub use limits::Limits;
pub use parent::{Worker, run, use_executable};

/// What the child is asked to do: one line of JSON, `{"task":"ifc_facts","file":"…"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Facts of a building model; the done frame holds `bim::facts::ModelFacts` as JSON.
    IfcFacts {
        /// The file, readable by the child.
        file: PathBuf,
    },
    /// The model's compact mesh (glTF binary) in data frames, in order; the done frame holds
    /// `{"bytes":n}`.
    IfcMesh {
        /// The file, readable by the child.
        file: PathBuf,
    },
    /// What the model says of each element (`bim::sheets`) in data frames, in order; the done frame holds
    /// `{"bytes":n}`.
    IfcSheets {
        /// The file, readable by the child.
        file: PathBuf,
    },
    /// Holds a building model against an IDS document. Data frames hold, in order, `bim::ids::Report` as JSON, also where
    /// the document is invalid; a model that cannot be read is refused.
    IdsCheck {
        /// The model, readable by the child.
        file: PathBuf,
        /// The document, readable by the child.
        ids: PathBuf,
    },
    /// Compares a building model with a later one. Data frames hold, in order, `bim::compare::Comparison` as JSON.
    IfcCompare {
        /// The earlier model, readable by the child.
        file: PathBuf,
        /// The later model, readable by the child.
        after: PathBuf,
    },
    /// A BCF file of failed checks. Data frames hold it, in order; the done frame holds `{"bytes":n}`.
    Bcf {
        /// The order, `jobs::bcf::Order` as JSON, readable by the child as the models are that it names.
        file: PathBuf,
    },
    /// Reads a vector format; the options are those of `formats`. Data frames hold what `formats` writes.
    Import {
        /// The file, readable by the child.
        file: PathBuf,
        /// Options of `formats`, as its own type in JSON.
        #[serde(default)]
        options: serde_json::Value,
    },
    /// Looks at a vector format; the options are those of `formats`. The done frame holds
    /// `formats::inspect::Inspection` as JSON.
    Inspect {
        /// The file, readable by the child.
        file: PathBuf,
        /// Options of `formats`, as its own type in JSON.
        #[serde(default)]
        options: serde_json::Value,
    },
}

impl Task {
    /// The file that is read; messages name it by its last part. Of two models the reason says which is meant.
    pub fn file(&self) -> &std::path::Path {
        match self {
            Self::IfcFacts { file }
            | Self::IfcMesh { file }
            | Self::IfcSheets { file }
            | Self::IdsCheck { file, .. }
            | Self::Bcf { file }
            | Self::Import { file, .. }
            | Self::Inspect { file, .. } => file,
            Self::IfcCompare { .. } => std::path::Path::new("IFC"),
        }
    }
}
