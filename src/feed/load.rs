//! Loading layers from the database into memory.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::{StreamExt, TryStreamExt};

use crate::features::{Features, Layer, LayerBuilder, Outside, Snapshot};
use crate::layers::{Catalog, LayerDef, Source};
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
    let limit = features.layer_bytes();
    let mut state = Snapshot::new(position.epoch, position.revision);
    let layers: Vec<Layer> = futures::stream::iter(applied.layers.values().cloned())
        .map(|def| {
            let database = database.clone();
            // A task each, so that decoding runs on all processors.
            async move { join(tokio::spawn(async move { layer(&database, def, limit).await })).await? }
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

/// Loads one layer as the snapshot shows it. One whose table takes more bytes than the limit stays outside.
pub(super) async fn layer(database: &ReadSnapshot, def: Arc<LayerDef>, limit: Option<u64>) -> Result<Layer> {
    if let Some(limit) = limit.filter(|_| may_stay_outside(&def))
        && database.table_bytes(&def).await? > limit
    {
        let (count, extent) = database.about(&def).await?;
        tracing::info!(
            layer = def.id,
            items = count,
            "the layer is too large for memory: it is read from the database"
        );
        return Ok(Layer::outside(def, Outside { count, extent }));
    }
    let mut builder = LayerBuilder::new(def.clone());
    database.load(&def, |row| builder.push_ref(&row)).await?;
    join(tokio::task::spawn_blocking(move || builder.build())).await
}

/// Whether the database answers for the layer as memory does: not where what one sees of it depends on the row.
fn may_stay_outside(def: &LayerDef) -> bool {
    def.source == Source::Table && !def.blurred && def.rows_of.is_none()
}

async fn join<T>(task: tokio::task::JoinHandle<T>) -> Result<T> {
    task.await.map_err(|e| Error::internal("loading a layer", e))
}
