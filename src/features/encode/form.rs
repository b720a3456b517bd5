//! The forms in which items leave the program, each with its names.

use crate::space::crs::Offered;

/// A form of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// RFC 7946.
    GeoJson,
    /// OGC 21-045r1.
    JsonFg,
    /// GML 3.2.1 in a collection of WFS 2.0.
    Gml,
    /// RFC 4180, the geometry as WKT.
    Csv,
    /// FlatGeobuf 3, with an index.
    FlatGeobuf,
    /// OGC 12-128r18, with an index.
    GeoPackage,
    /// GeoParquet 1.1, the geometry as WKB with its box beside it.
    GeoParquet,
}

impl Form {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 7] = [
        Self::GeoJson,
        Self::JsonFg,
        Self::Gml,
        Self::Csv,
        Self::FlatGeobuf,
        Self::GeoPackage,
        Self::GeoParquet,
    ];

    /// How `f=` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "json",
            Self::JsonFg => "jsonfg",
            Self::Gml => "gml",
            Self::Csv => "csv",
            Self::FlatGeobuf => "fgb",
            Self::GeoPackage => "gpkg",
            Self::GeoParquet => "parquet",
        }
    }

    /// How its files are called, behind the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            other => other.name(),
        }
    }

    /// The form of a file with this extension.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.extension() == extension)
    }

    /// Its media type. JSON-FG 1.0 is GeoJSON by its type; that of its drafts tells the two apart.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::JsonFg => "application/fg+json",
            Self::Gml => "application/gml+xml;version=3.2",
            Self::Csv => "text/csv; charset=utf-8",
            Self::FlatGeobuf => "application/flatgeobuf",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::GeoParquet => "application/vnd.apache.parquet",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::JsonFg => "JSON-FG",
            Self::Gml => "GML 3.2",
            Self::Csv => "CSV",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoPackage => "GeoPackage",
            Self::GeoParquet => "GeoParquet",
        }
    }

    /// The system of a whole layer in this form, where none is asked for: the stored one, in which nothing is rounded
    /// anew; GeoJSON has but one.
    pub fn usual_crs(self) -> Offered {
        if self == Self::GeoJson { Offered::Crs84 } else { Offered::STORED }
    }
}
