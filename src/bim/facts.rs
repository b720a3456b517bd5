//! What a model says: the JSON of `dothi ifc info --json`, and the input of the permit checks.
//! Lengths are metres and areas square metres whatever the file's unit.

use std::collections::BTreeMap;

use geo::MultiPolygon;
use serde::{Deserialize, Serialize};

use crate::space::geojson::serde_multi_polygon;
use crate::text::Text;

/// Facts of one IFC file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// `IFC2X3`, `IFC4`, `IFC4X3` …: FILE_SCHEMA without addenda (`IFC4X3` for `IFC4X3_ADD2`).
    pub schema: String,
    /// Number of records in the DATA section.
    pub entities: u64,
    /// Metres in one length unit of the file; none where no length unit is declared.
    pub length_unit_m: Option<f64>,
    /// IfcProject.
    pub project: Option<Named>,
    /// How and where the model is placed; none where nothing places it.
    pub georeference: Option<Georeference>,
    /// IfcSite's own outline (plan view of its solid or footprint representation), local coordinates.
    pub site_outline_local: Option<Outline>,
    /// The same in EPSG:9218.
    pub site_outline: Option<Outline>,
    /// One entry an IfcBuilding.
    pub buildings: Vec<BuildingFacts>,
    /// Parking that belongs to no building.
    #[serde(default)]
    pub site_parking: Parking,
    /// Planted areas that belong to no building.
    #[serde(default)]
    pub site_landscape: Landscape,
    /// Box of all products without spaces and openings, local engineering coordinates, Z up.
    pub bbox_m: Option<Box3>,
    /// Number of products by entity name.
    pub products: BTreeMap<String, u64>,
    /// Number of IfcSpace.
    pub spaces: u64,
    /// Products whose geometry is empty or could not be made: GlobalId and reason.
    pub empty_solids: Vec<ElementNote>,
    /// What a reader should know, in plain English; the georeference has its own.
    pub warnings: Vec<String>,
    /// All warnings, those of the georeference too, in both languages.
    #[serde(default)]
    pub notes: Vec<Text>,
}

/// A rooted entity's id and name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// Name, decoded.
    pub name: String,
}

/// An element with a remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementNote {
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// Entity name.
    pub entity: String,
    /// The remark.
    pub reason: String,
}

/// Where a model stands on earth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Georeference {
    /// LoGeoRef level, 10–50.
    pub level: u8,
    /// `IfcMapConversion`, `ePset_MapConversion`, `IfcSite` …
    pub source: String,
    /// CRS as `EPSG:n`, where known.
    pub crs: Option<String>,
    /// Easting of the local origin in `crs`, metres.
    pub easting: Option<f64>,
    /// Northing of the local origin in `crs`, metres.
    pub northing: Option<f64>,
    /// Longitude of the local origin, degrees WGS 84: transformed from `crs`, or from IfcSite.
    pub longitude: Option<f64>,
    /// Latitude of the local origin, degrees WGS 84: transformed from `crs`, or from IfcSite.
    pub latitude: Option<f64>,
    /// Height of the local z = 0 over the vertical datum, metres.
    pub orthogonal_height_m: Option<f64>,
    /// Vertical datum as declared, such as `Hon Dau 1992`.
    pub vertical_datum: Option<String>,
    /// Rotation from local x to grid east, degrees, anticlockwise.
    pub rotation_deg: f64,
    /// Factor on local metres (1.0 once units are scaled).
    pub scale: f64,
    /// Horizontal uncertainty of the placement, metres.
    pub horizontal_uncertainty_m: f64,
    /// Doubts: swapped axes, missing datum …
    pub warnings: Vec<String>,
}

/// A measured value beside the declared one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// From geometry.
    pub measured: Option<f64>,
    /// From quantities or property sets of the model.
    pub declared: Option<f64>,
    /// `declared` less `measured`, where both exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
    /// Where the declared value stands: set and property, such as `Qto_BuildingBaseQuantities.Height`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_source: Option<String>,
}

impl Measured {
    /// A value that only the geometry gives.
    pub fn only(measured: Option<f64>) -> Self {
        Self { measured, ..Self::default() }
    }

    /// Sets the declared value, its source, and the difference to the measured one (to the millimetre).
    pub fn declare(&mut self, declared: Option<(f64, String)>) {
        let Some((value, source)) = declared else { return };
        self.declared = Some(value);
        self.declared_source = Some(source);
        self.difference = self.measured.map(|m| ((value - m) * 1000.0).round() / 1000.0 + 0.0);
    }
}

/// A plan outline (MultiPolygon), GeoJSON in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outline(#[serde(with = "serde_multi_polygon")] pub MultiPolygon<f64>);

/// An outline in degrees: 9 decimals (0.1 mm) where metres have 3.
mod crs84 {
    use geo::Geometry;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Outline;
    use crate::space::geojson;

    #[allow(clippy::ref_option, reason = "the form that serde calls")]
    pub fn serialize<S: Serializer>(outline: &Option<Outline>, s: S) -> Result<S::Ok, S::Error> {
        outline.as_ref().map(|o| geojson::to_json(&Geometry::MultiPolygon(o.0.clone()), 9)).serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Outline>, D::Error> {
        Option::<Outline>::deserialize(d)
    }
}

impl Default for Outline {
    fn default() -> Self {
        Self(MultiPolygon(Vec::new()))
    }
}

/// A box in space, metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Box3 {
    /// Lowest x, y, z.
    pub min: [f64; 3],
    /// Highest x, y, z.
    pub max: [f64; 3],
}

/// Facts of one IfcBuilding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BuildingFacts {
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// Name.
    pub name: String,
    /// Local z of ±0.00 (finished ground floor), metres.
    pub zero_level_m: f64,
    /// Where ±0.00 comes from.
    pub zero_level_source: String,
    /// Height of ±0.00 over the vertical datum; none without vertical datum.
    pub zero_level_elevation_m: Option<f64>,
    /// Storeys from the lowest up.
    pub storeys: Vec<StoreyFacts>,
    /// Storeys by kind.
    pub storey_count: StoreyCount,
    /// ±0.00 to the highest point, exclusions of QCVN 01 1.4.25 applied.
    pub height_m: Measured,
    /// Element that reaches that height.
    pub highest_element: Option<String>,
    /// Area of the footprint outline.
    pub footprint_area_m2: Measured,
    /// The footprint if every element that may be a canopy counts as a used overhang; equal where there is no doubt.
    pub footprint_area_with_overhangs_m2: Option<f64>,
    /// Area of the projection outline.
    pub projection_area_m2: Measured,
    /// All storeys to the outer face of enclosing walls.
    pub gross_floor_area_m2: Measured,
    /// Gross floor area less technical, fire, refuge and parking floors; none where uses are not given.
    pub far_area_m2: Measured,
    /// Gross floor area by use of its storeys' spaces.
    pub area_by_use_m2: BTreeMap<String, f64>,
    /// Main use, from IfcBuilding or its property sets.
    pub building_use: Option<String>,
    /// Largest clear span, metres.
    pub span_m: Option<f64>,
    /// The same beside the declared span.
    #[serde(default)]
    pub span: Measured,
    /// From ±0.00 down to the lowest underground point, metres.
    pub depth_m: Option<f64>,
    /// The same beside the declared depth.
    #[serde(default)]
    pub depth: Measured,
    /// Floor area of the storey at ±0.00.
    #[serde(default)]
    pub ground_floor_area_m2: Measured,
    /// ±0.00 to the highest point of all parts, those of `height_exclusions` too.
    #[serde(default)]
    pub height_with_exclusions_m: Option<f64>,
    /// Parts above `height_m` that do not count for it, from the highest down.
    #[serde(default)]
    pub height_exclusions: Vec<HeightExclusion>,
    /// Footprints by height, podium and tower.
    #[serde(default)]
    pub massing: Massing,
    /// Balconies, floors, canopies and eaves beyond the ground floor's walls, by storey.
    #[serde(default)]
    pub overhangs: Vec<Overhang>,
    /// Parking in the building.
    #[serde(default)]
    pub parking: Parking,
    /// Planted areas in or on the building.
    #[serde(default)]
    pub landscape: Landscape,
    /// Outline of enclosed or used storeys above ground, local coordinates.
    pub footprint_local: Outline,
    /// The footprint with doubtful overhangs, local; none where there is no doubt.
    pub footprint_with_overhangs_local: Option<Outline>,
    /// Every physical part above ground, local.
    pub projection_local: Outline,
    /// Everything below ground, local.
    pub underground_local: Outline,
    /// The footprint in CRS84; none where the model is not placed.
    #[serde(with = "crs84")]
    pub footprint: Option<Outline>,
    /// Outlines in EPSG:9218; none where the model is not placed.
    pub placed: Option<PlacedOutlines>,
    /// Elements that make each outline's outer edge.
    pub footprint_elements: Vec<String>,
    /// Elements of the projection that lie outside the footprint.
    pub projection_elements: Vec<String>,
}

/// A part that stands above the height and does not count for it (QCVN 01:2021 1.4.25).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HeightExclusion {
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// Entity name.
    pub entity: String,
    /// Name.
    pub name: String,
    /// Its top over ±0.00, metres.
    pub top_m: f64,
}

/// Footprints by height. See `building::massing`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Massing {
    /// What stands at or above each level, from the ground up.
    pub steps: Vec<FootprintAbove>,
    /// Top of the podium over ±0.00, metres; none where the building has no podium.
    pub podium_height_m: Option<f64>,
    /// Storeys of the podium above ground.
    pub podium_storeys: Option<u32>,
    /// Storeys of the tower.
    pub tower_storeys: Option<u32>,
    /// Area of the tower's footprint.
    pub tower_footprint_area_m2: Option<f64>,
    /// Footprint of what stands above the podium, local coordinates.
    pub tower_footprint_local: Option<Outline>,
    /// The same in EPSG:9218; none where the model is not placed.
    pub tower_footprint: Option<Outline>,
}

/// The footprint of all storeys at or above a level.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FootprintAbove {
    /// The level over ±0.00, metres.
    pub above_m: f64,
    /// Name of the storey.
    pub storey: String,
    /// Area.
    pub area_m2: f64,
}

/// Something that hangs over the outside of the ground floor's walls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Overhang {
    /// `enclosed` (rooms), `used` (balcony, loggia, gallery), `doubtful` (canopy or used, who knows), `canopy`
    /// (canopy, eave, roof edge).
    pub kind: String,
    /// Name of the storey; none for roofs and canopies.
    pub storey: Option<String>,
    /// Area beyond the ground floor's walls.
    pub area_m2: f64,
    /// How far it reaches beyond the ground floor's walls, metres.
    pub depth_m: f64,
    /// Its underside over ±0.00, metres.
    pub clearance_m: f64,
    /// GlobalIds of the slabs, roofs and walls that make it.
    pub elements: Vec<String>,
    /// Outline, local coordinates.
    pub outline_local: Outline,
}

/// Parking spaces. See `building::provision`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Parking {
    /// Number of places: measured, those modelled one by one; declared, the sum of ParkingUnits.
    pub spaces: Measured,
    /// Area in plan, nothing counted twice.
    pub area_m2: Measured,
    /// What was taken for parking, and why.
    pub elements: Vec<PlanElement>,
}

/// Planted areas. See `building::provision`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// Area in plan, nothing counted twice.
    pub area_m2: Measured,
    /// What was taken for planted, and why.
    pub elements: Vec<PlanElement>,
    /// Outline, local coordinates.
    pub outline_local: Outline,
}

/// An element with its plan area.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanElement {
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// Entity name.
    pub entity: String,
    /// Name.
    pub name: String,
    /// What shows its use: an attribute, a property or the name.
    pub evidence: String,
    /// Area in plan; none without a solid.
    pub area_m2: Option<f64>,
}

/// The three outlines in EPSG:9218.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacedOutlines {
    /// Footprint.
    pub footprint: Outline,
    /// Footprint with doubtful overhangs; none where there is no doubt.
    pub footprint_with_overhangs: Option<Outline>,
    /// Projection.
    pub projection: Outline,
    /// Underground.
    pub underground: Outline,
}

/// Facts of one IfcBuildingStorey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreyFacts {
    /// IfcGloballyUniqueId.
    pub global_id: String,
    /// Name.
    pub name: String,
    /// Elevation over ±0.00, metres.
    pub elevation_m: f64,
    /// Pset_BuildingStoreyCommon.AboveGround, else by elevation.
    pub above_ground: bool,
    /// `above_ground`, `basement`, `attic`, `technical`, `tum`, or `roof` and `foundation` (levels that are no
    /// storeys in the sense of Art. 49.9).
    pub kind: String,
    /// Main use of its spaces, where given.
    #[serde(rename = "use")]
    pub use_: Option<String>,
    /// Floor area to the outer face of enclosing walls.
    pub gross_area_m2: Measured,
    /// The measured floor area shared out by use of the storey's spaces; empty where no space names a use.
    #[serde(default)]
    pub area_by_use_m2: BTreeMap<String, f64>,
}

/// Storeys by kind. `total_49_9` counts basement, attic, technical floor and tum (NĐ 217 Art. 49.9); it is
/// `above_ground` and `below_ground` together, `attic`, `technical` and `tum` being among these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named in the law")]
pub struct StoreyCount {
    pub total_49_9: u32,
    pub above_ground: u32,
    pub below_ground: u32,
    pub attic: u32,
    pub technical: u32,
    pub tum: u32,
}
