//! `/ogc/` and `/ogc/conformance` (OGC API Features part 1, 7.2 and 7.4).

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::Ask;
use super::ask::link;
use super::html;
use crate::Result;
use crate::state::AppState;

/// Media type of the API's description.
pub(super) const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// What is implemented and tested.
pub(super) const CONFORMANCE: &[&str] = &[
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    // As the drafts called it; clients of then look for this name.
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-timestamps",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
    "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/mapbox-styles",
    "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/sld-10",
];

/// `GET /ogc/`
pub(super) async fn landing(State(state): State<AppState>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let to = |path: &str, rel: &str, kind: &str, vi, en| link(&ask.url(path), rel, kind, ask.say(vi, en));
    let mut links = ask.self_links("application/json");
    links.extend([
        to(
            "/api?f=json",
            "service-desc",
            OPENAPI,
            "Mô tả API (OpenAPI 3.0)",
            "Description of the API (OpenAPI 3.0)",
        ),
        to("/api?f=html", "service-doc", "text/html", "Tài liệu API", "Documentation of the API"),
        to("/conformance", "conformance", "application/json", "Các lớp tuân thủ", "Conformance classes"),
        to("/collections", "data", "application/json", "Các lớp dữ liệu", "Collections"),
        to(
            "/functions",
            "http://www.opengis.net/def/rel/ogc/1.0/functions",
            "application/json",
            "Các hàm dùng trong bộ lọc",
            "Functions for filters",
        ),
        to(
            "/tileMatrixSets",
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
            "application/json",
            "Lưới ô bản đồ",
            "Tile matrix sets",
        ),
        to(
            "/tiles",
            "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
            "application/json",
            "Ô vectơ của mọi lớp",
            "Vector tiles of all layers",
        ),
        to(
            "/styles",
            "http://www.opengis.net/def/rel/ogc/1.0/styles",
            "application/json",
            "Kiểu bản đồ",
            "Styles",
        ),
    ]);
    let title = ask.say("Dothi – dữ liệu đô thị của tỉnh", "Dothi – urban data of the province");
    let description = ask.say(
        "Các lớp dữ liệu đô thị, quy hoạch và giấy phép xây dựng, theo chuẩn OGC API.",
        "Urban, planning and building-permit layers, by the OGC API standards.",
    );
    let json = json!({"title": title, "description": description, "links": links});
    Ok(ask.answer("application/json", &json, || html::landing(&state, &ask, title, description, &links)))
}

/// `GET /ogc/conformance`
pub(super) async fn conformance(ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let json = json!({"conformsTo": CONFORMANCE, "links": ask.self_links("application/json")});
    Ok(ask.answer("application/json", &json, || html::conformance(&ask, CONFORMANCE)))
}
