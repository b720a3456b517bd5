//! Which EPSG code a declared reference system means.

use super::zones;
use crate::bim::step::Model;
use crate::bim::words::plain;

/// Whether the code is a geographic system, with degrees for coordinates.
pub fn is_geographic(code: &str) -> bool {
    matches!(zones::number(code), 4326 | 4756 | 4979 | 4978 | 6318 | 4258 | 4269 | 4148 | 4147)
}

/// Whether plain words name VN-2000.
pub fn names_vn2000(words: &str) -> bool {
    ["vn2000", "vn 2000", "vietnam 2000", "viet nam 2000"].iter().any(|t| words.contains(t))
}

/// `EPSG:n` of an IfcWellKnownText (IFC4X3 ADD2) that describes the CRS with the record number `crs`: its last
/// `ID["EPSG",n]` or `AUTHORITY["EPSG","n"]`, which is the whole system's.
pub fn of_well_known_text(model: &Model<'_>, crs: u32) -> Option<String> {
    let texts = model.exactly("IfcWellKnownText").iter().filter_map(|id| model.get(*id));
    let mut own = texts.filter(|t| t.reference("CoordinateReferenceSystem") == Some(crs));
    own.find_map(|t| {
        let text = t.text("WellKnownText")?.to_ascii_uppercase();
        code(&text[text.rfind("\"EPSG\"")?..])
    })
}

/// `EPSG:n` from a name such as `EPSG:9218`, `urn:ogc:def:crs:EPSG::9218`, `EPSG 9218` or the written name of a
/// VN-2000 zone; none where it is not certain.
pub fn code(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    if let Some(at) = upper.find("EPSG") {
        let digits: String = upper[at + 4..]
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        return (4..=6).contains(&digits.len()).then(|| format!("EPSG:{digits}"));
    }
    let trimmed = upper.trim();
    if (4..=5).contains(&trimmed.len()) && trimmed.bytes().all(|b| b.is_ascii_digit()) {
        return Some(format!("EPSG:{trimmed}"));
    }
    vn2000(&plain(name))
}

/// The central meridian in the words of a zone: degrees from 102 to 109, then minutes (or a half or quarter in decimals).
fn meridian(words: &str) -> Option<f64> {
    let numbers: Vec<u32> = words.split(' ').filter_map(|w| w.parse().ok()).collect();
    let at = numbers.iter().rposition(|n| (102..=109).contains(n))?;
    let minutes = match numbers.get(at + 1) {
        None | Some(0) => 0.0,
        Some(5) => 30.0,
        Some(25) => 15.0,
        Some(75) => 45.0,
        Some(m @ (15 | 30 | 45)) => f64::from(*m),
        Some(_) => return None,
    };
    Some(f64::from(numbers[at]) + minutes / 60.0)
}

/// VN-2000 zones by their written names.
fn vn2000(words: &str) -> Option<String> {
    let words = words.replace("vn 2000", "vn2000");
    if !words.contains("vn2000") {
        return None;
    }
    let three_degrees = ["tm 3", "tm3", "mui 3", "mui chieu 3", "3 do"].iter().any(|t| words.contains(t));
    if three_degrees && let Some(code) = meridian(&words).and_then(zones::of_meridian) {
        return Some(code);
    }
    let zone = |n: &str| words.contains(&format!("utm zone {n}n")) || words.contains(&format!("utm {n}n"));
    match (zone("48"), zone("49")) {
        (true, false) => Some("EPSG:3405".to_owned()),
        (false, true) => Some("EPSG:3406".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_the_usual_spellings() {
        for (name, expected) in [
            ("EPSG:9218", Some("EPSG:9218")),
            ("urn:ogc:def:crs:EPSG::9218", Some("EPSG:9218")),
            ("epsg 9897", Some("EPSG:9897")),
            ("9218", Some("EPSG:9218")),
            ("VN-2000 / TM-3 108-30", Some("EPSG:9218")),
            ("VN2000 múi chiếu 3°, kinh tuyến trục 108°30'", Some("EPSG:9218")),
            ("VN-2000 / TM-3 107-45", Some("EPSG:5899")),
            ("VN2000, múi chiếu 3 độ, kinh tuyến trục 105 độ 45 phút", Some("EPSG:9210")),
            ("VN-2000 / TM-3 110-00", None),
            ("VN-2000 / UTM zone 48N", Some("EPSG:3405")),
            ("VN-2000", None),
            ("local grid", None),
        ] {
            assert_eq!(code(name).as_deref(), expected, "{name}");
        }
    }
}
