//! Apartment block (chung cư) of nine storeys with a basement car park and a technical stair head, on a lot of
//! 60 × 80 m. IFC4 in millimetres; the local x axis points away from the main street, a quarter turn from the
//! quarter's own axis, so that the model is rotated by 108° on the map.

use super::design::{Declared, Design, Kind, Place, Schema, Solid, Storey, Xy};
use super::parts::{SLAB, WALL, rect};
use crate::sample::demo_sites::SITES;

/// Outer walls of the tower.
const X: [f64; 2] = [10.0, 42.0];
const Y: [f64; 2] = [10.0, 50.0];
/// Front of the balconies.
const BALCONY: f64 = 8.8;
/// Height of the ground floor and of the others, metres.
const HEIGHTS: [f64; 2] = [4.2, 3.4];
/// Number of storeys above ground.
const STOREYS: usize = 9;

/// The block. With `wide_podium` its ground floor covers 40 × 42 m, 35 % of the lot: P07.
pub fn design(wide_podium: bool) -> Design {
    let ground = if wide_podium { rect(7.5, 8.0, 47.5, 50.0) } else { rect(X[0], Y[0], X[1], Y[1]) };
    let tower = (X[1] - X[0]) * (Y[1] - Y[0]);
    let ground_area = super::design::area(&ground);
    let mut storeys = vec![basement(), ground_floor(&ground, wide_podium)];
    storeys.extend((1..STOREYS).map(upper_floor));
    storeys.push(stair_head());
    // Four balconies of 3 × 1.2 m; the wide podium lies under them.
    let footprint = if wide_podium { ground_area } else { tower + 4.0 * 3.0 * (X[0] - BALCONY) };
    Design {
        title: "Nhà chung cư CC-01, đường Nguyễn Tất Thành".into(),
        building: "Chung cư 9 tầng".into(),
        schema: Schema::Ifc4,
        units_per_metre: 1000.0,
        site: &SITES[2],
        origin: [73.0, 24.0],
        quarter_turns: 1,
        place: Place::Declared,
        zero_level_m: 600.6,
        use_: "apartment",
        use_title: "Nhà chung cư",
        storeys,
        declared: Declared {
            height_m: 34.8,
            footprint_area_m2: footprint,
            gross_floor_area_m2: 38.0 * 44.0 + ground_area + 8.0 * tower + 120.0,
        },
    }
}

/// Elevation of the storey `i` above ground, 0 for the first.
fn elevation(i: usize) -> f64 {
    if i == 0 { 0.0 } else { HEIGHTS[0] + HEIGHTS[1] * (i - 1) as f64 }
}

/// The car park reaches beyond the tower, with its lid below the planned ground (0.60 m under ±0.00).
fn basement() -> Storey {
    let mut s = Storey::new("Tầng hầm 1", -4.2, 4.2);
    let outer = rect(8.0, 8.0, 46.0, 52.0);
    s.gross_area_m2 = Some(38.0 * 44.0);
    s.slab(Kind::BaseSlab, "sàn đáy hầm", outer.clone(), 0.0, 0.3);
    s.walls(Kind::ExteriorWall, "tường vây", &outer, 0.3, 3.2);
    s.slab(Kind::FloorSlab, "nắp hầm", outer, 3.5, 0.3);
    columns(&mut s, 3.2);
    s.stair("cầu thang", [26.0, 26.0], 1.2, 4.2, 24, 0.28);
    s.room("H1.01", "Bãi đỗ xe", "parking", rect(8.3, 8.3, 45.7, 45.0));
    s.room("H1.02", "Phòng bơm, phòng điện", "technical", rect(8.3, 45.0, 45.7, 51.7));
    s.rooms.iter_mut().for_each(|room| room.height = 3.2);
    s
}

/// Walls on both sides of the middle bay, which holds stairs, lifts and the corridor.
fn middle_walls(s: &mut Storey, y: [f64; 2], height: f64) {
    for (k, x) in [20.0, 30.0].into_iter().enumerate() {
        let solid = Solid::prism(rect(x - 0.05, y[0], x + 0.05, y[1]), 0.0, height);
        s.add(Kind::InteriorWall, &format!("tường ngăn {}", k + 1), solid);
    }
}

/// Columns on a grid of 8 m, so that no span exceeds 8 m.
fn columns(s: &mut Storey, height: f64) {
    for (i, x) in [18.0, 26.0, 34.0].into_iter().enumerate() {
        for (j, y) in [18.0, 26.0, 34.0, 42.0].into_iter().enumerate() {
            let solid = Solid::prism(rect(x - 0.3, y - 0.3, x + 0.3, y + 0.3), 0.0, height);
            s.add(Kind::Column, &format!("cột {}{}", ['A', 'B', 'C'][i], j + 1), solid);
        }
    }
}

fn ground_floor(outer: &[Xy], wide: bool) -> Storey {
    let height = HEIGHTS[0];
    let mut s = Storey::new("Tầng 1", 0.0, height);
    s.gross_area_m2 = Some(super::design::area(outer));
    s.slab(Kind::BaseSlab, "sàn tầng 1", outer.to_vec(), 0.0, 0.3);
    s.walls(Kind::ExteriorWall, "tường bao", outer, WALL, height - SLAB);
    // The tower's own floor slab closes it; a wide podium has a roof around it.
    if wide {
        s.slab(Kind::RoofSlab, "mái khối đế", outer.to_vec(), height, SLAB);
    }
    let (low, high) = (outer[0], outer[2]);
    // Wall 4 runs along the main street, from high to low y.
    let front = [[low[0], high[1]], [low[0], low[1]]];
    for k in 0..4 {
        s.opening("tường bao 4", front, 3.0 + 9.0 * f64::from(k), [4.0, 3.0], 0.0);
    }
    columns(&mut s, height - SLAB);
    middle_walls(&mut s, [low[1] + WALL, high[1] - WALL], height - SLAB);
    s.stair("cầu thang", [26.0, 26.0], 1.2, height, 26, 0.28);
    let (l, r, b, t) = (low[0] + WALL, high[0] - WALL, low[1] + WALL, high[1] - WALL);
    s.room("1.01", "Sảnh và sinh hoạt cộng đồng", "apartment", rect(l, b, 20.0, t));
    s.room("1.02", "Cầu thang, thang máy", "apartment", rect(20.0, 24.0, 30.0, 36.0));
    s.room("1.03", "Căn hộ tầng trệt", "apartment", rect(30.0, b, r, t));
    s
}

fn upper_floor(i: usize) -> Storey {
    let height = HEIGHTS[1];
    let mut s = Storey::new(&format!("Tầng {}", i + 1), elevation(i), height);
    let outer = rect(X[0], Y[0], X[1], Y[1]);
    s.gross_area_m2 = Some((X[1] - X[0]) * (Y[1] - Y[0]));
    s.slab(Kind::FloorSlab, "sàn", outer.clone(), 0.0, SLAB);
    s.walls(Kind::ExteriorWall, "tường bao", &outer, WALL, height - SLAB);
    let front = [[X[0], Y[1]], [X[0], Y[0]]];
    for (k, y) in [13.0, 22.0, 31.0, 40.0].into_iter().enumerate() {
        s.slab(
            Kind::FloorSlab,
            &format!("sàn ban công {}", k + 1),
            rect(BALCONY, y, X[0], y + 3.0),
            0.0,
            SLAB,
        );
        let edge = [[X[0], y + 3.0], [BALCONY, y + 3.0], [BALCONY, y], [X[0], y]];
        s.railing(&format!("lan can ban công {}", k + 1), &edge);
        // Wall 4 runs from high to low y, so that the door is measured from its northern end.
        s.opening("tường bao 4", front, Y[1] - y - 2.2, [1.4, 2.4], 0.0);
    }
    s.stair("cầu thang", [26.0, 26.0], 1.2, height, 20, 0.28);
    middle_walls(&mut s, [Y[0] + WALL, Y[1] - WALL], height - SLAB);
    let n = i + 1;
    let (l, r, b, t) = (X[0] + WALL, X[1] - WALL, Y[0] + WALL, Y[1] - WALL);
    let flats = [
        rect(l, b, 20.0, 20.0),
        rect(l, 20.0, 20.0, 30.0),
        rect(l, 30.0, 20.0, 40.0),
        rect(l, 40.0, 20.0, t),
        rect(30.0, b, r, 30.0),
        rect(30.0, 30.0, r, t),
    ];
    for (k, ring) in flats.into_iter().enumerate() {
        s.room(&format!("{n}.0{}", k + 1), "Căn hộ", "apartment", ring);
    }
    s.room(&format!("{n}.07"), "Cầu thang, thang máy, hành lang", "apartment", rect(20.0, b, 30.0, t));
    s
}

fn stair_head() -> Storey {
    let mut s = Storey::new("Tầng tum", elevation(STOREYS), 3.4);
    let outer = rect(20.0, 24.0, 30.0, 36.0);
    s.gross_area_m2 = Some(120.0);
    s.slab(Kind::RoofSlab, "sàn mái", rect(X[0], Y[0], X[1], Y[1]), 0.0, SLAB);
    s.walls(Kind::ExteriorWall, "tường bao", &outer, WALL, 3.2);
    s.slab(Kind::RoofSlab, "mái tum", outer, 3.4, 0.2);
    s.walls(Kind::Parapet, "tường chắn mái", &rect(X[0], Y[0], X[1], Y[1]), 0.15, 1.2);
    s.room("T.01", "Buồng kỹ thuật thang máy", "technical", rect(20.2, 24.2, 29.8, 35.8));
    s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stair_head_stands_on_the_ninth_storey() {
        assert!((elevation(STOREYS) - 31.4).abs() < 1e-9);
        assert_eq!(design(false).storeys.len(), 11);
    }
}
