//! All records of a file in one pass, by pieces on all cores.
//!
//! Between two records the scanner knows nothing but its place. Each piece therefore guesses that the first line of
//! it that looks like a record is one, and goes on from there into the next piece to the end of its last record.
//! Joining the pieces in their order, the guess is checked: where the piece before ended elsewhere (the border lay in
//! a string or comment that holds such a line), the file is read on from there until it meets a record that the
//! piece found too; from then on both went the same way. The result is that of one pass from the beginning.
//!
//! A record that breaks the grammar is left out, and reading goes on at the next line that begins a record.

use std::collections::HashMap;

use rayon::prelude::*;

use super::grammar::{self, Broken, Reason};
use super::head::TAIL_BYTES;

/// Bytes of a piece.
const PIECE: usize = 8 << 20;
/// Different entities of a file; IFC4X3 has 876.
pub const MOST_ENTITIES: usize = 4096;
/// Broken places that are kept with their reason; the rest are counted.
const MOST_KEPT: usize = 100_000;

/// What is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// First byte.
    pub start: usize,
    /// First byte after it: where reading went on.
    pub end: usize,
    /// Why.
    pub reason: Reason,
}

/// Records in the order of the file. An entity is an index into `entities`.
#[derive(Debug, Default)]
pub struct Scan<'b> {
    /// Numbers.
    pub ids: Vec<u32>,
    /// First bytes.
    pub starts: Vec<u32>,
    /// Entities.
    pub kinds: Vec<u16>,
    /// Names of entities as written, each once.
    pub entities: Vec<&'b [u8]>,
    /// What was left out, ascending; at most `MOST_KEPT`.
    pub damage: Vec<Damage>,
    /// How often something was left out.
    pub damaged: usize,
    /// First bytes of records with directives in strings that are none; at most `MOST_KEPT`.
    pub broken_directives: Vec<u32>,
}

/// Why a file is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// More records than allowed.
    Records,
    /// More different entities than `MOST_ENTITIES`.
    Entities,
    /// So much is broken that reading it would not end in time.
    Damage(usize),
}

/// One pass from a place on.
struct Pass<'b> {
    bytes: &'b [u8],
    at: usize,
    out: Scan<'b>,
    names: Names<'b>,
    most_records: usize,
    /// Bytes that were looked at in vain, and how many may be.
    wasted: usize,
    most_wasted: usize,
}

/// Entities by name, the last ones first.
#[derive(Default)]
struct Names<'b> {
    known: HashMap<&'b [u8], u16>,
    recent: Vec<Option<(&'b [u8], u16)>>,
}

impl<'b> Names<'b> {
    /// The entity's index.
    fn index(&mut self, name: &'b [u8], entities: &mut Vec<&'b [u8]>) -> Option<u16> {
        if self.recent.is_empty() {
            self.recent.resize(256, None);
        }
        let (middle, last) = (name[name.len() / 2], name[name.len() - 1]);
        let slot = name.len().wrapping_mul(31)
            ^ usize::from(middle).wrapping_mul(7)
            ^ usize::from(last).wrapping_mul(3);
        let slot = &mut self.recent[slot & 255];
        if let Some((_, index)) = slot.filter(|(known, _)| *known == name) {
            return Some(index);
        }
        let index = match self.known.get(name) {
            Some(index) => *index,
            None if entities.len() >= MOST_ENTITIES => return None,
            None => {
                entities.push(name);
                let index = u16::try_from(entities.len() - 1).ok()?;
                self.known.insert(name, index);
                index
            }
        };
        *slot = Some((name, index));
        Some(index)
    }
}

/// Whether a pass goes on.
enum Step {
    On,
    End,
}

impl<'b> Pass<'b> {
    fn new(bytes: &'b [u8], at: usize, most_records: usize, most_wasted: usize) -> Self {
        Self {
            bytes,
            at,
            out: Scan::default(),
            names: Names::default(),
            most_records,
            wasted: 0,
            most_wasted,
        }
    }

    /// Reads whole records until the next one would begin at `until` or after.
    fn read_to(&mut self, until: usize) -> Result<(), Stop> {
        while self.at < until {
            if let Step::End = self.step(until)? {
                self.at = self.bytes.len();
            }
        }
        Ok(())
    }

    /// Reads what comes next if it begins before `until`: a record, the head of a section, or what is neither.
    fn step(&mut self, until: usize) -> Result<Step, Stop> {
        let at = match grammar::after_blanks(self.bytes, self.at, usize::MAX) {
            Ok(at) => at,
            Err(Broken { at: shown, reason }) => return self.leave_out(self.at, shown, reason),
        };
        self.at = at;
        if at >= until {
            return Ok(Step::On);
        }
        if self.bytes[at] != b'#' {
            return self.section(at);
        }
        match grammar::check(self.bytes, at) {
            Ok(whole) => {
                let Some(kind) = self.names.index(&self.bytes[whole.name.clone()], &mut self.out.entities)
                else {
                    return Err(Stop::Entities);
                };
                if self.out.ids.len() >= self.most_records {
                    return Err(Stop::Records);
                }
                self.out.ids.push(whole.id);
                self.out.starts.push(at as u32);
                self.out.kinds.push(kind);
                if whole.broken_directives > 0 && self.out.broken_directives.len() < MOST_KEPT {
                    self.out.broken_directives.push(at as u32);
                }
                self.at = whole.end;
                Ok(Step::On)
            }
            Err(Broken { reason, at: shown }) => self.leave_out(at, shown, reason),
        }
    }

    /// `ENDSEC;`, `DATA;`, `END-ISO-10303-21;`.
    fn section(&mut self, at: usize) -> Result<Step, Stop> {
        let rest = &self.bytes[at..];
        let is = |word: &[u8]| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let end_of_file = is(b"END-ISO-10303-21");
        // Records may follow that somebody appended.
        if end_of_file && rest.len() <= TAIL_BYTES && next_record(self.bytes, at).is_none() {
            return Ok(Step::End);
        }
        if end_of_file || is(b"ENDSEC") || is(b"DATA") {
            let end = rest.iter().take(1024).position(|b| *b == b';');
            if let Some(end) = end {
                self.at = at + end + 1;
                return Ok(Step::On);
            }
        }
        self.leave_out(at, at, Reason::NoRecord)
    }

    /// Goes on at the next line that begins a record.
    fn leave_out(&mut self, start: usize, shown: usize, reason: Reason) -> Result<Step, Stop> {
        let next = next_record(self.bytes, start + 1).unwrap_or(self.bytes.len());
        self.wasted += shown.max(next) - start;
        if self.wasted > self.most_wasted {
            return Err(Stop::Damage(start));
        }
        self.out.damaged += 1;
        // The last place swallows what follows it, so that all that is left out is covered.
        match self.out.damage.last_mut() {
            Some(last) if self.out.damaged > MOST_KEPT => last.end = next,
            _ => self.out.damage.push(Damage { start, end: next, reason }),
        }
        self.at = next;
        Ok(Step::On)
    }
}

/// Where the next record begins that stands first in its line or behind a semicolon.
fn next_record(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'#', bytes.get(at..)?)?;
        let before = bytes[..at].iter().rev().take(256).find(|b| !matches!(b, b' ' | b'\t'));
        if matches!(before, None | Some(b'\n' | b'\r' | b';')) && declares(bytes, at) {
            return Some(at);
        }
        at += 1;
    }
}

/// `#12 =`
fn declares(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at + 1..bytes.len().min(at + 40)];
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let blanks = rest[digits..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    digits > 0 && rest.get(digits + blanks) == Some(&b'=')
}

/// Reads all records from `start` on.
pub fn scan(bytes: &[u8], start: usize, most_records: usize) -> Result<Scan<'_>, Stop> {
    scan_by(bytes, start, most_records, PIECE)
}

fn scan_by(bytes: &[u8], start: usize, most_records: usize, piece: usize) -> Result<Scan<'_>, Stop> {
    let borders: Vec<usize> = (start..bytes.len()).step_by(piece).collect();
    let mut passes: Vec<(usize, Result<Pass<'_>, Stop>)> = Vec::with_capacity(borders.len());
    borders
        .par_iter()
        .map(|&border| {
            let end = bytes.len().min(border + piece);
            let first = if border == start { Some(border) } else { next_record(&bytes[..end], border) };
            let mut pass = Pass::new(bytes, first.unwrap_or(end), most_records, 4 * piece);
            let read = pass.read_to(end);
            (end, read.map(|()| pass))
        })
        .collect_into_vec(&mut passes);
    // Three times over, so that no arrangement of quotes and comments makes the time more than linear.
    let mut joined = Pass::new(bytes, start, most_records, bytes.len().saturating_mul(3).max(PIECE));
    let records = passes.iter().filter_map(|(_, pass)| Some(pass.as_ref().ok()?.out.ids.len())).sum();
    joined.out.ids.reserve(records);
    joined.out.starts.reserve(records);
    joined.out.kinds.reserve(records);
    for (end, pass) in passes {
        match pass {
            Ok(pass) => joined.join(pass, end)?,
            // The guess may have been wrong; what is true is found by reading on from where the others ended.
            Err(_) => joined.read_to(end)?,
        }
    }
    joined.out.ids.shrink_to_fit();
    joined.out.starts.shrink_to_fit();
    joined.out.kinds.shrink_to_fit();
    Ok(joined.out)
}

impl<'b> Pass<'b> {
    /// Takes over what a later pass read, from the first record on that both would read.
    fn join(&mut self, later: Pass<'b>, end: usize) -> Result<(), Stop> {
        let mut next = 0;
        loop {
            // Blanks before the record are no difference.
            if let Ok(at) = grammar::after_blanks(self.bytes, self.at, usize::MAX) {
                self.at = at;
            }
            if self.at >= end {
                return Ok(());
            }
            while later.out.starts.get(next).is_some_and(|start| (*start as usize) < self.at) {
                next += 1;
            }
            if later.out.starts.get(next).is_some_and(|start| *start as usize == self.at) {
                return self.take(later, next);
            }
            if let Step::End = self.step(end)? {
                self.at = self.bytes.len();
            }
        }
    }

    fn take(&mut self, later: Pass<'b>, first: usize) -> Result<(), Stop> {
        if self.out.ids.len() + later.out.ids.len() - first > self.most_records {
            return Err(Stop::Records);
        }
        let mut kinds = Vec::with_capacity(later.out.entities.len());
        for name in &later.out.entities {
            kinds.push(self.names.index(name, &mut self.out.entities).ok_or(Stop::Entities)?);
        }
        let from = later.out.starts[first] as usize;
        self.out.ids.extend_from_slice(&later.out.ids[first..]);
        self.out.starts.extend_from_slice(&later.out.starts[first..]);
        self.out.kinds.extend(later.out.kinds[first..].iter().map(|kind| kinds[usize::from(*kind)]));
        let directives = later.out.broken_directives.into_iter().filter(|at| *at as usize >= from);
        self.out.broken_directives.extend(directives);
        self.out.broken_directives.truncate(MOST_KEPT);
        let kept = later.out.damage.iter().filter(|d| d.start >= from).count();
        self.out.damaged += later.out.damaged - (later.out.damage.len() - kept);
        for damage in later.out.damage.into_iter().filter(|d| d.start >= from) {
            let full = self.out.damage.len() >= MOST_KEPT;
            match self.out.damage.last_mut() {
                Some(last) if full => last.end = damage.end,
                _ => self.out.damage.push(damage),
            }
        }
        self.wasted += later.wasted;
        if self.wasted > self.most_wasted {
            return Err(Stop::Damage(from));
        }
        self.at = later.at;
        Ok(())
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
