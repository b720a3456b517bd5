//! Geometries and envelopes of GML 2, 3.1.1 and 3.2, with the XML reader.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| dothi::http::wfs::fuzzing::geometry(input));
