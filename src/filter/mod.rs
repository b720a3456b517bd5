//! One expression tree for filters (CQL2, FES, plain property filters). `features` evaluates it on columns,
//! `store` writes it as SQL with bound values.

pub mod check;
pub mod evaluate;

use crate::layers::Value;
use crate::space::Bbox;

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// All of them; empty is true.
    And(Vec<Expr>),
    /// Any of them; empty is false.
    Or(Vec<Expr>),
    /// The opposite; unknown stays unknown.
    Not(Box<Expr>),
    /// An attribute compared with a value.
    Compare {
        /// Attribute name of the layer.
        attribute: String,
        /// Operator.
        op: CompareOp,
        /// Value; comparison with `Null` is unknown.
        value: Value,
    },
    /// The attribute has no value.
    IsNull(String),
    /// The item's identifier is one of these.
    Fid(Vec<i64>),
    /// The item's envelope meets the box (EPSG:9218).
    Bbox(Bbox),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the usual six")]
pub enum CompareOp {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}
