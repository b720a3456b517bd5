//! Columns of whole numbers in as few bytes as their values need: half a million codes of ten land uses take a byte
//! each.

/// Numbers in a dictionary.
#[derive(Debug)]
pub(super) enum Codes {
    One(Box<[u8]>),
    Two(Box<[u16]>),
    Four(Box<[u32]>),
}

impl Codes {
    pub(super) fn pack(values: Vec<u32>) -> Self {
        match values.iter().copied().max().unwrap_or(0) {
            0..=0xff => Self::One(values.iter().map(|v| *v as u8).collect()),
            0x100..=0xffff => Self::Two(values.iter().map(|v| *v as u16).collect()),
            _ => Self::Four(values.into_boxed_slice()),
        }
    }

    #[inline]
    pub(super) fn get(&self, i: usize) -> u32 {
        match self {
            Self::One(values) => u32::from(values[i]),
            Self::Two(values) => u32::from(values[i]),
            Self::Four(values) => values[i],
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::One(values) => values.len(),
            Self::Two(values) => 2 * values.len(),
            Self::Four(values) => 4 * values.len(),
        }
    }
}

/// Numbers and gaps, as offsets of 32 bits where all lie near each other.
#[derive(Debug)]
pub(super) enum Ints {
    Near { origin: i64, offsets: Box<[i32]> },
    Far(Box<[i64]>),
}

/// A gap in [`Ints::pack`]'s values.
pub(super) const NO_INT: i64 = i64::MIN;
/// A gap among offsets.
const NO_OFFSET: i32 = i32::MIN;

impl Ints {
    pub(super) fn pack(values: Vec<i64>) -> Self {
        let known = || values.iter().copied().filter(|v| *v != NO_INT);
        let (low, high) = known().fold((i64::MAX, i64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        let origin = if low > high { 0 } else { i64::midpoint(low, high) };
        let offset =
            |v: i64| v.checked_sub(origin).and_then(|o| i32::try_from(o).ok()).filter(|o| *o != NO_OFFSET);
        // The ends of the range decide for all that lies between.
        if low > high || offset(low).is_some() && offset(high).is_some() {
            let offsets = values.iter().map(|v| if *v == NO_INT { NO_OFFSET } else { (v - origin) as i32 });
            Self::Near { origin, offsets: offsets.collect() }
        } else {
            Self::Far(values.into_boxed_slice())
        }
    }

    #[inline]
    pub(super) fn get(&self, i: usize) -> Option<i64> {
        match self {
            Self::Near { origin, offsets } => {
                let offset = offsets[i];
                (offset != NO_OFFSET).then(|| origin + i64::from(offset))
            }
            Self::Far(values) => (values[i] != NO_INT).then_some(values[i]),
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Near { offsets, .. } => 4 * offsets.len(),
            Self::Far(values) => 8 * values.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_is_read_again(
            codes in proptest::collection::vec(0..70_000_u32, 0..50),
            most in 0..40_u32,
            ints in proptest::collection::vec(prop_oneof![Just(NO_INT), any::<i64>()], 0..20),
            shift in 0..64_u32,
        ) {
            let codes: Vec<u32> = codes.iter().map(|c| c >> (most % 17)).collect();
            let packed = Codes::pack(codes.clone());
            prop_assert!((0..codes.len()).all(|i| packed.get(i) == codes[i]));
            let ints: Vec<i64> = ints.iter().map(|i| if *i == NO_INT { NO_INT } else { i >> shift }).collect();
            let packed = Ints::pack(ints.clone());
            let known = |i: usize| (ints[i] != NO_INT).then_some(ints[i]);
            prop_assert!((0..ints.len()).all(|i| packed.get(i) == known(i)));
        }
    }

    #[test]
    fn ends_of_the_range_and_gaps_are_told_apart() {
        let wide = i64::from(i32::MAX);
        for values in [
            vec![],
            vec![NO_INT],
            vec![i64::MAX],
            vec![i64::MIN + 1, i64::MAX, NO_INT],
            vec![0, 2 * wide],
            vec![0, 2 * wide + 1],
            vec![0, 2 * wide + 2],
            vec![0, NO_INT, 2 * wide + 1],
        ] {
            let packed = Ints::pack(values.clone());
            let back: Vec<i64> = (0..values.len()).map(|i| packed.get(i).unwrap_or(NO_INT)).collect();
            assert_eq!(back, values);
        }
        assert!(matches!(Ints::pack(vec![7, NO_INT]), Ints::Near { .. }));
        assert!(matches!(Ints::pack(vec![0, 1 << 33]), Ints::Far(_)));
        assert_eq!([255, 256, 65_536].map(|top| Codes::pack(vec![0, top]).bytes()), [2, 4, 8]);
    }
}
