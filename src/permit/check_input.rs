//! Everything that a check run may look at. Kept as canonical JSON (RFC 8785) with the run, so that it can be
//! repeated: no clock, no random id, no database behind it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use geo::Geometry;
use serde::{Deserialize, Serialize};

use crate::bim::facts::ModelFacts;

/// Input of a check run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckInput {
    /// Kind of application (`new_house` …).
    pub kind: String,
    /// `household_individual` or `organisation`; none where the form does not say.
    pub investor_type: Option<String>,
    /// The day that chooses the rule set.
    pub legal_date: NaiveDate,
    /// Form 01 as given.
    pub form: serde_json::Value,
    /// Works of the application, each with its model's facts.
    pub works: Vec<WorkInput>,
    /// Codes of the parcels applied for; their features are in `features["parcel"]`.
    pub parcels: Vec<String>,
    /// Features within reach, by layer id. A layer that was read but has none has an empty list; a layer that
    /// does not exist in the catalog is absent.
    pub features: BTreeMap<String, Vec<MapFeature>>,
    /// Layers that the caller may not see: their checks give him MANUAL "cần lấy ý kiến" (§3).
    pub hidden_layers: Vec<String>,
    /// Settings that checks use (tolerances, uncertainties, buffers), by name.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Whether the document slots hold something, by slot.
    pub documents: BTreeMap<String, bool>,
}

/// One work with its model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkInput {
    /// Id within the application, `1` by default.
    pub id: String,
    /// Name.
    pub name: String,
    /// Use as declared in the application, a code of `schema/codes/building_use.toml`.
    #[serde(rename = "use")]
    pub use_: Option<String>,
    /// Facts of its model; none where no model was uploaded.
    pub facts: Option<ModelFacts>,
    /// Why the model could not be read, where it could not.
    pub model_error: Option<String>,
}

/// A feature as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapFeature {
    /// Identifier.
    pub fid: i64,
    /// Revision in which this state became current.
    pub version: i64,
    /// Geometry in EPSG:9218, as GeoJSON in JSON.
    #[serde(with = "serde_geometry")]
    pub geometry: Geometry<f64>,
    /// All attributes.
    pub attributes: BTreeMap<String, serde_json::Value>,
}

mod serde_geometry {
    use geo::Geometry;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    use crate::space::geojson;

    pub fn serialize<S: Serializer>(g: &Geometry<f64>, s: S) -> Result<S::Ok, S::Error> {
        geojson::to_json(g, 4).serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Geometry<f64>, D::Error> {
        geojson::from_json(&serde_json::Value::deserialize(d)?).map_err(D::Error::custom)
    }
}
