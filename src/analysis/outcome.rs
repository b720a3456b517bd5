//! What an analysis comes to: a table whose rows lie on the map.

use std::sync::Arc;

use geo::Geometry;

use crate::access::View;
use crate::features::Item;
use crate::layers::{AttributeType, Value};
use crate::text::Text;

/// A column of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name, the key in JSON and the head in CSV.
    pub name: String,
    /// Title for people.
    pub title: Text,
    /// Unit of the numbers.
    pub unit: Option<String>,
    /// Type of the attribute that it shows, as its owner keeps it; none where the analysis made the values.
    pub kind: Option<AttributeType>,
    /// Code list of the values.
    pub codes: Option<String>,
}

/// A row of the table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The item it is about: layer and fid.
    pub item: Option<(Arc<str>, i64)>,
    /// EPSG:9218.
    pub geometry: Option<Geometry<f64>>,
    /// One value a column.
    pub values: Vec<Value>,
}

/// A number about the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Name, the key in JSON.
    pub name: &'static str,
    /// Title for people.
    pub title: Text,
    /// The number.
    pub value: Value,
    /// Its unit.
    pub unit: Option<&'static str>,
}

/// The outcome of an analysis.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The table's columns.
    pub columns: Vec<Column>,
    /// The first rows, as many as were asked for.
    pub rows: Vec<Row>,
    /// How many rows there are in all.
    pub matched: usize,
    /// Numbers about the whole.
    pub figures: Vec<Figure>,
    /// What lies under the rows on the map (areas of reach), with minutes in `values`; EPSG:9218.
    pub areas: Vec<Row>,
}

impl Column {
    pub(super) fn new(name: impl Into<String>, vi: &str, en: &str, unit: Option<&str>) -> Self {
        Self {
            name: name.into(),
            title: Text::new(vi, en),
            unit: unit.map(str::to_owned),
            kind: None,
            codes: None,
        }
    }
}

impl Figure {
    pub(super) fn count(name: &'static str, vi: &str, en: &str, n: usize) -> Self {
        let value = Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        Self { name, title: Text::new(vi, en), value, unit: None }
    }

    pub(super) fn real(name: &'static str, vi: &str, en: &str, value: f64, unit: &'static str) -> Self {
        Self { name, title: Text::new(vi, en), value: Value::Real(value), unit: Some(unit) }
    }
}

impl Outcome {
    /// Counts a row, and keeps it while there is room.
    pub(super) fn push(&mut self, limit: usize, row: impl FnOnce() -> Row) {
        self.matched += 1;
        if self.rows.len() < limit {
            self.rows.push(row());
        }
    }
}

/// The columns of a layer's visible attributes, each name behind `prefix`.
pub(super) fn columns_of(view: &View, prefix: &str) -> Vec<Column> {
    let visible = view.layer.attributes.iter().zip(&view.attributes).filter(|(_, seen)| **seen);
    visible
        .map(|(a, _)| Column {
            name: format!("{prefix}{}", a.name),
            title: a.title.clone(),
            unit: a.unit.clone(),
            kind: Some(a.kind),
            codes: a.codes.clone(),
        })
        .collect()
}

/// The item as a row of [`columns_of`].
pub(super) fn row_of(item: &Item<'_>) -> Row {
    Row {
        item: Some((item.view().layer.id.as_str().into(), item.fid)),
        geometry: Some(item.geometry()),
        values: item.attributes().map(|(_, v)| v).collect(),
    }
}

/// What the item is called: its label where it has one, else its layer and number.
pub(super) fn name_of(item: &Item<'_>) -> String {
    let layer = &item.view().layer;
    let label = layer.label.as_deref().and_then(|l| item.value_of(l));
    match label {
        Some(Value::Text(text)) if !text.is_empty() => text,
        _ => format!("{}/{}", layer.id, item.fid),
    }
}
