//! BIM Collaboration Format 2.1 and 3.0 (buildingSMART BCF-XML): topics with comments, viewpoints and snapshots.
//!
//! [`write()`] makes the bytes of a `.bcfzip` or `.bcf`, [`read()`] reads them; the version is recognised by `bcf.version`.
//! What was read and written again in the same version reads as the same [`Project`]. Unknown elements are left out, and
//! so are BimSnippet, document references, bitmaps and lines. [`from_checks`] makes a topic of each failed check;
//! [`of_model`] takes the elements' boxes and shapes for that from the model itself.

mod archive;
mod checks;
mod model;
mod read;
mod snapshot;
#[cfg(test)]
mod tests;
mod types;
mod write;
mod xml;

pub use archive::Limits;
pub use checks::{FailedCheck, Origin, from_checks};
pub use model::{of_model, topics_of_model};
pub use read::read;
pub use snapshot::{MOST_PIXELS, Part, render};
pub use types::{
    Camera, ClippingPlane, Coloring, Comment, Component, Components, HeaderFile, Lens, Project, Topic,
    Version, ViewSetupHints, Viewpoint, Visibility,
};
pub use write::write;
