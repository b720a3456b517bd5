//! The query of `/items` as a whole.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| dothi::http::ogc::fuzzing::parameters(input));
