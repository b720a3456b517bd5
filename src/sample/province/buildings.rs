//! Existing buildings on a district's lots and public places.

use geo::{Area, Coord, LineString, Polygon};

use super::dice::Dice;
use super::district::Kind as K;
use super::grid::Uv;
use super::item::{Sample, rounded, values};
use super::lots::Lot;
use super::plan::{Block, Homes, Plot, Town};

/// A building to be: its outline in the frame and what is known of it.
struct Draft {
    outline: Vec<Uv>,
    storeys: i64,
    storey_m: f64,
    usage: &'static str,
    name: Option<String>,
}

/// Adds buildings on the `lots`.
pub fn add(sample: &mut Sample, town: &Town, lots: &[Lot], seed: u64) {
    let mut dice = Dice::new(seed, &format!("buildings {}", town.district.id));
    for lot in lots {
        let block = &town.blocks[lot.block];
        let drafts = match block.plot {
            Plot::Homes(homes) => house(lot, block, homes, &mut dice).into_iter().collect(),
            Plot::Site(site) => public(site.kind, site.name, lot.extent, &mut dice),
            Plot::Riverside => Vec::new(),
        };
        for draft in drafts {
            add_building(sample, town, lot, draft, &mut dice);
        }
    }
}

fn add_building(sample: &mut Sample, town: &Town, lot: &Lot, draft: Draft, dice: &mut Dice) {
    let ring: Vec<Coord<f64>> = draft.outline.iter().map(|p| town.frame().to_map(*p)).collect();
    let polygon = Polygon::new(LineString::from(ring), vec![]);
    let footprint = polygon.unsigned_area();
    let homes = matches!(town.blocks[lot.block].plot, Plot::Homes(_));
    let row = values! {
        code: sample.next_code("building", "CT"),
        name: draft.name,
        height_m: rounded(draft.storey_m * draft.storeys as f64 + dice.real(0.6, 2.4), 1),
        storeys: draft.storeys,
        use: draft.usage,
        parcel_code: lot.code.clone(),
        // A few houses stand in the way of planned streets and schools and are to go.
        kept: !homes || dice.chance(0.97),
        far_area_m2: rounded(footprint * draft.storeys as f64 * 0.97, 1),
        footprint_area_m2: rounded(footprint, 1),
        built_year: if homes { dice.int(1992, 2025) } else { dice.int(1985, 2024) },
        address: lot.address.clone(),
    };
    sample.add("building", polygon, row);
}

/// A rectangle of the frame as a ring.
fn rect(low: Uv, high: Uv) -> Vec<Uv> {
    vec![low, [high[0], low[1]], high, [low[0], high[1]]]
}

fn house(lot: &Lot, block: &Block, homes: Homes, dice: &mut Dice) -> Option<Draft> {
    let built = match homes {
        Homes::Existing | Homes::Mixed => 0.93,
        Homes::Attached => 0.75,
        Homes::Villa => 0.7,
    };
    if !dice.chance(built) {
        return None;
    }
    let (low, high) = lot.extent;
    let [width, depth] = [high[0] - low[0], high[1] - low[1]];
    let corner =
        (low[0] - block.cuts[0]).abs() < 1e-6 || (high[0] - block.cuts[block.cuts.len() - 1]).abs() < 1e-6;
    // Lots are straight on the map, the frame is bent: a decimetre keeps walls inside.
    let (front, side, share) = match homes {
        Homes::Existing => (dice.real(0.15, 2.5), 0.1, dice.real(0.6, 0.88)),
        Homes::Mixed => (3.2, 0.1, dice.real(0.65, 0.85)),
        Homes::Attached => (2.5, 0.1, dice.real(0.7, 0.85)),
        Homes::Villa => (4.5, 2.5, dice.real(0.5, 0.62)),
    };
    let side = if corner && homes == Homes::Villa { 3.2 } else { side };
    let long = (depth - front) * share;
    let [v0, v1] = if lot.faces_south {
        [low[1] + front, low[1] + front + long]
    } else {
        [high[1] - front - long, high[1] - front]
    };
    let (a, b) = ([low[0] + side, v0], [high[0] - side, v1]);
    let outline =
        if homes == Homes::Villa && width > 11.0 { angled(a, b, lot.faces_south) } else { rect(a, b) };
    let (storeys, usage) = match homes {
        Homes::Mixed => (dice.int(2, 7), dice.pick(&["mixed", "commercial", "house_single", "hotel"])),
        Homes::Villa => (dice.int(1, 3), "house_single"),
        Homes::Attached => (dice.int(2, 5), "house_single"),
        Homes::Existing => (dice.int(1, 4), "house_single"),
    };
    Some(Draft { outline, storeys, storey_m: 3.4, usage, name: None })
}

/// An angled house: the rectangle without one of its front corners.
fn angled(low: Uv, high: Uv, faces_south: bool) -> Vec<Uv> {
    let [u, v] = [low[0] + (high[0] - low[0]) * 0.55, (high[1] - low[1]) * 0.4];
    if faces_south {
        vec![[u, low[1]], [high[0], low[1]], high, [low[0], high[1]], [low[0], low[1] + v], [u, low[1] + v]]
    } else {
        vec![
            low,
            [high[0], low[1]],
            [high[0], high[1] - v],
            [u, high[1] - v],
            [u, high[1]],
            [low[0], high[1]],
        ]
    }
}

/// Buildings of a public place: wings as shares of its extent (low u, low v, high u, high v), with storeys.
fn public(kind: K, name: &str, (low, high): (Uv, Uv), dice: &mut Dice) -> Vec<Draft> {
    let (wings, storey_m, usage): (&[([f64; 4], i64)], f64, &'static str) = match kind {
        K::Square | K::Park => (&[], 0.0, "public"),
        K::CityHall | K::Police | K::FireStation => (&[([0.25, 0.5, 0.75, 0.78], 4)], 3.6, "office"),
        K::Offices => (&[([0.2, 0.15, 0.8, 0.32], 6), ([0.2, 0.62, 0.8, 0.8], 5)], 3.6, "office"),
        K::Market => (&[([0.15, 0.18, 0.85, 0.55], 2), ([0.15, 0.66, 0.85, 0.84], 1)], 5.0, "commercial"),
        K::Hospital => (
            &[([0.12, 0.15, 0.88, 0.3], 7), ([0.12, 0.45, 0.88, 0.58], 5), ([0.3, 0.72, 0.7, 0.85], 3)],
            3.8,
            "hospital",
        ),
        K::HealthStation => (&[([0.3, 0.45, 0.7, 0.75], 2)], 3.6, "hospital"),
        K::Kindergarten => (&[([0.2, 0.5, 0.8, 0.72], 2)], 3.6, "school"),
        K::Primary | K::LowerSecondary | K::UpperSecondary => (
            &[([0.12, 0.62, 0.88, 0.8], 3), ([0.12, 0.2, 0.22, 0.6], 2), ([0.78, 0.2, 0.88, 0.6], 2)],
            3.6,
            "school",
        ),
        K::CultureHouse | K::Library => (&[([0.25, 0.35, 0.75, 0.75], 2)], 5.0, "public"),
        K::Stadium => (&[([0.1, 0.3, 0.17, 0.7], 2)], 4.5, "public"),
        K::CarPark | K::BusStation => (&[([0.3, 0.66, 0.7, 0.82], 1)], 5.0, "parking"),
        K::Pagoda | K::Church => (&[([0.35, 0.4, 0.65, 0.8], 1)], 12.0, "public"),
        K::Mall => (&[([0.14, 0.2, 0.86, 0.8], 4)], 5.0, "commercial"),
        K::Apartments => {
            (&[([0.12, 0.22, 0.42, 0.78], 12), ([0.58, 0.22, 0.88, 0.78], 12)], 3.4, "apartment")
        }
        K::Hotel => (&[([0.25, 0.25, 0.75, 0.75], 9)], 3.5, "hotel"),
        K::WaterWorks | K::WasteWater => {
            (&[([0.15, 0.25, 0.45, 0.7], 1), ([0.6, 0.3, 0.8, 0.6], 1)], 6.0, "technical")
        }
        K::Heritage => (&[([0.35, 0.4, 0.65, 0.65], 1)], 4.5, "public"),
    };
    let at = |u: f64, v: f64| [low[0] + (high[0] - low[0]) * u, low[1] + (high[1] - low[1]) * v];
    wings
        .iter()
        .enumerate()
        .map(|(i, ([u0, v0, u1, v1], storeys))| Draft {
            outline: rect(at(*u0, *v0), at(*u1, *v1)),
            storeys: (*storeys - dice.int(0, 1)).max(1),
            storey_m,
            usage,
            name: (i == 0).then(|| name.to_owned()),
        })
        .collect()
}
