//! Relations of arrays, written out.

use super::{Node, Test, alike, compared};
use crate::filter::{ArrayOp, CompareOp};
use crate::{Error, Result};

/// An element of an array.
pub(super) enum Element {
    Scalar(Node),
    Array(Vec<Element>),
}

/// Pairs of elements that an array predicate may be written out to.
const MOST_PAIRS: usize = 1_000;

/// A relation of two arrays, written out element by element.
pub(super) fn array(op: ArrayOp, left: &[Element], right: &[Element]) -> Result<Test> {
    if left.len() * right.len() > MOST_PAIRS {
        return Err(Error::invalid(
            "array",
            format!("hai mảng có quá {MOST_PAIRS} cặp phần tử"),
            format!("the two arrays make more than {MOST_PAIRS} pairs of elements"),
        ));
    }
    let is_in = |a: &Element, list: &[Element]| Test::Or(list.iter().map(|b| same(a, b)).collect());
    let holds = |all: &[Element], list: &[Element]| Test::And(list.iter().map(|b| is_in(b, all)).collect());
    Ok(match op {
        ArrayOp::Contains => holds(left, right),
        ArrayOp::ContainedBy => holds(right, left),
        ArrayOp::Equals => Test::And(vec![holds(left, right), holds(right, left)]),
        ArrayOp::Overlaps => Test::Or(left.iter().map(|a| is_in(a, right)).collect()),
    })
}

/// Whether two elements are equal; what is of two types is not.
fn same(a: &Element, b: &Element) -> Test {
    match (a, b) {
        (Element::Scalar(a), Element::Scalar(b)) => match (a.kind(), b.kind()) {
            (Some(x), Some(y)) if !alike(x, y) => Test::Known(Some(false)),
            _ => compared(CompareOp::Eq, a.clone(), b.clone()),
        },
        (Element::Array(a), Element::Array(b)) if a.len() == b.len() => {
            Test::And(a.iter().zip(b).map(|(a, b)| same(a, b)).collect())
        }
        _ => Test::Known(Some(false)),
    }
}
