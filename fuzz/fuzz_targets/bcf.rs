//! BCF: what reads and can be written reads again.
#![no_main]

use dothi::bim::bcf::{Limits, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let limits = Limits { max_entry_bytes: 1 << 20, max_unpacked_bytes: 4 << 20, ..Limits::default() };
    let Ok((version, project)) = read(input, &limits) else { return };
    if let Ok(bytes) = write(&project, version) {
        assert!(read(&bytes, &Limits::default()).is_ok());
    }
});
