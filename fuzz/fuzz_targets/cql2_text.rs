//! CQL2 text: what parses prints back as the same tree, in text and in JSON, and can be checked.
#![no_main]

use dothi::filter::{json, text};
use dothi::http::wfs::fuzzing::checked;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let Ok(expr) = text::parse(input) else { return };
    let printed = text::print(&expr);
    // What is printed may be longer than what is taken.
    if printed.len() <= text::MOST_BYTES {
        assert_eq!(text::parse(&printed).as_ref(), Ok(&expr), "{printed}");
    }
    let printed = json::print(&expr).to_string();
    if printed.len() <= text::MOST_BYTES {
        assert_eq!(json::parse(&printed).as_ref(), Ok(&expr), "{printed}");
    }
    checked(&expr);
});
