//! Every layer that comes with the program is drawn in QGIS.

use super::*;
use crate::layers::embedded;

fn drawn(catalog: &Catalog, id: &str) -> String {
    let layer = catalog.layer(id).unwrap();
    Drawing::of(layer, |_| true, catalog, Lang::En).qml()
}

#[test]
fn every_style_of_every_layer_is_understood() {
    let catalog = embedded().unwrap();
    for layer in catalog.layers.values() {
        for style in &layer.styles {
            for part in ["paint", "layout"] {
                for (name, value) in style[part].as_object().into_iter().flatten() {
                    let plain = !value.is_array()
                        || matches!(name.as_str(), "text-font" | "text-offset" | "line-dasharray");
                    assert!(plain || expression::expression(value).is_some(), "{} {name}: {value}", layer.id);
                }
            }
            let filter = &style["filter"];
            assert!(filter.is_null() || expression::expression(filter).is_some(), "{}: {filter}", layer.id);
        }
        let qml = drawn(&catalog, &layer.id);
        let mut reader = quick_xml::Reader::from_str(&qml);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }
}

#[test]
fn the_renderer_follows_the_style() {
    let catalog = embedded().unwrap();
    for (layer, kind) in [
        ("parcel", "categorizedSymbol"),
        ("road_centreline", "categorizedSymbol"),
        ("school", "singleSymbol"),
        ("river", "singleSymbol"),
        ("power_line", "RuleRenderer"),
        ("plan_boundary", "RuleRenderer"),
    ] {
        assert!(drawn(&catalog, layer).contains(&format!("<renderer-v2 type=\"{kind}\"")), "{layer}");
    }
}

#[test]
fn codes_are_told_by_their_meaning_and_hidden_attributes_by_nothing() {
    let catalog = embedded().unwrap();
    let parcels = drawn(&catalog, "parcel");
    assert!(parcels.contains("(ODT)\" value=\"ODT\" type=\"string\""), "{parcels}");
    let layer = catalog.layer("parcel").unwrap();
    let hidden = Drawing::of(layer, |a| a != "land_use", &catalog, Lang::Vi).qml();
    assert!(!hidden.contains("land_use") && !hidden.contains("ODT"), "{hidden}");
}
