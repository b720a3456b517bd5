//! The follower: one task that keeps memory at the database's position.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{Announcement, Feed, load};
use crate::Result;
use crate::features::{Layer, Snapshot};
use crate::layers::{Catalog, ItemRow};
use crate::store::feed::Changed;
use crate::store::listen::FeedListener;
use crate::store::load::{LayerDelta, ReadSnapshot};

/// How often the database is asked without a notification.
const POLL: Duration = Duration::from_millis(200);
/// Pause before trying again while the database is away.
const RETRY: Duration = Duration::from_millis(500);

/// A merge that ended: the state that it was made from, and the merged one.
type Merged = (Arc<Layer>, Layer);

pub(super) async fn run(feed: Feed) {
    let mut listener: Option<FeedListener> = None;
    let mut merges: JoinSet<Merged> = JoinSet::new();
    let mut away = false;
    loop {
        match step(&feed, &mut merges).await {
            Ok(()) => {
                feed.0.contact.send_replace(Instant::now());
                if std::mem::take(&mut away) {
                    tracing::info!("the database answers again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    tracing::warn!(%error, cause = ?std::error::Error::source(&error), "memory cannot follow the database");
                }
                listener = None;
                tokio::time::sleep(RETRY).await;
                continue;
            }
        }
        if listener.is_none() {
            listener = feed.0.store.listen().await.ok();
        }
        tokio::select! {
            heard = next(listener.as_mut()) => if heard.is_err() { listener = None },
            () = feed.0.wake.notified() => {}
            () = tokio::time::sleep(POLL) => {}
            Some(Ok(merged)) = merges.join_next() => take_over(&feed, &merged),
        }
    }
}

async fn next(listener: Option<&mut FeedListener>) -> Result<()> {
    match listener {
        Some(listener) => listener.next().await,
        None => std::future::pending().await,
    }
}

/// Brings memory to where the database stands.
async fn step(feed: &Feed, merges: &mut JoinSet<Merged>) -> Result<()> {
    let known = feed.position();
    if feed.0.store.position().await? == known {
        return Ok(());
    }
    let mut database = feed.0.store.snapshot().await?;
    let deltas = if database.position().epoch == known.epoch {
        database.changes_after(known.revision).await?
    } else {
        None
    };
    let announcement = match deltas {
        Some(deltas) => apply(feed, &database, deltas).await?,
        None => {
            tracing::warn!(epoch = %database.position().epoch, "the database is not the one we knew: loading all");
            let position = load::everything(&feed.0.store, &feed.0.features, &feed.0.catalog).await?;
            let all = feed.0.catalog.load().layers.keys().map(|id| (id.clone(), None)).collect();
            Announcement { position, layers: all }
        }
    };
    // Told as soon as it is visible: writers wait for it, and the end of the reading is no concern of theirs.
    feed.0.position.send_replace(announcement.position);
    merge_where_due(feed, &announcement, merges);
    // Nobody listening is no fault.
    let _ = feed.0.announcements.send(Arc::new(announcement));
    database.close().await
}

async fn apply(feed: &Feed, database: &ReadSnapshot, deltas: Vec<LayerDelta>) -> Result<Announcement> {
    let position = database.position();
    let mut state = Snapshot::clone(&feed.0.features.snapshot());
    (state.epoch, state.revision) = (position.epoch, position.revision);
    let catalog = database.catalog();
    let mut changed = Vec::new();
    for LayerDelta { layer, what } in deltas {
        if layer == "*" {
            continue;
        }
        let Some(def) = catalog.layer(&layer) else {
            state.remove(&layer);
            changed.push((layer, None));
            continue;
        };
        let known = state.raw(&layer).filter(|known| known.def() == def).cloned();
        match (what, known) {
            (Changed::Items(fids), Some(known)) if known.is_outside() => {
                state.insert(known.changed_outside());
                changed.push((layer, Some(fids)));
            }
            (Changed::Items(fids), Some(known)) => {
                let rows = database.rows(def, &fids).await?;
                let gone = missing(&fids, &rows);
                state.insert(known.with_changes(rows, &gone)?);
                changed.push((layer, Some(fids)));
            }
            _ => {
                state.insert(load::layer(database, def.clone(), feed.0.features.layer_bytes()).await?);
                changed.push((layer, None));
            }
        }
    }
    publish_catalog(feed, catalog);
    feed.0.features.publish(state);
    Ok(Announcement { position, layers: changed })
}

fn missing(fids: &[i64], rows: &[ItemRow]) -> Vec<i64> {
    let found: std::collections::BTreeSet<i64> = rows.iter().map(|r| r.fid).collect();
    fids.iter().copied().filter(|fid| !found.contains(fid)).collect()
}

fn publish_catalog(feed: &Feed, catalog: &Catalog) {
    let known = feed.0.catalog.load();
    if known.layers != catalog.layers || known.code_lists != catalog.code_lists {
        feed.0.catalog.store(Arc::new(catalog.clone()));
    }
}

/// Layers whose overlay has grown are merged beside the follower.
fn merge_where_due(feed: &Feed, announcement: &Announcement, merges: &mut JoinSet<Merged>) {
    let state = feed.0.features.snapshot();
    for layer in announcement.layers.iter().filter_map(|(id, _)| state.raw(id)) {
        if layer.needs_merge() && merges.len() < 2 {
            let before = layer.clone();
            merges.spawn_blocking(move || {
                let merged = before.merged();
                (before, merged)
            });
        }
    }
}

/// Puts a merged base under the current state of its layer, unless that was loaded anew in the meantime.
fn take_over(feed: &Feed, (before, merged): &Merged) {
    let mut state = Snapshot::clone(&feed.0.features.snapshot());
    let Some(current) = state.raw(&before.def().id).filter(|c| c.def() == before.def()).cloned() else {
        return;
    };
    if !current.shares_base(before) {
        return;
    }
    state.insert(current.rebased(before, merged));
    feed.0.features.publish(state);
}
