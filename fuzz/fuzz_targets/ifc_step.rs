//! STEP files: any bytes are read or refused; every record that is read has its values, and the units end. What is no
//! file of its own is put where records stand.
#![no_main]

use dothi::bim::fuzzing;
use libfuzzer_sys::fuzz_target;

const HEAD: &[u8] =
    b"ISO-10303-21;HEADER;FILE_SCHEMA(('IFC4'));ENDSEC;DATA;\n#1=IFCPROJECT('',$,'',$,$,$,$,(),#2);\n";
const TAIL: &[u8] = b"\nENDSEC;END-ISO-10303-21;";

fuzz_target!(|input: &[u8]| {
    let all = |bytes: &[u8]| {
        let records = fuzzing::records(bytes);
        let values = fuzzing::values(bytes);
        assert_eq!(records.is_ok(), values.is_ok());
        let _ = fuzzing::units(bytes);
    };
    all(input);
    all(&[HEAD, input, TAIL].concat());
});
