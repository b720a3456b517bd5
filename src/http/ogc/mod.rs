//! OGC API: Features (part 1, with queryables of part 3; part 4), Tiles and Styles, over the layers in memory.
//!
//! Every resource is there as JSON and as a page (`f=json`, `f=html` or `Accept`). A layer that the caller may
//! not see answers as one that does not exist, and so does a hidden attribute.

mod ask;
mod collections;
mod crs;
mod datetime;
pub(super) mod download;
mod encoded;
mod events;
pub(super) mod feature_body;
mod filter;
mod format;
#[doc(hidden)]
pub mod fuzzing;
mod html;
mod items;
mod items_html;
mod openapi;
mod params;
pub(super) mod past;
mod root;
mod schema;
mod sorting;
mod styles;
mod tilesets;
mod write;

pub(super) use ask::{Ask, cache_headers, is_anyones, look_up, not_modified, open};
pub(super) use write::{may_add, veil};

use axum::Router;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::features::encode::Form;
use crate::http::idempotency;
use crate::state::AppState;

/// Routes under `/ogc`.
pub fn router(state: &AppState) -> Router<AppState> {
    let once = || middleware::from_fn_with_state(state.clone(), idempotency::layer);
    Router::new()
        .route("/ogc", get(root::landing))
        .route("/ogc/", get(root::landing))
        .route("/ogc/conformance", get(root::conformance))
        .route("/ogc/api", get(openapi::api))
        .route("/ogc/functions", get(filter::functions))
        .route("/ogc/collections", get(collections::list))
        .route("/ogc/collections/{id}", get(collections::one))
        .route(
            "/ogc/collections/{id}/items",
            get(items::list).post(write::create).options(write::options_of_items).layer(once()),
        )
        .route(
            "/ogc/collections/{id}/items/{fid}",
            get(items::one)
                .put(write::replace)
                .patch(write::update)
                .delete(write::remove)
                .options(write::options_of_item)
                .layer(once()),
        )
        .route("/ogc/collections/{id}/download/{file}", get(download::file))
        .route("/ogc/download/tiles.pmtiles", get(download::tiles))
        .route("/ogc/collections/{id}/events", get(events::of_collection))
        .route("/ogc/events", get(events::of_dataset))
        .route("/ogc/collections/{id}/queryables", get(schema::queryables))
        .route("/ogc/collections/{id}/schema", get(schema::schema))
        .route("/ogc/collections/{id}/tiles", get(tilesets::list))
        .route("/ogc/collections/{id}/tiles/{tile_matrix_set}", get(tilesets::one))
        .route(
            "/ogc/collections/{id}/tiles/{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col}",
            get(tilesets::tile),
        )
        .route("/ogc/tiles", get(tilesets::list_of_dataset))
        .route("/ogc/tiles/{tile_matrix_set}", get(tilesets::one_of_dataset))
        .route(
            "/ogc/tiles/{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col}",
            get(tilesets::tile_of_dataset),
        )
        .route("/ogc/tileMatrixSets", get(tilesets::matrix_sets))
        .route("/ogc/tileMatrixSets/{tile_matrix_set}", get(tilesets::matrix_set))
        .route("/ogc/styles", get(styles::list))
        .route("/ogc/styles/{id}", get(styles::one))
        .route("/ogc/styles/{id}/metadata", get(styles::metadata))
        .layer(compression())
        .layer(middleware::from_fn(any_origin))
}

/// Coordinates and repeated keys shrink to a fifth, also at the quickest level, which costs less than sending them
/// over any line but the local one. Tiles come compressed from their cache and pass as they are; so do files that are
/// compressed within, and those that are read by ranges, which are ranges of the file itself.
pub(super) fn compression() -> CompressionLayer<impl Predicate> {
    let parquet = NotForContentType::const_new(Form::GeoParquet.media_type());
    let by_ranges = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        !headers.contains_key(header::ACCEPT_RANGES)
    };
    let predicate = DefaultPredicate::new().and(parquet).and(by_ranges);
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(predicate)
}

/// Layer: open data may be read by pages of any origin. They get what the public gets: with `*` a browser sends no
/// cookie.
pub(super) async fn any_origin(request: Request, next: Next) -> Response {
    // Other OPTIONS ask what may be done with an item.
    let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let preflight = asks && request.method() == Method::OPTIONS;
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "accept-ranges, allow, content-crs, content-disposition, content-range, etag, last-modified, link, location, \
             ogc-numbermatched, ogc-numberreturned, retry-after, dothi-left-out, dothi-overwrote, dothi-revision, \
             dothi-resolved-units",
        ),
    );
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(
                "accept, accept-language, authorization, if-none-match, if-range, range",
            ),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
    response
}
