//! Where each record begins and what it is, by number.
//!
//! Ten bytes a record, and a table that names where the numbers of each stretch begin, so that looking a number up
//! searches among a few neighbours.

use rayon::prelude::*;

/// Records by number, ascending.
#[derive(Debug, Default)]
pub struct Index {
    ids: Vec<u32>,
    starts: Vec<u32>,
    kinds: Vec<u16>,
    /// `stretches[id >> shift]` is the place of the first number of that stretch.
    stretches: Vec<u32>,
    shift: u32,
}

impl Index {
    /// Of what was scanned, and the first bytes of records whose number another one later in the file bears too.
    pub fn new(ids: Vec<u32>, starts: Vec<u32>, kinds: Vec<u16>) -> (Self, Vec<u32>) {
        let mut index = Self { ids, starts, kinds, ..Self::default() };
        let mut superseded = Vec::new();
        if !index.ids.is_sorted_by(|a, b| a < b) {
            superseded = index.sort();
        }
        index.mark_stretches();
        (index, superseded)
    }

    /// By number; of several records with one number the last one stays.
    fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u64> =
            self.ids.iter().zip(0_u64..).map(|(id, place)| (u64::from(*id) << 32) | place).collect();
        order.par_sort_unstable();
        let number = |entry: u64| (entry >> 32) as u32;
        let place = |entry: u64| (entry & u64::from(u32::MAX)) as usize;
        let mut superseded = Vec::new();
        let mut kept = 0;
        for at in 0..order.len() {
            if order.get(at + 1).is_some_and(|later| number(*later) == number(order[at])) {
                superseded.push(self.starts[place(order[at])]);
                continue;
            }
            order[kept] = order[at];
            kept += 1;
        }
        order.truncate(kept);
        self.starts = order.iter().map(|entry| self.starts[place(*entry)]).collect();
        self.kinds = order.iter().map(|entry| self.kinds[place(*entry)]).collect();
        self.ids = order.iter().map(|entry| number(*entry)).collect();
        superseded
    }

    fn mark_stretches(&mut self) {
        let Some(&last) = self.ids.last() else { return };
        // About sixteen records a stretch where the numbers are dense, and never more stretches than records.
        self.shift = 4;
        while (last >> self.shift) as usize > self.ids.len() {
            self.shift += 1;
        }
        self.stretches = Vec::with_capacity((last >> self.shift) as usize + 2);
        for (place, id) in self.ids.iter().enumerate() {
            while self.stretches.len() <= (id >> self.shift) as usize {
                self.stretches.push(place as u32);
            }
        }
        self.stretches.push(self.ids.len() as u32);
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// First byte and entity of a record.
    pub fn find(&self, id: u32) -> Option<(usize, u16)> {
        let stretch = (id >> self.shift) as usize;
        let from = *self.stretches.get(stretch)? as usize;
        let to = *self.stretches.get(stretch + 1)? as usize;
        let place = from + self.ids[from..to].binary_search(&id).ok()?;
        Some((self.starts[place] as usize, self.kinds[place]))
    }

    /// Numbers of each of `kinds` entities, ascending.
    pub fn by_kind(&self, kinds: usize) -> Vec<Vec<u32>> {
        let mut counts = vec![0; kinds];
        self.kinds.iter().for_each(|kind| counts[usize::from(*kind)] += 1);
        let mut out: Vec<Vec<u32>> = counts.into_iter().map(Vec::with_capacity).collect();
        for (id, kind) in self.ids.iter().zip(&self.kinds) {
            out[usize::from(*kind)].push(*id);
        }
        out
    }

    /// Replaces each entity by what `of` makes of it.
    pub fn rename(&mut self, of: &[u16]) {
        self.kinds.iter_mut().for_each(|kind| *kind = of[usize::from(*kind)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn every_number_is_found_and_no_other(
            ids in proptest::collection::vec(proptest::prop_oneof![0..200_u32, proptest::prelude::any::<u32>()], 0..300),
            probes: Vec<u32>,
        ) {
            let starts: Vec<u32> = (0..ids.len() as u32).collect();
            let kinds: Vec<u16> = ids.iter().map(|id| (id % 7) as u16).collect();
            let (index, superseded) = Index::new(ids.clone(), starts, kinds);
            let last = |id: u32| ids.iter().rposition(|other| *other == id);
            for &id in ids.iter().chain(&probes) {
                let expected = last(id).map(|place| (place, (id % 7) as u16));
                proptest::prop_assert_eq!(index.find(id), expected);
            }
            proptest::prop_assert_eq!(index.len() + superseded.len(), ids.len());
            let mut by_kind: Vec<u32> = index.by_kind(7).concat();
            by_kind.sort_unstable();
            let mut known = ids.clone();
            known.sort_unstable();
            known.dedup();
            proptest::prop_assert_eq!(by_kind, known);
        }
    }
}
