//! The 71 names of the old communes in every encoding, out of every format whose text is bytes, with the encoding
//! given and found. The files are made here: by `iconv` where it knows the encoding, by a table of its own for VNI.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dothi::formats::read::{Sink, read};
use dothi::formats::record::{Record, Records};
use dothi::formats::{Encoding, Header, ReadOptions, Source};
use dothi::layers::{GeometryKind, Value};
use dothi::{Error, Result};
use unicode_normalization::UnicodeNormalization;

use crate::import_support::{design_file, dgn_text, test_data as data};

/// What a reader hands out.
#[derive(Default)]
pub struct Seen {
    header: Option<Header>,
    records: Vec<Record>,
    rest: Records,
}

impl Sink for Seen {
    fn header(&mut self, json: &[u8]) -> Result<()> {
        self.header = Some(serde_json::from_slice(json).unwrap());
        Ok(())
    }
    fn records(&mut self, bytes: &[u8]) -> Result<()> {
        self.records.extend(self.rest.feed(bytes)?);
        Ok(())
    }
    fn progress(&mut self, _: u64, _: Option<u64>) -> Result<()> {
        Ok(())
    }
}

/// Reads a file of points here, without a worker.
fn look(file: &Path, crs: Option<&str>, encoding: Option<Encoding>) -> Result<(Header, Vec<Record>)> {
    let scratch = tempfile::tempdir().unwrap();
    let options = ReadOptions {
        crs: crs.map(str::to_owned),
        encoding,
        scratch: Some(scratch.path().to_owned()),
        ..ReadOptions::for_layer(GeometryKind::Point)
    };
    let mut seen = Seen::default();
    read(file, &options, &mut seen)?;
    Ok((seen.header.unwrap(), seen.records))
}

/// The texts of a field, sorted; a rejected row fails the test.
fn texts(header: &Header, records: &[Record], field: &str) -> Vec<String> {
    let at = header.fields.iter().position(|f| f == field).unwrap();
    let mut texts: Vec<String> = records
        .iter()
        .filter_map(|record| match record {
            Record::Row { values, .. } => match &values[at] {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            },
            Record::Rejected { place, reason } => panic!("{place}: {}", reason.en),
        })
        .collect();
    texts.sort();
    texts
}

fn encode(encoding: Encoding, text: &str) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Vni => vni(text),
        Encoding::Tcvn3 => iconv("TCVN", &without_toned_capitals(text)),
        Encoding::Viscii => iconv("VISCII", text),
        Encoding::Cp1258 => iconv("CP1258", text),
        Encoding::Cp1252 => iconv("CP1252", text),
    }
}

/// The ABC fonts have no capitals with tones: a capital font shows the small ones as such.
fn without_toned_capitals(text: &str) -> String {
    let plain = |c: char| c.is_ascii() || "ĂÂÊÔƠƯĐ".contains(c);
    text.chars().flat_map(|c| if plain(c) { vec![c] } else { c.to_lowercase().collect() }).collect()
}

fn iconv(to: &str, text: &str) -> Vec<u8> {
    let mut child = Command::new("iconv")
        .args(["-f", "UTF-8", "-t", to])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "iconv to {to}");
    output.stdout
}

/// VNI-Windows, from its published table: a letter, then a byte for its marks.
fn vni(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for c in text.nfc() {
        let upper = if c.is_uppercase() { 0x20 } else { 0 };
        let small: String = c.to_lowercase().collect();
        let single = match small.as_str() {
            "đ" => Some(0xf1),
            "ơ" => Some(0xf4),
            "ư" => Some(0xf6),
            "í" => Some(0xed),
            "ì" => Some(0xec),
            "ỉ" => Some(0xe6),
            "ĩ" => Some(0xf3),
            "ị" => Some(0xf2),
            "ỵ" => Some(0xee),
            _ => None,
        };
        if let Some(byte) = single {
            out.push(byte - upper);
            continue;
        }
        let marks: String = small.nfd().skip(1).filter(|m| *m != '\u{31b}').collect();
        // The horn is in the letter itself.
        let horned = small.nfd().any(|m| m == '\u{31b}');
        let base = small.nfd().next().unwrap();
        let base = match (base, horned) {
            ('o', true) => 0xf4 - upper,
            ('u', true) => 0xf6 - upper,
            (base, _) => u8::try_from(base).unwrap() - if base.is_ascii_alphabetic() { upper } else { 0 },
        };
        out.push(base);
        let mut sorted: Vec<char> = marks.chars().collect();
        sorted.sort_unstable();
        let marks: String = sorted.into_iter().collect();
        let byte = match marks.as_str() {
            "" => continue,
            "\u{301}" => 0xf9,
            "\u{300}" => 0xf8,
            "\u{309}" => 0xfb,
            "\u{303}" => 0xf5,
            "\u{323}" => 0xef,
            "\u{302}" => 0xe2,
            "\u{301}\u{302}" => 0xe1,
            "\u{300}\u{302}" => 0xe0,
            "\u{302}\u{309}" => 0xe5,
            "\u{302}\u{303}" => 0xe3,
            "\u{302}\u{323}" => 0xe4,
            "\u{306}" => 0xea,
            "\u{301}\u{306}" => 0xe9,
            "\u{300}\u{306}" => 0xe8,
            "\u{306}\u{309}" => 0xfa,
            "\u{303}\u{306}" => 0xfc,
            "\u{306}\u{323}" => 0xeb,
            other => panic!("{c}: {other:?}"),
        };
        out.push(byte - upper);
    }
    out
}

#[test]
fn the_encoder_knows_its_letters() {
    assert_eq!(
        encode(Encoding::Vni, "Đắk Nông, Nghĩa ỨỞ"),
        b"\xd1a\xe9k No\xe2ng, Ngh\xf3a \xd6\xd9\xd4\xdb"
    );
    assert_eq!(encode(Encoding::Tcvn3, "THỊ XÃ Đắk"), b"TH\xde X\xb7 \xa7\xbek");
}

const ENCODINGS: [Encoding; 5] =
    [Encoding::Utf8, Encoding::Tcvn3, Encoding::Vni, Encoding::Viscii, Encoding::Cp1258];

/// A drawing of points with texts.
fn dxf(head: &str, texts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = format!("0\nSECTION\n2\nHEADER\n{head}0\nENDSEC\n0\nSECTION\n2\nENTITIES\n").into_bytes();
    for (i, text) in texts.iter().enumerate() {
        out.extend(format!("0\nTEXT\n8\nTEN\n10\n{}\n20\n1327195.0\n40\n2.5\n1\n", 411_600 + i).bytes());
        out.extend(text);
        out.push(b'\n');
    }
    out.extend(b"0\nENDSEC\n0\nEOF\n");
    out
}

/// A table of points.
fn csv(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"TEN,lon,lat\n".to_vec();
    for (i, text) in texts.iter().enumerate() {
        out.push(b'"');
        out.extend(text);
        out.extend(format!("\",{},12.0\n", 107.0 + i as f64 / 100.0).bytes());
    }
    out
}

#[test]
fn a_table_that_lies_is_told_and_one_that_cannot_be_decoded_has_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["Xã Đắk Nông", "Phường Nghĩa Đức", "Xã Quảng Khê", "Thị trấn Đức An", "Xã Thuận Hạnh"];
    let tcvn3: Vec<Vec<u8>> = names.iter().map(|n| encode(Encoding::Tcvn3, n)).collect();
    let file = folder.path().join("lies.csv");
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(csv(&tcvn3));
    fs::write(&file, bytes).unwrap();
    let (header, records) = look(&file, Some("EPSG:4326"), None).unwrap();
    assert_eq!((header.encoding.name.as_str(), header.encoding.source), ("tcvn3", Source::Detected));
    assert!(header.warnings[0].en.contains("says its encoding is UTF-8 (BOM), but the bytes are tcvn3"));
    assert_eq!(texts(&header, &records, "TEN").len(), 5);

    let error = look(&file, Some("EPSG:4326"), Some(Encoding::Utf8)).unwrap_err();
    let Error::BadFile { place, reason } = error else { panic!("{error:?}") };
    assert_eq!(place, "line 2");
    assert!(reason.en.contains("byte 3 is 0xb7"), "{}", reason.en);

    let error = look(&file, Some("EPSG:4326"), Some(Encoding::Vni)).err();
    assert!(error.is_none_or(|e| e.to_string().contains("line ")));
}

#[test]
fn capitals_of_a_capital_font_come_as_capitals() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["THỊ XÃ GIA NGHĨA", "HUYỆN ĐẮK R'LẤP", "XÃ QUẢNG TRỰC", "Xã Quảng Trực"];
    let encoded: Vec<Vec<u8>> = names.iter().map(|n| encode(Encoding::Tcvn3, n)).collect();
    let file = folder.path().join("capitals.dxf");
    fs::write(&file, dxf("9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_1252\n", &encoded)).unwrap();
    let (header, records) = look(&file, Some("EPSG:9218"), None).unwrap();
    assert_eq!(header.encoding.name, "tcvn3", "{:?}", header.encoding);
    let mut expected: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    expected.sort();
    assert_eq!(texts(&header, &records, "Text"), expected);
}

mod with_test_data {
    use super::*;

    /// Code and name of each commune, from the UTF-8 table.
    fn names() -> BTreeMap<String, String> {
        let dbf = fs::read(data("encodings/daknong71_utf8_cpg.dbf")).unwrap();
        let (head, record) = (129, 86);
        (0..71)
            .map(|i| {
                let row = &dbf[head + i * record..][..record];
                let text = |r: &[u8]| String::from_utf8(r.to_vec()).unwrap().trim().nfc().collect::<String>();
                (text(&row[1..6]), text(&row[6..46]))
            })
            .collect()
    }

    fn expected() -> Vec<String> {
        let mut names: Vec<String> = names().into_values().collect();
        names.sort();
        names
    }

    fn copy_table(from: &str, to: &Path) {
        for extension in ["shp", "shx", "prj"] {
            fs::copy(data(&format!("{from}.{extension}")), to.with_extension(extension)).unwrap();
        }
    }

    /// A shapefile with the names in `encoding`, which its table does not tell.
    fn shapefile(folder: &Path, encoding: Encoding) -> PathBuf {
        let shp = folder.join(format!("shp_{}.shp", encoding.name()));
        copy_table("encodings/daknong71_utf8_cpg", &shp);
        let mut dbf = fs::read(data("encodings/daknong71_utf8_cpg.dbf")).unwrap();
        dbf[29] = 0;
        let names = names();
        for i in 0..71 {
            let row = &mut dbf[129 + i * 86..][..86];
            let code = String::from_utf8(row[1..6].to_vec()).unwrap();
            let bytes = encode(encoding, &names[&code]);
            row[6..].fill(b' ');
            row[6..6 + bytes.len()].copy_from_slice(&bytes);
        }
        fs::write(shp.with_extension("dbf"), dbf).unwrap();
        shp
    }

    /// The same as a MapInfo table or interchange file whose charset says what `charset` says.
    fn mapinfo(shp: &Path, extension: &str, charset: &str) -> PathBuf {
        let out = shp.with_file_name(format!(
            "{extension}_{}_{charset}.{extension}",
            shp.file_stem().unwrap().to_string_lossy()
        ));
        let format = if extension == "mif" { "FORMAT=MIF" } else { "FORMAT=TAB" };
        let done = Command::new("ogr2ogr")
            .args(["-f", "MapInfo File", "-dsco", format, "-lco", "ENCODING=ISO-8859-1"])
            .args(["-oo", "ENCODING=ISO-8859-1"])
            .args([&out, shp])
            .status()
            .unwrap();
        assert!(done.success());
        let head = fs::read(&out).unwrap();
        // The letters of the names are in the .dat and .mid.
        let head = String::from_utf8_lossy(&head).replace("ISO8859_1", charset);
        fs::write(&out, head).unwrap();
        out
    }

    fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn dgn(folder: &Path, name: &str, texts: &[Vec<u8>]) -> PathBuf {
        let path = folder.join(name);
        let at = |i: usize| (411_600.0 + i as f64, 1_327_195.0);
        let elements: Vec<Vec<u8>> = texts.iter().enumerate().map(|(i, t)| dgn_text(10, at(i), t)).collect();
        design_file(&path, &elements);
        path
    }

    #[test]
    fn the_71_names_come_right_from_every_format_in_every_encoding() {
        let folder = tempfile::tempdir().unwrap();
        let expected = expected();
        assert_eq!(expected.len(), 71);
        for encoding in ENCODINGS {
            let encoded: Vec<Vec<u8>> = expected.iter().map(|n| encode(encoding, n)).collect();
            let name = encoding.name();
            let shp = shapefile(folder.path(), encoding);
            let head = |page: &str| format!("9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\n{page}\n");
            let files = [
                (mapinfo(&shp, "tab", "Neutral"), "TEN"),
                (mapinfo(&shp, "tab", "WindowsLatin1"), "TEN"),
                (mapinfo(&shp, "mif", "WindowsLatin1"), "TEN"),
                (mapinfo(&shp, "mif", "Neutral"), "TEN"),
                (shp, "TEN"),
                (write(folder.path(), &format!("{name}.csv"), &csv(&encoded)), "TEN"),
                (write(folder.path(), &format!("{name}.dxf"), &dxf(&head("ANSI_1252"), &encoded)), "Text"),
                (dgn(folder.path(), &format!("{name}.dgn"), &encoded), "Text"),
            ];
            for (file, field) in files {
                for given in [None, Some(encoding)] {
                    let what = format!("{}, given {given:?}", file.display());
                    // Drawings are in metres.
                    let crs = if field == "Text" { "EPSG:9218" } else { "EPSG:4326" };
                    let (header, records) =
                        look(&file, Some(crs), given).unwrap_or_else(|e| panic!("{what}: {e}"));
                    assert_eq!(header.encoding.name, name, "{what}: {:?}", header.warnings);
                    assert!(header.encoding.confidence > 0.95, "{what}: {:?}", header.encoding);
                    assert_eq!(texts(&header, &records, field), expected, "{what}");
                }
            }
        }
    }

    #[test]
    fn the_files_of_the_data_come_right_without_a_word() {
        let expected = expected();
        let cases = [
            ("utf8_cpg", Encoding::Utf8, Source::File),
            ("utf8_nocpg", Encoding::Utf8, Source::Detected),
            ("tcvn3_nocpg", Encoding::Tcvn3, Source::Detected),
            ("cp1258_cpg", Encoding::Cp1258, Source::File),
        ];
        for (file, encoding, source) in cases {
            let path = data(&format!("encodings/daknong71_{file}.shp"));
            for given in [None, Some(encoding)] {
                let (header, records) = look(&path, None, given).unwrap();
                let source = if given.is_some() { Source::Given } else { source };
                assert_eq!(header.encoding.source, source, "{file}: {:?}", header.encoding);
                assert_eq!(texts(&header, &records, "TEN"), expected, "{file}");
                assert!(header.warnings.is_empty(), "{file}: {:?}", header.warnings);
            }
        }
    }

    #[test]
    fn a_code_page_that_lies_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let shp = shapefile(folder.path(), Encoding::Tcvn3);
        fs::write(shp.with_extension("cpg"), "UTF-8").unwrap();
        let (header, records) = look(&shp, None, None).unwrap();
        assert_eq!(texts(&header, &records, "TEN"), expected());
        let warning = &header.warnings[0].en;
        assert!(warning.contains("says its encoding is UTF-8 (.cpg), but the bytes are tcvn3"), "{warning}");
    }
}
