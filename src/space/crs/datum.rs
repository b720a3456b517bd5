//! VN-2000 to WGS 84 by EPSG:6960, the seven parameters of Decision 05/2007/QĐ-BTNMT (coordinate frame rotation,
//! EPSG method 9607). Both systems use the WGS 84 ellipsoid.
//!
//! The shift is one of points in space, so that a position needs a height. PROJ takes 0 in whichever system it comes
//! from and drops the height that comes out: there and back again is 0.04 mm beside the place in Gia Nghĩa, 1 mm in
//! Hà Nội, and what was written in degrees and read again was changed. Here the height is the one at which the point
//! lies as far above one ellipsoid as below the other, which is the same point from either side: each direction is the
//! inverse of the other, and within Vietnam less than a millimetre from PROJ.

use super::transverse_mercator::{A, E2, F, hypot};

/// Shift of the origin, metres.
const T: [f64; 3] = [-191.904_414_29, -39.303_182_79, -111.450_328_35];
/// Rotations of the coordinate frame, seconds of arc.
const R_ARCSEC: [f64; 3] = [-0.009_288_36, 0.019_754_79, -0.004_273_72];
/// Scale less one.
const S: f64 = 0.252_906_278e-6;

const ARCSEC: f64 = std::f64::consts::PI / 648_000.0;
const R: [f64; 3] = [R_ARCSEC[0] * ARCSEC, R_ARCSEC[1] * ARCSEC, R_ARCSEC[2] * ARCSEC];

/// Longitude and latitude in radians, VN-2000 to WGS 84.
pub(super) fn vn2000_to_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    halfway(lon, lat, |[x, y, z]| {
        let k = 1.0 + S;
        [
            T[0] + k * (x + R[2] * y - R[1] * z),
            T[1] + k * (-R[2] * x + y + R[0] * z),
            T[2] + k * (R[1] * x - R[0] * y + z),
        ]
    })
}

/// Longitude and latitude in radians, WGS 84 to VN-2000.
pub(super) fn wgs84_to_vn2000(lon: f64, lat: f64) -> (f64, f64) {
    halfway(lon, lat, |[x, y, z]| {
        let k = 1.0 / (1.0 + S);
        let (x, y, z) = (k * (x - T[0]), k * (y - T[1]), k * (z - T[2]));
        [x - R[2] * y + R[1] * z, R[2] * x + y - R[0] * z, -R[1] * x + R[0] * y + z]
    })
}

/// The position after `shift` of the point at (`lon`, `lat`) whose heights before and after it are opposite. The height
/// goes through the shift unchanged but for parts in a thousand million, so that one look is enough.
fn halfway(lon: f64, lat: f64, shift: impl Fn([f64; 3]) -> [f64; 3]) -> (f64, f64) {
    let (_, _, height) = geographic(shift(geocentric(lon, lat, 0.0)));
    let (lon, lat, _) = geographic(shift(geocentric(lon, lat, -height / 2.0)));
    (lon, lat)
}

fn geocentric(lon: f64, lat: f64, height: f64) -> [f64; 3] {
    let (sin_l, cos_l) = lon.sin_cos();
    let (sin_p, cos_p) = lat.sin_cos();
    let n = A / (1.0 - E2 * sin_p * sin_p).sqrt();
    [(n + height) * cos_p * cos_l, (n + height) * cos_p * sin_l, (n * (1.0 - E2) + height) * sin_p]
}

/// Bowring's formula, once more refined: exact to the last bits within some kilometres of the ellipsoid.
fn geographic([x, y, z]: [f64; 3]) -> (f64, f64, f64) {
    let b = A * (1.0 - F);
    let second = E2 / (1.0 - E2);
    let p = hypot(x, y);
    let mut tan_u = z / p / (1.0 - F);
    let mut tan_p = tan_u;
    for _ in 0..2 {
        let c = 1.0 / hypot(tan_u, 1.0);
        let s = tan_u * c;
        tan_p = (z + second * b * s * s * s) / (p - E2 * A * c * c * c);
        tan_u = (1.0 - F) * tan_p;
    }
    let cos_p = 1.0 / hypot(tan_p, 1.0);
    let sin_p = tan_p * cos_p;
    let height = p * cos_p + z * sin_p - A * (1.0 - E2 * sin_p * sin_p).sqrt();
    (y.atan2(x), tan_p.atan(), height)
}
