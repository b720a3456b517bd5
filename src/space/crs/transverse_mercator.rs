//! Transverse Mercator on the WGS 84 ellipsoid, which VN-2000 uses too, by Krüger's series in the third
//! flattening to the sixth order (C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers",
//! J. Geodesy 85, 2011). Within the 3° zones and far beyond it is exact to well under a micrometre.

/// Semi-major axis of WGS 84, metres.
pub(super) const A: f64 = 6_378_137.0;
/// Flattening of WGS 84.
pub(super) const F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared.
pub(super) const E2: f64 = F * (2.0 - F);

const N: f64 = F / (2.0 - F);
const N2: f64 = N * N;
const N3: f64 = N2 * N;
const N4: f64 = N3 * N;
const N5: f64 = N4 * N;
const N6: f64 = N5 * N;

/// Radius of the rectifying sphere, metres.
const RECTIFYING: f64 = A / (1.0 + N) * (1.0 + N2 / 4.0 + N4 / 64.0 + N6 / 256.0);

/// Karney (35): conformal sphere to projection.
const ALPHA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 5.0 / 16.0 * N3 + 41.0 / 180.0 * N4 - 127.0 / 288.0 * N5
        + 7891.0 / 37800.0 * N6,
    13.0 / 48.0 * N2 - 3.0 / 5.0 * N3 + 557.0 / 1440.0 * N4 + 281.0 / 630.0 * N5
        - 1_983_433.0 / 1_935_360.0 * N6,
    61.0 / 240.0 * N3 - 103.0 / 140.0 * N4 + 15061.0 / 26880.0 * N5 + 167_603.0 / 181_440.0 * N6,
    49561.0 / 161_280.0 * N4 - 179.0 / 168.0 * N5 + 6_601_661.0 / 7_257_600.0 * N6,
    34729.0 / 80640.0 * N5 - 3_418_889.0 / 1_995_840.0 * N6,
    212_378_941.0 / 319_334_400.0 * N6,
];

/// Karney (36): projection to conformal sphere.
const BETA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 37.0 / 96.0 * N3 - 1.0 / 360.0 * N4 - 81.0 / 512.0 * N5
        + 96199.0 / 604_800.0 * N6,
    1.0 / 48.0 * N2 + 1.0 / 15.0 * N3 - 437.0 / 1440.0 * N4 + 46.0 / 105.0 * N5
        - 1_118_711.0 / 3_870_720.0 * N6,
    17.0 / 480.0 * N3 - 37.0 / 840.0 * N4 - 209.0 / 4480.0 * N5 + 5569.0 / 90720.0 * N6,
    4397.0 / 161_280.0 * N4 - 11.0 / 504.0 * N5 - 830_251.0 / 7_257_600.0 * N6,
    4583.0 / 161_280.0 * N5 - 108_847.0 / 3_991_680.0 * N6,
    20_648_693.0 / 638_668_800.0 * N6,
];

/// A zone: central meridian, scale on it and false easting; the false northing is 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zone {
    /// Central meridian, degrees.
    pub lon0_deg: f64,
    /// Scale on the central meridian.
    pub k0: f64,
    /// False easting, metres.
    pub false_easting_m: f64,
}

impl Zone {
    /// Longitude and latitude in radians to easting and northing in metres.
    pub(super) fn forward(&self, lon: f64, lat: f64) -> (f64, f64) {
        let e = E2.sqrt();
        let (sin_l, cos_l) = (lon - self.lon0_deg.to_radians()).sin_cos();
        let (sin_p, cos_p) = lat.sin_cos();
        let tau = sin_p / cos_p;
        let sigma = (e * (e * sin_p).atanh()).sinh();
        let tau_c = tau * hypot(sigma, 1.0) - sigma * hypot(tau, 1.0);
        let xi = tau_c.atan2(cos_l);
        let eta = (sin_l / hypot(tau_c, cos_l)).asinh();
        let (d_xi, d_eta) = series(&ALPHA, xi, eta);
        let r = self.k0 * RECTIFYING;
        (self.false_easting_m + r * (eta + d_eta), r * (xi + d_xi))
    }

    /// Easting and northing in metres to longitude and latitude in radians.
    pub(super) fn inverse(&self, easting: f64, northing: f64) -> (f64, f64) {
        let r = self.k0 * RECTIFYING;
        let (xi, eta) = (northing / r, (easting - self.false_easting_m) / r);
        let (d_xi, d_eta) = series(&BETA, xi, eta);
        let (sin_xi, cos_xi) = (xi - d_xi).sin_cos();
        let sinh_eta = (eta - d_eta).sinh();
        let tau = geodetic_tangent(sin_xi / hypot(sinh_eta, cos_xi));
        (self.lon0_deg.to_radians() + sinh_eta.atan2(cos_xi), tau.atan())
    }
}

/// √(a² + b²) for lengths and tangents, whose squares neither overflow nor vanish: a tenth of the time of the
/// library's `hypot`, which guards against both and was a good part of an import's projection.
pub(super) fn hypot(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

/// Σ cⱼ sin(2jξ)cosh(2jη) and Σ cⱼ cos(2jξ)sinh(2jη): Clenshaw's recurrence on sin of the complex 2(ξ + iη).
fn series(c: &[f64; 6], xi: f64, eta: f64) -> (f64, f64) {
    let (s, co) = (2.0 * xi).sin_cos();
    let exp = (2.0 * eta).exp();
    let (sh, ch) = (0.5 * (exp - 1.0 / exp), 0.5 * (exp + 1.0 / exp));
    // 2 cos(2ζ), ζ = ξ + iη
    let (ar, ai) = (2.0 * co * ch, -2.0 * s * sh);
    let (mut y1r, mut y1i, mut y2r, mut y2i) = (0.0, 0.0, 0.0, 0.0);
    for k in c.iter().rev() {
        let (yr, yi) = (ar * y1r - ai * y1i - y2r + k, ar * y1i + ai * y1r - y2i);
        (y2r, y2i) = (y1r, y1i);
        (y1r, y1i) = (yr, yi);
    }
    let (sin_r, sin_i) = (s * ch, co * sh);
    (sin_r * y1r - sin_i * y1i, sin_r * y1i + sin_i * y1r)
}

/// tan of the geodetic latitude from tan of the conformal latitude, by Newton's method (Karney (19)–(21)); two
/// steps reach the last bit of a double everywhere between the poles.
fn geodetic_tangent(tau_c: f64) -> f64 {
    let e = E2.sqrt();
    let mut tau = tau_c / (1.0 - E2);
    for _ in 0..3 {
        let h = hypot(tau, 1.0);
        let sigma = (e * (e * tau / h).atanh()).sinh();
        let trial = tau * hypot(sigma, 1.0) - sigma * h;
        let step = (tau_c - trial) / hypot(trial, 1.0) * (1.0 + (1.0 - E2) * tau * tau) / ((1.0 - E2) * h);
        tau += step;
        if step.abs() < 1e-15 * tau.abs().max(1.0) {
            break;
        }
    }
    tau
}
