//! Samples with bytes changed, dropped, doubled and cut: read or refused, in time and without a panic.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;

use super::{METRES, backbone, file, house};
use crate::bim::step::Model;
use crate::bim::{Limits, fuzzing, read};

#[derive(Debug, Clone)]
enum Change {
    Put(Index, Vec<u8>),
    Drop(Index, usize),
    Double(Index, Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop_oneof![
        Just("'"),
        Just("/*"),
        Just("*/"),
        Just(";"),
        Just("("),
        Just(")"),
        Just("#"),
        Just("\n"),
        Just("\\X2\\"),
        Just("\\"),
        Just("$"),
        Just("*"),
        Just("=IFCWALL("),
        Just("1.E999"),
        Just("-"),
        Just("ENDSEC;"),
        Just("\0"),
    ];
    prop_oneof![
        3 => (any::<Index>(), pieces.prop_map(|p| p.as_bytes().to_vec())).prop_map(|(at, p)| Change::Put(at, p)),
        1 => (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..6)).prop_map(|(at, p)| Change::Put(at, p)),
        2 => (any::<Index>(), 1_usize..80).prop_map(|(at, n)| Change::Drop(at, n)),
        1 => (any::<Index>(), any::<Index>(), 1_usize..400).prop_map(|(from, to, n)| Change::Double(from, to, n)),
    ]
}

fn apply(bytes: &mut Vec<u8>, changes: &[Change]) {
    for change in changes {
        let length = bytes.len();
        match change {
            Change::Put(at, piece) => {
                let at = at.index(length);
                bytes.splice(at..at, piece.iter().copied());
            }
            Change::Drop(at, count) => {
                let at = at.index(length);
                bytes.drain(at..length.min(at + count));
            }
            Change::Double(from, to, count) => {
                let (from, to) = (from.index(length), to.index(length));
                let piece = bytes[from..length.min(from + count)].to_vec();
                bytes.splice(to..to, piece);
            }
        }
    }
}

fn samples() -> Vec<Vec<u8>> {
    let own = ["villa", "tube_house", "school"].map(|name| format!("ifc-samples/{name}.ifc"));
    let mut out: Vec<Vec<u8>> = own.iter().map(|path| std::fs::read(path).unwrap()).collect();
    out.push(file("IFC4", &(backbone(METRES, "$,$") + &house(1.0))));
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Every record that is read is made, and one that no change touched is the same as before.
    #[test]
    fn records_of_changed_files(which: Index, changes in proptest::collection::vec(change(), 1..12)) {
        let originals = samples();
        let original = &originals[which.index(originals.len())];
        let mut bytes = original.clone();
        apply(&mut bytes, &changes);
        let begin = Instant::now();
        if let Ok(model) = Model::open(&bytes, usize::MAX) {
            let before = Model::open(original, usize::MAX).unwrap();
            let same = model.entities().flat_map(|(_, ids)| ids).filter(|id| {
                let text = |m: &Model<'_>| m.get(**id).map(|r| format!("{r:?}"));
                text(&model) == text(&before)
            });
            // A change spoils the records it touches, at worst up to the next line that begins one and, with an odd
            // quote, those in between: not the file.
            let spoilt = before.len().saturating_sub(same.count());
            // Between `/*` and `*/` all may be lost, and rightly so.
            let closes = changes.iter().any(|c| matches!(c, Change::Put(_, piece) if piece == b"*/"));
            prop_assert!(closes || spoilt <= 12 * changes.len(), "{spoilt} records of {} are lost", before.len());
        }
        let _ = fuzzing::values(&bytes);
        let _ = fuzzing::units(&bytes);
        prop_assert!(begin.elapsed() < Duration::from_secs(20));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The whole way to the facts.
    #[test]
    fn facts_of_changed_files(changes in proptest::collection::vec(change(), 1..12)) {
        let mut bytes = file("IFC4", &(backbone(METRES, "$,$") + &house(1.0)));
        apply(&mut bytes, &changes);
        let begin = Instant::now();
        let _ = read(&bytes, &Limits::default());
        prop_assert!(begin.elapsed() < Duration::from_secs(20));
    }
}
