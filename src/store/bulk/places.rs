//! Where the rows of a bulk change stand in their file, for the few of them that are named in a report only after
//! all were read. They lie in a temporary file without a name: memory stays bounded, and a crash leaves nothing.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};

use crate::{Error, Result};

/// The places, in the order of the rows.
#[derive(Debug)]
pub(super) struct Places(BufWriter<File>);

impl Places {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(BufWriter::with_capacity(64 * 1024, tempfile::tempfile().map_err(failed)?)))
    }

    /// Notes the next row's number and place.
    pub(super) fn note(&mut self, row: i64, place: &str) -> Result<()> {
        self.0.write_all(&row.to_le_bytes()).map_err(failed)?;
        // A place is one line.
        for (i, part) in place.split('\n').enumerate() {
            self.0.write_all(if i == 0 { b"" } else { b" " }).map_err(failed)?;
            self.0.write_all(part.as_bytes()).map_err(failed)?;
        }
        self.0.write_all(b"\n").map_err(failed)
    }

    /// The places of these rows, in their order; empty where one was not noted.
    pub(super) fn of(&mut self, rows: &[i64]) -> Result<Vec<String>> {
        let mut found: HashMap<i64, String> = rows.iter().map(|row| (*row, String::new())).collect();
        self.0.flush().map_err(failed)?;
        let file = self.0.get_mut();
        file.rewind().map_err(failed)?;
        let mut input = BufReader::new(&*file);
        let mut line = Vec::new();
        loop {
            let mut row = [0; 8];
            match std::io::Read::read_exact(&mut input, &mut row) {
                Ok(()) => {}
                Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(e) => return Err(failed(e)),
            }
            line.clear();
            input.read_until(b'\n', &mut line).map_err(failed)?;
            if let Some(place) = found.get_mut(&i64::from_le_bytes(row)) {
                *place = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned();
            }
        }
        file.seek(std::io::SeekFrom::End(0)).map_err(failed)?;
        Ok(rows.iter().map(|row| found.get(row).cloned().unwrap_or_default()).collect())
    }
}

fn failed(e: std::io::Error) -> Error {
    Error::internal("the import's temporary file", e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again() {
        let mut places = Places::new().unwrap();
        for row in 1..=5000 {
            places.note(row, &format!("thửa\n{row}")).unwrap();
        }
        assert_eq!(places.of(&[4999, 1, 9000]).unwrap(), ["thửa 4999", "thửa 1", ""]);
        places.note(9000, "sau").unwrap();
        assert_eq!(places.of(&[9000]).unwrap(), ["sau"]);
    }
}
