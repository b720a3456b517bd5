//! The names of operators; the same in text and JSON.

use crate::filter::{ArithmeticOp, ArrayOp, CompareOp, SpatialOp, TemporalOp};

/// Relations of space.
pub(in crate::filter) const SPATIAL: [(&str, SpatialOp); 8] = [
    ("s_intersects", SpatialOp::Intersects),
    ("s_equals", SpatialOp::Equals),
    ("s_disjoint", SpatialOp::Disjoint),
    ("s_touches", SpatialOp::Touches),
    ("s_within", SpatialOp::Within),
    ("s_overlaps", SpatialOp::Overlaps),
    ("s_crosses", SpatialOp::Crosses),
    ("s_contains", SpatialOp::Contains),
];

/// See [`SPATIAL`]. JSON writes the two-word ones with a capital, and is read without regard to it.
pub(in crate::filter) const TEMPORAL: [(&str, TemporalOp); 15] = [
    ("t_after", TemporalOp::After),
    ("t_before", TemporalOp::Before),
    ("t_contains", TemporalOp::Contains),
    ("t_disjoint", TemporalOp::Disjoint),
    ("t_during", TemporalOp::During),
    ("t_equals", TemporalOp::Equals),
    ("t_finishedBy", TemporalOp::FinishedBy),
    ("t_finishes", TemporalOp::Finishes),
    ("t_intersects", TemporalOp::Intersects),
    ("t_meets", TemporalOp::Meets),
    ("t_metBy", TemporalOp::MetBy),
    ("t_overlappedBy", TemporalOp::OverlappedBy),
    ("t_overlaps", TemporalOp::Overlaps),
    ("t_startedBy", TemporalOp::StartedBy),
    ("t_starts", TemporalOp::Starts),
];

/// See [`SPATIAL`].
pub(in crate::filter) const ARRAY: [(&str, ArrayOp); 4] = [
    ("a_equals", ArrayOp::Equals),
    ("a_contains", ArrayOp::Contains),
    ("a_containedBy", ArrayOp::ContainedBy),
    ("a_overlaps", ArrayOp::Overlaps),
];

/// See [`SPATIAL`].
pub(in crate::filter) const COMPARE: [(&str, CompareOp); 6] = [
    ("=", CompareOp::Eq),
    ("<>", CompareOp::NotEq),
    ("<", CompareOp::Lt),
    ("<=", CompareOp::LtEq),
    (">", CompareOp::Gt),
    (">=", CompareOp::GtEq),
];

/// See [`SPATIAL`].
pub(in crate::filter) const ARITHMETIC: [(&str, ArithmeticOp); 7] = [
    ("+", ArithmeticOp::Add),
    ("-", ArithmeticOp::Sub),
    ("*", ArithmeticOp::Mul),
    ("/", ArithmeticOp::Div),
    ("%", ArithmeticOp::Rem),
    ("div", ArithmeticOp::IntDiv),
    ("^", ArithmeticOp::Pow),
];

/// Whether JSON writes an operation by this name between two values, whatever its case.
pub(in crate::filter) fn is_binary(name: &str) -> bool {
    named(&COMPARE, name).is_some()
        || named(&SPATIAL, name).is_some()
        || named(&TEMPORAL, name).is_some()
        || named(&ARRAY, name).is_some()
        || named(&ARITHMETIC, name).is_some()
}

/// Whether the name is one of an operator, of which a function cannot have the name: in JSON both would be the same.
pub(in crate::filter) fn is_operator(name: &str) -> bool {
    let others = ["and", "or", "not", "isNull", "between", "in", "like", "casei", "accenti"];
    is_binary(name) || others.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// The operator of that name, whatever its case.
pub(in crate::filter) fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, op)| *op)
}

/// The name of an operator.
pub(in crate::filter) fn name_of<T: PartialEq>(table: &[(&'static str, T)], op: &T) -> &'static str {
    table.iter().find(|(_, o)| o == op).map_or("", |(n, _)| n)
}
