//! The grids that coordinates in Vietnam may be meant in, and what a pair of numbers means in each.
//!
//! All 3° zones of VN-2000 differ in their central meridian only, and UTM in its scale too, so that one formula reads
//! them all. Between VN-2000 and WGS 84 it is some metres off the exact way: enough to recognise, never used to place.

use crate::space::PROVINCE;
use crate::space::crs::{from_crs84, is_vn2000, to_crs84};

/// A grid: EPSG code, name, central meridian in degrees, whether UTM, area of use (west, south, east, north) after
/// EPSG 12.013.
struct Zone(u32, &'static str, f64, bool, [f64; 4]);

const ZONES: [Zone; 22] = [
    Zone(9218, "VN-2000 / TM-3 108-30", 108.5, false, [107.2, 10.43, 109.52, 14.61]),
    Zone(5899, "VN-2000 / TM-3 107-45", 107.75, false, [106.43, 8.57, 108.76, 21.67]),
    Zone(5898, "VN-2000 / TM-3 zone 491", 108.0, false, [106.5, 8.57, 109.53, 22.95]),
    Zone(3405, "VN-2000 / UTM zone 48N", 105.0, true, [102.14, 8.33, 108.0, 23.4]),
    Zone(3406, "VN-2000 / UTM zone 49N", 111.0, true, [108.0, 10.43, 109.53, 21.56]),
    Zone(5896, "VN-2000 / TM-3 zone 481", 102.0, false, [102.14, 9.2, 103.51, 22.82]),
    Zone(5897, "VN-2000 / TM-3 zone 482", 105.0, false, [103.5, 8.33, 106.51, 23.4]),
    Zone(9205, "VN-2000 / TM-3 103-00", 103.0, false, [102.14, 20.89, 103.99, 22.82]),
    Zone(9206, "VN-2000 / TM-3 104-00", 104.0, false, [103.21, 20.57, 105.03, 22.04]),
    Zone(9207, "VN-2000 / TM-3 104-30", 104.5, false, [103.4, 8.33, 105.54, 10.55]),
    Zone(9208, "VN-2000 / TM-3 104-45", 104.75, false, [103.53, 10.18, 105.86, 22.85]),
    Zone(9209, "VN-2000 / TM-3 105-30", 105.5, false, [104.33, 9.19, 106.69, 23.4]),
    Zone(9210, "VN-2000 / TM-3 105-45", 105.75, false, [105.26, 9.75, 107.8, 23.12]),
    Zone(9211, "VN-2000 / TM-3 106-00", 106.0, false, [104.83, 16.92, 107.03, 22.7]),
    Zone(9212, "VN-2000 / TM-3 106-15", 106.25, false, [106.41, 11.3, 107.43, 17.22]),
    Zone(9213, "VN-2000 / TM-3 106-30", 106.5, false, [105.43, 21.32, 106.25, 22.75]),
    Zone(9214, "VN-2000 / TM-3 107-00", 107.0, false, [105.88, 15.99, 108.24, 21.63]),
    Zone(9215, "VN-2000 / TM-3 107-15", 107.25, false, [106.09, 21.32, 107.37, 22.47]),
    Zone(9216, "VN-2000 / TM-3 107-30", 107.5, false, [107.33, 13.92, 108.55, 15.42]),
    Zone(9217, "VN-2000 / TM-3 108-15", 108.25, false, [108.55, 11.25, 109.53, 14.71]),
    Zone(32_648, "WGS 84 / UTM zone 48N", 105.0, true, [102.0, 8.33, 108.0, 23.4]),
    Zone(32_649, "WGS 84 / UTM zone 49N", 111.0, true, [108.0, 8.33, 114.0, 23.4]),
];

/// How far apart the same numbers lie in VN-2000 and WGS 84 (length of EPSG:6960's shift), metres, rounded up.
pub const DATUM_M: f64 = 250.0;

/// A pair of numbers read in one grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// `EPSG:n`.
    pub code: String,
    /// The grid's name.
    pub name: &'static str,
    /// The place in EPSG:9218, within some metres.
    pub at: (f64, f64),
}

/// The number of `EPSG:n`.
pub fn number(code: &str) -> u32 {
    code.strip_prefix("EPSG:").and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Whether the code is a grid of Vietnam.
pub fn is_known(code: &str) -> bool {
    ZONES.iter().any(|z| z.0 == number(code))
}

/// Whether the code is VN-2000.
pub fn is_vn2000_code(code: &str) -> bool {
    is_vn2000(number(code))
}

/// The VN-2000 zone of 3° with this central meridian.
pub fn of_meridian(degrees: f64) -> Option<String> {
    let fits = |z: &&Zone| !z.3 && (z.2 - degrees).abs() < 1e-6;
    ZONES.iter().find(fits).map(|z| format!("EPSG:{}", z.0))
}

/// Whether longitude and latitude lie in Vietnam or just beside it.
pub fn in_vietnam(lon: f64, lat: f64) -> bool {
    (102.0..110.0).contains(&lon) && (8.0..23.6).contains(&lat)
}

/// Whether a place of EPSG:9218 lies in the box of the province.
pub fn in_province((e, n): (f64, f64)) -> bool {
    PROVINCE.holds(e, n)
}

/// Whether two numbers look like easting and northing of some grid of Vietnam, whichever it is.
pub fn plausible(e: f64, n: f64) -> bool {
    (100e3..900e3).contains(&e) && (900e3..2_650e3).contains(&n)
}

impl Zone {
    fn geographic(&self, e: f64, n: f64) -> Option<(f64, f64)> {
        let &Self(_, _, meridian, utm, _) = self;
        if !plausible(e, n) {
            return None;
        }
        let k = if utm { 0.9999 / 0.9996 } else { 1.0 };
        let (lon, lat) = to_crs84(500_000.0 + (e - 500_000.0) * k, n * k);
        Some((lon - 108.5 + meridian, lat))
    }

    fn reading(&self, e: f64, n: f64) -> Option<(Reading, (f64, f64))> {
        let (lon, lat) = self.geographic(e, n)?;
        let reading = Reading { code: format!("EPSG:{}", self.0), name: self.1, at: from_crs84(lon, lat) };
        Some((reading, (lon, lat)))
    }
}

/// The numbers read in `code`: the place, where the code is a grid of Vietnam and the numbers can be of one.
pub fn read_in(code: &str, e: f64, n: f64) -> Option<Reading> {
    let zone = ZONES.iter().find(|z| z.0 == number(code))?;
    zone.reading(e, n).map(|(reading, _)| reading)
}

/// The grids in whose area of use the numbers lie within the province, the province's own first.
pub fn in_the_province(e: f64, n: f64) -> Vec<Reading> {
    let within = |[w, s, east, north]: [f64; 4], (lon, lat): (f64, f64)| {
        (w..=east).contains(&lon) && (s..=north).contains(&lat)
    };
    let found = ZONES.iter().filter_map(|z| {
        let (reading, at) = z.reading(e, n)?;
        (within(z.4, at) && in_province(reading.at)).then_some(reading)
    });
    found.collect()
}

/// Distance in the plane, metres.
pub fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Distance of two places (longitude, latitude) on the sphere, metres.
pub fn on_the_globe(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (a.1.to_radians(), b.1.to_radians());
    let (dlat, dlon) = (lat_b - lat_a, (b.0 - a.0).to_radians());
    let h = (dlat / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * 6_371_000.0 * h.clamp(0.0, 1.0).sqrt().asin()
}

/// Grids by code and name, for a message.
pub fn list(readings: &[Reading]) -> String {
    let names: Vec<String> = readings.iter().map(|r| format!("{} ({})", r.code, r.name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One place (107.69° E, 12.00° N) in each grid by PROJ, VN-2000 through EPSG:6960.
    #[test]
    fn each_grid_reads_its_own_numbers() {
        let to = |code: &str| {
            crate::space::crs::Transform::new("OGC:CRS84", code).unwrap().convert(107.69, 12.0).unwrap()
        };
        let here = from_crs84(107.69, 12.0);
        for z in &ZONES {
            let code = format!("EPSG:{}", z.0);
            let (e, n) = to(&code);
            if let Some(r) = read_in(&code, e, n) {
                let limit = if z.0 > 30_000 { DATUM_M } else { 10.0 };
                assert!(apart(r.at, here) < limit, "{code}: {} m", apart(r.at, here));
            } else {
                assert!(!plausible(e, n), "{code}");
            }
        }
    }
}
