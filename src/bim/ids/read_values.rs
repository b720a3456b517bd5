//! Values of a document: `idsValue`, and the part of XML Schema that restrictions use.

use super::constraint::{Base, Constraint, ConstraintKind, Restriction};
use super::pattern::Pattern;
use super::read::Reader;
use super::scalar::BoundKind;
use super::xml::{Element, Space};

impl Reader {
    /// An `idsValue`: a simple value or a restriction.
    pub(super) fn value(&mut self, parent: &Element, name: &str) -> Option<Constraint> {
        let element = parent.child(name)?;
        self.attributes(element, &[]);
        let kind = match element.children.as_slice() {
            [simple]
                if simple.space == Space::Ids
                    && simple.name == "simpleValue"
                    && simple.children.is_empty() =>
            {
                self.attributes(simple, &[]);
                ConstraintKind::Simple(simple.text.clone())
            }
            [restriction] if restriction.space == Space::Xsd && restriction.name == "restriction" => {
                ConstraintKind::Restriction(self.restriction(restriction)?)
            }
            _ => {
                self.wrong(
                    element.line,
                    format!("<{name}> cần đúng một <simpleValue> hoặc <xs:restriction>"),
                    format!("<{name}> must hold one <simpleValue> or <xs:restriction>"),
                );
                return None;
            }
        };
        Some(Constraint { line: element.line, kind })
    }

    fn restriction(&mut self, element: &Element) -> Option<Restriction> {
        self.attributes(element, &["base", "id"]);
        let word = element.attribute("base").unwrap_or_default();
        let Some(base) = word.split_once(':').and_then(|(_, local)| Base::of(local)) else {
            self.wrong(
                element.line,
                format!("kiểu gốc «{word}» của xs:restriction không có trong IDS"),
                format!("the base “{word}” of xs:restriction is none of IDS"),
            );
            return None;
        };
        let mut out = Restriction {
            base,
            enumeration: Vec::new(),
            patterns: Vec::new(),
            bounds: Vec::new(),
            lengths: Vec::new(),
        };
        for child in &element.children {
            if child.space != Space::Xsd || !base.allows(&child.name) {
                self.wrong(
                    child.line,
                    format!("<{}> không dùng được với kiểu gốc {}", child.name, base.name()),
                    format!("<{}> cannot restrict {}", child.name, base.name()),
                );
            } else if child.name != "annotation" {
                self.restricting(child, &mut out);
            }
        }
        if element.children.iter().all(|c| c.name == "annotation") {
            self.wrong(element.line, "xs:restriction trống", "the xs:restriction is empty");
        }
        Some(out)
    }

    /// One facet of a restriction.
    fn restricting(&mut self, element: &Element, out: &mut Restriction) {
        self.attributes(element, &["value", "fixed", "id"]);
        let Some(value) = element.attribute("value") else {
            self.wrong(element.line, "thiếu thuộc tính «value»", "the attribute “value” is missing");
            return;
        };
        let bound = match element.name.as_str() {
            "enumeration" => {
                out.enumeration.push(value.to_owned());
                None
            }
            "pattern" => {
                match Pattern::new(value) {
                    Ok(pattern) => out.patterns.push(pattern),
                    Err(reason) => self.wrong(
                        element.line,
                        format!("biểu thức «{value}» không đúng: {reason}"),
                        format!("the pattern “{value}” is wrong: {reason}"),
                    ),
                }
                return;
            }
            "minInclusive" => Some(BoundKind::AtLeast),
            "maxInclusive" => Some(BoundKind::AtMost),
            "minExclusive" => Some(BoundKind::Above),
            "maxExclusive" => Some(BoundKind::Below),
            length => {
                match value.trim().parse::<u32>() {
                    Ok(n) if length == "length" => out.lengths.push((n, n)),
                    Ok(n) if length == "minLength" => out.lengths.push((n, u32::MAX)),
                    Ok(n) => out.lengths.push((0, n)),
                    Err(_) => self.literal(element.line, value, "a number of characters"),
                }
                return;
            }
        };
        if !out.base.accepts(value) {
            self.literal(element.line, value, out.base.name());
        }
        if let Some(kind) = bound {
            out.bounds.push((kind, value.to_owned()));
        }
    }
}
