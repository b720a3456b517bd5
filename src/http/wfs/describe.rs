//! `DescribeFeatureType`: the application schema of the layers that are asked for, as the caller sees them.

use std::fmt::Write as _;

use axum::response::Response;

use super::fault::Fault;
use super::names::{NAMESPACE, PREFIX, open, visible};
use super::version::Version;
use super::{Ask, document};
use crate::access::View;
use crate::features::encode::gml::{GEOMETRY, Gml};
use crate::layers::{AttributeType, GeometryKind};
use crate::state::AppState;

/// The schema of `types`; of all layers where none is named.
pub(super) fn answer(
    state: &AppState,
    ask: &Ask,
    version: Version,
    types: &[String],
) -> Result<Response, Fault> {
    let readers = if types.is_empty() {
        visible(state, &ask.who)
    } else {
        let mut names: Vec<&String> = types.iter().collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .map(|name| open(state, &ask.who, name).map(|(reader, _)| reader))
            .collect::<Result<_, _>>()?
    };
    let kind = match version {
        Version::V20 => "application/gml+xml; version=3.2",
        _ => "text/xml; charset=utf-8",
    };
    Ok(document(kind, schema(version, readers.iter().map(crate::features::LayerReader::view))))
}

/// An XML Schema with one element a layer.
fn schema<'a>(version: Version, views: impl Iterator<Item = &'a View>) -> String {
    let gml = version.gml_namespace();
    let location = version.gml_schema();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:gml=\"{gml}\" xmlns:{PREFIX}=\"{NAMESPACE}\" targetNamespace=\"{NAMESPACE}\" \
         elementFormDefault=\"qualified\" version=\"1.0\">\n<xsd:import namespace=\"{gml}\" \
         schemaLocation=\"{location}\"/>\n"
    );
    views.for_each(|view| feature_type(&mut out, version.gml(), view));
    out += "</xsd:schema>\n";
    out
}

fn feature_type(out: &mut String, gml: Gml, view: &View) {
    let id = &view.layer.id;
    let _ = writeln!(
        out,
        "<xsd:complexType name=\"{id}Type\"><xsd:complexContent><xsd:extension base=\"gml:AbstractFeatureType\">\
         <xsd:sequence>"
    );
    let visible = view.layer.attributes.iter().zip(&view.attributes).filter(|(_, seen)| **seen);
    for (attribute, _) in visible {
        let kind = match attribute.kind {
            AttributeType::Text => "string",
            AttributeType::Integer => "long",
            AttributeType::Real => "double",
            AttributeType::Boolean => "boolean",
            AttributeType::Date => "date",
            AttributeType::Timestamp => "dateTime",
        };
        // A required one may still be left out, by PropertyName.
        let name = &attribute.name;
        let _ = writeln!(
            out,
            "<xsd:element name=\"{name}\" type=\"xsd:{kind}\" minOccurs=\"0\" nillable=\"true\"/>"
        );
    }
    let kind = property_type(gml, view.layer.geometry);
    let substitutes = if gml == Gml::V32 { "gml:AbstractFeature" } else { "gml:_Feature" };
    let _ = writeln!(
        out,
        "<xsd:element name=\"{GEOMETRY}\" type=\"gml:{kind}\" minOccurs=\"0\" nillable=\"true\"/>\n\
         </xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>\n\
         <xsd:element name=\"{id}\" type=\"{PREFIX}:{id}Type\" substitutionGroup=\"{substitutes}\"/>"
    );
}

fn property_type(gml: Gml, kind: GeometryKind) -> &'static str {
    use GeometryKind as K;
    match (gml, kind) {
        (_, K::Point) => "PointPropertyType",
        (_, K::MultiPoint) => "MultiPointPropertyType",
        (Gml::V2, K::LineString) => "LineStringPropertyType",
        (Gml::V2, K::Polygon) => "PolygonPropertyType",
        (Gml::V2, K::MultiLineString) => "MultiLineStringPropertyType",
        (Gml::V2, K::MultiPolygon) => "MultiPolygonPropertyType",
        (_, K::LineString) => "CurvePropertyType",
        (_, K::Polygon) => "SurfacePropertyType",
        (_, K::MultiLineString) => "MultiCurvePropertyType",
        (_, K::MultiPolygon) => "MultiSurfacePropertyType",
    }
}
