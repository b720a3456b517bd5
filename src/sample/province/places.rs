//! Points and areas of public places: each stands on the block that the plan gave it.

use geo::{Coord, LineString, Point, Polygon};

use super::dice::Dice;
use super::district::{Kind as K, Site};
use super::item::{Sample, rounded, values};
use super::lots::Lot;
use super::names;
use super::plan::{Block, Homes, Plot, Town};
use super::zoning::level_m;

/// Adds the items that stand for a district's public places and small businesses.
pub fn add(sample: &mut Sample, town: &Town, lots: &[Lot], seed: u64) {
    let mut dice = Dice::new(seed, &format!("places {}", town.district.id));
    for lot in lots {
        let block = &town.blocks[lot.block];
        match block.plot {
            Plot::Site(site) => place(sample, town, block, lot, site, &mut dice),
            Plot::Homes(Homes::Mixed) if dice.chance(0.02) => business(sample, town, lot, &mut dice),
            _ => {}
        }
    }
    green(sample, town);
}

fn middle(town: &Town, lot: &Lot) -> Point<f64> {
    let (low, high) = lot.extent;
    town.frame().to_map([f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])]).into()
}

fn outline(town: &Town, block: &Block) -> Polygon<f64> {
    Polygon::new(LineString::from(block.outline(town)), vec![])
}

fn place(sample: &mut Sample, town: &Town, block: &Block, lot: &Lot, site: Site, dice: &mut Dice) {
    let at = middle(town, lot);
    match site.kind {
        K::Kindergarten | K::Primary | K::LowerSecondary | K::UpperSecondary => {
            school(sample, town, lot, site, at, dice);
        }
        K::Hospital | K::HealthStation => health(sample, town, lot, site, at, dice),
        K::Square | K::Park => park(sample, town, block, site),
        K::Market | K::FireStation | K::Hotel | K::CarPark | K::BusStation | K::Heritage => {
            service(sample, town, block, lot, site, at, dice);
        }
        K::CultureHouse | K::Library | K::Stadium => {
            let kind = match site.kind {
                K::Library => "library",
                K::Stadium => "stadium",
                _ => "culture_house",
            };
            let row = values! {
                code: sample.next_code("culture_sport", "VHTT"), name: site.name, kind: kind,
                capacity: dice.int(2, 40) * 50, commune_code: town.district.commune_code,
            };
            sample.add("culture_sport", at, row);
        }
        K::WaterWorks | K::WasteWater => works(sample, town, site, at),
        K::CityHall | K::Police | K::Pagoda | K::Church | K::Mall | K::Apartments | K::Offices => {}
    }
}

fn school(sample: &mut Sample, town: &Town, lot: &Lot, site: Site, at: Point<f64>, dice: &mut Dice) {
    let (level, kind, pupils) = match site.kind {
        K::Kindergarten => ("kindergarten", "Trường Mầm non", dice.int(180, 420)),
        K::Primary => ("primary", "Trường Tiểu học", dice.int(450, 1100)),
        K::LowerSecondary => ("lower_secondary", "Trường THCS", dice.int(600, 1300)),
        _ => ("upper_secondary", "Trường THPT", dice.int(800, 1600)),
    };
    let row = values! {
        code: sample.next_code("school", "TH"), name: format!("{kind} {}", site.name), level: level,
        pupils: pupils, classrooms: pupils / 38 + 1, address: lot.address.clone(),
        commune_code: town.district.commune_code,
    };
    sample.add("school", at, row);
}

fn health(sample: &mut Sample, town: &Town, lot: &Lot, site: Site, at: Point<f64>, dice: &mut Dice) {
    let (kind, beds) = match site.kind {
        K::HealthStation => ("commune_station", dice.int(5, 12)),
        _ if site.name.starts_with("Bệnh viện") => ("hospital", 450),
        _ => ("health_centre", 150),
    };
    let row = values! {
        code: sample.next_code("hospital_clinic", "YT"), name: site.name, kind: kind, beds: beds,
        address: lot.address.clone(), commune_code: town.district.commune_code,
    };
    sample.add("hospital_clinic", at, row);
}

fn park(sample: &mut Sample, town: &Town, block: &Block, site: Site) {
    let polygon = outline(town, block);
    let kind = match site.kind {
        K::Square => "square",
        _ if site.name.starts_with("Vườn hoa") => "garden",
        _ => "park",
    };
    let row = values! {
        code: sample.next_code("park", "CV"), name: site.name, kind: kind,
        area_m2: rounded(geo::Area::unsigned_area(&polygon), 1), commune_code: town.district.commune_code,
    };
    sample.add("park", polygon, row);
}

fn service(
    sample: &mut Sample,
    town: &Town,
    block: &Block,
    lot: &Lot,
    site: Site,
    at: Point<f64>,
    dice: &mut Dice,
) {
    let commune = town.district.commune_code;
    match site.kind {
        K::Market => {
            let row = values! {
                code: sample.next_code("market", "CHO"), name: site.name, grade: dice.pick(&["1", "2"]),
                stalls: dice.int(120, 480), commune_code: commune,
            };
            sample.add("market", at, row);
        }
        K::FireStation => {
            let row = values! {
                code: sample.next_code("fire_station", "PCCC"), name: site.name, phone: "114",
                engines: dice.int(2, 6), commune_code: commune,
            };
            sample.add("fire_station", at, row);
        }
        K::Hotel => hotel(sample, town, lot, site.name.to_owned(), "hotel", at, dice),
        K::CarPark | K::BusStation => {
            let row = values! {
                code: sample.next_code("parking", "BDX"), name: site.name, capacity: dice.int(80, 260), fee: true,
                commune_code: commune,
            };
            sample.add("parking", outline(town, block), row);
        }
        _ => {
            let row = values! {
                code: sample.next_code("heritage", "DT"), name: site.name, rank: "national", zone: "I",
                decision: "Quyết định xếp hạng di tích (mẫu)", commune_code: commune,
            };
            sample.add("heritage", outline(town, block), row);
        }
    }
}

fn hotel(
    sample: &mut Sample,
    town: &Town,
    lot: &Lot,
    name: String,
    kind: &'static str,
    at: Point<f64>,
    dice: &mut Dice,
) {
    let row = values! {
        code: sample.next_code("accommodation", "LT"), name: name, kind: kind,
        stars: if kind == "hotel" { dice.int(1, 4) } else { 0 },
        rooms: if kind == "hotel" { dice.int(18, 90) } else { dice.int(6, 20) },
        address: lot.address.clone(), commune_code: town.district.commune_code,
    };
    sample.add("accommodation", at, row);
}

fn works(sample: &mut Sample, town: &Town, site: Site, at: Point<f64>) {
    let commune = town.district.commune_code;
    if site.kind == K::WaterWorks {
        let row = values! {
            code: sample.next_code("water_plant", "NMN"), name: site.name, capacity_m3_d: 9000.0, source: "Nước mặt hồ",
            commune_code: commune,
        };
        sample.add("water_plant", at, row);
    } else {
        let row = values! {
            code: sample.next_code("wwtp", "XLNT"), name: site.name, capacity_m3_d: 5000.0, technology: "SBR",
            commune_code: commune,
        };
        sample.add("wwtp", at, row);
    }
}

/// A clinic, guest house or petrol station in a block of shop houses.
fn business(sample: &mut Sample, town: &Town, lot: &Lot, dice: &mut Dice) {
    let at = middle(town, lot);
    let commune = town.district.commune_code;
    match dice.int(0, 3) {
        0 => {
            let row = values! {
                code: sample.next_code("hospital_clinic", "YT"),
                name: format!("Phòng khám {} (mẫu)", dice.pick(&names::GIVEN)), kind: "clinic",
                beds: dice.int(0, 4), address: lot.address.clone(), commune_code: commune,
            };
            sample.add("hospital_clinic", at, row);
        }
        1 => {
            let number = sample.count("petrol_station") + 1;
            let row = values! {
                code: sample.next_code("petrol_station", "XD"),
                name: format!("Cửa hàng xăng dầu số {number} (mẫu)"), grade: dice.pick(&["2", "3"]),
                tank_m3: dice.int(40, 150) as f64, commune_code: commune,
            };
            sample.add("petrol_station", at, row);
        }
        n => {
            let (kind, word) =
                if n == 2 { ("guest_house", "Nhà nghỉ") } else { ("hotel", "Khách sạn") };
            let name = format!("{word} {} (mẫu)", dice.pick(&names::HOTELS));
            hotel(sample, town, lot, name, kind, at, dice);
        }
    }
}

/// Riverside strips are parks; a few planning areas of the centre.
fn green(sample: &mut Sample, town: &Town) {
    for (index, block) in town.blocks.iter().enumerate() {
        if block.plot == Plot::Riverside && super::lots::owns_cells(town, index) {
            let polygon = outline(town, block);
            let row = values! {
                code: sample.next_code("park", "CV"), name: "Dải cây xanh ven suối", kind: "park",
                area_m2: rounded(geo::Area::unsigned_area(&polygon), 1), commune_code: town.district.commune_code,
            };
            sample.add("park", polygon, row);
        }
    }
    special_areas(sample, town);
}

/// Architecture-rule area, underground zone and a housing project, laid over parts of the district.
fn special_areas(sample: &mut Sample, town: &Town) {
    let d = &town.district;
    let area = |share: [f64; 4]| -> Polygon<f64> {
        let at = |i: usize, s: f64| d.centre[i] + s * d.half_m[i];
        let (a, b) = ([at(0, share[0]), at(1, share[1])], [at(0, share[2]), at(1, share[3])]);
        let ring: Vec<Coord<f64>> = d.frame.line(&[a, [b[0], a[1]], b, [a[0], b[1]], a]);
        Polygon::new(LineString::from(ring), vec![])
    };
    let row = values! {
        code: format!("KTCQ-{}", d.id.to_uppercase()),
        name: format!("Khu trung tâm {}", d.name),
        regulation: "Quy chế quản lý kiến trúc đô thị (mẫu)",
        facade_rule: "Mặt đứng không dùng kính phản quang; biển hiệu không quá 1 m",
        roof_rule: "Khuyến khích mái dốc",
        colour_rule: "Màu sáng, không dùng màu nguyên gắt",
        commune_code: d.commune_code,
    };
    sample.add("arch_zone", area([-0.05, -0.4, 0.45, 0.0]), row);
    let level = level_m(d, d.centre);
    let row = values! {
        code: format!("KGN-{}", d.id.to_uppercase()),
        name: format!("Bãi đỗ xe ngầm trung tâm {} (dự kiến, mẫu)", d.name),
        use: "parking", depth_top_m: 1.5, depth_bottom_m: rounded(8.0 + level % 3.0, 1), commune_code: d.commune_code,
    };
    sample.add("underground_zone", area([0.12, -0.16, 0.2, -0.1]), row);
    let polygon = area([-0.5, 0.35, -0.2, 0.62]);
    let row = values! {
        code: format!("DANO-{}", d.id.to_uppercase()),
        name: format!("Khu dân cư mới {} (mẫu)", d.name),
        investor: "Công ty Phát triển đô thị Cao Nguyên (giả định)",
        units: 420_i64, status: "building",
        area_ha: rounded(geo::Area::unsigned_area(&polygon) / 1e4, 2), commune_code: d.commune_code,
    };
    sample.add("housing_project", polygon, row);
}
