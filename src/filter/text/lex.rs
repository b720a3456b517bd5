//! The words of CQL2 text.

use crate::{Error, Result};

/// A word and where it begins, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub at: usize,
    pub kind: Kind<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<'a> {
    /// A name, or a keyword.
    Word(&'a str),
    /// A name in double quotes, never a keyword.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    /// A number without sign.
    Number(&'a str),
    /// `( ) , + - * / % ^ = <> < > <= >=`
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 15] = ["<>", "<=", ">=", "(", ")", ",", "+", "-", "*", "/", "%", "^", "=", "<", ">"];

/// Names begin as in XML, with a colon or an underscore.
fn starts_name(c: char) -> bool {
    c == ':' || c == '_' || c.is_alphabetic()
}

fn in_name(c: char) -> bool {
    starts_name(c)
        || c == '.'
        || c.is_numeric()
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}

pub(super) fn wrong(at: usize, vi: &str, en: &str) -> Error {
    Error::invalid("filter", format!("byte {at}: {vi}"), format!("byte {at}: {en}"))
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (kind, length) = if starts_name(c) {
            let length = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
            (Kind::Word(&rest[..length]), length)
        } else if c == '"' || c == '\'' {
            let (inner, length) = quoted(rest, c).ok_or_else(|| {
                wrong(at, "dấu nháy không được đóng lại", "the quotation mark is never closed")
            })?;
            if inner.contains('\0') {
                return Err(wrong(at, "không được có ký tự số 0", "the character 0 must not stand here"));
            }
            (if c == '"' { Kind::Quoted(inner) } else { Kind::Text(inner) }, length)
        } else if c.is_ascii_digit() || c == '.' {
            let length = number(rest);
            if !rest[..length].bytes().any(|b| b.is_ascii_digit()) {
                return Err(wrong(at, "cần một số", "expected a number"));
            }
            (Kind::Number(&rest[..length]), length)
        } else {
            let sign = SIGNS.iter().find(|s| rest.starts_with(**s));
            let sign = sign.ok_or_else(|| {
                wrong(at, &format!("ký tự {c:?} không có nghĩa ở đây"), &format!("{c:?} means nothing here"))
            })?;
            (Kind::Sign(sign), sign.len())
        };
        out.push(Token { at, kind });
        at += length;
    }
    out.push(Token { at, kind: Kind::End });
    Ok(out)
}

/// What stands between quotation marks, and the length with them. A doubled mark is one; in texts `\'` is one too.
fn quoted(rest: &str, mark: char) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        if c == mark && next != Some(mark) {
            return Some((out, i + 1));
        }
        if c == mark || c == '\\' && mark == '\'' && next == Some(mark) {
            chars.next();
            out.push(mark);
        } else {
            out.push(c);
        }
    }
    None
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
