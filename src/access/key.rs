//! What an access key lets its holder do: the rights of its account, narrowed.

use std::collections::BTreeSet;

use uuid::Uuid;

/// The reach of an access key. Towards a layer outside of it the holder is the public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyScope {
    /// The key in `dothi.access_key`.
    pub id: Uuid,
    /// Whether items may be changed with it, where the account may.
    pub may_edit: bool,
    /// The layers; none: all.
    pub layers: Option<BTreeSet<String>>,
}

impl KeyScope {
    /// Whether the key is worth anything for a layer.
    pub fn reaches(&self, layer: &str) -> bool {
        self.layers.as_ref().is_none_or(|layers| layers.contains(layer))
    }
}
