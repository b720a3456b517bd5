//! PMTiles 3: many tiles in one file, which clients read by ranges without a server that knows of tiles.

use std::fs::File;
use std::path::Path;

use pmtiles::{Compression, PmTilesStreamWriter, PmTilesWriter, TileCoord, TileId, TileType};

use crate::space::Bbox;
use crate::space::tile_matrix::Tile;
use crate::{Error, Result};

/// An archive of vector tiles in the making.
pub struct Archive(PmTilesStreamWriter<File>);

/// What an archive says of its tiles.
#[derive(Debug, Clone)]
pub struct About {
    /// Zooms of the first and the last tiles.
    pub zooms: (u8, u8),
    /// Around all of them, CRS84.
    pub bounds: Bbox,
    /// `vector_layers` and more, as TileJSON 3.0 has them: an object of JSON.
    pub metadata: serde_json::Value,
}

impl Archive {
    /// Begins a file that must not be there yet.
    pub fn create(path: &Path, about: &About) -> Result<Self> {
        let file = File::create_new(path).map_err(failed)?;
        let About { zooms: (from, to), bounds: b, metadata } = about;
        let middle = (f64::midpoint(b.min_x, b.max_x), f64::midpoint(b.min_y, b.max_y));
        let writer = PmTilesWriter::new(TileType::Mvt)
            .precompressed(Compression::Gzip)
            .min_zoom(*from)
            .max_zoom(*to)
            .bounds(b.min_x, b.min_y, b.max_x, b.max_y)
            .center(middle.0, middle.1)
            .center_zoom((*from).max(10).min(*to))
            .metadata(metadata.to_string());
        writer.create(file).map(Self).map_err(failed)
    }

    /// Where a tile stands in the file: those that are added in this order lie together, as readers ask for them. None
    /// for a tile of another set than WebMercatorQuad.
    pub fn place(tile: Tile) -> Option<u64> {
        coord(tile).map(|coord| TileId::from(coord).value())
    }

    /// Adds a tile, compressed by gzip.
    pub fn add(&mut self, tile: Tile, gzip: &[u8]) -> Result<()> {
        let coord = coord(tile).ok_or_else(|| failed("a tile of another set"))?;
        self.0.add_tile(coord, gzip).map_err(failed)
    }

    /// Completes the file.
    pub fn finish(self) -> Result<()> {
        self.0.finalize().map_err(failed)
    }
}

fn coord(tile: Tile) -> Option<TileCoord> {
    let mercator = Tile::new(tile.tile_matrix, tile.tile_row, tile.tile_col) == Some(tile);
    mercator.then(|| TileCoord::new(tile.tile_matrix, tile.tile_col, tile.tile_row).ok()).flatten()
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::internal("writing an archive of tiles", error)
}
