//! A first look at a file: what it holds, and the first rows of one layer. Runs in the worker child.

use std::path::Path;

use gdal::vector::{Layer, LayerAccess, field_type_to_name, geometry_type_to_name};
use geo::{BoundingRect, MapCoords, Rect};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::drawing::{self, is_drawing};
use super::encoding::detect::Used;
use super::open::{Opened, OpenedFile, files, open_file, refused};
use super::osm;
use super::preview::{SHAPES, Shapes};
use super::read::{decode_name, layer_values};
use super::transform::{ToStored, label, likely_systems, named};
use super::unpack::{choose, stem};
use super::{DrawingLayer, Header, ReadOptions};
use crate::Result;
use crate::layers::Value;
use crate::space::crs::to_crs84;
use crate::space::geojson::{from_json, to_json};
use crate::text::Text;

/// A system in metres.
const METRIC: &str = "EPSG:9218";
/// Decimals of degrees: 1 mm.
const DEGREE_DECIMALS: u8 = 8;

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
    /// The first shapes of that layer, also behind the rows, in the file's own system: GeoJSON geometries, null where
    /// a feature has none.
    #[serde(default)]
    pub shapes: Vec<serde_json::Value>,
    /// The same in CRS84, where the file describes its system without a code that others know.
    #[serde(default)]
    pub placed: Vec<serde_json::Value>,
    /// Systems in which the layer would lie in the province, where the file does not tell its own, or in a way
    /// that cannot be followed.
    #[serde(default)]
    pub likely: Vec<Likely>,
    /// Of a drawing that becomes areas: what it is made of.
    #[serde(default)]
    pub drawing: Option<Drawn>,
    /// How the texts of the file were read.
    pub encoding: Used,
    /// What should be looked at before the import.
    pub warnings: Vec<Text>,
}

impl Inspection {
    /// The system in which the file says that its shapes lie, where that can be followed: it has a code, or it is
    /// described so that the shapes could be placed.
    pub fn system(&self) -> Option<&str> {
        let layer = self.layers.iter().find(|l| Some(&l.name) == self.layer.as_ref());
        let crs = layer.and_then(|l| l.crs.as_deref())?;
        (crs.starts_with("EPSG:") || self.placed.iter().any(|s| !s.is_null())).then_some(crs)
    }
}

/// A system in which a layer would lie in the province.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Likely {
    /// Its code.
    pub crs: String,
    /// Only with the axes the other way round.
    pub swapped: bool,
}

/// What a drawing is made of, and what comes of it as it is read now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Its layers or levels.
    pub layers: Vec<DrawingLayer>,
    /// Areas that they make.
    pub areas: u64,
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
    if index < names.len() {
        opened.check(index)?;
    }
    let layer = if files.len() > 1 { Some(stem(chosen)) } else { names.get(index).cloned() };
    let mut found = Inspection {
        driver: opened.driver.clone(),
        layers,
        layer,
        rows: Vec::new(),
        shapes: Vec::new(),
        placed: Vec::new(),
        likely: Vec::new(),
        drawing: None,
        encoding: opened.encoding.clone(),
        warnings: std::mem::take(&mut opened.warnings),
    };
    if is_drawing(&opened.driver) && options.target.is_area() {
        drawn(&mut found, opened, index, options)?;
    } else if index < names.len() {
        let mut layer = opened.layer(index)?;
        first(&mut found, &mut layer, &opened);
        found.placed = placed(&layer, &found.shapes);
    }
    settle_extent(&mut found, options);
    Ok(found)
}

/// The first rows and shapes of a layer.
fn first(found: &mut Inspection, layer: &mut Layer, opened: &OpenedFile) {
    let fields: Vec<String> = layer.defn().fields().map(|f| decode_name(&f.name(), &opened.texts)).collect();
    let levels = osm::Levels::of(&fields);
    let mut shapes = Shapes::default();
    for feature in layer.features() {
        if found.rows.len() < ROWS {
            let values = layer_values(&feature, fields.len(), &opened.texts);
            let level = levels.as_ref().map(|levels| {
                let read: Vec<Value> =
                    values.iter().map(|v| v.as_ref().map_or(Value::Null, Value::clone)).collect();
                (osm::LEVEL.to_owned(), levels.level(&read).into())
            });
            let mut row = row(&fields, values);
            row.extend(level);
            found.rows.push(row);
        } else if shapes.is_full() {
            break;
        }
        if !shapes.is_full() {
            shapes.feature(&feature);
        }
    }
    found.shapes = shapes.shapes;
}

/// The first areas that a drawing makes, with the texts in them, and the layers that there are to choose from.
fn drawn(found: &mut Inspection, opened: OpenedFile, index: usize, options: &ReadOptions) -> Result<()> {
    let OpenedFile { dataset, driver, texts, encoding, warnings, .. } = opened;
    let layer = dataset.into_layer(index).map_err(|e| refused(&e))?;
    // Where nothing is known of the system, its unit is taken to be the metre.
    let srs = match &options.crs {
        Some(crs) => named(crs)?,
        None => layer.spatial_ref().map_or_else(|| named(METRIC), Ok)?,
    };
    let mut header = Header {
        driver: driver.clone(),
        layer: layer.name(),
        features: None,
        crs: label(&srs),
        fields: layer.defn().fields().map(|f| decode_name(&f.name(), &texts)).collect(),
        encoding: encoding.clone(),
        warnings: Vec::new(),
    };
    let own = header.fields.len();
    let mut opened = Opened { layer, driver, texts, encoding, warnings };
    let shown = drawing::look(&mut opened, &mut header, &ToStored::new(srs)?, options, SHAPES)?;
    let mut shapes = Shapes::default();
    for (polygon, values) in shown.first {
        if found.rows.len() < ROWS {
            found.rows.push(row(&header.fields, values.into_iter().map(Ok)));
        }
        if !shapes.is_full() {
            shapes.shape(&geo::Geometry::Polygon(polygon));
        }
    }
    found.shapes = shapes.shapes;
    found.drawing = Some(Drawn { layers: shown.layers, areas: shown.areas });
    found.warnings.extend(shown.warnings);
    // The import has these fields too: what is remembered of one drawing is found for the next.
    let joined = header.fields.split_off(own).into_iter();
    if let Some(layer) = found.layers.iter_mut().find(|l| Some(&l.name) == found.layer.as_ref()) {
        layer.fields.extend(joined.map(|name| SourceField { name, kind: "String".to_owned() }));
    }
    Ok(())
}

/// Shapes of a layer whose system has no code, in CRS84.
fn placed(layer: &Layer, shapes: &[Json]) -> Vec<Json> {
    let Some(srs) = layer.spatial_ref().filter(|srs| !label(srs).starts_with("EPSG:")) else {
        return Vec::new();
    };
    let Ok(way) = ToStored::new(srs) else { return Vec::new() };
    let place = |shape: &Json| {
        let there = way.apply(from_json(shape).ok()?).ok()?;
        Some(to_json(&there.map_coords(|c| to_crs84(c.x, c.y).into()), DEGREE_DECIMALS))
    };
    shapes.iter().map(|shape| place(shape).unwrap_or_default()).collect()
}

/// The extent where the format does not tell it, or (a drawing's) tells nothing true, is that of the first shapes; and
/// where the file does not tell its system, those in which its middle would lie in the province.
fn settle_extent(found: &mut Inspection, options: &ReadOptions) {
    let drawing = is_drawing(&found.driver);
    let around = found.shapes.iter().filter_map(|s| from_json(s).ok()?.bounding_rect());
    let around = around.reduce(|a, b| {
        let (low, high) = (a.min(), a.max());
        Rect::new(
            (low.x.min(b.min().x), low.y.min(b.min().y)),
            (high.x.max(b.max().x), high.y.max(b.max().y)),
        )
    });
    let told = found.system().is_some();
    let Some(layer) = found.layers.iter_mut().find(|l| Some(&l.name) == found.layer.as_ref()) else { return };
    if drawing || layer.extent.is_none() {
        layer.extent = around.map(|r| [r.min().x, r.min().y, r.max().x, r.max().y]);
    }
    if let (false, None, Some([a, b, c, d])) = (told, &options.crs, layer.extent) {
        let systems = likely_systems(f64::midpoint(a, c), f64::midpoint(b, d)).into_iter();
        found.likely = systems.map(|(crs, _, swapped)| Likely { crs: crs.to_owned(), swapped }).collect();
    }
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
    let mut fields: Vec<SourceField> = layer
        .defn()
        .fields()
        .map(|f| SourceField {
            name: decode_name(&f.name(), &opened.texts),
            kind: field_type_to_name(f.field_type()),
        })
        .collect();
    let names: Vec<String> = fields.iter().map(|f| f.name.clone()).collect();
    fields.extend(
        osm::Levels::of(&names)
            .map(|_| SourceField { name: osm::LEVEL.to_owned(), kind: "Integer64".to_owned() }),
    );
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

fn row(
    fields: &[String],
    values: impl IntoIterator<Item = Result<Value, Text>>,
) -> serde_json::Map<String, Json> {
    fields.iter().cloned().zip(values.into_iter().map(shown)).collect()
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
