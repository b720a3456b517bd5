use super::*;

/// Ids of the product's list of layers, theme by theme.
const REQUIRED: &str = "admin_province admin_commune control_point contour parcel landuse_plan landuse_current \
    plan_boundary zoning_lot red_line building_line arch_zone underground_zone building permit permit_application \
    order_violation housing_project industrial_zone road road_centreline road_corridor bridge parking bus_stop \
    bus_route traffic_signal traffic_sensor water_pipe water_plant drain manhole wwtp power_line substation \
    street_light telecom_bts fibre petrol_station hydrant fire_station camera_security camera_traffic air_sensor \
    rain_gauge water_level waste_bin river lake water_corridor flood_zone landslide forest mineral landfill \
    waste_point cemetery park tree hospital_clinic school culture_sport heritage tourist_site accommodation market \
    crop_area irrigation agri_sensor defence_zone airspace field_report";

const GOOD: &str = r##"
id = "thing"
title = { vi = "Vật", en = "Thing" }
theme = "land"
geometry = "Polygon"
owner = ["XD"]
access = "O"
licence = "CC-BY-4.0"
key = ["code"]
label = "code"
min_zoom = 10

[[attribute]]
name = "code"
type = "text"
title = { vi = "Mã", en = "Code" }
required = true

[[attribute]]
name = "kind"
type = "text"
title = { vi = "Loại", en = "Kind" }
codes = "kinds"

[[style]]
type = "fill"
minzoom = 14
[style.paint]
fill-color = ["code-color", "kind", "#ffffff"]
"##;

const AGENCIES: &str = "id = \"agency\"\ntitle = { vi = \"Cơ quan\", en = \"Agencies\" }\n[[code]]\ncode = \"XD\"\n\
    title = { vi = \"Sở Xây dựng\", en = \"Construction\" }\n";
const KINDS: &str = "id = \"kinds\"\ntitle = { vi = \"Loại\", en = \"Kinds\" }\n[[code]]\ncode = \"a\"\n\
    title = { vi = \"A\", en = \"A\" }\ncolor = \"#102030\"\n";

fn source(path: &str, text: impl Into<String>) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

fn built(layer: &str) -> (Catalog, Vec<Problem>) {
    build(
        &[source("land/thing.toml", layer)],
        &[source("agency.toml", AGENCIES), source("kinds.toml", KINDS)],
    )
}

#[test]
fn every_layer_of_the_product_is_there() {
    let catalog = embedded().unwrap();
    let missing: Vec<&str> = REQUIRED.split_whitespace().filter(|id| catalog.layer(id).is_none()).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert!(catalog.layers.len() >= 72);
    assert!(catalog.layers.values().all(|l| !l.styles.is_empty() && !l.description.vi.is_empty()));
}

#[test]
fn the_folder_gives_what_the_binary_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalog = read_dir(&root.join("layers"), &root.join("schema/codes")).unwrap();
    let inside = embedded().unwrap();
    assert_eq!(catalog.layers, inside.layers);
    assert_eq!(catalog.code_lists, inside.code_lists);
    assert_eq!(check_dir(&root.join("layers"), &root.join("schema/codes")).unwrap(), vec![]);
}

#[test]
fn a_code_color_becomes_a_match_over_the_list() {
    let (catalog, problems) = built(GOOD);
    assert_eq!(problems, vec![]);
    let color = &catalog.layer("thing").unwrap().styles[0]["paint"]["fill-color"];
    assert_eq!(*color, serde_json::json!(["match", ["get", "kind"], "a", "#102030", "#ffffff"]));
}

#[test]
fn wrong_files_are_refused_with_place_and_reason() {
    let parcel = "code-color\", \"kind\"";
    for (from, to, place, reason) in [
        ("id = \"thing\"", "id = \"Thing\"", "land/thing.toml: id", "does not match"),
        ("id = \"thing\"", "id = \"other\"", "land/thing.toml", "must be the file's name"),
        ("theme = \"land\"", "theme = \"sea\"", "land/thing.toml", "must be the folder's name"),
        ("owner = [\"XD\"]", "owner = [\"XYZ\"]", "land/thing.toml", "agency XYZ"),
        ("owner = [\"XD\"]", "owner = [\"XD\"]\neditors = [\"XYZ\"]", "land/thing.toml", "agency XYZ"),
        ("min_zoom = 10", "min_zoom = 10\nrows_of = \"nix\"", "rows_of \"nix\"", "no such attribute"),
        ("min_zoom = 10", "min_zoom = 10\nsource = \"view\"\nstrict = true", "land/thing.toml", "read-only"),
        ("min_zoom = 10", "min_zoom = 10\nblurred = true", "land/thing.toml", "only a layer of points"),
        ("codes = \"kinds\"", "readers = [\"XD\"]", "attribute[1] \"kind\"", "for an R attribute"),
        ("licence = \"CC-BY-4.0\"", "", "land/thing.toml", "must name its licence"),
        ("key = [\"code\"]", "key = [\"kind\"]", "key \"kind\"", "must be required"),
        ("key = [\"code\"]", "key = [\"nix\"]", "key \"nix\"", "no such attribute"),
        ("label = \"code\"", "label = \"nix\"", "label \"nix\"", "no such attribute"),
        ("min_zoom = 10", "min_zoom = 10\ntemporal = [\"code\"]", "temporal \"code\"", "date or a timestamp"),
        ("min_zoom = 10", "min_zoom = 99", "min_zoom", "greater than"),
        ("name = \"kind\"", "name = \"code\"", "land/thing.toml:19: attribute[1] \"code\"", "used twice"),
        ("name = \"kind\"", "name = \"fid\"", "attribute[1] \"fid\"", "reserved: every item"),
        ("name = \"kind\"", "name = \"row\"", "attribute[1] \"row\"", "reserved: the tables of imports"),
        ("name = \"kind\"", "name = \"rev_to\"", "attribute[1] \"rev_to\"", "reserved: the tables of"),
        ("name = \"kind\"", "name = \"xmin\"", "attribute[1] \"xmin\"", "reserved: every table"),
        ("name = \"kind\"", "name = \"limit\"", "attribute[1] \"limit\"", "reserved: the API"),
        ("codes = \"kinds\"", "codes = \"nix\"", "attribute[1] \"kind\"", "no code list nix"),
        ("codes = \"kinds\"", "colour = 1", "attribute[1] \"kind\"", "colour"),
        ("codes = \"kinds\"", "codes = \"kinds\"\npersonal = true", "attribute[1]", "must be R"),
        ("codes = \"kinds\"", "codes = \"kinds\"\nmin = 1", "attribute[1]", "for numbers only"),
        (
            "type = \"fill\"",
            "type = \"circle\"",
            "land/thing.toml:25: style[0] \"circle\"",
            "cannot draw a Polygon",
        ),
        ("minzoom = 14", "minzoom = 12", "style[0] \"fill\"", "from zoom 14 only, but is drawn from zoom 12"),
        ("minzoom = 14", "minzoom = 5", "style[0] \"fill\"", "below the layer's min_zoom"),
        (parcel, "get\", \"nix\"", "style[0] \"fill\"", "no attribute nix"),
        (parcel, "code-color\", \"code\"", "style[0] \"fill\"", "whose code list has colours"),
        ("fill-color", "line-color", "style[0] \"fill\"", "is not of type fill"),
        ("geometry = \"Polygon\"", "geometry = \"Cube\"", "geometry", "Cube"),
        ("title = { vi = \"Vật\", en = \"Thing\" }", "title = { vi = \"Vật\" }", "title", "en"),
        ("access = \"O\"", "access = ", "land/thing.toml:7", "not readable TOML"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let (_, problems) = built(&GOOD.replacen(from, to, 1));
        let said: Vec<String> =
            problems.iter().map(|p| format!("{} | {}", p.full_place(), p.reason.en)).collect();
        assert!(said.iter().any(|s| s.contains(place) && s.contains(reason)), "{from} → {to}: {said:?}");
        assert!(problems.iter().all(|p| !p.reason.vi.is_empty()));
    }
}

#[test]
fn wrong_quality_rules_are_refused_with_file_and_key() {
    let rule = |body: &str| {
        format!("{GOOD}\n[[quality]]\nid = \"r\"\ntitle = {{ vi = \"Quy tắc\", en = \"Rule\" }}\n{body}")
    };
    let restricted = "kind = \"unique\"\nattributes = [\"secret\"]\n[[attribute]]\nname = \"secret\"\n\
        type = \"text\"\naccess = \"R\"\ntitle = { vi = \"Kín\", en = \"Secret\" }";
    for (body, place, reason) in [
        ("kind = \"unique\"", "quality[0] \"r\" attributes", "needs it"),
        ("kind = \"unique\"\nattributes = [\"nix\"]", "quality[0] \"r\" attributes", "no attribute nix"),
        ("kind = \"unique\"\nattributes = [\"code\"]\nmin = 1", "quality[0] \"r\" min", "does not use it"),
        (restricted, "quality[0] \"r\" attributes", "stricter than the layer"),
        ("kind = \"range\"\nattributes = [\"code\"]\nmin = 1", "quality[0] \"r\" attributes", "is no number"),
        (
            "kind = \"codes\"\nattributes = [\"code\"]\ncodes = \"nix\"",
            "quality[0] \"r\" codes",
            "no code list nix",
        ),
        ("kind = \"covered_by\"\nlayer = \"nix\"", "quality[0] \"r\" layer", "no layer nix"),
        ("kind = \"covered_by\"\nlayer = \"thing\"", "quality[0] \"r\" layer", "another layer"),
        ("kind = \"no_overlap\"\nsame = [\"nix\"]", "quality[0] \"r\" same", "no attribute nix"),
        (
            "kind = \"no_overlap\"\ntolerance_m2 = -1",
            "quality[0] \"r\" tolerance_m2",
            "less than the minimum",
        ),
        (
            "kind = \"no_gaps\"\ntolerance_m2 = 5\ngap_max_m2 = 4",
            "quality[0] \"r\" gap_max_m2",
            "above tolerance_m2",
        ),
        ("kind = \"snap\"", "land/thing.toml:31: quality[0] \"r\" tolerance_m", "needs it"),
        ("kind = \"pretty\"", "quality[0] \"r\" kind", "pretty"),
        ("kind = \"snap\"\ntolerance_m = 1\ncolour = 2", "quality[0] \"r\"", "colour"),
    ] {
        let (_, problems) = built(&rule(body));
        let said: Vec<String> =
            problems.iter().map(|p| format!("{} | {}", p.full_place(), p.reason.en)).collect();
        assert!(said.iter().any(|s| s.contains(place) && s.contains(reason)), "{body}: {said:?}");
    }
    let (catalog, problems) = built(&rule("kind = \"no_overlap\"\ntolerance_m2 = 0.5\nsame = [\"kind\"]"));
    assert_eq!(problems, vec![]);
    let ids: Vec<String> =
        catalog.layer("thing").unwrap().quality_rules().into_iter().map(|r| r.id).collect();
    assert_eq!(ids, ["r", "code.required", "kind.codes"]);
}

#[test]
fn two_files_may_not_use_one_id() {
    let codes = [source("agency.toml", AGENCIES), source("kinds.toml", KINDS)];
    let (_, problems) = build(&[source("land/thing.toml", GOOD), source("land/thing.toml", GOOD)], &codes);
    assert!(problems.iter().any(|p| p.reason.en.contains("already used by land/thing.toml")));
}

#[test]
fn a_layer_may_not_be_called_as_an_index_of_another() {
    let codes = [source("agency.toml", AGENCIES), source("kinds.toml", KINDS)];
    let other = GOOD.replacen("id = \"thing\"", "id = \"thing_key\"", 1);
    let (_, problems) =
        build(&[source("land/thing.toml", GOOD), source("land/thing_key.toml", &other)], &codes);
    let said: Vec<&str> = problems.iter().map(|p| p.reason.en.as_str()).collect();
    assert_eq!(said, ["the layer's id thing_key is the name of an index of the layer thing"]);
    assert_eq!(build(&[source("land/thing_key.toml", other)], &codes).1, vec![]);
}

#[test]
fn code_lists_are_checked_too() {
    for (from, to, reason) in [
        ("code = \"a\"", "code = \"\"", "empty"),
        ("#102030", "red", "#rrggbb"),
        ("id = \"kinds\"", "id = \"kind\"", "must be the file's name"),
        ("title = { vi = \"A\", en = \"A\" }", "title = { vi = \"\", en = \"A\" }", "title is missing"),
        ("color =", "colour =", "unknown field"),
    ] {
        let codes = [source("agency.toml", AGENCIES), source("kinds.toml", KINDS.replacen(from, to, 1))];
        let (_, problems) = build(&[], &codes);
        assert!(problems.iter().any(|p| p.reason.en.contains(reason)), "{from}: {problems:?}");
    }
}

#[test]
fn the_error_names_the_file_and_counts_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let (layers, codes) = (folder.path().join("layers"), folder.path().join("codes"));
    std::fs::create_dir_all(layers.join("land")).unwrap();
    std::fs::create_dir_all(&codes).unwrap();
    std::fs::write(codes.join("agency.toml"), AGENCIES).unwrap();
    assert!(read_dir(&layers, &codes).unwrap_err().to_string().contains("no .toml file"));
    std::fs::write(layers.join("land/thing.toml"), GOOD.replace("access = \"O\"", "access = \"X\"\nnix = 1"))
        .unwrap();
    let said = read_dir(&layers, &codes).unwrap_err().to_string();
    assert!(said.starts_with("land/thing.toml") && said.contains("1 more"), "{said}");
}
