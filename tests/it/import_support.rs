//! What the import tests share: the test data's files, and elements of a design file (DGN v7).

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the test data (`DOTHI_TEST_DATA`).
pub fn test_data(path: &str) -> PathBuf {
    let folder =
        std::env::var_os("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the folder of the test data");
    let file = PathBuf::from(folder).join("data").join(path);
    assert!(file.exists(), "{} is missing", file.display());
    file
}

/// A design file of elements, behind the header of GDAL's seed.
pub fn design_file(path: &Path, elements: &[Vec<u8>]) {
    let empty = path.with_extension("empty.geojson");
    std::fs::write(&empty, r#"{"type":"FeatureCollection","features":[]}"#).unwrap();
    let done = Command::new("ogr2ogr").args(["-f", "DGN"]).args([path, &empty]).status().unwrap();
    assert!(done.success());
    let mut bytes = std::fs::read(path).unwrap();
    // Whatever seed was taken: a hundred units a metre, counted from nought.
    bytes[1112..1116].copy_from_slice(&int(100));
    bytes[1116..1120].copy_from_slice(&int(1));
    bytes[1240..1264].fill(0);
    let end = bytes.windows(2).rposition(|w| w == [0xff, 0xff]).unwrap();
    bytes.truncate(end);
    bytes.extend(elements.concat());
    bytes.extend([0xff, 0xff]);
    std::fs::write(path, bytes).unwrap();
}

/// A text element at a place in metres.
pub fn dgn_text(level: u8, (x, y): (f64, f64), text: &[u8]) -> Vec<u8> {
    // Font 1, left top, a height of some units, no rotation.
    let mut body = vec![1, 0];
    body.extend(int(2000));
    body.extend(int(2000));
    body.extend(int(0));
    body.extend(units(x));
    body.extend(units(y));
    body.push(text.len() as u8);
    body.push(0);
    body.extend(text);
    element(level, 17, 0, &body)
}

/// A line string element through places in metres.
pub fn dgn_line(level: u8, colour: u8, places: &[(f64, f64)]) -> Vec<u8> {
    let mut body = (places.len() as u16).to_le_bytes().to_vec();
    for (x, y) in places {
        body.extend(units(*x));
        body.extend(units(*y));
    }
    element(level, 4, colour, &body)
}

/// Hundredths of a metre.
fn units(metres: f64) -> [u8; 4] {
    int((metres * 100.0).round() as i32)
}

/// Integers have their middle outside.
fn int(value: i32) -> [u8; 4] {
    let b = value.to_le_bytes();
    [b[2], b[3], b[0], b[1]]
}

fn element(level: u8, kind: u8, colour: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![level, kind, 0, 0];
    // The range, which GDAL does not ask, and the group.
    out.extend([0; 26]);
    let words = (36 + body.len()).div_ceil(2);
    out.extend(((words - 16) as u16).to_le_bytes());
    out.extend([0, 0, 0, colour]);
    out.extend(body);
    out.resize(words * 2, 0);
    out[2..4].copy_from_slice(&((words - 2) as u16).to_le_bytes());
    out
}
