//! Reference systems of requests and answers (OGC API Features part 2): `crs`, `bbox-crs`, `bbox`, `Content-Crs`.

use axum::http::{HeaderMap, HeaderValue};

use super::params::Params;
use crate::space::Bbox;
use crate::space::crs::{AxisOrder, Offered};
use crate::{Error, Result};

/// Where a client's `bbox` lies.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// In CRS84; two boxes where it crosses the date line.
    Degrees(Vec<Bbox>),
    /// In another system, east before north.
    In(Offered, Bbox),
}

/// The system that the parameter `name` names; CRS84 where it is not given.
pub(super) fn named(params: &Params, name: &str) -> Result<Offered> {
    let Some(text) = params.get(name) else { return Ok(Offered::Crs84) };
    Offered::named(text).ok_or_else(|| Offered::refused(name, text))
}

/// The system that a body is written in: `Content-Crs: <address>`, CRS84 where that is not given.
pub(super) fn of_body(headers: &HeaderMap) -> Result<Offered> {
    let Some(value) = headers.get("content-crs") else { return Ok(Offered::Crs84) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let address = text.trim().trim_start_matches('<').trim_end_matches('>');
    Offered::named(address).ok_or_else(|| Offered::refused("Content-Crs", address))
}

/// Tells in which system the features of an answer are.
pub(super) fn tell(headers: &mut HeaderMap, crs: Offered) {
    if let Ok(value) = HeaderValue::from_str(&format!("<{}>", crs.uri())) {
        headers.insert("content-crs", value);
    }
}

/// A `bbox` in the axis order of its system, or with heights between. In CRS84 and EPSG:4326 a west greater than the
/// east crosses the date line.
pub(super) fn bbox(text: &str, crs: Offered) -> Result<Asked> {
    let wrong = |vi: &str, en: &str| Error::invalid("bbox", vi, en);
    let numbers: Option<Vec<f64>> =
        text.split(',').map(|t| t.trim().parse().ok().filter(|v: &f64| v.is_finite())).collect();
    let (low, high) = match numbers.as_deref() {
        Some([a, b, c, d] | [a, b, _, c, d, _]) => {
            (crs.axis_order().turn((*a, *b)), crs.axis_order().turn((*c, *d)))
        }
        _ => {
            return Err(wrong(
                "cần 4 hoặc 6 số cách nhau bằng dấu phẩy",
                "expected 4 or 6 numbers with commas between",
            ));
        }
    };
    let ((west, south), (east, north)) = (low, high);
    let make = |min_x, max_x| Bbox { min_x, min_y: south, max_x, max_y: north };
    if !crs.is_geographic() {
        if west > east || south > north {
            return Err(wrong(
                "toạ độ đầu (đông, bắc) lớn hơn toạ độ cuối",
                "the first easting or northing is greater than the second",
            ));
        }
        return within(crs, make(west, east));
    }
    if south > north {
        return Err(wrong("vĩ độ đầu lớn hơn vĩ độ cuối", "the first latitude is greater than the second"));
    }
    if south < -90.0 || north > 90.0 || west.abs() > 180.0 || east.abs() > 180.0 {
        let (vi, en) = match crs.axis_order() {
            AxisOrder::EastNorth => ("kinh độ, vĩ độ", "longitude, latitude"),
            AxisOrder::NorthEast => ("vĩ độ, kinh độ", "latitude, longitude"),
        };
        return Err(Error::invalid(
            "bbox",
            format!("kinh độ trong ±180, vĩ độ trong ±90 (thứ tự: {vi})"),
            format!("longitudes are within ±180, latitudes within ±90 (in the order {en})"),
        ));
    }
    match (crs, west <= east) {
        (Offered::Epsg4756, true) => within(crs, make(west, east)),
        (Offered::Epsg4756, false) => {
            Err(wrong("kinh độ đầu lớn hơn kinh độ cuối", "the first longitude is greater than the second"))
        }
        (_, true) => Ok(Asked::Degrees(vec![make(west, east)])),
        (_, false) => Ok(Asked::Degrees(vec![make(west, 180.0), make(-180.0, east)])),
    }
}

/// The box, if it can be found in the stored system.
fn within(crs: Offered, b: Bbox) -> Result<Asked> {
    crs.box_to_stored(&b).map_err(|e| match e {
        Error::InvalidParameter { reason, .. } => Error::InvalidParameter { name: "bbox".to_owned(), reason },
        other => other,
    })?;
    Ok(Asked::In(crs, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_read_in_the_order_of_its_system() {
        let b = |min_x, min_y, max_x, max_y| Bbox { min_x, min_y, max_x, max_y };
        let degrees = Asked::Degrees(vec![b(107.0, 12.0, 108.0, 13.0)]);
        assert_eq!(bbox("107,12,108,13", Offered::Crs84).unwrap(), degrees);
        assert_eq!(bbox("12,107,13,108", Offered::Epsg4326).unwrap(), degrees);
        assert_eq!(bbox("12,107,-5,13,108,900", Offered::Epsg4326).unwrap(), degrees);
        let vn = Asked::In(Offered::Epsg4756, b(107.0, 12.0, 108.0, 13.0));
        assert_eq!(bbox("12,107,13,108", Offered::Epsg4756).unwrap(), vn);
        let metres = Asked::In(Offered::Epsg9218, b(400_000.0, 1_300_000.0, 500_000.0, 1_400_000.0));
        assert_eq!(bbox("400000,1300000,500000,1400000", Offered::Epsg9218).unwrap(), metres);
        assert!(
            matches!(bbox("-10,170,10,-170", Offered::Epsg4326), Ok(Asked::Degrees(two)) if two.len() == 2)
        );
        for (text, crs) in [
            ("107,12,108,13", Offered::Epsg4326),
            ("12,108,13,107", Offered::Epsg4756),
            ("2,1,1,2", Offered::Epsg9218),
            ("1,2,2,1", Offered::Epsg3857),
            ("1,2,nan,1", Offered::Epsg3857),
        ] {
            let refused = bbox(text, crs);
            assert!(
                matches!(&refused, Err(Error::InvalidParameter { name, .. }) if name == "bbox"),
                "{text} in {crs:?}: {refused:?}"
            );
        }
    }
}
