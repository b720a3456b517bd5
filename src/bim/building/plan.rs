//! One storey seen from above.
//!
//! **Enclosed**: the walls of the storey (those that reach from knee to head height, curtain walls with all
//! their panels) cut between floor and lintel height, to their outer faces, with columns that touch them, and
//! the rooms between: a hole in the ring of walls counts where a roof or floor lies above at least half of it or
//! spaces fill half of it. A yard open to the sky stays out.
//!
//! **Floor**: slabs whose top lies within 0.6 m of the storey's level; roofs, canopies and landings are none.
//!
//! **Gross area**: walls and floor within the enclosed outline; a hole in the floor counts where a stair, ramp
//! or lift passes through it, where it is a shaft of up to 2 m² or where no storey lies beneath, not where it is a void. A storey without
//! modelled floor counts its enclosed outline; one whose walls enclose nothing (a parking deck) its floor.
//!
//! **Overhangs** are floor outside the enclosed outline. Used: a railing or parapet guards it, a space lies on
//! it, or its name says balcony, loggia or corridor. Open ground (steps, terraces without cover) is none. What
//! neither class, name nor railing tells is doubtful.

use geo::MultiPolygon;

use super::parts::{Part, Parts};
use super::storeys::{Kind, Level, Levels};
use crate::bim::role::Role;
use crate::bim::shape::outline::{
    self, area, close, covered, difference, holes, intersection, offset, open, union,
};
use crate::bim::words::has_phrase;

/// Slab tops this far from the level belong to its floor, metres.
const FLOOR_REACH: f64 = 0.6;
/// Largest hole in a floor that is taken for a shaft without further evidence, m².
const SHAFT_M2: f64 = 2.0;
/// Strips of floor narrower than this beyond the walls are tolerances of drawing, metres.
const STRIP: f64 = 0.05;

const USED_NAMES: &[&str] = &[
    "ban cong",
    "lo gia",
    "logia",
    "loggia",
    "balcony",
    "balkon",
    "hanh lang",
    "corridor",
    "walkway",
    "gallery",
    "deck",
    "terrace",
    "san phoi",
    "san thuong",
    "veranda",
];

/// One storey's plan.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Enclosed outline.
    pub enclosed: Shape,
    /// Floor slabs.
    pub floor: Shape,
    /// What counts for the gross floor area.
    pub gross: Shape,
    /// Used overhangs.
    pub used: Shape,
    /// Overhangs that may be used or not.
    pub doubtful: Shape,
    /// Walls and columns, cut.
    pub supports: Shape,
    /// Parts that make the enclosed outline and the floor, by index in the building's parts.
    pub makers: Vec<usize>,
}

/// An outline that may be empty.
pub type Shape = Outlined;

/// A `MultiPolygon` with a default.
#[derive(Debug, Clone)]
pub struct Outlined(pub MultiPolygon<f64>);

impl Default for Outlined {
    fn default() -> Self {
        Self(outline::empty())
    }
}

impl std::ops::Deref for Outlined {
    type Target = MultiPolygon<f64>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Plan {
    /// Area of the floor slabs, m².
    pub fn floor_area(&self) -> f64 {
        area(&self.floor)
    }
}

/// Heights between which a level's walls are looked at.
struct Band {
    low: f64,
    high: f64,
}

impl Band {
    fn of(level: &Level) -> Self {
        let height = level.height();
        // Above skirting and floor build-up; up to the lintels, below the next floor's slab and beams.
        let high = level.z + (0.75 * height).max(height - 0.45).max(0.5);
        Self { low: level.z + 0.1, high }
    }
}

/// The plan of one level; `below` is that of the level under it.
pub fn of(parts: &Parts<'_>, level: &Level, levels: &Levels, below: Option<&Plan>) -> Plan {
    let band = Band::of(level);
    let mut plan = Plan::default();
    let walls = cut(parts, &band, &mut plan.makers, |p| p.element.role == Role::Wall && encloses(p, level));
    let columns = cut(parts, &band, &mut Vec::new(), |p| p.element.role == Role::Column);
    let fillings = cut(parts, &band, &mut Vec::new(), |p| p.element.role == Role::Filling);
    let floor = floor(parts, level, levels, &mut plan.makers);
    plan.supports = Outlined(union([&walls, &columns]));
    plan.enclosed = Outlined(enclosed(parts, &band, level, &walls, &columns, &fillings));
    plan.floor = Outlined(floor);
    let ring_is_open = area(&plan.enclosed) < 1.5 * area(&walls);
    if ring_is_open && area(&plan.floor) > area(&plan.enclosed) && level.kind != Kind::Roof {
        open_sided(&mut plan, parts, level, &columns);
    } else {
        let inside = intersection(&plan.floor, &plan.enclosed);
        plan.gross = Outlined(gross(parts, level, &plan, &inside, &walls, below));
        overhangs(parts, level, levels, &mut plan);
    }
    plan
}

/// A floor that no ring of walls encloses (a deck on columns, a model with walls left out): its floor and walls
/// are used as soon as the storey has spaces or columns, else doubtful.
fn open_sided(plan: &mut Plan, parts: &Parts<'_>, level: &Level, columns: &MultiPolygon<f64>) {
    let all = Outlined(union([&plan.floor.0, &plan.enclosed.0]));
    if parts.spaces.iter().any(|s| s.element.storey == Some(level.id)) || !columns.0.is_empty() {
        plan.gross = all.clone();
        plan.used = all;
    } else {
        plan.doubtful = all;
    }
}

/// Union of the cut parts that fit; their indices go to `makers`.
fn cut(
    parts: &Parts<'_>,
    band: &Band,
    makers: &mut Vec<usize>,
    fits: impl Fn(&Part<'_>) -> bool,
) -> MultiPolygon<f64> {
    let mut pieces = Vec::new();
    for (i, part) in parts.physical.iter().enumerate().filter(|(_, p)| fits(p)) {
        let piece = part.band(band.low, band.high);
        if !piece.0.is_empty() {
            makers.push(i);
            pieces.push(piece);
        }
    }
    union(&pieces)
}

/// From knee to head height: a parapet or a plinth encloses nothing.
fn encloses(part: &Part<'_>, level: &Level) -> bool {
    let [low, high] = part.whole_z;
    let head = level.z + (0.6 * level.height()).min(1.8);
    low <= level.z + 1.2 && high >= head
}

fn enclosed(
    parts: &Parts<'_>,
    band: &Band,
    level: &Level,
    walls: &MultiPolygon<f64>,
    columns: &MultiPolygon<f64>,
    fillings: &MultiPolygon<f64>,
) -> MultiPolygon<f64> {
    if walls.0.is_empty() {
        return outline::empty();
    }
    // 5 cm close the joints that models leave between walls, posts and frames.
    let ring = close(&union([walls, columns, fillings]), 0.05);
    let cover = cover_above(parts, level);
    let spaces = spaces_on(parts, level);
    let rooms: Vec<MultiPolygon<f64>> = holes(&ring)
        .into_iter()
        .map(|hole| MultiPolygon(vec![hole]))
        .filter(|hole| {
            cover.as_ref().is_none_or(|c| covered(hole, c) >= 0.5) || covered(hole, &spaces) >= 0.5
        })
        .collect();
    let touching = MultiPolygon(columns.iter().filter(|c| touches(c, walls)).cloned().collect());
    let solid = union(rooms.iter().chain([walls, &touching]));
    let sealed = close(&solid, 0.05);
    // Full-height doors leave notches as deep as the wall; their openings fill them.
    let notches = difference(&close(&sealed, 3.0), &sealed);
    if notches.0.is_empty() {
        return sealed;
    }
    let openings: Vec<MultiPolygon<f64>> =
        parts.openings.iter().map(|o| o.band(band.low, band.high)).filter(|o| !o.0.is_empty()).collect();
    let fill = intersection(&notches, &union(&openings));
    // Keep what lies between two walls, not what sticks out in front of one.
    union([&sealed, &open(&fill, 0.02)])
}

fn touches(column: &geo::Polygon<f64>, walls: &MultiPolygon<f64>) -> bool {
    let grown = offset(&MultiPolygon(vec![column.clone()]), 0.02);
    area(&intersection(&grown, walls)) > 0.0
}

/// Roofs, floors and canopies over head height; none where the model has none there.
fn cover_above(parts: &Parts<'_>, level: &Level) -> Option<MultiPolygon<f64>> {
    let above = parts
        .physical
        .iter()
        .filter(|p| matches!(p.element.role, Role::Roof | Role::Floor) && p.bbox.max[2] > level.z + 1.9);
    let plans: Vec<&MultiPolygon<f64>> = above.map(Part::plan).collect();
    (!plans.is_empty()).then(|| union(plans))
}

/// Plan of the spaces on a level, by containment or height; those outside count as none.
fn spaces_on(parts: &Parts<'_>, level: &Level) -> MultiPolygon<f64> {
    let plans: Vec<&MultiPolygon<f64>> =
        parts.spaces.iter().filter(|s| is_on(s, level) && !is_outside(s)).map(Part::plan).collect();
    union(plans)
}

fn is_on(space: &Part<'_>, level: &Level) -> bool {
    space.element.storey == Some(level.id)
        || (space.bbox.min[2] > level.z - 0.5 && space.bbox.min[2] < level.z + 0.5 * level.height())
}

fn is_outside(space: &Part<'_>) -> bool {
    has_phrase(&space.element.words, &["external", "ngoai troi", "san vuon", "outdoor", "garden", "yard"])
}

fn floor(parts: &Parts<'_>, level: &Level, levels: &Levels, makers: &mut Vec<usize>) -> MultiPolygon<f64> {
    let mut plans = Vec::new();
    for (i, part) in parts.physical.iter().enumerate().filter(|(_, p)| p.element.role == Role::Floor) {
        if is_floor_of(part, level, levels) {
            makers.push(i);
            plans.push(part.plan());
        }
    }
    union(plans)
}

/// Whether a slab's top lies nearest to this level of all, and near enough.
fn is_floor_of(slab: &Part<'_>, level: &Level, levels: &Levels) -> bool {
    let top = slab.bbox.max[2];
    let away = |l: &Level| (top - l.z).abs();
    away(level) <= FLOOR_REACH
        && levels
            .all
            .iter()
            .all(|other| away(level) < away(other) || other.id >= level.id && away(level) <= away(other))
}

fn gross(
    parts: &Parts<'_>,
    level: &Level,
    plan: &Plan,
    inside: &MultiPolygon<f64>,
    walls: &MultiPolygon<f64>,
    below: Option<&Plan>,
) -> MultiPolygon<f64> {
    let enclosed = &plan.enclosed;
    if area(inside) < 0.2 * area(enclosed) {
        return enclosed.0.clone();
    }
    let solid = union([inside, &intersection(walls, enclosed), &intersection(&plan.supports, enclosed)]);
    // Strips along walls, where the slab ends at the wall's inner face or core, are floor.
    let missing = difference(enclosed, &close(&solid, 0.3));
    let passes: Vec<&MultiPolygon<f64>> = parts
        .physical
        .iter()
        .filter(|p| matches!(p.element.role, Role::Stair | Role::Equipment) && passes_through(p, level))
        .map(Part::plan)
        .collect();
    let passes = union(passes);
    let shafts: Vec<&MultiPolygon<f64>> =
        parts.spaces.iter().filter(|s| is_shaft(s) && is_on(s, level)).map(Part::plan).collect();
    let shafts = union(shafts);
    // Where no storey lies beneath, the floor rests on the earth, drawn or not.
    let room_below = |hole: &MultiPolygon<f64>| below.is_some_and(|b| covered(hole, &b.enclosed) > 0.5);
    let void = missing.0.into_iter().map(|p| MultiPolygon(vec![p])).filter(|hole| {
        area(hole) > SHAFT_M2
            && room_below(hole)
            && covered(hole, &passes) < 0.2
            && covered(hole, &shafts) < 0.2
    });
    let voids: Vec<MultiPolygon<f64>> = void.collect();
    difference(enclosed, &union(&voids))
}

/// A stair whose flight reaches the level, or a lift beside it.
fn passes_through(part: &Part<'_>, level: &Level) -> bool {
    part.bbox.min[2] < level.z + 0.5 && part.bbox.max[2] > level.z - 1.0
}

fn is_shaft(space: &Part<'_>) -> bool {
    matches!(crate::bim::uses::category(&space.element.words), Some("shaft" | "stair"))
}

fn overhangs(parts: &Parts<'_>, level: &Level, levels: &Levels, plan: &mut Plan) {
    if !level.above_ground || level.kind == Kind::Foundation {
        return;
    }
    let at_ground = (level.z - levels.zero).abs() < 1.0 && level.kind != Kind::Roof;
    let outside = difference(&plan.floor, &plan.enclosed);
    let strips_off = open(&outside, STRIP / 2.0);
    let spaces = spaces_on(parts, level);
    let cover = cover_above(parts, level).unwrap_or_else(outline::empty);
    let (mut used, mut doubtful) = (Vec::new(), Vec::new());
    for piece in strips_off.0.into_iter().map(|p| MultiPolygon(vec![p])) {
        let open_ground = at_ground && covered(&piece, &cover) < 0.5;
        if covered(&piece, &spaces) >= 0.3 || named_used(parts, level, levels, &piece) {
            used.push(piece);
        } else if open_ground {
            // Steps, aprons and terraces under the sky take no part.
        } else if guarded(parts, level, &piece) {
            used.push(piece);
        } else if level.kind != Kind::Roof {
            doubtful.push(piece);
        }
    }
    plan.used = Outlined(union(&used));
    plan.doubtful = Outlined(union(&doubtful));
}

/// Whether the slab under most of a piece is named as something that is used.
fn named_used(parts: &Parts<'_>, level: &Level, levels: &Levels, piece: &MultiPolygon<f64>) -> bool {
    parts.role(Role::Floor).any(|p| {
        has_phrase(&p.element.words, USED_NAMES)
            && is_floor_of(p, level, levels)
            && covered(piece, p.plan()) > 0.5
    })
}

/// Whether a railing or parapet stands on the piece or along its edge.
fn guarded(parts: &Parts<'_>, level: &Level, piece: &MultiPolygon<f64>) -> bool {
    let near = offset(piece, 0.15);
    parts.physical.iter().any(|p| {
        let low_wall = p.element.role == Role::Wall && !encloses(p, level) && p.whole_z[1] < level.z + 1.8;
        let guards = p.element.role == Role::Railing || low_wall;
        let stands = (level.z - 0.5..level.z + 0.7).contains(&p.bbox.min[2]) && p.bbox.max[2] > level.z + 0.5;
        guards && stands && {
            let plan = p.plan();
            area(&intersection(plan, &near)) > 0.25 * area(plan).min(0.1)
        }
    })
}
