//! The tile matrix sets as resources (OGC 17-083r4, JSON encoding).

use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};

use super::known;
use crate::Result;
use crate::http::ogc::ask::{Ask, link};
use crate::http::ogc::html;
use crate::space::tile_matrix::MatrixSet;

/// `GET /ogc/tileMatrixSets`
pub(in crate::http::ogc) async fn matrix_sets(ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let at = |set: MatrixSet| ask.url(&format!("/tileMatrixSets/{}", set.id()));
    let describe = |set: MatrixSet| {
        json!({
            "id": set.id(),
            "title": set.title(),
            "uri": set.uri(),
            "crs": set.crs(),
            "links": [link(&at(set), "self", "application/json", set.id())],
        })
    };
    let json = json!({
        "links": ask.self_links("application/json"),
        "tileMatrixSets": MatrixSet::ALL.map(describe),
    });
    Ok(ask.answer("application/json", &json, || html::matrix_sets(&ask, &json["tileMatrixSets"])))
}

/// `GET /ogc/tileMatrixSets/{tileMatrixSetId}`
pub(in crate::http::ogc) async fn matrix_set(Path(set): Path<String>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let set = known(&set)?;
    let matrices: Vec<Value> = (0..=set.max_matrix()).map(|m| matrix(set, m)).collect();
    let json = json!({
        "id": set.id(),
        "title": set.title(),
        "uri": set.uri(),
        "crs": set.crs(),
        "orderedAxes": set.axes(),
        "wellKnownScaleSet": set.scale_set(),
        "tileMatrices": matrices,
        "links": ask.self_links("application/json"),
    });
    Ok(ask.answer("application/json", &json, || html::matrix_set(&ask, &json)))
}

fn matrix(set: MatrixSet, number: u8) -> Value {
    let (width, height) = set.size(number);
    json!({
        "id": number.to_string(),
        "scaleDenominator": set.scale_denominator(number),
        "cellSize": set.cell_size(number),
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": set.corner(),
        "tileWidth": 256,
        "tileHeight": 256,
        "matrixWidth": width,
        "matrixHeight": height,
    })
}
