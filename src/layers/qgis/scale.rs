//! Zooms of MapLibre as scales of QGIS.

/// Width of the world's Mercator square on the equator, metres (EPSG:3857).
const WORLD_M: f64 = 40_075_016.686;
/// Side of the tile that shows the whole world at MapLibre's zoom 0, pixels.
const TILE_PX: f64 = 512.0;
/// Pixels of a screen in an inch, as QGIS and CSS take them.
const DPI: f64 = 96.0;
const INCH_M: f64 = 0.0254;
/// Latitude of the province: there a pixel of a Mercator map shows less ground than on the equator.
const LATITUDE_DEG: f64 = 12.1;

/// Denominator of the scale at zoom 0.
fn at_zero() -> f64 {
    WORLD_M * LATITUDE_DEG.to_radians().cos() / TILE_PX * DPI / INCH_M
}

/// Denominator of the scale at which a map of the province looks as at this zoom.
pub fn of_zoom(zoom: f64) -> f64 {
    (at_zero() / zoom.exp2()).round()
}

/// The zoom, as an expression of QGIS.
pub fn zoom() -> String {
    format!("log(2, {} / @map_scale)", at_zero().round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zoom_is_as_large_as_a_map_of_paper() {
        // 0.0254 m / 96 is a pixel; at zoom 14 one shows 4.67 m of ground at this latitude.
        assert!((of_zoom(14.0) - 17_655.0).abs() < 5.0, "{}", of_zoom(14.0));
        assert!((of_zoom(13.0) / of_zoom(14.0) - 2.0).abs() < 1e-3);
    }
}
