//! Any pair of reference systems, through PROJ; between VN-2000 and others always by EPSG:6960.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use proj::Proj;

use super::{PIECE_OF_ANY_UNIT, around, datum};
use crate::space::Bbox;
use crate::{Error, Result};

/// A transformation between two systems known to PROJ (`EPSG:3405`, `OGC:CRS84`, …). Positions are (x, y) =
/// (east, north) or (longitude, latitude) whatever order the system's authority writes.
///
/// Where one of the two is a VN-2000 system by its EPSG code, the datum is changed by EPSG:6960, which is the law
/// (Decision 05/2007/QĐ-BTNMT). PROJ left to itself takes EPSG:5194 in the Mekong delta, 0.8 m off, since that one is
/// made for a smaller area.
///
/// Cheap to clone and safe to share: a PROJ context belongs to one thread, so each thread makes its own at first
/// use and keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transform {
    from: String,
    to: String,
}

thread_local! {
    static MADE: RefCell<HashMap<Transform, Way>> = RefCell::new(HashMap::new());
}

/// VN-2000 as longitude and latitude, and WGS 84 the same.
const VN2000: &str = "EPSG:4756";
const WGS84: &str = "EPSG:4326";

/// Whether `epsg` is VN-2000, geographic or projected: all of them in EPSG 12.013.
pub fn is_vn2000(epsg: u32) -> bool {
    matches!(epsg, 4756 | 3405 | 3406 | 5896..=5899 | 6956..=6959 | 9205..=9218)
}

/// Whether a name of a system (`EPSG:n`, its URN or its address) is one of VN-2000.
fn names_vn2000(crs: &str) -> bool {
    let code = crs.to_ascii_uppercase().contains("EPSG").then(|| crs.rsplit([':', '/']).next()).flatten();
    code.and_then(|code| code.parse().ok()).is_some_and(is_vn2000)
}

/// A change of datum, radians in and out.
type Shift = fn(f64, f64) -> (f64, f64);

/// How positions get from one system to the other.
enum Way {
    /// As PROJ knows best.
    Proj(Proj),
    /// By EPSG:6960 between two conversions without a change of datum; none where there is nothing to convert.
    Pinned { before: Option<Proj>, shift: Shift, after: Option<Proj> },
}

impl Way {
    fn make(from: &str, to: &str) -> std::result::Result<Self, proj::ProjCreateError> {
        let known = |from: &str, to: &str| Proj::new_known_crs(from, to, None);
        let (middle, shift, other): (_, Shift, _) = match (names_vn2000(from), names_vn2000(to)) {
            (true, false) => (VN2000, datum::vn2000_to_wgs84, WGS84),
            (false, true) => (WGS84, datum::wgs84_to_vn2000, VN2000),
            _ => return known(from, to).map(Self::Proj),
        };
        let step = |from: &str, to: &str| (from != to).then(|| known(from, to)).transpose();
        Ok(Self::Pinned { before: step(from, middle)?, shift, after: step(other, to)? })
    }

    fn convert(&self, at: (f64, f64)) -> std::result::Result<(f64, f64), proj::ProjError> {
        let step = |proj: &Option<Proj>, at| proj.as_ref().map_or(Ok(at), |p| p.convert(at));
        match self {
            Self::Proj(p) => p.convert(at),
            Self::Pinned { before, shift, after } => {
                let (lon, lat) = step(before, at)?;
                let (lon, lat) = shift(lon.to_radians(), lat.to_radians());
                step(after, (lon.to_degrees(), lat.to_degrees()))
            }
        }
    }
}

impl Transform {
    /// The transformation from one system to another. The error names the system that PROJ does not know.
    pub fn new(from: &str, to: &str) -> Result<Self> {
        let made = Self { from: from.to_owned(), to: to.to_owned() };
        made.with(|_| Ok(()))?;
        Ok(made)
    }

    /// One position.
    pub fn convert(&self, x: f64, y: f64) -> Result<(f64, f64)> {
        self.with(|p| p.convert((x, y)).map_err(|e| self.failed(x, y, &e.to_string()))).and_then(|(u, v)| {
            if u.is_finite() && v.is_finite() { Ok((u, v)) } else { Err(self.failed(x, y, "not finite")) }
        })
    }

    /// The box around a transformed box, its sides densified.
    pub fn bbox(&self, b: &Bbox) -> Result<Bbox> {
        let bounds = self.with(|way| match way {
            Way::Proj(p) => p
                .transform_bounds(b.min_x, b.min_y, b.max_x, b.max_y, 21)
                .map(Some)
                .map_err(|e| self.failed(b.min_x, b.min_y, &e.to_string())),
            Way::Pinned { .. } => Ok(None),
        })?;
        if let Some([min_x, min_y, max_x, max_y]) = bounds {
            return Ok(Bbox { min_x, min_y, max_x, max_y });
        }
        let failed = Cell::new(None);
        let bbox = around(b, PIECE_OF_ANY_UNIT, |x, y| {
            self.convert(x, y).unwrap_or_else(|e| {
                failed.set(Some(e));
                (f64::NAN, f64::NAN)
            })
        });
        failed.take().map_or(Ok(bbox), Err)
    }

    fn with<T>(&self, f: impl FnOnce(&Way) -> Result<T>) -> Result<T> {
        MADE.with_borrow_mut(|made| {
            if !made.contains_key(self) {
                let way = Way::make(&self.from, &self.to).map_err(|e| {
                    let (vi, en) = foreign_data();
                    Error::invalid(
                        "crs",
                        format!("không chuyển được từ {} sang {}: {e}{vi}", self.from, self.to),
                        format!("no transformation from {} to {}: {e}{en}", self.from, self.to),
                    )
                })?;
                made.insert(self.clone(), way);
            }
            f(&made[self])
        })
    }

    fn failed(&self, x: f64, y: f64, why: &str) -> Error {
        Error::invalid(
            "coordinates",
            format!("không chuyển được ({x}, {y}) từ {} sang {}: {why}", self.from, self.to),
            format!("({x}, {y}) cannot be transformed from {} to {}: {why}", self.from, self.to),
        )
    }
}

/// PROJ's database is built into the program; a variable that names the data of another PROJ comes before it and
/// breaks it where that one is older. A message that does not say so would send people looking elsewhere.
fn foreign_data() -> (String, String) {
    let named = ["PROJ_DATA", "PROJ_LIB"].into_iter().find_map(|v| Some((v, std::env::var(v).ok()?)));
    named.map_or_else(Default::default, |(name, value)| {
        (
            format!(" ({name}={value} trỏ đến dữ liệu của một bản PROJ khác; hãy bỏ biến này)"),
            format!(" ({name}={value} names the data of another PROJ; unset it)"),
        )
    })
}
