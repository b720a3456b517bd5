//! Any pair of reference systems, through PROJ.

use std::cell::RefCell;
use std::collections::HashMap;

use proj::Proj;

use crate::space::Bbox;
use crate::{Error, Result};

/// A transformation between two systems known to PROJ (`EPSG:3405`, `OGC:CRS84`, …). Positions are (x, y) =
/// (east, north) or (longitude, latitude) whatever order the system's authority writes.
///
/// Cheap to clone and safe to share: a PROJ context belongs to one thread, so each thread makes its own at first
/// use and keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transform {
    from: String,
    to: String,
}

thread_local! {
    static MADE: RefCell<HashMap<Transform, Proj>> = RefCell::new(HashMap::new());
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
        let [min_x, min_y, max_x, max_y] = self.with(|p| {
            p.transform_bounds(b.min_x, b.min_y, b.max_x, b.max_y, 21)
                .map_err(|e| self.failed(b.min_x, b.min_y, &e.to_string()))
        })?;
        Ok(Bbox { min_x, min_y, max_x, max_y })
    }

    fn with<T>(&self, f: impl FnOnce(&Proj) -> Result<T>) -> Result<T> {
        MADE.with_borrow_mut(|made| {
            if !made.contains_key(self) {
                let proj = Proj::new_known_crs(&self.from, &self.to, None).map_err(|e| {
                    let (vi, en) = foreign_data();
                    Error::invalid(
                        "crs",
                        format!("không chuyển được từ {} sang {}: {e}{vi}", self.from, self.to),
                        format!("no transformation from {} to {}: {e}{en}", self.from, self.to),
                    )
                })?;
                made.insert(self.clone(), proj);
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
