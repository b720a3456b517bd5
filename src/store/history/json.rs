//! Revisions, steps of lives and undos as programs read them: one form for the API and the command line.

use serde_json::{Map, Value, json};

use super::revisions::{Origin, Revision};
use super::undo::{Conflict, UndoReport};
use super::versions::Step;
use crate::layers::LayerDef;

impl Origin {
    /// Id and name of the account; null where the program itself did it.
    fn actor_json(&self) -> Value {
        self.actor.map_or(Value::Null, |id| json!({"id": id, "display_name": self.actor_name}))
    }

    /// When, who, why and through what.
    fn members(&self) -> Map<String, Value> {
        Map::from_iter([
            ("committed_at".to_owned(), json!(self.committed_at)),
            ("actor".to_owned(), self.actor_json()),
            ("reason".to_owned(), json!(self.reason)),
            ("client".to_owned(), json!(self.client)),
        ])
    }
}

/// `body` with where it comes from; nulls where that is not known.
fn with_origin(mut body: Value, origin: Option<&Origin>) -> Value {
    let members = origin.map_or_else(
        || {
            ["committed_at", "actor", "reason", "client"]
                .map(|m| (m.to_owned(), Value::Null))
                .into_iter()
                .collect()
        },
        Origin::members,
    );
    if let Some(body) = body.as_object_mut() {
        body.extend(members);
    }
    body
}

impl Revision {
    /// A line of the list.
    pub fn to_json(&self) -> Value {
        let layers: Vec<_> = self
            .layers
            .iter()
            .map(|c| {
                json!({"layer": c.layer, "definition": c.is_definition, "items": c.items, "inserted": c.inserted,
                    "updated": c.updated, "removed": c.removed})
            })
            .collect();
        let line = json!({"number": self.origin.number, "layers": layers, "undoes": self.origin.undoes,
            "undone_by": self.undone_by, "overwrote": self.overwrote, "overwritten_by": self.overwritten_by});
        with_origin(line, Some(&self.origin))
    }
}

impl Step {
    /// A step in the life of an item of `def`, with the names of what changed.
    pub fn to_json(&self, def: &LayerDef, origin: Option<&Origin>) -> Value {
        let attributes: Vec<_> = self
            .attributes
            .iter()
            .map(|(i, old, new)| {
                json!({"name": def.attributes[*i].name, "old": old.to_json(), "new": new.to_json()})
            })
            .collect();
        let step = json!({"revision": self.revision, "change": self.kind, "geometry_changed": self.geometry_changed,
            "attributes": attributes});
        with_origin(step, origin)
    }
}

impl Conflict {
    fn to_json(&self) -> Value {
        let by = self.by.as_ref();
        let item =
            json!({"layer": self.layer, "fid": self.fid, "why": self.why, "revision": by.map(|o| o.number)});
        with_origin(item, by)
    }
}

impl UndoReport {
    /// The report.
    pub fn to_json(&self) -> Value {
        json!({"undoes": self.undoes, "revision": self.position.map(|p| p.revision), "restored": self.restored,
            "removed": self.removed, "reinserted": self.reinserted, "conflicting": self.conflicting,
            "conflicts": self.conflicts.iter().map(Conflict::to_json).collect::<Vec<_>>()})
    }
}
