//! Failed checks as topics.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::snapshot::{self, Part};
use super::types::{
    Camera, Coloring, Component, Components, HeaderFile, Lens, Project, Topic, ViewSetupHints, Viewpoint,
    Visibility,
};
use super::write::is_ifc_guid;
use crate::bim::error::BimError;
use crate::bim::facts::Box3;

const RED: &str = "FF0000";
/// Vertical field of view, degrees: what BCF 2.1 allows too.
const VIEW_DEG: f64 = 60.0;
/// Triangles that all pictures of a file may draw together: some ten seconds. Topics beyond have none.
const MOST_TRIANGLES: u64 = 100_000_000;

/// A check that was not passed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FailedCheck {
    /// Rule id, such as `P07`: a label.
    pub rule: String,
    /// Title.
    pub title: String,
    /// Legal clause: a label, and in the description.
    pub clause: String,
    /// What a person reads.
    pub message: String,
    /// Measured value with its unit.
    pub measured: Option<String>,
    /// Limit with its unit.
    pub limit: Option<String>,
    /// GlobalIds of the elements that show it.
    pub elements: Vec<String>,
    /// Where: a work, parcel or link.
    pub place: Option<String>,
    /// Link to the rule or the application.
    pub link: Option<String>,
}

/// What all topics share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Id of the project, such as the application's number; the GUIDs are derived of it.
    pub project_id: String,
    /// Name of the project.
    pub project_name: String,
    /// Who checked.
    pub author: String,
    /// When it was checked.
    pub date: DateTime<Utc>,
    /// IFC file's name.
    pub file_name: Option<String>,
    /// GlobalId of the IfcProject.
    pub ifc_project: Option<String>,
}

/// A topic of each check. `boxes` gives the elements' boxes (metres, the model's coordinates), from which the camera is
/// set; `parts` the model's triangles for the snapshot, empty for none. Equal input gives equal output.
pub fn from_checks(
    checks: &[FailedCheck],
    origin: &Origin,
    boxes: &BTreeMap<String, Box3>,
    parts: &[Part<'_>],
) -> Result<Project, BimError> {
    let mut seen: BTreeMap<Uuid, u32> = BTreeMap::new();
    let mut pictures = Pictures::new(parts, checks.len());
    let mut topics = Vec::with_capacity(checks.len());
    for (i, check) in checks.iter().enumerate() {
        // The same rule on the same elements keeps its GUID from run to run; a second of the kind gets a number.
        let mut key =
            vec!["topic", &origin.project_id, &check.rule, check.place.as_deref().unwrap_or_default()];
        key.extend(check.elements.iter().map(String::as_str));
        let first = derived(&key);
        let n = seen.entry(first).or_default();
        let nth = n.to_string();
        let guid = if *n == 0 { first } else { derived(&[&first.to_string(), &nth]) };
        *n += 1;
        topics.push(topic(check, origin, guid, i, boxes, &mut pictures)?);
    }
    topics.sort_by_key(|t| t.guid);
    Ok(Project { id: Some(origin.project_id.clone()), name: Some(origin.project_name.clone()), topics })
}

/// The pictures of a file: those of the same elements are drawn once.
struct Pictures<'a> {
    parts: &'a [Part<'a>],
    triangles: u64,
    left: u64,
    most_pixels: u64,
    drawn: BTreeMap<Vec<String>, Vec<u8>>,
}

impl<'a> Pictures<'a> {
    fn new(parts: &'a [Part<'a>], topics: usize) -> Self {
        let triangles = parts.iter().map(|p| p.triangles.len() as u64).sum();
        // Eight pictures may take as long as they like, more have to share.
        let most_pixels = snapshot::MOST_PIXELS.min(snapshot::MOST_PIXELS * 8 / topics.max(1) as u64);
        Self { parts, triangles, left: MOST_TRIANGLES, most_pixels, drawn: BTreeMap::new() }
    }

    /// The picture of these elements; none where there is nothing to draw or too much was drawn already.
    fn of(&mut self, elements: &[String], camera: &Camera) -> Result<Option<Vec<u8>>, BimError> {
        if let Some(found) = self.drawn.get(elements) {
            return Ok(Some(found.clone()));
        }
        if self.triangles == 0 || self.triangles > self.left {
            return Ok(None);
        }
        self.left -= self.triangles;
        let picture = snapshot::render(self.parts, elements, camera, self.most_pixels)?;
        self.drawn.insert(elements.to_vec(), picture.clone());
        Ok(Some(picture))
    }
}

fn topic(
    check: &FailedCheck,
    origin: &Origin,
    guid: Uuid,
    i: usize,
    boxes: &BTreeMap<String, Box3>,
    pictures: &mut Pictures<'_>,
) -> Result<Topic, BimError> {
    let ids: Vec<&String> = check.elements.iter().filter(|id| is_ifc_guid(id)).collect();
    let of_elements = whole(ids.iter().filter_map(|id| boxes.get(*id)));
    let view = of_elements.or_else(|| whole(boxes.values())).map(|b| camera(&b));
    let mut viewpoints = Vec::new();
    if let Some(camera) = view {
        let list: Vec<Component> = ids
            .iter()
            .map(|id| Component { ifc_guid: Some((*id).clone()), ..Component::default() })
            .collect();
        let coloring =
            (!list.is_empty()).then(|| Coloring { color: RED.to_owned(), components: list.clone() });
        let snapshot = pictures.of(&check.elements, &camera)?;
        viewpoints.push(Viewpoint {
            guid: derived(&["viewpoint", &guid.to_string()]),
            components: Some(Components {
                selection: list,
                visibility: Visibility {
                    default: true,
                    exceptions: Vec::new(),
                    hints: Some(ViewSetupHints::default()),
                },
                coloring: coloring.into_iter().collect(),
            }),
            camera: Some(camera),
            snapshot,
            ..Viewpoint::default()
        });
    }
    let file = HeaderFile {
        ifc_project: origin.ifc_project.clone().filter(|id| is_ifc_guid(id)),
        ifc_spatial_structure_element: None,
        is_external: true,
        filename: origin.file_name.clone(),
        date: None,
        reference: None,
    };
    let known = file.ifc_project.is_some() || file.filename.is_some();
    let filled = |s: &&String| !s.trim().is_empty();
    Ok(Topic {
        guid,
        topic_type: Some("Issue".to_owned()),
        status: Some("Open".to_owned()),
        title: format!("{} {}", check.rule, check.title).trim().to_owned(),
        index: Some(i as i32),
        labels: [&check.rule, &check.clause].into_iter().filter(filled).cloned().collect(),
        reference_links: check.link.iter().filter(filled).cloned().collect(),
        creation_date: origin.date,
        creation_author: origin.author.clone(),
        description: Some(description(check)).filter(|s| !s.is_empty()),
        files: known.then_some(file).into_iter().collect(),
        viewpoints,
        ..Topic::default()
    })
}

fn description(check: &FailedCheck) -> String {
    let mut lines = vec![check.message.clone()];
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|v| !v.trim().is_empty()) {
            lines.push(format!("{name}: {value}"));
        }
    };
    add("Đo được / Measured", check.measured.as_deref());
    add("Giới hạn / Limit", check.limit.as_deref());
    add("Căn cứ / Clause", Some(&check.clause));
    add("Vị trí / Place", check.place.as_deref());
    lines.retain(|l| !l.trim().is_empty());
    lines.join("\n")
}

fn whole<'a>(boxes: impl Iterator<Item = &'a Box3>) -> Option<Box3> {
    boxes.filter(|b| b.min.iter().chain(&b.max).all(|x| x.is_finite())).copied().reduce(|a, b| Box3 {
        min: [0, 1, 2].map(|k| a.min[k].min(b.min[k])),
        max: [0, 1, 2].map(|k| a.max[k].max(b.max[k])),
    })
}

/// From the south-east and above, far enough that the box's sphere fits.
fn camera(b: &Box3) -> Camera {
    let centre = [0, 1, 2].map(|k| f64::midpoint(b.min[k], b.max[k]));
    let diagonal = [0, 1, 2].map(|k| (b.max[k] - b.min[k]).powi(2)).iter().sum::<f64>().sqrt();
    // A metre around small things, so that their surroundings show.
    let radius = diagonal / 2.0 + 1.0;
    let distance = radius / (VIEW_DEG / 2.0).to_radians().sin();
    let direction = snapshot::unit([-1.0, 1.0, -0.8]);
    let side = snapshot::unit(snapshot::cross(direction, [0.0, 0.0, 1.0]));
    Camera {
        view_point: [0, 1, 2].map(|k| centre[k] - direction[k] * distance),
        direction,
        up: snapshot::cross(side, direction),
        lens: Lens::Perspective(VIEW_DEG),
        aspect_ratio: Some(4.0 / 3.0),
    }
}

/// A UUID version 8 of the parts' hash.
fn derived(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
