//! Our side of `run` beside this file: for each model all documents, the model open, the document read. A line of JSON
//! for each pair: seconds of the check alone, the first of a document, which indexes on its way what no document before it asked
//! for, and the best of some more; and what each specification found.
//!
//! Arguments: documents and models, told apart by their names.

use std::time::Instant;

use dothi::bim::{Limits, ids};

/// Further checks of one pair.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let named = |extension: &str| {
        let is = move |path: &&String| {
            std::path::Path::new(path.as_str()).extension().is_some_and(|e| e == extension)
        };
        arguments.iter().filter(is).collect::<Vec<_>>()
    };
    let read = |path: &String| std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let documents: Vec<(&String, ids::Ids)> = named("ids")
        .into_iter()
        .map(|path| (path, ids::read(&read(path)).unwrap_or_else(|p| panic!("{path}: {p:?}"))))
        .collect();
    for path in named("ifc") {
        let bytes = read(path);
        let began = Instant::now();
        let model = ids::Opened::open(&bytes, &Limits::default()).unwrap_or_else(|e| panic!("{path}: {e}"));
        let open_s = began.elapsed().as_secs_f64();
        for (document, ids) in &documents {
            let began = Instant::now();
            let report = model.check(ids);
            let first_s = began.elapsed().as_secs_f64();
            let mut again_s = f64::INFINITY;
            for _ in 0..ROUNDS {
                let began = Instant::now();
                let again = model.check(ids);
                again_s = again_s.min(began.elapsed().as_secs_f64());
                assert_eq!(again, report, "{path}: {document}");
            }
            let found: Vec<_> = report
                .specifications
                .iter()
                .map(|s| serde_json::json!([s.status.word(), s.applicable, s.failed_count]))
                .collect();
            let line = serde_json::json!({
                "ifc": path, "ids": document, "open_s": open_s, "first_s": first_s, "again_s": again_s, "found": found,
            });
            println!("{line}");
        }
    }
}
