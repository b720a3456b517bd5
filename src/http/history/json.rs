//! Revisions and lives as the API tells them.

use serde_json::{Value, json};

use super::Life;
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
