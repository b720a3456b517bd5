//! The ZIP around: read within bounds, written with fixed times so that equal contents give equal bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::bim::error::BimError;

/// Bounds on what reading a file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest archive, bytes.
    pub max_bytes: usize,
    /// Most entries.
    pub max_entries: usize,
    /// Largest unpacked entry, bytes.
    pub max_entry_bytes: u64,
    /// Most bytes unpacked in all.
    pub max_unpacked_bytes: u64,
    /// An entry over 1 MiB must not unpack to more than this many times its packed size.
    pub max_ratio: u64,
    /// Most topics.
    pub max_topics: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_entries: 20_000,
            max_entry_bytes: 32 << 20,
            max_unpacked_bytes: 512 << 20,
            max_ratio: 200,
            max_topics: 5_000,
        }
    }
}

/// An archive that is read entry by entry.
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Position by name, `/` between folders.
    names: BTreeMap<String, usize>,
    limits: Limits,
    left: u64,
}

impl<'a> Archive<'a> {
    /// Reads the table of contents.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, BimError> {
        if bytes.len() > limits.max_bytes {
            let mb = limits.max_bytes >> 20;
            return Err(BimError::new(
                "",
                format!("tệp lớn hơn {mb} MiB"),
                format!("the file is larger than {mb} MiB"),
            ));
        }
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| {
            BimError::new(
                "",
                format!("không phải tệp nén ZIP đọc được: {e}"),
                format!("not a readable ZIP: {e}"),
            )
        })?;
        if zip.len() > limits.max_entries {
            let n = limits.max_entries;
            return Err(BimError::new(
                "",
                format!("tệp nén có hơn {n} mục"),
                format!("the archive has more than {n} entries"),
            ));
        }
        let names = (0..zip.len())
            .filter_map(|i| Some((zip.name_for_index(i)?.replace('\\', "/"), i)))
            .filter(|(name, _)| !name.ends_with('/'))
            .collect();
        Ok(Self { zip, names, limits: *limits, left: limits.max_unpacked_bytes })
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The unpacked bytes of an entry; none where there is none of that name.
    pub fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>, BimError> {
        let Some(&i) = self.names.get(name) else { return Ok(None) };
        let broken = |e: &dyn std::fmt::Display| {
            BimError::new(name, format!("mục nén hỏng: {e}"), format!("the entry is damaged: {e}"))
        };
        let entry = self.zip.by_index(i).map_err(|e| broken(&e))?;
        // What the archive says of its sizes is not believed: the bytes are counted.
        let by_ratio = entry.compressed_size().saturating_mul(self.limits.max_ratio).max(1 << 20);
        let most = self.limits.max_entry_bytes.min(self.left).min(by_ratio);
        let mut out = Vec::new();
        entry.take(most + 1).read_to_end(&mut out).map_err(|e| broken(&e))?;
        if out.len() as u64 > most {
            return Err(BimError::new(
                name,
                format!("mục này nở ra quá {most} byte"),
                format!("the entry unpacks to more than {most} bytes"),
            ));
        }
        self.left -= out.len() as u64;
        Ok(Some(out))
    }
}

/// Packs the entries in the given order.
pub fn pack(entries: &[(String, Vec<u8>)]) -> Result<Vec<u8>, BimError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let failed = |e: &dyn std::fmt::Display| {
        BimError::new("", format!("không ghi được tệp nén: {e}"), format!("cannot write the archive: {e}"))
    };
    for (name, bytes) in entries {
        // Pictures are packed already.
        let extension = Path::new(name.as_str()).extension();
        let packed = extension.is_some_and(|e| e == "png" || e == "jpg");
        let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options =
            SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
        zip.start_file(name.as_str(), options).map_err(|e| failed(&e))?;
        zip.write_all(bytes).map_err(|e| failed(&e))?;
    }
    Ok(zip.finish().map_err(|e| failed(&e))?.into_inner())
}
