//! What a worker child may use. The limits travel as arguments, not in the task, because the child sets them
//! before it reads anything.

use std::time::Duration;

use rlimit::Resource;

use crate::{Error, Result};

/// Limits of one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Address space in MiB (`RLIMIT_AS`): reserved stacks count too.
    pub memory_mb: u64,
    /// CPU seconds of all threads together (`RLIMIT_CPU`).
    pub cpu_s: u64,
    /// Open files (`RLIMIT_NOFILE`).
    pub open_files: u64,
    /// Largest file that the child may write, in MiB (`RLIMIT_FSIZE`); pipes do not count. 0: none.
    pub written_mb: u64,
    /// Threads for parallel work (`RAYON_NUM_THREADS`); each reserves a large stack.
    pub threads: u32,
    /// Wall-clock time after which the parent ends the child.
    pub time: Duration,
}

impl Default for Limits {
    /// 6 GiB, two minutes: enough for models of some hundred megabytes, too little to hurt the machine.
    fn default() -> Self {
        Self {
            memory_mb: 6144,
            cpu_s: 300,
            open_files: 64,
            written_mb: 0,
            threads: 4,
            time: Duration::from_mins(2),
        }
    }
}

impl Limits {
    /// The arguments of `dothi worker` that carry these limits.
    pub fn to_args(self) -> [String; 8] {
        let pair = |name: &str, value: u64| [format!("--{name}"), value.to_string()];
        let [a, b] = pair("memory-mb", self.memory_mb);
        let [c, d] = pair("cpu-s", self.cpu_s);
        let [e, f] = pair("open-files", self.open_files);
        let [g, h] = pair("written-mb", self.written_mb);
        [a, b, c, d, e, f, g, h]
    }

    /// Puts the limits on this process. Hard and soft alike, so that nothing that is parsed can lift them.
    pub fn apply(&self) -> Result<()> {
        const MIB: u64 = 1024 * 1024;
        let limits = [
            (Resource::CORE, 0),
            (Resource::FSIZE, self.written_mb.saturating_mul(MIB)),
            (Resource::NOFILE, self.open_files),
            (Resource::CPU, self.cpu_s),
            (Resource::AS, self.memory_mb.saturating_mul(MIB)),
        ];
        for (resource, wanted) in limits {
            let set = || {
                let (_, hard) = resource.get()?;
                let value = wanted.min(hard);
                resource.set(value, value)
            };
            set().map_err(|e| Error::Setup(format!("worker: cannot limit {}: {e}", resource.as_name())))?;
        }
        Ok(())
    }
}
