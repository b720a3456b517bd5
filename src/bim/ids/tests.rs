//! buildingSMART's test cases, and what they do not say.

use std::path::{Path, PathBuf};

use super::*;

fn data() -> PathBuf {
    let root = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the folder of test data");
    Path::new(&root).join("ids")
}

fn verdict(ids: &Path) -> (Status, String) {
    let document = match read(&std::fs::read(ids).unwrap()) {
        Ok(document) => document,
        Err(problems) => return (Status::Invalid, format!("{problems:?}")),
    };
    let ifc = std::fs::read(ids.with_extension("ifc")).unwrap();
    let report = check(&document, &ifc, &Limits::default()).unwrap_or_else(|e| panic!("{}: {e}", ids.display()));
    (report.status, serde_json::to_string(&report.printed()).unwrap())
}

fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

#[test]
fn every_test_case_of_buildingsmart_comes_out_right() {
    // Another folder of the same kind may be given beside the test data.
    let folder = std::env::var("DOTHI_IDS_CASES").map_or_else(|_| data().join("testcases"), PathBuf::from);
    let mut cases = Vec::new();
    walk(&folder, "ids", &mut cases);
    cases.sort();
    assert!(cases.len() >= 200, "only {} test cases in {}", cases.len(), folder.display());
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let (status, detail) = verdict(case);
        if !name.starts_with(&format!("{}-", status.word())) {
            wrong.push(format!("{name}: {} {detail}", status.word()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn real_documents_are_read() {
    let mut documents = Vec::new();
    walk(&data(), "ids", &mut documents);
    documents.retain(|d| d.parent() == Some(&data()));
    assert!(documents.len() >= 11, "only {} documents", documents.len());
    for document in documents {
        let ids = read(&std::fs::read(&document).unwrap()).unwrap_or_else(|p| panic!("{}: {p:#?}", document.display()));
        assert!(!ids.specifications.is_empty());
    }
}
