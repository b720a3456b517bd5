//! `dothi ids check` as a person calls it: exit codes, the JSON, and files that are not what they should be.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// buildingSMART's test cases.
fn cases() -> PathBuf {
    let folder =
        std::env::var_os("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the folder of the test data");
    PathBuf::from(folder).join("ids/testcases")
}

fn check(ids: &Path, ifc: &Path) -> (Option<i32>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_dothi"))
        .args(["ids", "check", "--json"])
        .args([ids, ifc])
        .output()
        .unwrap();
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), json)
}

#[test]
fn the_command_says_pass_fail_or_invalid() {
    let cases = cases();
    for (case, code, status) in [
        ("entity/pass-a_matching_predefined_type_should_pass", 0, "pass"),
        ("attribute/fail-attributes_with_null_values_always_fail", 1, "fail"),
        ("property/invalid-only_specifically_formatted_numbers_are_allowed_1_4", 2, "invalid"),
    ] {
        let case = cases.join(case);
        let (found, json) = check(&case.with_extension("ids"), &case.with_extension("ifc"));
        assert_eq!((found, json["status"].as_str()), (Some(code), Some(status)), "{json}");
        match status {
            "fail" => {
                let specification = &json["specifications"][0];
                assert_eq!((&specification["applicable"], &specification["passed"]), (&1.into(), &0.into()));
                let failed = &specification["failed"][0];
                assert_eq!(failed["entity"], "IfcWall");
                assert_eq!(failed["global_id"].as_str().map(str::len), Some(22));
                assert_eq!(failed["reason"], "attribute Name: there is no value");
            }
            "invalid" => {
                let problem = &json["problems"][0];
                assert!(problem["line"].as_u64().is_some_and(|line| line > 1), "{json}");
                assert!(problem["reason"].as_str().is_some_and(|r| r.contains("42,3")), "{json}");
            }
            _ => assert_eq!(json["specifications"][0]["passed"], 1),
        }
    }
}

#[test]
fn a_model_that_is_none_is_refused_by_the_command() {
    let case = cases().join("entity/pass-a_matching_predefined_type_should_pass.ids");
    let (code, json) = check(&case, &case);
    assert_eq!((code, json["status"].as_str()), (Some(2), Some("invalid")), "{json}");
    assert!(json["problems"][0]["reason"].as_str().is_some_and(|r| r.contains("XML")), "{json}");
    let output = Command::new(env!("CARGO_BIN_EXE_dothi"))
        .args(["ids", "check"])
        .args([&case, Path::new("no-such-file.ifc")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
