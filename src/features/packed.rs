//! Integer coordinate pairs, packed as offsets of 32 bits where all of them lie near each other.

/// Pairs on an integer grid.
///
/// Metres of EPSG:9218 on a 0.1 mm grid fit 32 bits within ±214 km of their middle, degrees on a 1e-9 grid within
/// ±2.1°: a province does. What does not is kept in 64 bits, with the same answers.
#[derive(Debug)]
pub(super) enum Pairs {
    Near { origin: [i64; 2], offsets: Box<[[i32; 2]]> },
    Far(Box<[[i64; 2]]>),
}

impl Pairs {
    pub(super) fn pack(values: Vec<[i64; 2]>) -> Self {
        let middle = |axis: usize| {
            let (low, high) =
                values.iter().fold((i64::MAX, i64::MIN), |(l, h), v| (l.min(v[axis]), h.max(v[axis])));
            if low > high { 0 } else { i64::midpoint(low, high) }
        };
        let origin = [middle(0), middle(1)];
        let near = |v: &[i64; 2]| {
            Some([i32::try_from(v[0] - origin[0]).ok()?, i32::try_from(v[1] - origin[1]).ok()?])
        };
        match values.iter().map(near).collect::<Option<Box<[_]>>>() {
            Some(offsets) => Self::Near { origin, offsets },
            None => Self::Far(values.into_boxed_slice()),
        }
    }

    #[inline]
    pub(super) fn get(&self, i: usize) -> [i64; 2] {
        match self {
            Self::Near { origin, offsets } => {
                let [x, y] = offsets[i];
                [origin[0] + i64::from(x), origin[1] + i64::from(y)]
            }
            Self::Far(values) => values[i],
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Near { offsets, .. } => size_of_val(&**offsets),
            Self::Far(values) => size_of_val(&**values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_give_back_what_was_packed() {
        let near = vec![[4_116_002_650, 13_271_952_380], [4_116_002_651, 13_271_952_379]];
        let packed = Pairs::pack(near.clone());
        assert!(matches!(packed, Pairs::Near { .. }));
        assert_eq!([packed.get(0), packed.get(1)], near[..]);
        let far = vec![[0, 0], [1 << 40, -(1 << 40)]];
        let packed = Pairs::pack(far.clone());
        assert!(matches!(packed, Pairs::Far(_)));
        assert_eq!([packed.get(0), packed.get(1)], far[..]);
        assert_eq!(Pairs::pack(Vec::new()).bytes(), 0);
    }
}
