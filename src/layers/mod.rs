//! What a layer is: the definition that its TOML file gives, the catalog of all of them, and code lists.
//! Pure: files are read by the caller, tables are made by `store`.

pub mod catalog;
pub mod definition;
pub mod row;
pub mod value;

pub use catalog::{Catalog, CodeList};
pub use definition::{Access, Attribute, AttributeType, GeometryKind, LayerDef, Source};
pub use row::ItemRow;
pub use value::Value;
