//! The streams of changes.

use serde_json::{Value, json};

use super::tiles::collections;
use crate::http::ogc::Ask;
use crate::layers::LayerDef;

/// Of one layer.
pub(super) fn collection(ask: &Ask, def: &LayerDef) -> (String, Value) {
    let title = def.title.get(ask.lang);
    let summary = format!("{title}: {}", ask.say("thay đổi", "changes"));
    let described = events(&format!("events_{}", def.id), title, &summary, Vec::new());
    (format!("/collections/{}/events", def.id), described)
}

/// Of the dataset.
pub(super) fn dataset(ask: &Ask) -> (String, Value) {
    let summary = ask.say("Thay đổi của các lớp", "Changes of layers");
    ("/events".to_owned(), events("getEvents", "Dothi", summary, vec![collections()]))
}

fn events(operation: &str, tag: &str, summary: &str, more: Vec<Value>) -> Value {
    let last = json!({"name": "Last-Event-ID", "in": "header", "required": false, "schema": {"type": "string"},
        "description": "The id of the last event that was heard; what has changed since is told at once."});
    let problem = || json!({"$ref": "#/components/responses/Problem"});
    let stream = json!({"text/event-stream": {"schema": {"type": "string"}}});
    json!({
        "operationId": operation, "tags": [tag], "summary": summary,
        "description": "Server-sent events. `at`: {\"epoch\", \"revision\"}. `change`: {\"collection\", \"epoch\", \
            \"revision\", \"items\"}, items null where the layer changed as a whole. A stream ends after ten minutes at most.",
        "parameters": more.into_iter().chain([last]).collect::<Vec<_>>(),
        "responses": {
            "200": {"description": summary, "content": stream},
            "400": problem(), "404": problem(), "429": problem(), "503": problem(),
        },
    })
}
