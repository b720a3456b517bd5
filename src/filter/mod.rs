//! One expression tree for filters: CQL2 text and JSON (OGC 21-065r2), FES, plain property filters. `features`
//! evaluates it on columns, `store` writes it as SQL with bound values.
//!
//! The logic has three values: a comparison with what is not known is unknown, and only what is true is answered.
//!
//! The readers of the encodings build the general forms ([`Expr::CompareTerms`] and so on) without knowing the layer;
//! [`typed`] checks them against it, and brings what it can to the quick forms of an attribute and a value.
//! Geometries are in the reference system of the filter until [`literal::to_stored`] has brought them to the stored
//! one: a tree that goes to `features` or `store` holds stored positions only.

pub mod check;
pub mod evaluate;
pub mod functions;
pub mod json;
pub mod like;
pub mod literal;
mod sort;
pub mod text;
pub mod typed;

pub use sort::Sort;

use geo::Geometry;

use crate::layers::Value;
use crate::space::Bbox;

/// A filter: something that is true, false or unknown of an item.
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
    /// A term that is itself true or false: a boolean attribute, `TRUE`, a function.
    Truth(Term),
    /// Two terms of one type compared: texts by code point, whole and other numbers as one type.
    CompareTerms {
        /// Operator.
        op: CompareOp,
        /// What stands before it.
        left: Term,
        /// What stands after it.
        right: Term,
    },
    /// A text fits a pattern: `%` is any run of characters, `_` one character, `\` takes the next as it is. FES
    /// patterns are rewritten to this alphabet by their reader.
    Like {
        /// The text.
        text: Term,
        /// The pattern: a literal, perhaps within [`Term::Casei`] or [`Term::Accenti`].
        pattern: Term,
    },
    /// `low` ≤ `value` ≤ `high`.
    Between {
        /// The value.
        value: Term,
        /// Lower bound.
        low: Term,
        /// Upper bound.
        high: Term,
    },
    /// The value equals one of the list, none of which is unknown to count.
    In {
        /// The value.
        value: Term,
        /// The list.
        list: Vec<Term>,
    },
    /// The term has no value; of the geometry: the item has none.
    IsNullTerm(Term),
    /// A relation of two geometries after DE-9IM, in the plane of EPSG:9218; unknown where one is missing.
    Spatial {
        /// Relation.
        op: SpatialOp,
        /// The geometry property, or a literal.
        left: Term,
        /// The geometry property, or a literal.
        right: Term,
    },
    /// A relation of two instants or intervals; unknown where an end is.
    Temporal {
        /// Relation.
        op: TemporalOp,
        /// A date, an instant or [`Term::Interval`].
        left: Term,
        /// A date, an instant or [`Term::Interval`].
        right: Term,
    },
    /// A relation of two arrays.
    Array {
        /// Relation.
        op: ArrayOp,
        /// [`Term::Array`]; layers have no attribute that is one.
        left: Term,
        /// [`Term::Array`].
        right: Term,
    },
}

/// What has a value for an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A property by its name: an attribute, `fid`, or the geometry (see [`typed::GEOMETRY`]).
    Property(String),
    /// A value as it stands.
    Literal(Value),
    /// Two numbers; unknown where the result is none (division by zero) or beyond what is computed.
    Arithmetic {
        /// Operator.
        op: ArithmeticOp,
        /// Left number.
        left: Box<Term>,
        /// Right number.
        right: Box<Term>,
    },
    /// The text without the difference of upper and lower case.
    Casei(Box<Term>),
    /// The text without accents.
    Accenti(Box<Term>),
    /// A function of the registry.
    Function {
        /// Name, as written.
        name: String,
        /// Arguments.
        args: Vec<Term>,
    },
    /// A geometry as it stands; (x, y) is (east, north) or (longitude, latitude).
    Geometry(Geometry<f64>),
    /// A box as it stands: west, south, east, north. West may be greater than east in degrees: it then crosses the
    /// date line.
    Box([f64; 4]),
    /// From and to, both included; none is open. The ends are dates or instants.
    Interval(Option<Box<Term>>, Option<Box<Term>>),
    /// A list of terms.
    Array(Vec<Term>),
    /// Whether a condition holds, as a value.
    Condition(Box<Expr>),
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

/// An operator of arithmetic. All compute in double precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`: the rest of the division, with the sign of the left number.
    Rem,
    /// `div`: the quotient cut to a whole number.
    IntDiv,
    /// `^`
    Pow,
}

/// A spatial relation (OGC 06-103r4, 6.1.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the usual eight")]
pub enum SpatialOp {
    Intersects,
    Equals,
    Disjoint,
    Touches,
    Within,
    Overlaps,
    Crosses,
    Contains,
}

/// A temporal relation (OGC 21-065r2, 7.9): how the left one stands to the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "Allen's relations as the standard names them")]
pub enum TemporalOp {
    After,
    Before,
    Contains,
    Disjoint,
    During,
    Equals,
    FinishedBy,
    Finishes,
    Intersects,
    Meets,
    MetBy,
    OverlappedBy,
    Overlaps,
    StartedBy,
    Starts,
}

/// A relation of arrays as sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayOp {
    /// Each holds all that the other holds.
    Equals,
    /// The left one holds all that the right one holds.
    Contains,
    /// The right one holds all that the left one holds.
    ContainedBy,
    /// Something is in both.
    Overlaps,
}

impl Term {
    /// A property.
    pub fn property(name: impl Into<String>) -> Self {
        Self::Property(name.into())
    }

    /// A value.
    pub fn literal(value: impl Into<Value>) -> Self {
        Self::Literal(value.into())
    }
}

#[cfg(test)]
mod tests;
