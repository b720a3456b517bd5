//! Items as rows for the writers of files (`formats::write`): the geometry as WKB, east before north whatever the
//! system's authority says, as GeoPackage, FlatGeobuf and GeoParquet all want it; the values borrowed from memory.

use super::positions::Positions;
use crate::Result;
use crate::access::View;
use crate::features::reader::{Item, LayerReader};
use crate::features::shapes::Shape;
use crate::layers::{GeometryKind, ItemRef, ValueRef};
use crate::space::crs::{AxisOrder, Target};

/// Makes the rows of one view.
#[derive(Debug)]
pub struct Rows {
    columns: Vec<usize>,
    positions: Positions,
}

impl Rows {
    /// Of what the view shows, and of that only `wanted` (indices in the definition) where it is given; positions in
    /// `crs`.
    pub fn new(view: &View, wanted: Option<&[usize]>, crs: &Target) -> Self {
        let columns = (0..view.attributes.len())
            .filter(|i| view.attributes[*i] && wanted.is_none_or(|w| w.contains(i)))
            .collect();
        Self { columns, positions: Positions::as_files_hold(crs.clone(), AxisOrder::EastNorth) }
    }

    /// The attributes of a row's values, by their index in the definition.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Calls `take` with the row of each item. The geometry is empty where the item has none and where the system has
    /// no positions for it.
    pub fn each(
        &self,
        reader: &LayerReader,
        fids: impl IntoIterator<Item = i64>,
        mut take: impl FnMut(&ItemRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let (mut wkb, mut at, mut values) = (Vec::new(), Vec::new(), Vec::<ValueRef<'_>>::new());
        for item in fids.into_iter().filter_map(|fid| reader.get(fid)) {
            self.geometry(&item, &mut at, &mut wkb);
            values.clear();
            values.extend(self.columns.iter().map(|i| ValueRef::from(item.cell(*i))));
            take(&ItemRef { fid: item.fid, version: item.version, wkb: &wkb, values: &values })?;
        }
        Ok(())
    }

    fn geometry(&self, item: &Item<'_>, at: &mut Vec<[i64; 2]>, wkb: &mut Vec<u8>) {
        wkb.clear();
        let shape = item.shape();
        if shape.is_empty() || !self.positions.of(&shape, at) {
            return;
        }
        self.shape(&shape, at, wkb);
    }

    fn shape(&self, shape: &Shape<'_>, at: &[[i64; 2]], out: &mut Vec<u8>) {
        use GeometryKind as K;
        let first = shape.vertices().start;
        let list = |out: &mut Vec<u8>, v: std::ops::Range<usize>| {
            number(out, v.len());
            v.for_each(|v| self.position(out, at[v - first]));
        };
        match shape.kind() {
            K::Point => {
                head(out, 1);
                self.position(out, at[0]);
            }
            K::LineString => {
                head(out, 2);
                list(out, shape.vertices());
            }
            K::Polygon => {
                head(out, 3);
                number(out, shape.rings().count());
                shape.rings().for_each(|(_, v)| list(out, v));
            }
            K::MultiPoint => {
                head(out, 4);
                number(out, at.len());
                for position in at {
                    head(out, 1);
                    self.position(out, *position);
                }
            }
            K::MultiLineString => {
                head(out, 5);
                number(out, shape.rings().count());
                for (_, v) in shape.rings() {
                    head(out, 2);
                    list(out, v);
                }
            }
            K::MultiPolygon => {
                let rings: Vec<_> = shape.rings().collect();
                head(out, 6);
                number(out, rings.iter().filter(|(outer, _)| *outer).count());
                for polygon in rings.chunk_by(|_, next| !next.0) {
                    head(out, 3);
                    number(out, polygon.len());
                    polygon.iter().for_each(|(_, v)| list(out, v.clone()));
                }
            }
        }
    }

    fn position(&self, out: &mut Vec<u8>, [x, y]: [i64; 2]) {
        let steps = self.positions.steps();
        out.extend_from_slice(&(x as f64 / steps).to_le_bytes());
        out.extend_from_slice(&(y as f64 / steps).to_le_bytes());
    }
}

/// Byte order (little-endian) and type.
fn head(out: &mut Vec<u8>, kind: u32) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
}

fn number(out: &mut Vec<u8>, n: usize) {
    out.extend_from_slice(&(n as u32).to_le_bytes());
}
