//! A document of many features as a stream of bytes, from one state of memory.

use std::ops::Range;

use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};

use super::find::Found;
use crate::Result;
use crate::features::LayerReader;
use crate::features::encode::csv::CsvWriter;
use crate::features::encode::geojson::FeatureWriter;
use crate::features::encode::gml::GmlWriter;
use crate::features::encode::xml::escape;

/// Features written between two hand-overs of a long answer.
const CHUNK: usize = 500;

/// What is written before, between and after the features.
pub(super) struct Document {
    pub head: String,
    pub tail: String,
    pub parts: Vec<Part>,
}

pub(super) struct Part {
    pub head: String,
    pub tail: String,
    pub writer: Writer,
}

/// Writes one feature, with what stands around it.
pub(super) enum Writer {
    Gml(GmlWriter, &'static str),
    GeoJson(FeatureWriter),
    Csv(CsvWriter),
    /// The values of the attribute at an index, or of the geometry.
    Values(GmlWriter, Option<usize>),
    /// The identifiers.
    Ids,
}

impl Writer {
    fn write(&self, reader: &LayerReader, fids: &[i64], first: bool, out: &mut Vec<u8>) -> Result<()> {
        for (i, item) in fids.iter().filter_map(|fid| reader.get(*fid)).enumerate() {
            match self {
                Self::Gml(writer, member) => {
                    tag(out, "<", member);
                    writer.feature(&item, out)?;
                    tag(out, "</", member);
                }
                Self::GeoJson(writer) => {
                    if i > 0 || !first {
                        out.push(b',');
                    }
                    writer.feature(&item, out);
                }
                Self::Csv(writer) => writer.row(&item, out)?,
                Self::Values(writer, index) => {
                    tag(out, "<", "wfs:member");
                    writer.property(&item, *index, out)?;
                    tag(out, "</", "wfs:member");
                }
                Self::Ids => {
                    tag(out, "<", "wfs:member");
                    escape(out, &format!("{}.{}", reader.view().layer.id, item.fid));
                    tag(out, "</", "wfs:member");
                }
            }
        }
        Ok(())
    }
}

fn tag(out: &mut Vec<u8>, open: &str, name: &str) {
    out.extend_from_slice(open.as_bytes());
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// A step of a long answer.
enum Step {
    Text(String),
    Features { part: usize, range: Range<usize> },
}

/// The document as bytes: in one piece where it is short, else streamed; one state to the end either way.
pub(super) fn stream_of(document: Document, found: Vec<Found>) -> Body {
    let (mut steps, mut writers) = (vec![Step::Text(document.head)], Vec::new());
    for (part, (Part { head, tail, writer }, f)) in document.parts.into_iter().zip(found).enumerate() {
        let n = f.fids.len();
        steps.push(Step::Text(head));
        let ranges = (0..n).step_by(CHUNK).map(|from| from..n.min(from + CHUNK));
        steps.extend(ranges.map(|range| Step::Features { part, range }));
        steps.push(Step::Text(tail));
        writers.push((f.reader, writer, f.fids));
    }
    steps.push(Step::Text(document.tail));
    let mut first = true;
    let mut write = move |step: Step, out: &mut Vec<u8>| -> Result<()> {
        match step {
            Step::Text(text) => out.extend_from_slice(text.as_bytes()),
            Step::Features { part, range } => {
                let (reader, writer, fids) = &writers[part];
                writer.write(reader, &fids[range], std::mem::take(&mut first), out)?;
            }
        }
        Ok(())
    };
    let features = steps.iter().filter(|s| matches!(s, Step::Features { .. })).count();
    let mut steps = steps.into_iter();
    if features <= 1 {
        let mut out = Vec::with_capacity(4096);
        return match steps.try_for_each(|step| write(step, &mut out)) {
            Ok(()) => out.into(),
            // The head is not sent yet, but a body that breaks off is what a long answer does too.
            Err(e) => Body::from_stream(stream::iter([Err::<Bytes, _>(e)])),
        };
    }
    let parts = steps.map(move |step| {
        let mut out = Vec::new();
        write(step, &mut out).map(|()| Bytes::from(out))
    });
    Body::from_stream(stream::iter(parts).fuse())
}
