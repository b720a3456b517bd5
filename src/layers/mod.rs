//! What a layer is: the definition that its TOML file gives, the catalog of all of them, and code lists.
//! Pure but for [`read::read_dir`], which reads the definition files; tables are made by `store`.

pub mod catalog;
mod check;
mod check_quality;
pub mod computed;
pub mod conform;
pub mod definition;
pub mod icons;
pub mod qgis;
pub mod quality;
pub mod read;
pub mod row;
mod schema;
pub mod sld;
pub mod style;
pub mod value;

pub use catalog::{Catalog, Code, CodeList};
pub use definition::{Access, Attribute, AttributeType, Computed, GeometryKind, LayerDef, Source};
pub use quality::{QualityKind, QualityRule, Severity};
pub use read::{Problem, embedded, read_dir};
pub use row::{ItemRef, ItemRow};
pub use value::{Value, ValueRef};
