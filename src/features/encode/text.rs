//! Items in the formats that are text, one behind the other.

use serde_json::json;

use super::csv::CsvWriter;
use super::geojson::FeatureWriter;
use super::gml::GmlWriter;
use super::number::integer;
use crate::features::LayerReader;
use crate::layers::LayerDef;
use crate::space::crs::Offered;

/// The class that every document of JSON-FG names (OGC 21-045r1, requirement `metadata`).
pub const JSON_FG_CORE: &str = "http://www.opengis.net/spec/json-fg-1/1.0/conf/core";

/// A document of one layer's items: what stands before and after them.
#[derive(Debug)]
pub struct Document {
    /// Before the first item.
    pub head: String,
    /// Writes the items.
    pub writer: TextWriter,
    /// After the last one.
    pub tail: String,
}

impl Document {
    /// GeoJSON; `members` of the collection are JSON text without braces, empty for none.
    pub fn geojson(writer: FeatureWriter, members: &str) -> Self {
        let head = r#"{"type":"FeatureCollection","features":["#.to_owned();
        Self { head, writer: TextWriter::GeoJson(writer), tail: tail(members) }
    }

    /// JSON-FG of a layer, its places in `crs`; `writer` must write JSON-FG in that system.
    pub fn json_fg(writer: FeatureWriter, def: &LayerDef, crs: Offered, members: &str) -> Self {
        let head = format!(r#"{{"type":"FeatureCollection",{},"features":["#, json_fg_members(def, crs));
        Self { head, writer: TextWriter::GeoJson(writer), tail: tail(members) }
    }

    /// With the decimals of files: positions that are read back come to the very place on the stored grid.
    #[must_use]
    pub fn exact(self) -> Self {
        let writer = match self.writer {
            TextWriter::Gml(writer, member) => TextWriter::Gml(writer.exact(), member),
            TextWriter::GeoJson(writer) => TextWriter::GeoJson(writer.exact()),
            TextWriter::Csv(writer) => TextWriter::Csv(writer.exact()),
            TextWriter::Values(writer, index) => TextWriter::Values(writer.exact(), index),
            TextWriter::Ids => TextWriter::Ids,
        };
        Self { writer, ..self }
    }

    /// CSV.
    pub fn csv(writer: CsvWriter) -> Self {
        Self { head: writer.head().to_owned(), writer: TextWriter::Csv(writer), tail: String::new() }
    }
}

/// What the root of a document of JSON-FG says, without braces: the class, the type of its features, the system of its
/// places.
pub fn json_fg_members(def: &LayerDef, crs: Offered) -> String {
    let system = match crs {
        Offered::Crs84 => String::new(),
        crs => format!(r#","coordRefSys":"{}""#, crs.uri()),
    };
    format!(r#""conformsTo":["{JSON_FG_CORE}"],"featureType":{}{system}"#, json!(def.id))
}

fn tail(members: &str) -> String {
    if members.is_empty() { "]}".to_owned() } else { format!("],{members}}}") }
}

/// Writes items, each with what stands around it.
#[derive(Debug)]
pub enum TextWriter {
    /// GML, each feature in an element of this name.
    Gml(GmlWriter, &'static str),
    /// GeoJSON or JSON-FG, with commas between.
    GeoJson(FeatureWriter),
    /// Rows of CSV.
    Csv(CsvWriter),
    /// The values of the attribute at an index, or of the geometry, as members of a `wfs:ValueCollection`.
    Values(GmlWriter, Option<usize>),
    /// The identifiers, the same way.
    Ids,
}

impl TextWriter {
    /// Appends items by their fids; `first` where nothing of the document's items was written before.
    pub fn write(&self, reader: &LayerReader, fids: &[i64], first: bool, out: &mut Vec<u8>) {
        for (i, item) in fids.iter().filter_map(|fid| reader.get(*fid)).enumerate() {
            match self {
                Self::Gml(writer, member) => {
                    tag(out, "<", member);
                    writer.feature(&item, out);
                    tag(out, "</", member);
                }
                Self::GeoJson(writer) => {
                    if i > 0 || !first {
                        out.push(b',');
                    }
                    writer.feature(&item, out);
                }
                Self::Csv(writer) => writer.row(&item, out),
                Self::Values(writer, index) => {
                    tag(out, "<", "wfs:member");
                    writer.property(&item, *index, out);
                    tag(out, "</", "wfs:member");
                }
                Self::Ids => {
                    tag(out, "<", "wfs:member");
                    out.extend_from_slice(reader.view().layer.id.as_bytes());
                    out.push(b'.');
                    integer(out, item.fid);
                    tag(out, "</", "wfs:member");
                }
            }
        }
    }
}

fn tag(out: &mut Vec<u8>, open: &str, name: &str) {
    out.extend_from_slice(open.as_bytes());
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}
