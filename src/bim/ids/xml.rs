//! A document's XML as a small tree that knows its lines. No document type, no entities but the five of XML itself,
//! limits of size, depth and number.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::problem::Problem;

/// Largest document, bytes.
pub const BYTES_MAX: usize = 64 << 20;
/// Deepest nesting of elements.
const DEPTH_MAX: usize = 32;
/// Most elements of a document.
const ELEMENTS_MAX: usize = 1_000_000;

const IDS: &str = "http://standards.buildingsmart.org/IDS";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// The namespaces that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Space {
    /// IDS.
    Ids,
    /// XML Schema.
    Xsd,
    /// Any other or none.
    #[default]
    Other,
}

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    /// Its namespace.
    pub space: Space,
    /// Local name.
    pub name: String,
    /// Attributes without a prefix.
    pub attributes: Vec<(String, String)>,
    /// Elements in it.
    pub children: Vec<Element>,
    /// Text directly in it.
    pub text: String,
    /// Line of its start tag.
    pub line: u32,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The first IDS element of this name in it.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.space == Space::Ids && c.name == name)
    }
}

/// Reads a document.
pub fn parse(bytes: &[u8]) -> Result<Element, Problem> {
    if bytes.len() > BYTES_MAX {
        let mib = BYTES_MAX >> 20;
        return Err(Problem::new(
            1,
            format!("tệp lớn hơn {mib} MiB"),
            format!("the file is larger than {mib} MiB"),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = 1 + lines(&bytes[..e.valid_up_to()]);
        Problem::new(line, "tệp không phải mã UTF-8", "the file is not encoded in UTF-8")
    })?;
    Parser::new(text.trim_start_matches('\u{feff}')).run()
}

/// Line ends.
#[allow(clippy::naive_bytecount, reason = "documents are small; not worth a crate")]
fn lines(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|b| **b == b'\n').count() as u32
}

struct Parser<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    /// How far lines are counted, and how many.
    counted: (usize, u32),
    open: Vec<Element>,
    elements: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        // A root around the document, so that it ends like any other element.
        let open = vec![Element::default()];
        Self { text, reader: NsReader::from_str(text), counted: (0, 1), open, elements: 0 }
    }

    /// The line of what is read next.
    fn line(&mut self) -> u32 {
        let to = (self.reader.buffer_position() as usize).min(self.text.len());
        let passed = &self.text.as_bytes()[self.counted.0.min(to)..to];
        self.counted = (to, self.counted.1 + lines(passed));
        self.counted.1
    }

    fn run(mut self) -> Result<Element, Problem> {
        loop {
            let line = self.line();
            let wrong = |e: &dyn std::fmt::Display| broken(line, e);
            let (namespace, event) = self.reader.read_resolved_event().map_err(|e| wrong(&e))?;
            let space = match namespace {
                ResolveResult::Bound(ns) if ns.as_ref() == IDS => Space::Ids,
                ResolveResult::Bound(ns) if ns.as_ref() == XSD => Space::Xsd,
                _ => Space::Other,
            };
            let depth = self.open.len();
            let Some(top) = self.open.last_mut() else { return Err(wrong(&"unexpected end tag")) };
            match event {
                Event::Start(_) | Event::Empty(_) if self.elements == ELEMENTS_MAX || depth > DEPTH_MAX => {
                    return Err(Problem::new(
                        line,
                        format!("quá {ELEMENTS_MAX} phần tử hoặc lồng quá {DEPTH_MAX} cấp"),
                        format!("over {ELEMENTS_MAX} elements or nested deeper than {DEPTH_MAX}"),
                    ));
                }
                Event::Start(start) => {
                    self.elements += 1;
                    self.open.push(element(&start, space, line).map_err(|e| wrong(&e))?);
                }
                Event::Empty(start) => {
                    self.elements += 1;
                    top.children.push(element(&start, space, line).map_err(|e| wrong(&e))?);
                }
                Event::End(_) => {
                    let done = self.open.pop().unwrap_or_default();
                    let Some(parent) = self.open.last_mut() else { return Err(wrong(&"unexpected end tag")) };
                    parent.children.push(done);
                }
                Event::Text(text) => top.text.push_str(&text.xml10_content()),
                Event::CData(text) => top.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let name = reference.xml10_content();
                    match reference.resolve_char_ref().map_err(|e| wrong(&e))? {
                        Some(c) => top.text.push(c),
                        None => {
                            top.text
                                .push_str(resolve_predefined_entity(&name).ok_or_else(|| entities(line))?);
                        }
                    }
                }
                Event::DocType(_) => return Err(entities(line)),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        let line = self.line();
        let mut whole = self.open.pop().unwrap_or_default();
        if !self.open.is_empty() {
            let name = whole.name;
            return Err(broken(line, &format!("<{name}> of line {} is not closed", whole.line)));
        }
        match whole.children.len() {
            1 if whole.text.trim().is_empty() => Ok(whole.children.remove(0)),
            _ => Err(broken(line, &"one root element is expected")),
        }
    }
}

fn broken(line: u32, e: &dyn std::fmt::Display) -> Problem {
    Problem::new(line, format!("XML không đúng: {e}"), format!("not well-formed XML: {e}"))
}

fn entities(line: u32) -> Problem {
    Problem::new(
        line,
        "khai báo kiểu tài liệu (DTD) và thực thể riêng không được chấp nhận",
        "document types and entities of one's own are not accepted",
    )
}

fn element(start: &BytesStart<'_>, space: Space, line: u32) -> Result<Element, quick_xml::Error> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        let (local, prefix) = attribute.key.decompose();
        // Declarations of namespaces, xsi:schemaLocation, xml:lang.
        if prefix.is_some() || attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?;
        attributes.push((local.as_ref().to_owned(), value.into_owned()));
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { space, name, attributes, line, ..Element::default() })
}
