//! Frames on the child's standard output: `u32` little-endian length of what follows, one kind byte, payload.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::text::Text;

/// Longest frame that the parent accepts. Longer data goes in several frames.
pub const MAX_FRAME_BYTES: u32 = 64 * 1024 * 1024;

/// Room that is made for a frame before its bytes are there.
const EXPECTED_BYTES: usize = 2 * 1024 * 1024;

/// One message of the child.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// How far the work is.
    Progress(Progress),
    /// Bytes whose meaning the task defines.
    Data(Vec<u8>),
    /// The work is done; the task defines the payload (JSON). The last frame.
    Done(Vec<u8>),
    /// The file is refused. The last frame.
    Refused {
        /// Line, record or feature within the file; empty where the file as a whole is meant.
        place: String,
        /// Why.
        reason: Text,
    },
    /// The child could not do its work for another reason than the file (message for the log). The last frame.
    Failed(String),
}

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub done: u64,
    /// Steps in all, where known.
    pub total: Option<u64>,
    /// The step's name.
    pub step: String,
}

#[derive(Serialize, Deserialize)]
struct Refusal {
    place: String,
    reason: Text,
}

const PROGRESS: u8 = 1;
const DATA: u8 = 2;
const DONE: u8 = 3;
const REFUSED: u8 = 4;
const FAILED: u8 = 5;

impl Frame {
    /// Writes the frame.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Progress(p) => write_frame(out, PROGRESS, &serde_json::to_vec(p)?),
            Self::Data(bytes) => Self::write_data(bytes, out),
            Self::Done(bytes) => write_frame(out, DONE, bytes),
            Self::Refused { place, reason } => {
                let refusal = Refusal { place: place.clone(), reason: reason.clone() };
                write_frame(out, REFUSED, &serde_json::to_vec(&refusal)?)
            }
            Self::Failed(message) => write_frame(out, FAILED, message.as_bytes()),
        }
    }

    /// Writes a [`Frame::Data`] of bytes that are not the frame's own.
    pub fn write_data(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        write_frame(out, DATA, bytes)
    }

    /// Reads the next frame; none where the child closed its end between two frames.
    pub async fn read_from(input: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut head = [0u8; 4];
        match input.read_exact(&mut head).await {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(e),
        }
        let length = u32::from_le_bytes(head);
        if length == 0 || length > MAX_FRAME_BYTES {
            return Err(invalid(&format!("a frame of {length} bytes")));
        }
        let kind = input.read_u8().await?;
        // Read what comes, not what the child announces: memory grows with real bytes only.
        let mut payload = Vec::with_capacity((length as usize).min(EXPECTED_BYTES));
        let wanted = u64::from(length) - 1;
        if input.take(wanted).read_to_end(&mut payload).await? as u64 != wanted {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Self::from_parts(kind, payload).map(Some)
    }

    fn from_parts(kind: u8, payload: Vec<u8>) -> io::Result<Self> {
        Ok(match kind {
            PROGRESS => Self::Progress(serde_json::from_slice(&payload)?),
            DATA => Self::Data(payload),
            DONE => Self::Done(payload),
            REFUSED => {
                let Refusal { place, reason } = serde_json::from_slice(&payload)?;
                Self::Refused { place, reason }
            }
            FAILED => Self::Failed(String::from_utf8_lossy(&payload).into_owned()),
            other => return Err(invalid(&format!("a frame of kind {other}"))),
        })
    }
}

fn write_frame(out: &mut impl Write, kind: u8, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len() + 1).ok().filter(|n| *n <= MAX_FRAME_BYTES);
    let length = length.ok_or_else(|| invalid(&format!("a payload of {} bytes", payload.len())))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&[kind])?;
    out.write_all(payload)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("worker protocol: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_survive_the_pipe() {
        let frames = [
            Frame::Progress(Progress { done: 1, total: Some(3), step: "geometry".into() }),
            Frame::Data(vec![0, 1, 255]),
            Frame::Data(Vec::new()),
            Frame::Refused {
                place: "line 3".into(), reason: Text::new("tệp bị cắt cụt", "truncated")
            },
            Frame::Failed("no such file".into()),
            Frame::Done(b"{}".to_vec()),
        ];
        let mut bytes = Vec::new();
        for f in &frames {
            f.write_to(&mut bytes).unwrap();
        }
        let mut input = bytes.as_slice();
        for f in &frames {
            assert_eq!(Frame::read_from(&mut input).await.unwrap().as_ref(), Some(f));
        }
        assert_eq!(Frame::read_from(&mut input).await.unwrap(), None);
    }

    #[tokio::test]
    async fn broken_frames_are_errors() {
        for bytes in [
            &[5, 0, 0, 0, 2, 1][..],
            &[0, 0, 0, 0][..],
            &[255, 255, 255, 255, 2][..],
            &[2, 0, 0, 0, 9, 0][..],
        ] {
            assert!(Frame::read_from(&mut &*bytes).await.is_err(), "{bytes:?}");
        }
    }
}
