//! The items that rules look at.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::outline::{Outline, Step, Window};
use crate::Result;
use crate::features::{Item, LayerReader, Query};
use crate::layers::{LayerDef, Value};

/// Vertices from which an item's outline is kept ready, with a tree of its edges, instead of made for each pair.
const KEPT_FROM: usize = 64;

/// A layer under examination.
pub(super) struct Subject<'a> {
    pub reader: &'a LayerReader,
    pub def: &'a LayerDef,
    /// All items in the order of their fids.
    pub items: Vec<Item<'a>>,
    /// Places of start and end of validity among the attributes.
    validity: Option<(usize, usize)>,
    /// Of a text that everyone who sees the layer sees: the attribute that names an item.
    label: Option<usize>,
    today: NaiveDate,
    large: HashMap<i64, Outline>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(reader: &'a LayerReader, today: NaiveDate) -> Result<Self> {
        let def: &LayerDef = &reader.view().layer;
        let at = |name: &String| def.attributes.iter().position(|a| a.name == *name);
        let validity = match &def.temporal[..] {
            [start, end] => at(start).zip(at(end)),
            _ => None,
        };
        let label = def.label.as_ref().and_then(at).filter(|i| def.is_open_attribute(&def.attributes[*i]));
        let items: Vec<Item<'a>> = reader.query(&Query::default())?.collect();
        let large = if def.geometry.is_point() {
            HashMap::new()
        } else {
            items
                .iter()
                .filter(|i| !i.shape().is_empty() && i.shape().vertices().len() >= KEPT_FROM)
                .map(|i| (i.fid, Outline::of(i)))
                .collect()
        };
        Ok(Self { reader, def, items, validity, label, today, large })
    }

    /// Whether the item is compared by place today.
    pub(super) fn is_current(&self, item: &Item<'_>) -> bool {
        let Some((start, end)) = self.validity else { return true };
        let day = |i: usize| match item.value(i) {
            Value::Date(d) => Some(d),
            Value::Time(t) => Some(t.date_naive()),
            _ => None,
        };
        day(start).is_none_or(|d| d <= self.today) && day(end).is_none_or(|d| self.today < d)
    }

    /// The item's outline, made ready before or made now.
    pub(super) fn outline(&self, item: &Item<'_>) -> Cow<'_, Outline> {
        self.large.get(&item.fid).map_or_else(|| Cow::Owned(Outline::of(item)), Cow::Borrowed)
    }

    /// Items whose envelope meets the window and that count today.
    pub(super) fn near(&self, window: &Window, mut each: impl FnMut(Item<'a>)) {
        self.reader.near(&window.bbox(), |item| {
            if self.is_current(&item) {
                each(item);
            }
        });
    }

    /// The vertices of an item of points.
    pub(super) fn points(item: &Item<'_>) -> Vec<Step> {
        let shape = item.shape();
        if shape.is_empty() { Vec::new() } else { shape.vertices().map(|v| shape.metres(v)).collect() }
    }

    /// The text that names the item, where it has one.
    pub(super) fn label(&self, item: &Item<'_>) -> Option<String> {
        self.label.and_then(|i| item.text(i)).filter(|t| !t.is_empty()).map(str::to_owned)
    }

    /// How messages call the item: its name, else its number.
    pub(super) fn name(&self, item: &Item<'_>) -> String {
        self.label(item).unwrap_or_else(|| format!("#{}", item.fid))
    }

    pub(super) fn get(&self, fid: i64) -> Option<&Item<'a>> {
        self.items.binary_search_by_key(&fid, |i| i.fid).ok().map(|i| &self.items[i])
    }
}
