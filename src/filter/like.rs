//! Patterns of `LIKE`: `%` is any run of characters, `_` one character, `\` takes the next one as it is.

/// A pattern, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
}

impl Pattern {
    /// Reads a pattern. A `\` at the end means itself.
    pub fn new(text: &str) -> Self {
        let mut chars = text.chars();
        let mut parts = Vec::new();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '%' if parts.last() == Some(&Part::Any) => continue,
                '%' => Part::Any,
                '_' => Part::One,
                '\\' => Part::Char(chars.next().unwrap_or('\\')),
                c => Part::Char(c),
            });
        }
        Self(parts)
    }

    /// The pattern in the alphabet of SQL, which is the same one.
    pub fn to_sql(&self) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Any => out.push('%'),
                Part::One => out.push('_'),
                Part::Char(c) => {
                    if matches!(c, '%' | '_' | '\\') {
                        out.push('\\');
                    }
                    out.push(*c);
                }
            }
        }
        out
    }

    /// Whether the whole text fits. Takes at most length of text times length of pattern steps.
    pub fn fits(&self, text: &str) -> bool {
        let (mut rest, mut at) = (text.chars(), 0);
        // The last run of any characters, and the text from which it was tried.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            match self.0.get(at) {
                Some(Part::Any) => {
                    at += 1;
                    if at == self.0.len() {
                        return true;
                    }
                    retry = Some((at, rest.clone()));
                    continue;
                }
                Some(part) => {
                    let mut ahead = rest.clone();
                    let c = ahead.next();
                    if c.is_some() && (*part == Part::One || c.map(Part::Char) == Some(*part)) {
                        (rest, at) = (ahead, at + 1);
                        continue;
                    }
                    if c.is_none() {
                        return false;
                    }
                }
                None if rest.as_str().is_empty() => return true,
                None => {}
            }
            let Some((from, start)) = &mut retry else { return false };
            if start.next().is_none() {
                return false;
            }
            (at, rest) = (*from, start.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_sql() {
        for (pattern, text, fits) in [
            ("B_r%", "Berlin", true),
            ("B_r%", "Br", false),
            ("%", "", true),
            ("", "", true),
            ("", "a", false),
            ("_", "ắ", true),
            ("%_%", "", false),
            ("%ab%ab", "abxabab", true),
            ("%ab%ac", "abxabab", false),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            (r"a\", r"a\", true),
            (r"\\%", r"\x", true),
            ("%a", "aaab", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
            assert_eq!(Pattern::new(&Pattern::new(pattern).to_sql()), Pattern::new(pattern));
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_text_times_pattern() {
        let start = std::time::Instant::now();
        assert!(!Pattern::new(&("%a".repeat(500) + "b")).fits(&"a".repeat(5000)));
        assert!(start.elapsed().as_secs() < 5);
    }
}
