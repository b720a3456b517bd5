//! Who may change a layer; the table stands in the module above.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Principal, Role, own_view};
use crate::layers::{LayerDef, Source};

/// Agency of the communes: its accounts act in their own commune only.
const COMMUNES: &str = "XA";
/// Theme of the layers that planners keep.
const PLANNING: &str = "planning";
/// Roles of a commune's officers who keep its layers.
const COMMUNE_ROLES: [Role; 5] =
    [Role::Editor, Role::Reviewer, Role::Intake, Role::Clerk, Role::OrderOfficer];

/// What a principal may change of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The layer.
    pub layer: Arc<LayerDef>,
    /// For each attribute of the layer, in its order, whether it may be written; others keep what is stored.
    pub attributes: Vec<bool>,
    /// Where.
    pub area: Area,
}

/// Where a principal may change items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Area {
    /// Everywhere.
    Everywhere,
    /// In these communes, by today's codes: an item's geometry must lie in them before and after a change.
    Units(BTreeSet<String>),
}

/// What `principal` may change of `layer`; none where he may change nothing.
pub fn edit(principal: &Principal, layer: &Arc<LayerDef>) -> Option<Edit> {
    if principal.key.as_ref().is_some_and(|key| !key.may_edit || !key.reaches(&layer.id)) {
        return None;
    }
    let view = own_view(principal, layer)?;
    if layer.source == Source::View || !view.exact {
        return None;
    }
    let area = area(principal, layer)?;
    Some(Edit { layer: view.layer, attributes: view.attributes, area })
}

fn area(principal: &Principal, layer: &LayerDef) -> Option<Area> {
    if principal.has(Role::Admin) {
        return Some(Area::Everywhere);
    }
    let agency = principal.agency()?;
    if !layer.editing_agencies().iter().any(|a| a == agency) {
        return None;
    }
    if agency == COMMUNES {
        let commune = principal.user.as_ref()?.authority.clone()?;
        let acts = COMMUNE_ROLES.into_iter().any(|role| principal.has(role));
        return acts.then(|| Area::Units([commune].into()));
    }
    let plans = principal.has(Role::Planner) && layer.theme == PLANNING;
    (plans || principal.has(Role::Editor)).then_some(Area::Everywhere)
}

/// Whether he may bring a file into `layer`: that may touch any item and attribute of it.
pub fn may_import(principal: &Principal, layer: &Arc<LayerDef>) -> bool {
    edit(principal, layer)
        .is_some_and(|e| e.area == Area::Everywhere && e.attributes.iter().all(|writable| *writable))
}

/// Whether he may undo a revision of `layer`, whoever made it.
pub fn may_undo(principal: &Principal, layer: &Arc<LayerDef>) -> bool {
    may_import(principal, layer)
}

/// Whether he may have the quality rules of `layer` checked.
pub fn may_run_quality(principal: &Principal, layer: &Arc<LayerDef>) -> bool {
    edit(principal, layer).is_some()
}
