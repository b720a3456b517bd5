//! Tiles of the tile matrix sets that are served (OGC 17-083r4, annex D): a matrix of each set is a grid of tiles
//! over the world, numbered from its north-west corner; the next one has four in the place of each.

mod set;

pub use set::{MatrixSet, PIXEL_M};

use serde::Serialize;

use super::crs::{WORLD_BITS, from_crs84};
use super::{Bbox, crs};

/// Deepest zoom that is served; clients overzoom beyond.
pub const MAX_ZOOM: u8 = 22;

/// A tile of a matrix set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Tile {
    /// Which set.
    pub set: MatrixSet,
    /// Number of the matrix in the set, 0 … [`MatrixSet::max_matrix`].
    pub tile_matrix: u8,
    /// Row from the north.
    pub tile_row: u32,
    /// Column from the west.
    pub tile_col: u32,
}

impl Tile {
    /// The tile of WebMercatorQuad, if it exists.
    pub fn new(tile_matrix: u8, tile_row: u32, tile_col: u32) -> Option<Self> {
        Self::of(MatrixSet::WebMercatorQuad, tile_matrix, tile_row, tile_col)
    }

    /// The tile of `set`, if it exists.
    pub fn of(set: MatrixSet, tile_matrix: u8, tile_row: u32, tile_col: u32) -> Option<Self> {
        let within = tile_matrix <= set.max_matrix() && {
            let (width, height) = set.size(tile_matrix);
            tile_row < height && tile_col < width
        };
        within.then_some(Self { set, tile_matrix, tile_row, tile_col })
    }

    /// The zoom of a web map that shows about as much: what is drawn from which zoom on goes by it in every set.
    pub fn zoom(self) -> u8 {
        self.set.zoom(self.tile_matrix)
    }

    /// Of WebMercatorQuad: bits of a world coordinate (see `crs::world_from_crs84`) within one tile.
    pub fn bits(self) -> u8 {
        WORLD_BITS - self.tile_matrix
    }

    /// Of WebMercatorQuad: world coordinates of the north-west corner.
    pub fn origin(self) -> [i64; 2] {
        [i64::from(self.tile_col) << self.bits(), i64::from(self.tile_row) << self.bits()]
    }

    /// The CRS84 box, widened by `margin` of the tile's side on each side.
    pub fn bbox_crs84(self, margin: f64) -> Bbox {
        let (row, col) = (f64::from(self.tile_row), f64::from(self.tile_col));
        let (width, height) = self.set.size(self.tile_matrix);
        let lon = |col: f64| (col / f64::from(width) * 360.0 - 180.0).clamp(-180.0, 180.0);
        let lat = |row: f64| self.set.latitude((row / f64::from(height)).clamp(0.0, 1.0));
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

    /// Metres on the ground (in EPSG:9218, near the tile's centre, from west to east) in one of `extent` units of the
    /// tile's side.
    pub fn unit_m(self, extent: u32) -> f64 {
        let b = self.bbox_crs84(0.0);
        let lat = f64::midpoint(b.min_y, b.max_y);
        let lon = f64::midpoint(b.min_x, b.max_x);
        if (90.0..127.0).contains(&lon) && (-35.0..50.0).contains(&lat) && self.zoom() > 5 {
            let (x0, y0) = from_crs84(b.min_x, lat);
            let (x1, y1) = from_crs84(b.max_x, lat);
            return (x1 - x0).hypot(y1 - y0) / f64::from(extent);
        }
        let of_world = (b.max_x - b.min_x) / 360.0;
        40_075_016.7 * lat.to_radians().cos() * of_world / f64::from(extent)
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
        let degrees = |m, r, c| Tile::of(MatrixSet::WorldCrs84Quad, m, r, c);
        assert!(degrees(0, 0, 1).is_some(), "two tiles side by side make the world");
        assert!(degrees(0, 1, 0).is_none());
        assert!(degrees(21, 0, 0).is_some() && degrees(22, 0, 0).is_none());
    }

    #[test]
    fn box_and_world_agree() {
        let tile = Tile::new(14, 7635, 13093).unwrap();
        let b = tile.bbox_crs84(0.0);
        let [x, y] = world_from_crs84(b.min_x + 1e-9, b.max_y - 1e-9);
        assert_eq!(tile.origin(), [i64::from(x) >> 18 << 18, i64::from(y) >> 18 << 18]);
        assert!((tile.unit_m(4096) - 2446.0 * 0.978 / 4096.0).abs() < 0.01);
    }

    #[test]
    fn tiles_of_degrees_are_squares_of_degrees() {
        let tile = Tile::of(MatrixSet::WorldCrs84Quad, 13, 3549, 13093).unwrap();
        let side = 180.0 / 8192.0;
        let b = tile.bbox_crs84(0.0);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} for {b}");
        near(b.min_x, -180.0 + 13093.0 * side);
        near(b.max_y, 90.0 - 3549.0 * side);
        assert!((b.max_x - b.min_x - side).abs() < 1e-12 && (b.max_y - b.min_y - side).abs() < 1e-12);
        assert_eq!(tile.zoom(), 14);
        assert!((tile.unit_m(4096) - 2446.0 * 0.978 / 4096.0).abs() < 0.01);
    }
}
