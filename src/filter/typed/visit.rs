//! Walks through checked filters.

use super::{Node, Test};

impl Test {
    /// The columns that it looks at, each once.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.visit(&mut |node| {
            if let Node::Column(column, _) = node {
                columns.push(*column);
            }
        });
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Whether it looks at nothing but columns: neither at the identifier nor at the geometry.
    pub fn is_of_values(&self) -> bool {
        let mut only = true;
        self.visit(&mut |node| only &= !matches!(node, Node::Fid | Node::Condition(_)));
        only && !matches!(
            self,
            Self::And(_) | Self::Or(_) | Self::Not(_) | Self::Fid(_) | Self::Bbox(_) | Self::NoGeometry
        ) && !matches!(self, Self::Spatial(..) | Self::SpatialSelf(_) | Self::Near(..))
    }

    /// Conditions and terms in it.
    pub(super) fn size(&self) -> usize {
        let below = match self {
            Self::And(list) | Self::Or(list) => list.iter().map(Self::size).sum(),
            Self::Not(inner) => inner.size(),
            other => {
                let mut nodes = 0;
                other.visit(&mut |_| nodes += 1);
                nodes
            }
        };
        1 + below
    }

    /// Calls `each` with every node.
    fn visit(&self, each: &mut dyn FnMut(&Node)) {
        match self {
            Self::And(list) | Self::Or(list) => list.iter().for_each(|t| t.visit(each)),
            Self::Not(inner) => inner.visit(each),
            Self::Truth(node) | Self::Like(node, _) | Self::IsNull(node) | Self::OneOf(node, _) => {
                node.visit(each);
            }
            Self::Known(_)
            | Self::Fid(_)
            | Self::Bbox(_)
            | Self::NoGeometry
            | Self::Spatial(..)
            | Self::SpatialSelf(_)
            | Self::Near(..) => {}
            Self::Compare(_, a, b) => {
                a.visit(each);
                b.visit(each);
            }
            Self::In(node, list) => {
                node.visit(each);
                list.iter().for_each(|n| n.visit(each));
            }
            Self::Temporal(_, a, b) => {
                let ends = [&a.from, &a.to, &b.from, &b.to];
                ends.into_iter().flatten().for_each(|n| n.visit(each));
            }
        }
    }
}

impl Node {
    fn visit(&self, each: &mut dyn FnMut(&Node)) {
        each(self);
        match self {
            Self::Column(..) | Self::Fid | Self::Constant(_) => {}
            Self::Arithmetic(_, a, b) => {
                a.visit(each);
                b.visit(each);
            }
            Self::Text(_, of) => of.visit(each),
            Self::Condition(test) => test.visit(each),
        }
    }
}
