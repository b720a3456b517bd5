//! `dothi ifc compare` as a person calls it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dothi::bim::compare::Comparison;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ifc-samples").join(name)
}

fn compare(before: &Path, after: &Path, lang: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dothi"))
        .args(["ifc", "compare"])
        .args([before, after])
        .args(more)
        .env("LANG", lang)
        .output()
        .unwrap()
}

#[test]
fn twins_differ_in_height_and_a_model_not_from_itself() {
    let (low, high) = (sample("tube_house.ifc"), sample("tube_house_too_high.ifc"));
    let output = compare(&low, &high, "C", &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Comparison = serde_json::from_slice(&output.stdout).unwrap();
    let height = found.facts.iter().find(|f| f.fact.en == "height").expect("the height differs");
    assert!(height.difference.is_some_and(|d| d > 0.1), "{height:?}");
    assert!(found.changed.total > 0 && found.unchanged > 0);

    for (lang, words) in [("vi_VN.UTF-8", ["chiều cao", "Thay đổi: "]), ("C", ["height", "Changed: "])] {
        let output = compare(&low, &high, lang, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    }

    let output = compare(&low, &low, "C", &["--json"]);
    let found: Comparison = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), found.facts, found.changed.total), (Some(0), vec![], 0));
}

#[test]
fn what_is_no_model_is_refused_by_the_command() {
    let low = sample("tube_house.ifc");
    for (bad, says) in [
        (sample("expected.json"), ["earlier model", "later model"]),
        (PathBuf::from("no-such-file.ifc"), ["no-such-file.ifc"; 2]),
    ] {
        for ((before, after), says) in [(&bad, &low), (&low, &bad)].into_iter().zip(says) {
            let output = compare(before, after, "C", &["--json"]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains(says) && !told.contains("tube_house"), "{told}");
        }
    }
}
