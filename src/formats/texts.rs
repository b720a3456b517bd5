//! What a file says of its encoding and what its bytes say, format by format. The bytes are read here, past GDAL,
//! which would decode them by what the file says.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::Encoding;
use super::dgn;
use super::encoding::detect::{Claim, Sample};
use crate::{Error, Result};

/// Longest line that is taken as text.
const LONGEST_LINE: u64 = 1 << 20;

/// The claim and the bytes of a file; none for formats whose text is Unicode by their own rule.
pub(super) fn look(file: &Path, driver: &str) -> Result<Option<(Option<Claim>, Sample)>> {
    let mut sample = Sample::default();
    let claim = match driver {
        "ESRI Shapefile" => {
            let Some(dbf) = beside(file, "dbf") else { return Ok(None) };
            scan_dbf(&dbf, None, &mut sample)?;
            shapefile_claim(file, &dbf)?
        }
        "MapInfo File" => match beside(file, "dat").filter(|_| extension(file) == "tab") {
            Some(dat) => {
                let texts = char_columns(&head(file, 64 * 1024)?);
                scan_dbf(&dat, Some(&texts), &mut sample)?;
                mapinfo_claim(file)?
            }
            None => {
                scan_lines(file, &mut sample)?;
                if let Some(mid) = beside(file, "mid") {
                    scan_lines(&mid, &mut sample)?;
                }
                mapinfo_claim(file)?
            }
        },
        "CSV" => {
            scan_lines(file, &mut sample)?;
            csv_claim(file)?
        }
        "DXF" => {
            scan_lines(file, &mut sample)?;
            dxf_claim(file)?
        }
        "DGN" => {
            for text in dgn::texts(file)?.values() {
                sample.feed(text);
            }
            None
        }
        _ => return Ok(None),
    };
    Ok(Some((claim, sample)))
}

/// The file of another extension beside this one, in either case.
pub(super) fn beside(file: &Path, extension: &str) -> Option<PathBuf> {
    [extension.to_owned(), extension.to_uppercase()]
        .iter()
        .map(|e| file.with_extension(e))
        .find(|p| p.exists())
}

/// The extension in small letters.
pub(super) fn extension(file: &Path) -> String {
    file.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

pub(super) fn unreadable(e: &std::io::Error) -> Error {
    Error::bad_file("", format!("không đọc được tệp: {e}"), format!("the file cannot be read: {e}"))
}

fn open(file: &Path) -> Result<BufReader<File>> {
    File::open(file).map(BufReader::new).map_err(|e| unreadable(&e))
}

fn head(file: &Path, bytes: u64) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    open(file)?.take(bytes).read_to_end(&mut head).map_err(|e| unreadable(&e))?;
    Ok(head)
}

/// Which columns of a MapInfo table hold texts: its .dat calls numbers characters too.
fn char_columns(tab: &[u8]) -> Vec<bool> {
    let tab = String::from_utf8_lossy(tab).to_lowercase();
    let mut lines = tab.lines().skip_while(|l| !l.trim_start().starts_with("fields "));
    let count = lines.next().and_then(|l| l.trim().strip_prefix("fields ")?.trim().parse().ok()).unwrap_or(0);
    lines.take(count).map(|l| l.contains(" char (") || l.contains(" char(")).collect()
}

/// The texts of a dBASE table (.dbf, and MapInfo's .dat): its character fields, or those that `columns` say.
fn scan_dbf(file: &Path, columns: Option<&[bool]>, sample: &mut Sample) -> Result<()> {
    let mut input = open(file)?;
    let mut head = [0; 32];
    if input.read_exact(&mut head).is_err() {
        return Ok(());
    }
    let word = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let (header_bytes, record_bytes) = (word(8), word(10));
    let mut fields = vec![0; header_bytes.saturating_sub(32)];
    if record_bytes < 2 || input.read_exact(&mut fields).is_err() {
        return Ok(());
    }
    // Behind the mark of deletion, field by field.
    let mut at = 1;
    let mut texts = Vec::new();
    for (i, field) in fields.chunks_exact(32).take_while(|f| f[0] != 0x0d).enumerate() {
        let width = usize::from(field[16]);
        if columns.map_or(field[11] == b'C', |c| c.get(i).is_some_and(|text| *text)) {
            texts.push(at..at + width);
        }
        at += width;
    }
    let mut record = vec![0; record_bytes];
    while !sample.is_full() && input.read_exact(&mut record).is_ok() {
        for text in &texts {
            if let Some(text) = record.get(text.clone()) {
                sample.feed(text.split(|b| *b == 0).next().unwrap_or_default());
            }
        }
    }
    Ok(())
}

fn scan_lines(file: &Path, sample: &mut Sample) -> Result<()> {
    let mut input = open(file)?;
    let mut line = Vec::new();
    while !sample.is_full() {
        line.clear();
        let read =
            input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(|e| unreadable(&e))?;
        if read == 0 {
            break;
        }
        sample.feed(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line));
    }
    Ok(())
}

/// A .cpg file, or the language byte of the .dbf.
fn shapefile_claim(file: &Path, dbf: &Path) -> Result<Option<Claim>> {
    if let Some(cpg) = beside(file, "cpg") {
        let mut name = String::new();
        let _ = File::open(cpg).map_err(|e| unreadable(&e))?.take(64).read_to_string(&mut name);
        let name = name.trim();
        if !name.is_empty() {
            return Ok(Some(Claim { label: format!("{name} (.cpg)"), encoding: Encoding::find(name) }));
        }
    }
    let head = head(dbf, 32)?;
    Ok(match head.get(29).copied().unwrap_or(0) {
        0 => None,
        // "ANSI" and Windows: what programs write that do not know better.
        language @ (0x03 | 0x57) => {
            Some(Claim { label: format!("LDID/{language}"), encoding: Some(Encoding::Cp1252) })
        }
        language => Some(Claim { label: format!("LDID/{language}"), encoding: None }),
    })
}

/// `!charset` of a .tab, `Charset "…"` of a .mif.
fn mapinfo_claim(file: &Path) -> Result<Option<Claim>> {
    let head = head(file, 4096)?;
    let head = String::from_utf8_lossy(&head);
    let name = head.lines().take(40).find_map(|line| {
        let line = line.trim();
        let rest = line
            .get(..8)
            .filter(|word| word.eq_ignore_ascii_case("!charset") || word.eq_ignore_ascii_case("charset "))
            .map(|_| line[8..].trim().trim_matches('"'));
        rest.filter(|name| !name.is_empty()).map(str::to_owned)
    });
    Ok(name
        .filter(|name| !name.eq_ignore_ascii_case("Neutral"))
        .map(|name| Claim { encoding: Encoding::find(&name), label: name }))
}

fn csv_claim(file: &Path) -> Result<Option<Claim>> {
    if head(file, 3)? == b"\xef\xbb\xbf" {
        return Ok(Some(Claim { label: "UTF-8 (BOM)".to_owned(), encoding: Some(Encoding::Utf8) }));
    }
    let Some(cpg) = beside(file, "cpg") else { return Ok(None) };
    let mut name = String::new();
    let _ = File::open(cpg).map_err(|e| unreadable(&e))?.take(64).read_to_string(&mut name);
    let name = name.trim();
    Ok(Encoding::find(name).map(|e| Claim { label: format!("{name} (.cpg)"), encoding: Some(e) }))
}

/// `$DWGCODEPAGE` of the drawing; from AutoCAD 2007 on its text is UTF-8.
fn dxf_claim(file: &Path) -> Result<Option<Claim>> {
    let head = head(file, 64 * 1024)?;
    let head = String::from_utf8_lossy(&head);
    let lines: Vec<&str> = head.lines().map(str::trim).collect();
    // A variable's name, its group code, its value.
    let variable = |name: &str| lines.iter().position(|l| *l == name).and_then(|i| lines.get(i + 2).copied());
    let version = variable("$ACADVER").unwrap_or_default();
    if version >= "AC1021" {
        return Ok(Some(Claim { label: format!("UTF-8 ({version})"), encoding: Some(Encoding::Utf8) }));
    }
    Ok(variable("$DWGCODEPAGE").map(|page| Claim { label: page.to_owned(), encoding: Encoding::find(page) }))
}
