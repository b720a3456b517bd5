//! Calls of the functions of the registry.

use std::sync::Arc;

use geo::CoordsIter;

use super::{Checker, Node, Test, TextFunction, mismatch, place};
use crate::Result;
use crate::filter::evaluate::near;
use crate::filter::functions::{self, DWITHIN, FOLD};
use crate::filter::{SpatialOp, Term};
use crate::layers::Value;

/// Longest distance that is looked for, metres: half around the world.
const FARTHEST_M: f64 = 20_037_508.0;

impl Checker<'_, '_> {
    /// What a function gives for its arguments.
    pub(super) fn call(&self, name: &str, args: &[Term]) -> Result<Node> {
        match (functions::find(name)?.name, args) {
            (FOLD, [text]) => self.text(TextFunction::Fold, text),
            (DWITHIN, [a, b, metres]) => Ok(match self.near(a, b, metres)? {
                Test::Known(known) => Node::Constant(known.into()),
                test => Node::Condition(Box::new(test)),
            }),
            (known, args) => Err(functions::wrong_arguments(known, args.len())),
        }
    }

    fn near(&self, a: &Term, b: &Term, metres: &Term) -> Result<Test> {
        let expected = (
            "một số mét từ 0 trở lên, như nhau cho mọi đối tượng",
            "metres, 0 or more, the same for every item",
        );
        let metres = match self.scalar(metres)? {
            Node::Constant(Value::Int(m)) if m >= 0 => m as f64,
            Node::Constant(Value::Real(m)) if m >= 0.0 => m,
            _ => return Err(mismatch(DWITHIN, expected, (&place(metres), &place(metres)))),
        };
        let metres = metres.min(FARTHEST_M);
        Ok(match (self.geometry(a)?, self.geometry(b)?) {
            (None, None) => Test::SpatialSelf(SpatialOp::Intersects),
            // What lies so far outside that nothing of it is left meets nothing.
            (None, Some(g)) | (Some(g), None) if g.coords_iter().next().is_none() => {
                Test::Spatial(SpatialOp::Intersects, Arc::new(g))
            }
            (None, Some(g)) | (Some(g), None) => Test::Near(Arc::new(g), metres),
            (Some(a), Some(b)) => Test::Known(Some(near(&a, &b, metres))),
        })
    }
}
