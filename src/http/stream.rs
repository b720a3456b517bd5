//! A document of many features as a stream of bytes, from one state of memory.

use std::ops::Range;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures::{StreamExt, TryStreamExt, stream};

use crate::Error;
use crate::features::LayerReader;
use crate::features::encode::text::{Document as OfOneLayer, TextWriter};

/// Features written between two hand-overs of a long answer: some hundred kilobytes.
const CHUNK: usize = 500;
/// Pieces that are made ahead of the sending. More would only wait in memory.
const AHEAD: usize = 2;

/// What is written before, between and after the features.
pub(super) struct Document {
    pub head: String,
    pub tail: String,
    pub parts: Vec<Part>,
}

/// The features of one layer, and what stands around them.
pub(super) struct Part {
    pub head: String,
    pub tail: String,
    pub writer: TextWriter,
}

/// Where the features of a part are.
pub(super) type Found = (LayerReader, Vec<i64>);

impl From<OfOneLayer> for Document {
    fn from(OfOneLayer { head, writer, tail }: OfOneLayer) -> Self {
        let part = Part { head: String::new(), tail: String::new(), writer };
        Self { head, tail, parts: vec![part] }
    }
}

/// A step of a long answer.
enum Step {
    Text(String),
    /// `first`: no features stand before these.
    Features {
        part: usize,
        range: Range<usize>,
        first: bool,
    },
}

/// The document as bytes: in one piece where it is short, else streamed; one state to the end either way. Long ones are
/// written on threads that may block, a little ahead of the client: what it has not taken is not made.
pub(super) fn stream_of(document: Document, found: Vec<Found>) -> Body {
    let (mut steps, mut sources) = (vec![Step::Text(document.head)], Vec::new());
    let mut first = true;
    for (part, (Part { head, tail, writer }, (reader, fids))) in
        document.parts.into_iter().zip(found).enumerate()
    {
        let n = fids.len();
        steps.push(Step::Text(head));
        for from in (0..n).step_by(CHUNK) {
            let range = from..n.min(from + CHUNK);
            steps.push(Step::Features { part, range, first: std::mem::take(&mut first) });
        }
        steps.push(Step::Text(tail));
        sources.push((reader, writer, fids));
    }
    steps.push(Step::Text(document.tail));
    let write = move |step: &Step, out: &mut Vec<u8>| match step {
        Step::Text(text) => out.extend_from_slice(text.as_bytes()),
        Step::Features { part, range, first } => {
            let (reader, writer, fids): &(LayerReader, TextWriter, Vec<i64>) = &sources[*part];
            writer.write(reader, &fids[range.clone()], *first, out);
        }
    };
    if steps.iter().filter(|s| matches!(s, Step::Features { .. })).count() <= 1 {
        let mut out = Vec::with_capacity(4096);
        steps.iter().for_each(|step| write(step, &mut out));
        return out.into();
    }
    let write = Arc::new(write);
    let pieces = stream::iter(steps).map(move |step| {
        let write = write.clone();
        tokio::task::spawn_blocking(move || {
            let mut out = Vec::with_capacity(if matches!(step, Step::Text(_)) { 0 } else { 256 * CHUNK });
            write(&step, &mut out);
            Bytes::from(out)
        })
    });
    let pieces = pieces.buffered(AHEAD).map_err(|e| Error::internal("writing features", e));
    // The compression around it may ask once more after the end.
    Body::from_stream(pieces.try_filter(|piece| std::future::ready(!piece.is_empty())).fuse())
}
