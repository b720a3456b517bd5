//! What the reader hands through the pipe: one record a feature, length-prefixed, in data frames. Both ends are the
//! same program, so the form may change with it.

use chrono::{DateTime, NaiveDate};

use crate::layers::Value;
use crate::text::Text;
use crate::{Error, Result};

/// A feature of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// It can be stored as far as the file is concerned.
    Row {
        /// Where it stands in the file.
        place: String,
        /// What was done to its geometry, where that changes its meaning (a closed line taken as a polygon).
        note: Option<Text>,
        /// ISO WKB in EPSG:9218.
        wkb: Vec<u8>,
        /// Values of the header's fields as the file has them.
        values: Vec<Value>,
    },
    /// It cannot.
    Rejected {
        /// Where it stands in the file.
        place: String,
        /// Why.
        reason: Text,
    },
}

impl Record {
    /// Appends the record, its length first.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0; 4]);
        match self {
            Self::Row { place, note, wkb, values } => {
                out.push(u8::from(note.is_some()));
                bytes(out, place.as_bytes());
                if let Some(note) = note {
                    bytes(out, note.vi.as_bytes());
                    bytes(out, note.en.as_bytes());
                }
                bytes(out, wkb);
                for v in values {
                    value(out, v);
                }
            }
            Self::Rejected { place, reason } => {
                out.push(2);
                for s in [place, &reason.vi, &reason.en] {
                    bytes(out, s.as_bytes());
                }
            }
        }
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    fn read(body: &[u8]) -> Result<Self> {
        let mut input = Input(body);
        let kind = input.byte()?;
        let place = input.text()?;
        if kind == 2 {
            return Ok(Self::Rejected { place, reason: Text::new(input.text()?, input.text()?) });
        }
        let note = if kind == 1 { Some(Text::new(input.text()?, input.text()?)) } else { None };
        let wkb = input.bytes()?.to_vec();
        let mut values = Vec::new();
        while !input.0.is_empty() {
            values.push(input.value()?);
        }
        Ok(Self::Row { place, note, wkb, values })
    }
}

/// Cuts records out of data that may end in the middle of one.
#[derive(Debug, Default)]
pub struct Records {
    rest: Vec<u8>,
}

impl Records {
    /// Takes more data and gives the records that are complete.
    pub fn feed(&mut self, data: &[u8]) -> Result<Vec<Record>> {
        // Frames hold whole records, mostly: then nothing is copied.
        let joined;
        let mut data = if self.rest.is_empty() {
            data
        } else {
            self.rest.extend_from_slice(data);
            joined = std::mem::take(&mut self.rest);
            &joined[..]
        };
        let mut records = Vec::new();
        while let Some((head, after)) = data.split_first_chunk::<4>() {
            let length = u32::from_le_bytes(*head) as usize;
            let Some((body, after)) = after.split_at_checked(length) else { break };
            records.push(Record::read(body)?);
            data = after;
        }
        self.rest = data.to_vec();
        Ok(records)
    }

    /// Whether nothing is left over.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend(bytes);
}

fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(b) => out.extend([1, u8::from(*b)]),
        Value::Int(i) => {
            out.push(2);
            out.extend(i.to_le_bytes());
        }
        Value::Real(r) => {
            out.push(3);
            out.extend(r.to_le_bytes());
        }
        Value::Text(t) => {
            out.push(4);
            bytes(out, t.as_bytes());
        }
        Value::Date(d) => {
            out.push(5);
            bytes(out, d.to_string().as_bytes());
        }
        Value::Time(t) => {
            out.push(6);
            out.extend(t.timestamp_micros().to_le_bytes());
        }
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(broken)?;
        self.0 = rest;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.fixed::<1>()?[0])
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = u32::from_le_bytes(self.fixed()?) as usize;
        let (head, rest) = self.0.split_at_checked(length).ok_or_else(broken)?;
        self.0 = rest;
        Ok(head)
    }

    fn text(&mut self) -> Result<String> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| broken())
    }

    fn value(&mut self) -> Result<Value> {
        Ok(match self.byte()? {
            0 => Value::Null,
            1 => Value::Bool(self.byte()? != 0),
            2 => Value::Int(i64::from_le_bytes(self.fixed()?)),
            3 => Value::Real(f64::from_le_bytes(self.fixed()?)),
            4 => Value::Text(self.text()?),
            5 => Value::Date(self.text()?.parse::<NaiveDate>().map_err(|_| broken())?),
            6 => {
                let micros = i64::from_le_bytes(self.fixed()?);
                Value::Time(DateTime::from_timestamp_micros(micros).ok_or_else(broken)?)
            }
            _ => return Err(broken()),
        })
    }
}

fn broken() -> Error {
    Error::internal("reading the worker's records", "a record is not what was agreed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_the_pipe_wherever_it_is_cut() {
        let records = [
            Record::Row {
                place: "feature 1".into(),
                note: Some(Text::new("đường khép kín", "closed line")),
                wkb: vec![1, 2, 3],
                values: vec![
                    Value::Null,
                    Value::Bool(true),
                    Value::Int(-5),
                    Value::Real(1.5),
                    Value::Text("Đắk".into()),
                    Value::Date("2025-07-01".parse().unwrap()),
                    Value::Time("2026-01-02T03:04:05Z".parse().unwrap()),
                ],
            },
            Record::Row { place: "feature 2".into(), note: None, wkb: vec![], values: vec![] },
            Record::Rejected { place: "feature 3".into(), reason: Text::new("rỗng", "empty") },
        ];
        let mut data = Vec::new();
        for r in &records {
            r.write(&mut data);
        }
        for size in [1, 5, data.len()] {
            let mut input = Records::default();
            let mut read = Vec::new();
            for part in data.chunks(size) {
                read.extend(input.feed(part).unwrap());
            }
            assert!(input.is_empty());
            assert_eq!(read, records);
        }
        let mut garbage = Records::default();
        assert!(garbage.feed(&[1, 0, 0, 0, 9]).is_err());
    }
}
