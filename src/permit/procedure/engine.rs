//! `transition`: one event on one case by one actor, answered with what becomes of it or why not.

use serde::Serialize;

use super::super::clock::ClockEffect;
use super::super::law::{Ground, Guard, Machine, Scope, TransitionDef};
use super::actor::{Actor, Role};
use super::case::{CaseState, Event};
use super::guards;
use super::refusal::{Refusal, RefusalKind};
use crate::text::Text;

/// What an event does to the case. The caller saves it, with an audit record for each step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// The event and those that followed from it at once.
    pub steps: Vec<Step>,
    /// The new state.
    pub to: String,
    /// What happens to the clock.
    pub clock: ClockEffect,
    /// The actor takes the case on as its reviewer.
    pub takes_on: bool,
    /// Grounds given with it, completed by the clauses of the rows they name.
    pub grounds: Vec<Ground>,
    /// Legal source of the transition.
    pub source: Option<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Event.
    pub event: String,
    /// State before.
    pub from: String,
    /// State after.
    pub to: String,
    /// Done by the system as a consequence, not by the actor.
    pub by_system: bool,
}

/// An event that an actor may give in the present state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AllowedEvent {
    /// Event.
    pub event: String,
    /// What the button says.
    pub title: Text,
    /// State to which it leads.
    pub to: String,
    /// Members that its body needs.
    pub requires: Vec<String>,
    /// Why it would be refused now, where a condition on the case does not hold.
    pub blocked: Option<Refusal>,
}

/// Decides an event.
pub fn transition(
    machine: &Machine,
    case: &CaseState,
    event: &Event,
    actor: &Actor,
) -> Result<Transition, Refusal> {
    decide(machine, case, event, actor).map_err(|mut refusal| {
        refusal.allowed_events = allowed_events(machine, case, actor)
            .into_iter()
            .filter(|e| e.blocked.is_none())
            .map(|e| e.event)
            .collect();
        refusal
    })
}

/// Events that the actor may give now, in the machine's order; those that a condition holds back say why.
pub fn allowed_events(machine: &Machine, case: &CaseState, actor: &Actor) -> Vec<AllowedEvent> {
    machine
        .transitions
        .iter()
        .filter(|t| t.from.contains(&case.state) && check_actor(t, case, actor).is_ok())
        .map(|t| AllowedEvent {
            event: t.event.clone(),
            title: t.title.clone(),
            to: t.to.clone().unwrap_or_else(|| case.state.clone()),
            requires: t.requires.clone(),
            blocked: guards::check_without_body(t, case, actor).err(),
        })
        .collect()
}

/// Whether the actor may record findings on the rows of the official run: the reviewer on the case while he
/// appraises it, and the approver before whom it lies.
pub fn may_find(case: &CaseState, actor: &Actor) -> Result<(), Refusal> {
    let (role, scope) = match case.state.as_str() {
        "APPRAISAL" => (Role::Reviewer, Scope::Assigned),
        "DECISION" => (Role::Approver, Scope::Authority),
        state => {
            return Err(Refusal::new(
                RefusalKind::WrongState,
                format!("không ghi kết luận khi hồ sơ ở trạng thái {state}"),
                format!("no finding is recorded in state {state}"),
            ));
        }
    };
    check_role(&[role], scope, case, actor)
}

fn decide(machine: &Machine, case: &CaseState, event: &Event, actor: &Actor) -> Result<Transition, Refusal> {
    let def = find(machine, case, event)?;
    check_actor(def, case, actor)?;
    for name in &def.requires {
        guards::check_field(name, event)?;
    }
    for guard in &def.guards {
        guards::check(*guard, case, event, actor)?;
    }
    let to = def.to.clone().unwrap_or_else(|| case.state.clone());
    let mut steps = vec![Step {
        event: def.event.clone(),
        from: case.state.clone(),
        to: to.clone(),
        by_system: actor.is_system(),
    }];
    let mut last = to;
    if let Some(next) = def.passes.as_deref().and_then(|name| machine.transition(name, &last))
        && next.guards.iter().all(|g| guards::check(*g, case, event, actor).is_ok())
    {
        let to = next.to.clone().unwrap_or_else(|| last.clone());
        steps.push(Step { event: next.event.clone(), from: last, to: to.clone(), by_system: true });
        last = to;
    }
    let mut grounds =
        if def.guards.contains(&Guard::Grounds) { guards::grounds(case, event)? } else { Vec::new() };
    grounds.extend(def.ground.clone());
    Ok(Transition {
        steps,
        to: last,
        clock: def.clock,
        takes_on: def.scope == Scope::Assigned && case.reviewer.is_none(),
        grounds,
        source: def.source.clone(),
    })
}

fn find<'a>(machine: &'a Machine, case: &CaseState, event: &Event) -> Result<&'a TransitionDef, Refusal> {
    if let Some(def) = machine.transition(&event.name, &case.state) {
        return Ok(def);
    }
    let Some(other) = machine.transitions.iter().find(|t| t.event == event.name) else {
        return Err(Refusal::new(
            RefusalKind::UnknownEvent,
            format!("không có sự kiện “{}”", event.name),
            format!("there is no event {:?}", event.name),
        ));
    };
    let state = machine.state(&case.state).map_or(&case.state, |s| &s.title.vi);
    Err(Refusal::new(
        RefusalKind::WrongState,
        format!("không thể “{}” khi đang ở trạng thái “{state}”", other.title.vi),
        format!("{:?} does not fit the state {}", other.event, case.state),
    ))
}

fn check_actor(def: &TransitionDef, case: &CaseState, actor: &Actor) -> Result<(), Refusal> {
    check_role(&def.roles, def.scope, case, actor)
}

fn check_role(roles: &[Role], scope: Scope, case: &CaseState, actor: &Actor) -> Result<(), Refusal> {
    let refuse = |vi: &str, en: &str| Err(Refusal::new(RefusalKind::NotAllowed, vi, en));
    if !roles.iter().any(|r| actor.roles.contains(r)) {
        return refuse(
            "tài khoản không có vai trò được làm việc này",
            "the account holds no role that may do this",
        );
    }
    if !matches!(scope, Scope::Party | Scope::System) && actor.is_party {
        return refuse(
            "không được xử lý hồ sơ mà mình là một bên",
            "nobody acts on a case in which he is a party",
        );
    }
    let own_authority = case.authority.is_some() && actor.authority == case.authority;
    let in_scope = match scope {
        Scope::Party => actor.is_party,
        Scope::System => actor.is_system(),
        Scope::Authority => own_authority,
        Scope::Area => own_authority || case.areas.iter().any(|a| in_charge(actor, a)),
        Scope::Assigned => {
            own_authority
                && (case.reviewer.is_none() || case.reviewer == actor.account)
                && actor.account.is_some()
        }
        Scope::Consulted => {
            case.consultations.iter().any(|c| c.open && actor.authority.as_deref() == Some(c.agency.as_str()))
        }
    };
    match (in_scope, scope) {
        (true, _) => Ok(()),
        (false, Scope::Party) => refuse(
            "chỉ người nộp hồ sơ hoặc người được ủy quyền",
            "only the applicant or his authorised person",
        ),
        (false, Scope::Assigned) if own_authority => {
            refuse("chỉ người được phân công thẩm định", "only the assigned reviewer")
        }
        (false, Scope::Consulted) => {
            refuse("cơ quan không có yêu cầu lấy ý kiến đang mở", "the agency has no open consultation")
        }
        (false, _) => refuse("hồ sơ thuộc cơ quan khác", "the case lies with another authority"),
    }
}

fn in_charge(actor: &Actor, area: &str) -> bool {
    actor.areas.contains(area) || actor.authority.as_deref() == Some(area)
}
