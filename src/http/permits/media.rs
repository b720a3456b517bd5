//! Tells a file's kind from its first bytes: what a client claims is not believed, and nothing is served that a
//! browser could run.

/// Kind of an uploaded file, by the names that procedures use in `accept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `ifc`, `pdf`, `jpg`, `png`, `dwg`, `dxf`.
    pub name: &'static str,
    /// Media type under which it is kept and served.
    pub media_type: &'static str,
}

/// The kind that the first bytes (up to 512) show; none where they show no kind that is accepted anywhere.
pub fn kind(head: &[u8]) -> Option<Kind> {
    let found = |name, media_type| Some(Kind { name, media_type });
    match head {
        [b'%', b'P', b'D', b'F', b'-', ..] => found("pdf", "application/pdf"),
        [0xFF, 0xD8, 0xFF, ..] => found("jpg", "image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => found("png", "image/png"),
        [b'A', b'C', b'1', b'0', ..] => found("dwg", "image/vnd.dwg"),
        _ if is_ifc(head) => found("ifc", "application/x-step"),
        _ if is_dxf(head) => found("dxf", "image/vnd.dxf"),
        _ => None,
    }
}

/// A STEP physical file opens with its standard's name (ISO 10303-21 5.2), perhaps behind a byte order mark.
fn is_ifc(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    head.trim_ascii_start().starts_with(b"ISO-10303-21")
}

/// Text DXF opens with the group `0 SECTION`, perhaps behind `999` comments; binary DXF with its sentinel.
fn is_dxf(head: &[u8]) -> bool {
    if head.starts_with(b"AutoCAD Binary DXF") {
        return true;
    }
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().map(str::trim);
    while let (Some(group), Some(value)) = (lines.next(), lines.next()) {
        match (group, value) {
            ("999", _) => {}
            ("0", "SECTION") => return true,
            _ => return false,
        }
    }
    false
}

/// What a file that is no IFC seems to be, for the refusal: in Vietnamese and English.
pub fn seems(head: &[u8]) -> (&'static str, &'static str) {
    match head {
        [] => ("tệp rỗng", "an empty file"),
        [b'P', b'K', 3 | 5, ..] => (
            "tệp nén ZIP (hãy giải nén .ifczip rồi nộp tệp .ifc)",
            "a ZIP archive (unpack .ifczip and send the .ifc)",
        ),
        _ if head.trim_ascii_start().starts_with(b"<") => {
            ("tệp XML (hãy xuất mô hình ra dạng .ifc)", "an XML file (export the model as .ifc)")
        }
        _ => match kind(head) {
            Some(Kind { name: "pdf", .. }) => ("tệp PDF", "a PDF file"),
            Some(Kind { name: "dwg" | "dxf", .. }) => ("bản vẽ CAD", "a CAD drawing"),
            Some(_) => ("tệp ảnh", "an image"),
            None => ("dữ liệu không có tiêu đề ISO-10303-21", "data without the header ISO-10303-21"),
        },
    }
}

/// A file name as it may be kept and shown: NFC, no path, no control characters, at most 150 characters.
pub fn clean_name(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String =
        last.nfc().filter(|c| !c.is_control() && !"\"<>|:*?".contains(*c)).take(150).collect();
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_the_bytes() {
        let cases: [(&[u8], Option<&str>); 8] = [
            (b"ISO-10303-21;\nHEADER;", Some("ifc")),
            (b"\xEF\xBB\xBF \r\nISO-10303-21;", Some("ifc")),
            (b"%PDF-1.7", Some("pdf")),
            (b"\xFF\xD8\xFF\xE0", Some("jpg")),
            (b"  0\r\nSECTION\r\n", Some("dxf")),
            (b"PK\x03\x04", None),
            (b"<html><script>", None),
            (b"", None),
        ];
        for (head, expected) in cases {
            assert_eq!(kind(head).map(|k| k.name), expected, "{head:?}");
        }
    }

    #[test]
    fn names_lose_what_could_harm() {
        assert_eq!(clean_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_name("C:\\tài liệu\\sổ đỏ\u{0}.pdf"), "sổ đỏ.pdf");
        assert_eq!(clean_name("<img src=x>.pdf"), "img src=x.pdf");
    }
}
