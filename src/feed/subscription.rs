//! Who listens to the feed for long, such as the stream of events to a browser: so many and no more, and all of them
//! hear when the program ends.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

use super::Announcement;

/// A listener's place. It is free again when this is dropped.
#[derive(Debug)]
pub struct Subscription {
    pub(super) announcements: broadcast::Receiver<Arc<Announcement>>,
    pub(super) over: watch::Receiver<bool>,
    pub(super) _place: OwnedSemaphorePermit,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A step of memory.
    Step(Arc<Announcement>),
    /// It was too slow: steps have passed that it did not hear of.
    Missed,
}

impl Subscription {
    /// The next step; none when the program ends.
    pub async fn next(&mut self) -> Option<Heard> {
        tokio::select! {
            biased;
            _ = self.over.wait_for(|over| *over) => None,
            step = self.announcements.recv() => match step {
                Ok(step) => Some(Heard::Step(step)),
                Err(broadcast::error::RecvError::Lagged(_)) => Some(Heard::Missed),
                Err(broadcast::error::RecvError::Closed) => None,
            },
        }
    }
}
