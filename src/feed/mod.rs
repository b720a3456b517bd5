//! Brings committed changes to memory: loads the layers at start, then follows the change feed.
//!
//! One task follows. It hears of a commit by notification, and asks every 200 ms besides (a standby or a pooler does
//! not notify), reads what changed and the rows in one snapshot of the database, and publishes the new state whole.
//! Another epoch, or a revision lower than ours, means that the database was restored or another server took over:
//! everything is loaded again.

mod follow;
mod load;
mod subscription;

pub use subscription::{Heard, Subscription};

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::{Notify, Semaphore, broadcast, watch};
use tokio::task::JoinHandle;

use crate::features::Features;
use crate::layers::Catalog;
use crate::store::{Position, Store};
use crate::{Error, Result};

/// A node that has not heard from the database for this long is not ready.
pub const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long a writer waits for its own write to be in memory.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(10);
/// Announcements kept for a slow subscriber; one that misses more is told so and reads anew.
const ANNOUNCEMENTS: usize = 256;
/// Listeners at a time: each holds a connection and some kilobytes.
const LISTENERS: usize = 2_000;
/// After how many seconds one that found no place may try again.
const PLACE_AFTER_S: u32 = 30;

/// What became visible in memory with one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Where memory stands now.
    pub position: Position,
    /// Layers that changed, each with the items, or none where it changed as a whole.
    pub layers: Vec<(String, Option<Vec<i64>>)>,
}

/// The feed of this node. Cheap to clone; the follower ends when [`Feed::stop`] is called.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    features: Arc<Features>,
    catalog: Arc<ArcSwap<Catalog>>,
    /// Wakes those who wait for memory to reach a position.
    position: watch::Sender<Position>,
    /// When the database last answered.
    contact: watch::Sender<Instant>,
    announcements: broadcast::Sender<Arc<Announcement>>,
    wake: Notify,
    places: Arc<Semaphore>,
    over: watch::Sender<bool>,
    follower: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Feed {
    /// Loads every layer into `features` and begins to follow. Takes seconds for a province.
    pub async fn start(
        store: Store,
        features: Arc<Features>,
        catalog: Arc<ArcSwap<Catalog>>,
    ) -> Result<Self> {
        let position = load::everything(&store, &features, &catalog).await?;
        let feed = Self(Arc::new(Inner {
            store,
            features,
            catalog,
            position: watch::Sender::new(position),
            contact: watch::Sender::new(Instant::now()),
            announcements: broadcast::Sender::new(ANNOUNCEMENTS),
            wake: Notify::new(),
            places: Arc::new(Semaphore::new(LISTENERS)),
            over: watch::Sender::new(false),
            follower: std::sync::Mutex::new(None),
        }));
        let follower = tokio::spawn(follow::run(feed.clone()));
        *feed.follower() = Some(follower);
        Ok(feed)
    }

    /// Where memory stands: that of the state that readers see at this moment.
    pub fn position(&self) -> Position {
        let state = self.0.features.snapshot();
        Position { epoch: state.epoch, revision: state.revision }
    }

    /// Time since the database last answered the follower.
    pub fn silence(&self) -> Duration {
        self.0.contact.borrow().elapsed()
    }

    /// Whether this node may be sent requests.
    pub fn is_ready(&self) -> bool {
        self.silence() < READY_WITHIN
    }

    /// Waits until memory holds `position`, so that a client reads its own write. [`Error::Unavailable`] if the
    /// database is lost in between.
    pub async fn catch_up(&self, position: Position) -> Result<()> {
        let mut now = self.0.position.subscribe();
        self.0.wake.notify_one();
        let reached = now.wait_for(|p| p.epoch != position.epoch || p.revision >= position.revision);
        match tokio::time::timeout(CATCH_UP_WITHIN, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Error::Unavailable(
                format!("memory did not reach revision {} in time", position.revision).into(),
            )),
        }
    }

    /// Hears of every step from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.0.announcements.subscribe()
    }

    /// A place from which every step from now on is heard, until [`Feed::dismiss`].
    pub fn listen(&self) -> Result<Subscription> {
        let place = self.0.places.clone().try_acquire_owned();
        Ok(Subscription {
            announcements: self.subscribe(),
            over: self.0.over.subscribe(),
            _place: place.map_err(|_| Error::TooManyRequests { retry_after_s: PLACE_AFTER_S })?,
        })
    }

    /// Tells all listeners that the program ends.
    pub fn dismiss(&self) {
        self.0.over.send_replace(true);
    }

    /// Ends the follower.
    pub fn stop(&self) {
        if let Some(follower) = self.follower().take() {
            follower.abort();
        }
    }

    fn follower(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.0.follower.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
