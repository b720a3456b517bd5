//! The order of a page of items: `features` sorts by it in memory, `store` writes it as SQL.

use crate::layers::Value;

/// The order of a page, and where it goes on. Texts are in the order of their code points, false comes before true,
/// nulls last in both directions; what is equal is in the order of its fids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sort {
    /// Attributes by their index in the definition, and whether the greatest value comes first. Only ones that the
    /// view shows.
    pub keys: Vec<(usize, bool)>,
    /// Whether the greatest fid comes first.
    pub fid_descending: bool,
    /// The last item of the page before: its values by the order of `keys`, and its fid.
    pub after: Option<(Vec<Value>, i64)>,
}
