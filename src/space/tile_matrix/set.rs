//! The tile matrix sets and their numbers.

use serde::Serialize;

use super::MAX_ZOOM;

/// Side of a pixel on the standard's screen, metres (OGC 17-083r4, 6.1.1).
pub const PIXEL_M: f64 = 0.000_28;
/// Radius of WGS 84 at the equator, metres.
const EQUATOR_RADIUS_M: f64 = 6_378_137.0;
/// Pixels of a tile's side.
const TILE_PIXELS: f64 = 256.0;

/// A tile matrix set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum MatrixSet {
    /// Matrix `z` has 2^z × 2^z tiles of the square world of EPSG:3857.
    WebMercatorQuad,
    /// Matrix `z` has 2^(z+1) × 2^z tiles of the world in degrees, longitude before latitude.
    WorldCrs84Quad,
}

impl MatrixSet {
    /// All, the one that web maps take first.
    pub const ALL: [Self; 2] = [Self::WebMercatorQuad, Self::WorldCrs84Quad];

    /// The set of an identifier.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.id() == id)
    }

    /// Identifier, as in addresses.
    pub fn id(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "WebMercatorQuad",
            Self::WorldCrs84Quad => "WorldCRS84Quad",
        }
    }

    /// Title, as the standard gives it.
    pub fn title(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "Google Maps Compatible for the World",
            Self::WorldCrs84Quad => "CRS84 for the World",
        }
    }

    /// Address in the OGC's register of sets.
    pub fn uri(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
            Self::WorldCrs84Quad => "http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad",
        }
    }

    /// Reference system of its tiles.
    pub fn crs(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "http://www.opengis.net/def/crs/EPSG/0/3857",
            Self::WorldCrs84Quad => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        }
    }

    /// Its axes in the order of its coordinates.
    pub fn axes(self) -> [&'static str; 2] {
        match self {
            Self::WebMercatorQuad => ["E", "N"],
            Self::WorldCrs84Quad => ["Lon", "Lat"],
        }
    }

    /// The well-known scale set that it follows.
    pub fn scale_set(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
            Self::WorldCrs84Quad => "http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad",
        }
    }

    /// The zoom of a web map that shows about as much as a tile of this matrix.
    pub fn zoom(self, tile_matrix: u8) -> u8 {
        match self {
            Self::WebMercatorQuad => tile_matrix,
            Self::WorldCrs84Quad => tile_matrix + 1,
        }
    }

    /// The matrix that shows about as much as a web map at this zoom; 0 where none shows as much.
    pub fn at_zoom(self, zoom: u8) -> u8 {
        zoom.saturating_sub(self.zoom(0))
    }

    /// The last matrix that is served.
    pub fn max_matrix(self) -> u8 {
        self.at_zoom(MAX_ZOOM)
    }

    /// Tiles of a matrix from west to east and from north to south.
    pub fn size(self, tile_matrix: u8) -> (u32, u32) {
        let side = 1_u32 << tile_matrix;
        match self {
            Self::WebMercatorQuad => (side, side),
            Self::WorldCrs84Quad => (2 * side, side),
        }
    }

    /// Side of a pixel in units of the reference system.
    pub fn cell_size(self, tile_matrix: u8) -> f64 {
        let (width, _) = self.size(tile_matrix);
        -2.0 * self.corner()[0] / TILE_PIXELS / f64::from(width)
    }

    /// Scale denominator on the standard's screen.
    pub fn scale_denominator(self, tile_matrix: u8) -> f64 {
        let unit_m = match self {
            Self::WebMercatorQuad => 1.0,
            Self::WorldCrs84Quad => std::f64::consts::TAU * EQUATOR_RADIUS_M / 360.0,
        };
        self.cell_size(tile_matrix) * unit_m / PIXEL_M
    }

    /// The north-west corner of the world in the reference system.
    pub fn corner(self) -> [f64; 2] {
        match self {
            Self::WebMercatorQuad => {
                let half = std::f64::consts::PI * EQUATOR_RADIUS_M;
                [-half, half]
            }
            Self::WorldCrs84Quad => [-180.0, 90.0],
        }
    }

    /// The latitude (degrees) below which a share of the world's height lies to the north.
    pub(super) fn latitude(self, from_north: f64) -> f64 {
        match self {
            Self::WebMercatorQuad => {
                (std::f64::consts::PI * (1.0 - 2.0 * from_north)).sinh().atan().to_degrees()
            }
            Self::WorldCrs84Quad => 90.0 - 180.0 * from_north,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Annex D, the tables of both sets.
    #[test]
    fn scales_are_those_of_the_standard() {
        for (set, matrix, denominator, cell) in [
            (MatrixSet::WebMercatorQuad, 0, 559_082_264.028_717_8, 156_543.033_928_041_03),
            (MatrixSet::WebMercatorQuad, 18, 2_132.729_583_849_784, 0.597_164_283_477_939_5),
            (MatrixSet::WorldCrs84Quad, 0, 279_541_132.014_358_76, 0.703_125),
            (MatrixSet::WorldCrs84Quad, 17, 2_132.729_583_849_784, 0.000_005_364_418_029_785_156),
        ] {
            let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{set:?} {matrix}: {a} for {b}");
            near(set.scale_denominator(matrix), denominator);
            near(set.cell_size(matrix), cell);
        }
    }
}
