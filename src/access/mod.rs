//! The one decider of rights. Pure: the caller says who asks, this says what he may see and do.
//!
//! # Who may read a layer or an attribute
//!
//! | access | who |
//! |---|---|
//! | `O` open | everybody |
//! | `I` internal | officers: accounts with any role but applicant |
//! | `R` restricted | officers whose agency owns the layer or is among its `readers` (an attribute may name `readers` of its own); admins |
//!
//! An attribute is never wider than its layer. What one may not read answers as unknown. A row of a layer with
//! `rows_of` is seen by who sees the layer that it is about whole: every attribute, every row, the exact geometry;
//! for what such a row says (a problem, a place) may betray any of them. The exact geometry of a `blurred` layer is
//! for officers of the agencies that may read what is `R` in it; all others get the blurred one.
//!
//! # Who may change a layer
//!
//! | account | layers | where |
//! |---|---|---|
//! | admin | all | everywhere |
//! | editor of an agency among the layer's `editors` (the owners where none are named) | those | everywhere |
//! | planner of such an agency | those of the theme `planning` | everywhere |
//! | editor, reviewer, intake, clerk or order officer of a commune (agency `XA`) | those with `XA` among the editors | his commune: the geometry lies in it before and after |
//! | all other officers, applicants, the public | none | |
//!
//! Nobody changes a layer that shows other records (`source = "view"`), a layer that he may not read, an attribute
//! that he may not read, or items of a blurred layer whose place he does not know exactly. An account without an
//! agency, or of a commune without its code, changes nothing unless it is an admin's.
//!
//! By an access key an account has these rights for the layers that the key names (all where it names none), and
//! changes something only by a key that is for editing. Towards other layers its holder is the public.
//!
//! | work on a whole layer | who |
//! |---|---|
//! | import, undo of a revision | who may change every attribute of it everywhere |
//! | a run of its quality rules | who may change it anywhere |

mod edit;
mod key;
pub mod permits;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use edit::{Area, Edit, edit, may_import, may_run_quality, may_undo};
pub use key::KeyScope;

use crate::filter::{CompareOp, Expr};
use crate::layers::{Access, Attribute, Catalog, LayerDef, Value};

/// Role of an account (CONTRACT: roles). An account may hold several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named in domain terms; described in schema/procedures")]
pub enum Role {
    Applicant,
    Intake,
    Reviewer,
    Approver,
    Clerk,
    OrderOfficer,
    Agency,
    Planner,
    Editor,
    Admin,
}

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Principal {
    /// The account; none for the public.
    pub user: Option<Account>,
    /// The access key by which the account asks, which may be narrower than the account; none: in person.
    pub key: Option<KeyScope>,
}

/// A signed-in account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Id in `dothi.account`.
    pub id: Uuid,
    /// Sign-in name.
    pub name: String,
    /// Name shown to people.
    pub display_name: String,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Code of the authority the account belongs to (commune code, `SXD`, zone board …); none for applicants.
    pub authority: Option<String>,
    /// Agency code (`schema/codes/agency.toml`) of that authority, decides R layers: `XD`, `NNMT`, `CA` …
    pub agency: Option<String>,
}

impl Principal {
    /// Nobody signed in.
    pub fn public() -> Self {
        Self::default()
    }

    /// An account that signed in itself.
    pub fn of(account: Account) -> Self {
        Self { user: Some(account), key: None }
    }

    /// Whether the account holds `role`.
    pub fn has(&self, role: Role) -> bool {
        self.user.as_ref().is_some_and(|u| u.roles.contains(&role))
    }

    /// Agency of the account.
    pub fn agency(&self) -> Option<&str> {
        self.user.as_ref()?.agency.as_deref()
    }

    /// Whether the account is an officer (any role but applicant).
    pub fn is_officer(&self) -> bool {
        self.user.as_ref().is_some_and(|u| u.roles.iter().any(|r| *r != Role::Applicant))
    }
}

/// What a principal may see of one layer. Every public read in `features` and `store` takes one.
#[derive(Debug, Clone)]
pub struct View {
    /// The layer.
    pub layer: Arc<LayerDef>,
    /// For each attribute of the layer, in its order, whether it is visible.
    pub attributes: Vec<bool>,
    /// Rows that may be seen; none: all.
    pub rows: Option<Expr>,
    /// Whether geometries are shown as they are; else those of a blurred layer are moved to their blurred place, for
    /// this view in everything: answers, filters, boxes, extents, tiles.
    pub exact: bool,
    /// Names what is visible; keys every cache of answers. `0` sees all of the layer.
    pub profile: u64,
}

/// What `principal` may see of `layer`, one of `catalog`; none where the layer is hidden from him (it answers as
/// unknown).
pub fn view(principal: &Principal, layer: &Arc<LayerDef>, catalog: &Catalog) -> Option<View> {
    let mut view = own_view(principal, layer)?;
    if let Some(attribute) = &layer.rows_of {
        view.rows = Some(rows_of_seen_layers(principal, attribute, catalog));
    }
    view.profile = profile(&view);
    Some(view)
}

/// The view without what depends on other layers.
fn own_view(principal: &Principal, layer: &Arc<LayerDef>) -> Option<View> {
    let public = Principal::public();
    let reached = principal.key.as_ref().is_none_or(|key| key.reaches(&layer.id));
    let principal = if reached { principal } else { &public };
    if !may_read(principal, layer, layer.access, &layer.readers) {
        return None;
    }
    let seen = |a: &Attribute| {
        let access = a.access.unwrap_or(layer.access).max(layer.access);
        may_read(principal, layer, access, a.readers.as_ref().unwrap_or(&layer.readers))
    };
    let attributes = layer.attributes.iter().map(seen).collect();
    let exact = !layer.blurred || may_read(principal, layer, Access::R, &layer.readers);
    Some(View { layer: layer.clone(), attributes, rows: None, exact, profile: 0 })
}

/// The attribute names a layer that the principal sees whole. A layer that is itself about others is never seen
/// whole: what such a row says of it could not be told apart.
fn rows_of_seen_layers(principal: &Principal, attribute: &str, catalog: &Catalog) -> Expr {
    let whole = |layer: &&Arc<LayerDef>| {
        layer.rows_of.is_none() && own_view(principal, layer).is_some_and(|view| view.is_whole())
    };
    let is = |layer: &Arc<LayerDef>| Expr::Compare {
        attribute: attribute.to_owned(),
        op: CompareOp::Eq,
        value: Value::Text(layer.id.clone()),
    };
    Expr::Or(catalog.layers.values().filter(whole).map(is).collect())
}

/// One number for one set of visible things, whoever sees it: two principals who see the same share every cache.
/// It names the attributes, not their places, so that a definition that hides one more has other answers at once.
fn profile(view: &View) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    if view.is_whole() {
        return 0;
    }
    // Keyless, so that every node gives a view the same number.
    let mut hasher = DefaultHasher::new();
    let seen = view.layer.attributes.iter().zip(&view.attributes).filter(|(_, seen)| **seen);
    seen.for_each(|(a, _)| a.name.hash(&mut hasher));
    view.exact.hash(&mut hasher);
    format!("{:?}", view.rows).hash(&mut hasher);
    hasher.finish().max(1)
}

fn may_read(principal: &Principal, layer: &LayerDef, access: Access, readers: &[String]) -> bool {
    match access {
        Access::O => true,
        Access::I => principal.is_officer(),
        Access::R => {
            principal.has(Role::Admin)
                || principal.is_officer()
                    && principal
                        .agency()
                        .is_some_and(|agency| layer.owner.iter().chain(readers).any(|a| a == agency))
        }
    }
}

impl View {
    /// Everything, for the program's own work (check runs keep what they read with their evidence).
    pub fn system(layer: &Arc<LayerDef>) -> Self {
        Self {
            layer: layer.clone(),
            attributes: vec![true; layer.attributes.len()],
            rows: None,
            exact: true,
            profile: 0,
        }
    }

    /// Whether nothing of the layer is hidden.
    pub fn is_whole(&self) -> bool {
        self.exact && self.rows.is_none() && self.attributes.iter().all(|seen| *seen)
    }

    /// Index of a visible attribute; a hidden one answers as an unknown one.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.layer.attributes.iter().position(|a| a.name == name).filter(|i| self.attributes[*i])
    }
}

#[cfg(test)]
mod tests;
