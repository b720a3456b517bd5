//! Strings of a STEP file (ISO 10303-21:2016 §6.4.3) and what programs write beyond the standard.
//!
//! - `''` is a quote, `\\` a reverse solidus.
//! - `\X\hh` is the character U+00hh, `\X2\hhhh…\X0\` UTF-16 units, `\X4\hhhhhhhh…\X0\` characters.
//! - `\S\c` is the character of code `c` + 128 in the page that the last `\PA\` … `\PI\` of the string chose
//!   (ISO 8859-1 … 8859-9; the first before any).
//! - A directive that is none of these stays in the text as it stands.
//! - Raw bytes above 127 are against the standard, but usual: UTF-8 where the whole string is UTF-8, else
//!   windows-1258 where its tone marks all find their vowels (Vietnamese), else windows-1252.
//!
//! The text comes out in Unicode's form NFC, so that a name is the same name whoever wrote it.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick};

/// Length of the directive that begins with the reverse solidus at `at`; none where it is no directive.
pub fn directive(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    match *rest.get(1)? {
        b'\\' => Some(2),
        b'S' if *rest.get(2)? == b'\\' => rest.get(3).is_some_and(|c| (0x20..0x7F).contains(c)).then_some(4),
        b'P' if *rest.get(3)? == b'\\' => (b'A'..=b'I').contains(&rest[2]).then_some(4),
        b'X' => match *rest.get(2)? {
            b'\\' => (hex(*rest.get(3)?).is_some() && hex(*rest.get(4)?).is_some()).then_some(5),
            b'2' if *rest.get(3)? == b'\\' => wide(rest, 4),
            b'4' if *rest.get(3)? == b'\\' => wide(rest, 8),
            _ => None,
        },
        _ => None,
    }
}

/// Length of `\X2\…\X0\` or `\X4\…\X0\` with groups of `digits`.
fn wide(rest: &[u8], digits: usize) -> Option<usize> {
    let run = rest[4..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
    (run > 0 && run % digits == 0 && rest[4 + run..].starts_with(b"\\X0\\")).then_some(run + 8)
}

fn hex(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// The text of a string; `raw` is what stands between its quotes.
pub fn decode(raw: &[u8]) -> String {
    let special = memchr::memchr2(b'\\', b'\'', raw).is_some();
    let text = text_of(raw);
    if !special && text.is_ascii() {
        return text.into_owned();
    }
    let text = if special { Cow::Owned(directives(&text)) } else { text };
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.into_owned(),
        _ => text.nfc().collect(),
    }
}

/// Bytes to characters.
fn text_of(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        // A name that a program cut within its last character.
        Err(e)
            if e.error_len().is_none()
                && e.valid_up_to() > 0
                && raw[..e.valid_up_to()].iter().any(|b| *b > 127) =>
        {
            String::from_utf8_lossy(raw)
        }
        Err(_) => Cow::Owned(single_byte(raw)),
    }
}

/// Text in one of the 8-bit pages of Windows.
fn single_byte(raw: &[u8]) -> String {
    let (vietnamese, _) = encoding_rs::WINDOWS_1258.decode_without_bom_handling(raw);
    let vowel = |c: char| std::iter::once(c).nfd().next().is_some_and(|base| "aeiouyAEIOUY".contains(base));
    let marks =
        vietnamese.chars().zip(vietnamese.chars().skip(1)).filter(|(_, mark)| is_combining_mark(*mark));
    if !vietnamese.starts_with(is_combining_mark) && marks.into_iter().all(|(before, _)| vowel(before)) {
        return vietnamese.nfc().collect();
    }
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0.into_owned()
}

/// Quotes and directives resolved.
fn directives(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut page = b'A';
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'\\', b'\'', &bytes[at..]) {
        out.push_str(&text[at..at + found]);
        at += found;
        if bytes[at] == b'\'' {
            out.push('\'');
            at += 1 + usize::from(bytes.get(at + 1) == Some(&b'\''));
            continue;
        }
        let Some(length) = directive(bytes, at) else {
            out.push('\\');
            at += 1;
            continue;
        };
        let body = &bytes[at..at + length];
        match body[1] {
            b'\\' => out.push('\\'),
            b'P' => page = body[2],
            b'S' => out.push(of_page(page, body[3] + 128)),
            _ if body[2] == b'\\' => out.push(char::from(number(&body[3..5]) as u8)),
            b'X' if body[2] == b'2' => {
                let units = body[4..length - 4].chunks(4).map(|group| number(group) as u16);
                out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
            _ => {
                let codes = body[4..length - 4].chunks(8).map(number);
                out.extend(codes.map(|c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
        }
        at += length;
    }
    out.push_str(&text[at..]);
    out
}

/// The number that hexadecimal digits write.
fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, digit| (sum << 4) | hex(*digit).unwrap_or(0))
}

/// The character of a byte above 127 in ISO 8859-1 (`A`) … ISO 8859-9 (`I`).
fn of_page(page: u8, byte: u8) -> char {
    let encoding = match page {
        b'B' => encoding_rs::ISO_8859_2,
        b'C' => encoding_rs::ISO_8859_3,
        b'D' => encoding_rs::ISO_8859_4,
        b'E' => encoding_rs::ISO_8859_5,
        b'F' => encoding_rs::ISO_8859_6,
        b'G' => encoding_rs::ISO_8859_7,
        b'H' => encoding_rs::ISO_8859_8,
        // ISO 8859-9 as far as it goes.
        b'I' => encoding_rs::WINDOWS_1254,
        _ => return char::from(byte),
    };
    encoding.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_of_the_standard() {
        for (raw, expected) in [
            (&br"O''Brien"[..], "O'Brien"),
            (br"C:\\nh\\a", r"C:\nh\a"),
            (br"see \X\A7 4.1", "see § 4.1"),
            (br"Z\X\FCrich", "Zürich"),
            (br"\X2\004E0068\X0\\X2\00E0\X0\", "Nhà"),
            (br"\X2\D83CDFE0\X0\", "🏠"),
            (br"\X4\0001F3E000000041\X0\", "🏠A"),
            (br"\S\!\S\Drger", "¡Ärger"),
            (br"\PE\\S\*\S\U", "Ње"),
            (br"\PB\\S\3\PA\\S\3", "ł³"),
            (br"\PG\\S\a\PI\\S\p", "αğ"),
            (br"\X\27\X\27", "''"),
            (br"a\X2\00FC\X0\\\b", r"aü\b"),
        ] {
            assert_eq!(decode(raw), expected, "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn vietnamese_names_are_the_same_name_whoever_wrote_them() {
        let name = "Tường gạch Đỗ Ước";
        let decomposed: String = name.nfd().collect();
        let escaped = name.encode_utf16().map(|u| format!(r"\X2\{u:04X}\X0\")).collect::<Vec<_>>().concat();
        let escaped_apart =
            decomposed.encode_utf16().map(|u| format!(r"\X2\{u:04x}\X0\")).collect::<Vec<_>>().concat();
        // windows-1258: base letters with their tone marks after them (the ones above have no byte of their own).
        let windows = b"T\xFD\xF5\xCCng ga\xF2ch \xD0\xF4\xDE \xDD\xF5\xECc";
        assert_eq!(decode(name.as_bytes()), name);
        assert_eq!(decode(decomposed.as_bytes()), name);
        assert_eq!(decode(escaped.as_bytes()), name);
        assert_eq!(decode(escaped_apart.as_bytes()), name);
        assert_eq!(decode(windows), name);
    }

    #[test]
    fn western_bytes_are_windows_1252() {
        assert_eq!(decode(b"M\xF6bel f\xFCr \x93K\xFCche\x94"), "Möbel für “Küche”");
        assert_eq!(decode(b"per\xF2"), "però");
        // Cut within the last character of UTF-8.
        assert_eq!(decode(&"Nhà cửa".as_bytes()[.."Nhà cử".len() - 1]), "Nhà c\u{FFFD}");
    }

    #[test]
    fn broken_directives_stay_as_they_stand() {
        for raw in [
            r"\X2\00E",
            r"\X2\00E0",
            r"\X2\00E\X0\",
            r"\X\G1",
            r"\X\4",
            r"\Z\",
            r"\",
            r"\PZ\a",
            r"\S\",
            r"C:\temp",
        ] {
            assert_eq!(decode(raw.as_bytes()), raw);
        }
        // A lone surrogate and a number beyond Unicode are characters that nobody knows.
        assert_eq!(decode(br"\X2\D83C\X0\"), "\u{FFFD}");
        assert_eq!(decode(br"\X4\FFFFFFFF\X0\"), "\u{FFFD}");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_text(raw: Vec<u8>) {
            let text = decode(&raw);
            proptest::prop_assert_eq!(text.nfc().collect::<String>(), text);
        }

        #[test]
        fn what_is_written_by_the_standard_comes_back(name in "\\PC{0,40}") {
            let name: String = name.nfc().collect();
            let written: String = name.chars().map(|c| match c {
                '\'' => "''".to_owned(),
                '\\' => r"\\".to_owned(),
                ' '..='~' => c.to_string(),
                c => format!(r"\X4\{:08X}\X0\", u32::from(c)),
            }).collect();
            proptest::prop_assert_eq!(decode(written.as_bytes()), name);
        }
    }
}
