//! A document against a model: for each specification the elements that it applies to, found by the index, and what each
//! of its requirements says of them.

use super::document::{Cardinality, Facet, FacetKind, Ids, Occurrence, Requirement, Specification};
use super::facets;
use super::index::{Cache, Index};
use super::outcome::Outcome;
use super::property;
use super::report::{self, FAILURES_MAX, Failure, Report, Status};
use super::schema::Version;
use super::words;
use crate::bim::step::Model;
use crate::text::Text;

/// Checks a document, whatever schema its specifications are written for (the schema is metadata, by the test cases).
pub fn check(ids: &Ids, model: &Model<'_>, cache: &Cache) -> Report {
    let index = Index::new(model, cache);
    // Whatever fails, the report stays within bounds.
    let listed = (LISTED_MAX / ids.specifications.len().max(1)).clamp(FEW, FAILURES_MAX);
    let specifications: Vec<report::Outcome> =
        ids.specifications.iter().map(|s| specification(&index, s, listed)).collect();
    let failed = specifications.iter().any(|s| s.status == Status::Fail);
    let nothing = specifications.iter().all(|s| !s.checked);
    Report {
        status: if failed { Status::Fail } else { Status::Pass },
        title: ids.title.clone(),
        schema: model.schema().to_owned(),
        specifications,
        problems: Vec::new(),
        note: nothing.then(|| {
            Text::new(
                "không kiểm tra được gì: mô hình không có đối tượng nào mà các yêu cầu áp dụng",
                "nothing was checked: the model has no element that any specification applies to",
            )
        }),
    }
}

/// Failures that a whole report lists at most, but for a few of each specification.
const LISTED_MAX: usize = 500_000;
const FEW: usize = 100;

/// An element of the model.
#[derive(Clone, Copy)]
struct Element<'i> {
    id: u32,
    class: &'i str,
    entity: &'i str,
}

fn specification(index: &Index<'_, '_>, specification: &Specification, listed: usize) -> report::Outcome {
    let applicable = applicable(index, &specification.applicability);
    let prohibited = specification.occurrence == Occurrence::Prohibited;
    let mut out = report::Outcome {
        name: specification.name.clone(),
        identifier: specification.identifier.clone(),
        status: Status::Pass,
        checked: !applicable.is_empty() || specification.occurrence != Occurrence::Optional,
        applicable: applicable.len() as u64,
        passed: 0,
        failed_count: 0,
        failed: Vec::new(),
        note: note(index.model.schema(), specification, applicable.is_empty()),
    };
    let asked: Vec<(&Requirement, Text)> =
        specification.requirements.iter().map(|r| (r, words::requirement(r))).collect();
    for element in &applicable {
        let reason = if prohibited {
            Some(Text::new(
                "đối tượng này không được có trong mô hình",
                "the model must not have this element",
            ))
        } else {
            failing(index, *element, &asked)
        };
        match reason {
            None => out.passed += 1,
            Some(reason) => {
                out.failed_count += 1;
                if out.failed.len() < listed {
                    out.failed.push(failure(index, *element, reason));
                }
            }
        }
    }
    let missing = applicable.is_empty() && specification.occurrence == Occurrence::Required;
    if out.failed_count > 0 || missing {
        out.status = Status::Fail;
    }
    out
}

/// What a reader must know of the status.
fn note(schema: &str, specification: &Specification, nothing: bool) -> Option<Text> {
    let mut notes = Vec::new();
    if nothing {
        notes.push(match specification.occurrence {
            Occurrence::Required => Text::new(
                "mô hình phải có ít nhất một đối tượng thuộc diện áp dụng, nhưng không có",
                "the model must have at least one element that this applies to, and has none",
            ),
            Occurrence::Optional => Text::new(
                "không kiểm tra gì: mô hình không có đối tượng nào thuộc diện áp dụng",
                "nothing was checked: the model has no element that this applies to",
            ),
            Occurrence::Prohibited => Text::new(
                "mô hình không có đối tượng bị cấm nào",
                "the model has none of the elements that it must not have",
            ),
        });
    }
    if !specification.versions.contains(&Version::of_model(schema)) {
        let written: Vec<&str> = specification.versions.iter().map(|v| v.name()).collect();
        let (written, found) = (written.join(", "), schema);
        notes.push(Text::new(
            format!("yêu cầu này viết cho {written}, mô hình theo {found}"),
            format!("this is written for {written}; the model is {found}"),
        ));
    }
    notes.into_iter().reduce(|a, b| Text::new(format!("{}; {}", a.vi, b.vi), format!("{}; {}", a.en, b.en)))
}

/// Why an element fails: all requirements that it does not meet.
fn failing(index: &Index<'_, '_>, element: Element<'_>, asked: &[(&Requirement, Text)]) -> Option<Text> {
    let mut reasons: Option<Text> = None;
    for (requirement, what) in asked {
        if let Some(reason) = unmet(index, element, requirement, what) {
            reasons = Some(match reasons {
                None => reason,
                Some(r) => Text::new(format!("{}; {}", r.vi, reason.vi), format!("{}; {}", r.en, reason.en)),
            });
        }
    }
    reasons
}

fn unmet(
    index: &Index<'_, '_>,
    element: Element<'_>,
    requirement: &Requirement,
    what: &Text,
) -> Option<Text> {
    let kind = &requirement.facet.kind;
    if requirement.cardinality == Cardinality::Prohibited {
        // A property must not be there at all, with or without a value.
        let there = match kind {
            FacetKind::Property { set, name, .. } => property::exists(index, element.id, set, name),
            _ => facets::holds(index, element.id, element.class, kind) == Outcome::Holds,
        };
        return there.then(|| {
            Text::new(format!("{}: không được có", what.vi), format!("{}: it must not be there", what.en))
        });
    }
    match facets::holds(index, element.id, element.class, kind) {
        Outcome::Holds => None,
        Outcome::Absent(_) if requirement.cardinality == Cardinality::Optional => None,
        Outcome::Absent(reason) | Outcome::Differs(reason) => Some(reason.text(what)),
    }
}

fn failure(index: &Index<'_, '_>, element: Element<'_>, reason: Text) -> Failure {
    let record = index.model.get(element.id);
    let text = |attribute: &str| record.as_ref().and_then(|r| r.text(attribute)).map(str::to_owned);
    Failure {
        id: element.id,
        global_id: text("GlobalId").unwrap_or_default(),
        entity: element.entity.to_owned(),
        name: text("Name"),
        reason,
    }
}

/// Elements of which all facets hold, ascending. The index gives those that one facet can hold of; only these are
/// looked at.
fn applicable<'i>(index: &'i Index<'_, '_>, facets: &[Facet]) -> Vec<Element<'i>> {
    let candidates = match facets.iter().find(|f| matches!(f.kind, FacetKind::Entity(_))) {
        Some(Facet { kind: FacetKind::Entity(entity), .. }) => {
            by_class(index, &|class| entity.name.matches_text(class))
        }
        _ => facets.first().map(|f| by_facet(index, &f.kind)).unwrap_or_default(),
    };
    let mut found: Vec<Element<'i>> = candidates
        .into_iter()
        .filter(|e| facets.iter().all(|f| facets::holds(index, e.id, e.class, &f.kind) == Outcome::Holds))
        .collect();
    found.sort_unstable_by_key(|e| e.id);
    found
}

/// Elements of classes whose name fits; in IFC2X3 also those whose type names the class.
fn by_class<'i>(index: &'i Index<'_, '_>, fits: &dyn Fn(&str) -> bool) -> Vec<Element<'i>> {
    let mut found: Vec<Element<'i>> = Vec::new();
    for class in index.classes.iter().filter(|c| fits(&c.upper)) {
        found.extend(class.ids.iter().map(|id| Element { id: *id, class: &class.upper, entity: class.name }));
    }
    // Types in the model that name a class which the schema does not have.
    let naming = index.classes.iter().filter(|c| index.schema.named_by_type(&c.upper).is_some_and(fits));
    let mut types: Vec<u32> = naming.flat_map(|c| c.ids).copied().collect();
    types.sort_unstable();
    if !types.is_empty() {
        let occurrences =
            index.typed().filter(|(_, kind)| types.binary_search(kind).is_ok()).map(|(id, _)| id);
        let known: hashbrown::HashSet<u32> = found.iter().map(|e| e.id).collect();
        found.extend(elements(index, occurrences.filter(|id| !known.contains(id)).collect()));
    }
    found
}

/// Elements that a facet can hold of.
fn by_facet<'i>(index: &'i Index<'_, '_>, facet: &FacetKind) -> Vec<Element<'i>> {
    match facet {
        FacetKind::Entity(entity) => by_class(index, &|class| entity.name.matches_text(class)),
        FacetKind::Attribute { name, .. } => by_class(index, &|class| match name.exact() {
            Some(name) => index.schema.attribute_type(class, name).is_some(),
            None => index.schema.attributes(class).iter().any(|(n, _)| name.matches_text(n)),
        }),
        FacetKind::Property { .. } => elements(index, index.with_sets()),
        FacetKind::Classification { .. } => elements(index, index.classified()),
        FacetKind::Material { .. } => elements(index, index.made()),
        FacetKind::PartOf { relation, .. } => elements(index, index.parts(*relation)),
    }
}

/// The classes of these records.
fn elements<'i>(index: &'i Index<'_, '_>, ids: Vec<u32>) -> Vec<Element<'i>> {
    let class = |id: u32| index.classes.iter().find(|c| c.ids.binary_search(&id).is_ok());
    ids.into_iter()
        .filter_map(|id| class(id).map(|c| Element { id, class: &c.upper, entity: c.name }))
        .collect()
}
