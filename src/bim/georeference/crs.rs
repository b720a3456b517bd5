//! Which EPSG code a declared reference system means.

use crate::bim::words::plain;

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

/// VN-2000 zones by their written names.
fn vn2000(words: &str) -> Option<String> {
    let words = words.replace("vn 2000", "vn2000");
    if !words.contains("vn2000") {
        return None;
    }
    let three_degrees = ["tm 3", "tm3", "mui 3", "mui chieu 3", "3 do"].iter().any(|t| words.contains(t));
    let meridian = ["108 30", "108 5", "kinh tuyen truc 108 30"].iter().any(|t| words.contains(t));
    if three_degrees && meridian {
        return Some("EPSG:9218".to_owned());
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
            ("VN-2000 / UTM zone 48N", Some("EPSG:3405")),
            ("VN-2000", None),
            ("local grid", None),
        ] {
            assert_eq!(code(name).as_deref(), expected, "{name}");
        }
    }
}
