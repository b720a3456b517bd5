//! Layers as an archive of their tiles (PMTiles), made from memory: for a CDN, for a phone without a network, or to be
//! read by ranges.

use std::path::Path;

use rayon::prelude::*;
use serde_json::json;

use crate::Result;
use crate::features::encode::mvt::{self, describe};
use crate::features::{LayerReader, gzip_small};
use crate::formats::write::pmtiles::{About, Archive};
use crate::space::PROVINCE;
use crate::space::tile_matrix::Tile;
use crate::text::Lang;

/// Tiles that are in memory at a time.
const AT_ONCE: usize = 256;

/// Writes the tiles of all zooms of these layers, several layers in one tile; gives their number. Texts are in `lang`.
pub fn write(path: &Path, readers: &[LayerReader], name: &str, lang: Lang) -> Result<u64> {
    let (from, to) = describe::zooms(readers);
    let bounds = readers.iter().filter_map(LayerReader::extent_crs84).reduce(|a, b| a.union(&b));
    // Where nothing lies on the map the archive is empty, and says where something would be looked for.
    let bounds = bounds.unwrap_or(PROVINCE);
    let layers: Vec<_> = readers.iter().map(|r| describe::vector_layer(r.view(), lang)).collect();
    let metadata = json!({"name": name, "type": "overlay", "vector_layers": layers, "attribution": "Dothi"});
    let mut archive = Archive::create(path, &About { zooms: (from, to), bounds, metadata })?;
    let mut tiles: Vec<(u64, Tile)> = Vec::new();
    held(readers, Tile::new(0, 0, 0), from, to, &mut tiles);
    tiles.sort_unstable_by_key(|(place, _)| *place);
    let mut written = 0;
    for some in tiles.chunks(AT_ONCE) {
        let made: Vec<Option<Vec<u8>>> = some.par_iter().map(|(_, tile)| made(readers, *tile)).collect();
        for ((_, tile), made) in some.iter().zip(made) {
            let Some(made) = made else { continue };
            archive.add(*tile, &made)?;
            written += 1;
        }
    }
    archive.finish()?;
    Ok(written)
}

/// Collects the tiles at and below `tile` that hold something.
fn held(readers: &[LayerReader], tile: Option<Tile>, from: u8, to: u8, tiles: &mut Vec<(u64, Tile)>) {
    let Some(tile) = tile.filter(|t| t.tile_matrix <= to) else { return };
    let met: Vec<LayerReader> = readers.iter().filter(|r| meets(r, tile)).cloned().collect();
    if met.is_empty() {
        return;
    }
    if tile.tile_matrix >= from {
        tiles.extend(Archive::place(tile).map(|place| (place, tile)));
    }
    for (row, col) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let below = Tile::new(tile.tile_matrix + 1, 2 * tile.tile_row + row, 2 * tile.tile_col + col);
        held(&met, below, from, to, tiles);
    }
}

fn meets(reader: &LayerReader, tile: Tile) -> bool {
    let near = tile.bbox_9218(mvt::MARGIN);
    near.is_some_and(|b| reader.extent().is_some_and(|e| e.intersects(&b)) && reader.meets(&b))
}

/// The layers of a tile are a repeated field: the bytes of tiles one after the other are a tile.
fn made(readers: &[LayerReader], tile: Tile) -> Option<Vec<u8>> {
    let raw: Vec<u8> = readers.iter().flat_map(|r| mvt::encode(r, tile)).collect();
    (!raw.is_empty()).then(|| gzip_small(&raw))
}
