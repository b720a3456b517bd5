//! Several changes, of one layer or of several, in one transaction and one revision: all of them or none.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::Row as _;

use super::feed::{self, Author, Counts, Position};
use super::items::{Items, NewItem, Patch, bind_all};
use super::{Store, layer_sql};
use crate::layers::{Catalog, ItemRow, LayerDef, Value};
use crate::{Error, Result};

/// A change.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new item.
    Insert(NewItem),
    /// Parts of an item, which is at this version.
    Patch(i64, Patch, i64),
    /// An item, which is at this version, goes.
    Remove(i64, i64),
}

/// What a batch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The new items, in the order of their changes.
    pub inserted: Vec<i64>,
    /// Where the database stands with it.
    pub position: Position,
}

/// A change that is checked.
enum Ready<'a> {
    Insert(Vec<u8>, Vec<Value>),
    Update(&'a ItemRow, Vec<u8>, Vec<Value>),
    Remove(i64),
}

impl Store {
    /// Makes the changes, each item named once at most. Whether the author may make them is decided before
    /// (`access`).
    pub async fn change_items(
        &self,
        catalog: &Catalog,
        author: &Author,
        changes: Vec<(Arc<LayerDef>, Change)>,
    ) -> Result<Batch> {
        let layers: BTreeMap<String, Arc<LayerDef>> =
            changes.iter().map(|(def, _)| (def.id.clone(), def.clone())).collect();
        let items = |def| Items { store: self, catalog, def, author };
        // In one order of layers and items, so that two batches do not wait for each other.
        let mut tx = self.begin().await?;
        for def in layers.values() {
            items(def).keep_still(&mut tx).await?;
        }
        let mut named: BTreeMap<(&str, i64), i64> = BTreeMap::new();
        for (def, change) in &changes {
            let (Change::Patch(fid, _, version) | Change::Remove(fid, version)) = change else { continue };
            if named.insert((&def.id, *fid), *version).is_some() {
                return Err(Error::internal("changing items", format!("{}/{fid} is named twice", def.id)));
            }
        }
        let mut old: BTreeMap<(&str, i64), ItemRow> = BTreeMap::new();
        for ((layer, fid), version) in named {
            let row = items(&layers[layer]).lock(&mut tx, fid, Some(version)).await?;
            old.insert((layer, fid), row);
        }
        let mut ready: Vec<(&LayerDef, Ready<'_>)> = Vec::new();
        for (def, change) in &changes {
            let (def, layer) = (&**def, def.id.as_str());
            let one = match change {
                Change::Insert(new) => {
                    let (geometry, values) = items(def).check(&mut tx, new.clone(), None).await?;
                    Ready::Insert(geometry, values)
                }
                Change::Patch(fid, patch, _) => {
                    let row = &old[&(layer, *fid)];
                    let new = Items::patched(row, patch.clone())?;
                    let (geometry, values) = items(def).check(&mut tx, new, Some(row)).await?;
                    if geometry == row.wkb && values == row.values {
                        continue;
                    }
                    Ready::Update(row, geometry, values)
                }
                Change::Remove(fid, _) => Ready::Remove(*fid),
            };
            ready.push((def, one));
        }
        if ready.is_empty() {
            tx.rollback().await?;
            return Ok(Batch { inserted: Vec::new(), position: self.position().await? });
        }
        let revision = feed::bump(&mut tx, author).await?;
        let number = revision.position.revision;
        let mut inserted = Vec::new();
        let mut touched: BTreeMap<&str, (Vec<i64>, Counts)> = BTreeMap::new();
        for (def, one) in ready {
            let (fids, counts) = touched.entry(&def.id).or_default();
            match one {
                Ready::Insert(geometry, values) => {
                    let sql = layer_sql::insert(def)?;
                    let query = sqlx::query(&sql).bind(number).bind(geometry);
                    let fid: i64 = bind_all(query, def, values).fetch_one(&mut *tx).await?.try_get(0)?;
                    inserted.push(fid);
                    fids.push(fid);
                    counts.inserted += 1;
                }
                Ready::Update(row, geometry, values) => {
                    items(def).close(&mut tx, row.fid, &revision).await?;
                    let sql = layer_sql::update(def)?;
                    let query = sqlx::query(&sql).bind(number).bind(geometry);
                    bind_all(query, def, values).bind(row.fid).execute(&mut *tx).await?;
                    fids.push(row.fid);
                    counts.updated += 1;
                }
                Ready::Remove(fid) => {
                    items(def).close(&mut tx, fid, &revision).await?;
                    sqlx::query(&layer_sql::delete(def)?).bind([fid].as_slice()).execute(&mut *tx).await?;
                    fids.push(fid);
                    counts.removed += 1;
                }
            }
        }
        for (layer, (fids, counts)) in touched {
            feed::change_counted(&mut tx, &revision, layer, Some(&fids), Some(counts)).await?;
        }
        tx.commit().await?;
        Ok(Batch { inserted, position: revision.position })
    }
}
