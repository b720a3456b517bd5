//! What is too large, too deep, wrong or unknown is refused at once, by its name.

mod bodies;
pub(crate) mod parameters;
mod parsers;

use std::time::{Duration, Instant};

/// At once, on a machine that does much else beside.
const AT_ONCE: Duration = Duration::from_secs(3);

/// Waits for it and fails where it takes longer than [`AT_ONCE`].
async fn at_once<T>(what: &str, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = tokio::time::timeout(AT_ONCE, work).await;
    done.unwrap_or_else(|_| panic!("{what}: no answer after {:?}", began.elapsed()))
}
