//! The table of a tile's attribute values: each is written once and then named by its number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use chrono::Datelike;

use crate::features::column::Cell;
use crate::pbf;

/// Values written so far.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    written: Vec<u8>,
    /// A value while it is written.
    value: Vec<u8>,
    count: u32,
    /// Numbers by kind and bits; texts by column and number in its dictionary.
    known: HashMap<(u32, u64), u32, BuildHasherDefault<Mix>>,
    /// Texts of all dictionaries: two columns, or the base and the overlay, may hold the same one.
    texts: hashbrown::HashMap<&'a str, u32>,
}

/// Kinds of values that are not texts, as keys beside columns' numbers.
const INT: u32 = u32::MAX;
const REAL: u32 = u32::MAX - 1;
const BOOL: u32 = u32::MAX - 2;
const DATE: u32 = u32::MAX - 3;
const TIME: u32 = u32::MAX - 4;

impl<'a> Values<'a> {
    /// With room for the values of so many items, each with one of its own.
    pub(super) fn of(items: usize) -> Self {
        let mut values = Self::default();
        values.known.reserve(items);
        values.texts.reserve(items);
        values
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.written
    }

    /// The number of a text by its number in the dictionary of its column, if it was written before.
    #[inline]
    pub(super) fn find_text(&self, code: u32, column: usize, overlay: bool) -> Option<u32> {
        self.known.get(&(column as u32 * 2 + u32::from(overlay), u64::from(code))).copied()
    }

    /// The number of a value, which is written if it is new; none for null, which tiles leave out.
    pub(super) fn find_or_add(&mut self, cell: Cell<'a>, column: usize, overlay: bool) -> Option<u32> {
        let key = match cell {
            Cell::Null => return None,
            Cell::Text(_, code) => (column as u32 * 2 + u32::from(overlay), u64::from(code)),
            Cell::Int(v) => (INT, v as u64),
            Cell::Real(v) => (REAL, v.to_bits()),
            Cell::Bool(v) => (BOOL, u64::from(v)),
            Cell::Date(v) => (DATE, v.num_days_from_ce() as u64),
            Cell::Time(v) => (TIME, v.timestamp_micros() as u64),
        };
        if let Some(number) = self.known.get(&key) {
            return Some(*number);
        }
        let number = self.add(cell);
        self.known.insert(key, number);
        Some(number)
    }

    fn add(&mut self, cell: Cell<'a>) -> u32 {
        if let Cell::Text(text, _) = cell {
            if let Some(number) = self.texts.get(text) {
                return *number;
            }
            self.texts.insert(text, self.count);
        }
        let value = &mut self.value;
        value.clear();
        match cell {
            Cell::Text(v, _) => pbf::bytes(value, 1, v.as_bytes()),
            Cell::Real(v) => pbf::double(value, 3, v),
            Cell::Int(v) if v >= 0 => pbf::uint(value, 5, v as u64),
            Cell::Int(v) => pbf::uint(value, 6, pbf::zigzag(v)),
            Cell::Bool(v) => pbf::uint(value, 7, u64::from(v)),
            // The format has no days and instants: ISO 8601 texts.
            Cell::Date(v) => pbf::bytes(value, 1, v.to_string().as_bytes()),
            Cell::Time(v) => {
                let text = v.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
                pbf::bytes(value, 1, text.as_bytes());
            }
            Cell::Null => {}
        }
        pbf::bytes(&mut self.written, 4, value);
        self.count += 1;
        self.count - 1
    }
}

/// A quick hash for small keys that nobody outside can choose at will to collide: dictionary numbers and values
/// of the province's own data, in a table that lives for one tile.
#[derive(Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_u64(u64::from(*b));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
