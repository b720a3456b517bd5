//! Names of reference systems.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| dothi::http::ogc::fuzzing::crs(input));
