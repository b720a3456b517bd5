//! Items as a file: pages in formats that are files, whole layers for download, and `dothi export`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::access::View;
use crate::features::LayerReader;
use crate::features::encode::rows::Rows;
use crate::features::encode::text::{Document, TextWriter};
use crate::formats::write::{self, Table};
use crate::space::crs::Target;
use crate::text::Lang;
use crate::{Error, Result};

/// Items of a text that are written at a time.
const CHUNK: usize = 1000;

/// A file in the making. Items are added in the order in which they are to stand; their readers may be several, all with
/// one view.
pub struct Export(Sink);

enum Sink {
    Table { writer: write::Writer, rows: Rows },
    Text(Box<Text>),
}

struct Text {
    file: BufWriter<File>,
    writer: TextWriter,
    tail: String,
    piece: Vec<u8>,
    first: bool,
}

impl Export {
    /// Begins a table of what the view shows, and of that only `wanted` where it is given.
    pub fn table(
        path: &Path,
        format: write::Format,
        view: &View,
        wanted: Option<&[usize]>,
        crs: &Target,
        lang: Lang,
    ) -> Result<Self> {
        let rows = Rows::new(view, wanted, crs);
        let attributes = rows.columns().iter().map(|i| &view.layer.attributes[*i]).collect();
        let table = Table { layer: &view.layer, attributes, crs: crs.clone(), lang };
        Ok(Self(Sink::Table { writer: write::Writer::create(path, format, &table)?, rows }))
    }

    /// Begins a text.
    pub fn text(path: &Path, document: Document) -> Result<Self> {
        let mut file = BufWriter::with_capacity(1 << 18, File::create_new(path).map_err(failed)?);
        file.write_all(document.head.as_bytes()).map_err(failed)?;
        let Document { writer, tail, .. } = document;
        Ok(Self(Sink::Text(Box::new(Text { file, writer, tail, piece: Vec::new(), first: true }))))
    }

    /// Adds items.
    pub fn add(&mut self, reader: &LayerReader, fids: &[i64]) -> Result<()> {
        match &mut self.0 {
            Sink::Table { writer, rows } => rows.each(reader, fids.iter().copied(), |row| writer.push(row)),
            Sink::Text(text) => fids.chunks(CHUNK).try_for_each(|fids| {
                text.piece.clear();
                text.writer.write(reader, fids, std::mem::take(&mut text.first), &mut text.piece);
                text.file.write_all(&text.piece).map_err(failed)
            }),
        }
    }

    /// Completes the file.
    pub fn finish(self) -> Result<()> {
        match self.0 {
            Sink::Table { writer, .. } => writer.finish(),
            Sink::Text(mut text) => {
                text.file.write_all(text.tail.as_bytes()).and_then(|()| text.file.flush()).map_err(failed)
            }
        }
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::internal("writing a file of items", error)
}
