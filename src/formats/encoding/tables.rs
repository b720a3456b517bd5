//! The letters of each encoding.

use super::BadByte;

/// TCVN 5712. The fonts of the ABC set use the six letters' capitals and all lower-case letters; other capitals are
/// lower-case letters in a capital font (.VnTimeH); see [`capitals_by_font`].
#[rustfmt::skip]
const TCVN: [(u8, char); 95] = [
    (0xa1, 'Ă'), (0xa2, 'Â'), (0xa3, 'Ê'), (0xa4, 'Ô'), (0xa5, 'Ơ'), (0xa6, 'Ư'), (0xa7, 'Đ'),
    (0xa8, 'ă'), (0xa9, 'â'), (0xaa, 'ê'), (0xab, 'ô'), (0xac, 'ơ'), (0xad, 'ư'), (0xae, 'đ'),
    (0xaf, 'Ằ'), (0xb0, '\u{300}'), (0xb1, '\u{309}'), (0xb2, '\u{303}'), (0xb3, '\u{301}'), (0xb4, '\u{323}'), (0xb5, 'à'),
    (0xb6, 'ả'), (0xb7, 'ã'), (0xb8, 'á'), (0xb9, 'ạ'), (0xba, 'Ẳ'), (0xbb, 'ằ'), (0xbc, 'ẳ'),
    (0xbd, 'ẵ'), (0xbe, 'ắ'), (0xbf, 'Ẵ'), (0xc0, 'Ắ'), (0xc1, 'Ầ'), (0xc2, 'Ẩ'), (0xc3, 'Ẫ'),
    (0xc4, 'Ấ'), (0xc5, 'Ề'), (0xc6, 'ặ'), (0xc7, 'ầ'), (0xc8, 'ẩ'), (0xc9, 'ẫ'), (0xca, 'ấ'),
    (0xcb, 'ậ'), (0xcc, 'è'), (0xcd, 'Ể'), (0xce, 'ẻ'), (0xcf, 'ẽ'), (0xd0, 'é'), (0xd1, 'ẹ'),
    (0xd2, 'ề'), (0xd3, 'ể'), (0xd4, 'ễ'), (0xd5, 'ế'), (0xd6, 'ệ'), (0xd7, 'ì'), (0xd8, 'ỉ'),
    (0xd9, 'Ễ'), (0xda, 'Ế'), (0xdb, 'Ồ'), (0xdc, 'ĩ'), (0xdd, 'í'), (0xde, 'ị'), (0xdf, 'ò'),
    (0xe0, 'Ổ'), (0xe1, 'ỏ'), (0xe2, 'õ'), (0xe3, 'ó'), (0xe4, 'ọ'), (0xe5, 'ồ'), (0xe6, 'ổ'),
    (0xe7, 'ỗ'), (0xe8, 'ố'), (0xe9, 'ộ'), (0xea, 'ờ'), (0xeb, 'ở'), (0xec, 'ỡ'), (0xed, 'ớ'),
    (0xee, 'ợ'), (0xef, 'ù'), (0xf0, 'Ỗ'), (0xf1, 'ủ'), (0xf2, 'ũ'), (0xf3, 'ú'), (0xf4, 'ụ'),
    (0xf5, 'ừ'), (0xf6, 'ử'), (0xf7, 'ữ'), (0xf8, 'ứ'), (0xf9, 'ự'), (0xfa, 'ỳ'), (0xfb, 'ỷ'),
    (0xfc, 'ỹ'), (0xfd, 'ý'), (0xfe, 'ỵ'), (0xff, 'Ố'),
];

/// The capitals with tones of TCVN 5712's first set, which the fonts do without and some converters write.
const TCVN_CAPITALS: &str = "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ";

/// One byte of TCVN 5712.
pub(super) fn tcvn(byte: u8) -> Option<char> {
    match byte {
        0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa0 => Some(char::from(byte)),
        0x01 => Some('Ú'),
        0x02 => Some('Ụ'),
        0x04 => Some('Ừ'),
        0x05 => Some('Ử'),
        0x06 => Some('Ữ'),
        0x11 => Some('Ứ'),
        0x12 => Some('Ự'),
        0x13 => Some('Ỳ'),
        0x14 => Some('Ỷ'),
        0x15 => Some('Ỹ'),
        0x16 => Some('Ý'),
        0x17 => Some('Ỵ'),
        0x80..=0x9f => TCVN_CAPITALS.chars().nth(usize::from(byte) - 0x80),
        _ => TCVN.binary_search_by_key(&byte, |(k, _)| *k).ok().map(|i| TCVN[i].1),
    }
}

/// A text in a capital font holds small letters with marks among capitals ("THị Xã"): such words are capitals, and
/// with them the rest of a text that has no small letter without marks.
pub(super) fn capitals_by_font(text: &str) -> String {
    let by_font = |word: &str| {
        word.chars().filter(char::is_ascii_uppercase).count() >= 2
            && !word.contains(|c: char| c.is_ascii_lowercase())
            && word.contains(|c: char| !c.is_ascii() && c.is_lowercase())
    };
    let pieces: Vec<&str> = text.split_inclusive(|c: char| !c.is_alphabetic()).collect();
    let some = pieces.iter().any(|w| by_font(w));
    if !some {
        return text.to_owned();
    }
    let all = !text.contains(|c: char| c.is_ascii_lowercase());
    pieces.into_iter().map(|w| if all || by_font(w) { w.to_uppercase() } else { w.to_owned() }).collect()
}

/// Letters of VISCII 1.1 from 0x80; six more stand among the control characters.
const VISCII_HIGH: &str = "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ\
    ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ";

/// One byte of VISCII; each has a meaning.
pub(super) fn viscii(byte: u8) -> char {
    match byte {
        0x02 => 'Ẳ',
        0x05 => 'Ẵ',
        0x06 => 'Ẫ',
        0x14 => 'Ỷ',
        0x19 => 'Ỹ',
        0x1e => 'Ỵ',
        0x80.. => VISCII_HIGH.chars().nth(usize::from(byte) - 0x80).unwrap_or(char::from(byte)),
        _ => char::from(byte),
    }
}

/// Windows-1258; NFC joins the combining marks afterwards.
#[rustfmt::skip]
pub(super) fn cp1258(byte: u8) -> Option<char> {
    Some(match byte {
        0x80 => '€', 0x82 => '‚', 0x83 => 'ƒ', 0x84 => '„', 0x85 => '…', 0x86 => '†', 0x87 => '‡', 0x88 => 'ˆ',
        0x89 => '‰', 0x8b => '‹', 0x8c => 'Œ', 0x91 => '‘', 0x92 => '’', 0x93 => '“', 0x94 => '”', 0x95 => '•',
        0x96 => '–', 0x97 => '—', 0x98 => '˜', 0x99 => '™', 0x9b => '›', 0x9c => 'œ', 0x9f => 'Ÿ',
        0x81 | 0x8a | 0x8d..=0x90 | 0x9a | 0x9d | 0x9e => return None,
        0xc3 => 'Ă', 0xcc => '\u{300}', 0xd0 => 'Đ', 0xd2 => '\u{309}', 0xd5 => 'Ơ', 0xdd => 'Ư', 0xde => '\u{303}',
        0xe3 => 'ă', 0xec => '\u{301}', 0xf0 => 'đ', 0xf2 => '\u{323}', 0xf5 => 'ơ', 0xfd => 'ư', 0xfe => '₫',
        other => char::from(other),
    })
}

/// Windows-1252; the five bytes that it leaves out have no meaning.
#[rustfmt::skip]
pub(super) fn cp1252(byte: u8) -> Option<char> {
    Some(match byte {
        0x8a => 'Š', 0x8e => 'Ž', 0x9a => 'š', 0x9e => 'ž',
        0x80 | 0x82..=0x89 | 0x8b | 0x8c | 0x91..=0x99 | 0x9b | 0x9c | 0x9f => return cp1258(byte),
        0x81 | 0x8d | 0x8f | 0x90 | 0x9d => return None,
        other => char::from(other),
    })
}

/// VNI-Windows: single letters, and bytes with the marks of the letter before them. Capitals stand 0x20 below.
pub(super) fn vni(bytes: &[u8]) -> Result<String, BadByte> {
    let mut out = String::with_capacity(bytes.len() * 2);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa0 => out.push(char::from(*byte)),
            // Quotation marks and dashes, as Windows has them.
            0x85 | 0x91..=0x97 => out.extend(cp1252(*byte)),
            0xc0.. => match (vni_letter(*byte), vni_marks(byte | 0x20)) {
                (Some(letter), _) => out.push(letter),
                (None, Some(marks)) if out.chars().last().is_some_and(char::is_alphabetic) => {
                    out.push_str(marks);
                }
                _ => return Err(BadByte { at, byte: *byte, cut_off: false }),
            },
            _ => return Err(BadByte { at, byte: *byte, cut_off: false }),
        }
    }
    Ok(out)
}

fn vni_letter(byte: u8) -> Option<char> {
    Some(match byte {
        0xf1 => 'đ',
        0xf4 => 'ơ',
        0xf6 => 'ư',
        0xed => 'í',
        0xec => 'ì',
        0xe6 => 'ỉ',
        0xf3 => 'ĩ',
        0xf2 => 'ị',
        0xee => 'ỵ',
        0xd1 => 'Đ',
        0xd4 => 'Ơ',
        0xd6 => 'Ư',
        0xcd => 'Í',
        0xcc => 'Ì',
        0xc6 => 'Ỉ',
        0xd3 => 'Ĩ',
        0xd2 => 'Ị',
        0xce => 'Ỵ',
        _ => return None,
    })
}

/// Combining marks: of the vowel (breve, circumflex), then of the tone.
fn vni_marks(lower: u8) -> Option<&'static str> {
    Some(match lower {
        0xf9 => "\u{301}",
        0xf8 => "\u{300}",
        0xfb => "\u{309}",
        0xf5 => "\u{303}",
        0xef => "\u{323}",
        0xea => "\u{306}",
        0xe9 => "\u{306}\u{301}",
        0xe8 => "\u{306}\u{300}",
        0xfa => "\u{306}\u{309}",
        0xfc => "\u{306}\u{303}",
        0xeb => "\u{306}\u{323}",
        0xe2 => "\u{302}",
        0xe1 => "\u{302}\u{301}",
        0xe0 => "\u{302}\u{300}",
        0xe5 => "\u{302}\u{309}",
        0xe3 => "\u{302}\u{303}",
        0xe4 => "\u{302}\u{323}",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcvn_is_in_order() {
        assert!(TCVN.windows(2).all(|w| w[0].0 < w[1].0));
        assert_eq!(TCVN_CAPITALS.chars().count(), 32);
        assert_eq!(VISCII_HIGH.chars().count(), 128);
    }
}
