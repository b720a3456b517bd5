//! A first look at a file: what it holds, and the first rows of one layer. Runs in the worker child.

use std::path::Path;

use gdal::vector::{Layer, LayerAccess, field_type_to_name, geometry_type_to_name};
use serde::{Deserialize, Serialize};

use super::ReadOptions;
use super::encoding::detect::Used;
use super::open::{OpenedFile, files, open_file};
use super::read::{decode_name, layer_values};
use super::transform::label;
use super::unpack::{choose, stem};
use crate::Result;
use crate::layers::Value;
use crate::text::Text;

/// Rows that are shown.
const ROWS: usize = 10;
/// Longest text that is shown of a value.
const SHOWN_CHARS: usize = 200;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// GDAL's driver, such as `GPKG`.
    pub driver: String,
    /// Its layers, in the file's order.
    pub layers: Vec<SourceLayer>,
    /// The layer whose rows are shown: the one that was named, or the first.
    pub layer: Option<String>,
    /// The first rows of that layer: field names and values as JSON.
    pub rows: Vec<serde_json::Map<String, serde_json::Value>>,
    /// How the texts of the file were read.
    pub encoding: Used,
    /// What should be looked at before the import.
    pub warnings: Vec<Text>,
}

/// A layer of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceLayer {
    /// Its name, as `--source-layer` takes it.
    pub name: String,
    /// Kind of its geometry in OGC words, such as `MultiPolygon`; `Unknown (any)` where they are mixed.
    pub geometry: String,
    /// Features in it, where the format tells without reading all.
    pub features: Option<u64>,
    /// Its reference system as authority and code, or its name; none where the file has none.
    pub crs: Option<String>,
    /// Smallest and largest coordinates in that system: min x, min y, max x, max y. Of the rows that are shown, where
    /// the format does not tell without reading all.
    pub extent: Option<[f64; 4]>,
    /// Its fields.
    pub fields: Vec<SourceField>,
}

/// A field of a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceField {
    /// Its name.
    pub name: String,
    /// Its type in GDAL's words: `String`, `Integer64`, `Real`, `Date` …
    #[serde(rename = "type")]
    pub kind: String,
}

/// Looks at `file`; the rows are those of the layer that `options` name, or of the first. Of a zipped file all that
/// it holds are listed, each by its own name where they are several.
pub fn inspect(file: &Path, options: &ReadOptions) -> Result<Inspection> {
    let files = files(file, options)?;
    let chosen = match options.source_layer {
        None => &files[0],
        Some(_) => choose(&files, options.source_layer.as_deref())?,
    };
    let mut opened = open_file(chosen, options)?;
    let names = opened.layer_names();
    let index = match options.source_layer.as_deref().filter(|_| files.len() == 1 || names.len() > 1) {
        None => 0,
        wanted => opened.find_layer(wanted)?,
    };
    let mut layers = Vec::new();
    for other in &files {
        if other == chosen {
            layers.extend(described(&opened, (files.len() > 1).then(|| stem(other)).as_deref())?);
        } else {
            layers.extend(described(&open_file(other, options)?, Some(&stem(other)))?);
        }
    }
    let name = names.get(index).cloned();
    let rows = match name {
        Some(_) => {
            opened.check(index)?;
            rows(&mut opened.layer(index)?, &opened)
        }
        None => Vec::new(),
    };
    let layer = if files.len() > 1 { Some(stem(chosen)) } else { name };
    let shown = layers.iter_mut().find(|l| Some(&l.name) == layer.as_ref() && l.extent.is_none());
    if let (Some(shown), true) = (shown, index < names.len()) {
        shown.extent = extent_of_first(&mut opened.layer(index)?);
    }
    Ok(Inspection {
        driver: opened.driver,
        layers,
        layer,
        rows,
        encoding: opened.encoding,
        warnings: std::mem::take(&mut opened.warnings),
    })
}

/// The layers of a file that can be read; `name` instead of the only one's own.
fn described(opened: &OpenedFile, name: Option<&str>) -> Result<Vec<SourceLayer>> {
    let count = opened.layer_names().len();
    let several = count > 1;
    let mut layers = Vec::new();
    for i in 0..count {
        match opened.check(i) {
            Ok(()) => {
                let mut described = describe(&opened.layer(i)?, opened);
                if let (Some(name), false) = (&name, several) {
                    (*name).clone_into(&mut described.name);
                }
                layers.push(described);
            }
            // One of several that cannot be read does not hide the others.
            Err(_) if several => {}
            Err(error) => return Err(error),
        }
    }
    Ok(layers)
}

fn describe(layer: &Layer, opened: &OpenedFile) -> SourceLayer {
    let fields = layer
        .defn()
        .fields()
        .map(|f| SourceField {
            name: decode_name(&f.name(), &opened.texts),
            kind: field_type_to_name(f.field_type()),
        })
        .collect();
    let kind = layer.defn().geom_fields().next().map(|g| geometry_type_to_name(g.field_type()));
    SourceLayer {
        name: layer.name(),
        geometry: kind.unwrap_or_else(|| "None".to_owned()),
        features: layer.try_feature_count(),
        crs: layer.spatial_ref().map(|srs| label(&srs)),
        extent: layer
            .try_get_extent()
            .ok()
            .flatten()
            .map(|e| [e.MinX, e.MinY, e.MaxX, e.MaxY])
            .filter(|e| e.iter().all(|n| n.is_finite())),
        fields,
    }
}

/// The box around the first rows.
fn extent_of_first(layer: &mut Layer) -> Option<[f64; 4]> {
    let boxes = layer.features().take(ROWS).filter_map(|f| Some(f.geometry()?.envelope()));
    let around = boxes.fold(None, |around: Option<[f64; 4]>, e| {
        let [a, b, c, d] = around.unwrap_or([e.MinX, e.MinY, e.MaxX, e.MaxY]);
        Some([a.min(e.MinX), b.min(e.MinY), c.max(e.MaxX), d.max(e.MaxY)])
    });
    around.filter(|e| e.iter().all(|n| n.is_finite()))
}

fn rows(layer: &mut Layer, opened: &OpenedFile) -> Vec<serde_json::Map<String, serde_json::Value>> {
    let fields: Vec<String> = layer.defn().fields().map(|f| decode_name(&f.name(), &opened.texts)).collect();
    layer
        .features()
        .take(ROWS)
        .map(|feature| {
            let values = layer_values(&feature, fields.len(), &opened.texts);
            fields.iter().cloned().zip(values.into_iter().map(shown)).collect()
        })
        .collect()
}

fn shown(value: Result<Value, Text>) -> serde_json::Value {
    let short = |text: String| match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    match value {
        Ok(Value::Null) => serde_json::Value::Null,
        Ok(Value::Bool(b)) => b.into(),
        Ok(Value::Int(i)) => i.into(),
        Ok(Value::Real(r)) => r.into(),
        Ok(Value::Text(t)) => short(t).into(),
        Ok(Value::Date(d)) => d.to_string().into(),
        Ok(Value::Time(t)) => t.to_rfc3339().into(),
        // What an import would say of it.
        Err(reason) => format!("\u{fffd} {}", reason.en).into(),
    }
}
