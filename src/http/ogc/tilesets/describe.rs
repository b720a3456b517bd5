//! The metadata of a tileset (OGC 17-083r4, clause 8, JSON encoding).

use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::features::LayerReader;
use crate::http::ogc::ask::{Ask, link};
use crate::http::ogc::collections::bounds;
use crate::http::ogc::params::CRS84;
use crate::http::tiles::{DATASET, MVT, TILE_MAX_ZOOM, fields};
use crate::layers::GeometryKind;
use crate::space::tile_matrix::MatrixSet;

const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
const GEODATA: &str = "http://www.opengis.net/def/rel/ogc/1.0/geodata";

/// What is tiled.
pub(super) enum Origin<'a> {
    Dataset,
    Collection(&'a str),
}

impl Origin<'_> {
    /// The layer, where it is one.
    pub(super) fn reader<'a>(&self, readers: &'a [LayerReader]) -> Option<&'a LayerReader> {
        match self {
            Self::Dataset => None,
            Self::Collection(_) => readers.first(),
        }
    }

    /// Path of its tileset below `/ogc`.
    fn path(&self, set: MatrixSet) -> String {
        match self {
            Self::Dataset => format!("/tiles/{}", set.id()),
            Self::Collection(id) => format!("/collections/{id}/tiles/{}", set.id()),
        }
    }

    fn title(&self, ask: &Ask, readers: &[LayerReader]) -> String {
        match self.reader(readers) {
            Some(reader) => reader.view().layer.title.get(ask.lang).to_owned(),
            None => ask.say("Mọi lớp", "All layers").to_owned(),
        }
    }
}

/// A tileset as lists describe it.
pub(super) fn describe(ask: &Ask, origin: &Origin<'_>, set: MatrixSet, readers: &[LayerReader]) -> Value {
    let selected = ask.params.get("collections").map(|names| {
        let names: String = byte_serialize(names.as_bytes()).collect();
        format!("collections={}", names.replace("%2C", ","))
    });
    let with = |address: String| match &selected {
        Some(selected) => format!("{address}?{selected}"),
        None => address,
    };
    let path = origin.path(set);
    let set_at = ask.url(&format!("/tileMatrixSets/{}", set.id()));
    let mut links = vec![
        link(&ask.url(&with(path.clone())), "self", "application/json", ask.say("Bộ ô vectơ", "Tileset")),
        link(&set_at, TILING_SCHEME, "application/json", ask.say("Lưới ô", "Tile matrix set")),
    ];
    if let Origin::Collection(id) = origin {
        let at = ask.url(&format!("/collections/{id}"));
        links.push(link(&at, GEODATA, "application/json", ask.say("Lớp dữ liệu", "Collection")));
    }
    if set == MatrixSet::WebMercatorQuad {
        let id = match origin {
            Origin::Dataset => DATASET,
            Origin::Collection(id) => id,
        };
        let at = ask.keyed(with(format!("{}/tiles/{id}.json", ask.base)));
        links.push(link(&at, "describedby", "application/json", "TileJSON"));
    }
    let mut item = link(
        &ask.url(&with(format!("{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"))),
        "item",
        MVT,
        ask.say("Ô vectơ", "Tiles"),
    );
    item["templated"] = true.into();
    links.push(item);
    json!({
        "title": origin.title(ask, readers),
        "dataType": "vector",
        "crs": set.crs(),
        "tileMatrixSetURI": set.uri(),
        "links": links,
    })
}

/// A tileset in full: its layers with their attributes, and its extent.
pub(super) fn whole(ask: &Ask, origin: &Origin<'_>, set: MatrixSet, readers: &[LayerReader]) -> Value {
    let mut json = describe(ask, origin, set, readers);
    json["tileMatrixSetId"] = set.id().into();
    json["layers"] = readers.iter().map(|r| layer(ask, set, r)).collect();
    if let Some([west, south, east, north]) = readers.iter().filter_map(bounds).reduce(around) {
        json["boundingBox"] = json!({"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84});
    }
    json
}

fn around(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn layer(ask: &Ask, set: MatrixSet, reader: &LayerReader) -> Value {
    let def = &reader.view().layer;
    let dimension = match def.geometry {
        GeometryKind::Point | GeometryKind::MultiPoint => 0,
        GeometryKind::LineString | GeometryKind::MultiLineString => 1,
        GeometryKind::Polygon | GeometryKind::MultiPolygon => 2,
    };
    let last = TILE_MAX_ZOOM.max(def.min_zoom);
    json!({
        "id": def.id,
        "title": def.title.get(ask.lang),
        "dataType": "vector",
        "geometryDimension": dimension,
        "minTileMatrix": set.at_zoom(def.min_zoom).to_string(),
        "maxTileMatrix": set.at_zoom(last).to_string(),
        "propertiesSchema": {"type": "object", "properties": fields(reader.view(), |kind| json!({"type": kind}))},
    })
}
