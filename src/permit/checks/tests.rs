use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::check_input::CheckInput;
use super::super::law::{Law, Method, RuleSet};
use super::super::verdict::{Effect, Outcome, Verdict};
use super::example::input;
use super::*;

fn set() -> Arc<RuleSet> {
    Law::load().unwrap().ruleset("2026-11-23".parse().unwrap()).unwrap()
}

fn case(inputs: Value) -> CheckInput {
    input(&serde_json::from_value::<BTreeMap<String, Value>>(inputs).unwrap())
}

fn row<'a>(verdicts: &'a [Verdict], rule: &str) -> &'a Verdict {
    verdicts.iter().find(|v| v.rule == rule).unwrap()
}

fn outcome(inputs: Value, rule: &str) -> (Outcome, Option<f64>, Option<f64>) {
    let v = row(&run(&case(inputs), &set()), rule).clone();
    (v.verdict, v.measured, v.limit)
}

/// A house that passes every computed row.
fn good() -> Value {
    json!({
        "zero_level_m": 600.45,
        "lot": {"planned_level_m": 600.0, "height_max_m": 18.0, "storeys_max": 5, "storeys_counting": "art_49_9",
                "net_coverage_max_percent": 85.0, "far_max": 4.0, "setback_min_m": 2.4,
                "allowed_uses": "house_single"},
        "form": {"storeys": 3, "height_m": 11.45, "footprint_area_m2": 60.0, "gross_floor_area_m2": 180.0},
    })
}

#[test]
fn worked_examples_of_every_rule() {
    let set = set();
    let mut wrong = Vec::new();
    let mut count = 0;
    for rule in &set.rules {
        for example in &rule.examples {
            count += 1;
            let input = input(&example.inputs);
            let verdicts = run(&input, &set);
            let v = row(&verdicts, &rule.id);
            let got = (v.verdict, v.measured, v.limit);
            let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                (a, b) => a == b,
            };
            if v.verdict != example.verdict
                || !close(v.measured, example.measured)
                || !close(v.limit, example.limit)
            {
                let want = (example.verdict, example.measured, example.limit);
                wrong.push(format!(
                    "{} “{}”: {got:?} where {want:?} was expected: {}",
                    rule.id, example.name, v.message.vi
                ));
            }
            if let Some(code) = example.inputs.get("authority").and_then(Value::as_str) {
                let found = authority(&input, &set).unwrap();
                let class = found.class.map(Class::code);
                let want = example.inputs.get("construction_class").and_then(Value::as_str);
                assert_eq!((found.code.as_str(), class), (code, want), "{}", example.name);
            }
            for text in [&v.message.vi, &v.message.en] {
                assert!(
                    !text.contains('–') && !text.contains('{') && !text.is_empty(),
                    "{}: {text}",
                    rule.id
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 90, "{count}");
}

#[test]
fn a_run_always_lists_every_row_in_order() {
    let set = set();
    let ids: Vec<_> = set.rules.iter().map(|r| r.id.clone()).collect();
    assert_eq!(ids.len(), 42);
    let empty =
        CheckInput { works: Vec::new(), parcels: Vec::new(), features: BTreeMap::new(), ..case(json!({})) };
    let unknown = CheckInput { features: BTreeMap::new(), ..case(json!({})) };
    for input in
        [case(good()), case(json!({"model": false})), case(json!({"georeference": "none"})), empty, unknown]
    {
        let rows: Vec<_> = run(&input, &set).into_iter().map(|v| v.rule).collect();
        assert_eq!(rows, ids);
    }
}

#[test]
fn the_good_house_passes_every_computed_row() {
    let set = set();
    for v in run(&case(good()), &set) {
        let computed = set.rule(&v.rule).unwrap().method != Method::NotComputed;
        let want = if computed { Outcome::Pass } else { Outcome::Manual };
        assert_eq!(v.verdict, want, "{}: {}", v.rule, v.message.vi);
        assert!(v.binding, "{}", v.rule);
        if !computed {
            assert!(v.message.vi.contains("chưa kiểm tra tự động"), "{}", v.message.vi);
        }
    }
}

#[test]
fn without_g03_every_row_that_needs_a_place_is_no_data_and_names_it() {
    let set = set();
    for way in ["site", "none", "outside", "swapped"] {
        let mut inputs = good();
        inputs["georeference"] = json!(way);
        for v in run(&case(inputs), &set) {
            let rule = set.rule(&v.rule).unwrap();
            let letter = rule.id.chars().next().unwrap();
            if rule.needs_place {
                assert_eq!(v.verdict, Outcome::NoData, "{way} {}", v.rule);
                assert!(v.message.vi.contains("G03") && v.message.en.contains("G03"));
                assert!(v.measured.is_none() && v.geometry.is_none());
            } else {
                assert!(!"PEFSU".contains(letter) || v.rule == "P15", "{} needs a place", v.rule);
            }
        }
    }
}

#[test]
fn an_outside_model_is_told_how_far() {
    let verdicts = run(&case(json!({"georeference": "outside"})), &set());
    let v = row(&verdicts, "G03");
    assert!(v.message.vi.contains("ngoài tỉnh") && v.message.vi.contains("hơn 100 km"), "{}", v.message.vi);
}

#[test]
fn a_hidden_layer_tells_nothing_whether_hit_or_not() {
    let set = set();
    for (layer, rule) in
        [("zoning_lot", "P02"), ("red_line", "P04"), ("building_line", "P05"), ("building", "P07")]
    {
        let mut answers = BTreeSet::new();
        for change in [json!({}), json!({"height_max_m": 1.0, "allowed_uses": "school", "far_max": 0.1})] {
            let mut inputs = good();
            inputs["hidden"] = json!([layer]);
            for (k, v) in change.as_object().unwrap() {
                inputs["lot"][k] = v.clone();
            }
            let verdicts = run(&case(inputs), &set);
            let v = row(&verdicts, rule);
            assert_eq!(v.verdict, Outcome::Manual);
            assert!(v.message.vi.contains("cần lấy ý kiến"), "{}", v.message.vi);
            assert!(
                v.measured.is_none() && v.limit.is_none() && v.geometry.is_none() && v.limit_source.is_none()
            );
            assert!(v.elements.is_empty());
            answers.insert(serde_json::to_string(v).unwrap());
        }
        assert_eq!(answers.len(), 1, "{rule}");
    }
}

#[test]
fn limits_name_their_source_and_qcvn_does_not_bind() {
    let plan = run(&case(good()), &set());
    let source = row(&plan, "P07").limit_source.clone().unwrap();
    assert_eq!((source.kind.as_str(), source.feature.as_deref()), ("detailed_plan", Some("zoning_lot/1")));
    assert_eq!(source.name, "Quy hoạch mẫu, ô LK-01");
    let table = run(&case(json!({"lot": false, "use": "school"})), &set());
    let v = row(&table, "P07");
    assert_eq!((v.verdict, v.binding), (Outcome::Fail, false));
    assert_eq!(v.limit_source.clone().unwrap().kind, "qcvn");
    let zoning = run(&case(json!({"lot": {"plan_type": "zoning_2000", "far_max": 1.0}})), &set());
    assert_eq!(row(&zoning, "P08").limit_source.clone().unwrap().kind, "zoning_plan");
    assert!(row(&zoning, "P08").binding);
}

#[test]
fn a_detailed_plan_comes_before_a_zoning_plan() {
    let lots = json!([
        {"rect": [0.0, 0.0, 5.0, 20.0], "plan_type": "zoning_2000", "far_max": 1.0},
        {"rect": [0.0, 0.0, 5.0, 20.0], "plan_type": "detailed_500", "far_max": 4.0},
    ]);
    assert_eq!(outcome(json!({"lots": lots}), "P08"), (Outcome::Pass, Some(1.8), Some(4.0)));
}

#[test]
fn comparison_is_made_on_the_shown_value() {
    // 60.004 % is shown as 60.00 and holds; 60.006 % is shown as 60.01 and does not.
    let with = |width: f64| json!({"footprint": [0.5, 3.0, 0.5 + width, 18.0], "lot": {"net_coverage_max_percent": 60.0}});
    assert_eq!(outcome(with(60.004 / 15.0), "P07").0, Outcome::Pass);
    assert_eq!(outcome(with(60.006 / 15.0), "P07"), (Outcome::Fail, Some(60.01), Some(60.0)));
}

#[test]
fn a_larger_uncertainty_turns_a_close_call_into_manual() {
    let at = |accuracy: f64, crs: &str| {
        let inputs =
            json!({"footprint": [0.4, 3.0, 4.5, 18.0], "survey_accuracy_m": accuracy, "georeference": crs});
        outcome(inputs, "P03").0
    };
    assert_eq!(at(0.05, "map_conversion"), Outcome::Pass);
    assert_eq!(at(0.40, "map_conversion"), Outcome::Manual);
    assert_eq!(at(0.05, "other_crs"), Outcome::Manual);
}

#[test]
fn numbers_in_words_and_evidence() {
    let mut inputs = good();
    inputs["footprint"] = json!([0.5, 3.0, 5.6, 18.0]);
    let verdicts = run(&case(inputs), &set());
    let v = row(&verdicts, "P03");
    assert!(v.message.vi.contains("0,60 m") && v.message.vi.contains("9,00 m²"), "{}", v.message.vi);
    assert!(v.message.en.contains("0.60 m"), "{}", v.message.en);
    assert_eq!(v.elements, ["wall-a", "wall-b"]);
    assert_eq!(v.work.as_deref(), Some("1"));
    let geometry = v.geometry.clone().unwrap();
    let rounded = serde_json::to_string(&geometry).unwrap();
    assert!(rounded.contains("412005.6"), "the part beyond, in EPSG:9218: {rounded}");
}

#[test]
fn the_form_may_follow_the_plans_counting_and_the_model_is_told_its_wrong_quantity() {
    let set = set();
    let mut input = case(json!({
        "storeys": 3, "basements": 1, "lot": {"storeys_counting": "above_ground_only"},
        "form": {"storeys": 3, "height_m": 11.0, "footprint_area_m2": 60.0, "gross_floor_area_m2": 180.0},
    }));
    input.works[0].facts.as_mut().unwrap().buildings[0].gross_floor_area_m2.declared = Some(170.0);
    let verdicts = run(&input, &set);
    let v = row(&verdicts, "G05");
    assert_eq!(v.verdict, Outcome::Pass);
    assert!(
        v.message.vi.contains("khai tổng diện tích sàn 170,00 m², đo được 180,00 m²"),
        "{}",
        v.message.vi
    );
}

#[test]
fn several_works_are_summed_and_rowed() {
    let set = set();
    let mut input = case(json!({"lot": {"net_coverage_max_percent": 100.0, "far_max": 3.0}}));
    let mut second = input.works[0].clone();
    second.id = "2".into();
    input.works.push(second);
    let verdicts = run(&input, &set);
    assert_eq!(row(&verdicts, "P07").measured, Some(120.0));
    assert_eq!(row(&verdicts, "P08").measured, Some(3.6));
    let works: Vec<_> =
        verdicts.iter().filter(|v| v.rule == "P03").map(|v| v.work.clone().unwrap()).collect();
    assert_eq!(works, ["1", "2"]);
}

#[test]
fn authority_by_order_of_article_53() {
    let set = set();
    let of = |inputs: Value| authority(&case(inputs), &set).map(|a| (a.kind, a.code));
    assert_eq!(of(json!({})).unwrap(), (AuthorityKind::Commune, "24611".into()));
    let zone = json!({"zone": "BQLKCN"});
    assert_eq!(of(zone).unwrap().0, AuthorityKind::ZoneBoard);
    let office = json!({"storeys": 9, "use": "office", "investor": "organisation"});
    assert_eq!(of(office).unwrap(), (AuthorityKind::Department, "SXD".into()));
    let house_of_company = json!({"storeys": 9, "investor": "organisation"});
    assert_eq!(of(house_of_company).unwrap().0, AuthorityKind::Department);
    // Without a model the form counts.
    let form = json!({"model": false, "declared_use": "office", "investor": "organisation",
        "form": {"storeys": 9, "height_m": 34, "gross_floor_area_m2": 4000}});
    assert_eq!(of(form).unwrap().1, "SXD");
    let nothing = json!({"model": false, "declared_use": "office", "investor": "organisation"});
    assert!(of(nothing).unwrap_err().en.contains("height"));
    let unknown = CheckInput { features: BTreeMap::new(), ..case(json!({})) };
    assert!(authority(&unknown, &set).is_err());
}

#[test]
fn the_class_table_row_by_row() {
    let set = set();
    let class = |inputs: Value| authority(&case(inputs), &set).unwrap().class.unwrap().code();
    let base = |height: f64, storeys: u32, area: f64, span: f64| json!({"height_m": height, "storeys": storeys, "gross_area_m2": area, "span_m": span, "use": "office", "investor": "organisation"});
    let table = [
        (6.0, 1, 999.0, 14.99, "IV"),
        (6.01, 1, 999.0, 14.0, "III"),
        (6.0, 2, 999.0, 14.0, "III"),
        (6.0, 1, 1000.0, 14.0, "III"),
        (6.0, 1, 999.0, 15.0, "III"),
        (28.0, 7, 10_000.0, 49.99, "III"),
        (28.01, 7, 10_000.0, 49.0, "II"),
        (28.0, 8, 10_000.0, 49.0, "II"),
        (28.0, 7, 10_001.0, 49.0, "II"),
        (28.0, 7, 10_000.0, 50.0, "II"),
        (75.0, 24, 30_000.0, 99.0, "II"),
        (75.01, 24, 30_000.0, 99.0, "I"),
        (75.0, 25, 30_000.0, 99.0, "I"),
        (75.0, 24, 30_001.0, 99.0, "I"),
        (75.0, 24, 30_000.0, 100.0, "I"),
        (200.0, 50, 90_000.0, 200.0, "I"),
        (200.0, 51, 90_000.0, 200.0, "special"),
        (200.0, 50, 90_000.0, 201.0, "special"),
    ];
    for (height, storeys, area, span, want) in table {
        assert_eq!(
            class(base(height, storeys, area, span)),
            want,
            "{height} m, {storeys}, {area} m², {span} m"
        );
    }
}

#[test]
fn tables_of_qcvn_01() {
    let set = set();
    let t = &set.tables;
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    for (area, want) in
        [(50., 100.), (90., 100.), (95., 95.), (100., 90.), (250., 65.), (1000., 40.), (5000., 40.)]
    {
        near(t.detached_coverage(area), want);
    }
    near(t.apartment_coverage(10.0, 3000.0), 75.0);
    near(t.apartment_coverage(16.0, 10_000.0), 65.0);
    near(t.apartment_coverage(17.5, 10_000.0), 62.5);
    near(t.apartment_coverage(45.999, 10_000.0), 41.0 + 0.001 / 3.0);
    near(t.apartment_coverage(46.0, 10_000.0), 41.0);
    near(t.apartment_coverage(46.001, 10_000.0), 40.0);
    near(t.commercial_coverage(100.0, 50_000.0), 40.0);
    near(t.existing_far(19.0, 14_000.0), 3.84);
    let setbacks = [
        (18.99, 18.99, 0.0, false),
        (18.99, 19.0, 3.0, false),
        (15.0, 22.0, 4.0, false),
        (15.0, 28.0, 6.0, false),
        (19.0, 21.0, 0.0, true),
        (21.99, 22.0, 3.0, true),
        (22.0, 27.99, 0.0, true),
        (30.0, 28.0, 6.0, true),
    ];
    for (road, height, want, confirm) in setbacks {
        let s = t.setback(road, height);
        assert_eq!((s.setback_m, s.confirm), (want, confirm), "{road} m, {height} m");
    }
}

#[test]
fn a_run_repeats_to_the_byte_and_a_recheck_reports_what_differs() {
    let set = set();
    let input = case(good());
    let verdicts = run(&input, &set);
    let kept: CheckInput =
        serde_json::from_slice(&super::super::canonical::to_canonical_json(&input).unwrap()).unwrap();
    assert_eq!(hashes(&kept, &set, &run(&kept, &set)).unwrap(), hashes(&input, &set, &verdicts).unwrap());
    assert_eq!(recheck(&kept, &set, &verdicts), []);
    let mut changed = verdicts;
    changed[9].measured = Some(1.0);
    let last = changed.pop().unwrap();
    let differences = recheck(&kept, &set, &changed);
    let rules: Vec<_> = differences.iter().map(|d| d.rule.as_str()).collect();
    assert_eq!(rules, [last.rule.as_str(), changed[9].rule.as_str()]);
}

#[test]
fn features_in_another_order_change_nothing() {
    let set = set();
    let lots = json!([
        {"rect": [0.0, 0.0, 5.0, 12.0], "far_max": 4.0, "storeys_max": 5, "storeys_counting": "art_49_9"},
        {"rect": [0.0, 12.0, 5.0, 20.0], "far_max": 4.0, "storeys_max": 5, "storeys_counting": "art_49_9"},
    ]);
    let input = case(json!({"lots": lots}));
    let mut turned = input.clone();
    for list in turned.features.values_mut() {
        list.reverse();
    }
    assert_eq!(run(&input, &set), run(&turned, &set));
}

#[test]
fn needed_layers_are_those_that_computed_rules_read() {
    let set = set();
    let needed: BTreeSet<_> = needed_layers().iter().map(|(id, _)| *id).collect();
    for rule in set.rules.iter().filter(|r| r.method != Method::NotComputed) {
        for layer in rule.layers() {
            assert!(needed.contains(layer), "{} reads {layer}", rule.id);
        }
    }
}

#[test]
fn effects_of_the_catalogue() {
    let set = set();
    let of = |effect: Effect| {
        set.rules.iter().filter(|r| r.effect == effect).map(|r| r.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(Effect::Consult), ["E06", "E09"]);
    assert_eq!(of(Effect::Advisory), ["G06", "S01", "C01"]);
}

/// The numbers of the rule set against the project's source of them.
mod with_test_data {
    use super::*;

    type Table<'a> = (&'a str, &'a str, &'a dyn Fn(f64, f64) -> f64);

    fn same(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    #[test]
    fn tables_are_those_of_the_source() {
        let Ok(folder) = std::env::var("DOTHI_TEST_DATA") else { return };
        let path = std::path::Path::new(&folder).join("domain/qcvn01_tables.json");
        let source: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("DOTHI_TEST_DATA names the test data"))
                .unwrap();
        let numbers =
            |v: &Value| -> Vec<f64> { v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect() };
        let set = set();
        let t = &set.tables;
        let detached = &source["t2_8_detached_house_net_coverage_pct"];
        for (area, pct) in numbers(&detached["area_m2"]).into_iter().zip(numbers(&detached["pct"])) {
            same(t.detached_coverage(area), pct);
        }
        let grids: [Table<'_>; 3] = [
            ("t2_9_apartment_net_coverage_pct", "pct", &|h, a| t.apartment_coverage(h, a)),
            ("t2_10_commercial_mixed_net_coverage_pct", "pct", &|h, a| t.commercial_coverage(h, a)),
            ("t2_12_max_far_existing_areas", "far", &|h, a| t.existing_far(h, a)),
        ];
        for (name, values, at) in grids {
            let grid = &source[name];
            let heights = grid["height_m"].as_array().unwrap();
            for (i, row) in grid[values].as_array().unwrap().iter().enumerate() {
                let height = match heights[i].as_str() {
                    Some("<=16") => 10.0,
                    Some(_) => 60.0,
                    None => heights[i].as_f64().unwrap(),
                };
                for (area, want) in numbers(&grid["area_m2"]).into_iter().zip(numbers(row)) {
                    same(at(height, area), want);
                }
            }
        }
        let rows = source["t2_7_setback_m"]["values"].as_array().unwrap();
        for (width, row) in [18.0, 20.0, 25.0].into_iter().zip(rows) {
            for (height, want) in [18.0, 20.0, 25.0, 30.0].into_iter().zip(numbers(row)) {
                same(t.setback(width, height).setback_m, want);
            }
        }
    }
}
