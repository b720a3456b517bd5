//! A drawing (DXF, DGN) as areas: closed lines are areas, open ones bound them, and texts belong to the area they lie
//! in. Beside the drawing's own fields each area has `text` (the first that lies in it), `texts` (all) and, for each
//! layer of texts, `text:LAYER`.

mod told;

use std::collections::BTreeMap;

use gdal::vector::{Feature, LayerAccess};
use geo::{Area, BoundingRect, Contains, Geometry, InteriorPoint, Intersects, LineString, Point, Polygon};
use rstar::primitives::{GeomWithData, Line, Rectangle};
use rstar::{AABB, RTree};

use super::geometry::{Tally, plain, wkb};
use super::open::{Opened, Texts};
use super::polygonise::{Faces, polygonise};
use super::preview::Seen;
use super::read::{BATCH_BYTES, Sink, layer_values};
use super::record::Record;
use super::transform::ToStored;
use super::{Drawing, DrawingLayer, Header, ReadOptions, Summary};
use crate::layers::Value;
use crate::text::Text;
use crate::{Error, Result};

use told::{PLACES, Scale, dangling, sliver, told};

/// Most vertices of a drawing that is made into areas: all its lines are held at once.
const MAX_VERTICES: usize = 3_000_000;
/// Gaps that are closed unless the caller says otherwise, in metres.
const SNAP_M: f64 = 0.05;
/// Before the name of a layer of texts: the field with its texts.
pub const TEXT_FIELD: &str = "text:";
/// Layers of texts that become fields of their own.
const MAX_TEXT_FIELDS: usize = 50;

/// Whether a driver's files are drawings.
pub fn is_drawing(driver: &str) -> bool {
    matches!(driver, "DXF" | "DGN")
}

struct Element {
    place: String,
    values: Vec<Value>,
    lines: Vec<LineString<f64>>,
}

struct Label {
    at: Point<f64>,
    text: String,
    layer: String,
}

/// All of a drawing that matters.
#[derive(Default)]
struct Content {
    elements: Vec<Element>,
    labels: Vec<Label>,
    rejected: Vec<Record>,
    left_out: u64,
    vertices: usize,
    /// What there is to choose from.
    seen: Seen,
}

/// An area with where it comes from.
struct Made {
    polygon: Polygon<f64>,
    place: String,
    values: Vec<Value>,
    note: Option<Text>,
}

/// Reads a drawing as areas.
pub(super) fn read(
    opened: &mut Opened,
    mut header: Header,
    transform: &ToStored,
    options: &ReadOptions,
    sink: &mut dyn Sink,
) -> Result<Summary> {
    let Built { content, made, texts, faces, mut summary, tolerance, scale } =
        build(opened, &mut header, transform, options)?;
    sink.header(&serde_json::to_vec(&header).map_err(|e| Error::internal("header", e))?)?;
    let mut batch = Vec::new();
    let left = faces.dangles.len() + faces.slivers.len();
    let total = (made.len() + content.rejected.len() + left) as u64;
    let records = made
        .into_iter()
        .zip(texts)
        .map(|(area, texts)| record(area, texts, transform))
        .chain(content.rejected)
        .chain(faces.slivers.iter().map(|s| sliver(*s, &header.layer, tolerance, scale)))
        .chain(faces.dangles.iter().map(|dangle| dangling(dangle, &header.layer, scale)));
    for record in records {
        summary.features += 1;
        record.write(&mut batch);
        if batch.len() >= BATCH_BYTES {
            sink.records(&batch)?;
            batch.clear();
            sink.progress(summary.features, Some(total))?;
        }
    }
    sink.records(&batch)?;
    sink.progress(summary.features, Some(total))?;
    Ok(summary)
}

/// A drawing as areas with their texts.
struct Built {
    content: Content,
    made: Vec<Made>,
    /// Of each area, the values of the fields that were added to the header.
    texts: Vec<Vec<Value>>,
    faces: Faces,
    summary: Summary,
    /// Metres up to which gaps are closed.
    tolerance: f64,
    scale: Scale,
}

/// Makes the areas and joins the texts to them; their fields are added to the header.
fn build(
    opened: &mut Opened,
    header: &mut Header,
    transform: &ToStored,
    options: &ReadOptions,
) -> Result<Built> {
    let mut tally = Tally::default();
    let content = gather(opened, header, transform, &options.drawing, &mut tally)?;
    let own_fields = header.fields.len();
    let mut text_layers: Vec<String> = content.labels.iter().map(|l| l.layer.clone()).collect();
    text_layers.sort();
    text_layers.dedup();
    text_layers.truncate(MAX_TEXT_FIELDS);
    header.fields.extend(["text".to_owned(), "texts".to_owned()]);
    header.fields.extend(text_layers.iter().map(|l| format!("{TEXT_FIELD}{l}")));
    let tolerance = options.drawing.snap_m.unwrap_or(SNAP_M);
    if !(0.0..=100.0).contains(&tolerance) {
        return Err(Error::invalid("--snap-m", "cần từ 0 đến 100 m", "0 to 100 m was expected"));
    }
    let scale = Scale { geographic: transform.is_geographic() };
    let (made, faces) = areas(&content, scale.units(tolerance), own_fields, &header.layer, scale)?;
    let mut summary = Summary { notes: tally.notes(), ..Summary::default() };
    summary.warnings = told(content.left_out, &faces, tolerance, scale);
    header.features = None;
    let texts = join(&made, &content.labels, &text_layers, scale, &mut summary);
    Ok(Built { content, made, texts, faces, summary, tolerance, scale })
}

/// What a look at a drawing shows before it is imported.
pub(super) struct Shown {
    /// Its layers.
    pub layers: Vec<DrawingLayer>,
    /// How many areas there are.
    pub areas: u64,
    /// Outline and values of the first ones.
    pub first: Vec<(Polygon<f64>, Vec<Value>)>,
    /// What should be looked at.
    pub warnings: Vec<Text>,
}

/// Makes the areas as [`read`] does, and gives the first `count` of them in the drawing's own system.
pub(super) fn look(
    opened: &mut Opened,
    header: &mut Header,
    transform: &ToStored,
    options: &ReadOptions,
    count: usize,
) -> Result<Shown> {
    let Built { content, made, texts, summary, .. } = build(opened, header, transform, options)?;
    let areas = made.len() as u64;
    let first = made.into_iter().zip(texts).take(count).map(|(area, texts)| {
        let values = area.values.into_iter().chain(texts).collect();
        (area.polygon, values)
    });
    Ok(Shown { areas, first: first.collect(), layers: content.seen.layers(), warnings: summary.warnings })
}

/// Whether a selection (empty: all) names a layer, or a layer and colour.
fn chosen(selection: &[String], layer: &str, colour: &str) -> bool {
    let both = format!("{layer}/{colour}").to_lowercase();
    let layer = layer.to_lowercase();
    selection.is_empty() || selection.iter().map(|s| s.trim().to_lowercase()).any(|s| s == layer || s == both)
}

fn gather(
    opened: &mut Opened,
    header: &Header,
    transform: &ToStored,
    drawing: &Drawing,
    tally: &mut Tally,
) -> Result<Content> {
    let index = |name: &str| header.fields.iter().position(|f| f == name);
    let layer_field = index("Layer").or_else(|| index("Level"));
    let (text, colour, paper, classes) =
        (index("Text"), index("ColorIndex"), index("PaperSpace"), index("SubClasses"));
    let mut content = Content::default();
    let texts: &Texts = &opened.texts;
    for feature in opened.layer.features() {
        let place = place(&feature, header);
        let all: std::result::Result<Vec<Value>, Text> =
            layer_values(&feature, header.fields.len(), texts).into_iter().collect();
        let values = match all {
            Ok(values) => values,
            Err(reason) => {
                content.rejected.push(Record::Rejected { place, reason });
                continue;
            }
        };
        let shown = |i: Option<usize>| i.and_then(|i| values.get(i)).map(plain_text).unwrap_or_default();
        let (layer, colour) = (shown(layer_field), shown(colour));
        let hatch = shown(classes).contains("AcDbHatch");
        let on_paper = matches!(shown(paper).as_str(), "1" | "true");
        let Some(ogr) = feature.geometry().filter(|g| !g.is_empty() && !hatch && !on_paper) else {
            content.left_out += 1;
            continue;
        };
        let geometry = match plain(ogr, transform.sagitta(), tally) {
            Ok(geometry) => geometry,
            Err(reason) => {
                content.rejected.push(Record::Rejected { place, reason });
                continue;
            }
        };
        let label = shown(text);
        content.seen.see(&layer, &colour, &geometry, &label);
        match geometry {
            Geometry::Point(at) if !label.is_empty() && chosen(&drawing.text_layers, &layer, &colour) => {
                content.labels.push(Label { at, text: label, layer });
            }
            Geometry::LineString(_)
            | Geometry::MultiLineString(_)
            | Geometry::Polygon(_)
            | Geometry::MultiPolygon(_)
                if chosen(&drawing.boundary_layers, &layer, &colour) =>
            {
                let lines = outlines(geometry);
                content.vertices += lines.iter().map(|l| l.0.len()).sum::<usize>();
                content.elements.push(Element { place, values, lines });
            }
            _ => content.left_out += 1,
        }
        if content.vertices > MAX_VERTICES {
            return Err(Error::bad_file(
                header.layer.clone(),
                format!(
                    "bản vẽ có hơn {MAX_VERTICES} đỉnh; hãy chọn lớp ranh giới bằng --boundary-layers hoặc chia nhỏ tệp"
                ),
                format!(
                    "the drawing has more than {MAX_VERTICES} vertices; choose layers by --boundary-layers, or divide the file"
                ),
            ));
        }
    }
    Ok(content)
}

fn place(feature: &Feature, header: &Header) -> String {
    format!("{} fid {}", header.layer, feature.fid().unwrap_or_default())
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::Text(t) => t.trim().to_owned(),
        Value::Int(i) => i.to_string(),
        Value::Bool(b) => b.to_string(),
        _ => String::new(),
    }
}

fn outlines(geometry: Geometry<f64>) -> Vec<LineString<f64>> {
    let rings = |p: Polygon<f64>| {
        let (outer, inner) = p.into_inner();
        std::iter::once(outer).chain(inner).collect::<Vec<_>>()
    };
    let lines = match geometry {
        Geometry::LineString(l) => vec![l],
        Geometry::MultiLineString(m) => m.0,
        Geometry::Polygon(p) => rings(p),
        Geometry::MultiPolygon(m) => m.0.into_iter().flat_map(rings).collect(),
        _ => Vec::new(),
    };
    lines.into_iter().filter(|l| l.0.len() > 1).collect()
}

/// Closed lines that no open line meets are areas as they are; the others and the open lines bound areas together.
fn areas(
    content: &Content,
    tolerance: f64,
    fields: usize,
    layer: &str,
    scale: Scale,
) -> Result<(Vec<Made>, Faces)> {
    let closed = |l: &LineString<f64>| l.is_closed() && l.0.len() >= 4;
    let all = || content.elements.iter().enumerate().flat_map(|(i, e)| e.lines.iter().map(move |l| (i, l)));
    let open: Vec<(usize, &LineString<f64>)> = all().filter(|(_, l)| !closed(l)).collect();
    let boxed = |l: &LineString<f64>, data: usize| {
        l.bounding_rect().map(|r| {
            let (a, b) = (r.min(), r.max());
            let (a, b) = ([a.x - tolerance, a.y - tolerance], [b.x + tolerance, b.y + tolerance]);
            GeomWithData::new(Rectangle::from_corners(a, b), data)
        })
    };
    let tree = RTree::bulk_load(open.iter().enumerate().filter_map(|(k, (_, l))| boxed(l, k)).collect());
    let mut made = Vec::new();
    let mut network: Vec<(usize, LineString<f64>)> = open.iter().map(|(i, l)| (*i, (*l).clone())).collect();
    for (i, line) in all().filter(|(_, l)| closed(l)) {
        let polygon = Polygon::new(line.clone(), Vec::new());
        let Some(r) = polygon.bounding_rect() else { continue };
        let near = AABB::from_corners([r.min().x, r.min().y], [r.max().x, r.max().y]);
        let met = tree.locate_in_envelope_intersecting(near).any(|k| open[k.data].1.intersects(&polygon));
        if met {
            network.push((i, line.clone()));
            continue;
        }
        let element = &content.elements[i];
        let note = Text::new(
            "đường khép kín được hiểu là ranh giới của vùng",
            "a closed line was taken as the outline of an area",
        );
        made.push(Made {
            polygon,
            place: element.place.clone(),
            values: element.values.clone(),
            note: Some(note),
        });
    }
    let sources = RTree::bulk_load(
        network
            .iter()
            .flat_map(|(i, l)| {
                l.lines().map(move |s| {
                    GeomWithData::new(Line::new([s.start.x, s.start.y], [s.end.x, s.end.y]), *i)
                })
            })
            .collect(),
    );
    let mut faces = polygonise(network.into_iter().map(|(_, l)| l).collect(), tolerance)?;
    for polygon in std::mem::take(&mut faces.polygons) {
        let Some(edge) = polygon.exterior().lines().next() else { continue };
        let middle = (edge.start + edge.end) / 2.0;
        // The fields are those of a line that bounds it.
        let source = sources.nearest_neighbor([middle.x, middle.y]);
        let values =
            source.map_or_else(|| vec![Value::Null; fields], |s| content.elements[s.data].values.clone());
        let at = polygon.interior_point().unwrap_or_default();
        let place = format!("{layer} {}", scale.place(at.into()));
        made.push(Made { polygon, place, values, note: None });
    }
    Ok((made, faces))
}

/// The texts of each area: the first, all, and those of each layer.
fn join(
    made: &[Made],
    labels: &[Label],
    layers: &[String],
    scale: Scale,
    summary: &mut Summary,
) -> Vec<Vec<Value>> {
    let boxes = made.iter().enumerate().filter_map(|(i, m)| {
        m.polygon.bounding_rect().map(|r| {
            GeomWithData::new(Rectangle::from_corners([r.min().x, r.min().y], [r.max().x, r.max().y]), i)
        })
    });
    let tree = RTree::bulk_load(boxes.collect());
    let mut texts: Vec<Vec<&Label>> = vec![Vec::new(); made.len()];
    let mut outside = Vec::new();
    for label in labels {
        let at = [label.at.x(), label.at.y()];
        let within = tree
            .locate_all_at_point(at)
            .filter(|area| made[area.data].polygon.contains(&label.at))
            .min_by(|a, b| {
                let area = |i: usize| made[i].polygon.unsigned_area();
                area(a.data).total_cmp(&area(b.data))
            });
        match within {
            Some(area) => texts[area.data].push(label),
            None => outside.push(label),
        }
    }
    if !outside.is_empty() {
        let n = outside.len();
        let places =
            outside.iter().take(PLACES).map(|l| format!("“{}” {}", l.text, scale.place(l.at.into())));
        let places = places.collect::<Vec<_>>().join(", ");
        summary.warnings.push(Text::new(
            format!("{n} chữ không nằm trong vùng nào: {places}"),
            format!("{n} texts lie in no area: {places}"),
        ));
    }
    texts
        .into_iter()
        .map(|labels| {
            let joined = |labels: BTreeMap<usize, &Label>| {
                let texts: Vec<&str> = labels.into_values().map(|l| l.text.as_str()).collect();
                if texts.is_empty() { Value::Null } else { Value::Text(texts.join("; ")) }
            };
            let of = |layer: Option<&String>| {
                joined(
                    labels
                        .iter()
                        .copied()
                        .enumerate()
                        .filter(|(_, l)| layer.is_none_or(|x| *x == l.layer))
                        .collect(),
                )
            };
            let first = labels.first().map_or(Value::Null, |l| Value::Text(l.text.clone()));
            [first, of(None)].into_iter().chain(layers.iter().map(|l| of(Some(l)))).collect()
        })
        .collect()
}

fn record(area: Made, texts: Vec<Value>, transform: &ToStored) -> Record {
    let Made { polygon, place, mut values, note } = area;
    values.extend(texts);
    let moved = transform.apply(Geometry::Polygon(polygon));
    match moved.and_then(|g| wkb(&g)) {
        Ok(wkb) => Record::Row { place, note, wkb, values },
        Err(reason) => Record::Rejected { place, reason },
    }
}
