//! The readers of OGC API's parameters for `fuzz/`: texts of clients, without a server around them. A panic is a
//! finding.

use super::params::Params;
use super::{crs, datetime};
use crate::http::wfs::fuzzing::layer;
use crate::space::crs::Offered;

/// The query of `/items`.
pub fn parameters(query: &str) {
    let Ok(params) = Params::parse(query) else { return };
    let _ = params.items(layer());
}

/// A `bbox` in each system.
pub fn bbox(text: &str) {
    for crs in Offered::ALL {
        let _ = crs::bbox(text, crs);
    }
}

/// A `datetime`.
pub fn datetime(text: &str) {
    let _ = datetime::datetime(text, layer());
}

/// The name of a reference system. A name that is known names the same system when it is written as its address.
pub fn crs(text: &str) {
    if let Some(crs) = Offered::named(text) {
        assert_eq!(Offered::named(crs.uri()), Some(crs));
    }
    if let Some((crs, _)) = Offered::named_in_wfs(text) {
        assert!(Offered::ALL.contains(&crs));
    }
}
