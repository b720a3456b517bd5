//! The grid of a tile: where a vertex of a layer lies in units of the tile, in the reference system of its set.
//!
//! Vertices are projected, not the edges between them: an edge is straight in the layer's own plane and drawn
//! straight in the tile. Two layers, and two tiles side by side, round a place the same way.

use std::ops::Range;

use super::EXTENT;
use super::clip::Vertex;
use crate::features::shapes::{STEPS_PER_DEGREE, Shape};
use crate::space::tile_matrix::{MatrixSet, Tile};

/// Bits of a unit's number: 2¹² = 4096.
const EXTENT_BITS: u8 = EXTENT.trailing_zeros() as u8;

#[derive(Debug)]
pub(super) enum Grid {
    /// Steps of the Web Mercator world from the tile's corner, of which a tile has 2^`bits` a side.
    Mercator { origin: [i64; 2], bits: u8 },
    /// Steps of a degree, of which `units` make a unit; the corner in units from the world's corner.
    Degrees { origin: [i64; 2], units_per_step: f64 },
}

impl Grid {
    pub(super) fn new(tile: Tile) -> Self {
        match tile.set {
            MatrixSet::WebMercatorQuad => Self::Mercator { origin: tile.origin(), bits: tile.bits() },
            MatrixSet::WorldCrs84Quad => {
                let units = |tiles: u32| i64::from(tiles) * i64::from(EXTENT);
                let (_, rows) = tile.set.size(tile.tile_matrix);
                Self::Degrees {
                    origin: [units(tile.tile_col), units(tile.tile_row)],
                    units_per_step: units(rows) as f64 / (180.0 * STEPS_PER_DEGREE),
                }
            }
        }
    }

    /// Gives each vertex in units of the tile, y to the south, rounded to the nearest.
    #[inline]
    pub(super) fn each(&self, shape: &Shape<'_>, vertices: Range<usize>, mut take: impl FnMut(Vertex)) {
        match *self {
            Self::Mercator { origin: [ox, oy], bits } => {
                for &[x, y] in shape.world(vertices) {
                    let (x, y) = (i64::from(x) - ox, i64::from(y) - oy);
                    take(if bits > EXTENT_BITS {
                        let shift = bits - EXTENT_BITS;
                        let half = 1 << (shift - 1);
                        [(x + half) >> shift, (y + half) >> shift]
                    } else {
                        let shift = EXTENT_BITS - bits;
                        [x << shift, y << shift]
                    });
                }
            }
            Self::Degrees { origin: [ox, oy], units_per_step } => {
                // Steps of the world fit the 53 bits of a double, so each vertex is rounded once.
                let (west, north) = ((180.0 * STEPS_PER_DEGREE) as i64, (90.0 * STEPS_PER_DEGREE) as i64);
                for vertex in vertices {
                    let [lon, lat] = shape.degrees(vertex);
                    let unit = |steps: i64| (steps as f64 * units_per_step).round() as i64;
                    take([unit(lon + west) - ox, unit(north - lat) - oy]);
                }
            }
        }
    }

    /// The same without rounding.
    pub(super) fn exact(&self, shape: &Shape<'_>, vertices: Range<usize>, mut take: impl FnMut([f64; 2])) {
        match *self {
            Self::Mercator { origin, bits } => {
                let units = f64::from(EXTENT) / (1_u64 << bits) as f64;
                for &place in shape.world(vertices) {
                    take([0, 1].map(|axis| (i64::from(place[axis]) - origin[axis]) as f64 * units));
                }
            }
            Self::Degrees { origin: [ox, oy], units_per_step } => {
                for vertex in vertices {
                    let [lon, lat] = shape.degrees(vertex).map(|v| v as f64);
                    let west = (lon + 180.0 * STEPS_PER_DEGREE) * units_per_step;
                    let north = (90.0 * STEPS_PER_DEGREE - lat) * units_per_step;
                    take([west - ox as f64, north - oy as f64]);
                }
            }
        }
    }
}
