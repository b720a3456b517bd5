//! Items on their way from the generator to the store: values by attribute name, geometry in EPSG:9218.

use std::collections::BTreeMap;

use geo::{Geometry, MapCoords};
use geozero::{CoordDimensions, ToWkb};

use crate::error::{Error, Result};
use crate::layers::{ItemRow, LayerDef, Value};

/// A sample item.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleItem {
    /// Geometry in EPSG:9218, on the 0.1 mm grid.
    pub geometry: Geometry<f64>,
    /// Values by attribute name; what is absent is null.
    pub values: Vec<(&'static str, Value)>,
}

/// All sample items, by layer.
#[derive(Debug, Default)]
pub struct Sample {
    layers: BTreeMap<&'static str, Vec<SampleItem>>,
}

/// `values! { code: "X", height_m: 3.5 }`: values by attribute name.
macro_rules! values {
    ($($name:ident : $value:expr),* $(,)?) => {
        vec![$((stringify!($name), $crate::layers::Value::from($value))),*]
    };
}
pub(super) use values;

impl Sample {
    /// Adds an item to `layer`; its coordinates are rounded to the store's grid.
    pub fn add(
        &mut self,
        layer: &'static str,
        geometry: impl Into<Geometry<f64>>,
        values: Vec<(&'static str, Value)>,
    ) {
        let geometry = geometry.into().map_coords(on_grid);
        self.layers.entry(layer).or_default().push(SampleItem { geometry, values });
    }

    /// Items of `layer` so far.
    pub fn items(&self, layer: &str) -> &[SampleItem] {
        self.layers.get(layer).map_or(&[], Vec::as_slice)
    }

    /// How many items `layer` has so far; the generator numbers codes by it.
    pub fn count(&self, layer: &str) -> usize {
        self.items(layer).len()
    }

    /// The next running code of `layer`: `<prefix>-<number>` of five digits.
    pub fn next_code(&self, layer: &str, prefix: &str) -> String {
        format!("{prefix}-{:05}", self.count(layer) + 1)
    }

    /// Layers with their items, by layer id, borrowed.
    pub fn layers_by_ref(&self) -> Vec<(&'static str, &[SampleItem])> {
        self.layers.iter().map(|(id, items)| (*id, items.as_slice())).collect()
    }

    /// Layers with their items, by layer id.
    pub fn into_layers(self) -> impl Iterator<Item = (&'static str, Vec<SampleItem>)> {
        self.layers.into_iter()
    }
}

impl SampleItem {
    /// The value of `name`, null where the item says nothing.
    pub fn value(&self, name: &str) -> Value {
        self.values.iter().find(|(n, _)| *n == name).map_or(Value::Null, |(_, v)| v.clone())
    }

    /// The item as a row of `layer`, without identifier and version: those are the store's to give. An attribute
    /// `made_up` that the item does not mention is set, for all of the sample is.
    pub fn to_row(&self, layer: &LayerDef) -> Result<ItemRow> {
        if let Some((name, _)) = self.values.iter().find(|(n, _)| layer.attribute(n).is_none()) {
            return Err(Error::Setup(format!("sample: layer {} has no attribute {name}", layer.id)));
        }
        let value = |name: &str| match self.value(name) {
            Value::Null if name == "made_up" => Value::Bool(true),
            value => value,
        };
        let wkb = self
            .geometry
            .to_wkb(CoordDimensions::xy())
            .map_err(|e| Error::internal(format!("sample: geometry of layer {}", layer.id), e))?;
        Ok(ItemRow {
            fid: 0,
            version: 0,
            wkb,
            values: layer.attributes.iter().map(|a| value(&a.name)).collect(),
        })
    }
}

/// A coordinate on the 0.1 mm grid of the store.
pub fn on_grid(c: geo::Coord<f64>) -> geo::Coord<f64> {
    geo::Coord { x: (c.x * 1e4).round() / 1e4, y: (c.y * 1e4).round() / 1e4 }
}

/// `x` rounded to `decimals` places, for attributes.
pub fn rounded(x: f64, decimals: i32) -> f64 {
    let k = 10f64.powi(decimals);
    (x * k).round() / k
}
