//! Gathers from memory what a check may look at: the features within reach of the site, all of one state of the
//! layers.

use std::collections::BTreeMap;

use geo::{BoundingRect, Geometry};

use super::parcels::{PARCEL_LAYER, find_in};
use crate::access::View;
use crate::error::Result;
use crate::features::{Item, Query, Snapshot};
use crate::layers::{Catalog, LayerDef};
use crate::permit::check_input::MapFeature;
use crate::permit::checks::needed_layers;
use crate::space::Bbox;

/// What was gathered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gathered {
    /// Features by layer; a layer that the catalog does not know is absent.
    pub features: BTreeMap<String, Vec<MapFeature>>,
}

/// Reads every layer that checks need around `parcels` and `places` (placed models, a linear site; EPSG:9218).
/// Layers in `hidden` are not read at all.
pub fn gather(
    catalog: &Catalog,
    snapshot: &Snapshot,
    parcels: &[String],
    places: &[Geometry<f64>],
    hidden: &[String],
) -> Result<Gathered> {
    let mut own = Vec::new();
    for code in parcels {
        own.extend(find_in(catalog, snapshot, code)?);
    }
    let site = around(own.iter().map(|p| &p.geometry).chain(places));
    let mut found = Gathered::default();
    for (id, reach_m) in needed_layers() {
        let Some(layer) = catalog.layer(id) else { continue };
        if hidden.iter().any(|h| h == id) {
            continue;
        }
        let mut features = match site {
            Some(site) => read(snapshot, layer, *reach_m, &site)?,
            None => Vec::new(),
        };
        if *id == PARCEL_LAYER {
            features.extend(
                own.iter().filter(|p| features.iter().all(|f| f.fid != p.fid)).cloned().collect::<Vec<_>>(),
            );
        }
        features.sort_by_key(|f| f.fid);
        found.features.insert((*id).to_owned(), features);
    }
    Ok(found)
}

fn read(
    snapshot: &Snapshot,
    layer: &std::sync::Arc<LayerDef>,
    r: f64,
    site: &Bbox,
) -> Result<Vec<MapFeature>> {
    let Some(reader) = snapshot.described(&View::system(layer)) else { return Ok(Vec::new()) };
    let bbox =
        Bbox { min_x: site.min_x - r, min_y: site.min_y - r, max_x: site.max_x + r, max_y: site.max_y + r };
    let query = Query { bbox: Some(bbox), ..Query::default() };
    Ok(reader.query(&query)?.map(|item| feature(&item)).collect())
}

/// An item with all its attributes. Values that are not known are left out: an absent attribute is "not known".
pub(super) fn feature(item: &Item<'_>) -> MapFeature {
    let known = item.attributes().map(|(a, v)| (a.name.clone(), v.to_json()));
    MapFeature {
        fid: item.fid,
        version: item.version,
        geometry: item.geometry(),
        attributes: known.filter(|(_, v)| !v.is_null()).collect(),
    }
}

fn around<'a>(geometries: impl Iterator<Item = &'a Geometry<f64>>) -> Option<Bbox> {
    geometries.filter_map(BoundingRect::bounding_rect).fold(None, |all: Option<Bbox>, r| {
        let one = Bbox { min_x: r.min().x, min_y: r.min().y, max_x: r.max().x, max_y: r.max().y };
        Some(all.map_or(one, |a| Bbox {
            min_x: a.min_x.min(one.min_x),
            min_y: a.min_y.min(one.min_y),
            max_x: a.max_x.max(one.max_x),
            max_y: a.max_y.max(one.max_y),
        }))
    })
}
