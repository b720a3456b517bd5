//! The catalog: every layer that is applied, and the code lists that their attributes use.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::LayerDef;
use crate::text::Text;

/// All layers and code lists of one applied version.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Layers by id.
    pub layers: BTreeMap<String, Arc<LayerDef>>,
    /// Code lists by id.
    pub code_lists: BTreeMap<String, Arc<CodeList>>,
}

/// A list of codes with titles (`schema/codes/<id>.toml`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// Id, the file's name.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Where the codes come from.
    #[serde(default)]
    pub source: String,
    /// Codes in the order in which they are shown.
    #[serde(rename = "code")]
    pub codes: Vec<Code>,
}

/// A code with its title.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The stored value.
    pub code: String,
    /// Title.
    pub title: Text,
    /// Colour on the map, `#rrggbb`.
    #[serde(default)]
    pub color: Option<String>,
}

impl Catalog {
    /// The layer called `id`.
    pub fn layer(&self, id: &str) -> Option<&Arc<LayerDef>> {
        self.layers.get(id)
    }

    /// The code list called `id`.
    pub fn code_list(&self, id: &str) -> Option<&Arc<CodeList>> {
        self.code_lists.get(id)
    }
}

impl CodeList {
    /// The entry of `code`.
    pub fn code(&self, code: &str) -> Option<&Code> {
        self.codes.iter().find(|c| c.code == code)
    }
}
