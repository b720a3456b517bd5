//! Well-known text in a filter: what parses prints back as the same geometry, and comes to the stored system or is
//! refused.
#![no_main]

use dothi::filter::{literal, text};
use dothi::space::crs::Offered;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let Ok(expr) = text::parse(&format!("S_INTERSECTS(geometry, {input})")) else { return };
    let printed = text::print(&expr);
    if printed.len() <= text::MOST_BYTES {
        assert_eq!(text::parse(&printed).as_ref(), Ok(&expr), "{printed}");
    }
    for crs in [Offered::Crs84, Offered::Epsg9218, Offered::Epsg3857] {
        let _ = literal::to_stored(&mut expr.clone(), crs);
    }
});
