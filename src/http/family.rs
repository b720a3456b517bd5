//! Whom an item came from and what became of it, by splits and merges, each with what people call it: for the API,
//! the pages of items and the form of an application.

use std::collections::{BTreeMap, BTreeSet};

use super::item_title;
use super::ogc::open;
use crate::Result;
use crate::access::Principal;
use crate::features::LayerReader;
use crate::layers::Value;
use crate::state::AppState;
use crate::store::lineage::{Lineage, Step};
use crate::text::Lang;

/// An item that took part in a split or a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relative {
    pub fid: i64,
    /// The layer's label, as the present or the last state has it.
    pub label: Option<String>,
    /// What people call it, to stand alone.
    pub title: String,
    /// Whether it is there today.
    pub current: bool,
}

/// The splits and merges around an item, as a reader may know them.
#[derive(Debug)]
pub(super) struct Family {
    pub lineage: Lineage,
    members: BTreeMap<i64, Relative>,
}

impl Family {
    /// Those around item `fid`; none where the item is unknown to the reader. One that is gone is known where every
    /// row of the layer may be seen.
    pub(super) async fn read(
        state: &AppState,
        reader: &LayerReader,
        fid: i64,
        lang: Lang,
    ) -> Result<Option<Self>> {
        let view = reader.view();
        let lineage = state.store.lineage(&view.layer.id, fid).await?;
        let known = reader.get(fid).is_some() || view.rows.is_none() && lineage.has_steps();
        if !known {
            return Ok(None);
        }
        let steps = lineage.before.iter().chain(&lineage.after);
        let fids: BTreeSet<i64> =
            steps.flat_map(|s| s.predecessors.iter().chain(&s.successors)).copied().collect();
        let label = view.layer.label.as_deref().and_then(|l| view.attribute(l));
        let named = |value: Option<&Value>| match value {
            Some(Value::Text(name)) => Some(name.clone()),
            _ => None,
        };
        let (mut members, mut gone) = (BTreeMap::new(), Vec::new());
        for fid in fids {
            match reader.get(fid) {
                Some(item) => {
                    let title = item_title::capital(&item_title::of_item(&item, lang));
                    let label = named(label.map(|i| item.value(i)).as_ref());
                    members.insert(fid, Relative { fid, label, title, current: true });
                }
                // Hidden from the reader, or gone: where rows are hidden the two are not told apart.
                None if view.rows.is_some() => {}
                None => gone.push(fid),
            }
        }
        if !gone.is_empty() {
            for row in state.store.last_rows(&view.layer, &gone).await? {
                let title = item_title::capital(&item_title::of_row(view, &row, lang));
                let label = named(label.and_then(|i| row.values.get(i)));
                members.insert(row.fid, Relative { fid: row.fid, label, title, current: false });
            }
        }
        Ok(Some(Self { lineage, members }))
    }

    /// These items, but for those that the reader may not know.
    pub(super) fn members(&self, fids: &[i64]) -> Vec<&Relative> {
        fids.iter().filter_map(|fid| self.members.get(fid)).collect()
    }

    /// Those that `fid` was made from, by the last split or merge that made it.
    pub(super) fn predecessors(&self, fid: i64) -> Vec<&Relative> {
        let made = self.lineage.before.iter().rev().find(|s| s.successors.contains(&fid));
        made.map(|s| self.members(&s.predecessors)).unwrap_or_default()
    }

    /// Those that `fid` was made into, by the last split or merge that closed it.
    pub(super) fn successors(&self, fid: i64) -> Vec<&Relative> {
        let closed = self.lineage.after.iter().rev().find(|s| s.predecessors.contains(&fid));
        closed.map(|s| self.members(&s.successors)).unwrap_or_default()
    }

    /// Those of today that came from the item, however many splits and merges lie in between.
    fn of_today(&self) -> Vec<Relative> {
        let successors = |s: &Step| s.successors.clone();
        let fids: BTreeSet<i64> = self.lineage.after.iter().flat_map(successors).collect();
        fids.iter().filter_map(|fid| self.members.get(fid)).filter(|r| r.current).cloned().collect()
    }
}

/// What the parcel that once had `code` is today: the parcels that it was split or merged into. Empty where there
/// never was one, or it was removed without a successor.
pub(super) async fn parcels_of_today(
    state: &AppState,
    who: &Principal,
    code: &str,
    lang: Lang,
) -> Result<Vec<Relative>> {
    let (reader, _) = open(state, who, "parcel")?;
    if reader.view().attribute("code").is_none() {
        return Ok(Vec::new());
    }
    let Some(fid) = state.store.find_succeeded(&reader.view().layer, "code", code).await? else {
        return Ok(Vec::new());
    };
    let family = Family::read(state, &reader, fid, lang).await?;
    Ok(family.map(|f| f.of_today()).unwrap_or_default())
}
