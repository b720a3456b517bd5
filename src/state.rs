//! What handlers and jobs share. `app` fills it at start-up.

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::Config;
use crate::features::Features;
use crate::feed::Feed;
use crate::files::Files;
use crate::files::made::MadeFiles;
use crate::layers::Catalog;
use crate::permit::Law;
use crate::store::Store;

/// The shared state; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// The parts of the state.
pub struct Parts {
    /// Settings.
    pub config: Arc<Config>,
    /// The database, as the serving role.
    pub store: Store,
    /// Applied layers and code lists; the feed swaps them.
    pub catalog: Arc<ArcSwap<Catalog>>,
    /// The layers in memory.
    pub features: Arc<Features>,
    /// Brings committed changes to memory.
    pub feed: Feed,
    /// Uploaded files.
    pub files: Files,
    /// Files made from the layers: whole ones for download.
    pub made: MadeFiles,
    /// Procedures, rules, calendar, forms.
    pub law: Arc<Law>,
}

impl AppState {
    /// The state of a running program.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
