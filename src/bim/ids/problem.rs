//! Why a document is refused.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its line, from 1.
    pub line: u32,
    /// The specification that it is in; none where it is in the document's frame.
    pub specification: Option<String>,
    /// What is wrong.
    pub reason: Text,
}

impl Problem {
    /// A problem outside of specifications.
    pub fn new(line: u32, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { line, specification: None, reason: Text::new(vi, en) }
    }
}
