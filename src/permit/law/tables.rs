//! Tables 2.7–2.12 of QCVN 01:2021/BXD as a rule set's `tables.toml` gives them, with linear interpolation.

use serde::Deserialize;

/// The tables.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    /// Where the numbers come from.
    pub source: String,
    setback: Setback,
    detached: Detached,
    apartment: Grid,
    commercial_mixed: Grid,
    far_existing: Grid,
    /// Single numbers of 2.6.3 and 2.7.
    pub numbers: Numbers,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setback {
    road_width_m: Vec<f64>,
    height_m: Vec<f64>,
    values: Vec<Vec<f64>>,
    confirm_rows: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detached {
    area_m2: Vec<f64>,
    percent: Vec<f64>,
}

/// Rows by height (the last row is for all above), columns by plot area.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grid {
    height_m: Vec<f64>,
    area_m2: Vec<f64>,
    values: Vec<Vec<f64>>,
}

/// Single numbers of QCVN 01:2021.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named after the clauses; units stand in the names")]
pub struct Numbers {
    pub public_service_new_percent: f64,
    pub public_service_existing_percent: f64,
    pub factory_percent: f64,
    pub factory_over_5_floors_percent: f64,
    pub existing_house_percent: f64,
    pub existing_house_height_m: f64,
    pub existing_house_area_m2: f64,
    pub house_far: f64,
    pub high_rise_far: f64,
    pub high_rise_height_m: f64,
}

/// A setback of table 2.7.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableSetback {
    /// Metres from the red line.
    pub setback_m: f64,
    /// The row is a reading of merged cells: to be confirmed.
    pub confirm: bool,
}

impl Tables {
    /// Table 2.7: setback by the road's width between red lines and the building's height.
    pub fn setback(&self, road_width_m: f64, height_m: f64) -> TableSetback {
        let row = self.setback.road_width_m.iter().filter(|w| road_width_m >= **w).count();
        let column = self.setback.height_m.iter().filter(|h| height_m >= **h).count();
        TableSetback {
            setback_m: self.setback.values[row][column],
            confirm: self.setback.confirm_rows.contains(&row),
        }
    }

    /// Table 2.8: net coverage of single houses by plot area, percent.
    pub fn detached_coverage(&self, area_m2: f64) -> f64 {
        interpolate(&self.detached.area_m2, &self.detached.percent, area_m2)
    }

    /// Table 2.9: net coverage of apartment blocks by height and plot area, percent.
    pub fn apartment_coverage(&self, height_m: f64, area_m2: f64) -> f64 {
        self.apartment.at(height_m, area_m2)
    }

    /// Table 2.10: net coverage of commercial and mixed use by height and plot area, percent.
    pub fn commercial_coverage(&self, height_m: f64, area_m2: f64) -> f64 {
        self.commercial_mixed.at(height_m, area_m2)
    }

    /// Table 2.12: FAR in existing areas that are regulated by FAR only.
    pub fn existing_far(&self, height_m: f64, area_m2: f64) -> f64 {
        self.far_existing.at(height_m, area_m2)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let ascending = |v: &[f64]| !v.is_empty() && v.windows(2).all(|w| w[0] < w[1]);
        let grids = [
            ("apartment", &self.apartment),
            ("commercial_mixed", &self.commercial_mixed),
            ("far_existing", &self.far_existing),
        ];
        for (name, g) in grids {
            let shape =
                g.values.len() == g.height_m.len() + 1 && g.values.iter().all(|r| r.len() == g.area_m2.len());
            if !(shape && ascending(&g.height_m) && ascending(&g.area_m2)) {
                return Err(format!(
                    "{name}: a row for each height and one for all above, a column for each area"
                ));
            }
        }
        let s = &self.setback;
        let rows = s.values.iter().all(|r| r.len() == s.height_m.len() + 1);
        if s.values.len() != s.road_width_m.len() + 1 || !rows {
            return Err("setback: a row for each class of width, a column for each of height".to_owned());
        }
        if self.detached.area_m2.len() != self.detached.percent.len() || !ascending(&self.detached.area_m2) {
            return Err("detached: a percentage for each area".to_owned());
        }
        Ok(())
    }
}

impl Grid {
    /// By height and by area between the listed values; never between the highest listed height and the row for
    /// all above it.
    fn at(&self, height_m: f64, area_m2: f64) -> f64 {
        let by_area = |row: &Vec<f64>| interpolate(&self.area_m2, row, area_m2);
        let last = self.height_m.len();
        if height_m > self.height_m[last - 1] {
            return by_area(&self.values[last]);
        }
        let column: Vec<f64> = self.values[..last].iter().map(by_area).collect();
        interpolate(&self.height_m, &column, height_m)
    }
}

/// Linear between the two nearest points, constant beyond the ends.
fn interpolate(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    let above = xs.iter().position(|v| *v >= x);
    match above {
        None => ys[ys.len() - 1],
        Some(0) => ys[0],
        Some(i) => ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1]),
    }
}
