//! Revisions and lives as the API tells them.

use serde_json::{Map, Value, json};

use super::{Life, Opened};
use crate::layers::ItemRow;
use crate::store::history::changed::ChangedItem;
use crate::store::history::revisions::Revision;
use crate::store::history::versions::{Kind, Step};

/// A line of the list.
pub(super) fn revision(r: &Revision, may_undo: bool) -> Value {
    let mut line = r.to_json();
    line["may_undo"] = may_undo.into();
    line
}

/// An item's steps; each names the address of the state that it led to.
pub(super) fn life(life: &Life, fid: i64, base: &str) -> Value {
    let def = &life.view.layer;
    let step = |s: &Step| {
        let href = format!("{base}/ogc/collections/{}/items/{fid}?f=json&at={}", def.id, s.revision);
        let mut step = s.to_json(def, life.origins.get(&s.revision));
        step["href"] = (s.kind != Kind::Removed).then_some(href).into();
        step
    };
    let steps: Vec<_> = life.steps.iter().map(step).collect();
    json!({"layer": def.id, "fid": fid, "versions": steps, "cursor": life.next})
}

/// The items that a revision changed, with what they held before and after.
pub(super) fn items(opened: &Opened) -> Value {
    let Some(view) = &opened.view else { return json!({"layer": null, "items": [], "cursor": null}) };
    let held = |row: &ItemRow| {
        let seen =
            view.layer.attributes.iter().zip(&row.values).zip(&view.attributes).filter(|(_, seen)| **seen);
        seen.map(|((a, v), _)| (a.name.clone(), v.to_json())).collect::<Map<String, Value>>()
    };
    let item = |i: &ChangedItem| {
        let step = i.step.to_json(&view.layer, None);
        json!({"fid": i.row().map(|r| r.fid), "change": step["change"], "geometry_changed": step["geometry_changed"],
            "attributes": step["attributes"], "before": i.before.as_ref().map(held), "after": i.after.as_ref().map(held)})
    };
    let items: Vec<_> = opened.items.items.iter().map(item).collect();
    json!({"layer": view.layer.id, "items": items, "cursor": opened.items.next})
}
