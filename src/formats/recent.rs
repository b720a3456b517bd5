//! Results for positions that were seen lately. The corners of parcels, plots and communes are shared by three or four
//! of them, and every ring names its first corner twice: two thirds of the conversions of a coverage can be spared.

/// A direct-mapped cache of fixed size: a position takes the place of whichever was there.
#[derive(Debug)]
pub struct Recent<V> {
    entries: Vec<Option<([u64; 2], V)>>,
}

/// Some communes' worth of corners, in the second-level cache of a processor or nearly.
const ENTRIES: usize = 1 << 15;

impl<V: Copy> Default for Recent<V> {
    fn default() -> Self {
        Self { entries: vec![None; ENTRIES] }
    }
}

impl<V: Copy> Recent<V> {
    /// What was [put](Self::put) for these bits, if it is still there.
    #[inline]
    pub fn get(&self, key: [u64; 2]) -> Option<V> {
        self.entries[Self::slot(key)].filter(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// Keeps a value.
    #[inline]
    pub fn put(&mut self, key: [u64; 2], value: V) {
        self.entries[Self::slot(key)] = Some((key, value));
    }

    /// Fibonacci hashing of both numbers.
    #[inline]
    fn slot([x, y]: [u64; 2]) -> usize {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (x.wrapping_mul(GOLDEN).rotate_left(29) ^ y).wrapping_mul(GOLDEN);
        (mixed >> (64 - ENTRIES.trailing_zeros())) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_that_of_another_position() {
        let mut recent = Recent::default();
        for round in 0..3_u64 {
            for i in 0..100_000_u64 {
                let key = [i, i * i + round % 2];
                assert!(recent.get(key).is_none_or(|known| known == key));
                recent.put(key, key);
                assert_eq!(recent.get(key), Some(key));
            }
        }
        assert_eq!(recent.get([7, 8]), None);
    }
}
