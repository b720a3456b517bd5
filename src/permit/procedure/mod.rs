//! The engine of the three state machines (domain §2): pure. The caller loads the case, asks [`transition`], saves
//! what it answers; the machine itself is data (`schema/procedures/machines`).

mod actor;
mod case;
mod engine;
mod guards;
mod refusal;

pub use actor::{Actor, Role};
pub use case::{CaseState, Consultation, Event, FindingKind, Missing, OfficialRun, PermitFacts, RowState};
pub use engine::{AllowedEvent, Step, Transition, allowed_events, may_find, transition};
pub use refusal::{Refusal, RefusalKind, RowRef};

#[cfg(test)]
mod tests;
