//! `dothi worker`: the child that parses one untrusted file and ends. Started by `jobs::worker`, not by people.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::jobs::worker::{self, Limits, Output, Task};
use crate::jobs::{bcf, import};
use crate::{Error, Result, bim};

/// Arguments: the limits that the child sets on itself first.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Address space in MiB.
    #[arg(long, default_value_t = 6144)]
    pub memory_mb: u64,
    /// CPU seconds.
    #[arg(long, default_value_t = 300)]
    pub cpu_s: u64,
    /// Open files.
    #[arg(long, default_value_t = 64)]
    pub open_files: u64,
    /// Largest file written, in MiB.
    #[arg(long, default_value_t = 0)]
    pub written_mb: u64,
}

/// Serves one task on standard input and output.
pub fn run(args: &Args) -> Result<ExitCode> {
    let limits = Limits {
        memory_mb: args.memory_mb,
        cpu_s: args.cpu_s,
        open_files: args.open_files,
        written_mb: args.written_mb,
        time: Duration::MAX,
        ..Limits::default()
    };
    worker::serve(&limits, perform)?;
    Ok(ExitCode::SUCCESS)
}

fn perform<W: Write>(task: Task, output: &mut Output<W>) -> Result<Vec<u8>> {
    match task {
        Task::IfcFacts { file } => {
            let bytes = read_file(&file)?;
            output.progress("geometry", 0, None)?;
            let facts = bim::read(&bytes, &bim::Limits::default()).map_err(|e| bad_model(&e))?;
            serde_json::to_vec(&facts).map_err(|e| Error::internal("writing the facts", e))
        }
        Task::IfcMesh { file } => {
            let bytes = read_file(&file)?;
            let glb = bim::mesh(&bytes, &bim::Limits::default()).map_err(|e| bad_model(&e))?;
            whole(output, &glb)
        }
        Task::IfcSheets { file } => {
            let bytes = read_file(&file)?;
            let sheets = bim::sheets(&bytes, &bim::Limits::default()).map_err(|e| bad_model(&e))?;
            whole(output, &sheets)
        }
        Task::IdsCheck { file, ids } => {
            let report = match bim::ids::read(&read_file(&ids)?) {
                Err(problems) => bim::ids::Report::invalid(problems),
                Ok(ids) => {
                    let bytes = read_file(&file)?;
                    bim::ids::check(&ids, &bytes, &bim::Limits::default()).map_err(|e| bad_model(&e))?
                }
            };
            let json = serde_json::to_vec(&report).map_err(|e| Error::internal("writing the report", e))?;
            whole(output, &json)
        }
        Task::IfcCompare { file, after } => {
            let (before, after) = (read_file(&file)?, read_file(&after)?);
            let found = bim::compare::compare(&before, &after, &bim::Limits::default());
            let found = found.map_err(|e| bad_model(&e))?;
            let json =
                serde_json::to_vec(&found).map_err(|e| Error::internal("writing the comparison", e))?;
            whole(output, &json)
        }
        Task::Bcf { file } => {
            let order = serde_json::from_slice(&read_file(&file)?)
                .map_err(|e| Error::internal("reading the order", e))?;
            whole(output, &bcf::perform(&order, read_file)?)
        }
        Task::Import { file, options } => import::perform(&file, options, output),
        Task::Inspect { file, options } => import::perform_inspect(&file, options),
    }
}

/// Sends the whole of an answer; gives the done frame's payload.
fn whole<W: Write>(output: &mut Output<W>, bytes: &[u8]) -> Result<Vec<u8>> {
    output.data(bytes)?;
    Ok(format!("{{\"bytes\":{}}}", bytes.len()).into_bytes())
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::OutOfMemory => Error::bad_file("", "tệp quá lớn", "the file is too large"),
        _ => Error::bad_file("", format!("không mở được tệp: {e}"), format!("cannot open the file: {e}")),
    })
}

/// A refused model as the crate's error.
fn bad_model(e: &bim::BimError) -> Error {
    Error::BadFile { place: e.place().to_owned(), reason: e.reason().clone() }
}
