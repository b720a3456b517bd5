//! An area as exact integer rings on the 0.1 mm grid of EPSG:9218, and where a point lies to it.
//!
//! The interior lies to the left of every edge: outer rings run anticlockwise, holes clockwise. Answers are exact,
//! so they equal those of any correct predicate on the stored coordinates.

use geo::{LineString, MultiPolygon, Polygon};
use rstar::{AABB, RTree, RTreeObject};

use crate::features::{Item, STEPS_PER_M};
use crate::space::Bbox;

/// A position in steps of 0.1 mm.
pub(super) type Step = [i64; 2];

/// Edges from which an area gets a tree of its edges.
const INDEXED_FROM: usize = 64;

/// A box in steps: west, south, east, north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub low: Step,
    pub high: Step,
}

impl Window {
    pub(super) fn of(a: Step, b: Step) -> Self {
        Self { low: [a[0].min(b[0]), a[1].min(b[1])], high: [a[0].max(b[0]), a[1].max(b[1])] }
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        (0..2).all(|i| self.low[i] <= other.high[i] && other.low[i] <= self.high[i])
    }

    pub(super) fn contains(&self, p: Step) -> bool {
        (0..2).all(|i| self.low[i] <= p[i] && p[i] <= self.high[i])
    }

    /// What two boxes share; none where they are apart.
    pub(super) fn shared(&self, other: &Self) -> Option<Self> {
        let low = [self.low[0].max(other.low[0]), self.low[1].max(other.low[1])];
        let high = [self.high[0].min(other.high[0]), self.high[1].min(other.high[1])];
        (low[0] <= high[0] && low[1] <= high[1]).then_some(Self { low, high })
    }

    pub(super) fn grown(&self, by: i64) -> Self {
        Self { low: self.low.map(|v| v - by), high: self.high.map(|v| v + by) }
    }

    /// Square metres.
    pub(super) fn area_m2(&self) -> f64 {
        let side = |i: usize| (self.high[i] - self.low[i]) as f64 / STEPS_PER_M;
        side(0) * side(1)
    }

    pub(super) fn bbox(&self) -> Bbox {
        let m = |v: i64| v as f64 / STEPS_PER_M;
        Bbox { min_x: m(self.low[0]), min_y: m(self.low[1]), max_x: m(self.high[0]), max_y: m(self.high[1]) }
    }
}

/// Twice the signed area of the triangle: positive where `c` lies left of the line from `a` to `b`.
pub(super) fn side(a: Step, b: Step, c: Step) -> i128 {
    i128::from(b[0] - a[0]) * i128::from(c[1] - a[1]) - i128::from(b[1] - a[1]) * i128::from(c[0] - a[0])
}

/// An edge of a ring or line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub from: Step,
    pub to: Step,
    /// Number of its ring.
    pub ring: u32,
}

impl Edge {
    pub(super) fn window(&self) -> Window {
        Window::of(self.from, self.to)
    }
}

#[derive(Debug, Clone)]
struct Indexed {
    window: Window,
    edge: u32,
}

impl RTreeObject for Indexed {
    type Envelope = AABB<[i64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.window.low, self.window.high)
    }
}

/// Where a point lies to an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Inside,
    Boundary,
    Outside,
}

/// The edges of one item.
#[derive(Debug, Default, Clone)]
pub(super) struct Outline {
    pub edges: Vec<Edge>,
    rings: u32,
    window: Option<Window>,
    tree: Option<RTree<Indexed>>,
}

impl Outline {
    /// The edges of an item of areas or lines.
    pub(super) fn of(item: &Item<'_>) -> Self {
        let mut outline = Self::default();
        outline.take(item);
        if outline.edges.len() >= INDEXED_FROM {
            outline.index();
        }
        outline
    }

    /// Becomes the outline of `item`, without a tree, in the memory it has.
    fn take(&mut self, item: &Item<'_>) {
        self.edges.clear();
        (self.rings, self.window, self.tree) = (0, None, None);
        let shape = item.shape();
        for (_, vertices) in shape.rings() {
            let mut last: Option<Step> = None;
            for v in vertices {
                let to = shape.metres(v);
                if let Some(from) = last.filter(|from| *from != to) {
                    self.edges.push(Edge { from, to, ring: self.rings });
                }
                last = Some(to);
            }
            self.rings += 1;
        }
        self.window = self.edges.iter().map(Edge::window).reduce(|a, b| Window {
            low: [a.low[0].min(b.low[0]), a.low[1].min(b.low[1])],
            high: [a.high[0].max(b.high[0]), a.high[1].max(b.high[1])],
        });
    }

    fn index(&mut self) {
        let indexed = |(i, e): (usize, &Edge)| Indexed { window: e.window(), edge: i as u32 };
        self.tree = Some(RTree::bulk_load(self.edges.iter().enumerate().map(indexed).collect()));
    }

    /// Box around it; none where it is empty.
    pub(super) fn window(&self) -> Option<Window> {
        self.window
    }

    pub(super) fn rings(&self) -> usize {
        self.rings as usize
    }

    pub(super) fn is_indexed(&self) -> bool {
        self.tree.is_some()
    }

    /// Calls `each` with the number of every edge whose box meets `window`.
    pub(super) fn edges_in(&self, window: &Window, mut each: impl FnMut(usize)) {
        if let Some(tree) = &self.tree {
            let found = tree.locate_in_envelope_intersecting(AABB::from_corners(window.low, window.high));
            found.for_each(|i| each(i.edge as usize));
        } else {
            let met = self.edges.iter().enumerate().filter(|(_, e)| e.window().meets(window));
            met.for_each(|(i, _)| each(i));
        }
    }

    /// Where a point lies whose coordinates are given **doubled**, so that middles of edges are exact.
    pub(super) fn locate(&self, doubled: Step) -> Place {
        let Some(window) = self.window else { return Place::Outside };
        let twice = Window { low: window.low.map(|v| 2 * v), high: window.high.map(|v| 2 * v) };
        if !twice.contains(doubled) {
            return Place::Outside;
        }
        // A ray to the east: the edges that it may meet.
        let y = [doubled[1].div_euclid(2), -(-doubled[1]).div_euclid(2)];
        let ray = Window { low: [doubled[0].div_euclid(2), y[0]], high: [window.high[0], y[1]] };
        let (mut crossings, mut boundary) = (0_u32, false);
        self.edges_in(&ray, |i| {
            let (p, q) = (self.edges[i].from.map(|v| 2 * v), self.edges[i].to.map(|v| 2 * v));
            let turn = side(p, q, doubled);
            if turn == 0 && Window::of(p, q).contains(doubled) {
                boundary = true;
            } else if (p[1] > doubled[1]) != (q[1] > doubled[1]) && (turn > 0) == (q[1] > p[1]) {
                crossings += 1;
            }
        });
        match (boundary, crossings % 2) {
            (true, _) => Place::Boundary,
            (false, 1) => Place::Inside,
            _ => Place::Outside,
        }
    }

    /// Distance in steps from `p` to the nearest edge within `reach`; none where all are further away.
    pub(super) fn distance(&self, p: Step, reach: i64) -> Option<f64> {
        let mut nearest: Option<f64> = None;
        self.edges_in(&Window::of(p, p).grown(reach), |i| {
            let d = to_edge(p, &self.edges[i]);
            if d <= reach as f64 && nearest.is_none_or(|n| d < n) {
                nearest = Some(d);
            }
        });
        nearest
    }

    /// The part of the area within `window`, each ring a polygon of its own under the even-odd rule, in metres from
    /// `origin`. Beyond the window the outline is drawn along its border.
    pub(super) fn rings_within(&self, window: &Window, origin: Step) -> MultiPolygon<f64> {
        let mut rings: Vec<Vec<[f64; 2]>> = vec![Vec::new(); self.rings()];
        let local = |p: Step| [0, 1].map(|i| (p[i] - origin[i]) as f64 / STEPS_PER_M);
        self.edges.iter().for_each(|e| rings[e.ring as usize].push(local(e.from)));
        let (low, high) = (local(window.low), local(window.high));
        let whole = self.window.is_some_and(|w| window.contains(w.low) && window.contains(w.high));
        let mut spare = Vec::new();
        let polygons = rings.into_iter().map(|mut ring| {
            for (axis, limit, sign) in
                [(0, low[0], 1.0), (0, high[0], -1.0), (1, low[1], 1.0), (1, high[1], -1.0)]
            {
                if !whole {
                    cut(&ring, axis, limit, sign, &mut spare);
                    std::mem::swap(&mut ring, &mut spare);
                }
            }
            Polygon::new(LineString::from(ring), Vec::new())
        });
        MultiPolygon(polygons.filter(|p| p.exterior().0.len() > 3).collect())
    }
}

/// The ring on one side of an axis-parallel line (Sutherland and Hodgman).
fn cut(ring: &[[f64; 2]], axis: usize, limit: f64, sign: f64, out: &mut Vec<[f64; 2]>) {
    out.clear();
    let kept = |p: &[f64; 2]| (p[axis] - limit) * sign >= 0.0;
    let Some(mut last) = ring.last() else { return };
    for p in ring {
        if kept(p) != kept(last) {
            let share = (limit - last[axis]) / (p[axis] - last[axis]);
            let mut at = [last[0] + share * (p[0] - last[0]), last[1] + share * (p[1] - last[1])];
            at[axis] = limit;
            out.push(at);
        }
        if kept(p) {
            out.push(*p);
        }
        last = p;
    }
}

/// Distance in steps from a point to an edge.
fn to_edge(p: Step, e: &Edge) -> f64 {
    let (dx, dy) = ((e.to[0] - e.from[0]) as f64, (e.to[1] - e.from[1]) as f64);
    let (px, py) = ((p[0] - e.from[0]) as f64, (p[1] - e.from[1]) as f64);
    let length2 = dx * dx + dy * dy;
    let share = if length2 > 0.0 { ((px * dx + py * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (px - share * dx).hypot(py - share * dy)
}
