//! How two areas stand to each other, exactly: integer predicates on the stored coordinates, no overlay.
//!
//! Where no edge of one crosses an edge of the other, the boundaries meet at vertices only. Each ring is cut there;
//! between two such points it lies whole inside, outside or on the boundary of the other area, and the middle of
//! its first piece tells which.

use super::outline::{Edge, Outline, Place, Step, Window, side};

/// What the boundaries of two areas do to each other.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of a pair")]
pub(super) struct Contact {
    /// Two edges cross.
    pub crossing: bool,
    /// A piece of boundary is shared with both areas on the same side of it.
    pub same_side: bool,
    /// A piece of A's boundary lies inside of B.
    pub a_inside: bool,
    /// A piece of A's boundary lies outside of B.
    pub a_outside: bool,
    /// A piece of B's boundary lies inside of A.
    pub b_inside: bool,
}

impl Contact {
    /// Whether the interiors share a point (what DE-9IM writes `T********`).
    pub(super) fn interiors_meet(self) -> bool {
        self.crossing || self.same_side || self.a_inside || self.b_inside
    }

    /// Whether B covers A.
    pub(super) fn a_covered(self) -> bool {
        !self.crossing && !self.a_outside && !self.b_inside && (self.a_inside || self.same_side)
    }
}

/// Buffers that are used from pair to pair.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    a: Touched,
    b: Touched,
}

/// Points at which an outline meets the other one.
#[derive(Debug, Default)]
struct Touched {
    /// Number of the edge, and the point on it.
    cuts: Vec<(u32, Step)>,
    rings: Vec<bool>,
}

impl Touched {
    fn clear(&mut self, rings: usize) {
        self.cuts.clear();
        self.rings.clear();
        self.rings.resize(rings, false);
    }

    fn cut(&mut self, number: usize, edge: &Edge, at: Step) {
        self.cuts.push((number as u32, at));
        self.rings[edge.ring as usize] = true;
    }
}

/// Looks at two areas. Ends early where edges cross: the other answers are then not complete.
pub(super) fn contact(a: &Outline, b: &Outline, scratch: &mut Scratch) -> Contact {
    let mut found = Contact::default();
    let (Some(wa), Some(wb)) = (a.window(), b.window()) else {
        return Contact { a_outside: !a.edges.is_empty(), ..found };
    };
    let Some(window) = wa.shared(&wb) else { return Contact { a_outside: true, ..found } };
    scratch.a.clear(a.rings());
    scratch.b.clear(b.rings());
    let Scratch { a: touched_a, b: touched_b } = scratch;
    a.edges_in(&window, |i| {
        let e = a.edges[i];
        let mut meet = |j: usize| {
            if !found.crossing {
                edges(&mut found, (i, &e, touched_a), (j, &b.edges[j], touched_b));
            }
        };
        let near = e.window();
        if b.is_indexed() {
            b.edges_in(&near, &mut meet);
        } else {
            b.edges.iter().enumerate().filter(|(_, f)| f.window().meets(&near)).for_each(|(j, _)| meet(j));
        }
    });
    if found.crossing {
        return found;
    }
    pieces(a, touched_a, b, |place| match place {
        Place::Inside => found.a_inside = true,
        Place::Outside => found.a_outside = true,
        Place::Boundary => {}
    });
    pieces(b, touched_b, a, |place| found.b_inside |= place == Place::Inside);
    found
}

/// Notes how two edges meet.
fn edges(
    found: &mut Contact,
    (i, e, in_a): (usize, &Edge, &mut Touched),
    (j, f, in_b): (usize, &Edge, &mut Touched),
) {
    let (f0, f1) = (side(e.from, e.to, f.from), side(e.from, e.to, f.to));
    if f0 > 0 && f1 > 0 || f0 < 0 && f1 < 0 {
        return;
    }
    let (e0, e1) = (side(f.from, f.to, e.from), side(f.from, f.to, e.to));
    if e0 > 0 && e1 > 0 || e0 < 0 && e1 < 0 {
        return;
    }
    if f0 != 0 && f1 != 0 && e0 != 0 && e1 != 0 {
        found.crossing = true;
        return;
    }
    let (we, wf) = (e.window(), f.window());
    for (turn, p) in [(f0, f.from), (f1, f.to)] {
        if turn == 0 && we.contains(p) {
            in_a.cut(i, e, p);
            in_b.cut(j, f, p);
        }
    }
    for (turn, p) in [(e0, e.from), (e1, e.to)] {
        if turn == 0 && wf.contains(p) {
            in_a.cut(i, e, p);
            in_b.cut(j, f, p);
        }
    }
    if f0 == 0 && f1 == 0 && shared_length(&we, &wf) {
        let along =
            |axis: usize| i128::from(e.to[axis] - e.from[axis]) * i128::from(f.to[axis] - f.from[axis]);
        found.same_side |= along(0) + along(1) > 0;
    }
}

/// Whether two edges on one line share more than a point.
fn shared_length(e: &Window, f: &Window) -> bool {
    e.shared(f).is_some_and(|w| w.low != w.high)
}

/// Tells of each stretch of `of` between two points of contact, and of each ring without one, where it lies.
fn pieces(of: &Outline, touched: &mut Touched, other: &Outline, mut tell: impl FnMut(Place)) {
    touched.cuts.sort_unstable_by(|(i, p), (j, q)| {
        // Along the edge: by the distance from its start.
        i.cmp(j).then_with(|| {
            let from = of.edges[*i as usize].from;
            let far = |p: &Step| (p[0] - from[0]).abs() + (p[1] - from[1]).abs();
            far(p).cmp(&far(q))
        })
    });
    touched.cuts.dedup();
    for (n, (i, from)) in touched.cuts.iter().enumerate() {
        let edge = &of.edges[*i as usize];
        let next = touched.cuts.get(n + 1).filter(|(j, _)| j == i).map_or(edge.to, |(_, p)| *p);
        // At the end of an edge the next one begins with a contact of its own.
        if next != *from {
            tell(other.locate([from[0] + next[0], from[1] + next[1]]));
        }
    }
    let mut last = None;
    for edge in &of.edges {
        if last != Some(edge.ring) && !touched.rings[edge.ring as usize] {
            tell(other.locate(edge.from.map(|v| 2 * v)));
        }
        last = Some(edge.ring);
    }
}
