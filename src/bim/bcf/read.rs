//! Reading.

use chrono::{DateTime, NaiveDateTime, Utc};
use uuid::Uuid;

use super::archive::{Archive, Limits};
use super::types::{
    Camera, ClippingPlane, Coloring, Comment, Component, Components, HeaderFile, Lens, Project, Topic,
    Version, ViewSetupHints, Viewpoint, Visibility,
};
use super::xml::{self, Element};
use crate::bim::error::BimError;

/// Reads a `.bcfzip` or `.bcf`. Errors name the file within the archive and the line.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<(Version, Project), BimError> {
    let mut archive = Archive::open(bytes, limits)?;
    let version = version(&mut archive)?;
    let mut project = Project::default();
    if let Some(bytes) = archive.get("project.bcfp")? {
        let root = if version == Version::V2_1 { "ProjectExtension" } else { "ProjectInfo" };
        let root = xml::parse("project.bcfp", &bytes, root)?;
        if let Some(found) = root.child("Project") {
            project.id = found.attribute("ProjectId").map(str::to_owned);
            project.name = found.text_of("Name");
        }
    }
    let folders: Vec<String> = archive
        .names()
        .filter_map(|n| n.strip_suffix("/markup.bcf"))
        .filter(|folder| !folder.contains('/'))
        .map(str::to_owned)
        .collect();
    if folders.len() > limits.max_topics {
        let n = limits.max_topics;
        return Err(BimError::new("", format!("có hơn {n} chủ đề"), format!("more than {n} topics")));
    }
    for folder in folders {
        project.topics.push(topic(&mut archive, &folder, version)?);
    }
    project.topics.sort_by_key(|t| t.guid);
    if let Some(twice) = project.topics.windows(2).find(|w| w[0].guid == w[1].guid) {
        let guid = twice[0].guid;
        return Err(BimError::new(
            guid.to_string(),
            "hai chủ đề có cùng GUID",
            "two topics have the same GUID",
        ));
    }
    Ok((version, project))
}

fn version(archive: &mut Archive<'_>) -> Result<Version, BimError> {
    let name = "bcf.version";
    let bytes = archive.get(name)?.ok_or_else(|| {
        BimError::new("", "không phải tệp BCF: thiếu bcf.version", "not a BCF file: bcf.version is missing")
    })?;
    let root = xml::parse(name, &bytes, "Version")?;
    let id = root.attribute("VersionId").unwrap_or_default();
    Version::of(id).ok_or_else(|| {
        root.wrong(
            format!("chỉ đọc BCF 2.1 và 3.0, tệp này là \"{id}\""),
            format!("BCF 2.1 and 3.0 are read, this is \"{id}\""),
        )
    })
}

fn topic(archive: &mut Archive<'_>, folder: &str, version: Version) -> Result<Topic, BimError> {
    let name = format!("{folder}/markup.bcf");
    let bytes = archive.get(&name)?.unwrap_or_default();
    let markup = xml::parse(&name, &bytes, "Markup")?;
    let t = markup.child("Topic").ok_or_else(|| missing(&markup, "Topic"))?;
    let old = version == Version::V2_1;
    // 3.0 keeps lists in an element of their own, and comments and viewpoints within the topic.
    let list = |outer: &Element, name30: &str, of21: &str, of30: &str| -> Vec<String> {
        let texts = |e: &Element, name: &str| {
            e.all(name).map(|c| c.text.clone()).filter(|s| !s.trim().is_empty()).collect()
        };
        if old { texts(outer, of21) } else { outer.child(name30).map(|e| texts(e, of30)).unwrap_or_default() }
    };
    let none = Element::default();
    let within = |name: &str| t.child(name).unwrap_or(&none);
    let (comments, views, view) = if old {
        (&markup, &markup, "Viewpoints")
    } else {
        (within("Comments"), within("Viewpoints"), "ViewPoint")
    };
    let related = if old { t } else { within("RelatedTopics") };
    let mut out = Topic {
        guid: guid(t)?,
        topic_type: t.attribute("TopicType").map(str::to_owned),
        status: t.attribute("TopicStatus").map(str::to_owned),
        title: t.text_of("Title").ok_or_else(|| missing(t, "Title"))?,
        priority: t.text_of("Priority"),
        index: integer(t)?,
        labels: list(t, "Labels", "Labels", "Label"),
        reference_links: list(t, "ReferenceLinks", "ReferenceLink", "ReferenceLink"),
        creation_date: date(t, "CreationDate")?.ok_or_else(|| missing(t, "CreationDate"))?,
        creation_author: t.text_of("CreationAuthor").ok_or_else(|| missing(t, "CreationAuthor"))?,
        modified_date: date(t, "ModifiedDate")?,
        modified_author: t.text_of("ModifiedAuthor"),
        due_date: date(t, "DueDate")?,
        assigned_to: t.text_of("AssignedTo"),
        stage: t.text_of("Stage"),
        description: t.text_of("Description"),
        related_topics: related.all("RelatedTopic").map(guid).collect::<Result<_, _>>()?,
        files: files(&markup, old)?,
        comments: comments.all("Comment").map(comment).collect::<Result<_, _>>()?,
        viewpoints: Vec::new(),
    };
    for entry in views.all(view) {
        out.viewpoints.push(viewpoint(archive, folder, entry, old)?);
    }
    Ok(out)
}

fn files(markup: &Element, old: bool) -> Result<Vec<HeaderFile>, BimError> {
    let Some(header) = markup.child("Header") else { return Ok(Vec::new()) };
    let Some(files) = (if old { Some(header) } else { header.child("Files") }) else { return Ok(Vec::new()) };
    let external = if old { "isExternal" } else { "IsExternal" };
    files
        .all("File")
        .map(|f| {
            Ok(HeaderFile {
                ifc_project: ifc_guid(f, "IfcProject")?,
                ifc_spatial_structure_element: ifc_guid(f, "IfcSpatialStructureElement")?,
                is_external: truth(f, external, true)?,
                filename: f.text_of("Filename"),
                date: date(f, "Date")?,
                reference: f.text_of("Reference"),
            })
        })
        .collect()
}

fn comment(c: &Element) -> Result<Comment, BimError> {
    Ok(Comment {
        guid: guid(c)?,
        date: date(c, "Date")?.ok_or_else(|| missing(c, "Date"))?,
        author: c.text_of("Author").ok_or_else(|| missing(c, "Author"))?,
        text: c.text_of("Comment").unwrap_or_default(),
        viewpoint: c.child("Viewpoint").map(guid).transpose()?,
        modified_date: date(c, "ModifiedDate")?,
        modified_author: c.text_of("ModifiedAuthor"),
    })
}

fn viewpoint(
    archive: &mut Archive<'_>,
    folder: &str,
    entry: &Element,
    old: bool,
) -> Result<Viewpoint, BimError> {
    let mut out = Viewpoint { guid: guid(entry)?, index: integer(entry)?, ..Viewpoint::default() };
    if let Some(file) = entry.text_of("Viewpoint") {
        let name = format!("{folder}/{}", file.trim());
        let bytes = archive.get(&name)?.ok_or_else(|| absent(entry, &name))?;
        let root = xml::parse(&name, &bytes, "VisualizationInfo")?;
        out.components = root.child("Components").map(|c| components(c, old)).transpose()?;
        out.camera = camera(&root)?;
        if let Some(planes) = root.child("ClippingPlanes") {
            out.clipping_planes = planes.all("ClippingPlane").map(plane).collect::<Result<_, _>>()?;
        }
    }
    if let Some(file) = entry.text_of("Snapshot") {
        let name = format!("{folder}/{}", file.trim());
        let bytes = archive.get(&name)?.ok_or_else(|| absent(entry, &name))?;
        if super::write::picture(&bytes).is_none() {
            return Err(BimError::new(name, "không phải ảnh PNG hay JPEG", "neither PNG nor JPEG"));
        }
        out.snapshot = Some(bytes);
    }
    Ok(out)
}

fn components(c: &Element, old: bool) -> Result<Components, BimError> {
    let list = |e: Option<&Element>| -> Result<Vec<Component>, BimError> {
        e.map_or_else(|| Ok(Vec::new()), |e| e.all("Component").map(component).collect())
    };
    let none = Element::default();
    let visibility = c.child("Visibility").unwrap_or(&none);
    let hints = if old { c.child("ViewSetupHints") } else { visibility.child("ViewSetupHints") };
    let mut coloring = Vec::new();
    for color in c.child("Coloring").unwrap_or(&none).all("Color") {
        let value = color.attribute("Color").unwrap_or_default().trim().to_ascii_uppercase();
        if !super::write::is_color(&value) {
            return Err(color.wrong(
                format!("màu \"{value}\" không đúng RRGGBB"),
                format!("the colour \"{value}\" is not RRGGBB"),
            ));
        }
        let components = list(if old { Some(color) } else { color.child("Components") })?;
        if !components.is_empty() {
            coloring.push(Coloring { color: value, components });
        }
    }
    Ok(Components {
        selection: list(c.child("Selection"))?,
        visibility: Visibility {
            default: truth(visibility, "DefaultVisibility", false)?,
            exceptions: list(visibility.child("Exceptions"))?,
            hints: hints.map(view_hints).transpose()?,
        },
        coloring,
    })
}

fn view_hints(h: &Element) -> Result<ViewSetupHints, BimError> {
    Ok(ViewSetupHints {
        spaces_visible: truth(h, "SpacesVisible", false)?,
        space_boundaries_visible: truth(h, "SpaceBoundariesVisible", false)?,
        openings_visible: truth(h, "OpeningsVisible", false)?,
    })
}

fn component(c: &Element) -> Result<Component, BimError> {
    Ok(Component {
        ifc_guid: ifc_guid(c, "IfcGuid")?,
        originating_system: c.text_of("OriginatingSystem"),
        authoring_tool_id: c.text_of("AuthoringToolId"),
    })
}

fn camera(root: &Element) -> Result<Option<Camera>, BimError> {
    let found = root.child("PerspectiveCamera").or_else(|| root.child("OrthogonalCamera"));
    let Some(c) = found else { return Ok(None) };
    let lens = if c.name == "PerspectiveCamera" {
        let degrees = number(c, "FieldOfView")?;
        if degrees <= 0.0 || degrees >= 180.0 {
            return Err(c.wrong("FieldOfView phải trong 0–180 độ", "FieldOfView must lie within 0–180°"));
        }
        Lens::Perspective(degrees)
    } else {
        Lens::Orthogonal(number(c, "ViewToWorldScale")?)
    };
    let aspect_ratio = c.child("AspectRatio").map(|_| number(c, "AspectRatio")).transpose()?;
    if aspect_ratio.is_some_and(|a| a <= 0.0) {
        return Err(c.wrong("AspectRatio phải lớn hơn 0", "AspectRatio must be greater than 0"));
    }
    Ok(Some(Camera {
        view_point: point(c, "CameraViewPoint")?,
        direction: point(c, "CameraDirection")?,
        up: point(c, "CameraUpVector")?,
        lens,
        aspect_ratio,
    }))
}

fn plane(p: &Element) -> Result<ClippingPlane, BimError> {
    Ok(ClippingPlane { location: point(p, "Location")?, direction: point(p, "Direction")? })
}

fn point(outer: &Element, name: &str) -> Result<[f64; 3], BimError> {
    let p = outer.child(name).ok_or_else(|| missing(outer, name))?;
    Ok([number(p, "X")?, number(p, "Y")?, number(p, "Z")?])
}

fn number(outer: &Element, name: &str) -> Result<f64, BimError> {
    let e = outer.child(name).ok_or_else(|| missing(outer, name))?;
    let value = e.text.trim().parse().ok().filter(|n: &f64| n.is_finite());
    value.ok_or_else(|| e.wrong("không phải là số hữu hạn", "not a finite number"))
}

fn integer(outer: &Element) -> Result<Option<i32>, BimError> {
    let Some(e) = outer.child("Index") else { return Ok(None) };
    e.text.trim().parse().map(Some).map_err(|_| e.wrong("không phải là số nguyên", "not a whole number"))
}

fn truth(e: &Element, name: &str, default: bool) -> Result<bool, BimError> {
    match e.attribute(name).map(str::trim) {
        None => Ok(default),
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(_) => {
            Err(e.wrong(format!("{name} phải là true hoặc false"), format!("{name} must be true or false")))
        }
    }
}

fn guid(e: &Element) -> Result<Uuid, BimError> {
    let text = e.attribute("Guid").ok_or_else(|| e.wrong("thiếu Guid", "Guid is missing"))?;
    Uuid::try_parse(text.trim())
        .map_err(|_| e.wrong(format!("Guid \"{text}\" không đúng"), format!("Guid \"{text}\" is wrong")))
}

fn ifc_guid(e: &Element, name: &str) -> Result<Option<String>, BimError> {
    let Some(text) = e.attribute(name) else { return Ok(None) };
    if super::write::is_ifc_guid(text) {
        return Ok(Some(text.to_owned()));
    }
    Err(e.wrong(
        format!("{name} \"{text}\" không phải GlobalId 22 ký tự"),
        format!("{name} \"{text}\" is no GlobalId of 22 characters"),
    ))
}

/// An xs:dateTime; one without time zone counts as UTC.
fn date(outer: &Element, name: &str) -> Result<Option<DateTime<Utc>>, BimError> {
    let Some(e) = outer.child(name).filter(|e| !e.text.trim().is_empty()) else { return Ok(None) };
    let text = e.text.trim();
    let zoned = DateTime::parse_from_rfc3339(text).ok().map(|d| d.to_utc());
    let local = || text.parse::<NaiveDateTime>().ok().map(|d| d.and_utc());
    let found = zoned.or_else(local).filter(super::write::is_date);
    found.map(Some).ok_or_else(|| e.wrong("không phải là ngày giờ xs:dateTime", "not an xs:dateTime"))
}

fn missing(e: &Element, what: &str) -> BimError {
    e.wrong(format!("thiếu {what}"), format!("{what} is missing"))
}

fn absent(e: &Element, name: &str) -> BimError {
    e.wrong(format!("trong tệp nén không có {name}"), format!("the archive has no {name}"))
}
