//! Comparisons and what they compare: attributes, literals, functions and arithmetic.

use super::super::fault::Fault;
use super::super::xml::Element;
use super::{Property, Reader, is_name, no_geometry, own_geometry, two, wrong};
use crate::filter::check::parse_value;
use crate::filter::functions::FOLD;
use crate::filter::{ArithmeticOp, CompareOp, Expr, Term};
use crate::layers::{Attribute, AttributeType, Value};

/// An operand. A literal has no type of its own: it is read as what stands on the other side.
enum Operand<'a> {
    Attribute(&'a Attribute),
    Computed(Term, AttributeType),
    Literal(&'a str),
}

impl Operand<'_> {
    fn is_text(&self) -> bool {
        match self {
            Self::Attribute(a) => a.kind == AttributeType::Text,
            Self::Computed(_, kind) => *kind == AttributeType::Text,
            Self::Literal(_) => false,
        }
    }

    /// As a term; `other` is what a literal is read as.
    fn term(&self, other: &Self, within: &Element) -> Result<Term, Fault> {
        Ok(match (self, other) {
            (Self::Attribute(a), _) => Term::property(&a.name),
            (Self::Computed(term, _), _) => term.clone(),
            (Self::Literal(text), Self::Attribute(a)) => Term::Literal(literal(a, text)?),
            (Self::Literal(text), Self::Computed(_, AttributeType::Real)) => number(text, within)?,
            // Two literals are numbers where both can be.
            (Self::Literal(a), Self::Literal(b)) => match (number(a, within), number(b, within)) {
                (Ok(a), Ok(_)) => a,
                _ => Term::literal(*a),
            },
            (Self::Literal(text), Self::Computed(..)) => Term::literal(*text),
        })
    }
}

fn number(text: &str, within: &Element) -> Result<Term, Fault> {
    let whole = text.parse::<i64>().ok().map(Term::literal);
    let real = || text.parse().ok().filter(|r: &f64| r.is_finite()).map(Term::literal);
    whole.or_else(real).ok_or_else(|| wrong(within, "cần một số", "expected a number"))
}

/// What arithmetic is called as an element (1.0, 1.1) and as a function (2.0 has no elements for it).
fn arithmetic(name: &str) -> Option<ArithmeticOp> {
    Some(match name.to_ascii_lowercase().as_str() {
        "add" => ArithmeticOp::Add,
        "sub" => ArithmeticOp::Sub,
        "mul" => ArithmeticOp::Mul,
        "div" => ArithmeticOp::Div,
        _ => return None,
    })
}

impl Reader<'_> {
    pub(super) fn compare(&self, element: &Element, op: CompareOp) -> Result<Expr, Fault> {
        match_action(element)?;
        let [a, b] = two(element)?;
        let (a, b) = (self.operand(a, element)?, self.operand(b, element)?);
        let folded = element.attribute("matchCase") == Some("false") && (a.is_text() || b.is_text());
        match (&a, &b) {
            (Operand::Attribute(of), Operand::Literal(text)) if !folded => {
                let value = literal(of, text)?;
                return Ok(Expr::Compare { attribute: of.name.clone(), op, value });
            }
            (Operand::Literal(text), Operand::Attribute(of)) if !folded => {
                let value = literal(of, text)?;
                return Ok(Expr::Compare { attribute: of.name.clone(), op: op.turned(), value });
            }
            _ => {}
        }
        let (mut left, mut right) = (a.term(&b, element)?, b.term(&a, element)?);
        if folded {
            (left, right) = (Term::Casei(Box::new(left)), Term::Casei(Box::new(right)));
        }
        Ok(Expr::CompareTerms { op, left, right })
    }

    pub(super) fn is_null(&self, element: &Element) -> Result<Expr, Fault> {
        let [one] = element.children.as_slice() else {
            return Err(wrong(element, "cần đúng một vế", "expected exactly one operand"));
        };
        if is_name(one) {
            return Ok(match self.name(Some(one), element)? {
                Property::Geometry => Expr::IsNullTerm(own_geometry()),
                Property::Attribute(a) => Expr::IsNull(a.name.clone()),
            });
        }
        let one = self.operand(one, element)?;
        Ok(Expr::IsNullTerm(one.term(&Operand::Literal(""), element)?))
    }

    pub(super) fn between(&self, element: &Element) -> Result<Expr, Fault> {
        match_action(element)?;
        let bound = |name: &str| {
            let bound = element.child(name).map(|b| b.children.as_slice());
            let Some([one]) = bound else {
                return Err(wrong(element, "thiếu cận", "a boundary is missing"));
            };
            self.operand(one, element)
        };
        let value =
            element.children.first().ok_or_else(|| wrong(element, "cần một vế", "expected an operand"))?;
        let value = self.operand(value, element)?;
        let (low, high) = (bound("LowerBoundary")?, bound("UpperBoundary")?);
        if let (Operand::Attribute(of), Operand::Literal(low), Operand::Literal(high)) = (&value, &low, &high)
        {
            let side = |op, text| {
                Ok::<_, Fault>(Expr::Compare { attribute: of.name.clone(), op, value: literal(of, text)? })
            };
            return Ok(Expr::And(vec![side(CompareOp::GtEq, low)?, side(CompareOp::LtEq, high)?]));
        }
        let (a, b) = (low.term(&value, element)?, high.term(&value, element)?);
        let other = if matches!(low, Operand::Literal(_)) { &high } else { &low };
        Ok(Expr::Between { value: value.term(other, element)?, low: a, high: b })
    }

    /// A pattern with the signs that the element names, rewritten to those of the tree.
    pub(super) fn like(&self, element: &Element) -> Result<Expr, Fault> {
        match_action(element)?;
        let [a, b] = two(element)?;
        let (a, b) = if a.name == "Literal" { (b, a) } else { (a, b) };
        let (text, pattern) = (self.operand(a, element)?, self.operand(b, element)?);
        let Operand::Literal(pattern) = pattern else {
            return Err(wrong(element, "mẫu phải là Literal", "the pattern must be a Literal"));
        };
        if !text.is_text() {
            return Err(wrong(element, "chỉ dùng cho văn bản", "applies to texts only"));
        }
        let (mut text, mut pattern) =
            (text.term(&Operand::Literal(""), element)?, Term::literal(rewritten(element, pattern)));
        if element.attribute("matchCase") == Some("false") {
            (text, pattern) = (Term::Casei(Box::new(text)), Term::Casei(Box::new(pattern)));
        }
        Ok(Expr::Like { text, pattern })
    }

    fn operand<'a>(&'a self, operand: &'a Element, within: &Element) -> Result<Operand<'a>, Fault> {
        if is_name(operand) {
            return match self.name(Some(operand), within)? {
                Property::Geometry => Err(no_geometry(within)),
                Property::Attribute(a) => Ok(Operand::Attribute(a)),
            };
        }
        match operand.name.as_str() {
            "Literal" if operand.children.is_empty() => Ok(Operand::Literal(&operand.text)),
            "Function" => self.function(operand),
            name => match arithmetic(name) {
                Some(op) => self.calculation(op, operand),
                None => Err(wrong(
                    within,
                    "cần thuộc tính, Literal, Function hoặc phép tính",
                    "expected a property, Literal, Function or arithmetic",
                )),
            },
        }
    }

    fn function<'a>(&'a self, call: &'a Element) -> Result<Operand<'a>, Fault> {
        let name = call.attribute("name").unwrap_or_default();
        if let Some(op) = arithmetic(name) {
            return self.calculation(op, call);
        }
        let make: fn(Box<Term>) -> Term = match name {
            FOLD => |text| Term::Function { name: FOLD.to_owned(), args: vec![*text] },
            "casei" => Term::Casei,
            "accenti" => Term::Accenti,
            _ => {
                return Err(Fault::unsupported(
                    name,
                    format!("không có hàm {name}"),
                    format!("there is no function {name}"),
                ));
            }
        };
        let [text] = call.children.as_slice() else {
            return Err(wrong(call, "cần đúng một đối số", "expected exactly one argument"));
        };
        let text = self.operand(text, call)?.term(&Operand::Literal("x"), call)?;
        Ok(Operand::Computed(make(Box::new(text)), AttributeType::Text))
    }

    fn calculation<'a>(&'a self, op: ArithmeticOp, element: &'a Element) -> Result<Operand<'a>, Fault> {
        let [a, b] = two(element)?;
        let side = |e| match self.operand(e, element)? {
            Operand::Literal(text) => number(text, element).map(Box::new),
            other => other.term(&Operand::Literal(""), element).map(Box::new),
        };
        let (left, right) = (side(a)?, side(b)?);
        Ok(Operand::Computed(Term::Arithmetic { op, left, right }, AttributeType::Real))
    }
}

/// `matchAction` says which values of a property count; each has one here, so all three mean the same.
fn match_action(element: &Element) -> Result<(), Fault> {
    match element.attribute("matchAction") {
        None | Some("All" | "Any" | "One") => Ok(()),
        Some(_) => Err(wrong(element, "matchAction là All, Any hoặc One", "matchAction is All, Any or One")),
    }
}

/// The pattern in the signs of the tree.
fn rewritten(element: &Element, pattern: &str) -> String {
    let sign = |names: [&str; 2]| {
        let text = names.into_iter().find_map(|n| element.attribute(n))?;
        let mut signs = text.chars();
        signs.next().filter(|_| signs.next().is_none())
    };
    let (many, one) = (sign(["wildCard", "wildcard"]), sign(["singleChar", "singlechar"]));
    let escape = sign(["escapeChar", "escape"]);
    let mut rewritten = String::new();
    let mut letters = pattern.chars();
    while let Some(c) = letters.next() {
        let (c, plain) = match c {
            _ if Some(c) == escape => (letters.next().unwrap_or(c), true),
            _ => (c, false),
        };
        match c {
            _ if !plain && Some(c) == many => rewritten.push('%'),
            _ if !plain && Some(c) == one => rewritten.push('_'),
            '%' | '_' | '\\' => rewritten.extend(['\\', c]),
            _ => rewritten.push(c),
        }
    }
    rewritten
}

/// A literal as a value of the attribute. XML Schema writes yes and no as 1 and 0 too, and instants without a zone.
pub(in crate::http::wfs) fn literal(attribute: &Attribute, text: &str) -> Result<Value, Fault> {
    let text = match (attribute.kind, text) {
        (AttributeType::Boolean, "1") => "true".to_owned(),
        (AttributeType::Boolean, "0") => "false".to_owned(),
        (AttributeType::Boolean, other) => other.to_ascii_lowercase(),
        (AttributeType::Date, other) => day_of(other).to_owned(),
        (AttributeType::Timestamp, other) => zoned(other),
        (_, other) => other.to_owned(),
    };
    Ok(parse_value(attribute, &text)?)
}

/// The day of an instant or of an `xs:date`, which may end with `Z`.
pub(super) fn day_of(text: &str) -> &str {
    text.split('T').next().unwrap_or(text).trim_end_matches('Z')
}

/// An instant with the zone that it lacks: clients write those of Vietnam's clocks as they got them, in UTC.
pub(super) fn zoned(text: &str) -> String {
    let time = text.split_once('T').map(|(_, time)| time);
    match time {
        Some(time) if !time.contains(['Z', 'z', '+', '-']) => format!("{text}Z"),
        Some(_) => text.to_owned(),
        None => format!("{text}T00:00:00Z"),
    }
}
