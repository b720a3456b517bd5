//! A unit's name as it stands in a file or an address: kind, name, and the units above that it is told with.

use super::Kind;
use crate::text::fold::{fold, name_key};

/// A name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The kind that stands before the name; none where the name stands alone.
    pub kind: Option<Kind>,
    /// The name, folded.
    pub name: String,
    /// The name's key.
    pub key: String,
    /// The whole first part's key: a name may begin with what looks like a kind.
    pub whole: String,
    /// Keys of the units above, the nearest first: what follows behind commas or in brackets.
    pub above: Vec<String>,
}

/// Kinds as they are written, folded; longer ones first.
const PREFIXES: [(&str, Kind); 18] = [
    ("thanh pho", Kind::ThanhPho),
    ("thi tran", Kind::ThiTran),
    ("dac khu", Kind::DacKhu),
    ("phuong", Kind::Phuong),
    ("thi xa", Kind::ThiXa),
    ("huyen", Kind::Huyen),
    ("tinh", Kind::Tinh),
    ("t.p", Kind::ThanhPho),
    ("t.t", Kind::ThiTran),
    ("t.x", Kind::ThiXa),
    ("xa", Kind::Xa),
    ("tp", Kind::ThanhPho),
    ("tt", Kind::ThiTran),
    ("tx", Kind::ThiXa),
    ("p", Kind::Phuong),
    ("x", Kind::Xa),
    ("h", Kind::Huyen),
    ("q", Kind::Huyen),
];

/// Takes `text` apart; none where it holds no letter or digit.
pub(super) fn parse(text: &str) -> Option<Written> {
    let mut parts =
        text.split([',', ';', '(', ')', '/', '|']).map(str::trim).filter(|p| !name_key(p).is_empty());
    let first = fold(parts.next()?);
    let (kind, name) = strip(&first);
    let above = parts.map(|p| name_key(strip(&fold(p)).1)).collect();
    Some(Written { kind, name: name.to_owned(), key: name_key(name), whole: name_key(&first), above })
}

/// Kind and rest of a folded name.
fn strip(folded: &str) -> (Option<Kind>, &str) {
    for (prefix, kind) in PREFIXES {
        let Some(rest) = folded.strip_prefix(prefix) else { continue };
        let name = rest.trim_start_matches(['.', ' ', ':']);
        // A kind ends where it is written out; P1 and TP.Đà Lạt need no blank.
        let ended = name.len() < rest.len()
            || (prefix == "p" || prefix == "phuong") && rest.starts_with(|c: char| c.is_ascii_digit());
        if ended && !name_key(name).is_empty() {
            return (Some(kind), name);
        }
    }
    (None, folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (text, kind, key, above) in [
            ("Đắk Mil", None, "dakmil", &[][..]),
            ("Thị trấn Đắk Mil", Some(Kind::ThiTran), "dakmil", &[]),
            ("TT. Đăk Mil", Some(Kind::ThiTran), "dakmil", &[]),
            ("TT Đắk Mil", Some(Kind::ThiTran), "dakmil", &[]),
            ("T.T. Đắk Mil", Some(Kind::ThiTran), "dakmil", &[]),
            ("XÃ ĐỨC LẬP", Some(Kind::Xa), "duclap", &[]),
            ("X. Đức Lập", Some(Kind::Xa), "duclap", &[]),
            ("P.Nghĩa Đức", Some(Kind::Phuong), "nghiaduc", &[]),
            ("P1", Some(Kind::Phuong), "1", &[]),
            ("Phường 1 (thành phố Đà Lạt)", Some(Kind::Phuong), "1", &["dalat"]),
            ("TP.Gia Nghĩa", Some(Kind::ThanhPho), "gianghia", &[]),
            ("tx Gia Nghĩa", Some(Kind::ThiXa), "gianghia", &[]),
            ("H. Đắk R’Lấp", Some(Kind::Huyen), "dakrlap", &[]),
            (
                "xã Tân Thành, huyện Krông Nô, tỉnh Đắk Nông",
                Some(Kind::Xa),
                "tanthanh",
                &["krongno", "daknong"],
            ),
            ("Tà Đùng", None, "tadung", &[]),
            ("Xuân Hương - Đà Lạt", None, "xuanhuongdalat", &[]),
        ] {
            let written = parse(text).unwrap();
            assert_eq!((written.kind, written.key.as_str()), (kind, key), "{text}");
            assert_eq!(written.above, above, "{text}");
        }
        assert_eq!(parse(" , ."), None);
        // A kind alone is a name.
        assert_eq!(parse("Xã").unwrap().key, "xa");
    }
}
