//! The permit service over HTTP (CONTRACT "Permits"), under `/api/v1`.

mod applications;
mod bcf;
mod casework;
mod checks;
mod draft;
mod events;
mod load;
mod media;
mod models;
mod openapi;
mod place;
mod procedures;
pub mod read;
mod register;
mod shown;
mod uploads;
mod view;

use axum::{Router, middleware};

use self::load::Opened;
use super::idempotency;
use crate::access;
use crate::error::{Error, Result};
use crate::jobs::cases::situation::procedure_of;
use crate::permit::procedure::{Actor, Role};
use crate::state::AppState;
use crate::store::permits::Application;
use crate::text::Text;

/// Routes with small bodies.
pub fn router(state: &AppState) -> Router<AppState> {
    let routes = Router::new()
        .merge(applications::router())
        .merge(casework::router())
        .merge(checks::router())
        .merge(events::router())
        .merge(models::router())
        .merge(procedures::router())
        .merge(register::router())
        .layer(middleware::from_fn_with_state(state.clone(), idempotency::layer));
    Router::new().nest("/api/v1", routes).merge(openapi::router())
}

/// Routes with long bodies, or with answers that the worker child takes its own time for: no limit on the time of the
/// whole request.
pub fn uploads() -> Router<AppState> {
    let routes = uploads::router().merge(bcf::router()).merge(shown::router());
    Router::new().nest("/api/v1", routes)
}

/// States in which the working set of a case may be changed.
fn open_states(state: &AppState, a: &Application) -> Vec<String> {
    let Ok(procedure) = procedure_of(state, a) else { return Vec::new() };
    procedure.machine().states.iter().filter(|s| s.editable).map(|s| s.id.clone()).collect()
}

/// Refuses a change of the working set in a state in which it is frozen.
fn working_set_open(state: &AppState, a: &Application) -> Result<()> {
    let open = open_states(state, a);
    if open.contains(&a.state) {
        return Ok(());
    }
    Err(Error::Conflict {
        reason: Text::new(
            format!("Hồ sơ đang ở trạng thái {}, không sửa được thành phần hồ sơ.", a.state),
            format!("The application is {}; its working set cannot be changed.", a.state),
        ),
        detail: serde_json::json!({"state": a.state, "open_states": open}),
    })
}

/// File types that a slot of the case's procedure takes; an unknown slot is 404. The slot `model` has its own
/// address.
fn slot_accepts(state: &AppState, a: &Application, slot: &str) -> Result<Vec<String>> {
    let procedure = procedure_of(state, a)?;
    let mut slots = procedure.slots_for(a.investor_type.as_deref());
    let found = slots.find(|s| s.id == slot && s.id != "model");
    found.map(|s| s.accept.clone()).ok_or_else(|| Error::not_found("slot", slot))
}

/// The caller as the engine of procedures judges him: with the roles in which he may act on this case.
fn engine_actor(opened: &Opened) -> Actor {
    let account = &opened.user.account;
    Actor {
        account: Some(account.id),
        roles: opened.standing.roles.iter().map(|r| engine_role(*r)).collect(),
        authority: account.authority.clone(),
        areas: std::collections::BTreeSet::new(),
        is_party: opened.standing.party,
    }
}

fn engine_role(role: access::Role) -> Role {
    match role {
        access::Role::Applicant => Role::Applicant,
        access::Role::Intake => Role::Intake,
        access::Role::Reviewer => Role::Reviewer,
        access::Role::Approver => Role::Approver,
        access::Role::Clerk => Role::Clerk,
        access::Role::OrderOfficer => Role::OrderOfficer,
        access::Role::Agency => Role::Agency,
        access::Role::Planner => Role::Planner,
        access::Role::Editor => Role::Editor,
        access::Role::Admin => Role::Admin,
    }
}
