//! Topics of the checks of a model, with views and pictures of its own solids.

use std::collections::BTreeMap;

use super::checks::{FailedCheck, Origin, from_checks};
use super::snapshot::Part;
use super::types::{Project, Version};
use super::write::write;
use crate::bim::element::Context;
use crate::bim::error::BimError;
use crate::bim::facts::Box3;
use crate::bim::read;
use crate::bim::role::Role;
use crate::bim::shape::Cuts;

/// The bytes of a BCF file with a topic of each check of the IFC file `model`.
pub fn of_model(
    model: &[u8],
    limits: &read::Limits,
    checks: &[FailedCheck],
    origin: &Origin,
    version: Version,
) -> Result<Vec<u8>, BimError> {
    write(&topics_of_model(model, limits, origin, |_| checks.to_vec())?, version)
}

/// A topic of each check that `choose` names, which is told the GlobalIds of the elements that have a solid: where a case
/// has several models, elements tell which of them a check is about. Where `origin` names no IfcProject, the model's is
/// taken.
pub fn topics_of_model(
    model: &[u8],
    limits: &read::Limits,
    origin: &Origin,
    choose: impl FnOnce(&dyn Fn(&str) -> bool) -> Vec<FailedCheck>,
) -> Result<Project, BimError> {
    let model = read::open(model, limits)?;
    let context = read::context(&model, limits, Cuts::All)?;
    let shown = shown(&context);
    let mut boxes: BTreeMap<String, Box3> = BTreeMap::new();
    for part in &shown {
        let solid = part.vertices;
        // An id that is used twice is both elements.
        for v in solid.iter().filter(|v| v.iter().all(|x| x.is_finite())) {
            let around = boxes.entry(part.global_id.clone()).or_insert(Box3 { min: *v, max: *v });
            around.min = [0, 1, 2].map(|k| around.min[k].min(v[k]));
            around.max = [0, 1, 2].map(|k| around.max[k].max(v[k]));
        }
    }
    let checks = choose(&|id| boxes.contains_key(id));
    let mut origin = origin.clone();
    let project = model.exactly("IfcProject").first().map(|id| context.named(*id).global_id);
    origin.ifc_project = origin.ifc_project.or(project);
    from_checks(&checks, &origin, &boxes, &shown.iter().map(Shown::part).collect::<Vec<_>>())
}

/// An element as pictures show it.
struct Shown<'a> {
    global_id: String,
    vertices: &'a [[f64; 3]],
    triangles: &'a [[u32; 3]],
}

impl Shown<'_> {
    fn part(&self) -> Part<'_> {
        Part { global_id: &self.global_id, vertices: self.vertices, triangles: self.triangles }
    }
}

/// All but spaces, whose solids would hide what stands in them.
fn shown<'a>(context: &'a Context<'_>) -> Vec<Shown<'a>> {
    let solids = context.meshes.solids.iter();
    solids
        .filter_map(|(id, solid)| {
            let record = context.model.get(*id)?;
            let element = context.element(&record);
            let seen = !matches!(element.role, Role::Space | Role::Opening);
            seen.then_some(Shown {
                global_id: element.global_id,
                vertices: &solid.vertices,
                triangles: &solid.triangles,
            })
        })
        .collect()
}
