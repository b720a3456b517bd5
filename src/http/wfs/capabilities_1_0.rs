//! `GetCapabilities` of 1.0.0.

use std::fmt::Write as _;

use super::Ask;
use super::capabilities::{about, bounds};
use super::names::{NAMESPACE, PREFIX};
use crate::features::LayerReader;
use crate::features::encode::xml::escaped;
use crate::space::crs::Offered;

/// The document; with each layer whether the caller may change it.
pub(super) fn document(ask: &Ask, layers: &[(LayerReader, bool)]) -> String {
    let address = escaped(&ask.onwards(""));
    let onwards = escaped(&if address.contains('?') { ask.onwards("") + "&" } else { ask.onwards("") + "?" });
    let (title, summary) = about(ask);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<WFS_Capabilities version=\"1.0.0\" \
         xmlns=\"http://www.opengis.net/wfs\" xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:{PREFIX}=\"{NAMESPACE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.opengis.net/wfs \
         http://schemas.opengis.net/wfs/1.0.0/WFS-capabilities.xsd\">\n<Service><Name>WFS</Name><Title>{title}</Title>\
         <Abstract>{summary}</Abstract><Keywords>GIS</Keywords><OnlineResource>{address}</OnlineResource>\
         </Service>\n<Capability><Request>\n"
    );
    // Clients of 1.0.0 append their pairs to the address.
    let places = format!(
        "<DCPType><HTTP><Get onlineResource=\"{onwards}\"/></HTTP></DCPType><DCPType><HTTP><Post \
         onlineResource=\"{address}\"/></HTTP></DCPType>"
    );
    let _ = writeln!(out, "<GetCapabilities>{places}</GetCapabilities>");
    let _ = writeln!(
        out,
        "<DescribeFeatureType><SchemaDescriptionLanguage><XMLSCHEMA/></SchemaDescriptionLanguage>{places}\
         </DescribeFeatureType>"
    );
    let _ = writeln!(out, "<GetFeature><ResultFormat><GML2/></ResultFormat>{places}</GetFeature>");
    if layers.iter().any(|(_, edit)| *edit) {
        let _ = writeln!(out, "<Transaction>{places}</Transaction>");
    }
    out += "</Request></Capability>\n<FeatureTypeList><Operations><Query/></Operations>\n";
    for (reader, edit) in layers {
        feature_type(&mut out, ask, reader, *edit);
    }
    out += "</FeatureTypeList>\n";
    out += FILTERS;
    out += "</WFS_Capabilities>\n";
    out
}

fn feature_type(out: &mut String, ask: &Ask, reader: &LayerReader, edit: bool) {
    let def = &reader.view().layer;
    let (title, summary) = (escaped(def.title.get(ask.lang)), escaped(def.description.get(ask.lang)));
    let operations = if edit { "<Operations><Query/><Insert/><Update/><Delete/></Operations>" } else { "" };
    let _ = write!(
        out,
        "<FeatureType><Name>{PREFIX}:{}</Name><Title>{title}</Title><Abstract>{summary}</Abstract>\
         <Keywords>{}</Keywords><SRS>{}</SRS>{operations}",
        def.id,
        escaped(&def.theme),
        Offered::STORED.code()
    );
    let [west, south, east, north] = bounds(reader);
    // In 1.0.0 the box is in degrees, whatever the system of the layer.
    let _ = writeln!(
        out,
        "<LatLongBoundingBox minx=\"{west}\" miny=\"{south}\" maxx=\"{east}\" maxy=\"{north}\"/></FeatureType>"
    );
}

const FILTERS: &str = "<ogc:Filter_Capabilities><ogc:Spatial_Capabilities><ogc:Spatial_Operators><ogc:BBOX/><ogc:Equals/><ogc:Disjoint/>\
    <ogc:Intersect/><ogc:Touches/><ogc:Crosses/><ogc:Within/><ogc:Contains/><ogc:Overlaps/>\
    </ogc:Spatial_Operators></ogc:Spatial_Capabilities><ogc:Scalar_Capabilities><ogc:Logical_Operators/>\
    <ogc:Comparison_Operators><ogc:Simple_Comparisons/><ogc:Like/><ogc:Between/>\
    <ogc:NullCheck/></ogc:Comparison_Operators>\
    </ogc:Scalar_Capabilities></ogc:Filter_Capabilities>\n";
