//! Strings of STEP files: any bytes are a text in NFC, and a text written by the standard's directives comes back.
#![no_main]

use dothi::bim::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let text = fuzzing::string(input);
    let written: String = text.chars().map(|c| format!("\\X4\\{:08X}\\X0\\", u32::from(c))).collect();
    assert_eq!(fuzzing::string(written.as_bytes()), text);
});
