//! The abstract tests of OGC 20-057, Annex A.

use super::*;

/// What has tilesets: the dataset, and a collection.
const ORIGINS: [&str; 2] = ["/ogc", "/ogc/collections/parcel"];

/// /conf/core/tc-op: tiles are there under the template with its variables, for each matrix set.
/// /conf/core/tc-success: 200, in the format asked for, with what lies in the tile.
#[tokio::test(flavor = "multi_thread")]
async fn tiles_are_where_the_template_says() {
    let server = server().await;
    for origin in ORIGINS {
        for set in MatrixSet::ALL {
            let tileset = server.json(&format!("{origin}/tiles/{}", set.id())).await;
            let item = links(&tileset, "item");
            assert_eq!((item[0]["templated"].as_bool(), item[0]["type"].as_str()), (Some(true), Some(MVT)));
            let template = item[0]["href"].as_str().unwrap();
            let definition = at(&server, link(&tileset, TILING_SCHEME)).await;
            assert_eq!(definition["id"], set.id());
            for zoom in [14, 16, 18] {
                let tile = over(set, zoom);
                let href = template
                    .replace("{tileMatrix}", &tile.tile_matrix.to_string())
                    .replace("{tileRow}", &tile.tile_row.to_string())
                    .replace("{tileCol}", &tile.tile_col.to_string());
                let answer = server.client.get(&href).header("accept", MVT).send().await.unwrap();
                let layers = decoded(answer).await;
                let parcels = &layers["parcel"];
                assert_eq!(parcels.features.len(), 3, "{href}");
                // Each vertex lies where the item does, to the unit of the tile.
                let items = server.json("/ogc/collections/parcel/items").await;
                for feature in &parcels.features {
                    let of = |i: &&Json| i["id"].as_u64() == feature.id;
                    let item = items["features"].as_array().unwrap().iter().find(of).unwrap();
                    let ring = item["geometry"]["coordinates"][0].as_array().unwrap();
                    let drawn = &parts(feature)[0];
                    assert!(doubled_area(drawn) > 0, "outer rings run clockwise on the map");
                    let unit = tile.unit_m(4096) / 111_000.0;
                    for vertex in
                        drawn.iter().filter(|v| (0..=4096).contains(&v.0) && (0..=4096).contains(&v.1))
                    {
                        let (lon, lat) =
                            place(&definition, tile.tile_matrix, tile.tile_row, tile.tile_col, *vertex);
                        let near = ring.iter().any(|c| {
                            let (x, y) = (c[0].as_f64().unwrap(), c[1].as_f64().unwrap());
                            (x - lon).abs() <= 0.6 * unit && (y - lat).abs() <= 0.6 * unit
                        });
                        assert!(near, "{href}: {lon} {lat} is no corner of {ring:?}");
                    }
                }
            }
        }
    }
}

/// /conf/core/tc-tilematrix-definition, tc-tilerow-definition, tc-tilecol-definition and /conf/oas30/completeness: the
/// description of the API has every tileset, tilesets list and tile with its parameters.
/// /conf/oas30/operation-id: the operations' names end as the standard's table says.
#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_the_api_names_the_parameters_of_tiles() {
    let server = server().await;
    let api = server.json("/ogc/api").await;
    for (origin, kind) in [("", "dataset"), ("/collections/parcel", "collection")] {
        for (below, name) in [
            ("/tiles", "getTileSetsList"),
            ("/tiles/{tileMatrixSetId}", "getTileSet"),
            ("/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}", "getTile"),
        ] {
            let operation = &api["paths"][format!("{origin}{below}")]["get"];
            let id = operation["operationId"].as_str().unwrap();
            assert!(id.ends_with(&format!(".{kind}.vector.{name}")), "{id}");
            let parameters = operation["parameters"].as_array().unwrap();
            let of = |name: &str| parameters.iter().find(|p| p["name"] == name);
            for (name, kind) in [("tileMatrix", "string"), ("tileRow", "integer"), ("tileCol", "integer")] {
                let expected = below.contains(&format!("{{{name}}}"));
                assert_eq!(of(name).is_some(), expected, "{origin}{below} {name}");
                if let Some(p) = of(name) {
                    assert_eq!((p["in"].as_str(), p["required"].as_bool()), (Some("path"), Some(true)));
                    assert_eq!(p["schema"]["type"], kind, "{name}");
                }
            }
            if let Some(sets) = of("tileMatrixSetId") {
                assert_eq!(sets["schema"]["enum"], serde_json::json!(["WebMercatorQuad", "WorldCRS84Quad"]));
            }
            assert_eq!(of("collections").is_some(), kind == "dataset", "{origin}{below}");
        }
    }
    // What the links name is described.
    for (path, _) in api["paths"].as_object().unwrap() {
        assert!(!path.contains("WebMercatorQuad"), "{path}: sets are a parameter");
    }
}

/// /conf/core/tc-error: 404 for what is out of range, 204 where there is no data.
#[tokio::test(flavor = "multi_thread")]
async fn a_tile_that_is_not_there_is_404_and_an_empty_one_204() {
    let server = server().await;
    for origin in ORIGINS {
        let status = async |below: &str| server.get(&format!("{origin}/tiles/{below}")).await.status();
        for below in [
            "WebMercatorQuad/2/4/0",
            "WebMercatorQuad/2/0/4",
            "WebMercatorQuad/23/0/0",
            "WebMercatorQuad/x/0/0",
            "WebMercatorQuad/2/-1/0",
            "WorldCRS84Quad/0/0/2",
            "WorldCRS84Quad/0/1/0",
            "WorldCRS84Quad/22/0/0",
            "WorldMercatorWGS84Quad/0/0/0",
            "webmercatorquad/0/0/0",
            "WorldMercatorWGS84Quad",
        ] {
            assert_eq!(status(below).await, StatusCode::NOT_FOUND, "{origin} {below}");
        }
        for set in MatrixSet::ALL {
            let tile = over(set, 16);
            let beside = Tile { tile_col: tile.tile_col + 100, ..tile };
            let answer = server.get(&format!("{origin}/tiles/{}", path(beside))).await;
            assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{origin} {set:?}");
            assert!(answer.bytes().await.unwrap().is_empty());
        }
        assert_eq!(status("WorldCRS84Quad/0/0/1?f=mvt").await, StatusCode::NO_CONTENT);
        assert_eq!(status("WorldCRS84Quad/0/0/1?f=png").await, StatusCode::BAD_REQUEST);
        assert_eq!(status("WorldCRS84Quad/0/0/1?unknown=1").await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        server.get("/ogc/tileMatrixSets/WorldMercatorWGS84Quad").await.status(),
        StatusCode::NOT_FOUND
    );
}

/// /conf/tilesets-list/tileset-links: the list is below the resource, each with type, system, set and full metadata.
/// /conf/dataset-tilesets/landingpage and /conf/geodata-tilesets/desc-links: links lead to the lists.
/// /conf/dataset-tilesets/operation and /conf/geodata-tilesets/operation: the lists are at …/tiles.
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_tilesets_are_linked_and_lead_to_each() {
    let server = server().await;
    for origin in ORIGINS {
        let resource = server.json(&format!("{origin}/").replace("parcel/", "parcel")).await;
        let list_at = link(&resource, TILESETS);
        assert_eq!(list_at, format!("{}{origin}/tiles", server.base));
        let list = at(&server, list_at).await;
        let tilesets = list["tilesets"].as_array().unwrap();
        assert_eq!(tilesets.len(), 2);
        for (tileset, set) in tilesets.iter().zip(MatrixSet::ALL) {
            assert_eq!(tileset["dataType"], "vector");
            assert_eq!(tileset["crs"], set.crs());
            assert_eq!(tileset["tileMatrixSetURI"], set.uri());
            let whole_at = link(tileset, "self");
            assert_eq!(whole_at, format!("{list_at}/{}", set.id()));
            let whole = at(&server, whole_at).await;
            for (name, value) in tileset.as_object().unwrap() {
                assert_eq!(whole[name], *value, "{name}");
            }
            assert_eq!(at(&server, link(tileset, TILING_SCHEME)).await["uri"], set.uri());
        }
        let page = server.client.get(list_at).header("accept", "text/html").send().await.unwrap();
        assert!(page.text().await.unwrap().contains("WorldCRS84Quad/{tileMatrix}/{tileRow}/{tileCol}"));
    }
}

/// /conf/tileset/description and tms/2.0/conf/json-tilesetmetadata: what a tileset says of itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_tileset_describes_its_layers_and_its_extent() {
    let server = server().await;
    for (origin, some) in
        [("/ogc", vec!["hospital_clinic", "parcel"]), ("/ogc/collections/parcel", vec!["parcel"])]
    {
        for set in MatrixSet::ALL {
            let tileset = server.json(&format!("{origin}/tiles/{}", set.id())).await;
            assert_eq!(
                (tileset["dataType"].as_str(), tileset["tileMatrixSetId"].as_str()),
                (Some("vector"), Some(set.id()))
            );
            assert_eq!(
                (tileset["crs"].as_str(), tileset["tileMatrixSetURI"].as_str()),
                (Some(set.crs()), Some(set.uri()))
            );
            let item = links(&tileset, "item");
            let href = item[0]["href"].as_str().unwrap();
            assert!(["{tileMatrix}", "{tileRow}", "{tileCol}"].iter().all(|v| href.contains(v)), "{href}");
            let layers = tileset["layers"].as_array().unwrap();
            for id in &some {
                let layer = layers.iter().find(|l| l["id"] == **id).unwrap();
                let dimension = if *id == "parcel" { 2 } else { 0 };
                assert_eq!(layer["geometryDimension"], dimension);
                let zoom = server.layer(id).min_zoom;
                assert_eq!(layer["minTileMatrix"], set.at_zoom(zoom).to_string());
                let code = if *id == "parcel" { "parcel_number" } else { "beds" };
                assert_eq!(layer["propertiesSchema"]["properties"][code]["type"], "number");
            }
            assert!(layers.iter().all(|l| l["id"] != "camera_traffic"), "a hidden layer is not told of");
            let bounds = &tileset["boundingBox"];
            assert_eq!(bounds["crs"], "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
            let (lon, lat) = to_crs84(AT.0, AT.1);
            let corner = |i: usize| bounds["lowerLeft"][i].as_f64().unwrap();
            assert!((corner(0) - lon).abs() < 1e-4 && (corner(1) - lat).abs() < 1e-4, "{bounds}");
        }
    }
}

/// tms/2.0/conf/tilematrixset and json-tilematrixset: the sets as Annex D of OGC 17-083r4 defines them.
#[tokio::test(flavor = "multi_thread")]
async fn the_tile_matrix_sets_are_those_of_the_standard() {
    let server = Server::start().await;
    let list = server.json("/ogc/tileMatrixSets").await;
    let ids: Vec<&str> =
        list["tileMatrixSets"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["WebMercatorQuad", "WorldCRS84Quad"]);
    for (entry, (columns, rows, scale, corner, axes)) in
        list["tileMatrixSets"].as_array().unwrap().iter().zip([
            (
                1_u64,
                1_u64,
                559_082_264.028_717_8,
                [-20_037_508.342_789_244, 20_037_508.342_789_244],
                ["E", "N"],
            ),
            (2, 1, 279_541_132.014_358_76, [-180.0, 90.0], ["Lon", "Lat"]),
        ])
    {
        let set = at(&server, link(entry, "self")).await;
        assert_eq!((&set["uri"], &set["crs"]), (&entry["uri"], &entry["crs"]));
        assert_eq!(set["orderedAxes"], serde_json::json!(axes));
        for (n, matrix) in set["tileMatrices"].as_array().unwrap().iter().enumerate() {
            let number = |name: &str| matrix[name].as_f64().unwrap();
            let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{n}: {a} for {b}");
            assert_eq!(matrix["id"], n.to_string());
            assert_eq!((matrix["tileWidth"].as_u64(), matrix["tileHeight"].as_u64()), (Some(256), Some(256)));
            assert_eq!(matrix["matrixWidth"].as_u64(), Some(columns << n));
            assert_eq!(matrix["matrixHeight"].as_u64(), Some(rows << n));
            near(number("scaleDenominator"), scale / f64::from(1_u32 << n));
            for (axis, value) in corner.iter().enumerate() {
                near(matrix["pointOfOrigin"][axis].as_f64().unwrap(), *value);
            }
            // The matrix covers the world.
            near(number("cellSize") * 256.0 * number("matrixWidth"), -2.0 * corner[0]);
        }
    }
}

/// /conf/mvt/content: one tile in the format, its grid from the tile's top left to its bottom right corner.
#[tokio::test(flavor = "multi_thread")]
async fn the_grid_of_a_tile_runs_from_its_top_left_corner() {
    let server = server().await;
    for set in MatrixSet::ALL {
        let definition = server.json(&format!("/ogc/tileMatrixSets/{}", set.id())).await;
        let tile = over(set, 16);
        let (row, col) = (tile.tile_row, tile.tile_col);
        let b = tile.bbox_crs84(0.0);
        for (unit, (lon, lat)) in [((0, 0), (b.min_x, b.max_y)), ((4096, 4096), (b.max_x, b.min_y))] {
            let (x, y) = place(&definition, tile.tile_matrix, row, col, unit);
            assert!((x - lon).abs() < 1e-9 && (y - lat).abs() < 1e-9, "{set:?} {unit:?}");
        }
        let answer = server.get(&format!("/ogc/collections/hospital_clinic/tiles/{}", path(tile))).await;
        let layers = decoded(answer).await;
        let point = parts(&layers["hospital_clinic"].features[0])[0][0];
        let (x, y) = place(&definition, tile.tile_matrix, row, col, point);
        let (lon, lat) = to_crs84(AT.0 + 15.0, AT.1 + 15.0);
        let unit = tile.unit_m(4096) / 111_000.0;
        assert!((x - lon).abs() < 0.6 * unit && (y - lat).abs() < 0.6 * unit, "{x} {y} for {lon} {lat}");
    }
}
