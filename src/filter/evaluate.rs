//! What a filter means, item by item. Columns and SQL are quicker ways to the same answers; tests hold them to
//! this one.

use std::cmp::Ordering;

use super::{CompareOp, Expr};
use crate::layers::Value;
use crate::space::Bbox;

/// An item as a filter sees it.
pub trait Row {
    /// Identifier.
    fn fid(&self) -> i64;
    /// Value of an attribute; `Null` where it has none.
    fn value(&self, attribute: &str) -> Value;
    /// Envelope in EPSG:9218; none without a geometry.
    fn envelope(&self) -> Option<Bbox>;
}

impl Expr {
    /// Whether the row fulfils the filter; none is unknown, as in SQL.
    pub fn evaluate(&self, row: &impl Row) -> Option<bool> {
        match self {
            Self::And(list) => {
                let all: Vec<_> = list.iter().map(|e| e.evaluate(row)).collect();
                if all.contains(&Some(false)) {
                    Some(false)
                } else {
                    all.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            Self::Or(list) => {
                let all: Vec<_> = list.iter().map(|e| e.evaluate(row)).collect();
                if all.contains(&Some(true)) {
                    Some(true)
                } else {
                    all.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
            Self::Not(inner) => inner.evaluate(row).map(|v| !v),
            Self::Compare { attribute, op, value } => {
                compare(&row.value(attribute), value).map(|order| op.fits(order))
            }
            Self::IsNull(attribute) => Some(row.value(attribute) == Value::Null),
            Self::Fid(fids) => Some(fids.contains(&row.fid())),
            Self::Bbox(b) => row.envelope().map(|e| e.intersects(b)),
        }
    }
}

impl CompareOp {
    /// Whether two values that stand in this order fulfil it.
    pub fn fits(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::NotEq => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::LtEq => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::GtEq => order.is_ge(),
        }
    }
}

/// Order of two values of one type (numbers are one type), texts by code point; none where either is unknown.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Real(b)) => (*a as f64).partial_cmp(b),
        (Value::Real(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
