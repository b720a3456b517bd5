//! A building's physical parts with their heights and plan views, made once.

use std::cell::OnceCell;
use std::collections::HashMap;

use geo::MultiPolygon;

use crate::bim::element::{Context, Element};
use crate::bim::facts::Box3;
use crate::bim::role::Role;
use crate::bim::shape::{Solid, outline};

/// One physical part.
pub struct Part<'a> {
    /// What it is.
    pub element: Element,
    /// Its triangles.
    pub solid: &'a Solid,
    /// Its box.
    pub bbox: Box3,
    /// Heights of the whole that it belongs to: a panel of a curtain wall is as high as the curtain wall.
    pub whole_z: [f64; 2],
    plan: OnceCell<MultiPolygon<f64>>,
}

impl Part<'_> {
    /// Plan view of the whole part.
    pub fn plan(&self) -> &MultiPolygon<f64> {
        self.plan.get_or_init(|| self.solid.plan())
    }

    /// Plan view of what lies between two heights.
    pub fn band(&self, low: f64, high: f64) -> MultiPolygon<f64> {
        if self.bbox.max[2] <= low || self.bbox.min[2] >= high {
            outline::empty()
        } else if self.bbox.min[2] >= low && self.bbox.max[2] <= high {
            self.plan().clone()
        } else {
            self.solid.band(low, high)
        }
    }
}

/// All parts of a building.
pub struct Parts<'a> {
    /// Walls, floors, roofs …; no spaces, openings, furniture, terrain.
    pub physical: Vec<Part<'a>>,
    /// Solids of spaces.
    pub spaces: Vec<Part<'a>>,
    /// Solids of openings.
    pub openings: Vec<Part<'a>>,
}

impl<'a> Parts<'a> {
    /// Sorts a building's elements.
    pub fn new(context: &'a Context<'_>, elements: Vec<Element>) -> Self {
        let mut out = Self { physical: Vec::new(), spaces: Vec::new(), openings: Vec::new() };
        let mut wholes: HashMap<u32, [f64; 2]> = HashMap::new();
        for element in elements {
            let Some(solid) = context.solid(element.id) else { continue };
            let Some(bbox) = solid.bbox() else { continue };
            let whole = context.relations.whole.get(&element.id).copied();
            if let Some(whole) = whole.filter(|_| element.role == Role::Wall) {
                let z = wholes.entry(whole).or_insert([f64::INFINITY, f64::NEG_INFINITY]);
                *z = [z[0].min(bbox.min[2]), z[1].max(bbox.max[2])];
            }
            let list = match element.role {
                Role::Terrain | Role::Furnishing => continue,
                Role::Space => &mut out.spaces,
                Role::Opening => &mut out.openings,
                _ => &mut out.physical,
            };
            list.push(Part {
                element,
                solid,
                bbox,
                whole_z: [bbox.min[2], bbox.max[2]],
                plan: OnceCell::new(),
            });
        }
        for part in out.physical.iter_mut().filter(|p| p.element.role == Role::Wall) {
            if let Some(z) = context.relations.whole.get(&part.element.id).and_then(|w| wholes.get(w)) {
                part.whole_z = *z;
            }
        }
        out
    }

    /// Parts of one role.
    pub fn role(&self, role: Role) -> impl Iterator<Item = &Part<'a>> {
        self.physical.iter().filter(move |p| p.element.role == role)
    }

    /// Lowest and highest point of the parts that carry or close the building.
    pub fn built_z(&self) -> Option<[f64; 2]> {
        let built = self.physical.iter().filter(|p| {
            matches!(p.element.role, Role::Wall | Role::Floor | Role::Roof | Role::Column | Role::Filling)
        });
        built.map(|p| [p.bbox.min[2], p.bbox.max[2]]).reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])
    }
}
