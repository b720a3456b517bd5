//! All layers in one state, and the place where the current state is published.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use uuid::Uuid;

use super::layer::{Difference, Layer};
use super::reader::LayerReader;
use super::tile_cache::TileCache;
use crate::access::View;

/// All layers as they are at one position of the feed. A request takes one and uses it to the end.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Epoch of the database; renewed by a restore.
    pub epoch: Uuid,
    /// Last revision that is in it.
    pub revision: i64,
    layers: BTreeMap<String, Arc<Layer>>,
}

impl Snapshot {
    /// An empty state at a position.
    pub fn new(epoch: Uuid, revision: i64) -> Self {
        Self { epoch, revision, layers: BTreeMap::new() }
    }

    /// Puts a layer in, in the place of one of the same id.
    pub fn insert(&mut self, layer: impl Into<Arc<Layer>>) {
        let layer = layer.into();
        self.layers.insert(layer.def().id.clone(), layer);
    }

    /// Takes a layer out.
    pub fn remove(&mut self, id: &str) {
        self.layers.remove(id);
    }

    /// The layer as it is, for the feed that changes it. Answers are read through [`Snapshot::layer`].
    pub fn raw(&self, id: &str) -> Option<&Arc<Layer>> {
        self.layers.get(id)
    }

    /// The layers in the order of their ids.
    pub fn layers(&self) -> impl Iterator<Item = &Arc<Layer>> {
        self.layers.values()
    }

    /// Reads the layer that the view is about; none where it is not loaded.
    pub fn layer(&self, view: &View) -> Option<LayerReader> {
        LayerReader::new(self.layers.get(&view.layer.id)?.clone(), view)
    }

    /// Bytes of memory that the layers take, about.
    pub fn bytes(&self) -> usize {
        self.layers.values().map(|l| l.bytes()).sum()
    }
}

/// The current state of all layers, and the tiles made from it.
///
/// Readers never wait: they take the current `Arc`. Only the feed publishes.
#[derive(Debug)]
pub struct Features {
    current: ArcSwap<Snapshot>,
    publishing: Mutex<()>,
    tiles: TileCache,
}

impl Features {
    /// Nothing loaded yet; `tile_bytes` bounds the memory of the tile cache.
    pub fn new(tile_bytes: u64) -> Self {
        Self {
            current: ArcSwap::from_pointee(Snapshot::default()),
            publishing: Mutex::new(()),
            tiles: TileCache::new(tile_bytes),
        }
    }

    /// The current state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Makes `snapshot` the current state, then drops the tiles that it makes stale: those that the changed items
    /// touched before or touch now, at every zoom. When this returns no stale tile is served any more.
    pub fn publish(&self, snapshot: Snapshot) {
        let _one_at_a_time = self.publishing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let new = Arc::new(snapshot);
        let old = self.current.swap(new.clone());
        for (id, layer) in &new.layers {
            let difference = match old.layers.get(id) {
                Some(before) => layer.difference(before),
                None => Difference::Everywhere,
            };
            self.tiles.advance(id, Some(layer.stamp()), &difference);
        }
        for id in old.layers.keys().filter(|id| !new.layers.contains_key(*id)) {
            self.tiles.advance(id, None, &Difference::Everywhere);
        }
    }

    /// The tile cache.
    pub fn tiles(&self) -> &TileCache {
        &self.tiles
    }
}

impl Default for Features {
    /// With 256 MiB of tiles.
    fn default() -> Self {
        Self::new(256 << 20)
    }
}
