//! PostgreSQL's binary COPY format (documentation of COPY, "Binary Format"), both ways, for rows of layers.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};

use crate::Result;
use crate::layers::{AttributeType, ItemRef, LayerDef, Value, ValueRef};

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, length of the header's extension.
const HEADER_BYTES: usize = 19;

/// Bytes that are not what the server's own format promises.
#[derive(Debug, thiserror::Error)]
#[error("binary COPY: {0}")]
pub(in crate::store) struct Broken(&'static str);

/// Day 0 of PostgreSQL's dates and times.
fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default()
}

/// Reads rows of fid, version, WKB and attributes from chunks that may end anywhere.
pub(in crate::store) struct Reader {
    kinds: Vec<AttributeType>,
    rest: Vec<u8>,
    header_done: bool,
    trailer_seen: bool,
}

impl Reader {
    pub(in crate::store) fn new(def: &LayerDef) -> Self {
        Self {
            kinds: def.attributes.iter().map(|a| a.kind).collect(),
            rest: Vec::new(),
            header_done: false,
            trailer_seen: false,
        }
    }

    /// Takes a chunk, gives each complete row away and says how many there were.
    pub(in crate::store) fn feed(
        &mut self,
        chunk: &[u8],
        each: &mut impl FnMut(ItemRef<'_>) -> Result<()>,
    ) -> Result<u64> {
        // The caller gathers whole rows, so the copy happens only where a proxy cut them.
        let joined;
        let mut bytes = if self.rest.is_empty() {
            chunk
        } else {
            self.rest.extend_from_slice(chunk);
            joined = std::mem::take(&mut self.rest);
            &joined[..]
        };
        if !self.header_done {
            if bytes.len() < HEADER_BYTES {
                self.rest = bytes.to_vec();
                return Ok(0);
            }
            if &bytes[..11] != SIGNATURE {
                return Err(Broken("no signature").into());
            }
            bytes = &bytes[HEADER_BYTES..];
            self.header_done = true;
        }
        let mut rows = 0;
        let mut values = Vec::with_capacity(self.kinds.len());
        while let Some(length) = row_length(bytes) {
            let (row, after) = bytes.split_at(length);
            if row.len() == 2 {
                self.trailer_seen = true;
            } else {
                each(self.row(row, &mut values)?)?;
                rows += 1;
            }
            bytes = after;
        }
        self.rest = bytes.to_vec();
        Ok(rows)
    }

    /// Whether the stream came to its proper end.
    pub(in crate::store) fn finish(self) -> Result<()> {
        if self.trailer_seen && self.rest.is_empty() { Ok(()) } else { Err(Broken("cut short").into()) }
    }

    /// Reads a row; its values lie in `values` until the next one.
    fn row<'v, 'a: 'v>(
        &self,
        row: &'a [u8],
        values: &'v mut Vec<ValueRef<'a>>,
    ) -> Result<ItemRef<'v>, Broken> {
        let mut fields = Fields(&row[2..]);
        let fid = i64::from_be_bytes(fields.fixed()?);
        let version = i64::from_be_bytes(fields.fixed()?);
        let wkb = fields.next()?.ok_or(Broken("no geometry"))?;
        values.clear();
        for kind in &self.kinds {
            values.push(decode(*kind, fields.next()?)?);
        }
        Ok(ItemRef { fid, version, wkb, values })
    }
}

/// Bytes of the first row, if it is complete; 2 for the trailer.
fn row_length(bytes: &[u8]) -> Option<usize> {
    let count = i16::from_be_bytes(bytes.get(..2)?.try_into().ok()?);
    let mut at = 2;
    for _ in 0..count.max(0) {
        let length = i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        at += 4 + usize::try_from(length).unwrap_or(0);
    }
    (at <= bytes.len()).then_some(at)
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<Option<&'a [u8]>, Broken> {
        let (head, rest) = self.0.split_first_chunk::<4>().ok_or(Broken("fewer fields than columns"))?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*head)) else {
            self.0 = rest;
            return Ok(None);
        };
        let (field, rest) = rest.split_at_checked(length).ok_or(Broken("field longer than its row"))?;
        self.0 = rest;
        Ok(Some(field))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        self.next()?.and_then(|f| f.try_into().ok()).ok_or(Broken("a number has the wrong size"))
    }
}

fn decode(kind: AttributeType, field: Option<&[u8]>) -> Result<ValueRef<'_>, Broken> {
    fn fixed<const N: usize>(f: &[u8]) -> Result<[u8; N], Broken> {
        f.try_into().map_err(|_| Broken("a value has the wrong size"))
    }
    let Some(f) = field else { return Ok(ValueRef::Null) };
    Ok(match kind {
        AttributeType::Text => {
            ValueRef::Text(std::str::from_utf8(f).map_err(|_| Broken("text is not UTF-8"))?)
        }
        AttributeType::Integer => ValueRef::Int(i64::from_be_bytes(fixed(f)?)),
        AttributeType::Real => ValueRef::Real(f64::from_be_bytes(fixed(f)?)),
        AttributeType::Boolean => ValueRef::Bool(fixed::<1>(f)?[0] != 0),
        AttributeType::Date => {
            let days = Duration::days(i64::from(i32::from_be_bytes(fixed(f)?)));
            ValueRef::Date(epoch().checked_add_signed(days).ok_or(Broken("a date is out of range"))?)
        }
        AttributeType::Timestamp => {
            let since = Duration::microseconds(i64::from_be_bytes(fixed(f)?));
            let at = NaiveDateTime::from(epoch())
                .checked_add_signed(since)
                .ok_or(Broken("a time is out of range"))?;
            ValueRef::Time(at.and_utc())
        }
    })
}

/// Builds a COPY stream in memory.
#[derive(Debug)]
pub(in crate::store) struct Writer(Vec<u8>);

impl Writer {
    pub(in crate::store) fn new() -> Self {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([0; 8]);
        Self(bytes)
    }

    /// Bytes so far.
    pub(in crate::store) fn len(&self) -> usize {
        self.0.len()
    }

    /// Begins a row of `fields` fields.
    pub(in crate::store) fn row(&mut self, fields: usize) {
        // A table has at most 1,600 columns; the server refuses a row that promises more fields than it brings.
        self.0.extend(i16::try_from(fields).unwrap_or(i16::MAX).to_be_bytes());
    }

    pub(in crate::store) fn field(&mut self, bytes: &[u8]) {
        // The server takes a field of at most 1 GB and refuses a longer one.
        self.0.extend(i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.0.extend(bytes);
    }

    pub(in crate::store) fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.extend((-1_i32).to_be_bytes()),
            Value::Bool(b) => self.field(&[u8::from(*b)]),
            Value::Int(i) => self.field(&i.to_be_bytes()),
            Value::Real(r) => self.field(&r.to_be_bytes()),
            Value::Text(t) => self.field(t.as_bytes()),
            Value::Date(d) => self.field(&((*d - epoch()).num_days() as i32).to_be_bytes()),
            Value::Time(t) => self.field(&since_epoch(*t).to_be_bytes()),
        }
    }

    /// What was written so far, to be sent ahead of the rest.
    pub(in crate::store) fn take(&mut self) -> Vec<u8> {
        let room = Vec::with_capacity(self.0.len() + self.0.len() / 16);
        std::mem::replace(&mut self.0, room)
    }

    /// The stream with its trailer.
    pub(in crate::store) fn finish(mut self) -> Vec<u8> {
        self.0.extend((-1_i16).to_be_bytes());
        self.0
    }
}

fn since_epoch(t: DateTime<Utc>) -> i64 {
    (t - NaiveDateTime::from(epoch()).and_utc()).num_microseconds().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::ItemRow;

    fn def() -> LayerDef {
        let attribute = |name: &str, kind: &str| serde_json::json!({"name": name, "type": kind, "title": {"vi": name, "en": name}});
        serde_json::from_value(serde_json::json!({
            "id": "x", "title": {"vi": "x", "en": "x"}, "theme": "t", "geometry": "Point", "owner": [], "access": "O",
            "attribute": [attribute("a", "text"), attribute("b", "integer"), attribute("c", "real"),
                attribute("d", "boolean"), attribute("e", "date"), attribute("f", "timestamp")],
        }))
        .unwrap()
    }

    #[test]
    fn what_is_written_is_read_wherever_chunks_end() {
        let at = "2026-11-23T01:02:03.000004Z".parse().unwrap();
        let row = ItemRow {
            fid: 7,
            version: 3,
            wkb: vec![1, 2, 3],
            values: vec![
                Value::Text("Đắk Nông".into()),
                Value::Int(-1),
                Value::Real(0.1),
                Value::Bool(true),
                Value::Date(NaiveDate::from_ymd_opt(1999, 12, 31).unwrap()),
                Value::Time(at),
            ],
        };
        let mut empty = row.clone();
        empty.values = vec![Value::Null; 6];
        let mut writer = Writer::new();
        for r in [&row, &empty] {
            writer.row(9);
            writer.field(&r.fid.to_be_bytes());
            writer.field(&r.version.to_be_bytes());
            writer.field(&r.wkb);
            r.values.iter().for_each(|v| writer.value(v));
        }
        let bytes = writer.finish();
        for size in [1, 7, 19, bytes.len()] {
            let mut reader = Reader::new(&def());
            let mut rows = Vec::new();
            for chunk in bytes.chunks(size) {
                reader
                    .feed(chunk, &mut |r| {
                        rows.push(r.to_row());
                        Ok(())
                    })
                    .unwrap();
            }
            reader.finish().unwrap();
            assert_eq!(rows, [row.clone(), empty.clone()], "chunks of {size}");
        }
    }
}
