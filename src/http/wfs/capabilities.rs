//! `GetCapabilities` of the three versions: the layers that the caller may see, and what the service can do.

use std::fmt::{Display, Write as _};

use axum::response::Response;

use super::answer::COUNT_DEFAULT;
use super::names::{NAMESPACE, PREFIX, visible};
use super::version::Version;
use super::{Ask, document};
use crate::access;
use crate::features::LayerReader;
use crate::features::encode::xml::escaped;
use crate::space::crs::Offered;
use crate::state::AppState;

/// The capabilities in a version.
pub(super) fn answer(state: &AppState, ask: &Ask, version: Version) -> Response {
    let readers = visible(state, &ask.who);
    let editable = |r: &LayerReader| access::edit(&ask.who, &r.view().layer).is_some();
    let layers: Vec<(LayerReader, bool)> = readers
        .into_iter()
        .map(|r| {
            let e = editable(&r);
            (r, e)
        })
        .collect();
    let text = match version {
        Version::V10 => super::capabilities_1_0::document(ask, &layers),
        Version::V11 | Version::V20 => ows(ask, version, &layers),
    };
    let kind = if version == Version::V20 { "application/xml" } else { "text/xml; charset=utf-8" };
    document(kind, text)
}

/// Title and abstract of the service.
pub(super) fn about(ask: &Ask) -> (&'static str, &'static str) {
    (
        ask.say("Dothi – dữ liệu đô thị của tỉnh", "Dothi – urban data of the province"),
        ask.say(
            "Các lớp dữ liệu đô thị, quy hoạch và giấy phép xây dựng.",
            "Urban, planning and building-permit layers.",
        ),
    )
}

/// The document of 1.1.0 and 2.0.0.
fn ows(ask: &Ask, version: Version, layers: &[(LayerReader, bool)]) -> String {
    let two = version == Version::V20;
    let (wfs, ows, filter, filter_namespace) = if two {
        (
            "http://www.opengis.net/wfs/2.0",
            "http://www.opengis.net/ows/1.1",
            "fes",
            "http://www.opengis.net/fes/2.0",
        )
    } else {
        ("http://www.opengis.net/wfs", "http://www.opengis.net/ows", "ogc", "http://www.opengis.net/ogc")
    };
    let (number, gml, schema) = (version.text(), version.gml_namespace(), version.schema());
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:WFS_Capabilities version=\"{number}\" xmlns=\"{wfs}\" \
         xmlns:wfs=\"{wfs}\" xmlns:ows=\"{ows}\" xmlns:{filter}=\"{filter_namespace}\" xmlns:gml=\"{gml}\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:{PREFIX}=\"{NAMESPACE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"{wfs} {schema}\">\n"
    );
    let (title, summary) = about(ask);
    let _ = write!(
        out,
        "<ows:ServiceIdentification><ows:Title>{title}</ows:Title><ows:Abstract>{summary}</ows:Abstract>\
         <ows:ServiceType>WFS</ows:ServiceType>"
    );
    let versions: &[&str] = if two { &["2.0.0", "1.1.0", "1.0.0"] } else { &["1.1.0"] };
    for v in versions {
        let _ = write!(out, "<ows:ServiceTypeVersion>{v}</ows:ServiceTypeVersion>");
    }
    out += "<ows:Fees>NONE</ows:Fees><ows:AccessConstraints>NONE</ows:AccessConstraints></ows:ServiceIdentification>\n\
            <ows:ServiceProvider><ows:ProviderName>Dothi</ows:ProviderName><ows:ServiceContact/></ows:ServiceProvider>\n";
    // Who may change nothing is not offered to: QGIS would let him edit, and refuse only when he saves.
    out += &operations(ask, version, layers.iter().any(|(_, edit)| *edit));
    out += "<FeatureTypeList>\n";
    if !two {
        out += "<Operations><Operation>Query</Operation></Operations>\n";
    }
    for (reader, edit) in layers {
        feature_type(&mut out, ask, version, reader, *edit);
    }
    out += "</FeatureTypeList>\n";
    out += if two { FILTERS_2_0 } else { FILTERS_1_1 };
    out += "</wfs:WFS_Capabilities>\n";
    out
}

fn operations(ask: &Ask, version: Version, edits: bool) -> String {
    let address = escaped(&ask.onwards(""));
    let two = version == Version::V20;
    let formats: &[&str] = match version {
        Version::V20 => &["application/gml+xml; version=3.2", "application/json", "text/csv"],
        _ => &["text/xml; subtype=gml/3.1.1", "application/json", "text/csv"],
    };
    let mut out = "<ows:OperationsMetadata>\n".to_owned();
    let mut operation = |name: &str, parameters: &[(&str, &[&str])]| {
        let _ = write!(
            out,
            "<ows:Operation name=\"{name}\"><ows:DCP><ows:HTTP><ows:Get xlink:href=\"{address}\"/><ows:Post \
             xlink:href=\"{address}\"/></ows:HTTP></ows:DCP>"
        );
        for (parameter, values) in parameters {
            let _ = write!(out, "<ows:Parameter name=\"{parameter}\">");
            allowed(&mut out, two, values);
            out.push_str("</ows:Parameter>");
        }
        // Clients look for it in either place.
        if two && name == "GetFeature" {
            constraint(&mut out, "CountDefault", COUNT_DEFAULT);
        }
        out.push_str("</ows:Operation>\n");
    };
    let versions: &[&str] = &["2.0.0", "1.1.0", "1.0.0"];
    operation("GetCapabilities", &[("AcceptVersions", versions)]);
    operation("DescribeFeatureType", &[("outputFormat", &formats[..1])]);
    operation("GetFeature", &[("resultType", &["results", "hits"]), ("outputFormat", formats)]);
    if two {
        operation("GetPropertyValue", &[("outputFormat", &formats[..1])]);
        operation("ListStoredQueries", &[]);
        operation("DescribeStoredQueries", &[]);
    }
    if edits {
        operation("Transaction", &[]);
    }
    if two {
        let _ = write!(out, "<ows:Parameter name=\"version\">");
        allowed(&mut out, two, versions);
        out += "</ows:Parameter>\n";
        for (name, value) in [
            ("ImplementsBasicWFS", "TRUE"),
            ("ImplementsTransactionalWFS", if edits { "TRUE" } else { "FALSE" }),
            ("ImplementsLockingWFS", "FALSE"),
            ("KVPEncoding", "TRUE"),
            ("XMLEncoding", "TRUE"),
            ("SOAPEncoding", "FALSE"),
            ("ImplementsInheritance", "FALSE"),
            ("ImplementsRemoteResolve", "FALSE"),
            ("ImplementsResultPaging", "TRUE"),
            ("ImplementsStandardJoins", "FALSE"),
            ("ImplementsSpatialJoins", "FALSE"),
            ("ImplementsTemporalJoins", "FALSE"),
            ("ImplementsFeatureVersioning", "FALSE"),
            ("ManageStoredQueries", "FALSE"),
        ] {
            constraint(&mut out, name, value);
        }
        constraint(&mut out, "CountDefault", COUNT_DEFAULT);
    }
    out += "</ows:OperationsMetadata>\n";
    out
}

fn allowed(out: &mut String, two: bool, values: &[&str]) {
    let list: Vec<String> = values.iter().map(|v| format!("<ows:Value>{v}</ows:Value>")).collect();
    let list = list.concat();
    let _ = if two {
        write!(out, "<ows:AllowedValues>{list}</ows:AllowedValues>")
    } else {
        write!(out, "{list}")
    };
}

fn constraint(out: &mut String, name: &str, value: impl Display) {
    let _ = writeln!(
        out,
        "<ows:Constraint name=\"{name}\"><ows:NoValues/><ows:DefaultValue>{value}</ows:DefaultValue></ows:Constraint>"
    );
}

fn feature_type(out: &mut String, ask: &Ask, version: Version, reader: &LayerReader, edit: bool) {
    let def = &reader.view().layer;
    let two = version == Version::V20;
    let (title, summary) = (escaped(def.title.get(ask.lang)), escaped(def.description.get(ask.lang)));
    let _ = write!(out, "<FeatureType><Name>{PREFIX}:{}</Name><Title>{title}</Title>", def.id);
    let _ = write!(
        out,
        "<Abstract>{summary}</Abstract><ows:Keywords><ows:Keyword>{}</ows:Keyword></ows:Keywords>",
        escaped(&def.theme)
    );
    let crs = if two { "CRS" } else { "SRS" };
    let _ = write!(out, "<Default{crs}>{}</Default{crs}>", Offered::STORED.urn());
    for other in others() {
        let _ = write!(out, "<Other{crs}>{}</Other{crs}>", other.urn());
    }
    if !two && edit {
        out.push_str(
            "<Operations><Operation>Query</Operation><Operation>Insert</Operation><Operation>Update</Operation>\
             <Operation>Delete</Operation></Operations>",
        );
    }
    let [west, south, east, north] = bounds(reader);
    let _ = writeln!(
        out,
        "<ows:WGS84BoundingBox><ows:LowerCorner>{west} {south}</ows:LowerCorner><ows:UpperCorner>{east} {north}\
         </ows:UpperCorner></ows:WGS84BoundingBox></FeatureType>"
    );
}

/// The reference systems beside the stored one, those first that clients know by all names.
pub(super) fn others() -> impl Iterator<Item = Offered> {
    [Offered::Epsg4326, Offered::Epsg3857, Offered::Epsg5899, Offered::Epsg4756, Offered::Crs84].into_iter()
}

/// Extent in CRS84, outwards to 0.1 m; that of Vietnam where there is nothing yet, since a box must be there.
pub(super) fn bounds(reader: &LayerReader) -> [f64; 4] {
    let Some(b) = reader.extent_crs84() else { return [102.0, 8.0, 118.0, 24.0] };
    let (down, up) = (|v: f64| (v * 1e6).floor() / 1e6, |v: f64| (v * 1e6).ceil() / 1e6);
    [down(b.min_x), down(b.min_y), up(b.max_x), up(b.max_y)]
}

const FILTERS_2_0: &str = include_str!("filters_2_0.xml");
const FILTERS_1_1: &str = include_str!("filters_1_1.xml");
