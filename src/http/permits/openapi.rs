//! `/api/openapi.json`: the description of `/api/v1` (OpenAPI 3.1), built from the table of routes below. A test
//! holds it to what is served.

use axum::Router;
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/api/openapi.json", get(|| async { axum::Json(document()) }))
}

/// Body of a request.
#[derive(Clone, Copy)]
enum Body {
    None,
    /// JSON of this schema.
    Json(&'static str),
    /// Bytes of a file.
    File,
}

/// One operation: method, path, summary, body, success status, query parameters, whether one must be signed in.
struct Operation {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    body: Body,
    status: &'static str,
    query: &'static [&'static str],
    signed_in: bool,
}

const fn op(
    method: &'static str,
    path: &'static str,
    status: &'static str,
    summary: &'static str,
) -> Operation {
    Operation { method, path, summary, body: Body::None, status, query: &[], signed_in: true }
}

impl Operation {
    const fn json(mut self, schema: &'static str) -> Self {
        self.body = Body::Json(schema);
        self
    }

    const fn file(mut self) -> Self {
        self.body = Body::File;
        self
    }

    const fn query(mut self, names: &'static [&'static str]) -> Self {
        self.query = names;
        self
    }

    const fn open(mut self) -> Self {
        self.signed_in = false;
        self
    }
}

const A: &str = "/applications/{id}";

/// Every operation under `/api/v1`. `~` stands for `/applications/{id}`.
const OPERATIONS: &[Operation] = &[
    op("post", "/login", "200", "Sign in: a session cookie, and a token for Authorization: Bearer")
        .json("Login")
        .open(),
    op("post", "/logout", "204", "Sign out"),
    op("post", "/password", "204", "Set a new password by the present one, which may be a one-time password")
        .json("ChangePassword")
        .open(),
    op("get", "/me", "200", "The account that is signed in"),
    op("get", "/access-keys", "200", "One's own access keys, without their text"),
    op("post", "/access-keys", "201", "Make an access key for QGIS and scripts; its text is told this once")
        .json("NewAccessKey"),
    op("delete", "/access-keys/{id}", "204", "Revoke an access key"),
    op("get", "/procedures", "200", "Kinds of procedure in force").query(&["on"]).open(),
    op(
        "get",
        "/procedures/{kind}",
        "200",
        "A procedure: slots, form, timers, states, transitions, legal sources",
    )
    .query(&["on"])
    .open(),
    op("get", "/authorities", "200", "Authorities that issue permits or are consulted").open(),
    op("get", "/applications", "200", "The caller's cases, or his authority's, by urgency").query(&[
        "state",
        "waiting_for",
        "due_before",
        "cursor",
        "limit",
    ]),
    op("post", "/applications", "201", "Make a draft").json("NewApplication"),
    op("get", "/applications/by-external/{channel}/{code}", "200", "A case by the number of its channel"),
    op("get", "~", "200", "A case: state, clock, allowed events, submissions, history; with an ETag"),
    op("put", "~", "200", "Replace what was entered, while the working set is open").json("NewApplication"),
    op("put", "~/model", "202", "Upload the model of the only work").file().query(&["name"]),
    op("get", "~/works/{work}/model", "200", "The latest model of a work"),
    op("get", "~/works/{work}/model.glb", "200", "The latest model of a work to be drawn: glTF 2.0 binary"),
    op("get", "~/works/{work}/model/elements/{global_id}", "200", "What the model says of an element: class, names, sets"),
    op("put", "~/works/{work}/model", "202", "Upload the model of a work").file().query(&["name"]),
    op("get", "~/documents", "200", "Every version in every slot"),
    op("put", "~/documents/{slot}", "201", "Upload a document").file().query(&["name"]),
    op("get", "~/documents/{slot}/{version}", "200", "A document's bytes"),
    op("post", "~/precheck", "202", "Check the open working set by the authority's own rules"),
    op("get", "/jobs/{job}", "200", "Where a job stands"),
    op("get", "~/runs", "200", "Check runs, the latest first"),
    op("get", "~/runs/{run}", "200", "One run, with its difference to the official run before it"),
    op("get", "~/checks", "200", "Verdicts of the latest finished run, or of the one named").query(&["run"]),
    op("get", "~/checks.bcfzip", "200", "Failed rows of the latest finished run as a BCF file, version 2.1 or 3.0")
        .query(&["version"]),
    op("get", "~/findings", "200", "Officers' findings on the current submission"),
    op("post", "~/findings", "201", "Record a finding on a row").json("NewFinding"),
    op("get", "~/comments", "200", "Comments"),
    op("post", "~/comments", "201", "Comment on an element, a place or a page").json("NewComment"),
    op("get", "~/consultations", "200", "Consultations"),
    op("post", "~/consultations", "201", "Consult an agency").json("NewConsultation"),
    op("get", "~/messages", "200", "The message thread"),
    op("post", "~/messages", "201", "Write a message").json("NewMessage"),
    op("get", "~/letters", "200", "Letters of the authority"),
    op("get", "~/events", "200", "The history of a case"),
    op("post", "~/events", "200", "Give an event: submit, accept, propose, approve …").json("Event"),
    op("get", "~/submissions/{number}/facts", "200", "What the models of a submission say"),
    op("get", "~/submissions/{number}/diff", "200", "What changed since another submission").query(&["from"]),
    op("get", "/events", "200", "All state changes after a number, gapless").query(&["after", "limit"]),
    op("get", "/permits/{code}", "200", "A permit of the register; the public gets an extract").open(),
    op("get", "/search", "200", "Parcels, communes and places by code, number or name, accents or not")
        .query(&["q", "kind", "item", "limit"])
        .open(),
    op(
        "get",
        "/units",
        "200",
        "Administrative units of a day; what a code (code) or a name (q), of today or of before the reform of 1 July 2025, is now",
    )
    .query(&["q", "code", "date", "level"])
    .open(),
    op(
        "get",
        "/layers",
        "200",
        "The layers that the caller may see, by theme, with titles, units, codes, styles",
    )
    .open(),
    op(
        "get",
        "/layers/{id}/labels",
        "200",
        "A point inside each area of a layer, with what its texts are made of",
    )
    .open(),
    op(
        "get",
        "/layers/{id}",
        "200",
        "A layer: owners, access, licence, count, extent, last change, attributes, changes by month, addresses",
    )
    .open(),
    op("get", "/layers/{id}/coverage", "200", "How many items lie where: a grid of counts as GeoJSON").open(),
    op("get", "/layers/{id}/quality", "200", "What the last check by the layer's quality rules found").open(),
    op("post", "/layers/{id}/quality", "202", "Check the layer by its quality rules, as a job"),
    op("get", "/quality", "200", "What the last check of each layer found").open(),
    op("get", "/revisions", "200", "Changes of the layers that the officer may see, the newest first")
        .query(&["layer", "actor", "after", "before", "cursor", "limit"]),
    op("get", "/revisions/{number}", "200", "One change"),
    op("get", "/revisions/{number}/items", "200", "The items that a change touched in a layer, with old and new values")
        .query(&["layer", "cursor", "limit"]),
    op("post", "/revisions/{number}/undo", "200", "Take a change back: restores what was not changed since, lists the rest; 202 with a job for a large one")
        .json("Undo"),
    op("get", "/layers/{id}/items/{fid}/history", "200", "What happened to an item: who, when, why, old and new values")
        .query(&["cursor", "limit"]),
    op("get", "/edit/layers", "200", "The layers that the caller may change, with what a form needs of their attributes")
        .open(),
    op("patch", "/layers/{id}/items/{fid}", "200", "Change an item; 409 where it is no longer at the version named")
        .json("ItemChange"),
    op("delete", "/layers/{id}/items/{fid}", "200", "Remove an item; 409 where it is no longer at the version named")
        .query(&["version", "reason"]),
    op("post", "/layers/{id}/items/{fid}/split", "201", "Divide an area by a line; dry_run answers 200 and writes nothing")
        .json("Split"),
    op("post", "/layers/{id}/merge", "201", "Join areas; dry_run answers 200 and writes nothing").json("Merge"),
    op("get", "/layers/{id}/items/{fid}/lineage", "200", "Splits and merges that an item came from and went into").open(),
    op("get", "/imports", "200", "Imports into layers that the caller may import into").query(&["layer", "before"]),
    op("post", "/imports", "201", "Begin an import into a layer").json("NewImport"),
    op("get", "/imports/{id}", "200", "An import: where it stands, what the file holds, what is proposed, reports"),
    op("put", "/imports/{id}/files/{name}", "201", "Send one file of an import; parts of a format one by one").file(),
    op("post", "/imports/{id}/inspect", "202", "Look at the file: layers, fields, encoding, first rows, place")
        .json("ImportSettings"),
    op("post", "/imports/{id}/trial", "202", "Do everything but the last step").json("ImportSettings"),
    op("post", "/imports/{id}/run", "202", "Bring the file into the layer").json("ImportSettings"),
    op("get", "/imports/{id}/report", "200", "What was refused or mended, as JSON or CSV").query(&["f"]),
    op("head", "/applications", "200", "As GET, without the body"),
    op("head", "/permits/{code}", "200", "As GET, without the body").open(),
    op("head", "/procedures", "200", "As GET, without the body").open(),
    op("head", "~", "200", "As GET, without the body"),
    op("head", "/events", "200", "As GET, without the body"),
];

/// The document.
fn document() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = format!("/api/v1{}", operation.path.replace('~', A));
        let entry =
            paths.entry(path.clone()).or_insert_with(|| json!({ "parameters": path_parameters(&path) }));
        entry[operation.method] = describe(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dothi", "version": env!("CARGO_PKG_VERSION"),
            "description": "Building permits (applications, checks, decisions, register) and what the layers' OGC API \
                has no words for: history and undo, split, merge and lineage, imports, quality. Errors are RFC 9457.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "externalDocs": {
            "description": "Reading and writing items of the layers: OGC API Features, Tiles and Styles.",
            "url": "/ogc/api",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": serde_json::from_str::<Value>(include_str!("openapi_schemas.json")).unwrap_or_default(),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "dothi_session"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    })
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let kind = if matches!(name, "version" | "number" | "fid") { "integer" } else { "string" };
            json!({"name": name, "in": "path", "required": true, "schema": {"type": kind}})
        })
        .collect()
}

fn describe(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> =
        operation.query.iter().map(|name| query_parameter(operation, name)).collect();
    if matches!(operation.method, "post" | "put" | "patch") && operation.path != "/login" {
        parameters.push(json!({"name": "Idempotency-Key", "in": "header",
            "schema": {"type": "string", "maxLength": 200}}));
    }
    let problem = json!({"description": "Problem (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
    let mut responses =
        Map::from_iter([(operation.status.to_owned(), success(operation)), ("default".to_owned(), problem)]);
    if operation.path.starts_with("/layers/{id}/") && operation.method != "get" {
        responses.extend(["403", "409"].map(|s| (s.to_owned(), responses["default"].clone())));
    }
    responses.extend(["400", "401", "404"].map(|s| (s.to_owned(), responses["default"].clone())));
    let security = if operation.signed_in { json!([{"session": []}, {"bearer": []}]) } else { json!([]) };
    let mut described = json!({"summary": operation.summary, "parameters": parameters, "responses": responses,
        "security": security});
    match operation.body {
        Body::None => {}
        Body::Json(schema) => {
            described["requestBody"] = json!({"required": true, "content": {"application/json":
                {"schema": {"$ref": format!("#/components/schemas/{schema}")}}}});
        }
        Body::File => {
            described["requestBody"] = json!({"required": true, "content": {"application/octet-stream":
                {"schema": {"type": "string", "format": "binary"}}}});
        }
    }
    described
}

fn query_parameter(operation: &Operation, name: &str) -> Value {
    let schema = match name {
        "version" if operation.path.ends_with(".bcfzip") => {
            json!({"type": "string", "enum": ["2.1", "3.0"], "default": "3.0"})
        }
        "limit" | "after" | "from" | "version" => json!({"type": "integer"}),
        "on" => json!({"type": "string", "format": "date"}),
        "run" => json!({"type": "string", "format": "uuid"}),
        "waiting_for" => json!({"type": "string", "enum": ["me"]}),
        _ => json!({"type": "string"}),
    };
    json!({"name": name, "in": "query", "schema": schema})
}

fn success(operation: &Operation) -> Value {
    if operation.status == "204" || operation.method == "head" {
        return json!({"description": operation.summary});
    }
    let mesh = operation.path.ends_with("/model.glb");
    let file = ["{version}", "/model", ".bcfzip"].iter().any(|end| operation.path.ends_with(end));
    let bytes = operation.method == "get" && (file || mesh);
    let content = match bytes {
        true if mesh => "model/gltf-binary",
        true => "application/octet-stream",
        false => "application/json",
    };
    let schema = match operation.path {
        "/jobs/{job}" => json!({"$ref": "#/components/schemas/Job"}),
        "~/checks" => json!({"$ref": "#/components/schemas/Checks"}),
        "~" => json!({"$ref": "#/components/schemas/Application"}),
        "~/works/{work}/model/elements/{global_id}" => json!({"$ref": "#/components/schemas/Element"}),
        _ if bytes => json!({"type": "string", "format": "binary"}),
        _ => json!({"type": "object"}),
    };
    json!({"description": operation.summary, "content": {content: {"schema": schema}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = document();
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
