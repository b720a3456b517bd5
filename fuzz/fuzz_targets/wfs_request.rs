//! Requests of WFS in pairs and in XML.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| dothi::http::wfs::fuzzing::request(input));
