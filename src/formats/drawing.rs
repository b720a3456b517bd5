//! A drawing (DXF, DGN) as areas: closed lines are areas, open ones bound them, and texts belong to the area they lie
//! in. Beside the drawing's own fields each area has `text` (the first that lies in it), `texts` (all) and, for each
//! layer of texts, `text:LAYER`.

use std::collections::BTreeMap;

use gdal::vector::{Feature, LayerAccess};
use geo::{
    Area, BoundingRect, Contains, Coord, Geometry, InteriorPoint, Intersects, LineString, Point, Polygon,
};
use rstar::primitives::{GeomWithData, Line, Rectangle};
use rstar::{AABB, RTree};

use super::geometry::{Tally, plain, wkb};
use super::open::{Opened, Texts};
use super::polygonise::{Dangle, Faces, Miss, polygonise};
use super::read::{BATCH_BYTES, Sink, layer_values};
use super::record::Record;
use super::transform::ToStored;
use super::{Drawing, Header, ReadOptions, Summary};
use crate::layers::Value;
use crate::text::Text;
use crate::{Error, Result};

/// Most vertices of a drawing that is made into areas: all its lines are held at once.
const MAX_VERTICES: usize = 3_000_000;
/// Gaps that are closed unless the caller says otherwise, in metres.
const SNAP_M: f64 = 0.05;
/// Layers of texts that become fields of their own.
const MAX_TEXT_FIELDS: usize = 50;
/// Places that a warning names.
const PLACES: usize = 5;
const METRES_A_DEGREE: f64 = 111_000.0;

/// Whether a driver's files are drawings.
pub(super) fn is_drawing(driver: &str) -> bool {
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
    let mut tally = Tally::default();
    let content = gather(opened, &header, transform, &options.drawing, &mut tally)?;
    let own_fields = header.fields.len();
    let mut text_layers: Vec<String> = content.labels.iter().map(|l| l.layer.clone()).collect();
    text_layers.sort();
    text_layers.dedup();
    text_layers.truncate(MAX_TEXT_FIELDS);
    header.fields.extend(["text".to_owned(), "texts".to_owned()]);
    header.fields.extend(text_layers.iter().map(|l| format!("text:{l}")));
    let tolerance = options.drawing.snap_m.unwrap_or(SNAP_M);
    if !(0.0..=100.0).contains(&tolerance) {
        return Err(Error::invalid("--snap-m", "cần từ 0 đến 100 m", "0 to 100 m was expected"));
    }
    let scale = Scale { geographic: transform.is_geographic() };
    let (made, faces) = areas(&content, scale.units(tolerance), own_fields, &header.layer, scale)?;

    let mut summary = Summary { notes: tally.notes(), ..Summary::default() };
    summary.warnings = told(&content, &faces, tolerance, scale);
    header.features = None;
    sink.header(&serde_json::to_vec(&header).map_err(|e| Error::internal("header", e))?)?;
    let texts = join(&made, &content.labels, &text_layers, scale, &mut summary);
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

/// Lengths and places in the file's units, metres or degrees.
#[derive(Debug, Clone, Copy)]
struct Scale {
    geographic: bool,
}

impl Scale {
    fn units(self, metres: f64) -> f64 {
        if self.geographic { metres / METRES_A_DEGREE } else { metres }
    }

    fn metres(self, units: f64) -> f64 {
        if self.geographic { units * METRES_A_DEGREE } else { units }
    }

    fn place(self, c: Coord<f64>) -> String {
        let decimals = if self.geographic { 7 } else { 2 };
        format!("({:.decimals$}, {:.decimals$})", c.x, c.y)
    }

    /// The first places with their lengths.
    fn list(self, places: &[(Coord<f64>, f64)]) -> String {
        let first = places.iter().take(PLACES);
        first
            .map(|(c, length)| format!("{} {:.3}", self.place(*c), self.metres(*length)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn told(content: &Content, faces: &Faces, tolerance: f64, scale: Scale) -> Vec<Text> {
    let mut told = Vec::new();
    if !faces.gaps.is_empty() {
        let (n, places) = (faces.gaps.len(), scale.list(&faces.gaps));
        told.push(Text::new(
            format!("đã khép {n} khe hở không quá {tolerance} m: {places}"),
            format!("{n} gaps up to {tolerance} m were closed: {places}"),
        ));
    }
    if !faces.trimmed.is_empty() {
        let (n, places) = (faces.trimmed.len(), scale.list(&faces.trimmed));
        told.push(Text::new(
            format!("đã cắt {n} đầu đường thừa không quá {tolerance} m: {places}"),
            format!("{n} ends beyond a line by up to {tolerance} m were cut off: {places}"),
        ));
    }
    if !faces.dangles.is_empty() {
        let lengths = |of: fn(Miss) -> Option<f64>| -> Vec<(Coord<f64>, f64)> {
            let mut found: Vec<_> = faces.dangles.iter().filter_map(|d| Some((d.at, of(d.miss)?))).collect();
            // Those that are most likely meant to meet come first.
            found.sort_by(|a, b| a.1.total_cmp(&b.1));
            found
        };
        let short = lengths(|miss| if let Miss::Short(gap) = miss { Some(gap) } else { None });
        let over = lengths(|miss| if let Miss::Over(over) = miss { Some(over) } else { None });
        for (found, vi, en) in [
            (
                short,
                "đầu đường còn hở quá dung sai, hở ít nhất",
                "ends fall short of a line by more than the tolerance, least",
            ),
            (
                over,
                "đầu đường thừa quá dung sai, thừa ít nhất",
                "ends go beyond a line by more than the tolerance, least",
            ),
        ] {
            if !found.is_empty() {
                let (n, places) = (found.len(), scale.list(&found));
                told.push(Text::new(
                    format!("{n} {vi} (dung sai {tolerance} m; đổi bằng --snap-m): {places}"),
                    format!("{n} {en} (tolerance {tolerance} m; change it by --snap-m): {places}"),
                ));
            }
        }
    }
    if content.left_out > 0 {
        let n = content.left_out;
        told.push(Text::new(
            format!("{n} phần tử của bản vẽ không được dùng (lớp không chọn, tô nền, khung giấy, điểm không có chữ)"),
            format!("{n} elements of the drawing were not used (layers not chosen, hatches, paper space, points without text)"),
        ));
    }
    told
}

fn dangling(dangle: &Dangle, layer: &str, scale: Scale) -> Record {
    let (vi, en) = match dangle.miss {
        Miss::Short(gap) => {
            let gap = scale.metres(gap);
            (
                format!("; còn hở {gap:.3} m so với đường gần nhất"),
                format!("; the next line is {gap:.3} m away"),
            )
        }
        Miss::Over(over) => {
            let over = scale.metres(over);
            (
                format!("; thừa {over:.3} m sau đường cuối cùng nó chạm"),
                format!("; it goes {over:.3} m beyond the last one it meets"),
            )
        }
        Miss::Alone => (String::new(), String::new()),
    };
    Record::Rejected {
        place: format!("{layer} {}", scale.place(dangle.at)),
        reason: Text::new(
            format!("đầu đường này không chạm đường nào nên không bao được vùng{vi}"),
            format!("this end of a line meets no other, so that it bounds no area{en}"),
        ),
    }
}

fn sliver((at, width): (Coord<f64>, f64), layer: &str, tolerance: f64, scale: Scale) -> Record {
    let width = scale.metres(width);
    Record::Rejected {
        place: format!("{layer} {}", scale.place(at)),
        reason: Text::new(
            format!(
                "vùng này chỉ rộng {width:.3} m, hẹp hơn dung sai {tolerance} m: hai đường gần trùng nhau"
            ),
            format!(
                "this area is {width:.3} m wide, less than the tolerance of {tolerance} m: two lines nearly coincide"
            ),
        ),
    }
}

fn record(area: Made, texts: Vec<Value>, transform: &ToStored) -> Record {
    let Made { polygon, place, mut values, note } = area;
    values.extend(texts);
    let moved = transform.apply(&Geometry::Polygon(polygon));
    match moved.and_then(|g| wkb(&g)) {
        Ok(wkb) => Record::Row { place, note, wkb, values },
        Err(reason) => Record::Rejected { place, reason },
    }
}
