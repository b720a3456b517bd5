//! The one decider of rights. Pure: the caller says who asks, this says what he may see and do.

pub mod permits;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::filter::Expr;
use crate::layers::{Access, LayerDef};

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

    /// Whether the account holds `role`.
    pub fn has(&self, role: Role) -> bool {
        self.user.as_ref().is_some_and(|u| u.roles.contains(&role))
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
    /// Names what is visible; keys every cache of answers. `0` is what the public sees of an open layer.
    pub profile: u64,
}

/// What `principal` may see of `layer`; none where the layer is hidden from him (it answers as unknown).
pub fn view(principal: &Principal, layer: &Arc<LayerDef>) -> Option<View> {
    let open = |access: Access| may_read(principal, layer, access);
    if !open(layer.access) {
        return None;
    }
    let attributes: Vec<bool> =
        layer.attributes.iter().map(|a| open(a.access.unwrap_or(layer.access).max(layer.access))).collect();
    // One bit an attribute: two principals who see the same share every cache.
    let profile = attributes
        .iter()
        .zip(&layer.attributes)
        .filter(|(_, a)| a.access.is_some_and(|x| x > Access::O))
        .enumerate()
        .fold(u64::from(layer.access != Access::O), |p, (i, (seen, _))| {
            p | (u64::from(*seen) << (1 + i.min(62)))
        });
    Some(View { layer: layer.clone(), attributes, rows: None, profile })
}

fn may_read(principal: &Principal, layer: &LayerDef, access: Access) -> bool {
    match access {
        Access::O => true,
        Access::I => principal.is_officer(),
        Access::R => {
            principal.has(Role::Admin)
                || principal.is_officer()
                    && principal
                        .user
                        .as_ref()
                        .and_then(|u| u.agency.as_deref())
                        .is_some_and(|agency| layer.owner.iter().chain(&layer.readers).any(|a| a == agency))
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
            profile: u64::MAX,
        }
    }

    /// Index of a visible attribute; a hidden one answers as an unknown one.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.layer.attributes.iter().position(|a| a.name == name).filter(|i| self.attributes[*i])
    }
}
