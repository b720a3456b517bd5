//! The layers in memory: columns and packed geometry under an rstar tree, one immutable snapshot a request.
//!
//! [`Features`] holds the current [`Snapshot`]; the feed publishes a new one after each change. A [`Layer`] is an
//! immutable base with a small overlay of changed items. What a principal reads goes through a [`LayerReader`],
//! made from a snapshot and his [`crate::access::View`]: a hidden attribute does not exist for him, in values,
//! filters, tiles and texts alike.

mod column;
mod compress;
pub mod encode;
mod footprint;
mod index;
mod layer;
mod meets;
mod met;
mod narrow;
mod packed;
mod predicate;
mod reader;
mod segment;
mod shapes;
mod snapshot;
mod sorted;
mod spatial;
mod tile_cache;
pub mod within;
mod wkb;

pub use compress::{TileEncoding, gzip_small};
pub use footprint::Footprint;
pub use layer::{Layer, LayerBuilder, Outside};
pub use reader::{Item, LayerReader, Query};
pub use snapshot::{Features, Snapshot};
pub use tile_cache::{TileBody, TileCache, TileCounts, Together};
pub(crate) use wkb::STEPS_PER_M;

#[cfg(test)]
mod tests;
