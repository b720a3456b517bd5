//! One record, `#12=IFCWALL('…',$,#3,(1.,2.));`: whether it is whole, and its values (ISO 10303-21:2016 §11).
//!
//! Every record is held to the grammar once, when the file is opened; its values are made only when they are asked
//! for. Beyond the standard, because programs write it: numbers without a decimal point before their exponent
//! (`1e-5`), without a digit before the point (`.5`), names in lower case.

use std::ops::Range;

use ifc_lite_core::AttributeValue;

use super::string;

/// Lists and typed values inside each other; IFC needs five.
const DEEPEST: u32 = 64;
/// Values of one record: a mesh of two million triangles has fewer.
const MOST_VALUES: u32 = 8_000_000;
/// Longest comment inside a record.
const LONGEST_COMMENT: usize = 64 * 1024;
/// Longest name of an entity.
const LONGEST_NAME: usize = 100;

/// Why a record is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// What stands between two records is none.
    NoRecord,
    /// A number, list or name against the grammar.
    Syntax,
    /// No end before the file's, or a comment without one.
    Unfinished,
    /// NaN, infinity, or a number that no 64-bit real holds.
    NotFinite,
    /// Values too deep inside each other.
    TooDeep,
    /// More values than are read.
    TooMany,
    /// A number above 4 294 967 295.
    Number,
    /// Instances of several entities in one, which IFC has not.
    Complex,
}

impl Reason {
    /// In Vietnamese and English, to follow “because”.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NoRecord => ("không phải là bản ghi", "it is no record"),
            Self::Syntax => ("sai cú pháp", "it breaks the grammar"),
            Self::Unfinished => (
                "thiếu dấu «;», dấu nháy hoặc dấu đóng chú thích",
                "a “;”, a quote or the end of a comment is missing",
            ),
            Self::NotFinite => ("có số không hữu hạn (NaN, vô cực)", "it holds a number that is not finite"),
            Self::TooDeep => ("danh sách lồng nhau quá sâu", "its lists are nested too deep"),
            Self::TooMany => ("có quá nhiều giá trị", "it holds too many values"),
            Self::Number => ("số hiệu quá lớn", "its number is too large"),
            Self::Complex => {
                ("là đối tượng phức hợp, IFC không dùng", "it is a complex instance, which IFC does not use")
            }
        }
    }
}

/// Why, and how far was looked to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Why.
    pub reason: Reason,
    /// How far was looked.
    pub at: usize,
}

/// A record that keeps to the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its number.
    pub id: u32,
    /// Its entity, as written.
    pub name: Range<usize>,
    /// First byte after the opening parenthesis.
    pub values: usize,
    /// First byte after the semicolon.
    pub end: usize,
    /// Broken directives in its strings.
    pub broken_directives: u32,
}

fn broken<T>(reason: Reason, at: usize) -> Result<T, Broken> {
    Err(Broken { reason, at })
}

/// First byte at or after `at` that is neither white space nor comment.
pub fn after_blanks(bytes: &[u8], mut at: usize, longest_comment: usize) -> Result<usize, Broken> {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\n' | b'\r' | b'\t' | 0x0B | 0x0C) => at += 1,
            Some(b'/') if bytes.get(at + 1) == Some(&b'*') => {
                let window = &bytes[at + 2..bytes.len().min((at + 2).saturating_add(longest_comment))];
                match memchr::memmem::find(window, b"*/") {
                    Some(length) => at += length + 4,
                    None => return broken(Reason::Unfinished, at + window.len()),
                }
            }
            _ => return Ok(at),
        }
    }
}

fn blanks(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    match bytes.get(at) {
        Some(b' ' | b'\n' | b'\r' | b'\t' | 0x0B | 0x0C | b'/') => after_blanks(bytes, at, LONGEST_COMMENT),
        _ => Ok(at),
    }
}

fn digits(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Number, entity and the place of the first value of the record that begins at `start`.
pub fn head(bytes: &[u8], start: usize) -> Result<Whole, Broken> {
    let mut at = start + 1;
    let mut id = 0_u64;
    while let Some(digit) = bytes.get(at).filter(|b| b.is_ascii_digit()) {
        id = (id * 10 + u64::from(digit - b'0')).min(u64::from(u32::MAX) + 1);
        at += 1;
    }
    if bytes.get(start) != Some(&b'#') || at == start + 1 {
        return broken(Reason::NoRecord, start);
    }
    at = blanks(bytes, at)?;
    if bytes.get(at) != Some(&b'=') {
        return broken(if at < bytes.len() { Reason::NoRecord } else { Reason::Unfinished }, at);
    }
    at = blanks(bytes, at + 1)?;
    if bytes.get(at) == Some(&b'(') {
        return broken(Reason::Complex, at);
    }
    let name = at + usize::from(bytes.get(at) == Some(&b'!'));
    at = name;
    while bytes.get(at).copied().is_some_and(is_name) {
        at += 1;
    }
    if at == name || at - name > LONGEST_NAME || bytes[name].is_ascii_digit() {
        return broken(Reason::Syntax, at);
    }
    let name = name..at;
    at = blanks(bytes, at)?;
    if bytes.get(at) != Some(&b'(') {
        return broken(if at < bytes.len() { Reason::Syntax } else { Reason::Unfinished }, at);
    }
    let Ok(id) = u32::try_from(id) else { return broken(Reason::Number, start) };
    Ok(Whole { id, name, values: at + 1, end: at + 1, broken_directives: 0 })
}

/// What may come next among the values of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A value, or the end of an empty list.
    First,
    /// A value.
    Value,
    /// A comma or the end of the list.
    Comma,
}

/// Holds the record that begins at `start` to the grammar.
pub fn check(bytes: &[u8], start: usize) -> Result<Whole, Broken> {
    let mut whole = head(bytes, start)?;
    let mut at = whole.values;
    let (mut depth, mut values, mut next) = (1_u32, 0_u32, Next::First);
    while depth > 0 {
        let Some(&byte) = bytes.get(at) else { return broken(Reason::Unfinished, at) };
        match byte {
            b',' => {
                if next != Next::Comma {
                    return broken(Reason::Syntax, at);
                }
                next = Next::Value;
                values += 1;
                if values > MOST_VALUES {
                    return broken(Reason::TooMany, at);
                }
                at += 1;
            }
            b')' => {
                if next == Next::Value {
                    return broken(Reason::Syntax, at);
                }
                depth -= 1;
                next = Next::Comma;
                at += 1;
            }
            b' ' | b'\n' | b'\r' | b'\t' | 0x0B | 0x0C | b'/' => {
                let after = blanks(bytes, at)?;
                if after == at {
                    return broken(Reason::Syntax, at);
                }
                at = after;
            }
            _ if next == Next::Comma => return broken(Reason::Syntax, at),
            b'(' => {
                (at, next) = (at + 1, Next::First);
                depth += 1;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'!' => {
                at = typed(bytes, at)?;
                next = Next::First;
                depth += 1;
            }
            _ => {
                at = simple(bytes, at, &mut whole.broken_directives)?;
                next = Next::Comma;
            }
        }
        if depth > DEEPEST {
            return broken(Reason::TooDeep, at);
        }
    }
    at = blanks(bytes, at)?;
    match bytes.get(at) {
        Some(b';') => {
            whole.end = at + 1;
            Ok(whole)
        }
        Some(_) => broken(Reason::Syntax, at),
        None => broken(Reason::Unfinished, at),
    }
}

/// First byte after `IFCLABEL(`.
fn typed(bytes: &[u8], start: usize) -> Result<usize, Broken> {
    let mut at = start + 1;
    while bytes.get(at).copied().is_some_and(is_name) {
        at += 1;
    }
    let name = &bytes[start..at];
    let open = blanks(bytes, at)?;
    if bytes.get(open) == Some(&b'(') {
        return Ok(open + 1);
    }
    let infinite = [&b"nan"[..], b"inf", b"infinity"].iter().any(|n| name.eq_ignore_ascii_case(n));
    broken(if infinite { Reason::NotFinite } else { Reason::Syntax }, start)
}

/// First byte after a value that holds no other.
#[inline]
fn simple(bytes: &[u8], at: usize, broken_directives: &mut u32) -> Result<usize, Broken> {
    match bytes[at] {
        b'#' => {
            let end = digits(bytes, at + 1);
            if end == at + 1 { broken(Reason::Syntax, at) } else { Ok(end) }
        }
        b'0'..=b'9' | b'-' | b'+' => real(bytes, at),
        b'$' | b'*' => Ok(at + 1),
        b'\'' => text_end(bytes, at, broken_directives),
        b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => real(bytes, at),
        b'.' => {
            let mut end = at + 1;
            while bytes.get(end).copied().is_some_and(is_name) {
                end += 1;
            }
            if end == at + 1 || bytes.get(end) != Some(&b'.') {
                broken(Reason::Syntax, at)
            } else {
                Ok(end + 1)
            }
        }
        b'"' => {
            let mut end = at + 1;
            while bytes.get(end).is_some_and(u8::is_ascii_hexdigit) {
                end += 1;
            }
            if bytes.get(end) == Some(&b'"') { Ok(end + 1) } else { broken(Reason::Syntax, at) }
        }
        _ => broken(Reason::Syntax, at),
    }
}

/// First byte after a number.
#[inline]
fn real(bytes: &[u8], start: usize) -> Result<usize, Broken> {
    let first = start + usize::from(matches!(bytes[start], b'-' | b'+'));
    let mut at = digits(bytes, first);
    let mut count = at - first;
    if bytes.get(at) == Some(&b'.') {
        let end = digits(bytes, at + 1);
        count += end - at - 1;
        at = end;
    }
    if count == 0 {
        let infinite = matches!(bytes.get(first), Some(b'i' | b'I' | b'n' | b'N'));
        return broken(if infinite { Reason::NotFinite } else { Reason::Syntax }, start);
    }
    let mut wide = count > 300;
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let first = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        at = digits(bytes, first);
        if at == first {
            return broken(Reason::Syntax, start);
        }
        wide |= at - first > 2;
    }
    match bytes.get(at) {
        // `1.#QNAN`, `-1.#IND`, `1.#INF`: what a runtime of Microsoft prints.
        Some(b'#') => broken(Reason::NotFinite, start),
        // `1.2.3`, `12abc`
        Some(b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'_') => broken(Reason::Syntax, at),
        _ if wide && !number(&bytes[start..at]).is_finite() => broken(Reason::NotFinite, start),
        _ => Ok(at),
    }
}

/// First byte after a string's closing quote.
#[inline]
fn text_end(bytes: &[u8], start: usize, broken_directives: &mut u32) -> Result<usize, Broken> {
    let mut at = start + 1;
    loop {
        let Some(found) = memchr::memchr2(b'\'', b'\\', &bytes[at..]) else {
            return broken(Reason::Unfinished, bytes.len());
        };
        at += found;
        if bytes[at] == b'\\' {
            match string::directive(bytes, at) {
                Some(length) => at += length,
                None => {
                    *broken_directives += 1;
                    at += 1;
                }
            }
        } else if bytes.get(at + 1) == Some(&b'\'') {
            at += 2;
        } else {
            return Ok(at + 1);
        }
    }
}

fn number(text: &[u8]) -> f64 {
    std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).unwrap_or(f64::NAN)
}

/// The values of a record that keeps to the grammar; `at` is the first byte after its opening parenthesis.
pub fn values(bytes: &[u8], at: usize) -> Vec<AttributeValue> {
    list(bytes, at, 0).unwrap_or_default().0
}

/// Values up to the closing parenthesis, and the byte after it.
fn list(bytes: &[u8], mut at: usize, depth: u32) -> Option<(Vec<AttributeValue>, usize)> {
    if depth > DEEPEST {
        return None;
    }
    let mut out = Vec::new();
    loop {
        at = blanks(bytes, at).ok()?;
        match *bytes.get(at)? {
            b')' => return Some((out, at + 1)),
            b',' => at += 1,
            b'(' => {
                let (members, end) = list(bytes, at + 1, depth + 1)?;
                out.push(AttributeValue::List(members));
                at = end;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'!' => {
                let open = typed(bytes, at).ok()?;
                let name = bytes[at..open - 1].iter().take_while(|b| is_name(**b) || **b == b'!');
                let name: String = name.map(|b| char::from(b.to_ascii_uppercase())).collect();
                let (mut members, end) = list(bytes, open, depth + 1)?;
                let value = match members.len() {
                    0 => AttributeValue::Null,
                    1 => members.remove(0),
                    _ => AttributeValue::List(members),
                };
                out.push(AttributeValue::Typed { name: name.into_boxed_str(), value: Box::new(value) });
                at = end;
            }
            _ => {
                let end = simple(bytes, at, &mut 0).ok()?;
                out.push(one(&bytes[at..end]));
                at = end;
            }
        }
    }
}

/// A value that holds no other.
fn one(text: &[u8]) -> AttributeValue {
    let ascii = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let inner = || &text[1..text.len() - 1];
    match text[0] {
        b'$' => AttributeValue::Null,
        b'*' => AttributeValue::Derived,
        b'#' => {
            let id = text[1..]
                .iter()
                .try_fold(0_u32, |id, d| id.checked_mul(10)?.checked_add(u32::from(d - b'0')));
            // No record bears such a number.
            id.map_or(AttributeValue::Null, AttributeValue::EntityRef)
        }
        b'\'' => AttributeValue::String(string::decode(inner())),
        b'"' => AttributeValue::Binary(ascii(inner())),
        b'.' if !text.get(1).is_some_and(u8::is_ascii_digit) => AttributeValue::Enum(ascii(inner())),
        _ => {
            let whole = text.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+'));
            let integer = whole.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten();
            integer.map_or_else(|| AttributeValue::Float(number(text)), AttributeValue::Integer)
        }
    }
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;
