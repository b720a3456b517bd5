//! CQL2 JSON: what parses prints back as the same tree, and can be checked.
#![no_main]

use dothi::filter::{Expr, json, text};
use dothi::http::wfs::fuzzing::checked;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let Ok(expr) = json::parse(input) else { return };
    let printed = json::print(&expr).to_string();
    if printed.len() <= text::MOST_BYTES {
        same(json::parse(&printed), &expr, &printed);
    }
    checked(&expr);
});

/// What was printed reads as the same tree. Printing puts every part in parentheses, so that the deepest filters that
/// are taken may be too deep when they are printed.
fn same(again: dothi::Result<Expr>, expr: &Expr, printed: &str) {
    match again {
        Ok(again) => assert_eq!(&again, expr, "{printed}"),
        Err(e) => {
            let text = e.to_string();
            assert!(text.contains("64") || text.contains("recursion limit"), "{printed}: {e}");
        }
    }
}
