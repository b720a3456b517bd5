//! Regular expressions of XML Schema (Part 2, appendix F) by way of the `regex` crate, whose matching time is linear in the
//! text and whose compiled size is bounded.

use regex::{Regex, RegexBuilder};

/// Longest expression, characters.
const LENGTH_MAX: usize = 4096;
/// Most bytes of a compiled expression.
const SIZE_MAX: usize = 1 << 20;
/// Deepest subtraction of classes.
const DEPTH_MAX: usize = 16;

/// A compiled expression. It matches a whole text, never a part of it.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles `source`; the reason where it is no expression.
    pub fn new(source: &str) -> Result<Self, String> {
        if source.chars().count() > LENGTH_MAX {
            return Err(format!("longer than {LENGTH_MAX} characters"));
        }
        let mut translation = Translation { rest: source.chars().collect(), at: 0 };
        let body = translation.expression()?;
        let regex =
            RegexBuilder::new(&format!(r"\A(?:{body})\z")).size_limit(SIZE_MAX).build().map_err(|e| {
                e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
            })?;
        Ok(Self { source: source.to_owned(), regex })
    }

    /// As the document has it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole of `text` fits.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// What the escapes of several characters mean, as the inside of a class.
fn multi(c: char) -> Option<(&'static str, bool)> {
    Some(match c {
        's' => (r" \t\n\r", false),
        'S' => (r" \t\n\r", true),
        'd' => (r"\p{Nd}", false),
        'D' => (r"\p{Nd}", true),
        // All but punctuation, separators and others.
        'w' => (r"\p{P}\p{Z}\p{C}", true),
        'W' => (r"\p{P}\p{Z}\p{C}", false),
        'i' => (r"\p{L}\p{Nl}_:", false),
        'I' => (r"\p{L}\p{Nl}_:", true),
        'c' => (r"\p{L}\p{Nl}\p{Nd}\p{M}_:.\-\x{B7}", false),
        'C' => (r"\p{L}\p{Nl}\p{Nd}\p{M}_:.\-\x{B7}", true),
        _ => return None,
    })
}

/// Blocks of Unicode that names of this trade may use.
fn block(name: &str) -> Option<&'static str> {
    Some(match name {
        "BasicLatin" => r"\x{0}-\x{7F}",
        "Latin-1Supplement" => r"\x{80}-\x{FF}",
        "LatinExtended-A" => r"\x{100}-\x{17F}",
        "LatinExtended-B" => r"\x{180}-\x{24F}",
        "LatinExtendedAdditional" => r"\x{1E00}-\x{1EFF}",
        "CombiningDiacriticalMarks" => r"\x{300}-\x{36F}",
        "Greek" | "GreekandCoptic" => r"\x{370}-\x{3FF}",
        "Cyrillic" => r"\x{400}-\x{4FF}",
        "Hebrew" => r"\x{590}-\x{5FF}",
        "Arabic" => r"\x{600}-\x{6FF}",
        "Thai" => r"\x{E00}-\x{E7F}",
        "GeneralPunctuation" => r"\x{2000}-\x{206F}",
        "SuperscriptsandSubscripts" => r"\x{2070}-\x{209F}",
        "CurrencySymbols" => r"\x{20A0}-\x{20CF}",
        "LetterlikeSymbols" => r"\x{2100}-\x{214F}",
        "MathematicalOperators" => r"\x{2200}-\x{22FF}",
        "Hiragana" => r"\x{3040}-\x{309F}",
        "Katakana" => r"\x{30A0}-\x{30FF}",
        "CJKUnifiedIdeographs" => r"\x{4E00}-\x{9FFF}",
        "HangulSyllables" => r"\x{AC00}-\x{D7A3}",
        _ => return None,
    })
}

struct Translation {
    rest: Vec<char>,
    at: usize,
}

impl Translation {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        Some(c)
    }

    fn expression(&mut self) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.next() {
            match c {
                '\\' => {
                    let class = self.escape()?;
                    out.push_str(&class.standing());
                }
                '[' => out.push_str(&self.class(0)?),
                ']' | '}' => return Err(format!("“{c}” without its beginning")),
                '.' => out.push_str(r"[^\n\r]"),
                '(' if self.peek(0) == Some('?') => return Err("“(?” is no group of XML Schema".to_owned()),
                '(' => out.push_str("(?:"),
                '{' => out.push_str(&self.quantity()?),
                ')' | '|' | '?' | '*' | '+' => out.push(c),
                _ => push_literal(&mut out, c),
            }
        }
        Ok(out)
    }

    /// `{n}`, `{n,}` or `{n,m}` after its brace.
    fn quantity(&mut self) -> Result<String, String> {
        let mut inside = String::new();
        loop {
            match self.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_digit() || c == ',' => inside.push(c),
                _ => return Err("“{” without a number and its end".to_owned()),
            }
        }
        if inside.is_empty() || inside.starts_with(',') || inside.matches(',').count() > 1 {
            return Err(format!("“{{{inside}}}” is no quantity"));
        }
        Ok(format!("{{{inside}}}"))
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<Piece, String> {
        let c = self.next().ok_or("“\\” at the end")?;
        if let Some((inside, negated)) = multi(c) {
            return Ok(Piece::Set { inside: inside.to_owned(), negated });
        }
        match c {
            'n' => Ok(Piece::One('\n')),
            'r' => Ok(Piece::One('\r')),
            't' => Ok(Piece::One('\t')),
            'p' | 'P' => self.category(c == 'P'),
            // More than XML Schema allows (`\/`), but without doubt.
            _ if !c.is_alphanumeric() => Ok(Piece::One(c)),
            _ => Err(format!("“\\{c}” is no escape of XML Schema")),
        }
    }

    fn category(&mut self, negated: bool) -> Result<Piece, String> {
        if self.next() != Some('{') {
            return Err("“\\p” without “{”".to_owned());
        }
        let mut name = String::new();
        loop {
            match self.next() {
                Some('}') => break,
                Some(c) if name.len() < 40 => name.push(c),
                _ => return Err("“\\p{” without its end".to_owned()),
            }
        }
        let known = |name: &str| {
            let mut letters = name.chars();
            let major = letters.next().is_some_and(|c| "LMNPZSC".contains(c));
            major && letters.next().is_none_or(|c| c.is_ascii_lowercase()) && letters.next().is_none()
        };
        let inside = match name.strip_prefix("Is") {
            Some(name) => block(name).ok_or_else(|| format!("the block “Is{name}” is not known"))?.to_owned(),
            None if known(&name) => format!(r"\p{{{name}}}"),
            None => return Err(format!("“{name}” is no category of characters")),
        };
        Ok(Piece::Set { inside, negated })
    }

    /// A class after its bracket.
    fn class(&mut self, depth: usize) -> Result<String, String> {
        if depth > DEPTH_MAX {
            return Err(format!("classes nested deeper than {DEPTH_MAX}"));
        }
        let negated = self.peek(0) == Some('^');
        if negated {
            self.at += 1;
        }
        let mut items = String::new();
        let mut subtracted = None;
        loop {
            match self.next().ok_or("“[” without its end")? {
                ']' => break,
                '-' if self.peek(0) == Some('[') => {
                    self.at += 1;
                    subtracted = Some(self.class(depth + 1)?);
                    if self.next() != Some(']') {
                        return Err("a subtracted class is not the last of its class".to_owned());
                    }
                    break;
                }
                '[' => return Err("“[” within a class is written “\\[”".to_owned()),
                '\\' => match self.escape()? {
                    Piece::One(first) => self.range(first, &mut items)?,
                    set @ Piece::Set { .. } => items.push_str(&set.standing()),
                },
                first => self.range(first, &mut items)?,
            }
        }
        if items.is_empty() {
            return Err("an empty class".to_owned());
        }
        let base = format!("[{}{items}]", if negated { "^" } else { "" });
        Ok(subtracted.map_or_else(|| base.clone(), |minus| format!("[{base}--{minus}]")))
    }

    /// A character of a class, or the range that begins with it.
    fn range(&mut self, first: char, items: &mut String) -> Result<(), String> {
        push_coded(items, first);
        if self.peek(0) != Some('-') || matches!(self.peek(1), None | Some(']' | '[')) {
            return Ok(());
        }
        self.at += 1;
        let last = match self.next() {
            Some('\\') => match self.escape()? {
                Piece::One(c) => c,
                Piece::Set { .. } => return Err("a range ends with a set of characters".to_owned()),
            },
            Some(c) => c,
            None => return Err("“[” without its end".to_owned()),
        };
        if last < first {
            return Err(format!("the range “{first}-{last}” runs backwards"));
        }
        items.push('-');
        push_coded(items, last);
        Ok(())
    }
}

/// What an escape stands for.
enum Piece {
    One(char),
    Set { inside: String, negated: bool },
}

impl Piece {
    fn standing(&self) -> String {
        match self {
            Self::One(c) => {
                let mut out = String::new();
                push_literal(&mut out, *c);
                out
            }
            Self::Set { inside, negated } => format!("[{}{inside}]", if *negated { "^" } else { "" }),
        }
    }
}

fn push_literal(out: &mut String, c: char) {
    if c.is_alphanumeric() { out.push(c) } else { push_coded(out, c) }
}

fn push_coded(out: &mut String, c: char) {
    use std::fmt::Write as _;
    let _ = write!(out, r"\x{{{:X}}}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}")).matches(text)
    }

    #[test]
    fn the_dialect_is_that_of_xml_schema() {
        assert!(fits("DT[0-9]{2}", "DT01") && !fits("DT[0-9]{2}", "DT012") && !fits("DT", "ADT"));
        assert!(fits("a|bc", "bc") && !fits("a|bc", "abc"));
        // Anchors are plain characters, the point is no line end.
        assert!(fits("^a$", "^a$") && !fits("^a$", "a") && !fits(".", "\n"));
        assert!(fits(r"[a-z-[aeiou]]+", "xyz") && !fits(r"[a-z-[aeiou]]+", "xaz"));
        assert!(fits(r"[^a-z-[0-9]]", "A") && !fits(r"[^a-z-[0-9]]", "4"));
        assert!(
            fits(r"\w+", "Tầng1") && !fits(r"\w+", "a b") && fits(r"\i\c*", "tên-1") && !fits(r"\i\c*", "1a")
        );
        assert!(
            fits(r"\d", "٣")
                && fits(r"[\d.\-]+", "3.5-1")
                && fits(r"[-a]+", "a-")
                && fits(r"[a&&b~~c]+", "&~")
        );
        assert!(fits(r"\p{Lu}\P{Lu}", "Ab") && fits(r"\p{IsLatinExtendedAdditional}", "ế"));
        assert!(fits(r"(-|[0-9]{2,3})\/60", "120/60") && fits("", ""));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for wrong in
            ["[", "a]", "(", "a{", "a{,2}", r"\b", r"\", "(?=a)", "[z-a]", r"\p{Foo}", "*", "[]", "a{99999}"]
        {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
        assert!(Pattern::new(&"(".repeat(3000)).is_err() && Pattern::new(&"[a-".repeat(900)).is_err());
    }
}
