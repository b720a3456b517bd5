//! Copies that a file is read through where GDAL would otherwise decode its texts by what the file says. They lie in
//! the scratch folder that the parent makes and removes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::Encoding;
use super::encoding::undecodable;
use super::texts::{beside, extension, unreadable};
use crate::text::Text;
use crate::{Error, Result};

/// Longest line of a table: a longer one is no table.
const LONGEST_LINE: usize = 16 << 20;
/// Longest header of a MapInfo file.
const LONGEST_HEADER: u64 = 1 << 20;

fn folder(scratch: Option<&Path>) -> Result<&Path> {
    scratch.ok_or_else(|| Error::Setup("reading this format needs a scratch folder".to_owned()))
}

/// A table in UTF-8 and NFC; none where the file is plain UTF-8 already. The error names line and byte of what has no
/// meaning in `encoding`.
pub(super) fn csv_in_utf8(
    file: &Path,
    encoding: Encoding,
    scratch: Option<&Path>,
) -> Result<Option<PathBuf>> {
    let copy = folder(scratch)?.join(file.file_name().unwrap_or_default());
    let mut input = BufReader::new(File::open(file).map_err(|e| unreadable(&e))?);
    let mut output = BufWriter::new(File::create(&copy).map_err(|e| unreadable(&e))?);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input
            .by_ref()
            .take(LONGEST_LINE as u64)
            .read_until(b'\n', &mut line)
            .map_err(|e| unreadable(&e))?;
        if read == 0 {
            break;
        }
        if read == LONGEST_LINE {
            return Err(Error::bad_file(
                format!("line {number}"),
                "dòng quá dài (giới hạn 16 MiB)",
                "the line is too long (the limit is 16 MiB)",
            ));
        }
        let bytes = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1).unwrap_or(&line);
        let text = encoding.decode(bytes).map_err(|bad| Error::BadFile {
            place: format!("line {number}"),
            reason: undecodable(encoding.name(), bad),
        })?;
        output.write_all(text.as_bytes()).map_err(|e| unreadable(&e))?;
    }
    output.flush().map_err(|e| unreadable(&e))?;
    Ok(Some(copy))
}

/// A MapInfo table whose charset says ISO-8859-1, so that each byte comes as the character of its number. The large
/// files are linked, not copied, save a .mif, which holds its charset itself.
pub(super) fn mapinfo_by_bytes(file: &Path, scratch: Option<&Path>) -> Result<PathBuf> {
    let scratch = folder(scratch)?;
    let name = file.file_stem().unwrap_or_default();
    let beside_copy = |e: &str| scratch.join(name).with_extension(e);
    let copy = beside_copy(&extension(file));
    if extension(file) == "tab" {
        let mut text = Vec::new();
        File::open(file)
            .and_then(|f| f.take(LONGEST_HEADER).read_to_end(&mut text))
            .map_err(|e| unreadable(&e))?;
        refuse_other_tables(&text)?;
        fs::write(&copy, with_charset(&text)).map_err(|e| unreadable(&e))?;
        for part in ["dat", "map", "id", "ind"] {
            link(file, part, &beside_copy(part))?;
        }
    } else {
        let mut input = BufReader::new(File::open(file).map_err(|e| unreadable(&e))?);
        let mut output = BufWriter::new(File::create(&copy).map_err(|e| unreadable(&e))?);
        let mut line = Vec::new();
        for _ in 0..20 {
            line.clear();
            input.by_ref().take(LONGEST_HEADER).read_until(b'\n', &mut line).map_err(|e| unreadable(&e))?;
            output.write_all(&with_charset(&line)).map_err(|e| unreadable(&e))?;
            if line.to_ascii_lowercase().starts_with(b"data") {
                break;
            }
        }
        std::io::copy(&mut input, &mut output).map_err(|e| unreadable(&e))?;
        output.flush().map_err(|e| unreadable(&e))?;
        link(file, "mid", &beside_copy("mid"))?;
    }
    Ok(copy)
}

fn link(file: &Path, part: &str, copy: &Path) -> Result<()> {
    match beside(file, part) {
        Some(part) => symlink(part, copy).map_err(|e| unreadable(&e)),
        None => Ok(()),
    }
}

/// Seamless tables, views and tables of other formats name further files by their paths.
fn refuse_other_tables(tab: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(tab).to_lowercase();
    let native =
        text.lines().map(str::trim).any(|l| l.starts_with("type native") || l.starts_with("type dbf"));
    if native && !text.contains("create view") && !text.contains("\\isseamless\" = \"true\"") {
        return Ok(());
    }
    Err(Error::BadFile {
        place: String::new(),
        reason: Text::new(
            "bảng MapInfo này trỏ tới các tệp khác (seamless, view, linked, raster); hãy nhập từng bảng gốc",
            "this MapInfo table points at other files (seamless, view, linked, raster); import the tables themselves",
        ),
    })
}

/// Header lines with another charset: `!charset WindowsLatin1`, `Charset "Neutral"`.
fn with_charset(head: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 16);
    for line in head.split_inclusive(|b| *b == b'\n') {
        let lower = line.to_ascii_lowercase();
        let find = |word: &[u8]| lower.windows(word.len()).position(|w| w == word);
        if lower.starts_with(b"!charset") {
            out.extend(b"!charset ISO8859_1\r\n");
        } else if let Some(at) = find(b"charset \"").filter(|at| line[..*at].is_ascii()) {
            let rest = &line[at + 9..];
            let end = rest.iter().position(|b| *b == b'"').map_or(rest.len(), |i| i + 1);
            out.extend(&line[..at]);
            out.extend(b"Charset \"ISO8859_1\"");
            out.extend(&rest[end..]);
        } else {
            out.extend(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charset_of_a_table_is_replaced_and_nothing_else() {
        let tab = b"!table\n!version 300\n!charset WindowsLatin1\n\nDefinition Table\n  Type NATIVE Charset \"WindowsLatin1\"\n  Fields 1\n    CHARSET_OF Char (254) ;\n";
        let text = String::from_utf8(with_charset(tab)).unwrap();
        assert!(text.contains("!charset ISO8859_1\r\n"), "{text}");
        assert!(text.contains("Type NATIVE Charset \"ISO8859_1\"\n"), "{text}");
        assert!(text.contains("CHARSET_OF Char (254) ;"), "{text}");
        assert!(refuse_other_tables(tab).is_ok());
        assert!(refuse_other_tables(b"!table\nDefinition Table\n Type LINKED\n").is_err());
        assert!(refuse_other_tables(b"!table\n Type NATIVE\ncreate view x as select * from y\n").is_err());
    }
}
