use super::*;

fn today() -> NaiveDate {
    "2026-11-25".parse().unwrap()
}

fn before() -> Option<NaiveDate> {
    "2024-12-31".parse().ok()
}

fn resolve(text: &str, date: Option<NaiveDate>, level: Option<Level>) -> Resolution<'static> {
    known().resolve(Asked { text, date, level, today: today() })
}

/// As an import asks: a commune is wanted.
fn commune(text: &str) -> Resolution<'static> {
    resolve(text, None, Some(Level::Commune))
}

fn codes(resolution: &Resolution<'_>) -> Vec<String> {
    resolution.today.iter().map(|u| u.code.clone()).collect()
}

#[test]
fn the_file_obeys_its_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schema/units.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for file in FILES {
        let value: toml::Value = toml::from_str(file).unwrap();
        let json = serde_json::to_value(value).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn data_that_do_not_fit_are_refused() {
    let base = r#"id = "x"
title = { vi = "x", en = "x" }
source = []
unit = [{ code = "10", kind = "xa", name = "A", valid_to = "2025-06-30" }, { code = "11", kind = "xa", name = "B", valid_from = "2025-07-01" }]
"#;
    let read = |change: &str| Units::read(&[&format!("{base}change = [{change}]")]);
    assert!(read(r#"{ on = "2025-07-01", legal = "x", from = ["10"], into = "11" }"#).is_ok());
    let gone = read(r#"{ on = "2025-07-01", legal = "x", from = ["11"], into = "11" }"#).unwrap_err();
    assert!(gone.to_string().contains("no such unit on that day"), "{gone}");
    let twice = base.replace("\"11\"", "\"10\"").replace(", valid_from = \"2025-07-01\"", "");
    assert!(Units::read(&[&format!("{twice}change = []")]).is_err());
}

#[test]
fn every_former_commune_is_one_of_today_or_was_divided() {
    let units = known();
    let now: Vec<&Unit> = units.all().filter(|u| u.in_force(today())).collect();
    assert_eq!(now.iter().filter(|u| u.level() == Level::Commune).count(), 124);
    assert_eq!(now.iter().filter(|u| u.level() == Level::District).count(), 0);
    for old in units.all().filter(|u| u.valid_to.is_some()) {
        let found = resolve(&old.code, before(), None);
        assert_eq!(found.outcome, Outcome::Former, "{old:?}");
        assert!(found.today.iter().all(|u| u.in_force(today())));
        if old.level() == Level::Commune {
            let parts = units.successors(old);
            assert_eq!(parts.iter().all(|p| p.in_part), parts.len() > 1, "{old:?}");
            assert_eq!(found.today.len(), parts.len(), "{old:?}");
        }
    }
    // 71 → 28 of former Đắk Nông.
    let province = units.on("67", before().unwrap()).unwrap();
    let communes: Vec<&Unit> = units.below(province).flat_map(|d| units.below(d)).collect();
    assert_eq!(communes.len(), 71);
    assert_eq!(resolve("tỉnh Đắk Nông", None, Some(Level::Commune)).today.len(), 28);
    assert_eq!(codes(&resolve("Đắk Nông", None, None)), ["68"]);
}

#[test]
fn codes_old_and_new() {
    let found = commune("24612");
    assert_eq!(
        (found.by, found.outcome, codes(&found)),
        (By::Code, Outcome::Former, vec!["24611".to_owned()])
    );
    assert_eq!(found.note().unwrap().vi, "phường Nghĩa Thành (đến 30/6/2025) nay là phường Bắc Gia Nghĩa");
    // The code 24611 was reused: today's unit, unless the day is of before.
    let found = commune("24611");
    assert_eq!((found.outcome, found.only().unwrap().name.as_str()), (Outcome::Current, "Bắc Gia Nghĩa"));
    assert_eq!(found.note().unwrap().vi, "đến 30/6/2025 mã này là của phường Nghĩa Đức");
    let found = resolve("24611", before(), Some(Level::Commune));
    assert_eq!((found.outcome, found.readings[0].unit.name.as_str()), (Outcome::Former, "Nghĩa Đức"));
    assert_eq!(codes(&found), ["24611"]);
    // 22978 was divided, and its code went to one of the two.
    assert_eq!(commune("22978").only().unwrap().name, "Tuy Phong");
    let divided = resolve("22978", before(), Some(Level::Commune));
    assert_eq!((codes(&divided), divided.only()), (vec!["22972".to_owned(), "22978".to_owned()], None));
    // Districts by code; a code that is none.
    assert_eq!(codes(&commune("663")), ["24664", "24670", "24678", "24682"]);
    assert_eq!(commune("99999").outcome, Outcome::Unknown);
    assert_eq!(commune("").outcome, Outcome::Unknown);
    // A day on which there was no such code yet.
    assert_eq!(resolve("24611", "1900-01-01".parse().ok(), None).readings[0].unit.name, "Nghĩa Đức");
}

#[test]
fn names_with_their_traps() {
    for (text, expected) in [
        ("xã Đức Lập", "24664"),
        ("Đức Lập", "24664"),
        ("DUC LAP", "24664"),
        ("Thị trấn Đắk Mil", "24664"),
        ("TT. Đăk Mil", "24664"),
        ("tt Dak Mil, H. Đắk Mil", "24664"),
        ("xã Đắk Mil", "24670"),
        ("Xã Đăk Mil, tỉnh Lâm Đồng", "24670"),
        ("Phường Nghĩa Đức", "24611"),
        ("P. Nghĩa Thành, TP. Gia Nghĩa", "24611"),
        ("Quảng Hoà", "24620"),
        ("xã Quảng Hòa", "24620"),
        ("Đăk R'Moan", "24615"),
        ("Đắk RMoan", "24615"),
        ("xã Đắk N’Drung", "24717"),
        ("Đắk N'Dung", "24717"),
        ("xã Tân Thành, huyện Krông Nô", "24688"),
        ("xã Tân Thành (huyện Krông Nô), tỉnh Đắk Nông", "24688"),
        ("Buôn Choáh", "24697"),
        ("xã Ea T'Ling", "24640"),
        ("Phường 1, thành phố Bảo Lộc", "24823"),
        ("đặc khu Phú Quý", "23272"),
        ("xã Bà Gia", "25114"),
        // One key, two names.
        ("xã Đắk Nang", "24712"),
        ("xã Đạ K'Nàng", "24886"),
    ] {
        assert_eq!(codes(&commune(text)), [expected], "{text}: {:?}", commune(text).note());
        assert!(commune(text).only().is_some(), "{text}");
    }
    // The same letters, two fates: never chosen silently.
    for text in ["Đắk Mil", "Tân Thành", "xã Tân Thành", "Phường 1"] {
        let found = commune(text);
        assert_eq!((found.outcome, found.only()), (Outcome::Ambiguous, None), "{text}: {found:?}");
        assert!(found.note().unwrap().vi.starts_with("có nhiều cách hiểu"));
    }
    // The day decides.
    assert_eq!(codes(&resolve("Đắk Mil", before(), Some(Level::Commune))), ["24664"]);
    assert_eq!(codes(&resolve("Đắk Mil", Some(today()), Some(Level::Commune))), ["24670"]);
    assert_eq!(commune("xã Không Có").outcome, Outcome::Unknown);
}

#[test]
fn districts_are_what_their_communes_became() {
    for (text, expected) in [
        ("huyện Đắk Mil", &["24664", "24670", "24678", "24682"][..]),
        ("H. Dak Mil", &["24664", "24670", "24678", "24682"]),
        ("thị xã Gia Nghĩa", &["24611", "24615", "24617"]),
        ("TP Gia Nghĩa", &["24611", "24615", "24617"]),
        ("Gia Nghĩa", &["24611", "24615", "24617"]),
        ("Huyện Tuy Đức", &["24736", "24739", "24748"]),
    ] {
        let found = commune(text);
        assert_eq!(
            (found.outcome, codes(&found)),
            (Outcome::Former, expected.iter().map(|c| (*c).to_owned()).collect()),
            "{text}"
        );
        assert_eq!(found.only(), None);
    }
    let note = commune("TP Gia Nghĩa").note().unwrap();
    assert!(
        note.vi.contains("nay thuộc phường Bắc Gia Nghĩa, phường Nam Gia Nghĩa, phường Đông Gia Nghĩa"),
        "{}",
        note.vi
    );
}

#[test]
fn what_a_unit_was_made_of() {
    let units = known();
    let unit = units.on("24611", today()).unwrap();
    let from: Vec<String> = units.predecessors(unit).iter().map(|r| r.unit.full_name().vi).collect();
    assert_eq!(from, ["phường Nghĩa Đức", "phường Nghĩa Thành", "phường Quảng Thành", "xã Đắk Ha"]);
    assert!(units.predecessors(unit)[0].legal.ends_with("khoản 116"));
    let old = units.on("24611", before().unwrap()).unwrap();
    let above: Vec<&str> = units.above(old).map(|u| u.name.as_str()).collect();
    assert_eq!(above, ["Gia Nghĩa", "Đắk Nông"]);
    assert_eq!(units.above(unit).map(|u| u.name.as_str()).collect::<Vec<_>>(), ["Lâm Đồng"]);
}

#[test]
fn the_day_in_vietnam_begins_seven_hours_earlier() {
    assert_eq!(day_in_vietnam("2025-06-30T17:00:00Z".parse().unwrap()).to_string(), "2025-07-01");
    assert_eq!(day_in_vietnam("2025-06-30T16:59:59Z".parse().unwrap()).to_string(), "2025-06-30");
}

#[test]
fn the_code_list_holds_todays_communes() {
    let catalog: std::collections::BTreeSet<String> = include_str!("../../schema/codes/commune.toml")
        .lines()
        .filter_map(|l| Some(l.strip_prefix("code = \"")?.strip_suffix('"')?.to_owned()))
        .collect();
    let here = known().all().filter(|u| u.level() == Level::Commune && u.in_force(today()));
    assert_eq!(catalog, here.map(|u| u.code.clone()).collect());
}

/// What stands in the project's own data against the lists that it was made from.
#[test]
fn the_205_units_and_71_mergers_with_test_data() {
    let folder = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the folder of the test data");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/data/admin/{name}")).unwrap();
    let rows = |text: &str| -> Vec<Vec<String>> {
        text.trim_start_matches('\u{feff}')
            .lines()
            .skip(1)
            .map(|l| l.split(',').map(str::to_owned).collect())
            .collect()
    };
    let merges = rows(&read("daknong_commune_merges_2025.csv"));
    assert_eq!(merges.len(), 71);
    for m in &merges {
        let (old, name, district, new) = (&m[0], &m[1], &m[3], &m[4]);
        assert_eq!(codes(&resolve(old, before(), Some(Level::Commune))), std::slice::from_ref(new), "{name}");
        let told = format!("{name}, {district}, Tỉnh Đắk Nông");
        assert_eq!(commune(&told).only().map(|u| &u.code), Some(new), "{told}");
        let unit = known().on(old, before().unwrap()).unwrap();
        assert_eq!(name_key(&unit.full_name().vi), name_key(name));
    }
    let units = rows(&read("daknong_units.csv"));
    assert_eq!(units.len(), 205);
    for u in &units {
        let day = if u[8].is_empty() { today() } else { before().unwrap() };
        let unit = known().on(&u[0], day).unwrap_or_else(|| panic!("{} is missing", u[2]));
        assert_eq!((&unit.name, unit.parent.as_deref().unwrap_or("")), (&u[1], u[4].as_str()), "{}", u[2]);
    }
}
