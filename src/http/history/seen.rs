//! What somebody sees of revisions: their counts, and their items one by one.

use std::collections::BTreeMap;

use super::{DEFAULT_LIMIT, find, limit};
use crate::access::{self, Principal, View};
use crate::layers::{Catalog, Source};
use crate::state::AppState;
use crate::store::feed::Counts;
use crate::store::history::changed::ChangedItems;
use crate::store::history::revisions::{LayerChange, Origin, Revision};
use crate::store::reasons::Reason;
use crate::{Error, Result};

/// Items of a page of revisions that are looked at one by one to count what somebody sees of them.
const COUNTED_MAX: i64 = 20_000;

/// Takes out of `found` what `who` does not see: counts of layers that he does not see whole are made anew of what he
/// sees (or left open where that would take long), changes that show him nothing go, and revisions that are left with
/// none.
pub(super) async fn only_seen(state: &AppState, who: &Principal, found: &mut Vec<Revision>) -> Result<()> {
    let catalog = state.catalog.load_full();
    let mut partly: BTreeMap<String, View> = BTreeMap::new();
    for change in found.iter().flat_map(|r| &r.layers).filter(|c| !c.is_definition) {
        let view = catalog.layer(&change.layer).and_then(|l| access::view(who, l, &catalog));
        if let Some(view) = view.filter(|v| !v.is_whole()) {
            partly.insert(change.layer.clone(), view);
        }
    }
    for (id, view) in &partly {
        let mut counted: BTreeMap<i64, Option<Counts>> = BTreeMap::new();
        if keeps_history(view) {
            for (listed, numbers) in [true, false].map(|listed| (listed, to_count(found, id, view, listed))) {
                if !numbers.is_empty() {
                    let counts = state.store.count_changed(view, &numbers, listed).await?;
                    counted.extend(numbers.iter().map(|n| (*n, counts.get(n).copied())));
                }
            }
        }
        for revision in found.iter_mut() {
            let number = revision.origin.number;
            let checked = checked_layer(&revision.origin);
            let seen = checked.is_some_and(|c| sees_whole(who, &catalog, c));
            revision.layers.retain_mut(|c| {
                if c.layer != *id || c.is_definition {
                    return true;
                }
                if view.rows.is_some() && !keeps_history(view) {
                    // There are no old rows to look at: what a quality run found is of the layer that it checked.
                    return seen;
                }
                let counts = counted.get(&number);
                tell(c, counts.copied().flatten());
                !matches!(counts, Some(None))
            });
        }
    }
    found.retain(|r| !r.layers.is_empty());
    Ok(())
}

/// The layer that a quality run checked.
fn checked_layer(origin: &Origin) -> Option<&str> {
    match Reason::of(&origin.client, &origin.reason, origin.undoes) {
        Some(Reason::Quality(layer)) => Some(layer),
        _ => None,
    }
}

fn sees_whole(who: &Principal, catalog: &Catalog, layer: &str) -> bool {
    let view = catalog.layer(layer).and_then(|l| access::view(who, l, catalog));
    view.is_some_and(|v| v.is_whole())
}

/// Whether a layer's old states may be read with this view.
pub fn keeps_history(view: &View) -> bool {
    view.layer.source == Source::Table && view.exact
}

/// Revisions whose items of layer `id` are counted anew. Where whole rows are hidden, no revision may show itself by
/// being told without counts; elsewhere one with very many items may.
fn to_count(found: &[Revision], id: &str, view: &View, listed: bool) -> Vec<i64> {
    let mut room = COUNTED_MAX;
    let of_layer = |r: &Revision| {
        let change = r.layers.iter().find(|c| c.layer == id && !c.is_definition)?;
        let few = change.listed.is_some_and(|n| {
            room -= n;
            room >= 0
        });
        let wanted = if listed { few } else { !few && view.rows.is_some() };
        wanted.then_some(r.origin.number)
    };
    found.iter().filter_map(of_layer).collect()
}

fn tell(change: &mut LayerChange, counts: Option<Counts>) {
    change.inserted = counts.map(|c| c.inserted);
    change.updated = counts.map(|c| c.updated);
    change.removed = counts.map(|c| c.removed);
    change.items = counts.map(|c| c.inserted + c.updated + c.removed);
}

/// A revision with one of its layers opened.
pub struct Opened {
    /// The revision, counted.
    pub revision: Revision,
    /// The layer whose items are told, with whose eyes; none where the revision changed no items, or its layer keeps
    /// no history for this reader.
    pub view: Option<View>,
    /// Its items.
    pub items: ChangedItems,
}

/// Revision `number`, if it changed a layer that `who` may see, with the items of `layer` (the first of its layers
/// unless one is named) behind the fid `after`.
pub async fn open(
    state: &AppState,
    who: &Principal,
    number: i64,
    layer: Option<&str>,
    after: Option<i64>,
    most: Option<i64>,
) -> Result<Opened> {
    let limit = usize::try_from(limit(most)?).unwrap_or(DEFAULT_LIMIT as usize);
    let mut revision = find(state, who, number).await?;
    let catalog = state.catalog.load_full();
    let views = |change: &LayerChange| {
        let view = catalog.layer(&change.layer).and_then(|l| access::view(who, l, &catalog));
        view.filter(|v| !change.is_definition && keeps_history(v))
    };
    for change in revision.layers.iter_mut().filter(|c| c.inserted.is_none() && !c.is_definition) {
        // Not counted when it was made, or too many to count in a list.
        let Some(view) = views(change) else { continue };
        match state.store.count_changed(&view, &[number], change.listed.is_some()).await {
            Ok(counts) => tell(change, Some(counts.get(&number).copied().unwrap_or_default())),
            // It takes too long: its items are told without.
            Err(Error::InvalidParameter { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    let chosen = match layer {
        Some(id) => {
            let change = revision.layers.iter().find(|c| c.layer == id);
            views(change.ok_or_else(|| Error::not_found("layer", id))?)
        }
        None => revision.layers.iter().find_map(views),
    };
    let items = match &chosen {
        Some(view) => state.store.list_changed(view, number, after.unwrap_or(0), limit).await?,
        None => ChangedItems::default(),
    };
    Ok(Opened { revision, view: chosen, items })
}
