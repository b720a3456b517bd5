//! A small XML tree, written out with everything escaped that is not markup.

use std::fmt::{Display, Write};

use quick_xml::escape::escape;

/// An element with its attributes, text and children.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// An element of this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// With an attribute.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "numbers and texts are handed over as they are made")]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.attributes.push((name.to_owned(), value.to_string()));
        self
    }

    /// With a text in it.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "numbers and texts are handed over as they are made")]
    pub fn text(mut self, text: impl Display) -> Self {
        self.text = text.to_string();
        self
    }

    /// With a child.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// With children.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// With a child that has nothing but a text.
    #[must_use]
    pub fn leaf(self, name: &str, text: impl Display) -> Self {
        self.child(Self::new(name).text(text))
    }

    /// The document as text, with this element as its root.
    pub fn document(&self, doctype: Option<&str>) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        if let Some(doctype) = doctype {
            let _ = writeln!(out, "<!DOCTYPE {doctype}>");
        }
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        let _ = write!(out, "{:depth$}<{}", "", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"{}\"", escape(allowed(value).as_str()));
        }
        if self.children.is_empty() && self.text.is_empty() {
            out.push_str("/>\n");
            return;
        }
        let _ = write!(out, ">{}", escape(allowed(&self.text).as_str()));
        if !self.children.is_empty() {
            out.push('\n');
            for child in &self.children {
                child.write(out, depth + 1);
            }
            let _ = write!(out, "{:depth$}", "");
        }
        let _ = writeln!(out, "</{}>", self.name);
    }
}

/// The text without what no XML document may hold, however it is written (XML 1.0, 2.2).
fn allowed(text: &str) -> String {
    text.chars().filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r')).collect()
}

/// A map of texts, as QGIS writes properties.
pub fn options<'a>(values: impl IntoIterator<Item = (&'a str, String)>) -> Element {
    let option = |(name, value): (&str, String)| {
        Element::new("Option").with("name", name).with("value", value).with("type", "QString")
    };
    Element::new("Option").with("type", "Map").children(values.into_iter().map(option))
}

/// Properties that follow an expression each, within an element of this name.
pub fn data_defined<'a>(name: &str, values: impl IntoIterator<Item = (&'a str, String)>) -> Element {
    /// `QgsProperty::ExpressionBasedProperty`.
    const EXPRESSION: u8 = 3;
    let typed = |name: &str, value: &str, kind: &str| {
        Element::new("Option").with("name", name).with("value", value).with("type", kind)
    };
    let property = |(name, expression): (&str, String)| {
        Element::new("Option").with("name", name).with("type", "Map").children([
            typed("active", "true", "bool"),
            typed("expression", &expression, "QString"),
            typed("type", &EXPRESSION.to_string(), "int"),
        ])
    };
    let properties = Element::new("Option")
        .with("name", "properties")
        .with("type", "Map")
        .children(values.into_iter().map(property));
    let map = Element::new("Option").with("type", "Map").children([
        typed("name", "", "QString"),
        properties,
        typed("type", "collection", "QString"),
    ]);
    Element::new(name).child(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_become_markup() {
        let e = Element::new("a").with("b", "\"<x>\u{1}").leaf("c", "]]> & </c>");
        let text = e.document(Some("qgis"));
        assert!(text.starts_with(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE qgis>\n<a b=\"&quot;&lt;x&gt;\">"
        ));
        assert!(
            text.contains("<c>]]&gt; &amp; &lt;/c></c>") || text.contains("<c>]]&gt; &amp; &lt;/c&gt;</c>"),
            "{text}"
        );
    }
}
