//! Text in XML.

/// Appends `text` as the content of an element or of an attribute in double quotes. Characters that XML 1.0 cannot
/// hold become U+FFFD.
pub fn escape(out: &mut Vec<u8>, text: &str) {
    let plain = |b: u8| b >= 0x20 && !matches!(b, b'&' | b'<' | b'>' | b'"') && b < 0x80;
    if text.bytes().all(plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut buffer = [0; 4];
    for c in text.chars() {
        let written: &[u8] = match c {
            '&' => b"&amp;",
            '<' => b"&lt;",
            '>' => b"&gt;",
            '"' => b"&quot;",
            // A parser would make a blank or a line feed of them.
            '\t' => b"&#9;",
            '\n' => b"&#10;",
            '\r' => b"&#13;",
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}".as_bytes(),
            c => c.encode_utf8(&mut buffer).as_bytes(),
        };
        out.extend_from_slice(written);
    }
}

/// `text` escaped, see [`escape`].
pub fn escaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    escape(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(escaped("Đường “A” <b> & \"c\"\r\n"), "Đường “A” &lt;b&gt; &amp; &quot;c&quot;&#13;&#10;");
        assert_eq!(escaped("a\u{0}b\u{b}"), "a\u{fffd}b\u{fffd}");
    }
}
