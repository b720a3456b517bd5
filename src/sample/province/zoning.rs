//! Plans and the limits that they set for a district's blocks.

use std::collections::BTreeMap;

use geo::{Area, Buffer, ConvexHull, LineString, MultiPoint, MultiPolygon, Point, Polygon, Simplify};

use super::district::{District, Kind as K};
use super::grid::{Class, Street, Uv};
use super::item::{Sample, rounded, values};
use super::lots::owns_cells;
use super::plan::{Block, Homes, Plot, Town};

/// Limits of a zoning lot.
pub struct Limits {
    /// `lot_code`.
    pub lot_code: String,
    /// Plan that sets them.
    pub plan_name: String,
    /// Code of `zoning_use`.
    pub zoning_use: &'static str,
    /// Codes of `building_use`, with commas.
    pub allowed_uses: &'static str,
    /// Maximum net coverage, percent.
    pub net_coverage_percent: f64,
    /// Least storeys.
    pub storeys_min: i64,
    /// Most storeys.
    pub storeys_max: i64,
    /// Greatest height over the planned level, metres.
    pub height_max_m: f64,
    /// Greatest floor-area ratio.
    pub far_max: f64,
    /// Planned level, Hon Dau, metres.
    pub planned_level_m: f64,
    /// Least setback from the red line, metres.
    pub setback_m: f64,
}

/// Use, letters of the lot code, allowed uses, coverage, storeys, height, FAR, setback.
type Rule = (&'static str, &'static str, &'static str, f64, [i64; 2], f64, f64, f64);

const SCHOOL: Rule = ("education", "TH", "school", 40.0, [1, 4], 18.0, 1.2, 6.0);
const PUBLIC: Rule = ("public", "CC", "public,office", 40.0, [1, 5], 22.0, 2.0, 6.0);
const GREEN: Rule = ("green", "CX", "public", 5.0, [0, 1], 6.0, 0.05, 3.0);

const fn rule(plot: Plot) -> Rule {
    match plot {
        Plot::Homes(Homes::Existing) => {
            ("residential_existing", "OHT", "house_single", 90.0, [1, 6], 24.0, 5.0, 0.0)
        }
        Plot::Homes(Homes::Attached) => {
            ("residential_attached", "LK", "house_single", 85.0, [2, 5], 19.0, 4.2, 2.4)
        }
        Plot::Homes(Homes::Mixed) => {
            ("mixed", "HH", "house_single,mixed,commercial,office,hotel", 80.0, [2, 9], 34.0, 6.0, 3.0)
        }
        Plot::Homes(Homes::Villa) => {
            ("residential_villa", "BT", "house_single", 50.0, [1, 3], 12.0, 1.5, 3.0)
        }
        Plot::Riverside => ("green_buffer", "CXCL", "", 0.0, [0, 0], 0.0, 0.0, 0.0),
        Plot::Site(site) => match site.kind {
            K::Square | K::Park => GREEN,
            K::Kindergarten | K::Primary | K::LowerSecondary | K::UpperSecondary => SCHOOL,
            K::Hospital | K::HealthStation => ("health", "YT", "hospital", 40.0, [1, 9], 38.0, 3.0, 6.0),
            K::CityHall | K::Police | K::FireStation | K::Offices => {
                ("office", "CQ", "office,public", 40.0, [1, 9], 38.0, 3.2, 6.0)
            }
            K::CultureHouse | K::Library | K::Stadium => {
                ("culture_sport", "VHTT", "public", 40.0, [1, 3], 20.0, 1.0, 6.0)
            }
            K::Market => ("market", "CHO", "commercial", 40.0, [1, 3], 16.0, 1.2, 6.0),
            K::Mall | K::Hotel => {
                ("commercial", "TMDV", "commercial,office,hotel", 60.0, [2, 12], 46.0, 6.0, 6.0)
            }
            K::Apartments => ("apartment", "CCT", "apartment,mixed", 40.0, [5, 15], 52.0, 5.0, 6.0),
            K::CarPark | K::BusStation => ("parking", "BDX", "parking", 20.0, [0, 2], 9.0, 0.4, 3.0),
            K::Pagoda | K::Church => ("religious", "TG", "public", 40.0, [1, 2], 20.0, 0.8, 6.0),
            K::WaterWorks | K::WasteWater => ("technical", "HTKT", "technical", 60.0, [1, 2], 12.0, 1.0, 6.0),
            K::Heritage => PUBLIC,
        },
    }
}

/// Limits of `block`, the `index`-th of its district.
pub fn limits(town: &Town, block: &Block, index: usize) -> Limits {
    let (zoning_use, letters, allowed_uses, coverage, storeys, height_max_m, far_max, setback_m) =
        rule(block.plot);
    let (low, high) = town.extent(block.columns, block.rows);
    let middle = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])];
    Limits {
        lot_code: format!("{letters}-{:03}", index + 1),
        plan_name: plan_name(&town.district, part(town, middle)),
        zoning_use,
        allowed_uses,
        net_coverage_percent: coverage,
        storeys_min: storeys[0],
        storeys_max: storeys[1],
        height_max_m,
        far_max,
        planned_level_m: rounded(level_m(&town.district, middle), 1),
        setback_m,
    }
}

/// Planned level at a place of the frame, Hon Dau, metres: gently sloping towns.
pub fn level_m(district: &District, [u, v]: Uv) -> f64 {
    let share = district.frame.straight.map_or(1.0, |(low, high)| {
        // The demo quarter's plan sets its own levels; around it the slope starts flat.
        let off = |i: usize, x: f64| (low[i] - x).max(x - high[i]).max(0.0);
        (off(0, u).hypot(off(1, v)) / 300.0).min(1.0)
    });
    district.level_m + share * (6.0 * (u / 310.0).sin() + 5.0 * (v / 270.0).cos()) + 1.0
}

/// Land-use code of a block's parcels.
pub fn land_use(district: &District, block: &Block) -> &'static str {
    match block.plot {
        Plot::Homes(_) => district.home_land_use,
        Plot::Riverside => "DKV",
        Plot::Site(site) => match site.kind {
            K::Square | K::Park => "DKV",
            K::CityHall | K::Offices => "TSC",
            K::Police | K::FireStation => "CAN",
            K::Market => "DCH",
            K::Hospital | K::HealthStation => "DYT",
            K::Kindergarten | K::Primary | K::LowerSecondary | K::UpperSecondary => "DGD",
            K::CultureHouse | K::Library => "DVH",
            K::Stadium => "DTT",
            K::CarPark | K::BusStation => "DGT",
            K::Pagoda | K::Church => "TON",
            K::Mall | K::Hotel => "TMD",
            K::Apartments => district.home_land_use,
            K::WaterWorks | K::WasteWater => "DCT",
            K::Heritage => "DDD",
        },
    }
}

/// Quarter of the district in which a place lies: 0 … 3.
fn part(town: &Town, [u, v]: Uv) -> usize {
    let [split_u, split_v] = split(town);
    usize::from(u > split_u) + 2 * usize::from(v > split_v)
}

/// Where the district is split into four plans: the middles of the greater streets nearest to its centre, so that
/// no block lies in two plans.
fn split(town: &Town) -> Uv {
    let nearest = |streets: &[Street], centre: f64| {
        let greater = streets.iter().filter(|s| s.class != Class::Local).map(Street::middle);
        greater.min_by(|a, b| (a - centre).abs().total_cmp(&(b - centre).abs())).unwrap_or(centre)
    };
    [nearest(&town.columns, town.district.centre[0]), nearest(&town.rows, town.district.centre[1])]
}

/// Area type and number of each of the four 1/2000 plans of a district.
const PARTS: [(&str, &str); 4] =
    [("existing", "1"), ("existing", "2"), ("new", "3"), ("renovation_only", "4")];

fn plan_name(district: &District, part: usize) -> String {
    format!("Quy hoạch phân khu 1/2000 khu số {}, {} (dữ liệu mẫu)", PARTS[part].1, district.name)
}

/// Adds the plans of a district: the demo quarter's detailed plan, four zoning plans, which leave it out.
pub fn add_plans(sample: &mut Sample, town: &Town) {
    let d = &town.district;
    let [low, high] = [
        [town.columns[0].low, town.rows[0].low],
        [town.columns[town.columns.len() - 1].high, town.rows[town.rows.len() - 1].high],
    ];
    for (part, (area_type, number)) in PARTS.iter().enumerate() {
        let (a, b) = part_extent(split(town), part, low, high);
        let mut ring = d.frame.line(&[a, [b[0], a[1]], b, [a[0], b[1]], a]);
        ring.pop();
        let whole = Polygon::new(LineString::from(ring), vec![]);
        let polygons = match d.quarter {
            Some(q) => {
                let hole: Vec<[f64; 2]> = q.ring(&q.rect());
                geo::BooleanOps::difference(&whole, &Polygon::new(LineString::from(hole), vec![]))
            }
            None => MultiPolygon(vec![whole]),
        };
        let row = values! {
            code: format!("QHPK-{}-{number}", d.id.to_uppercase()),
            name: plan_name(d, part),
            decision: format!("{}/QĐ-UBND (mẫu)", 310 + part * 7),
            plan_type: "zoning_2000",
            area_type: *area_type,
            approved_on: chrono::NaiveDate::from_ymd_opt(2022, 3 + part as u32, 15),
        };
        sample.add("plan_boundary", polygons, row);
    }
}

/// Adds a town's general plan around all of its districts. It says no area type: the plans below it do.
pub fn add_general_plan(sample: &mut Sample, town: &str, parts: &[&Town]) {
    let corners = parts.iter().flat_map(|t| {
        let (columns, rows) = (&t.columns, &t.rows);
        let us = [columns[0].low, columns[columns.len() - 1].high];
        let vs = [rows[0].low, rows[rows.len() - 1].high];
        us.into_iter().flat_map(move |u| vs.map(|v| t.frame().to_map([u, v])))
    });
    let hull = corners.map(Point::from).collect::<MultiPoint>().convex_hull();
    let outline = super::lines::largest(hull.buffer(GENERAL_MARGIN_M)).simplify(1.0);
    let number = sample.next_code("plan_boundary", "QHC");
    let row = values! {
        code: number,
        name: format!("Quy hoạch chung đô thị {town} đến năm 2045 (dữ liệu mẫu)"),
        decision: "1206/QĐ-UBND (mẫu)",
        plan_type: "general",
        approved_on: chrono::NaiveDate::from_ymd_opt(2021, 12, 20),
    };
    sample.add("plan_boundary", MultiPolygon(vec![outline]), row);
}

/// How far a general plan reaches beyond the streets of its town, metres.
const GENERAL_MARGIN_M: f64 = 400.0;

/// Adds the current and planned land use of a district, one item a code, made of its blocks.
pub fn add_land_use(sample: &mut Sample, town: &Town) {
    let mut areas: BTreeMap<&'static str, Vec<Polygon<f64>>> = BTreeMap::new();
    for (_, block) in town.blocks.iter().enumerate().filter(|(i, _)| owns_cells(town, *i)) {
        let polygon = Polygon::new(LineString::from(block.outline(town)), vec![]);
        areas.entry(land_use(&town.district, block)).or_default().push(polygon);
    }
    for (code, polygons) in areas {
        let area = MultiPolygon(polygons);
        let area_ha = rounded(area.unsigned_area() / 1e4, 2);
        let commune = town.district.commune_code;
        let row = values! {
            code: sample.next_code("landuse_current", "HT"), land_use: code, commune_code: commune, area_ha: area_ha,
            survey_year: 2024_i64,
        };
        sample.add("landuse_current", area.clone(), row);
        let row = values! {
            code: sample.next_code("landuse_plan", "QH"), land_use: code, commune_code: commune, area_ha: area_ha,
            period: "2021–2030", decision: "Quyết định phê duyệt quy hoạch sử dụng đất (mẫu)",
        };
        sample.add("landuse_plan", area, row);
    }
}

/// Extent of a quarter of the district.
fn part_extent(split: Uv, part: usize, low: Uv, high: Uv) -> (Uv, Uv) {
    let pick =
        |axis: usize, upper: bool| if upper { [split[axis], high[axis]] } else { [low[axis], split[axis]] };
    let [u, v] = [pick(0, part % 2 == 1), pick(1, part / 2 == 1)];
    ([u[0], v[0]], [u[1], v[1]])
}
