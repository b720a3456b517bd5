//! A small XML tree, bounded in depth and number, and a writer. No DOCTYPE, no entities but the predefined ones.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::bim::error::BimError;

const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 300_000;
const MAX_ATTRIBUTES: usize = 64;

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Where it begins: file and line.
    pub place: String,
    attributes: Vec<(String, String)>,
    /// Elements within.
    pub children: Vec<Element>,
    /// Text within; blank text between elements counts too.
    pub text: String,
}

impl Element {
    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The children of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |c| c.name == name)
    }

    /// The text of a child; blank is none.
    pub fn text_of(&self, name: &str) -> Option<String> {
        self.child(name).map(|c| c.text.clone()).filter(|t| !t.trim().is_empty())
    }

    /// An attribute; blank is none.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(n, _)| n == name)?;
        Some(found.1.as_str()).filter(|v| !v.trim().is_empty())
    }

    /// A refusal at this element.
    pub fn wrong(&self, vi: impl Into<String>, en: impl Into<String>) -> BimError {
        let place =
            if self.name.is_empty() { self.place.clone() } else { format!("{} <{}>", self.place, self.name) };
        BimError::new(place, vi, en)
    }
}

/// Counts lines as reading goes on, so that no byte is counted twice.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        if byte > self.at {
            self.line += memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.at..byte]).count();
            self.at = byte;
        }
        self.line
    }
}

/// Reads the file `name`; answers its root, which must be `root`.
pub fn parse(name: &str, bytes: &[u8], root: &str) -> Result<Element, BimError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        BimError::new(name, format!("không phải UTF-8 ở byte {at}"), format!("not UTF-8 at byte {at}"))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut open = vec![Element::default()];
    let mut elements = 0;
    loop {
        let place = format!("{name} line {}", lines.at(reader.buffer_position() as usize));
        let wrong = |e: &dyn std::fmt::Display| {
            BimError::new(place.clone(), format!("XML không đúng: {e}"), format!("wrong XML: {e}"))
        };
        let event = reader.read_event().map_err(|e| wrong(&e))?;
        let depth = open.len();
        let Some(top) = open.last_mut() else { return Err(wrong(&"unexpected end tag")) };
        match event {
            Event::Start(_) if depth > MAX_DEPTH => return Err(wrong(&"nested too deeply")),
            Event::Start(_) | Event::Empty(_) if elements == MAX_ELEMENTS => {
                return Err(wrong(&"too many elements"));
            }
            Event::Start(start) => {
                elements += 1;
                open.push(element(&start, &place).map_err(|e| wrong(&e))?);
            }
            Event::Empty(start) => {
                elements += 1;
                top.children.push(element(&start, &place).map_err(|e| wrong(&e))?);
            }
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                let Some(parent) = open.last_mut() else { return Err(wrong(&"unexpected end tag")) };
                if !done.text.chars().all(legal) {
                    return Err(wrong(&"a control character"));
                }
                parent.children.push(done);
            }
            Event::Text(text) => top.text.push_str(&text.xml10_content()),
            Event::CData(text) => top.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(|e| wrong(&e))? {
                Some(c) => top.text.push(c),
                None => {
                    let found = resolve_predefined_entity(&reference.xml10_content());
                    top.text.push_str(found.ok_or_else(|| wrong(&"an entity of its own is not taken"))?);
                }
            },
            Event::DocType(_) => return Err(wrong(&"DOCTYPE is not taken")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let mut whole = open.pop().unwrap_or_default();
    if !open.is_empty() || whole.children.len() != 1 || whole.children[0].name != root {
        return Err(BimError::new(
            name,
            format!("cần một tài liệu XML đầy đủ có gốc <{root}>"),
            format!("expected one whole XML document with the root <{root}>"),
        ));
    }
    Ok(whole.children.remove(0))
}

fn element(start: &BytesStart<'_>, place: &str) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        // The parser compares each attribute with all before it.
        if attributes.len() == MAX_ATTRIBUTES {
            return Err("too many attributes".to_owned());
        }
        let attribute = attribute.map_err(|e| e.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
        if !value.chars().all(legal) {
            return Err("a control character".to_owned());
        }
        let name: &str = attribute.key.local_name().into_inner();
        attributes.push((name.to_owned(), value.into_owned()));
    }
    let name: &str = start.local_name().into_inner();
    Ok(Element { name: name.to_owned(), place: place.to_owned(), attributes, ..Element::default() })
}

/// Whether XML 1.0 has this character.
pub fn legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Writes a document, indented; only elements without children hold text.
pub struct Writer {
    out: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.extend(std::iter::repeat_n(' ', self.open.len()));
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            escape(&mut self.out, value, true);
            self.out.push('"');
        }
    }

    /// Begins an element.
    pub fn begin(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name);
    }

    /// Ends the innermost element.
    pub fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.extend(std::iter::repeat_n(' ', self.open.len()));
            self.close(name);
        }
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str("/>\n");
    }

    /// An element with text.
    pub fn leaf(&mut self, name: &str, text: &str) {
        self.tag(name, &[]);
        self.out.push('>');
        escape(&mut self.out, text, false);
        self.close(name);
    }

    /// An element with text, unless there is none or it is blank.
    pub fn some(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|t| !t.trim().is_empty()) {
            self.leaf(name, text);
        }
    }

    /// The document.
    pub fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.end();
        }
        self.out.into_bytes()
    }
}

/// Characters that XML has not are left out.
fn escape(out: &mut String, text: &str, attribute: bool) {
    for c in text.chars().filter(|c| legal(*c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
}
