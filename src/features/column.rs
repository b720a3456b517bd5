//! An attribute's values as a typed column. Text is kept once per distinct value, in a sorted dictionary, so that
//! comparing texts is comparing numbers.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::layers::{AttributeType, Value};

/// No value, in columns of whole numbers and instants.
const NO_INT: i64 = i64::MIN;
/// No value, in columns of days.
const NO_DAY: i32 = i32::MIN;
/// No value, in columns of yes and no.
const NO_BOOL: u8 = 2;

/// A column.
#[derive(Debug)]
pub(super) enum Column {
    /// 0 is no value, else the rank in the dictionary plus one.
    Text {
        codes: Vec<u32>,
        words: Words,
    },
    Int(Vec<i64>),
    /// NaN is no value.
    Real(Vec<f64>),
    Bool(Vec<u8>),
    /// Days of the common era.
    Date(Vec<i32>),
    /// Microseconds since 1970 UTC.
    Time(Vec<i64>),
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
            Self::Text { codes, words } => match codes[i] {
                0 => Cell::Null,
                code => Cell::Text(words.get(code as usize - 1), code - 1),
            },
            Self::Int(v) if v[i] == NO_INT => Cell::Null,
            Self::Int(v) => Cell::Int(v[i]),
            Self::Real(v) if v[i].is_nan() => Cell::Null,
            Self::Real(v) => Cell::Real(v[i]),
            Self::Bool(v) if v[i] == NO_BOOL => Cell::Null,
            Self::Bool(v) => Cell::Bool(v[i] == 1),
            Self::Date(v) => NaiveDate::from_num_days_from_ce_opt(v[i]).map_or(Cell::Null, Cell::Date),
            Self::Time(v) if v[i] == NO_INT => Cell::Null,
            Self::Time(v) => DateTime::from_timestamp_micros(v[i]).map_or(Cell::Null, Cell::Time),
        }
    }

    #[inline]
    pub(super) fn is_null(&self, i: usize) -> bool {
        match self {
            Self::Text { codes, .. } => codes[i] == 0,
            Self::Int(v) | Self::Time(v) => v[i] == NO_INT,
            Self::Real(v) => v[i].is_nan(),
            Self::Bool(v) => v[i] == NO_BOOL,
            Self::Date(v) => v[i] == NO_DAY,
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Text { codes, words } => 4 * codes.len() + words.text.len() + 8 * words.ends.len(),
            Self::Int(v) | Self::Time(v) => 8 * v.len(),
            Self::Real(v) => 8 * v.len(),
            Self::Bool(v) => v.len(),
            Self::Date(v) => 4 * v.len(),
        }
    }
}

/// Collects a column's values in the order of their items.
#[derive(Debug)]
pub(super) enum ColumnBuilder {
    Text { codes: Vec<u32>, seen: HashMap<Box<str>, u32> },
    Ready(Column),
}

impl ColumnBuilder {
    pub(super) fn new(kind: AttributeType) -> Self {
        Self::Ready(match kind {
            AttributeType::Text => return Self::Text { codes: Vec::new(), seen: HashMap::new() },
            AttributeType::Integer => Column::Int(Vec::new()),
            AttributeType::Real => Column::Real(Vec::new()),
            AttributeType::Boolean => Column::Bool(Vec::new()),
            AttributeType::Date => Column::Date(Vec::new()),
            AttributeType::Timestamp => Column::Time(Vec::new()),
        })
    }

    pub(super) fn push(&mut self, value: Cell<'_>) -> Result<(), String> {
        match (self, value) {
            (Self::Text { codes, .. }, Cell::Null) => codes.push(0),
            (Self::Text { codes, seen }, Cell::Text(text, _)) => {
                let code = if let Some(code) = seen.get(text) {
                    *code
                } else {
                    let code = seen.len() as u32 + 1;
                    seen.insert(text.into(), code);
                    code
                };
                codes.push(code);
            }
            (Self::Ready(Column::Int(v) | Column::Time(v)), Cell::Null) => v.push(NO_INT),
            (Self::Ready(Column::Int(v)), Cell::Int(i)) if i != NO_INT => v.push(i),
            (Self::Ready(Column::Real(v)), Cell::Null) => v.push(f64::NAN),
            (Self::Ready(Column::Real(v)), Cell::Real(r)) => v.push(r),
            (Self::Ready(Column::Real(v)), Cell::Int(i)) => v.push(i as f64),
            (Self::Ready(Column::Bool(v)), Cell::Null) => v.push(NO_BOOL),
            (Self::Ready(Column::Bool(v)), Cell::Bool(b)) => v.push(u8::from(b)),
            (Self::Ready(Column::Date(v)), Cell::Null) => v.push(NO_DAY),
            (Self::Ready(Column::Date(v)), Cell::Date(d)) => v.push(d.num_days_from_ce()),
            (Self::Ready(Column::Time(v)), Cell::Time(t)) => v.push(t.timestamp_micros()),
            (_, value) => return Err(format!("{value:?} does not fit the attribute's type")),
        }
        Ok(())
    }

    pub(super) fn push_value(&mut self, value: &Value) -> Result<(), String> {
        self.push(match value {
            Value::Null => Cell::Null,
            Value::Bool(v) => Cell::Bool(*v),
            Value::Int(v) => Cell::Int(*v),
            Value::Real(v) => Cell::Real(*v),
            Value::Text(v) => Cell::Text(v, 0),
            Value::Date(v) => Cell::Date(*v),
            Value::Time(v) => Cell::Time(*v),
        })
    }

    pub(super) fn build(self) -> Column {
        match self {
            Self::Ready(column) => column,
            Self::Text { mut codes, seen } => {
                let mut sorted: Vec<(Box<str>, u32)> = seen.into_iter().collect();
                sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                let mut ranks = vec![0; sorted.len() + 1];
                let mut words = Words::default();
                for (rank, (word, code)) in sorted.iter().enumerate() {
                    ranks[*code as usize] = rank as u32 + 1;
                    words.text.push_str(word);
                    words.ends.push(words.text.len());
                }
                for code in &mut codes {
                    *code = ranks[*code as usize];
                }
                Column::Text { codes, words }
            }
        }
    }
}
