//! Filters of FES 2.0 and Filter Encoding 1.0 and 1.1, with the XML reader.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| dothi::http::wfs::fuzzing::filter(input));
