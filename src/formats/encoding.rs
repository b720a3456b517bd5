//! Old Vietnamese encodings. GDAL knows CP1258 only, and badly; so files are read as ISO-8859-1, which gives each
//! byte as the character of the same number, and decoded here. What comes out is Unicode NFC.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// An encoding that `--encoding` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// TCVN 5712:1993, fonts of the ABC set (.VnTime): lower case as VN3, capitals by font.
    Tcvn3,
    /// VNI-Windows: a letter and, behind it, a byte for its marks.
    Vni,
    /// VISCII 1.1 (RFC 1456).
    Viscii,
    /// Windows-1258: Latin letters with combining tone marks.
    Cp1258,
}

impl Encoding {
    /// Every name that is understood.
    pub const NAMES: [&'static str; 5] = ["utf8", "tcvn3", "vni", "viscii", "cp1258"];

    /// By name.
    pub fn find(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "utf8" => Some(Self::Utf8),
            "tcvn3" | "tcvn" | "abc" => Some(Self::Tcvn3),
            "vni" | "vniwindows" => Some(Self::Vni),
            "viscii" => Some(Self::Viscii),
            "cp1258" | "windows1258" => Some(Self::Cp1258),
            _ => None,
        }
    }

    /// Decodes bytes. None where a byte has no meaning in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        let text = match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok()?.to_owned(),
            Self::Tcvn3 => by_table(bytes, &TCVN)?,
            Self::Viscii => by_viscii(bytes),
            Self::Cp1258 => bytes.iter().map(|b| cp1258(*b)).collect::<Option<String>>()?,
            Self::Vni => vni(bytes)?,
        };
        Some(text.nfc().collect())
    }
}

/// The bytes of a text that was read as ISO-8859-1; none where it holds other characters.
pub(super) fn latin1_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn by_table(bytes: &[u8], table: &[(u8, char)]) -> Option<String> {
    bytes
        .iter()
        .map(|b| match b {
            0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa0 => Some(char::from(*b)),
            _ => table.binary_search_by_key(b, |(k, _)| *k).ok().map(|i| table[i].1),
        })
        .collect()
}

/// TCVN 5712. The fonts of the ABC set use the six letters' capitals and all lower-case letters; other capitals are
/// lower-case letters in a capital font (.VnTimeH), which a table of texts does not tell.
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

/// Letters of VISCII 1.1 from 0x80; six more stand among the control characters.
const VISCII_HIGH: &str = "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ\
    ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ";

fn by_viscii(bytes: &[u8]) -> String {
    let high: Vec<char> = VISCII_HIGH.chars().collect();
    bytes
        .iter()
        .map(|b| match b {
            0x02 => 'Ẳ',
            0x05 => 'Ẵ',
            0x06 => 'Ẫ',
            0x14 => 'Ỷ',
            0x19 => 'Ỹ',
            0x1e => 'Ỵ',
            0x80.. => high[usize::from(*b) - 0x80],
            _ => char::from(*b),
        })
        .collect()
}

/// Windows-1258; NFC joins the combining marks afterwards.
#[rustfmt::skip]
fn cp1258(byte: u8) -> Option<char> {
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

/// VNI-Windows: single letters, and bytes with the marks of the letter before them. Capitals stand 0x20 below.
fn vni(bytes: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        match b {
            0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa0 => out.push(char::from(*b)),
            0xc0.. => match (vni_letter(*b), vni_marks(b | 0x20)) {
                (Some(letter), _) => out.push(letter),
                (None, Some(marks)) if out.chars().last().is_some_and(char::is_alphabetic) => {
                    out.push_str(marks);
                }
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(out)
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
    fn a_name_reads_the_same_from_every_encoding() {
        let cases: [(Encoding, &[u8]); 5] = [
            (Encoding::Utf8, "Phường Bắc Gia Nghĩa, Đắk Nông".as_bytes()),
            (Encoding::Tcvn3, b"Ph\xad\xeang B\xbec Gia Ngh\xdca, \xa7\xbek N\xabng"),
            (Encoding::Viscii, b"Ph\xdf\xb6ng B\xa1c Gia Ngh\xeea, \xd0\xa1k N\xf4ng"),
            (Encoding::Cp1258, b"Ph\xfd\xf5\xccng B\xe3\xecc Gia Nghi\xdea, \xd0\xe3\xeck N\xf4ng"),
            (Encoding::Vni, b"Ph\xf6\xf4\xf8ng Ba\xe9c Gia Ngh\xf3a, \xd1a\xe9k No\xe2ng"),
        ];
        for (encoding, bytes) in cases {
            let text = encoding.decode(bytes);
            assert_eq!(text.as_deref(), Some("Phường Bắc Gia Nghĩa, Đắk Nông"), "{encoding:?}");
        }
    }

    #[test]
    fn every_capital_and_mark_of_vni_is_a_letter() {
        let text = Encoding::Vni.decode(b"NGUYE\xc3N \xd6\xd9NG HOA\xd8 y\xf5 \xd4\xcf").unwrap();
        assert_eq!(text, "NGUYỄN ỨNG HOÀ ỹ Ợ");
    }

    #[test]
    fn bytes_without_meaning_are_told() {
        assert_eq!(Encoding::Utf8.decode(&[0xff]), None);
        assert_eq!(Encoding::Tcvn3.decode(&[0x80]), None);
        assert_eq!(Encoding::Cp1258.decode(&[0x81]), None);
        assert_eq!(Encoding::Vni.decode(&[0xf9]), None);
        assert_eq!(Encoding::find("UTF-8"), Some(Encoding::Utf8));
        assert_eq!(Encoding::find("latin1"), None);
    }

    #[test]
    fn tcvn_is_in_order() {
        assert!(TCVN.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
