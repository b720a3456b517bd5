//! Tiles and styles in the description of the API. The ends of the operations' names are those of OGC 20-057, table 8.

use serde_json::{Value, json};

use super::{operation, reference};
use crate::http::ogc::ask::Ask;
use crate::http::ogc::download::Whole;
use crate::http::tiles::MVT;
use crate::layers::LayerDef;
use crate::space::tile_matrix::MatrixSet;

type Path = (String, Value);

const JSON: &str = "application/json";
const OF_DATASET: &str = "Tiles";

fn in_path(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

fn set() -> Value {
    in_path("tileMatrixSetId", &json!({"type": "string", "enum": MatrixSet::ALL.map(MatrixSet::id)}))
}

/// Where a tile lies in its set.
fn place() -> [Value; 3] {
    let whole = json!({"type": "integer", "minimum": 0});
    let matrix = json!({"type": "string", "pattern": "^[0-9]{1,2}$"});
    [in_path("tileMatrix", &matrix), in_path("tileRow", &whole), in_path("tileCol", &whole)]
}

pub(super) fn collections() -> Value {
    json!({
        "name": "collections", "in": "query", "required": false, "style": "form", "explode": false,
        "description": "Collections to take, in this order: their ids or their addresses. All that are drawn there unless given.",
        "schema": {"type": "array", "items": {"type": "string"}},
    })
}

/// An answer that may hold nothing.
fn may_be_empty(mut operation: Value) -> Value {
    operation["responses"]["204"] = json!({"description": "Nothing lies in the tile."});
    operation["responses"]["304"] = json!({"description": "The caller has the tile."});
    operation
}

/// The tile matrix sets, and the tilesets and tiles of the dataset.
pub(super) fn dataset(ask: &Ask) -> Vec<Path> {
    let of = |path: &str, id: &str, vi, en, kind, parameters: &[Value]| {
        let id = format!("dothi.dataset.vector.{id}");
        (path.to_owned(), operation(&id, OF_DATASET, ask.say(vi, en), kind, parameters))
    };
    let all = ("Bộ ô vectơ của mọi lớp", "Tilesets of all layers");
    let mut tile = vec![set()];
    tile.extend(place());
    tile.push(collections());
    let (path, one) = of(
        "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
        "getTile",
        "Một ô vectơ có nhiều lớp",
        "One vector tile with several layers",
        MVT,
        &tile,
    );
    let set_ = operation(
        "getTileMatrixSet",
        "Dothi",
        ask.say("Một lưới ô", "One tile matrix set"),
        JSON,
        &[set(), reference("f")],
    );
    let mut archive = operation(
        "downloadTiles",
        OF_DATASET,
        ask.say(
            "Các ô vectơ của nhiều lớp trong một tệp PMTiles",
            "Vector tiles of several layers as PMTiles",
        ),
        Whole::Tiles.media_type(),
        &[collections()],
    );
    for (status, meaning) in [
        ("206", "A part of the file."),
        ("304", "The file has not changed."),
        ("412", "The file has changed."),
        ("416", "The file has no such part."),
        ("501", "A layer is too large for memory."),
    ] {
        archive["responses"][status] = json!({"description": meaning});
    }
    vec![
        ("/download/tiles.pmtiles".to_owned(), archive),
        ("/tileMatrixSets/{tileMatrixSetId}".to_owned(), set_),
        of("/tiles", "getTileSetsList", all.0, all.1, JSON, &[reference("f"), collections()]),
        of(
            "/tiles/{tileMatrixSetId}",
            "getTileSet",
            "Một bộ ô vectơ của mọi lớp",
            "One tileset of all layers",
            JSON,
            &[set(), reference("f"), collections()],
        ),
        (path, may_be_empty(one)),
    ]
}

/// The tilesets and tiles of a collection; `past`: it keeps its old states.
pub(super) fn collection(ask: &Ask, def: &LayerDef, past: bool) -> Vec<Path> {
    let title = def.title.get(ask.lang);
    let of = |path: &str, id: &str, vi, en, kind, parameters: &[Value]| {
        let id = format!("{}.collection.vector.{id}", def.id);
        let summary = format!("{title}: {}", ask.say(vi, en));
        (format!("/collections/{}{path}", def.id), operation(&id, title, &summary, kind, parameters))
    };
    let mut tile = vec![set()];
    tile.extend(place());
    tile.extend(past.then(|| reference("at")));
    let (path, one) = of(
        "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
        "getTile",
        "một ô vectơ",
        "one vector tile",
        MVT,
        &tile,
    );
    vec![
        of("/tiles", "getTileSetsList", "các bộ ô vectơ", "tilesets", JSON, &[reference("f")]),
        of(
            "/tiles/{tileMatrixSetId}",
            "getTileSet",
            "một bộ ô vectơ",
            "one tileset",
            JSON,
            &[set(), reference("f")],
        ),
        (path, may_be_empty(one)),
    ]
}

/// A style in its forms, its metadata, and the icons that styles draw.
pub(super) fn styles(ask: &Ask) -> Vec<Path> {
    let id = in_path("styleId", &json!({"type": "string"}));
    let file = in_path("file", &json!({"type": "string"}));
    let forms = json!({
        "name": "f", "in": "query", "required": false, "style": "form", "explode": false,
        "description": "Form of the style; else by Accept.",
        "schema": {"type": "string", "enum": super::super::styles::FORMS},
    });
    let mut style = operation(
        "getStyle",
        "Dothi",
        ask.say("Một kiểu bản đồ", "One style"),
        "application/vnd.mapbox.style+json",
        &[id.clone(), forms],
    );
    for kind in super::super::styles::FILES {
        style["responses"]["200"]["content"][kind] = json!({"schema": {"type": "string"}});
    }
    let about = operation(
        "getStyleMetadata",
        "Dothi",
        ask.say("Mô tả một kiểu bản đồ", "Metadata of one style"),
        JSON,
        &[id, reference("f")],
    );
    let mut icons =
        operation("getSprite", "Dothi", ask.say("Biểu tượng của bản đồ", "Icons of maps"), JSON, &[file]);
    icons["responses"]["200"]["content"] = json!({
        JSON: {"schema": {"type": "object"}},
        "image/png": {"schema": {"type": "string", "format": "binary"}},
        "image/svg+xml": {"schema": {"type": "string"}},
    });
    vec![
        ("/styles/{styleId}".to_owned(), style),
        ("/styles/{styleId}/metadata".to_owned(), about),
        ("/sprites/{file}".to_owned(), icons),
    ]
}
