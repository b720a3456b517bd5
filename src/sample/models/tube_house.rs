//! Tube house (nhà ống) on a parcel of 5 × 20 m: four storeys and a stair head (tum), a glass awning beyond the
//! building line, balconies, a water tank on top. IFC4 in metres.

use super::design::{Declared, Design, Element, Kind, Place, Schema, Solid, Storey};
use super::parts::{RAIL, SLAB, WALL, rect};
use crate::sample::demo_sites::SITES;

/// What a variant changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Variant {
    /// A pitched roof on the stair head, up to 18.60 m over the planned ground: P09.
    pub high_roof: bool,
    /// The house moved 0.75 m to the east, over the neighbour's boundary: P03.
    pub moved_east: bool,
    /// A basement that reaches 0.60 m under the eastern neighbour's land (P03), and no tum, so that the storeys that
    /// count stay five.
    pub basement: bool,
}

/// Storeys: name, elevation and height, metres.
const STOREYS: [(&str, f64, f64); 4] =
    [("Tầng 1", 0.0, 3.9), ("Tầng 2", 3.9, 3.3), ("Tầng 3", 7.2, 3.3), ("Tầng 4", 10.5, 3.3)];
/// Front of the balconies, front wall and back wall, from the street's red line.
const Y: [f64; 3] = [2.6, 3.6, 18.0];

/// Eastern wall of the basement (the boundary is at 5.0), its front and back.
const CELLAR_EAST: f64 = 5.6;
const CELLAR_Y: [f64; 2] = [4.0, 17.0];

/// The house.
pub fn design(variant: Variant) -> Design {
    let x = if variant.moved_east { [0.9, 5.6] } else { [0.15, 4.85] };
    let mut storeys: Vec<Storey> = (0..4).map(|i| storey(i, x)).collect();
    if variant.basement {
        storeys.insert(0, basement(x[0]));
        storeys.push(flat_roof(x));
    } else {
        storeys.push(stair_head(x, variant.high_roof));
    }
    let body = (x[1] - x[0]) * (Y[2] - Y[1]);
    // The tum, or the basement.
    let rest = if variant.basement {
        (CELLAR_EAST - x[0]) * (CELLAR_Y[1] - CELLAR_Y[0])
    } else {
        (x[1] - x[0]) * 6.0
    };
    let height_m = match variant {
        Variant { high_roof: true, .. } => 18.15,
        Variant { basement: true, .. } => 14.9,
        _ => 16.65,
    };
    Design {
        title: "Nhà ở riêng lẻ, đường Thông Xanh".into(),
        building: "Nhà ống 4 tầng và tum".into(),
        schema: Schema::Ifc4,
        units_per_metre: 1.0,
        site: &SITES[0],
        origin: [63.0, 117.0],
        quarter_turns: 0,
        place: Place::Declared,
        zero_level_m: 601.65,
        use_: "house_single",
        use_title: "Nhà ở riêng lẻ",
        storeys,
        declared: Declared {
            height_m,
            footprint_area_m2: (x[1] - x[0]) * (Y[2] - Y[0]),
            gross_floor_area_m2: 4.0 * body + rest,
        },
    }
}

fn storey(i: usize, [x0, x1]: [f64; 2]) -> Storey {
    let (name, elevation, height) = STOREYS[i];
    let mut s = Storey::new(name, elevation, height);
    let outer = rect(x0, Y[1], x1, Y[2]);
    s.gross_area_m2 = Some((x1 - x0) * (Y[2] - Y[1]));
    s.walls(Kind::ExteriorWall, "tường bao", &outer, WALL, height - SLAB);
    if i == 0 {
        s.slab(Kind::BaseSlab, "sàn nền", outer, 0.0, 0.15);
        let awning = Solid::prism(rect(x0, 1.4, x1, Y[1]), 3.2, 0.08);
        s.add(Kind::Awning, "mái hắt kính", awning);
    } else {
        s.slab(Kind::FloorSlab, "sàn", outer, 0.0, SLAB);
        s.slab(Kind::FloorSlab, "sàn ban công", rect(x0, Y[0], x1, Y[1]), 0.0, SLAB);
        s.railing("lan can ban công", &[[x0, Y[1]], [x0, Y[0]], [x1, Y[0]], [x1, Y[1]]]);
    }
    s.stair("cầu thang", [x1 - WALL - 1.0, 9.6], 1.0, height, 20, 0.22);
    s.walls(Kind::InteriorWall, "tường ngăn", &rect(x0 + WALL, 14.4, x0 + 2.2, 17.8), 0.1, height - SLAB);
    s.opening("tường bao 1", [[x0, Y[1]], [x1, Y[1]]], 1.6, [1.4, 2.6], 0.0);
    s.opening("tường bao 3", [[x1, Y[2]], [x0, Y[2]]], 0.6, [1.2, 1.4], 0.9);
    add_rooms(&mut s, i, [x0, x1]);
    s
}

fn add_rooms(s: &mut Storey, i: usize, [x0, x1]: [f64; 2]) {
    let front = ["Phòng khách", "Phòng ngủ 1", "Phòng ngủ 3", "Phòng ngủ 5"][i];
    let back = ["Bếp và phòng ăn", "Phòng ngủ 2", "Phòng ngủ 4", "Phòng làm việc"][i];
    let n = i + 1;
    let (l, r) = (x0 + WALL, x1 - WALL);
    s.room(&format!("{n}.01"), front, "house_single", rect(l, Y[1] + WALL, r, 9.4));
    s.room(&format!("{n}.02"), "Cầu thang, hành lang", "house_single", rect(l, 9.4, r, 14.4));
    s.room(&format!("{n}.03"), "Vệ sinh", "house_single", rect(l + 0.1, 14.5, x0 + 2.1, 17.7));
    s.room(&format!("{n}.04"), back, "house_single", rect(x0 + 2.2, 14.4, r, Y[2] - WALL));
}

/// Stores below the ground, with their lid under the planned level (0.45 m under ±0.00).
fn basement(x0: f64) -> Storey {
    let mut s = Storey::new("Tầng hầm", -3.3, 3.3);
    let outer = rect(x0, CELLAR_Y[0], CELLAR_EAST, CELLAR_Y[1]);
    s.gross_area_m2 = Some((CELLAR_EAST - x0) * (CELLAR_Y[1] - CELLAR_Y[0]));
    s.slab(Kind::BaseSlab, "sàn đáy hầm", outer.clone(), 0.0, 0.3);
    s.walls(Kind::ExteriorWall, "tường hầm", &outer, WALL, 2.4);
    s.slab(Kind::FloorSlab, "nắp hầm", outer, 2.6, 0.2);
    let inner = rect(x0 + WALL, CELLAR_Y[0] + WALL, CELLAR_EAST - WALL, CELLAR_Y[1] - WALL);
    s.room("H.01", "Kho gia đình", "house_single", inner);
    s.rooms.iter_mut().for_each(|room| room.height = 2.4);
    s
}

/// The roof without a tum: a slab between two parapets.
fn flat_roof([x0, x1]: [f64; 2]) -> Storey {
    let mut s = Storey::new("Mái", 13.8, RAIL);
    s.slab(Kind::RoofSlab, "sàn mái", rect(x0, Y[1], x1, Y[2]), 0.0, SLAB);
    for (name, y) in [("trước", Y[1]), ("sau", Y[2] - 0.1)] {
        let solid = Solid::prism(rect(x0, y, x1, y + 0.1), 0.0, RAIL);
        s.add(Kind::Parapet, &format!("tường chắn mái {name}"), solid);
    }
    s
}

/// The tum over the stair, with the altar room beside it, and the open terrace around.
fn stair_head([x0, x1]: [f64; 2], high_roof: bool) -> Storey {
    let mut s = Storey::new("Tầng tum", 13.8, 2.85);
    let outer = rect(x0, 9.0, x1, 15.0);
    s.gross_area_m2 = Some((x1 - x0) * 6.0);
    s.slab(Kind::FloorSlab, "sàn sân thượng", rect(x0, Y[1], x1, Y[2]), 0.0, SLAB);
    s.walls(Kind::ExteriorWall, "tường bao", &outer, WALL, 2.7);
    s.opening("tường bao 1", [[x0, 9.0], [x1, 9.0]], 1.8, [0.9, 2.2], 0.0);
    s.slab(Kind::RoofSlab, "mái tum", outer, 2.85, 0.15);
    for (name, y) in [("trước", Y[1]), ("sau", Y[2] - 0.1)] {
        let solid = Solid::prism(rect(x0, y, x1, y + 0.1), 0.0, RAIL);
        s.add(Kind::Parapet, &format!("tường chắn mái {name}"), solid);
    }
    if high_roof {
        // 13.80 + 2.85 + 1.42 + 0.08 = 18.15 over ±0.00.
        s.add(Kind::GableRoof, "mái tôn dốc", super::parts::gable([x0, x1], [9.0, 15.0], 2.85, 1.42, 0.08));
    } else {
        s.elements.push(tank(x0));
    }
    s.room("5.01", "Phòng thờ", "house_single", rect(x0 + WALL, 9.0 + WALL, x1 - 1.3, 15.0 - WALL));
    s.room("5.02", "Buồng thang", "house_single", rect(x1 - 1.3, 9.0 + WALL, x1 - WALL, 15.0 - WALL));
    s
}

/// A tank does not count for the height (QCVN 01:2021, 1.4.25): with it the house would be too high.
fn tank(x0: f64) -> Element {
    let solid = Solid::prism(rect(x0 + 0.6, 13.0, x0 + 1.8, 14.2), 2.85, 1.4);
    Element {
        kind: Kind::Tank, name: "Tầng tum – bồn nước inox".into(), solid, openings: Vec::new()
    }
}
