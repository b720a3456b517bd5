//! A filter made ready for columns: attributes are column numbers, texts are ranks of a dictionary. The logic has
//! three values; `None` is unknown.

use std::cmp::Ordering;
use std::sync::Arc;

use chrono::Datelike;

use geo::Geometry;
use rayon::prelude::*;

use super::column::{Cell, Column, Words};
use super::narrow::Codes;
use super::segment::Segment;
use super::spatial::Literal;
use crate::Result;
use crate::filter::evaluate::Row;
use crate::filter::typed::{self, Found, Node, Test};
use crate::filter::{CompareOp, Expr, SpatialOp, check};
use crate::layers::{LayerDef, Value, ValueRef};
use crate::space::Bbox;

/// A filter checked against a definition; columns in the place of attributes.
#[derive(Debug, Clone)]
pub(super) enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Not(Box<Predicate>),
    Compare(usize, CompareOp, Value),
    /// A column that the loaded layer does not have: nothing is known of it.
    Unknown,
    IsNull(usize),
    /// True whatever the item.
    Always,
    Fid(Arc<[i64]>),
    Bbox(Bbox),
    Spatial(SpatialOp, Arc<Literal>),
    /// At most so many metres away.
    Near(Arc<Literal>, f64),
    /// What has no quicker form, and the columns that it looks at.
    General(Arc<Test>, Arc<[usize]>),
}

impl Predicate {
    /// Checks `expr`. `column` gives the column of an attribute that may be asked for; another one is an error
    /// that names it.
    pub(super) fn new(
        expr: &Expr,
        def: &LayerDef,
        column: &impl Fn(&str) -> Option<Option<usize>>,
    ) -> Result<Self> {
        let all = |list: &[Expr]| list.iter().map(|e| Self::new(e, def, column)).collect::<Result<Vec<_>>>();
        let find = |name: &str| {
            let attribute = def.attribute(name).ok_or_else(|| check::unknown_attribute(name))?;
            let column = column(name).ok_or_else(|| check::unknown_attribute(name))?;
            Ok::<_, crate::Error>((attribute, column))
        };
        Ok(match expr {
            Expr::And(list) => Self::And(all(list)?),
            Expr::Or(list) => Self::Or(all(list)?),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner, def, column)?)),
            Expr::Compare { attribute, op, value } => {
                let (attribute, column) = find(attribute)?;
                check::comparable(attribute, value)?;
                column.map_or(Self::Unknown, |c| Self::Compare(c, *op, value.clone()))
            }
            Expr::IsNull(name) => find(name)?.1.map_or(Self::Always, Self::IsNull),
            Expr::Fid(fids) => Self::fids(fids),
            Expr::Bbox(b) => Self::Bbox(*b),
            general => {
                let columns = |name: &str| {
                    let attribute = def.attribute(name)?;
                    column(name).map(|column| Found { attribute, column })
                };
                Self::checked(typed::check(general, &columns)?)
            }
        })
    }

    fn fids(fids: &[i64]) -> Self {
        let mut fids = fids.to_vec();
        fids.sort_unstable();
        fids.dedup();
        Self::Fid(fids.into())
    }

    fn checked(test: Test) -> Self {
        let all = |list: Vec<Test>| list.into_iter().map(Self::checked).collect();
        match test {
            Test::And(list) => Self::And(all(list)),
            Test::Or(list) => Self::Or(all(list)),
            Test::Not(inner) => Self::Not(Box::new(Self::checked(*inner))),
            Test::Known(None) => Self::Unknown,
            Test::Known(Some(true)) => Self::Always,
            Test::Known(Some(false)) => Self::Or(Vec::new()),
            Test::Fid(fids) => Self::fids(&fids),
            Test::OneOf(Node::Fid, list) if list.iter().all(|v| matches!(v, Value::Int(_))) => {
                let fid = |v| if let Value::Int(i) = v { Some(i) } else { None };
                Self::fids(&list.into_iter().filter_map(fid).collect::<Vec<_>>())
            }
            Test::Compare(CompareOp::Eq, Node::Fid, Node::Constant(Value::Int(fid))) => Self::fids(&[fid]),
            Test::Bbox(b) => Self::Bbox(b),
            Test::Compare(op, Node::Column(column, _), Node::Constant(value)) => {
                Self::Compare(column, op, value)
            }
            Test::IsNull(Node::Column(column, _)) => Self::IsNull(column),
            Test::Spatial(op, geometry) => Self::Spatial(op, Arc::new(Literal::new(&geometry))),
            Test::Near(geometry, metres) => Self::Near(Arc::new(Literal::new(&geometry)), metres),
            general => {
                let columns = general.columns().into();
                Self::General(Arc::new(general), columns)
            }
        }
    }

    /// Box that every item meets for which it is true; none where there is no such box.
    pub(super) fn contact(&self) -> Option<Bbox> {
        match self {
            Self::Spatial(op, literal) => literal.contact(*op),
            Self::Near(literal, metres) => literal.around(*metres),
            Self::Bbox(b) => Some(*b).filter(|b| b.area().is_finite()),
            Self::And(list) => {
                list.iter().filter_map(Self::contact).min_by(|a, b| a.area().total_cmp(&b.area()))
            }
            _ => None,
        }
    }

    /// Makes it ready for one segment.
    pub(super) fn bind<'a>(&self, segment: &'a Segment) -> Bound<'a> {
        let all = |list: &[Self]| list.iter().map(|p| p.bind(segment)).collect();
        match self {
            Self::And(list) => Bound::And(all(list)),
            Self::Or(list) => Bound::Or(all(list)),
            Self::Not(inner) => Bound::Not(Box::new(inner.bind(segment))),
            Self::Compare(column, op, value) => compare(&segment.columns[*column], *op, value),
            Self::Unknown => Bound::Constant(None),
            Self::Always => Bound::Constant(Some(true)),
            Self::IsNull(column) => Bound::IsNull(&segment.columns[*column]),
            Self::Fid(fids) => Bound::Fid(fids.clone()),
            Self::Bbox(b) => Bound::Bbox(*b),
            Self::Spatial(op, literal) => Bound::Spatial(*op, literal.clone()),
            Self::Near(literal, metres) => Bound::Near(literal.clone(), *metres),
            Self::General(test, columns) => match &columns[..] {
                [column] if test.is_of_values() => match &segment.columns[*column] {
                    Column::Text { codes, words } => Bound::Words { codes, answers: answers(test, words) },
                    _ => Bound::General(test.clone()),
                },
                _ => Bound::General(test.clone()),
            },
        }
    }
}

/// The answer for no text and for each word of a dictionary.
fn answers(test: &Test, words: &Words) -> Vec<Option<bool>> {
    let one = |code: usize| {
        let word = code.checked_sub(1).map_or(ValueRef::Null, |rank| ValueRef::Text(words.get(rank)));
        test.holds(&WordRow(word))
    };
    (0..words.len() + 1).into_par_iter().with_min_len(4096).map(one).collect()
}

/// A row of which only one text counts.
struct WordRow<'a>(ValueRef<'a>);

impl Row for WordRow<'_> {
    fn fid(&self) -> i64 {
        0
    }

    fn value(&self, _: usize) -> ValueRef<'_> {
        self.0
    }

    fn envelope(&self) -> Option<Bbox> {
        None
    }

    fn geometry(&self) -> Option<Geometry<f64>> {
        None
    }
}

/// An item of a segment.
struct SegmentRow<'a> {
    segment: &'a Segment,
    position: u32,
}

impl Row for SegmentRow<'_> {
    fn fid(&self) -> i64 {
        self.segment.fids[self.position as usize]
    }

    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.segment.cell(column, self.position).into()
    }

    fn envelope(&self) -> Option<Bbox> {
        self.segment.shape(self.position).envelope()
    }

    fn geometry(&self) -> Option<Geometry<f64>> {
        let shape = self.segment.shape(self.position);
        (!shape.is_empty()).then(|| shape.to_geo())
    }
}

/// A filter ready for the items of one segment.
#[derive(Debug)]
pub(super) enum Bound<'a> {
    And(Vec<Bound<'a>>),
    Or(Vec<Bound<'a>>),
    Not(Box<Bound<'a>>),
    Constant(Option<bool>),
    /// Codes of a text column within `from..to`, or outside of it.
    Codes {
        codes: &'a Codes,
        from: u32,
        to: u32,
        inside: bool,
    },
    Compare {
        column: &'a Column,
        op: CompareOp,
        value: Value,
    },
    IsNull(&'a Column),
    Fid(Arc<[i64]>),
    Bbox(Bbox),
    Spatial(SpatialOp, Arc<Literal>),
    Near(Arc<Literal>, f64),
    /// The answer for each code of a text column.
    Words {
        codes: &'a Codes,
        answers: Vec<Option<bool>>,
    },
    General(Arc<Test>),
}

fn compare<'a>(column: &'a Column, op: CompareOp, value: &Value) -> Bound<'a> {
    match (column, value) {
        (_, Value::Null) => Bound::Constant(None),
        (Column::Text { codes, words }, Value::Text(text)) => {
            let (before, found) = words.find(text);
            // A code is the rank plus one.
            let (first, after) = (before + 1, before + 1 + u32::from(found));
            let (from, to, inside) = match op {
                CompareOp::Eq => (first, after, true),
                CompareOp::NotEq => (first, after, false),
                CompareOp::Lt => (1, first, true),
                CompareOp::LtEq => (1, after, true),
                CompareOp::Gt => (after, u32::MAX, true),
                CompareOp::GtEq => (first, u32::MAX, true),
            };
            Bound::Codes { codes, from, to, inside }
        }
        _ => Bound::Compare { column, op, value: value.clone() },
    }
}

impl Bound<'_> {
    /// Whether the item at `position` fulfils it.
    pub(super) fn holds(&self, segment: &Segment, position: u32) -> Option<bool> {
        match self {
            Self::And(list) => list
                .iter()
                .try_fold(Some(true), |so_far, p| match p.holds(segment, position) {
                    Some(false) => Err(Some(false)),
                    Some(true) => Ok(so_far),
                    None => Ok(None),
                })
                .unwrap_or_else(|decided| decided),
            Self::Or(list) => list
                .iter()
                .try_fold(Some(false), |so_far, p| match p.holds(segment, position) {
                    Some(true) => Err(Some(true)),
                    Some(false) => Ok(so_far),
                    None => Ok(None),
                })
                .unwrap_or_else(|decided| decided),
            Self::Not(inner) => inner.holds(segment, position).map(|v| !v),
            Self::Constant(value) => *value,
            Self::Codes { codes, from, to, inside } => match codes.get(position as usize) {
                0 => None,
                code => Some((*from..*to).contains(&code) == *inside),
            },
            Self::Compare { column, op, value } => {
                order(column, position as usize, value).map(|o| op.fits(o))
            }
            Self::IsNull(column) => Some(column.is_null(position as usize)),
            Self::Fid(fids) => Some(fids.binary_search(&segment.fids[position as usize]).is_ok()),
            // An item without geometry has no envelope: SQL's null.
            Self::Bbox(b) => segment.shape(position).envelope().map(|e| e.intersects(b)),
            Self::Spatial(op, literal) => literal.holds(*op, &segment.shape(position)),
            Self::Near(literal, metres) => literal.is_near(*metres, &segment.shape(position)),
            Self::Words { codes, answers } => answers[codes.get(position as usize) as usize],
            Self::General(test) => test.holds(&SegmentRow { segment, position }),
        }
    }
}

/// How the cell stands to the value; none where either is unknown.
fn order(column: &Column, i: usize, value: &Value) -> Option<Ordering> {
    match (column.cell(i), value) {
        (Cell::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Cell::Int(a), Value::Real(b)) => (a as f64).partial_cmp(b),
        (Cell::Real(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Cell::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Cell::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Cell::Date(a), Value::Date(b)) => Some(a.num_days_from_ce().cmp(&b.num_days_from_ce())),
        (Cell::Time(a), Value::Time(b)) => Some(a.timestamp_micros().cmp(&b.timestamp_micros())),
        _ => None,
    }
}
