//! The districts of the two detailed towns: where they lie, how their grids run, what stands where.

use super::grid::{Class, Frame, Pattern, Street};
use crate::sample::demo_sites::{DUC_LAP, DemoQuarter, GIA_NGHIA};

/// A piece of town with a street grid of its own.
pub struct District {
    /// Short name for codes and random topics.
    pub id: &'static str,
    /// Name of the town.
    pub town: &'static str,
    /// Name of the district, with its kind.
    pub name: &'static str,
    /// Commune of all its parcels.
    pub commune_code: &'static str,
    /// Frame.
    pub frame: Frame,
    /// The demo quarter in it, at u = v = 0 of the frame.
    pub quarter: Option<&'static DemoQuarter>,
    /// Centre of the built area in the frame, metres.
    pub centre: [f64; 2],
    /// Half axes of the built area, metres.
    pub half_m: [f64; 2],
    /// Planned level of the ground, Hon Dau, metres.
    pub level_m: f64,
    /// Land-use code of homes: in wards `ODT`, in rural communes `ONT`.
    pub home_land_use: &'static str,
    /// First of the street names to use, so that districts differ.
    pub first_name: usize,
    /// Public places, each wanted near a place.
    pub sites: &'static [Site],
}

/// A public place that takes whole blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// What it is.
    pub kind: Kind,
    /// Name; for schools and the like without their kind.
    pub name: &'static str,
    /// Wanted place as a share of the half axes, −1 … 1 in u and v.
    pub at: [f64; 2],
    /// Cells that it takes along u and v.
    pub cells: [usize; 2],
}

/// Kinds of public places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the definitions")]
pub enum Kind {
    Square,
    Park,
    CityHall,
    Police,
    FireStation,
    Market,
    Hospital,
    HealthStation,
    Kindergarten,
    Primary,
    LowerSecondary,
    UpperSecondary,
    CultureHouse,
    Library,
    Stadium,
    CarPark,
    BusStation,
    Pagoda,
    Church,
    Mall,
    Apartments,
    Offices,
    Hotel,
    WaterWorks,
    WasteWater,
    Heritage,
}

const fn site(kind: Kind, name: &'static str, at: [f64; 2], cells: [usize; 2]) -> Site {
    Site { kind, name, at, cells }
}

use Kind as K;

static BAC: [Site; 31] = [
    site(K::Square, "Quảng trường Trung tâm", [0.18, -0.12], [1, 2]),
    site(K::CityHall, "Trụ sở UBND phường Bắc Gia Nghĩa", [0.36, -0.12], [1, 1]),
    site(K::CultureHouse, "Nhà văn hóa trung tâm Gia Nghĩa", [0.36, -0.22], [1, 1]),
    site(K::Library, "Thư viện Gia Nghĩa", [0.02, -0.12], [1, 1]),
    site(K::Market, "Chợ Gia Nghĩa", [0.05, -0.35], [1, 2]),
    site(K::Mall, "Trung tâm thương mại Gia Nghĩa", [0.22, -0.35], [1, 1]),
    site(K::Hospital, "Bệnh viện Đa khoa khu vực Gia Nghĩa", [0.62, 0.2], [2, 2]),
    site(K::HealthStation, "Trạm Y tế phường Bắc Gia Nghĩa", [-0.1, 0.42], [1, 1]),
    site(K::Police, "Công an phường Bắc Gia Nghĩa", [0.48, -0.3], [1, 1]),
    site(K::FireStation, "Đội Chữa cháy và cứu nạn cứu hộ khu vực Gia Nghĩa", [0.7, -0.15], [1, 1]),
    site(K::UpperSecondary, "Chu Văn An", [0.5, 0.42], [1, 2]),
    site(K::LowerSecondary, "Nguyễn Bỉnh Khiêm", [-0.15, 0.6], [1, 2]),
    site(K::Primary, "Nguyễn Bá Ngọc", [0.3, 0.5], [1, 1]),
    site(K::Primary, "Võ Thị Sáu", [0.35, -0.55], [1, 1]),
    site(K::Primary, "Lê Hồng Phong", [-0.6, 0.25], [1, 1]),
    site(K::Kindergarten, "Hoa Mai", [0.12, 0.38], [1, 1]),
    site(K::Kindergarten, "Sao Mai", [0.6, -0.5], [1, 1]),
    site(K::Kindergarten, "Hướng Dương", [-0.65, -0.1], [1, 1]),
    site(K::Stadium, "Sân vận động Gia Nghĩa", [0.72, 0.5], [2, 3]),
    site(K::Park, "Công viên Đồi Thông", [0.0, 0.75], [1, 2]),
    site(K::Park, "Vườn hoa Hùng Vương", [0.55, 0.02], [1, 1]),
    site(K::CarPark, "Bãi đỗ xe trung tâm", [0.2, -0.48], [1, 1]),
    site(K::BusStation, "Bến xe Gia Nghĩa", [-0.55, 0.55], [1, 1]),
    site(K::Pagoda, "Chùa Pháp Hoa", [0.3, 0.68], [1, 1]),
    site(K::Church, "Giáo xứ Gia Nghĩa", [0.75, -0.35], [1, 1]),
    site(K::Apartments, "Chung cư Đồi Xanh", [0.5, -0.62], [1, 1]),
    site(K::Apartments, "Nhà ở xã hội Sùng Đức", [0.3, 0.25], [1, 1]),
    site(K::Offices, "Khu hành chính tập trung", [0.45, 0.12], [1, 2]),
    site(K::Hotel, "Khách sạn Cao Nguyên", [0.02, -0.22], [1, 1]),
    site(K::WaterWorks, "Nhà máy nước Gia Nghĩa", [-0.75, 0.45], [1, 1]),
    site(K::WasteWater, "Nhà máy xử lý nước thải Gia Nghĩa", [-0.35, -0.8], [1, 1]),
];

static NAM: [Site; 13] = [
    site(K::CityHall, "Trụ sở UBND phường Nam Gia Nghĩa", [0.05, 0.1], [1, 1]),
    site(K::Square, "Quảng trường Nam Gia Nghĩa", [0.05, -0.08], [1, 1]),
    site(K::Market, "Chợ Nghĩa Phú", [0.3, -0.2], [1, 1]),
    site(K::HealthStation, "Trạm Y tế phường Nam Gia Nghĩa", [-0.2, 0.3], [1, 1]),
    site(K::Police, "Công an phường Nam Gia Nghĩa", [0.25, 0.25], [1, 1]),
    site(K::LowerSecondary, "Phan Bội Châu", [0.4, 0.4], [1, 2]),
    site(K::Primary, "Bế Văn Đàn", [-0.4, -0.3], [1, 1]),
    site(K::Kindergarten, "Họa Mi", [-0.1, -0.5], [1, 1]),
    site(K::Park, "Công viên Nghĩa Phú", [-0.5, 0.1], [1, 2]),
    site(K::CultureHouse, "Nhà văn hóa phường Nam Gia Nghĩa", [0.2, 0.5], [1, 1]),
    site(K::Mall, "Siêu thị Nam Gia Nghĩa", [0.5, 0.0], [1, 1]),
    site(K::CarPark, "Bãi đỗ xe Nghĩa Phú", [0.5, -0.35], [1, 1]),
    site(K::Apartments, "Chung cư Nghĩa Phú", [-0.3, 0.6], [1, 1]),
];

static DONG: [Site; 13] = [
    site(K::CityHall, "Trụ sở UBND phường Đông Gia Nghĩa", [0.0, 0.12], [1, 1]),
    site(K::Square, "Vườn hoa Nghĩa Trung", [0.0, -0.1], [1, 1]),
    site(K::Market, "Chợ Nghĩa Trung", [-0.3, -0.15], [1, 1]),
    site(K::HealthStation, "Trạm Y tế phường Đông Gia Nghĩa", [0.3, 0.3], [1, 1]),
    site(K::Police, "Công an phường Đông Gia Nghĩa", [-0.2, 0.3], [1, 1]),
    site(K::UpperSecondary, "Trần Phú", [0.45, -0.2], [1, 2]),
    site(K::Primary, "Nguyễn Viết Xuân", [-0.45, 0.4], [1, 1]),
    site(K::Kindergarten, "Sơn Ca", [0.2, -0.5], [1, 1]),
    site(K::Park, "Công viên Nghĩa Trung", [0.55, 0.35], [1, 2]),
    site(K::Pagoda, "Chùa Pháp Quang", [-0.6, -0.1], [1, 1]),
    site(K::CultureHouse, "Nhà văn hóa phường Đông Gia Nghĩa", [-0.1, 0.55], [1, 1]),
    site(K::Offices, "Khu cơ quan Nghĩa Trung", [0.25, 0.05], [1, 1]),
    site(K::CarPark, "Bãi đỗ xe Nghĩa Trung", [-0.35, -0.4], [1, 1]),
];

static LAP: [Site; 21] = [
    site(K::Square, "Quảng trường Đức Lập", [0.2, -0.15], [1, 2]),
    site(K::CityHall, "Trụ sở UBND xã Đức Lập", [0.38, -0.1], [1, 1]),
    site(K::Market, "Chợ Đắk Mil", [0.1, -0.38], [1, 2]),
    site(K::Hospital, "Trung tâm Y tế khu vực Đắk Mil", [0.6, 0.2], [1, 2]),
    site(K::HealthStation, "Trạm Y tế xã Đức Lập", [-0.2, 0.45], [1, 1]),
    site(K::Police, "Công an xã Đức Lập", [0.4, -0.3], [1, 1]),
    site(K::FireStation, "Tổ Chữa cháy khu vực Đức Lập", [0.65, -0.2], [1, 1]),
    site(K::UpperSecondary, "Nguyễn Du", [0.45, 0.45], [1, 2]),
    site(K::LowerSecondary, "Nguyễn Tất Thành", [-0.3, 0.65], [1, 2]),
    site(K::Primary, "Lê Lợi", [0.2, 0.6], [1, 1]),
    site(K::Primary, "Kim Đồng", [0.45, -0.55], [1, 1]),
    site(K::Kindergarten, "Hoa Sen", [0.05, 0.4], [1, 1]),
    site(K::Kindergarten, "Vàng Anh", [0.25, -0.6], [1, 1]),
    site(K::Stadium, "Sân vận động Đắk Mil", [0.7, 0.45], [1, 3]),
    site(K::CultureHouse, "Nhà văn hóa xã Đức Lập", [0.4, 0.08], [1, 1]),
    site(K::Heritage, "Nhà ngục Đắk Mil", [0.75, -0.05], [1, 1]),
    site(K::Church, "Giáo xứ Đức Lập", [-0.1, -0.6], [1, 1]),
    site(K::CarPark, "Bãi đỗ xe chợ Đắk Mil", [0.28, -0.45], [1, 1]),
    site(K::BusStation, "Bến xe Đắk Mil", [-0.5, 0.5], [1, 1]),
    site(K::Hotel, "Khách sạn Hồ Tây", [0.05, -0.2], [1, 1]),
    site(K::WaterWorks, "Trạm cấp nước Đức Lập", [-0.6, -0.5], [1, 1]),
];

/// The districts of the sample.
pub fn districts() -> [District; 4] {
    [bac_gia_nghia(), nam_gia_nghia(), dong_gia_nghia(), duc_lap()]
}

fn bac_gia_nghia() -> District {
    District {
        id: "bgn",
        town: "Gia Nghĩa",
        name: "phường Bắc Gia Nghĩa",
        commune_code: "24611",
        frame: demo_frame(&GIA_NGHIA, 55.0, [0.6, 2.2]),
        quarter: Some(&GIA_NGHIA),
        centre: [-60.0, 110.0],
        half_m: [1080.0, 900.0],
        level_m: 600.0,
        home_land_use: "ODT",
        first_name: 0,
        sites: &BAC,
    }
}

fn nam_gia_nghia() -> District {
    District {
        id: "ngn",
        town: "Gia Nghĩa",
        name: "phường Nam Gia Nghĩa",
        commune_code: "24615",
        frame: Frame {
            origin: [408_300.0, 1_325_900.0],
            rotation_deg: -14.0,
            straight: None,
            bend_m: 55.0,
            phase: [1.0, 0.2],
        },
        quarter: None,
        centre: [0.0, 0.0],
        half_m: [760.0, 600.0],
        level_m: 590.0,
        home_land_use: "ODT",
        first_name: 44,
        sites: &NAM,
    }
}

fn dong_gia_nghia() -> District {
    District {
        id: "dgn",
        town: "Gia Nghĩa",
        name: "phường Đông Gia Nghĩa",
        commune_code: "24617",
        frame: Frame {
            origin: [412_600.0, 1_324_700.0],
            rotation_deg: 38.0,
            straight: None,
            bend_m: 50.0,
            phase: [2.0, 0.9],
        },
        quarter: None,
        centre: [0.0, 0.0],
        half_m: [720.0, 560.0],
        level_m: 610.0,
        home_land_use: "ODT",
        first_name: 70,
        sites: &DONG,
    }
}

fn duc_lap() -> District {
    District {
        id: "dlp",
        town: "Đức Lập",
        name: "xã Đức Lập",
        commune_code: "24664",
        frame: demo_frame(&DUC_LAP, 55.0, [0.2, 0.8]),
        quarter: Some(&DUC_LAP),
        centre: [40.0, 60.0],
        half_m: [900.0, 720.0],
        level_m: 748.0,
        home_land_use: "ONT",
        first_name: 10,
        sites: &LAP,
    }
}

fn demo_frame(quarter: &DemoQuarter, bend_m: f64, phase: [f64; 2]) -> Frame {
    Frame {
        origin: quarter.origin,
        rotation_deg: quarter.rotation_deg,
        straight: Some(([0.0, 0.0], quarter.size)),
        bend_m,
        phase,
    }
}

impl District {
    /// How streets across u follow each other: long blocks.
    pub const COLUMN_PATTERN: Pattern = Pattern { block_m: [104.0, 138.0], area_every: 3, urban_every: 5 };
    /// How streets along u follow each other: blocks two lots deep.
    pub const ROW_PATTERN: Pattern = Pattern { block_m: [38.0, 46.0], area_every: 5, urban_every: 9 };

    /// Streets across u (false) or along u (true) that are fixed beforehand: those of the demo quarter, or one
    /// main street through the middle.
    pub fn fixed_streets(&self, along_u: bool) -> Vec<Street> {
        let Some(quarter) = self.quarter else {
            return vec![Street {
                low: -15.0,
                high: 15.0,
                class: Class::Urban,
                name: String::new(),
                around_quarter: false,
            }];
        };
        let axis = usize::from(along_u);
        let mut found: Vec<Street> = Vec::new();
        for s in quarter.streets.iter().filter(|s| s.along_u == along_u) {
            if found.iter().any(|f| (f.low - s.rect.min[axis]).abs() < 1e-9) {
                continue;
            }
            let class = match s.planning_class {
                "urban" => Class::Urban,
                "area" => Class::Area,
                _ => Class::Local,
            };
            let (low, high) = (s.rect.min[axis], s.rect.max[axis]);
            found.push(Street { low, high, class, name: s.name.to_owned(), around_quarter: false });
        }
        found.sort_by(|a, b| a.low.total_cmp(&b.low));
        if along_u { divided(found) } else { found }
    }
}

/// Streets along u with one more in the middle of each gap that is too deep for two rows of lots.
fn divided(streets: Vec<Street>) -> Vec<Street> {
    let mut found: Vec<Street> = Vec::new();
    for street in streets {
        if let Some(last) = found.last().map(|s| s.high).filter(|h| street.low - h > DEEPEST_BLOCK_M) {
            let width = Class::Local.width_m();
            let low = last + (street.low - last - width) / 2.0;
            found.push(Street {
                low,
                high: low + width,
                class: Class::Local,
                name: String::new(),
                around_quarter: true,
            });
        }
        found.push(street);
    }
    found
}

/// Deepest block that is still two rows of lots, metres.
const DEEPEST_BLOCK_M: f64 = 60.0;
