//! Features that others are compared with, under a tree of their envelopes.

use geo::{Distance, Euclidean, Geometry, PreparedGeometry, Relate, coords_iter::CoordsIter};
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use super::source::Feature;
use crate::space::Bbox;

/// Vertices from which a geometry is worth an index of its segments.
const PREPARE_FROM: usize = 64;

/// An envelope in EPSG:9218 and the feature it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    low: [f64; 2],
    high: [f64; 2],
    pub index: usize,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.low, self.high)
    }
}

impl PointDistance for Entry {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        self.envelope().distance_2(point)
    }
}

/// Features to compare with.
pub(super) struct Places<'a> {
    pub features: Vec<Feature<'a>>,
    tree: RTree<Entry>,
}

impl<'a> Places<'a> {
    pub(super) fn new(features: Vec<Feature<'a>>) -> Self {
        let entry = |(index, f): (usize, &Feature<'_>)| Entry {
            low: [f.envelope.min_x, f.envelope.min_y],
            high: [f.envelope.max_x, f.envelope.max_y],
            index,
        };
        let tree = RTree::bulk_load(features.iter().enumerate().map(entry).collect());
        Self { features, tree }
    }

    /// Features whose envelope meets the box, in the order in which they were given.
    pub(super) fn near(&self, b: &Bbox) -> Vec<usize> {
        let within = AABB::from_corners([b.min_x, b.min_y], [b.max_x, b.max_y]);
        let mut found: Vec<usize> =
            self.tree.locate_in_envelope_intersecting(within).map(|e| e.index).collect();
        found.sort_unstable();
        found
    }

    /// The `k` features nearest to `geometry` within `max_m`, nearest first, with their distances in metres.
    pub(super) fn nearest(&self, of: &Feature<'_>, k: usize, max_m: f64) -> Vec<(usize, f64)> {
        let e = &of.envelope;
        let centre = [f64::midpoint(e.min_x, e.max_x), f64::midpoint(e.min_y, e.max_y)];
        // No point of the feature is farther from the centre of its envelope than this.
        let radius = f64::midpoint(e.max_x - e.min_x, 0.0).hypot((e.max_y - e.min_y) / 2.0);
        let mut best: Vec<(usize, f64)> = Vec::with_capacity(k + 1);
        for (entry, d2) in self.tree.nearest_neighbor_iter_with_distance_2(centre) {
            let worst = if best.len() < k { max_m } else { best[k - 1].1.min(max_m) };
            if d2.sqrt() - radius > worst {
                break;
            }
            let distance = distance_m(&of.geometry, &self.features[entry.index].geometry);
            if distance <= worst {
                let at = best.partition_point(|(_, d)| *d <= distance);
                best.insert(at, (entry.index, distance));
                best.truncate(k);
            }
        }
        best
    }
}

/// Distance in the plane of EPSG:9218, metres; 0 where the geometries meet.
pub(super) fn distance_m(a: &Geometry<f64>, b: &Geometry<f64>) -> f64 {
    Euclidean.distance(a, b)
}

/// A geometry that many are compared with: its segments are indexed once, where there are many.
pub(super) enum Compared<'a> {
    Plain(&'a Geometry<f64>),
    Prepared(Box<PreparedGeometry<'a, &'a Geometry<f64>, f64>>),
}

impl<'a> Compared<'a> {
    pub(super) fn new(geometry: &'a Geometry<f64>) -> Self {
        if geometry.coords_count() < PREPARE_FROM {
            Self::Plain(geometry)
        } else {
            Self::Prepared(Box::new(PreparedGeometry::from(geometry)))
        }
    }

    /// How `other` stands to it (DE-9IM, `other` first).
    pub(super) fn relate(&self, other: &Geometry<f64>) -> geo::relate::IntersectionMatrix {
        match self {
            Self::Plain(geometry) => other.relate(*geometry),
            Self::Prepared(geometry) => other.relate(geometry.as_ref()),
        }
    }
}
