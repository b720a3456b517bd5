//! Why a model is refused.

use crate::text::Text;

/// Why bytes are not read as a building model: a place in the file and a reason in both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {}", reason.en)]
pub struct BimError {
    place: String,
    reason: Text,
}

impl BimError {
    /// A refusal at `place` (`line 12`, `#48`, `FILE_SCHEMA`; empty for the file as a whole).
    pub fn new(place: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { place: place.into(), reason: Text::new(vi, en) }
    }

    /// Line or record; empty where the file as a whole is meant.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The reason, in both languages.
    pub fn reason(&self) -> &Text {
        &self.reason
    }
}
