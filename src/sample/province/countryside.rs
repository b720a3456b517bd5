//! What lies outside of the towns: forests, fields, mines, industrial zones, lines, stations and sights.

use geo::{
    Area, BoundingRect, Coord, Distance, Euclidean, Geometry, LineString, MultiPolygon, Point, Polygon,
};

use super::communes::COMMUNES;
use super::dice::Dice;
use super::item::{Sample, rounded, values};
use super::lines::{patch, winding};
use super::place;

/// Adds the province's areas, lines and stations.
pub fn add(sample: &mut Sample, seed: u64) {
    let mut dice = Dice::new(seed, "countryside");
    forests(sample, &mut dice);
    minerals(sample, &mut dice);
    industry(sample, &mut dice);
    power(sample, &mut dice);
    sights(sample);
    for commune in &COMMUNES {
        commune_items(sample, commune.code, commune.name, place(commune.centre), &mut dice);
    }
    single_areas(sample, &mut dice);
}

fn hectares(polygon: &Polygon<f64>) -> f64 {
    rounded(polygon.unsigned_area() / 1e4, 1)
}

/// Name, kind, species, manager, centre, half axes.
type Forest = (&'static str, &'static str, &'static str, &'static str, [f64; 2], [f64; 2]);

static FORESTS: [Forest; 9] = [
    (
        "Vườn quốc gia Tà Đùng",
        "special_use",
        "Rừng lá rộng thường xanh",
        "Ban quản lý Vườn quốc gia Tà Đùng",
        [107.99, 11.93],
        [8200.0, 5600.0],
    ),
    (
        "Khu bảo tồn thiên nhiên Nâm Nung",
        "special_use",
        "Rừng lá rộng thường xanh",
        "Ban quản lý Khu bảo tồn Nâm Nung",
        [107.78, 12.25],
        [7000.0, 5200.0],
    ),
    (
        "Rừng cảnh quan Dray Sáp",
        "special_use",
        "Rừng khộp",
        "Ban quản lý Rừng đặc dụng Dray Sáp",
        [107.885, 12.545],
        [2600.0, 1900.0],
    ),
    (
        "Rừng phòng hộ Quảng Trực",
        "protection",
        "Rừng lá rộng thường xanh",
        "Ban quản lý rừng phòng hộ Quảng Trực",
        [107.27, 12.16],
        [6800.0, 6200.0],
    ),
    (
        "Rừng phòng hộ Gia Nghĩa",
        "protection",
        "Thông ba lá",
        "Ban quản lý rừng phòng hộ Gia Nghĩa",
        [107.745, 12.035],
        [2200.0, 1500.0],
    ),
    (
        "Rừng khộp Đắk Wil",
        "production",
        "Rừng khộp",
        "Công ty lâm nghiệp (giả định)",
        [107.665, 12.71],
        [7200.0, 4800.0],
    ),
    (
        "Rừng Thuận An",
        "production",
        "Rừng lá rộng",
        "Công ty lâm nghiệp (giả định)",
        [107.59, 12.55],
        [5200.0, 4300.0],
    ),
    (
        "Rừng Quảng Sơn",
        "production",
        "Rừng lá rộng, keo",
        "Công ty lâm nghiệp (giả định)",
        [107.93, 12.13],
        [6200.0, 4600.0],
    ),
    (
        "Rừng Quảng Tín",
        "production",
        "Cao su, keo",
        "Công ty lâm nghiệp (giả định)",
        [107.42, 11.83],
        [4200.0, 3600.0],
    ),
];

fn forests(sample: &mut Sample, dice: &mut Dice) {
    for (name, kind, species, manager, at, half) in FORESTS {
        let turn = dice.real(0.0, 180.0);
        let polygon = patch(place(at), half, turn, 0.4, dice);
        let row = values! {
            code: sample.next_code("forest", "R"), name: name, kind: kind, species: species,
            area_ha: hectares(&polygon), owner_name: manager,
        };
        sample.add("forest", polygon, row);
    }
}

fn minerals(sample: &mut Sample, dice: &mut Dice) {
    let areas = [
        ("Mỏ bô-xít Nhân Cơ", "bauxite", [107.575, 11.945], [4200.0, 2800.0]),
        ("Mỏ bô-xít Tuy Đức", "bauxite", [107.44, 12.19], [4600.0, 3000.0]),
        ("Mỏ bô-xít Bắc Gia Nghĩa", "bauxite", [107.74, 12.10], [2600.0, 1700.0]),
        ("Mỏ đá Đắk Song", "stone", [107.67, 12.30], [420.0, 300.0]),
        ("Mỏ cát Krông Nô", "sand", [107.95, 12.47], [800.0, 160.0]),
        ("Mỏ sét Đắk Mil", "clay", [107.66, 12.44], [380.0, 300.0]),
        ("Khu vực saphia Trường Xuân", "gem", [107.655, 12.16], [600.0, 420.0]),
    ];
    for (i, (name, mineral, at, half)) in areas.into_iter().enumerate() {
        let polygon = patch(place(at), half, dice.real(0.0, 180.0), 0.35, dice);
        let row = values! {
            code: sample.next_code("mineral", "KS"), name: name, mineral: mineral,
            reserve_t: dice.int(2, 90) as f64 * 1e6, licence_no: format!("{}/GP-BTNMT (mẫu)", 1100 + i),
            area_ha: hectares(&polygon),
        };
        sample.add("mineral", polygon, row);
    }
}

fn industry(sample: &mut Sample, dice: &mut Dice) {
    let zones = [
        ("Khu công nghiệp Tâm Thắng", "zone", "24640", [107.905, 12.612], [820.0, 560.0]),
        ("Khu công nghiệp Nhân Cơ", "zone", "24751", [107.598, 11.972], [760.0, 520.0]),
        ("Cụm công nghiệp Thuận An", "cluster", "24682", [107.60, 12.405], [360.0, 260.0]),
        ("Cụm công nghiệp Krông Nô", "cluster", "24688", [107.83, 12.452], [300.0, 220.0]),
        ("Cụm công nghiệp Đắk Song", "cluster", "24717", [107.62, 12.24], [320.0, 240.0]),
        ("Cụm công nghiệp Quảng Tâm", "cluster", "24739", [107.45, 12.165], [300.0, 200.0]),
    ];
    for (name, kind, commune, at, [a, b]) in zones {
        let (sin, cos) = dice.real(0.0, 1.4).sin_cos();
        let c = place(at);
        let ring = [[-a, -b], [a, -b], [a, b], [-a, b]]
            .map(|[x, y]| Coord { x: c.x + x * cos - y * sin, y: c.y + x * sin + y * cos });
        let polygon = Polygon::new(LineString::from(ring.to_vec()), vec![]);
        // Only industrial zones have a board that grants permits; clusters belong to the communes.
        let board = (kind == "zone").then_some(super::ZONE_BOARD);
        let row = values! {
            code: sample.next_code("industrial_zone", "KCN"), name: name, board_code: board, kind: kind,
            area_ha: hectares(&polygon), occupancy_percent: dice.int(40, 96) as f64, commune_code: commune,
        };
        sample.add("industrial_zone", polygon, row);
    }
}

fn power(sample: &mut Sample, dice: &mut Dice) {
    let lines: [(&str, f64, f64, &[[f64; 2]]); 4] = [
        (
            "Đường dây 500 kV Pleiku – Cầu Bông",
            500.0,
            16.0,
            &[[107.78, 12.80], [107.64, 12.55], [107.56, 12.28], [107.45, 12.02], [107.38, 11.85]],
        ),
        (
            "Đường dây 220 kV Buôn Kuốp – Đắk Nông",
            220.0,
            14.0,
            &[[107.93, 12.53], [107.82, 12.35], [107.72, 12.14], [107.66, 12.045]],
        ),
        (
            "Đường dây 110 kV Đắk Nông – Đắk Mil",
            110.0,
            12.0,
            &[[107.66, 12.045], [107.63, 12.22], [107.60, 12.36], [107.635, 12.458]],
        ),
        (
            "Đường dây 110 kV Đắk Nông – Nhân Cơ",
            110.0,
            12.0,
            &[[107.66, 12.045], [107.63, 12.00], [107.585, 11.965]],
        ),
    ];
    for (name, voltage_kv, height, points) in lines {
        // Overhead lines run straight from angle tower to angle tower.
        let line: Vec<Coord<f64>> = points.iter().map(|p| place(*p)).collect();
        let row = values! {
            code: sample.next_code("power_line", "DD"), name: name, voltage_kv: voltage_kv,
            conductor_height_m: height, underground: false,
        };
        sample.add("power_line", LineString::from(line), row);
    }
    for (name, voltage_kv, kva, at) in [
        ("Trạm 500 kV Đắk Nông", 500.0, 900_000.0, [107.66, 12.045]),
        ("Trạm 110 kV Đắk Mil", 110.0, 40_000.0, [107.635, 12.458]),
        ("Trạm 110 kV Nhân Cơ", 110.0, 126_000.0, [107.585, 11.965]),
    ] {
        let row = values! {
            code: sample.next_code("substation", "TBA"), name: name, voltage_kv: voltage_kv, capacity_kva: kva,
        };
        sample.add("substation", Point::from(place(at)), row);
    }
    let backbone = [
        [107.955, 12.66],
        [107.888, 12.587],
        [107.62, 12.45],
        [107.6156, 12.251],
        [107.69, 12.0],
        [107.50, 12.0],
        [107.41, 11.88],
    ];
    let line = winding(&backbone.map(place), 0.08, 2000.0, dice);
    let row = values! {
        code: sample.next_code("fibre", "CQ"), operator: "operator_a", cores: 144_i64, underground: true,
    };
    sample.add("fibre", LineString::from(line), row);
}

/// Name, kind, longitude and latitude (approximate).
static SIGHTS: [(&str, &str, [f64; 2]); 16] = [
    ("Hồ Tà Đùng", "lake", [107.985, 11.872]),
    ("Thác Dray Sáp", "waterfall", [107.889, 12.541]),
    ("Thác Gia Long", "waterfall", [107.900, 12.520]),
    ("Thác Trinh Nữ", "waterfall", [107.915, 12.601]),
    ("Thác Liêng Nung", "waterfall", [107.730, 11.945]),
    ("Thác Đắk G'lun", "waterfall", [107.370, 12.150]),
    ("Thác Lưu Ly", "waterfall", [107.655, 12.230]),
    ("Hang động núi lửa C7 Krông Nô", "cave", [107.905, 12.497]),
    ("Núi lửa Nâm B'lang", "volcano", [107.890, 12.488]),
    ("Núi lửa Nâm Kar", "volcano", [107.825, 12.345]),
    ("Hồ Ea Snô", "lake", [107.93, 12.402]),
    ("Hồ Tây Đắk Mil", "lake", [107.6165, 12.4505]),
    ("Nhà trưng bày âm thanh Công viên địa chất", "culture", [107.695, 12.006]),
    ("Đồi Mắt Gia Nghĩa", "viewpoint", [107.700, 12.020]),
    ("Vườn cà phê Đức Lập", "farm", [107.640, 12.420]),
    ("Bon văn hóa N'Jriêng", "culture", [107.735, 11.938]),
];

fn sights(sample: &mut Sample) {
    for (name, kind, at) in SIGHTS {
        let row = values! {
            code: sample.next_code("tourist_site", "DL"), name: name, kind: kind,
            ticket_vnd: if matches!(kind, "waterfall" | "culture") { 30_000_i64 } else { 0 },
        };
        sample.add("tourist_site", Point::from(place(at)), row);
    }
}

/// What every commune has: fields, land use, a health station, a school, a market, stations, a cemetery.
fn commune_items(sample: &mut Sample, code: &'static str, name: &str, centre: Coord<f64>, dice: &mut Dice) {
    let around = |dice: &mut Dice, near: f64, far: f64| {
        let (angle, d) = (dice.real(0.0, std::f64::consts::TAU), dice.real(near, far));
        Coord { x: centre.x + d * angle.cos(), y: centre.y + d * angle.sin() }
    };
    let has_town = super::TOWN_COMMUNES.contains(&code);
    for i in 0..5 {
        let half = [dice.real(300.0, 900.0), dice.real(220.0, 600.0)];
        let polygon = patch(around(dice, 2800.0, 5200.0), half, dice.real(0.0, 180.0), 0.3, dice);
        let crop = dice.pick(&[
            "coffee",
            "coffee",
            "pepper",
            "durian",
            "avocado",
            "macadamia",
            "rubber",
            "passion_fruit",
            "rice",
            "maize",
            "vegetable",
        ]);
        let export = matches!(crop, "durian" | "passion_fruit")
            .then(|| format!("VN-LDOR-{:04} (mẫu)", sample.count("crop_area")));
        let row = values! {
            code: sample.next_code("crop_area", "VT"), name: format!("Vùng trồng {} {}", name, i + 1), crop: crop,
            area_ha: hectares(&polygon), export_code: export, commune_code: code,
        };
        sample.add("crop_area", polygon, row);
    }
    land_use(sample, code, centre, dice);
    let at = |dice: &mut Dice, near: f64, far: f64| Point::from(around(dice, near, far));
    if !has_town {
        services(sample, code, name, centre, dice);
    }
    let row = values! {
        code: sample.next_code("rain_gauge", "MUA"), name: format!("Trạm đo mưa {name}"),
        elevation_m: rounded(super::terrain::elevation_m(centre), 0), status: "active", commune_code: code,
    };
    sample.add("rain_gauge", at(dice, 900.0, 2200.0), row);
    for operator in ["operator_a", "operator_b", "operator_c"] {
        let row = values! {
            code: sample.next_code("telecom_bts", "BTS"), operator: operator, technology: "4G, 5G",
            height_m: rounded(dice.real(28.0, 55.0), 0), commune_code: code,
        };
        sample.add("telecom_bts", at(dice, 300.0, 3000.0), row);
    }
    let row = values! {
        code: sample.next_code("agri_sensor", "CBNN"), name: format!("Trạm nông nghiệp {name}"),
        kind: dice.pick(&["soil_moisture", "weather", "pest", "water_quality"]), status: "active", commune_code: code,
    };
    sample.add("agri_sensor", at(dice, 2800.0, 4200.0), row);
    let polygon = patch(around(dice, 2300.0, 3000.0), [130.0, 90.0], dice.real(0.0, 180.0), 0.2, dice);
    let row = values! {
        code: sample.next_code("cemetery", "NT"), name: format!("Nghĩa trang nhân dân {name}"), kind: "people",
        area_ha: hectares(&polygon), safety_distance_m: 100.0, commune_code: code,
    };
    sample.add("cemetery", polygon, row);
    if dice.chance(0.5) {
        let polygon = patch(around(dice, 3000.0, 5500.0), [180.0, 110.0], dice.real(0.0, 180.0), 0.4, dice);
        let row = values! {
            code: sample.next_code("landslide", "SL"), name: format!("Điểm sạt lở {name}"),
            risk: dice.pick(&["medium", "high", "very_high"]),
            observed_on: chrono::NaiveDate::from_ymd_opt(2025, 8, 2 + dice.int(0, 25) as u32), commune_code: code,
        };
        sample.add("landslide", polygon, row);
    }
}

fn services(sample: &mut Sample, code: &'static str, name: &str, c: Coord<f64>, dice: &mut Dice) {
    let near = |sample: &Sample, x: f64, y: f64| clear_of_roads(sample, Point::new(c.x + x, c.y + y));
    let row = values! {
        code: sample.next_code("hospital_clinic", "YT"), name: format!("Trạm Y tế xã {name}"), kind: "commune_station",
        beds: 6_i64, address: format!("Trung tâm xã {name}"), commune_code: code,
    };
    let at = near(sample, 120.0, 60.0);
    sample.add("hospital_clinic", at, row);
    for (x, level, kind, school) in [
        (-140.0, "kindergarten", "Trường Mầm non", dice.pick(&super::names::KINDERGARTENS)),
        (-220.0, "primary", "Trường Tiểu học", dice.pick(&super::names::SCHOOLS)),
        (-330.0, "lower_secondary", "Trường THCS", dice.pick(&super::names::SCHOOLS)),
    ] {
        let pupils = dice.int(160, 620);
        let row = values! {
            code: sample.next_code("school", "TH"), name: format!("{kind} {school}"), level: level, pupils: pupils,
            classrooms: pupils / 35 + 1, address: format!("Trung tâm xã {name}"), commune_code: code,
        };
        let at = near(sample, x, -80.0);
        sample.add("school", at, row);
    }
    let row = values! {
        code: sample.next_code("market", "CHO"), name: format!("Chợ {name}"), grade: "3", stalls: dice.int(40, 120),
        commune_code: code,
    };
    let at = near(sample, 60.0, -150.0);
    sample.add("market", at, row);
    let row = values! {
        code: sample.next_code("petrol_station", "XD"), name: format!("Cửa hàng xăng dầu {name} (mẫu)"), grade: "3",
        tank_m3: 50.0, commune_code: code,
    };
    let at = near(sample, 420.0, 30.0);
    sample.add("petrol_station", at, row);
    let row = values! {
        code: sample.next_code("culture_sport", "VHTT"), name: format!("Nhà văn hóa xã {name}"), kind: "culture_house",
        capacity: 200_i64, commune_code: code,
    };
    let at = near(sample, 10.0, 110.0);
    sample.add("culture_sport", at, row);
    let row = values! {
        code: sample.next_code("waste_point", "DTR"), name: format!("Điểm tập kết rác {name}"), kind: "collection",
        commune_code: code,
    };
    let at = near(sample, 380.0, -260.0);
    sample.add("waste_point", at, row);
}

/// The place, moved away in steps until it is 25 m clear of every road.
fn clear_of_roads(sample: &Sample, mut at: Point<f64>) -> Point<f64> {
    let roads: Vec<&Polygon<f64>> = sample
        .items("road")
        .iter()
        .filter_map(|i| match &i.geometry {
            Geometry::Polygon(p) => Some(p),
            _ => None,
        })
        .filter(|p| p.bounding_rect().is_some_and(|r| Euclidean.distance(&r.to_polygon(), &at) < 400.0))
        .collect();
    while roads.iter().any(|r| Euclidean.distance(*r, &at) < 25.0) {
        at = Point::new(at.x() + 17.0, at.y() + 23.0);
    }
    at
}

/// Three patches of current and planned land use around a commune's centre; what is planned grows.
fn land_use(sample: &mut Sample, code: &'static str, centre: Coord<f64>, dice: &mut Dice) {
    for (turn, (now, planned)) in [("CLN", "CLN"), ("HNK", "ONT"), ("RSX", "RSX")].into_iter().enumerate() {
        let angle = turn as f64 * 2.1 + dice.real(0.0, 0.8);
        let at = Coord { x: centre.x + 2000.0 * angle.cos(), y: centre.y + 2000.0 * angle.sin() };
        let half = [dice.real(700.0, 1000.0), dice.real(500.0, 800.0)];
        let polygon = patch(at, half, dice.real(0.0, 180.0), 0.25, dice);
        let area_ha = hectares(&polygon);
        let row = values! {
            code: sample.next_code("landuse_current", "HT"), land_use: now, commune_code: code, area_ha: area_ha,
            survey_year: 2024_i64,
        };
        sample.add("landuse_current", MultiPolygon(vec![polygon.clone()]), row);
        let row = values! {
            code: sample.next_code("landuse_plan", "QH"), land_use: planned, commune_code: code, area_ha: area_ha,
            period: "2021–2030", decision: "Quyết định phê duyệt quy hoạch sử dụng đất (mẫu)",
        };
        sample.add("landuse_plan", MultiPolygon(vec![polygon]), row);
    }
}

fn single_areas(sample: &mut Sample, dice: &mut Dice) {
    for (name, commune, at) in [
        ("Khu xử lý chất thải rắn Gia Nghĩa", "24617", [107.755, 11.965]),
        ("Bãi rác Đức Lập", "24664", [107.668, 12.432]),
        ("Bãi rác Cư Jút", "24640", [107.86, 12.60]),
    ] {
        let polygon = patch(place(at), [260.0, 180.0], 20.0, 0.25, dice);
        let row = values! {
            code: sample.next_code("landfill", "BR"), name: name, area_ha: hectares(&polygon),
            capacity_t_d: 60.0, safety_distance_m: 1000.0, commune_code: commune,
        };
        sample.add("landfill", polygon, row);
    }
    for (name, at, half, ceiling) in [
        ("Mặt giới hạn ngang trong (mẫu)", [107.70, 12.01], [4200.0, 4200.0], 745.0),
        ("Mặt giới hạn tiếp cận phía tây (mẫu)", [107.655, 12.005], [3800.0, 900.0], 780.0),
    ] {
        let polygon = patch(place(at), half, 8.0, 0.0, dice);
        let row = values! {
            code: sample.next_code("airspace", "TK"), name: name, ceiling_m: ceiling, floor_m: 600.0,
        };
        sample.add("airspace", polygon, row);
    }
    for (i, at) in [[107.735, 12.035], [107.585, 12.47], [107.33, 12.20]].into_iter().enumerate() {
        let polygon = patch(place(at), [420.0, 300.0], 35.0, 0.2, dice);
        let row = values! {
            code: sample.next_code("defence_zone", "QP"), name: format!("Khu vực QP-{:02} (giả định)", i + 1),
            kind: if i == 2 { "border" } else { "area" }, belt_m: 200.0,
        };
        sample.add("defence_zone", polygon, row);
    }
    for (name, rank, at, commune) in [
        ("Căn cứ B4 – Liên tỉnh IV Nâm Nung", "national", [107.79, 12.28], "24703"),
        ("Đồn Bu Méra – Bu Nor", "provincial", [107.40, 12.20], "24739"),
        ("Địa điểm lưu niệm N'Trang Lơng", "national", [107.33, 12.14], "24736"),
    ] {
        let polygon = patch(place(at), [150.0, 110.0], 0.0, 0.15, dice);
        let row = values! {
            code: sample.next_code("heritage", "DT"), name: name, rank: rank, zone: "II",
            decision: "Quyết định xếp hạng di tích (mẫu)", commune_code: commune,
        };
        sample.add("heritage", polygon, row);
    }
}
