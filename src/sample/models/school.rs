//! School (trường học) of three storeys around a courtyard open to the north, with open corridors, on a lot of
//! 70 × 100 m in Đức Lập. IFC2X3 in metres, not rotated. It declares a gross floor area of 3,600 m² for 3,816 m².

use super::design::{Declared, Design, Kind, Place, Schema, Storey, Xy, area};
use super::parts::{SLAB, WALL, rect};
use crate::sample::demo_sites::SITES;

/// Height of a storey, metres.
const HEIGHT: f64 = 3.6;
/// Corridors on the courtyard's southern side.
const CORRIDOR: [f64; 4] = [22.0, 26.0, 48.0, 28.4];

/// The school with `count` storeys: 3, and 4 in the twin (P10).
pub fn design(count: usize) -> Design {
    let mut storeys: Vec<Storey> = (0..count).map(storey).collect();
    storeys.push(roof(count));
    let plan = area(&outline());
    Design {
        title: "Trường tiểu học mẫu Đức Lập".into(),
        building: "Khối nhà học".into(),
        schema: Schema::Ifc2x3,
        units_per_metre: 1.0,
        site: &SITES[3],
        origin: [13.0, 20.5],
        quarter_turns: 0,
        place: Place::Declared,
        zero_level_m: 748.95,
        use_: "school",
        use_title: "Trường học",
        storeys,
        declared: Declared {
            height_m: HEIGHT * count as f64 + 0.15 + 0.9,
            footprint_area_m2: plan + 26.0 * 2.4,
            // On purpose wrong: the measured area must win, and the difference be shown.
            gross_floor_area_m2: 1200.0 * count as f64,
        },
    }
}

/// Outer faces of the walls: a U open to the north.
fn outline() -> Vec<Xy> {
    vec![
        [10.0, 14.0],
        [60.0, 14.0],
        [60.0, 54.0],
        [48.0, 54.0],
        [48.0, 26.0],
        [22.0, 26.0],
        [22.0, 54.0],
        [10.0, 54.0],
    ]
}

fn storey(i: usize) -> Storey {
    let mut s = Storey::new(&format!("Tầng {}", i + 1), HEIGHT * i as f64, HEIGHT);
    let outer = outline();
    s.gross_area_m2 = Some(area(&outer));
    s.walls(Kind::ExteriorWall, "tường bao", &outer, WALL, HEIGHT - SLAB);
    if i == 0 {
        s.slab(Kind::BaseSlab, "sàn nền", outer, 0.0, 0.15);
    } else {
        let [x0, y0, x1, y1] = CORRIDOR;
        s.slab(Kind::FloorSlab, "sàn", outer, 0.0, SLAB);
        s.slab(Kind::FloorSlab, "sàn hành lang", rect(x0, y0, x1, y1), 0.0, SLAB);
        // From west to east along the open edge, the railing's body inside it.
        s.railing("lan can hành lang", &[[x1, y1], [x0, y1]]);
    }
    s.stair("cầu thang tây", [18.0, 15.0], 1.8, HEIGHT, 24, 0.3);
    s.stair("cầu thang đông", [50.2, 15.0], 1.8, HEIGHT, 24, 0.3);
    let south = [[10.0, 14.0], [60.0, 14.0]];
    for k in 0..5 {
        s.opening("tường bao 1", south, 13.0 + 5.0 * f64::from(k), [2.4, 1.6], 0.9);
    }
    let court = [[48.0, 26.0], [22.0, 26.0]];
    for k in 0..3 {
        s.opening("tường bao 5", court, 2.0 + 8.0 * f64::from(k), [1.4, 2.4], 0.0);
    }
    add_rooms(&mut s, i + 1);
    s
}

fn add_rooms(s: &mut Storey, n: usize) {
    let rings = [
        ("Cầu thang tây", rect(10.2, 14.2, 22.0, 25.8)),
        ("Phòng học 1", rect(22.0, 14.2, 30.6, 25.8)),
        ("Phòng học 2", rect(30.6, 14.2, 39.2, 25.8)),
        ("Phòng học 3", rect(39.2, 14.2, 48.0, 25.8)),
        ("Cầu thang đông", rect(48.0, 14.2, 59.8, 25.8)),
        ("Phòng học 4", rect(10.2, 26.0, 21.8, 35.0)),
        ("Thư viện", rect(10.2, 35.0, 21.8, 44.0)),
        ("Phòng học 5", rect(10.2, 44.0, 21.8, 53.8)),
        ("Phòng giáo viên", rect(48.2, 26.0, 59.8, 35.0)),
        ("Phòng thí nghiệm", rect(48.2, 35.0, 59.8, 44.0)),
        ("Phòng học 6", rect(48.2, 44.0, 59.8, 53.8)),
    ];
    for (k, (name, ring)) in rings.into_iter().enumerate() {
        s.room(&format!("{n}.{:02}", k + 1), name, "school", ring);
    }
}

fn roof(count: usize) -> Storey {
    let mut s = Storey::new("Mái", HEIGHT * count as f64, 1.05);
    let outer = outline();
    s.slab(Kind::RoofSlab, "sàn mái", outer.clone(), 0.15, 0.15 + SLAB);
    // On top of the slab: 0.15 + 0.9 over the storey's level.
    s.walls(Kind::Parapet, "tường chắn mái", &outer, 0.15, 0.9);
    for parapet in s.elements.iter_mut().filter(|e| e.kind == Kind::Parapet) {
        parapet.solid.origin[2] = 0.15;
    }
    s
}
