//! Well-known text in a filter: what parses prints back as the same geometry, and comes to the stored system or is
//! refused.
#![no_main]

use dothi::filter::{Expr, literal, text};
use dothi::space::crs::Offered;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let Ok(expr) = text::parse(&format!("S_INTERSECTS(geometry, {input})")) else { return };
    let printed = text::print(&expr);
    if printed.len() <= text::MOST_BYTES {
        same(text::parse(&printed), &expr, &printed);
    }
    for crs in [Offered::Crs84, Offered::Epsg9218, Offered::Epsg3857] {
        let _ = literal::to_stored(&mut expr.clone(), crs);
    }
});

/// What was printed reads as the same tree. Printing puts every part in parentheses, so that the deepest filters that
/// are taken may be too deep when they are printed.
fn same(again: dothi::Result<Expr>, expr: &Expr, printed: &str) {
    match again {
        Ok(again) => assert_eq!(&again, expr, "{printed}"),
        Err(e) => assert!(e.to_string().contains("64"), "{printed}: {e}"),
    }
}
