//! Writing. Elements stand in the order of buildingSMART's schemas.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

use super::archive;
use super::types::{
    Camera, Comment, Component, Components, HeaderFile, Lens, Project, Topic, Version, ViewSetupHints,
    Viewpoint,
};
use super::xml::Writer;
use crate::bim::error::BimError;

/// Width over height where a camera names none.
const ASPECT: f64 = 4.0 / 3.0;

/// The bytes of a `.bcfzip` (2.1) or `.bcf` (3.0). Equal projects give equal bytes. Errors name the topic and the
/// member that the schema of `version` does not allow.
pub fn write(project: &Project, version: Version) -> Result<Vec<u8>, BimError> {
    let mut entries = vec![("bcf.version".to_owned(), version_file(version))];
    if let Some(id) = project.id.as_deref().filter(|s| !s.trim().is_empty()) {
        entries.push(("project.bcfp".to_owned(), project_file(id, project.name.as_deref(), version)));
    }
    if version == Version::V3_0 {
        entries.push(("extensions.xml".to_owned(), extensions(project)));
    }
    let mut guids = BTreeSet::new();
    for topic in &project.topics {
        if !guids.insert(topic.guid) {
            return Err(refused(topic, "GUID bị lặp", "the GUID is used twice"));
        }
        check(topic, version)?;
        entries.push((format!("{}/markup.bcf", topic.guid), markup(topic, version)));
        for (i, view) in topic.viewpoints.iter().enumerate() {
            entries.push((format!("{}/{}", topic.guid, view_name(view, i)), visualization(view, version)));
            if let Some((name, bytes)) = snapshot_name(view, i).zip(view.snapshot.as_ref()) {
                entries.push((format!("{}/{name}", topic.guid), bytes.clone()));
            }
        }
    }
    archive::pack(&entries)
}

/// File extension of a picture by its first bytes.
pub fn picture(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpg"),
        _ => None,
    }
}

/// Whether a text is `RRGGBB` or `AARRGGBB`.
pub fn is_color(text: &str) -> bool {
    matches!(text.len(), 6 | 8) && text.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b))
}

/// Whether a text is an IfcGloballyUniqueId.
pub fn is_ifc_guid(text: &str) -> bool {
    text.len() == 22 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
}

/// Whether xs:dateTime can write it: four digits of year, no leap second.
pub fn is_date(date: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&date.year()) && date.nanosecond() < 1_000_000_000
}

fn refused(topic: &Topic, vi: &str, en: &str) -> BimError {
    BimError::new(format!("topic {}", topic.guid), vi, en)
}

/// What the schemas ask of a topic.
fn check(topic: &Topic, version: Version) -> Result<(), BimError> {
    let blank = |s: &String| s.trim().is_empty();
    let no = |vi: &str, en: &str| Err(refused(topic, vi, en));
    if blank(&topic.title) || blank(&topic.creation_author) || topic.comments.iter().any(|c| blank(&c.author))
    {
        return no("thiếu tiêu đề hoặc người tạo", "a title or author is blank");
    }
    let mut dates = vec![Some(topic.creation_date), topic.modified_date, topic.due_date];
    dates.extend(topic.comments.iter().flat_map(|c| [Some(c.date), c.modified_date]));
    dates.extend(topic.files.iter().map(|f| f.date));
    if !dates.iter().flatten().all(is_date) {
        return no("ngày giờ ngoài phạm vi", "a date is out of range");
    }
    let ids = topic.files.iter().flat_map(|f| [&f.ifc_project, &f.ifc_spatial_structure_element]);
    if !ids.flatten().all(|id| is_ifc_guid(id)) {
        return no("GlobalId của tệp không đúng", "a file's GlobalId is wrong");
    }
    for view in &topic.viewpoints {
        if version == Version::V3_0 && view.camera.is_none() {
            return no("BCF 3.0 cần máy ảnh cho mỗi khung nhìn", "BCF 3.0 needs a camera for each viewpoint");
        }
        if view.snapshot.as_ref().is_some_and(|s| picture(s).is_none()) {
            return no("ảnh không phải PNG hay JPEG", "a snapshot is neither PNG nor JPEG");
        }
        if !view.components.as_ref().is_none_or(components_fit) {
            return no("GlobalId hoặc màu không đúng", "a GlobalId or colour is wrong");
        }
        let planes = view.clipping_planes.iter().flat_map(|p| p.location.into_iter().chain(p.direction));
        if !planes.into_iter().all(f64::is_finite) || !view.camera.as_ref().is_none_or(camera_fits) {
            return no("số của khung nhìn không hợp lệ", "a viewpoint's number is not allowed");
        }
    }
    Ok(())
}

fn components_fit(c: &Components) -> bool {
    let coloured = c.coloring.iter().flat_map(|g| &g.components);
    let mut all = c.selection.iter().chain(&c.visibility.exceptions).chain(coloured);
    all.all(|c| c.ifc_guid.as_ref().is_none_or(|id| is_ifc_guid(id)))
        && c.coloring.iter().all(|g| is_color(&g.color) && !g.components.is_empty())
}

fn camera_fits(c: &Camera) -> bool {
    let lens = match c.lens {
        Lens::Perspective(v) => v > 0.0 && v < 180.0,
        Lens::Orthogonal(v) => v.is_finite(),
    };
    let mut numbers = c.view_point.into_iter().chain(c.direction).chain(c.up);
    lens && numbers.all(f64::is_finite) && c.aspect_ratio.is_none_or(|a| a > 0.0 && a.is_finite())
}

fn version_file(version: Version) -> Vec<u8> {
    let mut w = Writer::new();
    if version == Version::V2_1 {
        w.begin("Version", &[("VersionId", "2.1")]);
        w.leaf("DetailedVersion", "2.1");
    } else {
        w.empty("Version", &[("VersionId", "3.0")]);
    }
    w.finish()
}

fn project_file(id: &str, name: Option<&str>, version: Version) -> Vec<u8> {
    let mut w = Writer::new();
    w.begin(if version == Version::V2_1 { "ProjectExtension" } else { "ProjectInfo" }, &[]);
    w.begin("Project", &[("ProjectId", id)]);
    w.some("Name", name);
    w.end();
    if version == Version::V2_1 {
        w.leaf("ExtensionSchema", "");
    }
    w.finish()
}

/// The values that the topics use.
fn extensions(project: &Project) -> Vec<u8> {
    let mut lists: [(&'static str, &'static str, BTreeSet<&str>); 6] = [
        ("TopicTypes", "TopicType", BTreeSet::new()),
        ("TopicStatuses", "TopicStatus", BTreeSet::new()),
        ("Priorities", "Priority", BTreeSet::new()),
        ("TopicLabels", "TopicLabel", BTreeSet::new()),
        ("Users", "User", BTreeSet::new()),
        ("Stages", "Stage", BTreeSet::new()),
    ];
    for t in &project.topics {
        lists[0].2.insert(t.topic_type.as_deref().unwrap_or("Issue"));
        lists[1].2.insert(t.status.as_deref().unwrap_or("Open"));
        lists[2].2.extend(t.priority.as_deref());
        lists[3].2.extend(t.labels.iter().map(String::as_str));
        lists[4].2.insert(&t.creation_author);
        lists[4].2.extend([&t.modified_author, &t.assigned_to].into_iter().flatten().map(String::as_str));
        lists[4].2.extend(t.comments.iter().map(|c| c.author.as_str()));
        lists[5].2.extend(t.stage.as_deref());
    }
    let mut w = Writer::new();
    w.begin("Extensions", &[]);
    for (outer, inner, values) in lists {
        w.begin(outer, &[]);
        values.into_iter().for_each(|v| w.some(inner, Some(v)));
        w.end();
    }
    w.finish()
}

fn view_name(view: &Viewpoint, i: usize) -> String {
    if i == 0 { "viewpoint.bcfv".to_owned() } else { format!("viewpoint_{}.bcfv", view.guid) }
}

fn snapshot_name(view: &Viewpoint, i: usize) -> Option<String> {
    let extension = picture(view.snapshot.as_ref()?)?;
    let name = if i == 0 { "snapshot".to_owned() } else { format!("snapshot_{}", view.guid) };
    Some(format!("{name}.{extension}"))
}

fn date(date: DateTime<Utc>) -> String {
    date.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn markup(topic: &Topic, version: Version) -> Vec<u8> {
    let old = version == Version::V2_1;
    let mut w = Writer::new();
    w.begin("Markup", &[]);
    header(&mut w, &topic.files, old);
    let guid = topic.guid.to_string();
    let given = |v: &'_ Option<String>| v.clone().filter(|s| !s.trim().is_empty());
    let kind = given(&topic.topic_type).or_else(|| (!old).then(|| "Issue".to_owned()));
    let status = given(&topic.status).or_else(|| (!old).then(|| "Open".to_owned()));
    let mut attributes = vec![("Guid", guid.as_str())];
    attributes.extend(kind.as_deref().map(|v| ("TopicType", v)));
    attributes.extend(status.as_deref().map(|v| ("TopicStatus", v)));
    w.begin("Topic", &attributes);
    texts(&mut w, (!old).then_some("ReferenceLinks"), "ReferenceLink", &topic.reference_links);
    w.leaf("Title", &topic.title);
    w.some("Priority", topic.priority.as_deref());
    w.some("Index", topic.index.map(|i| i.to_string()).as_deref());
    texts(&mut w, (!old).then_some("Labels"), if old { "Labels" } else { "Label" }, &topic.labels);
    w.leaf("CreationDate", &date(topic.creation_date));
    w.leaf("CreationAuthor", &topic.creation_author);
    w.some("ModifiedDate", topic.modified_date.map(date).as_deref());
    w.some("ModifiedAuthor", topic.modified_author.as_deref());
    w.some("DueDate", topic.due_date.map(date).as_deref());
    w.some("AssignedTo", topic.assigned_to.as_deref());
    w.some("Stage", topic.stage.as_deref());
    w.some("Description", topic.description.as_deref());
    grouped(&mut w, (!old).then_some("RelatedTopics"), &topic.related_topics, |w, id| {
        w.empty("RelatedTopic", &[("Guid", &id.to_string())]);
    });
    if old {
        w.end();
    }
    grouped(&mut w, (!old).then_some("Comments"), &topic.comments, |w, c| comment(w, c, old));
    let views: Vec<_> = topic.viewpoints.iter().enumerate().collect();
    let name = if old { "Viewpoints" } else { "ViewPoint" };
    grouped(&mut w, (!old).then_some("Viewpoints"), &views, |w, (i, view)| {
        w.begin(name, &[("Guid", &view.guid.to_string())]);
        w.leaf("Viewpoint", &view_name(view, *i));
        w.some("Snapshot", snapshot_name(view, *i).as_deref());
        w.some("Index", view.index.map(|i| i.to_string()).as_deref());
        w.end();
    });
    w.finish()
}

/// Members, within an element of their own where `outer` names one; nothing where there is none.
fn grouped<T>(
    w: &mut Writer,
    outer: Option<&'static str>,
    members: &[T],
    mut each: impl FnMut(&mut Writer, &T),
) {
    if members.is_empty() {
        return;
    }
    if let Some(outer) = outer {
        w.begin(outer, &[]);
    }
    members.iter().for_each(|m| each(w, m));
    if outer.is_some() {
        w.end();
    }
}

fn texts(w: &mut Writer, outer: Option<&'static str>, name: &str, values: &[String]) {
    grouped(w, outer, values, |w, v| w.some(name, Some(v)));
}

fn header(w: &mut Writer, files: &[HeaderFile], old: bool) {
    if files.is_empty() {
        return;
    }
    w.begin("Header", &[]);
    grouped(w, (!old).then_some("Files"), files, |w, f| {
        let external = if f.is_external { "true" } else { "false" };
        let mut attributes = vec![(if old { "isExternal" } else { "IsExternal" }, external)];
        attributes.extend(f.ifc_project.as_deref().map(|v| ("IfcProject", v)));
        let part = f.ifc_spatial_structure_element.as_deref();
        attributes.extend(part.map(|v| ("IfcSpatialStructureElement", v)));
        w.begin("File", &attributes);
        w.some("Filename", f.filename.as_deref());
        w.some("Date", f.date.map(date).as_deref());
        w.some("Reference", f.reference.as_deref());
        w.end();
    });
    w.end();
}

fn comment(w: &mut Writer, c: &Comment, old: bool) {
    w.begin("Comment", &[("Guid", &c.guid.to_string())]);
    w.leaf("Date", &date(c.date));
    w.leaf("Author", &c.author);
    if old {
        w.leaf("Comment", &c.text);
    } else {
        w.some("Comment", Some(&c.text));
    }
    if let Some(view) = c.viewpoint {
        w.empty("Viewpoint", &[("Guid", &view.to_string())]);
    }
    w.some("ModifiedDate", c.modified_date.map(date).as_deref());
    w.some("ModifiedAuthor", c.modified_author.as_deref());
    w.end();
}

fn visualization(view: &Viewpoint, version: Version) -> Vec<u8> {
    let old = version == Version::V2_1;
    let mut w = Writer::new();
    w.begin("VisualizationInfo", &[("Guid", &view.guid.to_string())]);
    if let Some(c) = &view.components {
        components(&mut w, c, old);
    }
    if let Some(c) = &view.camera {
        camera(&mut w, c, old);
    }
    grouped(&mut w, Some("ClippingPlanes"), &view.clipping_planes, |w, p| {
        w.begin("ClippingPlane", &[]);
        point(w, "Location", p.location);
        point(w, "Direction", p.direction);
        w.end();
    });
    w.finish()
}

fn components(w: &mut Writer, c: &Components, old: bool) {
    w.begin("Components", &[]);
    if old {
        hints(w, c.visibility.hints);
    }
    grouped(w, Some("Selection"), &c.selection, component);
    w.begin("Visibility", &[("DefaultVisibility", if c.visibility.default { "true" } else { "false" })]);
    if !old {
        hints(w, c.visibility.hints);
    }
    grouped(w, Some("Exceptions"), &c.visibility.exceptions, component);
    w.end();
    grouped(w, Some("Coloring"), &c.coloring, |w, g| {
        w.begin("Color", &[("Color", &g.color)]);
        grouped(w, (!old).then_some("Components"), &g.components, component);
        w.end();
    });
    w.end();
}

fn hints(w: &mut Writer, hints: Option<ViewSetupHints>) {
    if let Some(h) = hints {
        let truth = |b| if b { "true" } else { "false" };
        w.empty(
            "ViewSetupHints",
            &[
                ("SpacesVisible", truth(h.spaces_visible)),
                ("SpaceBoundariesVisible", truth(h.space_boundaries_visible)),
                ("OpeningsVisible", truth(h.openings_visible)),
            ],
        );
    }
}

fn component(w: &mut Writer, c: &Component) {
    let attributes: Vec<_> = c.ifc_guid.as_deref().map(|id| ("IfcGuid", id)).into_iter().collect();
    w.begin("Component", &attributes);
    w.some("OriginatingSystem", c.originating_system.as_deref());
    w.some("AuthoringToolId", c.authoring_tool_id.as_deref());
    w.end();
}

fn camera(w: &mut Writer, c: &Camera, old: bool) {
    w.begin(
        if matches!(c.lens, Lens::Perspective(_)) { "PerspectiveCamera" } else { "OrthogonalCamera" },
        &[],
    );
    point(w, "CameraViewPoint", c.view_point);
    point(w, "CameraDirection", c.direction);
    point(w, "CameraUpVector", c.up);
    match c.lens {
        // The schema of 2.1 allows no other angles.
        Lens::Perspective(v) => w.leaf("FieldOfView", &number(if old { v.clamp(45.0, 60.0) } else { v })),
        Lens::Orthogonal(v) => w.leaf("ViewToWorldScale", &number(v)),
    }
    if !old {
        w.leaf("AspectRatio", &number(c.aspect_ratio.unwrap_or(ASPECT)));
    }
    w.end();
}

fn point(w: &mut Writer, name: &'static str, p: [f64; 3]) {
    w.begin(name, &[]);
    for (axis, value) in ["X", "Y", "Z"].into_iter().zip(p) {
        w.leaf(axis, &number(value));
    }
    w.end();
}

/// The shortest decimal that reads as the same number.
fn number(v: f64) -> String {
    format!("{v:?}")
}
