//! The definition of a layer, as its TOML file (checked by `schema/layer.schema.json`) gives it.

use serde::{Deserialize, Serialize};

use super::quality::QualityRule;
use crate::text::Text;

/// SRID of every layer table: EPSG:9218, VN-2000 / TM-3 108-30, axes E, N, metres.
pub const LAYER_SRID: i32 = 9218;

/// A layer: published as a collection of items and as a tileset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerDef {
    /// Collection id, `[a-z][a-z0-9_]{0,40}`; also the table's name.
    pub id: String,
    /// Title.
    pub title: Text,
    /// One or two sentences for people.
    #[serde(default)]
    pub description: Text,
    /// Theme, the folder the file lies in (`land`, `transport` …); groups the layer tree.
    pub theme: String,
    /// `vector` now.
    #[serde(default = "vector")]
    pub kind: String,
    /// Geometry type of the column.
    pub geometry: GeometryKind,
    /// Codes of the owning agencies (`schema/codes/agency.toml`).
    pub owner: Vec<String>,
    /// Who may read it.
    pub access: Access,
    /// For `R`: agencies whose accounts may read it, besides the owners.
    #[serde(default)]
    pub readers: Vec<String>,
    /// Agencies whose accounts may change it (`access::edit`); empty: the owners.
    #[serde(default)]
    pub editors: Vec<String>,
    /// Every write must name the version that it changes (`If-Match`), whoever writes.
    #[serde(default)]
    pub strict: bool,
    /// Attribute that holds the id of another layer: a row is seen by who may see that layer whole.
    #[serde(default)]
    pub rows_of: Option<String>,
    /// The stored geometry that the public gets is blurred.
    #[serde(default)]
    pub blurred: bool,
    /// Side of the squares to whose middle a blurred place is moved, metres.
    #[serde(default = "blur_m")]
    pub blur_m: u32,
    /// A table of its own, or a read-only view over fixed tables.
    #[serde(default)]
    pub source: Source,
    /// Attributes that identify an item in the owner's data; used by upsert and replace.
    #[serde(default)]
    pub key: Vec<String>,
    /// Attribute that holds the code of the commune in which an item lies. Filled from the geometry where a file does
    /// not say it, and recomputed when a boundary changes (`store::units`).
    #[serde(default)]
    pub unit_attribute: Option<String>,
    /// Attribute shown as the item's name.
    #[serde(default)]
    pub label: Option<String>,
    /// Attributes that `datetime` filters by: an instant, or start and end.
    #[serde(default)]
    pub temporal: Vec<String>,
    /// Lowest zoom at which the layer is in tiles.
    #[serde(default)]
    pub min_zoom: u8,
    /// Numeric attribute by which items come first where a tile has no room for all, the larger first; none: the larger
    /// ones on the ground.
    #[serde(default)]
    pub importance: Option<String>,
    /// Attributes that areas too small for a zoom keep when tiles merge them: those that a map colours by. None: those
    /// with a code list.
    #[serde(default)]
    pub merge_by: Option<Vec<String>>,
    /// Data licence, SPDX or plain text.
    #[serde(default)]
    pub licence: Option<String>,
    /// Place in the stack of the map, 0 … 100: lower numbers are drawn first, under the others.
    #[serde(default)]
    pub draw_order: i32,
    /// Switched on when the map opens.
    #[serde(default)]
    pub visible: bool,
    /// Attributes, in the order in which they are shown.
    #[serde(default, rename = "attribute")]
    pub attributes: Vec<Attribute>,
    /// MapLibre style layers without `id`, `source`, `source-layer`: those are filled in when served.
    #[serde(default, rename = "style")]
    pub styles: Vec<serde_json::Value>,
    /// Quality rules beyond those that the attributes imply ([`LayerDef::quality_rules`]).
    #[serde(default)]
    pub quality: Vec<QualityRule>,
}

fn blur_m() -> u32 {
    250
}

fn vector() -> String {
    "vector".to_owned()
}

/// An attribute of a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of a definition file")]
pub struct Attribute {
    /// Name, `[a-z][a-z0-9_]{0,40}`; also the column's name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// Title.
    pub title: Text,
    /// UCUM-like unit (`m`, `m2`, `percent`), none for counts and texts.
    #[serde(default)]
    pub unit: Option<String>,
    /// May not be null.
    #[serde(default)]
    pub required: bool,
    /// Code list whose codes are the allowed values.
    #[serde(default)]
    pub codes: Option<String>,
    /// Stricter access than the layer's.
    #[serde(default)]
    pub access: Option<Access>,
    /// For `R`: agencies whose accounts may read it besides the owners, in the place of the layer's `readers`.
    #[serde(default)]
    pub readers: Option<Vec<String>>,
    /// Personal data: never in public extracts.
    #[serde(default)]
    pub personal: bool,
    /// Found by the portal's search.
    #[serde(default)]
    pub search: bool,
    /// In tiles from this zoom on; absent: from zoom 14.
    #[serde(default)]
    pub tile_min_zoom: Option<u8>,
    /// Fields of files that it is read from where nothing else is said, best first; its own name comes last.
    #[serde(default)]
    pub import_from: Vec<String>,
    /// Smallest allowed number, in the unit.
    #[serde(default)]
    pub min: Option<f64>,
    /// Largest allowed number, in the unit.
    #[serde(default)]
    pub max: Option<f64>,
    /// The number follows the geometry (`layers::computed`).
    #[serde(default)]
    pub computed: Option<Computed>,
}

/// What of the geometry an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Computed {
    /// Its area in the plane of EPSG:9218, in the attribute's unit (m2, ha or km2).
    Area,
    /// Its length in the plane of EPSG:9218, in the attribute's unit (m or km).
    Length,
}

/// Type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// Unicode text; a code when `codes` is set.
    Text,
    /// 64-bit whole number.
    Integer,
    /// Double.
    Real,
    /// Yes or no.
    Boolean,
    /// Calendar day.
    Date,
    /// Instant with zone.
    Timestamp,
}

/// Geometry type of a layer (OGC simple features, two-dimensional in the index).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the definitions")]
pub enum GeometryKind {
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
}

/// Who may read a layer or an attribute (domain/layers.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Access {
    /// Open: everyone.
    O,
    /// Internal: officers who are signed in.
    I,
    /// Restricted: the owner's and named agencies' accounts.
    R,
}

/// Where a layer's rows come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// `layer.<id>`, made from the definition.
    #[default]
    Table,
    /// A view of the same name over fixed tables; read-only over OGC (405).
    View,
}

impl GeometryKind {
    /// Whether the geometry covers an area.
    pub fn is_area(self) -> bool {
        matches!(self, Self::Polygon | Self::MultiPolygon)
    }

    /// Whether the geometry is one point or several.
    pub fn is_point(self) -> bool {
        matches!(self, Self::Point | Self::MultiPoint)
    }
}

/// Zoom from which an attribute is in tiles where its definition names none.
pub const DEFAULT_TILE_MIN_ZOOM: u8 = 14;

impl Attribute {
    /// Whether the values are communes of today.
    pub fn holds_unit(&self) -> bool {
        self.codes.as_deref() == Some(crate::units::COMMUNE_CODES)
    }

    /// Zoom from which the attribute is in tiles.
    pub fn tile_zoom(&self) -> u8 {
        self.tile_min_zoom.unwrap_or(DEFAULT_TILE_MIN_ZOOM)
    }
}

impl LayerDef {
    /// The attribute called `name`.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// Whether areas that tiles merge keep the attribute at `index` ([`LayerDef::merge_by`]).
    pub fn merges_by(&self, index: usize) -> bool {
        let attribute = &self.attributes[index];
        let named = self.merge_by.as_ref().map(|names| names.contains(&attribute.name));
        named.unwrap_or(attribute.codes.is_some())
    }

    /// Agencies whose accounts may change the layer.
    pub fn editing_agencies(&self) -> &[String] {
        if self.editors.is_empty() { &self.owner } else { &self.editors }
    }

    /// Index of the attribute that holds the commune in which an item lies.
    pub fn unit_index(&self) -> Option<usize> {
        let name = self.unit_attribute.as_deref()?;
        self.attributes.iter().position(|a| a.name == name)
    }
}
