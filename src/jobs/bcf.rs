//! The failed rows of a check run as a BCF file, made in the worker child: pictures and views need the models' solids.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::worker::{self, Frame, Limits, Task};
use crate::bim::bcf::{FailedCheck, Origin, Project, Version, from_checks, topics_of_model, write};
use crate::bim::{self, BimError};
use crate::{Error, Result};

/// Models whose time adds up; a case with more has the time of so many.
const MOST_MODELS: u32 = 4;

/// What the child is to make. Equal orders give equal bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// `2.1` or `3.0`.
    pub version: String,
    /// What all topics share; the file's name is that of each model.
    pub origin: Origin,
    /// Checks of single works, with the work's model.
    pub models: Vec<Modelled>,
    /// Checks of the whole case: a topic belongs to the first model that has one of its elements.
    pub whole: Vec<FailedCheck>,
}

/// A work's model and checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Modelled {
    /// The IFC file, readable by the child; none where the work has none, or none that can be read.
    pub file: Option<PathBuf>,
    /// What people call it.
    pub name: Option<String>,
    /// Checks of this work.
    pub checks: Vec<FailedCheck>,
}

/// Writes the file to `to`, where nothing is yet. Blocks; `runtime` drives the child.
pub fn make(order: &Order, to: &Path, runtime: &Handle) -> Result<()> {
    let failed = |e: std::io::Error| Error::internal("writing a BCF file", e);
    let place = to.with_extension("order");
    let json = serde_json::to_vec(order).map_err(|e| Error::internal("writing an order", e))?;
    std::fs::write(&place, json).map_err(failed)?;
    let made = File::create_new(to).map_err(failed).and_then(|mut file| {
        let task = Task::Bcf { file: place.clone() };
        let take = |frame| match frame {
            Frame::Data(bytes) => file.write_all(&bytes).map_err(failed),
            _ => Ok(()),
        };
        runtime.block_on(worker::run(&task, &limits(order.models.len()), take)).map(drop)
    });
    // What cannot be removed goes with the folder.
    let _ = std::fs::remove_file(&place);
    made.map_err(|e| match e {
        // The order's name tells people nothing.
        Error::BadFile { reason, .. } => Error::BadFile { place: "BCF".to_owned(), reason },
        other => other,
    })
}

fn limits(models: usize) -> Limits {
    let one = Limits::default();
    let models = u32::try_from(models).unwrap_or(MOST_MODELS).clamp(1, MOST_MODELS);
    Limits { cpu_s: one.cpu_s * u64::from(models), time: one.time * models, ..one }
}

/// The child's work: the bytes of the BCF file. `read` gives those of a model.
pub fn perform(order: &Order, read: impl Fn(&Path) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let version = Version::of(&order.version)
        .ok_or_else(|| Error::Setup(format!("worker: there is no BCF version {}", order.version)))?;
    let origin = &order.origin;
    let mut project = from_checks(&[], origin, &[].into(), &[]).map_err(refused)?;
    let mut whole = order.whole.clone();
    let single = order.models.iter().filter(|m| m.file.is_some()).count() == 1;
    for model in &order.models {
        let own = Origin { file_name: model.name.clone(), ..origin.clone() };
        let Some(file) = model.file.as_ref().filter(|_| !(model.checks.is_empty() && whole.is_empty()))
        else {
            add(&mut project, from_checks(&model.checks, &own, &[].into(), &[]).map_err(refused)?);
            continue;
        };
        let choose = |has: &dyn Fn(&str) -> bool| {
            let here = |check: &FailedCheck| single || check.elements.iter().any(|id| has(id));
            let (of_model, left) = std::mem::take(&mut whole).into_iter().partition(here);
            whole = left;
            [model.checks.clone(), of_model].concat()
        };
        let topics = topics_of_model(&read(file)?, &bim::Limits::default(), &own, choose);
        add(&mut project, topics.map_err(refused)?);
    }
    add(&mut project, from_checks(&whole, origin, &[].into(), &[]).map_err(refused)?);
    project.topics.sort_by_key(|t| t.guid);
    write(&project, version).map_err(refused)
}

/// Adds topics behind those that are there.
fn add(project: &mut Project, more: Project) {
    let before = project.topics.len();
    project.topics.extend(more.topics.into_iter().map(|mut topic| {
        topic.index = topic.index.map(|i| i.saturating_add(i32::try_from(before).unwrap_or(i32::MAX)));
        topic
    }));
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn refused(e: BimError) -> Error {
    Error::BadFile { place: e.place().to_owned(), reason: e.reason().clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bim::bcf::{self, Topic};

    fn sample(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("ifc-samples").join(name)
    }

    fn element(name: &str) -> String {
        let facts = bim::read(&std::fs::read(sample(name)).unwrap(), &bim::Limits::default()).unwrap();
        let text = std::fs::read_to_string(sample(name)).unwrap();
        assert!(!facts.buildings.is_empty());
        let wall = text.split("IFCWALL").nth(1).unwrap();
        wall.split('\'').nth(1).unwrap().to_owned()
    }

    fn check(rule: &str, elements: &[&str]) -> FailedCheck {
        FailedCheck {
            rule: rule.to_owned(),
            title: "x".to_owned(),
            elements: elements.iter().map(|e| (*e).to_owned()).collect(),
            ..FailedCheck::default()
        }
    }

    #[test]
    fn topics_go_to_the_model_that_has_their_elements() {
        let (house, villa) = (element("tube_house.ifc"), element("villa.ifc"));
        assert_ne!(house, villa);
        let model =
            |name: &str, checks| Modelled { file: Some(sample(name)), name: Some(name.to_owned()), checks };
        let order = Order {
            version: "3.0".to_owned(),
            origin: Origin { project_id: "HS".to_owned(), author: "Dothi".to_owned(), ..Origin::default() },
            models: vec![
                model("tube_house.ifc", vec![check("A", &[])]),
                model("villa.ifc", vec![]),
                Modelled { file: None, name: None, checks: vec![check("D", &[])] },
            ],
            whole: vec![check("B", &[villa.as_str()]), check("C", &["0000000000000000000000"])],
        };
        let read = |path: &Path| Ok(std::fs::read(path).unwrap());
        let bytes = perform(&order, read).unwrap();
        assert_eq!(bytes, perform(&order, read).unwrap(), "equal orders give equal bytes");
        let (_, found) = bcf::read(&bytes, &bcf::Limits::default()).unwrap();
        let of = |rule: &str| -> &Topic {
            found.topics.iter().find(|t| t.title.starts_with(rule)).expect("a topic")
        };
        let file = |t: &Topic| t.files.first().and_then(|f| f.filename.clone());
        assert_eq!(file(of("A")).as_deref(), Some("tube_house.ifc"));
        assert_eq!(file(of("B")).as_deref(), Some("villa.ifc"));
        assert_eq!((file(of("C")), file(of("D"))), (None, None));
        assert!(of("A").viewpoints[0].snapshot.is_some() && of("B").viewpoints[0].snapshot.is_some());
        assert!(of("C").viewpoints.is_empty() && of("D").viewpoints.is_empty());
        let mut places: Vec<_> = found.topics.iter().map(|t| t.index).collect();
        places.sort_unstable();
        assert_eq!(places, [Some(0), Some(1), Some(2), Some(3)]);
    }
}
