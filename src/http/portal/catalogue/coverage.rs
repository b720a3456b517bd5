//! Where a layer's items lie, as a grid of counts: at scales at which the layer's own tiles are empty, the catalogue's
//! small map shows this.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::features::{LayerReader, Query};
use crate::space::crs;

/// Cells along the longer side of the layer's extent.
const CELLS: usize = 40;
/// How long a grid may lag behind its layer; a change of rights has another key at once.
const KEPT_FOR: Duration = Duration::from_mins(1);
/// Grids that are kept.
const GRIDS_MAX: usize = 300;

type Key = (String, u64);
/// A grid, and when it was made.
type Made = (Instant, Arc<Value>);

/// Grids that were made, by layer and rights profile.
#[derive(Debug, Clone, Default)]
pub struct Coverages(Arc<Mutex<HashMap<Key, Made>>>);

impl Coverages {
    /// The grid of a layer as its reader may see it: GeoJSON polygons (CRS84) with a `count` each, and the largest
    /// count as `max`.
    pub async fn of(&self, reader: LayerReader) -> Result<Arc<Value>> {
        let key = (reader.view().layer.id.clone(), reader.view().profile);
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((at, grid)) = kept
            && at.elapsed() < KEPT_FOR
        {
            return Ok(grid);
        }
        // Half a million envelopes take long enough to hold up other requests on this thread.
        let made = tokio::task::spawn_blocking(move || grid(&reader)).await;
        let grid = Arc::new(made.map_err(|e| Error::internal("counting a layer's coverage", e))??);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= GRIDS_MAX {
            all.clear();
        }
        all.insert(key, (Instant::now(), grid.clone()));
        Ok(grid)
    }
}

fn grid(reader: &LayerReader) -> Result<Value> {
    let Some(extent) = reader.extent() else { return Ok(collection(&[], 0)) };
    let side = (extent.max_x - extent.min_x).max(extent.max_y - extent.min_y).max(1.0) / CELLS as f64;
    let at = |v: f64, from: f64| (((v - from) / side) as usize).min(CELLS - 1);
    let mut counts = vec![0u64; CELLS * CELLS];
    for item in reader.query(&Query::default())? {
        let Some(b) = item.envelope() else { continue };
        let (x, y) = (f64::midpoint(b.min_x, b.max_x), f64::midpoint(b.min_y, b.max_y));
        counts[at(y, extent.min_y) * CELLS + at(x, extent.min_x)] += 1;
    }
    let cell = |(i, count): (usize, &u64)| {
        let (west, south) =
            (extent.min_x + (i % CELLS) as f64 * side, extent.min_y + (i / CELLS) as f64 * side);
        let corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side), (0.0, 0.0)];
        let ring: Vec<[f64; 2]> = corners
            .iter()
            .map(|(dx, dy)| {
                let (lon, lat) = crs::to_crs84(west + dx, south + dy);
                [(lon * 1e6).round() / 1e6, (lat * 1e6).round() / 1e6]
            })
            .collect();
        json!({"type": "Feature", "properties": {"count": count},
            "geometry": {"type": "Polygon", "coordinates": [ring]}})
    };
    let cells: Vec<Value> = counts.iter().enumerate().filter(|(_, n)| **n > 0).map(cell).collect();
    Ok(collection(&cells, counts.iter().copied().max().unwrap_or(0)))
}

fn collection(cells: &[Value], max: u64) -> Value {
    json!({"type": "FeatureCollection", "features": cells, "max": max})
}
