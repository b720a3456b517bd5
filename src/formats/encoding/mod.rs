//! Old Vietnamese encodings. GDAL knows CP1258 only, and badly; so files are read as ISO-8859-1, which gives each
//! byte as the character of the same number, and decoded here. What comes out is Unicode NFC.

pub mod detect;
mod syllable;
mod tables;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::text::Text;

/// An encoding that `--encoding` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Windows-1252, of which ISO-8859-1 is a part: what western programs write.
    Cp1252,
}

/// A byte that has no meaning in the encoding that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadByte {
    /// How many bytes stand before it.
    pub at: usize,
    /// The byte.
    pub byte: u8,
    /// The text ends in the middle of a character: a field was too narrow for it.
    pub cut_off: bool,
}

impl Encoding {
    /// Every name that is understood.
    pub const NAMES: [&'static str; 6] = ["utf8", "tcvn3", "vni", "viscii", "cp1258", "cp1252"];

    /// By name.
    pub fn find(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().replace(['-', '_', ' '], "").as_str() {
            "utf8" | "65001" | "cp65001" => Some(Self::Utf8),
            "tcvn3" | "tcvn" | "abc" | "tcvn5712" => Some(Self::Tcvn3),
            "vni" | "vniwindows" | "vniwin" => Some(Self::Vni),
            "viscii" => Some(Self::Viscii),
            "cp1258" | "windows1258" | "1258" | "ansi1258" | "windowsvietnamese" => Some(Self::Cp1258),
            "cp1252" | "windows1252" | "1252" | "ansi1252" | "iso88591" | "88591" | "latin1"
            | "windowslatin1" => Some(Self::Cp1252),
            _ => None,
        }
    }

    /// Its name as `--encoding` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Tcvn3 => "tcvn3",
            Self::Vni => "vni",
            Self::Viscii => "viscii",
            Self::Cp1258 => "cp1258",
            Self::Cp1252 => "cp1252",
        }
    }

    /// Decodes bytes to Unicode NFC. The error is the first byte that has no meaning in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Result<String, BadByte> {
        let text = match self {
            Self::Utf8 => utf8(bytes)?.to_owned(),
            Self::Tcvn3 => tables::capitals_by_font(&each(bytes, tables::tcvn)?),
            Self::Viscii => each(bytes, |b| Some(tables::viscii(b)))?,
            Self::Cp1258 => each(bytes, tables::cp1258)?,
            Self::Cp1252 => each(bytes, tables::cp1252)?,
            Self::Vni => tables::vni(bytes)?,
        };
        Ok(text.nfc().collect())
    }

    /// Decodes a text that was read as ISO-8859-1. Characters beyond that set are what they are: a drawing writes
    /// some as `\U+1EAF` among its bytes.
    pub fn decode_carried(self, text: &str) -> Result<String, BadByte> {
        let byte = |c: char| u8::try_from(u32::from(c)).ok();
        if let Some(bytes) = text.chars().map(byte).collect::<Option<Vec<u8>>>() {
            return self.decode(&bytes);
        }
        let mut out = String::with_capacity(text.len());
        let mut run = Vec::new();
        for c in text.chars() {
            if let Some(b) = byte(c) {
                run.push(b);
            } else {
                out.push_str(&self.decode(&run)?);
                run.clear();
                out.push(c);
            }
        }
        out.push_str(&self.decode(&run)?);
        Ok(out.nfc().collect())
    }
}

/// Why a text cannot be taken, with the place of the byte in it.
pub(super) fn undecodable(name: &str, bad: BadByte) -> Text {
    let names = Encoding::NAMES.join(", ");
    let (at, byte) = (bad.at + 1, bad.byte);
    Text::new(
        format!(
            "văn bản không phải {name}: byte thứ {at} là 0x{byte:02x}; hãy cho biết bảng mã bằng --encoding ({names})"
        ),
        format!(
            "the text is not {name}: byte {at} is 0x{byte:02x}; name its encoding by --encoding ({names})"
        ),
    )
}

fn utf8(bytes: &[u8]) -> Result<&str, BadByte> {
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        BadByte { at, byte: bytes.get(at).copied().unwrap_or(0), cut_off: e.error_len().is_none() }
    })
}

fn each(bytes: &[u8], letter: impl Fn(u8) -> Option<char>) -> Result<String, BadByte> {
    bytes
        .iter()
        .enumerate()
        .map(|(at, byte)| letter(*byte).ok_or(BadByte { at, byte: *byte, cut_off: false }))
        .collect()
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
            assert_eq!(text.as_deref(), Ok("Phường Bắc Gia Nghĩa, Đắk Nông"), "{encoding:?}");
        }
    }

    #[test]
    fn every_capital_and_mark_of_vni_is_a_letter() {
        let text = Encoding::Vni.decode(b"NGUYE\xc3N \xd6\xd9NG HOA\xd8 y\xf5 \xd4\xcf").unwrap();
        assert_eq!(text, "NGUYỄN ỨNG HOÀ ỹ Ợ");
    }

    #[test]
    fn bytes_without_meaning_are_told() {
        let bad = |at, byte, cut_off| Err(BadByte { at, byte, cut_off });
        assert_eq!(Encoding::Utf8.decode(b"ab\xff"), bad(2, 0xff, false));
        assert_eq!(Encoding::Utf8.decode(b"ab\xe1\xba"), bad(2, 0xe1, true));
        assert_eq!(Encoding::Tcvn3.decode(&[0x03]), bad(0, 0x03, false));
        assert_eq!(Encoding::Cp1258.decode(&[0x41, 0x8a]), bad(1, 0x8a, false));
        assert_eq!(Encoding::Vni.decode(&[0xf9]), bad(0, 0xf9, false));
        assert_eq!(Encoding::find("UTF-8"), Some(Encoding::Utf8));
        assert_eq!(Encoding::find("koi8"), None);
        assert!(Encoding::NAMES.iter().all(|n| Encoding::find(n).is_some_and(|e| e.name() == *n)));
    }

    #[test]
    fn capitals_of_a_capital_font_are_capitals() {
        let cases: [(&[u8], &str); 4] = [
            (b"TH\xde X\xb7 GIA NGH\xdcA", "THỊ XÃ GIA NGHĨA"),
            (b"X\xb7 \xa7\xbek N\xabng", "Xã Đắk Nông"),
            (b"L\xfd T\xab", "Lý Tô"),
            (b"Ph\xad\xeang NGH\xdcA T\xa2N", "Phường NGHĨA TÂN"),
        ];
        for (bytes, text) in cases {
            assert_eq!(Encoding::Tcvn3.decode(bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn characters_beyond_the_bytes_stay() {
        let text = "X\u{b7} \u{1ea1} \u{a7}";
        assert_eq!(Encoding::Tcvn3.decode_carried(text).as_deref(), Ok("Xã ạ Đ"));
    }
}
