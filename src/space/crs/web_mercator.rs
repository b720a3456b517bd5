//! Web Mercator (EPSG:3857) as integers: the square world of WebMercatorQuad in 2³² steps a side, from its
//! north-west corner, y to the south. A step is 9.3 mm at the equator, one unit of a 4096 tile at zoom 20: a
//! position is rounded by at most 7 mm, a fifth of a pixel at zoom 22.

/// Bits of a world coordinate.
pub const WORLD_BITS: u8 = 32;

const STEPS: f64 = 4_294_967_296.0;

/// Longitude and latitude (degrees, WGS 84) to world steps; latitudes beyond the square lie on its edge.
pub fn world_from_crs84(lon: f64, lat: f64) -> [u32; 2] {
    world(lon, world_y(lat))
}

/// The share of the world's height that lies north of a latitude in degrees.
pub(super) fn world_y(lat: f64) -> f64 {
    0.5 - lat.to_radians().sin().atanh() / std::f64::consts::TAU
}

/// World steps of a longitude in degrees and a [`world_y`].
pub(super) fn world(lon: f64, world_y: f64) -> [u32; 2] {
    [step((lon + 180.0) / 360.0), step(world_y)]
}

fn step(share: f64) -> u32 {
    // The nearest one. `as` saturates: what lies outside of the world lies on its edge.
    (share * STEPS + 0.5) as u32
}
