//! Geometry on the way between clients (GeoJSON, CRS84) and the service (EPSG:9218).

use geo::{CoordsIter, Geometry, MapCoords};
use geozero::ToGeo;
use geozero::wkb::Wkb;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::space::{crs, geojson};

/// A GeoJSON geometry in CRS84 as geometry in EPSG:9218; the error names `field`.
pub(super) fn from_crs84(field: &str, value: &Value) -> Result<Geometry<f64>> {
    // A Feature is taken for its geometry: that is what most tools export.
    let value = if value["type"] == "Feature" { &value["geometry"] } else { value };
    let wrong = |why: String| {
        Error::invalid(
            field,
            format!("hình học GeoJSON không đúng: {why}"),
            format!("not a GeoJSON geometry: {why}"),
        )
    };
    let geometry = geojson::from_json(value).map_err(wrong)?;
    let inside = |c: geo::Coord| (-180.0..=180.0).contains(&c.x) && (-90.0..=90.0).contains(&c.y);
    if !geometry.coords_iter().all(inside) {
        return Err(wrong("longitude and latitude in degrees were expected".to_owned()));
    }
    Ok(geometry.map_coords(|c| {
        let (x, y) = crs::from_crs84(c.x, c.y);
        geo::Coord { x, y }
    }))
}

/// A stored geometry (WKB, EPSG:9218) as GeoJSON in CRS84.
pub(super) fn to_crs84(wkb: &[u8]) -> Result<Value> {
    let geometry = Wkb(wkb).to_geo().map_err(|e| Error::internal("read a stored geometry", e))?;
    Ok(geometry_to_crs84(&geometry))
}

/// A geometry in EPSG:9218 as GeoJSON in CRS84, nine decimals.
pub(super) fn geometry_to_crs84(geometry: &Geometry<f64>) -> Value {
    let placed = geometry.map_coords(|c| {
        let (x, y) = crs::to_crs84(c.x, c.y);
        geo::Coord { x, y }
    });
    geojson::to_json(&placed, 9)
}

/// GeoJSON in EPSG:9218, as a run keeps it, in CRS84; what cannot be read is left out and logged.
pub(super) fn json_to_crs84(value: &Value) -> Value {
    match geojson::from_json(value) {
        Ok(geometry) => geometry_to_crs84(&geometry),
        Err(why) => {
            tracing::warn!(why, "a kept geometry is not GeoJSON");
            Value::Null
        }
    }
}
