//! OGC API Tiles: tilesets of collections, their tile matrix set, and the tiles by matrix, row and column.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::ask::{Ask, link, open};
use super::collections::bounds;
use super::html;
use crate::features::LayerReader;
use crate::http::tiles::{MVT, TILE_MAX_ZOOM, fields, serve};
use crate::layers::GeometryKind;
use crate::space::tile_matrix::{MAX_TILE_MATRIX, Tile, WEB_MERCATOR_QUAD};
use crate::state::AppState;
use crate::{Error, Result};

/// Identifier of the tile matrix set at the OGC.
const MATRIX_SET_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
/// Reference system of the tiles.
const WEB_MERCATOR: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

/// `GET /ogc/collections/{id}/tiles`
pub(super) async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f"])?;
    let (reader, _) = open(&state, &ask.who, &id)?;
    let json =
        json!({"links": ask.self_links("application/json"), "tilesets": [describe(&ask, &reader, false)]});
    Ok(ask.answer("application/json", &json, || html::tileset(&ask, &reader)))
}

/// `GET /ogc/collections/{id}/tiles/WebMercatorQuad`
pub(super) async fn one(State(state): State<AppState>, Path(id): Path<String>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let (reader, _) = open(&state, &ask.who, &id)?;
    let json = describe(&ask, &reader, true);
    Ok(ask.answer("application/json", &json, || html::tileset(&ask, &reader)))
}

/// `GET …/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}`: the row comes before the column.
pub(super) async fn tile(
    State(state): State<AppState>,
    Path((id, tile_matrix, tile_row, tile_col)): Path<(String, String, String, String)>,
    ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f", "at"])?;
    let at = || Error::not_found("tile", format!("{tile_matrix}/{tile_row}/{tile_col}"));
    let matrix = tile_matrix.parse().map_err(|_| at())?;
    let (row, col) = (tile_row.parse().map_err(|_| at())?, tile_col.parse().map_err(|_| at())?);
    serve(&state, &ask, &id, Tile::new(matrix, row, col).ok_or_else(at)?).await
}

fn describe(ask: &Ask, reader: &LayerReader, whole: bool) -> Value {
    let def = &reader.view().layer;
    let at = ask.url(&format!("/collections/{}/tiles/{WEB_MERCATOR_QUAD}", def.id));
    let mut links = vec![
        link(&at, "self", "application/json", ask.say("Bộ ô vectơ", "Tileset")),
        link(
            &ask.url(&format!("/tileMatrixSets/{WEB_MERCATOR_QUAD}")),
            TILING_SCHEME,
            "application/json",
            ask.say("Lưới ô", "Tile matrix set"),
        ),
        link(
            &ask.keyed(format!("{}/tiles/{}.json", ask.base, def.id)),
            "describedby",
            "application/json",
            "TileJSON",
        ),
    ];
    let mut item = link(
        &ask.url(&format!(
            "/collections/{}/tiles/{WEB_MERCATOR_QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
            def.id
        )),
        "item",
        MVT,
        ask.say("Ô vectơ", "Tiles"),
    );
    item["templated"] = true.into();
    links.push(item);
    let mut json = json!({
        "title": def.title.get(ask.lang),
        "dataType": "vector",
        "crs": WEB_MERCATOR,
        "tileMatrixSetURI": MATRIX_SET_URI,
        "links": links,
    });
    if whole {
        json["tileMatrixSetId"] = WEB_MERCATOR_QUAD.into();
        let dimension = match def.geometry {
            GeometryKind::Point | GeometryKind::MultiPoint => 0,
            GeometryKind::LineString | GeometryKind::MultiLineString => 1,
            GeometryKind::Polygon | GeometryKind::MultiPolygon => 2,
        };
        json["layers"] = json!([{
            "id": def.id,
            "title": def.title.get(ask.lang),
            "dataType": "vector",
            "geometryDimension": dimension,
            "minTileMatrix": def.min_zoom.to_string(),
            "maxTileMatrix": TILE_MAX_ZOOM.to_string(),
            "propertiesSchema": {"type": "object", "properties": fields(reader.view(), |kind| json!({"type": kind}))},
        }]);
        if let Some([west, south, east, north]) = bounds(reader) {
            json["boundingBox"] = json!({
                "lowerLeft": [west, south], "upperRight": [east, north], "crs": super::params::CRS84,
            });
        }
    }
    json
}

/// `GET /ogc/tileMatrixSets`
pub(super) async fn matrix_sets(ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let href = ask.url(&format!("/tileMatrixSets/{WEB_MERCATOR_QUAD}"));
    let json = json!({
        "links": ask.self_links("application/json"),
        "tileMatrixSets": [{
            "id": WEB_MERCATOR_QUAD,
            "title": "Google Maps Compatible for the World",
            "uri": MATRIX_SET_URI,
            "crs": WEB_MERCATOR,
            "links": [link(&href, "self", "application/json", WEB_MERCATOR_QUAD)],
        }],
    });
    Ok(ask.answer("application/json", &json, || {
        let title = ask.say("Lưới ô bản đồ", "Tile matrix sets");
        html::page(
            &ask,
            title,
            &[],
            &maud::html! { ul { li { a href={(href) "?f=html"} { (WEB_MERCATOR_QUAD) } } } },
        )
    }))
}

/// `GET /ogc/tileMatrixSets/WebMercatorQuad` (OGC 17-083r4, JSON encoding)
pub(super) async fn matrix_set(ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let matrices: Vec<Value> = (0..=MAX_TILE_MATRIX).map(matrix).collect();
    let json = json!({
        "id": WEB_MERCATOR_QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET_URI,
        "crs": WEB_MERCATOR,
        "orderedAxes": ["E", "N"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
        "links": ask.self_links("application/json"),
    });
    Ok(ask.answer("application/json", &json, || {
        let body = maud::html! {
            table {
                thead { tr { th { "tileMatrix" } th { "scaleDenominator" } th { "cellSize (m)" } } }
                tbody { @for m in &matrices { tr {
                    td { (m["id"].as_str().unwrap_or_default()) }
                    td { (m["scaleDenominator"].to_string()) }
                    td { (m["cellSize"].to_string()) }
                } } }
            }
        };
        html::page(&ask, WEB_MERCATOR_QUAD, &[], &body)
    }))
}

fn matrix(zoom: u8) -> Value {
    /// Half the side of the world in metres of EPSG:3857.
    const HALF: f64 = 20_037_508.342_789_244;
    /// Metres of a pixel on the standard's screen.
    const PIXEL_M: f64 = 0.000_28;
    let tiles = 1_u32 << zoom;
    let cell = 2.0 * HALF / 256.0 / f64::from(tiles);
    json!({
        "id": zoom.to_string(),
        "scaleDenominator": cell / PIXEL_M,
        "cellSize": cell,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF, HALF],
        "tileWidth": 256,
        "tileHeight": 256,
        "matrixWidth": tiles,
        "matrixHeight": tiles,
    })
}
