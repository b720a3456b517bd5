//! A building as the sample writers see it: storeys with elements and rooms, in metres, before any schema.

use crate::sample::demo_sites::{DemoSite, Uv};

/// A point in plan, local metres.
pub type Xy = [f64; 2];

/// Schema of a written file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// IFC2X3 TC1, by the project's own writer.
    Ifc2x3,
    /// IFC4 ADD2 TC1, by the project's own writer.
    Ifc4,
    /// IFC4X3 ADD2, its backbone by `ifc_rs`.
    Ifc4x3,
}

/// How a model says where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// By a map conversion into EPSG:9218, as is right.
    Declared,
    /// Easting and northing exchanged.
    Swapped,
    /// The site is placed at map coordinates, and the map conversion adds them again.
    Twice,
    /// The coordinates of EPSG:9218, declared as EPSG:5899 (central meridian 107°45').
    WrongZone,
    /// By latitude and longitude of IfcSite and TrueNorth only.
    Degrees,
}

/// A building with its site.
#[derive(Debug)]
pub struct Design {
    /// Name of the project.
    pub title: String,
    /// Name of the building.
    pub building: String,
    /// Schema of the file.
    pub schema: Schema,
    /// File units in one metre: 1 or 1000.
    pub units_per_metre: f64,
    /// Site that it stands on.
    pub site: &'static DemoSite,
    /// Where the local origin lies in the quarter's frame.
    pub origin: Uv,
    /// Quarter turns from the quarter's u axis to the local x axis, anticlockwise.
    pub quarter_turns: u8,
    /// How the model says where it stands.
    pub place: Place,
    /// Height of ±0.00 over the datum Hon Dau 1992, metres; local z = 0.
    pub zero_level_m: f64,
    /// Main use, a code of `building_use`.
    pub use_: &'static str,
    /// The same in words.
    pub use_title: &'static str,
    /// From the lowest up.
    pub storeys: Vec<Storey>,
    /// What the model declares of the whole building.
    pub declared: Declared,
}

/// Quantities that a model declares of its building (Qto_BuildingBaseQuantities).
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// `Height` from ±0.00, metres.
    pub height_m: f64,
    /// `FootPrintArea`, m².
    pub footprint_area_m2: f64,
    /// `GrossFloorArea`, m².
    pub gross_floor_area_m2: f64,
}

/// A storey.
#[derive(Debug)]
pub struct Storey {
    /// Name, such as `Tầng 1`.
    pub name: String,
    /// Over ±0.00, metres.
    pub elevation: f64,
    /// To the next storey or the roof, metres.
    pub height: f64,
    /// Pset_BuildingStoreyCommon.AboveGround.
    pub above_ground: bool,
    /// Declared GrossFloorArea, m²; none for a roof level.
    pub gross_area_m2: Option<f64>,
    /// Walls, slabs …
    pub elements: Vec<Element>,
    /// Rooms.
    pub rooms: Vec<Room>,
}

/// Kind of a building element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "named as the IFC class and its predefined type")]
pub enum Kind {
    ExteriorWall,
    InteriorWall,
    Parapet,
    BaseSlab,
    FloorSlab,
    RoofSlab,
    GableRoof,
    Awning,
    Railing,
    Stair,
    Column,
    Tank,
}

/// A building element.
#[derive(Debug)]
pub struct Element {
    /// Kind.
    pub kind: Kind,
    /// Name, unique within the design.
    pub name: String,
    /// Shape, relative to the storey.
    pub solid: Solid,
    /// Doors and windows in it; walls only.
    pub openings: Vec<Opening>,
}

/// An extruded solid.
#[derive(Debug, Clone)]
pub struct Solid {
    /// Outline in the profile's plane, not closed, anticlockwise.
    pub ring: Vec<Xy>,
    /// Origin of the profile's plane, local.
    pub origin: [f64; 3],
    /// Direction of the extrusion and of the profile's x axis; none where they are Z and X.
    pub axes: Option<([f64; 3], [f64; 3])>,
    /// Length of the extrusion.
    pub depth: f64,
}

/// A hole in a wall with what fills it.
#[derive(Debug)]
pub struct Opening {
    /// Name, unique within the design.
    pub name: String,
    /// Door, else window.
    pub door: bool,
    /// The hole, through the whole wall.
    pub hole: Solid,
    /// Leaf or pane, in the wall's middle.
    pub filling: Solid,
    /// Width, metres.
    pub width: f64,
    /// Height, metres.
    pub height: f64,
}

/// A room.
#[derive(Debug)]
pub struct Room {
    /// Number, unique within the design.
    pub number: String,
    /// Name in words.
    pub name: &'static str,
    /// Use, a code of `building_use`.
    pub use_: &'static str,
    /// Inner outline.
    pub ring: Vec<Xy>,
    /// Clear height.
    pub height: f64,
}

impl Design {
    /// The site's parcel in local coordinates, anticlockwise, not closed.
    pub fn parcel_ring(&self) -> Vec<Xy> {
        let (parcel, _) = self.site.find_parcel().expect("a test holds that each site has its parcel");
        parcel.rect.corners().into_iter().map(|p| self.to_local(p)).collect()
    }

    /// From grid east to the local x axis, degrees, anticlockwise.
    pub fn rotation_deg(&self) -> f64 {
        self.site.quarter.rotation_deg + 90.0 * f64::from(self.quarter_turns)
    }

    /// Whole quarter turns are taken by swapping coordinates, so that parcels stay exact.
    fn to_local(&self, [u, v]: Uv) -> Xy {
        let (du, dv) = (u - self.origin[0], v - self.origin[1]);
        match self.quarter_turns % 4 {
            0 => [du, dv],
            1 => [dv, -du],
            2 => [-du, -dv],
            _ => [-dv, du],
        }
    }
}

impl Solid {
    /// Outline `ring` at height `z`, extruded upwards.
    pub fn prism(ring: Vec<Xy>, z: f64, height: f64) -> Self {
        Self { ring, origin: [0.0, 0.0, z], axes: None, depth: height }
    }
}

/// Area of an outline, m².
pub fn area(ring: &[Xy]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0
}
