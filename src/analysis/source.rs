//! What an analysis reads: items of a layer, or a place that was drawn.

use geo::{BoundingRect, Geometry, Intersects};

use super::work::Work;
use crate::features::{Item, LayerReader, Query};
use crate::space::Bbox;
use crate::text::{Lang, number};
use crate::{Error, Result};

/// Most features that are held in memory as the other side of a question.
const HELD_MAX: usize = 200_000;

/// Features to be read.
#[derive(Debug, Clone)]
pub enum Source {
    /// Items of a layer.
    Items {
        /// The layer, with the rights of who asks.
        reader: LayerReader,
        /// Which items.
        query: Box<Query>,
        /// Only those whose geometry meets this one, EPSG:9218.
        area: Option<Geometry<f64>>,
    },
    /// A place, EPSG:9218.
    Place(Geometry<f64>),
}

/// A feature of a source.
#[derive(Debug)]
pub(super) struct Feature<'a> {
    /// None for a place.
    pub item: Option<Item<'a>>,
    pub geometry: Geometry<f64>,
    pub envelope: Bbox,
}

impl Source {
    /// The layer's reader; none for a place.
    pub fn reader(&self) -> Option<&LayerReader> {
        match self {
            Self::Items { reader, .. } => Some(reader),
            Self::Place(_) => None,
        }
    }

    /// Gives each feature whose envelope meets `within` (all without one), in the order of the fids.
    pub(super) fn each<'a>(
        &'a self,
        work: &mut Work,
        within: Option<Bbox>,
        mut take: impl FnMut(&mut Work, Feature<'a>) -> Result<()>,
    ) -> Result<()> {
        let (reader, query, area) = match self {
            Self::Place(geometry) => {
                let Some(envelope) = envelope(geometry) else { return Ok(()) };
                if within.is_none_or(|w| w.intersects(&envelope)) {
                    take(work, Feature { item: None, geometry: geometry.clone(), envelope })?;
                }
                return Ok(());
            }
            Self::Items { reader, query, area } => (reader, query, area),
        };
        let mut query = query.clone();
        for b in within.into_iter().chain(area.as_ref().and_then(envelope)) {
            match meet(query.bbox, b) {
                Some(both) => query.bbox = Some(both),
                None => return Ok(()),
            }
        }
        let total = reader.count();
        for (n, item) in reader.query(&query)?.enumerate() {
            work.step(n, total)?;
            let Some(envelope) = item.envelope() else { continue };
            let geometry = item.geometry();
            if area.as_ref().is_none_or(|a| a.intersects(&geometry)) {
                take(work, Feature { item: Some(item), geometry, envelope })?;
            }
        }
        Ok(())
    }

    /// All features at once; refuses more than can be held.
    pub(super) fn all(&self, work: &mut Work, name: &str) -> Result<Vec<Feature<'_>>> {
        let mut all = Vec::new();
        self.each(work, None, |_, feature| {
            all.push(feature);
            if all.len() > HELD_MAX {
                return Err(Error::invalid(
                    name,
                    format!(
                        "nhiều hơn {} đối tượng; hãy thu hẹp vùng hoặc điều kiện chọn",
                        number(Lang::Vi, HELD_MAX as f64, 0)
                    ),
                    format!(
                        "more than {} features; narrow the area or the conditions",
                        number(Lang::En, HELD_MAX as f64, 0)
                    ),
                ));
            }
            Ok(())
        })?;
        Ok(all)
    }
}

/// The box that both share. Boxes meet pair by pair where they meet all at once, so an envelope that meets both
/// meets this one.
fn meet(a: Option<Bbox>, b: Bbox) -> Option<Bbox> {
    let Some(a) = a else { return Some(b) };
    a.intersects(&b).then(|| Bbox {
        min_x: a.min_x.max(b.min_x),
        min_y: a.min_y.max(b.min_y),
        max_x: a.max_x.min(b.max_x),
        max_y: a.max_y.min(b.max_y),
    })
}

/// Box around a geometry; none where it is empty.
pub(super) fn envelope(geometry: &Geometry<f64>) -> Option<Bbox> {
    let r = geometry.bounding_rect()?;
    Some(Bbox { min_x: r.min().x, min_y: r.min().y, max_x: r.max().x, max_y: r.max().y })
}

/// The box grown by `by_m` on each side.
pub(super) fn grown(b: &Bbox, by_m: f64) -> Bbox {
    Bbox { min_x: b.min_x - by_m, min_y: b.min_y - by_m, max_x: b.max_x + by_m, max_y: b.max_y + by_m }
}
