//! Coordinate reference systems; the only user of PROJ.
//!
//! Between EPSG:9218, in which everything is stored, and CRS84 own closed formulas are used: they need no
//! context, no lock and no database, are each other's inverse, and agree with PROJ to a millimetre in Vietnam, to
//! 0.1 mm in Đắk Nông (property tests below; `datum` says why not closer). All other pairs go through PROJ by
//! [`Transform`]. Whatever way is taken, VN-2000 and WGS 84 are brought together by EPSG:6960.

mod datum;
mod offered;
mod patch;
mod target;
mod transform;
mod transverse_mercator;
mod web_mercator;

pub use offered::{AxisOrder, Offered};
pub use target::Target;
pub use transform::{Transform, is_vn2000};
pub use web_mercator::{WORLD_BITS, world_from_crs84};

use crate::space::Bbox;
use patch::Patches;
use transverse_mercator::Zone;

/// EPSG:9218, VN-2000 / TM-3 108-30.
const TM3_108_30: Zone = Zone { lon0_deg: 108.5, k0: 0.9999, false_easting_m: 500_000.0 };

/// Where EPSG:9218 is computed: within some degrees of the zone on the northern and southern hemisphere.
/// Positions outside are refused at the door, for the projection means nothing there.
pub const DOMAIN_9218: Bbox =
    Bbox { min_x: -2_000_000.0, min_y: -4_000_000.0, max_x: 3_000_000.0, max_y: 6_000_000.0 };

/// Where a stored position may lie. The store lets one from outside of [`DOMAIN_9218`] in where it comes back when it
/// is turned into degrees and again into metres (imports of foreign data); what is stored must be readable again.
pub const STORED_9218: Bbox =
    Bbox { min_x: -21_000_000.0, min_y: -21_000_000.0, max_x: 21_000_000.0, max_y: 21_000_000.0 };

/// Easting and northing in EPSG:9218 (metres) to longitude and latitude in CRS84 (degrees).
///
/// ```
/// let (lon, lat) = dothi::space::crs::to_crs84(411_600.265, 1_327_195.238);
/// assert!((lon - 107.69).abs() < 1e-8 && (lat - 12.0).abs() < 1e-8);
/// ```
pub fn to_crs84(easting: f64, northing: f64) -> (f64, f64) {
    let (lon, lat) = TM3_108_30.inverse(easting, northing);
    let (lon, lat) = datum::vn2000_to_wgs84(lon, lat);
    (lon.to_degrees(), lat.to_degrees())
}

/// Longitude and latitude in CRS84 (degrees) to easting and northing in EPSG:9218 (metres).
pub fn from_crs84(lon: f64, lat: f64) -> (f64, f64) {
    let (lon, lat) = datum::wgs84_to_vn2000(lon.to_radians(), lat.to_radians());
    TM3_108_30.forward(lon, lat)
}

/// [`to_crs84`] for many positions that lie near each other, to 1e-13 degrees; and the position in the world of Web
/// Mercator beside it. Cheap once some positions of a neighbourhood were converted.
pub struct ManyToCrs84(Patches<3>);

impl Default for ManyToCrs84 {
    fn default() -> Self {
        let exact = |x, y| {
            let (lon, lat) = to_crs84(x, y);
            [lon, lat, web_mercator::world_y(lat)]
        };
        Self(Patches::new(exact, NEAR_9218, 1.0 / 4096.0))
    }
}

impl ManyToCrs84 {
    /// Longitude and latitude in degrees, and the position in the world as [`world_from_crs84`] gives it.
    pub fn convert(&mut self, easting: f64, northing: f64) -> ((f64, f64), [u32; 2]) {
        let [lon, lat, world_y] = self.0.convert(easting, northing);
        ((lon, lat), web_mercator::world(lon, world_y))
    }
}

/// [`from_crs84`] for many positions that lie near each other, to a ten-millionth of a metre.
pub struct ManyFromCrs84(Patches<2>);

impl Default for ManyFromCrs84 {
    fn default() -> Self {
        Self(Patches::new(|lon, lat| from_crs84(lon, lat).into(), NEAR_CRS84, 32.0))
    }
}

impl ManyFromCrs84 {
    /// Easting and northing in metres.
    pub fn convert(&mut self, lon: f64, lat: f64) -> (f64, f64) {
        self.0.convert(lon, lat).into()
    }
}

/// [`Offered::from_stored`] for many positions that lie near each other, to a ten-millionth of a metre.
pub struct ManyFromStored(Patches<2>);

impl ManyFromStored {
    /// Into `crs`.
    pub fn new(crs: Offered) -> Self {
        Self(Patches::new(crs.exactly(), NEAR_9218, 1.0 / 4096.0))
    }

    /// The position (east before north); none where the system has none for it.
    pub fn convert(&mut self, easting: f64, northing: f64) -> Option<(f64, f64)> {
        let [x, y] = self.0.convert(easting, northing);
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }
}

impl std::fmt::Debug for ManyFromStored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ManyFromStored")
    }
}

/// Where the conversions are smooth enough to be interpolated: Vietnam, its seas and neighbours.
const NEAR_CRS84: Bbox = Bbox { min_x: 98.0, min_y: 0.0, max_x: 119.0, max_y: 30.0 };
const NEAR_9218: Bbox = Bbox { min_x: -500_000.0, min_y: 0.0, max_x: 1_500_000.0, max_y: 3_300_000.0 };

/// The domain in degrees, generously inside: a caller's world box must not reach the series' far side.
const NEAR_DEGREES: Bbox = Bbox { min_x: 90.0, min_y: -35.0, max_x: 127.0, max_y: 50.0 };

/// Most pieces that a side of a box is divided into before it is transformed: its sides become curves, and the box of the
/// corners alone would cut off what lies under the bow.
const PIECES_MOST: f64 = 21.0;
/// Sides of this length, in degrees and metres, are one piece: they leave their chord by centimetres.
const PIECE_DEGREES: f64 = 0.05;
const PIECE_M: f64 = 5_000.0;
/// Of a system of whatever unit: as many pieces as there may be.
const PIECE_OF_ANY_UNIT: f64 = 0.0;

/// The EPSG:9218 box around a CRS84 box, its sides densified; none where the box does not meet the domain.
pub fn bbox_from_crs84(b: &Bbox) -> Option<Bbox> {
    let near = NEAR_DEGREES;
    if !b.intersects(&near) {
        return None;
    }
    let b = Bbox {
        min_x: b.min_x.max(near.min_x),
        min_y: b.min_y.max(near.min_y),
        max_x: b.max_x.min(near.max_x),
        max_y: b.max_y.min(near.max_y),
    };
    Some(around(&b, PIECE_DEGREES, from_crs84))
}

/// The CRS84 box around an EPSG:9218 box, its sides densified.
pub fn bbox_to_crs84(b: &Bbox) -> Bbox {
    around(b, PIECE_M, to_crs84)
}

fn around(b: &Bbox, piece: f64, f: impl Fn(f64, f64) -> (f64, f64)) -> Bbox {
    let mut out = Bbox {
        min_x: f64::INFINITY,
        min_y: f64::INFINITY,
        max_x: f64::NEG_INFINITY,
        max_y: f64::NEG_INFINITY,
    };
    let (mut most_x, mut most_y) = (0.0_f64, 0.0_f64);
    let longest = (b.max_x - b.min_x).max(b.max_y - b.min_y);
    // `max` also takes one piece for what is no number.
    let pieces = ((longest / piece).ceil().min(PIECES_MOST) as u32).max(1);
    for (x0, y0, x1, y1) in [
        (b.min_x, b.min_y, b.max_x, b.min_y),
        (b.max_x, b.min_y, b.max_x, b.max_y),
        (b.max_x, b.max_y, b.min_x, b.max_y),
        (b.min_x, b.max_y, b.min_x, b.min_y),
    ] {
        let mut grow = |half: u32| {
            let t = f64::from(half) / f64::from(2 * pieces);
            let (x, y) = f(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t);
            out.min_x = out.min_x.min(x);
            out.max_x = out.max_x.max(x);
            out.min_y = out.min_y.min(y);
            out.max_y = out.max_y.max(y);
            (x, y)
        };
        let mut p = grow(0);
        for i in 0..pieces {
            let (q, r) = (grow(2 * i + 1), grow(2 * i + 2));
            // How far the curve leaves its chord between two points: nowhere does it leave a piece by more.
            most_x = most_x.max((q.0 - f64::midpoint(p.0, r.0)).abs());
            most_y = most_y.max((q.1 - f64::midpoint(p.1, r.1)).abs());
            p = r;
        }
    }
    Bbox {
        min_x: out.min_x - most_x,
        min_y: out.min_y - most_y,
        max_x: out.max_x + most_x,
        max_y: out.max_y + most_y,
    }
}

#[cfg(test)]
mod tests;
