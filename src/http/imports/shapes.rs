//! `GET /api/v1/imports/{id}/shapes`: the first shapes of the file on the map, as they lie in a reference system that
//! is being chosen. Nothing is read anew and nothing is kept: the editor sees at once whether the place is right.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use geo::{BoundingRect, Coord, Geometry, MapCoords, Rect};
use serde::Deserialize;
use serde_json::{Value, json};

use super::view;
use crate::access::{self, Principal};
use crate::error::{Error, Result};
use crate::features;
use crate::formats::inspect::Inspection;
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::jobs::imports::selected;
use crate::layers::Value as Cell;
use crate::space::crs::{Transform, from_crs84};
use crate::space::geojson::{from_json, to_json};
use crate::space::{Bbox, PROVINCE};
use crate::state::AppState;
use crate::units::COMMUNE_LAYER;

/// Decimals of degrees: about 1 cm.
const DECIMALS: u8 = 7;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// `EPSG:n`; the file's own where left out, or where it has none the likeliest.
    crs: Option<String>,
    /// The file writes northing first.
    #[serde(default)]
    swap_axes: bool,
}

/// GeoJSON, with members of its own: `crs` (by which it was placed; null where nothing is known), `guessed`, `inside`
/// (the middle lies in or near the province), `commune` (where the middle lies) and `swapped` (it would, with the axes the other way round).
pub(super) async fn shapes(
    State(state): State<AppState>,
    user: User,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let who = user.principal();
    let import = super::open(&state, &who, &id).await?;
    let found = view::inspection(&import).ok_or_else(|| Error::not_found("inspection", &id))?;
    let mut placed = place(&found, wanted.crs.as_deref(), wanted.swap_axes)?;
    placed["commune"] = commune(&state, &who, &placed)?.into();
    let headers =
        [(header::CONTENT_TYPE, "application/geo+json"), (header::CACHE_CONTROL, "private, no-store")];
    Ok((headers, placed.to_string()).into_response())
}

/// Name of the commune in which the middle lies.
fn commune(state: &AppState, who: &Principal, placed: &Value) -> Result<Option<String>> {
    let Ok([west, south, east, north]) = serde_json::from_value::<[f64; 4]>(placed["bbox"].clone()) else {
        return Ok(None);
    };
    let (x, y) = (f64::midpoint(west, east), f64::midpoint(south, north));
    let catalog = state.catalog.load_full();
    let view = catalog.layer(COMMUNE_LAYER).and_then(|l| access::view(who, l, &catalog));
    let Some(reader) = view.and_then(|view| state.features.snapshot().layer(&view)) else { return Ok(None) };
    let here = Bbox { min_x: x, min_y: y, max_x: x, max_y: y };
    let query = features::Query { within_crs84: vec![here], ..features::Query::default() };
    let today = crate::units::day_in_vietnam(chrono::Utc::now());
    let holds =
        |item: &features::Item<'_>| !matches!(item.value_of("valid_to"), Some(Cell::Date(d)) if d < today);
    let name = reader.query(&query)?.find(holds).and_then(|item| item.value_of("name"));
    Ok(name.and_then(|name| if let Cell::Text(name) = name { Some(name) } else { None }))
}

fn place(found: &Inspection, given: Option<&str>, swap: bool) -> Result<Value> {
    let of_file = found.system();
    let likely = found.likely.iter().find(|l| l.swapped == swap).map(|l| l.crs.as_str());
    let guessed = given.is_none() && of_file.is_none();
    // What a file calls its system need not be a code: then its shapes were placed where it was read.
    if given.is_none() && !swap && !found.placed.is_empty() {
        return Ok(collection(&found.placed, None, of_file, guessed, false));
    }
    let Some(crs) = given.or(of_file).or(likely) else {
        return Ok(collection(&[], None, None, guessed, false));
    };
    let way = Transform::new(code(crs)?, "OGC:CRS84")?;
    let extent = selected(found).and_then(|l| l.extent);
    let (features, bbox) = moved(found, extent, &way, swap);
    let swapped = !bbox.is_some_and(inside) && moved(found, extent, &way, !swap).1.is_some_and(inside);
    Ok(collection(&features, bbox, Some(crs), guessed, swapped))
}

/// Only codes: PROJ would take descriptions and names of files, too.
fn code(crs: &str) -> Result<&str> {
    let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric());
    let plain = crs.split_once(':').is_some_and(|(authority, code)| word(authority) && word(code));
    plain.then_some(crs).ok_or_else(|| {
        Error::invalid(
            "crs",
            format!("{crs}: cần mã dạng EPSG:n"),
            format!("{crs}: a code such as EPSG:n was expected"),
        )
    })
}

/// The shapes in CRS84, null where the system does not reach them; and the box around the whole layer, else around
/// the shapes.
fn moved(
    found: &Inspection,
    extent: Option<[f64; 4]>,
    way: &Transform,
    swap: bool,
) -> (Vec<Value>, Option<Rect<f64>>) {
    let turned = |c: Coord<f64>| if swap { (c.y, c.x) } else { (c.x, c.y) };
    let there = |g: Geometry<f64>| {
        let moved = g.try_map_coords(|c| {
            let (x, y) = turned(c);
            way.convert(x, y).map(Coord::from)
        });
        moved.ok().filter(|g| g.bounding_rect().is_some_and(on_earth))
    };
    let shapes: Vec<Option<Geometry<f64>>> = found.shapes.iter().map(|s| there(from_json(s).ok()?)).collect();
    let around_shapes = shapes.iter().flatten().filter_map(BoundingRect::bounding_rect).reduce(joined);
    // The corners alone: the sides' bow is nothing on a small map.
    let corners = extent.and_then(|[a, b, c, d]| {
        let ring = [(a, b), (c, b), (c, d), (a, d)];
        there(Geometry::LineString(ring.to_vec().into()))?.bounding_rect()
    });
    let features = shapes.iter().map(|s| s.as_ref().map_or(Value::Null, |g| to_json(g, DECIMALS))).collect();
    (features, corners.or(around_shapes))
}

fn joined(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    Rect::new(
        (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
        (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
    )
}

fn on_earth(r: Rect<f64>) -> bool {
    r.min().x >= -180.0 && r.max().x <= 180.0 && r.min().y >= -90.0 && r.max().y <= 90.0
}

/// Whether the middle lies in the province or near it.
fn inside(r: Rect<f64>) -> bool {
    let (x, y) = from_crs84(r.center().x, r.center().y);
    PROVINCE.holds(x, y)
}

/// `shapes` with their rows (from 1).
fn collection(
    shapes: &[Value],
    bbox: Option<Rect<f64>>,
    crs: Option<&str>,
    guessed: bool,
    swapped: bool,
) -> Value {
    let around = || shapes.iter().filter_map(|s| from_json(s).ok()?.bounding_rect()).reduce(joined);
    let bbox = bbox.or_else(around);
    let features: Vec<Value> = (1..)
        .zip(shapes)
        .filter(|(_, shape)| !shape.is_null())
        .map(|(row, shape)| json!({"type": "Feature", "id": row, "properties": {}, "geometry": shape}))
        .collect();
    json!({
        "type": "FeatureCollection", "features": features, "crs": crs, "guessed": guessed, "swapped": swapped,
        "bbox": bbox.map(|r| [r.min().x, r.min().y, r.max().x, r.max().y]),
        "inside": bbox.is_some_and(inside),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIA_NGHIA: [f64; 2] = [411_600.265, 1_327_195.238];

    fn points(crs: Option<&str>, at: &[[f64; 2]], likely: &Value) -> Inspection {
        let shapes: Vec<Value> = at.iter().map(|c| json!({"type": "Point", "coordinates": c})).collect();
        let layer = json!({"name": "x", "geometry": "Point", "features": at.len(), "crs": crs, "extent": null, "fields": []});
        serde_json::from_value(json!({"driver": "CSV", "layers": [layer], "layer": "x", "rows": [], "warnings": [],
            "encoding": {"name": "utf8", "source": "file", "confidence": 1.0}, "shapes": shapes, "likely": likely}))
        .unwrap()
    }

    fn first(placed: &Value) -> (f64, f64) {
        let c = &placed["features"][0]["geometry"]["coordinates"];
        (c[0].as_f64().unwrap(), c[1].as_f64().unwrap())
    }

    #[test]
    fn shapes_lie_where_the_chosen_system_puts_them() {
        let file = points(Some("EPSG:9218"), &[GIA_NGHIA], &json!([]));
        let here = place(&file, None, false).unwrap();
        let at = first(&here);
        assert!((at.0 - 107.69).abs() < 1e-6 && (at.1 - 12.0).abs() < 1e-6, "{at:?}");
        assert_eq!(
            (&here["inside"], &here["guessed"], &here["crs"]),
            (&json!(true), &json!(false), &json!("EPSG:9218"))
        );
        // Another zone of the same grid: the same numbers are 81 km further west.
        let there = place(&file, Some("EPSG:5899"), false).unwrap();
        assert!((first(&there).0 - 106.94).abs() < 0.01, "{there}");
        assert!(place(&file, Some("EPSG:999999"), false).is_err());
        assert!(place(&file, Some("/etc/passwd"), false).is_err());
    }

    #[test]
    fn northing_first_is_told() {
        let [x, y] = GIA_NGHIA;
        let file = points(Some("EPSG:9218"), &[[y, x]], &json!([]));
        let placed = place(&file, None, false).unwrap();
        assert_eq!((&placed["inside"], &placed["swapped"]), (&json!(false), &json!(true)));
        let placed = place(&file, None, true).unwrap();
        assert_eq!((&placed["inside"], &placed["swapped"]), (&json!(true), &json!(false)));
    }

    #[test]
    fn a_file_without_a_system_is_shown_in_the_likeliest() {
        let likely = json!([{"crs": "EPSG:4326", "swapped": false}]);
        let placed = place(&points(None, &[[107.69, 12.0]], &likely), None, false).unwrap();
        assert_eq!(
            (first(&placed), &placed["guessed"], &placed["crs"]),
            ((107.69, 12.0), &json!(true), &json!("EPSG:4326"))
        );
        // A name that nobody knows tells nothing.
        let named = points(Some("unknown"), &[[107.69, 12.0]], &likely);
        assert_eq!(place(&named, None, false).unwrap()["guessed"], json!(true));
        let nowhere = place(&points(None, &[[107.69, 12.0]], &json!([])), None, false).unwrap();
        assert_eq!((&nowhere["features"], &nowhere["bbox"]), (&json!([]), &Value::Null));
        // Degrees taken for metres of a far zone, or metres for degrees: out of reach is not drawn.
        let far = place(&points(None, &[GIA_NGHIA], &json!([])), Some("EPSG:4326"), false).unwrap();
        assert_eq!(far["features"], json!([]));
    }
}
