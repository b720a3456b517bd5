//! The tile matrix set WebMercatorQuad (OGC 17-083r4, annex D.1): matrix `z` has 2^z × 2^z tiles of the square
//! Web Mercator world, numbered from its north-west corner.

use serde::Serialize;

use super::crs::{WORLD_BITS, from_crs84};
use super::{Bbox, crs};

/// Identifier of the only tile matrix set that is served.
pub const WEB_MERCATOR_QUAD: &str = "WebMercatorQuad";

/// Highest tile matrix that is served; clients overzoom beyond.
pub const MAX_TILE_MATRIX: u8 = 22;

/// A tile of WebMercatorQuad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Tile {
    /// Tile matrix (zoom), 0 … [`MAX_TILE_MATRIX`].
    pub tile_matrix: u8,
    /// Row from the north.
    pub tile_row: u32,
    /// Column from the west.
    pub tile_col: u32,
}

impl Tile {
    /// The tile, if it exists in the set.
    pub fn new(tile_matrix: u8, tile_row: u32, tile_col: u32) -> Option<Self> {
        (tile_matrix <= MAX_TILE_MATRIX
            && u64::from(tile_row) < 1 << tile_matrix
            && u64::from(tile_col) < 1 << tile_matrix)
            .then_some(Self { tile_matrix, tile_row, tile_col })
    }

    /// Bits of a world coordinate (see `crs::world_from_crs84`) within one tile.
    pub fn bits(self) -> u8 {
        WORLD_BITS - self.tile_matrix
    }

    /// World coordinates of the north-west corner.
    pub fn origin(self) -> [i64; 2] {
        [i64::from(self.tile_col) << self.bits(), i64::from(self.tile_row) << self.bits()]
    }

    /// The CRS84 box, widened by `margin` of the tile's side on each side.
    pub fn bbox_crs84(self, margin: f64) -> Bbox {
        let n = f64::from(1_u32 << self.tile_matrix);
        let lon = |col: f64| (col / n * 360.0 - 180.0).clamp(-180.0, 180.0);
        let lat = |row: f64| {
            let y = (row / n).clamp(0.0, 1.0);
            (std::f64::consts::PI * (1.0 - 2.0 * y)).sinh().atan().to_degrees()
        };
        let (row, col) = (f64::from(self.tile_row), f64::from(self.tile_col));
        Bbox {
            min_x: lon(col - margin),
            min_y: lat(row + 1.0 + margin),
            max_x: lon(col + 1.0 + margin),
            max_y: lat(row - margin),
        }
    }

    /// The box in EPSG:9218 that holds the tile and its margin; none where the tile lies outside its domain.
    pub fn bbox_9218(self, margin: f64) -> Option<Bbox> {
        crs::bbox_from_crs84(&self.bbox_crs84(margin))
    }

    /// Metres on the ground (in EPSG:9218, near the tile's centre) in one of `extent` units of the tile's side.
    pub fn unit_m(self, extent: u32) -> f64 {
        let b = self.bbox_crs84(0.0);
        let lat = f64::midpoint(b.min_y, b.max_y);
        let lon = f64::midpoint(b.min_x, b.max_x);
        if (90.0..127.0).contains(&lon) && (-35.0..50.0).contains(&lat) && self.tile_matrix > 5 {
            let (x0, y0) = from_crs84(b.min_x, lat);
            let (x1, y1) = from_crs84(b.max_x, lat);
            return (x1 - x0).hypot(y1 - y0) / f64::from(extent);
        }
        40_075_016.7 * lat.to_radians().cos() / f64::from(1_u32 << self.tile_matrix) / f64::from(extent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::crs::world_from_crs84;

    #[test]
    fn a_tile_that_is_not_in_the_set_is_none() {
        assert!(Tile::new(2, 3, 3).is_some());
        assert!(Tile::new(2, 4, 0).is_none());
        assert!(Tile::new(23, 0, 0).is_none());
    }

    #[test]
    fn box_and_world_agree() {
        let tile = Tile::new(14, 7635, 13093).unwrap();
        let b = tile.bbox_crs84(0.0);
        let [x, y] = world_from_crs84(b.min_x + 1e-9, b.max_y - 1e-9);
        assert_eq!(tile.origin(), [i64::from(x) >> 18 << 18, i64::from(y) >> 18 << 18]);
        assert!((tile.unit_m(4096) - 2446.0 * 0.978 / 4096.0).abs() < 0.01);
    }
}
