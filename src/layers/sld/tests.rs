use std::collections::BTreeSet;

use serde_json::json;

use super::condition::Operator;
use super::*;
use crate::layers::{embedded, style};

fn words(catalog: &Catalog) -> Words<'_> {
    Words { catalog, lang: Lang::Vi, icons: "http://localhost/ogc/sprites" }
}

fn drawn(layer: &LayerDef) -> Drawn<'_> {
    Drawn { layer, styles: style::visible(layer, |_| true).collect() }
}

/// Every style of every layer file: none may be left out.
#[test]
fn every_style_of_every_layer_file_is_translated() {
    let catalog = embedded().unwrap();
    for layer in catalog.layers.values() {
        let drawn = drawn(layer);
        assert_eq!(untranslated(&drawn), vec![], "{}", layer.id);
        let text = document(&[drawn], words(&catalog));
        assert_eq!(text.matches("<FeatureTypeStyle>").count(), layer.styles.len(), "{}", layer.id);
        assert!(text.contains(&format!("<Title>{}</Title>", layer.title.vi)), "{}", layer.id);
    }
}

fn rules_of(style: &Value) -> Vec<Rule> {
    let catalog = embedded().unwrap();
    rules(catalog.layer("road_centreline").unwrap(), style).unwrap()
}

fn width(rule: &Rule) -> f64 {
    match &rule.symbol {
        Symbol::Line { width, .. } => *width,
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_of_an_attribute_become_rules_that_do_not_contradict_each_other() {
    let rules = rules_of(&json!({"type": "line", "minzoom": 10, "maxzoom": 12, "paint": {
        "line-color": ["match", ["get", "road_class"], ["national", "provincial"], "#111111", "urban_main", "#222222", "#333333"],
        "line-width": ["match", ["get", "road_class"], "national", 3, 1],
    }}));
    let one = |v: &str| Condition::one_of("road_class", &[v.into()]);
    let conditions: Vec<&Condition> = rules.iter().map(|r| &r.condition).collect();
    let rest =
        Condition::none_of("road_class", &["national".into(), "provincial".into(), "urban_main".into()]);
    assert_eq!(conditions, [&one("national"), &one("provincial"), &one("urban_main"), &rest]);
    assert_eq!(rules.iter().map(width).collect::<Vec<_>>(), [3.0, 1.0, 1.0, 1.0]);
    assert!(rules.iter().all(|r| r.zooms == (10.0..12.0)));
}

#[test]
fn what_grows_with_the_zoom_has_a_rule_a_zoom() {
    let rules = rules_of(&json!({"type": "line", "minzoom": 8, "paint": {
        "line-color": "#111111", "line-width": ["interpolate", ["linear"], ["zoom"], 10, 1, 12, 5]}}));
    let found: Vec<(Range<f64>, f64)> = rules.iter().map(|r| (r.zooms.clone(), width(r))).collect();
    assert_eq!(found, [(8.0..10.0, 1.0), (10.0..11.0, 2.0), (11.0..12.0, 4.0), (12.0..24.0, 5.0)]);
    let stepped = rules_of(&json!({"type": "line", "minzoom": 8, "paint": {
        "line-color": "#111111", "line-width": ["step", ["zoom"], 1, 12.5, 2]}}));
    let found: Vec<(Range<f64>, f64)> = stepped.iter().map(|r| (r.zooms.clone(), width(r))).collect();
    assert_eq!(found, [(8.0..12.5, 1.0), (12.5..24.0, 2.0)]);
}

#[test]
fn numbers_and_conditions_become_rules() {
    let rules = rules_of(&json!({"type": "line", "minzoom": 8, "paint": {
        "line-color": ["case", [">=", ["get", "lanes"], 4], "#111111", "#222222"],
        "line-width": ["step", ["get", "speed_kmh"], 1, 50, 2, 80, 3]}}));
    assert_eq!(rules.iter().map(width).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    let many = Condition::Compare(Operator::GreaterOrEqual, "lanes".into(), 4.into());
    let slow = Condition::Compare(Operator::Less, "speed_kmh".into(), 50.0.into());
    assert_eq!(rules[0].condition, many.clone().and(slow.clone()));
    // Where the number of lanes is not known the road is none of the wide ones.
    assert_eq!(rules[3].condition, many.negated().and(slow));
    let grown = rules_of(&json!({"type": "line", "minzoom": 8, "paint": {
        "line-color": "#111111",
        "line-width": ["interpolate", ["linear"], ["get", "speed_kmh"], 0, 0, 100, 4]}}));
    assert_eq!(grown.iter().map(width).collect::<Vec<_>>(), [0.0, 0.5, 1.5, 2.5, 3.5, 4.0]);
}

#[test]
fn a_missing_value_is_not_equal() {
    let rules = rules_of(&json!({"type": "line", "minzoom": 8, "filter": ["!=", ["get", "name"], "x"],
        "paint": {"line-color": "#111111"}}));
    assert_eq!(rules[0].condition, Condition::none_of("name", &["x".into()]));
    assert!(matches!(&rules[0].condition, Condition::Any(any) if any[0] == Condition::IsNull("name".into())));
}

#[test]
fn what_has_no_equivalent_is_named() {
    let catalog = embedded().unwrap();
    let layer = catalog.layer("building").unwrap();
    for (style, why) in [
        (json!({"type": "fill-extrusion", "paint": {}}), "fill-extrusion has no equivalent"),
        (json!({"type": "fill", "paint": {"fill-pattern": "x"}}), "fill-pattern has no equivalent"),
        (json!({"type": "fill", "paint": {"fill-color": ["rgb", 1, 2, 3]}}), "fill-color is no colour"),
        (json!({"type": "fill", "filter": ["within", {}], "paint": {}}), "has no equivalent"),
        (
            json!({"type": "symbol", "layout": {"text-field": ["upcase", ["get", "name"]]}, "paint": {}}),
            "the text",
        ),
    ] {
        let drawn = Drawn { layer, styles: vec![(0, &style)] };
        let found = untranslated(&drawn);
        assert!(found[0].reason.contains(why), "{} for {why}", found[0]);
        // The document itself says what it lacks.
        assert!(document(&[drawn], words(&catalog)).contains("style 0 ("));
    }
}

#[test]
fn rules_are_named_by_the_titles_of_codes_and_texts_cannot_become_markup() {
    let catalog = embedded().unwrap();
    let text = document(&[drawn(catalog.layer("landuse_plan").unwrap())], words(&catalog));
    let list = catalog.layer("landuse_plan").unwrap().attribute("land_use").unwrap().codes.as_ref().unwrap();
    let list = catalog.code_list(list).unwrap();
    let titles: BTreeSet<&str> =
        list.codes.iter().filter(|c| c.color.is_some()).map(|c| c.title.vi.as_str()).collect();
    assert!(titles.len() > 10);
    for title in titles {
        assert!(text.contains(title), "{title}");
    }
    let mut layer = LayerDef::clone(catalog.layer("road").unwrap());
    layer.title.vi = "<a> & \"b\"".to_owned();
    let text = document(&[drawn(&layer)], words(&catalog));
    assert!(!text.contains("<a>") && text.contains("<Title>&lt;a"), "{text}");
}
