//! From bytes to facts.

use std::time::Duration;

use super::building;
use super::element::Context;
use super::error::BimError;
use super::facts::{Box3, ElementNote, ModelFacts, Outline};
use super::georeference;
use super::glb;
use super::properties::Properties;
use super::relations::Relations;
use super::shape::{self, Cuts, Time};
use super::sheet;
use super::site;
use super::step::Model;
use super::units::Units;
use crate::text::Text;

/// Bounds on what one model may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_bytes: usize,
    /// Most records in the DATA section.
    pub max_records: usize,
    /// After this time no further product's solid is begun; the facts then say so.
    pub geometry_time: Duration,
    /// After this long without a product's solid finished, those begun are given up and named, and the rest goes on.
    pub element_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 1 << 30,
            max_records: 20_000_000,
            geometry_time: Duration::from_secs(90),
            element_time: Duration::from_secs(10),
        }
    }
}

/// Facts of the model in `bytes` (IFC2X3, IFC4 or IFC4X3 as a STEP file, also within a ZIP file).
pub fn read(bytes: &[u8], limits: &Limits) -> Result<ModelFacts, BimError> {
    let model = open(bytes, limits)?;
    let context = context(&model, limits, Cuts::Unfilled)?;
    Ok(facts(&context))
}

/// The model's visible geometry as a glTF 2.0 binary; see `glb`.
pub fn mesh(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, BimError> {
    let model = open(bytes, limits)?;
    let context = context(&model, limits, Cuts::All)?;
    glb::write(&context)
}

/// What the model says of each element, a line of JSON each; see `sheet`. No geometry is made.
pub fn sheets(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, BimError> {
    let model = open(bytes, limits)?;
    let units = Units::read(&model)?;
    let relations = Relations::read(&model);
    let properties = Properties::read(&model, &relations);
    let meshes = shape::Meshes::default();
    sheet::write(&Context { model: &model, units, relations, properties, meshes })
}

pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Model<'a>, BimError> {
    if bytes.len() > limits.max_bytes {
        let mb = limits.max_bytes >> 20;
        return Err(BimError::new(
            "",
            format!("tệp lớn hơn {mb} MiB"),
            format!("the file is larger than {mb} MiB"),
        ));
    }
    Model::open(bytes, limits.max_records)
}

pub(super) fn context<'a>(
    model: &'a Model<'a>,
    limits: &Limits,
    cuts: Cuts,
) -> Result<Context<'a>, BimError> {
    let units = Units::read(model)?;
    let time = Time { whole: limits.geometry_time, element: limits.element_time };
    // The kernel has threads of its own; what needs no solid is read meanwhile.
    let (relations, properties, meshes) = std::thread::scope(|scope| {
        let meshes = scope.spawn(|| shape::make(model, cuts, time));
        let relations = Relations::read(model);
        let properties = Properties::read(model, &relations);
        (relations, properties, meshes.join())
    });
    let meshes = meshes.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    Ok(Context { model, units, relations, properties, meshes })
}

pub(super) fn facts(context: &Context<'_>) -> ModelFacts {
    let model = context.model;
    let placed = georeference::read(context);
    let mut notes = notes(context);
    let mut buildings = building::measure(context, placed.georeference.as_ref(), &mut notes);
    let mut provision = building::provision::Provision::read(context);
    for b in &mut buildings {
        (b.parking, b.landscape) = provision.take(Some(&b.global_id));
    }
    let (site_parking, site_landscape) = provision.take(None);
    let mut out = ModelFacts {
        site_parking,
        site_landscape,
        schema: model.schema().to_owned(),
        entities: model.len() as u64,
        length_unit_m: context.units.declared_length_m,
        project: model.exactly("IfcProject").first().map(|id| context.named(*id)),
        site_outline_local: site::outline(context).map(Outline),
        bbox_m: bbox(context),
        spaces: model.all("IfcSpace").len() as u64,
        empty_solids: empty_solids(context),
        buildings,
        warnings: notes.iter().map(|n| n.en.clone()).collect(),
        ..ModelFacts::default()
    };
    for (entity, ids) in model.entities() {
        if model.is_a(entity, "IfcProduct") {
            out.products.insert(entity.to_owned(), ids.len() as u64);
        }
    }
    if let Some(placement) = &placed.placement {
        out.site_outline = out.site_outline_local.as_ref().and_then(|o| placement.outline(o));
        out.buildings.iter_mut().for_each(|b| placement.place(b));
    }
    notes.extend(placed.notes);
    out.notes = notes;
    out.georeference = placed.georeference;
    out
}

/// Box of all products with solids but spaces and openings.
fn bbox(context: &Context<'_>) -> Option<Box3> {
    let counts = |id: &u32| {
        context.model.get(*id).is_some_and(|r| {
            !context.model.is_a(r.entity(), "IfcSpace")
                && !context.model.is_a(r.entity(), "IfcFeatureElementSubtraction")
        })
    };
    let boxes = context.meshes.solids.iter().filter(|(id, _)| counts(id)).filter_map(|(_, s)| s.bbox());
    let whole = boxes.reduce(|a, b| Box3 {
        min: [0, 1, 2].map(|k| a.min[k].min(b.min[k])),
        max: [0, 1, 2].map(|k| a.max[k].max(b.max[k])),
    })?;
    // A tenth of a millimetre: below lies only the kernel's single precision.
    let tidy = |v: [f64; 3]| v.map(|x| (x * 1e4).round() / 1e4);
    Some(Box3 { min: tidy(whole.min), max: tidy(whole.max) })
}

/// Elements that have a body to show but no solid came out.
fn empty_solids(context: &Context<'_>) -> Vec<ElementNote> {
    let model = context.model;
    let elements = model.all("IfcElement").into_iter().chain(model.all("IfcSpace"));
    elements
        .filter(|id| context.solid(*id).is_none())
        .filter_map(|id| {
            let record = model.get(id).filter(|r| !model.is_a(r.entity(), "IfcFeatureElementSubtraction"))?;
            let shape = model.follow(&record, "Representation")?;
            let bodies = shape.references("Representations").into_iter().filter_map(|r| model.get(r));
            let has_body = bodies.filter(is_body).any(|r| !r.references("Items").is_empty());
            let reason = if !has_body {
                return None;
            } else if context.meshes.given_up.contains(&id) {
                "given up: its solid took too long, or the geometry kernel failed on it"
            } else if context.meshes.cut_short {
                "not made: time ran out"
            } else {
                "its body gives no solid"
            };
            Some(ElementNote {
                global_id: record.text("GlobalId").unwrap_or_default().to_owned(),
                entity: record.entity().to_owned(),
                reason: reason.to_owned(),
            })
        })
        .collect()
}

fn is_body(representation: &super::step::Record) -> bool {
    let kind = representation.text("RepresentationType").unwrap_or_default();
    let identifier = representation.text("RepresentationIdentifier").unwrap_or_default();
    matches!(identifier, "Body" | "Facetation" | "Body-FallBack" | "")
        && !matches!(
            kind,
            "Curve2D" | "Curve3D" | "Annotation2D" | "BoundingBox" | "FootPrint" | "Curve" | ""
        )
}

fn notes(context: &Context<'_>) -> Vec<Text> {
    let mut out = context.model.notes().to_vec();
    if context.units.declared_length_m.is_none() {
        out.push(Text::new(
            "không khai báo đơn vị chiều dài (IfcUnitAssignment); tạm lấy mét",
            "no length unit is declared (IfcUnitAssignment); metres are taken",
        ));
    }
    if context.model.exactly("IfcProject").is_empty() {
        out.push(Text::new("không có IfcProject", "there is no IfcProject"));
    }
    if context.meshes.cut_short {
        out.push(Text::new(
            "hết thời gian trước khi dựng xong mọi hình khối: các giá trị đo thiếu một số cấu kiện",
            "time ran out before all solids were made: the measured values miss some elements",
        ));
    }
    let given_up = context.meshes.given_up.iter().filter(|id| context.solid(**id).is_none()).count();
    if given_up > 0 {
        out.push(Text::new(
            format!("{given_up} cấu kiện bị bỏ qua vì dựng hình quá lâu hoặc bộ dựng hình gặp lỗi; xem danh sách cấu kiện không có hình khối"),
            format!("{given_up} elements were given up because their solids took too long or the geometry kernel failed on them; see the elements without a solid"),
        ));
    }
    let failed = context.meshes.failed_booleans;
    if failed > 0 {
        out.push(Text::new(
            format!("{failed} lỗ mở hoặc phép cắt không thực hiện được"),
            format!("{failed} openings or clippings could not be cut"),
        ));
    }
    out
}
