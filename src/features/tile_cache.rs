//! Tiles that were made, kept within a bound of bytes.
//!
//! A tile is kept under its layer, place, rights profile and encoding. A change drops the tiles it touches, and
//! from then on no tile made from an older state of that layer is taken in: a slow reader cannot put a stale one
//! back. A tile of several layers is kept under what its parts are, and so is never stale: it is no longer asked for,
//! and the cache's bound drops it in time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::compress::TileEncoding;
use super::encode::mvt;
use super::layer::Difference;
use super::reader::LayerReader;
use crate::space::tile_matrix::Tile;
use crate::space::{Bbox, crs};

/// A tile as it is sent.
#[derive(Debug, Clone)]
pub struct TileBody {
    /// The bytes.
    pub bytes: Bytes,
    /// No item is in the tile.
    pub empty: bool,
    /// A strong entity tag, quotes included; another one for each encoding.
    pub etag: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Id of the layer; of a tile of several what each part is.
    layer: Arc<str>,
    tile: Tile,
    profile: u64,
    encoding: TileEncoding,
}

impl Key {
    fn new(reader: &LayerReader, tile: Tile, encoding: TileEncoding) -> Self {
        let view = reader.view();
        Self { layer: view.layer.id.as_str().into(), tile, profile: view.profile, encoding }
    }

    /// The same in a state of the layer.
    fn of_state(reader: &LayerReader, tile: Tile, encoding: TileEncoding) -> Self {
        let layer = format!("{}@{}", reader.view().layer.id, reader.layer.stamp());
        Self { layer: layer.into(), ..Self::new(reader, tile, encoding) }
    }
}

#[derive(Debug, Clone)]
struct Weigh;

impl Weighter<Key, TileBody> for Weigh {
    fn weight(&self, key: &Key, body: &TileBody) -> u64 {
        // The key, the tag and the table's own entry count too, else empty tiles would be free.
        (body.bytes.len() + key.layer.len() + 160) as u64
    }
}

/// A cache of tiles; see the module.
#[derive(Debug)]
pub struct TileCache {
    tiles: Cache<Key, TileBody, Weigh>,
    /// For each layer the state from which tiles are taken in.
    current: ArcSwap<HashMap<Arc<str>, u64>>,
    /// Held while a tile is put in and while tiles are dropped; never while a tile is made or looked up.
    writing: Mutex<()>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl TileCache {
    pub(super) fn new(bytes: u64) -> Self {
        // An average tile of the province's zooms, for the table's first size.
        let items = usize::try_from(bytes / 16_384).unwrap_or(usize::MAX).clamp(64, 1 << 20);
        Self {
            tiles: Cache::with_weighter(items, bytes, Weigh),
            current: ArcSwap::default(),
            writing: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The tile, if it is there and belongs to the reader's state.
    pub fn find(&self, reader: &LayerReader, tile: Tile, encoding: TileEncoding) -> Option<TileBody> {
        let found = self.look(reader, &Key::new(reader, tile, encoding));
        let count = if found.is_some() { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn look(&self, reader: &LayerReader, key: &Key) -> Option<TileBody> {
        // Between publishing and dropping, and for a reader of an older state, the cache may be ahead or behind:
        // only a reader of the state that the cache is at is answered from it.
        self.is_at(&key.layer, reader.layer.stamp()).then(|| self.tiles.get(key)).flatten()
    }

    /// The tile of a layer as the reader's principal sees it, made if it is not there yet.
    pub fn get(&self, reader: &LayerReader, tile: Tile, encoding: TileEncoding) -> TileBody {
        self.find(reader, tile, encoding).unwrap_or_else(|| self.make(reader, tile, encoding))
    }

    /// Makes the tile, unless another has in the meantime, and keeps it unless it is of an older state by now.
    pub fn make(&self, reader: &LayerReader, tile: Tile, encoding: TileEncoding) -> TileBody {
        let key = Key::new(reader, tile, encoding);
        if let Some(body) = self.look(reader, &key) {
            return body;
        }
        let body = make(reader, tile, encoding);
        let _writing = self.lock();
        if self.is_at(&key.layer, reader.layer.stamp()) {
            self.tiles.insert(key, body.clone());
        }
        body
    }

    /// The kept tile of a layer that is too large for memory. It is kept under the layer's state, so that one of an older
    /// state is no longer asked for.
    pub fn find_outside(&self, layer: &LayerReader, tile: Tile, encoding: TileEncoding) -> Option<TileBody> {
        let found = self.tiles.get(&Key::of_state(layer, tile, encoding));
        let count = if found.is_some() { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Makes and keeps the tile of a layer that is too large for memory, of `items`, which were read in the database in
    /// that state of the `layer`.
    pub fn make_outside(
        &self,
        layer: &LayerReader,
        items: &LayerReader,
        tile: Tile,
        encoding: TileEncoding,
    ) -> TileBody {
        let body = make(items, tile, encoding);
        self.tiles.insert(Key::of_state(layer, tile, encoding), body.clone());
        body
    }

    /// One tile with the layers of all `readers` in their order, made of the tiles that are kept for each: what drops
    /// one of those drops it from this one. What is in `known` needs not be looked for.
    ///
    /// Layers come in as long as no more than `most` bytes come together; `rank` says which come in first. It is kept
    /// under the tags of its parts, so that it is compressed once, and found as long as none of them is another one.
    pub fn together(
        &self,
        readers: &[LayerReader],
        known: Vec<Option<TileBody>>,
        tile: Tile,
        encoding: TileEncoding,
        most: usize,
        rank: impl Fn(&LayerReader) -> i32,
    ) -> Together {
        let part = |(r, known): (&LayerReader, Option<TileBody>)| {
            known.unwrap_or_else(|| self.get(r, tile, TileEncoding::Identity))
        };
        let parts: Vec<TileBody> = readers.iter().zip(known).map(part).collect();
        let mut order: Vec<usize> = (0..readers.len()).collect();
        order.sort_by_key(|i| rank(&readers[*i]));
        let (mut within, mut bytes) = (vec![false; readers.len()], 0);
        for i in order {
            let more = parts[i].bytes.len();
            within[i] = bytes == 0 || bytes + more <= most;
            bytes += if within[i] { more } else { 0 };
        }
        let left_out = within.iter().enumerate().filter(|(_, within)| !**within).map(|(i, _)| i).collect();
        let kept = || (0..readers.len()).filter(|i| within[*i] && !parts[*i].empty);
        // What each part is, and for whom: a tag names bytes, and another principal's bytes are never looked for.
        let mut name = String::new();
        for i in kept() {
            let view = readers[i].view();
            let _ = write!(name, "{}:{:x}:{},", view.layer.id, view.profile, parts[i].etag);
        }
        let key = Key { layer: name.into(), tile, profile: 0, encoding };
        let body = self.tiles.get(&key).unwrap_or_else(|| {
            // The layers of a tile are a repeated field: the bytes of tiles one after the other are a tile.
            let bytes: Vec<u8> = kept().flat_map(|i| parts[i].bytes.iter().copied()).collect();
            let body = body(bytes, encoding);
            self.tiles.insert(key, body.clone());
            body
        });
        Together { body, left_out }
    }

    /// Tiles kept, their bytes, and how often one was asked for and found, since the start.
    pub fn counts(&self) -> TileCounts {
        TileCounts {
            tiles: self.tiles.len() as u64,
            bytes: self.tiles.weight(),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }

    /// Moves a layer to a new state (none: it is gone) that differs from the last one in `difference`.
    pub(super) fn advance(&self, layer: &str, stamp: Option<u64>, difference: &Difference) {
        let _writing = self.lock();
        if stamp.is_some_and(|s| self.is_at(layer, s)) {
            return;
        }
        let mut current = HashMap::clone(&self.current.load());
        match stamp {
            Some(stamp) => current.insert(layer.into(), stamp),
            None => current.remove(layer),
        };
        self.current.store(Arc::new(current));
        match difference {
            Difference::Everywhere => self.tiles.retain(|k, _| *k.layer != *layer),
            Difference::Boxes(boxes) if boxes.is_empty() => {}
            Difference::Boxes(boxes) => {
                let boxes: Vec<Bbox> = boxes.iter().map(crs::bbox_to_crs84).collect();
                self.tiles.retain(|k, _| *k.layer != *layer || !touches(k.tile, &boxes));
            }
        }
    }

    fn is_at(&self, layer: &str, stamp: u64) -> bool {
        self.current.load().get(layer) == Some(&stamp)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tile of several layers.
#[derive(Debug)]
pub struct Together {
    /// The tile as it is sent.
    pub body: TileBody,
    /// Positions of the layers that would have made it too large.
    pub left_out: Vec<usize>,
}

/// Use of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileCounts {
    /// Tiles kept.
    pub tiles: u64,
    /// Their bytes, with what keeping them costs.
    pub bytes: u64,
    /// Look-ups that found a tile.
    pub hits: u64,
    /// Look-ups that found none.
    pub misses: u64,
}

fn touches(tile: Tile, boxes: &[Bbox]) -> bool {
    // Twice the margin of the encoder: its own rounding lies well within.
    let around = tile.bbox_crs84(2.0 * mvt::MARGIN);
    boxes.iter().any(|b| b.intersects(&around))
}

fn make(reader: &LayerReader, tile: Tile, encoding: TileEncoding) -> TileBody {
    body(mvt::encode(reader, tile), encoding)
}

fn body(raw: Vec<u8>, encoding: TileEncoding) -> TileBody {
    let tag = fingerprint(&raw);
    let empty = raw.is_empty();
    let of_encoding = encoding.name().map(|name| format!("-{name}")).unwrap_or_default();
    let etag = format!("\"{tag:016x}{of_encoding}\"");
    TileBody { bytes: encoding.of(raw).into(), empty, etag: etag.into() }
}

fn fingerprint(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    // Keyless, so that every node gives a tile the same tag.
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
