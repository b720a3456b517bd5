//! The texts of a DGN v7 file as bytes. GDAL takes them for Unicode, which they never are.
//! Layout: Intergraph Standard File Formats (ISFF), as documented by the dgnlib of GDAL.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::texts::unreadable;
use crate::Result;

/// Bytes of an element before what its type adds.
const HEAD: usize = 36;
/// Type of a text element.
const TEXT: u8 = 17;
/// Type of the design file header, whose flags tell of a third dimension.
const TCB: u8 = 9;

/// Texts by the number of their element, which is GDAL's feature id.
pub(super) fn texts(file: &Path) -> Result<BTreeMap<u64, Vec<u8>>> {
    let mut input = BufReader::new(File::open(file).map_err(|e| unreadable(&e))?);
    let mut texts = BTreeMap::new();
    let mut three_d = false;
    for number in 0.. {
        let mut head = [0; 4];
        // The end is marked by 0xffff; a file that is cut off ends as it can.
        if input.read_exact(&mut head).is_err() || head[0] == 0xff && head[1] == 0xff {
            break;
        }
        let mut body = vec![0; usize::from(u16::from_le_bytes([head[2], head[3]])) * 2];
        if input.read_exact(&mut body).is_err() {
            break;
        }
        match head[1] & 0x7f {
            TCB if body.len() > 1214 => three_d = body[1214 - 4] & 0x40 != 0,
            TEXT => {
                // Font, justification, two multipliers, rotation and origin stand before the count of letters.
                let at = if three_d { HEAD + 38 } else { HEAD + 22 } - 4;
                let letters = body.get(at).map_or(0, |n| usize::from(*n));
                if let Some(text) = body.get(at + 2..at + 2 + letters) {
                    texts.insert(number, text.to_vec());
                }
            }
            _ => {}
        }
    }
    Ok(texts)
}
