//! A filter checked against a layer: properties are columns, terms have types, arrays are written out, and what does
//! not depend on the item is computed.

mod array;
mod call;
mod visit;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use geo::Geometry;
use unicode_normalization::UnicodeNormalization;

use array::{Element, array};

use super::check::unknown_attribute;
use super::evaluate::{NoRow, compare};
use super::like::Pattern;
use super::{ArithmeticOp, CompareOp, Expr, SpatialOp, TemporalOp, Term, functions};
use crate::layers::{Attribute, AttributeType, Value};
use crate::space::Bbox;
use crate::{Error, Result};

/// Names of the geometry property: as features call it, and as the tables do.
pub const GEOMETRY: [&str; 2] = ["geometry", "geom"];
/// Name of the identifier.
pub const FID: &str = "fid";

/// What a property is to the reader.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Its definition.
    pub attribute: &'a Attribute,
    /// Number of its column; none where the loaded layer has none: every value is unknown.
    pub column: Option<usize>,
}

/// The columns that a filter may name; none for what does not exist or may not be seen.
pub type Columns<'f, 'a> = &'f dyn Fn(&str) -> Option<Found<'a>>;

/// A checked condition.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as the forms of Expr that they come from")]
pub enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    /// Always this; none is unknown.
    Known(Option<bool>),
    Fid(Vec<i64>),
    Bbox(Bbox),
    Truth(Node),
    Compare(CompareOp, Node, Node),
    Like(Node, Pattern),
    /// Equal to one of the list.
    In(Node, Vec<Node>),
    /// Equal to one of these values, which are of one kind, in their order.
    OneOf(Node, Vec<Value>),
    IsNull(Node),
    /// The item has no geometry.
    NoGeometry,
    /// The item's geometry and one in EPSG:9218.
    Spatial(SpatialOp, Arc<Geometry<f64>>),
    /// The item's geometry and itself.
    SpatialSelf(SpatialOp),
    /// The item's geometry is at most so many metres from this one (EPSG:9218, not empty).
    Near(Arc<Geometry<f64>>, f64),
    Temporal(TemporalOp, Box<Span>, Box<Span>),
}

/// A checked term.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as the forms of Term that they come from")]
pub enum Node {
    Column(usize, AttributeType),
    Fid,
    Constant(Value),
    Arithmetic(ArithmeticOp, Box<Node>, Box<Node>),
    Text(TextFunction, Box<Node>),
    Condition(Box<Test>),
}

/// What is done to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFunction {
    /// Case folded.
    Casei,
    /// Accents taken off.
    Accenti,
    /// As the search folds it (`text::fold`).
    Fold,
}

/// From and to, both included.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Beginning; none lies before everything.
    pub from: Option<Node>,
    /// End; none lies after everything.
    pub to: Option<Node>,
    /// Whether its ends are days; none where both are open.
    pub days: Option<bool>,
}

/// Checks a filter. The error names the property that is unknown, or the part that does not fit.
pub fn check(expr: &Expr, columns: Columns<'_, '_>) -> Result<Test> {
    let test = Checker { columns }.test(expr)?;
    let size = test.size();
    if size > MOST_STEPS {
        return Err(Error::invalid(
            "filter",
            format!("bộ lọc có {size} bước tính cho mỗi đối tượng, tối đa {MOST_STEPS}"),
            format!("the filter takes {size} steps for each item; at most {MOST_STEPS} are taken"),
        ));
    }
    Ok(test)
}

/// Most conditions and terms that are looked at for each item; a list of values counts as one.
const MOST_STEPS: usize = 2_000;

impl Node {
    /// The type of its values; none of the constant `Null`.
    pub fn kind(&self) -> Option<AttributeType> {
        use AttributeType as T;
        Some(match self {
            Self::Column(_, kind) => *kind,
            Self::Fid => T::Integer,
            Self::Arithmetic(..) => T::Real,
            Self::Text(..) => T::Text,
            Self::Condition(_) => T::Boolean,
            Self::Constant(value) => match value {
                Value::Null => return None,
                Value::Bool(_) => T::Boolean,
                Value::Int(_) => T::Integer,
                Value::Real(_) => T::Real,
                Value::Text(_) => T::Text,
                Value::Date(_) => T::Date,
                Value::Time(_) => T::Timestamp,
            },
        })
    }

    fn is_constant(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Column(..) | Self::Fid | Self::Condition(_) => false,
            Self::Arithmetic(_, a, b) => a.is_constant() && b.is_constant(),
            Self::Text(_, a) => a.is_constant(),
        }
    }

    /// The same, computed where it is the same for every item.
    fn folded(self) -> Self {
        if self.is_constant() { Self::Constant(Value::from(self.value(&NoRow))) } else { self }
    }
}

/// Whether values of two types can be compared.
fn alike(a: AttributeType, b: AttributeType) -> bool {
    let number = |t| matches!(t, AttributeType::Integer | AttributeType::Real);
    a == b || number(a) && number(b)
}

fn named(kind: AttributeType) -> (&'static str, &'static str) {
    match kind {
        AttributeType::Text => ("chuỗi ký tự", "a text"),
        AttributeType::Integer | AttributeType::Real => ("số", "a number"),
        AttributeType::Boolean => ("đúng hoặc sai", "true or false"),
        AttributeType::Date => ("ngày", "a date"),
        AttributeType::Timestamp => ("thời điểm", "an instant"),
    }
}

/// A part that does not fit: `got` in the place of `expected`.
fn mismatch(place: &str, expected: (&str, &str), got: (&str, &str)) -> Error {
    Error::invalid(
        place,
        format!("cần {}, nhận được {}", expected.0, got.0),
        format!("expected {}, got {}", expected.1, got.1),
    )
}

const AN_ARRAY: (&str, &str) = ("một mảng", "an array");
const A_GEOMETRY: (&str, &str) = ("một hình học", "a geometry");
const A_SCALAR: (&str, &str) = ("một giá trị", "a single value");
const A_TIME: (&str, &str) = ("ngày, thời điểm hoặc khoảng thời gian", "a date, an instant or an interval");

struct Checker<'f, 'a> {
    columns: Columns<'f, 'a>,
}

impl<'a> Checker<'_, 'a> {
    fn test(&self, expr: &Expr) -> Result<Test> {
        let all = |list: &[Expr]| list.iter().map(|e| self.test(e)).collect::<Result<Vec<_>>>();
        Ok(match expr {
            Expr::And(list) => Test::And(all(list)?),
            Expr::Or(list) => Test::Or(all(list)?),
            Expr::Not(inner) => Test::Not(Box::new(self.test(inner)?)),
            Expr::Compare { attribute, op, value } => {
                super::check::comparable(self.find(attribute)?.attribute, value)?;
                Test::Compare(*op, self.property(attribute)?, Node::Constant(value.clone()))
            }
            Expr::IsNull(name) => Test::IsNull(self.property(name)?),
            Expr::Fid(fids) => Test::Fid(fids.clone()),
            Expr::Bbox(b) => Test::Bbox(*b),
            Expr::Truth(term) => match self.scalar(term)? {
                Node::Condition(test) => *test,
                Node::Constant(Value::Bool(b)) => Test::Known(Some(b)),
                Node::Constant(Value::Null) => Test::Known(None),
                node => Test::Truth(expect(node, AttributeType::Boolean, &place(term))?),
            },
            Expr::CompareTerms { op, left, right } => {
                let (left, right) = self.pair(left, right)?;
                compared(*op, left, right)
            }
            Expr::Like { text, pattern } => {
                let node = expect(self.scalar(text)?, AttributeType::Text, &place(text))?;
                match self.scalar(pattern)? {
                    Node::Constant(Value::Text(p)) => Test::Like(node, Pattern::new(&p)),
                    Node::Constant(Value::Null) => Test::Known(None),
                    _ => {
                        return Err(mismatch(
                            "like",
                            (
                                "một mẫu không phụ thuộc đối tượng",
                                "a pattern that is the same for every item",
                            ),
                            (&place(pattern), &place(pattern)),
                        ));
                    }
                }
            }
            Expr::Between { value, low, high } => {
                let (value, low) = self.pair(value, low)?;
                let (_, high) = self.pair_of(value.clone(), high)?;
                Test::And(vec![
                    compared(CompareOp::GtEq, value.clone(), low),
                    compared(CompareOp::LtEq, value, high),
                ])
            }
            Expr::In { value, list } => {
                let node = self.scalar(value)?;
                let list = list.iter().map(|t| Ok(self.pair_of(node.clone(), t)?.1));
                one_of(node.clone(), list.collect::<Result<_>>()?)
            }
            Expr::IsNullTerm(term) => match term {
                Term::Property(name) if self.is_geometry(name) => Test::NoGeometry,
                Term::Geometry(_) | Term::Box(_) => Test::Known(Some(false)),
                Term::Interval(..) | Term::Array(_) => {
                    return Err(mismatch("is null", A_SCALAR, described(term)));
                }
                term => match self.scalar(term)? {
                    Node::Constant(v) => Test::Known(Some(v == Value::Null)),
                    node => Test::IsNull(node),
                },
            },
            Expr::Spatial { op, left, right } => self.spatial(*op, left, right)?,
            Expr::Temporal { op, left, right } => {
                Test::Temporal(*op, Box::new(self.span(left)?), Box::new(self.span(right)?))
            }
            Expr::Array { op, left, right } => array(*op, &self.array(left)?, &self.array(right)?)?,
        })
    }

    fn find(&self, name: &str) -> Result<Found<'a>> {
        (self.columns)(name).ok_or_else(|| unknown_attribute(name))
    }

    fn is_geometry(&self, name: &str) -> bool {
        GEOMETRY.contains(&name) && (self.columns)(name).is_none()
    }

    fn property(&self, name: &str) -> Result<Node> {
        if name == FID && (self.columns)(name).is_none() {
            return Ok(Node::Fid);
        }
        if self.is_geometry(name) {
            return Err(mismatch(name, A_SCALAR, A_GEOMETRY));
        }
        let found = self.find(name)?;
        Ok(found.column.map_or(Node::Constant(Value::Null), |c| Node::Column(c, found.attribute.kind)))
    }

    fn scalar(&self, term: &Term) -> Result<Node> {
        let node = match term {
            Term::Property(name) => self.property(name)?,
            Term::Literal(value) => Node::Constant(literal(value)?),
            Term::Arithmetic { op, left, right } => {
                let side = |t: &Term| expect(self.scalar(t)?, AttributeType::Real, &place(t)).map(Box::new);
                Node::Arithmetic(*op, side(left)?, side(right)?)
            }
            Term::Casei(text) => self.text(TextFunction::Casei, text)?,
            Term::Accenti(text) => self.text(TextFunction::Accenti, text)?,
            Term::Function { name, args } => self.call(name, args)?,
            Term::Condition(expr) => match self.test(expr)? {
                Test::Known(b) => Node::Constant(b.into()),
                test => Node::Condition(Box::new(test)),
            },
            Term::Geometry(_) | Term::Box(_) | Term::Interval(..) | Term::Array(_) => {
                return Err(mismatch(&place(term), A_SCALAR, described(term)));
            }
        };
        Ok(node.folded())
    }

    fn text(&self, function: TextFunction, of: &Term) -> Result<Node> {
        let node = expect(self.scalar(of)?, AttributeType::Text, &place(of))?;
        Ok(Node::Text(function, Box::new(node)))
    }

    /// Two terms that are compared. A literal text beside a date or an instant is read as one.
    fn pair(&self, left: &Term, right: &Term) -> Result<(Node, Node)> {
        let node = self.scalar(left)?;
        let node =
            if matches!(left, Term::Literal(_)) { read_as(node, self.scalar(right)?.kind()) } else { node };
        self.pair_of(node, right)
    }

    fn pair_of(&self, left: Node, right: &Term) -> Result<(Node, Node)> {
        let node = self.scalar(right)?;
        let node = if matches!(right, Term::Literal(_)) { read_as(node, left.kind()) } else { node };
        match (left.kind(), node.kind()) {
            (Some(a), Some(b)) if !alike(a, b) => Err(mismatch(&place(right), named(a), named(b))),
            _ => Ok((left, node)),
        }
    }

    /// A geometry as it stands, or none: the item's own.
    fn geometry(&self, term: &Term) -> Result<Option<Geometry<f64>>> {
        match term {
            Term::Property(name) if self.is_geometry(name) => Ok(None),
            Term::Geometry(g) => Ok(Some(g.clone())),
            Term::Box(b) => super::literal::box_geometry(*b).map(Some),
            Term::Property(name) => {
                self.find(name)?;
                Err(mismatch(name, A_GEOMETRY, A_SCALAR))
            }
            Term::Function { name, .. } => {
                functions::find(name)?;
                Err(mismatch(name, A_GEOMETRY, A_SCALAR))
            }
            other => Err(mismatch(&place(other), A_GEOMETRY, described(other))),
        }
    }

    fn spatial(&self, op: SpatialOp, left: &Term, right: &Term) -> Result<Test> {
        Ok(match (self.geometry(left)?, self.geometry(right)?) {
            (None, None) => Test::SpatialSelf(op),
            (None, Some(g)) => Test::Spatial(op, Arc::new(g)),
            (Some(g), None) => Test::Spatial(op.turned(), Arc::new(g)),
            (Some(a), Some(b)) => Test::Known(Some(super::evaluate::relates(op, &a, &b))),
        })
    }

    fn span(&self, term: &Term) -> Result<Span> {
        let end = |term: &Term| {
            let node = self.scalar(term)?;
            let node = match &node {
                Node::Constant(Value::Text(text)) => parse_day(text)
                    .map(Value::Date)
                    .or_else(|| parse_instant(text).map(Value::Time))
                    .map_or(node, Node::Constant),
                _ => node,
            };
            match node.kind() {
                Some(AttributeType::Date) => Ok((node, true)),
                Some(AttributeType::Timestamp) | None => Ok((node, false)),
                Some(other) => Err(mismatch(&place(term), A_TIME, named(other))),
            }
        };
        let Term::Interval(from, to) = term else {
            if matches!(term, Term::Property(name) if self.is_geometry(name)) {
                return Err(mismatch(&place(term), A_TIME, A_GEOMETRY));
            }
            let (node, days) = end(term)?;
            return Ok(Span { from: Some(node.clone()), to: Some(node), days: Some(days) });
        };
        let from = from.as_deref().map(end).transpose()?;
        let to = to.as_deref().map(end).transpose()?;
        let days = match (&from, &to) {
            (Some((_, a)), Some((_, b))) => Some(*a && *b),
            (Some((_, a)), None) | (None, Some((_, a))) => Some(*a),
            (None, None) => None,
        };
        Ok(Span { from: from.map(|f| f.0), to: to.map(|t| t.0), days })
    }

    fn array(&self, term: &Term) -> Result<Vec<Element>> {
        match term {
            Term::Array(list) => list.iter().map(|t| self.element(t)).collect(),
            Term::Property(name) => {
                if !self.is_geometry(name) {
                    self.property(name)?;
                }
                Err(mismatch(name, AN_ARRAY, A_SCALAR))
            }
            other => Err(mismatch(&place(other), AN_ARRAY, described(other))),
        }
    }

    fn element(&self, term: &Term) -> Result<Element> {
        Ok(match term {
            Term::Array(_) => Element::Array(self.array(term)?),
            Term::Geometry(_) | Term::Box(_) | Term::Interval(..) => {
                return Err(mismatch(&place(term), A_SCALAR, described(term)));
            }
            term => Element::Scalar(self.scalar(term)?),
        })
    }
}

/// A value in a list; where the list is of constants of one kind it is sorted.
fn one_of(node: Node, list: Vec<Node>) -> Test {
    let kind = list.first().and_then(Node::kind);
    let constant = |n: &Node| match n {
        Node::Constant(v) if kind.is_some() && n.kind() == kind => Some(v.clone()),
        _ => None,
    };
    match list.iter().map(constant).collect::<Option<Vec<_>>>() {
        Some(mut values) if !matches!(node, Node::Constant(_)) => {
            values.sort_by(|a, b| compare(a, b).unwrap_or(std::cmp::Ordering::Equal));
            Test::OneOf(node, values)
        }
        _ => Test::In(node, list),
    }
}

fn compared(op: CompareOp, left: Node, right: Node) -> Test {
    match (&left, &right) {
        (Node::Constant(a), Node::Constant(b)) => Test::Known(compare(a, b).map(|o| op.fits(o))),
        (Node::Constant(_), _) => Test::Compare(op.turned(), right, left),
        _ => Test::Compare(op, left, right),
    }
}

/// A literal text as a date or an instant where the other side is one.
fn read_as(node: Node, kind: Option<AttributeType>) -> Node {
    let Node::Constant(Value::Text(text)) = &node else { return node };
    let read = match kind {
        Some(AttributeType::Date) => parse_day(text).map(Value::Date),
        Some(AttributeType::Timestamp) => parse_instant(text).map(Value::Time),
        _ => None,
    };
    read.map_or(node, Node::Constant)
}

fn expect(node: Node, kind: AttributeType, place: &str) -> Result<Node> {
    match node.kind() {
        Some(got) if !alike(got, kind) => Err(mismatch(place, named(kind), named(got))),
        _ => Ok(node),
    }
}

fn literal(value: &Value) -> Result<Value> {
    match value {
        Value::Text(text) if text.contains('\0') => Err(Error::invalid(
            "text",
            "chuỗi ký tự không được chứa ký tự số 0",
            "a text must not hold the character 0",
        )),
        Value::Text(text) => Ok(Value::Text(text.nfc().collect())),
        Value::Real(r) if !r.is_finite() => Ok(Value::Null),
        other => Ok(other.clone()),
    }
}

/// A calendar day with a year of four digits.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10 && text.as_bytes()[0].is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// An RFC 3339 instant with a year of four digits.
pub fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    text.as_bytes()
        .first()?
        .is_ascii_digit()
        .then(|| DateTime::parse_from_rfc3339(text).ok())
        .flatten()
        .map(Into::into)
}

/// A word for a term in messages.
fn place(term: &Term) -> String {
    match term {
        Term::Property(name) | Term::Function { name, .. } => name.clone(),
        other => super::text::print_term(other).chars().take(60).collect(),
    }
}

fn described(term: &Term) -> (&'static str, &'static str) {
    match term {
        Term::Geometry(_) | Term::Box(_) => A_GEOMETRY,
        Term::Interval(..) => ("một khoảng thời gian", "an interval"),
        Term::Array(_) => AN_ARRAY,
        _ => A_SCALAR,
    }
}
