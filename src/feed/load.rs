//! Loading layers from the database into memory.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::{StreamExt, TryStreamExt};

use crate::features::{Features, Layer, LayerBuilder, Snapshot};
use crate::layers::{Catalog, LayerDef};
use crate::store::load::ReadSnapshot;
use crate::store::{Position, Store};
use crate::{Error, Result};

/// Layers that are loaded at once, each on a connection of its own.
const AT_ONCE: usize = 4;

/// Loads every layer of one snapshot of the database and publishes them together.
pub(super) async fn everything(
    store: &Store,
    features: &Features,
    catalog: &ArcSwap<Catalog>,
) -> Result<Position> {
    let database = Arc::new(store.snapshot().await?);
    let position = database.position();
    let applied = database.catalog().clone();
    let mut state = Snapshot::new(position.epoch, position.revision);
    let layers: Vec<Layer> = futures::stream::iter(applied.layers.values().cloned())
        .map(|def| {
            let database = database.clone();
            // A task each, so that decoding runs on all processors.
            async move { join(tokio::spawn(async move { layer(&database, def).await })).await? }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    if let Some(database) = Arc::into_inner(database) {
        database.close().await?;
    }
    layers.into_iter().for_each(|layer| state.insert(layer));
    // The catalog first: a layer that is published must be known.
    catalog.store(Arc::new(applied));
    features.publish(state);
    Ok(position)
}

/// Loads one layer as the snapshot shows it.
pub(super) async fn layer(database: &ReadSnapshot, def: Arc<LayerDef>) -> Result<Layer> {
    let mut builder = LayerBuilder::new(def.clone());
    database.load(&def, |row| builder.push_ref(&row)).await?;
    join(tokio::task::spawn_blocking(move || builder.build())).await
}

async fn join<T>(task: tokio::task::JoinHandle<T>) -> Result<T> {
    task.await.map_err(|e| Error::internal("loading a layer", e))
}
