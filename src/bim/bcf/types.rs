//! What a BCF file holds. Names are the standard's; lengths are metres in the model's coordinates, Z up.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A version of the format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// BCF 2.1.
    V2_1,
    /// BCF 3.0.
    #[default]
    V3_0,
}

impl Version {
    /// `2.1` or `3.0`.
    pub fn id(self) -> &'static str {
        match self {
            Self::V2_1 => "2.1",
            Self::V3_0 => "3.0",
        }
    }

    /// The version of that name.
    pub fn of(id: &str) -> Option<Self> {
        [Self::V2_1, Self::V3_0].into_iter().find(|v| v.id() == id)
    }
}

/// A whole file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// ProjectId; none where the file has no `project.bcfp`.
    pub id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Topics, by GUID when read.
    pub topics: Vec<Topic>,
}

/// One issue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Topic {
    /// GUID, also the folder's name.
    pub guid: Uuid,
    /// TopicType; BCF 3.0 needs one and `Issue` is written there in place of none.
    pub topic_type: Option<String>,
    /// TopicStatus; BCF 3.0 needs one and `Open` is written there in place of none.
    pub status: Option<String>,
    /// Title; must not be blank.
    pub title: String,
    /// Priority.
    pub priority: Option<String>,
    /// Position among the topics.
    pub index: Option<i32>,
    /// Labels.
    pub labels: Vec<String>,
    /// Links.
    pub reference_links: Vec<String>,
    /// When it was made.
    pub creation_date: DateTime<Utc>,
    /// Who made it; must not be blank.
    pub creation_author: String,
    /// When it was last changed.
    pub modified_date: Option<DateTime<Utc>>,
    /// Who last changed it.
    pub modified_author: Option<String>,
    /// Until when it is to be settled.
    pub due_date: Option<DateTime<Utc>>,
    /// Who is to settle it.
    pub assigned_to: Option<String>,
    /// Stage of the project.
    pub stage: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// GUIDs of related topics.
    pub related_topics: Vec<Uuid>,
    /// Files that it is about.
    pub files: Vec<HeaderFile>,
    /// Comments.
    pub comments: Vec<Comment>,
    /// Viewpoints.
    pub viewpoints: Vec<Viewpoint>,
}

/// A file that a topic is about.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderFile {
    /// GlobalId of the IfcProject.
    pub ifc_project: Option<String>,
    /// GlobalId of an IfcSpatialStructureElement.
    pub ifc_spatial_structure_element: Option<String>,
    /// Whether it lies outside the archive.
    pub is_external: bool,
    /// File name.
    pub filename: Option<String>,
    /// Date of the file.
    pub date: Option<DateTime<Utc>>,
    /// Where it lies.
    pub reference: Option<String>,
}

/// A remark on a topic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comment {
    /// GUID.
    pub guid: Uuid,
    /// When it was made.
    pub date: DateTime<Utc>,
    /// Who made it; must not be blank.
    pub author: String,
    /// The remark; may be empty where the viewpoint says all.
    pub text: String,
    /// Viewpoint that it speaks of.
    pub viewpoint: Option<Uuid>,
    /// When it was last changed.
    pub modified_date: Option<DateTime<Utc>>,
    /// Who last changed it.
    pub modified_author: Option<String>,
}

/// What is looked at, and from where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Viewpoint {
    /// GUID.
    pub guid: Uuid,
    /// Position among the viewpoints.
    pub index: Option<i32>,
    /// Selected, hidden and coloured elements.
    pub components: Option<Components>,
    /// The camera; BCF 3.0 needs one.
    pub camera: Option<Camera>,
    /// Planes that cut the view.
    pub clipping_planes: Vec<ClippingPlane>,
    /// A picture, PNG or JPEG.
    pub snapshot: Option<Vec<u8>>,
}

/// Elements of a viewpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Components {
    /// Selected ones.
    pub selection: Vec<Component>,
    /// Shown and hidden ones.
    pub visibility: Visibility,
    /// Coloured ones.
    pub coloring: Vec<Coloring>,
}

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// IfcGloballyUniqueId, 22 characters.
    pub ifc_guid: Option<String>,
    /// Program that it comes from.
    pub originating_system: Option<String>,
    /// Its id in that program.
    pub authoring_tool_id: Option<String>,
}

/// Which elements are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visibility {
    /// Whether elements are shown that are no exception.
    pub default: bool,
    /// The exceptions.
    pub exceptions: Vec<Component>,
    /// Spaces, space boundaries and openings.
    pub hints: Option<ViewSetupHints>,
}

/// Whether kinds of elements are shown that are hidden as a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the standard's names say it")]
pub struct ViewSetupHints {
    pub spaces_visible: bool,
    pub space_boundaries_visible: bool,
    pub openings_visible: bool,
}

/// Elements of one colour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coloring {
    /// `RRGGBB` or `AARRGGBB`, upper-case hexadecimal.
    pub color: String,
    /// The elements; at least one.
    pub components: Vec<Component>,
}

/// A camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Where it stands.
    pub view_point: [f64; 3],
    /// Where it looks.
    pub direction: [f64; 3],
    /// What is up.
    pub up: [f64; 3],
    /// How it projects.
    pub lens: Lens,
    /// Width over height; BCF 2.1 has none, BCF 3.0 needs one (4:3 is written in place of none).
    pub aspect_ratio: Option<f64>,
}

/// How a camera projects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lens {
    /// Vertical field of view, degrees. BCF 2.1 allows 45 to 60, to which it is brought when written.
    Perspective(f64),
    /// Height of the view, metres (ViewToWorldScale).
    Orthogonal(f64),
}

/// A plane that cuts the view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClippingPlane {
    /// A point of it.
    pub location: [f64; 3],
    /// Normal, towards what is hidden.
    pub direction: [f64; 3],
}
