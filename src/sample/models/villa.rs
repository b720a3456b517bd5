//! Villa (biệt thự) on a parcel of 15 × 24 m: two storeys under a tiled gable roof whose eaves reach beyond the
//! building line. IFC4X3 in metres.

use super::design::{Declared, Design, Kind, Place, Schema, Solid, Storey};
use super::parts::{SLAB, WALL, gable, gable_wall, rect};
use crate::sample::demo_sites::SITES;

/// Side walls, from the parcel's western boundary.
const X: [f64; 2] = [2.5, 12.5];
/// Depth of the house, metres.
const DEPTH: f64 = 12.0;
/// How far the eaves reach, metres.
const EAVES: f64 = 1.0;
/// Rise of the roof by its run.
const SLOPE: f64 = 0.5;

/// The villa with its front wall `front_m` behind the red line: 5.20 m, and 3.90 m in the twin, which stands
/// 0.60 m before the building line (P05) and still behind the least setback (P06).
pub fn design(front_m: f64) -> Design {
    let y = [front_m, front_m + DEPTH];
    let storeys = vec![storey(0, "Tầng 1", 0.0, 3.6, y), storey(1, "Tầng 2", 3.6, 3.4, y), roof(y)];
    let area = (X[1] - X[0]) * DEPTH;
    Design {
        title: "Biệt thự, đường Tôn Đức Thắng".into(),
        building: "Biệt thự 2 tầng".into(),
        schema: Schema::Ifc4x3,
        units_per_metre: 1.0,
        site: &SITES[1],
        origin: [58.0, 177.5],
        quarter_turns: 0,
        place: Place::Declared,
        zero_level_m: 602.85,
        use_: "house_single",
        use_title: "Nhà ở riêng lẻ (biệt thự)",
        storeys,
        declared: Declared { height_m: 10.15, footprint_area_m2: area, gross_floor_area_m2: 2.0 * area },
    }
}

fn storey(i: usize, name: &str, elevation: f64, height: f64, y: [f64; 2]) -> Storey {
    let mut s = Storey::new(name, elevation, height);
    let outer = rect(X[0], y[0], X[1], y[1]);
    s.gross_area_m2 = Some((X[1] - X[0]) * DEPTH);
    s.walls(Kind::ExteriorWall, "tường bao", &outer, WALL, height - if i == 0 { SLAB } else { 0.0 });
    let (kind, title, thickness) =
        if i == 0 { (Kind::BaseSlab, "sàn nền", 0.15) } else { (Kind::FloorSlab, "sàn", SLAB) };
    s.slab(kind, title, outer, 0.0, thickness);
    if i == 0 {
        s.stair("cầu thang", [7.0, y[0] + 4.2], 1.1, height, 20, 0.25);
    }
    let front = [[X[0], y[0]], [X[1], y[0]]];
    s.opening("tường bao 1", front, 4.2, [1.6, 2.5], 0.0);
    s.opening("tường bao 1", front, 1.0, [1.8, 1.5], 0.9);
    s.opening("tường bao 1", front, 7.2, [1.8, 1.5], 0.9);
    s.opening("tường bao 3", [[X[1], y[1]], [X[0], y[1]]], 1.0, [1.8, 1.5], 0.9);
    s.opening("tường bao 3", [[X[1], y[1]], [X[0], y[1]]], 6.0, [0.9, 2.2], 0.0);
    if i == 1 {
        s.railing("lan can cầu thang", &[[6.9, y[0] + 9.4], [6.9, y[0] + 4.2], [8.2, y[0] + 4.2]]);
    }
    add_rooms(&mut s, i, y);
    s
}

fn add_rooms(s: &mut Storey, i: usize, y: [f64; 2]) {
    let names = [
        ["Phòng khách", "Sảnh và cầu thang", "Bếp và phòng ăn", "Phòng ngủ ông bà"],
        ["Phòng ngủ chính", "Hành lang và cầu thang", "Phòng ngủ con", "Phòng sinh hoạt"],
    ][i];
    let n = i + 1;
    let middle = y[0] + 6.0;
    let (l, r, f, b) = (X[0] + WALL, X[1] - WALL, y[0] + WALL, y[1] - WALL);
    let rings = [rect(l, f, 6.7, middle), rect(6.7, f, 8.5, b), rect(l, middle, 6.7, b), rect(8.5, f, r, b)];
    for (k, (name, ring)) in names.into_iter().zip(rings).enumerate() {
        s.room(&format!("{n}.0{}", k + 1), name, "house_single", ring);
    }
}

/// The roof level: gable walls and the roof itself; nobody can use the void below it.
fn roof(y: [f64; 2]) -> Storey {
    let mut s = Storey::new("Mái", 7.0, 3.15);
    // One in two: the plates' underside meets the walls' outer faces at the storey's level and the ridge 3 m above.
    let at_wall = EAVES * SLOPE;
    let rise = DEPTH / 2.0 * SLOPE;
    for (k, x) in [X[0], X[1] - WALL].into_iter().enumerate() {
        let triangle = gable_wall(x, y, 0.0, rise);
        s.add(Kind::ExteriorWall, &format!("tường thu hồi {}", k + 1), triangle);
    }
    let solid =
        gable([X[0] - EAVES, X[1] + EAVES], [y[0] - EAVES, y[1] + EAVES], -at_wall, rise + at_wall, 0.15);
    s.add(Kind::GableRoof, "mái ngói", solid);
    let ceiling = Solid::prism(rect(X[0] + WALL, y[0] + WALL, X[1] - WALL, y[1] - WALL), -0.1, 0.1);
    s.elements.push(super::design::Element {
        kind: Kind::RoofSlab,
        name: "Mái – sàn trần tầng 2".into(),
        solid: ceiling,
        openings: Vec::new(),
    });
    s
}
