//! The readers of WFS for `fuzz/`: texts of clients, without a server around them. A panic is a finding.

use std::sync::{Arc, OnceLock};

use super::kvp::Pairs;
use super::{fes, gml, operation, query, xml};
use crate::access::{Principal, View, view};
use crate::features::encode::gml::Srs;
use crate::filter::typed::{self, Found};
use crate::filter::{Expr, text};
use crate::layers::Catalog;
use crate::space::crs::{AxisOrder, Offered};

/// A layer with an attribute of each type, as the public sees it.
pub fn layer() -> &'static View {
    static LAYER: OnceLock<View> = OnceLock::new();
    LAYER.get_or_init(|| {
        let words = serde_json::json!({"vi": "x", "en": "x"});
        let attribute = |name: &str, kind: &str| serde_json::json!({"name": name, "type": kind, "title": words});
        let def = serde_json::from_value(serde_json::json!({
            "id": "thing", "title": words, "theme": "t", "geometry": "Polygon", "owner": ["XD"], "access": "O",
            "temporal": ["day"],
            "attribute": [attribute("t", "text"), attribute("i", "integer"), attribute("r", "real"),
                attribute("b", "boolean"), attribute("day", "date"), attribute("z", "timestamp")],
        }));
        let def = Arc::new(def.expect("the definition is right"));
        view(&Principal::public(), &def, &Catalog::default()).expect("the layer is open")
    })
}

fn metres() -> Srs {
    Srs { crs: Offered::STORED, order: AxisOrder::EastNorth, name: "EPSG:9218".to_owned() }
}

/// A `Filter` of FES 2.0 or of Filter Encoding: what is read can be checked, and printed as CQL2 it reads as the same.
pub fn filter(document: &str) {
    let Ok(root) = xml::parse(document) else { return };
    let Ok(wanted) = fes::read(&root, layer(), &metres()) else { return };
    if let Some(filter) = wanted.query().filter {
        checked(&filter);
        let printed = text::print(&filter);
        if let Ok(again) = text::parse(&printed) {
            assert_eq!(text::print(&again), printed);
        }
    }
}

/// Checks a filter against [`layer`], as a request does.
pub fn checked(filter: &Expr) {
    let _ = typed::check(filter, &|name| {
        let column = layer().attribute(name)?;
        Some(Found { attribute: &layer().layer.attributes[column], column: Some(column) })
    });
}

/// A geometry of GML 2, 3.1.1 or 3.2, and as an envelope.
pub fn geometry(document: &str) {
    let Ok(root) = xml::parse(document) else { return };
    if let Ok(geometry) = gml::geometry(&root, &metres()) {
        // What may be stored is written as WKB and read back.
        if let Ok(wkb) = crate::space::wkb::encode(&geometry) {
            assert!(!wkb.is_empty());
        }
    }
    let _ = gml::envelope(&root, &metres());
}

/// A request in XML or in pairs.
pub fn request(text: &str) {
    let _ = operation::by_pairs(&Pairs::parse(text));
    if let Ok(root) = xml::parse(text) {
        let _ = operation::by_xml(&root);
    }
}

/// A box of pairs: `a,b,c,d[,crs]`.
pub fn bbox(text: &str) {
    let _ = query::bbox(text, &metres());
}
