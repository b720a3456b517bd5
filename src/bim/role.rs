//! What an element is to the outlines, by entity, PredefinedType, ObjectType and name, in this order.

use super::words::has_phrase;

/// What an element is to the outlines and heights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ground, landscape, site works: never part of a building.
    Terrain,
    /// A room or zone: evidence of use, not a physical part.
    Space,
    /// A hole in an element.
    Opening,
    /// Furniture, plants, annotations, analysis items: in the building but no part of it.
    Furnishing,
    /// Pipes, ducts, devices, lifts: physical, but no floor, wall or roof.
    Equipment,
    /// A wall, or a part of a curtain wall.
    Wall,
    /// A door or window: closes a wall.
    Filling,
    /// A column or pile above ground.
    Column,
    /// A floor slab.
    Floor,
    /// A roof or roof slab.
    Roof,
    /// A canopy, eave, awning, sun shade, sill: projects, but is neither enclosed nor used.
    Canopy,
    /// A stair, ramp or landing.
    Stair,
    /// A railing: evidence that what it guards is used.
    Railing,
    /// A footing or pile.
    Foundation,
    /// A beam, member, covering, proxy or any other physical part.
    Other,
}

/// Names of canopies, eaves, sun shades and sills.
const CANOPY: &[&str] = &[
    "mai don",
    "mai hat",
    "mai sanh",
    "mai che",
    "mai hien",
    "o vang",
    "seno",
    "se no",
    "canopy",
    "awning",
    "eave",
    "eaves",
    "overhang",
    "sun shade",
    "sunshade",
    "shading",
    "louvre",
    "louver",
    "lam chan nang",
    "go chi",
    "phao chi",
    "sill",
    "bau cua",
    "marquise",
    "pergola",
    "gian hoa",
    "porch roof",
];

/// Names of steps, yards and paths at the ground.
const GROUND: &[&str] = &[
    // Not «sân» alone: without its diacritics it is «sàn», a floor.
    "bac tam cap",
    "tam cap",
    "bac them",
    "san vuon",
    "san truoc",
    "san sau",
    "san choi",
    "via he",
    "duong dao",
    "duong noi bo",
    "steps",
    "step",
    "paving",
    "pavement",
    "patio",
    "driveway",
    "sidewalk",
    "footpath",
    "apron",
    "landscape",
    "yard",
    "be boi",
    "swimming pool",
    "pool",
    "parking lot",
    "bai do xe",
];

/// Names of fences.
const FENCE: &[&str] = &["hang rao", "tuong rao", "fence", "cong rao", "boundary wall", "garden wall"];

/// Names of what stands about without being built: plants, people, cars, markers, texts.
const ENTOURAGE: &[&str] = &[
    "tree",
    "trees",
    "cay",
    "cay xanh",
    "planting",
    "plant pot",
    "shrub",
    "hedge",
    "bush",
    "rpc",
    "people",
    "person",
    "nguoi",
    "car",
    "oto",
    "o to",
    "vehicle",
    "origin",
    "geo reference",
    "survey point",
    "model text",
    "north arrow",
];

/// What decides an element's role.
#[derive(Debug, Clone, Copy)]
pub struct Traits<'a> {
    /// PredefinedType of the occurrence, else of its type, upper case.
    pub predefined: &'a str,
    /// ObjectType, name and type name, made plain.
    pub words: &'a str,
}

/// The role of an element. `is_a` asks the file's schema.
pub fn of(traits: Traits<'_>, is_a: impl Fn(&str) -> bool) -> Role {
    by_name(by_entity(&traits, is_a), &traits)
}

fn by_entity(t: &Traits<'_>, is_a: impl Fn(&str) -> bool) -> Role {
    let any = |names: &[&str]| names.iter().any(|n| is_a(n));
    if any(&["IfcSpace", "IfcSpatialZone", "IfcZone", "IfcExternalSpatialElement"]) {
        return Role::Space;
    }
    if any(&["IfcFeatureElementSubtraction"]) {
        return Role::Opening;
    }
    if any(&[
        "IfcSpatialElement",
        "IfcSpatialStructureElement",
        "IfcGeographicElement",
        "IfcGeotechnicalElement",
        "IfcEarthworksElement",
        "IfcEarthworksCut",
        "IfcEarthworksFill",
        "IfcCourse",
        "IfcPavement",
        "IfcKerb",
        "IfcCivilElement",
    ]) {
        return Role::Terrain;
    }
    if any(&[
        "IfcFurnishingElement",
        "IfcVirtualElement",
        "IfcAnnotation",
        "IfcGrid",
        "IfcStructuralItem",
        "IfcStructuralActivity",
        "IfcPort",
        "IfcReferent",
        "IfcPositioningElement",
        "IfcSanitaryTerminal",
    ]) {
        return Role::Furnishing;
    }
    if any(&[
        "IfcDistributionElement",
        "IfcTransportElement",
        "IfcTransportationDevice",
        "IfcElectricalElement",
        "IfcEquipmentElement",
    ]) {
        return Role::Equipment;
    }
    if any(&["IfcWall", "IfcCurtainWall"]) {
        Role::Wall
    } else if any(&["IfcDoor", "IfcWindow"]) {
        Role::Filling
    } else if any(&["IfcColumn"]) {
        Role::Column
    } else if any(&["IfcSlab"]) {
        match t.predefined {
            "ROOF" => Role::Roof,
            "LANDING" => Role::Stair,
            "PAVING" | "SIDEWALK" | "APPROACH_SLAB" | "TRACKSLAB" => Role::Terrain,
            _ => Role::Floor,
        }
    } else if any(&["IfcRoof"]) {
        Role::Roof
    } else if any(&["IfcStair", "IfcStairFlight", "IfcRamp", "IfcRampFlight"]) {
        Role::Stair
    } else if any(&["IfcRailing"]) {
        Role::Railing
    } else if any(&["IfcFooting", "IfcPile", "IfcDeepFoundation", "IfcCaissonFoundation"]) {
        Role::Foundation
    } else if any(&["IfcShadingDevice"]) {
        Role::Canopy
    } else {
        Role::Other
    }
}

/// Names overrule where the entity leaves it open: a slab that is a canopy, a wall that is a fence.
fn by_name(role: Role, t: &Traits<'_>) -> Role {
    match role {
        Role::Floor | Role::Roof | Role::Other if has_phrase(t.words, CANOPY) => Role::Canopy,
        Role::Floor | Role::Stair if has_phrase(t.words, &["bac tam cap", "tam cap", "bac them"]) => {
            Role::Canopy
        }
        Role::Floor if t.predefined != "BASESLAB" && has_phrase(t.words, GROUND) => Role::Terrain,
        Role::Other if has_phrase(t.words, ENTOURAGE) => Role::Furnishing,
        Role::Wall | Role::Railing | Role::Other if has_phrase(t.words, FENCE) => Role::Terrain,
        Role::Floor if has_phrase(t.words, &["san mai", "roof slab", "mai bang", "mai btct"]) => Role::Roof,
        _ => role,
    }
}

/// Parts that do not count for the height (QCVN 01:2021 1.4.25): antennas, lightning rods, tanks, solar panels,
/// vents, chimneys and decoration.
pub fn is_above_the_height(t: &Traits<'_>, is_a: impl Fn(&str) -> bool) -> bool {
    const NAMES: &[&str] = &[
        "antenna",
        "ang ten",
        "anten",
        "aerial",
        "lightning",
        "chong set",
        "thu set",
        "kim thu loi",
        "lightning rod",
        "bon nuoc",
        "be nuoc",
        "tank",
        "water tank",
        "solar",
        "pin mat troi",
        "nang luong mat troi",
        "photovoltaic",
        "thong gio",
        "ong thong hoi",
        "vent",
        "ventilator",
        "ventilation",
        "chimney",
        "ong khoi",
        "trang tri",
        "decoration",
        "decorative",
        "ornament",
        "flagpole",
        "cot co",
        "spire",
        "bien quang cao",
        "sign",
    ];
    let entity = [
        "IfcTank",
        "IfcSolarDevice",
        "IfcChimney",
        "IfcCommunicationsAppliance",
        "IfcAirTerminal",
        "IfcStackTerminal",
        "IfcSign",
        "IfcLamp",
        "IfcLightFixture",
        "IfcFlagpole",
        "IfcDuctSegment",
        "IfcPipeSegment",
        "IfcDuctFitting",
        "IfcPipeFitting",
        "IfcFlowSegment",
        "IfcFlowFitting",
        "IfcFlowTerminal",
        "IfcEnergyConversionDevice",
        "IfcFlowMovingDevice",
        "IfcFlowStorageDevice",
        "IfcProtectiveDevice",
    ]
    .iter()
    .any(|e| is_a(e));
    let predefined = ["ANTENNA", "SOLARPANEL", "SOLARCOLLECTOR", "LIGHTNINGROD", "FLAGPOLE", "DECORATION"];
    entity || predefined.contains(&t.predefined) || has_phrase(t.words, NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(entity: &str, predefined: &str, words: &str) -> Role {
        of(Traits { predefined, words }, |of| of == entity)
    }

    #[test]
    fn slabs_are_told_apart() {
        assert_eq!(role("IfcSlab", "FLOOR", "san tang 2"), Role::Floor);
        assert_eq!(role("IfcSlab", "ROOF", ""), Role::Roof);
        assert_eq!(role("IfcSlab", "BASESLAB", ""), Role::Floor);
        assert_eq!(role("IfcSlab", "FLOOR", "mai don sanh chinh"), Role::Canopy);
        assert_eq!(role("IfcSlab", "LANDING", ""), Role::Stair);
    }

    #[test]
    fn what_is_no_part_of_a_building() {
        assert_eq!(role("IfcGeographicElement", "", ""), Role::Terrain);
        assert_eq!(role("IfcWall", "", "tuong rao"), Role::Terrain);
        assert_eq!(role("IfcSpace", "", ""), Role::Space);
    }

    #[test]
    fn antennas_do_not_count_for_the_height() {
        let t = Traits { predefined: "", words: "cot thu set" };
        assert!(is_above_the_height(&t, |_| false));
        let t = Traits { predefined: "", words: "mai doc" };
        assert!(!is_above_the_height(&t, |_| false));
    }
}
