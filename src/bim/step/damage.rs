//! What was left out of a file, in words and in blanks.

use super::grammar;
use super::scan::{Damage, Scan};
use crate::text::Text;

/// Places that are named; the rest are counted.
const MOST_NAMED: usize = 20;

/// The end of a file.
const END: &[u8] = b"\nENDSEC;\nEND-ISO-10303-21;\n";

/// Stretches that are left out.
#[derive(Debug, Default)]
pub struct Damaged {
    broken: Vec<Damage>,
    superseded: Vec<u32>,
}

impl Damaged {
    /// Broken stretches and the first bytes of records that a later one with the same number supersedes.
    pub fn new(broken: Vec<Damage>, superseded: Vec<u32>) -> Self {
        Self { broken, superseded }
    }

    /// Writes blanks over them.
    pub fn blank(&self, bytes: &mut [u8]) {
        for damage in &self.broken {
            bytes[damage.start..damage.end].fill(b' ');
        }
        for &start in &self.superseded {
            let start = start as usize;
            if let Ok(whole) = grammar::check(bytes, start) {
                bytes[start..whole.end].fill(b' ');
            }
        }
        // The last broken stretch may reach the end of the file, and a file without its end is none.
        if self.broken.last().is_some_and(|d| d.end == bytes.len() && d.end - d.start >= END.len()) {
            let at = bytes.len() - END.len();
            bytes[at..].copy_from_slice(END);
        }
    }
}

/// Notes on what was left out.
pub fn notes(bytes: &[u8], scan: &Scan<'_>, notes: &mut Vec<Text>) {
    let mut lines = Lines { bytes, at: 0, line: 1 };
    for damage in scan.damage.iter().take(MOST_NAMED) {
        let line = lines.of(damage.start);
        let (vi, en) = damage.reason.words();
        let (number, sharp) = number(&bytes[damage.start..damage.end]);
        notes.push(Text::new(
            format!("dòng {line}: bỏ qua bản ghi{number}{sharp} vì {vi}"),
            format!("line {line}: the record{number}{sharp} is left out because {en}"),
        ));
    }
    let more = scan.damaged.saturating_sub(MOST_NAMED);
    if more > 0 {
        notes.push(Text::new(
            format!("bỏ qua thêm {more} chỗ hỏng khác"),
            format!("{more} more broken places are left out"),
        ));
    }
    if let Some(first) = scan.broken_directives.first() {
        let line = Lines { bytes, at: 0, line: 1 }.of(*first as usize);
        let count = scan.broken_directives.len();
        notes.push(Text::new(
            format!("{count} bản ghi có dấu «\\» không theo ISO 10303-21 trong chuỗi (đầu tiên ở dòng {line}); giữ nguyên văn"),
            format!("{count} records have a “\\” in a string that is no directive of ISO 10303-21 (the first in line {line}); it is kept as it stands"),
        ));
    }
}

/// Note on numbers that several records bear.
pub fn repeated(bytes: &[u8], superseded: &[u32]) -> Text {
    let count = superseded.len();
    let mut named: Vec<String> =
        superseded.iter().take(MOST_NAMED).map(|at| number(&bytes[*at as usize..]).1.to_owned()).collect();
    named.dedup();
    let mut named = named.join(", ");
    if count > MOST_NAMED {
        named.push_str(", …");
    }
    Text::new(
        format!("{count} số hiệu bản ghi bị dùng lặp ({named}); bản ghi sau cùng có hiệu lực"),
        format!("{count} record numbers are used more than once ({named}); the last one counts"),
    )
}

/// `#12` and a blank before it, or nothing.
fn number(record: &[u8]) -> (&'static str, &str) {
    let digits = record.iter().skip(1).take(20).take_while(|b| b.is_ascii_digit()).count();
    let sharp = record.first() == Some(&b'#') && digits > 0;
    let number = sharp.then(|| std::str::from_utf8(&record[..=digits]).unwrap_or_default());
    number.map_or(("", ""), |number| (" ", number))
}

/// Lines of ascending places.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, place: usize) -> usize {
        self.line += memchr::memchr_iter(b'\n', &self.bytes[self.at..place]).count();
        self.at = place;
        self.line
    }
}

/// 1-based line of a place.
pub fn line(bytes: &[u8], place: usize) -> usize {
    Lines { bytes, at: 0, line: 1 }.of(place.min(bytes.len()))
}
