//! The abstract tests of the standards, each by its name, and where it is held; a class that is declared without them
//! is an error.
//!
//! One file a standard holds its table and the tests that are written for it alone; what another test holds already is
//! named, not repeated. To declare a class, add it to a table with the names of its tests.

mod cql2;
mod edit;
mod features;
mod systems;
mod table;
mod tiles;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use table::{Class, Held};

use crate::front::Server;

/// All tables.
const TABLES: &[&[Class]] =
    &[features::CLASSES, systems::CLASSES, cql2::CLASSES, edit::CLASSES, tiles::CLASSES, table::OTHERS];

fn classes() -> impl Iterator<Item = &'static Class> {
    TABLES.iter().copied().flatten()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_class_that_is_declared_has_its_tests() {
    let server = Server::start().await;
    let declared = server.json("/ogc/conformance").await;
    let declared: BTreeSet<&str> =
        declared["conformsTo"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let held: BTreeSet<&str> = classes().map(|c| c.uri).collect();
    let without: Vec<_> = declared.difference(&held).collect();
    assert!(without.is_empty(), "declared, and no abstract test is named for it: {without:#?}");
    let hidden: Vec<_> = held.difference(&declared).collect();
    assert!(hidden.is_empty(), "tested, and not declared: {hidden:#?}");
}

/// What a table names exists, once, and runs: a function with `#[test]` or `#[tokio::test]` at that path.
#[test]
fn what_the_tables_name_is_there() {
    let mut wrong = Vec::new();
    let mut seen = BTreeMap::new();
    for class in classes() {
        let tests = match class.held {
            Held::Abstract(tests) => tests,
            Held::NoSuite { tests, why } => {
                assert!(why.len() > 20, "{}: say why there is no suite", class.uri);
                tests
            }
        };
        assert!(!tests.is_empty(), "{} has no tests", class.uri);
        if let Some(before) = seen.insert(class.uri, class.source) {
            wrong.push(format!("{} stands in the table of {before} and of {}", class.uri, class.source));
        }
        let mut ids = BTreeSet::new();
        for (id, functions) in tests {
            if !ids.insert(id) {
                wrong.push(format!("{}: {id} stands there twice", class.uri));
            }
            if functions.is_empty() {
                wrong.push(format!("{}: {id} is held by no test", class.uri));
            }
            let gone = functions.iter().filter(|f| !is_test(f));
            wrong.extend(gone.map(|f| format!("{}: {id}: there is no test {f}", class.uri)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a test function of this binary (`ogc::name`, `write::systems::name`), of the library's own tests
/// (`src::filter::tests::name`) or of `tests/clients` stands there. Inner modules may be left out of the path.
fn is_test(path: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
    let parts: Vec<&str> = module.split("::").collect();
    let (base, parts) = match parts.as_slice() {
        ["src", rest @ ..] => (root.join("src"), rest),
        rest => (root.join("tests/it"), rest),
    };
    // The longest beginning of the path that is a file; what follows is a module within it.
    let file = (1..=parts.len()).rev().find_map(|n| {
        let stem = parts[..n].iter().fold(base.clone(), |p, part| p.join(part));
        [stem.with_extension("rs"), stem.join("mod.rs")].into_iter().find(|p| p.is_file())
    });
    let Some(text) = file.and_then(|f| std::fs::read_to_string(f).ok()) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let starts = [format!("fn {name}("), format!("async fn {name}(")];
    lines.iter().enumerate().any(|(i, line)| {
        starts.iter().any(|s| line.starts_with(s.as_str()))
            && lines[..i]
                .iter()
                .rev()
                .take_while(|l| l.starts_with("#[") || l.starts_with("//"))
                .any(|l| *l == "#[test]" || l.starts_with("#[tokio::test"))
    })
}

#[test]
fn the_look_for_tests_sees_what_is_missing() {
    assert!(is_test("conformance::each_class_that_is_declared_has_its_tests"));
    assert!(is_test("cql2::with_test_data::the_274_predicates_of_annex_a_count_what_they_should"));
    assert!(is_test("src::filter::tests::operators_bind_as_in_the_grammar"));
    for none in ["conformance::is_test", "conformance::nothing", "nothing::nothing", "classes"] {
        assert!(!is_test(none), "{none}");
    }
}
