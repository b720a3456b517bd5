//! The demo quarters of the sample province: two pieces of town with fixed measures, on which the sample models
//! of `ifc-samples/` stand. The province is made around them, and takes their parcels, lots, streets and lines as
//! they are. Everything here is made up; only the places (Gia Nghĩa, Đức Lập) are real.
//!
//! A quarter has a frame (u, v) in metres: u runs along its streets, v into its depth; `to_map` turns it by
//! `rotation_deg` and moves it to EPSG:9218 (E, N). The quarter's rectangle ends at the outer red lines of its
//! outer streets, so that other blocks may begin right at its edge.

mod duc_lap;
mod gia_nghia;

pub use duc_lap::DUC_LAP;
pub use gia_nghia::GIA_NGHIA;

/// A point of a quarter's frame, metres.
pub type Uv = [f64; 2];

/// A rectangle in a quarter's frame: lowest and highest (u, v).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Lowest u and v.
    pub min: Uv,
    /// Highest u and v.
    pub max: Uv,
}

/// A piece of town around the demo sites.
#[derive(Debug)]
pub struct DemoQuarter {
    /// Name of the quarter, also of its approved detailed plan's area.
    pub name: &'static str,
    /// Commune code; the commune of each parcel's record.
    pub commune_code: &'static str,
    /// Cadastral sheet of all its parcels; the province uses this sheet for nothing else.
    pub sheet_number: i64,
    /// EPSG:9218 (E, N) of u = 0, v = 0.
    pub origin: [f64; 2],
    /// From grid east to the u axis, degrees, anticlockwise.
    pub rotation_deg: f64,
    /// Extent in u and v, metres.
    pub size: Uv,
    /// The approved detailed plan over the whole rectangle.
    pub plan: DemoPlan,
    /// Streets; where two meet, the east-west one owns the crossing.
    pub streets: &'static [DemoStreet],
    /// Blocks between the streets.
    pub blocks: &'static [DemoBlock],
}

/// An approved plan (layer `plan_boundary`).
#[derive(Debug)]
pub struct DemoPlan {
    /// Name.
    pub name: &'static str,
    /// Number of the decision that approves it.
    pub decision: &'static str,
    /// `detailed_500`, `zoning_2000` or `general`.
    pub plan_type: &'static str,
    /// `new`, `existing` or `renovation_only`.
    pub area_type: &'static str,
    /// Day of approval, ISO 8601.
    pub approved_on: &'static str,
}

/// A street between its red lines (layers `road`, `road_centreline`, `red_line`).
#[derive(Debug)]
pub struct DemoStreet {
    /// Name.
    pub name: &'static str,
    /// `urban`, `area` or `local`, as in layer `road`.
    pub planning_class: &'static str,
    /// The street's surface between its red lines. Pieces of one street are separate entries of one name.
    pub rect: Rect,
    /// Whether it runs along u (east-west in the frame) or v.
    pub along_u: bool,
}

/// A block: all the land between four streets, split into parcels without rest.
#[derive(Debug)]
pub struct DemoBlock {
    /// Extent between the red lines.
    pub rect: Rect,
    /// Distance of the building line behind the red line on its south, east, north and west side, metres.
    pub building_line_m: [f64; 4],
    /// Zoning lots; together they are the block.
    pub lots: &'static [DemoLot],
}

/// A zoning lot (layer `zoning_lot`) with its rows of equal parcels.
#[derive(Debug)]
pub struct DemoLot {
    /// Extent.
    pub rect: Rect,
    /// `lot_code`.
    pub lot_code: &'static str,
    /// `use`, a code of `zoning_use`.
    pub zoning_use: &'static str,
    /// Land-use code of its parcels.
    pub land_use: &'static str,
    /// `allowed_uses`, codes of `building_use`, separated by commas.
    pub allowed_uses: &'static str,
    /// `net_coverage_max_percent`.
    pub net_coverage_max_percent: f64,
    /// `storeys_min`.
    pub storeys_min: i64,
    /// `storeys_max`.
    pub storeys_max: i64,
    /// `storeys_counting`: `art_49_9` or `above_ground_only`.
    pub storeys_counting: &'static str,
    /// `height_max_m`, from the planned level to the highest point.
    pub height_max_m: f64,
    /// `far_max`.
    pub far_max: f64,
    /// `planned_level_m`, over the datum Hon Dau 1992.
    pub planned_level_m: f64,
    /// `setback_min_m`, from the red line.
    pub setback_min_m: f64,
    /// Parcels: rows from south to north, columns from west to east.
    pub rows: u32,
    /// Parcels in one row.
    pub columns: u32,
    /// Number of the first parcel; they count on from west to east, south row first.
    pub first_parcel: i64,
}

/// A parcel of a demo quarter (layer `parcel`).
#[derive(Debug, Clone, PartialEq)]
pub struct DemoParcel {
    /// `<commune>-<sheet>-<number>`.
    pub code: String,
    /// `parcel_number`.
    pub number: i64,
    /// Extent in the quarter's frame.
    pub rect: Rect,
}

/// A site with a sample model. The province leaves its parcel without buildings.
#[derive(Debug)]
pub struct DemoSite {
    /// Short name, also the stem of the model's file.
    pub id: &'static str,
    /// Quarter it lies in.
    pub quarter: &'static DemoQuarter,
    /// Code of its parcel.
    pub parcel_code: &'static str,
    /// Name of the street that it fronts.
    pub street: &'static str,
}

/// Survey accuracy of each parcel of the demo quarters, metres: 2 cm corner error after TT 26/2024 for urban land,
/// rounded up.
pub const SURVEY_ACCURACY_M: f64 = 0.05;

impl Rect {
    /// The four corners anticlockwise from the lowest; the first is not repeated.
    pub const fn corners(&self) -> [Uv; 4] {
        [self.min, [self.max[0], self.min[1]], self.max, [self.min[0], self.max[1]]]
    }

    /// Area, m².
    pub const fn area_m2(&self) -> f64 {
        (self.max[0] - self.min[0]) * (self.max[1] - self.min[1])
    }
}

impl DemoQuarter {
    /// A point of the frame in EPSG:9218 (E, N), on the 0.1 mm grid of the store, so that shared corners stay shared.
    pub fn to_map(&self, [u, v]: Uv) -> [f64; 2] {
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let grid = |x: f64| (x * 1e4).round() / 1e4;
        [grid(self.origin[0] + u * cos - v * sin), grid(self.origin[1] + u * sin + v * cos)]
    }

    /// A rectangle's ring in EPSG:9218, anticlockwise and closed.
    pub fn ring(&self, rect: &Rect) -> Vec<[f64; 2]> {
        let mut ring: Vec<_> = rect.corners().into_iter().map(|p| self.to_map(p)).collect();
        ring.push(ring[0]);
        ring
    }

    /// The whole quarter.
    pub const fn rect(&self) -> Rect {
        Rect { min: [0.0, 0.0], max: self.size }
    }

    /// All parcels with the lot that each lies in.
    pub fn list_parcels(&self) -> Vec<(DemoParcel, &'static DemoLot)> {
        let lots = self.blocks.iter().flat_map(|b| b.lots.iter());
        lots.flat_map(|lot| lot.list_parcels(self).into_iter().map(move |p| (p, lot))).collect()
    }

    /// Red lines: each side of each block, with the street that it borders.
    pub fn list_red_lines(&self) -> Vec<(&'static str, [Uv; 2])> {
        self.sides().map(|(street, _, [a, b], _)| (street, [a, b])).collect()
    }

    /// Building lines: each side of each block moved inwards, from one neighbouring building line to the other,
    /// with the street and the distance from its red line, metres.
    pub fn list_building_lines(&self) -> Vec<(&'static str, f64, [Uv; 2])> {
        self.sides().map(|(street, setback, _, inner)| (street, setback, inner)).collect()
    }

    fn sides(&self) -> impl Iterator<Item = (&'static str, f64, [Uv; 2], [Uv; 2])> + '_ {
        self.blocks.iter().flat_map(move |block| {
            let [s, e, n, w] = block.building_line_m;
            let Rect { min, max } = block.rect;
            let inner = Rect { min: [min[0] + w, min[1] + s], max: [max[0] - e, max[1] - n] };
            (0..4).map(move |i| {
                let (outer, moved) = (block.rect.corners(), inner.corners());
                let side = [outer[i], outer[(i + 1) % 4]];
                (self.street_beside(side), block.building_line_m[i], side, [moved[i], moved[(i + 1) % 4]])
            })
        })
    }

    /// Name of the street whose surface touches the middle of a block's side.
    fn street_beside(&self, [a, b]: [Uv; 2]) -> &'static str {
        let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
        let touches = |r: &Rect| (0..2).all(|i| r.min[i] - 0.01 < middle[i] && middle[i] < r.max[i] + 0.01);
        self.streets.iter().find(|s| touches(&s.rect)).map_or("", |s| s.name)
    }
}

impl DemoStreet {
    /// Width between the red lines, metres.
    pub const fn width_between_red_lines_m(&self) -> f64 {
        let axis = if self.along_u { 1 } else { 0 };
        self.rect.max[axis] - self.rect.min[axis]
    }

    /// Centre line from its lower to its higher end.
    pub const fn centreline(&self) -> [Uv; 2] {
        let Rect { min, max } = self.rect;
        if self.along_u {
            let v = f64::midpoint(min[1], max[1]);
            [[min[0], v], [max[0], v]]
        } else {
            let u = f64::midpoint(min[0], max[0]);
            [[u, min[1]], [u, max[1]]]
        }
    }
}

impl DemoLot {
    fn list_parcels(&self, quarter: &DemoQuarter) -> Vec<DemoParcel> {
        let Rect { min, max } = self.rect;
        let step = [(max[0] - min[0]) / f64::from(self.columns), (max[1] - min[1]) / f64::from(self.rows)];
        let corner = |c: u32, r: u32| [min[0] + f64::from(c) * step[0], min[1] + f64::from(r) * step[1]];
        let cells = (0..self.rows).flat_map(|r| (0..self.columns).map(move |c| (c, r)));
        cells
            .zip(self.first_parcel..)
            .map(|((c, r), number)| DemoParcel {
                code: format!("{}-{}-{number}", quarter.commune_code, quarter.sheet_number),
                number,
                rect: Rect { min: corner(c, r), max: corner(c + 1, r + 1) },
            })
            .collect()
    }
}

impl DemoSite {
    /// The site's parcel and zoning lot; none where the parcel's code names no parcel of the quarter.
    pub fn find_parcel(&self) -> Option<(DemoParcel, &'static DemoLot)> {
        self.quarter.list_parcels().into_iter().find(|(p, _)| p.code == self.parcel_code)
    }
}

const fn rect(u0: f64, v0: f64, u1: f64, v1: f64) -> Rect {
    Rect { min: [u0, v0], max: [u1, v1] }
}

const fn street(name: &'static str, planning_class: &'static str, rect: Rect, along_u: bool) -> DemoStreet {
    DemoStreet { name, planning_class, rect, along_u }
}
/// The demo quarters.
pub static QUARTERS: [&DemoQuarter; 2] = [&GIA_NGHIA, &DUC_LAP];

/// The sites of the sample models.
pub static SITES: [DemoSite; 4] = [
    DemoSite {
        id: "tube_house",
        quarter: &GIA_NGHIA,
        parcel_code: "24611-12-87",
        street: "Đường Thông Xanh (mẫu)",
    },
    DemoSite {
        id: "villa",
        quarter: &GIA_NGHIA,
        parcel_code: "24611-12-24",
        street: "Đường Tôn Đức Thắng (mẫu)",
    },
    DemoSite {
        id: "apartment",
        quarter: &GIA_NGHIA,
        parcel_code: "24611-12-1",
        street: "Đường Nguyễn Tất Thành (mẫu)",
    },
    DemoSite {
        id: "school",
        quarter: &DUC_LAP,
        parcel_code: "24664-5-1",
        street: "Đường Trần Hưng Đạo (mẫu)",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_streets_fill_each_quarter_and_lots_fill_each_block() {
        for q in QUARTERS {
            let land: f64 = q.blocks.iter().map(|b| b.rect.area_m2()).sum();
            let streets: f64 = q.streets.iter().map(|s| s.rect.area_m2()).sum();
            assert!((land + streets - q.rect().area_m2()).abs() < 1e-6, "{}", q.name);
            for b in q.blocks {
                let lots: f64 = b.lots.iter().map(|l| l.rect.area_m2()).sum();
                assert!((lots - b.rect.area_m2()).abs() < 1e-6, "{}", q.name);
            }
        }
    }

    #[test]
    fn parcel_codes_are_unique_and_each_site_has_its_parcel() {
        let mut codes: Vec<_> = QUARTERS.iter().flat_map(|q| q.list_parcels()).map(|(p, _)| p.code).collect();
        let count = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for s in &SITES {
            assert!(s.find_parcel().is_some(), "{}", s.id);
            assert!(s.quarter.streets.iter().any(|st| st.name == s.street), "{}", s.id);
        }
    }

    #[test]
    fn each_side_of_a_block_borders_a_street() {
        for q in QUARTERS {
            assert!(q.list_red_lines().iter().all(|(street, _)| !street.is_empty()), "{}", q.name);
        }
    }
}
