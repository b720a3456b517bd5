//! A GeoJSON file that GDAL refuses whole because of one feature: which one. GDAL builds each feature's JSON in memory,
//! gives up beyond some 200 MB of it, and does not say where.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::texts::{extension, unreadable};
use crate::{Error, Result};

/// Bytes of a feature that GDAL is sure to read: a vertex of 20 bytes takes it a hundred.
const SURE_BYTES: u64 = 24 << 20;

/// The refusal that names the largest feature of a file, if that one is what no reader takes; `others` if not.
pub(super) fn or_largest(file: &Path, others: Error) -> Error {
    if !matches!(extension(file).as_str(), "json" | "geojson") {
        return others;
    }
    match largest(file) {
        Ok((number, bytes)) if bytes > SURE_BYTES => {
            let megabytes = bytes >> 20;
            Error::bad_file(
                format!("feature {number}"),
                format!("đối tượng này dài {megabytes} MB, nhiều hơn mức đọc được; hãy chia nhỏ nó"),
                format!("this feature is {megabytes} MB long, more than can be read; divide it"),
            )
        }
        Ok(_) => others,
        Err(error) => error,
    }
}

/// Number (from 1) and length of the longest object in an array of the outermost object. Knows as much of JSON as that
/// takes: texts and brackets.
fn largest(file: &Path) -> Result<(u64, u64)> {
    let input = BufReader::with_capacity(1 << 20, File::open(file).map_err(|e| unreadable(&e))?);
    let (mut depth, mut number, mut begin) = (0_u64, 0_u64, 0_u64);
    let (mut quoted, mut escaped) = (false, false);
    let mut largest = (0, 0);
    for (at, byte) in (0..).zip(input.bytes()) {
        let byte = byte.map_err(|e| unreadable(&e))?;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                if (byte, depth) == (b'{', 3) {
                    (number, begin) = (number + 1, at);
                }
            }
            b'}' | b']' => {
                if (byte, depth) == (b'}', 3) && at - begin > largest.1 {
                    largest = (number, at - begin);
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_feature_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.geojson");
        let json = r#"{"type":"FeatureCollection","features":[{"a":"}]{\"","b":[1]},{"c":{"d":[[1,2],[3,4],[5,6]]}},{}]}"#;
        std::fs::write(&file, json).unwrap();
        assert_eq!(largest(&file).unwrap(), (2, 30));
        let others = || Error::bad_file("", "khác", "another");
        assert!(or_largest(&file, others()).to_string().contains("another"));
    }
}
