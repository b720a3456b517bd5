//! A request's XML as a small tree. No document type, no entities but the five of XML itself, limits of depth and
//! number.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::fault::Fault;

/// Deepest nesting of elements.
const DEPTH_MAX: usize = 64;
/// Most elements of a request.
const ELEMENTS_MAX: usize = 200_000;

/// An element.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Element {
    /// Local name.
    pub name: String,
    /// Whether it is one of GML's own.
    pub is_gml: bool,
    attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// Text directly in it, blanks around taken off.
    pub text: String,
}

impl Element {
    /// The value of the attribute of this local name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The first child of this local name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The children of this local name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |c| c.name == name)
    }
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Element, Fault> {
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    // A root around the document, so that it ends like any other element.
    let mut open = vec![Element::default()];
    let mut elements = 0;
    loop {
        let at = reader.buffer_position();
        let wrong = |e: &dyn std::fmt::Display| {
            let (vi, en) =
                (format!("XML không đúng ở byte {at}: {e}"), format!("wrong XML at byte {at}: {e}"));
            Fault::parsing("body", vi, en)
        };
        let (namespace, event) = reader.read_resolved_event().map_err(|e| wrong(&e))?;
        let depth = open.len();
        let Some(top) = open.last_mut() else { return Err(wrong(&"unexpected end tag")) };
        match event {
            Event::Start(_) | Event::Empty(_) if elements == ELEMENTS_MAX => {
                return Err(refused(
                    format!("quá {ELEMENTS_MAX} phần tử"),
                    format!("over {ELEMENTS_MAX} elements"),
                ));
            }
            Event::Start(_) if depth > DEPTH_MAX => {
                return Err(refused(
                    format!("lồng quá {DEPTH_MAX} cấp"),
                    format!("nested deeper than {DEPTH_MAX}"),
                ));
            }
            Event::Start(start) => {
                elements += 1;
                let element = element(&start, &namespace).map_err(|e| wrong(&e))?;
                open.push(element);
            }
            Event::Empty(start) => {
                elements += 1;
                top.children.push(element(&start, &namespace).map_err(|e| wrong(&e))?);
            }
            Event::End(_) => {
                let mut done = open.pop().unwrap_or_default();
                done.text.truncate(done.text.trim_end().len());
                done.text.drain(..done.text.len() - done.text.trim_start().len());
                let Some(parent) = open.last_mut() else { return Err(wrong(&"unexpected end tag")) };
                parent.children.push(done);
            }
            Event::Text(text) => top.text.push_str(&text.xml10_content()),
            Event::CData(text) => top.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                match reference.resolve_char_ref().map_err(|e| wrong(&e))? {
                    Some(c) => top.text.push(c),
                    None => top.text.push_str(resolve_predefined_entity(&name).ok_or_else(entities)?),
                }
            }
            Event::DocType(_) => return Err(entities()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let mut whole = open.pop().unwrap_or_default();
    match (open.is_empty(), whole.children.len()) {
        (true, 1) => Ok(whole.children.remove(0)),
        _ => Err(refused("cần một tài liệu XML đầy đủ".into(), "expected one whole XML document".into())),
    }
}

fn element(start: &BytesStart<'_>, namespace: &ResolveResult<'_>) -> Result<Element, quick_xml::Error> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        let name = attribute.key.local_name();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?;
        attributes.push((name.as_ref().to_owned(), value.into_owned()));
    }
    let is_gml =
        matches!(namespace, ResolveResult::Bound(n) if n.as_ref().starts_with("http://www.opengis.net/gml"));
    Ok(Element { name: start.local_name().as_ref().to_owned(), is_gml, attributes, ..Element::default() })
}

fn refused(vi: String, en: String) -> Fault {
    Fault::parsing("body", vi, en)
}

fn entities() -> Fault {
    refused(
        "không nhận DOCTYPE và thực thể riêng".to_owned(),
        "document types and entities of their own are not taken".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clients_send() {
        let root = parse(
            "<?xml version='1.0'?>\n<a:A xmlns:a='x' xmlns:g='http://www.opengis.net/gml/3.2' v='1 &lt; 2'>\
             <g:b> Đ&#x1ed9; &amp; <![CDATA[<c>]]> </g:b><d/><!-- no --></a:A>",
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.attribute("v"), root.is_gml), ("A", Some("1 < 2"), false));
        let b = root.child("b").unwrap();
        assert_eq!((b.text.as_str(), b.is_gml), ("Độ & <c>", true));
        assert_eq!(root.all("d").count(), 1);
    }

    #[test]
    fn what_could_blow_up_is_refused() {
        let deep = "<a>".repeat(10_000) + &"</a>".repeat(10_000);
        let wide = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        for wrong in [
            deep.as_str(),
            &wide,
            "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
            "<a>&e;</a>",
            "<a b='&e;'/>",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "a",
            "",
        ] {
            assert!(parse(wrong).is_err(), "{}", &wrong[..wrong.len().min(60)]);
        }
        assert!(parse(&("<a>".repeat(DEPTH_MAX) + &"</a>".repeat(DEPTH_MAX))).is_ok());
    }
}
