//! Who gives an event. The service maps it from `access::Principal`, which this module may not know.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Role of an actor: those of `access::Role` under the same codes, and the system itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "roles of CONTRACT.md")]
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
    System,
}

/// Who gives an event, and how he stands to the case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// Account; none for the system.
    pub account: Option<Uuid>,
    /// Roles he holds.
    pub roles: BTreeSet<Role>,
    /// Code of the authority he belongs to (commune code, zone board, `SXD`, consulted agency).
    pub authority: Option<String>,
    /// Areas (commune codes) that he is in charge of besides his authority's own.
    pub areas: BTreeSet<String>,
    /// Whether he is the applicant of this case, his authorised person, or otherwise a party to it.
    pub is_party: bool,
}

impl Actor {
    /// The system: timers and follow-ups.
    pub fn system() -> Self {
        Self { roles: BTreeSet::from([Role::System]), ..Self::default() }
    }

    /// Whether it is the system.
    pub fn is_system(&self) -> bool {
        self.roles.contains(&Role::System)
    }
}
