//! Revisions, lives and undos as JSON.

use serde_json::{Value, json};

use super::Life;
use crate::store::history::revisions::{Origin, Revision};
use crate::store::history::versions::Kind;

fn actor(origin: &Origin) -> Value {
    origin.actor.map_or(Value::Null, |id| json!({"id": id, "display_name": origin.actor_name}))
}

/// A line of the list.
pub(super) fn revision(r: &Revision, may_undo: bool) -> Value {
    let layers: Vec<_> = r
        .layers
        .iter()
        .map(|c| {
            json!({"layer": c.layer, "definition": c.is_definition, "items": c.items, "inserted": c.inserted,
                "updated": c.updated, "removed": c.removed})
        })
        .collect();
    json!({
        "number": r.origin.number, "committed_at": r.origin.committed_at, "actor": actor(&r.origin),
        "reason": r.origin.reason, "client": r.origin.client, "layers": layers,
        "undoes": r.undoes, "undone_by": r.undone_by, "may_undo": may_undo,
    })
}

/// An item's steps; each names the address of the state that it led to.
pub(super) fn life(life: &Life, fid: i64, base: &str) -> Value {
    let def = &life.view.layer;
    let steps: Vec<_> = life
        .steps
        .iter()
        .map(|s| {
            let origin = life.origins.get(&s.revision);
            let attributes: Vec<_> = s
                .attributes
                .iter()
                .map(|(i, old, new)| {
                    json!({"name": def.attributes[*i].name, "old": old.to_json(), "new": new.to_json()})
                })
                .collect();
            let href = format!("{base}/ogc/collections/{}/items/{fid}?f=json&at={}", def.id, s.revision);
            json!({
                "revision": s.revision, "change": s.kind, "geometry_changed": s.geometry_changed,
                "attributes": attributes, "committed_at": origin.map(|o| o.committed_at),
                "actor": origin.map(actor), "reason": origin.map(|o| &o.reason),
                "client": origin.map(|o| &o.client), "href": (s.kind != Kind::Removed).then_some(href),
            })
        })
        .collect();
    json!({"layer": def.id, "fid": fid, "versions": steps, "cursor": life.next})
}

/// The reason that an undo is kept with.
pub(super) fn reason(number: i64, given: &str) -> String {
    let given: String = given.trim().chars().take(500).collect();
    if given.is_empty() {
        format!("undo of revision {number}")
    } else {
        format!("undo of revision {number}: {given}")
    }
}
