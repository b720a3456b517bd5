//! CQL2 JSON: what parses prints back as the same tree, and can be checked.
#![no_main]

use dothi::filter::{json, text};
use dothi::http::wfs::fuzzing::checked;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let Ok(expr) = json::parse(input) else { return };
    let printed = json::print(&expr).to_string();
    if printed.len() <= text::MOST_BYTES {
        assert_eq!(json::parse(&printed).as_ref(), Ok(&expr), "{printed}");
    }
    checked(&expr);
});
