//! The spatial index of a segment: rstar trees over the envelopes of its items, side by side from west to east. They
//! are loaded on all processors; a box asks those that it meets.

use rayon::prelude::*;
use rstar::{AABB, RTree, RTreeObject};

use super::shapes::Shapes;
use crate::space::Bbox;

/// Items of one tree: to load fewer beside each other gains nothing.
const ITEMS_A_TREE: usize = 125_000;

/// An item's envelope in EPSG:9218.
#[derive(Debug, Clone, Copy)]
struct Entry {
    low: [f64; 2],
    high: [f64; 2],
    position: u32,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.low, self.high)
    }
}

impl Entry {
    fn bbox(&self) -> Bbox {
        Bbox { min_x: self.low[0], min_y: self.low[1], max_x: self.high[0], max_y: self.high[1] }
    }
}

#[derive(Debug, Default)]
pub(super) struct Index {
    trees: Vec<RTree<Entry>>,
    extent: Option<Bbox>,
}

impl Index {
    /// Of the first `items` shapes; those without geometry are left out.
    pub(super) fn build(shapes: &Shapes, items: usize) -> Self {
        let entry = |i: usize| {
            let b = shapes.shape(i).envelope()?;
            Some(Entry { low: [b.min_x, b.min_y], high: [b.max_x, b.max_y], position: i as u32 })
        };
        Self::load((0..items).into_par_iter().filter_map(entry).collect(), ITEMS_A_TREE)
    }

    fn load(entries: Vec<Entry>, most: usize) -> Self {
        let extent = entries.iter().map(Entry::bbox).reduce(|a, b| a.union(&b));
        let trees = slabs(entries, most).into_par_iter().map(RTree::bulk_load).collect();
        Self { trees, extent }
    }

    /// Box around all items; none without geometry.
    pub(super) fn extent(&self) -> Option<Bbox> {
        self.extent
    }

    /// Positions and envelopes that meet the box, in no order to rely on.
    pub(super) fn in_box(&self, b: &Bbox) -> impl Iterator<Item = (u32, Bbox)> + use<'_> {
        let asked = AABB::from_corners([b.min_x, b.min_y], [b.max_x, b.max_y]);
        let found = self.trees.iter().flat_map(move |tree| tree.locate_in_envelope_intersecting(asked));
        found.map(|e| (e.position, e.bbox()))
    }

    /// Bytes on the heap, estimated at the entries.
    pub(super) fn bytes(&self) -> usize {
        self.trees.iter().map(RTree::size).sum::<usize>() * size_of::<Entry>() * 5 / 4
    }
}

/// At most `most` entries each, from east to west.
fn slabs(mut rest: Vec<Entry>, most: usize) -> Vec<Vec<Entry>> {
    let size = rest.len().div_ceil(rest.len().div_ceil(most).max(1));
    let mut slabs = Vec::new();
    while rest.len() > size {
        let at = rest.len() - size;
        rest.select_nth_unstable_by(at, |a, b| a.low[0].total_cmp(&b.low[0]));
        slabs.push(rest.split_off(at));
    }
    slabs.push(rest);
    slabs
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn several_trees_answer_as_one_list() {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        let mut boxed = |size: f64| {
            let [x, y] = [(); 2].map(|()| random.random_range(0.0..1000.0));
            let [w, h] = [(); 2].map(|()| random.random_range(0.0..size));
            Bbox { min_x: x, min_y: y, max_x: x + w, max_y: y + h }
        };
        for items in [0_usize, 1, 99, 100, 101, 1000] {
            let boxes: Vec<Bbox> = (0..items).map(|_| boxed(30.0)).collect();
            let entry = |(i, b): (usize, &Bbox)| Entry {
                low: [b.min_x, b.min_y],
                high: [b.max_x, b.max_y],
                position: i as u32,
            };
            let index = Index::load(boxes.iter().enumerate().map(entry).collect(), 100);
            assert_eq!(index.trees.len(), items.div_ceil(100).max(1));
            assert_eq!(index.extent(), boxes.iter().copied().reduce(|a, b| a.union(&b)));
            for _ in 0..50 {
                let asked = boxed(200.0);
                let mut found: Vec<u32> = index.in_box(&asked).map(|(i, _)| i).collect();
                found.sort_unstable();
                let meets = |b: &Bbox| {
                    b.min_x <= asked.max_x
                        && asked.min_x <= b.max_x
                        && b.min_y <= asked.max_y
                        && asked.min_y <= b.max_y
                };
                let expected: Vec<u32> = (0..items as u32).filter(|i| meets(&boxes[*i as usize])).collect();
                assert_eq!(found, expected);
            }
        }
    }
}
