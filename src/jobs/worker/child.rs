//! The child's side: limits itself, reads its task, does it, answers in frames.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsFd;

use super::{Frame, Limits, Progress, Task};
use crate::{Error, Result};

/// Longest task line that is read.
const MAX_TASK_BYTES: u64 = 1024 * 1024;

/// Where a task writes its frames.
pub struct Output<W: Write> {
    out: W,
}

impl<W: Write> Output<W> {
    /// Frames onto `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Says how far the work is.
    pub fn progress(&mut self, step: &str, done: u64, total: Option<u64>) -> Result<()> {
        self.write(&Frame::Progress(Progress { done, total, step: step.to_owned() }))?;
        self.out.flush().map_err(broken_pipe)
    }

    /// Sends bytes; long ones in several frames.
    pub fn data(&mut self, bytes: &[u8]) -> Result<()> {
        for part in bytes.chunks(16 * 1024 * 1024) {
            Frame::write_data(part, &mut self.out).map_err(broken_pipe)?;
        }
        Ok(())
    }

    fn write(&mut self, frame: &Frame) -> Result<()> {
        frame.write_to(&mut self.out).map_err(broken_pipe)
    }
}

/// The whole life of a child: `perform` answers the done frame's payload, or why not.
pub fn serve<F>(limits: &Limits, perform: F) -> Result<()>
where
    F: FnOnce(Task, &mut Output<io::BufWriter<File>>) -> Result<Vec<u8>>,
{
    limits.apply()?;
    let mut output = Output::new(io::BufWriter::with_capacity(64 * 1024, pipe()?));
    let task = read_task().and_then(|task| end_with_parent().map(|()| task));
    let last = match task.and_then(|task| perform(task, &mut output)) {
        Ok(payload) => Frame::Done(payload),
        Err(Error::BadFile { place, reason }) => Frame::Refused { place, reason },
        Err(Error::InvalidParameter { name, reason }) => Frame::Refused { place: name, reason },
        Err(e) => Frame::Failed(with_causes(&e)),
    };
    output.write(&last)?;
    output.out.flush().map_err(broken_pipe)
}

/// Bytes that wait in the pipe at most: the reader of a file need not stop where its parent is busy.
const PIPE_BYTES: usize = 1 << 20;

/// Standard output as it is: the library's own looks for the ends of lines.
fn pipe() -> Result<File> {
    let out = io::stdout().as_fd().try_clone_to_owned().map_err(broken_pipe)?;
    // No pipe in tests; and a smaller one does too.
    let _ = rustix::pipe::fcntl_setpipe_size(&out, PIPE_BYTES);
    Ok(File::from(out))
}

fn read_task() -> Result<Task> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(MAX_TASK_BYTES)
        .read_line(&mut line)
        .map_err(|e| Error::internal("reading the worker's task", e))?;
    serde_json::from_str(&line).map_err(|e| Error::internal("reading the worker's task", e))
}

/// Standard input stays open as long as the parent lives. Whoever killed it left this child with nobody to answer to,
/// at work on a file that nobody waits for.
fn end_with_parent() -> Result<()> {
    let watch = || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::abort();
    };
    std::thread::Builder::new()
        .name("parent".to_owned())
        .stack_size(128 * 1024)
        .spawn(watch)
        .map(drop)
        .map_err(|e| Error::internal("watching the parent", e))
}

fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn broken_pipe(e: io::Error) -> Error {
    Error::internal("writing to the parent", e)
}
