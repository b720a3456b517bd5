//! A kind of procedure and the state machine that it runs on, as their TOML files give them.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::clock::ClockEffect;
use super::super::procedure::Role;
use crate::text::Text;

/// A state machine (`schema/procedures/machines/*.toml`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// `application`, `permit` or `start_notice`.
    pub id: String,
    /// Title.
    pub title: Text,
    /// State in which it begins.
    pub initial: String,
    /// States.
    #[serde(rename = "state")]
    pub states: Vec<StateDef>,
    /// Transitions, in the order in which they are offered.
    #[serde(rename = "transition")]
    pub transitions: Vec<TransitionDef>,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateDef {
    /// Id, such as `SUBMITTED`.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Nothing leads out of it.
    #[serde(default, rename = "final")]
    pub is_final: bool,
    /// The working set (form, model, documents) may be changed.
    #[serde(default)]
    pub editable: bool,
    /// In whose queue the case lies.
    #[serde(default)]
    pub waiting_for: Vec<Role>,
    /// The timer of the kind (`appraisal_wd`, `supplement_wd`) that runs while it is here.
    #[serde(default)]
    pub timer: Option<String>,
}

/// A transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionDef {
    /// Event.
    pub event: String,
    /// What the button says.
    pub title: Text,
    /// States from which it leads.
    pub from: Vec<String>,
    /// State to which it leads; none where it stays.
    #[serde(default)]
    pub to: Option<String>,
    /// Roles that may give it, one is enough.
    pub roles: Vec<Role>,
    /// To which case the role must belong.
    pub scope: Scope,
    /// What else must hold.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// Fields that the event's body must hold.
    #[serde(default)]
    pub requires: Vec<String>,
    /// What it does to the clock.
    #[serde(default)]
    pub clock: ClockEffect,
    /// Event that follows at once (by the system) if its own guards hold.
    #[serde(default)]
    pub passes: Option<String>,
    /// Ground that the system gives with it.
    #[serde(default)]
    pub ground: Option<Ground>,
    /// Legal source, or `setting`.
    #[serde(default)]
    pub source: Option<String>,
}

/// To which cases a role extends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The applicant or his authorised person.
    Party,
    /// An officer of the authority that the case lies with.
    Authority,
    /// An officer of that authority, or of an area in which the site lies.
    Area,
    /// The assigned reviewer; a case without one is taken on by the first reviewer of its authority who acts.
    Assigned,
    /// The agency with an open consultation of the case.
    Consulted,
    /// The system alone.
    System,
}

/// A condition on the case, checked by the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// The working set passes the completeness gate.
    Complete,
    /// Rerouted to another authority than the present one.
    OtherAuthority,
    /// No supplement was requested before.
    FirstSupplement,
    /// An official run of the current submission is done and not stale.
    OfficialRun,
    /// Every blocking row that is FAIL, MANUAL or NO_DATA has a finding.
    FindingsComplete,
    /// No finding is `not_accepted`.
    NoneNotAccepted,
    /// No consultation is open.
    ConsultationsClosed,
    /// The agency's silence counts as consent and its time is over.
    DeemedAllowed,
    /// Not given by the one who proposed.
    NotProposer,
    /// At least one ground with its clause that can bear a refusal.
    Grounds,
    /// A fee is due and not paid.
    FeeUnpaid,
    /// The fee is zero or paid.
    FeeSettled,
    /// The permit is for a fixed term.
    FixedTerm,
    /// Fewer extensions than allowed, and not started.
    ExtensionLeft,
    /// The holder owes a start notice (household houses send none: a task is opened instead).
    StartNoticeOwed,
}

/// A ground of refusal or revocation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Rule of the check run that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Legal clause.
    #[serde(default)]
    pub clause: String,
    /// In words.
    #[serde(default)]
    pub text: Text,
}

impl Machine {
    /// A state by its id.
    pub fn state(&self, id: &str) -> Option<&StateDef> {
        self.states.iter().find(|s| s.id == id)
    }

    /// The transition of an event from a state.
    pub fn transition(&self, event: &str, from: &str) -> Option<&TransitionDef> {
        self.transitions.iter().find(|t| t.event == event && t.from.iter().any(|f| f == from))
    }

    /// Checks that the file is consistent in itself; the error names the entry.
    pub(super) fn check(&self) -> Result<(), String> {
        let known = |id: &str| self.state(id).is_some();
        if !known(&self.initial) {
            return Err(format!("initial: no state {}", self.initial));
        }
        let mut seen = BTreeSet::new();
        for t in &self.transitions {
            if let Some(id) = t.from.iter().chain(&t.to).find(|id| !known(id)) {
                return Err(format!("transition {}: no state {id}", t.event));
            }
            if let Some(id) = t.from.iter().find(|id| !seen.insert((t.event.clone(), (*id).clone()))) {
                return Err(format!("transition {}: two lead from {id}", t.event));
            }
            if t.from.iter().any(|id| self.state(id).is_some_and(|s| s.is_final)) {
                return Err(format!("transition {}: leads out of a final state", t.event));
            }
            if (t.scope == Scope::System) != t.roles.contains(&Role::System) || t.roles.is_empty() {
                return Err(format!("transition {}: roles and scope do not fit", t.event));
            }
            if let (Some(next), Some(to)) = (&t.passes, &t.to)
                && self.transition(next, to).is_none()
            {
                return Err(format!("transition {}: passes {next}, which does not lead from {to}", t.event));
            }
        }
        Ok(())
    }
}

/// A kind of procedure with its validity period (`schema/procedures/<decree>/<kind>.toml`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// `new_house` …
    pub kind: String,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force; none where open.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Title.
    pub title: Text,
    /// Id of the state machine.
    #[serde(rename = "machine")]
    pub machine_id: String,
    #[serde(skip)]
    machine: Option<Arc<Machine>>,
    /// Legal sources.
    pub legal: Vec<String>,
    /// Form to fill in.
    pub form: String,
    /// Form of the permit that is issued (NĐ 217 Annex II); none where nothing is.
    #[serde(default)]
    pub permit_form: Option<String>,
    /// Whether it is about an issued permit.
    pub parent_permit: bool,
    /// States that permit may be in.
    #[serde(default)]
    pub parent_states: Vec<String>,
    /// What its issue does to the parent permit.
    #[serde(default)]
    pub on_issue: Option<OnIssue>,
    /// Whether the permit ends at a term.
    #[serde(default)]
    pub fixed_term: bool,
    /// Whether check runs are made.
    #[serde(default = "yes")]
    pub checks: bool,
    /// Class from which a model is required by law (NĐ 217 Art. 8).
    #[serde(default)]
    pub bim_from_class: Option<Bim>,
    /// Times, by kind of work.
    pub timers: Vec<Timers>,
    /// Document slots.
    #[serde(default, rename = "slot")]
    pub slots: Vec<Slot>,
    /// Fee.
    pub fee: Fee,
}

/// Class of a building (TT 34/2026).
pub type Bim = String;

/// What the issue of a follow-up application does to its parent permit: an event of the permit machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "events of schema/procedures/machines/permit.toml")]
pub enum OnIssue {
    Replace,
    Extend,
    Reissue,
}

/// The kind of work decides the times: every nhà ở riêng lẻ, or anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// Single houses only.
    House,
    /// Anything else.
    Other,
}

/// Times in working days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timers {
    /// `house`, `other` or `any`.
    pub work: String,
    /// From acceptance to the decision.
    pub total_wd: u32,
    /// From acceptance to the result of the appraisal.
    pub appraisal_wd: u32,
    /// From delivery of the request to the supplement.
    pub supplement_wd: u32,
    /// For a consulted agency.
    pub consult_wd: u32,
    /// For the refusal after a supplement that failed.
    pub refusal_wd: u32,
    /// Legal source, or `setting`.
    pub source: String,
}

/// When a slot must hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Submission is refused without it.
    Submit,
    /// The applicant is warned, and intake decides.
    Intake,
    /// Where it applies.
    Optional,
}

/// A document slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Id, as in `PUT …/documents/{slot}`; the slot `model` is filled by `PUT …/model`.
    pub id: String,
    /// Title.
    pub title: Text,
    /// When it must hold something.
    pub gate: Gate,
    /// File types, by extension.
    pub accept: Vec<String>,
    /// Legal source, or `setting`.
    pub clause: String,
    /// Investor types that it is for; all where empty.
    #[serde(default)]
    pub investor: Vec<String>,
    /// Slot that takes its place (NĐ 217 Art. 8: BIM replaces paper drawings where the agency is ready).
    #[serde(default)]
    pub replaced_by: Option<String>,
    /// Condition, in words.
    #[serde(default)]
    pub when: Option<Text>,
}

/// Fee of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// In đồng; 0 where none is taken.
    pub amount_vnd: u64,
    /// Legal source, or `setting`.
    pub source: String,
}

fn yes() -> bool {
    true
}

impl Procedure {
    /// Its state machine.
    ///
    /// # Panics
    /// Never for a procedure of [`super::Law`], which links each to its machine.
    pub fn machine(&self) -> &Machine {
        self.machine.as_ref().expect("Law::load links every procedure to its machine")
    }

    pub(super) fn set_machine(&mut self, machine: Arc<Machine>) {
        self.machine = Some(machine);
    }

    /// Times for a kind of work.
    ///
    /// # Panics
    /// Never for a procedure of [`super::Law`], which checks that each kind of work has its times.
    pub fn timers(&self, work: WorkKind) -> &Timers {
        let name = match work {
            WorkKind::House => "house",
            WorkKind::Other => "other",
        };
        self.timers
            .iter()
            .find(|t| t.work == name || t.work == "any")
            .expect("Law::load checks that each kind of work has its times")
    }

    /// Slots for an investor type; all where it is not known.
    pub fn slots_for(&self, investor: Option<&str>) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(move |s| {
            s.investor.is_empty() || investor.is_none_or(|i| s.investor.iter().any(|own| own == i))
        })
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let has = |w: &str| self.timers.iter().any(|t| t.work == w);
        if !(has("any") || has("house") && has("other")) {
            return Err("timers: house and other, or any, are needed".to_owned());
        }
        if self.valid_to.is_some_and(|to| to < self.valid_from) {
            return Err("valid_to: lies before valid_from".to_owned());
        }
        if self.parent_permit == self.parent_states.is_empty() {
            return Err("parent_states: needed with parent_permit and only then".to_owned());
        }
        let mut ids = BTreeSet::new();
        match self.slots.iter().find(|s| !ids.insert(&s.id)) {
            Some(slot) => Err(format!("slot {}: listed twice", slot.id)),
            None => Ok(()),
        }
    }
}
