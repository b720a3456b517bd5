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
        let (low, high) = values.iter().fold(([i64::MAX; 2], [i64::MIN; 2]), |(l, h), v| {
            ([l[0].min(v[0]), l[1].min(v[1])], [h[0].max(v[0]), h[1].max(v[1])])
        });
        let middle =
            |axis: usize| if low[axis] > high[axis] { 0 } else { i64::midpoint(low[axis], high[axis]) };
        let origin = [middle(0), middle(1)];
        // The ends of the range decide for all that lies between.
        let near = |v: &[i64; 2]| (0..2).all(|axis| i32::try_from(v[axis] - origin[axis]).is_ok());
        if values.is_empty() || near(&low) && near(&high) {
            let offset = |v: &[i64; 2]| [(v[0] - origin[0]) as i32, (v[1] - origin[1]) as i32];
            Self::Near { origin, offsets: values.iter().map(offset).collect() }
        } else {
            Self::Far(values.into_boxed_slice())
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
