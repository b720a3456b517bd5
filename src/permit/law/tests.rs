use std::path::Path;

use serde_json::{Value, json};

use super::*;

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn law() -> Law {
    Law::load().unwrap()
}

#[test]
fn every_kind_of_the_contract_is_in_force() {
    let law = law();
    let kinds: Vec<_> = law.list_procedures(day("2026-11-23")).iter().map(|p| p.kind.clone()).collect();
    let all = [
        "adjust",
        "extend",
        "fixed_term",
        "new_house",
        "new_work",
        "project",
        "reissue",
        "relocation",
        "repair",
        "staged",
        "start_notice",
    ];
    assert_eq!(kinds, all);
}

#[test]
fn times_by_kind_and_work() {
    let law = law();
    // (kind, house: total, appraisal, supplement; other: the same) from NĐ 217 Art. 54.
    let table = [
        ("new_house", [7, 3, 2], [10, 5, 2]),
        ("new_work", [7, 3, 2], [10, 5, 2]),
        ("relocation", [7, 3, 2], [10, 5, 2]),
        ("fixed_term", [7, 3, 2], [10, 5, 2]),
        ("repair", [7, 3, 2], [9, 5, 2]),
        ("adjust", [7, 3, 2], [9, 5, 2]),
        ("extend", [5, 2, 1], [5, 2, 1]),
        ("reissue", [5, 2, 1], [5, 2, 1]),
    ];
    for (kind, house, other) in table {
        let p = law.procedure(kind, day("2026-11-23")).unwrap();
        for (work, expected) in [(WorkKind::House, house), (WorkKind::Other, other)] {
            let t = p.timers(work);
            assert_eq!([t.total_wd, t.appraisal_wd, t.supplement_wd], expected, "{kind} {work:?}");
            assert_eq!((t.consult_wd, t.refusal_wd), (2, 1));
        }
    }
}

#[test]
fn the_day_chooses_the_decree() {
    let law = law();
    let legal = |d: &str| law.procedure("new_house", day(d)).unwrap().legal.join(" ");
    assert!(legal("2026-06-30").contains("175/2024"));
    assert!(legal("2026-07-01").contains("217/2026"));
    let error = law.procedure("new_house", day("2020-01-01")).unwrap_err().to_string();
    assert!(error.contains("not in force on 2020-01-01"), "{error}");
    assert!(law.procedure("castle", day("2026-11-23")).is_err());
    // Nothing was read in the text of the older decree: every time of it is a setting.
    let old = law.procedure("new_house", day("2025-06-01")).unwrap();
    assert!(old.timers.iter().all(|t| t.source == "setting"));
}

#[test]
fn the_model_is_what_submission_of_a_new_house_cannot_miss() {
    let p = law().procedure("new_house", day("2026-11-23")).unwrap();
    let gate: Vec<_> = p.slots.iter().filter(|s| s.gate == Gate::Submit).map(|s| s.id.as_str()).collect();
    assert_eq!(gate, ["model"]);
    let of = |investor| p.slots_for(investor).any(|s| s.id == "designer_licence");
    assert!(of(Some("organisation")) && of(None) && !of(Some("household_individual")));
}

#[test]
fn form_01_names_the_field_that_is_wrong_or_missing() {
    let form = law().form("form_01").unwrap();
    let good = json!({"use":"house_single","storeys":3,"height_m":11.2,"footprint_area_m2":80,
        "gross_floor_area_m2":240.5,"setback_m":0,"level_zero_m":601.2,
        "investor":{"type":"household_individual","name":"Nguyễn Văn A"},"designer":{"name":"B","licence":"LD-1"}});
    assert_eq!(form.problems(&good), []);
    let pointers =
        |v: Value| form.problems(&v).into_iter().map(|p| (p.pointer, p.missing)).collect::<Vec<_>>();
    assert_eq!(
        pointers(json!({"use":"house_single","investor":{"type":"organisation"}})),
        [("/investor/name".to_owned(), true)]
    );
    assert_eq!(pointers(json!({"use":"castle","investor":good["investor"]})), [("/use".to_owned(), false)]);
    assert_eq!(form.problems_of_draft(&json!({})), []);
    assert_eq!(form.problems_of_draft(&json!({"storeys":-1})).len(), 1);
    // Form 02 takes the common fields from form 01.
    let adjust = law().form("form_02").unwrap();
    assert_eq!(adjust.problems(&json!({"reason":"thêm tầng","storeys":4,"investor":good["investor"]})), []);
}

#[test]
fn the_settings_that_code_reads_are_there() {
    let law = law();
    assert_eq!(law.settings().on_supplement(), crate::permit::clock::OnSupplement::Pause);
    assert!(law.settings().portal_receives());
    assert_eq!(law.settings().values()["uncertainty_map_conversion_m"], json!(0.05));
}

/// A published rule set is what it was when it was published: a correction is a new version.
#[test]
fn published_rule_sets_never_change() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/rules/published.txt");
    let law = law();
    for line in
        std::fs::read_to_string(root).unwrap().lines().filter(|l| !l.starts_with('#') && !l.is_empty())
    {
        let (id, hash) = line.split_once(' ').expect("a line is: set, hash of its manifest");
        assert_eq!(law.ruleset_by_id(id).expect(id).hash, hash, "{id} was published and has changed");
    }
}

/// Every data file against its JSON Schema in `schema/`.
#[test]
fn data_files_match_their_schemas() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let table = [
        ("procedures/machines", "machine.schema.json"),
        ("procedures/nd217-2026", "procedure.schema.json"),
        ("procedures/nd175-2024", "procedure.schema.json"),
        ("calendar", "calendar.schema.json"),
    ];
    let mut folders: Vec<_> = table.iter().map(|(f, s)| (root.join(f), *s)).collect();
    for set in std::fs::read_dir(root.join("rules")).unwrap() {
        let path = set.unwrap().path();
        if path.is_dir() {
            folders.push((path, "rule.schema.json"));
        }
    }
    let mut checked = 0;
    for (folder, schema) in folders {
        let schema: Value = serde_json::from_slice(&std::fs::read(root.join(schema)).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            let other = ["manifest.toml", "tables.toml", "messages.toml"].iter().any(|f| path.ends_with(f));
            if other || path.extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let value: Value = toml::from_str(&text).unwrap();
            let errors: Vec<_> =
                validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 15);
}
