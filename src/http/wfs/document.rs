//! What stands around the features of a document in GML: the declarations, and for OGC API the whole document.

use std::fmt::Write as _;

use chrono::{SecondsFormat, Utc};

use super::names::{NAMESPACE, PREFIX};
use super::version::Version;
use crate::Result;
use crate::access::View;
use crate::features::Item;
use crate::features::encode::gml::{GmlWriter, Srs};
use crate::features::encode::text::{Document, TextWriter};
use crate::features::encode::xml::escaped;
use crate::space::Bbox;
use crate::space::crs::Offered;

/// Namespace of schema instances.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
/// The end of a collection.
pub(super) const TAIL: &str = "</wfs:FeatureCollection>\n";

/// The declarations of a document that holds features; `schema` is where theirs lies.
pub(super) fn namespaces(out: &mut String, schema: &str, version: Version, collection: bool) {
    let (wfs, gml) = (version.namespace(), version.gml_namespace());
    let _ = write!(out, " xmlns:{PREFIX}=\"{NAMESPACE}\" xmlns:gml=\"{gml}\" xmlns:xsi=\"{XSI}\"");
    let mut locations = format!("{NAMESPACE} {}", escaped(schema));
    if collection {
        let _ = write!(out, " xmlns:wfs=\"{wfs}\"");
        let _ = write!(locations, " {wfs} {}", version.schema());
    }
    let _ = write!(out, " xsi:schemaLocation=\"{locations} {gml} {}\"", version.gml_schema());
}

/// A feature as the document: the declarations go behind its element's name.
pub(super) fn root(feature: &[u8], declared: &str) -> Vec<u8> {
    let at = feature.iter().position(|b| *b == b' ').unwrap_or(0);
    let mut out = HEAD.as_bytes().to_vec();
    out.extend_from_slice(&feature[..at]);
    out.extend_from_slice(declared.as_bytes());
    out.extend_from_slice(&feature[at..]);
    out
}

/// Items of one layer in GML 3.2 for OGC API: the collection of WFS 2.0, since the one of `gmlsf0` knows no numbers and
/// no next page, and clients of GML read this one.
pub(in crate::http) struct OfOneLayer {
    writer: GmlWriter,
    schema: String,
}

/// For items that are read with this view, positions in `crs` in the order of its authority. `address` makes an address
/// of this service out of a path below its base.
pub(in crate::http) fn of_one_layer(
    view: &View,
    crs: Offered,
    address: impl Fn(&str) -> String,
) -> OfOneLayer {
    let version = Version::V20;
    let srs = Srs { crs, order: crs.axis_order(), name: crs.uri().to_owned() };
    let (number, id) = (version.text(), &view.layer.id);
    let path =
        format!("/wfs?SERVICE=WFS&VERSION={number}&REQUEST=DescribeFeatureType&TYPENAMES={PREFIX}:{id}");
    OfOneLayer { writer: GmlWriter::new(view, PREFIX, version.gml(), &srs, true), schema: address(&path) }
}

/// The box around the features of a collection, which stands before the first: GDAL takes the reference system of a
/// file from it. The box is one of the stored system.
pub(in crate::http) fn bounded_by(around: &Bbox, crs: Offered) -> Result<String> {
    let (from, to) =
        (crs.from_stored(around.min_x, around.min_y)?, crs.from_stored(around.max_x, around.max_y)?);
    let (order, name) = (crs.axis_order(), crs.uri());
    let ((a, b), (c, d)) = (order.turn(from), order.turn(to));
    Ok(format!(
        "<wfs:boundedBy><gml:Envelope srsName=\"{name}\"><gml:lowerCorner>{a} {b}</gml:lowerCorner>\
         <gml:upperCorner>{c} {d}</gml:upperCorner></gml:Envelope></wfs:boundedBy>"
    ))
}

impl OfOneLayer {
    /// Many of them; `matched` is none where that is not known, `next` the address of the next page.
    pub fn collection(self, matched: Option<usize>, returned: usize, next: Option<&str>) -> Document {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut head = format!("{HEAD}<wfs:FeatureCollection");
        namespaces(&mut head, &self.schema, Version::V20, true);
        let matched = matched.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
        let _ =
            write!(head, " timeStamp=\"{now}\" numberMatched=\"{matched}\" numberReturned=\"{returned}\"");
        if let Some(next) = next {
            let _ = write!(head, " next=\"{}\"", escaped(next));
        }
        head.push('>');
        Document { head, writer: TextWriter::Gml(self.writer, "wfs:member"), tail: TAIL.to_owned() }
    }

    /// One of them: it is the document.
    pub fn one(&self, item: &Item<'_>) -> Vec<u8> {
        let (mut feature, mut declared) = (Vec::with_capacity(2048), String::new());
        self.writer.feature(item, &mut feature);
        namespaces(&mut declared, &self.schema, Version::V20, false);
        root(&feature, &declared)
    }
}
