//! Going over many items on all processors, so that it can be watched and stopped; and keeping the worst findings.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Items that a thread takes at once.
const CHUNK: usize = 256;

/// Watches a run from outside, and stops it.
#[derive(Debug, Default)]
pub struct Control {
    stopped: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
}

/// The run was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run was stopped")]
pub struct Stopped;

impl Control {
    /// Ends the run soon.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// How far it is, 0 … 1.
    pub fn progress(&self) -> f32 {
        let total = self.total.load(Ordering::Relaxed).max(1);
        (self.done.load(Ordering::Relaxed) as f32 / total as f32).min(1.0)
    }

    pub(super) fn expect(&self, steps: usize) {
        self.total.fetch_add(steps as u64, Ordering::Relaxed);
    }

    pub(super) fn advance(&self, steps: usize) {
        self.done.fetch_add(steps as u64, Ordering::Relaxed);
    }

    pub(super) fn check(&self) -> Result<(), Stopped> {
        if self.stopped.load(Ordering::Relaxed) { Err(Stopped) } else { Ok(()) }
    }
}

/// Does `work` for 0 … `count` on all processors, each thread with a state of its own; gives the states back.
pub(super) fn in_parallel<S: Send>(
    count: usize,
    control: &Control,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) + Sync,
) -> Result<Vec<S>, Stopped> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut state = start();
        while control.check().is_ok() {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= count {
                break;
            }
            let to = count.min(from + CHUNK);
            (from..to).for_each(|i| work(&mut state, i));
            control.advance(to - from);
        }
        state
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = threads.min(count.div_ceil(CHUNK)).max(1);
    let states = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut states = vec![run()];
        for thread in others {
            match thread.join() {
                Ok(state) => states.push(state),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        states
    });
    control.check()?;
    Ok(states)
}

/// A finding in short: its geometry and words are made for the listed ones only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finding {
    /// In the unit of its rule.
    pub measured: f64,
    pub item: i64,
    /// 0: none.
    pub other: i64,
}

impl Eq for Finding {}

impl Ord for Finding {
    /// The worse is the greater; of two equally bad ones that with the lower fids.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.measured
            .total_cmp(&other.measured)
            .then_with(|| other.item.cmp(&self.item))
            .then_with(|| other.other.cmp(&self.other))
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Counts all findings and keeps the worst ones.
#[derive(Debug)]
pub(super) struct Worst {
    pub count: u64,
    limit: usize,
    kept: BinaryHeap<Reverse<Finding>>,
}

impl Worst {
    pub(super) fn new(limit: usize) -> Self {
        Self { count: 0, limit, kept: BinaryHeap::new() }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.count += 1;
        self.keep(finding);
    }

    fn keep(&mut self, finding: Finding) {
        self.kept.push(Reverse(finding));
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
    }

    /// All of several, and the worst first.
    pub(super) fn join(all: impl IntoIterator<Item = Self>, limit: usize) -> (u64, Vec<Finding>) {
        let mut whole = Self::new(limit);
        for part in all {
            whole.count += part.count;
            part.kept.into_iter().for_each(|Reverse(f)| whole.keep(f));
        }
        (whole.count, whole.kept.into_sorted_vec().into_iter().map(|Reverse(f)| f).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(measured: f64, item: i64) -> Finding {
        Finding { measured, item, other: 0 }
    }

    #[test]
    fn the_worst_are_kept_and_all_are_counted() {
        let mut parts = [Worst::new(3), Worst::new(3)];
        for i in 0..100 {
            parts[i % 2].add(finding((i % 10) as f64, i as i64));
        }
        let (count, kept) = Worst::join(parts, 3);
        assert_eq!(count, 100);
        assert_eq!(kept, [finding(9.0, 9), finding(9.0, 19), finding(9.0, 29)]);
    }

    #[test]
    fn every_step_is_done_once_and_a_stop_is_told() {
        let control = Control::default();
        control.expect(10_000);
        let states = in_parallel(10_000, &control, Vec::new, std::vec::Vec::push).unwrap();
        let mut all: Vec<usize> = states.concat();
        all.sort_unstable();
        assert_eq!(all, (0..10_000).collect::<Vec<_>>());
        assert!((control.progress() - 1.0).abs() < 1e-6);
        control.stop();
        assert!(in_parallel(10, &control, || (), |(), _| ()).is_err());
    }
}
