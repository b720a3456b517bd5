//! The parent's side: starts the child, reads its frames, ends it by time and turns its end into an error.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::{Frame, Limits, Task};
use crate::{Error, Result};

/// How much of the child's standard error is kept for the log.
const STDERR_BYTES: u64 = 16 * 1024;

static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();

/// Names the `dothi` executable that serves as the child. Only for programs that are not `dothi` themselves
/// (tests, benchmarks); the first call wins.
pub fn use_executable(path: PathBuf) {
    let _ = EXECUTABLE.set(path);
}

/// This process's own file; `/proc/self/exe` also works after an upgrade has replaced the file on disk.
fn executable() -> PathBuf {
    EXECUTABLE.get().cloned().unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// A running child. Dropping it ends the child.
pub struct Worker {
    child: Child,
    /// Open as long as this process lives: the child ends itself when it closes.
    _alive: ChildStdin,
    frames: BufReader<ChildStdout>,
    stderr: JoinHandle<String>,
    place: String,
    deadline: Instant,
    limits: Limits,
    finished: bool,
}

impl Worker {
    /// Starts a child on `task`.
    pub async fn start(task: &Task, limits: &Limits) -> Result<Self> {
        let mut child = command(limits).spawn().map_err(|e| internal("starting the worker", e))?;
        let deadline = Instant::now() + limits.time;
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Error::Setup("worker: its pipes could not be opened".to_owned()));
        };
        let stderr = tokio::spawn(async move {
            let mut text = Vec::new();
            let mut stderr = stderr;
            let _ = (&mut stderr).take(STDERR_BYTES).read_to_end(&mut text).await;
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut line = serde_json::to_vec(task).map_err(|e| internal("writing the worker's task", e))?;
        line.push(b'\n');
        // A child that died already closes the pipe; its end is reported by `next`.
        let _ = stdin.write_all(&line).await;
        let place = task.file().file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Ok(Self {
            child,
            _alive: stdin,
            frames: BufReader::new(stdout),
            stderr,
            place,
            deadline,
            limits: *limits,
            finished: false,
        })
    }

    /// The child's process id while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The next frame; none after the done frame. A refusal, a crash and the end of time are errors.
    /// Read slowly and the child waits: the pipe is the only buffer.
    pub async fn next(&mut self) -> Result<Option<Frame>> {
        if self.finished {
            return Ok(None);
        }
        let Ok(read) = timeout_at(self.deadline, Frame::read_from(&mut self.frames)).await else {
            let _ = self.child.kill().await;
            return Err(self.timed_out());
        };
        match read {
            Ok(Some(Frame::Refused { place, reason })) => {
                self.finished = true;
                let place =
                    if place.is_empty() { self.place.clone() } else { format!("{}, {place}", self.place) };
                Err(Error::BadFile { place, reason })
            }
            Ok(Some(Frame::Failed(message))) => {
                self.finished = true;
                Err(internal("the worker's task", message))
            }
            Ok(Some(frame)) => {
                self.finished = matches!(frame, Frame::Done(_));
                Ok(Some(frame))
            }
            Ok(None) => Err(self.died().await),
            Err(e) => {
                tracing::warn!(error = %e, "worker's answer is broken");
                Err(self.died().await)
            }
        }
    }

    fn timed_out(&self) -> Error {
        let seconds = self.limits.time.as_secs();
        Error::bad_file(
            &self.place,
            format!("không đọc xong tệp trong {seconds} giây"),
            format!("the file could not be read within {seconds} s"),
        )
    }

    /// The child ended without a last frame: it crashed or ran into a limit.
    async fn died(&mut self) -> Error {
        let _ = self.child.start_kill();
        let status = self.child.wait().await.ok();
        let stderr = (&mut self.stderr).await.unwrap_or_default();
        tracing::warn!(?status, stderr = %stderr.trim(), file = %self.place, "worker died");
        let (vi, en) = cause(status, &stderr, &self.limits);
        Error::bad_file(&self.place, vi, en)
    }
}

/// Runs `task` to its end; `on_frame` sees progress and data frames. Answers the done frame's payload.
pub async fn run(
    task: &Task,
    limits: &Limits,
    mut on_frame: impl FnMut(Frame) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut worker = Worker::start(task, limits).await?;
    while let Some(frame) = worker.next().await? {
        match frame {
            Frame::Done(payload) => return Ok(payload),
            other => on_frame(other)?,
        }
    }
    Err(Error::Setup("worker: no answer".to_owned()))
}

fn command(limits: &Limits) -> Command {
    let mut command = Command::new(executable());
    command.arg0("dothi").arg("worker").args(limits.to_args()).env_clear();
    // No credentials and no settings reach the child; only where the projection data lies.
    for name in ["PROJ_DATA", "PROJ_LIB", "GDAL_DATA"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("RAYON_NUM_THREADS", limits.threads.max(1).to_string())
        // Each malloc arena reserves 64 MiB of address space, which the memory limit counts.
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Why a child that gave no last frame ended, in words for the person who sent the file.
fn cause(status: Option<ExitStatus>, stderr: &str, limits: &Limits) -> (String, String) {
    use std::os::unix::process::ExitStatusExt;
    const SIGXCPU: i32 = 24;
    const SIGKILL: i32 = 9;
    let signal = status.and_then(|s| s.signal());
    let memory = ["memory allocation of", "Cannot allocate memory", "ut of memory", "bad_alloc"]
        .iter()
        .any(|words| stderr.contains(words));
    if memory {
        let mb = limits.memory_mb;
        return (
            format!("cần nhiều bộ nhớ hơn mức cho phép ({mb} MiB)"),
            format!("it needs more memory than is allowed ({mb} MiB)"),
        );
    }
    if matches!(signal, Some(SIGXCPU | SIGKILL)) {
        let s = limits.cpu_s;
        return (
            format!("cần nhiều thời gian tính hơn mức cho phép ({s} giây CPU)"),
            format!("it needs more computing time than is allowed ({s} CPU seconds)"),
        );
    }
    ("bộ đọc tệp dừng đột ngột khi đọc tệp này".to_owned(), "the reader crashed on this file".to_owned())
}

fn internal(context: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::internal(context, source)
}
