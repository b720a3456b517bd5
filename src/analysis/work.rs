//! The bounds of one piece of work: how long it may take, how far it is, whether anybody still waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Steps in a whole.
const WHOLE: u32 = 10_000;
/// Items between two looks at the clock.
const LOOK_EVERY: u64 = 64;

/// How far a piece of work is; shared between who does it and who waits for it.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    done: Arc<AtomicU32>,
    given_up: Arc<AtomicBool>,
}

impl Progress {
    /// 0 … 1.
    pub fn done(&self) -> f64 {
        f64::from(self.done.load(Ordering::Relaxed)) / f64::from(WHOLE)
    }

    /// Nobody waits any more: the work ends at its next look.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

/// One piece of work.
#[derive(Debug)]
pub struct Work {
    progress: Progress,
    within: Duration,
    until: Instant,
    seen: u64,
    /// The part of the whole that the present stage covers.
    stage: (f64, f64),
}

impl Work {
    /// May take `within` from now on.
    pub fn new(progress: Progress, within: Duration) -> Self {
        Self { progress, within, until: Instant::now() + within, seen: 0, stage: (0.0, 1.0) }
    }

    /// From now on steps count from `from` to `to` of the whole (0 … 1).
    pub(super) fn stage(&mut self, from: f64, to: f64) {
        self.stage = (from, to);
        self.set(0.0);
    }

    /// One more item, of about `total`. Fails where the time is over or the work was given up.
    pub(super) fn step(&mut self, done: usize, total: usize) -> Result<()> {
        self.seen += 1;
        if !self.seen.is_multiple_of(LOOK_EVERY) {
            return Ok(());
        }
        self.set(done as f64 / total.max(1) as f64);
        self.look()
    }

    /// Looks at the clock; before something that takes long in one piece.
    pub(super) fn look(&self) -> Result<()> {
        if self.progress.given_up.load(Ordering::Relaxed) {
            return Err(Error::conflict("Đã hủy phân tích.", "The analysis was given up."));
        }
        if Instant::now() > self.until {
            let s = self.within.as_secs();
            return Err(Error::invalid(
                "analysis",
                format!("phân tích lâu hơn {s} giây; hãy thu hẹp vùng hoặc điều kiện chọn"),
                format!("the analysis takes longer than {s} s; narrow the area or the conditions"),
            ));
        }
        Ok(())
    }

    fn set(&self, part: f64) {
        let (from, to) = self.stage;
        let done = (from + (to - from) * part.clamp(0.0, 1.0)) * f64::from(WHOLE);
        self.progress.done.store(done as u32, Ordering::Relaxed);
    }
}
