//! All layers in one state, and the place where the current state is published.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use uuid::Uuid;

use super::footprint::Footprint;
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
    /// For each layer the revision since which it is as it is.
    since: BTreeMap<String, i64>,
}

impl Snapshot {
    /// An empty state at a position.
    pub fn new(epoch: Uuid, revision: i64) -> Self {
        Self { epoch, revision, ..Self::default() }
    }

    /// The state's name in addresses, `epoch.revision`: what is asked for by it may be kept for long.
    pub fn name(&self) -> String {
        format!("{}.{}", self.epoch.simple(), self.revision)
    }

    /// Whether the layers are still as they were in the state of this name. Not where the name is none, or that of a
    /// state that this node has not reached.
    pub fn unchanged_since<'a>(&self, name: &str, mut layers: impl Iterator<Item = &'a str>) -> bool {
        let Some((epoch, revision)) = name.split_once('.') else { return false };
        let (Ok(epoch), Ok(revision)) = (epoch.parse::<Uuid>(), revision.parse::<i64>()) else {
            return false;
        };
        epoch == self.epoch
            && revision <= self.revision
            && layers.all(|id| self.since.get(id).is_some_and(|since| *since <= revision))
    }

    /// Puts a layer in, in the place of one of the same id.
    pub fn insert(&mut self, layer: impl Into<Arc<Layer>>) {
        let layer = layer.into();
        self.since.insert(layer.def().id.clone(), self.revision);
        self.layers.insert(layer.def().id.clone(), layer);
    }

    /// Takes a layer out.
    pub fn remove(&mut self, id: &str) {
        self.layers.remove(id);
        self.since.remove(id);
    }

    /// The layer as it is, for the feed that changes it. Answers are read through [`Snapshot::layer`].
    pub fn raw(&self, id: &str) -> Option<&Arc<Layer>> {
        self.layers.get(id)
    }

    /// The layers in the order of their ids.
    pub fn layers(&self) -> impl Iterator<Item = &Arc<Layer>> {
        self.layers.values()
    }

    /// Reads the layer that the view is about; none where it is not in memory.
    pub fn layer(&self, view: &View) -> Option<LayerReader> {
        self.described(view).filter(|reader| !reader.is_outside())
    }

    /// What is known of the layer that the view is about, be it in memory or too large for it: how many items it has and
    /// where they lie. The items themselves are read through [`Snapshot::layer`].
    pub fn described(&self, view: &View) -> Option<LayerReader> {
        LayerReader::new(self.layers.get(&view.layer.id)?.clone(), view)
    }

    /// What the layers take of memory.
    pub fn footprint(&self) -> Footprint {
        self.layers.values().map(|l| l.footprint()).sum()
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
    layer_bytes: Option<u64>,
}

impl Features {
    /// Nothing loaded yet; `tile_bytes` bounds the memory of the tile cache. Layers whose table takes more than
    /// `layer_bytes` stay outside; none: every layer is to be loaded.
    pub fn new(tile_bytes: u64, layer_bytes: Option<u64>) -> Self {
        Self {
            current: ArcSwap::from_pointee(Snapshot::default()),
            publishing: Mutex::new(()),
            tiles: TileCache::new(tile_bytes),
            layer_bytes,
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

    /// Bytes that a layer's table may take for the layer to be loaded; none: any number.
    pub fn layer_bytes(&self) -> Option<u64> {
        self.layer_bytes
    }

    /// The tile cache.
    pub fn tiles(&self) -> &TileCache {
        &self.tiles
    }
}

impl Default for Features {
    /// With 256 MiB of tiles.
    fn default() -> Self {
        Self::new(256 << 20, None)
    }
}
