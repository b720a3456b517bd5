//! An attribute's values as a typed column. Text is kept once per distinct value, in a sorted dictionary, so that
//! comparing texts is comparing numbers.

use std::hash::BuildHasher;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::prelude::*;

use super::narrow::{Codes, Ints, NO_INT};
use crate::layers::{AttributeType, Value, ValueRef};

/// No value, in columns of days.
const NO_DAY: i32 = i32::MIN;
/// No value, in columns of yes and no.
const NO_BOOL: u8 = 2;

/// A column.
#[derive(Debug)]
pub(super) enum Column {
    /// 0 is no value, else the rank in the dictionary plus one.
    Text {
        codes: Codes,
        words: Words,
    },
    Int(Ints),
    /// NaN is no value.
    Real(Vec<f64>),
    Bool(Vec<u8>),
    /// Days of the common era.
    Date(Vec<i32>),
    /// Microseconds since 1970 UTC.
    Time(Ints),
}

/// Distinct texts in code-point order.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    ends: Vec<usize>,
}

impl Words {
    pub(super) fn get(&self, rank: usize) -> &str {
        let from = if rank == 0 { 0 } else { self.ends[rank - 1] };
        &self.text[from..self.ends[rank]]
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }

    /// Bytes that all words begin with.
    fn shared_prefix(&self) -> usize {
        let Some(first) = (self.len() > 0).then(|| self.get(0).as_bytes()) else { return 0 };
        (1..self.len()).fold(first.len(), |shared, i| {
            first[..shared].iter().zip(self.get(i).as_bytes()).take_while(|(a, b)| a == b).count()
        })
    }

    /// Number of words before `word`, and whether it is among them.
    pub(super) fn find(&self, word: &str) -> (u32, bool) {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.get(middle) < word { low = middle + 1 } else { high = middle }
        }
        (low as u32, low < self.len() && self.get(low) == word)
    }
}

/// A value without a copy of its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    /// The text and its number in the column's dictionary.
    Text(&'a str, u32),
    Date(NaiveDate),
    Time(DateTime<Utc>),
}

impl<'a> From<ValueRef<'a>> for Cell<'a> {
    fn from(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Bool(v) => Self::Bool(v),
            ValueRef::Int(v) => Self::Int(v),
            ValueRef::Real(v) => Self::Real(v),
            ValueRef::Text(v) => Self::Text(v, 0),
            ValueRef::Date(v) => Self::Date(v),
            ValueRef::Time(v) => Self::Time(v),
        }
    }
}

impl<'a> From<Cell<'a>> for ValueRef<'a> {
    #[inline]
    fn from(cell: Cell<'a>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Bool(v) => Self::Bool(v),
            Cell::Int(v) => Self::Int(v),
            Cell::Real(v) => Self::Real(v),
            Cell::Text(v, _) => Self::Text(v),
            Cell::Date(v) => Self::Date(v),
            Cell::Time(v) => Self::Time(v),
        }
    }
}

impl From<Cell<'_>> for Value {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Bool(v) => Self::Bool(v),
            Cell::Int(v) => Self::Int(v),
            Cell::Real(v) => Self::Real(v),
            Cell::Text(v, _) => Self::Text(v.to_owned()),
            Cell::Date(v) => Self::Date(v),
            Cell::Time(v) => Self::Time(v),
        }
    }
}

impl Column {
    #[inline]
    pub(super) fn cell(&self, i: usize) -> Cell<'_> {
        match self {
            Self::Text { codes, words } => match codes.get(i) {
                0 => Cell::Null,
                code => Cell::Text(words.get(code as usize - 1), code - 1),
            },
            Self::Int(v) => v.get(i).map_or(Cell::Null, Cell::Int),
            Self::Real(v) if v[i].is_nan() => Cell::Null,
            Self::Real(v) => Cell::Real(v[i]),
            Self::Bool(v) if v[i] == NO_BOOL => Cell::Null,
            Self::Bool(v) => Cell::Bool(v[i] == 1),
            Self::Date(v) => NaiveDate::from_num_days_from_ce_opt(v[i]).map_or(Cell::Null, Cell::Date),
            Self::Time(v) => {
                v.get(i).and_then(DateTime::from_timestamp_micros).map_or(Cell::Null, Cell::Time)
            }
        }
    }

    /// The number of a text in the dictionary; none for no value and for other columns.
    #[inline]
    pub(super) fn text_code(&self, i: usize) -> Option<u32> {
        match self {
            Self::Text { codes, .. } => codes.get(i).checked_sub(1),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn is_null(&self, i: usize) -> bool {
        match self {
            Self::Text { codes, .. } => codes.get(i) == 0,
            Self::Int(v) | Self::Time(v) => v.get(i).is_none(),
            Self::Real(v) => v[i].is_nan(),
            Self::Bool(v) => v[i] == NO_BOOL,
            Self::Date(v) => v[i] == NO_DAY,
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Text { codes, words } => codes.bytes() + words.text.len() + 8 * words.ends.len(),
            Self::Int(v) | Self::Time(v) => v.bytes(),
            Self::Real(v) => 8 * v.len(),
            Self::Bool(v) => v.len(),
            Self::Date(v) => 4 * v.len(),
        }
    }
}

/// Collects a column's values in the order of their items.
#[derive(Debug)]
pub(super) enum ColumnBuilder {
    Text { codes: Vec<u32>, seen: Seen },
    Int(Vec<i64>),
    Time(Vec<i64>),
    Ready(Column),
}

impl ColumnBuilder {
    pub(super) fn new(kind: AttributeType) -> Self {
        Self::Ready(match kind {
            AttributeType::Text => return Self::Text { codes: Vec::new(), seen: Seen::default() },
            AttributeType::Integer => return Self::Int(Vec::new()),
            AttributeType::Real => Column::Real(Vec::new()),
            AttributeType::Boolean => Column::Bool(Vec::new()),
            AttributeType::Date => Column::Date(Vec::new()),
            AttributeType::Timestamp => return Self::Time(Vec::new()),
        })
    }

    pub(super) fn push(&mut self, value: Cell<'_>) -> Result<(), String> {
        match (self, value) {
            (Self::Text { codes, .. }, Cell::Null) => codes.push(0),
            (Self::Text { codes, seen }, Cell::Text(text, _)) => {
                codes.push(seen.code(text));
            }
            (Self::Int(v) | Self::Time(v), Cell::Null) => v.push(NO_INT),
            (Self::Int(v), Cell::Int(i)) if i != NO_INT => v.push(i),
            (Self::Ready(Column::Real(v)), Cell::Null) => v.push(f64::NAN),
            (Self::Ready(Column::Real(v)), Cell::Real(r)) => v.push(r),
            (Self::Ready(Column::Real(v)), Cell::Int(i)) => v.push(i as f64),
            (Self::Ready(Column::Bool(v)), Cell::Null) => v.push(NO_BOOL),
            (Self::Ready(Column::Bool(v)), Cell::Bool(b)) => v.push(u8::from(b)),
            (Self::Ready(Column::Date(v)), Cell::Null) => v.push(NO_DAY),
            (Self::Ready(Column::Date(v)), Cell::Date(d)) => v.push(d.num_days_from_ce()),
            (Self::Time(v), Cell::Time(t)) => v.push(t.timestamp_micros()),
            (_, value) => return Err(format!("{value:?} does not fit the attribute's type")),
        }
        Ok(())
    }

    pub(super) fn build(self) -> Column {
        match self {
            Self::Ready(column) => column,
            Self::Int(values) => Column::Int(Ints::pack(values)),
            Self::Time(values) => Column::Time(Ints::pack(values)),
            Self::Text { mut codes, seen } => {
                let (words, ranks) = seen.sorted();
                for code in &mut codes {
                    *code = ranks[*code as usize];
                }
                Column::Text { codes: Codes::pack(codes), words }
            }
        }
    }
}

/// Distinct texts in the order in which they came, one behind the other in one piece of memory: half a million
/// names cost no allocation each.
#[derive(Debug, Default)]
pub(super) struct Seen {
    words: Words,
    /// Positions in `words`, found by their text.
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    last: u32,
}

impl Seen {
    /// The text's number from 1 on.
    fn code(&mut self, text: &str) -> u32 {
        // Neighbours often say the same.
        if self.last > 0 && self.words.get(self.last as usize - 1) == text {
            return self.last;
        }
        let Self { words, table, hasher, .. } = self;
        let entry = table.entry(
            hasher.hash_one(text),
            |i| words.get(*i as usize) == text,
            |i| hasher.hash_one(words.get(*i as usize)),
        );
        self.last = match entry {
            Entry::Occupied(known) => *known.get() + 1,
            Entry::Vacant(free) => {
                let position = words.len() as u32;
                free.insert(position);
                words.push(text);
                position + 1
            }
        };
        self.last
    }

    /// The texts in code-point order, and the number of each in that order by its number until now (0 stays 0).
    fn sorted(self) -> (Words, Vec<u32>) {
        let words = self.words;
        let shared = words.shared_prefix();
        // The bytes behind what all begin with decide nearly always, without a look at the text.
        let head = |word: &str| {
            let mut head = [0; 8];
            let rest = word.as_bytes().get(shared..).unwrap_or_default();
            let n = rest.len().min(8);
            head[..n].copy_from_slice(&rest[..n]);
            u64::from_be_bytes(head)
        };
        let mut order: Vec<(u64, u32)> = (0..words.len()).map(|i| (head(words.get(i)), i as u32)).collect();
        order.par_sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| words.get(a.1 as usize).cmp(words.get(b.1 as usize)))
        });
        let mut ranks = vec![0; words.len() + 1];
        let mut sorted =
            Words { text: String::with_capacity(words.text.len()), ends: Vec::with_capacity(words.len()) };
        for (rank, (_, position)) in order.iter().enumerate() {
            ranks[*position as usize + 1] = rank as u32 + 1;
            sorted.push(words.get(*position as usize));
        }
        (sorted, ranks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ranked_by_code_point_whatever_they_share() {
        let texts =
            ["24611-12-87", "24611-12-9", "24611-12-8", "24611-1", "24611-12-87x", "Đắk", "24611-12-87", ""];
        for texts in [&texts[..], &texts[..5], &texts[..1], &["", "\0", "\0\0"][..]] {
            let mut column = ColumnBuilder::new(AttributeType::Text);
            for text in texts {
                column.push(Cell::Text(text, 0)).unwrap();
                column.push(Cell::Null).unwrap();
            }
            let column = column.build();
            let mut expected: Vec<&str> = texts.to_vec();
            expected.sort_unstable();
            expected.dedup();
            for (i, text) in texts.iter().enumerate() {
                let rank = expected.binary_search(text).unwrap() as u32;
                assert_eq!(column.cell(2 * i), Cell::Text(text, rank));
                assert_eq!(column.cell(2 * i + 1), Cell::Null);
            }
            let Column::Text { words, .. } = &column else { panic!() };
            assert_eq!(words.len(), expected.len());
        }
    }
}
