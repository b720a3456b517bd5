//! `bbox` of OGC API and of WFS.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    dothi::http::ogc::fuzzing::bbox(input);
    dothi::http::wfs::fuzzing::bbox(input);
});
