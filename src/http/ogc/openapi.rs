//! `/ogc/api`: the description of this API as the caller sees it (OpenAPI 3.0), and a page of it.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::collections::visible;
use super::download::Whole;
use super::filter::LANGUAGES;
use super::format::{Format, ITEM, ITEMS};
use super::html;
use super::items::GEOJSON;
use super::params::{DEFAULT_LIMIT, MAX_LIMIT};
use super::root::OPENAPI;
use super::schema::{SCHEMA, value_schema};
use super::write;
use crate::Result;
use crate::access::View;
use crate::features::encode::Form;
use crate::http::access_keys::TOKEN;
use crate::http::auth::SESSION_COOKIE;
use crate::http::tiles::MVT;
use crate::layers::Source;
use crate::space::crs::Offered;
use crate::state::AppState;

mod events;
mod tiles;

/// `GET /ogc/api`
pub(super) async fn api(State(state): State<AppState>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let readers = visible(&state, &ask);
    let document = document(&ask, readers.iter().map(crate::features::LayerReader::view));
    Ok(ask.answer(OPENAPI, &document, || html::api(&ask, &document)))
}

fn document<'a>(ask: &Ask, views: impl Iterator<Item = &'a View>) -> Value {
    let views: Vec<&View> = views.collect();
    let mut paths = Map::new();
    let mut add = |path: String, operation: Value| {
        paths.insert(path, json!({"get": operation}));
    };
    let json_type = "application/json";
    for (path, id, vi, en, kind) in [
        ("/", "getLandingPage", "Trang đầu", "Landing page", json_type),
        ("/conformance", "getConformance", "Các lớp tuân thủ", "Conformance classes", json_type),
        ("/api", "getApi", "Tài liệu này", "This document", OPENAPI),
        ("/collections", "getCollections", "Các lớp dữ liệu", "Collections", json_type),
        ("/tileMatrixSets", "getTileMatrixSetsList", "Lưới ô", "Tile matrix sets", json_type),
        ("/functions", "getFunctions", "Các hàm dùng trong bộ lọc", "Functions for filters", json_type),
        ("/styles", "getStyles", "Kiểu bản đồ", "Styles", json_type),
    ] {
        let mut parameters = vec![reference("f")];
        parameters.extend((path == "/collections").then(|| reference("q")));
        add(path.to_owned(), operation(id, "Dothi", ask.say(vi, en), kind, &parameters));
    }
    for (path, operation) in
        tiles::dataset(ask).into_iter().chain(tiles::styles(ask)).chain([events::dataset(ask)])
    {
        add(path, operation);
    }
    for view in &views {
        for (path, operation) in collection(ask, view) {
            add(path, operation);
        }
    }
    for view in &views {
        for (path, method, operation) in writes(ask, view) {
            paths[&path][method] = operation;
        }
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": ask.say("Dothi – OGC API", "Dothi – OGC API"),
            "version": env!("CARGO_PKG_VERSION"),
            "description": ask.say(
                "Các lớp dữ liệu đô thị của tỉnh. Toạ độ là CRS84, thứ tự kinh độ, vĩ độ; hệ khác theo tham số crs.",
                "The urban layers of the province. Coordinates are CRS84, in the order longitude, latitude; in other systems by the parameter crs.",
            ),
        },
        // What OGC has no words for (history, undo, split and merge, lineage) lies under /api/v1 and is told there.
        "externalDocs": {
            "description": ask.say(
                "Lịch sử, hoàn tác, tách, hợp và nguồn gốc của đối tượng: API riêng dưới /api/v1.",
                "History, undo, split, merge and lineage of items: the API of its own under /api/v1.",
            ),
            "url": format!("{}/api/openapi.json", ask.base),
        },
        "servers": [{"url": ask.url("")}],
        "paths": paths,
        // Open layers need none of them.
        "security": [{}, {"session": []}, {"bearer": []}, {"key": []}, {"token": []}],
        "components": {
            "parameters": parameters(),
            "responses": {"Problem": problem()},
            "securitySchemes": security_schemes(),
        },
    })
}

fn collection(ask: &Ask, view: &View) -> Vec<(String, Value)> {
    let def = &view.layer;
    let (id, title) = (&def.id, def.title.get(ask.lang));
    let at = |path: &str| format!("/collections/{id}{path}");
    let operation_ = |name: &str, summary: &str, kind: &str, parameters: Vec<Value>| {
        operation(&format!("{name}_{id}"), title, &format!("{title}: {summary}"), kind, &parameters)
    };
    let f = || vec![reference("f")];
    let mut items = vec![
        form_parameter(ITEMS),
        reference("bbox"),
        reference("bbox-crs"),
        reference("crs"),
        reference("datetime"),
        reference("filter"),
        reference("filter-lang"),
        reference("filter-crs"),
        reference("limit"),
        reference("after"),
        reference("sortby"),
        reference("properties"),
    ];
    // Layers that show other records keep no old states.
    let past = def.source == Source::Table && view.exact;
    items.extend(past.then(|| reference("at")));
    for attribute in def.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i]).map(|(_, a)| a) {
        let mut schema = value_schema(attribute);
        let mut description = attribute.title.get(ask.lang).to_owned();
        if attribute.holds_unit() {
            // More than the code list is taken here.
            if let Some(members) = schema.as_object_mut() {
                members.remove("enum");
                members.remove("oneOf");
            }
            description.push_str(ask.say(
                ". Mã hoặc tên trước ngày 01/7/2025 (xã, phường, thị trấn, huyện) được hiểu là đơn vị hiện nay: xem đầu đề Dothi-Resolved-Units và mục resolvedUnits của câu trả lời.",
                ". A code or name of before 1 July 2025 (commune, ward, township, district) is read as today's units: see the header Dothi-Resolved-Units and the answer's member resolvedUnits.",
            ));
        }
        items.push(json!({
            "name": attribute.name, "in": "query", "required": false, "style": "form", "explode": false,
            "description": description, "schema": schema,
        }));
    }
    let path_parameter = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "integer", "minimum": 0}});
    let mut paths = vec![
        (at(""), operation_("describe", ask.say("mô tả", "description"), "application/json", f())),
        (
            at("/items"),
            in_forms(operation_("items", ask.say("các đối tượng", "items"), GEOJSON, items), ITEMS),
        ),
        (
            at("/items/{fid}"),
            in_forms(
                operation_(
                    "item",
                    ask.say("một đối tượng", "one item"),
                    GEOJSON,
                    [path_parameter("fid"), form_parameter(ITEM), reference("crs"), reference("properties")]
                        .into_iter()
                        .chain(past.then(|| reference("at")))
                        .collect(),
                ),
                ITEM,
            ),
        ),
        events::collection(ask, def),
        (at("/download/{file}"), download(title, id, ask.say("tải cả lớp", "the whole layer as a file"))),
        (
            at("/queryables"),
            operation_("queryables", ask.say("thuộc tính lọc được", "queryables"), SCHEMA, f()),
        ),
        (at("/schema"), operation_("schema", ask.say("lược đồ", "schema"), SCHEMA, f())),
    ];
    paths.extend(tiles::collection(ask, def, past));
    paths
}

/// What the caller may write, method by method (part 4).
fn writes(ask: &Ask, view: &View) -> Vec<(String, &'static str, Value)> {
    let def = &view.layer;
    let (adds, changes) = write::offers(ask, def);
    let items = format!("/collections/{}/items", def.id);
    let item = format!("{items}/{{fid}}");
    let mut offered = Vec::new();
    if adds {
        offered.push((items, "post", "create", "thêm một đối tượng", "add an item", "201", Some(GEOJSON)));
    }
    if changes {
        let patch = Some("application/merge-patch+json");
        offered.push((
            item.clone(),
            "put",
            "replace",
            "thay một đối tượng",
            "replace an item",
            "204",
            Some(GEOJSON),
        ));
        offered.push((item.clone(), "patch", "update", "sửa một đối tượng", "change an item", "204", patch));
        offered.push((item, "delete", "delete", "xóa một đối tượng", "remove an item", "204", None));
    }
    let title = def.title.get(ask.lang);
    let describe = |(path, method, name, vi, en, status, body): (
        String,
        &'static str,
        _,
        _,
        _,
        &str,
        Option<&str>,
    )| {
        let problem = json!({"$ref": "#/components/responses/Problem"});
        let mut responses = Map::new();
        responses.insert(
            status.to_owned(),
            json!({"description": ask.say(vi, en), "headers": {"Dothi-Overwrote": {
                "description": "Of a write without a version: the change of somebody else, ten minutes ago at most, on which it was made.",
                "schema": {"type": "string"},
            }}}),
        );
        for status in ["400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"] {
            responses.insert(status.to_owned(), problem.clone());
        }
        let mut parameters = Vec::new();
        if path.ends_with('}') {
            parameters.push(json!({"name": "fid", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 0}}));
            parameters.push(json!({"name": "If-Match", "in": "header", "required": def.strict, "schema": {"type": "string"}}));
            parameters.push(json!({"name": "If-Unmodified-Since", "in": "header", "required": false, "schema": {"type": "string"}}));
        } else {
            parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": false, "schema": {"type": "string"}}));
        }
        let mut operation = json!({
            "operationId": format!("{name}_{}", def.id), "tags": [title],
            "summary": format!("{title}: {}", ask.say(vi, en)), "parameters": parameters, "responses": responses,
        });
        if let Some(kind) = body {
            if let Some(parameters) = operation["parameters"].as_array_mut() {
                parameters.push(json!({"name": "Content-Crs", "in": "header", "required": false,
                    "description": "Reference system of the body: its address in angle brackets.",
                    "schema": {"type": "string"}}));
            }
            operation["requestBody"] =
                json!({"required": true, "content": {kind: {"schema": {"type": "object"}}}});
        }
        (path, method, operation)
    };
    offered.into_iter().map(describe).collect()
}

fn operation(id: &str, tag: &str, summary: &str, kind: &str, parameters: &[Value]) -> Value {
    let mut content = Map::new();
    let binary = kind == MVT;
    let schema =
        if binary { json!({"type": "string", "format": "binary"}) } else { json!({"type": "object"}) };
    content.insert(kind.to_owned(), json!({"schema": schema}));
    if !binary {
        content.insert("text/html".to_owned(), json!({"schema": {"type": "string"}}));
    }
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({"description": summary, "content": content}));
    for status in ["400", "401", "404", "429", "503"] {
        responses.insert(status.to_owned(), json!({"$ref": "#/components/responses/Problem"}));
    }
    json!({
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
    })
}

/// An operation that answers in each of these forms.
fn in_forms(mut operation: Value, forms: &[Format]) -> Value {
    for format in forms {
        let kind = format.media_type(GEOJSON);
        let schema = match format.form() {
            Some(Form::GeoJson | Form::JsonFg) => json!({"type": "object"}),
            Some(Form::FlatGeobuf | Form::GeoPackage | Form::GeoParquet) => {
                json!({"type": "string", "format": "binary"})
            }
            Some(Form::Gml | Form::Csv) | None => json!({"type": "string"}),
        };
        operation["responses"]["200"]["content"][kind] = json!({"schema": schema});
    }
    operation["responses"]["406"] = json!({"$ref": "#/components/responses/Problem"});
    operation
}

fn form_parameter(forms: &[Format]) -> Value {
    let names: Vec<&str> = forms.iter().map(|f| f.name()).collect();
    json!({"name": "f", "in": "query", "required": false, "schema": {"type": "string", "enum": names},
        "description": "Form of the answer; else Accept decides."})
}

/// The files of a layer.
fn download(tag: &str, id: &str, summary: &str) -> Value {
    let names: Vec<String> = Whole::all().map(|w| format!("{id}.{}", w.extension())).collect();
    let bytes = json!({"schema": {"type": "string", "format": "binary"}});
    let each = |schema: &dyn Fn(Whole) -> Value| -> Map<String, Value> {
        Whole::all().map(|w| (w.media_type().to_owned(), schema(w))).collect()
    };
    let whole = each(&|whole| match whole {
        Whole::Items(Form::GeoJson | Form::JsonFg) => json!({"schema": {"type": "object"}}),
        _ => bytes.clone(),
    });
    let mut parts = each(&|_| bytes.clone());
    parts.insert("multipart/byteranges".to_owned(), bytes.clone());
    let header = |name: &str, text: &str| {
        json!({"name": name, "in": "header", "required": false,
        "description": text, "schema": {"type": "string"}})
    };
    let problem = || json!({"$ref": "#/components/responses/Problem"});
    json!({
        "operationId": format!("download_{id}"), "tags": [tag], "summary": format!("{tag}: {summary}"),
        "parameters": [
            {"name": "file", "in": "path", "required": true, "schema": {"type": "string", "enum": names}},
            header("Range", "Part of the file: bytes=first-last."),
            header("If-Range", "The tag of the file of which a part is wanted."),
        ],
        "responses": {
            "200": {"description": summary, "content": whole},
            "206": {"description": "One or several parts of the file.", "content": parts},
            "304": {"description": "The file has not changed."},
            "400": problem(), "404": problem(),
            "412": problem(), "416": problem(), "503": problem(),
        },
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

fn problem() -> Value {
    json!({
        "description": "RFC 9457",
        "content": {"text/html": {"schema": {"type": "string"}}, "application/problem+json": {"schema": {"type": "object", "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "instance": {"type": "string"},
        }}}, "text/html": {"schema": {"type": "string"}}},
    })
}

/// How a client may sign in (part 1, 8.5: each way is described).
fn security_schemes() -> Value {
    json!({
        "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "A session of the portal."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "A session's token or an access key."},
        "key": {"type": "http", "scheme": "basic", "description": "An access key as the password; any name."},
        "token": {"type": "apiKey", "in": "query", "name": TOKEN, "description": "An access key for reading."},
    })
}

fn crs_schema() -> Value {
    let uris = Offered::ALL.map(Offered::uri);
    json!({"type": "string", "format": "uri", "enum": uris, "default": Offered::Crs84.uri()})
}

fn parameters() -> Value {
    let query = |name: &str, description: &str, schema: Value| {
        json!({"name": name, "in": "query", "required": false, "style": "form", "explode": false,
            "description": description, "schema": schema})
    };
    json!({
        "f": query("f", "Form of the answer; else by Accept.", json!({"type": "string", "enum": ["json", "html"]})),
        "q": query("q", "Collections in whose id, title or description all of the words stand; without accents, too.", json!({"type": "string"})),
        "bbox": query(
            "bbox",
            "Items that meet the box: west, south, east, north in degrees (CRS84), or both corners in the axis order of bbox-crs; heights may stand between.",
            json!({"type": "array", "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
                "items": {"type": "number"}}),
        ),
        "bbox-crs": query("bbox-crs", "Reference system of bbox.", crs_schema()),
        "crs": query("crs", "Reference system of the answer, in the axis order of its authority.", crs_schema()),
        "datetime": query(
            "datetime",
            "Items valid at an instant (RFC 3339) or in an interval start/end, .. for an open end.",
            json!({"type": "string"}),
        ),
        "filter": query("filter", "Items for which the CQL2 expression is true.", json!({"type": "string"})),
        "filter-lang": query(
            "filter-lang",
            "Encoding of the filter.",
            json!({"type": "string", "enum": LANGUAGES, "default": LANGUAGES[0]}),
        ),
        "filter-crs": query(
            "filter-crs",
            "Reference system of the geometries in the filter; CRS84 unless given.",
            json!({"type": "string", "format": "uri", "enum": Offered::ALL.map(Offered::uri), "default": Offered::Crs84.uri()}),
        ),
        "limit": query(
            "limit",
            "Most items in the answer.",
            json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
        ),
        "at": query(
            "at",
            "The state that the database held at this time (RFC 3339) or revision (a whole number).",
            json!({"type": "string"}),
        ),
        "after": query("after", "Where a page starts: set by next links, of no meaning elsewhere.", json!({"type": "string"})),
        "sortby": query(
            "sortby",
            "Attributes to sort by: +name or name for the smallest first, -name for the greatest; nulls last.",
            json!({"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[+-]?[a-z][a-z0-9_]*$"}}),
        ),
        "properties": query(
            "properties",
            "The attributes that are wanted, and no others.",
            json!({"type": "array", "minItems": 1, "items": {"type": "string"}}),
        ),
    })
}
